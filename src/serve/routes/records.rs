//! Lists and single records of every resource, and the evidence of a record.

use super::export::export;
use super::{coverage, json};
use crate::record::{Agency, Cell, RESOURCES, Record, Resource, SubjectType};
use crate::release::database::{Filter, Identity, Op, Query};
use crate::release::rows::id_of;
use crate::serve::answer::{Answer, Plan, Work};
use crate::serve::asked::Asked;
use crate::serve::cursor::{self, Scope};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint, Segment};
use crate::serve::error::{Code, Problem, cut};
use crate::serve::example;
use crate::serve::form::Form;
use crate::serve::page::{self, Addresses, AgencyMeta, ListLinks, ListMeta, Meta, RecordLinks};
use crate::serve::parameter::Parameter;
use crate::serve::shape::Shape;
use crate::serve::state::Place;

pub(super) fn endpoints() -> Vec<Endpoint> {
    RESOURCES
        .iter()
        .flat_map(|resource| {
            let evidence = settled_by_path(resource).map(|settled| evidence(resource, settled));
            [list(resource), get(resource)].into_iter().chain(evidence)
        })
        .collect()
}

fn list(resource: &'static Resource) -> Endpoint {
    let table = resource.table;
    Endpoint {
        id: format!("list{}", example::camel(table)),
        base: Base::Release,
        path: format!("/{table}"),
        tag: table,
        summary: format!("List {}", table.replace('_', " ")),
        description:
            "In the order of their ids where no `sort` is given. Follow `links.next` until \
                      it is null: the pages of one release, put together, are all its records."
                .to_owned(),
        segments: Vec::new(),
        parameters: Parameter::of_list(resource, &[]),
        answers: Answers {
            also: &[503],
            forms: Form::of_list(resource),
            ..json(
                &format!("{}Page", resource.schema),
                "A page of records.",
                example::page(resource),
            )
        },
        resource: Some(resource),
        handler: answer_list,
    }
}

fn get(resource: &'static Resource) -> Endpoint {
    Endpoint {
        id: format!("get{}", resource.schema),
        base: Base::Release,
        path: format!("/{}/{{id}}", resource.table),
        tag: resource.table,
        summary: format!("Get one of the {}", resource.table.replace('_', " ")),
        description: "An id that was merged into another is answered 308 with the address of the \
                      survivor, one that was taken back 410 with the reason."
            .to_owned(),
        segments: vec![id_segment(resource)],
        parameters: Parameter::of_record(resource),
        answers: Answers {
            also: &[308, 404, 410, 503],
            ..json(&format!("{}Record", resource.schema), "The record.", example::record(resource))
        },
        resource: Some(resource),
        handler: answer_get,
    }
}

/// Columns of evidence that the path of a record's evidence settles; `None` where evidence neither
/// speaks of such records nor comes from them.
pub(in crate::serve) fn settled_by_path(resource: &Resource) -> Option<&'static [&'static str]> {
    if resource.table == "sources" {
        return Some(&["source_id"]);
    }
    subject_of(resource).map(|_| &["subject_type", "subject_id"][..])
}

fn evidence(resource: &'static Resource, settled: &[&str]) -> Endpoint {
    let evidence = evidence_resource();
    Endpoint {
        id: format!("list{}Evidence", resource.schema),
        base: Base::Release,
        path: format!("/{}/{{id}}/evidence", resource.table),
        tag: resource.table,
        summary: format!("List the evidence of one of the {}", resource.table.replace('_', " ")),
        description: if resource.table == "sources" {
            "What the source says, verbatim, and of which records."
        } else {
            "What sources say about the record, verbatim, and where they say so; also what \
             contradicts it."
        }
        .to_owned(),
        segments: vec![id_segment(resource)],
        parameters: Parameter::of_list(evidence, settled),
        answers: Answers {
            also: &[308, 404, 410, 503],
            forms: Form::of_list(evidence),
            ..json("EvidencePage", "A page of evidence.", example::page(evidence))
        },
        resource: Some(resource),
        handler: answer_evidence,
    }
}

/// The segment that names a record.
pub(super) fn id_segment(resource: &'static Resource) -> Segment {
    Segment {
        name: "id",
        description: "Id of the record.".to_owned(),
        example: example::id(resource).to_owned(),
    }
}

fn answer_list(call: &Call<'_>) -> Result<Plan, Problem> {
    plan_list(call, call.resource()?, Vec::new())
}

fn answer_evidence(call: &Call<'_>) -> Result<Plan, Problem> {
    let resource = call.resource()?;
    let id = call.segment("id");
    if let Some(moved) = elsewhere(call, call.place()?, resource, id, "/evidence")? {
        return Ok(moved);
    }
    let evidence = evidence_resource();
    let settled = settled_by_path(resource).unwrap_or_default().iter().filter_map(|name| {
        let value = if *name == "subject_type" { subject_of(resource)? } else { id };
        let column = evidence.column(name)?;
        Some(Filter { column, op: Op::Equal, values: vec![Cell::Text(value.to_owned())] })
    });
    plan_list(call, evidence, settled.collect())
}

/// Plans a page; `settled` are conditions the path has set.
fn plan_list(
    call: &Call<'_>,
    resource: &'static Resource,
    settled: Vec<Filter>,
) -> Result<Plan, Problem> {
    let place = call.place()?.clone();
    let asked = call.asked()?;
    let (canonical, cursor, bom) = (asked.canonical.clone(), asked.cursor.clone(), asked.bom);
    let (query, shape) = question(resource, settled, asked);
    let (path, release) = (call.path.clone(), place.release.id());
    let total_key = format!("{path}?{}", canonical.filters);
    let short = query.is_short() && place.release.counted(&total_key).is_some();
    let suffix = canonical.suffix(cursor.as_deref());
    let this = format!("{path}{suffix}");
    let addresses = Addresses::new(call.state, &place);
    if call.form != Form::Json {
        let work = export(place, total_key, query, shape, call.form, bom);
        return Ok(Plan::Answer { canonical: Some(suffix), short, work });
    }
    let (is_plain, texts) = (shape.is_plain(), call.state.texts().clone());
    let work = move || {
        let database = place.release.database()?;
        let scope =
            Scope { release, path: &path, filters: &canonical.filters, sort: &canonical.sort };
        let (totals, mut query) = place.release.planned(&total_key, query)?;
        if let Some(cursor) = &cursor {
            query.after = Some(cursor::decode_for(cursor, &scope, &query.order())?);
        }
        if is_plain {
            query.columns.truncate(1);
        }
        let page = database.page(&query)?;
        let next = page.next.map(|keys| {
            let cursor = cursor::encode(&scope, &keys);
            addresses.pinned(&format!("{path}{}", canonical.suffix(Some(&cursor))))
        });
        let links = ListLinks {
            this: addresses.link(&addresses.pinned(&this)),
            next: next.as_deref().map(|next| addresses.link(next)),
            csv: addresses.link(&addresses.pinned(&format!("{path}.csv{}", canonical.whole()))),
            docs: addresses.docs(),
        };
        let meta = ListMeta::of(&place, totals, page.rows.len());
        let body = if is_plain {
            let ids: Vec<_> = page.rows.iter().map(|row| id_of(row)).collect();
            page::list_of(&texts.of(release, database, resource, &ids)?, &meta, &links)
        } else {
            shape.list(database, page.rows, &meta, &links)?
        };
        Ok(Answer::json(body).counted(totals).followed_by(next))
    };
    Ok(Plan::Answer { canonical: Some(suffix), short, work: Box::new(work) })
}

/// The question a request asks of a resource, and how its answer is shown; `settled` are conditions
/// the path has set.
pub(super) fn question(
    resource: &'static Resource,
    settled: Vec<Filter>,
    asked: Asked,
) -> (Query, Shape) {
    let limit = asked.page_size();
    let near = asked.region.near.is_some();
    let shape = Shape::new(resource, asked.fields, near, asked.include);
    let query = shape.query(Query {
        filters: settled.into_iter().chain(asked.filters).collect(),
        words: asked.words,
        region: asked.region,
        valid_on: asked.valid_on,
        sort: asked.sort,
        ..Query::of(resource, limit)
    });
    (query, shape)
}

fn answer_get(call: &Call<'_>) -> Result<Plan, Problem> {
    let asked = call.asked()?;
    let resource = call.resource()?;
    let place = call.place()?.clone();
    let id = call.segment("id");
    let suffix = asked.canonical.suffix(None);
    let Some(work) = read_record(call, &place, resource, id, asked)? else {
        return elsewhere(call, &place, resource, id, "")?.ok_or_else(|| unknown(resource, id));
    };
    Ok(Plan::Answer { canonical: Some(suffix), short: is_short(&place, resource), work })
}

/// Whether the record of a resource is answered at once: that of an agency tells who looked, which
/// is found out once for a release.
pub(super) fn is_short(place: &Place, resource: &Resource) -> bool {
    resource.table != Agency::TABLE || place.release.is_surveyed()
}

/// What answers with the record of that id; `None` where this release has none.
pub(super) fn read_record(
    call: &Call<'_>,
    place: &Place,
    resource: &'static Resource,
    id: &str,
    asked: Asked,
) -> Result<Option<Work>, Problem> {
    let suffix = asked.canonical.suffix(None);
    let shape = Shape::of_record(resource, asked.include);
    let columns = shape.read_columns();
    let Some(row) = place.release.database()?.get(resource, &columns, id)? else { return Ok(None) };
    let place = place.clone();
    let addresses = Addresses::new(call.state, &place);
    let this = format!("/{}/{id}", resource.table);
    let link = |below: &str| addresses.link(&addresses.pinned(&format!("{this}{below}")));
    let links = RecordLinks {
        this: link(&suffix),
        history: link("/history"),
        evidence: settled_by_path(resource).map(|_| link("/evidence")),
        partnerships: (resource.table == "agencies").then(|| {
            let query = format!("/partnerships?agency_id={id}");
            addresses.link(&addresses.pinned(&query))
        }),
        coverage: (resource.table == "agencies").then(|| link("/coverage")),
        docs: addresses.docs(),
    };
    let work = move || {
        let rows = shape.rows(vec![row]);
        let included = shape.included(place.release.database()?, &rows)?;
        let row = rows.first().ok_or_else(|| Problem::internal("a record was lost"))?;
        let columns = shape.columns();
        let body = if resource.table == Agency::TABLE {
            let agency = Agency::from_cells(row.cells.clone()).map_err(Problem::internal)?;
            let meta = AgencyMeta::of(&place, coverage::in_words(&place, &agency)?);
            page::record(&columns, row, &included, &meta, &links)?
        } else {
            page::record(&columns, row, &included, &Meta::of(&place), &links)?
        };
        Ok(Answer::json(body))
    };
    Ok(Some(Box::new(work)))
}

/// A record, or where it is by now.
pub(super) enum Found<R> {
    /// It is in this release.
    Here(R),
    /// It was merged into another.
    Elsewhere(Plan),
}

/// The record that the segment `id` of the path names. `below` is what stands behind it there.
pub(super) fn found<R: Record>(
    call: &Call<'_>,
    place: &Place,
    below: &str,
) -> Result<Found<R>, Problem> {
    let (resource, id) = (call.resource()?, call.segment("id"));
    if let Some(row) = place.release.database()?.get(resource, &resource.all_columns(), id)? {
        return Ok(Found::Here(R::from_cells(row).map_err(Problem::internal)?));
    }
    let moved = elsewhere(call, place, resource, id, below)?;
    moved.map(Found::Elsewhere).ok_or_else(|| unknown(resource, id))
}

/// Where a record is if not here: `None` if it is here, an error if it is nowhere.
pub(super) fn elsewhere(
    call: &Call<'_>,
    place: &Place,
    resource: &'static Resource,
    id: &str,
    below: &str,
) -> Result<Option<Plan>, Problem> {
    match place.release.database()?.identity(resource, id)? {
        Identity::Live => Ok(None),
        Identity::Redirect { to_id, release: _ } => {
            let release = call.segments.get("release");
            let base = release.map_or("/v1".to_owned(), |name| format!("/v1/releases/{name}"));
            let query = if call.query.is_empty() { "" } else { "?" };
            let query = format!("{query}{}", call.query);
            let to = format!("{base}/{}/{to_id}{below}{query}", resource.table);
            Ok(Some(Plan::Moved { to, permanent: true }))
        }
        Identity::Withdrawn { release, reason } => {
            let last = place.release.known.manifest.release;
            let known = call.state.releases().known();
            // Where that one was taken back, no release holds it any more.
            let manifest = known.get(&release).map(|known| &known.manifest);
            let before = match manifest {
                Some(manifest) => manifest.previous.as_ref().map(|previous| previous.release),
                None => known.range(..release).next_back().map(|(before, _)| *before),
            };
            let before = before.filter(|before| known.contains_key(before));
            let before = before.map(|before| format!("; release {before} was the last to hold it"));
            let before = before.unwrap_or_default();
            let detail = format!("`{id}` was taken back in release {release}: {reason}{before}");
            let of_pinned_release = place.pinned && last >= release;
            Err(Problem { of_pinned_release, ..Problem::new(Code::Gone, detail) })
        }
        Identity::Unknown => Err(unknown(resource, id)),
    }
}

pub(super) fn unknown(resource: &Resource, id: &str) -> Problem {
    let id = cut(id);
    Problem::not_found(format!("there is no `{id}` among {}", resource.table.replace('_', " ")))
}

/// The word evidence has for records of a resource; `None` where no evidence speaks of them.
pub(in crate::serve) fn subject_of(resource: &Resource) -> Option<&'static str> {
    let mut word = String::new();
    for (index, letter) in resource.schema.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    SubjectType::WORDS.iter().copied().find(|known| *known == word)
}

pub(in crate::serve) fn evidence_resource() -> &'static Resource {
    Resource::of_table("evidence").expect("evidence is a resource")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_of_evidence_that_is_a_resource_has_its_word() {
        let words: Vec<_> = RESOURCES.iter().filter_map(subject_of).collect();
        for subject in SubjectType::ALL {
            match subject {
                // Rows of the gazetteer are no records of their own.
                SubjectType::Place | SubjectType::County => {}
                SubjectType::Agency
                | SubjectType::Vendor
                | SubjectType::Program
                | SubjectType::Partnership
                | SubjectType::Disclosure
                | SubjectType::ReportedTotal
                | SubjectType::Event => assert!(words.contains(&subject.as_str())),
            }
        }
    }
}
