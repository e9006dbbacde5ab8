//! What the headers and the address of a request say, each read alone. The first line is read as
//! each of them, and is compared with what the second says.

use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use porchlight::config::Network;
use porchlight::serve::fuzzing::{
    accepted, client, has_coding, http_date, is_since, names_version, range, release_name,
};

const SIZES: [u64; 4] = [0, 1, 1000, u64::MAX];

pub(crate) fn check(bytes: &[u8]) {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let second = lines.next().unwrap_or_default();
    let text = String::from_utf8_lossy(first);

    assert!(matches!(accepted(first), Ok(_) | Err(406)), "{text}");
    let _ = has_coding(first);
    for size in SIZES {
        part(&text, size);
    }
    version(first, &String::from_utf8_lossy(second));
    since(first);
    if let Some(name) = release_name(&text) {
        assert_eq!(name, text, "a release has one spelling");
        assert_eq!(release_name(&name).as_deref(), Some(name.as_str()));
    }
    counted(first, &String::from_utf8_lossy(second));
}

fn part(header: &str, size: u64) {
    let Some((from, to)) = range(header, size) else { return };
    assert!(from <= to && to <= size, "{header} of {size}: {from} to {to}");
    if (from, to) != (0, size) {
        assert!(from < to, "{header} of {size}: an empty part");
        assert_eq!(range(&format!("bytes={from}-{}", to - 1), size), Some((from, to)));
    }
}

fn version(header: &[u8], opaque: &str) {
    let tag = format!("W/\"{}\"", opaque.replace(['"', ',', '\n', '\r'], ""));
    // What a client sends back as it was told is always known.
    let told = !tag.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        || names_version(tag.as_bytes(), &tag);
    assert!(told, "{tag}");
    let _ = names_version(header, &tag);
}

fn since(header: &[u8]) {
    let at: DateTime<Utc> = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
    let _ = is_since(header, at);
    let day_of = |text: &[u8]| std::str::from_utf8(text).ok()?.trim().parse::<u32>().ok();
    let at = DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(day_of(header).unwrap_or(0).into());
    assert!(is_since(http_date(at).as_bytes(), at), "{at} as HTTP writes it");
    let later = at + chrono::TimeDelta::seconds(1);
    assert!(!is_since(http_date(at).as_bytes(), later), "{at} as HTTP writes it");
}

/// Who is no trusted proxy is counted for itself, whatever it writes.
fn counted(forwarded: &[u8], proxies: &str) {
    let peer: SocketAddr = "192.0.2.1:80".parse().expect("an address");
    assert_eq!(client(peer, forwarded, &[]), peer.ip());
    let proxies: Vec<Network> =
        proxies.split_whitespace().filter_map(|network| network.parse().ok()).collect();
    let counted = client(peer, forwarded, &proxies);
    let trusted = proxies.iter().any(|proxy| proxy.contains(peer.ip()));
    assert!(trusted || counted == peer.ip());
}
