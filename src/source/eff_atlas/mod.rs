//! The Atlas of Surveillance of the Electronic Frontier Foundation: one CSV table, a row for each
//! technology an agency uses.
//!
//! Facts and links are taken over; the Summary is the editors' prose and never is.

mod link;
mod same_key;
mod summary;

use chrono::NaiveDate;

use crate::parse::csv::{Row, Table};
use crate::parse::text::{decode, looks_like_html};
use crate::record::{
    Capture, Citation, Completeness, DateBasis, Draft, DraftIssue, Problem, Reading, Reported,
    Role, SubjectType, keys,
};
use crate::source::cell::{plain, visible};
use crate::source::{Card, Origin, ReadError, Source, unfit};

/// The Atlas of Surveillance.
pub struct EffAtlas;

static CARD: Card = Card {
    id: "eff-atlas",
    name: "Atlas of Surveillance",
    publisher: "Electronic Frontier Foundation",
    homepage: Some("https://atlasofsurveillance.org/"),
    origin: Origin::Url("https://atlasofsurveillance.org/download.csv"),
    format: "CSV",
    licence: "CC BY 4.0 (the publisher's own material)",
    attribution: "Electronic Frontier Foundation, Atlas of Surveillance, \
                  https://atlasofsurveillance.org, CC BY 4.0",
    redistributable: false,
    frozen: false,
    subject_type: Some(SubjectType::Partnership),
    cadence: "daily",
    completeness: Completeness::Sample,
    completeness_note: Some(
        "Collected by students and volunteers from public reports; an agency that is absent was \
         not necessarily looked at. In March 2024 the category of Ring partnerships was removed.",
    ),
};

const FORMAT: &str = "the CSV table of the Atlas of Surveillance";

/// Longest text of a link cell that an issue quotes, in characters.
const LONGEST_EXCERPT: usize = 200;

impl Source for EffAtlas {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn read(&self, capture: &Capture) -> Result<Reading, ReadError> {
        let bytes = capture.parts.first().map_or(&[][..], |part| &part.bytes);
        let body = decode(bytes);
        if looks_like_html(&body.text) {
            return Err(other_format("an HTML page"));
        }
        let table =
            Table::read(&body.text, b',').map_err(|error| other_format(&error.to_string()))?;
        let columns = Columns::find(&table)?;
        let mut reading = Reading::default();
        if body.encoding != "UTF-8" || body.replaced {
            reading.issues.push(DraftIssue {
                source_key: None,
                locator: "file".to_owned(),
                problem: Problem::UnreadableText,
                detail: format!("not all of it is UTF-8; read as {}", body.encoding),
                excerpt: None,
            });
        }
        let mut listings = Vec::new();
        for row in table.rows().filter(|row| !row.is_empty()) {
            reading.records_read += 1;
            match columns.listing(row, table.header().len(), &mut reading.issues) {
                Ok(listing) => listings.extend(listing),
                Err(issue) => reading.issues.push(issue),
            }
        }
        if reading.records_read == 0 {
            return Err(ReadError::NoRecords(FORMAT));
        }
        for listing in same_key::tell_apart(listings, &mut reading.issues) {
            listing.draft(capture.as_of_on, &mut reading);
        }
        Ok(reading)
    }
}

fn other_format(found: &str) -> ReadError {
    ReadError::OtherFormat { expected: FORMAT, found: found.to_owned() }
}

/// Where the columns stand in this edition.
struct Columns {
    number: usize,
    city: usize,
    county: usize,
    state: usize,
    agency: usize,
    agency_type: usize,
    summary: usize,
    technology: usize,
    vendor: usize,
    links: Vec<LinkColumns>,
}

/// Where the columns of one link stand.
struct LinkColumns {
    name: String,
    link: usize,
    snapshot: Option<usize>,
    publisher: Option<usize>,
    date: Option<usize>,
}

/// A row that is ours.
#[derive(Debug)]
struct Listing {
    /// The number of its record.
    record: usize,
    /// The source's key of it.
    key: String,
    /// All its cells, to tell a repetition.
    cells: Vec<String>,
    /// What it says; empty where an earlier row says it.
    reported: Reported,
    /// The pages it cites.
    citations: Vec<CitedCell>,
}

/// A link with what stands beside it, as printed.
#[derive(Debug)]
struct CitedCell {
    column: String,
    link: String,
    snapshot: String,
    publisher: String,
    date: String,
}

impl Columns {
    fn find(table: &Table) -> Result<Self, ReadError> {
        let need = |column: &'static str| {
            table
                .column(column)
                .ok_or_else(|| ReadError::MissingColumn { column, found: table.header().to_vec() })
        };
        let number = need("AOSNUMBER")?;
        let (_, _) = (need("Link 1")?, need("Link 1 Date")?);
        let links = (1..=3).filter_map(|number| {
            let name = format!("Link {number}");
            Some(LinkColumns {
                link: table.column(&name)?,
                snapshot: table.column(&format!("{name} Snapshot")),
                publisher: table.column(&format!("{name} Source")),
                date: table.column(&format!("{name} Date")),
                name,
            })
        });
        Ok(Self {
            number,
            city: need("City")?,
            county: need("County")?,
            state: need("State")?,
            agency: need("Agency")?,
            agency_type: need("Type of LEA")?,
            summary: need("Summary")?,
            technology: need("Technology")?,
            vendor: need("Vendor")?,
            links: links.collect(),
        })
    }

    /// What a row says, where it is about one of our programs.
    fn listing(
        &self,
        row: Row<'_>,
        width: usize,
        issues: &mut Vec<DraftIssue>,
    ) -> Result<Option<Listing>, DraftIssue> {
        let key = key(&plain(row.get(self.number)));
        let issue = |problem, detail: String| DraftIssue {
            source_key: Some(key.clone()).filter(|key| !key.is_empty()),
            locator: locator(row.number),
            problem,
            detail,
            excerpt: None,
        };
        // A longer row is fine while nothing stands beyond the header.
        let beyond = (width..row.len()).any(|column| !row.get(column).is_empty());
        if row.len() < width || beyond {
            let detail = format!("{} cells under {width} headings; the row is left out", row.len());
            return Err(issue(Problem::UnreadableRow, detail));
        }
        let technology = plain(row.get(self.technology));
        if technology.is_empty() {
            let detail = "Technology is blank; the row is left out".to_owned();
            return Err(issue(Problem::MissingValue, detail));
        }
        let vendor = plain(row.get(self.vendor));
        let Some(program) = program(&technology, &vendor) else { return Ok(None) };
        for (name, column) in
            [("AOSNUMBER", self.number), ("Agency", self.agency), ("State", self.state)]
        {
            if plain(row.get(column)).is_empty() {
                let detail = format!("{name} is blank; the row is left out");
                return Err(issue(Problem::MissingValue, detail));
            }
            if let Some(why) = unfit::why(&visible(row.get(column))) {
                let (place, fate) = (locator(row.number), "the row is left out");
                return Err(unfit::issue(&place, Some(&key), name, row.get(column), why, fate));
            }
        }
        let (reported, citations) = self.fit(row, program, &key, issues);
        Ok(Some(Listing {
            record: row.number,
            reported,
            citations,
            cells: (0..width).map(|column| row.get(column).to_owned()).collect(),
            key,
        }))
    }

    /// What a row says and cites, without cells that hold no such text.
    fn fit(
        &self,
        row: Row<'_>,
        program: &str,
        key: &str,
        issues: &mut Vec<DraftIssue>,
    ) -> (Reported, Vec<CitedCell>) {
        let place = locator(row.number);
        let mut is_unfit = |name: &str, cell: &str| {
            let why = unfit::why(&visible(cell));
            let issue = |why| unfit::issue(&place, Some(key), name, cell, why, "left unknown");
            issues.extend(why.map(issue));
            why.is_some()
        };
        let mut reported = self.reported(row, program);
        for (name, column) in [
            (keys::CITY, self.city),
            (keys::COUNTY, self.county),
            (keys::AGENCY_TYPE, self.agency_type),
            (keys::TECHNOLOGY, self.technology),
            (keys::VENDOR, self.vendor),
        ] {
            if is_unfit(name, row.get(column)) {
                reported.remove(name);
            }
        }
        let mut citations: Vec<CitedCell> =
            self.links.iter().map(|columns| columns.cited(row)).collect();
        for cited in &mut citations {
            let CitedCell { column, publisher, date, .. } = cited;
            if is_unfit(&format!("{column} Source"), publisher) {
                publisher.clear();
            }
            if is_unfit(&format!("{column} Date"), date) {
                date.clear();
            }
        }
        // Only the first link's date is one of the partnership.
        if citations.first().is_some_and(|cited| cited.date.is_empty()) {
            reported.remove(keys::DATE);
        }
        reported.retain(|_, value| unfit::why(value).is_none());
        (reported, citations)
    }

    /// The values of a row, verbatim.
    fn reported(&self, row: Row<'_>, program: &str) -> Reported {
        let mut reported = Reported::new();
        let mut put = |name: &str, value: String| {
            if !value.is_empty() {
                reported.insert(name.to_owned(), value);
            }
        };
        let agency = plain(row.get(self.agency));
        let state = plain(row.get(self.state));
        let summary = plain(row.get(self.summary));
        let other = summary::other_agency(&summary, &agency, &state);
        put(keys::AGENCY_IN_SUMMARY, other.unwrap_or_default());
        let cited = self.links.first().map(|columns| columns.cited(row));
        if let Some(cited) = cited {
            let month = if cited.date.is_empty() { summary::month(&summary) } else { None };
            if !cited.date.is_empty() || month.is_some() {
                put(keys::DATE_BASIS, cited.basis().as_str().to_owned());
            }
            put(keys::DATE, cited.date);
            put(keys::DATE_IN_SUMMARY, month.unwrap_or_default());
        }
        put(keys::AGENCY, agency);
        put(keys::STATE, state);
        put(keys::AGENCY_TYPE, plain(row.get(self.agency_type)));
        put(keys::CITY, plain(row.get(self.city)));
        put(keys::COUNTY, plain(row.get(self.county)));
        put(keys::TECHNOLOGY, plain(row.get(self.technology)));
        put(keys::VENDOR, plain(row.get(self.vendor)));
        put(keys::PROGRAM, program.to_owned());
        reported
    }
}

impl LinkColumns {
    fn cited(&self, row: Row<'_>) -> CitedCell {
        let cell = |column: Option<usize>| column.map_or_else(String::new, |i| plain(row.get(i)));
        CitedCell {
            column: self.name.clone(),
            link: cell(Some(self.link)),
            snapshot: cell(self.snapshot),
            publisher: cell(self.publisher),
            date: cell(self.date),
        }
    }
}

impl CitedCell {
    /// What the date beside the link stands for.
    fn basis(&self) -> DateBasis {
        let links = link::links(&self.link).unwrap_or_default();
        if links.first().is_some_and(|link| link::is_ring_map(link)) {
            DateBasis::Activation
        } else {
            DateBasis::FirstReported
        }
    }

    /// The pages it leads to: one for each link of the cell, or one without an address.
    fn citations(&self, edition: NaiveDate, mut bad: impl FnMut(&str, &str)) -> Vec<Citation> {
        let mut read = |column: String, cell: &str| {
            link::links(cell).unwrap_or_else(|| {
                bad(&column, cell);
                Vec::new()
            })
        };
        let links = read(self.column.clone(), &self.link);
        let snapshot = read(format!("{} Snapshot", self.column), &self.snapshot);
        let about_page = self.basis() == DateBasis::FirstReported;
        let base = Citation {
            publisher: Some(self.publisher.clone()).filter(|text| !text.is_empty()),
            published_on: full_date(&self.date, edition).filter(|_| about_page),
            ..Citation::default()
        };
        let mut citations: Vec<_> =
            links.into_iter().map(|url| Citation { url: Some(url), ..base.clone() }).collect();
        if citations.is_empty() {
            citations.push(base);
        }
        if let Some(first) = citations.first_mut() {
            first.archived_url = snapshot.into_iter().next();
        }
        citations
    }
}

impl Listing {
    /// Writes the listing and the further pages it cites.
    fn draft(self, edition: NaiveDate, reading: &mut Reading) {
        let Self { record, key, cells: _, reported, citations } = self;
        let mut unreadable = Vec::new();
        let mut bad = |column: &str, cell: &str| {
            unreadable.push(DraftIssue {
                source_key: Some(key.clone()),
                locator: locator(record),
                problem: Problem::UnreadableLink,
                detail: format!("{column} is no web address; the link is left out"),
                excerpt: Some(cell.chars().take(LONGEST_EXCERPT).collect()),
            });
        };
        let mut citations = citations.iter().map(|cited| cited.citations(edition, &mut bad));
        let mut pages = citations.next().unwrap_or_default();
        // The statement itself rests on the first link, whatever the others are.
        let first = if pages.is_empty() { Citation::default() } else { pages.remove(0) };
        pages.extend(citations.flatten());
        let mut write = |role, citation, reported| {
            reading.drafts.push(Draft {
                subject_type: SubjectType::Partnership,
                source_key: key.clone(),
                pointer: String::new(),
                role,
                locator: locator(record),
                citation,
                reported,
            });
        };
        if reported.is_empty() {
            pages.insert(0, first);
        } else {
            write(Role::Supports, first, reported);
        }
        pages.retain(|page| page.url.is_some() || page.archived_url.is_some());
        for citation in pages {
            write(Role::Mentions, citation, Reported::new());
        }
        reading.issues.append(&mut unreadable);
    }
}

fn locator(record: usize) -> String {
    format!("record {record}")
}

/// The program a technology and its vendor stand for, where it is one of ours.
fn program(technology: &str, vendor: &str) -> Option<&'static str> {
    let vendor = vendor.to_lowercase();
    match technology.to_lowercase().as_str() {
        "ring/neighbors partnership" => Some("ring-neighbors"),
        "camera registry" if vendor.starts_with("motorola") => Some("motorola-camera-registry"),
        "camera registry" => Some("camera-registry"),
        _ => None,
    }
}

/// The number without its padding, which grew over the years: `AOS0012` and `AOS000012` are one.
fn key(number: &str) -> String {
    let digits = number.get(..3).filter(|start| start.eq_ignore_ascii_case("AOS"));
    match digits.map(|_| number[3..].trim()) {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let significant = digits.trim_start_matches('0');
            format!("AOS{}", if significant.is_empty() { "0" } else { significant })
        }
        Some(_) | None => number.to_owned(),
    }
}

/// A day written in full, month first as the Atlas does, and no later than its edition.
fn full_date(text: &str, edition: NaiveDate) -> Option<NaiveDate> {
    // Nothing the Atlas cites is older.
    let earliest = NaiveDate::from_ymd_opt(1990, 1, 1)?;
    let parts: Vec<_> = text.split('/').collect();
    let on = match parts.as_slice() {
        [_] => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?,
        [month, day, year] => {
            let century = if year.len() == 2 { 2000 } else { 0 };
            let year = century + year.parse::<i32>().ok()?;
            NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)?
        }
        _ => return None,
    };
    (earliest <= on && on <= edition).then_some(on)
}
