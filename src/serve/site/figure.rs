//! An answer of the API as pages show it. Every figure names the call and the place in its answer
//! where it stands, so that anybody, and a test, can compare.

use std::borrow::Cow;

use maud::{Markup, html};
use serde_json::Value;

use super::words;
use crate::serve::state::Settings;

/// An answer of the API.
pub(in crate::serve) struct Reply {
    call: String,
    body: Value,
    /// What stands before the call as somebody types it, and whether that is an address of this
    /// machine alone.
    typed: (String, bool),
}

impl Reply {
    pub(super) fn new(call: String, body: Value) -> Self {
        Self { call, body, typed: (String::new(), false) }
    }

    /// The same, to be asked as these settings say.
    pub(super) fn typed_as(self, settings: &Settings) -> Self {
        let is_local = settings.public_url.is_empty();
        Self { typed: (settings.typed_url().to_owned(), is_local), ..self }
    }

    /// What stands before the call as somebody types it, and whether that is an address of this
    /// machine alone.
    pub(super) fn typed(&self) -> (&str, bool) {
        (&self.typed.0, self.typed.1)
    }

    /// The call, from the root of the host.
    pub(super) fn call(&self) -> &str {
        &self.call
    }

    /// A value by its JSON Pointer; null where there is none.
    pub(super) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A text by its JSON Pointer; empty where there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// The records of a list, each with its place in the answer.
    pub(super) fn records(&self) -> impl Iterator<Item = Entry<'_>> {
        let records = self.at("/data").as_array().map(Vec::as_slice).unwrap_or_default();
        let entry = |(at, value)| Entry { value, at: format!("/data/{at}") };
        records.iter().enumerate().map(entry)
    }

    /// The record that is the whole answer.
    pub(super) fn record(&self) -> Entry<'_> {
        Entry { value: self.at("/data"), at: "/data".to_owned() }
    }

    /// The name of one of the records of a list by its id; the id where there is no such record.
    pub(super) fn name_of(&self, id: &str) -> String {
        let found = self.records().find(|record| record.text("id") == id);
        found.map_or(id, |record| record.text("name")).to_owned()
    }

    /// The name of the record that is the whole answer.
    pub(in crate::serve) fn name(&self) -> String {
        self.text("/data/name").to_owned()
    }

    /// How many records fit, on all pages.
    pub(super) fn total(&self) -> i64 {
        self.at("/meta/total").as_i64().unwrap_or_default()
    }

    /// A number of the answer, with the call it is from.
    pub(super) fn number(&self, pointer: &str) -> Markup {
        figure(self.at(pointer), pointer, Some(&self.call))
    }
}

/// A part of an answer. What shows it stands in an element that names the call.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    value: &'a Value,
    at: String,
}

impl<'a> Entry<'a> {
    /// A field; null where there is none.
    pub(super) fn field(&self, name: &str) -> &'a Value {
        self.value.get(name).unwrap_or(&Value::Null)
    }

    /// A field that is a text; empty where it is unknown.
    pub(super) fn text(&self, name: &str) -> &'a str {
        self.field(name).as_str().unwrap_or_default()
    }

    /// A field that is a number, and where it stands.
    pub(super) fn number(&self, name: &str) -> Markup {
        figure(self.field(name), &format!("{}/{name}", self.at), None)
    }

    /// The parts of a field that is a list.
    pub(super) fn list(&self, name: &str) -> Vec<Entry<'a>> {
        let parts = self.field(name).as_array().map(Vec::as_slice).unwrap_or_default();
        let entry = |(at, value)| Entry { value, at: format!("{}/{name}/{at}", self.at) };
        parts.iter().enumerate().map(entry).collect()
    }

    /// A field that is a record of its own; none where it is null.
    pub(super) fn part(&self, name: &str) -> Option<Entry<'a>> {
        let value = self.field(name);
        value.is_object().then(|| Entry { value, at: format!("{}/{name}", self.at) })
    }

    /// The texts of a field that is a list of texts.
    pub(super) fn texts(&self, name: &str) -> Vec<&'a str> {
        let parts = self.field(name).as_array().map(Vec::as_slice).unwrap_or_default();
        parts.iter().filter_map(Value::as_str).collect()
    }
}

fn figure(value: &Value, pointer: &str, call: Option<&str>) -> Markup {
    let Some(shown) = shown(value) else { return html! { "unknown" } };
    html! {
        data value=(plain(value)) data-call=[call] data-at=(pointer) { (shown) }
    }
}

/// A number with its thousands apart; none where it is unknown.
fn shown(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Number(_) => Some(words::grouped(&plain(value)).into()),
        Value::String(text) => Some(text.into()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number as a script writes it: 2161, not 2161.0.
fn plain(value: &Value) -> String {
    match value.as_f64() {
        Some(number) => number.to_string(),
        None => value.as_str().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_figure_says_where_it_stands() {
        let body =
            json!({ "data": [{ "value": 2161.0 }, { "value": null }], "meta": { "total": 12345 } });
        let reply = Reply::new("/v1/totals".to_owned(), body);
        assert_eq!(
            reply.number("/meta/total").into_string(),
            "<data value=\"12345\" data-call=\"/v1/totals\" data-at=\"/meta/total\">12,345</data>"
        );
        let shown: Vec<_> =
            reply.records().map(|entry| entry.number("value").into_string()).collect();
        assert_eq!(shown[0], "<data value=\"2161\" data-at=\"/data/0/value\">2,161</data>");
        assert_eq!(shown[1], "unknown");
    }
}
