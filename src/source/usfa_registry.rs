//! The US Fire Administration's registry of fire departments.
//!
//! Editions differ in the case of the header and in encoding. Street addresses, telephone numbers
//! and mail addresses are not kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::parse::csv::{Row, Table};
use crate::record::{
    Capture, Citation, Completeness, Draft, DraftIssue, Problem, Reading, Role, SubjectType, keys,
};
use crate::source::{Card, Origin, ReadError, Source, body, unfit};

/// Fire departments by state and FDID.
#[derive(Debug)]
pub struct UsfaRegistry;

static CARD: Card = Card {
    id: "usfa-registry",
    name: "National Fire Department Registry",
    publisher: "US Fire Administration",
    homepage: Some("https://apps.usfa.fema.gov/registry/"),
    origin: Origin::Url(
        "https://apps.usfa.fema.gov/registry/download?national=Download+national+list",
    ),
    format: "CSV",
    licence: "Public domain (US government)",
    attribution: "US Fire Administration, National Fire Department Registry",
    redistributable: true,
    frozen: false,
    subject_type: Some(SubjectType::Agency),
    cadence: "monthly",
    completeness: Completeness::Sample,
    completeness_note: Some("Departments register of their own accord"),
};

const EXPECTED: &str = "the registry's national list: CSV with a header";

/// Where the columns stand that are read; no other is looked at.
struct Columns {
    fdid: usize,
    name: usize,
    city: usize,
    state: usize,
    county: usize,
    organization: usize,
}

impl Columns {
    fn find(table: &Table) -> Result<Self, ReadError> {
        Ok(Self {
            fdid: body::column(table, "FDID")?,
            name: body::column(table, "Fire dept name")?,
            city: body::column(table, "HQ city")?,
            state: body::column(table, "HQ state")?,
            county: body::column(table, "County")?,
            organization: body::column(table, "Organization Type")?,
        })
    }
}

/// What of a row is kept.
#[derive(Clone, Copy, PartialEq)]
struct Department<'a> {
    number: usize,
    fdid: &'a str,
    name: &'a str,
    city: &'a str,
    state: &'a str,
    county: &'a str,
    organization: &'a str,
}

impl Source for UsfaRegistry {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn read(&self, capture: &Capture) -> Result<Reading, ReadError> {
        let mut reading = Reading::default();
        for part in &capture.parts {
            let text = body::text(&part.name, &part.bytes, EXPECTED)?;
            let table = body::table(&part.name, &text, b',', EXPECTED)?;
            let columns = Columns::find(&table)?;
            reading.records_read += table.len();
            read_table(&table, &columns, &mut reading);
        }
        body::finish(reading, CARD.id, EXPECTED)
    }
}

fn read_table(table: &Table, columns: &Columns, reading: &mut Reading) {
    let mut departments = Vec::with_capacity(table.len());
    for row in table.rows() {
        if let Some(issue) = body::misfit(row, table) {
            reading.issues.push(issue);
            continue;
        }
        let department = Department::of(row, columns).sifted(&mut reading.issues);
        match department.lacks() {
            None => departments.push(department),
            Some(issue) => reading.issues.push(issue),
        }
    }
    let shared = shared_keys(&departments);
    let mut first: HashMap<String, Department<'_>> = HashMap::with_capacity(departments.len());
    for department in departments {
        let short = department.short_key();
        let key = match short.filter(|short| !shared.contains(short)) {
            Some(short) => short,
            None => department.long_key(),
        };
        if let Some(kept) = first.get(&key) {
            reading.issues.push(department.repeats(key, kept));
            continue;
        }
        let draft = department.draft(key.clone());
        reading.issues.extend(body::unreadable_text(&draft.locator, &key, &draft.reported));
        reading.drafts.push(draft);
        first.insert(key, department);
    }
}

/// The keys under which the edition lists more than one department.
///
/// A row that merely stands twice does not count: its department keeps the key it has in other
/// editions.
fn shared_keys(departments: &[Department<'_>]) -> BTreeSet<String> {
    let mut of_key: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for department in departments {
        if let Some(key) = department.short_key() {
            of_key.entry(key).or_default().insert(department.long_key());
        }
    }
    of_key.into_iter().filter(|(_, long)| long.len() > 1).map(|(key, _)| key).collect()
}

impl<'a> Department<'a> {
    fn of(row: Row<'a>, columns: &Columns) -> Self {
        Self {
            number: row.number,
            fdid: row.get(columns.fdid),
            name: row.get(columns.name),
            city: row.get(columns.city),
            state: row.get(columns.state),
            county: row.get(columns.county),
            organization: row.get(columns.organization),
        }
    }

    fn locator(&self) -> String {
        format!("record {}", self.number)
    }

    /// The same without values that are none. What its key is made of is taken away before there is
    /// a key; without a name it is then no department.
    fn sifted(mut self, issues: &mut Vec<DraftIssue>) -> Self {
        let locator = self.locator();
        let values = [
            ("FDID", &mut self.fdid),
            ("Fire dept name", &mut self.name),
            ("HQ city", &mut self.city),
            ("HQ state", &mut self.state),
            ("County", &mut self.county),
            ("Organization Type", &mut self.organization),
        ];
        let mut is_keyless = false;
        for (name, value) in values {
            if let Some(why) = unfit::why(value) {
                issues.push(unfit::issue(&locator, None, name, value, why, "left unknown"));
                *value = "";
                // Under a key of what is left it would be another department.
                is_keyless |= matches!(name, "FDID" | "HQ city");
            }
        }
        if is_keyless {
            self.name = "";
        }
        self
    }

    /// The issue of a department without a name or a state.
    fn lacks(&self) -> Option<DraftIssue> {
        let absent = body::blank([("Fire dept name", self.name), ("HQ state", self.state)]);
        (!absent.is_empty()).then(|| {
            let key = self.short_key().filter(|_| !self.state.is_empty());
            body::missing(&self.locator(), key, &absent)
        })
    }

    /// `ST-FDID`; none where the FDID is blank.
    fn short_key(&self) -> Option<String> {
        (!self.fdid.is_empty()).then(|| plain(&format!("{}-{}", self.state, self.fdid)))
    }

    /// `ST-FDID/NAME/CITY`: tells departments apart that share an FDID or have none.
    fn long_key(&self) -> String {
        plain(&format!("{}-{}/{}/{}", self.state, self.fdid, self.name, self.city))
    }

    fn draft(&self, source_key: String) -> Draft {
        Draft {
            subject_type: SubjectType::Agency,
            source_key,
            pointer: String::new(),
            role: Role::Supports,
            locator: self.locator(),
            citation: Citation::default(),
            reported: body::reported([
                (keys::AGENCY, self.name),
                (keys::FDID, self.fdid),
                (keys::CITY, self.city),
                (keys::STATE, self.state),
                (keys::COUNTY, self.county),
                (keys::AGENCY_TYPE, self.organization),
            ]),
        }
    }

    /// The issue of a row whose department stands above already.
    fn repeats(&self, key: String, kept: &Self) -> DraftIssue {
        let same = Self { number: kept.number, ..*self } == *kept;
        let how = if same { "in the same words" } else { "in other words" };
        DraftIssue {
            source_key: Some(key),
            locator: self.locator(),
            problem: Problem::DuplicateKey,
            detail: format!(
                "the department stands in record {} {how}; that one is kept",
                kept.number
            ),
            excerpt: Some(self.name.to_owned()),
        }
    }
}

/// Upper case, with single blanks.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}
