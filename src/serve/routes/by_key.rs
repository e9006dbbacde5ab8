//! Agencies by the keys their registries give them.

use super::json;
use super::records::{elsewhere, is_short, read_record};
use crate::record::Resource;
use crate::release::database::{Identity, KeyScheme};
use crate::serve::answer::Plan;
use crate::serve::endpoint::{Answers, Base, Call, Endpoint, Segment};
use crate::serve::error::{Code, Fault, Problem, cut};
use crate::serve::example;
use crate::serve::state::Place;
use crate::serve::value::spell_values;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let Some(agencies) = Resource::of_table("agencies") else { return Vec::new() };
    vec![
        endpoint(
            agencies,
            KeyScheme::Ori,
            "Originating Agency Identifier of the FBI, nine characters.",
            "OH0020100",
            answer_ori,
        ),
        endpoint(
            agencies,
            KeyScheme::Fdid,
            "Fire department id of the USFA registry, written STATE-FDID.",
            "OH-12345",
            answer_fdid,
        ),
    ]
}

fn endpoint(
    agencies: &'static Resource,
    scheme: KeyScheme,
    key: &str,
    example: &str,
    handler: fn(&Call<'_>) -> Result<Plan, Problem>,
) -> Endpoint {
    let column = scheme.column();
    Endpoint {
        id: format!("getAgencyBy{}", example::camel(column)),
        base: Base::Release,
        path: format!("/agencies/by/{column}/{{value}}"),
        tag: agencies.table,
        summary: format!("Get the agency with an {}", column.to_uppercase()),
        description:
            "The record itself, as under its id, which is its address: `Content-Location` \
                      and `links.self` name that. Letters fit in either case. A key of an agency \
                      that was merged into another is answered 308 with the address of the \
                      survivor, that of one that was taken back 410. Where several agencies share \
                      a key, 400 names the list of them."
                .to_owned(),
        segments: vec![Segment {
            name: "value",
            description: key.to_owned(),
            example: example.to_owned(),
        }],
        parameters: Vec::new(),
        answers: Answers {
            also: &[308, 404, 410, 503],
            ..json("AgencyRecord", "The record.", example::record(agencies))
        },
        resource: Some(agencies),
        handler,
    }
}

fn answer_ori(call: &Call<'_>) -> Result<Plan, Problem> {
    answer(call, KeyScheme::Ori)
}

fn answer_fdid(call: &Call<'_>) -> Result<Plan, Problem> {
    answer(call, KeyScheme::Fdid)
}

fn answer(call: &Call<'_>, scheme: KeyScheme) -> Result<Plan, Problem> {
    let asked = call.asked()?;
    let resource = call.resource()?;
    let place = call.place()?;
    let value = call.segment("value");
    match place.release.database()?.agencies_with(scheme, value)?.as_slice() {
        [] => once(call, place, resource, scheme),
        [id] => {
            let canonical = asked.canonical.suffix(None);
            let work = read_record(call, place, resource, id, asked)?;
            let work = work.ok_or_else(|| Problem::internal("an agency is gone"))?;
            let path = format!("/{}/{id}", resource.table);
            let short = is_short(place, resource);
            Ok(Plan::AnswerOf { place: place.clone(), path, canonical, short, work })
        }
        [_, _, ..] => {
            let value = spell_values(&[value.to_ascii_uppercase()]);
            Err(shared(call, scheme, &format!("{}={value}", scheme.column())))
        }
    }
}

/// Answers for a key that no agency has in this release: what it once named is somewhere else.
fn once(
    call: &Call<'_>,
    place: &Place,
    resource: &'static Resource,
    scheme: KeyScheme,
) -> Result<Plan, Problem> {
    let database = place.release.database()?;
    let value = call.segment("value");
    let ids = database.agencies_once_with(scheme, value)?;
    let mut known = Vec::new();
    for id in ids {
        match database.identity(resource, &id)? {
            Identity::Live | Identity::Withdrawn { .. } => known.push(id),
            Identity::Redirect { to_id, .. } => known.push(to_id),
            // A thing of another sort had that key.
            Identity::Unknown => {}
        }
    }
    known.sort();
    known.dedup();
    match known.as_slice() {
        [] => Err(Problem::not_found(format!(
            "there is no agency with the {} `{}`",
            scheme.column(),
            cut(value)
        ))),
        [id] => {
            let moved = elsewhere(call, place, resource, id, "")?;
            // The agency goes by another key now, or took in the one that went by this.
            let base = call.segments.get("release");
            let base = base.map_or("/v1".to_owned(), |name| format!("/v1/releases/{name}"));
            let to = format!("{base}/{}/{id}", resource.table);
            Ok(moved.unwrap_or(Plan::Moved { to, permanent: true }))
        }
        ids => Err(shared(call, scheme, &format!("id={}", spell_values(ids)))),
    }
}

/// Several agencies have the key; to choose one would be to guess.
fn shared(call: &Call<'_>, scheme: KeyScheme, query: &str) -> Problem {
    let base = call.segments.get("release");
    let base = base.map_or("/v1".to_owned(), |name| format!("/v1/releases/{name}"));
    let detail = format!("is the key of several agencies: ask {base}/agencies?{query}");
    let fault = Fault {
        parameter: scheme.column().to_owned(),
        code: Code::InvalidParameter,
        detail,
        did_you_mean: None,
        allowed: Vec::new(),
    };
    Problem::of_faults("", vec![fault], 0)
}
