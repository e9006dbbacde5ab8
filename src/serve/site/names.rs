//! What records are called, where a page names some of several tables.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::{Entry, Reply};
use super::inside::Inside;
use super::words::{heading, plain};
use crate::record::{Resource, state_name};
use crate::serve::error::Problem;

/// Names that are asked for at once.
const MOST_NAMES: usize = 1000;

/// What records are called.
pub(super) struct Names {
    /// By resource and id.
    records: BTreeMap<(String, String), String>,
    /// The names of programs by their ids.
    programs: BTreeMap<String, String>,
    /// The names of sources by their ids.
    sources: BTreeMap<String, String>,
}

/// How a resource is listed, and the fields that a record of it is called by.
const CALLED_BY: &[(&str, &str, &str)] = &[
    ("agencies", "listAgencies", "name"),
    ("vendors", "listVendors", "name"),
    ("programs", "listPrograms", "name"),
    ("partnerships", "listPartnerships", "agency_name,agency_name_reported,program_id"),
    ("disclosures", "listDisclosures", "title"),
    ("reported_totals", "listReportedTotals", "metric,stated_by"),
    ("events", "listEvents", "title"),
    ("sources", "listSources", "name"),
    ("evidence", "listEvidence", "source_id,locator"),
    ("issues", "listIssues", "source_id,locator"),
    ("coverage", "listCoverage", "program_id,service,state"),
];

impl Names {
    /// The names of changed records that are still there, and of those that their fields refer to.
    pub(super) fn of(inside: &Inside, changes: &Reply) -> Result<Self, Problem> {
        let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let kept: Vec<_> =
            changes.records().filter(|entry| entry.text("change") == "changed").collect();
        for entry in &kept {
            ids.entry(entry.text("resource")).or_default().push(entry.text("id"));
            for field in entry.list("fields") {
                let Some(table) = referred(entry.text("resource"), field.text("field")) else {
                    continue;
                };
                let both = ["before", "after"].map(|side| field.text(side));
                let known = both.into_iter().filter(|id| !id.is_empty());
                ids.entry(table).or_default().extend(known);
            }
        }
        Self::in_tables(inside, &ids)
    }

    /// The names of programs and sources alone.
    pub(super) fn common(inside: &Inside) -> Result<Self, Problem> {
        let named = |entry: Entry<'_>| (entry.text("id").to_owned(), entry.text("name").to_owned());
        let all = |operation| {
            let all = inside.get(operation, &[], "limit=1000")?;
            Ok::<_, Problem>(all.records().map(named).collect())
        };
        let [programs, sources] = [all("listPrograms")?, all("listSources")?];
        Ok(Self { records: BTreeMap::new(), programs, sources })
    }

    /// What a source is called; its id where that is not known.
    pub(super) fn source<'a>(&'a self, id: &'a str) -> &'a str {
        self.sources.get(id).map_or(id, String::as_str)
    }

    /// What a check of a release looks at, such as a source and what it lists, or a table.
    pub(super) fn subject(&self, subject: &str) -> String {
        let parts = subject.split(['/', '.']).map(|part| {
            let known = self.sources.get(part).or_else(|| self.programs.get(part));
            known.map_or_else(|| plain(part), Clone::clone)
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// The names of records, by their tables.
    pub(super) fn in_tables(
        inside: &Inside,
        ids: &BTreeMap<&str, Vec<&str>>,
    ) -> Result<Self, Problem> {
        let mut names = Self::common(inside)?;
        for (table, operation, fields) in CALLED_BY {
            // More than fit into a question are called by their ids.
            let Some(ids) = ids.get(table) else { continue };
            let ids: BTreeSet<&str> = ids.iter().copied().filter(|id| is_plain(id)).collect();
            let ids: Vec<_> = ids.into_iter().take(MOST_NAMES).collect();
            if ids.is_empty() {
                continue;
            }
            let query = format!("id={}&fields=id,{fields}&limit={MOST_NAMES}", ids.join(","));
            for entry in inside.get(operation, &[], &query)?.records() {
                let name = names.called(table, |field| entry.text(field).to_owned());
                names.records.insert(((*table).to_owned(), entry.text("id").to_owned()), name);
            }
        }
        Ok(names)
    }

    /// What a record is called; its id where that is not known.
    pub(super) fn get(&self, table: &str, id: &str) -> String {
        let name = self.records.get(&(table.to_owned(), id.to_owned()));
        name.filter(|name| !name.is_empty()).map_or_else(|| id.to_owned(), Clone::clone)
    }

    /// What a record of a resource is called by its fields; empty where they do not tell.
    pub(super) fn called(&self, table: &str, field: impl Fn(&str) -> String) -> String {
        let program = || {
            let id = field("program_id");
            self.programs.get(&id).map_or(id, Clone::clone)
        };
        let all = |values: [String; 2]| {
            let known = values.into_iter().filter(|value| !value.is_empty());
            known.collect::<Vec<_>>().join(", ")
        };
        match table {
            "partnerships" if field("agency_name").is_empty() => {
                all([field("agency_name_reported"), program()])
            }
            "partnerships" => all([field("agency_name"), program()]),
            "disclosures" | "events" => field("title"),
            "reported_totals" => {
                format!("{}, stated by {}", heading(&field("metric")), field("stated_by"))
            }
            "evidence" | "issues" => {
                all([self.source(&field("source_id")).to_owned(), field("locator")])
            }
            "coverage" => {
                let state = field("state");
                let state = state_name(&state).unwrap_or(&state).to_owned();
                format!("{}, {} in {state}", program(), plain(&field("service")))
            }
            _ => field("name"),
        }
    }
}

/// Whether a text can be an id: what a correction names may be anything.
fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The table that a field refers to; none where it refers to none.
pub(super) fn referred(table: &str, field: &str) -> Option<&'static str> {
    Resource::of_table(table)?.column(field)?.refers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_called_by_what_its_fields_tell() {
        let programs = BTreeMap::from([("ring".to_owned(), "Neighbors".to_owned())]);
        let sources = BTreeMap::from([("atlas".to_owned(), "The Atlas".to_owned())]);
        let names = Names { records: BTreeMap::new(), programs, sources };
        let field = |name: &str| match name {
            "agency_name_reported" => "Harper PD".to_owned(),
            "program_id" => "ring".to_owned(),
            _ => String::new(),
        };
        assert_eq!(names.called("partnerships", field), "Harper PD, Neighbors");
        assert_eq!(names.called("events", field), "");
        assert_eq!(names.get("events", "evt_1"), "evt_1");
        assert_eq!(
            names.subject("atlas/partnership/ring/agency_type"),
            "The Atlas, partnership, Neighbors, agency type"
        );
        assert_eq!(names.subject("disclosures.vendor_id"), "disclosures, vendor id");
    }
}
