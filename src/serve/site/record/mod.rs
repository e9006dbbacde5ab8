//! One record: what it says in words, its facts, who says so, and what it does not tell.

mod disclosure;
mod event;
mod partnership;
mod total;

use maud::{Markup, html};

use super::figure::{Entry, Reply};
use super::inside::{Asked, Inside, Question};
use super::parts::{as_data, cite, evidence_list};
use super::words::{heading, plain};
use crate::record::state_name;
use crate::serve::error::Problem;

/// Pieces of evidence that are shown; the API has the rest.
const SHOWN: i64 = 100;

/// A sort of record of which each has a page.
pub(in crate::serve) struct RecordPage {
    /// The first segment of its address, which is that of the table.
    pub(in crate::serve) name: &'static str,
    /// One of them, for those who list the pages.
    pub(in crate::serve) one: &'static str,
    /// What the page tells, for those who list it.
    pub(in crate::serve) description: &'static str,
    /// The resource.
    pub(in crate::serve) resource: &'static str,
    /// The operation that answers with one.
    get: &'static str,
    /// The operation that lists its evidence.
    evidence: &'static str,
    /// The records that are told of with it.
    include: &'static str,
    /// Where it is shown instead, if it is: an address that its fields lead to.
    elsewhere: Option<fn(&Entry<'_>) -> Option<String>>,
    /// What it is called.
    title: fn(&Entry<'_>) -> String,
    /// What it says, in words.
    answer: fn(&Entry<'_>) -> Markup,
    /// What is known of it, field by field.
    facts: fn(&Entry<'_>) -> Vec<Fact>,
    /// What must not be read out of it.
    limits: fn(&Entry<'_>) -> Markup,
}

/// A field in words, and its value.
struct Fact(&'static str, Markup);

/// Every sort of record of which each has a page.
pub(in crate::serve) const RECORD_PAGES: &[RecordPage] =
    &[partnership::PAGE, disclosure::PAGE, total::PAGE, event::PAGE];

/// The address of the page of a record; none where such records have no page of their own.
pub(super) fn record_address(resource: &str, id: &str) -> Option<String> {
    let page = RECORD_PAGES.iter().find(|page| page.resource == resource)?;
    Some(page.address(id))
}

impl RecordPage {
    /// The address of the page of one of them.
    pub(in crate::serve) fn address(&self, id: &str) -> String {
        format!("/{}/{id}", self.name)
    }

    /// Asks for the record of that id.
    pub(in crate::serve) fn ask(&self, inside: &Inside, id: &str) -> Result<Asked, Problem> {
        inside.ask(self.get, &[("id", id)], &format!("include={}", self.include))
    }

    /// The page that shows the record instead of its own, where there is one.
    pub(in crate::serve) fn elsewhere(
        &self,
        question: Question,
    ) -> Result<Option<String>, Problem> {
        let Some(elsewhere) = self.elsewhere else { return Ok(None) };
        Ok(elsewhere(&question.reply()?.record()))
    }

    /// What the record is called, and the contents of its page.
    pub(in crate::serve) fn page(
        &self,
        inside: &Inside,
        id: &str,
        host: &str,
    ) -> Result<(String, Markup), Problem> {
        let record = inside.get(self.get, &[("id", id)], &format!("include={}", self.include))?;
        let evidence = inside.get(self.evidence, &[("id", id)], &format!("limit={SHOWN}"))?;
        let sources = inside.get("listSources", &[], "limit=1000")?;
        let entry = record.record();
        let title = (self.title)(&entry);
        let body = html! {
            h1 { bdi { (title) } }
            p.soft { "One of the " a href={ "/" (self.name) } { (self.name) } " on record." }
            div.answer data-call=(record.call()) { ((self.answer)(&entry)) }
            (facts(&record, (self.facts)(&entry)))
            (said(&evidence, &sources))
            (limits(&evidence, &(self.limits)(&entry)))
            (cite(&title, &format!("{host}{}", self.address(id)), inside.release()))
            (as_data(&[&record, &evidence]))
        };
        Ok((title, body))
    }
}

fn facts(record: &Reply, facts: Vec<Fact>) -> Markup {
    let entry = record.record();
    let [first, changed] = ["first_release", "last_changed_release"].map(|name| entry.text(name));
    html! {
        section aria-labelledby="facts" {
            h2 #facts { "What is known" }
            dl data-call=(record.call()) {
                @for Fact(name, value) in facts { dt { (name) } dd { (value) } }
                dt { "Number here" }
                dd { code { (entry.text("id")) } }
                dt { "In the data" }
                dd {
                    "since release " a href={ "/releases/" (first) } { (first) }
                    @if changed != first { "; last changed in " a href={ "/releases/" (changed) } { (changed) } }
                }
            }
        }
    }
}

fn said(evidence: &Reply, sources: &Reply) -> Markup {
    html! {
        section aria-labelledby="evidence" {
            h2 #evidence { "Who says so" }
            p.soft { "Pieces of evidence: " (evidence.number("/meta/total")) "." }
            (evidence_list(evidence, sources))
            @if evidence.total() > SHOWN {
                p { "The first " (SHOWN) " are shown. " a href=(evidence.call()) { "All of them as data" } }
            }
        }
    }
}

fn limits(evidence: &Reply, limits: &Markup) -> Markup {
    let is_disputed = evidence.records().any(|entry| entry.text("role") == "contradicts");
    html! {
        section aria-labelledby="limits" {
            h2 #limits { "What this does not tell" }
            ul {
                @if is_disputed {
                    li { strong { "The sources disagree." } " Above, each that says otherwise is marked." }
                }
                (limits)
                li { "“Not known” means that no source that was read says it. It does not mean “no”." }
            }
        }
    }
}

/// The facts that all sorts have: whom it is about.
fn concerned(entry: &Entry<'_>) -> Vec<Fact> {
    let called = |part: &str| {
        let name = entry.part(part).map_or("", |part| part.text("name"));
        html! { bdi { (known(name)) } }
    };
    let mut facts = vec![Fact("Company", called("vendor"))];
    if entry.part("program").is_some() {
        facts.push(Fact("Program", called("program")));
    }
    facts
}

/// A text, or the words that it is not known.
fn known(text: &str) -> &str {
    if text.is_empty() { "not known" } else { text }
}

/// Something that may be empty, or the words that it is not known.
fn known_or(shown: Markup) -> Markup {
    if shown.0.is_empty() {
        html! { "not known" }
    } else {
        shown
    }
}

/// A word as the beginning of a sentence; what is not known is said so.
fn word(word: &str) -> String {
    if matches!(word, "unknown" | "") { "not known".to_owned() } else { plain(word) }
}

/// City and state.
fn place(entry: &Entry<'_>) -> String {
    let state = entry.text("state");
    let parts = [entry.text("city"), state_name(state).unwrap_or(state)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What a word of a closed list means, as a sentence.
fn meaning(words: &[&str], meanings: &[&str], word: &str) -> String {
    let at = words.iter().position(|known| *known == word);
    let meaning = at.and_then(|at| meanings.get(at)).map(|meaning| meaning.trim());
    meaning.map_or_else(|| format!("{}.", heading(word)), |meaning| meaning.replace("\n ", " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Metric;

    #[test]
    fn a_word_is_told_by_its_meaning() {
        let told = |word| meaning(Metric::WORDS, Metric::MEANINGS, word);
        assert_eq!(told("users_notified"), "Users told that their data was asked for.");
        assert_eq!(told("something_new"), "Something new.");
    }

    #[test]
    fn each_sort_has_an_address_of_its_own() {
        assert_eq!(record_address("reported_totals", "tot_1").as_deref(), Some("/totals/tot_1"));
        assert_eq!(record_address("vendors", "ring"), None);
    }
}
