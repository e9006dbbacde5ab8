//! Where requests may go: https, and http to this machine only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Why no request is sent to a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedUrl {
    /// It cannot be parsed or names no host.
    #[error("it is not a URL with a host")]
    Malformed,
    /// It is neither https nor http to this machine.
    #[error("only https is fetched, and http only from this machine")]
    Scheme,
    /// It holds a user name or password.
    #[error("it holds a user name or password")]
    Credentials,
    /// Its host is an address that is not on the internet.
    #[error("its address is not a public one")]
    PrivateAddress,
}

/// Checks a URL before a request is sent to it.
pub fn check_outgoing(text: &str) -> Result<Url, RefusedUrl> {
    let Ok(url) = Url::parse(text) else { return Err(RefusedUrl::Malformed) };
    let loopback = is_loopback(&url);
    if url.host().is_none() {
        return Err(RefusedUrl::Malformed);
    }
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(RefusedUrl::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RefusedUrl::Credentials);
    }
    match address(&url) {
        Some(address) if !loopback && !is_public(address) => Err(RefusedUrl::PrivateAddress),
        Some(_) | None => Ok(url),
    }
}

/// Whether the URL's host is this machine by its name or number.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => {
            address(url).is_some_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// Whether an address is one that machines on the internet have: not private, local to a link or
/// to this machine, shared, reserved, or for many.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address).to_canonical()),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || shared
        || protocol
        || benchmark
        || a == 0
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    // Only 2000::/3 is given out; within it 6to4, Teredo and the NAT64 prefix carry an IPv4
    // address that this check cannot vouch for, and 2001:db8::/32 is for documents.
    let second = address.segments()[1];
    let global = first & 0xe000 == 0x2000;
    let carries_v4 = first == 0x2002 || (first == 0x2001 && second == 0);
    let documentation = first == 0x2001 && second == 0x0db8;
    global && !carries_v4 && !documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_http_are_fetched() {
        for good in [
            "https://example.org/a",
            "http://127.0.0.1:9000/{state}?API_KEY={key}",
            "http://localhost/",
            "http://[::1]:80/",
            "https://127.0.0.1/",
            "https://93.184.216.34/",
        ] {
            assert!(check_outgoing(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://example.org/", RefusedUrl::Scheme),
            ("ftp://127.0.0.1/", RefusedUrl::Scheme),
            ("file:///etc/passwd", RefusedUrl::Malformed),
            ("atlas.csv", RefusedUrl::Malformed),
            ("https://me:secret@example.org/", RefusedUrl::Credentials),
            ("https://169.254.169.254/latest", RefusedUrl::PrivateAddress),
            ("https://10.0.0.1/", RefusedUrl::PrivateAddress),
            ("https://[fd00::1]/", RefusedUrl::PrivateAddress),
            ("https://[::ffff:192.168.0.1]/", RefusedUrl::PrivateAddress),
            ("http://[::ffff:10.0.0.1]/", RefusedUrl::Scheme),
            ("https://0.0.0.0/", RefusedUrl::PrivateAddress),
        ] {
            assert_eq!(check_outgoing(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_number_in_disguise_is_still_this_machine() {
        let url = Url::parse("http://0x7f.1/").unwrap();
        assert!(is_loopback(&url));
        assert!(is_loopback(&Url::parse("http://[::ffff:127.0.0.1]/").unwrap()));
    }
}
