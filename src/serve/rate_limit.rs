//! How often one client may ask: a token bucket per address, the same for all threads.

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use governor::Quota;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;

use super::client::Client;
use crate::config::RateLimit;

/// Requests between two looks at which buckets are full again and can be forgotten.
const SWEEP: u32 = 8192;

/// Addresses that have a bucket of their own. Beyond, addresses share [`CROWD`] of them, so that
/// somebody who asks from ever new addresses fills no memory.
const OWN_BUCKETS: usize = 200_000;

/// Buckets that are shared while there are too many addresses.
const CROWD: u64 = 1 << 16;

/// The fastest rate that is counted, a second; a faster one is no different.
const FASTEST: NonZeroU32 = NonZeroU32::MIN.saturating_add(999_999);

/// Counts the requests of every client.
pub(super) struct RateLimiter {
    buckets: governor::RateLimiter<
        Client,
        HashMapStateStore<Client>,
        DefaultClock,
        StateInformationMiddleware,
    >,
    limit: RateLimit,
    /// The limit, in the words of a header.
    policy: HeaderValue,
    own_buckets: usize,
    asked: AtomicU32,
    crowded: AtomicBool,
    hasher: RandomState,
}

impl RateLimiter {
    /// A limiter that has seen nobody yet.
    pub(super) fn new(limit: RateLimit) -> Self {
        let limit = RateLimit { per_second: limit.per_second.min(FASTEST), burst: limit.burst };
        let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
        let buckets = governor::RateLimiter::hashmap(quota).with_middleware();
        // A bucket that is empty is full again after the window.
        let window = limit.burst.get().div_ceil(limit.per_second.get());
        Self {
            buckets,
            limit,
            policy: header_value(&format!("\"default\";q={};w={window}", limit.burst)),
            own_buckets: OWN_BUCKETS,
            asked: AtomicU32::new(0),
            crowded: AtomicBool::new(false),
            hasher: RandomState::new(),
        }
    }

    /// Takes a token for a request of that client.
    pub(super) fn ask(&self, mut client: Client) -> Allowance {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.sweep();
        }
        if self.crowded.load(Ordering::Relaxed) {
            client = Client::Crowd(self.hasher.hash_one(client) % CROWD);
        }
        match self.buckets.check_key(&client) {
            Ok(bucket) => self.allowance(bucket.remaining_burst_capacity(), None),
            Err(refused) => {
                let wait = refused.wait_time_from(self.buckets.clock().now());
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                self.allowance(0, Some(seconds.max(1)))
            }
        }
    }

    fn allowance(&self, remaining: u32, retry_after: Option<u64>) -> Allowance {
        let RateLimit { per_second, burst } = self.limit;
        let (rate, burst) = (per_second.get(), burst.get());
        let full_after = burst.saturating_sub(remaining).div_ceil(rate);
        Allowance {
            policy: self.policy.clone(),
            state: header_value(&format!("\"default\";r={remaining};t={full_after}")),
            retry_after,
        }
    }

    /// Forgets clients whose bucket is full again: a new one is no different.
    fn sweep(&self) {
        self.buckets.retain_recent();
        self.buckets.shrink_to_fit();
        self.crowded.store(self.buckets.len() >= self.own_buckets, Ordering::Relaxed);
    }
}

/// Whether a request may go on, and what its answer says about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allowance {
    policy: HeaderValue,
    state: HeaderValue,
    /// Seconds until the next token; `None`: there was one.
    retry_after: Option<u64>,
}

impl Allowance {
    /// Why the request may not go on, in words.
    pub(super) fn refusal(&self) -> Option<String> {
        let wait = self.retry_after?;
        let unit = if wait == 1 { "second" } else { "seconds" };
        Some(format!("too many requests from this address; ask again in {wait} {unit}"))
    }

    /// Puts it on an answer, as draft-ietf-httpapi-ratelimit-headers has it.
    pub(super) fn put(&self, headers: &mut HeaderMap) {
        let Self { policy, state, retry_after } = self;
        headers.insert(HeaderName::from_static("ratelimit-policy"), policy.clone());
        headers.insert(HeaderName::from_static("ratelimit"), state.clone());
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(*seconds));
        }
    }
}

/// Words of this file as the value of a header: they are ASCII.
fn header_value(words: &str) -> HeaderValue {
    HeaderValue::from_str(words).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const NOBODY: Client = Client::V4(Ipv4Addr::UNSPECIFIED);

    fn limit(per_second: u32, burst: u32) -> RateLimit {
        let [per_second, burst] = [per_second, burst].map(|n| NonZeroU32::new(n).unwrap());
        RateLimit { per_second, burst }
    }

    #[test]
    fn an_allowance_says_what_is_left_and_when_all_of_it_is_back() {
        let limiter = RateLimiter::new(limit(10, 100));
        let allowance = limiter.allowance(99, None);
        assert_eq!(allowance.policy, "\"default\";q=100;w=10");
        assert_eq!(allowance.state, "\"default\";r=99;t=1");
        assert_eq!(allowance.refusal(), None);
        let refused = limiter.allowance(0, Some(1));
        assert_eq!(refused.state, "\"default\";r=0;t=10");
        let mut headers = HeaderMap::new();
        refused.put(&mut headers);
        assert_eq!(headers.get(RETRY_AFTER).unwrap(), "1");
        let said = refused.refusal().unwrap();
        assert_eq!(said, "too many requests from this address; ask again in 1 second");
    }

    #[test]
    fn the_largest_limits_count_without_overflow() {
        let limiter = RateLimiter::new(limit(u32::MAX, u32::MAX));
        let allowance = limiter.ask(NOBODY);
        assert_eq!(allowance.refusal(), None);
        assert_eq!(allowance.policy, format!("\"default\";q={};w=4295", u32::MAX));
        let slow = RateLimiter::new(limit(1, u32::MAX));
        assert_eq!(slow.ask(NOBODY).refusal(), None);
    }

    #[test]
    fn ever_new_addresses_fill_no_memory() {
        // Buckets that take hours to be full again, so that none can be forgotten meanwhile.
        let mut limiter = RateLimiter::new(limit(1, 2));
        limiter.own_buckets = 1000;
        let bucket_of = |limiter: &RateLimiter, number: u32| {
            limiter.ask(Client::of(Ipv4Addr::from(0x0800_0000 + number).into()))
        };
        for number in 0..SWEEP * 3 {
            bucket_of(&limiter, number);
        }
        assert!(limiter.crowded.load(Ordering::Relaxed));
        let most = SWEEP as usize + usize::try_from(CROWD).unwrap();
        assert!(limiter.buckets.len() <= most, "{}", limiter.buckets.len());
        let crowd = (0..100).filter(|number| bucket_of(&limiter, *number).refusal().is_none());
        assert!(crowd.count() > 0, "the others are not shut out");
    }
}
