//! Lists, records, evidence, history and summary, as a client sees them.

use porchlight::record::{PartnershipStatus, RESOURCES, Record, Service, SubjectType};
use reqwest::Method;
use serde_json::json;

use crate::support::app::App;
use crate::support::release::{
    ReleaseBuilder, agency, emergency_batch, evidence, partner_agencies, partnership, source,
};

const RELEASE: &str = "2026-11-24.1";

#[tokio::test]
async fn a_record_is_answered_in_the_envelope_with_every_key() {
    let akron = agency("Akron Police Department");
    let id = akron.id.clone();
    let app = App::of([ReleaseBuilder::new(RELEASE).has(&akron)]);

    let got = app.get(&format!("/v1/agencies/{id}")).await;
    assert_eq!((got.status, got.header("content-type")), (200, "application/json"));
    let this = format!("/v1/releases/{RELEASE}/agencies/{id}");
    assert_eq!(
        got.json(),
        json!({
            "data": akron,
            "meta": {
                "release": RELEASE, "schema_version": "1.2.0",
                "coverage": {
                    "summary":
                        "No program is known in which Akron Police Department could be a partner.",
                    "programs": [],
                },
            },
            "links": {
                "self": this, "history": format!("{this}/history"),
                "evidence": format!("{this}/evidence"),
                "partnerships": format!("/v1/releases/{RELEASE}/partnerships?agency_id={id}"),
                "coverage": format!("{this}/coverage"),
                "docs": "/docs",
            },
        })
    );
}

#[tokio::test]
async fn every_resource_is_listed_in_both_scopes() {
    let app = App::of([ReleaseBuilder::new(RELEASE)]);
    for resource in RESOURCES {
        for base in ["/v1", "/v1/releases/latest", "/v1/releases/2026-11-24.1"] {
            let got = app.get(&format!("{base}/{}", resource.table)).await;
            assert_eq!(got.status, 200, "{base}/{}", resource.table);
            assert_eq!(got.json()["meta"]["total"], 0);
            assert_eq!(got.header("dataset-total"), "0");
            assert!(got.json()["links"]["next"].is_null());
        }
    }
}

#[tokio::test]
async fn the_evidence_of_a_record_is_its_own() {
    let akron = agency("Akron");
    let id = akron.id.as_str();
    let mine = evidence(SubjectType::Agency, id, "a");
    let release = ReleaseBuilder::new(RELEASE)
        .has(&mine)
        .has(&evidence(SubjectType::Vendor, id, "b"))
        .has(&evidence(SubjectType::Agency, "agy_0000000000", "c"))
        .has(&akron);
    let app = App::of([release]);

    let got = app.get(&format!("/v1/agencies/{id}/evidence")).await;
    assert_eq!(got.json()["data"], json!([mine]));
    assert_eq!(got.json()["meta"]["total"], 1);
    let got = app.get(&format!("/v1/agencies/{id}/evidence?role=contradicts")).await;
    assert_eq!(got.json()["meta"]["total"], 0);
    let got = app.get(&format!("/v1/agencies/{id}/evidence?subject_id=x")).await;
    assert_eq!(got.status, 400);
    assert_eq!(app.get("/v1/agencies/agy_zzzzzzzzzz/evidence").await.status, 404);
}

#[tokio::test]
async fn the_evidence_of_a_source_is_what_it_gives() {
    let mut theirs = evidence(SubjectType::Agency, "agy_0000000000", "a");
    theirs.source_id = "eff-atlas".parse().unwrap();
    let release = ReleaseBuilder::new(RELEASE)
        .has(&theirs)
        .has(&evidence(SubjectType::Agency, "agy_0000000000", "b"))
        .has(&source("eff-atlas"));
    let app = App::of([release]);
    let source = "eff-atlas";
    let got = app.get(&format!("/v1/sources/{source}/evidence")).await.json();
    assert_eq!(got["data"], json!([theirs]));
    let record = app.get(&format!("/v1/sources/{source}")).await.json();
    assert_eq!(got["meta"]["total"], record["data"]["evidence_count"]);
    let got = app.get(&format!("/v1/sources/{source}/evidence?subject_type=vendor")).await;
    assert_eq!(got.json()["meta"]["total"], 0);
    let got = app.get(&format!("/v1/sources/{source}/evidence?source_id=curated")).await;
    assert_eq!(got.status, 400, "the path says which source");

    let links = app.get(&format!("/v1/evidence/{}", theirs.id)).await.json()["links"].clone();
    assert_eq!((&links["evidence"], &links["partnerships"]), (&json!(null), &json!(null)));
    let document = porchlight::serve::openapi();
    for table in ["issues", "corrections", "evidence", "coverage"] {
        let path = format!("/{table}/{{id}}/evidence");
        assert!(document["paths"].get(&path).is_none(), "{path}");
        let got = app.get(&format!("/v1/{table}/x/evidence")).await;
        assert!(got.json()["detail"].as_str().unwrap().starts_with("nothing is at"), "{path}");
    }
}

#[tokio::test]
async fn the_history_of_a_record_begins_where_it_appeared() {
    let akron = agency("Akron");
    let id = akron.id.clone();
    let change = |release: &str| {
        format!(
            "INSERT INTO changes VALUES ('{release}', 'agencies', '{id}', 'changed',
             'source_changed', '{{\"name\": [\"Acron\", \"Akron\"]}}');"
        )
    };
    // As text the tenth release of a day stands before the second.
    let release = ReleaseBuilder::new("2026-11-25.10")
        .has(&akron)
        .sql(&change("2026-11-25.10"))
        .sql(&change("2026-11-25.2"));
    let app = App::of([release]);

    let got = app.get(&format!("/v1/agencies/{id}/history")).await;
    let fields = json!([{ "field": "name", "before": "Acron", "after": "Akron" }]);
    let changed = |release| {
        json!({
            "release": release, "change": "changed", "cause": "source_changed", "fields": fields,
        })
    };
    assert_eq!(
        got.json()["data"],
        json!([
            { "release": RELEASE, "change": "added", "cause": null, "fields": [] },
            changed("2026-11-25.2"),
            changed("2026-11-25.10"),
        ])
    );
}

#[tokio::test]
async fn the_summary_gives_the_newest_stated_counts_and_who_says_so() {
    let police = partner_agencies(Service::LawEnforcement, 2161.0, "2022-07-01");
    let batch = emergency_batch(11);
    let letter = evidence(SubjectType::ReportedTotal, police.id.as_str(), "letter");
    let answer = evidence(SubjectType::Disclosure, batch.id.as_str(), "answer");
    let mut rounded = partner_agencies(Service::LawEnforcement, 2680.0, "2024-02-01");
    rounded.value_kind = porchlight::record::ValueKind::About;
    let mut older = partner_agencies(Service::LawEnforcement, 7.0, "2018-01-01");
    older.vendor_id = "before-ring".parse().unwrap();
    let mut listed = partnership("a", PartnershipStatus::Unknown);
    listed.status_as_of_on = "2024-01-31".parse().ok();
    let release = ReleaseBuilder::new(RELEASE)
        .has(&partner_agencies(Service::LawEnforcement, 405.0, "2019-08-28"))
        .has(&older)
        .has(&police)
        .has(&rounded)
        .has(&partner_agencies(Service::Fire, 455.0, "2022-07-01"))
        .has(&batch)
        .has(&letter)
        .has(&answer)
        .has(&listed)
        .has(&partnership("b", PartnershipStatus::Ended))
        .has(&partnership("c", PartnershipStatus::Unknown));
    let app = App::of([release]);

    let summary = app.get("/v1/summary").await.json()["data"].clone();
    let headline = |index: usize| {
        let total = &summary["partner_agencies"][index];
        (total["scope"].as_str().unwrap().to_owned(), total["value"].as_f64().unwrap())
    };
    assert_eq!(headline(0), ("law_enforcement".to_owned(), 2161.0));
    assert_eq!(headline(1), ("fire".to_owned(), 455.0));
    assert_eq!(headline(2), ("law_enforcement".to_owned(), 7.0), "the newest come first");
    assert_eq!(summary["partner_agencies"].as_array().unwrap().len(), 3);
    let shown = &summary["partner_agencies"][0]["evidence"];
    assert_eq!(shown[0]["evidence_id"], json!(letter.id));
    assert_eq!(shown[0]["url"], json!(letter.url));
    let emergencies = &summary["emergency_disclosures_without_consent"];
    assert_eq!(emergencies["incidents"], 11);
    assert_eq!(emergencies["disclosures"][0]["disclosure_id"], json!(batch.id));
    assert_eq!(emergencies["disclosures"][0]["evidence"][0]["evidence_id"], json!(answer.id));
    assert_eq!(summary["partnerships_by_status"], json!({ "active": 0, "ended": 1, "unknown": 2 }));
    assert_eq!(summary["partnerships_as_of_on"], "2024-01-31");
    assert_eq!(summary["records"]["reported_totals"], 5);
    assert_eq!(summary["records"].as_object().unwrap().len(), RESOURCES.len());
}

#[tokio::test]
async fn an_id_that_once_existed_is_never_not_found() {
    let akron = agency("Akron");
    let id = akron.id.clone();
    let release = ReleaseBuilder::new(RELEASE)
        .has(&akron)
        .sql(&format!(
            "INSERT INTO redirects VALUES ('agencies', 'agy_0000000001', '{id}', '{RELEASE}', 'one');"
        ))
        .sql(&format!(
            "INSERT INTO withdrawals VALUES ('agencies', 'agy_0000000002', '{RELEASE}', 'no agency');"
        ));
    let app = App::of([release]);

    for below in ["", "/history", "/evidence"] {
        let merged = app.get(&format!("/v1/agencies/agy_0000000001{below}")).await;
        assert_eq!(merged.status, 308, "{below}");
        assert_eq!(merged.header("location"), format!("/v1/agencies/{id}{below}"));
        assert_eq!(merged.header("access-control-allow-origin"), "*");
        let pinned =
            app.get(&format!("/v1/releases/{RELEASE}/agencies/agy_0000000001{below}")).await;
        assert_eq!(
            pinned.header("location"),
            format!("/v1/releases/{RELEASE}/agencies/{id}{below}")
        );

        let gone = app.get(&format!("/v1/agencies/agy_0000000002{below}")).await;
        assert_eq!((gone.status, gone.json()["code"].as_str()), (410, Some("gone")));
        assert!(gone.json()["detail"].as_str().unwrap().contains("no agency"));

        let unknown = app.get(&format!("/v1/agencies/agy_0000000003{below}")).await;
        assert_eq!((unknown.status, unknown.header("cache-control")), (404, "public, max-age=60"));
    }
    // Another resource does not know that id.
    assert_eq!(app.get("/v1/vendors/agy_0000000001").await.status, 404);
    let gone = app.get(&format!("/v1/releases/{RELEASE}/agencies/agy_0000000002")).await;
    assert!(gone.header("cache-control").contains("max-age=86400"));
}

#[tokio::test]
async fn head_is_get_without_a_body_and_a_trailing_slash_is_served() {
    let akron = agency("Akron");
    let path = format!("/v1/agencies/{}", akron.id);
    let app = App::of([ReleaseBuilder::new(RELEASE).has(&akron)]);

    let got = app.get(&path).await;
    let head = app.ask(Method::HEAD, &path, &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["etag", "content-length", "content-type", "link", "content-location"] {
        assert_eq!(head.header(name), got.header(name), "{name}");
        assert!(!head.header(name).is_empty(), "{name}");
    }
    for path in [&path, "/v1/agencies", "/v1/summary", "/v1/releases", "/health/live", "/docs"] {
        let slashed = app.get(&format!("{path}/")).await;
        let plain = app.get(path).await;
        assert_eq!((slashed.status, &slashed.body), (200, &plain.body), "{path}");
        assert_eq!(slashed.header("etag"), plain.header("etag"), "{path}");
    }
}

#[tokio::test]
async fn every_list_pages_to_the_end_whatever_the_order() {
    let mut release = ReleaseBuilder::new(RELEASE);
    let mut all = Vec::new();
    for number in 0..23_u8 {
        let mut agency = agency(&format!("Agency {number}"));
        agency.state = ["OH", "MO", "IL"][usize::from(number % 3)].to_owned();
        agency.city = (number % 4 != 0).then(|| format!("City {}", number % 5));
        agency.lat = (number % 3 != 0).then(|| 40.0 + f64::from(number % 4) / 3.0);
        agency.partnerships = i64::from(number % 2);
        all.push(agency.id.as_str().to_owned());
        release = release.has(&agency);
    }
    all.sort();
    let app = App::of([release]);
    let columns = porchlight::record::Agency::COLUMNS.iter().filter(|c| c.ty.is_scalar());
    let mut orders: Vec<String> =
        columns.flat_map(|c| [c.name.into(), format!("-{}", c.name)]).collect();
    orders.extend(["city,-lat", "-city,lat", "-state,city,-lat,name", "lat,-id"].map(String::from));
    orders.push(orders[..10].iter().step_by(2).map(String::as_str).collect::<Vec<_>>().join(","));
    for order in orders {
        let whole = app.get(&format!("/v1/agencies?sort={order}")).await.ids();
        for limit in [1, 4, 23] {
            let pages = app.crawl(&format!("/v1/agencies?sort={order}&limit={limit}")).await;
            assert!(pages.iter().all(|page| page.len() <= limit && !page.is_empty()));
            assert_eq!(pages.concat(), whole, "{order} by {limit}");
        }
        let mut sorted = whole;
        sorted.sort();
        assert_eq!(sorted, all, "{order}");
    }
}

#[tokio::test]
async fn unknown_values_come_last_in_both_directions() {
    let mut known = agency("Known");
    known.city = Some("Akron".to_owned());
    let known_id = known.id.as_str().to_owned();
    let app =
        App::of([ReleaseBuilder::new(RELEASE).has(&known).has(&agency("A")).has(&agency("B"))]);
    for order in ["city", "-city"] {
        assert_eq!(app.get(&format!("/v1/agencies?sort={order}")).await.ids()[0], known_id);
    }
}
