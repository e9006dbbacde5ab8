//! A change in words that a resident understands.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::record::Cause;
use crate::release::TableChanges;
use crate::release::database::Logged;
use crate::release::dataset::ChangeKind;

/// A record, its values by field.
pub(in crate::serve) type Values = Map<String, Value>;

/// What a change is about: the record, and what others are called that it names.
pub(in crate::serve) struct Subject<'a> {
    /// Its resource.
    pub(in crate::serve) table: &'a str,
    /// The record.
    pub(in crate::serve) record: &'a Values,
    /// Names of vendors and programs by id.
    pub(in crate::serve) names: &'a BTreeMap<String, String>,
}

impl Subject<'_> {
    /// What happened to it, in a line.
    pub(in crate::serve) fn title(&self, logged: &Logged) -> String {
        let about = self.about();
        match (logged.change, self.table) {
            (ChangeKind::Added, "partnerships") => format!("{about} is listed"),
            (ChangeKind::Added, _) => format!("{about}: new"),
            (ChangeKind::Withdrawn, _) if logged.cause == Cause::Merge => {
                format!("{about}: the same as another record")
            }
            (ChangeKind::Withdrawn, _) => format!("{about}: taken back"),
            (ChangeKind::Changed, _) => match logged.fields.get("status") {
                Some(both) => format!("{about} is now {}", said(&both[1])),
                None => format!("{about}: changed"),
            },
        }
    }

    /// The record, as people call it.
    fn about(&self) -> String {
        let name = |field: &str| self.named(field).unwrap_or_default();
        let place = match self.text("state") {
            Some(state) if self.table != "corrections" => format!(" ({state})"),
            Some(_) | None => String::new(),
        };
        match self.table {
            "partnerships" => {
                let agency = self.text("agency_name").unwrap_or("An agency");
                format!("{agency}{place}: partnership with {}", name("program_id"))
            }
            "reported_totals" => {
                let by = self.text("stated_by").unwrap_or("Somebody");
                let metric = self.text("metric").unwrap_or("total").replace('_', " ");
                format!("{by} about {}: {metric}", name("vendor_id"))
            }
            "corrections" => {
                let of = self.text("subject_type").unwrap_or("record").replace('_', " ");
                format!("Correction of the {of} {}", self.text("subject_id").unwrap_or_default())
            }
            "programs" => {
                let called = self.text("name").unwrap_or_default();
                format!("{} {called}", name("vendor_id")).trim().to_owned()
            }
            _ => {
                let called = self.text("title").or_else(|| self.text("name"));
                format!("{}{place}", called.unwrap_or("A record"))
            }
        }
    }

    /// What is different, and why, in sentences; `reason` is why it is gone.
    pub(in crate::serve) fn summary(
        &self,
        logged: &Logged,
        followed: &[&str],
        reason: Option<&str>,
    ) -> String {
        match logged.change {
            ChangeKind::Added => {
                let details = self.details(followed);
                let because = format!("Newly published, {}.", because(logged.cause));
                if details.is_empty() { because } else { format!("{because} {details}.") }
            }
            ChangeKind::Withdrawn => {
                let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
                format!("No longer published, {}{reason}.", because(logged.cause))
            }
            ChangeKind::Changed => {
                let fields = logged.fields.as_object().into_iter().flatten();
                let fields = fields.filter(|(field, _)| followed.contains(&field.as_str()));
                let changes: Vec<_> =
                    fields.map(|(field, both)| self.change(field, &both[0], &both[1])).collect();
                let mut sentence = changes.join("; ");
                if let Some(first) = sentence.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                format!("{sentence}, {}.", because(logged.cause))
            }
        }
    }

    fn change(&self, field: &str, before: &Value, after: &Value) -> String {
        let field_name = field_words(field);
        let long = |value: &Value| value.as_str().is_some_and(|text| text.len() > 120);
        if long(before) || long(after) {
            return format!("{field_name} was written anew");
        }
        format!(
            "{field_name} changed from {} to {}",
            self.shown(field, before),
            self.shown(field, after)
        )
    }

    /// What a new record says, as far as it is known.
    fn details(&self, followed: &[&str]) -> String {
        let known = followed.iter().filter_map(|field| {
            let value = self.record.get(*field).filter(|value| !value.is_null())?;
            let about = ["agency_id", "program_id", "title", "name"];
            (!about.contains(field))
                .then(|| format!("{}: {}", field_words(field), self.shown(field, value)))
        });
        let mut details = known.collect::<Vec<_>>().join("; ");
        if let Some(first) = details.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        details.trim_end_matches('.').to_owned()
    }

    fn shown(&self, field: &str, value: &Value) -> String {
        match value.as_str().and_then(|id| self.names.get(id)) {
            Some(name) if field.ends_with("_id") => name.clone(),
            Some(_) | None => said(value),
        }
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.record.get(field)?.as_str()
    }

    /// What the record a field names is called.
    fn named(&self, field: &str) -> Option<String> {
        let id = self.text(field)?;
        Some(self.names.get(id).cloned().unwrap_or_else(|| id.to_owned()))
    }
}

/// A value in words.
fn said(value: &Value) -> String {
    match value {
        Value::Null => "unknown".to_owned(),
        Value::String(text) => text.replace('_', " "),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(said).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// A field in words.
fn field_words(field: &str) -> String {
    match field {
        "started_on" => "start".to_owned(),
        "ended_on" => "end".to_owned(),
        "occurred_on" | "occurred_from_on" => "date".to_owned(),
        "occurred_to_on" => "last date".to_owned(),
        _ => {
            let bare = field.strip_suffix("_on").or_else(|| field.strip_suffix("_id"));
            bare.unwrap_or(field).replace('_', " ")
        }
    }
}

/// A cause as the end of a sentence.
fn because(cause: Cause) -> &'static str {
    match cause {
        Cause::SourceChanged => "because a source says something else than before",
        Cause::NewCoverage => "because a source was read for the first time",
        Cause::Correction => "because an error was put right",
        Cause::Curation => "because our own research found more",
        Cause::ProgramChanged => "because this software reads the same sources differently",
        Cause::Merge => "because two records turned out to be one",
        Cause::Withdrawal => "because it was taken back",
        Cause::TimePassed => "because its newest source is too old to vouch for the present",
    }
}

/// How many records of a release are new, changed and gone, in a sentence.
pub(in crate::serve) fn counts(changes: &BTreeMap<String, TableChanges>) -> String {
    let of_table = changes.iter().filter_map(|(table, changes)| {
        let TableChanges { added, changed, withdrawn } = changes;
        let counts = [(added, "added"), (changed, "changed"), (withdrawn, "withdrawn")];
        let counts = counts.into_iter().filter(|(count, _)| **count > 0);
        let counts: Vec<_> = counts.map(|(count, what)| format!("{count} {what}")).collect();
        (!counts.is_empty()).then(|| format!("{}: {}", table.replace('_', " "), counts.join(", ")))
    });
    let told: Vec<_> = of_table.collect();
    if told.is_empty() { "No record changed.".to_owned() } else { format!("{}.", told.join("; ")) }
}
