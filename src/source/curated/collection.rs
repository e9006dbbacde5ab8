//! From a curated file to drafts: every entry, then everything the entries need of each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use toml::Table;

use crate::record::{Citation, Column, Draft, Part, Reading, Reported, Role, SubjectType};
use crate::source::ReadError;
use crate::source::curated::entry::{Entry, Fault};
use crate::source::curated::value::{Day, Key, Pointer, Text, WebAddress};

/// Under this name an entry's draft keeps how sure it is: `A` or `B`. No evidence draft has it.
const CONFIDENCE: &str = "confidence";

/// Under this name an evidence draft keeps what has to be said of the page it cites.
const NOTE: &str = "note";

/// What every entry has beside the fields of its record.
#[derive(Debug, Deserialize)]
struct Head {
    key: Key,
    confidence: Confidence,
    evidence: Vec<Table>,
}

/// How sure an entry is.
#[derive(Debug, Clone, Copy, Deserialize)]
enum Confidence {
    /// A primary source, or several independent reports agree.
    A,
    /// One good secondary report.
    B,
}

impl Confidence {
    fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// A page that says so, or says otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    url: Option<WebAddress>,
    archived_url: Option<WebAddress>,
    title: Option<Text<200>>,
    publisher: Option<Text<100>>,
    published_on: Option<Day>,
    role: Option<Role>,
    #[serde(default = "Pointer::whole")]
    pointer: Pointer,
    quote: Option<Text<300>>,
    note: Option<Text<300>>,
    #[serde(default)]
    reported: Table,
}

/// Entries read so far, and what they need of each other.
#[derive(Debug, Default)]
pub(super) struct Collection {
    reading: Reading,
    source_keys: BTreeSet<String>,
    needed: Vec<Need>,
}

/// An entry that another entry names.
#[derive(Debug)]
struct Need {
    file: String,
    entry: String,
    field: &'static str,
    source_key: String,
}

impl Collection {
    /// Reads a file of entries of one kind: an array of tables named as the record's table.
    pub(super) fn add<E: Entry>(&mut self, part: &Part) -> Result<(), ReadError> {
        let file = part.name.as_str();
        let of_file = |problem| fault(file, "the file", problem);
        let text = std::str::from_utf8(&part.bytes).map_err(|error| of_file(error.to_string()))?;
        let mut tables: BTreeMap<String, Vec<Table>> =
            toml::from_str(text).map_err(|error| of_file(error.to_string()))?;
        let entries = tables.remove(E::TABLE).unwrap_or_default();
        if let Some(name) = tables.keys().next() {
            let expected = E::TABLE;
            return Err(of_file(format!("{name}: unknown table, expected `{expected}`")));
        }
        for (position, table) in entries.into_iter().enumerate() {
            let entry = match table.get("key").and_then(toml::Value::as_str) {
                Some(key) => key.to_owned(),
                None => format!("entry {}", position + 1),
            };
            self.add_entry::<E>(file, table).map_err(|problem| fault(file, &entry, problem))?;
        }
        Ok(())
    }

    /// Everything read, once every entry that is named was found.
    pub(super) fn close(self) -> Result<Reading, ReadError> {
        let Self { reading, source_keys, needed } = self;
        if reading.records_read == 0 {
            return Err(ReadError::NoRecords("the curated files"));
        }
        match needed.into_iter().find(|need| !source_keys.contains(&need.source_key)) {
            Some(Need { file, entry, field, source_key }) => {
                Err(fault(&file, &entry, format!("{field}: there is no entry `{source_key}`")))
            }
            None => Ok(reading),
        }
    }

    fn add_entry<E: Entry>(&mut self, file: &str, mut table: Table) -> Result<(), Fault> {
        let mut head = Table::new();
        for name in ["key", CONFIDENCE, "evidence"] {
            head.extend(table.remove_entry(name));
        }
        let head: Head = read(head)?;
        let entry: E = read(table.clone())?;
        entry.check()?;

        let key: &str = head.key.as_ref();
        let stem = file.trim_end_matches(".toml");
        let source_key = format!("{stem}/{key}");
        if !self.source_keys.insert(source_key.clone()) {
            return Err(format!("key: `{key}` is used twice"));
        }
        if head.evidence.is_empty() {
            return Err("evidence: at least one page is needed".to_owned());
        }

        let mut reported = in_words(&entry)?;
        reported.insert(CONFIDENCE.to_owned(), head.confidence.as_str().to_owned());
        let subject_type = entry.subject_type();
        let locator = format!("{file}#{key}");
        self.reading.records_read += 1;
        self.reading.drafts.push(Draft {
            subject_type,
            source_key: source_key.clone(),
            pointer: String::new(),
            role: Role::Supports,
            locator: locator.clone(),
            citation: Citation::default(),
            reported,
        });
        for (position, page) in head.evidence.into_iter().enumerate() {
            let place = format!("evidence[{position}]");
            let about = About { subject_type, source_key: &source_key, said: &table };
            let draft = evidence::<E>(page, &about, format!("{locator}/{place}"))
                .map_err(|problem| format!("{place}: {problem}"))?;
            self.reading.drafts.push(draft);
        }
        self.needed.extend(entry.references().into_iter().map(|(field, source_key)| Need {
            file: file.to_owned(),
            entry: key.to_owned(),
            field,
            source_key,
        }));
        Ok(())
    }
}

/// The entry a page speaks of.
struct About<'a> {
    subject_type: SubjectType,
    source_key: &'a str,
    /// What the entry itself says.
    said: &'a Table,
}

/// The draft of one page.
fn evidence<E: Entry>(page: Table, about: &About<'_>, locator: String) -> Result<Draft, Fault> {
    let page: Page = read(page)?;
    if page.url.is_none() && page.publisher.is_none() {
        return Err("url: a page needs an address, or at least a publisher".to_owned());
    }
    let role = page.role.unwrap_or(Role::Supports);
    if role == Role::Contradicts && page.reported.is_empty() {
        return Err("reported: a page that contradicts needs what it says instead".to_owned());
    }
    if let Some(name) = page.pointer.field() {
        let columns: &[Column] = E::COLUMNS;
        if !columns.iter().any(|column| column.name == name) {
            return Err(format!("pointer: `{}` have no `{name}`", E::TABLE));
        }
    }
    let mut reported = otherwise::<E>(about.said, page.reported)?;
    reported.extend(page.note.map(|note| (NOTE.to_owned(), note.into())));
    Ok(Draft {
        subject_type: about.subject_type,
        source_key: about.source_key.to_owned(),
        pointer: page.pointer.into(),
        role,
        locator,
        citation: Citation {
            url: page.url.map(Into::into),
            archived_url: page.archived_url.map(Into::into),
            title: page.title.map(Into::into),
            publisher: page.publisher.map(Into::into),
            published_on: page.published_on.as_ref().and_then(Day::date),
            quote: page.quote.map(Into::into),
        },
        reported,
    })
}

/// What a page reports, checked as if the entry had said it.
fn otherwise<E: Entry>(said: &Table, reported: Table) -> Result<Reported, Fault> {
    let names: Vec<String> = reported.keys().cloned().collect();
    let mut table = said.clone();
    table.extend(reported);
    let entry: E = read(table).map_err(|problem| format!("reported: {problem}"))?;
    let mut words = in_words(&entry)?;
    words.retain(|name, _| names.contains(name));
    Ok(words)
}

/// The fields of an entry as text: dates and words as written, numbers in digits, lists as JSON.
fn in_words<E: Entry>(entry: &E) -> Result<Reported, Fault> {
    let value = serde_json::to_value(entry).map_err(|error| error.to_string())?;
    let Value::Object(fields) = value else {
        return Err("an entry is no table".to_owned());
    };
    Ok(fields
        .into_iter()
        .filter_map(|(name, value)| match value {
            Value::Null => None,
            Value::String(text) => Some((name, text)),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Some((name, value.to_string()))
            }
        })
        .collect())
}

/// Reads a table as `T`; a fault names the field first.
fn read<T: serde::de::DeserializeOwned>(table: Table) -> Result<T, Fault> {
    table.try_into().map_err(|error: toml::de::Error| {
        let text = error.to_string();
        match text.trim_end().rsplit_once("\nin `") {
            Some((problem, field)) => format!("{}: {problem}", field.trim_end_matches('`')),
            None => text.trim_end().to_owned(),
        }
    })
}

fn fault(file: &str, entry: &str, problem: String) -> ReadError {
    ReadError::Curated { file: file.to_owned(), entry: entry.to_owned(), problem }
}
