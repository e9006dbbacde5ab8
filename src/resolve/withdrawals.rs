//! What people take back: records that are no more, and records that are another one.
//!
//! It holds as long as it is written down; the evidence stays, and speaks of the survivor or of
//! nothing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;

use super::{Input, Subjects, curated};
use crate::record::{
    AgencyId, Cell, Decision, Evidence, Finding, Problem, Record, Records, Statement, SubjectType,
    Unmatched, Visit, keys,
};

/// A record that people took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TakenBack {
    /// What it is.
    pub(super) subject_type: SubjectType,
    /// Its id.
    pub(super) id: String,
    /// The id of the survivor, where it is another record.
    pub(super) survivor: Option<String>,
    /// Why.
    pub(super) reason: String,
}

/// Everything people took back.
#[derive(Debug, Default)]
pub(super) struct Withdrawals {
    taken: BTreeMap<(SubjectType, String), TakenBack>,
}

/// The withdrawals that are written down at present: an entry that was removed holds no more.
pub(super) fn entries<'a>(input: &Input<'a>) -> Vec<&'a Statement> {
    let is_withdrawal = |entry: &&&Statement| entry.source_key.starts_with(curated::WITHDRAWALS);
    let of_newest = |entry: &&&Statement| {
        let newest = input.memory.newest(&entry.source_id);
        newest.is_some_and(|newest| newest.key == entry.newest)
    };
    let mut entries: Vec<_> =
        input.entries.iter().filter(is_withdrawal).filter(of_newest).copied().collect();
    entries.sort_by_key(|entry| entry.source_key.as_str());
    entries
}

impl Withdrawals {
    /// Adds those about `wanted` sorts of records, which must be made by now. One that does not
    /// fit is left out, with a finding.
    pub(super) fn add(
        &mut self,
        input: &Input<'_>,
        wanted: fn(SubjectType) -> bool,
        subjects: &Subjects,
        records: &Records,
        findings: &mut Vec<Finding>,
    ) {
        let entries = entries(input);
        let mut named: BTreeMap<(SubjectType, String), (&Statement, TakenBack)> = BTreeMap::new();
        for entry in entries.into_iter().filter(|entry| wanted(entry.subject_type)) {
            match read(entry, input, subjects, records) {
                Ok(taken) => {
                    let key = (taken.subject_type, taken.id.clone());
                    named.entry(key).or_insert((entry, taken));
                }
                Err(detail) => findings.push(unfit(entry, &detail)),
            }
        }
        let next: HashMap<(SubjectType, &str), Option<&str>> = named
            .iter()
            .map(|((subject, id), (_, taken))| ((*subject, id.as_str()), taken.survivor.as_deref()))
            .collect();
        for (key, (entry, taken)) in &named {
            match last(taken, &next) {
                Ok(survivor) => {
                    let taken = TakenBack { survivor, ..taken.clone() };
                    self.taken.insert(key.clone(), taken);
                }
                Err(detail) => findings.push(unfit(entry, detail)),
            }
        }
    }

    /// Adds agencies that stand in several lists and are told of once. What people took back goes
    /// first.
    pub(super) fn add_twins(&mut self, merged: Vec<TakenBack>) {
        for mut twin in merged {
            let survivor = twin.survivor.as_ref();
            let survivor = survivor.map(|id| (SubjectType::Agency, id.clone()));
            if let Some(gone) = survivor.and_then(|survivor| self.taken.get(&survivor)) {
                twin.survivor.clone_from(&gone.survivor);
            }
            self.taken.entry((twin.subject_type, twin.id.clone())).or_insert(twin);
        }
    }

    /// The id of what a record is now; none if it was taken back.
    pub(super) fn survivor<'a>(&'a self, subject: SubjectType, id: &'a str) -> Option<&'a str> {
        self.get(subject, id).map_or(Some(id), |taken| taken.survivor.as_deref())
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &TakenBack> {
        self.taken.values()
    }

    fn get(&self, subject: SubjectType, id: &str) -> Option<&TakenBack> {
        self.taken.get(&(subject, id.to_owned()))
    }

    /// The decisions, as if the agencies that were taken back were their survivors, or not there.
    /// `agencies` are the ids at the positions the decisions name.
    pub(super) fn decisions(&self, decisions: &[Decision], agencies: &[AgencyId]) -> Vec<Decision> {
        let positions: HashMap<&str, usize> =
            agencies.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        let redirected = |decision: &Decision| match decision {
            Decision::Same { agency, method, score } => {
                let taken = self.get(SubjectType::Agency, agencies[*agency].as_str())?;
                let survivor = taken.survivor.as_deref().and_then(|id| positions.get(id));
                Some(match survivor {
                    Some(agency) => {
                        Decision::Same { agency: *agency, method: *method, score: *score }
                    }
                    None => Decision::Unmatched { why: Unmatched::TakenBack, candidates: vec![] },
                })
            }
            Decision::Unmatched { .. } => None,
        };
        let all = decisions.iter();
        all.map(|decision| redirected(decision).unwrap_or_else(|| decision.clone())).collect()
    }

    /// Takes the records out, and lets what spoke of them speak of the survivors.
    pub(super) fn apply(&self, records: &mut Records) {
        if self.taken.is_empty() {
            return;
        }
        let Ok(()) = records.visit(&mut Remove(self));
        for Evidence { subject_type, subject_id, .. } in &mut records.evidence {
            if let Some(taken) = self.get(*subject_type, subject_id) {
                *subject_id = taken.survivor.clone().unwrap_or_default();
            }
        }
        for correction in &mut records.corrections {
            let taken = self.get(correction.subject_type, &correction.subject_id);
            if let Some(survivor) = taken.and_then(|taken| taken.survivor.as_ref()) {
                correction.subject_id.clone_from(survivor);
            }
        }
    }
}

fn unfit(entry: &Statement, detail: &str) -> Finding {
    let detail = format!("{detail}; nothing is taken back");
    entry.finding(Problem::UnfitDecision, detail, entry.reported(keys::SUBJECT))
}

/// What an entry takes back, with the survivor as it names it.
fn read(
    entry: &Statement,
    input: &Input<'_>,
    subjects: &Subjects,
    records: &Records,
) -> Result<TakenBack, String> {
    let subject_type = entry.subject_type;
    let id_of = |field: &str| -> Result<Option<String>, String> {
        let Some(text) = entry.reported(field).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let id = subjects.named(entry, text, input.redirects);
        let found = id.filter(|id| is_there(records, subject_type, id));
        found.map(Some).ok_or_else(|| format!("there is no `{text}`"))
    };
    // Nothing is left of a record that was merged before but its id, which is what is meant here:
    // a redirect of last time must not be followed.
    let subject = entry.reported(keys::SUBJECT).unwrap_or_default();
    let own = subjects.named(entry, subject, &[]);
    let id = own.filter(|id| is_there(records, subject_type, id));
    let id = id.ok_or_else(|| format!("there is no `{subject}`"))?;
    let survivor = id_of("merged_into")?;
    let reason = entry.reported("reason").unwrap_or_default().to_owned();
    Ok(TakenBack { subject_type, id, survivor, reason })
}

/// Whether there is such a record.
pub(super) fn is_there(records: &Records, subject_type: SubjectType, id: &str) -> bool {
    match subject_type {
        SubjectType::Agency => records.agencies.iter().any(|record| record.id() == id),
        SubjectType::Vendor => records.vendors.iter().any(|record| record.id() == id),
        SubjectType::Program => records.programs.iter().any(|record| record.id() == id),
        SubjectType::Partnership => records.partnerships.iter().any(|record| record.id() == id),
        SubjectType::Disclosure => records.disclosures.iter().any(|record| record.id() == id),
        SubjectType::ReportedTotal => {
            records.reported_totals.iter().any(|record| record.id() == id)
        }
        SubjectType::Event => records.events.iter().any(|record| record.id() == id),
        SubjectType::Place | SubjectType::County => false,
    }
}

/// The last survivor of a chain of merges, which is not taken back itself.
fn last(
    taken: &TakenBack,
    next: &HashMap<(SubjectType, &str), Option<&str>>,
) -> Result<Option<String>, &'static str> {
    let Some(mut survivor) = taken.survivor.as_deref() else { return Ok(None) };
    for _ in 0..=next.len() {
        match next.get(&(taken.subject_type, survivor)) {
            None => return Ok(Some(survivor.to_owned())),
            Some(Some(further)) => survivor = further,
            Some(None) => return Err("its survivor is taken back, too"),
        }
    }
    Err("the merges lead in a circle")
}

/// The record an id stands for, where it was merged. What was merged is looked up in the order of
/// ids, each once, so that this ends whatever people wrote down.
fn survivor<'a>(survivors: &HashMap<&str, &'a str>, id: &str) -> Option<&'a str> {
    let mut survivor = *survivors.get(id)?;
    let mut from = id;
    while survivor > from
        && let Some(further) = survivors.get(survivor)
    {
        (from, survivor) = (survivor, further);
    }
    Some(survivor)
}

struct Remove<'a>(&'a Withdrawals);

impl Visit for Remove<'_> {
    type Error = Infallible;

    fn visit<R: Record>(&mut self, records: &mut Vec<R>) -> Result<(), Self::Error> {
        let Self(withdrawals) = self;
        let of = |table: Option<&'static str>| {
            let all = withdrawals.iter();
            all.filter(move |taken| table.is_some() && taken.subject_type.table() == table)
        };
        let gone: HashSet<&str> = of(Some(R::TABLE)).map(|taken| taken.id.as_str()).collect();
        if !gone.is_empty() {
            records.retain(|record| !gone.contains(record.id()));
        }
        for (at, column) in R::COLUMNS.iter().enumerate().filter(|(_, column)| column.name != "id")
        {
            let survivors = of(column.refers);
            let survivors: HashMap<&str, &str> = survivors
                .filter_map(|taken| Some((taken.id.as_str(), taken.survivor.as_deref()?)))
                .collect();
            if survivors.is_empty() {
                continue;
            }
            for record in records.iter_mut() {
                let Cell::Text(id) = record.cell(column.name) else { continue };
                let Some(survivor) = survivor(&survivors, &id) else { continue };
                let mut cells = record.cells();
                cells[at] = Cell::Text(survivor.to_owned());
                // The survivor's id has the form of the other's: the record is whole as before.
                if let Ok(merged) = super::remade(cells) {
                    *record = merged;
                }
            }
        }
        Ok(())
    }
}
