//! The registry of endpoints: the server's routes and the OpenAPI document are both made from it,
//! so nothing is served that is not documented.
//!
//! Every endpoint answers GET, HEAD and OPTIONS.

use std::sync::LazyLock;

use serde_json::Value;

use super::answer::Plan;
use super::asked::Asked;
use super::error::Problem;
use super::extract;
use super::form::Form;
use super::negotiate::{Segments, with_suffix};
use super::parameter::Parameter;
use super::routes;
use super::state::{Place, State};
use crate::record::Resource;

/// An address that can be asked.
pub(super) struct Endpoint {
    /// Its name in generated clients.
    pub(super) id: String,
    /// Where its path begins.
    pub(super) base: Base,
    /// Its path below the base, with `{…}` for what varies.
    pub(super) path: String,
    /// The group it is listed in: one of [`TAGS`].
    pub(super) tag: &'static str,
    /// What it does, in a few words.
    pub(super) summary: String,
    /// What a client should know beside that.
    pub(super) description: String,
    /// What varies in its path.
    pub(super) segments: Vec<Segment>,
    /// Its query parameters.
    pub(super) parameters: Vec<Parameter>,
    /// What it answers.
    pub(super) answers: Answers,
    /// The resource it is about, where it is about one.
    pub(super) resource: Option<&'static Resource>,
    /// Answers it.
    pub(super) handler: fn(&Call<'_>) -> Result<Plan, Problem>,
}

/// Where the path of an endpoint begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// In a release: under `/v1` of the newest, under `/v1/releases/{release}` of that one.
    Release,
    /// Under `/v1` alone.
    Api,
    /// At the root of the host.
    Root,
    /// At the root of the host, for people: a page of the site or a part of one, which is not in the
    /// document of the API.
    Site,
}

/// A varying segment of a path.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Its name between the braces.
    pub(super) name: &'static str,
    /// What it is.
    pub(super) description: String,
    /// A value, for the documents.
    pub(super) example: String,
}

impl Segment {
    pub(super) fn new(name: &'static str, description: &str, example: &str) -> Self {
        Self { name, description: description.to_owned(), example: example.to_owned() }
    }
}

/// What an endpoint answers, for the documents.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    /// What the answer is, in words.
    pub(super) description: String,
    /// The forms a client may choose from; none where the address has the one form it has.
    pub(super) forms: &'static [Form],
    /// Its media type, that of its JSON where there are several forms.
    pub(super) media_type: &'static str,
    /// Its JSON schema.
    pub(super) schema: Value,
    /// An example of it.
    pub(super) example: Option<Value>,
    /// Statuses other than 200 that are part of its work.
    pub(super) also: &'static [u16],
}

/// The groups endpoints are listed in, with what they are about.
pub(super) const TAGS: &[(&str, &str)] = &[
    ("agencies", "Police and fire departments, whether or not any partnership is known."),
    ("vendors", "Companies that sell home-surveillance products or broker what they record."),
    ("programs", "Programs through which vendors work with public agencies."),
    ("partnerships", "Agencies' parts in programs."),
    ("disclosures", "Footage or data asked for or handed over."),
    ("reported_totals", "Counts somebody stated, as stated."),
    ("events", "What happened to vendors, programs and the rules they work under."),
    ("sources", "The publishers' files and services that are read."),
    ("evidence", "What sources say, verbatim, and where they say so."),
    ("issues", "Rows and values that could not be used as they stand."),
    ("corrections", "Errors somebody pointed out, and what became of them."),
    ("coverage", "Which source looked where, as of when, and where none did."),
    ("releases", "Releases, their files, and what changed."),
    ("service", "The service itself."),
];

/// Every endpoint there is.
pub(super) static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(routes::all);

/// A request, as a handler sees it.
pub(super) struct Call<'a> {
    pub(super) state: &'a State,
    pub(super) endpoint: &'static Endpoint,
    /// The release it is about, where it is about one.
    pub(super) place: Option<Place>,
    /// The path below the base, or below the release it names, in its one spelling.
    pub(super) path: String,
    /// The query string, as asked.
    pub(super) query: &'a str,
    /// What stands in the varying segments of the path.
    pub(super) segments: Segments,
    /// The form to answer in.
    pub(super) form: Form,
    /// Whether only the headers are asked for.
    pub(super) head: bool,
    /// Header values by name.
    pub(super) headers: &'a actix_web::http::header::HeaderMap,
}

/// Whether a path is asked by whoever supervises the service: as of now, and not counted.
pub(super) fn is_for_supervisors(path: &str) -> bool {
    path.starts_with("/health/") || path.trim_end_matches('/') == "/metrics"
}

impl Call<'_> {
    /// What stands in a varying segment; empty where the path has no such segment.
    pub(super) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).unwrap_or_default()
    }

    /// The text of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The query, checked against the endpoint's parameters.
    pub(super) fn asked(&self) -> Result<Asked, Problem> {
        let address = self.endpoint.address();
        extract::read(self.query, &self.endpoint.parameters, &address, self.form)
    }

    /// The release this request is about.
    pub(super) fn place(&self) -> Result<&Place, Problem> {
        self.place.as_ref().ok_or_else(Problem::unavailable)
    }

    /// The resource this request is about.
    pub(super) fn resource(&self) -> Result<&'static Resource, Problem> {
        self.endpoint.resource.ok_or_else(|| Problem::internal("the endpoint names no resource"))
    }
}

impl Endpoint {
    /// Its path from the root, as a client of the newest release writes it.
    pub(super) fn address(&self) -> String {
        match self.base {
            Base::Release | Base::Api => format!("/v1{}", self.path),
            Base::Root | Base::Site => self.path.clone(),
        }
    }

    /// Every path it is served at, but for a slash at the end.
    pub(super) fn patterns(&self) -> Vec<String> {
        let mut patterns = vec![self.address()];
        if self.base == Base::Release {
            patterns.push(format!("/v1/releases/{{release}}{}", self.path));
        }
        // In the document a path stands once, so a page whose word the API has as well is named there
        // with a suffix. People leave it away.
        if let Some(bare) = self.path.strip_suffix(".html") {
            patterns.push(bare.to_owned());
        }
        if !self.forms().is_empty() {
            let with: Vec<_> = patterns.iter().filter_map(|path| with_suffix(path)).collect();
            patterns.extend(with);
        }
        patterns
    }

    /// The forms a client may choose from. Beyond the API an address has one form, whatever
    /// `Accept` says.
    pub(super) fn forms(&self) -> &'static [Form] {
        match self.base {
            Base::Release | Base::Api => self.answers.forms,
            Base::Root | Base::Site => &[],
        }
    }

    /// Sorts endpoints so that the first whose path fits is the one that is meant: `counts` before
    /// `{id}`.
    pub(super) fn precedence(&self) -> Vec<bool> {
        self.path.split('/').map(|segment| segment.starts_with('{')).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_endpoint_has_its_own_name_and_path_and_is_described() {
        let mut ids = BTreeSet::new();
        let mut patterns = BTreeSet::new();
        for endpoint in &*ENDPOINTS {
            assert!(ids.insert(&endpoint.id), "two endpoints are called `{}`", endpoint.id);
            for pattern in endpoint.patterns() {
                assert!(patterns.insert(pattern.clone()), "`{pattern}` is registered twice");
            }
            assert!(TAGS.iter().any(|(tag, _)| *tag == endpoint.tag), "{}", endpoint.tag);
            assert!(!endpoint.summary.is_empty() && !endpoint.description.is_empty());
            let varying = endpoint.path.matches('{').count();
            assert_eq!(varying, endpoint.segments.len(), "{}", endpoint.path);
            let is_api = !matches!(endpoint.base, Base::Root | Base::Site);
            let first = is_api.then_some(&Form::Json);
            assert_eq!(endpoint.forms().first(), first, "{}", endpoint.path);
        }
    }
}
