//! The pages about releases: all, one, and what changed between two; and about the sources and
//! corrections.

use super::releases::release_segment;
use super::site::{Told, page, page_of};
use crate::serve::answer::Plan;
use crate::serve::dispatch::{named_release, newest_release};
use crate::serve::endpoint::{Answers, Call, Endpoint, Segment};
use crate::serve::error::Problem;
use crate::serve::example;
use crate::serve::headers::CacheClass;
use crate::serve::site::{self, Inside};
use crate::serve::state::State;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![releases(), one(), compare(), sources(), corrections()]
}

/// A page that is made anew for each request, because it tells what no release fixes.
fn page_of_now(
    call: &Call<'_>,
    address: String,
    told: impl FnOnce(&State, &str) -> Result<Told, Problem> + Send + 'static,
) -> Plan {
    let state = call.state.clone();
    let work = move || {
        let host = state.settings().public_url.as_str();
        Ok(told(&state, host)?.answer(host, &address, CacheClass::Minute))
    };
    Plan::Answer { canonical: None, short: false, work: Box::new(work) }
}

fn releases() -> Endpoint {
    Endpoint {
        id: "getReleasesPage".to_owned(),
        path: "/releases".to_owned(),
        summary: "Releases, for people".to_owned(),
        description: "A page of every release, newest first, with what changed in numbers, and of \
                      those that were taken back."
            .to_owned(),
        handler: |call: &Call<'_>| {
            call.asked()?;
            let place = newest_release(call.state)?;
            let inside = Inside::of(call.state, &place);
            Ok(page_of_now(call, "/releases".to_owned(), move |state, _| {
                Ok(Told::new(
                    "Releases: Porchlight",
                    "Every release of the data, when it was published and what changed.",
                    site::releases(state, &inside)?,
                ))
            }))
        },
        ..page()
    }
}

fn one() -> Endpoint {
    Endpoint {
        id: "getReleaseAccountPage".to_owned(),
        path: "/releases/{release}".to_owned(),
        summary: "What a release is made of, for people".to_owned(),
        description: "A page of what was read for a release, what was checked, what changed and \
                      why, its files, and how to cite and verify it. `latest` and a day redirect \
                      to it."
            .to_owned(),
        segments: vec![release_segment()],
        answers: Answers { also: &[307, 404, 410, 503], ..page().answers },
        handler: |call: &Call<'_>| {
            call.asked()?;
            let place = call.place()?.clone();
            let release = place.release.id();
            let address = format!("/releases/{release}");
            if !place.pinned {
                return Ok(Plan::Moved { to: address, permanent: false });
            }
            Ok(page_of_now(call, address, move |state, host| {
                Ok(Told::new(
                    format!("Release {release}: Porchlight"),
                    format!(
                        "What release {release} is made of, what was checked, and what changed in it."
                    ),
                    site::one_release(state, &place, host)?,
                ))
            }))
        },
        ..page()
    }
}

fn compare() -> Endpoint {
    Endpoint {
        id: "getComparePage".to_owned(),
        path: "/compare/{from}/{to}".to_owned(),
        summary: "What changed between two releases, for people".to_owned(),
        description: "A page of each record that is not as it was, and why. Takes the parameters \
                      of /v1/changes other than the releases. `latest` and a day redirect to the \
                      release they mean."
            .to_owned(),
        segments: vec![
            Segment::new(
                "from",
                "Name of the earlier release, `latest`, or a day.",
                example::EARLIER,
            ),
            Segment::new("to", "Name of the later release, `latest`, or a day.", example::RELEASE),
        ],
        answers: Answers { also: &[307, 404, 410, 503], ..page().answers },
        handler: answer_compare,
        ..page()
    }
}

fn answer_compare(call: &Call<'_>) -> Result<Plan, Problem> {
    let [from, to] = ["from", "to"].map(|name| named_release(call.state, call.segment(name)));
    let (from, to) = (from?, to?);
    let (earlier, later) = (from.release.id(), to.release.id());
    let address = format!("/compare/{earlier}/{later}");
    if !from.pinned || !to.pinned {
        let mark = if call.query.is_empty() { "" } else { "?" };
        return Ok(Plan::Moved { to: format!("{address}{mark}{}", call.query), permanent: false });
    }
    let title = format!("What changed from {earlier} to {later}: Porchlight");
    let description = "Each record that is not in one release as it was in another, and why.";
    let query = call.query.to_owned();
    if earlier > later {
        return Ok(page_of_now(call, address, move |_, _| {
            Ok(Told::new(title, description, site::exchanged(earlier, later, &query)))
        }));
    }
    let inside = Inside::of(call.state, &to);
    let question = site::changes_question(&inside, earlier, &query)?;
    Ok(page_of_now(call, address, move |_, _| {
        let body = site::compare(&inside, earlier, &query, question)?;
        Ok(Told::new(title, description, body))
    }))
}

fn sources() -> Endpoint {
    Endpoint {
        id: "getSourcesPage".to_owned(),
        path: "/sources".to_owned(),
        summary: "The sources, for people".to_owned(),
        description:
            "A page of who publishes each source, its licence, what it lists, as of when, \
                      and whether it answers now."
                .to_owned(),
        handler: |call: &Call<'_>| {
            call.asked()?;
            let inside = Inside::of(call.state, &newest_release(call.state)?);
            Ok(page_of_now(call, "/sources".to_owned(), move |_, _| {
                Ok(Told::new(
                    "Sources: Porchlight",
                    "Who publishes what Porchlight reads, under which licence, what each source lists \
                     and whether it answers.",
                    site::sources(&inside)?,
                ))
            }))
        },
        ..page()
    }
}

fn corrections() -> Endpoint {
    Endpoint {
        id: "getCorrectionsPage".to_owned(),
        path: "/corrections".to_owned(),
        summary: "Corrections, for people".to_owned(),
        description:
            "A page of every error that was pointed out and what became of it, and of how \
                      to report one."
                .to_owned(),
        handler: |call: &Call<'_>| {
            call.asked()?;
            let contact = call.state.settings().contact_email.clone();
            page_of(call, "/corrections".to_owned(), String::new(), move |inside, _| {
                Ok(Told::new(
                    "Corrections: Porchlight",
                    "What was wrong in the data, what it says now and why, and how to report an error.",
                    site::corrections(inside, contact.as_deref())?,
                ))
            })
        },
        ..page()
    }
}
