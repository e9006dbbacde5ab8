//! What changed between any two releases.

use std::collections::{BTreeMap, BTreeSet};

use porchlight::record::{
    Agency, AgencyId, Evidence, Partnership, PartnershipStatus, Record, Resource, SubjectType,
    Vendor,
};
use serde_json::{Map, Value, json};

use crate::support::app::App;
use crate::support::release::{ReleaseBuilder, agency, evidence, partnership};

/// What the entry of a record says itself.
const STAMP: &str = "last_changed_release";
/// As text the tenth of a day stands before the second.
const RELEASES: [&str; 4] = ["2026-11-24.1", "2026-11-24.2", "2026-11-24.10", "2026-11-25.1"];

/// An agency as it is in a release, by when it appeared and last changed.
fn named(id: &str, name: &str, [first, last]: [usize; 2]) -> Agency {
    let [first_release, last_changed_release] =
        [first, last].map(|at| RELEASES[at].parse().unwrap());
    Agency { id: AgencyId::mint(id), first_release, last_changed_release, ..agency(name) }
}

fn key(agency: &Agency) -> (&str, &str) {
    ("agencies", agency.id.as_str())
}

/// Agencies a to e through four releases: a is renamed twice and back again, b is renamed, c is
/// new in the second, d is gone in the last, e comes and goes.
fn four_releases() -> [ReleaseBuilder; 4] {
    let [ada, bay, dee] = ["a", "b", "d"].map(|id| named(id, &id.to_uppercase(), [0, 0]));
    let [cob, elm] = ["c", "e"].map(|id| named(id, &id.to_uppercase(), [1, 1]));
    let (other_ada, ada_again) = (named("a", "Another A", [0, 1]), named("a", "A", [0, 2]));
    let (other_bay, once_more) = (named("b", "Another B", [0, 2]), named("b", "Once more", [0, 3]));
    let missouri = Agency { state: "MO".to_owned(), ..named("d", "D", [0, 2]) };
    let of = |status, last: usize| Partnership {
        state: None,
        agency_id: Some(ada.id.clone()),
        last_changed_release: RELEASES[last].parse().unwrap(),
        ..partnership("p", status)
    };
    let (unknown, ended) = (of(PartnershipStatus::Unknown, 0), of(PartnershipStatus::Ended, 2));
    let [first, second, third, fourth] = RELEASES.map(ReleaseBuilder::new);
    let rename = r#"{"name": ["x", "y"]}"#;
    let move_away = r#"{"state": ["OH", "MO"]}"#;
    let log = [
        (1, key(&ada), ("changed", "source_changed"), rename),
        (1, key(&cob), ("added", "source_changed"), "{}"),
        (1, key(&elm), ("added", "curation"), "{}"),
        (2, key(&ada), ("changed", "correction"), rename),
        (2, key(&bay), ("changed", "program_changed"), rename),
        (2, key(&dee), ("changed", "source_changed"), move_away),
        (2, key(&elm), ("withdrawn", "withdrawal"), "{}"),
        (2, ("partnerships", unknown.id.as_str()), ("changed", "time_passed"), "{}"),
        (3, key(&bay), ("changed", "program_changed"), rename),
        (3, key(&dee), ("withdrawn", "merge"), "{}"),
    ];
    let logged = |release: ReleaseBuilder, up_to: usize| {
        let until = log.into_iter().filter(|(number, ..)| *number <= up_to);
        until.fold(release, |release, (number, record, what, fields)| {
            release.changed(RELEASES[number], record, what, fields)
        })
    };
    let [d, a] = [&dee, &ada].map(|agency| agency.id.as_str());
    [
        first.has(&ada).has(&bay).has(&dee).has(&unknown),
        logged(second.has(&other_ada).has(&bay).has(&cob).has(&dee).has(&elm).has(&unknown), 1),
        logged(third.has(&ada_again).has(&other_bay).has(&cob).has(&missouri).has(&ended), 2)
            .withdrawn("agencies", elm.id.as_str()),
        logged(fourth.has(&ada_again).has(&once_more).has(&cob).has(&ended), 3)
            .withdrawn("agencies", elm.id.as_str())
            .merged("agencies", d, a),
    ]
}

/// The entries of a page by the agencies' letters.
fn told(page: &Value) -> BTreeMap<String, Value> {
    let letter = |id: &str| {
        let letters = ["a", "b", "c", "d", "e"];
        letters.into_iter().find(|letter| AgencyId::mint(letter).as_str() == id).unwrap_or("p")
    };
    let entries = page["data"].as_array().unwrap().iter();
    entries.map(|entry| (letter(entry["id"].as_str().unwrap()).to_owned(), entry.clone())).collect()
}

#[tokio::test]
async fn each_touched_record_stands_once_with_what_became_of_it_and_why() {
    let app = App::of(four_releases());
    let page = app.get("/v1/changes?from=2026-11-24.1&to=2026-11-25.1").await.json();
    assert_eq!((&page["meta"]["total"], &page["meta"]["returned"]), (&json!(5), &json!(5)));
    assert_eq!(page["meta"]["from"], "2026-11-24.1");
    let told = told(&page);
    let brief = |letter: &str| {
        let entry = &told[letter];
        json!([entry["change"], entry["release"], entry["causes"]])
    };
    assert_eq!(brief("a"), json!(["changed", "2026-11-24.10", ["source_changed", "correction"]]));
    assert_eq!(told["a"]["fields"], json!([]), "it is again what it was");
    assert_eq!(brief("b"), json!(["changed", "2026-11-25.1", ["program_changed"]]));
    assert_eq!(
        told["b"]["fields"],
        json!([{ "field": "name", "before": "B", "after": "Once more" }])
    );
    assert_eq!(brief("c"), json!(["added", "2026-11-24.2", ["source_changed"]]));
    assert_eq!(brief("d"), json!(["withdrawn", "2026-11-25.1", ["source_changed", "merge"]]));
    let ada = json!(AgencyId::mint("a").as_str());
    assert_eq!((&told["d"]["merged_into"], &told["a"]["merged_into"]), (&ada, &Value::Null));
    assert_eq!(told["d"]["reason"], "one");
    assert!(!told.contains_key("e"), "it came and went: neither release has it");
    let facts = Agency::COLUMNS.len() - 2;
    for (letter, side) in [("c", "before"), ("d", "after")] {
        let fields = told[letter]["fields"].as_array().unwrap();
        assert_eq!(fields.len(), facts, "{letter}");
        assert!(fields.iter().all(|field| field[side].is_null()), "{letter}");
    }
    assert_eq!(told["p"]["resource"], "partnerships");
    let order: Vec<_> = page["data"].as_array().unwrap().iter().map(|e| e["id"].clone()).collect();
    assert!(order[..5].is_sorted_by_key(|id| id.as_str().unwrap()), "{order:?}");
}

/// Every record of a release, by resource and id.
async fn facts(app: &App, release: &str) -> BTreeMap<(String, String), Map<String, Value>> {
    let mut all = BTreeMap::new();
    for table in [Agency::TABLE, Partnership::TABLE] {
        let page = app.get(&format!("/v1/releases/{release}/{table}")).await.json();
        for record in page["data"].as_array().unwrap() {
            let mut record = record.as_object().unwrap().clone();
            let id = record["id"].as_str().unwrap().to_owned();
            record.remove("id");
            all.insert((table.to_owned(), id), record);
        }
    }
    all
}

#[tokio::test]
async fn applied_to_one_release_the_changes_give_the_other() {
    let app = App::of(four_releases());
    for (number, from) in RELEASES.iter().enumerate() {
        for to in &RELEASES[number..] {
            let mut records = facts(&app, from).await;
            let page = app.get(&format!("/v1/changes?from={from}&to={to}")).await.json();
            for entry in page["data"].as_array().unwrap() {
                let text = |key: &str| entry[key].as_str().unwrap().to_owned();
                let key = (text("resource"), text("id"));
                if text("change") == "withdrawn" {
                    records.remove(&key);
                    continue;
                }
                let record = records.entry(key).or_default();
                record.insert(STAMP.to_owned(), entry["release"].clone());
                for field in entry["fields"].as_array().unwrap() {
                    let name = field["field"].as_str().unwrap().to_owned();
                    assert_eq!(record.get(&name).unwrap_or(&Value::Null), &field["before"]);
                    record.insert(name, field["after"].clone());
                }
            }
            assert_eq!(records, facts(&app, to).await, "{from} to {to}");
        }
    }
}

#[tokio::test]
async fn pages_put_together_are_all_changes_once_with_the_exact_total() {
    let app = App::of(four_releases());
    for query in ["from=2026-11-24.1", "from=2026-11-24.1&resource=agencies", "from=2026-11-24.2"] {
        let whole = app.get(&format!("/v1/changes?{query}")).await;
        assert_eq!(whole.json()["meta"]["total"], whole.ids().len());
        assert_eq!(whole.header("dataset-total"), whole.ids().len().to_string());
        for limit in 1..=5 {
            let pages = app.crawl(&format!("/v1/changes?{query}&limit={limit}")).await;
            assert!(pages.iter().all(|page| page.len() <= limit && !page.is_empty()));
            assert_eq!(pages.concat(), whole.ids(), "{query} by {limit}");
        }
        let none = app.get(&format!("/v1/changes?{query}&limit=0")).await.json();
        assert_eq!((&none["data"], &none["links"]["next"]), (&json!([]), &json!(null)));
        assert_eq!(none["meta"]["total"], whole.json()["meta"]["total"]);
    }
}

#[tokio::test]
async fn a_state_keeps_records_that_are_or_were_of_it() {
    let mut correction_like = four_releases();
    correction_like[3] = {
        let [.., last] = four_releases();
        last.changed(
            "2026-11-25.1",
            ("corrections", "cor_0000000001"),
            ("added", "correction"),
            "{}",
        )
        .changed("2026-11-25.1", ("vendors", "ring"), ("changed", "curation"), "{}")
    };
    let app = App::of(correction_like);
    let letters = async |query: &str| {
        let page = app.get(&format!("/v1/changes?{query}")).await.json();
        assert_eq!(page["meta"]["total"], page["data"].as_array().unwrap().len(), "{query}");
        told(&page).into_keys().collect::<String>()
    };
    // The partnership, the vendor and the correction are of no state.
    assert_eq!(letters("from=2026-11-24.1&state=OH").await, "abcd");
    assert_eq!(letters("from=2026-11-24.1&state=MO").await, "", "it was gone by then");
    assert_eq!(letters("from=2026-11-24.1&to=2026-11-24.10&state=MO").await, "d");
    assert_eq!(letters("from=2026-11-24.1&to=2026-11-24.10&state=OH").await, "abcd");
    assert_eq!(letters("from=2026-11-24.10&state=MO").await, "d", "it was before it went");
    assert_eq!(letters("from=2026-11-24.10&state=OH,MO").await, "bd");
    assert_eq!(letters("from=2026-11-24.1&state=OH&resource=partnerships,vendors").await, "");
    assert_eq!(letters("from=2026-11-24.1&state=open").await, "");
    assert_eq!(letters("from=2026-11-24.1&program_id=ring-neighbors").await, "p");
    assert_eq!(letters("from=2026-11-24.1&program_id=fetch,ring-neighbors&state=OH").await, "");
    let [a, b] = ["a", "b"].map(AgencyId::mint);
    assert_eq!(letters(&format!("from=2026-11-24.1&agency_id={a}")).await, "ap");
    assert_eq!(letters(&format!("from=2026-11-24.1&agency_id={a},{b}&state=OH")).await, "ab");
}

#[tokio::test]
async fn the_answer_names_both_releases_and_is_pinned_only_where_the_request_did() {
    let app = App::of(four_releases());
    let canonical = "/v1/changes?from=2026-11-24.10&to=2026-11-25.1";
    let exact = app.get(canonical).await;
    assert_eq!(exact.json()["links"]["self"], canonical);
    assert!(exact.header("cache-control").contains("max-age=86400"));
    assert_eq!(exact.header("content-location"), "");
    assert!(!exact.header("memento-datetime").is_empty());
    assert!(exact.header("link").contains(&format!("<{canonical}>; rel=\"canonical\"")));
    assert!(!exact.header("link").contains("version"));
    for query in [
        "",
        "?to=latest",
        "?from=2026-11-24",
        "?from=2026-11-24.10",
        "?to=2026-11-25.1",
        "?from=2026-11-24&to=2026-11-26",
        "?to=2026-11-25.1&from=2026-11-24&utm_source=x",
    ] {
        let got = app.get(&format!("/v1/changes{query}")).await;
        assert_eq!((got.status, &got.body), (200, &exact.body), "{query}");
        assert_eq!(got.header("etag"), exact.header("etag"), "{query}");
        assert_eq!(got.header("content-location"), canonical, "{query}");
        assert!(got.header("cache-control").contains("max-age=60"), "{query}");
        assert_eq!(got.header("dataset-release"), "2026-11-25.1");
        let tag = got.header("etag").to_owned();
        let path = format!("/v1/changes{query}");
        assert_eq!(app.get_with(&path, &[("if-none-match", &tag)]).await.status, 304);
    }
    let got = app.get("/v1/changes?to=2026-11-24.2").await;
    assert_eq!(got.header("dataset-release"), "2026-11-24.2");
    assert_eq!(got.json()["meta"]["from"], "2026-11-24.1");
    // Before the first release there is nothing to compare with.
    let got = app.get("/v1/changes?to=2026-11-24.1").await.json();
    assert_eq!((&got["data"], &got["meta"]["total"]), (&json!([]), &json!(0)));
    let spelled = "?state=OH,MO&resource=vendors,agencies&limit=50&to=latest";
    assert_eq!(
        app.get(&format!("/v1/changes{spelled}")).await.json()["links"]["self"],
        "/v1/changes?from=2026-11-24.10&resource=agencies,vendors&state=MO,OH&to=2026-11-25.1"
    );
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused_in_words() {
    let app = App::of(four_releases());
    for (query, status, code, says) in [
        ("from=2026-11-25.1&to=2026-11-24.1", 400, "invalid_parameter", "later than `to`"),
        ("from=latest&to=2026-11-24", 400, "invalid_parameter", "later than `to`"),
        ("from=2026-11-24.3", 404, "unknown_release", "2026-11-24.3"),
        ("to=2020-01-01", 404, "unknown_release", "2020-01-01"),
        ("from=yesterday", 400, "invalid_parameter", "'from': expected the name"),
        ("from=2026-11-24.1,latest", 400, "invalid_parameter", "'from': expected the name"),
        ("from=", 400, "invalid_parameter", "'from': expected the name"),
        ("resource=agency", 400, "invalid_parameter", "'resource': expected one of"),
        ("agency_id=", 400, "invalid_parameter", "'agency_id': expected text"),
        ("state=", 400, "invalid_parameter", "'state': expected text"),
        ("limit=1001", 400, "limit_too_large", "1000"),
        ("sort=id", 400, "invalid_parameter", "'sort' is not a parameter of GET /v1/changes"),
        ("cursor=x", 400, "cursor_mismatch", "damaged"),
    ] {
        let got = app.get(&format!("/v1/changes?{query}")).await;
        assert_eq!((got.status, got.json()["code"].as_str().unwrap()), (status, code), "{query}");
        let detail = got.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(says), "{query}: {detail}");
    }
    let meant = app.get("/v1/changes?resource=agencys").await.json();
    assert_eq!(meant["errors"][0]["did_you_mean"], "agencies");
    assert_eq!(App::of([]).get("/v1/changes").await.status, 503);
}

#[tokio::test]
async fn a_cursor_of_changes_continues_only_the_comparison_it_came_from() {
    let app = App::of(four_releases());
    let page = app.get("/v1/changes?from=2026-11-24.1&limit=1").await.json();
    let next = page["links"]["next"].as_str().unwrap();
    assert!(next.starts_with("/v1/changes?from=2026-11-24.1&to=2026-11-25.1&limit=1&cursor="));
    let cursor = next.split("cursor=").nth(1).unwrap();
    for other in [
        "from=2026-11-24.2&to=2026-11-25.1",
        "from=2026-11-24.1&to=2026-11-24.10",
        "from=2026-11-24.1&state=OH",
        "from=2026-11-24.1&resource=agencies",
    ] {
        let got = app.get(&format!("/v1/changes?{other}&cursor={cursor}")).await;
        assert_eq!((got.status, &got.json()["code"]), (400, &json!("cursor_mismatch")), "{other}");
    }
    let agencies = app.get("/v1/releases/2026-11-25.1/agencies?limit=1").await.json();
    let foreign = agencies["links"]["next"].as_str().unwrap().split("cursor=").nth(1).unwrap();
    assert_eq!(app.get(&format!("/v1/changes?cursor={foreign}")).await.status, 400);
}

#[tokio::test]
async fn the_history_of_what_is_not_logged_tells_the_last_change() {
    let mut said = evidence(porchlight::record::SubjectType::Vendor, "ring", "a");
    said.last_changed_release = "2026-11-25.1".parse().unwrap();
    let app = App::of([ReleaseBuilder::new("2026-11-25.1")
        .has(&said)
        .merged("evidence", "evd_0000000001", said.id.as_str())
        .withdrawn("evidence", "evd_0000000002")]);
    let bare = |release: &str, change: &str| json!({ "release": release, "change": change, "cause": null, "fields": [] });
    assert_eq!(
        app.get(&format!("/v1/evidence/{}/history", said.id)).await.json()["data"],
        json!([bare("2026-11-24.1", "added"), bare("2026-11-25.1", "changed")])
    );
    assert_eq!(app.get("/v1/evidence/evd_0000000001/history").await.status, 308);
    assert_eq!(app.get("/v1/evidence/evd_0000000002/history").await.status, 410);
}

#[tokio::test]
async fn lines_are_the_entries_of_all_pages_one_each() {
    let app = App::of(four_releases());
    for query in ["from=2026-11-24.1", "from=2026-11-24.2&state=OH", "from=latest"] {
        let page = app.get(&format!("/v1/changes?{query}")).await;
        let lines = app.get(&format!("/v1/changes.ndjson?{query}")).await;
        assert_eq!(lines.header("content-type"), "application/x-ndjson");
        assert_eq!(lines.header("dataset-total"), page.header("dataset-total"));
        let text = String::from_utf8(lines.body.clone()).unwrap();
        let entries: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(Value::from(entries), page.json()["data"], "{query}");
        // The very bytes.
        let joined = text.lines().collect::<Vec<_>>().join(",");
        assert!(String::from_utf8(page.body).unwrap().contains(&format!("[{joined}]")));
    }
    assert_eq!(app.get("/v1/changes.ndjson?limit=1").await.status, 400);
    assert_eq!(app.get("/v1/changes.csv").await.status, 406);
}

#[tokio::test]
async fn an_entry_names_the_evidence_that_is_new() {
    let [first, second] = RELEASES.map(|release| release.parse().unwrap())[..2] else { panic!() };
    let said = |key: &str, last_changed_release| Evidence {
        last_changed_release,
        ..evidence(SubjectType::Vendor, "ring", key)
    };
    let vendor = |last_changed_release, evidence_count| Vendor {
        id: "ring".parse().unwrap(),
        name: "Ring".to_owned(),
        parent: None,
        homepage: None,
        aliases: Vec::new(),
        first_release: first,
        last_changed_release,
        evidence_count,
    };
    let mut builder =
        ReleaseBuilder::new(RELEASES[1]).has(&vendor(second, 26)).has(&said("old", first));
    for number in 0..25 {
        builder = builder.has(&said(&number.to_string(), second));
    }
    let app = App::of([
        ReleaseBuilder::new(RELEASES[0]).has(&vendor(first, 1)).has(&said("old", first)),
        builder,
    ]);
    let entry = app.get("/v1/changes?resource=vendors").await.json()["data"][0].clone();
    assert_eq!(entry["fields"], json!([{ "field": "evidence_count", "before": 1, "after": 26 }]));
    assert_eq!(
        (&entry["evidence_total"], entry["evidence"].as_array().unwrap().len()),
        (&json!(25), 20)
    );
    let page = app.get("/v1/changes?resource=evidence&limit=100").await;
    assert_eq!(
        page.ids()[..20],
        serde_json::from_value::<Vec<String>>(entry["evidence"].clone()).unwrap()
    );
    assert_eq!(page.json()["meta"]["total"], 25);
    assert_eq!(page.json()["data"][0]["evidence"], json!([]));
}

#[test]
fn every_resource_is_compared() {
    let document = porchlight::serve::openapi();
    let schema = &document["components"]["parameters"]["changes.resource"]["schema"];
    let words = schema["items"]["enum"].as_array().unwrap().iter();
    let words: BTreeSet<&str> = words.map(|word| word.as_str().unwrap()).collect();
    let resources: &[Resource] = porchlight::record::RESOURCES;
    assert_eq!(words, resources.iter().map(|resource| resource.table).collect());
}
