use chrono::NaiveDate;

use super::*;
use crate::record::{Draft, Resource, Role, SubjectType, keys, written};

fn read(parts: Vec<Part>) -> Result<Reading, ReadError> {
    let capture = Capture {
        source_id: CARD.id.parse().unwrap(),
        sha256: String::new(),
        retrieved_at: chrono::DateTime::UNIX_EPOCH,
        as_of_on: NaiveDate::MIN,
        parts,
    };
    Curated.read(&capture)
}

fn file(name: &str, text: &str) -> Part {
    Part { name: name.to_owned(), bytes: Bytes::copy_from_slice(text.as_bytes()) }
}

const VENDORS: &str = r#"
[[vendors]]
key = "lamp"
name = "Lamp"
confidence = "A"
[[vendors.evidence]]
url = "https://example.org/lamp"
"#;

const TOTALS: &str = r#"
[[reported_totals]]
key = "lamp-12"
vendor_id = "lamp"
metric = "partner_agencies"
unit = "agencies"
value = 12
value_kind = "exact"
as_of_on = "2020-02-29"
stated_by = "Lamp"
confidence = "B"
[[reported_totals.evidence]]
publisher = "Gazette"
[[reported_totals.evidence]]
url = "https://example.org/other"
role = "contradicts"
pointer = "/value"
reported = { value = 13.5 }
"#;

/// Reads one vendor and the totals with `from` replaced by `to`.
fn with(from: &str, to: &str) -> Result<Reading, ReadError> {
    assert!(TOTALS.contains(from), "{from}");
    let totals = TOTALS.replacen(from, to, 1);
    read(vec![file("vendors.toml", VENDORS), file("reported-totals.toml", &totals)])
}

/// The text of the error, which names the file and the entry.
fn fault(from: &str, to: &str) -> String {
    let text = with(from, to).unwrap_err().to_string();
    text.strip_prefix("reported-totals.toml: lamp-12: ").unwrap_or(&text).to_owned()
}

fn entries(reading: &Reading) -> impl Iterator<Item = &Draft> {
    reading.drafts.iter().filter(|draft| draft.reported.contains_key("confidence"))
}

#[test]
fn the_built_in_data_reads_without_a_fault_and_has_the_figures_it_all_began_with() {
    let reading = read(parts()).unwrap();
    assert!(reading.issues.is_empty());
    assert_eq!(entries(&reading).count(), reading.records_read);

    let value = |source_key: &str, name: &str| {
        let entry = entries(&reading).find(|draft| draft.source_key == source_key).unwrap();
        entry.reported[name].clone()
    };
    assert_eq!(value("reported-totals/ring-2161-police", "value"), "2161");
    assert_eq!(value("reported-totals/ring-2161-police", "scope"), "law_enforcement");
    assert_eq!(value("reported-totals/ring-455-fire", "value"), "455");
    assert_eq!(value("reported-totals/ring-455-fire", "scope"), "fire");
    assert_eq!(value("disclosures/ring-emergency-2022-h1", "incident_count"), "11");
    assert_eq!(value("disclosures/ring-emergency-2022-h1", "consent"), "none");
    assert_eq!(value("programs/ring-neighbors", "launched_on"), "2018-05");
    let emergency = entries(&reading).filter(|draft| {
        draft.reported.get("legal_basis").is_some_and(|basis| basis == "emergency")
    });
    assert_eq!(emergency.count(), 1, "the batch is never written out");
}

#[test]
fn every_part_of_the_capture_holds_entries() {
    // Nothing may have been taken back yet, and local decisions are not in the program.
    const EMPTY: [&str; 2] = ["withdrawals.toml", LOCAL_OVERRIDES];
    let reading = read(parts()).unwrap();
    for File { name, .. } in FILES.iter().filter(|file| !EMPTY.contains(&file.name)) {
        let of_file = |draft: &&Draft| draft.locator.starts_with(&format!("{name}#"));
        assert!(entries(&reading).any(|draft| of_file(&draft)), "{name}");
    }
}

/// A page without an address cannot be looked up: the entries that rest on none are few, and each
/// new one is a decision.
#[test]
fn entries_that_no_link_leads_to_are_known() {
    let reading = read(parts()).unwrap();
    let linked = |entry: &Draft| {
        let mut pages = reading.drafts.iter().filter(|d| d.source_key == entry.source_key);
        pages.any(|draft| draft.citation.url.is_some())
    };
    let mut unlinked: Vec<_> = entries(&reading).filter(|entry| !linked(entry)).collect();
    unlinked.sort_by(|a, b| a.source_key.cmp(&b.source_key));
    let unlinked: Vec<_> = unlinked.iter().map(|entry| entry.source_key.as_str()).collect();
    insta::assert_snapshot!(unlinked.join("\n"), @r#"
    corrections/rekognition-was-not-ring
    disclosures/nest-first-known-hand-over
    events/ftc-considered-action-2021
    events/markey-letter-2022
    events/neighbors-launch-2018
    events/rekognition-test-2018
    events/ring-biometric-patents
    reported-totals/markey-five-fold-2022
    reported-totals/nest-accounts-2015-2018
    reported-totals/nest-compliance-2018-h1
    reported-totals/nest-requests-2015-2018
    reported-totals/nest-requests-2018-h1
    reported-totals/ring-demands-growth-2020-techcrunch
    reported-totals/ring-notified-requests-2021
    reported-totals/ring-notified-users-2021
    "#);
}

#[test]
fn an_entry_and_each_of_its_pages_are_drafts_of_one_key() {
    let reading = with("key", "key").unwrap();
    assert_eq!(reading.records_read, 2);
    let drafts: Vec<_> =
        reading.drafts.iter().filter(|d| d.source_key == "reported-totals/lamp-12").collect();
    let [entry, first, second] = drafts[..] else { panic!("{drafts:?}") };

    assert_eq!(entry.subject_type, SubjectType::ReportedTotal);
    assert_eq!(entry.locator, "reported-totals.toml#lamp-12");
    assert_eq!(entry.citation, crate::record::Citation::default());
    insta::assert_json_snapshot!(entry.reported, @r#"
    {
      "as_of_on": "2020-02-29",
      "confidence": "B",
      "metric": "partner_agencies",
      "stated_by": "Lamp",
      "unit": "agencies",
      "value": "12",
      "value_kind": "exact",
      "vendor_id": "lamp"
    }
    "#);

    assert_eq!((first.role, first.pointer.as_str()), (Role::Supports, ""));
    assert_eq!(first.citation.publisher.as_deref(), Some("Gazette"));
    assert!(first.reported.is_empty());
    assert_eq!((second.role, second.pointer.as_str()), (Role::Contradicts, "/value"));
    assert_eq!(second.citation.url.as_deref(), Some("https://example.org/other"));
    assert_eq!(second.reported.iter().collect::<Vec<_>>(), [(&"value".into(), &"13.5".into())]);
}

#[test]
fn partnerships_speak_the_common_names_and_lists_are_json() {
    let reading = read(parts()).unwrap();
    let names = [
        keys::AGENCY,
        keys::CITY,
        keys::STATE,
        keys::PROGRAM,
        keys::DATE,
        keys::DATE_BASIS,
        "confidence",
    ];
    let of_partnership = |d: &&Draft| d.source_key.starts_with("partnerships/");
    for draft in entries(&reading).filter(of_partnership) {
        for name in draft.reported.keys() {
            assert!(names.contains(&name.as_str()), "{}: {name}", draft.source_key);
        }
    }
    let through = entries(&reading)
        .find(|d| d.source_key == "programs/ring-community-requests")
        .map(|d| d.reported["intermediary_vendor_ids"].as_str());
    assert_eq!(through, Some(r#"["axon"]"#));
}

#[test]
fn a_correction_is_about_the_kind_of_entry_it_corrects() {
    let reading = read(parts()).unwrap();
    let of = |source_key: &str| {
        entries(&reading).find(|draft| draft.source_key == source_key).unwrap().clone()
    };
    let rekognition = of("corrections/rekognition-was-not-ring");
    assert_eq!(rekognition.subject_type, SubjectType::Event);
    assert_eq!(rekognition.reported["subject"], "events/rekognition-test-2018");
    assert_eq!(rekognition.reported["after"], "amazon");
    assert_eq!(of("events/rekognition-test-2018").reported["vendor_id"], "amazon");
}

#[test]
fn a_fault_names_the_file_the_entry_and_the_field() {
    let whole = with("value = 12", "value = \"twelve\"").unwrap_err().to_string();
    assert!(whole.starts_with("reported-totals.toml: lamp-12: value: "), "{whole}");

    let faults = [
        ("unit =", "unti ="),
        ("unit = \"agencies\"\n", ""),
        ("\"partner_agencies\"", "\"partners\""),
        ("2020-02-29", "2021-02-29"),
        ("2020-02-29", "2020-02"),
        ("confidence = \"B\"", "confidence = \"C\""),
        ("key = \"lamp-12\"", "key = \"Lamp 12\""),
        ("key = \"lamp-12\"\n", ""),
        ("\"lamp\"", "\"candle\""),
        ("value = 12\n", ""),
        ("value_kind = \"exact\"", "value_kind = \"range\""),
        ("as_of_on", "period_from_on = \"2021-01-01\"\nperiod_to_on"),
        ("publisher = \"Gazette\"", "title = \"No more than a title\""),
        ("publisher = \"Gazette\"", "url = \"https://example.org/shortened-...\""),
        ("publisher = \"Gazette\"", "publisher = \"Gazette\"\npage = 7"),
        ("publisher = \"Gazette\"", "publisher = \"Gazette\"\npublished_on = \"June\""),
        ("pointer = \"/value\"", "pointer = \"/valeu\""),
        ("pointer = \"/value\"", "pointer = \"value\""),
        ("{ value = 13.5 }", "{}"),
        ("{ value = 13.5 }", "{ valeu = 13.5 }"),
        ("{ value = 13.5 }", "{ value_kind = \"roughly\" }"),
        ("[[reported_totals]]", "[[totals]]\n[[reported_totals]]"),
    ];
    let faults: Vec<_> = faults.iter().map(|(from, to)| fault(from, to)).collect();
    insta::assert_snapshot!(faults.join("\n"), @r#"
    unknown field `unti`, expected one of `vendor_id`, `program_id`, `metric`, `scope`, `unit`, `value`, `value_lower`, `value_upper`, `value_kind`, `period_from_on`, `period_to_on`, `as_of_on`, `stated_by`, `published_on`
    missing field `unit`
    metric: unknown variant `partners`, expected one of `partner_agencies`, `partner_agencies_joined`, `listings_removed`, `information_requests`, `search_warrants`, `search_warrant_share`, `subpoenas`, `court_orders`, `preservation_requests`, `emergency_disclosures`, `video_request_incidents`, `users_notified`, `content_disclosure_rate`, `compliance_rate`, `growth_factor`, `accounts_affected`, `people_compensated`
    as_of_on: `2021-02-29` is no date: expected YYYY-MM-DD
    as_of_on: `2020-02` is no date: expected YYYY-MM-DD
    confidence: unknown variant `C`, expected `A` or `B`
    reported-totals.toml: Lamp 12: key: `Lamp 12` is no key: lower-case letters, digits and hyphens, a letter first
    reported-totals.toml: entry 1: missing field `key`
    vendor_id: there is no entry `vendors/candle`
    value: is left out for a `range`, and given otherwise
    value: is left out for a `range`, and given otherwise
    period_to_on: 2020-02-29 lies before 2021-01-01
    evidence[0]: url: a page needs an address, or at least a publisher
    evidence[0]: url: `https://example.org/shortened-...` is no whole http or https address
    evidence[0]: unknown field `page`, expected one of `url`, `archived_url`, `title`, `publisher`, `published_on`, `role`, `pointer`, `quote`, `note`, `reported`
    evidence[0]: published_on: `June` is no date: expected YYYY-MM-DD
    evidence[1]: pointer: `reported_totals` have no `valeu`
    evidence[1]: pointer: `value` is no pointer: expected `/` and the name of a field, or nothing
    evidence[1]: reported: a page that contradicts needs what it says instead
    evidence[1]: reported: unknown field `valeu`, expected one of `vendor_id`, `program_id`, `metric`, `scope`, `unit`, `value`, `value_lower`, `value_upper`, `value_kind`, `period_from_on`, `period_to_on`, `as_of_on`, `stated_by`, `published_on`
    evidence[1]: reported: value_kind: unknown variant `roughly`, expected one of `exact`, `about`, `at_least`, `range`
    reported-totals.toml: the file: totals: unknown table, expected `reported_totals`
    "#);
}

#[test]
fn a_quote_is_short_and_an_entry_rests_on_a_page() {
    let long = format!("publisher = \"Gazette\"\nquote = \"{}\"", "x".repeat(301));
    assert_eq!(
        fault("publisher = \"Gazette\"", &long),
        "evidence[0]: quote: has 301 characters, at most 300 are allowed"
    );
    let alone = TOTALS.split("[[reported_totals.evidence]]").next().unwrap();
    for (rest, expected) in [
        ("", "reported-totals.toml: lamp-12: missing field `evidence`"),
        ("evidence = []\n", "reported-totals.toml: lamp-12: evidence: at least one page is needed"),
    ] {
        let totals = file("reported-totals.toml", &format!("{alone}{rest}"));
        let error = read(vec![file("vendors.toml", VENDORS), totals]).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_key_is_used_once_in_a_file() {
    let twice = file("vendors.toml", &VENDORS.repeat(2));
    let error = read(vec![twice]).unwrap_err();
    assert_eq!(error.to_string(), "vendors.toml: lamp: key: `lamp` is used twice");
}

#[test]
fn a_file_that_is_no_curated_file_is_refused() {
    for (name, text, expected) in [
        ("vendors.csv", VENDORS, "expected the curated files, found a file `vendors.csv`"),
        ("vendors.toml", "", "no records in the curated files"),
    ] {
        let error = read(vec![file(name, text)]).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let error = read(vec![file("vendors.toml", "[[vendors]\n")]).unwrap_err().to_string();
    assert!(error.starts_with("vendors.toml: the file: TOML parse error at line 1"), "{error}");
}

#[test]
fn every_correction_can_be_applied_as_it_is_written() {
    let reading = read(parts()).unwrap();
    for entry in entries(&reading).filter(|d| d.source_key.starts_with("corrections/")) {
        let resource = entry.subject_type.table().and_then(Resource::of_table).unwrap();
        let Some(field) = entry.reported["pointer"].strip_prefix('/') else { continue };
        for value in ["before", "after"] {
            let text = entry.reported.get(value).map(String::as_str);
            let read = written(resource, field, text);
            assert!(read.is_ok(), "{}: {value}: {read:?}", entry.source_key);
        }
    }
}

fn decided(file_name: &str, text: &str) -> Result<Draft, String> {
    let reading = read(vec![file("vendors.toml", VENDORS), file(file_name, text)]);
    let reading = reading.map_err(|error| error.to_string())?;
    Ok(entries(&reading).find(|draft| draft.source_key.ends_with("/one")).unwrap().clone())
}

#[test]
fn a_decision_names_its_record_by_entry_row_or_id() {
    let correction = |subject: &str, pointer: &str| {
        decided(
            "corrections.toml",
            &format!(
                "[[corrections]]\nkey = \"one\"\nsubject = \"{subject}\"\n\
                 pointer = \"{pointer}\"\nafter = \"x\"\nreason = \"r\"\nstate = \"fixed\"\n\
                 confidence = \"A\"\n[[corrections.evidence]]\npublisher = \"p\"\n"
            ),
        )
    };
    for (subject, pointer, expected) in [
        ("vendors/lamp", "/name", SubjectType::Vendor),
        ("eff-atlas/AOS 1/2", "/state", SubjectType::Partnership),
        ("fbi-agencies/OH0020100", "/name", SubjectType::Agency),
        ("agy_0123456789", "/lat", SubjectType::Agency),
        ("dis_0123456789", "", SubjectType::Disclosure),
    ] {
        assert_eq!(correction(subject, pointer).unwrap().subject_type, expected, "{subject}");
    }
    let faults = [
        ("vendors/candle", "/name"),
        ("vendors/lamp", "/nmae"),
        ("vendors/lamp", "/first_release"),
        ("agy_0123456789", "/partnerships"),
        ("census-places/3900198", "/name"),
        ("no-such-source/1", "/name"),
        ("sources/eff-atlas", "/name"),
        ("eff-atlas/", "/name"),
        ("evd_0123456789", "/quote"),
        ("agy_1", "/name"),
        ("", "/name"),
    ];
    let faults = faults.map(|(subject, pointer)| correction(subject, pointer).unwrap_err());
    insta::assert_snapshot!(faults.join("\n"), @r"
    corrections.toml: one: subject: there is no entry `vendors/candle`
    corrections.toml: one: pointer: `vendors` have no `nmae`
    corrections.toml: one: pointer: `first_release` of `vendors` follows from other fields: correct those
    corrections.toml: one: pointer: `partnerships` of `agencies` follows from other fields: correct those
    corrections.toml: one: subject: `census-places/3900198` names nothing that people can decide on
    corrections.toml: one: subject: `no-such-source/1` names nothing that people can decide on
    corrections.toml: one: subject: `sources/eff-atlas` names nothing that people can decide on
    corrections.toml: one: subject: `eff-atlas/` names no record: expected a file or source, `/` and a key, or an id
    corrections.toml: one: subject: `evd_0123456789` names no record: expected a file or source, `/` and a key, or an id
    corrections.toml: one: subject: `agy_1` names no record: expected a file or source, `/` and a key, or an id
    corrections.toml: one: subject: `` names no record: expected a file or source, `/` and a key, or an id
    ");
}

#[test]
fn what_is_merged_has_a_survivor_of_its_own_sort() {
    let withdrawal = |merged_into: &str| {
        decided(
            "withdrawals.toml",
            &format!(
                "[[withdrawals]]\nkey = \"one\"\nsubject = \"eff-atlas/AOS1\"\n{merged_into}\n\
                 reason = \"r\"\nconfidence = \"A\"\n[[withdrawals.evidence]]\npublisher = \"p\"\n"
            ),
        )
    };
    let alone = withdrawal("").unwrap();
    assert_eq!(alone.source_key, "withdrawals/one");
    assert_eq!(alone.subject_type, SubjectType::Partnership);
    assert!(withdrawal("merged_into = \"par_0123456789\"").is_ok());
    for survivor in ["agy_0123456789", "eff-atlas/AOS1", "vendors/lamp"] {
        let error = withdrawal(&format!("merged_into = \"{survivor}\"")).unwrap_err();
        assert!(error.contains("merged_into: "), "{error}");
    }
}
