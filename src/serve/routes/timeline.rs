//! How many partnerships were in force at the end of each month, quarter or year.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde_json::{Map, Value, json};

use crate::record::{
    Bounds, Cell, Column, ColumnType, Field, Interval, Partnership, Precision, Record as _,
    Resource, Standing, Validity,
};
use crate::release::database::Group;
use crate::serve::answer::Plan;
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::{Code, Fault, Problem};
use crate::serve::example;
use crate::serve::form::Form;
use crate::serve::page::{self, Addresses, TableLinks};
use crate::serve::parameter::{Kind, Parameter, dimensions};
use crate::serve::routes::counts::Table;
use crate::serve::routes::records::question;

/// Intervals of one answer: a century of months.
const MAX_INTERVALS: usize = 1200;

static INTERVAL_END: Column = Column::new(
    "interval_end_on",
    "The last day of the interval; of the last one, the last day asked about.",
    ColumnType::Date,
    false,
);
static IN_FORCE: Column = Column::new(
    "active",
    "Partnerships that were in force on that day for certain.",
    ColumnType::Integer,
    false,
);
static UNCERTAIN: Column = Column::new(
    "uncertain",
    "Partnerships of which the dates do not tell: the source fell silent, or a date is vague or \
     unknown.",
    ColumnType::Integer,
    false,
);

pub(super) fn endpoints() -> Vec<Endpoint> {
    let Some(resource) = Resource::of_table(Partnership::TABLE) else { return Vec::new() };
    let mut parameters = Parameter::conditions(resource, &[]);
    // Every row has a day of its own.
    parameters
        .retain(|parameter| !matches!(parameter.kind, Kind::ValidOn | Kind::IncludeUncertain));
    parameters.extend([
        Parameter::control("interval", Kind::Interval),
        Parameter::control("by", Kind::MayBy(resource)),
        Parameter::control("from", Kind::FromDay),
        Parameter::control("to", Kind::ToDay),
        Parameter::control("bom", Kind::Bom),
    ]);
    vec![Endpoint {
        id: "getPartnershipTimeline".to_owned(),
        base: Base::Release,
        path: format!("/{}/timeline", resource.table),
        tag: resource.table,
        summary: "Partnerships over time".to_owned(),
        description: "How many partnerships were in force at the end of each interval, and of how \
                      many the dates do not tell, for each combination of values of the fields in \
                      `by`. A partnership that its source no longer lists is uncertain from then \
                      on, never ended."
            .to_owned(),
        segments: Vec::new(),
        parameters,
        answers: Answers {
            also: &[503],
            forms: Form::OF_TABLE,
            ..super::json("PartnershipTimeline", "The timeline.", example_of(resource))
        },
        resource: Some(resource),
        handler: answer,
    }]
}

/// The schema of one row; fields that were not asked for in `by` are absent.
pub(in crate::serve) fn row_schema(resource: &'static Resource, whole: &Value) -> Value {
    let mut properties = Map::new();
    let doc = INTERVAL_END.doc;
    properties.insert(
        INTERVAL_END.name.to_owned(),
        json!({ "type": "string", "format": "date", "description": doc }),
    );
    for column in dimensions(resource) {
        properties.insert(column.name.to_owned(), whole["properties"][column.name].clone());
    }
    for column in [&IN_FORCE, &UNCERTAIN] {
        properties.insert(
            column.name.to_owned(),
            json!({ "type": "integer", "format": "int64", "description": column.doc }),
        );
    }
    json!({
        "type": "object",
        "description": "Partnerships at the end of an interval; a field that was not in `by` is \
                        absent.",
        "properties": properties,
        "required": [INTERVAL_END.name, IN_FORCE.name, UNCERTAIN.name],
    })
}

fn example_of(resource: &Resource) -> Value {
    let this = format!(
        "/v1/releases/{}/{}/timeline?by=service&interval=month",
        example::RELEASE,
        resource.table
    );
    json!({
        "data": [{
            "interval_end_on": "2020-06-30", "service": "law_enforcement", "active": 1200,
            "uncertain": 12,
        }],
        "meta": {
            "release": example::RELEASE, "schema_version": "1.0.0", "total": 1501, "returned": 1,
            "uncertain_excluded": 0,
        },
        "links": {
            "self": this, "csv": this.replace("timeline", "timeline.csv"), "docs": "/docs",
        },
    })
}

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    let resource = call.resource()?;
    let validity = resource.validity.ok_or_else(|| Problem::internal("nothing tells its dates"))?;
    let place = call.place()?.clone();
    let asked = call.asked()?;
    let (by, bom, form) = (asked.by.clone(), asked.bom, call.form);
    let interval = asked.interval.unwrap_or(Interval::DEFAULT);
    let (from, to) = (asked.from, asked.to);
    let published = place.release.known.manifest.published_at.date_naive();
    let last = to.unwrap_or(published);
    if from.is_some_and(|from| from > last) {
        let detail = format!("is later than the last day, {last}");
        return Err(fault(call, "from", &detail));
    }
    if from.is_some_and(|from| ends(interval, from, last).count() > MAX_INTERVALS) {
        let detail = format!("gives more than {MAX_INTERVALS} intervals");
        return Err(fault(call, "from", &detail));
    }
    let suffix = asked.canonical.suffix(None);
    let (query, _) = question(resource, Vec::new(), asked);
    let (path, canonical) = (call.path.clone(), suffix.clone());
    let addresses = Addresses::new(call.state, &place);
    let work = move || {
        let told_by = Columns::of(resource, validity)?;
        let told: Vec<_> = told_by.all().chain(by.iter().copied()).collect();
        let groups = place.release.database()?.groups(&query, &told, None)?;
        let dated = groups
            .into_iter()
            .map(|group| Dated::of(&told_by, group))
            .collect::<Result<Vec<_>, _>>()?;
        let totals = page::Totals {
            total: dated.iter().map(|dated| dated.count).sum(),
            uncertain_excluded: 0,
        };
        let rows = rows(&dated, interval, from, last);
        let columns: Vec<_> = std::iter::once(&INTERVAL_END)
            .chain(by.iter().copied())
            .chain([&IN_FORCE, &UNCERTAIN])
            .collect();
        let links = TableLinks::new(&addresses, &path, &suffix);
        Table { columns, rows, totals }.answer(&place, &links, form, bom)
    };
    Ok(Plan::Answer { canonical: Some(canonical), short: false, work: Box::new(work) })
}

fn fault(call: &Call<'_>, parameter: &str, detail: &str) -> Problem {
    let fault = Fault::new(parameter, Code::InvalidParameter, detail);
    Problem::of_faults(&call.endpoint.address(), vec![fault], 0)
}

/// The columns that tell when a record was in force.
struct Columns {
    from: [&'static Column; 2],
    to: [&'static Column; 2],
    listed: Option<&'static Column>,
    status: Option<&'static Column>,
}

impl Columns {
    fn of(resource: &'static Resource, validity: Validity) -> Result<Self, Problem> {
        let column = |name: &str| {
            resource.column(name).ok_or_else(|| Problem::internal(format!("no column `{name}`")))
        };
        let vague =
            |name: &str| Ok::<_, Problem>([column(name)?, column(&format!("{name}_precision"))?]);
        Ok(Self {
            from: vague(validity.from)?,
            to: vague(validity.to)?,
            listed: validity.listed.map(column).transpose()?,
            status: resource.column("status"),
        })
    }

    fn all(&self) -> impl Iterator<Item = &'static Column> {
        let vague = self.from.into_iter().chain(self.to);
        vague.chain(self.listed).chain(self.status)
    }
}

/// Records that share their dates and the values they are counted by.
struct Dated {
    bounds: Bounds,
    values: Vec<Cell>,
    count: i64,
}

impl Dated {
    fn of(columns: &Columns, group: Group) -> Result<Self, Problem> {
        let mut cells = group.values.into_iter();
        let mut next = || cells.next().unwrap_or(Cell::Null);
        let from = vague(next(), next())?;
        let to = vague(next(), next())?;
        let listed = columns.listed.map(|_| read(next())).transpose()?.flatten();
        let active = columns.status.is_some_and(|_| next() == Cell::Text("active".to_owned()));
        let bounds = Bounds { from, to, listed, active };
        Ok(Self { bounds, values: cells.collect(), count: group.count })
    }
}

fn vague(date: Cell, precision: Cell) -> Result<Option<(NaiveDate, Precision)>, Problem> {
    let date: Option<NaiveDate> = read(date)?;
    let precision: Option<Precision> = read(precision)?;
    Ok(date.map(|date| (date, precision.unwrap_or(Precision::Unknown))))
}

fn read<T: Field>(cell: Cell) -> Result<Option<T>, Problem> {
    <Option<T> as Field>::from_cell(cell).map_err(Problem::internal)
}

/// A row for every interval and every combination of values.
fn rows(
    dated: &[Dated],
    interval: Interval,
    from: Option<NaiveDate>,
    last: NaiveDate,
) -> Vec<Vec<Cell>> {
    let first = dated.iter().filter_map(|dated| dated.bounds.from).map(|(date, _)| date).min();
    let Some(first) = from.or(first).filter(|first| *first <= last) else { return Vec::new() };
    let mut combinations: Vec<&Vec<Cell>> = Vec::new();
    let places: Vec<usize> = dated
        .iter()
        .map(|dated| {
            combinations.iter().position(|known| **known == dated.values).unwrap_or_else(|| {
                combinations.push(&dated.values);
                combinations.len() - 1
            })
        })
        .collect();
    let mut order: Vec<usize> = (0..combinations.len()).collect();
    order.sort_by_cached_key(|at| {
        let key = |cell: &Cell| (*cell == Cell::Null, cell.to_csv());
        combinations[*at].iter().map(key).collect::<Vec<_>>()
    });
    let mut rows = Vec::new();
    for end in ends(interval, first, last) {
        let mut counts = vec![(0_i64, 0_i64); combinations.len()];
        for (dated, place) in dated.iter().zip(&places) {
            match dated.bounds.standing_on(end) {
                Standing::InForce => counts[*place].0 += dated.count,
                Standing::Uncertain => counts[*place].1 += dated.count,
                Standing::NotInForce => {}
            }
        }
        for at in &order {
            let (active, uncertain) = counts[*at];
            let mut row = vec![end.to_cell()];
            row.extend(combinations[*at].iter().cloned());
            row.extend([Cell::Integer(active), Cell::Integer(uncertain)]);
            rows.push(row);
        }
    }
    rows
}

/// The last days of the intervals from the one that holds `first` to `last`, which ends the last.
fn ends(interval: Interval, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let months = interval.months();
    let month = first.month0() / months * months + 1;
    let start = NaiveDate::from_ymd_opt(first.year(), month, 1);
    let next = move |start: &NaiveDate| start.checked_add_months(Months::new(months));
    std::iter::successors(start, next).take_while(move |start| *start <= last).map(move |start| {
        let end = next(&start).and_then(|next| next.checked_sub_days(Days::new(1)));
        end.map_or(last, |end| end.min(last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_end_with_their_month_and_the_last_with_the_last_day() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let told = |interval, first, last| {
            let ends = ends(interval, date(first), date(last)).map(|end| end.to_string());
            ends.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            told(Interval::Month, "2020-01-15", "2020-03-10"),
            "2020-01-31 2020-02-29 2020-03-10"
        );
        assert_eq!(
            told(Interval::Quarter, "2020-02-15", "2020-12-31"),
            "2020-03-31 2020-06-30 2020-09-30 2020-12-31"
        );
        assert_eq!(told(Interval::Year, "2019-12-31", "2020-01-01"), "2019-12-31 2020-01-01");
    }
}
