//! A count that somebody stated.

use maud::{Markup, html};

use super::{Fact, RecordPage, concerned, known_or, meaning};
use crate::record::{Metric, ValueKind};
use crate::serve::site::figure::Entry;
use crate::serve::site::table::{claimed, counted_when};
use crate::serve::site::words::{heading, plain, time};

pub(super) const PAGE: RecordPage = RecordPage {
    name: "totals",
    one: "A count that somebody stated",
    description: "A page of a count: what was counted, who stated it, when, and where that can be \
                  read.",
    resource: "reported_totals",
    get: "getReportedTotal",
    evidence: "listReportedTotalEvidence",
    include: "program,vendor",
    elsewhere: None,
    title: |entry| {
        format!("{}, stated by {}", heading(entry.text("metric")), entry.text("stated_by"))
    },
    answer,
    facts,
    limits,
};

fn answer(entry: &Entry<'_>) -> Markup {
    let scope = entry.text("scope");
    let when = counted_when(entry);
    let has_period =
        ["period_from_on", "period_to_on"].iter().any(|name| !entry.text(name).is_empty());
    html! {
        p.word {
            (claimed(entry))
            @if !scope.is_empty() { " (" (plain(scope)) ")" }
            @if !when.0.is_empty() { @if has_period { ", " } @else { ", as of " } (when) }
            "."
        }
        p {
            "Stated by: " bdi { (entry.text("stated_by")) }
            ". Porchlight did not count; it shows the number as it was stated."
        }
        p { "What is counted: " (counted(entry)) }
    }
}

fn counted(entry: &Entry<'_>) -> String {
    meaning(Metric::WORDS, Metric::MEANINGS, entry.text("metric"))
}

fn facts(entry: &Entry<'_>) -> Vec<Fact> {
    let scope = match entry.text("scope") {
        "" => "whoever stated it does not say".to_owned(),
        scope => plain(scope),
    };
    let firmly = meaning(ValueKind::WORDS, ValueKind::MEANINGS, entry.text("value_kind"));
    let mut facts = vec![
        Fact("Count", claimed(entry)),
        Fact("How exact", html! { (firmly) }),
        Fact("Of police or fire", html! { (scope) }),
        Fact("When", known_or(counted_when(entry))),
        Fact("Stated by", html! { bdi { (entry.text("stated_by")) } }),
        Fact("Made public", known_or(time(entry.text("published_on"), "day"))),
    ];
    facts.extend(concerned(entry));
    facts
}

fn limits(entry: &Entry<'_>) -> Markup {
    let (metric, vendor) = (entry.text("metric"), entry.text("vendor_id"));
    html! {
        li { "A count names nobody. It does not tell which departments, people or cases were counted." }
        li {
            "Others may have counted in another way, on another day, or something else by the same name: "
            a href={ "/totals?metric=" (metric) "&vendor_id=" (vendor) } { "all counts of that sort of this company" }
            ". Porchlight does not add them up."
        }
    }
}
