//! The API, asked from inside: a page shows what a client of the API would get, and says which call
//! that was. So no page can say anything else than the API.

use serde_json::Value;

use super::figure::Reply;
use crate::record::ReleaseId;
use crate::serve::answer::{Answer, Body, Plan, Work};
use crate::serve::cache::Key;
use crate::serve::endpoint::{Base, Call, ENDPOINTS, Endpoint};
use crate::serve::error::Problem;
use crate::serve::form::Form;
use crate::serve::negotiate::Segments;
use crate::serve::state::{Place, State};

/// Where the paths of a release begin, among those of the API.
const RELEASE: &str = "/releases/{release}";

/// Asks the API about one release.
#[derive(Clone)]
pub(in crate::serve) struct Inside {
    state: State,
    place: Place,
}

/// What a question to the API leads to.
pub(in crate::serve) enum Asked {
    /// An answer, once the work is done.
    Question(Question),
    /// The record is another's by now; this is its path below the release.
    Moved(String),
}

/// A checked question.
pub(in crate::serve) struct Question {
    /// The call, from the root of the host, by the name of the release.
    call: String,
    /// Under which the answer is kept; none of what follows no release.
    key: Option<Key>,
    state: State,
    work: Work,
}

impl Inside {
    pub(in crate::serve) fn of(state: &State, place: &Place) -> Self {
        // By the name of the release, so that what a page shows can be asked again for ever.
        let place = Place { pinned: true, ..place.clone() };
        Self { state: state.clone(), place }
    }

    /// The release it asks about.
    pub(in crate::serve) fn release(&self) -> ReleaseId {
        self.place.release.id()
    }

    /// Checks a question to the operation of that name; `query` is a query string without `?`.
    pub(in crate::serve) fn ask(
        &self,
        operation: &str,
        segments: &[(&str, &str)],
        query: &str,
    ) -> Result<Asked, Problem> {
        let endpoint = endpoint(operation)?;
        let segments = Segments::of(segments);
        let path = segments.filled(&endpoint.path);
        let names_release = segments.get("release").is_some();
        let place = (endpoint.base == Base::Release || names_release).then(|| self.place.clone());
        let headers = actix_web::http::header::HeaderMap::new();
        let call = Call {
            state: &self.state,
            endpoint,
            place,
            path: segments.filled(endpoint.path.strip_prefix(RELEASE).unwrap_or(&endpoint.path)),
            query,
            segments,
            form: Form::Json,
            head: false,
            headers: &headers,
        };
        match (endpoint.handler)(&call)? {
            Plan::Answer { canonical, work, .. } => {
                let key = canonical.as_ref().map(|query| self.key(&path, query));
                let canonical = canonical.unwrap_or_default();
                let base = match endpoint.base {
                    Base::Release => format!("/v1/releases/{}", self.release()),
                    Base::Api => "/v1".to_owned(),
                    Base::Root | Base::Site => String::new(),
                };
                Ok(Asked::Question(Question {
                    call: format!("{base}{path}{canonical}"),
                    key,
                    state: self.state.clone(),
                    work,
                }))
            }
            Plan::AnswerOf { path, canonical, work, .. } => Ok(Asked::Question(Question {
                call: format!("/v1{path}{canonical}"),
                key: Some(self.key(&path, &canonical)),
                state: self.state.clone(),
                work,
            })),
            Plan::Moved { to, .. } => {
                let pinned = format!("/v1/releases/{}", self.release());
                let below = to.strip_prefix(&pinned).or_else(|| to.strip_prefix("/v1"));
                Ok(Asked::Moved(below.unwrap_or(&to).to_owned()))
            }
            Plan::Elsewhere { .. } => Err(Problem::internal("the API is on another host")),
        }
    }

    fn key(&self, path: &str, query: &str) -> Key {
        Key::new(&self.place, format!("{path}{query}"))
    }

    /// The same where nothing can have moved.
    pub(in crate::serve) fn question(
        &self,
        operation: &str,
        segments: &[(&str, &str)],
        query: &str,
    ) -> Result<Question, Problem> {
        match self.ask(operation, segments, query)? {
            Asked::Question(question) => Ok(question),
            Asked::Moved(to) => Err(Problem::not_found(format!("it is at {to}"))),
        }
    }

    /// Asks, and waits for the answer.
    pub(in crate::serve) fn get(
        &self,
        operation: &str,
        segments: &[(&str, &str)],
        query: &str,
    ) -> Result<Reply, Problem> {
        self.question(operation, segments, query)?.reply()
    }
}

impl Question {
    /// The query in its one spelling, with its `?`; empty where it asks for nothing in particular.
    pub(in crate::serve) fn canonical(&self) -> &str {
        self.call.find('?').map_or("", |at| &self.call[at..])
    }

    /// Does the work, unless the answer is kept from an earlier question.
    pub(in crate::serve) fn reply(self) -> Result<Reply, Problem> {
        let Self { call, key, state, work } = self;
        let kept = key.as_ref().and_then(|key| state.bodies().get(key));
        let answer = if let Some(kept) = kept {
            kept
        } else {
            let answer = work()?;
            if let Some(key) = &key {
                state.bodies().keep(key, &answer);
            }
            answer
        };
        Ok(Reply::new(call, read(&answer)?).typed_as(state.settings()))
    }
}

fn endpoint(operation: &str) -> Result<&'static Endpoint, Problem> {
    ENDPOINTS
        .iter()
        .find(|endpoint| endpoint.id == operation)
        .ok_or_else(|| Problem::internal(format!("no operation is called `{operation}`")))
}

fn read(answer: &Answer) -> Result<Value, Problem> {
    match &answer.body {
        Body::Bytes(bytes) => serde_json::from_slice(bytes).map_err(Problem::internal),
        Body::File(_) | Body::Stream(_) => Err(Problem::internal("the answer is no document")),
    }
}
