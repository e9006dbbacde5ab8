//! The endpoints, by what they are about. Adding one: a file here and a line in [`all`].

mod by_key;
mod catalogue;
mod changes;
pub(super) mod counts;
mod coverage;
mod discovery;
mod export;
mod feeds;
mod health;
mod history;
mod match_accounts;
mod metrics;
mod pages;
mod problems;
mod records;
mod releases;
mod security;
mod service;
mod signing_key;
mod site;
mod site_charts;
mod site_records;
mod site_releases;
mod statement;
mod summary;
pub(super) mod timeline;

use super::endpoint::{Answers, Endpoint};
use super::form::Form;

pub(super) use changes::ChangesMeta;
pub(super) use coverage::{Coverage, CoverageInWords, example_in_words as coverage_in_words};
pub(super) use health::HealthReport;
pub(super) use history::HistoryEntry;
pub(super) use match_accounts::PartnershipMatch;
pub(super) use records::{evidence_resource, settled_by_path, subject_of};
pub(super) use releases::ReleaseEntry;
pub(super) use summary::Summary;

/// Every endpoint, in the order of the documents.
pub(super) fn all() -> Vec<Endpoint> {
    // Before the records, whose ids would take their place.
    let mut endpoints = counts::endpoints();
    endpoints.extend(timeline::endpoints());
    endpoints.extend(records::endpoints());
    endpoints.extend(by_key::endpoints());
    endpoints.extend(coverage::endpoints());
    endpoints.extend(match_accounts::endpoints());
    endpoints.extend(history::endpoints());
    endpoints.extend(changes::endpoints());
    endpoints.extend(summary::endpoints());
    endpoints.extend(releases::endpoints());
    endpoints.extend(health::endpoints());
    endpoints.extend(metrics::endpoints());
    endpoints.extend(service::endpoints());
    endpoints.extend(feeds::endpoints());
    endpoints.extend(discovery::endpoints());
    endpoints.extend(security::endpoints());
    endpoints.extend(signing_key::endpoints());
    endpoints.extend(problems::endpoints());
    endpoints.extend(catalogue::endpoints());
    endpoints.extend(pages::endpoints());
    endpoints.extend(site::endpoints());
    endpoints.extend(site_records::endpoints());
    endpoints.extend(site_releases::endpoints());
    endpoints.extend(site_charts::endpoints());
    endpoints
}

/// A JSON answer of a schema of the OpenAPI document.
fn json(schema: &str, description: impl Into<String>, example: serde_json::Value) -> Answers {
    Answers {
        description: description.into(),
        forms: &[Form::Json],
        media_type: "application/json",
        schema: serde_json::json!({ "$ref": format!("#/components/schemas/{schema}") }),
        example: Some(example),
        also: &[],
    }
}
