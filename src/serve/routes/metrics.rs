//! What the service counts about itself, for whoever watches over it.

use serde_json::json;

use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::headers::CacheClass;
use crate::serve::metrics::MEDIA_TYPE;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![metrics()]
}

fn metrics() -> Endpoint {
    Endpoint {
        id: "getMetrics".to_owned(),
        base: Base::Root,
        path: "/metrics".to_owned(),
        tag: "service",
        summary: "Metrics for Prometheus".to_owned(),
        description: "Requests, releases, sources and runs in the text format of Prometheus. It \
                      answers while the catalog is away: `porchlight_catalog_up` is 0 then. 404 \
                      where the operator keeps metrics off or at an address of their own."
            .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: Answers {
            description: "The metrics.".to_owned(),
            forms: &[],
            media_type: MEDIA_TYPE,
            schema: json!({ "type": "string" }),
            example: Some(json!("porchlight_catalog_up 1\n")),
            also: &[404],
        },
        resource: None,
        handler: answer_metrics,
    }
}

fn answer_metrics(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    if !call.state.settings().serves_metrics {
        return Err(Problem::not_found("metrics are not served at this address"));
    }
    let state = call.state.clone();
    let work = move || {
        let text = state.metrics_text().into_bytes();
        Ok(Answer::bytes(MEDIA_TYPE, text).cached(CacheClass::Never))
    };
    Ok(Plan::Answer { canonical: None, short: false, work: Box::new(work) })
}
