//! The states, shaded by how much is on record.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::outlines::{OUTLINES, Outline, VIEW};
use crate::record::{STATE_NAMES, state_name};
use crate::serve::error::Problem;
use crate::serve::site::figure::{Entry, Reply};
use crate::serve::site::inside::Inside;
use crate::serve::site::parts::as_data;

/// Shades, from none to the most.
const SHADES: usize = 5;

/// What the states are shaded by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Shading {
    /// The number of departments with a partnership on record.
    Count,
    /// Their share of all departments of the state.
    Share,
}

/// What is known of a state.
#[derive(Default)]
struct Told<'a> {
    with: Option<Entry<'a>>,
    of: Option<Entry<'a>>,
}

impl Told<'_> {
    fn count(entry: Option<&Entry<'_>>) -> f64 {
        entry.and_then(|entry| entry.field("count").as_f64()).unwrap_or_default()
    }

    fn value(&self, shading: Shading) -> f64 {
        let (with, of) = (Self::count(self.with.as_ref()), Self::count(self.of.as_ref()));
        match shading {
            Shading::Count => with,
            Shading::Share if of > 0.0 => with / of * 100.0,
            Shading::Share => 0.0,
        }
    }
}

/// The contents of the page. `service` is `law_enforcement`, `fire` or empty for both.
pub(in crate::serve) fn map(
    inside: &Inside,
    shading: Shading,
    service: &str,
) -> Result<Markup, Problem> {
    let of_service = if service.is_empty() { String::new() } else { format!("&service={service}") };
    let with =
        inside.get("countAgencies", &[], &format!("by=state&partnerships__gte=1{of_service}"))?;
    let of = inside.get("countAgencies", &[], &format!("by=state{of_service}"))?;
    let states = told(&with, &of);
    Ok(html! {
        h1 { "Map" }
        p.lead {
            "Departments with a partnership on record, "
            @match shading {
                Shading::Count => "by number.",
                Shading::Share => "as a share of all departments of the state.",
            }
            " A pale state may only be one where few looked."
        }
        (form(shading, service))
        figure {
            (drawing(&states, shading, service))
            figcaption { (legend(&states, shading)) "Choose a state to see its departments." }
        }
        (table(&states, &with, &of, service))
        (as_data(&[&with, &of]))
    })
}

/// The map alone, by number, for another page; and the answers it shows: departments with a
/// partnership on record by state, and all of them.
pub(in crate::serve) fn picture(inside: &Inside) -> Result<(Markup, [Reply; 2]), Problem> {
    let with = inside.get("countAgencies", &[], "by=state&partnerships__gte=1")?;
    let of = inside.get("countAgencies", &[], "by=state")?;
    let states = told(&with, &of);
    let picture = html! {
        figure {
            (drawing(&states, Shading::Count, ""))
            figcaption {
                (legend(&states, Shading::Count))
                "Departments with a partnership on record. A pale state may only be one where few looked."
            }
        }
    };
    drop(states);
    Ok((picture, [with, of]))
}

fn told<'a>(with: &'a Reply, of: &'a Reply) -> BTreeMap<&'static str, Told<'a>> {
    let of_state =
        |reply: &'a Reply, code: &str| reply.records().find(|entry| entry.text("state") == code);
    let state = |(code, _): &(&'static str, &str)| {
        (*code, Told { with: of_state(with, code), of: of_state(of, code) })
    };
    STATE_NAMES.iter().map(state).collect()
}

fn form(shading: Shading, service: &str) -> Markup {
    html! {
        form.filters action="/map" aria-label="What the map shows" autocomplete="off" {
            div {
                label for="by" { "Shaded by" }
                select #by name="by" {
                    option value="" selected[shading == Shading::Count] { "Number of departments" }
                    option value="share" selected[shading == Shading::Share] { "Share of departments" }
                }
            }
            div {
                label for="service" { "Police or fire" }
                select #service name="service" {
                    option value="" selected[service.is_empty()] { "Both" }
                    option value="law_enforcement" selected[service == "law_enforcement"] { "Police" }
                    option value="fire" selected[service == "fire"] { "Fire" }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

/// The condition that a choice between police and fire adds to a query.
fn of_service(service: &str) -> String {
    if service.is_empty() { String::new() } else { format!("&service={service}") }
}

fn highest(states: &BTreeMap<&str, Told<'_>>, shading: Shading) -> f64 {
    states.values().map(|told| told.value(shading)).fold(0.0, f64::max)
}

/// The shade of a value, 0 for none. The steps widen, since a few states have many.
fn shade(value: f64, highest: f64) -> usize {
    let steps = || (1..=SHADES).find(|step| value <= limit(*step, highest));
    if value <= 0.0 { 0 } else { steps().unwrap_or(SHADES) }
}

/// The most that a shade stands for.
fn limit(step: usize, highest: f64) -> f64 {
    let part = f64::from(u8::try_from(step).unwrap_or(u8::MAX))
        / f64::from(u8::try_from(SHADES).unwrap_or(1));
    highest * part * part
}

fn in_words(value: f64, shading: Shading) -> String {
    match shading {
        Shading::Count => format!("{value:.0}"),
        Shading::Share => format!("{value:.1} %"),
    }
}

fn drawing(states: &BTreeMap<&str, Told<'_>>, shading: Shading, service: &str) -> Markup {
    let of_service = of_service(service);
    let highest = highest(states, shading);
    let [left, top, width, height] = VIEW;
    html! {
        svg.map viewBox=(format!("{left} {top} {width} {height}")) role="group" aria-label="Map of the states" {
            @for outline in OUTLINES.iter() {
                @let value = states.get(outline.code).map_or(0.0, |told| told.value(shading));
                @let name = state_name(outline.code).unwrap_or(outline.code);
                a href={ "/map?state=" (outline.code) (of_service) } aria-label=(format!("{name}: {}", in_words(value, shading))) {
                    path class=(format!("shade-{}", shade(value, highest))) d=(outline.path) {
                        title { (name) ": " (in_words(value, shading)) }
                    }
                }
            }
            g aria-hidden="true" { @for outline in OUTLINES.iter() { (label(outline)) } }
        }
    }
}

fn label(outline: &Outline) -> Markup {
    let ([x, y], [to_x, to_y]) = (outline.label, outline.middle());
    html! {
        @if outline.is_labelled_aside() { line x1=(x) y1=(y) x2=(to_x) y2=(to_y) {} }
        text x=(x) y=(y) { (outline.code) }
    }
}

fn legend(states: &BTreeMap<&str, Told<'_>>, shading: Shading) -> Markup {
    let highest = highest(states, shading);
    html! {
        ul.legend {
            li { svg width="16" height="16" aria-hidden="true" { rect.shade-0 width="16" height="16" {} } " none on record" }
            @for step in 1..=SHADES {
                li {
                    svg width="16" height="16" aria-hidden="true" { rect class=(format!("shade-{step}")) width="16" height="16" {} }
                    " up to " (in_words(limit(step, highest), shading))
                }
            }
        }
    }
}

fn table(states: &BTreeMap<&str, Told<'_>>, with: &Reply, of: &Reply, service: &str) -> Markup {
    let listed = of_service(service);
    html! {
        h2 { "The same as a table" }
        div.wide role="region" aria-label="States" tabindex="0" { table {
            caption { "Departments by state" }
            thead { tr {
                th scope="col" { "State" }
                th.number scope="col" { "With a partnership on record" }
                th.number scope="col" { "All departments" }
                th.number scope="col" { "Share" }
            } }
            tbody { @for (code, name) in STATE_NAMES {
                @if let Some(told) = states.get(code) { tr {
                    th scope="row" { a href={ "/places/" (code.to_ascii_lowercase()) } { (name) } }
                    td.number data-call=(with.call()) {
                        @match &told.with {
                            Some(entry) => { a href={ "/map?state=" (code) (listed) } { (entry.number("count")) } },
                            None => "0",
                        }
                    }
                    td.number data-call=(of.call()) { @match &told.of { Some(entry) => (entry.number("count")), None => "0" } }
                    td.number { (in_words(told.value(Shading::Share), Shading::Share)) }
                } }
            } }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_from_none_to_the_most() {
        let shades = [0.0, 1.0, 8.0, 9.0, 200.0].map(|value| shade(value, 200.0));
        assert_eq!(shades, [0, 1, 1, 2, 5]);
    }
}
