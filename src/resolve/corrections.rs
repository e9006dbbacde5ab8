//! Corrections that people wrote down, applied to the records they are about.
//!
//! Evidence stays as it was said; only the record differs. What no longer fits is left as it is,
//! and an issue says so.

use std::collections::HashSet;

use super::fields::Fields;
use super::identity::Identities;
use super::{ResolveError, Subjects, curated};
use crate::record::{
    Agency, Cell, CorrectionEffect, CorrectionState, Finding, Partnership, Placed, Precision,
    Problem, Program, Record, Records, Redirect, Resource, Statement, SubjectType, Vendor, Visit,
    correctable, keys, written,
};

/// Every correction, in the order in which they are applied, and what came of them.
pub(super) struct Overlay<'a> {
    entries: Vec<&'a Statement>,
    redirects: &'a [Redirect],
    /// What came of those that were applied.
    pub(super) effects: Vec<CorrectionEffect>,
}

impl<'a> Overlay<'a> {
    /// The corrections among the entries. The earlier reported come first, so that a later one can
    /// correct what an earlier one said.
    pub(super) fn of(entries: &[&'a Statement], redirects: &'a [Redirect]) -> Self {
        let corrections = entries.iter().copied().filter(|entry| super::is_correction(entry));
        let mut entries: Vec<&Statement> = corrections.collect();
        entries.sort_by_key(|entry| (entry.reported("reported_on"), entry.source_key.as_str()));
        Self { entries, redirects, effects: Vec::new() }
    }

    /// All of them.
    pub(super) fn entries(&self) -> &[&'a Statement] {
        &self.entries
    }

    /// The record a correction is about, by what its entry says.
    pub(super) fn subject(&self, entry: &Statement, subjects: &Subjects) -> Option<String> {
        subjects.named(entry, entry.reported(keys::SUBJECT)?, self.redirects)
    }

    /// Applies the corrections about `wanted` sorts of records.
    ///
    /// What partnerships take over from their agency and program must be right before they are
    /// made; so those come first.
    pub(super) fn apply(
        &mut self,
        wanted: fn(SubjectType) -> bool,
        subjects: &Subjects,
        records: &mut Records,
        findings: &mut Vec<Finding>,
        identities: &mut Identities,
    ) -> Result<(), ResolveError> {
        let entries = self.entries.iter().filter(|entry| wanted(entry.subject_type));
        for entry in entries.copied().collect::<Vec<_>>() {
            let fields = Fields(entry);
            let state = fields.word_or("state", CorrectionState::Open)?;
            let field = entry.reported("pointer").and_then(|pointer| pointer.strip_prefix('/'));
            let (CorrectionState::Fixed, Some(field), Some(after)) =
                (state, field, fields.optional("after"))
            else {
                continue;
            };
            let id = self.subject(entry, subjects);
            let before = fields.optional("before");
            let correction_id = curated::correction_id(entry, identities)?;
            match apply(entry, id.as_deref(), field, before, after, records) {
                Ok(effect) => self.effects.push(CorrectionEffect { correction_id, ..effect }),
                Err(detail) => {
                    let detail = format!("{detail}; nothing is changed");
                    findings.push(entry.finding(Problem::UnfitDecision, detail, before));
                }
            }
        }
        Ok(())
    }

    /// Lets what partnerships take over from their agency and program follow, where the link
    /// itself was corrected.
    pub(super) fn follow(&self, records: &mut Records) {
        let linked = |effect: &&CorrectionEffect| {
            effect.applied
                && effect.table == Partnership::TABLE
                && ["agency_id", "program_id"].contains(&effect.field)
        };
        let ids: HashSet<&str> =
            self.effects.iter().filter(linked).map(|effect| effect.record_id.as_str()).collect();
        let said = |id: &str, field: &str| {
            self.effects.iter().any(|effect| effect.record_id == id && effect.field == field)
        };
        let Records { partnerships, agencies, programs, .. } = records;
        for partnership in partnerships.iter_mut().filter(|p| ids.contains(p.id.as_str())) {
            let id = partnership.id.to_string();
            let agency = partnership.agency_id.as_ref();
            let agency = agency.and_then(|id| agencies.iter().find(|agency| agency.id == *id));
            if let Some(Agency { name, state, kind, service, .. }) = agency {
                if !said(&id, "agency_name") {
                    partnership.agency_name.clone_from(name);
                }
                if !said(&id, "state") {
                    partnership.state = Some(state.clone());
                }
                if !said(&id, "kind") {
                    partnership.kind = *kind;
                }
                if !said(&id, "service") {
                    partnership.service = *service;
                }
            }
            let program = programs.iter().find(|program| program.id == partnership.program_id);
            if let Some(program) = program.filter(|_| !said(&id, "vendor_id")) {
                partnership.vendor_id = program.vendor_id.clone();
            }
        }
    }
}

/// Applies one correction; an error says in words why it does not fit.
fn apply(
    entry: &Statement,
    id: Option<&str>,
    field: &str,
    before: Option<&str>,
    after: &str,
    records: &mut Records,
) -> Result<CorrectionEffect, String> {
    let resource = entry.subject_type.table().and_then(Resource::of_table);
    let resource = resource.ok_or("what it is about is no record")?;
    let id = id.ok_or("the record it is about is not there")?;
    let column = correctable(resource, field).map_err(|error| error.to_string())?;
    let read = |text| written(resource, field, text).map_err(|error| error.to_string());
    let (before, after) = (read(before)?, read(Some(after))?);
    check_reference(column.refers, &after, records)?;
    let mut put = Put { table: resource.table, id, before: &before, after: &after, found: None };
    let Ok(()) = records.visit(&mut put);
    let applied = put.found.ok_or("the record it is about is not there")??;
    Ok(CorrectionEffect {
        correction_id: String::new(),
        table: resource.table,
        record_id: id.to_owned(),
        field: column.name,
        before,
        applied,
    })
}

/// An agency or program that a record is said to belong to must be there.
fn check_reference(
    refers: Option<&'static str>,
    after: &[Placed],
    records: &Records,
) -> Result<(), String> {
    let [(_, Cell::Text(id)), ..] = after else { return Ok(()) };
    let there = match refers {
        Some(Agency::TABLE) => records.agencies.iter().any(|agency| agency.id.as_str() == id),
        Some(Program::TABLE) => records.programs.iter().any(|program| program.id.as_str() == id),
        Some(Vendor::TABLE) => records.vendors.iter().any(|vendor| vendor.id.as_str() == id),
        Some(_) | None => true,
    };
    if there { Ok(()) } else { Err(format!("there is no `{id}`")) }
}

/// Puts cells into one record, where they belong.
struct Put<'a> {
    table: &'static str,
    id: &'a str,
    before: &'a [Placed],
    after: &'a [Placed],
    /// Whether something was put there, or why it does not fit; none where there is no record.
    found: Option<Result<bool, String>>,
}

impl Visit for Put<'_> {
    type Error = std::convert::Infallible;

    fn visit<R: Record>(&mut self, records: &mut Vec<R>) -> Result<(), Self::Error> {
        if R::TABLE != self.table {
            return Ok(());
        }
        if let Some(record) = records.iter_mut().find(|record| record.id() == self.id) {
            self.found = Some(self.put(record));
        }
        Ok(())
    }
}

impl Put<'_> {
    fn put<R: Record>(&self, record: &mut R) -> Result<bool, String> {
        let mut cells = record.cells();
        let holds = |wanted: &[Placed]| wanted.iter().all(|(at, cell)| is(&cells[*at], cell));
        if self.after.iter().all(|(at, cell)| cells[*at] == *cell) {
            return Ok(false);
        }
        if !holds(self.before) {
            let found = self.before.first().map(|(at, _)| cells[*at].to_csv());
            return Err(format!(
                "the field says `{}`, which is neither what it corrects nor what is right",
                found.unwrap_or_default()
            ));
        }
        for (at, cell) in self.after {
            cells[*at] = cell.clone();
        }
        *record = super::remade(cells).map_err(|error| error.to_string())?;
        Ok(true)
    }
}

/// Whether a cell is what people wrote of it. A day may be one of which nobody knows how exact it
/// is: both are written alike.
fn is(found: &Cell, written: &Cell) -> bool {
    let word = |precision: Precision| Cell::Text(precision.as_str().to_owned());
    let vague = *found == word(Precision::Unknown) && *written == word(Precision::Day);
    found == written || vague
}

/// Whether partnerships take over something from such records.
pub(super) fn is_taken_over(subject: SubjectType) -> bool {
    matches!(subject, SubjectType::Agency | SubjectType::Vendor | SubjectType::Program)
}

/// The others.
pub(super) fn is_not_taken_over(subject: SubjectType) -> bool {
    !is_taken_over(subject)
}
