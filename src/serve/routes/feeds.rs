//! Feeds of releases and of changes, as Atom and as JSON Feed.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::changes::selection;
use crate::record::{Cell, ReleaseId, Resource};
use crate::release::database::{Followed, Identity, Logged, Query, Selection};
use crate::release::dataset::ChangeKind;
use crate::release::format;
use crate::serve::answer::{Answer, Plan};
use crate::serve::dispatch::newest_release;
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::feed::words::{self, Subject, Values};
use crate::serve::feed::{self, Entry, Feed, MOST};
use crate::serve::headers::CacheClass;
use crate::serve::named::Named;
use crate::serve::open_release::OpenRelease;
use crate::serve::state::State;

/// The resources that people follow, and what of them. That a source was read once more, or lists a
/// department as before, is no news.
const FOLLOWED: &[Followed] = &[
    Followed {
        table: "partnerships",
        added: true,
        fields: &["status", "program_id", "agency_id", "started_on", "ended_on", "video_requests"],
    },
    Followed {
        table: "disclosures",
        added: true,
        fields: &[
            "title",
            "stage",
            "incident_count",
            "legal_basis",
            "consent",
            "warrant",
            "content",
            "outcome",
            "user_notified",
            "occurred_from_on",
            "occurred_to_on",
            "agency_id",
            "summary",
        ],
    },
    Followed {
        table: "programs",
        added: true,
        fields: &["name", "status", "announced_on", "launched_on", "retired_on", "summary"],
    },
    Followed {
        table: "events",
        added: true,
        fields: &["title", "kind", "occurred_on", "program_id", "summary"],
    },
    Followed {
        table: "reported_totals",
        added: true,
        fields: &["value", "value_lower", "value_upper", "as_of_on", "stated_by"],
    },
    Followed {
        table: "corrections",
        added: true,
        fields: &["state", "fixed_in", "before", "after", "reason"],
    },
    // Thousands of departments are new with a registry; their partnerships are told above.
    Followed { table: "agencies", added: false, fields: &["name", "kind", "service"] },
];

/// Vendors, and programs, that are told of by name at most.
const NAMED: usize = 1000;

/// A format of feeds.
#[derive(Clone, Copy)]
enum Format {
    Atom,
    Json,
}

/// What answers an endpoint.
type Handler = fn(&Call<'_>) -> Result<Plan, Problem>;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let of_releases = "Each release with how much changed in it, newest first.";
    let of_changes = "What changed that people follow, in words: partnerships, disclosures, \
                      programs, events, reported totals, corrections and the names of agencies. \
                      The 100 newest, newest release first. For all changes and all fields ask \
                      /v1/changes.";
    let named = [Named::State, Named::Program, Named::Agency];
    let releases = |format| endpoint(format, "releases", of_releases, &[]);
    let changes = |format| endpoint(format, "changes", of_changes, &named);
    vec![
        releases(Format::Atom)(|call| releases_feed(call, Format::Atom)),
        releases(Format::Json)(|call| releases_feed(call, Format::Json)),
        changes(Format::Atom)(|call| changes_feed(call, Format::Atom)),
        changes(Format::Json)(|call| changes_feed(call, Format::Json)),
    ]
}

/// An endpoint but for its handler.
fn endpoint(
    format: Format,
    name: &str,
    description: &str,
    named: &[Named],
) -> impl FnOnce(Handler) -> Endpoint {
    let (suffix, called, schema, example) = match format {
        Format::Atom => ("atom", "Atom", json!({ "type": "string" }), json!("<feed/>")),
        Format::Json => ("json", "JSON Feed", json_schema(), json_example(name)),
    };
    let mut id = name.to_owned();
    if let Some(first) = id.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let endpoint = Endpoint {
        id: format!("get{id}Feed{}", if suffix == "atom" { "Atom" } else { "Json" }),
        base: Base::Root,
        path: format!("/feeds/{name}.{suffix}"),
        tag: "releases",
        summary: format!("Feed of {name} as {called}"),
        description: description.to_owned(),
        segments: Vec::new(),
        parameters: named.iter().map(|named| named.parameter()).collect(),
        answers: Answers {
            description: "The feed.".to_owned(),
            forms: &[],
            media_type: match format {
                Format::Atom => feed::ATOM,
                Format::Json => feed::JSON,
            },
            schema,
            example: Some(example),
            also: &[503],
        },
        resource: None,
        handler: |call: &Call<'_>| releases_feed(call, Format::Atom),
    };
    move |handler| Endpoint { handler, ..endpoint }
}

fn json_schema() -> Value {
    let text = json!({ "type": "string" });
    let item = json!({
        "type": "object",
        "properties": {
            "id": text, "url": text, "title": text, "content_text": text,
            "date_published": { "type": "string", "format": "date-time" },
            "date_modified": { "type": "string", "format": "date-time" },
            "tags": { "type": "array", "items": text },
        },
        "required": ["id", "url", "title", "content_text", "date_published", "date_modified", "tags"],
    });
    let hub = json!({
        "type": "object", "properties": { "type": text, "url": text }, "required": ["type", "url"],
    });
    let author = json!({ "type": "object", "properties": { "name": text }, "required": ["name"] });
    json!({
        "type": "object",
        "properties": {
            "version": { "type": "string", "const": "https://jsonfeed.org/version/1.1" },
            "title": text, "description": text, "home_page_url": text, "feed_url": text,
            "language": text, "authors": { "type": "array", "items": author },
            "hubs": { "type": "array", "items": hub },
            "items": { "type": "array", "items": item },
        },
        "required": [
            "version", "title", "description", "home_page_url", "feed_url", "language", "authors",
            "items",
        ],
    })
}

fn json_example(name: &str) -> Value {
    json!({
        "version": "https://jsonfeed.org/version/1.1", "title": format!("Porchlight: {name}"),
        "description": "What is new.", "home_page_url": format!("/v1/{name}"),
        "feed_url": format!("/feeds/{name}.json"), "language": "en",
        "authors": [{ "name": "Porchlight" }], "items": [],
    })
}

/// A feed without entries.
fn begin(call: &Call<'_>, name: &str, query: &str, newest: &OpenRelease) -> Feed {
    let settings = call.state.settings();
    Feed {
        name: format!("feeds/{name}{query}"),
        title: format!("Porchlight: {name}"),
        subtitle: String::new(),
        updated: newest.known.manifest.published_at,
        this: format!("{}{query}", call.endpoint.path),
        alternate: format!("/v1/{name}{query}"),
        hub: settings.websub_hub.clone(),
        public_url: settings.public_url.clone(),
        entries: Vec::new(),
    }
}

/// The answer that is a feed.
fn answer(feed: &Feed, format: Format) -> Result<Answer, Problem> {
    let (media_type, body) = match format {
        Format::Atom => (feed::ATOM, feed::atom(feed)?),
        Format::Json => (feed::JSON, feed::json(feed)),
    };
    let this = format!("<{}{}>; rel=\"self\"", feed.public_url, feed.this);
    let link = match &feed.hub {
        Some(hub) => format!("<{hub}>; rel=\"hub\", {this}"),
        None => this,
    };
    let answer = Answer::bytes(media_type, body).cached(CacheClass::Minute);
    Ok(answer.linked(Some(link)))
}

fn releases_feed(call: &Call<'_>, format: Format) -> Result<Plan, Problem> {
    call.asked()?;
    let newest = newest_release(call.state)?.release;
    let mut feed = begin(call, "releases", "", &newest);
    "Every release of the data, with how much changed in it.".clone_into(&mut feed.subtitle);
    let known = call.state.releases().known();
    for (release, known) in known.iter().rev().take(MOST) {
        let manifest = &known.manifest;
        let first = manifest.previous.is_none();
        let beginning = if first { "The first release. " } else { "" };
        feed.entries.push(Entry {
            name: format!("releases/{release}"),
            title: format!("Release {release}"),
            summary: format!("{beginning}{}", words::counts(&manifest.changes)),
            updated: manifest.published_at,
            link: format!("/v1/releases/{release}"),
            tags: Vec::new(),
        });
    }
    Ok(Plan::ready(answer(&feed, format)?))
}

fn changes_feed(call: &Call<'_>, format: Format) -> Result<Plan, Problem> {
    let asked = call.asked()?;
    let newest = newest_release(call.state)?.release;
    let mut feed = begin(call, "changes", &asked.canonical.suffix(None), &newest);
    "What changed about partnerships and disclosures, and why.".clone_into(&mut feed.subtitle);
    let news = News { state: call.state.clone(), newest, selection: selection(&asked) };
    let work = move || {
        feed.entries = news.entries()?;
        answer(&feed, format)
    };
    Ok(Plan::Answer { canonical: None, short: false, work: Box::new(work) })
}

/// Collects the entries of a feed of changes.
struct News {
    state: State,
    newest: Arc<OpenRelease>,
    selection: Selection,
}

/// A release that is told of.
struct Told {
    release: ReleaseId,
    published_at: DateTime<Utc>,
    /// The release before it.
    before: Option<ReleaseId>,
}

impl News {
    fn entries(&self) -> Result<Vec<Entry>, Problem> {
        let names = self.names()?;
        let known = self.state.releases().known();
        let mut entries = Vec::new();
        let mut releases = known.range(..=self.newest.id()).rev().peekable();
        while let Some((release, manifest)) = releases.next() {
            let told = Told {
                release: *release,
                published_at: manifest.manifest.published_at,
                before: releases.peek().map(|(before, _)| **before),
            };
            for followed in FOLLOWED {
                let room = MOST - entries.len();
                if room == 0 {
                    return Ok(entries);
                }
                self.add(&mut entries, followed, &told, &names)?;
            }
        }
        Ok(entries)
    }

    /// Adds what happened to records of a resource in a release, as long as there is room.
    fn add(
        &self,
        entries: &mut Vec<Entry>,
        followed: &Followed,
        told: &Told,
        names: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        let Some(resource) = Resource::of_table(followed.table) else { return Ok(()) };
        let database = self.newest.database()?;
        let room = MOST - entries.len();
        for logged in database.news(followed, told.release, &self.selection, room)? {
            let row = database.get(resource, &resource.all_columns(), &logged.id)?;
            let Some(record) = row.map(|row| values(resource, &row)).transpose()? else { continue };
            entries.push(entry(followed, told, told.release, &logged, &record, names, None));
        }
        let Some(before) = told.before else { return Ok(()) };
        for logged in database.taken_back(followed, told.release, MOST)? {
            if entries.len() == MOST {
                return Ok(());
            }
            let Some(earlier) = self.state.releases().get(before) else { return Ok(()) };
            let row = earlier.database()?.selected(resource, &logged.id, &self.selection)?;
            let Some(record) = row.map(|row| values(resource, &row)).transpose()? else { continue };
            let reason = match database.identity(resource, &logged.id)? {
                Identity::Withdrawn { reason, .. } => Some(reason),
                Identity::Redirect { to_id, .. } => Some(format!("see {to_id}")),
                Identity::Live | Identity::Unknown => None,
            };
            let reason = reason.as_deref();
            entries.push(entry(followed, told, before, &logged, &record, names, reason));
        }
        Ok(())
    }

    /// What vendors and programs are called.
    fn names(&self) -> Result<BTreeMap<String, String>, Problem> {
        let mut names = BTreeMap::new();
        for table in ["vendors", "programs"] {
            let Some(resource) = Resource::of_table(table) else { continue };
            let query = Query::of(resource, NAMED);
            for row in self.newest.database()?.page(&query)?.rows {
                let record = values(resource, &row)?;
                let text = |field: &str| record.get(field).and_then(Value::as_str);
                if let (Some(id), Some(name)) = (text("id"), text("name")) {
                    names.insert(id.to_owned(), name.to_owned());
                }
            }
        }
        Ok(names)
    }
}

fn values(resource: &Resource, row: &[Cell]) -> Result<Values, Problem> {
    format::json(resource.columns, row).map_err(Problem::internal)
}

/// What is told of a change; the record is linked as it is in the release `at`.
fn entry(
    followed: &Followed,
    told: &Told,
    at: ReleaseId,
    logged: &Logged,
    record: &Values,
    names: &BTreeMap<String, String>,
    reason: Option<&str>,
) -> Entry {
    let (table, id) = (followed.table, logged.id.as_str());
    let subject = Subject { table, record, names };
    let text = |field: &str| record.get(field).and_then(Value::as_str);
    let state = text("state").filter(|_| table != "corrections");
    let own_program = (table == "programs").then_some(id);
    let tags =
        [Some(table), state, text("program_id").or(own_program), Some(logged.cause.as_str())];
    let what = match logged.change {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Withdrawn => "withdrawn",
    };
    let tags = tags.into_iter().flatten().chain([what]);
    Entry {
        name: format!("releases/{}/{table}/{id}", told.release),
        title: subject.title(logged),
        summary: subject.summary(logged, followed.fields, reason),
        updated: told.published_at,
        link: format!("/v1/releases/{at}/{table}/{id}"),
        tags: tags.map(str::to_owned).collect(),
    }
}
