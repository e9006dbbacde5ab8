//! Charts and maps for people: pages, pictures, figures, and frames for pages of others.

use super::releases::release_segment;
use super::site::{Told, page, page_of};
use crate::record::STATE_NAMES;
use crate::serve::answer::{Answer, Plan, Work};
use crate::serve::dispatch::newest_release;
use crate::serve::endpoint::{Answers, Call, Endpoint, Segment};
use crate::serve::error::{Code, Fault, Problem, cut};
use crate::serve::form::Form;
use crate::serve::headers::CacheClass;
use crate::serve::site::{self, Chart, Inside, Page, Shading};
use crate::serve::state::Place;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![map(), charts(), chart(), chart_of_release(), embedded(), embedded_of_release()]
}

fn map() -> Endpoint {
    Endpoint {
        id: "getMapPage".to_owned(),
        path: "/map".to_owned(),
        summary: "A map, for people".to_owned(),
        description:
            "A page of the states by number or share of departments on record; with `state` \
                      the departments of that state; `service` leaves police or fire away."
                .to_owned(),
        handler: answer_map,
        ..page()
    }
}

fn answer_map(call: &Call<'_>) -> Result<Plan, Problem> {
    let (mut shading, mut service, mut state) = (Shading::Count, String::new(), None);
    for (name, value) in url::form_urlencoded::parse(call.query.as_bytes()) {
        match (&*name, &*value) {
            ("by", "share") => shading = Shading::Share,
            ("by", "count") => shading = Shading::Count,
            ("service", "law_enforcement" | "fire") => service = value.into_owned(),
            ("state", code) => {
                let named = STATE_NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
                state = Some(named.ok_or_else(|| unfit(&name))?);
            }
            _ => return Err(unfit(&name)),
        }
    }
    let code = state.map_or("", |(code, _)| code);
    let asked = format!("by={shading:?}&service={service}&state={code}");
    page_of(call, "/map".to_owned(), asked, move |inside, _| match state {
        None => Ok(Told::new(
            "Map: Porchlight",
            "US states by the number and share of police and fire departments that are on record as \
             partners of home-surveillance companies.",
            site::map(inside, shading, &service)?,
        )),
        Some((code, name)) => Ok(Told::new(
            format!("Map of {name}: Porchlight"),
            format!("Police and fire departments of {name} that are on record as partners."),
            site::state_map(inside, code, name, &service)?,
        )),
    })
}

fn unfit(parameter: &str) -> Problem {
    let detail = "takes `by=count` or `by=share`, `service=law_enforcement` or `service=fire`, and \
                  `state` with a postal code";
    let fault = Fault::new(&cut(parameter), Code::InvalidParameter, detail);
    Problem::of_faults("/map", vec![fault], 0)
}

fn charts() -> Endpoint {
    Endpoint {
        id: "getChartsPage".to_owned(),
        path: "/charts".to_owned(),
        summary: "Every chart".to_owned(),
        description: "A page of the charts, their figures, and how to put them in another page."
            .to_owned(),
        handler: |call: &Call<'_>| {
            call.asked()?;
            page_of(call, "/charts".to_owned(), String::new(), |inside, host| {
                Ok(Told::new(
                    "Charts: Porchlight",
                    "Charts of partnerships and disclosures, to look at, to quote and to put in a page.",
                    site::charts(inside, host)?,
                ))
            })
        },
        ..page()
    }
}

fn file_segment() -> Segment {
    Segment::new("file", "Name of the chart with `.svg` or `.csv`.", "partners-over-time.svg")
}

fn chart() -> Endpoint {
    Endpoint {
        id: "getChart".to_owned(),
        path: "/charts/{file}".to_owned(),
        summary: "A chart of the newest release".to_owned(),
        description: "As a picture (`.svg`) or its figures (`.csv`).".to_owned(),
        segments: vec![file_segment()],
        answers: Answers {
            description: "The chart.".to_owned(),
            media_type: SVG,
            example: None,
            also: &[404, 503],
            ..page().answers
        },
        handler: |call: &Call<'_>| answer_chart(call, &newest_release(call.state)?),
        ..page()
    }
}

fn chart_of_release() -> Endpoint {
    Endpoint {
        id: "getChartOfRelease".to_owned(),
        path: "/charts/{release}/{file}".to_owned(),
        summary: "A chart of a release".to_owned(),
        description: "As a picture (`.svg`) or its figures (`.csv`); it never changes.".to_owned(),
        segments: vec![release_segment(), file_segment()],
        handler: |call: &Call<'_>| answer_chart(call, call.place()?),
        ..chart()
    }
}

/// The media type of pictures.
const SVG: &str = "image/svg+xml";

fn answer_chart(call: &Call<'_>, place: &Place) -> Result<Plan, Problem> {
    call.asked()?;
    let file = call.segment("file");
    let (name, suffix) = file.rsplit_once('.').ok_or_else(|| unknown(file))?;
    let chart = Chart::named(name).ok_or_else(|| unknown(file))?;
    let inside = Inside::of(call.state, place);
    let work: Work = match suffix {
        "svg" => Box::new(move || {
            let svg = chart.svg(&inside)?.into_bytes();
            Ok(Answer::bytes(SVG, svg).with_policy(&site::CHART_POLICY))
        }),
        "csv" => Box::new(move || Ok(Answer::bytes(Form::Csv.media_type(), chart.csv(&inside)?))),
        _ => return Err(unknown(file)),
    };
    let path = format!("/charts/{file}");
    Ok(Plan::AnswerOf { place: place.clone(), path, canonical: String::new(), short: false, work })
}

fn unknown(chart: &str) -> Problem {
    Problem::not_found(format!("there is no chart `{}`; /charts lists them", cut(chart)))
}

fn name_segment() -> Segment {
    Segment::new("name", "Name of the chart.", "partners-over-time")
}

fn embedded() -> Endpoint {
    Endpoint {
        id: "getEmbeddedChart".to_owned(),
        path: "/embed/{name}".to_owned(),
        summary: "A chart for a frame in another page".to_owned(),
        description: "Of the newest release; any page may show it in a frame.".to_owned(),
        segments: vec![name_segment()],
        answers: Answers { also: &[404, 503], ..page().answers },
        handler: |call: &Call<'_>| answer_embedded(call, &newest_release(call.state)?),
        ..page()
    }
}

fn embedded_of_release() -> Endpoint {
    Endpoint {
        id: "getEmbeddedChartOfRelease".to_owned(),
        path: "/embed/{release}/{name}".to_owned(),
        summary: "A chart of a release for a frame in another page".to_owned(),
        description: "It never changes; any page may show it in a frame.".to_owned(),
        segments: vec![release_segment(), name_segment()],
        handler: |call: &Call<'_>| answer_embedded(call, call.place()?),
        ..embedded()
    }
}

fn answer_embedded(call: &Call<'_>, place: &Place) -> Result<Plan, Problem> {
    call.asked()?;
    let name = call.segment("name");
    let chart = Chart::named(name).ok_or_else(|| unknown(name))?;
    let inside = Inside::of(call.state, place);
    let host = call.state.settings().public_url.clone();
    let work = move || {
        let page = Page {
            title: chart.title,
            description: chart.description,
            linked_data: None,
            address: &format!("{host}/embed/{}/{}", inside.release(), chart.name),
            host: &host,
            body: site::embedded(chart, &inside, &host)?,
        };
        let answer = Answer::bytes(site::HTML, page.framed().into_bytes());
        Ok(answer.with_policy(site::FRAMED_POLICY).cached(CacheClass::Latest))
    };
    let (place, path) = (place.clone(), format!("/embed/{name}"));
    let canonical = String::new();
    Ok(Plan::AnswerOf { place, path, canonical, short: false, work: Box::new(work) })
}
