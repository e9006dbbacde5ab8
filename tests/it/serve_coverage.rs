//! What is known of an agency, and who looked.

use porchlight::record::{
    Agency, Completeness, Evidence, Partnership, PartnershipStatus, Role, Service, SubjectType,
};
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::release::{ReleaseBuilder, agency, evidence, partnership, program, who_looks};

const RELEASE: &str = "2026-11-24.1";

/// A partnership of another agency, or of this one, in `ring-neighbors`.
fn of(agency: Option<&Agency>, key: &str, service: Service) -> Partnership {
    Partnership {
        agency_id: agency.map(|agency| agency.id.clone()),
        service,
        ..partnership(key, PartnershipStatus::Unknown)
    }
}

fn listed(partnership: &Partnership, source: &str, first: &str, last: &str) -> Evidence {
    let mut listed = evidence(SubjectType::Partnership, partnership.id.as_str(), source);
    listed.source_id = source.parse().unwrap();
    listed.first_listed_on = first.parse().unwrap();
    listed.last_listed_on = last.parse().unwrap();
    listed
}

async fn coverage(app: &App, agency: &Agency) -> Value {
    let got = app.get(&format!("/v1/agencies/{}/coverage", agency.id)).await;
    assert_eq!(got.status, 200, "{}", got.json());
    assert_eq!(got.json()["data"]["agency_id"], json!(agency.id));
    got.json()["data"]["programs"][0].clone()
}

#[tokio::test]
async fn a_documented_partnership_comes_with_who_says_so_and_who_says_otherwise() {
    let akron = agency("Akron");
    let mut theirs = of(Some(&akron), "akron", Service::LawEnforcement);
    theirs.last_listed_on = "2020-11-01".parse().ok();
    let mut against = listed(&theirs, "curated", "2022-07-01", "2022-07-01");
    against.role = Role::Contradicts;
    let release = ReleaseBuilder::new(RELEASE)
        .has(&akron)
        .has(&agency("Bay"))
        .has(&program("ring-neighbors"))
        .has(&theirs)
        .has(&listed(&theirs, "eff-atlas", "2020-08-01", "2020-11-01"))
        .has(&against)
        .has(&who_looks("eff-atlas", Completeness::Sample))
        .has(&who_looks("curated", Completeness::Editorial))
        .edition("eff-atlas", "2020-11-01");
    let app = App::of([release]);
    let found = coverage(&app, &akron).await;
    assert_eq!(
        (&found["coverage"], &found["as_of_on"]),
        (&json!("documented"), &json!("2020-11-01"))
    );
    assert_eq!(
        found["partnerships"],
        json!([{
            "partnership_id": theirs.id, "status": "unknown", "last_listed_on": "2020-11-01",
            "sources": [
                {
                    "source_id": "curated", "source_name": "curated", "role": "contradicts",
                    "first_listed_on": "2022-07-01", "last_listed_on": "2022-07-01",
                },
                {
                    "source_id": "eff-atlas", "source_name": "eff-atlas", "role": "supports",
                    "first_listed_on": "2020-08-01", "last_listed_on": "2020-11-01",
                },
            ],
        }])
    );
    assert_eq!(
        found["statement"],
        "A partnership of Akron in Program ring-neighbors is documented by eff-atlas, last listed \
         on 2020-11-01; whether it goes on is not known; curated contradicts a part of it."
    );
    // The answer follows from the release alone.
    let path = format!("/agencies/{}/coverage", akron.id);
    let [one, other] = [
        app.get(&format!("/v1{path}")).await,
        app.get(&format!("/v1/releases/{RELEASE}{path}")).await,
    ];
    assert_eq!((&one.body, one.header("etag")), (&other.body, other.header("etag")));
}

#[tokio::test]
async fn a_sample_that_has_nothing_is_no_check() {
    let (akron, bay) = (agency("Akron"), agency("Bay"));
    let theirs = of(Some(&bay), "bay", Service::LawEnforcement);
    let release = ReleaseBuilder::new(RELEASE)
        .has(&akron)
        .has(&bay)
        .has(&program("ring-neighbors"))
        .has(&theirs)
        .has(&listed(&theirs, "eff-atlas", "2020-08-01", "2020-11-01"))
        .has(&who_looks("eff-atlas", Completeness::Sample))
        .edition("eff-atlas", "2020-11-01");
    let app = App::of([release]);
    let found = coverage(&app, &akron).await;
    assert!(found["as_of_on"].is_null(), "a look at some is none at this one");
    assert_eq!((&found["coverage"], &found["checked_by"]), (&json!("not_checked"), &json!([])));
    assert_eq!(
        found["sampled_by"],
        json!([{
            "source_id": "eff-atlas", "source_name": "eff-atlas", "completeness": "sample",
            "as_of_on": "2020-11-01",
        }])
    );
    assert_eq!(
        found["statement"],
        "Whether Akron is a partner in Program ring-neighbors was not checked: eff-atlas \
         (2020-11-01), which lists only some partners, does not list it, and nothing follows from \
         that."
    );
    assert_eq!(coverage(&app, &bay).await["coverage"], "documented");
}

#[tokio::test]
async fn none_found_needs_a_whole_list_of_that_program_and_service_with_a_date() {
    let with_service = |name: &str, service| Agency { service, ..agency(name) };
    let police = with_service("Police", Service::LawEnforcement);
    let fire = with_service("Fire", Service::Fire);
    let both = with_service("Both", Service::Both);
    let [listed_police, listed_fire] =
        [("p", Service::LawEnforcement), ("f", Service::Fire)].map(|(key, s)| of(None, key, s));
    let base = || {
        ReleaseBuilder::new(RELEASE)
            .has(&police)
            .has(&fire)
            .has(&both)
            .has(&program("ring-neighbors"))
            .has(&who_looks("ring-map", Completeness::Exhaustive))
            .has(&who_looks("fbi-agencies", Completeness::Exhaustive))
            .has(&listed_police)
    };
    let evidence = listed(&listed_police, "ring-map", "2022-01-01", "2023-01-01");
    let words = async |release: ReleaseBuilder| {
        let app = App::of([release]);
        let mut words = Vec::new();
        for agency in [&police, &fire, &both] {
            let found = coverage(&app, agency).await;
            words.push(format!("{} {}", found["coverage"].as_str().unwrap(), found["as_of_on"]));
        }
        words
    };
    let [none, checked] = ["not_checked null", "checked_none_found \"2023-01-01\""];

    // That a whole list exists says nothing where it never listed a partnership.
    assert_eq!(words(base()).await, [none; 3]);
    // Nor where no edition of it has that date.
    assert_eq!(words(base().has(&evidence)).await, [none; 3]);
    let dated = || base().has(&evidence).edition("ring-map", "2023-01-01");
    assert_eq!(words(dated()).await, [checked, none, none]);
    // Police and fire department: as of the older of the two.
    let fire_list = listed(&listed_fire, "ring-map", "2021-01-01", "2021-01-01");
    let whole = dated().has(&listed_fire).has(&fire_list).edition("ring-map", "2021-01-01");
    let older = "checked_none_found \"2021-01-01\"";
    assert_eq!(words(whole).await, [checked, older, older]);
    // What contradicts is no listing, and a list of another program none of this.
    let mut contradicts = evidence.clone();
    contradicts.role = Role::Contradicts;
    assert_eq!(words(base().has(&contradicts).edition("ring-map", "2023-01-01")).await, [none; 3]);
    let mut elsewhere = of(None, "x", Service::LawEnforcement);
    elsewhere.program_id = "zzz".parse().unwrap();
    let other = listed(&elsewhere, "ring-map", "2023-01-01", "2023-01-01");
    let other = base().has(&program("zzz")).has(&elsewhere).has(&other);
    assert_eq!(words(other.edition("ring-map", "2023-01-01")).await, [none; 3]);
}

#[tokio::test]
async fn partnerships_of_untold_agencies_of_the_state_are_not_kept_quiet() {
    let akron = agency("Akron");
    let theirs = of(None, "somebody", Service::LawEnforcement);
    let mut abroad = of(None, "abroad", Service::LawEnforcement);
    abroad.state = Some("MO".to_owned());
    let mut nowhere = of(None, "nowhere", Service::Both);
    nowhere.state = None;
    let release = ReleaseBuilder::new(RELEASE)
        .has(&akron)
        .has(&program("ring-neighbors"))
        .has(&theirs)
        .has(&abroad)
        .has(&nowhere)
        .has(&of(None, "fire", Service::Fire))
        .has(&listed(&theirs, "ring-map", "2022-01-01", "2023-01-01"))
        .has(&who_looks("ring-map", Completeness::Exhaustive))
        .edition("ring-map", "2023-01-01");
    let found = coverage(&App::of([release]), &akron).await;
    assert_eq!(found["coverage"], "checked_none_found");
    assert_eq!(found["unmatched_partnerships"], 2);
    assert_eq!(
        found["statement"],
        "No partnership of Akron in Program ring-neighbors was found: ring-map (2023-01-01), which \
         lists them all, does not list it; one of 2 more, of agencies that could not be told, may \
         be this."
    );
}

/// `meta.coverage` of the record of an agency, held to what its coverage says.
async fn in_words(app: &App, agency: &Agency) -> Value {
    let found = app.get(&format!("/v1/agencies/{}", agency.id)).await.json();
    let words = found["meta"]["coverage"].clone();
    let whole = app.get(&format!("/v1/agencies/{}/coverage", agency.id)).await.json();
    for said in words["programs"].as_array().unwrap() {
        let mut programs = whole["data"]["programs"].as_array().unwrap().iter();
        let program = programs.find(|program| program["program_id"] == said["program_id"]).unwrap();
        for field in ["coverage", "as_of_on", "statement"] {
            assert_eq!(said[field], program[field]);
        }
    }
    words
}

#[tokio::test]
async fn the_record_of_an_agency_says_in_words_what_is_known_and_what_nobody_looked_at() {
    let police = Agency { ori: Some("OH0020100".to_owned()), ..agency("Akron") };
    let fire = Agency { service: Service::Fire, ..agency("Bay Fire") };
    let other = agency("Cobb");
    let mut theirs = of(Some(&police), "akron", Service::LawEnforcement);
    theirs.last_listed_on = "2023-01-01".parse().ok();
    let mut elsewhere = of(None, "x", Service::LawEnforcement);
    elsewhere.program_id = "sampled".parse().unwrap();
    let release = ReleaseBuilder::new(RELEASE)
        .has(&police)
        .has(&fire)
        .has(&other)
        .has(&program("ring-neighbors"))
        .has(&theirs)
        .has(&listed(&theirs, "ring-map", "2022-01-01", "2023-01-01"))
        .has(&who_looks("ring-map", Completeness::Exhaustive))
        .edition("ring-map", "2023-01-01")
        .has(&program("sampled"))
        .has(&program("zzz"))
        .has(&elsewhere)
        .has(&listed(&elsewhere, "eff-atlas", "2020-11-01", "2020-11-01"))
        .has(&who_looks("eff-atlas", Completeness::Sample))
        .edition("eff-atlas", "2020-11-01");
    let app = App::of([release]);
    let words = in_words(&app, &police).await;
    assert_eq!(
        words["summary"],
        "A partnership of Akron is documented in Program ring-neighbors. Whether it is a partner in \
         any of 2 other programs was not checked: that nothing is listed there says nothing."
    );
    let programs = words["programs"].as_array().unwrap();
    assert_eq!(programs.len(), 2, "nobody looked at the third: {programs:?}");
    assert_eq!(
        in_words(&app, &other).await["summary"],
        "No partnership of Cobb was found in Program ring-neighbors: who lists all partners among \
         law enforcement agencies, as of 2023-01-01, does not name it. Whether it is a partner in \
         any of 2 other programs was not checked: that nothing is listed there says nothing."
    );
    // Nobody looked at fire departments: nothing may be said of them.
    let words = in_words(&app, &fire).await;
    assert_eq!(
        words["summary"],
        "Whether Bay Fire is a partner in any of 3 programs was not checked: that nothing is listed \
         there says nothing."
    );
    assert_eq!(words["programs"], json!([]));
    let by_key = app.get("/v1/agencies/by/ori/OH0020100").await.json();
    assert_eq!(by_key["meta"]["coverage"], in_words(&app, &police).await);
    assert!(app.get("/v1/programs/zzz").await.json()["meta"].get("coverage").is_none());
}

#[tokio::test]
async fn an_agency_may_be_a_partner_that_could_not_be_told() {
    let police = agency("Akron");
    let other = agency("Cobb");
    let mut theirs = of(Some(&police), "akron", Service::LawEnforcement);
    theirs.last_listed_on = "2023-01-01".parse().ok();
    let untold = of(None, "somebody", Service::LawEnforcement);
    let app = App::of([ReleaseBuilder::new(RELEASE)
        .has(&police)
        .has(&other)
        .has(&program("ring-neighbors"))
        .has(&theirs)
        .has(&listed(&theirs, "ring-map", "2022-01-01", "2023-01-01"))
        .has(&who_looks("ring-map", Completeness::Exhaustive))
        .edition("ring-map", "2023-01-01")
        .has(&untold)]);
    assert_eq!(
        in_words(&app, &other).await["summary"],
        "No partnership of Cobb was found in Program ring-neighbors: who lists all partners among \
         law enforcement agencies, as of 2023-01-01, does not name it, unless it is one of those \
         whose agency could not be told."
    );
    let app = App::of([ReleaseBuilder::new(RELEASE).has(&other)]);
    assert_eq!(
        in_words(&app, &other).await["summary"],
        "No program is known in which Cobb could be a partner."
    );
}

#[tokio::test]
async fn the_coverage_of_an_id_that_once_existed_moves_with_it() {
    let akron = agency("Akron");
    let app = App::of([ReleaseBuilder::new(RELEASE)
        .has(&akron)
        .merged("agencies", "agy_0000000001", akron.id.as_str())
        .withdrawn("agencies", "agy_0000000002")]);
    let got = app.get("/v1/agencies/agy_0000000001/coverage").await;
    let there = format!("/v1/agencies/{}/coverage", akron.id);
    assert_eq!((got.status, got.header("location")), (308, there.as_str()));
    assert_eq!(app.get("/v1/agencies/agy_0000000002/coverage").await.status, 410);
    assert_eq!(app.get("/v1/agencies/agy_0000000003/coverage").await.status, 404);
    assert_eq!(app.get(&there).await.json()["data"]["programs"], json!([]));
    assert_eq!(app.get("/v1/vendors/ring/coverage").await.status, 404);
}
