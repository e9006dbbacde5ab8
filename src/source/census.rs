//! The Census Bureau's gazetteer: places and counties with their codes and coordinates.
//!
//! Both files have one shape, so one reader serves both. Since 2025 they are delimited by pipes,
//! before by tabs with blanks at the end; they come in a zip archive or plain.

use std::collections::HashSet;

use crate::parse::csv::{Row, Table};
use crate::parse::zip::single_text;
use crate::record::{
    Capture, Citation, Completeness, Draft, DraftIssue, Problem, Reading, Role, SubjectType, keys,
};
use crate::source::{Card, Origin, ReadError, Source, body, unfit};

const EXPECTED: &str = "a gazetteer: text delimited by pipes or tabs, plain or in a zip archive";

/// More than ten times the largest of the gazetteer's files.
const MAX_UNPACKED: u64 = 64 << 20;

/// Cities, towns, villages and census-designated places.
#[derive(Debug)]
pub struct CensusPlaces;

static PLACES: Card = Card {
    id: "census-places",
    name: "Gazetteer of places",
    publisher: "US Census Bureau",
    homepage: Some(
        "https://www.census.gov/geographies/reference-files/time-series/geo/gazetteer-files.html",
    ),
    origin: Origin::Url(
        "https://www2.census.gov/geo/docs/maps-data/data/gazetteer/2025_Gazetteer/2025_Gaz_place_national.zip",
    ),
    format: "zipped delimited text",
    licence: "Public domain (US government)",
    attribution: "US Census Bureau, Gazetteer Files",
    redistributable: true,
    frozen: false,
    subject_type: Some(SubjectType::Place),
    cadence: "yearly",
    completeness: Completeness::Exhaustive,
    completeness_note: Some(
        "Places of the states, the District of Columbia and Puerto Rico; no townships, no New England towns",
    ),
};

/// Counties and what takes their place.
#[derive(Debug)]
pub struct CensusCounties;

static COUNTIES: Card = Card {
    id: "census-counties",
    name: "Gazetteer of counties",
    publisher: "US Census Bureau",
    homepage: Some(
        "https://www.census.gov/geographies/reference-files/time-series/geo/gazetteer-files.html",
    ),
    origin: Origin::Url(
        "https://www2.census.gov/geo/docs/maps-data/data/gazetteer/2025_Gazetteer/2025_Gaz_counties_national.zip",
    ),
    format: "zipped delimited text",
    licence: "Public domain (US government)",
    attribution: "US Census Bureau, Gazetteer Files",
    redistributable: true,
    frozen: false,
    subject_type: Some(SubjectType::County),
    cadence: "yearly",
    completeness: Completeness::Exhaustive,
    completeness_note: Some(
        "Counties of the states, the District of Columbia and Puerto Rico; planning regions in Connecticut",
    ),
};

/// Where the columns stand that are read.
struct Columns {
    state: usize,
    geoid: usize,
    name: usize,
    latitude: usize,
    longitude: usize,
}

impl Columns {
    fn find(table: &Table) -> Result<Self, ReadError> {
        Ok(Self {
            state: body::column(table, "USPS")?,
            geoid: body::column(table, "GEOID")?,
            name: body::column(table, "NAME")?,
            latitude: body::column(table, "INTPTLAT")?,
            longitude: body::column(table, "INTPTLONG")?,
        })
    }
}

impl Source for CensusPlaces {
    fn card(&self) -> &'static Card {
        &PLACES
    }

    fn read(&self, capture: &Capture) -> Result<Reading, ReadError> {
        read(capture, &PLACES, SubjectType::Place)
    }
}

impl Source for CensusCounties {
    fn card(&self) -> &'static Card {
        &COUNTIES
    }

    fn read(&self, capture: &Capture) -> Result<Reading, ReadError> {
        read(capture, &COUNTIES, SubjectType::County)
    }
}

fn read(
    capture: &Capture,
    card: &'static Card,
    subject_type: SubjectType,
) -> Result<Reading, ReadError> {
    let mut reading = Reading::default();
    let mut seen = HashSet::new();
    for part in &capture.parts {
        let unpacked = single_text(&part.bytes, MAX_UNPACKED)
            .map_err(|error| body::other(&part.name, EXPECTED, error))?;
        let bytes = unpacked.as_deref().unwrap_or(&part.bytes);
        let text = body::text(&part.name, bytes, EXPECTED)?;
        let table = body::table(&part.name, &text, delimiter(&text), EXPECTED)?;
        let columns = Columns::find(&table)?;
        reading.records_read += table.len();
        for row in table.rows() {
            if let Some(issue) = body::misfit(row, &table) {
                reading.issues.push(issue);
                continue;
            }
            match draft(row, &columns, subject_type, &mut reading.issues) {
                Ok(draft) if seen.insert(draft.source_key.clone()) => {
                    reading.issues.extend(body::unreadable_text(
                        &draft.locator,
                        &draft.source_key,
                        &draft.reported,
                    ));
                    reading.drafts.push(draft);
                }
                Ok(again) => reading.issues.push(repeated(again)),
                Err(issue) => reading.issues.push(issue),
            }
        }
    }
    body::finish(reading, card.id, EXPECTED)
}

fn draft(
    row: Row<'_>,
    columns: &Columns,
    subject_type: SubjectType,
    issues: &mut Vec<DraftIssue>,
) -> Result<Draft, DraftIssue> {
    let (geoid, name, state) =
        (row.get(columns.geoid), row.get(columns.name), row.get(columns.state));
    let locator = body::record(row);
    let absent = body::blank([("GEOID", geoid), ("NAME", name), ("USPS", state)]);
    if !absent.is_empty() {
        let key = (!geoid.is_empty()).then(|| geoid.to_owned());
        return Err(body::missing(&locator, key, &absent));
    }
    let mut reported = body::reported([
        (keys::GEOID, geoid),
        (keys::NAME, name),
        (keys::STATE, state),
        (keys::LATITUDE, row.get(columns.latitude)),
        (keys::LONGITUDE, row.get(columns.longitude)),
    ]);
    let needed = [keys::GEOID, keys::NAME, keys::STATE];
    issues.extend(unfit::sift(&mut reported, &needed, &locator, geoid).map_err(|issue| *issue)?);
    Ok(Draft {
        subject_type,
        source_key: geoid.to_owned(),
        pointer: String::new(),
        role: Role::Supports,
        locator,
        citation: Citation::default(),
        reported,
    })
}

fn repeated(draft: Draft) -> DraftIssue {
    DraftIssue {
        source_key: Some(draft.source_key),
        locator: draft.locator,
        problem: Problem::DuplicateKey,
        detail: "the code stands above already; the first row is kept".to_owned(),
        excerpt: draft.reported.get(keys::NAME).cloned(),
    }
}

/// The delimiter the header uses; the gazetteer quotes nothing, so counting is enough.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    if count(b'|') >= count(b'\t') { b'|' } else { b'\t' }
}
