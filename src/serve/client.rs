//! Who asks: whose requests, connections and downloads are counted together.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::http::header::{HeaderMap, HeaderName};

use crate::config::Network;

/// Where the addresses a request came through are listed, the nearest last.
pub(super) const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Client {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// The first 64 bits of an IPv6 address: what one customer has.
    V6(u64),
    /// Whoever falls into the same shared bucket.
    Crowd(u64),
}

impl Client {
    /// The client of an address.
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments().map(u64::from);
                Self::V6(a << 48 | b << 32 | c << 16 | d)
            }
        }
    }

    /// The client a request is from that came from `peer` with these headers; proxies of
    /// `trusted` networks are believed.
    pub(super) fn asking(
        trusted: &[Network],
        peer: Option<SocketAddr>,
        headers: &HeaderMap,
    ) -> Self {
        Self::of(address(trusted, peer, headers))
    }
}

/// The address a request is from: that of the peer, or the nearest of `X-Forwarded-For` that is no
/// trusted proxy.
///
/// Everything left of that is what a stranger wrote.
pub(super) fn address(
    trusted: &[Network],
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
) -> IpAddr {
    let mut nearest = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let is_trusted = |address| trusted.iter().any(|network: &Network| network.contains(address));
    if !is_trusted(nearest) {
        return nearest;
    }
    let lines: Vec<_> =
        headers.get_all(FORWARDED).map(|line| line.to_str().unwrap_or_default()).collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    while is_trusted(nearest) {
        // What cannot be read is counted for the proxy that passed it on.
        let Some(hop) = hops.next().and_then(|hop| address_of(hop.trim())) else { break };
        nearest = hop;
    }
    nearest
}

/// The address a proxy names: alone, in brackets, or with a port.
fn address_of(text: &str) -> Option<IpAddr> {
    let alone = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    alone.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn forwarded(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    fn address(trusted: &[&str], peer: &str, lines: &[&str]) -> String {
        let peer = SocketAddr::new(peer.parse().unwrap(), 1234);
        let trusted: Vec<_> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        super::address(&trusted, Some(peer), &forwarded(lines)).to_string()
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
}
