//! In which releases a record changed, and why.

use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use super::records::{elsewhere, id_segment};
use crate::record::{Cause, Cell, RESOURCES, ReleaseId, Resource};
use crate::release::FieldChange;
use crate::release::database::Change;
use crate::release::dataset::{ChangeKind, is_logged};
use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::example;
use crate::serve::page::{self, Addresses, Meta};

/// A release in which a record appeared or changed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct HistoryEntry {
    /// The release.
    release: ReleaseId,
    /// What happened to the record.
    change: ChangeKind,
    /// Why; null where the record appeared with the first release of all, and for evidence and
    /// issues, whose changes are not logged.
    #[schema(required = true)]
    cause: Option<Cause>,
    /// The fields that changed; empty where the record appeared or was taken back, and for evidence
    /// and issues.
    fields: Vec<FieldChange>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    RESOURCES.iter().map(history).collect()
}

fn history(resource: &'static Resource) -> Endpoint {
    let meta = example::meta();
    let path = format!("/{}/{}/history", resource.table, example::id(resource));
    let example = serde_json::json!({
        "data": [{ "release": example::RELEASE, "change": "added", "cause": null, "fields": [] }],
        "meta": meta,
        "links": example::links(&path),
    });
    Endpoint {
        id: format!("get{}History", resource.schema),
        base: Base::Release,
        path: format!("/{}/{{id}}/history", resource.table),
        tag: resource.table,
        summary: format!("History of one of the {}", resource.table.replace('_', " ")),
        description: if is_logged(resource.table) {
            "Every release up to this one in which the record appeared or changed, oldest \
                 first, with the cause of each change."
        } else {
            "The release in which the record appeared, and the last up to this one in which it \
                 changed; what changed in it is not logged."
        }
        .to_owned(),
        segments: vec![id_segment(resource)],
        parameters: Vec::new(),
        answers: Answers {
            also: &[308, 404, 410, 503],
            ..json("History", "The record's changes.", example)
        },
        resource: Some(resource),
        handler: answer,
    }
}

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let resource = call.resource()?;
    let place = call.place()?.clone();
    let id = call.segment("id").to_owned();
    if let Some(moved) = elsewhere(call, &place, resource, &id, "/history")? {
        return Ok(moved);
    }
    let links = Addresses::new(call.state, &place).links(&call.path);
    let work = move || {
        let database = place.release.database()?;
        let changes = database.history(resource, &id)?;
        let row = database.get(resource, &resource.all_columns(), &id)?.unwrap_or_default();
        let entries = entries(resource, &row, changes)?;
        Ok(Answer::json(page::document(&entries, &Meta::of(&place), &links)))
    };
    Ok(Plan::Answer { canonical: Some(String::new()), short: true, work: Box::new(work) })
}

fn entries(
    resource: &Resource,
    row: &[Cell],
    changes: Vec<Change>,
) -> Result<Vec<HistoryEntry>, Problem> {
    let bare = |release, change| HistoryEntry { release, change, cause: None, fields: Vec::new() };
    let mut entries = Vec::with_capacity(changes.len() + 1);
    let first = stamp(resource, row, "first_release")?;
    // The first release of all writes no changes: everything in it appeared.
    if changes.first().is_none_or(|change| change.release > first) {
        entries.push(bare(first, ChangeKind::Added));
    }
    if !is_logged(resource.table) {
        let last = stamp(resource, row, "last_changed_release")?;
        entries.extend((last > first).then(|| bare(last, ChangeKind::Changed)));
    }
    for Change { release, change, cause, fields } in changes {
        let change = change.parse().map_err(Problem::internal)?;
        let fields = fields
            .into_iter()
            .map(|(field, before, after)| FieldChange { field, before, after })
            .collect();
        entries.push(HistoryEntry { release, change, cause: Some(cause), fields });
    }
    Ok(entries)
}

/// A release that a record names.
fn stamp(resource: &Resource, row: &[Cell], name: &str) -> Result<ReleaseId, Problem> {
    let at = resource.columns.iter().position(|column| column.name == name);
    let release = at.and_then(|at| row.get(at)).map(Cell::to_csv).unwrap_or_default();
    release.parse().map_err(Problem::internal)
}
