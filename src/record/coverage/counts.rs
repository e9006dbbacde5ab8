//! What the cells of the coverage count.

use std::collections::{HashMap, HashSet};

use super::{Cell, Listed, Lists, overlap};
use crate::record::{Agency, Service, Source, SourceId};

/// How many partnerships are told of a service and a state, if any is told.
type ByServiceAndState<'a> = HashMap<(Service, Option<&'a str>), i64>;

/// What cells count.
pub(super) struct Counts<'a> {
    sources: &'a [Source],
    /// Registered agencies by service and state.
    pub(super) agencies: HashMap<(Service, &'a str), i64>,
    /// Registered agencies with a partnership that a source lists, by program and source, and by
    /// the service and state of the agency.
    documented: HashMap<(&'a str, &'a str, Service, &'a str), i64>,
    /// Partnerships of untold agencies that a source lists, by program and source, and by the
    /// service and state it names.
    unmatched: HashMap<(&'a str, &'a str), ByServiceAndState<'a>>,
}

impl<'a> Counts<'a> {
    pub(super) fn of(lists: &Lists<'a>) -> Self {
        let Lists { records, listed } = lists;
        let registered: HashMap<&str, &Agency> = records
            .agencies
            .iter()
            .filter(|agency| agency.registered)
            .map(|agency| (agency.id.as_str(), agency))
            .collect();
        let mut agencies = HashMap::new();
        for agency in registered.values() {
            *agencies.entry((agency.service, agency.state.as_str())).or_default() += 1;
        }
        let mut seen = HashSet::new();
        let mut documented = HashMap::new();
        let mut unmatched: HashMap<_, HashMap<_, i64>> = HashMap::new();
        for Listed { source, partnership, .. } in listed.values() {
            let looked = (partnership.program_id.as_str(), source.id.as_str());
            let Some(agency_id) = &partnership.agency_id else {
                let of = (partnership.service, partnership.state.as_deref());
                *unmatched.entry(looked).or_default().entry(of).or_default() += 1;
                continue;
            };
            let Some(agency) = registered.get(agency_id.as_str()) else { continue };
            if seen.insert((looked, agency_id)) {
                let cell = (looked.0, looked.1, agency.service, agency.state.as_str());
                *documented.entry(cell).or_default() += 1;
            }
        }
        Self { sources: &records.sources, agencies, documented, unmatched }
    }

    pub(super) fn source(&self, id: &str) -> Option<SourceId> {
        let mut ids = self.sources.iter().map(|source| &source.id);
        ids.find(|known| known.as_str() == id).cloned()
    }

    pub(super) fn documented(&self, cell: &Cell<'_>, source_id: &str) -> i64 {
        let key = (cell.program.id.as_str(), source_id, cell.service, cell.state);
        self.documented.get(&key).copied().unwrap_or(0)
    }

    pub(super) fn unmatched(&self, cell: &Cell<'_>, source_id: &str) -> i64 {
        let of = self.unmatched.get(&(cell.program.id.as_str(), source_id));
        let may_be = of.into_iter().flatten().filter(|((service, state), _)| {
            overlap(*service, cell.service) && state.is_none_or(|state| state == cell.state)
        });
        may_be.map(|(_, partnerships)| partnerships).sum()
    }
}
