//! Something that happened to a company, a program or the rules they work under.

use maud::{Markup, html};

use super::{Fact, RecordPage, concerned, known_or, meaning};
use crate::record::EventKind;
use crate::serve::site::figure::Entry;
use crate::serve::site::words::{heading, time};

pub(super) const PAGE: RecordPage = RecordPage {
    name: "events",
    one: "An event",
    description: "A page of what happened to a company, its programs or the rules they work under, \
                  when, and who says so.",
    resource: "events",
    get: "getEvent",
    evidence: "listEventEvidence",
    include: "program,vendor",
    elsewhere: None,
    title: |entry| entry.text("title").to_owned(),
    answer,
    facts,
    limits,
};

fn when(entry: &Entry<'_>) -> Markup {
    time(entry.text("occurred_on"), entry.text("occurred_on_precision"))
}

fn answer(entry: &Entry<'_>) -> Markup {
    let when = when(entry);
    html! {
        p.word {
            (heading(entry.text("kind")))
            @if when.0.is_empty() { ", on a day that is not known" } @else { ", " (when) }
            "."
        }
        @if !entry.text("summary").is_empty() { p { bdi { (entry.text("summary")) } } }
    }
}

fn facts(entry: &Entry<'_>) -> Vec<Fact> {
    let kind = meaning(EventKind::WORDS, EventKind::MEANINGS, entry.text("kind"));
    let mut facts =
        vec![Fact("When", known_or(when(entry))), Fact("Sort of event", html! { (kind) })];
    facts.extend(concerned(entry));
    facts
}

fn limits(_entry: &Entry<'_>) -> Markup {
    html! {
        li {
            "The list of events is what people at Porchlight found and chose. That something is not in it does not mean "
            "that it did not happen."
        }
    }
}
