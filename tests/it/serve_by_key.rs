//! Agencies by the keys their registries give them.

use porchlight::record::{Agency, SubjectType};
use serde_json::json;

use crate::support::app::App;
use crate::support::release::{ReleaseBuilder, agency, evidence, source};

const RELEASE: &str = "2026-11-24.1";

fn with_ori(name: &str, ori: &str) -> Agency {
    Agency { ori: Some(ori.to_owned()), ..agency(name) }
}

fn with_fdid(name: &str, fdid: &str) -> Agency {
    Agency { fdid: Some(fdid.to_owned()), ..agency(name) }
}

#[tokio::test]
async fn a_key_answers_with_the_record_under_the_address_of_the_record() {
    let (akron, seattle) = (with_ori("Akron", "OH0770100"), with_fdid("Seattle", "WA-23d16"));
    let app = App::of([ReleaseBuilder::new(RELEASE).has(&akron).has(&seattle)]);
    for (path, id) in [
        ("ori/OH0770100", &akron.id),
        ("ori/oh0770100", &akron.id),
        ("fdid/WA-23d16", &seattle.id),
        ("fdid/wa-23D16", &seattle.id),
    ] {
        let record = app.get(&format!("/v1/agencies/{id}")).await;
        let got = app.get(&format!("/v1/agencies/by/{path}")).await;
        assert_eq!((got.status, &got.body), (200, &record.body), "{path}");
        let pinned = format!("/v1/releases/{RELEASE}/agencies/{id}");
        assert_eq!(got.json()["links"]["self"], pinned);
        assert_eq!(got.header("content-location"), pinned);
        assert!(got.header("link").contains(&format!("<{pinned}>; rel=\"canonical\"")));
        for name in ["etag", "link", "content-location", "cache-control", "dataset-release"] {
            assert_eq!(got.header(name), record.header(name), "{path} {name}");
        }
        let tag = got.header("etag").to_owned();
        let path = format!("/v1/releases/{RELEASE}/agencies/by/{path}");
        assert_eq!(app.get_with(&path, &[("if-none-match", &tag)]).await.status, 304);
        let got = app.get(&path).await;
        assert_eq!((got.header("content-location"), &got.body), ("", &record.body));
        assert!(got.header("cache-control").contains("max-age=86400"));
    }
}

#[tokio::test]
async fn a_key_is_not_found_under_another_scheme_or_where_it_never_was() {
    let app = App::of([ReleaseBuilder::new(RELEASE)
        .has(&with_ori("Akron", "OH0770100"))
        .has(&with_fdid("Seattle", "WA-23016"))
        .identity("agencies", "WA-23016", "agy_0000000001")
        .withdrawn("agencies", "agy_0000000001")]);
    for path in [
        "ori/OH0770101",
        "ori/OH077010",
        "ori/WA-23016",
        "ori/%27%20OR%201=1",
        "ori/%00",
        "ori/%25",
        "fdid/OH0770100",
        "fdid/WA-",
        "fdid/WA-23017",
        "fdid/%C3%96H-1",
    ] {
        let got = app.get(&format!("/v1/agencies/by/{path}")).await;
        assert_eq!((got.status, &got.json()["code"]), (404, &json!("not_found")), "{path}");
    }
    // Only these two are keys; a query has no place here.
    assert_eq!(app.get("/v1/agencies/by/name/Akron").await.status, 404);
    assert_eq!(app.get("/v1/agencies/by/ori/OH0770100?state=OH").await.status, 400);
}

#[tokio::test]
async fn a_key_that_once_named_an_agency_is_never_not_found() {
    let akron = with_ori("Akron", "OH0770100");
    let renumbered = with_fdid("Bay", "OH-00002");
    // As the registry first gave it; the agency's other key is not among those ids are minted from.
    let mut said = evidence(SubjectType::Agency, renumbered.id.as_str(), "OH-00001");
    said.source_id = "usfa-registry".parse().unwrap();
    let app = App::of([ReleaseBuilder::new(RELEASE)
        .has(&akron)
        .has(&renumbered)
        .has(&said)
        .has(&source("usfa-registry"))
        .identity("agencies", "OH0770199", "agy_0000000001")
        .merged("agencies", "agy_0000000001", akron.id.as_str())
        .identity("agencies", "OH-55555/BAY FIRE/BAY", "agy_0000000002")
        .withdrawn("agencies", "agy_0000000002")
        .identity("agencies", "OH-66666/A/X", "agy_0000000003")
        .merged("agencies", "agy_0000000003", akron.id.as_str())
        .identity("agencies", "OH-66666/B/Y", renumbered.id.as_str())]);
    for (base, path, id) in [
        ("/v1", "ori/oh0770199", &akron.id),
        ("/v1/releases/latest", "ori/OH0770199", &akron.id),
        ("/v1", "fdid/OH-00001", &renumbered.id),
    ] {
        let got = app.get(&format!("{base}/agencies/by/{path}")).await;
        assert_eq!(got.status, 308, "{path}");
        assert_eq!(got.header("location"), format!("{base}/agencies/{id}"));
        assert_eq!(got.header("access-control-allow-origin"), "*");
    }
    let gone = app.get("/v1/agencies/by/fdid/OH-55555").await;
    assert_eq!((gone.status, &gone.json()["code"]), (410, &json!("gone")));
    assert!(gone.json()["detail"].as_str().unwrap().contains("no such thing"));
    let pinned = app.get(&format!("/v1/releases/{RELEASE}/agencies/by/fdid/OH-55555")).await;
    assert!(pinned.header("cache-control").contains("max-age=86400"));

    let several = app.get("/v1/agencies/by/fdid/OH-66666").await;
    assert_eq!(several.status, 400);
    let detail = several.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    let list = detail.split("ask ").nth(1).unwrap();
    assert_eq!(app.get(list).await.ids().len(), 2, "{list}");
}

#[tokio::test]
async fn a_key_of_several_agencies_is_not_resolved_to_one_of_them() {
    let app = App::of([ReleaseBuilder::new(RELEASE)
        .has(&with_fdid("A", "OH-00001"))
        .has(&with_fdid("B", "OH-00001"))
        .has(&with_fdid("C", "OH-00002"))]);
    for base in ["/v1".to_owned(), format!("/v1/releases/{RELEASE}")] {
        let got = app.get(&format!("{base}/agencies/by/fdid/oh-00001")).await;
        assert_eq!((got.status, &got.json()["code"]), (400, &json!("invalid_parameter")));
        let detail = got.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        let list = detail.split("ask ").nth(1).unwrap();
        assert_eq!(list, format!("{base}/agencies?fdid=OH-00001"));
        assert_eq!(app.get(list).await.ids().len(), 2);
    }
}
