//! How often one client may ask: a token bucket per address, the same for all threads.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use governor::Quota;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;

use crate::config::{Network, RateLimit};

/// Requests between two looks at which buckets are full again and can be forgotten.
const SWEEP: u32 = 8192;

/// Addresses that have a bucket of their own. Beyond, addresses share [`CROWD`] of them, so that
/// somebody who asks from ever new addresses fills no memory.
const OWN_BUCKETS: usize = 200_000;

/// Buckets that are shared while there are too many addresses.
const CROWD: u64 = 1 << 16;

/// The fastest rate that is counted, a second; a faster one is no different.
const FASTEST: NonZeroU32 = NonZeroU32::MIN.saturating_add(999_999);

/// Where the addresses a request came through are listed, the nearest last.
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Client {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// The first 64 bits of an IPv6 address: what one customer has.
    V6(u64),
    /// Whoever falls into the same shared bucket.
    Crowd(u64),
}

impl Client {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments().map(u64::from);
                Self::V6(a << 48 | b << 32 | c << 16 | d)
            }
        }
    }
}

/// Counts the requests of every client.
pub(super) struct RateLimiter {
    buckets: governor::RateLimiter<
        Client,
        HashMapStateStore<Client>,
        DefaultClock,
        StateInformationMiddleware,
    >,
    limit: RateLimit,
    trusted_proxies: Vec<Network>,
    own_buckets: usize,
    asked: AtomicU32,
    crowded: AtomicBool,
    hasher: RandomState,
}

impl RateLimiter {
    /// A limiter that has seen nobody yet; proxies of these networks are believed.
    pub(super) fn new(limit: RateLimit, trusted_proxies: Vec<Network>) -> Self {
        let limit = RateLimit { per_second: limit.per_second.min(FASTEST), burst: limit.burst };
        let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
        let buckets = governor::RateLimiter::hashmap(quota).with_middleware();
        Self {
            buckets,
            limit,
            trusted_proxies,
            own_buckets: OWN_BUCKETS,
            asked: AtomicU32::new(0),
            crowded: AtomicBool::new(false),
            hasher: RandomState::new(),
        }
    }

    /// Takes a token for a request that came from `peer` with these headers.
    pub(super) fn ask(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Allowance {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.sweep();
        }
        let mut client = Client::of(self.address(peer, headers));
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
        // A bucket that is empty is full again after the window.
        let window = burst.div_ceil(rate);
        let full_after = burst.saturating_sub(remaining).div_ceil(rate);
        Allowance {
            policy: format!("\"default\";q={burst};w={window}"),
            state: format!("\"default\";r={remaining};t={full_after}"),
            retry_after,
        }
    }

    /// Forgets clients whose bucket is full again: a new one is no different.
    fn sweep(&self) {
        self.buckets.retain_recent();
        self.buckets.shrink_to_fit();
        self.crowded.store(self.buckets.len() >= self.own_buckets, Ordering::Relaxed);
    }

    /// The address a request is from: that of the peer, or the nearest of `X-Forwarded-For` that
    /// is no trusted proxy.
    ///
    /// Everything left of that is what a stranger wrote.
    fn address(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let lines: Vec<_> =
            headers.get_all(FORWARDED).map(|line| line.to_str().unwrap_or_default()).collect();
        let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
        while self.trusted_proxies.iter().any(|network| network.contains(nearest)) {
            // What cannot be read is counted for the proxy that passed it on.
            let Some(hop) = hops.next().and_then(|hop| address_of(hop.trim())) else { break };
            nearest = hop;
        }
        nearest
    }
}

/// The address a proxy names: alone, in brackets, or with a port.
fn address_of(text: &str) -> Option<IpAddr> {
    let alone = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    alone.parse().ok().or_else(with_port)
}

/// Whether a request may go on, and what its answer says about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allowance {
    policy: String,
    state: String,
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
        let mut put = |name, text: &str| {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        };
        put(HeaderName::from_static("ratelimit-policy"), policy);
        put(HeaderName::from_static("ratelimit"), state);
        if let Some(seconds) = retry_after {
            put(RETRY_AFTER, &seconds.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(per_second: u32, burst: u32) -> RateLimit {
        let [per_second, burst] = [per_second, burst].map(|n| NonZeroU32::new(n).unwrap());
        RateLimit { per_second, burst }
    }

    fn limiter(burst: u32, trusted: &[&str]) -> RateLimiter {
        let trusted = trusted.iter().map(|network| network.parse().unwrap()).collect();
        RateLimiter::new(limit(1, burst), trusted)
    }

    fn forwarded(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    fn address(trusted: &[&str], peer: &str, lines: &[&str]) -> String {
        let peer = SocketAddr::new(peer.parse().unwrap(), 1234);
        limiter(1, trusted).address(Some(peer), &forwarded(lines)).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let proxies = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(address(&[], "10.0.0.1", &["1.1.1.1"]), "10.0.0.1");
        assert_eq!(address(&proxies, "8.8.8.8", &["1.1.1.1"]), "8.8.8.8");
        assert_eq!(address(&proxies, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(address(&proxies, "10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(address(&proxies, "::ffff:10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
    }

    #[test]
    fn the_nearest_address_that_is_no_proxy_counts() {
        let proxies = ["10.0.0.0/8", "fd00::/8"];
        let from = |lines: &[&str]| address(&proxies, "10.0.0.1", lines);
        assert_eq!(from(&["9.9.9.9, 1.1.1.1,10.0.0.2 , fd00::7"]), "1.1.1.1");
        assert_eq!(from(&["9.9.9.9", "1.1.1.1", "10.0.0.2"]), "1.1.1.1");
        assert_eq!(from(&["10.0.0.3, 10.0.0.2"]), "10.0.0.3", "all of them are proxies");
        assert_eq!(from(&["1.1.1.1, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(from(&["1.1.1.1:4711"]), "1.1.1.1");
        assert_eq!(from(&["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(from(&["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(from(&[""]), "10.0.0.1");
    }

    #[test]
    fn an_ipv6_customer_is_one_client_and_so_is_ipv4_in_its_clothes() {
        let client = |text: &str| Client::of(text.parse().unwrap());
        assert_eq!(client("2001:db8:0:1::1"), client("2001:db8:0:1:ffff::2"));
        assert_ne!(client("2001:db8:0:1::1"), client("2001:db8:0:2::1"));
        assert_eq!(client("::ffff:1.2.3.4"), client("1.2.3.4"));
        assert_ne!(client("1.2.3.4"), client("1.2.3.5"));
    }

    #[test]
    fn an_allowance_says_what_is_left_and_when_all_of_it_is_back() {
        let limiter = RateLimiter::new(limit(10, 100), Vec::new());
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
        let limiter = RateLimiter::new(limit(u32::MAX, u32::MAX), Vec::new());
        let allowance = limiter.ask(None, &HeaderMap::new());
        assert_eq!(allowance.refusal(), None);
        assert_eq!(allowance.policy, format!("\"default\";q={};w=4295", u32::MAX));
        let slow = RateLimiter::new(limit(1, u32::MAX), Vec::new());
        assert_eq!(slow.ask(None, &HeaderMap::new()).refusal(), None);
    }

    #[test]
    fn ever_new_addresses_fill_no_memory() {
        // Buckets that take hours to be full again, so that none can be forgotten meanwhile.
        let mut limiter = limiter(2, &["127.0.0.0/8"]);
        limiter.own_buckets = 1000;
        let bucket_of = |limiter: &RateLimiter, number: u32| {
            let peer = SocketAddr::from(([127, 0, 0, 1], 1));
            let address = Ipv4Addr::from(0x0800_0000 + number).to_string();
            limiter.ask(Some(peer), &forwarded(&[&address]))
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
