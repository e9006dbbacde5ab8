//! In which releases a record changed, and why.

use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use super::records::{elsewhere, id_segment};
use crate::record::{Cause, Cell, RESOURCES, ReleaseId, Resource};
use crate::release::database::Change;
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
    change: ChangeWord,
    /// Why; null where the record appeared with the first release of all.
    #[schema(required = true)]
    cause: Option<Cause>,
    /// The fields that changed; empty where the record appeared.
    fields: Vec<FieldChange>,
}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ChangeWord {
    /// It appeared.
    Added,
    /// One of its fields changed.
    Changed,
    /// It was taken back.
    Withdrawn,
}

/// A field that changed.
#[derive(Debug, Serialize, ToSchema)]
struct FieldChange {
    /// The field.
    field: String,
    /// Its value before.
    #[schema(required = true)]
    before: serde_json::Value,
    /// Its value after.
    #[schema(required = true)]
    after: serde_json::Value,
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
        description:
            "Every release up to this one in which the record appeared or changed, oldest \
                      first, with the cause of each change."
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
        let database = &place.release.database;
        let changes = database.history(resource, &id)?;
        let first: Vec<_> = resource.column("first_release").into_iter().collect();
        let row = database.get(resource, &first, &id)?.unwrap_or_default();
        let entries = entries(&row, changes)?;
        Ok(Answer::json(page::document(&entries, &Meta::of(&place), &links)))
    };
    Ok(Plan::Answer { canonical: Some(String::new()), short: true, work: Box::new(work) })
}

fn entries(row: &[Cell], changes: Vec<Change>) -> Result<Vec<HistoryEntry>, Problem> {
    let mut entries = Vec::with_capacity(changes.len() + 1);
    let first = row.first().map(Cell::to_csv).unwrap_or_default();
    let first: ReleaseId = first.parse().map_err(Problem::internal)?;
    // The first release of all writes no changes: everything in it appeared.
    if changes.first().is_none_or(|change| change.release > first) {
        let change = ChangeWord::Added;
        entries.push(HistoryEntry { release: first, change, cause: None, fields: Vec::new() });
    }
    for Change { release, change, cause, fields } in changes {
        let change = match change.as_str() {
            "added" => ChangeWord::Added,
            "changed" => ChangeWord::Changed,
            "withdrawn" => ChangeWord::Withdrawn,
            other => return Err(Problem::internal(format!("unknown kind of change `{other}`"))),
        };
        let fields = fields
            .into_iter()
            .map(|(field, before, after)| FieldChange { field, before, after })
            .collect();
        entries.push(HistoryEntry { release, change, cause: Some(cause), fields });
    }
    Ok(entries)
}
