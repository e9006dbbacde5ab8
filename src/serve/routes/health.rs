//! How the service and its machinery are doing.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{json as json_answer, pages};
use crate::serve::answer::{Answer, Plan};
use crate::serve::dispatch::newest_release;
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::{Code, Problem};
use crate::serve::headers::CacheClass;
use crate::serve::known_status::NoStatus;
use crate::serve::site::{self, Inside, Page, StatusAround};
use crate::serve::status::ServedRelease;

/// That the service is well. If it is not, the answer is a problem document.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct HealthReport {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![status(), status_page(), live(), ready()]
}

fn status() -> Endpoint {
    let example = json!({
        "data": {
            "last_run": null, "next_run_at": null, "sources": [], "held": [], "release": null,
            "schedule": null, "leader": null, "runs": [],
        },
        "links": { "self": "/v1/status", "docs": "/docs" },
    });
    Endpoint {
        id: "getStatus".to_owned(),
        base: Base::Api,
        path: "/status".to_owned(),
        tag: "service",
        summary: "How the machinery is doing".to_owned(),
        description:
            "The last runs and what came of each, the next refresh, the health of every source, \
             candidates that a gate holds back, and the release that is served. No part of any \
             release. 503 where this server has no catalog to know it from."
                .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: Answers { also: &[503], ..json_answer("StatusAnswer", "The status.", example) },
        resource: None,
        handler: answer_status,
    }
}

fn answer_status(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let state = call.state.clone();
    let work = move || {
        let public_url = &state.settings().public_url;
        let known = state.status();
        let status = known.as_ref().as_ref().map_err(not_known)?;
        let body = json!({
            "data": status,
            "links": {
                "self": format!("{public_url}/v1/status"), "docs": format!("{public_url}/docs"),
            },
        });
        Ok(Answer::json(body.to_string().into_bytes()).cached(CacheClass::Minute))
    };
    Ok(Plan::Answer { canonical: None, short: false, work: Box::new(work) })
}

/// The answer where there is no status, the cause of which is for the log.
fn not_known(why: &NoStatus) -> Problem {
    if let NoStatus::Panicked(words) = why {
        return Problem::internal(words.clone());
    }
    tracing::error!(error = why as &dyn std::error::Error, "no status to be had");
    Problem::new(Code::Unavailable, "how the service is doing is not known here")
}

fn status_page() -> Endpoint {
    let page = pages::page();
    Endpoint {
        id: "getStatusPage".to_owned(),
        path: "/status.html".to_owned(),
        tag: "service",
        summary: "How the machinery is doing, for people".to_owned(),
        description: "A page of the same as /v1/status, also at /status. Where this server has no \
                      catalog to know it from, the page says so beside what the server knows by \
                      itself."
            .to_owned(),
        answers: Answers { also: &[], ..page.answers },
        handler: answer_status_page,
        ..page
    }
}

fn answer_status_page(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let state = call.state.clone();
    let work = move || {
        let (host, known) = (state.settings().public_url.as_str(), state.status());
        if let Err(why) = known.as_ref() {
            tracing::error!(error = why as &dyn std::error::Error, "no status to be had");
        }
        let now = state.now();
        let newest = state.releases().newest().map(|newest| ServedRelease::of(&newest, now));
        // Whether anything is published is what the page is asked for: it does without the names.
        let place = newest_release(&state).ok();
        let sources = place.and_then(|place| site::named_sources(&Inside::of(&state, &place)));
        let around = StatusAround { host, sources: sources.as_ref() };
        let page = Page {
            title: "Status of Porchlight",
            description: "Why the data did or did not move: runs, sources and gates.",
            linked_data: None,
            address: &format!("{host}/status"),
            host,
            body: maud::PreEscaped(site::status(
                newest.as_ref(),
                known.as_ref().as_ref().ok(),
                now,
                &around,
            )),
        };
        Ok(pages::answer_of(&page, CacheClass::Minute))
    };
    Ok(Plan::Answer { canonical: None, short: false, work: Box::new(work) })
}

fn live() -> Endpoint {
    Endpoint {
        id: "getLiveness".to_owned(),
        base: Base::Root,
        path: "/health/live".to_owned(),
        tag: "service",
        summary: "Whether the process answers".to_owned(),
        description: "For whoever restarts it.".to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: json_answer("HealthReport", "It does.", json!({ "status": "ok" })),
        resource: None,
        handler: |call: &Call<'_>| {
            call.asked()?;
            Ok(well())
        },
    }
}

fn ready() -> Endpoint {
    Endpoint {
        id: "getReadiness".to_owned(),
        base: Base::Root,
        path: "/health/ready".to_owned(),
        tag: "service",
        summary: "Whether there is a release to answer from".to_owned(),
        description:
            "For whoever sends requests to it: 503 before the first release, and once the \
                      server is told to stop."
                .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: Answers {
            also: &[503],
            ..json_answer("HealthReport", "There is.", json!({ "status": "ok" }))
        },
        resource: None,
        handler: |call: &Call<'_>| {
            call.asked()?;
            call.state.releases().newest().ok_or_else(Problem::unavailable)?;
            if call.state.is_stopping() {
                return Err(Problem::new(Code::Unavailable, "the server is about to stop"));
            }
            Ok(well())
        },
    }
}

fn well() -> Plan {
    let body = json!(HealthReport { status: "ok" }).to_string().into_bytes();
    Plan::ready(Answer::json(body).cached(CacheClass::Never))
}
