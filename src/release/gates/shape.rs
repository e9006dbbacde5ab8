//! Gates that look at the candidate alone: ids, references, tables.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::fmt::Write as _;

use super::verdict;
use crate::record::{Agency, Cell, ColumnType, Program, Record, Records, Source, Vendor, VisitRef};
use crate::release::GateVerdict;
use crate::release::dataset::Dataset;

/// How many ids a sentence names before it only counts.
const NAMED: usize = 5;

pub(super) fn judge(candidate: &Dataset) -> Vec<GateVerdict> {
    let mut tables = Tables::default();
    let Ok(()) = candidate.records.each(&mut tables);
    let mut verdicts = Vec::new();
    for (table, rows, repeated) in &tables.found {
        let passed = repeated.is_empty();
        let detail = if passed {
            format!("each of the {rows} ids of {table} is there once")
        } else {
            format!("ids of {table} that stand there more than once: {}", list(repeated))
        };
        verdicts.push(verdict("ids_unique", table, passed, &repeated.len(), &0, detail));
    }
    verdicts.extend(references(&candidate.records));
    verdicts.push(likely_duplicates(&candidate.records));
    verdicts
}

#[derive(Default)]
struct Tables {
    found: Vec<(&'static str, usize, Vec<String>)>,
}

impl VisitRef for Tables {
    type Error = Infallible;

    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Infallible> {
        let mut seen = HashSet::new();
        let repeated = records.iter().map(Record::id).filter(|id| !seen.insert(*id));
        self.found.push((R::TABLE, records.len(), repeated.map(str::to_owned).collect()));
        Ok(())
    }
}

/// Columns that name a record, and the table it must be in.
const REFERENCES: &[(&str, &str)] = &[
    ("agency_id", Agency::TABLE),
    ("vendor_id", Vendor::TABLE),
    ("intermediary_vendor_ids", Vendor::TABLE),
    ("program_id", Program::TABLE),
    ("successor_program_id", Program::TABLE),
    ("source_id", Source::TABLE),
];

/// Every id that a record names is there.
fn references(records: &Records) -> Vec<GateVerdict> {
    let mut ids = Ids::default();
    let Ok(()) = records.each(&mut ids);
    let mut references = References { ids: &ids, verdicts: Vec::new() };
    let Ok(()) = records.each(&mut references);
    let mut verdicts = references.verdicts;
    let subjects: Vec<String> = records
        .evidence
        .iter()
        .filter_map(|evidence| {
            let table = evidence.subject_type.table()?;
            // Evidence whose record could not be made has no subject; an issue says why.
            let broken = !evidence.subject_id.is_empty() && !ids.has(table, &evidence.subject_id);
            broken.then(|| format!("{} → {}", evidence.id, evidence.subject_id))
        })
        .collect();
    verdicts.push(whole("evidence.subject_id", &subjects));
    verdicts
}

fn whole(subject: &str, broken: &[String]) -> GateVerdict {
    let passed = broken.is_empty();
    let detail = if passed {
        "every id it names is there".to_owned()
    } else {
        format!("ids it names and nobody has: {}", list(broken))
    };
    verdict("references_whole", subject, passed, &broken.len(), &0, detail)
}

/// The ids of every table.
#[derive(Default)]
struct Ids(HashMap<&'static str, HashSet<String>>);

impl Ids {
    fn has(&self, table: &str, id: &str) -> bool {
        self.0.get(table).is_some_and(|ids| ids.contains(id))
    }
}

impl VisitRef for Ids {
    type Error = Infallible;

    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Infallible> {
        self.0.insert(R::TABLE, records.iter().map(|record| record.id().to_owned()).collect());
        Ok(())
    }
}

struct References<'a> {
    ids: &'a Ids,
    verdicts: Vec<GateVerdict>,
}

impl VisitRef for References<'_> {
    type Error = Infallible;

    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Infallible> {
        for column in R::COLUMNS {
            let Some((_, table)) = REFERENCES.iter().find(|(name, _)| *name == column.name) else {
                continue;
            };
            let mut broken = Vec::new();
            for record in records {
                for to in named(&record.cell(column.name), column.ty) {
                    if !self.ids.has(table, &to) {
                        broken.push(format!("{} → {to}", record.id()));
                    }
                }
            }
            self.verdicts.push(whole(&format!("{}.{}", R::TABLE, column.name), &broken));
        }
        Ok(())
    }
}

/// The ids a cell names: none, one, or those of a list.
fn named(cell: &Cell, ty: ColumnType) -> Vec<String> {
    match cell {
        Cell::Text(text) if ty == ColumnType::TextList => {
            serde_json::from_str(text).unwrap_or_default()
        }
        Cell::Text(text) => vec![text.clone()],
        Cell::Null | Cell::Integer(_) | Cell::Real(_) => Vec::new(),
    }
}

/// Agencies that may be one: the same name, state, city and counties in one registry. They are
/// listed for people to look at; the gate always holds.
fn likely_duplicates(records: &Records) -> GateVerdict {
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    for agency in &records.agencies {
        let name = agency.name.to_lowercase();
        let place = (&agency.state, &agency.city, &agency.counties);
        *seen.entry((name, place, agency.ori.is_some())).or_default() += 1;
    }
    let twins: Vec<String> = seen
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|((name, (state, ..), _), count)| format!("{name}, {state} ({count} times)"))
        .collect();
    let detail = format!("agencies of one name in one place: {}", list(&twins));
    verdict("likely_duplicates", "agencies", true, &twins.len(), &"any", detail)
}

pub(super) fn list(items: &[String]) -> String {
    let mut named = items.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if items.is_empty() {
        named.push_str("none");
    } else if items.len() > NAMED {
        // Writing to a text cannot fail.
        let _ = write!(named, " and {} more", items.len() - NAMED);
    }
    named
}
