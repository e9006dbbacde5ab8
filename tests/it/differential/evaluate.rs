//! The contract, read a second time: which records fit a question, and in which order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use porchlight::record::{Cell, Column, ColumnType, Resource};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use super::question::{Circle, Question};

/// Fields whose words `q` finds.
const SEARCHED: &[&str] = &[
    "name",
    "aliases",
    "city",
    "counties",
    "agency_name",
    "agency_name_reported",
    "title",
    "summary",
    "stated_by",
];

/// A record that fits, and how far away it is, where that was asked.
pub(super) struct Hit<'a> {
    pub(super) cells: &'a [Cell],
    pub(super) distance: Option<f64>,
}

/// What is known of the day: for certain yes, for certain no, or neither.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    Yes,
    No,
    Unclear,
}

pub(super) struct Evaluation<'a> {
    pub(super) hits: Vec<Hit<'a>>,
    pub(super) uncertain: usize,
}

type Tables = BTreeMap<&'static str, Vec<Vec<Cell>>>;

/// Every record that fits; in order, except that what `q` alone puts in order is in that of ids.
pub(super) fn evaluate<'a>(
    question: &Question,
    resource: &'static Resource,
    tables: &'a Tables,
) -> Evaluation<'a> {
    let mut evaluation = Evaluation { hits: Vec::new(), uncertain: 0 };
    for cells in &tables[resource.table] {
        let filters = question.filters.iter();
        if !filters.clone().all(|f| {
            let column = resource.column(&f.column).unwrap();
            holds(column, at(resource, cells, &f.column), &f.op, &f.values)
        }) {
            continue;
        }
        if question.q.as_ref().is_some_and(|q| !mentions(resource, cells, q)) {
            continue;
        }
        let point = point(resource, cells, tables);
        if let Some([west, south, east, north]) = question.bbox {
            let inside = point.is_some_and(|(lat, lon)| {
                let across = west > east;
                let high = lat >= south && lat <= north;
                let wide =
                    if across { lon >= west || lon <= east } else { lon >= west && lon <= east };
                high && wide
            });
            if !inside {
                continue;
            }
        }
        let distance = question.near.and_then(|near| point.map(|point| kilometres(near, point)));
        if let Some(near) = question.near
            && distance.is_none_or(|km| km > near.radius_km)
        {
            continue;
        }
        if let Some((day, include_uncertain)) = &question.valid_on {
            match in_force(resource, cells, day.parse().unwrap()) {
                Verdict::Yes => {}
                Verdict::No => continue,
                Verdict::Unclear if *include_uncertain => {}
                Verdict::Unclear => {
                    evaluation.uncertain += 1;
                    continue;
                }
            }
        }
        evaluation.hits.push(Hit { cells, distance });
    }
    evaluation.hits.sort_by(|a, b| compare(question, resource, a, b));
    evaluation
}

pub(super) fn at<'a>(resource: &Resource, cells: &'a [Cell], name: &str) -> &'a Cell {
    &cells[resource.columns.iter().position(|column| column.name == name).unwrap()]
}

fn text(cell: &Cell) -> Option<&str> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}

fn holds(column: &Column, cell: &Cell, op: &str, values: &[String]) -> bool {
    if op == "__isnull" {
        return (*cell == Cell::Null) == (values[0] == "true");
    }
    if *cell == Cell::Null {
        return false;
    }
    if matches!(column.ty, ColumnType::TextList | ColumnType::Object) {
        let parsed: Value = serde_json::from_str(text(cell).unwrap()).unwrap();
        let list = parsed.as_array().into_iter().flatten();
        let members = list.chain(parsed.as_object().into_iter().flat_map(serde_json::Map::values));
        let members: Vec<String> = members.map(|m| m.as_str().unwrap().to_owned()).collect();
        return match op {
            "__not" => !members.iter().any(|member| values.contains(member)),
            "__contains" => members.iter().any(|m| values.iter().any(|v| is_part(m, v))),
            _ => members.iter().any(|member| values.contains(member)),
        };
    }
    let same = || values.iter().any(|value| order(column, cell, value) == Ordering::Equal);
    match op {
        "" => same(),
        "__not" => !same(),
        "__contains" => values.iter().any(|value| is_part(text(cell).unwrap(), value)),
        "__gt" => order(column, cell, &values[0]) == Ordering::Greater,
        "__gte" => order(column, cell, &values[0]) != Ordering::Less,
        "__lt" => order(column, cell, &values[0]) == Ordering::Less,
        "__lte" => order(column, cell, &values[0]) != Ordering::Greater,
        other => panic!("no operator `{other}`"),
    }
}

/// Whether a text holds another; only letters of ASCII are alike in both cases.
fn is_part(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
}

/// A known cell against a value as a client writes it.
fn order(column: &Column, cell: &Cell, value: &str) -> Ordering {
    match (column.ty, cell) {
        (ColumnType::Integer, Cell::Integer(number)) => number.cmp(&value.parse().unwrap()),
        (ColumnType::Boolean, Cell::Integer(number)) => (*number == 1).cmp(&(value == "true")),
        (ColumnType::Real, Cell::Real(number)) => {
            number.partial_cmp(&value.parse().unwrap()).unwrap()
        }
        (ColumnType::Date, Cell::Text(date)) => {
            let date: NaiveDate = date.parse().unwrap();
            date.cmp(&value.parse().unwrap())
        }
        (ColumnType::Instant, Cell::Text(at)) => {
            let at = DateTime::parse_from_rfc3339(at).unwrap();
            at.cmp(&DateTime::parse_from_rfc3339(value).unwrap())
        }
        (_, Cell::Text(text)) => text.as_bytes().cmp(value.as_bytes()),
        (ty, cell) => panic!("{ty:?} against {cell:?}"),
    }
}

/// Words without case and marks: letters and digits that stand together.
fn words(text: &str) -> Vec<String> {
    let plain: String = text
        .nfd()
        .filter(|letter| !unicode_normalization::char::is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .collect();
    let parts = plain.split(|letter: char| !letter.is_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn mentions(resource: &Resource, cells: &[Cell], q: &str) -> bool {
    let said: Vec<String> = resource
        .columns
        .iter()
        .zip(cells)
        .filter(|(column, _)| SEARCHED.contains(&column.name))
        .filter_map(|(_, cell)| text(cell))
        .flat_map(words)
        .collect();
    let asked: Vec<Vec<String>> =
        q.split_whitespace().map(words).filter(|w| !w.is_empty()).collect();
    asked.iter().enumerate().all(|(index, phrase)| {
        let is_last = index + 1 == asked.len();
        said.windows(phrase.len()).any(|window| {
            window.iter().zip(phrase).enumerate().all(|(at, (said, asked))| {
                let open = is_last && at + 1 == phrase.len();
                if open { said.starts_with(asked.as_str()) } else { said == asked }
            })
        })
    })
}

fn point(resource: &Resource, cells: &[Cell], tables: &Tables) -> Option<(f64, f64)> {
    let agencies = Resource::of_table("agencies").unwrap();
    let own = if resource.table == "agencies" {
        cells
    } else {
        resource.column("agency_id")?;
        let id = at(resource, cells, "agency_id");
        tables["agencies"].iter().find(|agency| &agency[0] == id)?
    };
    match (at(agencies, own, "lat"), at(agencies, own, "lon")) {
        (Cell::Real(lat), Cell::Real(lon)) => Some((*lat, *lon)),
        _ => None,
    }
}

/// Along the great circle, to the metre.
fn kilometres(near: Circle, (lat, lon): (f64, f64)) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let across = near.lat.to_radians().cos() * lat.to_radians().cos() * half(near.lon, lon);
    let angle = 2.0 * (half(near.lat, lat) + across).sqrt().min(1.0).asin();
    (angle * 6_371_008.8).round() / 1000.0
}

/// The days a date of some precision can mean.
fn days(cell: &Cell, precision: &Cell) -> Option<(NaiveDate, NaiveDate)> {
    let first: NaiveDate = text(cell)?.parse().unwrap();
    let alike: fn(NaiveDate, NaiveDate) -> bool = match text(precision)? {
        "day" => return Some((first, first)),
        "month" => |a, b| a.format("%Y-%m").to_string() == b.format("%Y-%m").to_string(),
        "year" => |a, b| a.format("%Y").to_string() == b.format("%Y").to_string(),
        _ => return None,
    };
    let last = first.iter_days().take_while(|day| alike(first, *day)).last()?;
    Some((first, last))
}

pub(super) fn in_force(resource: &Resource, cells: &[Cell], day: NaiveDate) -> Verdict {
    let validity = resource.validity.unwrap();
    let cell = |name: &str| at(resource, cells, name);
    let dated = |name: &str| days(cell(name), cell(&format!("{name}_precision")));
    let (from, to) = (dated(validity.from), dated(validity.to));
    let open = *cell(validity.to) == Cell::Null && text(cell("status")) == Some("active");
    let listed = validity.listed.and_then(|name| text(cell(name)));
    let listed = listed.is_some_and(|listed| listed.parse::<NaiveDate>().unwrap() >= day);
    let goes_on = to.is_some_and(|(first, _)| first > day) || listed || open;
    let yes = from.is_some_and(|(_, last)| last <= day) && goes_on;
    let no = from.is_some_and(|(first, _)| first > day) || to.is_some_and(|(_, last)| last <= day);
    match (yes, no) {
        (true, false) => Verdict::Yes,
        (false, true) => Verdict::No,
        (true, true) | (false, false) => Verdict::Unclear,
    }
}

/// Two cells of a column, unknown ones last.
pub(super) fn rank(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Text(a), Cell::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Cell::Integer(a), Cell::Integer(b)) => a.cmp(b),
        (Cell::Real(a), Cell::Real(b)) => a.partial_cmp(b).unwrap(),
        (a, b) => (*a == Cell::Null).cmp(&(*b == Cell::Null)),
    }
}

fn compare(question: &Question, resource: &Resource, a: &Hit<'_>, b: &Hit<'_>) -> Ordering {
    if question.sort.is_empty() && question.near.is_some() {
        let nearer = a.distance.partial_cmp(&b.distance).unwrap();
        return nearer.then_with(|| rank(&a.cells[0], &b.cells[0]));
    }
    for (name, falling) in &question.sort {
        let (one, other) = (at(resource, a.cells, name), at(resource, b.cells, name));
        let mut found = rank(one, other);
        if *falling && *one != Cell::Null && *other != Cell::Null {
            found = found.reverse();
        }
        if found != Ordering::Equal {
            return found;
        }
    }
    // The id ends the order the way of the last key.
    let by_id = rank(&a.cells[0], &b.cells[0]);
    let falling = question.sort.last().is_some_and(|(_, falling)| *falling);
    if falling { by_id.reverse() } else { by_id }
}
