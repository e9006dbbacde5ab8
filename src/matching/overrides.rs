//! What people decided, and whether it still fits.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::twins::Pair;
use crate::record::{
    Listing, Normals, Override, OverrideDecision, RegisteredAgency, UnfitOverride, row_named,
};

/// The decisions of people, by the rows they are about.
#[derive(Debug, Default)]
pub(super) struct Overrides<'a> {
    of_rows: HashMap<&'a str, Ruling<'a>>,
    of_agencies: Vec<Ruling<'a>>,
    unfit: Vec<UnfitOverride>,
}

/// One decision, with the positions of the agencies it names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ruling<'a> {
    pub(super) what: &'a Override,
    /// The agency that it is, or is not.
    pub(super) agency: Option<usize>,
    /// The agency it is about, where it is about one.
    subject: Option<usize>,
}

impl<'a> Overrides<'a> {
    pub(super) fn of(normals: &'a Normals) -> Self {
        if normals.overrides.is_empty() {
            return Self::default();
        }
        let agencies = positions(normals);
        let printed = names(normals);
        let mut overrides = Self::default();
        for what in &normals.overrides {
            let position = |row: &str| agencies.get(row).copied();
            let agency = match what.decision {
                OverrideDecision::New => {
                    let own = |agency: &RegisteredAgency| {
                        !agency.registered && agency.source_key == what.source_key
                    };
                    normals.agencies.iter().position(own)
                }
                OverrideDecision::Same | OverrideDecision::Different => {
                    what.agency.as_deref().and_then(position)
                }
            };
            let subject = position(&what.subject);
            let ruling = Ruling { what, agency, subject };
            if let Some(why) = ruling.unfit(printed.get(what.subject.as_str()).copied()) {
                overrides.unfit.push(UnfitOverride { source_key: what.source_key.clone(), why });
            } else if subject.is_some() {
                overrides.of_agencies.push(ruling);
            } else {
                overrides.of_rows.insert(&what.subject, ruling);
            }
        }
        overrides
    }

    /// What people decided about a listing.
    pub(super) fn about(&self, listing: &Listing) -> Option<Ruling<'a>> {
        if self.of_rows.is_empty() {
            return None;
        }
        self.of_rows.get(row_named(&listing.source_id, &listing.source_key).as_str()).copied()
    }

    /// Agencies that people decided are one.
    pub(super) fn same(&self) -> impl Iterator<Item = Pair> {
        let same = self.of_agencies.iter();
        let same = same.filter(|ruling| ruling.what.decision == OverrideDecision::Same);
        same.filter_map(|ruling| {
            Some(Pair {
                agencies: [ruling.agency?, ruling.subject?],
                reason: ruling.what.reason.clone(),
            })
        })
    }

    /// Whether people decided that these two are not one.
    pub(super) fn are_different(&self, agencies: [usize; 2]) -> bool {
        let [one, other] = agencies.map(Some);
        self.of_agencies.iter().any(|ruling| {
            ruling.what.decision == OverrideDecision::Different
                && [[one, other], [other, one]].contains(&[ruling.subject, ruling.agency])
        })
    }

    /// Decisions that do not fit what they are about any more.
    pub(super) fn unfit(&self) -> &[UnfitOverride] {
        &self.unfit
    }
}

impl Ruling<'_> {
    /// Why it does not fit; `printed` is what its row prints, if there is such a row.
    fn unfit(&self, printed: Option<&str>) -> Option<String> {
        let Override { decision, subject, agency, printed: expected, .. } = self.what;
        if self.subject.is_none() {
            match (printed, expected) {
                (None, _) => return Some(format!("there is no row `{subject}`")),
                (Some(printed), Some(expected)) if printed != expected => {
                    return Some(format!("`{subject}` prints `{printed}` by now"));
                }
                (Some(_), _) => {}
            }
        }
        match (self.agency, agency) {
            (None, Some(agency)) => Some(format!("no registry has a row `{agency}`")),
            (None, None) if *decision == OverrideDecision::New => {
                Some("the agency cannot be made of what is written down".to_owned())
            }
            _ => None,
        }
    }
}

/// Where the agencies stand that decisions name.
fn positions(normals: &Normals) -> HashMap<String, usize> {
    let named: Vec<&str> = normals
        .overrides
        .iter()
        .flat_map(|what| std::iter::once(&what.subject).chain(&what.agency))
        .map(String::as_str)
        .collect();
    let all = normals.agencies.iter().enumerate();
    all.map(|(position, agency)| (row_named(&agency.source_id, &agency.source_key), position))
        .filter(|(row, _)| named.contains(&row.as_str()))
        .collect()
}

/// The names that the rows print which decisions are about.
fn names(normals: &Normals) -> BTreeMap<&str, &str> {
    let wanted: HashSet<&str> =
        normals.overrides.iter().map(|what| what.subject.as_str()).collect();
    let current = normals.listings.iter().filter(|listing| listing.is_current);
    current
        .filter_map(|listing| {
            let row = row_named(&listing.source_id, &listing.source_key);
            let subject = wanted.get(row.as_str())?;
            Some((*subject, listing.agency.as_str()))
        })
        .collect()
}
