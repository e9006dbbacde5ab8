//! Questions: made at random of what the records hold, and written as a client writes them.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use porchlight::record::{Cell, Column, ColumnType, Resource, Values};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) column: String,
    pub(super) op: String,
    pub(super) values: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Circle {
    pub(super) lat: f64,
    pub(super) lon: f64,
    pub(super) radius_km: f64,
}

#[derive(Clone)]
pub(super) struct Question {
    pub(super) filters: Vec<Condition>,
    pub(super) q: Option<String>,
    pub(super) bbox: Option<[f64; 4]>,
    pub(super) near: Option<Circle>,
    pub(super) valid_on: Option<(String, bool)>,
    pub(super) sort: Vec<(String, bool)>,
    pub(super) fields: Vec<String>,
    pub(super) limit: usize,
    pub(super) by: Vec<String>,
}

/// A failure shows the query itself.
impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { limit, by, .. } = self;
        write!(f, "?{}{} (limit {limit}, by {by:?})", self.conditions(), self.shown())
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

impl Question {
    /// Which records are asked for, as the beginning of a query.
    pub(super) fn conditions(&self) -> String {
        let mut pairs = Vec::new();
        for Condition { column, op, values } in &self.filters {
            let values: Vec<_> = values.iter().map(|value| escaped(value)).collect();
            pairs.push(format!("{column}{op}={}", values.join(",")));
        }
        pairs.extend(self.q.iter().map(|q| format!("q={}", escaped(q))));
        pairs.extend(self.bbox.map(|[w, s, e, n]| format!("bbox={w},{s},{e},{n}")));
        pairs.extend(self.near.map(|Circle { lat, lon, radius_km }| {
            format!("near_lat={lat}&near_lon={lon}&radius_km={radius_km}")
        }));
        pairs.extend(self.valid_on.iter().map(|(day, include)| {
            format!("valid_on={day}{}", if *include { "&include_uncertain=true" } else { "" })
        }));
        pairs.iter().flat_map(|pair| [pair.as_str(), "&"]).collect()
    }

    /// Their order and fields, as the end of a query.
    pub(super) fn shown(&self) -> String {
        let key =
            |(name, falling): &(String, bool)| format!("{}{name}", if *falling { "-" } else { "" });
        let sort: Vec<_> = self.sort.iter().map(key).collect();
        let mut pairs = Vec::new();
        if !sort.is_empty() {
            pairs.push(format!("sort={}&", sort.join(",")));
        }
        if !self.fields.is_empty() {
            pairs.push(format!("fields={}&", self.fields.join(",")));
        }
        pairs.concat()
    }

    /// The columns shown.
    pub(super) fn columns(&self, resource: &'static Resource) -> Vec<&'static Column> {
        let is_shown = |column: &&Column| {
            self.fields.is_empty()
                || column.name == "id"
                || self.fields.iter().any(|f| f == column.name)
        };
        resource.columns.iter().filter(is_shown).collect()
    }
}

/// The ways a column can be compared.
fn ops(column: &Column) -> Vec<&'static str> {
    let mut ops = match column.ty {
        ColumnType::Boolean => vec![""],
        ColumnType::Object => vec!["__contains"],
        ColumnType::Text | ColumnType::TextList if column.values == Values::Any => {
            vec!["", "__not", "__contains"]
        }
        ColumnType::Text | ColumnType::TextList | ColumnType::Word(_) => vec!["", "__not"],
        ColumnType::Integer | ColumnType::Real | ColumnType::Date | ColumnType::Instant => {
            vec!["", "__not", "__gt", "__gte", "__lt", "__lte"]
        }
    };
    if column.nullable {
        ops.push("__isnull");
    }
    ops
}

/// Values to compare a column with: what it holds, and what it almost holds.
fn pool(column: &Column, cells: &BTreeSet<String>) -> Vec<String> {
    let mut pool: Vec<String> = cells.iter().filter(|text| !text.is_empty()).cloned().collect();
    let more: &[&str] = match column.ty {
        ColumnType::Text if column.values == Values::Any => {
            &["%", "_", "\\", "é", "É", "SPRING", "of", ",", "\"", "🚓", "nothing like it"]
        }
        ColumnType::TextList | ColumnType::Object => {
            &["Café, Ltd", "cafÉ", "100%_x", "%", "PD", "pd", "39001", "OH", "\\", "st. l", "]"]
        }
        ColumnType::Text => &["nothing-like-it"],
        ColumnType::Integer => &["-1", "3", "9223372036854775807", "007"],
        ColumnType::Real => &["0.3", "-0", "1e3", "179.5", "-83.05", "1e300"],
        ColumnType::Date => &["2019-05-15", "1900-01-01", "2100-01-01"],
        ColumnType::Instant => {
            &["2026-11-24T07:00:00+02:00", "2026-11-24T05:00:00.5Z", "2026-11-23T23:59:59-05:01"]
        }
        ColumnType::Word(_) | ColumnType::Boolean => &[],
    };
    pool.extend(more.iter().map(|&text| text.to_owned()));
    pool
}

fn condition(
    resource: &'static Resource,
    rows: &[Vec<Cell>],
) -> impl Strategy<Value = Condition> + use<> {
    let mut choices = Vec::new();
    for (index, column) in resource.columns.iter().enumerate() {
        let held: BTreeSet<String> = rows
            .iter()
            .map(|row| match (&row[index], column.ty) {
                (Cell::Integer(number), ColumnType::Boolean) => (*number == 1).to_string(),
                (_, ColumnType::TextList | ColumnType::Object) => String::new(),
                (cell, _) => cell.to_csv(),
            })
            .take(40)
            .collect();
        for op in ops(column) {
            let pool = if op == "__isnull" {
                vec!["true".to_owned(), "false".to_owned()]
            } else {
                pool(column, &held)
            };
            choices.push((column.name.to_owned(), op.to_owned(), pool));
        }
    }
    select(choices).prop_flat_map(|(column, op, pool)| {
        let most = if matches!(op.as_str(), "" | "__not" | "__contains") { 4 } else { 1 };
        let values = prop::collection::vec(select(pool), 1..=most);
        values.prop_map(move |values| Condition { column: column.clone(), op: op.clone(), values })
    })
}

const Q: &[&str] = &[
    "springfield",
    "SPRING",
    "ocean",
    "town",
    "cafe",
    "Müller",
    "muller caf",
    "St. Louis",
    "louis st",
    "\"best",
    "o'fallon",
    "ocean-s",
    "zur",
    "警察",
    "naive OR",
    "a\\b",
    "finest",
    "NEAR(ocean, 5)",
    "- ocean *",
    "12",
    "ltd*",
    "arzte",
    "nandu pol",
];
const DAYS: &[&str] = &[
    "2017-06-01",
    "2018-12-31",
    "2019-05-29",
    "2019-05-31",
    "2020-02-29",
    "2020-10-07",
    "2020-10-08",
    "2021-06-15",
    "2021-12-31",
    "2024-02-29",
    "2026-11-24",
    "2030-01-01",
];
const BOXES: &[[f64; 4]] = &[
    [-180.0, -90.0, 180.0, 90.0],
    [172.0, 51.0, -130.0, 72.0],
    [-83.1, 39.86, -82.9, 39.96],
    [179.5, 51.9, -179.5, 52.0],
    [144.0, 13.0, 146.0, 14.0],
    [-91.0, 38.0, -81.0, 42.0],
];
const CENTRES: &[(f64, f64)] = &[
    (39.96, -83.0),
    (52.0, 180.0),
    (51.9, -179.9),
    (52.0, 179.5),
    (71.29, -156.79),
    (13.0, 144.0),
    (40.0, -83.0),
    (38.63, -90.2),
];
const RADII: &[f64] = &[0.001, 8.524, 8.523, 11.119, 11.12, 34.2, 100.0, 500.0];

/// Something in this share of the questions, if it can be asked at all.
fn maybe<S>(possible: bool, share: f64, of: S) -> BoxedStrategy<Option<S::Value>>
where
    S: Strategy + 'static,
    S::Value: Clone,
{
    if possible { prop::option::weighted(share, of).boxed() } else { Just(None).boxed() }
}

pub(super) fn question(
    resource: &'static Resource,
    tables: &BTreeMap<&'static str, Vec<Vec<Cell>>>,
) -> impl Strategy<Value = Question> + use<> {
    let names = |keep: fn(&Column) -> bool| -> Vec<String> {
        let kept = resource.columns.iter().filter(|column| keep(column));
        kept.map(|column| column.name.to_owned()).collect()
    };
    let can_search =
        !["evidence", "issues", "sources", "corrections", "coverage"].contains(&resource.table);
    let has_place = resource.location().is_some();
    let has_days = resource.validity.is_some();
    let circle = (select(CENTRES), select(RADII)).prop_map(|((lat, lon), radius_km)| Circle {
        lat,
        lon,
        radius_km,
    });
    let sortable = names(|column| column.ty.is_scalar());
    let sort = prop::collection::vec((select(sortable), any::<bool>()), 0..4);
    let all = names(|_| true);
    let fields = prop_oneof![2 => Just(Vec::new()), 1 => subsequence(all, 1..5)];
    let dimensions = names(|column| column.values == Values::Few && column.ty.is_scalar());
    let dimensions: Vec<String> = dimensions.into_iter().filter(|name| name != "id").collect();
    // Of vendors there is nothing to count by.
    let by = if dimensions.is_empty() {
        Just(Vec::new()).boxed()
    } else {
        prop::collection::vec(select(dimensions), 1..4).boxed()
    };
    let filters = prop::collection::vec(condition(resource, &tables[resource.table]), 0..4);
    let places = (maybe(has_place, 0.25, select(BOXES)), maybe(has_place, 0.3, circle));
    let days = (select(DAYS).prop_map(str::to_owned), any::<bool>());
    (
        filters,
        maybe(can_search, 0.25, select(Q).prop_map(str::to_owned)),
        places,
        maybe(has_days, 0.4, days),
        sort,
        fields,
        select(vec![1, 2, 3, 7, 50, 1000]),
        by,
    )
        .prop_map(
            |(mut filters, q, (bbox, near), valid_on, mut sort, fields, limit, mut by)| {
                let mut seen = BTreeSet::new();
                filters.retain(|filter| seen.insert((filter.column.clone(), filter.op.clone())));
                let mut seen = BTreeSet::new();
                sort.retain(|(name, _)| seen.insert(name.clone()));
                let mut seen = BTreeSet::new();
                by.retain(|name| seen.insert(name.clone()));
                Question { filters, q, bbox, near, valid_on, sort, fields, limit, by }
            },
        )
}
