//! Finished bodies in memory, as they are and in every coding that was asked for.
//!
//! What a release answers to a query never changes, so nothing here grows old. What is not asked for
//! any more makes room for what is.

use std::sync::Arc;

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::answer::{Answer, Body, Head};
use super::encoding::Coding;
use super::state::Place;
use crate::record::ReleaseId;

/// Bytes above which a body is not kept: one would push out hundreds of others.
const LARGEST: usize = 1 << 20;

/// Bytes that an entry takes beside its body and its key, about.
const OVERHEAD: usize = 256;

/// Bytes of a body by which it is guessed how many there will be; a wrong guess costs some memory.
const USUAL: usize = 4096;

/// What a body answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    release: ReleaseId,
    /// Whether the request named the release: its links do, then.
    pinned: bool,
    /// The path below the release with the suffix of its form, and the canonical query.
    question: Arc<str>,
}

impl Key {
    pub(super) fn new(place: &Place, question: String) -> Self {
        let (release, pinned) = (place.release.id(), place.pinned);
        Self { release, pinned, question: question.into() }
    }
}

/// Finished bodies. Cheap to clone; clones are the same cache.
#[derive(Clone)]
pub(super) struct Bodies(Arc<Caches>);

struct Caches {
    plain: Cache<Key, Kept, ByBytes>,
    coded: Cache<(Key, Coding), Bytes, ByBytes>,
}

/// An answer that can be given again.
#[derive(Clone)]
struct Kept {
    body: Bytes,
    head: Arc<Head>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Kept> for ByBytes {
    fn weight(&self, key: &Key, kept: &Kept) -> u64 {
        (key.question.len() + kept.body.len() + OVERHEAD) as u64
    }
}

impl Weighter<(Key, Coding), Bytes> for ByBytes {
    fn weight(&self, (key, _): &(Key, Coding), body: &Bytes) -> u64 {
        (key.question.len() + body.len() + OVERHEAD) as u64
    }
}

impl Bodies {
    /// An empty cache that holds at most so many bytes, half of them coded.
    pub(super) fn new(bytes: u64) -> Self {
        let half = bytes / 2;
        let items = usize::try_from(half).unwrap_or(usize::MAX) / USUAL;
        let (plain, coded) = (
            Cache::with_weighter(items, half, ByBytes),
            Cache::with_weighter(items, half, ByBytes),
        );
        Self(Arc::new(Caches { plain, coded }))
    }

    /// The answer, if it is kept.
    pub(super) fn get(&self, key: &Key) -> Option<Answer> {
        let Kept { body, head } = self.0.plain.get(key)?;
        Some(Answer { body: Body::Bytes(body), head: Head::clone(&head) })
    }

    /// Keeps an answer whose body is in memory and not too large.
    pub(super) fn keep(&self, key: &Key, answer: &Answer) {
        if let Body::Bytes(body) = &answer.body
            && body.len() <= LARGEST
        {
            let kept = Kept { body: body.clone(), head: Arc::new(answer.head.clone()) };
            self.0.plain.insert(key.clone(), kept);
        }
    }

    /// The body in a coding, if it is kept.
    pub(super) fn coded(&self, key: &Key, coding: Coding) -> Option<Bytes> {
        self.0.coded.get(&(key.clone(), coding))
    }

    /// Keeps a body in a coding.
    pub(super) fn keep_coded(&self, key: &Key, coding: Coding, body: &Bytes) {
        if body.len() <= LARGEST {
            self.0.coded.insert((key.clone(), coding), body.clone());
        }
    }

    /// The bytes that are kept, and how many bodies.
    pub(super) fn held(&self) -> (u64, u64) {
        let Caches { plain, coded } = &*self.0;
        (plain.weight() + coded.weight(), (plain.len() + coded.len()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> Key {
        let release = "2026-11-24.1".parse().unwrap();
        Key { release, pinned: true, question: format!("/agencies?limit={number}").into() }
    }

    #[test]
    fn what_was_kept_is_given_again_and_in_its_coding() {
        let bodies = Bodies::new(1 << 20);
        bodies.keep(&key(1), &Answer::json(b"{}".to_vec()));
        bodies.keep_coded(&key(1), Coding::Gzip, &Bytes::from("zipped"));
        let answer = bodies.get(&key(1)).unwrap();
        assert!(matches!(answer.body, Body::Bytes(body) if body == "{}"));
        assert_eq!(answer.head.media_type, "application/json");
        assert_eq!(bodies.coded(&key(1), Coding::Gzip).unwrap(), "zipped");
        assert!(bodies.coded(&key(1), Coding::Zstd).is_none() && bodies.get(&key(2)).is_none());
    }

    #[test]
    fn it_holds_no_more_than_it_may_and_nothing_that_is_large() {
        let bodies = Bodies::new(1 << 20);
        for number in 0..1000 {
            bodies.keep(&key(number), &Answer::json(vec![b'x'; 10_000]));
        }
        assert!(bodies.0.plain.weight() <= 1 << 19);
        assert!(bodies.0.plain.len() > 10);
        bodies.keep(&key(0), &Answer::json(vec![b'x'; LARGEST + 1]));
        let kept = bodies.get(&key(0));
        assert!(
            kept.is_none_or(|kept| matches!(kept.body, Body::Bytes(body) if body.len() == 10_000))
        );
    }
}
