//! Counts that records carry of one another, and names that sources use of an agency.

use std::collections::{BTreeSet, HashMap};

use crate::record::{PartnershipStatus, Record, Records, Visit};

/// Fills in every count, and the agencies' aliases.
pub(super) fn count(records: &mut Records) {
    count_for_agencies(records);
    let mut by_source: HashMap<&str, i64> = HashMap::new();
    for issue in &records.issues {
        *by_source.entry(issue.source_id.as_str()).or_default() += 1;
    }
    for source in &mut records.sources {
        source.issues = by_source.get(source.id.as_str()).copied().unwrap_or(0);
    }
    let mut counts: HashMap<String, i64> = HashMap::new();
    for evidence in &records.evidence {
        // Evidence is counted by what it speaks of, and by the source that gives it.
        for id in [evidence.subject_id.as_str(), evidence.source_id.as_str()] {
            match counts.get_mut(id) {
                Some(count) => *count += 1,
                None => drop(counts.insert(id.to_owned(), 1)),
            }
        }
    }
    let Ok(()) = records.visit(&mut EvidenceCounts(counts));
}

struct EvidenceCounts(HashMap<String, i64>);

impl Visit for EvidenceCounts {
    type Error = std::convert::Infallible;

    fn visit<R: Record>(&mut self, records: &mut Vec<R>) -> Result<(), Self::Error> {
        for record in records {
            let count = self.0.get(record.id()).copied().unwrap_or(0);
            *record.stamps().evidence_count = count;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Tally<'a> {
    active: i64,
    all: i64,
    disclosures: i64,
    names: BTreeSet<&'a str>,
}

fn count_for_agencies(records: &mut Records) {
    let mut tallies: HashMap<&str, Tally<'_>> = HashMap::new();
    for partnership in &records.partnerships {
        let Some(agency) = &partnership.agency_id else { continue };
        let tally = tallies.entry(agency.as_str()).or_default();
        tally.all += 1;
        tally.active += i64::from(partnership.status == PartnershipStatus::Active);
        tally.names.insert(&partnership.agency_name_reported);
    }
    for disclosure in &records.disclosures {
        let Some(agency) = &disclosure.agency_id else { continue };
        tallies.entry(agency.as_str()).or_default().disclosures += 1;
    }
    for agency in &mut records.agencies {
        let Some(tally) = tallies.get(agency.id.as_str()) else { continue };
        agency.partnerships = tally.all;
        agency.active_partnerships = tally.active;
        agency.disclosures = tally.disclosures;
        let others = tally.names.iter().filter(|name| **name != agency.name);
        agency.aliases = others.map(|name| (*name).to_owned()).collect();
    }
}
