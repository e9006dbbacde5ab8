//! Pages about the data: a release and its files, and the data dictionary.

use serde_json::json;

use crate::record::ReleaseId;
use crate::release::DATASET_SUMMARY;
use crate::serve::answer::{Answer, Plan};
use crate::serve::dispatch::newest_release;
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::headers::CacheClass;
use crate::serve::site::{self, Around, HTML, Page};
use crate::serve::state::Place;

use super::releases::release_segment;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![newest(), one(), dictionary()]
}

fn newest() -> Endpoint {
    Endpoint {
        id: "getDataPage".to_owned(),
        path: "/data".to_owned(),
        summary: "The newest release, for people".to_owned(),
        description: "A page of its files, how to cite and to check them, and its sources; \
                      schema.org `Dataset` as JSON-LD is part of it."
            .to_owned(),
        handler: |call: &Call<'_>| {
            let place = newest_release(call.state)?;
            release_page(call, &place, "/data")
        },
        ..page()
    }
}

fn one() -> Endpoint {
    let answers = page().answers;
    Endpoint {
        id: "getReleasePage".to_owned(),
        path: "/data/{release}".to_owned(),
        summary: "A release, for people".to_owned(),
        description: "The page of one release, like that of the newest; `latest` redirects to it."
            .to_owned(),
        segments: vec![release_segment()],
        answers: Answers { also: &[307, 404, 503], ..answers },
        handler: |call: &Call<'_>| {
            let place = call.place()?;
            let address = format!("/data/{}", place.release.id());
            if !place.pinned {
                call.asked()?;
                return Ok(Plan::Moved { to: address, permanent: false });
            }
            release_page(call, place, &address)
        },
        ..page()
    }
}

fn dictionary() -> Endpoint {
    Endpoint {
        id: "getDictionary".to_owned(),
        path: "/dictionary".to_owned(),
        summary: "The data dictionary".to_owned(),
        description: "A page of every table and column of the newest release: types, meanings, \
                      words and keys."
            .to_owned(),
        handler: |call: &Call<'_>| {
            call.asked()?;
            let place = newest_release(call.state)?;
            let package = place.release.package()?;
            let host = call.state.settings().public_url.as_str();
            let page = Page {
                title: "Data dictionary of Porchlight",
                description: "What every table and column of the data means.",
                linked_data: Some(&site::dataset(&package, host)),
                address: &format!("{host}/dictionary"),
                host,
                body: maud::PreEscaped(site::dictionary(&package, host)),
            };
            Ok(answer(&page, CacheClass::Minute))
        },
        ..page()
    }
}

/// What the pages have in common.
pub(super) fn page() -> Endpoint {
    Endpoint {
        id: String::new(),
        base: Base::Root,
        path: String::new(),
        tag: "releases",
        summary: String::new(),
        description: String::new(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: Answers {
            description: "The page.".to_owned(),
            forms: &[],
            media_type: HTML,
            schema: json!({ "type": "string" }),
            example: Some(json!("<!DOCTYPE html>")),
            also: &[503],
        },
        resource: None,
        handler: |_| Err(Problem::unavailable()),
    }
}

fn release_page(call: &Call<'_>, place: &Place, address: &str) -> Result<Plan, Problem> {
    call.asked()?;
    let host = call.state.settings().public_url.as_str();
    let package = place.release.package()?;
    let known = call.state.releases().known();
    let releases: Vec<ReleaseId> = known.keys().rev().copied().collect();
    let around = Around { host, releases: &releases };
    let title = format!("{}, release {}", package.title, package.version);
    let page = Page {
        title: &title,
        description: DATASET_SUMMARY,
        linked_data: Some(&site::dataset(&package, host)),
        address: &format!("{host}{address}"),
        host,
        body: maud::PreEscaped(site::release(&package, &place.release.known, &around)),
    };
    // It lists the other releases, of which there will be more.
    Ok(answer(&page, CacheClass::Minute))
}

fn answer(page: &Page<'_>, cache: CacheClass) -> Plan {
    Plan::ready(answer_of(page, cache))
}

/// The answer that is a page.
pub(super) fn answer_of(page: &Page<'_>, cache: CacheClass) -> Answer {
    let answer = Answer::bytes(HTML, page.html().into_bytes());
    answer.with_policy(site::POLICY).cached(cache)
}
