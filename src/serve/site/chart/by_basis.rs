//! Disclosures by year and legal basis.

use std::collections::BTreeMap;

use super::bars::{Bar, bars};
use super::{Chart, Drawing};
use crate::serve::error::Problem;
use crate::serve::site::inside::Inside;
use crate::serve::site::words::heading;

pub(super) const CHART: Chart = Chart {
    name: "disclosures-by-basis",
    title: "Footage asked for or handed over, by year and legal basis",
    description: "Incidents that are documented one by one or as a number. Most never are, and of \
                  some the number is not known, so this is the least there was.",
    draw,
};

fn draw(inside: &Inside) -> Result<Drawing, Problem> {
    let reply = inside.get("listDisclosures", &[], "limit=1000")?;
    let mut counted: BTreeMap<(String, String), i64> = BTreeMap::new();
    for entry in reply.records() {
        let year = entry.text("occurred_from_on").get(..4).unwrap_or("unknown").to_owned();
        // Of how many incidents it is told is not known: no number can be drawn.
        let Some(incidents) = entry.field("incident_count").as_i64() else { continue };
        *counted.entry((year, entry.text("legal_basis").to_owned())).or_default() += incidents;
    }
    let bar = |((year, basis), count): (&(String, String), &i64)| {
        Bar::exact(
            format!("{year}, {}", heading(basis).to_lowercase()),
            f64::from(i32::try_from(*count).unwrap_or(i32::MAX)),
        )
    };
    let (size, marks) = bars(&counted.iter().map(bar).collect::<Vec<_>>(), 220.0);
    let rows = counted
        .iter()
        .map(|((year, basis), count)| vec![year.clone(), basis.clone(), count.to_string()]);
    Ok(Drawing {
        size,
        marks,
        columns: vec!["year", "legal_basis", "incidents"],
        rows: rows.collect(),
        replies: vec![reply],
    })
}
