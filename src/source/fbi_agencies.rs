//! The FBI's list of law enforcement agencies, state by state.
//!
//! The live endpoint answers JSON, one body per state, with every agency once per county it spans.
//! The same list circulates as a table; `porchlight import` reads that.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use crate::record::{
    Capture, Citation, Completeness, Draft, DraftIssue, Part, Problem, Reading, Reported, Role,
    SubjectType, keys,
};
use crate::source::{Card, Origin, ReadError, Source, body, unfit};

/// Law enforcement agencies by ORI.
#[derive(Debug)]
pub struct FbiAgencies;

static CARD: Card = Card {
    id: "fbi-agencies",
    name: "Crime Data Explorer: agencies",
    publisher: "Federal Bureau of Investigation",
    homepage: Some("https://cde.ucr.cjis.gov/"),
    origin: Origin::UrlPerState(
        "https://api.usa.gov/crime/fbi/cde/agency/byStateAbbr/{state}?API_KEY={key}",
    ),
    format: "JSON",
    licence: "Public domain (US government)",
    attribution: "Federal Bureau of Investigation, Crime Data Explorer",
    redistributable: true,
    frozen: false,
    subject_type: Some(SubjectType::Agency),
    cadence: "monthly",
    completeness: Completeness::Exhaustive,
    completeness_note: Some(
        "Agencies that have an ORI and take part in Uniform Crime Reporting; closed ones stay listed",
    ),
};

const EXPECTED: &str = "agencies by county as a JSON object, or as a CSV table";

/// What the FBI prints for an agency that is in no county.
const NO_COUNTY: &str = "NOT SPECIFIED";

impl Source for FbiAgencies {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn read(&self, capture: &Capture) -> Result<Reading, ReadError> {
        let mut agencies = Agencies::default();
        for part in &capture.parts {
            let text = body::text(&part.name, &part.bytes, EXPECTED)?;
            if text.trim_start().starts_with(['{', '[']) {
                read_json(part, &text, &mut agencies)?;
            } else if capture.parts.len() == 1 {
                read_table(part, &text, &mut agencies)?;
            } else {
                return Err(body::other(&part.name, EXPECTED, "a text that is no JSON"));
            }
        }
        body::finish(agencies.reading, CARD.id, EXPECTED)
    }
}

/// The agencies read so far, each once.
#[derive(Default)]
struct Agencies {
    reading: Reading,
    by_ori: HashMap<String, usize>,
    /// The state that was asked for, in the FBI's own code; none where all were.
    asked: Option<String>,
    /// How many agencies of that state came.
    of_the_part: usize,
}

/// An agency where it stands in a body, apart from its counties.
#[derive(Debug, Default, Deserialize)]
struct Agency<'a> {
    #[serde(borrow, default)]
    ori: Option<Printed<'a>>,
    #[serde(borrow, default, rename = "agency_name")]
    name: Option<Printed<'a>>,
    #[serde(borrow, default, rename = "agency_type_name")]
    kind: Option<Printed<'a>>,
    #[serde(borrow, default, rename = "state_abbr")]
    state: Option<Printed<'a>>,
    #[serde(borrow, default)]
    latitude: Option<Printed<'a>>,
    #[serde(borrow, default)]
    longitude: Option<Printed<'a>>,
}

fn read_json(part: &Part, text: &str, agencies: &mut Agencies) -> Result<(), ReadError> {
    let counties: Counties<'_> = serde_json::from_str(text).map_err(|error| {
        let found = match error.classify() {
            Category::Eof => "JSON that is cut off",
            Category::Syntax | Category::Io => "a text that is no JSON",
            Category::Data => "JSON of another shape",
        };
        body::other(&part.name, EXPECTED, format_args!("{found} ({error})"))
    })?;
    agencies.asked = (!part.name.is_empty()).then(|| own_code(&part.name));
    agencies.of_the_part = 0;
    let mut listed_any = false;
    let file = if part.name.is_empty() { String::new() } else { format!("{}.json", part.name) };
    for (county, listed) in counties.0 {
        let pointer = county.replace('~', "~0").replace('/', "~1");
        listed_any |= !listed.is_empty();
        for (index, agency) in listed.iter().enumerate() {
            agencies.add(agency, county.trim(), format!("{file}#/{pointer}/{index}"));
        }
    }
    if listed_any && agencies.asked.is_some() && agencies.of_the_part == 0 {
        let found = "agencies, none of them readable and of that state";
        return Err(body::other(&part.name, EXPECTED, found));
    }
    Ok(())
}

fn read_table(part: &Part, text: &str, agencies: &mut Agencies) -> Result<(), ReadError> {
    let table = body::table(&part.name, text, b',', EXPECTED)?;
    let [ori, name, kind, state, latitude, longitude, county] = [
        body::column(&table, "ori")?,
        body::column(&table, "agency_name")?,
        body::column(&table, "agency_type_name")?,
        body::column(&table, "state_abbr")?,
        body::column(&table, "latitude")?,
        body::column(&table, "longitude")?,
        body::column(&table, "county_name")?,
    ];
    for row in table.rows() {
        if let Some(issue) = body::misfit(row, &table) {
            agencies.reading.records_read += 1;
            agencies.reading.issues.push(issue);
            continue;
        }
        let cell = |column| Some(Printed(row.get(column).into()));
        let agency = Agency {
            ori: cell(ori),
            name: cell(name),
            kind: cell(kind),
            state: cell(state),
            latitude: cell(latitude),
            longitude: cell(longitude),
        };
        agencies.add(&agency, row.get(county), body::record(row));
    }
    Ok(())
}

impl Agencies {
    /// Why an agency cannot be of the state it is printed with; none where it can.
    fn of_another_state(&self, ori: &str, state: &str) -> Option<String> {
        let state = own_code(state);
        if self.asked.as_ref().is_some_and(|asked| *asked != state) {
            Some(format!("an agency of {state} among those of another state; it is left out"))
        } else if ori.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(&state)) {
            None
        } else {
            Some(format!("the ORI is none of {state}; the row is left out"))
        }
    }

    /// Takes in an agency; one that stands there already only adds its county.
    fn add(&mut self, agency: &Agency<'_>, county: &str, locator: String) {
        self.reading.records_read += 1;
        let (ori, name, state) =
            (text(agency.ori.as_ref()), text(agency.name.as_ref()), text(agency.state.as_ref()));
        let absent = body::blank([("ori", ori), ("agency_name", name), ("state_abbr", state)]);
        if !absent.is_empty() {
            let key = (!ori.is_empty()).then(|| ori.to_owned());
            let excerpt = (!name.is_empty()).then(|| name.to_owned());
            self.reading
                .issues
                .push(DraftIssue { excerpt, ..body::missing(&locator, key, &absent) });
            return;
        }
        let mut reported = body::reported([
            (keys::ORI, ori),
            (keys::AGENCY, name),
            (keys::AGENCY_TYPE, text(agency.kind.as_ref())),
            (keys::STATE, state),
            (keys::LATITUDE, text(agency.latitude.as_ref())),
            (keys::LONGITUDE, text(agency.longitude.as_ref())),
        ]);
        let needed = [keys::ORI, keys::AGENCY, keys::STATE];
        match unfit::sift(&mut reported, &needed, &locator, ori) {
            Ok(issues) => self.reading.issues.extend(issues),
            Err(issue) => return self.reading.issues.push(*issue),
        }
        if let Some(detail) = self.of_another_state(ori, state) {
            let problem = Problem::UnreadableRow;
            let (source_key, excerpt) = (Some(ori.to_owned()), Some(name.to_owned()));
            let issue = DraftIssue { source_key, locator, problem, detail, excerpt };
            return self.reading.issues.push(issue);
        }
        self.of_the_part += 1;
        let mut county = if county.eq_ignore_ascii_case(NO_COUNTY) { "" } else { county };
        if let Some(why) = unfit::why(county) {
            let fate = "left unknown";
            let issue = unfit::issue(&locator, Some(ori), "the county", county, why, fate);
            self.reading.issues.push(issue);
            county = "";
        }
        if let Some(first) = self.by_ori.get(ori) {
            let kept = &mut self.reading.drafts[*first];
            let differing = differences(&kept.reported, &reported);
            // A further county is what a second mention is for.
            if !differing.is_empty() || !add_county(&mut kept.reported, county) {
                self.reading.issues.push(repeated(kept, &reported, &differing, locator));
            }
            return;
        }
        add_county(&mut reported, county);
        self.reading.issues.extend(body::unreadable_text(&locator, ori, &reported));
        self.by_ori.insert(ori.to_owned(), self.reading.drafts.len());
        self.reading.drafts.push(Draft {
            subject_type: SubjectType::Agency,
            source_key: ori.to_owned(),
            pointer: String::new(),
            role: Role::Supports,
            locator,
            citation: Citation::default(),
            reported,
        });
    }
}

/// The code that the FBI uses for a state in its keys and answers.
fn own_code(state: &str) -> String {
    match state.to_ascii_uppercase().as_str() {
        "NE" => "NB".to_owned(),
        "GU" => "GM".to_owned(),
        state => state.to_owned(),
    }
}

/// The keys under which two mentions of one agency differ, apart from its counties.
fn differences(kept: &Reported, other: &Reported) -> Vec<&'static str> {
    [keys::AGENCY, keys::AGENCY_TYPE, keys::STATE, keys::LATITUDE, keys::LONGITUDE]
        .into_iter()
        .filter(|key| kept.get(*key) != other.get(*key))
        .collect()
}

/// Adds a county, in alphabetical order: the table form lists them in another order than the live
/// answers, and the same counties must be the same statement.
///
/// Whether it was not there before.
fn add_county(reported: &mut Reported, county: &str) -> bool {
    if county.is_empty() {
        return false;
    }
    let known = reported.entry(keys::COUNTY.to_owned()).or_default();
    let mut counties: BTreeSet<&str> =
        known.split("; ").filter(|known| !known.is_empty()).collect();
    let is_new = county.split("; ").fold(false, |is_new, county| counties.insert(county) | is_new);
    *known = counties.into_iter().collect::<Vec<_>>().join("; ");
    is_new
}

fn repeated(kept: &Draft, other: &Reported, differing: &[&str], locator: String) -> DraftIssue {
    DraftIssue {
        source_key: Some(kept.source_key.clone()),
        locator,
        problem: Problem::DuplicateKey,
        detail: if differing.is_empty() {
            format!("the ORI stands at {} in the same words", kept.locator)
        } else {
            let differing = differing.join(" and ");
            let kept = &kept.locator;
            format!("the ORI stands at {kept} with another value of {differing}; that one is kept")
        },
        excerpt: other.get(keys::AGENCY).cloned(),
    }
}

fn text<'a>(printed: Option<&'a Printed<'_>>) -> &'a str {
    printed.map_or("", |printed| printed.0.trim())
}

/// A body of the live endpoint: counties in the order printed, each with its agencies.
struct Counties<'a>(Vec<(Cow<'a, str>, Vec<Agency<'a>>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Counties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountiesVisitor)
    }
}

struct CountiesVisitor;

impl<'de> Visitor<'de> for CountiesVisitor {
    type Value = Counties<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of arrays of agencies by county")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut counties = Vec::with_capacity(map.size_hint().unwrap_or_default());
        while let Some((Printed(county), agencies)) = map.next_entry()? {
            counties.push((county, agencies));
        }
        Ok(Counties(counties))
    }

    /// An empty array is how some servers print an object without entries.
    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        match array.next_element::<IgnoredAny>()? {
            None => Ok(Counties(Vec::new())),
            Some(IgnoredAny) => Err(de::Error::invalid_type(Unexpected::Seq, &self)),
        }
    }
}

/// A text, or a number as it is printed; borrowed where it has no escapes.
#[derive(Debug)]
struct Printed<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Printed<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PrintedVisitor)
    }
}

struct PrintedVisitor;

impl<'de> Visitor<'de> for PrintedVisitor {
    type Value = Printed<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Printed(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Printed(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Printed(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Printed(Cow::Owned(number.to_string())))
    }

    /// The shortest text that reads back as the number, with a fraction as in `-9.0`.
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Printed(Cow::Owned(format!("{number:?}"))))
    }
}
