//! What a handler makes of a request: first a plan, then, where the client does not have it
//! already, an answer.

use std::fs::File;

use bytes::Bytes;

use super::error::Problem;
use super::form::Form;
use super::headers::CacheClass;
use super::page::Totals;
use super::state::Place;
use super::stream::Export;
use crate::storage::Storage;

/// Work that gives an answer.
pub(super) type Work = Box<dyn FnOnce() -> Result<Answer, Problem> + Send>;

/// What is to be done for a checked request.
pub(super) enum Plan {
    /// Do this, unless the client has it already.
    Answer {
        /// The canonical query, where the answer follows from it and a release; it gives the
        /// `ETag`.
        /// `None`: the `ETag` is that of the body.
        canonical: Option<String>,
        /// Whether it is sure to take less than about a millisecond.
        short: bool,
        /// What to do.
        work: Work,
    },
    /// Do this; the answer belongs to another address than the one asked for, which it is named
    /// and tagged by.
    AnswerOf {
        /// The release it is about.
        place: Place,
        /// The path below the release, or below the API where the query names the release.
        path: String,
        /// The canonical query.
        canonical: String,
        /// As of [`Self::Answer`].
        short: bool,
        /// What to do.
        work: Work,
    },
    /// It is on another host.
    Elsewhere {
        /// Its URL there.
        url: String,
    },
    /// It is at another address.
    Moved {
        /// Where, from the root of the host.
        to: String,
        /// Whether it stays there.
        permanent: bool,
    },
}

impl Plan {
    /// A plan whose work is done.
    pub(super) fn ready(answer: Answer) -> Self {
        Self::Answer { canonical: None, short: true, work: Box::new(move || Ok(answer)) }
    }
}

/// An answer, before its headers.
pub(super) struct Answer {
    pub(super) body: Body,
    pub(super) head: Head,
}

/// What is said of a body.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) media_type: String,
    /// How long it may be kept; `None`: as the release it is about.
    pub(super) cache: Option<CacheClass>,
    /// How many records there are, on all pages.
    pub(super) totals: Option<Totals>,
    /// The next page, from the root of the host.
    pub(super) next: Option<String>,
    /// Whether the body is compressed with gzip already.
    pub(super) gzip: bool,
    /// What a page may load; `None` for what is no page.
    pub(super) policy: Option<&'static str>,
    /// A `Link` header of its own, for what follows no release.
    pub(super) link: Option<String>,
}

impl Answer {
    /// A JSON document.
    pub(super) fn json(body: Vec<u8>) -> Self {
        Self::bytes("application/json", body)
    }

    /// Bytes of some type.
    pub(super) fn bytes(media_type: impl Into<String>, body: Vec<u8>) -> Self {
        let head = Head {
            media_type: media_type.into(),
            cache: None,
            totals: None,
            next: None,
            gzip: false,
            policy: None,
            link: None,
        };
        Self { body: Body::Bytes(body.into()), head }
    }

    /// All records that fit, in a form other than JSON.
    pub(super) fn export(form: Form, export: Export) -> Self {
        let answer = Self::bytes(form.media_type(), Vec::new());
        Self { body: Body::Stream(export), ..answer }
    }

    /// The same, with how many records there are.
    pub(super) fn counted(self, totals: Totals) -> Self {
        Self { head: Head { totals: Some(totals), ..self.head }, ..self }
    }

    /// The same, to be kept in another way than its release.
    pub(super) fn cached(self, cache: CacheClass) -> Self {
        Self { head: Head { cache: Some(cache), ..self.head }, ..self }
    }

    /// The same, followed by another page.
    pub(super) fn followed_by(self, next: Option<String>) -> Self {
        Self { head: Head { next, ..self.head }, ..self }
    }

    /// The same, with a `Link` header of its own.
    pub(super) fn linked(self, link: Option<String>) -> Self {
        Self { head: Head { link, ..self.head }, ..self }
    }

    /// The same, a page that may load only so much.
    pub(super) fn with_policy(self, policy: &'static str) -> Self {
        Self { head: Head { policy: Some(policy), ..self.head }, ..self }
    }
}

/// The body of an answer.
pub(super) enum Body {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file of a release.
    File(FileBody),
    /// Records that are read while they are sent.
    Stream(Export),
}

/// Where the bytes of a file are.
#[derive(Debug)]
pub(super) enum FileBytes {
    /// Here, open: what is announced can be sent.
    Here(File),
    /// In a storage, under a key.
    Stored(Box<Storage>, String),
}

/// A file of a release, or a part of it.
#[derive(Debug)]
pub(super) struct FileBody {
    /// Where its bytes are.
    pub(super) bytes: FileBytes,
    /// Its size in bytes.
    pub(super) size: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub(super) sha256: String,
    /// The first byte asked for and the one after the last; `None`: all.
    pub(super) range: Option<(u64, u64)>,
}
