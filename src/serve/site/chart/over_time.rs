//! Partnerships over time, with the totals that somebody stated.

use chrono::{Datelike as _, NaiveDate};
use maud::{Markup, html};

use super::axis::{Scale, round};
use super::{Chart, Drawing};
use crate::serve::error::Problem;
use crate::serve::site::figure::{Entry, Reply};
use crate::serve::site::inside::Inside;
use crate::serve::site::words::{day, grouped};

pub(super) const CHART: Chart = Chart {
    name: "partners-over-time",
    title: "Ring partnerships over time",
    description: "The bold area: partnerships that were in force for certain. The faint area above it: \
                  those of which the dates do not tell, since lists end or are vague. Dots: totals \
                  that somebody stated, of police, fire departments or both.",
    draw,
};

/// The size of the drawing.
pub(super) const SIZE: [f64; 2] = [720.0, 400.0];

const LEFT: f64 = 60.0;
const RIGHT: f64 = 705.0;
const TOP: f64 = 15.0;
const BOTTOM: f64 = 365.0;

/// A month's end: in force for certain, and perhaps.
struct Month {
    on: NaiveDate,
    certain: f64,
    uncertain: f64,
}

/// A total that somebody stated.
struct Claim {
    on: NaiveDate,
    value: f64,
    words: String,
}

/// Where days and numbers stand in the drawing.
struct Frame {
    first: NaiveDate,
    days: f64,
    scale: Scale,
}

impl Frame {
    fn x(&self, on: NaiveDate) -> f64 {
        let days = i32::try_from((on - self.first).num_days()).unwrap_or(i32::MAX);
        round(LEFT + f64::from(days) / self.days * (RIGHT - LEFT))
    }

    fn y(&self, value: f64) -> f64 {
        round(BOTTOM - value / self.scale.end * (BOTTOM - TOP))
    }
}

fn draw(inside: &Inside) -> Result<Drawing, Problem> {
    let timeline = inside.get("getPartnershipTimeline", &[], "interval=month&vendor_id=ring")?;
    let totals = inside.get(
        "listReportedTotals",
        &[],
        "metric=partner_agencies&vendor_id=ring&sort=as_of_on&limit=1000",
    )?;
    let months = months(&timeline);
    let claims: Vec<_> = totals.records().filter_map(|entry| claim(&entry)).collect();
    let marks = if let (Some(first), Some(last)) = (months.first(), months.last()) {
        drawn(first.on, last.on, &months, &claims)
    } else {
        html! { text x=(LEFT) y=(BOTTOM) { "No dates are known." } }
    };
    let of_months = months.iter().map(|month| {
        vec![
            "in_force".to_owned(),
            month.on.to_string(),
            month.certain.to_string(),
            month.uncertain.to_string(),
            String::new(),
        ]
    });
    let of_claims = claims.iter().map(|claim| {
        vec![
            "stated".to_owned(),
            claim.on.to_string(),
            claim.value.to_string(),
            String::new(),
            claim.words.clone(),
        ]
    });
    let rows = of_months.chain(of_claims).collect();
    let columns = vec!["what", "on", "count", "uncertain", "stated_by"];
    Ok(Drawing { size: SIZE, marks, columns, rows, replies: vec![timeline, totals] })
}

fn months(timeline: &Reply) -> Vec<Month> {
    let month = |entry: Entry<'_>| {
        Some(Month {
            on: entry.text("interval_end_on").parse().ok()?,
            certain: entry.field("active").as_f64()?,
            uncertain: entry.field("uncertain").as_f64()?,
        })
    };
    timeline.records().filter_map(month).collect()
}

fn claim(entry: &Entry<'_>) -> Option<Claim> {
    let dates = [entry.text("as_of_on"), entry.text("period_to_on"), entry.text("published_on")];
    let on: NaiveDate = dates.into_iter().find_map(|date| date.parse().ok())?;
    let value = entry.field("value").as_f64()?;
    let words = entry.text("stated_by").to_owned();
    Some(Claim { on, value, words })
}

fn drawn(first: NaiveDate, last: NaiveDate, months: &[Month], claims: &[Claim]) -> Markup {
    let start = NaiveDate::from_ymd_opt(first.year(), 1, 1).unwrap_or(first);
    let days = i32::try_from((last - start).num_days().max(1)).unwrap_or(i32::MAX);
    let highest = months.iter().map(|month| month.certain + month.uncertain);
    let most = highest.chain(claims.iter().map(|claim| claim.value)).fold(0.0, f64::max);
    let frame = Frame { first: start, days: f64::from(days), scale: Scale::to(most) };
    let years: Vec<NaiveDate> = (start.year()..=last.year())
        .filter_map(|year| NaiveDate::from_ymd_opt(year, 1, 1))
        .collect();
    html! {
        (frame.scale.across(LEFT, RIGHT, |value| frame.y(value)))
        @for year in &years {
            line x1=(frame.x(*year)) x2=(frame.x(*year)) y1=(BOTTOM) y2=(BOTTOM + 5.0) {}
            text.soft.middle x=(frame.x(*year) + 6.0) y=(BOTTOM + 22.0) { (year.year()) }
        }
        path.b d=(area(&frame, months, |month| month.certain + month.uncertain)) {}
        path.a d=(area(&frame, months, |month| month.certain)) {}
        @for claim in claims.iter().filter(|claim| claim.on >= start && claim.on <= last) {
            circle.c cx=(frame.x(claim.on)) cy=(frame.y(claim.value)) r="5" {
                title { (grouped(&claim.value.to_string())) ", " (day(&claim.on.to_string(), "day")) ": " (claim.words) }
            }
        }
    }
}

/// The outline of the area below a curve.
fn area(frame: &Frame, months: &[Month], value: impl Fn(&Month) -> f64) -> String {
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return String::new() };
    let points =
        months.iter().map(|month| format!("{} {}", frame.x(month.on), frame.y(value(month))));
    let curve = points.collect::<Vec<_>>().join("L");
    format!("M{} {BOTTOM}L{curve}L{} {BOTTOM}Z", frame.x(first.on), frame.x(last.on))
}
