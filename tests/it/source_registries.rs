//! What becomes of the registries' bodies, whole and broken.

use std::io::{Cursor, Write};
use std::path::Path;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate};
use porchlight::record::{Capture, DraftIssue, Part, Problem, Reading, SubjectType};
use porchlight::source::{ReadError, Source, by_id};

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(Path::new("tests/fixtures").join(path)).unwrap()
}

fn source(id: &str) -> &'static dyn Source {
    by_id(id).unwrap()
}

fn capture(id: &str, parts: Vec<(&str, Vec<u8>)>) -> Capture {
    Capture {
        source_id: id.parse().unwrap(),
        sha256: "0".repeat(64),
        retrieved_at: DateTime::UNIX_EPOCH,
        as_of_on: NaiveDate::default(),
        parts: parts
            .into_iter()
            .map(|(name, bytes)| Part { name: name.to_owned(), bytes: Bytes::from(bytes) })
            .collect(),
    }
}

fn read(id: &str, body: impl Into<Vec<u8>>) -> Result<Reading, ReadError> {
    source(id).read(&capture(id, vec![("", body.into())]))
}

/// Everything reported, a draft a line: key, locator, values.
fn drafts(reading: &Reading) -> String {
    let line = |draft: &porchlight::record::Draft| {
        let values: Vec<_> =
            draft.reported.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("{} @ {}: {}", draft.source_key, draft.locator, values.join(", "))
    };
    reading.drafts.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Every issue, one a line: problem, key, locator, detail, excerpt.
fn issues(reading: &Reading) -> String {
    let line = |issue: &DraftIssue| {
        let key = issue.source_key.as_deref().unwrap_or("-");
        let excerpt = issue.excerpt.as_deref().unwrap_or("-");
        format!("{} {key} @ {}: {} [{excerpt}]", issue.problem, issue.locator, issue.detail)
    };
    reading.issues.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn other_format(result: Result<Reading, ReadError>) -> String {
    match result {
        Err(ReadError::OtherFormat { found, .. }) => found,
        other => panic!("expected another format, got {other:?}"),
    }
}

fn missing_column(result: Result<Reading, ReadError>) -> &'static str {
    match result {
        Err(ReadError::MissingColumn { column, .. }) => column,
        other => panic!("expected a missing column, got {other:?}"),
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        start in proptest::sample::select(vec!["", "{", "PK\u{3}\u{4}", "FDID, ", "USPS|GEOID|"]),
        rest in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
    ) {
        let body = [start.as_bytes(), &rest].concat();
        for id in ["fbi-agencies", "usfa-registry", "census-places", "census-counties"] {
            assert!(read(id, body.clone()).is_err());
        }
    }
}

fn fbi_states() -> Vec<(&'static str, Vec<u8>)> {
    ["AK", "AS", "DE", "HI", "KY", "NE", "PA"]
        .into_iter()
        .map(|state| (state, fixture(&format!("fbi-agencies/{state}.json"))))
        .collect()
}

#[test]
fn an_agency_stands_once_with_all_its_counties() {
    let reading = source("fbi-agencies").read(&capture("fbi-agencies", fbi_states())).unwrap();
    assert_eq!(reading.records_read, 14);
    assert!(reading.drafts.iter().all(|draft| draft.subject_type == SubjectType::Agency));
    insta::assert_snapshot!(drafts(&reading), @r"
    AK0990100 @ AK.json#/ALEUTIANS WEST/0: agency=Atka Police Department, agency_type=City, county=ALEUTIANS WEST, latitude=51.959447, longitude=178.338813, ori=AK0990100, state=AK
    DE0990100 @ DE.json#/NEW CASTLE/0: agency=Smyrna-Clayton Police Department, agency_type=City, county=KENT; NEW CASTLE, latitude=39.29, longitude=-75.6, ori=DE0990100, state=DE
    DE0990200 @ DE.json#/NEW CASTLE/1: agency=State University Police, agency_type=University or College, county=NEW CASTLE, latitude=39.68, longitude=-75.75, ori=DE0990200, state=DE
    DE0990300 @ DE.json#/NOT SPECIFIED/0: agency=Bureau of Alcohol Enforcement, agency_type=Other State Agency, ori=DE0990300, state=DE
    DE0990400 @ DE.json#/A~1B~0C/0: agency=Slash Harbor Police Department, agency_type=City, county=A/B~C, latitude=40, longitude=-75.0, ori=DE0990400, state=DE
    HI0990100 @ HI.json#/MAUI/0: agency=Maui Police Department County Sheriff's Office, agency_type=County, county=MAUI, latitude=20.887321, longitude=-156.48763, ori=HI0990100, state=HI
    KY0990100 @ KY.json#/LOGAN/0: agency=South Fork Drug Task Force, agency_type=Other, county=LOGAN, latitude=-9.0, longitude=-9.0, ori=KY0990100, state=KY
    NB0990100 @ NE.json#/DOUGLAS/0: agency=Douglas County Sheriff's Office, agency_type=County, county=DOUGLAS, latitude=41.25, longitude=-96.05, ori=NB0990100, state=NB
    PA0990100 @ PA.json#/MERCER/0: agency=Jefferson Township Police Department, agency_type=City, county=MERCER, latitude=41.3, longitude=-80.2, ori=PA0990100, state=PA
    PA0990200 @ PA.json#/BUTLER/0: agency=Jefferson Township Police Department, agency_type=City, county=BUTLER, latitude=40.9, longitude=-79.9, ori=PA0990200, state=PA
    ");
}

#[test]
fn an_agency_without_key_or_name_and_an_ori_of_two_agencies_are_issues() {
    let reading = source("fbi-agencies").read(&capture("fbi-agencies", fbi_states())).unwrap();
    insta::assert_snapshot!(issues(&reading), @r"
    duplicate_key PA0990200 @ PA.json#/BUTLER/1: the ORI stands at PA.json#/BUTLER/0 with another value of agency; that one is kept [Jefferson Twp Police Department]
    missing_value - @ PA.json#/BUTLER/2: ori missing; the row is left out [Police Department without an ORI]
    missing_value PA0990300 @ PA.json#/BUTLER/3: agency_name missing; the row is left out [-]
    ");
}

#[test]
fn the_table_form_of_the_agency_list_reads_the_same() {
    let reading = read("fbi-agencies", fixture("fbi-agencies/import/agencies.csv")).unwrap();
    assert_eq!(reading.records_read, 7);
    insta::assert_snapshot!(drafts(&reading), @r"
    HI0990100 @ record 1: agency=Maui Police Department County Sheriff's Office, agency_type=County, county=MAUI, latitude=20.887321, longitude=-156.48763, ori=HI0990100, state=HI
    DE0990100 @ record 2: agency=Smyrna-Clayton Police Department, agency_type=City, county=KENT; NEW CASTLE, latitude=39.29, longitude=-75.6, ori=DE0990100, state=DE
    DE0990500 @ record 3: agency=Parks, Rangers and Water Police, agency_type=Other State Agency, ori=DE0990500, state=DE
    KY0990100 @ record 4: agency=South Fork Drug Task Force, agency_type=Other, county=LOGAN, latitude=-9.0, longitude=-9.0, ori=KY0990100, state=KY
    NB0990100 @ record 5: agency=Douglas County Sheriff's Office, agency_type=County, county=DOUGLAS, latitude=41.25, longitude=-96.05, ori=NB0990100, state=NB
    ");
    insta::assert_snapshot!(issues(&reading), @r"
    missing_value - @ record 6: ori missing; the row is left out [Police Department without an ORI]
    unreadable_row - @ record 7: the row has 14 cells where the header has 13; it is left out [-]
    ");
    let live = source("fbi-agencies").read(&capture("fbi-agencies", fbi_states())).unwrap();
    for key in ["HI0990100", "KY0990100", "NB0990100"] {
        let of = |reading: &Reading| {
            reading.drafts.iter().find(|draft| draft.source_key == key).unwrap().reported.clone()
        };
        assert_eq!(of(&reading), of(&live));
    }
}

#[test]
fn territories_without_agencies_are_fine_and_a_country_without_them_is_not() {
    let parts = |bodies: &[&str]| {
        let states = ["AS", "GU", "MP"].into_iter();
        states.zip(bodies).map(|(state, body)| (state, body.as_bytes().to_vec())).collect()
    };
    let one = r#"{"X": [{"ori": "GM1", "agency_name": "Guam Police", "state_abbr": "GM"}]}"#;
    let some = capture("fbi-agencies", parts(&["{}", one, "[]"]));
    assert_eq!(source("fbi-agencies").read(&some).unwrap().drafts.len(), 1);
    let none = capture("fbi-agencies", parts(&["{}", r#"{"X": []}"#, "[]"]));
    assert!(matches!(source("fbi-agencies").read(&none), Err(ReadError::NoRecords(_))));
}

#[test]
fn a_part_that_is_no_agency_list_is_named() {
    let with = |body: &[u8]| {
        let mut parts = fbi_states();
        parts[2].1 = body.to_vec();
        other_format(source("fbi-agencies").read(&capture("fbi-agencies", parts)))
    };
    let whole = fixture("fbi-agencies/DE.json");
    insta::assert_snapshot!(with(b"<!doctype html><title>Just a moment...</title>"), @"an HTML page for `DE`");
    insta::assert_snapshot!(with(b" \n"), @"an empty body for `DE`");
    insta::assert_snapshot!(with(&whole[..whole.len() / 2]), @"JSON that is cut off (EOF while parsing a value at line 36 column 0) for `DE`");
    insta::assert_snapshot!(with(br#"{"error": {"code": "API_KEY_INVALID"}}"#), @"JSON of another shape (invalid type: map, expected a sequence at line 1 column 10) for `DE`");
    insta::assert_snapshot!(with(br#"[{"ori": "DE1"}]"#), @"JSON of another shape (invalid type: sequence, expected an object of arrays of agencies by county at line 1 column 16) for `DE`");
    insta::assert_snapshot!(with(b"RENAMED{}"), @"a text that is no JSON for `DE`");
    insta::assert_snapshot!(with(&fixture("fbi-agencies/import/agencies.csv")), @"a text that is no JSON for `DE`");
}

#[test]
fn renamed_fields_of_the_agency_list_are_another_format() {
    let body = String::from_utf8(fixture("fbi-agencies/DE.json")).unwrap();
    let found = other_format(read("fbi-agencies", body.replace("agency_name", "name")));
    assert_eq!(found, "5 records, none of them readable");
    let table = String::from_utf8(fixture("fbi-agencies/import/agencies.csv")).unwrap();
    assert_eq!(missing_column(read("fbi-agencies", table.replacen("ori", "ORI9", 1))), "ori");
}

#[test]
fn every_row_of_the_fire_registry_is_a_department_or_an_issue() {
    let body = fixture("usfa-registry/national.csv");
    assert!(std::str::from_utf8(&body).is_err(), "the fixture is no longer windows-1252");
    let reading = read("usfa-registry", body).unwrap();
    assert_eq!(reading.records_read, 13);
    assert_eq!(reading.drafts.len() + reading.issues.len(), 13);
    insta::assert_snapshot!(drafts(&reading), @r"
    NC-01001 @ record 1: agency=Wilson’s Mills Fire/Rescue, agency_type=Local (includes career, combination, and volunteer fire departments and fire districts), city=Wilsons Mills, county=JOHNSTON, fdid=01001, state=NC
    PR-01001 @ record 2: agency=Bomberos Municipales de Añasco, agency_type=Local (includes career, combination, and volunteer fire departments and fire districts), city=Añasco, county=AÑASCO, fdid=01001, state=PR
    MO-/PRAIRIE FIRE PROTECTION DISTRICT/PRAIRIE @ record 3: agency=Prairie  Fire Protection District, agency_type=Local (includes career, combination, and volunteer fire departments and fire districts), city=Prairie, county=LINN, state=MO
    MO-/HILLTOP VOLUNTEER FIRE DEPARTMENT/HILLTOP @ record 4: agency=Hilltop Volunteer Fire Department, agency_type=Local (includes career, combination, and volunteer fire departments and fire districts), city=Hilltop, county=LINN, state=MO
    PA-02002/UNION FIRE COMPANY NO. 1/MILFORD @ record 6: agency=Union Fire Company No. 1, agency_type=Local (includes career, combination, and volunteer fire departments and fire districts), city=Milford, county=PIKE, fdid=02002, state=PA
    PA-02002/UNION FIRE COMPANY NO. 1/UNION CITY @ record 7: agency=Union Fire Company No. 1, agency_type=Local (includes career, combination, and volunteer fire departments and fire districts), city=Union City, county=ERIE, fdid=02002, state=PA
    CA-03003 @ record 8: agency=Sunnyvale Department of Public Safety, agency_type=Local (includes career, combination, and volunteer fire departments and fire districts), city=Sunnyvale, county=SANTA CLARA, fdid=03003, state=CA
    ");
    insta::assert_snapshot!(issues(&reading), @r"
    missing_value TX-04004 @ record 10: Fire dept name missing; the row is left out [-]
    missing_value - @ record 11: HQ state missing; the row is left out [-]
    unreadable_row - @ record 12: the row has 15 cells where the header has 14; it is left out [-]
    unreadable_row - @ record 13: the row has 3 cells where the header has 14; it is left out [-]
    duplicate_key MO-/HILLTOP VOLUNTEER FIRE DEPARTMENT/HILLTOP @ record 5: the department stands in record 4 in other words; that one is kept [HILLTOP VOLUNTEER FIRE DEPARTMENT]
    duplicate_key CA-03003 @ record 9: the department stands in record 8 in the same words; that one is kept [Sunnyvale Department of Public Safety]
    ");
}

#[test]
fn street_addresses_and_telephone_numbers_are_not_kept() {
    let reading = read("usfa-registry", fixture("usfa-registry/national.csv")).unwrap();
    let kept = drafts(&reading) + &issues(&reading);
    for private in ["Elm Street", "PO Box", "555-0100", "00000", "example.org"] {
        assert!(!kept.contains(private), "{private} is kept");
    }
}

#[test]
fn editions_of_the_fire_registry_differ_in_header_case_encoding_and_line_ends() {
    let reading = read("usfa-registry", fixture("usfa-registry/later/national.csv")).unwrap();
    insta::assert_snapshot!(drafts(&reading), @r"
    PR-01001 @ record 1: agency=Bomberos Municipales de Añasco, agency_type=Local (includes career, combination, and volunteer fire departments and fire districts), city=Añasco, county=Añasco, fdid=01001, state=PR
    CA-03003 @ record 2: agency=Sunnyvale Department of Public Safety, agency_type=Local (includes career, combination, and volunteer fire departments and fire districts), city=Sunnyvale, county=Santa Clara, fdid=03003, state=CA
    ");
    assert_eq!(reading.issues, []);
}

#[test]
fn bytes_that_are_no_text_are_an_issue_and_the_department_stays() {
    let body = b"FDID, Fire dept name, HQ city, HQ state, County, Organization Type\n\
        01001,Ca\x81on Fire Department,Canon,CO,FREMONT,Other\n";
    let reading = read("usfa-registry", &body[..]).unwrap();
    assert_eq!(reading.drafts[0].reported["agency"], "Ca\u{fffd}on Fire Department");
    assert_eq!(reading.issues[0].problem, Problem::UnreadableText);
    assert_eq!(reading.issues[0].source_key.as_deref(), Some("CO-01001"));
}

#[test]
fn places_keep_their_names_as_printed() {
    let reading =
        read("census-places", fixture("census-places/2025_Gaz_place_national.txt")).unwrap();
    assert_eq!(reading.records_read, 8);
    assert!(reading.drafts.iter().all(|draft| draft.subject_type == SubjectType::Place));
    insta::assert_snapshot!(drafts(&reading), @r"
    0199901 @ record 1: geoid=0199901, latitude=31.565164, longitude=-85.259165, name=Abbeville city, state=AL
    4299901 @ record 2: geoid=4299901, latitude=40.04, longitude=-79.97, name=Centerville borough, state=PA
    4299902 @ record 3: geoid=4299902, latitude=41.74, longitude=-79.76, name=Centerville borough, state=PA
    7299901 @ record 4: geoid=7299901, latitude=18.28, longitude=-67.14, name=Añasco zona urbana, state=PR
    3799901 @ record 5: geoid=3799901, name=Leland CDP, state=NC
    ");
    insta::assert_snapshot!(issues(&reading), @r"
    duplicate_key 0199901 @ record 6: the code stands above already; the first row is kept [Abbeville town]
    missing_value - @ record 7: GEOID missing; the row is left out [-]
    unreadable_row - @ record 8: the row has 5 cells where the header has 13; it is left out [-]
    ");
}

#[test]
fn counties_include_planning_regions_and_independent_cities() {
    let reading =
        read("census-counties", fixture("census-counties/2025_Gaz_counties_national.txt")).unwrap();
    assert!(reading.drafts.iter().all(|draft| draft.subject_type == SubjectType::County));
    insta::assert_snapshot!(drafts(&reading), @r"
    01999 @ record 1: geoid=01999, latitude=32.532237, longitude=-86.64644, name=Autauga County, state=AL
    09999 @ record 2: geoid=09999, latitude=41.5, longitude=-73.0, name=Naugatuck Valley Planning Region, state=CT
    72999 @ record 3: geoid=72999, latitude=18.28, longitude=-67.14, name=Añasco Municipio, state=PR
    51999 @ record 4: geoid=51999, latitude=38.88, longitude=-77.17, name=Falls Church city, state=VA
    ");
    insta::assert_snapshot!(issues(&reading), @"missing_value 53999 @ record 5: USPS missing; the row is left out [-]");
}

#[test]
fn older_gazetteers_are_delimited_by_tabs() {
    let reading =
        read("census-places", fixture("census-places/older/2019_Gaz_place_national.txt")).unwrap();
    insta::assert_snapshot!(drafts(&reading), @r"
    0199901 @ record 1: geoid=0199901, latitude=31.565164, longitude=-85.259165, name=Abbeville city, state=AL
    7299901 @ record 2: geoid=7299901, latitude=31.565164, longitude=-85.259165, name=Añasco zona urbana, state=PR
    ");
    assert_eq!(reading.issues, []);
}

#[test]
fn a_zipped_gazetteer_reads_as_the_plain_one() {
    let plain = fixture("census-places/2025_Gaz_place_national.txt");
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("2025_Gaz_place_national.txt", options).unwrap();
    writer.write_all(&plain).unwrap();
    let zipped = writer.finish().unwrap().into_inner();
    assert_eq!(
        read("census-places", zipped.clone()).unwrap(),
        read("census-places", plain).unwrap()
    );
    let found = other_format(read("census-places", &zipped[..zipped.len() / 2]));
    assert_eq!(found, "a zip archive that cannot be unpacked");
}

#[test]
fn a_table_that_lost_a_column_is_a_failed_read() {
    for (id, path, renamed) in [
        ("usfa-registry", "usfa-registry/national.csv", "FDID"),
        ("census-places", "census-places/2025_Gaz_place_national.txt", "USPS"),
        ("census-counties", "census-counties/2025_Gaz_counties_national.txt", "USPS"),
    ] {
        let body = [b"RENAMED".to_vec(), fixture(path)].concat();
        assert_eq!(missing_column(read(id, body)), renamed);
    }
}

#[test]
fn a_web_page_nothing_and_a_header_alone_are_told_apart() {
    for id in ["fbi-agencies", "usfa-registry", "census-places", "census-counties"] {
        let page = "<!DOCTYPE html><title>Just a moment...</title>";
        assert_eq!(other_format(read(id, page)), "an HTML page", "{id}");
        assert_eq!(other_format(read(id, "")), "an empty body", "{id}");
    }
    for (id, path) in [
        ("fbi-agencies", "fbi-agencies/import/agencies.csv"),
        ("usfa-registry", "usfa-registry/national.csv"),
        ("census-places", "census-places/2025_Gaz_place_national.txt"),
    ] {
        let body = fixture(path);
        let header = body.iter().position(|byte| *byte == b'\n').unwrap();
        assert!(matches!(read(id, &body[..=header]), Err(ReadError::NoRecords(_))), "{id}");
    }
}

#[test]
fn a_body_cut_off_within_a_quoted_cell_is_another_format() {
    let body = fixture("usfa-registry/national.csv");
    let cut = body.len() - 4; // within the last quoted cell
    let found = other_format(read("usfa-registry", &body[..cut]));
    assert_eq!(found, "a table whose record 13 ends within quotes");
}
