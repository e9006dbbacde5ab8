//! How many records there are, by the values of a few of their fields.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::record::{Cell, Column, ColumnType, RESOURCES, ReleaseId, Resource};
use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::{Code, Fault, Problem};
use crate::serve::example;
use crate::serve::form::{self, Form};
use crate::serve::page::{self, Addresses, TableLinks, Totals};
use crate::serve::parameter::{Kind, MAX_DIMENSIONS, Parameter, dimensions, sum_of};
use crate::serve::routes::records::question;
use crate::serve::state::Place;

/// How many records share the values before it.
static COUNT: Column =
    Column::new("count", "Records that share these values.", ColumnType::Integer, false);

/// What counts are about.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct CountsMeta {
    /// The release it was read from.
    release: ReleaseId,
    /// Version of the schema of that release.
    #[schema(example = "1.0.0")]
    schema_version: String,
    /// Records that fit: the sum of all counts.
    #[schema(example = 2411)]
    total: i64,
    /// Rows of counts.
    #[schema(example = 12)]
    returned: usize,
    /// Records left out because a date they would be judged by is not known.
    uncertain_excluded: i64,
}

impl CountsMeta {
    fn of(place: &Place, totals: Totals, returned: usize) -> Self {
        let manifest = &place.release.known.manifest;
        let Totals { total, uncertain_excluded } = totals;
        Self {
            release: manifest.release,
            schema_version: manifest.schema_version.clone(),
            total,
            returned,
            uncertain_excluded,
        }
    }
}

/// Rows of counts, and how many records they count.
pub(super) struct Table {
    pub(super) columns: Vec<&'static Column>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) totals: Totals,
}

impl Table {
    /// The answer that holds it; `bom` is for CSV alone.
    pub(super) fn answer(
        self,
        place: &Place,
        links: &TableLinks,
        form: Form,
        bom: bool,
    ) -> Result<Answer, Problem> {
        let Self { columns, rows, totals } = self;
        if form == Form::Csv {
            let body = form::table(columns, &rows, bom)?;
            return Ok(Answer::bytes(form.media_type(), body).counted(totals));
        }
        let meta = CountsMeta::of(place, totals, rows.len());
        let body = page::table(&columns, &rows, &meta, links)?;
        Ok(Answer::json(body).counted(totals))
    }
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let countable = RESOURCES.iter().filter(|resource| !dimensions(resource).is_empty());
    countable.map(counts).collect()
}

fn counts(resource: &'static Resource) -> Endpoint {
    let table = resource.table;
    let mut parameters = Parameter::conditions(resource, &[]);
    parameters.push(Parameter::control("by", Kind::By(resource)));
    parameters.push(Parameter::control("bom", Kind::Bom));
    let sums = if sum_of(resource).is_some() {
        " `incident_count` is the sum over those whose number is known, null where none is."
    } else {
        ""
    };
    Endpoint {
        id: format!("count{}", example::camel(table)),
        base: Base::Release,
        path: format!("/{table}/counts"),
        tag: table,
        summary: format!("Count {}", table.replace('_', " ")),
        description: format!(
            "How many fit, for each combination of values of the fields in `by` that occurs, in \
             the order of the values; unknown ones come last. All rows are in one answer.{sums}"
        ),
        segments: Vec::new(),
        parameters,
        answers: Answers {
            also: &[503],
            forms: Form::OF_TABLE,
            ..super::json(&schema_name(resource), "The counts.", example_of(resource))
        },
        resource: Some(resource),
        handler: answer,
    }
}

/// The name of the schema of an answer.
pub(in crate::serve) fn schema_name(resource: &Resource) -> String {
    format!("{}Counts", resource.schema)
}

/// The schema of one row of counts: fields that were not counted by are absent.
pub(in crate::serve) fn row_schema(resource: &'static Resource, whole: &Value) -> Value {
    let mut properties = Map::new();
    for column in dimensions(resource) {
        properties.insert(column.name.to_owned(), whole["properties"][column.name].clone());
    }
    let mut required = Vec::new();
    for column in numbers(resource) {
        let ty = if column.nullable { json!(["integer", "null"]) } else { json!("integer") };
        properties.insert(
            column.name.to_owned(),
            json!({ "type": ty, "format": "int64", "description": column.doc.trim() }),
        );
        required.push(column.name);
    }
    let about = "How many records share these values; a field that was not in `by` is absent.";
    json!({
        "type": "object", "description": about, "properties": properties, "required": required,
    })
}

fn example_of(resource: &'static Resource) -> Value {
    let mut row = Map::new();
    if let Some(column) = dimensions(resource).first() {
        row.insert(column.name.to_owned(), example::value(resource, column));
    }
    for column in numbers(resource) {
        row.insert(column.name.to_owned(), json!(11));
    }
    let this = format!("/v1/releases/{}/{}/counts", example::RELEASE, resource.table);
    json!({
        "data": [row],
        "meta": {
            "release": example::RELEASE, "schema_version": "1.0.0", "total": 11, "returned": 1,
            "uncertain_excluded": 0,
        },
        "links": { "self": this, "csv": format!("{this}.csv"), "docs": "/docs" },
    })
}

/// The numbers of a row of counts.
fn numbers(resource: &Resource) -> Vec<&'static Column> {
    std::iter::once(&COUNT).chain(sum_of(resource)).collect()
}

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    let resource = call.resource()?;
    let place = call.place()?.clone();
    let asked = call.asked()?;
    if asked.by.is_empty() {
        let allowed = dimensions(resource).iter().map(|column| column.name.to_owned()).collect();
        let detail = format!("is missing: name 1 to {MAX_DIMENSIONS} fields to count by");
        let fault = Fault { allowed, ..Fault::new("by", Code::InvalidParameter, &detail) };
        return Err(Problem::of_faults(&call.endpoint.address(), vec![fault], 0));
    }
    let (by, bom, form) = (asked.by.clone(), asked.bom, call.form);
    let (suffix, filters) = (asked.canonical.suffix(None), asked.canonical.filters.clone());
    let (query, _) = question(resource, Vec::new(), asked);
    let total_key = format!("/{}?{filters}", resource.table);
    let path = call.path.clone();
    let addresses = Addresses::new(call.state, &place);
    let canonical = suffix.clone();
    let work = move || {
        let groups = place.release.groups(&query, &by, sum_of(resource))?;
        let totals = place.release.totals(&total_key, &query)?;
        let columns: Vec<_> = by.iter().copied().chain(numbers(resource)).collect();
        let rows = groups.into_iter().map(|group| {
            let mut row = group.values;
            row.push(Cell::Integer(group.count));
            row.extend(sum_of(resource).map(|_| group.sum.map_or(Cell::Null, Cell::Integer)));
            row
        });
        let rows: Vec<_> = rows.collect();
        let links = TableLinks::new(&addresses, &path, &suffix);
        Table { columns, rows, totals }.answer(&place, &links, form, bom)
    };
    Ok(Plan::Answer { canonical: Some(canonical), short: false, work: Box::new(work) })
}
