//! The Atlas of Surveillance and Ring's map, read from small editions with the dirt of real ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate};
use insta::assert_snapshot;
use porchlight::record::{Capture, Draft, Part, Problem, Reading, Role, keys};
use porchlight::source::{ReadError, by_id};

const EDITION_2020: &[u8] = include_bytes!("../fixtures/eff-atlas/edition-2020.csv");
const EDITION_2026: &[u8] = include_bytes!("../fixtures/eff-atlas/edition-2026.csv");
const FLAT_MAP: &[u8] = include_bytes!("../fixtures/ring-map/flat-2020.kml");
const MAP_OF_FOLDERS: &[u8] = include_bytes!("../fixtures/ring-map/folders-2022.kml");
const STUB: &[u8] = include_bytes!("../fixtures/ring-map/stub.kml");

fn read(source: &str, bytes: &[u8]) -> Result<Reading, ReadError> {
    let capture = Capture {
        source_id: source.parse().unwrap(),
        sha256: "0".repeat(64),
        retrieved_at: DateTime::UNIX_EPOCH,
        as_of_on: NaiveDate::from_ymd_opt(2020, 10, 7).unwrap(),
        parts: vec![Part { name: String::new(), bytes: Bytes::copy_from_slice(bytes) }],
    };
    by_id(source).unwrap().read(&capture)
}

fn atlas(bytes: &[u8]) -> Reading {
    read("eff-atlas", bytes).unwrap()
}

fn map(bytes: &[u8]) -> Reading {
    read("ring-map", bytes).unwrap()
}

/// What the source states under one key.
fn stated<'a>(reading: &'a Reading, key: &str) -> &'a Draft {
    let mut found = reading
        .drafts
        .iter()
        .filter(|draft| draft.source_key == key && draft.role == Role::Supports);
    let draft = found.next().unwrap_or_else(|| panic!("no draft of {key}"));
    assert!(found.next().is_none(), "several drafts of {key}");
    draft
}

fn value<'a>(reading: &'a Reading, key: &str, name: &str) -> Option<&'a str> {
    stated(reading, key).reported.get(name).map(String::as_str)
}

/// Key and place of each statement of a reading.
fn statements(reading: &Reading) -> String {
    let mut text = String::new();
    for draft in reading.drafts.iter().filter(|draft| draft.role == Role::Supports) {
        let reported = |name| draft.reported.get(name).map_or("-", String::as_str);
        let (agency, state) = (reported(keys::AGENCY), reported(keys::STATE));
        writeln!(text, "{} | {} | {agency} | {state}", draft.locator, draft.source_key).unwrap();
    }
    text
}

fn issues(reading: &Reading) -> String {
    let mut text = String::new();
    for issue in &reading.issues {
        let key = issue.source_key.as_deref().unwrap_or("-");
        write!(text, "{} | {key} | {}: {}", issue.locator, issue.problem, issue.detail).unwrap();
        if let Some(excerpt) = &issue.excerpt {
            write!(text, " `{excerpt}`").unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn rows_of_our_programs_become_statements_and_all_rows_are_counted() {
    let reading = atlas(EDITION_2020);
    assert_eq!(reading.records_read, 27);
    assert_snapshot!(statements(&reading), @r"
        record 2 | AOS2 | Harper Police Department | OH
        record 3 | AOS3 | Corran Sheriff’s Office | WI
        record 4 | AOS4 | Tamsin Township Police Department | MI
        record 5 | AOS5 | Ulm Police Department | VA
        record 6 | AOS6 | Vesper Police Department | WI
        record 7 | AOS7 | Caguas Sheriff?s Office | PR
        record 8 | AOS8 | Dale Police Department, DE | NA
        record 9 | AOS9 | Orrin Public Sfty | OH
        record 10 | AOS10 | Oviel City Police Department | FL
        record 11 | AOS11 | Oviel City Police Department | FL
        record 12 | AOS12/Perrin Township Police Department | Perrin Township Police Department | NJ
        record 13 | AOS12/Quill Police Department | Quill Police Department | NJ
        record 15 | AOS13 | Rook Police Department | GA
        record 19 | AOS15 | Sable Police Department | CA
        record 20 | AOS16 | Tarn Police Department | CA
        record 21 | AOS17 | Umber Police Department | CA
        record 27 | AOS22 | Arden Police Department | NY
        ");
}

#[test]
fn what_cannot_be_read_is_an_issue() {
    assert_snapshot!(issues(&atlas(EDITION_2020)), @r"
        record 22 | AOS18 | missing_value: Agency is blank; the row is left out
        record 23 | AOS19 | missing_value: State is blank; the row is left out
        record 24 | AOS20 | missing_value: Technology is blank; the row is left out
        record 25 | AOS21 | unreadable_row: 4 cells under 25 headings; the row is left out
        record 26 | - | missing_value: AOSNUMBER is blank; the row is left out
        record 13 | AOS12 | duplicate_key: the number of record 12, which is about something else; keys are made unique
        record 14 | AOS12 | duplicate_key: repeats record 12; left out
        record 16 | AOS13 | duplicate_key: the number and agency of record 15; only its links are kept
        record 10 | AOS10 | unreadable_link: Link 3 is no web address; the link is left out `ftp://ftp.lind.example/claims.pdf`
        record 11 | AOS11 | unreadable_link: Link 3 is no web address; the link is left out `County of Lind`
        ");
}

#[test]
fn values_are_verbatim_but_for_marks_nobody_sees() {
    let reading = atlas(EDITION_2020);
    assert_eq!(value(&reading, "AOS3", keys::COUNTY), Some("Lind County, Marsh County"));
    assert_eq!(value(&reading, "AOS3", keys::STATE), Some("WI"));
    assert_eq!(value(&reading, "AOS3", keys::AGENCY), Some("Corran Sheriff\u{2019}s Office"));
    assert_eq!(value(&reading, "AOS3", keys::AGENCY_TYPE), Some("Sheriff"));
    assert_eq!(value(&reading, "AOS5", keys::COUNTY), None, "a blank value is absent");
    assert_eq!(value(&reading, "AOS7", keys::AGENCY), Some("Caguas Sheriff?s Office"));
    assert_eq!(value(&reading, "AOS7", keys::COUNTY), Some("Caguas County"));
    assert_eq!(value(&reading, "AOS8", keys::STATE), Some("NA"), "judged by normalise");
    assert_eq!(
        value(&reading, "AOS22", keys::VENDOR),
        Some("Village of Arden Police Department"),
        "a value in the wrong column is kept as it stands"
    );
    let publisher = stated(&reading, "AOS17").citation.publisher.as_deref();
    assert_eq!(publisher, Some("Umber Gazette & Post"));
}

#[test]
fn dates_are_kept_as_printed_with_what_they_stand_for() {
    let reading = atlas(EDITION_2020);
    for (key, date, basis) in [
        ("AOS2", "8/29/19", "activation"),
        ("AOS7", "21, 2019", "activation"),
        ("AOS8", "10/4", "activation"),
        ("AOS9", "43146", "activation"),
        ("AOS13", "01/17,2019", "activation"),
        ("AOS16", "2018", "first_reported"),
        ("AOS17", "06/01/2016", "first_reported"),
    ] {
        assert_eq!(value(&reading, key, keys::DATE), Some(date));
        assert_eq!(value(&reading, key, keys::DATE_BASIS), Some(basis), "{key}");
        assert_eq!(value(&reading, key, keys::DATE_IN_SUMMARY), None, "{key}");
    }
    assert_eq!(value(&reading, "AOS15", keys::DATE_BASIS), None, "no date, no basis");
    let published = |key| stated(&reading, key).citation.published_on;
    assert_eq!(published("AOS2"), None, "the date of an activation is none of publication");
    assert_eq!(published("AOS17"), NaiveDate::from_ymd_opt(2016, 6, 1));
    assert_eq!(published("AOS16"), None, "a year is no day");
}

#[test]
fn a_month_in_the_prose_counts_only_where_no_date_is_printed() {
    let reading = atlas(EDITION_2020);
    assert_eq!(value(&reading, "AOS5", keys::DATE_IN_SUMMARY), Some("September 2020"));
    assert_eq!(value(&reading, "AOS5", keys::DATE_BASIS), Some("activation"));
    assert_eq!(value(&reading, "AOS6", keys::DATE_IN_SUMMARY), Some("August 2020"));
    assert_eq!(value(&reading, "AOS6", keys::DATE), None);
}

#[test]
fn another_agency_in_the_prose_is_told_but_another_spelling_is_not() {
    let reading = atlas(EDITION_2020);
    let told: Vec<_> = reading
        .drafts
        .iter()
        .filter_map(|draft| {
            Some((&*draft.source_key, &**draft.reported.get(keys::AGENCY_IN_SUMMARY)?))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("AOS4", "Tamsin Department of Public Safety"),
            ("AOS6", "Town of Vesper Police Department"),
            ("AOS22", "Village of Arden Police Department"),
        ]
    );
}

#[test]
fn the_editors_prose_is_never_kept() {
    for edition in [EDITION_2020, EDITION_2026] {
        let everything = format!("{:?}", atlas(edition));
        for prose in ["special access", "Jane Roe", "voluntary registry"] {
            assert!(!everything.contains(prose), "{prose}");
        }
    }
}

#[test]
fn copies_of_one_link_are_equal_and_every_link_is_cited() {
    let reading = atlas(EDITION_2020);
    let url = |key| stated(&reading, key).citation.url.clone().unwrap();
    assert_eq!(url("AOS5"), url("AOS6"), "the zoom that a spreadsheet counted up is left out");
    assert_eq!(url("AOS2"), url("AOS3"));
    let archived = stated(&reading, "AOS17").citation.archived_url.as_deref();
    assert_eq!(archived, Some("https://web.archive.org/web/1/https://umber.example/x"));

    let mentions = |key: &str| {
        let drafts = reading.drafts.iter().filter(|draft| draft.role == Role::Mentions);
        let cited = drafts.filter(|draft| draft.source_key == key).map(|draft| {
            assert!(draft.reported.is_empty());
            let on = draft.citation.published_on.map(|on| on.to_string());
            format!("{} {}", draft.citation.url.as_deref().unwrap(), on.unwrap_or_default())
        });
        cited.collect::<Vec<_>>()
    };
    assert_eq!(mentions("AOS10"), ["https://www.oviel.example/agenda.pdf 2019-08-29"]);
    assert_eq!(
        mentions("AOS11"),
        ["https://oviel.example/a.pdf ", "https://oviel.example/b.pdf "],
        "two links in a cell, and a date that is none in full"
    );
    assert_eq!(mentions("AOS13"), ["https://news.example/rook "]);
}

#[test]
fn one_agency_under_two_numbers_is_two_statements() {
    let reading = atlas(EDITION_2020);
    assert_eq!(value(&reading, "AOS10", keys::DATE), Some("10/8/2019"));
    assert_eq!(value(&reading, "AOS11", keys::DATE), Some("4/13/2020"));
}

#[test]
fn the_vendor_tells_the_program_of_a_registry() {
    let reading = atlas(EDITION_2020);
    assert_eq!(value(&reading, "AOS2", keys::PROGRAM), Some("ring-neighbors"));
    assert_eq!(value(&reading, "AOS15", keys::PROGRAM), Some("motorola-camera-registry"));
    assert_eq!(value(&reading, "AOS16", keys::PROGRAM), Some("camera-registry"));
    assert_eq!(value(&reading, "AOS17", keys::PROGRAM), Some("camera-registry"));
    assert_eq!(value(&reading, "AOS17", keys::TECHNOLOGY), Some("Camera Registry"));
}

#[test]
fn the_wider_numbers_and_new_columns_of_2026_are_read_as_before() {
    let (old, new) = (atlas(EDITION_2020), atlas(EDITION_2026));
    assert_eq!(new.records_read, 4);
    assert_eq!(stated(&old, "AOS2").reported, stated(&new, "AOS2").reported);
    assert_eq!(stated(&old, "AOS15").citation, stated(&new, "AOS15").citation);
    assert_eq!(value(&new, "AOS20001", keys::AGENCY), Some("B\u{e9}la Police Department"));
}

#[test]
fn an_edition_saved_again_by_a_spreadsheet_says_the_same() {
    let text = std::str::from_utf8(EDITION_2020).unwrap();
    let mut rows =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(b"\xef\xbb\xbf".to_vec());
    for row in rows.records() {
        writer.write_record(&row.unwrap()).unwrap();
    }
    let saved = writer.into_inner().unwrap();
    assert_ne!(saved, EDITION_2020);
    assert_eq!(atlas(&saved), atlas(EDITION_2020));
}

#[test]
fn a_body_in_another_encoding_is_read_with_one_issue() {
    let text = std::str::from_utf8(EDITION_2026).unwrap();
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    let reading = atlas(&latin);
    assert_eq!(value(&reading, "AOS20001", keys::CITY), Some("B\u{e9}la"));
    let problems: Vec<_> = reading.issues.iter().map(|issue| issue.problem).collect();
    assert_eq!(problems, [Problem::UnreadableText]);
}

#[test]
fn a_body_that_is_no_edition_of_the_atlas_is_an_error_that_says_what_it_is() {
    let text = std::str::from_utf8(EDITION_2020).unwrap();
    let header = text.lines().next().unwrap();
    let renamed = text.replacen("\"AOSNUMBER\"", "\"RENAMED\"", 1);
    let undated = text.replacen("\"Link 1 Date\"", "\"When\"", 1);
    let cut = &text[..text.rfind("June").unwrap() + 2];
    let said = |body: &str| read("eff-atlas", body.as_bytes()).unwrap_err().to_string();
    assert!(said(&renamed).starts_with("the column `AOSNUMBER` is missing; there are: RENAMED, "));
    assert!(said(&undated).starts_with("the column `Link 1 Date` is missing"));
    assert_snapshot!(said("<!doctype html><title>Just a moment...</title>"), @r"expected the CSV table of the Atlas of Surveillance, found an HTML page");
    assert_snapshot!(said(""), @r"expected the CSV table of the Atlas of Surveillance, found an empty text");
    assert_snapshot!(said("upstream says no\n"), @r"the column `AOSNUMBER` is missing; there are: upstream says no");
    assert_snapshot!(said(header), @r"no records in the CSV table of the Atlas of Surveillance");
    assert_snapshot!(said(cut), @r"expected the CSV table of the Atlas of Surveillance, found a table whose record 27 ends within quotes");
}

#[test]
fn an_edition_without_our_categories_is_readable_and_says_nothing() {
    let text = std::str::from_utf8(EDITION_2020).unwrap();
    let retired: Vec<_> = text.lines().take(2).collect();
    let reading = atlas(retired.join("\n").as_bytes());
    assert_eq!((reading.records_read, reading.drafts.len()), (1, 0));
}

#[test]
fn placemarks_become_statements_whatever_the_shape_of_the_map() {
    assert_snapshot!(statements(&map(FLAT_MAP)), @r"
        Placemark[0] | franklin police department/franklin, tn | Franklin Police Department | TN
        Placemark[1] | franklin police department/franklin, massachusetts | Franklin Police Department | Massachusetts
        Placemark[2] | tamsin police department/tamsin | Tamsin Police Department | -
        Placemark[3] | corran county sheriff's office/, fl | Corran County Sheriff's Office | FL
        ");
    assert_snapshot!(statements(&map(MAP_OF_FOLDERS)), @r"
        Folder[0]/Placemark[0] | 0a1b2c3d-0000-4000-8000-000000000001 | Harper Police & Fire | OH
        Folder[0]/Placemark[1] | 0a1b2c3d-0000-4000-8000-000000000002 | Madder Police Department | Ohio
        Folder[1]/Placemark[0] | 0a1b2c3d-0000-4000-8000-000000000003 | Harper Fire & Rescue | OH
        ");
}

#[test]
fn placemarks_that_cannot_be_read_are_issues() {
    let reading = map(FLAT_MAP);
    assert_eq!(reading.records_read, 7);
    assert_snapshot!(issues(&reading), @r"
        Placemark[2] | tamsin police department/tamsin | missing_value: the address names no state; kept without `Tamsin`
        Placemark[2] | tamsin police department/tamsin | unreadable_number: the count of video requests is no number; unknown `n/a`
        Placemark[4] | - | missing_value: name is blank; the placemark is left out
        Placemark[5] | franklin police department/franklin, tn | duplicate_key: stands for `franklin police department/franklin, tn` already
        Placemark[6] | franklin police department/franklin, tn | duplicate_key: stands for `franklin police department/franklin, tn` already
        ");
    assert_eq!(map(MAP_OF_FOLDERS).issues, []);
}

#[test]
fn a_missing_number_of_requests_is_unknown_and_nought_is_nought() {
    let reading = map(FLAT_MAP);
    let requests = |key| value(&reading, key, keys::VIDEO_REQUESTS);
    assert_eq!(requests("franklin police department/franklin, tn"), Some("12"));
    assert_eq!(requests("franklin police department/franklin, massachusetts"), None);
    assert_eq!(requests("tamsin police department/tamsin"), None);
    assert_eq!(requests("corran county sheriff's office/, fl"), Some("0"));
}

#[test]
fn a_placemark_says_when_it_became_active_and_what_sort_of_agency_it_is() {
    let reading = map(MAP_OF_FOLDERS);
    let police = "0a1b2c3d-0000-4000-8000-000000000001";
    let fire = "0a1b2c3d-0000-4000-8000-000000000003";
    assert_eq!(value(&reading, police, keys::DATE), Some("9/3/19"));
    assert_eq!(value(&reading, police, keys::DATE_BASIS), Some("activation"));
    assert_eq!(value(&reading, police, keys::AGENCY_TYPE), None);
    assert_eq!(value(&reading, fire, keys::AGENCY_TYPE), Some("Fire Department"));
    assert_eq!(value(&reading, fire, keys::PROGRAM), Some("ring-neighbors"));
    assert_eq!(
        stated(&reading, police).citation.url.as_deref(),
        Some("https://ring.example/agency/0A1B2C3D-0000-4000-8000-000000000001")
    );
    let undated = map(FLAT_MAP);
    assert_eq!(value(&undated, "tamsin police department/tamsin", keys::DATE_BASIS), None);
}

#[test]
fn an_id_that_stands_for_two_agencies_is_told_apart_by_name() {
    let text = std::str::from_utf8(MAP_OF_FOLDERS).unwrap();
    let shared = text.replace("000000000003", "000000000002");
    assert_snapshot!(statements(&map(shared.as_bytes())), @r"
        Folder[0]/Placemark[0] | 0a1b2c3d-0000-4000-8000-000000000001 | Harper Police & Fire | OH
        Folder[0]/Placemark[1] | 0a1b2c3d-0000-4000-8000-000000000002 | Madder Police Department | Ohio
        Folder[1]/Placemark[0] | 0a1b2c3d-0000-4000-8000-000000000002/harper fire & rescue/harper, oh | Harper Fire & Rescue | OH
        ");
}

#[test]
fn a_body_that_is_no_map_is_an_error_that_says_what_it_is() {
    let said = |body: &[u8]| read("ring-map", body).unwrap_err().to_string();
    assert_snapshot!(said(STUB), @r"expected a KML document with placemarks, found a stub that refers to https://maps.example/kml?mid=1&forcekml=1: fetch that instead");
    assert_snapshot!(said(b""), @r"expected a KML document with placemarks, found nothing");
    assert_snapshot!(said(b"<html><title>404</title>"), @r"expected a KML document with placemarks, found an HTML page");
    assert_snapshot!(said(b"<kml><Document/></kml>"), @r"no records in the map");
    assert_snapshot!(said(b"<!DOCTYPE kml []><kml/>"), @r"expected a KML document with placemarks, found XML with a document type declaration, which is refused");
    assert_snapshot!(said(&FLAT_MAP[..900]), @r#"expected a KML document with placemarks, found XML that is not well-formed at byte 888: syntax error: attribute value not closed: `"` not found before end of input"#);
}
