//! Agencies by the keys their registries give them.

use super::load::Reader;
use super::statement::Statement;
use super::{DatabaseError, ReleaseDatabase};
use crate::record::Resource;

/// Who gives an agency a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScheme {
    /// The FBI: Originating Agency Identifier, nine characters.
    Ori,
    /// The USFA registry: fire department id, written STATE-FDID.
    Fdid,
}

impl KeyScheme {
    /// Its name in addresses, and the column that holds its keys.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Self::Ori => "ori",
            Self::Fdid => "fdid",
        }
    }

    /// Whether a text has the form of its keys.
    fn fits(self, value: &str) -> bool {
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match self {
            Self::Ori => value.len() == 9 && plain(value),
            Self::Fdid => value.split_once('-').is_some_and(|(state, number)| {
                state.len() == 2 && plain(state) && !number.is_empty()
            }),
        }
    }
}

impl ReleaseDatabase {
    /// Ids of the agencies that have this key; letters of ASCII fit in either case.
    pub fn agencies_with(
        &self,
        scheme: KeyScheme,
        value: &str,
    ) -> Result<Vec<String>, DatabaseError> {
        if !scheme.fits(value) {
            return Ok(Vec::new());
        }
        let column = scheme.column();
        let [from, to] = range_of_state(value);
        // The keys of one state are few; among all, a comparison without case would be a scan.
        let statement = Statement::new(format!(
            "SELECT id FROM agencies
             WHERE {column} >= ? AND {column} < ? AND {column} = ? COLLATE NOCASE ORDER BY id"
        ));
        let statement = statement.bind(&from).bind(&to).bind(value);
        self.read(statement, Reader::next)
    }

    /// Ids of agencies that were ever known by this key, whatever became of them: those whose id
    /// was minted from it, and those of which a registry spoke under it.
    pub fn agencies_once_with(
        &self,
        scheme: KeyScheme,
        value: &str,
    ) -> Result<Vec<String>, DatabaseError> {
        if !scheme.fits(value) {
            return Ok(Vec::new());
        }
        let [from, to] = range_of_state(value);
        // Where a registry repeats a key, name and city follow it after a slash.
        let longer = format!("{value}/");
        let is_key = |column: &str| {
            format!(
                "{column} >= ? AND {column} < ? AND ({column} = ? COLLATE NOCASE
                 OR substr({column}, 1, length(?)) = ? COLLATE NOCASE)"
            )
        };
        let mut statement = Statement::new(format!(
            "SELECT id FROM identities WHERE resource = ? AND {}
             UNION
             SELECT subject_id FROM evidence
             WHERE subject_type = 'agency' AND source_id IN (SELECT id FROM sources) AND {}",
            is_key("mint_key"),
            is_key("source_key"),
        ))
        .bind(AGENCIES.table);
        for _column in ["mint_key", "source_key"] {
            for value in [from.as_str(), &to, value, &longer, &longer] {
                statement = statement.bind(value);
            }
        }
        self.read(statement, Reader::next)
    }
}

/// The resource keys lead to.
const AGENCIES: &Resource = &crate::record::RESOURCES[0];

/// Between which texts the keys of the same state stand: keys begin with its two letters.
fn range_of_state(value: &str) -> [String; 2] {
    let state: String = value.chars().take(2).map(|letter| letter.to_ascii_uppercase()).collect();
    let after = format!("{state}{}", char::MAX);
    [state, after]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_form_of_its_scheme() {
        assert_eq!(AGENCIES.table, "agencies");
        assert!(KeyScheme::Ori.fits("OH0020100") && KeyScheme::Fdid.fits("KS-RP305"));
        assert!(KeyScheme::Fdid.fits("wa-23d16"));
        for (scheme, wrong) in [
            (KeyScheme::Ori, "OH-12345x"),
            (KeyScheme::Ori, "OH002010"),
            (KeyScheme::Ori, ""),
            (KeyScheme::Fdid, "OH0020100"),
            (KeyScheme::Fdid, "OH-"),
            (KeyScheme::Fdid, "OHIO-1"),
            (KeyScheme::Fdid, "ÖH-1"),
        ] {
            assert!(!scheme.fits(wrong), "{wrong}");
        }
    }
}
