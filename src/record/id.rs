//! Ids: short, minted once from a key that does not depend on order, and never changed.

use std::fmt;

use sha2::{Digest, Sha256};

/// Crockford's base32 alphabet in lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters of an id after its prefix: 50 bits.
const LENGTH: usize = 10;

/// Mints the id of `mint_key` under `prefix`: ten characters of its SHA-256 in base32.
///
/// The same key always gives the same id, on any machine and in any order.
#[must_use]
pub fn mint(prefix: &str, mint_key: &str) -> String {
    of_digest(prefix, &Sha256::digest(mint_key.as_bytes()))
}

/// The first ten characters of a digest in base32, under `prefix`.
fn of_digest(prefix: &str, digest: &[u8]) -> String {
    let mut bits = digest.iter().take(8).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    let mut id = String::with_capacity(prefix.len() + 1 + LENGTH);
    id.push_str(prefix);
    id.push('_');
    for _ in 0..LENGTH {
        id.push(char::from(ALPHABET[usize::from((bits >> 59) as u8)]));
        bits <<= 5;
    }
    id
}

/// A text that is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not {expected}")]
pub struct NotAnId {
    /// What was expected, in words.
    pub expected: &'static str,
    /// What was found.
    pub found: String,
}

/// Declares the typed id of a table's records: a prefix and ten characters of base32, or a readable
/// slug.
macro_rules! ids {
    ($( $(#[doc = $doc:literal])* $name:ident = $prefix:literal, in $table:literal; )+) => { $(
        $(#[doc = $doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What stands before the underscore; empty for readable slugs.
            pub const PREFIX: &'static str = $prefix;

            /// The id of a mint key.
            #[must_use]
            pub fn mint(mint_key: &str) -> Self {
                Self(mint($prefix, mint_key))
            }

            /// The id of a thing whose SHA-256 is known.
            #[must_use]
            pub fn of_digest(digest: &[u8]) -> Self {
                Self(of_digest($prefix, digest))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if is_id($prefix, text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotAnId { expected: concat!("an id of the form `", $prefix, "`"), found: text.to_owned() })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl crate::record::Field for $name {
            const TYPE: crate::record::ColumnType = crate::record::ColumnType::Text;
            const NULLABLE: bool = false;
            // Of what has a readable slug there are few.
            const VALUES: crate::record::Values = if $prefix.is_empty() {
                crate::record::Values::Few
            } else {
                crate::record::Values::Code
            };
            const REFERS: Option<&'static str> = Some($table);

            fn to_cell(&self) -> crate::record::Cell {
                crate::record::Cell::Text(self.0.clone())
            }

            fn from_cell(cell: crate::record::Cell) -> Result<Self, crate::record::DamagedCell> {
                let text = String::from_cell(cell)?;
                text.parse().map_err(|_error: NotAnId| crate::record::DamagedCell {
                    expected: stringify!($name),
                    found: text,
                })
            }
        }
    )+ };
}

ids! {
    /// Id of an agency.
    AgencyId = "agy", in "agencies";
    /// Id of a partnership.
    PartnershipId = "par", in "partnerships";
    /// Id of a disclosure.
    DisclosureId = "dis", in "disclosures";
    /// Id of a reported total.
    ReportedTotalId = "tot", in "reported_totals";
    /// Id of an event.
    EventId = "evt", in "events";
    /// Id of a piece of evidence.
    EvidenceId = "evd", in "evidence";
    /// Id of an issue.
    IssueId = "iss", in "issues";
    /// Id of a correction.
    CorrectionId = "cor", in "corrections";
    /// Id of a cell of the coverage.
    CoverageId = "cov", in "coverage";
    /// Readable id of a vendor, such as `ring`.
    VendorId = "", in "vendors";
    /// Readable id of a program, such as `ring-neighbors`.
    ProgramId = "", in "programs";
    /// Readable id of a source, such as `eff-atlas`.
    SourceId = "", in "sources";
}

fn is_id(prefix: &str, text: &str) -> bool {
    if prefix.is_empty() {
        let inner = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        return inner && text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-');
    }
    let rest = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    rest.is_some_and(|rest| rest.len() == LENGTH && rest.bytes().all(|b| ALPHABET.contains(&b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_its_key_alone() {
        assert_eq!(AgencyId::mint("OH0020100"), AgencyId::mint("OH0020100"));
        assert_ne!(AgencyId::mint("OH0020100"), AgencyId::mint("OH0020101"));
        let id = AgencyId::mint("OH0020100");
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        // Pinned: an id once published must never be minted differently.
        assert_eq!(id.as_str(), "agy_td05pjhfaa");
    }

    #[test]
    fn ids_and_slugs_are_told_from_other_text() {
        for wrong in
            ["agy_", "agy_0123456789a", "par_0123456789", "agy_012345678i", "AGY_0123456789"]
        {
            assert!(wrong.parse::<AgencyId>().is_err(), "{wrong}");
        }
        for wrong in ["", "Ring", "ring-", "9ring", "ring neighbors", "../x"] {
            assert!(wrong.parse::<ProgramId>().is_err(), "{wrong}");
        }
        assert!("ring-neighbors".parse::<ProgramId>().is_ok());
    }
}
