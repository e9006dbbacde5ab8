//! Requests by type and outcome, as companies stated them.

use super::bars::{Bar, bars};
use super::{Chart, Drawing};
use crate::serve::error::Problem;
use crate::serve::site::figure::Entry;
use crate::serve::site::inside::Inside;
use crate::serve::site::words::{grouped, heading};

pub(super) const CHART: Chart = Chart {
    name: "requests-by-outcome",
    title: "Requests for data, by type and outcome",
    description: "Yearly sums as companies and reporters stated them: requests, and what came of them. \
                  They are claims and cannot be added up.",
    draw,
};

/// What is counted, in the order of the drawing.
const METRICS: &[&str] = &[
    "information_requests",
    "search_warrants",
    "subpoenas",
    "court_orders",
    "preservation_requests",
    "emergency_disclosures",
    "users_notified",
];

fn draw(inside: &Inside) -> Result<Drawing, Problem> {
    let query = format!("metric={}&sort=period_from_on&limit=1000", METRICS.join(","));
    let reply = inside.get("listReportedTotals", &[], &query)?;
    let mut claims: Vec<Entry<'_>> =
        reply.records().filter(|entry| entry.field("value").is_number()).collect();
    claims.sort_by_key(|entry| METRICS.iter().position(|metric| *metric == entry.text("metric")));
    let shown: Vec<_> = claims.iter().map(bar).collect();
    let (size, marks) = bars(&shown, 330.0);
    let fields = [
        "metric",
        "vendor_id",
        "period_from_on",
        "period_to_on",
        "as_of_on",
        "value_kind",
        "stated_by",
    ];
    let rows = claims.iter().map(|entry| {
        let texts = fields.iter().map(|field| entry.text(field).to_owned());
        texts.chain([entry.field("value").to_string()]).collect()
    });
    let rows = rows.collect();
    let columns = fields.into_iter().chain(["value"]).collect();
    Ok(Drawing { size, marks, columns, rows, replies: vec![reply] })
}

fn bar(entry: &Entry<'_>) -> Bar {
    let value = entry.field("value").as_f64().unwrap_or_default();
    let number = grouped(&value.to_string());
    let when = [entry.text("period_from_on"), entry.text("as_of_on"), entry.text("period_to_on")];
    let year = when.into_iter().find_map(|date| date.get(..4)).unwrap_or("no date");
    Bar {
        name: format!("{}, {}, {year}", heading(entry.text("metric")), entry.text("vendor_id")),
        value,
        told: match entry.text("value_kind") {
            "about" => format!("about {number}"),
            "at_least" => format!("at least {number}"),
            _ => number,
        },
    }
}
