//! How it was decided which agency a partnership is of, as the API tells it.

use porchlight::record::{
    AccountedCandidate, MatchAccount, MatchFeature, MatchMethod, MatchOutcome, Partnership,
    PartnershipStatus,
};
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::release::{ReleaseBuilder, agency, partnership};

#[tokio::test]
async fn an_account_is_told_as_it_was_kept() {
    let akron = agency("Akron");
    let theirs = Partnership {
        agency_id: Some(akron.id.clone()),
        ..partnership("akron", PartnershipStatus::Unknown)
    };
    let other = partnership("bay", PartnershipStatus::Unknown);
    let account = MatchAccount {
        evidence_id: "evd_0000000000".parse().unwrap(),
        partnership_id: theirs.id.clone(),
        source_id: "eff-atlas".parse().unwrap(),
        source_key: "AOS1".to_owned(),
        agency_name_reported: "Akron's Police".to_owned(),
        city_reported: None,
        state: Some("OH".to_owned()),
        outcome: MatchOutcome::Linked,
        agency_id: Some(akron.id.clone()),
        method: Some(MatchMethod::SimilarName),
        score: Some(0.85),
        reason: "Alike.".to_owned(),
        candidates: vec![AccountedCandidate {
            agency_id: Some(akron.id.clone()),
            name: "Akron".to_owned(),
            source_id: "fbi-agencies".parse().unwrap(),
            source_key: "OH0770100".to_owned(),
            chosen: true,
            points: 85,
            features: vec![MatchFeature {
                name: "name".to_owned(),
                found: "the same words".to_owned(),
                points: 85,
            }],
        }],
    };
    let text = serde_json::to_string(&account).unwrap().replace('\'', "''");
    let release =
        ReleaseBuilder::new("2026-11-24.1").has(&akron).has(&theirs).has(&other).sql(&format!(
            "INSERT INTO match_accounts VALUES ('evd_0000000000', '{}', 'linked', '{text}')",
            theirs.id
        ));
    let app = App::of([release]);
    let told = async |id: &str| {
        let got = app.get(&format!("/v1/partnerships/{id}/match")).await;
        assert_eq!(got.status, 200, "{}", got.json());
        got.json()["data"].clone()
    };
    let found = told(theirs.id.as_str()).await;
    assert_eq!(found["agency_id"], json!(akron.id));
    assert_eq!((&found["enough"], &found["margin"]), (&json!(75), &json!(8)));
    assert_eq!(found["listings"], json!([account]));
    assert_eq!(told(other.id.as_str()).await["listings"], Value::Array(Vec::new()));
    assert_eq!(app.get("/v1/partnerships/par_9999999999/match").await.status, 404);
}
