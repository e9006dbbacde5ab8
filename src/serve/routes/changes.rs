//! What changed between two releases.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::history::{ChangeWord, FieldChange};
use super::json as json_answer;
use crate::record::{Cause, Cell, ReleaseId, Resource};
use crate::release::database::{Comparison, Difference};
use crate::serve::answer::{Answer, Plan};
use crate::serve::asked::Asked;
use crate::serve::cursor::{self, Scope};
use crate::serve::dispatch::{named_release, newest_release};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::{Code, Fault, Problem};
use crate::serve::example;
use crate::serve::named::{Named, logged};
use crate::serve::page::{self, Addresses, PageLinks, Totals};
use crate::serve::parameter::{Kind, Parameter};
use crate::serve::releases::OpenRelease;
use crate::serve::state::Place;
use crate::serve::value::spell_values;

/// A record that is not as it was.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct ChangeEntry {
    /// The resource it belongs to.
    #[schema(example = "partnerships")]
    resource: &'static str,
    /// Its id.
    #[schema(example = "par_0123456789")]
    id: String,
    /// What happened to it between the two releases.
    change: ChangeWord,
    /// The last release in which it changed.
    release: ReleaseId,
    /// Why, in the order of the releases, each cause once.
    causes: Vec<Cause>,
    /// What differs; empty where it is again what it was, or came and went in between. All fields
    /// of a record that is new or gone. `first_release`, `last_changed_release` and
    /// `evidence_count` are not among them.
    fields: Vec<FieldChange>,
}

/// What a page of changes is about.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct ChangesMeta {
    /// The release compared with.
    from: ReleaseId,
    /// The release compared.
    release: ReleaseId,
    /// Version of the schema of that release.
    #[schema(example = "1.0.0")]
    schema_version: String,
    /// Records that changed, on all pages.
    #[schema(example = 393)]
    total: i64,
    /// Records on this page.
    #[schema(example = 50)]
    returned: usize,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let [from, to, resource, state] =
        [Named::From, Named::To, Named::Resource, Named::State].map(Named::parameter);
    let limit = Parameter::control("limit", Kind::Limit);
    let cursor = Parameter::control("cursor", Kind::Cursor);
    vec![Endpoint {
        id: "listChanges".to_owned(),
        base: Base::Api,
        path: "/changes".to_owned(),
        tag: "releases",
        summary: "List what changed between two releases".to_owned(),
        description: "Each record that was touched on the way from one release to another, once: \
                      what happened to it, why, and every field that differs. Applied to the first \
                      release it gives the second. In the order of resources and ids. Evidence and \
                      issues are not compared: they say themselves when they were listed."
            .to_owned(),
        segments: Vec::new(),
        parameters: vec![from, to, resource, state, limit, cursor],
        // NDJSON, where it is offered, is this list without bound: `Comparison::differences` of
        // `Comparison::ids`, resource by resource.
        answers: Answers {
            also: &[404, 503],
            ..json_answer("ChangesPage", "A page of changes.", example())
        },
        resource: None,
        handler: answer,
    }]
}

fn example() -> Value {
    let query = format!("from={}&to={}", example::EARLIER, example::RELEASE);
    json!({
        "data": [{
            "resource": "partnerships", "id": "par_0123456789", "change": "changed",
            "release": example::RELEASE, "causes": ["source_changed"],
            "fields": [{
                "field": "last_listed_on", "before": "2020-10-07", "after": "2020-11-01",
            }],
        }],
        "meta": {
            "from": example::EARLIER, "release": example::RELEASE, "schema_version": "1.0.0",
            "total": 1, "returned": 1,
        },
        "links": {
            "self": format!("/v1/changes?{query}"), "next": null, "docs": "/docs",
        },
    })
}

/// The two releases of a comparison.
struct Pair {
    from: Place,
    to: Place,
}

impl Pair {
    /// The releases a query names, or means where it names none.
    fn of(call: &Call<'_>, asked: &Asked) -> Result<Self, Problem> {
        let named = |parameter: Named| asked.named.get(parameter.name())?.first();
        let to = match named(Named::To) {
            Some(name) => named_release(call.state, name)?,
            None => newest_release(call.state)?,
        };
        let from = if let Some(name) = named(Named::From) {
            named_release(call.state, name)?
        } else {
            let releases = call.state.releases();
            let known = releases.known();
            // Nothing changed before the first release: it is compared with itself.
            let before = known.range(..to.release.id()).next_back().map(|(before, _)| *before);
            let before = before.unwrap_or(to.release.id());
            let release = releases.get(before).map_err(Problem::internal)?;
            Place { release: release.ok_or_else(Problem::unavailable)?, pinned: false }
        };
        let (first, last) = (from.release.id(), to.release.id());
        if first > last {
            let detail = format!("{first} is later than `to`, which is {last}: exchange them");
            let fault = Fault {
                parameter: Named::From.name().to_owned(),
                code: Code::InvalidParameter,
                detail,
                did_you_mean: None,
                allowed: Vec::new(),
            };
            return Err(Problem::of_faults(&call.endpoint.address(), vec![fault], 0));
        }
        Ok(Self { from, to })
    }

    /// Where the answer belongs: for ever only where both releases were named exactly.
    fn place(&self) -> Place {
        Place { release: self.to.release.clone(), pinned: self.from.pinned && self.to.pinned }
    }
}

/// What is compared: of which resources, of which states, from where on.
struct Wanted {
    resources: Vec<&'static Resource>,
    states: Vec<String>,
    /// The last record of the page before.
    after: Option<(&'static Resource, String)>,
    limit: usize,
    /// Everything that decides which records there are, as the canonical query spells it.
    filters: String,
}

impl Wanted {
    /// What a query asks of two releases.
    fn of(asked: &Asked, pair: &Pair) -> Self {
        let values = |parameter: Named| {
            asked.named.get(parameter.name()).map(Vec::as_slice).unwrap_or_default()
        };
        let (tables, states) = (values(Named::Resource), values(Named::State));
        let is_wanted = |resource: &&Resource| {
            tables.is_empty() || tables.iter().any(|table| table == resource.table)
        };
        let spelled = [(Named::Resource, tables), (Named::State, states)]
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(parameter, values)| format!("&{}={}", parameter.name(), spell_values(values)));
        let [from, to] = [&pair.from, &pair.to].map(|place| place.release.id());
        Self {
            resources: logged().filter(is_wanted).collect(),
            states: states.to_vec(),
            after: None,
            limit: asked.page_size(),
            filters: format!("from={from}{}&to={to}", spelled.collect::<String>()),
        }
    }

    /// The same, from where the page before ended.
    fn after(mut self, cursor: Option<&str>, scope: &Scope<'_>) -> Result<Self, Problem> {
        let Some(cursor) = cursor else { return Ok(self) };
        let keys = cursor::decode(cursor, scope, 2)?;
        if let [Cell::Text(table), Cell::Text(id)] = keys.as_slice() {
            let resource = self.resources.iter().find(|resource| resource.table == table);
            self.after = resource.map(|resource| (*resource, id.clone()));
        }
        if self.after.is_none() {
            return Err(Problem::new(Code::CursorMismatch, "the cursor is of an unknown form"));
        }
        Ok(self)
    }

    /// The records of the page, and whether more follow.
    fn read(&self, comparison: &Comparison<'_>) -> Result<(Vec<ChangeEntry>, bool), Problem> {
        let mut entries = Vec::new();
        if self.limit == 0 {
            return Ok((entries, false));
        }
        let begin = self.after.as_ref().and_then(|(resource, _)| {
            self.resources.iter().position(|known| known.table == resource.table)
        });
        for resource in self.resources.iter().skip(begin.unwrap_or(0)) {
            let after = match &self.after {
                Some((begin, id)) if begin.table == resource.table => id.as_str(),
                Some(_) | None => "",
            };
            let room = self.limit - entries.len();
            let mut ids = comparison.ids(resource, after, room + 1)?;
            let more = ids.len() > room;
            ids.truncate(room);
            let differences = comparison.differences(resource, &ids)?;
            entries.extend(differences.into_iter().map(|found| entry(resource, found)));
            if more {
                return Ok((entries, true));
            }
        }
        Ok((entries, false))
    }

    /// How many records there are on all pages.
    fn total(&self, to: &OpenRelease, comparison: &Comparison<'_>) -> Result<i64, Problem> {
        let count = || {
            let counts = self.resources.iter().map(|resource| comparison.count(resource));
            Ok(Totals { total: counts.sum::<Result<_, _>>()?, uncertain_excluded: 0 })
        };
        Ok(to.counted_once(&format!("{PATH}?{}", self.filters), count)?.total)
    }
}

const PATH: &str = "/changes";

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    let asked = call.asked()?;
    let pair = Pair::of(call, &asked)?;
    let wanted = Wanted::of(&asked, &pair);
    let mut canonical = asked.canonical.clone();
    canonical.filters.clone_from(&wanted.filters);
    let release = pair.to.release.id();
    let filters = wanted.filters.clone();
    let scope = Scope { release, path: PATH, filters: &filters, sort: "" };
    let wanted = wanted.after(asked.cursor.as_deref(), &scope)?;
    let place = pair.place();
    let addresses = Addresses::new(call.state, &place);
    let query = canonical.suffix(asked.cursor.as_deref());
    let this = format!("/v1{PATH}{query}");
    let work = move || {
        let (from, to) = (&pair.from.release, &pair.to.release);
        let comparison = Comparison::new(&from.database, &to.database, &wanted.states)?;
        let total = wanted.total(to, &comparison)?;
        let (entries, more) = wanted.read(&comparison)?;
        let next = entries.last().filter(|_| more).map(|last| {
            let scope = Scope { release, path: PATH, filters: &wanted.filters, sort: "" };
            let keys = [Cell::Text(last.resource.to_owned()), Cell::Text(last.id.clone())];
            let cursor = cursor::encode(&scope, &keys);
            format!("/v1{PATH}{}", canonical.suffix(Some(&cursor)))
        });
        let links = PageLinks {
            this: addresses.link(&this),
            next: next.as_deref().map(|next| addresses.link(next)),
            docs: addresses.docs(),
        };
        let meta = ChangesMeta {
            from: from.id(),
            release,
            schema_version: to.known.manifest.schema_version.clone(),
            total,
            returned: entries.len(),
        };
        let body = page::document(&entries, &meta, &links);
        let totals = Totals { total, uncertain_excluded: 0 };
        Ok(Answer { next, ..Answer::json(body).counted(totals) })
    };
    let (path, work) = (PATH.to_owned(), Box::new(work));
    Ok(Plan::AnswerOf { place, path, canonical: query, short: false, work })
}

fn entry(resource: &Resource, found: Difference) -> ChangeEntry {
    let Difference { id, change, release, causes, fields } = found;
    let fields = fields.into_iter().map(FieldChange::from).collect();
    ChangeEntry { resource: resource.table, id, change: change.into(), release, causes, fields }
}
