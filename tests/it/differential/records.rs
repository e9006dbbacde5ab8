//! Records of every resource with values that are easily got wrong, the same on every run.

use std::collections::BTreeMap;
use std::convert::Infallible;

use porchlight::record::{Cell, Column, ColumnType, Record, Records, Values, Visit, VisitRef};

use crate::support::release::ReleaseBuilder;

/// Records of each resource: enough for ties and pages, few enough for thousands of questions.
const ROWS: usize = 120;

const TEXTS: &[&str] = &[
    "Springfield",
    "springfield",
    "Saint Louis",
    "St. Louis, City of",
    "50% of_all",
    "a\\b",
    "50_ of%all",
    "O'Fallon \"Best\"",
    "Café Müller",
    "CAFE muller",
    "Ñandú police",
    "警察 東京",
    "🚓 patrol",
    "\u{202e}Ocean Township\u{202c}",
    "Ocean Township",
    "ocean-side",
    "=1+1",
    " padded ",
    "line\nbreak",
    "?",
    "-",
    "Zürich",
    "zurich",
    "naïve",
    "1234",
    "12",
    "A, B",
];
const LISTED: &[&str] = &["The \"Finest\"", "Café, Ltd", "100%_x", "back\\slash", "Ärzte", "PD"];
const CODES: &[&str] = &["OH0020100", "OH-01001", "MO0480100", "39001", "29510", "zz9"];
const STATES: &[&str] = &["OH", "MO", "CA", "AK", "GU", "NY"];
const RELEASES: &[&str] = &["2026-11-24.1", "2026-11-24.2", "2026-11-24.10", "2025-01-01.1"];
const DATES: &[&str] = &[
    "2018-01-01",
    "2018-12-31",
    "2019-05-01",
    "2019-05-29",
    "2020-01-01",
    "2020-02-01",
    "2020-02-29",
    "2020-10-07",
    "2020-12-01",
    "2021-06-01",
    "2021-06-30",
    "2022-07-13",
    "2024-02-10",
    "2026-11-24",
    "2027-01-01",
];
const INSTANTS: &[&str] = &[
    "2026-11-24T05:00:00Z",
    "2026-11-24T05:00:01Z",
    "2025-12-31T23:59:59Z",
    "2026-01-01T00:00:00Z",
];
const REALS: &[f64] =
    &[0.0, 0.1, 0.300_000_000_000_000_04, -1.25, 1e-7, 123_456_789.125, 2161.0, 0.5];
const INTEGERS: &[i64] = &[0, 1, 1, 2, 11, 40, 1000];
/// Latitude and longitude: some alike, some at equal distances, some by the antimeridian.
const POINTS: &[(f64, f64)] = &[
    (39.96, -83.0),
    (39.96, -83.0),
    (39.96, -82.9),
    (39.96, -83.1),
    (40.06, -83.0),
    (39.86, -83.0),
    (41.5, -81.69),
    (38.63, -90.2),
    (52.0, 179.5),
    (52.0, -179.5),
    (51.9, 180.0),
    (51.9, -180.0),
    (64.8, -147.7),
    (71.29, -156.79),
    (13.47, 144.75),
    (-14.28, -170.7),
];

/// The records of a release, by table; each a list of cells in the order of the columns.
pub(super) struct Made {
    pub(super) records: Records,
    pub(super) tables: BTreeMap<&'static str, Vec<Vec<Cell>>>,
}

pub(super) fn made() -> Made {
    let mut records = Records::default();
    let mut maker = Maker(0x9e37_79b9_7f4a_7c15);
    let Ok(()) = records.visit(&mut maker);
    let mut tables = Tables(BTreeMap::new());
    let Ok(()) = records.each(&mut tables);
    Made { records, tables: tables.0 }
}

impl Made {
    pub(super) fn release(&self, name: &str) -> ReleaseBuilder {
        let mut filler = Filler(Some(ReleaseBuilder::new(name)));
        let Ok(()) = self.records.each(&mut filler);
        filler.0.unwrap()
    }
}

struct Tables(BTreeMap<&'static str, Vec<Vec<Cell>>>);

impl VisitRef for Tables {
    type Error = Infallible;

    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Infallible> {
        self.0.insert(R::TABLE, records.iter().map(Record::cells).collect());
        Ok(())
    }
}

struct Filler(Option<ReleaseBuilder>);

impl VisitRef for Filler {
    type Error = Infallible;

    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Infallible> {
        for record in records {
            self.0 = self.0.take().map(|release| release.has(record));
        }
        Ok(())
    }
}

/// A generator of numbers, the same on every run (xorshift).
struct Maker(u64);

impl Visit for Maker {
    type Error = Infallible;

    fn visit<R: Record>(&mut self, records: &mut Vec<R>) -> Result<(), Infallible> {
        for row in 0..ROWS {
            let cells = self.row(R::TABLE, R::COLUMNS, row);
            records.push(R::from_cells(cells).unwrap());
        }
        records.sort_by(|a, b| a.id().cmp(b.id()));
        Ok(())
    }
}

impl Maker {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn row(&mut self, table: &str, columns: &[Column], row: usize) -> Vec<Cell> {
        let point = (self.below(5) > 0).then(|| self.pick(POINTS));
        let mut cell = |column: &Column| match column.name {
            "id" => Cell::Text(id(table, row)),
            "lat" => point.map_or(Cell::Null, |(lat, _)| Cell::Real(lat)),
            "lon" => point.map_or(Cell::Null, |(_, lon)| Cell::Real(lon)),
            _ if column.nullable && self.below(4) == 0 => Cell::Null,
            name if name.ends_with("_release") || name == "fixed_in" => self.text(RELEASES),
            _ => self.cell(column),
        };
        columns.iter().map(&mut cell).collect()
    }

    fn text(&mut self, from: &[&str]) -> Cell {
        Cell::Text(self.pick(from).to_owned())
    }

    fn cell(&mut self, column: &Column) -> Cell {
        if let Some(table) = column.refers {
            // Some lead nowhere.
            let row = self.below(ROWS + 5);
            return Cell::Text(id(table, if self.below(2) == 0 { row % 4 } else { row }));
        }
        match column.ty {
            ColumnType::Text => match column.values {
                Values::Any => self.text(TEXTS),
                Values::Code => self.text(CODES),
                Values::Few => self.text(STATES),
            },
            ColumnType::Word(words) => self.text(words),
            ColumnType::Integer => Cell::Integer(self.pick(INTEGERS)),
            ColumnType::Real => Cell::Real(self.pick(REALS)),
            ColumnType::Boolean => Cell::Integer(i64::from(self.below(2) == 0)),
            ColumnType::Date => self.text(DATES),
            ColumnType::Instant => self.text(INSTANTS),
            ColumnType::TextList => {
                let pool = if column.values == Values::Any { LISTED } else { CODES };
                let list: Vec<_> = (0..self.below(4)).map(|_| self.pick(pool)).collect();
                Cell::Text(serde_json::to_string(&list).unwrap())
            }
            ColumnType::Object => {
                let keys = &["name", "state", "city"][..self.below(4)];
                let object: BTreeMap<_, _> =
                    keys.iter().map(|key| (*key, self.pick(TEXTS))).collect();
                Cell::Text(serde_json::to_string(&object).unwrap())
            }
        }
    }
}

/// The id of a record; ids do not stand in the order of the rows.
fn id(table: &str, row: usize) -> String {
    let prefix = match table {
        "agencies" => "agy",
        "partnerships" => "par",
        "disclosures" => "dis",
        "reported_totals" => "tot",
        "events" => "evt",
        "evidence" => "evd",
        "issues" => "iss",
        "corrections" => "cor",
        "coverage" => "cov",
        slug => return format!("{}-{}", slug.trim_end_matches('s'), row * 7919 % 1009),
    };
    format!("{prefix}_{:010}", row * 7_919_919 % 9_999_991)
}
