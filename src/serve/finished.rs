//! Finished answers: what was asked before in the same words is answered without reading them.
//!
//! An answer that follows from a release and a question stays as it is until there are other
//! releases. So the words of a request lead straight to it: to its headers and its body in the coding
//! the client takes. What is new, odd or refused goes the whole way.

use std::hash::Hash;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::encoding::Taken;
use super::headers::client_has;
use super::metrics::Route;

/// Bytes above which an answer is not kept here: what it takes to send it outweighs what is saved.
const LARGEST: usize = 1 << 20;

/// Bytes of an address or of what `Accept` says above which a request is nobody else's.
const LONGEST: usize = 1024;

/// Bytes that an answer takes beside its body and the words of its request, about: some twenty
/// headers, most of which are words of this program.
const OVERHEAD: usize = 3072;

/// Bytes of an answer by which it is guessed how many there will be; a wrong guess costs some memory.
const USUAL: usize = 8192;

/// Headers that are put on each answer anew.
const OF_ONE_REQUEST: usize = 4;

/// Headers of a request on which its answer depends in ways that the words here do not tell.
const ODD: [HeaderName; 6] = [
    header::CONTENT_LENGTH,
    header::IF_MODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// That an answer follows from the releases there are and from the words of its request. Stands in
/// the extensions of a response.
#[derive(Clone, Copy)]
pub(super) struct Repeatable;

/// The words of a request, as far as its answer follows from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Words<'a> {
    /// Path and query as they were written.
    address: &'a str,
    /// What `Accept` says.
    accept: &'a [u8],
    taken: Taken,
}

/// The same, kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct KeptWords {
    address: Box<str>,
    accept: Box<[u8]>,
    taken: Taken,
    /// Whether the answer is that the client has it.
    is_short: bool,
}

#[derive(Hash)]
struct Asked<'a> {
    words: Words<'a>,
    is_short: bool,
}

impl Equivalent<KeptWords> for Asked<'_> {
    fn equivalent(&self, kept: &KeptWords) -> bool {
        let Words { address, accept, taken } = self.words;
        *kept.address == *address
            && *kept.accept == *accept
            && (kept.taken, kept.is_short) == (taken, self.is_short)
    }
}

impl<'a> Words<'a> {
    /// The words of a request to which there may be a finished answer.
    pub(super) fn of(request: &'a HttpRequest, taken: Taken) -> Option<Self> {
        let headers = request.headers();
        if *request.method() != Method::GET || ODD.iter().any(|odd| headers.contains_key(odd)) {
            return None;
        }
        let mut accepts = headers.get_all(header::ACCEPT);
        let accept = accepts.next().map_or(&[][..], HeaderValue::as_bytes);
        let address = request.uri().path_and_query()?.as_str();
        let fits = accepts.next().is_none() && accept.len().max(address.len()) <= LONGEST;
        fits.then_some(Self { address, accept, taken })
    }

    fn kept(self, is_short: bool) -> KeptWords {
        let Self { address, accept, taken } = self;
        KeptWords { address: address.into(), accept: accept.into(), taken, is_short }
    }
}

/// Finished answers. Cheap to clone; clones are the same.
#[derive(Clone)]
pub(super) struct Finished(Arc<Cache<KeptWords, Arc<Answer>, ByBytes>>);

/// An answer with all that stands on it but what is said of one request alone.
pub(super) struct Answer {
    /// The releases it is about, as [`Releases::generation`](super::Releases) counts them.
    generation: u64,
    route: Route,
    status: StatusCode,
    tag: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Answer {
    /// The endpoint that gave it.
    pub(super) fn route(&self) -> Route {
        self.route
    }

    /// The answer, to be sent.
    pub(super) fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status);
        let headers = response.headers_mut();
        headers.reserve(self.headers.len() + OF_ONE_REQUEST);
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        response.set_body(BoxBody::new(self.body.clone()))
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<KeptWords, Arc<Answer>> for ByBytes {
    fn weight(&self, words: &KeptWords, answer: &Arc<Answer>) -> u64 {
        (words.address.len() + words.accept.len() + answer.body.len() + OVERHEAD) as u64
    }
}

impl Finished {
    /// None, and never more than so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes).unwrap_or(usize::MAX) / USUAL;
        Self(Arc::new(Cache::with_weighter(items, bytes, ByBytes)))
    }

    /// The answer to a request of these words and headers, while the releases are those of that
    /// generation.
    pub(super) fn get(
        &self,
        words: Words<'_>,
        headers: &HeaderMap,
        generation: u64,
    ) -> Option<Arc<Answer>> {
        let find = |is_short| {
            let answer = self.0.get(&Asked { words, is_short })?;
            (answer.generation == generation).then_some(answer)
        };
        if headers.contains_key(header::IF_NONE_MATCH) {
            let known = find(true).filter(|answer| client_has(headers, &answer.tag));
            // A client that has it must not be sent all of it, nor one that has another be told that
            // it has this.
            return known.or_else(|| find(false).filter(|all| !client_has(headers, &all.tag)));
        }
        find(false)
    }

    /// Keeps the answer to a request of these words, all headers of which but those of one request
    /// are there.
    pub(super) fn keep(
        &self,
        words: Words<'_>,
        generation: u64,
        route: Route,
        response: HttpResponse,
    ) -> HttpResponse {
        let is_short = response.status() == StatusCode::NOT_MODIFIED;
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let is_fit = response.extensions().get::<Repeatable>().is_some()
            && (is_short || response.status() == StatusCode::OK);
        let Some(tag) = tag.filter(|_| is_fit).map(str::to_owned) else { return response };
        let (head, body) = response.into_parts();
        let body = match body.try_into_bytes() {
            Ok(body) => body,
            Err(body) => return head.set_body(body),
        };
        if body.len() <= LARGEST {
            let headers = head.headers().iter();
            let headers = headers.map(|(name, value)| (name.clone(), value.clone())).collect();
            let (status, body) = (head.status(), body.clone());
            let answer = Answer { generation, route, status, tag, headers, body };
            self.0.insert(words.kept(is_short), Arc::new(answer));
        }
        head.set_body(BoxBody::new(body))
    }

    /// The bytes that are kept, and how many answers.
    pub(super) fn held(&self) -> (u64, u64) {
        (self.0.weight(), self.0.len() as u64)
    }
}
