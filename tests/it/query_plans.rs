//! No query walks through a large table that an index could spare it, unless it is listed here.
//!
//! What counts as a walk: a step `SCAN` of a table of over 10,000 rows. Two kinds are as good as an
//! index where at least one row in sixteen fits or nothing is left out: a page whose rows are met in
//! the order asked for, with nothing sorted, which stops when the page is full; and a count, which
//! would have to see the rows that fit anyway. Every other walk is a failure or stands in
//! [`ALLOWED`].

use std::collections::BTreeSet;

use porchlight::record::{
    AgencyId, Cell, Column, ColumnType, EvidenceId, PartnershipId, PartnershipStatus, Record,
    Records, Resource, SubjectType,
};
use porchlight::release::database::{
    BoundingBox, Cells, Filter, Near, Op, Part, PlanStep, Query, Region, ReleaseDatabase, SortBy,
    SortKey, ValidOn, Words, write,
};
use porchlight::release::dataset::Dataset;

use crate::support::release::{agency, evidence, partnership};

/// Rows of each large table.
const ROWS: usize = 12_000;

/// A walk ends soon where one row in so many fits.
const SPARSE: i64 = 16;

/// What a query is made of.
struct Case {
    resource: &'static Resource,
    what: String,
    filter: Option<(&'static Column, Op)>,
    sorted: bool,
    part: &'static str,
    query: Query,
}

/// A walk that stays.
struct Allowed {
    fits: fn(&Case) -> bool,
    reason: &'static str,
}

const ALLOWED: &[Allowed] = &[
    Allowed {
        fits: |case| case.compares(Op::Contains) && !case.is_in_list(),
        reason: "no index leads to an inner part of a text; each is read once, 2 to 14 ms, and the \
                 total is remembered",
    },
    Allowed {
        fits: Case::is_in_list,
        reason: "lists stand in their row; a table of their values would add 3.5 MB to every \
                 release for what takes 9 ms, once for a query",
    },
    Allowed {
        fits: |case| case.compares(Op::Not) && !case.is_in_list(),
        reason: "what is not one of some values is nearly all rows, as a rule; where nearly all rows \
                 are those, each is looked at in the index, once for a query",
    },
];

#[test]
fn no_query_walks_through_a_large_table_without_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dataset.sqlite");
    write(&path, &dataset()).unwrap();
    let database = ReleaseDatabase::open(&path).unwrap();
    let mut used = BTreeSet::new();
    let mut walks = Vec::new();
    for resource in ["agencies", "partnerships", "evidence"] {
        let resource = Resource::of_table(resource).unwrap();
        let cells = cells(&database, resource);
        for query in queries(&database, resource) {
            for case in parts(&database, &cells, &query) {
                let steps = database.plan(&case.query, part_of(&case)).unwrap();
                let Some(walk) = walk(&database, &case, &steps) else { continue };
                match ALLOWED.iter().position(|allowed| (allowed.fits)(&case)) {
                    Some(place) => drop(used.insert(place)),
                    None => walks.push(format!("{} {}: {walk}", case.part, case.what)),
                }
            }
        }
    }
    assert!(walks.is_empty(), "{} walks:\n{}", walks.len(), walks.join("\n"));
    let unused = ALLOWED.iter().enumerate().filter(|(place, _)| !used.contains(place));
    let unused: Vec<_> = unused.map(|(_, allowed)| allowed.reason).collect();
    assert!(unused.is_empty(), "allowed for nothing: {unused:#?}");
}

/// The walk among the steps that is not spared, if there is one.
fn walk(database: &ReleaseDatabase, case: &Case, steps: &[PlanStep]) -> Option<String> {
    let walk = steps.iter().find(|step| {
        ["SCAN t", "SCAN p"].iter().any(|walk| {
            step.detail
                .strip_prefix(walk)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    })?;
    let sorts =
        |step: &&PlanStep| step.parent == walk.parent && step.detail.starts_with("USE TEMP B-TREE");
    let sorted = steps.iter().find(sorts);
    let is_page = case.part.ends_with("page");
    if !is_page || (sorted.is_none() && case.resource_is(walk)) {
        let query = Query { after: None, ..case.query.clone() };
        let fitting = database.count(&query).unwrap();
        if !query.is_conditional() || fitting * SPARSE > i64::try_from(ROWS).unwrap() {
            return None;
        }
        return Some(format!("{} for {fitting} rows", walk.detail));
    }
    let sorted = sorted.map_or(String::new(), |step| format!("; {}", step.detail));
    Some(format!("{}{sorted}", walk.detail))
}

impl Case {
    fn compares(&self, op: Op) -> bool {
        self.filter.is_some_and(|(_, compared)| compared == op)
    }

    fn is_in_list(&self) -> bool {
        self.filter.is_some_and(|(column, _)| !column.ty.is_scalar())
    }

    fn resource_is(&self, walk: &PlanStep) -> bool {
        !walk.detail.starts_with("SCAN p") || self.resource.table == "agencies"
    }
}

fn part_of(case: &Case) -> Part<'static> {
    let resource = case.resource;
    let countable: Vec<_> = resource.columns.iter().filter(|c| c.is_countable()).collect();
    match case.part {
        "count" => Part::Count,
        "one count" => Part::Groups(countable[..1].to_vec().leak()),
        "three counts" => Part::Groups(countable[..3].to_vec().leak()),
        _ => Part::Page,
    }
}

/// The statements a query is answered by.
fn parts(database: &ReleaseDatabase, cells: &Cells, query: &Case) -> Vec<Case> {
    let counted = cells.count(&query.query);
    let fitting = counted.unwrap_or_else(|| database.count(&query.query).unwrap());
    let rows = i64::try_from(ROWS).unwrap();
    let case = |part, asked: Query| Case { what: query.what.clone(), part, query: asked, ..*query };
    let known = query.query.clone().knowing(fitting, rows);
    let mut cases = Vec::new();
    if fitting > 0 {
        cases.push(case("page", known.clone()));
        if let Some(after) = database.page(&known).unwrap().next {
            cases.push(case("later page", Query { after: Some(after), ..known }));
        }
    }
    if counted.is_none() && !query.sorted {
        for part in ["count", "one count", "three counts"] {
            cases.push(case(part, query.query.clone()));
        }
    }
    cases
}

fn cells(database: &ReleaseDatabase, resource: &'static Resource) -> Cells {
    let columns: Vec<_> = resource.columns.iter().filter(|c| c.is_countable()).collect();
    let groups = database.groups(&Query::of(resource, 0), &columns, None).unwrap();
    Cells::new(columns, groups).unwrap()
}

/// Every filter with a frequent and a rare value, alone and with an order; every order; words,
/// places and days.
fn queries(database: &ReleaseDatabase, resource: &'static Resource) -> Vec<Case> {
    let all = || Query::of(resource, 100);
    let mut cases = Vec::new();
    let mut add = |what: &str, filter, query: Query| {
        let (sorted, what) = (!query.sort.is_empty(), format!("{} {what}", resource.table));
        cases.push(Case { resource, what, filter, sorted, part: "page", query });
    };
    add("all", None, all());
    let orders: Vec<_> = resource
        .columns
        .iter()
        .filter(|column| column.ty.is_scalar())
        .flat_map(|column| {
            [false, true].map(|descending| SortKey { by: SortBy::Column(column), descending })
        })
        .collect();
    let told = |key: &SortKey| match key.by {
        SortBy::Column(column) => {
            format!("by {} {}", column.name, if key.descending { "down" } else { "up" })
        }
        SortBy::Distance | SortBy::Rank => String::new(),
    };
    for key in &orders {
        add(&told(key), None, Query { sort: vec![*key], ..all() });
    }
    for (at, column) in resource.columns.iter().enumerate() {
        let values = values(database, resource, column);
        for op in Op::ALL.iter().copied().filter(|op| op.fits(column)) {
            for (how, value) in asked(op, &values) {
                let what = format!("{}{} {how} {value:?}", column.name, op.suffix());
                let filters = vec![Filter { column, op, values: vec![value] }];
                add(&what, Some((column, op)), Query { filters: filters.clone(), ..all() });
                for key in
                    [&orders[(2 * at + 3) % orders.len()], &orders[(2 * at + 8) % orders.len()]]
                {
                    let what = format!("{what} {}", told(key));
                    let query = Query { filters: filters.clone(), sort: vec![*key], ..all() };
                    add(&what, Some((column, op)), query);
                }
            }
        }
    }
    let ohio = Near { lat: 40.0, lon: -83.0, radius_km: 25.0 };
    if resource.location().is_some() {
        let within = BoundingBox { west: -84.0, south: 39.0, east: -83.0, north: 40.0 };
        let region = Region { within: Some(within), near: None };
        add("bbox", None, Query { region, ..all() });
        add("near", None, Query { region: Region { within: None, near: Some(ohio) }, ..all() });
    }
    if let Some(valid_on) = resource.validity.map(|_| "2021-06-01".parse().unwrap()) {
        let valid_on = Some(ValidOn { day: valid_on, include_uncertain: false });
        add("valid_on", None, Query { valid_on, ..all() });
    }
    if resource.table != "evidence" {
        for words in ["common", "w7", "c"] {
            add(&format!("q={words}"), None, Query { words: Words::of(words), ..all() });
        }
    }
    cases
}

/// The values of a column that are known, the frequent first.
fn values(
    database: &ReleaseDatabase,
    resource: &'static Resource,
    column: &'static Column,
) -> Vec<Cell> {
    let mut groups = database.groups(&Query::of(resource, 0), &[column], None).unwrap();
    groups.retain(|group| group.values[0] != Cell::Null);
    groups.sort_by_key(|group| -group.count);
    groups.into_iter().map(|group| group.values[0].clone()).collect()
}

/// What to compare with, so that many rows fit and so that few do.
fn asked(op: Op, values: &[Cell]) -> Vec<(&'static str, Cell)> {
    let (Some(frequent), Some(rare)) = (values.first(), values.last()) else { return Vec::new() };
    let mut ordered = values.to_vec();
    ordered.sort_by(|a, b| match (a, b) {
        (Cell::Integer(a), Cell::Integer(b)) => a.cmp(b),
        (Cell::Real(a), Cell::Real(b)) => a.total_cmp(b),
        _ => a.to_csv().cmp(&b.to_csv()),
    });
    let (least, greatest) = (ordered[0].clone(), ordered[ordered.len() - 1].clone());
    let part =
        |cell: &Cell| Cell::Text(cell.to_csv().trim_matches(['[', ']', '{', '}', '"']).to_owned());
    match op {
        Op::Equal | Op::Not => vec![("frequent", frequent.clone()), ("rare", rare.clone())]
            .into_iter()
            .map(|(how, cell)| match &cell {
                Cell::Text(text) if text.starts_with('[') => (how, part(&cell)),
                Cell::Null | Cell::Text(_) | Cell::Integer(_) | Cell::Real(_) => (how, cell),
            })
            .collect(),
        Op::Greater | Op::AtLeast => vec![("few", greatest), ("most", least)],
        Op::Less | Op::AtMost => vec![("few", least), ("most", greatest)],
        Op::Contains => vec![("frequent", part(frequent)), ("rare", part(rare))],
        Op::IsNull => vec![("unknown", Cell::Integer(1)), ("known", Cell::Integer(0))],
    }
}

/// A release with three large tables, written as every release is.
fn dataset() -> Dataset {
    let at = |number: usize| format!("number {number}");
    let ids: Vec<_> = (0..ROWS).map(|number| AgencyId::mint(&at(number)).to_string()).collect();
    let agencies =
        varied((0..ROWS).map(|n| with_id(&agency("x"), AgencyId::mint(&at(n)).as_str())), &ids);
    let unknown = || partnership("x", PartnershipStatus::Unknown);
    let partnerships =
        varied((0..ROWS).map(|n| with_id(&unknown(), PartnershipId::mint(&at(n)).as_str())), &ids);
    let said = || evidence(SubjectType::Agency, "x", "x");
    let evidence =
        varied((0..ROWS).map(|n| with_id(&said(), EvidenceId::mint(&at(n)).as_str())), &ids);
    Dataset {
        release: "2026-11-24.1".parse().unwrap(),
        published_at: "2026-11-24T06:00:00Z".parse().unwrap(),
        software_version: "0.1.0".to_owned(),
        records: Records { agencies, partnerships, evidence, ..Records::default() },
        unread: Vec::new(),
        identities: Vec::new(),
        redirects: Vec::new(),
        withdrawals: Vec::new(),
        editions: Vec::new(),
        changes: Vec::new(),
        gates: Vec::new(),
        redactions: Vec::new(),
        accounts: Vec::new(),
    }
}

fn with_id<R: Record>(record: &R, id: &str) -> R {
    let mut cells = record.cells();
    cells[0] = Cell::Text(id.to_owned());
    R::from_cells(cells).unwrap()
}

/// The same records in the order of their ids, with values in which six in ten are alike, two in
/// ten are unknown where they may be, and the others are many.
fn varied<R: Record>(records: impl Iterator<Item = R>, agencies: &[String]) -> Vec<R> {
    let mut records: Vec<R> = records.collect();
    records.sort_by(|a, b| a.id().cmp(b.id()));
    let open: Vec<bool> = (0..R::COLUMNS.len())
        .map(|at| {
            let mut cells = records[0].cells();
            cells[at] = Cell::Text("w7".to_owned());
            at > 0 && R::from_cells(cells).is_ok()
        })
        .collect();
    let vary = |(row, record): (usize, R)| {
        let mut cells = record.cells();
        for (at, column) in R::COLUMNS.iter().enumerate().skip(1) {
            let chance = row.wrapping_mul(2_654_435_761).wrapping_add(at.wrapping_mul(40_503)) >> 7;
            let chance = chance.wrapping_mul(2_246_822_519) >> 5;
            cells[at] = varied_cell(column, chance % 100_000, agencies, open[at], &cells[at]);
        }
        R::from_cells(cells).unwrap()
    };
    records.into_iter().enumerate().map(vary).collect()
}

fn varied_cell(
    column: &Column,
    chance: usize,
    agencies: &[String],
    open: bool,
    now: &Cell,
) -> Cell {
    let (alike, other) = (chance % 10 < 6, chance / 10);
    if column.nullable && chance % 10 > 7 {
        return Cell::Null;
    }
    if column.refers == Some("agencies") {
        return Cell::Text(agencies[other % agencies.len()].clone());
    }
    let many = other % 500;
    let text = |text: String| Cell::Text(text);
    match column.ty {
        ColumnType::Word(words) if alike || words.len() == 1 => text(words[0].to_owned()),
        // The last is rare.
        ColumnType::Word(words) if many == 0 => text(words[words.len() - 1].to_owned()),
        ColumnType::Word(words) => text(words[many % (words.len() - 1)].to_owned()),
        ColumnType::Text if !open => now.clone(),
        ColumnType::Text if alike => text("common".to_owned()),
        ColumnType::Text => text(format!("w{many}")),
        ColumnType::Integer => Cell::Integer(if alike { 1 } else { i64::try_from(many).unwrap() }),
        ColumnType::Boolean => Cell::Integer(i64::from(many != 0)),
        ColumnType::Real => {
            let spread = f64::from(u16::try_from(other % 10_000).unwrap()) / 10_000.0;
            Cell::Real(match column.name {
                "lat" => 25.0 + 23.0 * spread,
                "lon" => -124.0 + 57.0 * spread,
                _ => spread,
            })
        }
        ColumnType::Date if alike => text("2020-10-07".to_owned()),
        ColumnType::Date => text(format!("20{:02}-{:02}-11", 10 + many / 12 % 15, many % 12 + 1)),
        ColumnType::Instant if alike => text("2026-11-24T05:00:00Z".to_owned()),
        ColumnType::Instant => text(format!("2026-01-02T{:02}:{:02}:00Z", many / 60, many % 60)),
        ColumnType::TextList if alike => text("[\"common\"]".to_owned()),
        ColumnType::TextList => text(format!("[\"w{many}\"]")),
        ColumnType::Object => text(format!("{{\"name\":\"w{many}\"}}")),
    }
}
