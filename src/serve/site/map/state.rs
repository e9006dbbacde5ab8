//! The departments of one state that are on record, as dots.

use maud::{Markup, html};

use super::albers::project;
use super::outlines::{OUTLINES, Outline};
use crate::serve::error::Problem;
use crate::serve::site::figure::{Entry, Reply};
use crate::serve::site::inside::Inside;
use crate::serve::site::parts::{about_agency, agency_address, as_data};

/// Departments that are drawn at most.
const DRAWN: usize = 1000;

/// The contents of the page of the state of that postal code and name.
pub(in crate::serve) fn state_map(
    inside: &Inside,
    code: &str,
    name: &str,
    service: &str,
) -> Result<Markup, Problem> {
    let of_service = if service.is_empty() { String::new() } else { format!("&service={service}") };
    let query = format!("state={code}&partnerships__gte=1&sort=name&limit={DRAWN}{of_service}");
    let agencies = inside.get("listAgencies", &[], &query)?;
    Ok(html! {
        h1 { "Map of " (name) }
        p { a href="/map" { "All states" } ", " a href={ "/places/" (code.to_ascii_lowercase()) } { "what is known of " (name) } }
        p.lead { "Departments with a partnership on record: " (agencies.number("/meta/total")) ". A place without a dot may only be one where nobody looked." }
        @if let Some(outline) = Outline::of(code) {
            figure {
                (drawing(outline, &agencies))
                figcaption {
                    ul.legend {
                        li { svg width="16" height="16" aria-hidden="true" { circle.police cx="8" cy="8" r="6" {} } " police" }
                        li { svg width="16" height="16" aria-hidden="true" { rect.fire x="2" y="2" width="12" height="12" {} } " fire" }
                    }
                    "Some dots stand for the middle of the county or the town, where the department itself is not located."
                }
            }
        } @else { p { "There is no drawing of this territory; the departments are below." } }
        h2 { "The same as a list" }
        ul.plain data-call=(agencies.call()) { @for entry in agencies.records() {
            li {
                a href=(agency_address(entry.text("id"), entry.text("name"))) { bdi { (entry.text("name")) } }
                ", " bdi { (about_agency(&entry)) } ": " (entry.number("partnerships")) " on record"
            }
        } }
        (as_data(&[&agencies]))
    })
}

fn drawing(outline: &Outline, agencies: &Reply) -> Markup {
    let [west, north, east, south] = outline.bounds;
    let margin = ((east - west).max(south - north) * 0.06).max(2.0);
    let view =
        [west - margin, north - margin, east - west + 2.0 * margin, south - north + 2.0 * margin];
    let [left, top, width, height] = view;
    // A dot has the same size on the page whatever the size of the state.
    let dot = width.max(height) / 90.0;
    html! {
        svg.map viewBox=(format!("{left:.1} {top:.1} {width:.1} {height:.1}")) role="group" aria-label="Departments on record" {
            @for other in OUTLINES.iter().filter(|other| other.meets(view)) {
                path class=(if other.code == outline.code { "shade-here" } else { "shade-0" }) d=(other.path) {}
            }
            @for entry in agencies.records() { (mark(&entry, dot)) }
        }
    }
}

fn mark(entry: &Entry<'_>, dot: f64) -> Markup {
    let place = entry.field("lat").as_f64().zip(entry.field("lon").as_f64());
    let place = place.and_then(|(lat, lon)| project(lat, lon));
    html! { @if let Some((x, y)) = place {
        a href=(agency_address(entry.text("id"), entry.text("name"))) aria-label=(entry.text("name")) {
            @if entry.text("service") == "fire" {
                rect.fire x=(format!("{:.2}", x - dot)) y=(format!("{:.2}", y - dot)) width=(format!("{:.2}", 2.0 * dot)) height=(format!("{:.2}", 2.0 * dot)) {
                    title { (entry.text("name")) }
                }
            } @else {
                circle.police cx=(format!("{x:.2}")) cy=(format!("{y:.2}")) r=(format!("{dot:.2}")) { title { (entry.text("name")) } }
            }
        }
    } }
}
