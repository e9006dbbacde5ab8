//! What changed between two releases.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::json as json_answer;
use crate::record::{Cell, RESOURCES, ReleaseId, Resource};
use crate::release::ChangeEntry;
use crate::release::database::{Comparison, DatabaseError, Selection};
use crate::serve::answer::{Answer, Plan};
use crate::serve::asked::Asked;
use crate::serve::cursor::{self, Scope};
use crate::serve::dispatch::{named_release, newest_release};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::{Code, Fault, Problem};
use crate::serve::example;
use crate::serve::form::Form;
use crate::serve::named::Named;
use crate::serve::open_release::OpenRelease;
use crate::serve::page::{self, Addresses, PageLinks, Totals};
use crate::serve::parameter::{Kind, Parameter};
use crate::serve::state::Place;
use crate::serve::stream::{Export, ROWS_A_BLOCK};
use crate::serve::value::spell_values;

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
    let named =
        [Named::From, Named::To, Named::Resource, Named::State, Named::Program, Named::Agency];
    let limit = Parameter::control("limit", Kind::Limit);
    let cursor = Parameter::control("cursor", Kind::Cursor);
    vec![Endpoint {
        id: "listChanges".to_owned(),
        base: Base::Api,
        path: "/changes".to_owned(),
        tag: "releases",
        summary: "List what changed between two releases".to_owned(),
        description: "Each record of one release that is not as it was in another, once: what \
                      happened to it, why, every field that differs, and the evidence that is new. \
                      Applied to the first release it gives the second, exactly. In the order of \
                      resources and ids. NDJSON holds all of them."
            .to_owned(),
        segments: Vec::new(),
        parameters: named.map(Named::parameter).into_iter().chain([limit, cursor]).collect(),
        answers: Answers {
            also: &[404, 503],
            forms: Form::OF_OTHERS,
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
            "evidence": ["evd_0123456789"], "evidence_total": 1,
            "merged_into": null, "reason": null,
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
            let release = releases.get(before).ok_or_else(Problem::unavailable)?;
            Place { release, pinned: false }
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

/// What is compared: of which resources, of which records, from where on.
struct Wanted {
    resources: Vec<&'static Resource>,
    selection: Selection,
    /// Table and id of the last record of the page before.
    after: Option<(String, String)>,
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
        let tables = values(Named::Resource);
        let is_wanted = |resource: &&Resource| {
            tables.is_empty() || tables.iter().any(|table| table == resource.table)
        };
        let [from, to] = [&pair.from, &pair.to].map(|place| place.release.id().to_string());
        let mut spelled = BTreeMap::from([(Named::From.name(), from), (Named::To.name(), to)]);
        for parameter in [Named::Agency, Named::Program, Named::Resource, Named::State] {
            let values = values(parameter);
            if !values.is_empty() {
                spelled.insert(parameter.name(), spell_values(values));
            }
        }
        let spelled = spelled.into_iter().map(|(name, values)| format!("{name}={values}"));
        Self {
            resources: RESOURCES.iter().filter(is_wanted).collect(),
            selection: selection(asked),
            after: None,
            limit: asked.page_size(),
            filters: spelled.collect::<Vec<_>>().join("&"),
        }
    }

    /// The same, from where the page before ended.
    fn after(mut self, cursor: Option<&str>, scope: &Scope<'_>) -> Result<Self, Problem> {
        let Some(cursor) = cursor else { return Ok(self) };
        let keys = cursor::decode(cursor, scope, 2)?;
        if let [Cell::Text(table), Cell::Text(id)] = keys.as_slice() {
            let known = self.resources.iter().any(|resource| resource.table == table);
            self.after = known.then(|| (table.clone(), id.clone()));
        }
        if self.after.is_none() {
            return Err(Problem::new(Code::CursorMismatch, "the cursor is of an unknown form"));
        }
        Ok(self)
    }

    /// The records of the page, and whether more follow.
    fn read(&self, comparison: &Comparison<'_>) -> Result<(Vec<ChangeEntry>, bool), Problem> {
        if self.limit == 0 {
            return Ok((Vec::new(), false));
        }
        let after = self.after.as_ref().map(|(table, id)| (table.as_str(), id.as_str()));
        Ok(comparison.entries(&self.resources, after, self.limit)?)
    }

    /// How many records there are on all pages.
    fn total(&self, to: &OpenRelease, comparison: &Comparison<'_>) -> Result<Totals, Problem> {
        let count = || {
            let counts = self.resources.iter().map(|resource| comparison.count(resource));
            Ok::<_, DatabaseError>(Totals {
                total: counts.sum::<Result<_, _>>()?,
                uncertain_excluded: 0,
            })
        };
        Ok(to.counted_once(&format!("{PATH}?{}", self.filters), count)?)
    }
}

/// The records a query asks about.
pub(super) fn selection(asked: &Asked) -> Selection {
    let values = |parameter: Named| asked.named.get(parameter.name()).cloned().unwrap_or_default();
    Selection {
        states: values(Named::State),
        programs: values(Named::Program),
        agencies: values(Named::Agency),
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
    let path = PATH.to_owned();
    if call.form != Form::Json {
        let work = Box::new(move || every_line(pair, wanted));
        return Ok(Plan::AnswerOf { place, path, canonical: query, short: false, work });
    }
    let work = move || {
        let (from, to) = (&pair.from.release, &pair.to.release);
        let comparison =
            Comparison::new(from.database()?, to.database()?, wanted.selection.clone())?;
        let totals = wanted.total(to, &comparison)?;
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
            total: totals.total,
            returned: entries.len(),
        };
        let body = page::document(&entries, &meta, &links);
        Ok(Answer::json(body).counted(totals).followed_by(next))
    };
    Ok(Plan::AnswerOf { place, path, canonical: query, short: false, work: Box::new(work) })
}

/// All that differs, a line each, read while it is sent.
fn every_line(pair: Pair, mut wanted: Wanted) -> Result<Answer, Problem> {
    let (from, to) = (pair.from.release, pair.to.release);
    let comparison = Comparison::new(from.database()?, to.database()?, wanted.selection.clone())?;
    let totals = wanted.total(&to, &comparison)?;
    drop(comparison);
    wanted.limit = ROWS_A_BLOCK;
    let mut done = false;
    let rows = move || {
        if done {
            return Ok(None);
        }
        let comparison =
            Comparison::new(from.database()?, to.database()?, wanted.selection.clone())?;
        let (entries, more) = wanted.read(&comparison)?;
        done = !more;
        wanted.after = entries.last().map(|last| (last.resource.to_owned(), last.id.clone()));
        let line = |entry: &ChangeEntry| serde_json::to_string(entry).map_err(Problem::internal);
        let lines = entries.iter().map(|entry| Ok(vec![Cell::Text(line(entry)?)]));
        Ok(Some(lines.collect::<Result<_, Problem>>()?))
    };
    let export = Export::of_lines(Box::new(rows));
    Ok(Answer::export(Form::Ndjson, export).counted(totals))
}
