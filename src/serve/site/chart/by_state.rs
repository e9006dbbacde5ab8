//! Partnerships by state.

use super::bars::{Bar, bars};
use super::{Chart, Drawing};
use crate::record::state_name;
use crate::serve::error::Problem;
use crate::serve::site::inside::Inside;

pub(super) const CHART: Chart = Chart {
    name: "partners-by-state",
    title: "Partnerships by state",
    description: "Partnerships on record in each state, of police and fire departments, most first. \
                  A short bar may only mean that few looked.",
    draw,
};

fn draw(inside: &Inside) -> Result<Drawing, Problem> {
    let reply = inside.get("countPartnerships", &[], "by=state")?;
    let mut counted: Vec<(&str, f64)> = reply
        .records()
        .filter(|entry| !entry.text("state").is_empty())
        .map(|entry| (entry.text("state"), entry.field("count").as_f64().unwrap_or_default()))
        .collect();
    counted.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(other.0)));
    let name = |code: &str| state_name(code).unwrap_or(code).to_owned();
    let shown: Vec<_> =
        counted.iter().map(|(code, count)| Bar::exact(name(code), *count)).collect();
    let (size, marks) = bars(&shown, 190.0);
    let rows = counted.iter().map(|(code, count)| vec![(*code).to_owned(), count.to_string()]);
    Ok(Drawing {
        size,
        marks,
        columns: vec!["state", "partnerships"],
        rows: rows.collect(),
        replies: vec![reply],
    })
}
