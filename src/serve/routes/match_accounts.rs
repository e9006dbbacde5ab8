//! How it was decided which agency a partnership is of.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::json as json_answer;
use super::records::{Found, found, id_segment};
use crate::record::{
    AgencyId, MatchAccount, Partnership, PartnershipId, Record as _, ReleaseId, Resource,
};
use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::example;
use crate::serve::page::{self, Addresses, Meta};

/// How it was decided which agency a partnership is of.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct PartnershipMatch {
    /// The partnership.
    #[schema(example = "par_0123456789")]
    partnership_id: PartnershipId,
    /// The agency; null where it could not be told.
    #[schema(required = true, example = "agy_0123456789")]
    agency_id: Option<AgencyId>,
    /// The release this was decided in.
    release: ReleaseId,
    /// Points from which on a candidate is taken.
    #[schema(example = 75)]
    enough: i32,
    /// Points by which it must be ahead of the next agency.
    #[schema(example = 8)]
    margin: i32,
    /// Each row of a source that lists the partnership at present, and what was made of it. Empty
    /// in releases that were made before this was kept.
    listings: Vec<MatchAccount>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let Some(partnerships) = Resource::of_table(Partnership::TABLE) else { return Vec::new() };
    vec![Endpoint {
        id: "getPartnershipMatch".to_owned(),
        base: Base::Release,
        path: format!("/{}/{{id}}/match", partnerships.table),
        tag: partnerships.table,
        summary: "How it was decided which agency a partnership is of".to_owned(),
        description: "Row by row of the sources: the agencies that came into question, what was \
                      compared and how much each counts, and why one of them was taken or none. \
                      Rows that could not be matched are listed under `/issues?problem=\
                      unknown_agency,ambiguous_agency,agency_disagrees`, those that nearly could \
                      not under `problem=near_tie`."
            .to_owned(),
        segments: vec![id_segment(partnerships)],
        parameters: Vec::new(),
        answers: Answers {
            also: &[308, 404, 410, 503],
            ..json_answer("PartnershipMatchAnswer", "How it was decided.", example())
        },
        resource: Some(partnerships),
        handler: answer,
    }]
}

fn example() -> Value {
    json!({
        "data": {
            "partnership_id": "par_0123456789", "agency_id": "agy_0123456789",
            "release": example::RELEASE, "enough": MatchAccount::ENOUGH, "margin": MatchAccount::MARGIN,
            "listings": [{
                "evidence_id": "evd_0123456789", "partnership_id": "par_0123456789",
                "source_id": "eff-atlas", "source_key": "AOS1",
                "agency_name_reported": "Springfield Police Dept", "city_reported": "Springfield",
                "state": "OH", "outcome": "linked", "agency_id": "agy_0123456789",
                "method": "normalised_name", "score": 1.0,
                "reason": "One agency of the state has the name but for its spelling, and the place \
                           agrees.",
                "candidates": [{
                    "agency_id": "agy_0123456789", "name": "Springfield Police Department",
                    "source_id": "fbi-agencies", "source_key": "OH0120100", "chosen": true,
                    "points": 110,
                    "features": [
                        {"name": "name", "found": "alike but for spelling", "points": 60},
                        {"name": "county", "found": "the same", "points": 35},
                        {"name": "city", "found": "the agency is there", "points": 5},
                        {"name": "alone", "found": "no other agency of the state has a name as near",
                         "points": 10},
                    ],
                }],
            }],
        },
        "meta": example::meta(),
        "links": example::links("/partnerships/par_0123456789/match"),
    })
}

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let place = call.place()?.clone();
    let partnership: Partnership = match found(call, &place, "/match")? {
        Found::Here(record) => record,
        Found::Elsewhere(moved) => return Ok(moved),
    };
    let links = Addresses::new(call.state, &place).links(&call.path);
    let work = move || {
        let found = PartnershipMatch {
            listings: place.release.database()?.match_accounts_of(partnership.id.as_str())?,
            partnership_id: partnership.id,
            agency_id: partnership.agency_id,
            release: place.release.id(),
            enough: MatchAccount::ENOUGH,
            margin: MatchAccount::MARGIN,
        };
        Ok(Answer::json(page::document(&found, &Meta::of(&place), &links)))
    };
    Ok(Plan::Answer { canonical: Some(String::new()), short: true, work: Box::new(work) })
}
