//! Ring's own map of the agencies that take part in Neighbors, as KML.
//!
//! The map is history: it changed its shape twice and is no longer kept up. That an agency is not
//! on it is no end, only an absence on that day.

use std::collections::BTreeMap;

use crate::parse::kml::{KmlError, Placemark, network_link, placemarks};
use crate::parse::text::{decode, looks_like_html};
use crate::record::{
    Capture, Citation, Completeness, DateBasis, Draft, DraftIssue, Problem, Reading, Reported,
    Role, SubjectType, keys,
};
use crate::source::cell::{plain, visible};
use crate::source::{Card, Origin, ReadError, STATES, Source, unfit};

/// Ring's map of active agencies.
pub struct RingMap;

static CARD: Card = Card {
    id: "ring-map",
    name: "Ring Active Agency Map",
    publisher: "Ring",
    homepage: Some(VIEWER),
    // With `nl=1` the answer would be a stub that only refers to this address.
    origin: Origin::Url(
        "https://www.google.com/maps/d/kml?mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB&forcekml=1",
    ),
    format: "KML",
    licence: "none stated; facts only",
    attribution: "Ring, Active Agency Map",
    redistributable: false,
    frozen: true,
    subject_type: Some(SubjectType::Partnership),
    cadence: "daily",
    completeness: Completeness::Exhaustive,
    completeness_note: Some(
        "Every agency that took part in Neighbors, as the vendor listed it while the map was kept \
         up.",
    ),
};

/// The page on which a person sees the map.
const VIEWER: &str = "https://www.google.com/maps/d/viewer?mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB";

const FORMAT: &str = "a KML document with placemarks";

const ACTIVE_DATE: &str = "Active Date";
const PROFILE: &str = "Agency Profile";

impl Source for RingMap {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn read(&self, capture: &Capture) -> Result<Reading, ReadError> {
        let bytes = capture.parts.first().map_or(&[][..], |part| &part.bytes);
        let body = decode(bytes);
        if body.text.trim().is_empty() {
            return Err(other_format("nothing".to_owned()));
        }
        if looks_like_html(&body.text) {
            return Err(other_format("an HTML page".to_owned()));
        }
        let placemarks =
            placemarks(&body.text).map_err(|error: KmlError| other_format(error.to_string()))?;
        if placemarks.is_empty() {
            return Err(network_link(&body.text).map_or(ReadError::NoRecords("the map"), |link| {
                other_format(format!("a stub that refers to {link}: fetch that instead"))
            }));
        }
        let mut reading = Reading { records_read: placemarks.len(), ..Reading::default() };
        if body.replaced {
            let problem = Problem::UnreadableText;
            let detail = format!("bytes that are no {}; each was replaced", body.encoding);
            reading.issues.push(issue(None, "file", problem, detail, None));
        }
        let mut seen = BTreeMap::new();
        for placemark in &placemarks {
            listing(placemark, &mut seen, &mut reading);
        }
        Ok(reading)
    }
}

fn other_format(found: String) -> ReadError {
    ReadError::OtherFormat { expected: FORMAT, found }
}

fn issue(
    source_key: Option<String>,
    locator: &str,
    problem: Problem,
    detail: String,
    excerpt: Option<&str>,
) -> DraftIssue {
    let excerpt = excerpt.map(|text| text.chars().take(200).collect());
    DraftIssue { source_key, locator: locator.to_owned(), problem, detail, excerpt }
}

/// Writes what one placemark says; `seen` holds the keys so far, with the name and address of each.
fn listing(placemark: &Placemark, seen: &mut BTreeMap<String, String>, reading: &mut Reading) {
    let locator = locator(placemark);
    if let Some(issue) = unfit_key(placemark, &locator) {
        reading.issues.push(issue);
        return;
    }
    let name = plain(&placemark.name);
    let address = plain(&placemark.address);
    let date = active_date(placemark, &locator, reading);
    if name.is_empty() {
        let detail = "name is blank; the placemark is left out".to_owned();
        reading.issues.push(issue(None, &locator, Problem::MissingValue, detail, None));
        return;
    }
    let profile = placemark.value(PROFILE).map(plain);
    let id = profile.as_deref().and_then(uuid);
    let key = match key(id, &name, &address, seen) {
        Ok(key) => key,
        Err((key, earlier)) => {
            let detail = format!("stands for `{earlier}` already");
            let problem = Problem::DuplicateKey;
            reading.issues.push(issue(Some(key), &locator, problem, detail, None));
            return;
        }
    };
    let (city, state) = city_and_state(&address);
    if state.is_none() {
        let detail = "the address names no state; kept without".to_owned();
        let problem = Problem::MissingValue;
        reading.issues.push(issue(Some(key.clone()), &locator, problem, detail, Some(&address)));
    }
    let mut reported = Reported::new();
    let mut put = |name: &str, value: Option<String>| {
        reported.extend(value.filter(|value| !value.is_empty()).map(|v| (name.to_owned(), v)));
    };
    put(keys::AGENCY, Some(name));
    put(keys::CITY, city);
    put(keys::STATE, state);
    put(keys::PROGRAM, Some("ring-neighbors".to_owned()));
    put(keys::AGENCY_TYPE, is_fire(placemark).then(|| "Fire Department".to_owned()));
    if let Some(date) = date.filter(|date| !date.is_empty()) {
        put(keys::DATE, Some(date));
        put(keys::DATE_BASIS, Some(DateBasis::Activation.as_str().to_owned()));
    }
    match video_requests(placemark) {
        Ok(number) => put(keys::VIDEO_REQUESTS, number),
        Err(text) => {
            let problem = Problem::UnreadableNumber;
            let detail = "the count of video requests is no number; unknown".to_owned();
            reading.issues.push(issue(Some(key.clone()), &locator, problem, detail, Some(&text)));
        }
    }
    let url = profile.filter(|link| link.starts_with("https://") && uuid(link).is_some());
    reading.drafts.push(draft(key, locator, url, reported));
}

/// What the map says of one partnership; `url` is the page that says so, where there is one.
fn draft(source_key: String, locator: String, url: Option<String>, reported: Reported) -> Draft {
    Draft {
        subject_type: SubjectType::Partnership,
        source_key,
        pointer: String::new(),
        role: Role::Supports,
        locator,
        citation: Citation {
            url: Some(url.unwrap_or_else(|| VIEWER.to_owned())),
            publisher: Some(CARD.publisher.to_owned()),
            ..Citation::default()
        },
        reported,
    }
}

/// Name and address are the key: under what would be left of it stood another agency.
fn unfit_key(placemark: &Placemark, locator: &str) -> Option<DraftIssue> {
    let parts = [("name", &placemark.name), ("address", &placemark.address)];
    parts.into_iter().find_map(|(name, text)| {
        let why = unfit::why(&visible(text))?;
        Some(unfit::issue(locator, None, name, text, why, "the placemark is left out"))
    })
}

/// Since when it takes part, as the map prints it.
fn active_date(placemark: &Placemark, locator: &str, reading: &mut Reading) -> Option<String> {
    let date = placemark.value(ACTIVE_DATE)?;
    let Some(why) = unfit::why(&visible(date)) else { return Some(plain(date)) };
    let issue = unfit::issue(locator, None, ACTIVE_DATE, date, why, "left unknown");
    reading.issues.push(issue);
    None
}

/// The key of a placemark: the id of its profile, else its name and address.
///
/// An id that already stands for something else is told apart by the name. The error is the key and
/// what it stands for, where it already stands for the same.
fn key(
    id: Option<String>,
    name: &str,
    address: &str,
    seen: &mut BTreeMap<String, String>,
) -> Result<String, (String, String)> {
    let text = format!("{name}/{address}").to_lowercase();
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut key = id.unwrap_or_else(|| said.clone());
    if seen.get(&key).is_some_and(|earlier| *earlier != said) {
        key = format!("{key}/{said}");
    }
    match seen.insert(key.clone(), said) {
        Some(earlier) => Err((key, earlier)),
        None => Ok(key),
    }
}

/// Where a placemark stands, counted from 0.
fn locator(placemark: &Placemark) -> String {
    let index = placemark.index;
    placemark.folder.as_ref().map_or_else(
        || format!("Placemark[{index}]"),
        |(folder, _)| format!("Folder[{folder}]/Placemark[{index}]"),
    )
}

/// Whether it lies in a folder of fire departments; the first folder is that of the police.
fn is_fire(placemark: &Placemark) -> bool {
    placemark
        .folder
        .as_ref()
        .is_some_and(|(number, name)| *number > 0 && name.to_lowercase().contains("fire"))
}

/// The count of requests for video, as printed: none if there is none, the text if it is no number.
///
/// The map was never documented; the value is told by the word `request` in its name.
fn video_requests(placemark: &Placemark) -> Result<Option<String>, String> {
    let value = placemark
        .data
        .iter()
        .find(|(name, _)| name.to_lowercase().contains("request"))
        .map(|(_, value)| plain(value))
        .filter(|value| !value.is_empty());
    match value {
        Some(value) if !is_number(&value) => Err(value),
        value => Ok(value),
    }
}

/// A whole number, perhaps with a comma before every three digits.
fn is_number(text: &str) -> bool {
    let mut groups = text.split(',');
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    groups.next().is_some_and(|first| digits(first) && (first.len() <= 3 || !text.contains(',')))
        && groups.all(|group| group.len() == 3 && digits(group))
}

/// The universally unique id in an address, in lower case.
fn uuid(link: &str) -> Option<String> {
    let mut parts = link.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
    let is_uuid = |part: &&str| {
        let groups: Vec<_> = part.split('-').map(str::len).collect();
        groups == [8, 4, 4, 4, 12]
    };
    parts.find(is_uuid).map(str::to_ascii_lowercase)
}

/// City and state of an address such as `Tampa, FL` or `Tampa, Florida`, of which parts may be
/// missing. Anything before the city, such as a street, is not taken.
fn city_and_state(address: &str) -> (Option<String>, Option<String>) {
    let is_country =
        |part: &str| ["usa", "us", "united states"].contains(&part.to_lowercase().as_str());
    let mut parts: Vec<_> = address.split(',').map(str::trim).collect();
    if parts.len() > 1 && parts.last().is_some_and(|part| is_country(part)) {
        parts.pop();
    }
    let text = |part: &str| Some(part.to_owned()).filter(|part| !part.is_empty());
    match parts.as_slice() {
        [] => (None, None),
        // A single part that could be both, such as New York, is more likely the city.
        [one] if is_code(one) || is_only_a_state(one) => (None, text(one)),
        [one] => (text(one), None),
        [.., city, state] => (text(city), text(state)),
    }
}

fn is_code(text: &str) -> bool {
    STATES.contains(&text)
}

/// Whether a name is that of a state and of no city of note.
fn is_only_a_state(text: &str) -> bool {
    const NAMES: &[&str] = &[
        "alabama",
        "alaska",
        "arizona",
        "arkansas",
        "california",
        "colorado",
        "connecticut",
        "florida",
        "georgia",
        "hawaii",
        "idaho",
        "illinois",
        "kentucky",
        "louisiana",
        "maine",
        "maryland",
        "massachusetts",
        "michigan",
        "minnesota",
        "mississippi",
        "missouri",
        "montana",
        "nebraska",
        "new hampshire",
        "new jersey",
        "new mexico",
        "north carolina",
        "north dakota",
        "ohio",
        "oklahoma",
        "oregon",
        "pennsylvania",
        "rhode island",
        "south carolina",
        "south dakota",
        "tennessee",
        "texas",
        "utah",
        "vermont",
        "virginia",
        "west virginia",
        "wisconsin",
        "wyoming",
    ];
    NAMES.contains(&text.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::{city_and_state, is_number, uuid};

    #[test]
    fn parts_of_an_address_may_be_missing() {
        for (address, city, state) in [
            ("Harper, FL", "Harper", "FL"),
            ("Harper, Florida", "Harper", "Florida"),
            ("Harper , Florida, USA", "Harper", "Florida"),
            ("1 Main St, Harper, FL", "Harper", "FL"),
            (", FL", "", "FL"),
            ("Harper,", "Harper", ""),
            ("Harper", "Harper", ""),
            ("FL", "", "FL"),
            ("Texas", "", "Texas"),
            ("New York", "New York", ""),
            ("", "", ""),
        ] {
            let read = city_and_state(address);
            let read = (read.0.unwrap_or_default(), read.1.unwrap_or_default());
            assert_eq!(read, (city.to_owned(), state.to_owned()), "{address}");
        }
    }

    #[test]
    fn a_number_is_digits_and_nothing_else() {
        for number in ["0", "12", "1204", "1,204", "12,004,300"] {
            assert!(is_number(number), "{number}");
        }
        for text in ["", "n/a", "1.5", "-3", "1,2", "1,", ",123", "1204,300", "12 requests"] {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn an_id_is_found_in_its_address() {
        let link = "https://neighbors.example/agency/0A1B2C3D-0000-4000-8000-00000000000F?x=1";
        assert_eq!(uuid(link).as_deref(), Some("0a1b2c3d-0000-4000-8000-00000000000f"));
        assert_eq!(uuid("https://neighbors.example/agency/harper"), None);
    }
}
