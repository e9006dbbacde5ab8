//! What an operator types: settings one per line as `name=value`, and the sources file.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use porchlight::config::{
    Config, Network, Raw, RawSchedule, RawServe, SourceSettings, check_outgoing, is_loopback,
    is_public,
};
use porchlight::schedule::Timetable;

const SOURCES: &[&str] = &["eff-atlas", "ring-map"];

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(settings) = SourceSettings::from_toml(text, SOURCES) {
        let urls = SOURCES.iter().filter_map(|id| settings.get(id).url.as_deref());
        urls.for_each(|url| assert!(check_outgoing(url).is_ok()));
    }
    for line in text.lines() {
        network(line);
        outgoing(line);
    }
    settings(text);
}

fn settings(text: &str) {
    let value = |name: &str| {
        let values = text.lines().filter_map(|line| line.split_once('='));
        values.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
    };
    let number = |name: &str| value(name).and_then(|value| value.parse().ok());
    let serve = RawServe {
        listen: value("listen"),
        public_url: value("public-url"),
        contact_email: value("contact-email"),
        websub_hub: value("websub-hub"),
        rate_limit: value("rate-limit"),
        trusted_proxies: value("trusted-proxy").into_iter().collect(),
        workers: number("workers"),
        ..RawServe::default()
    };
    let schedule = RawSchedule {
        cron: value("schedule"),
        zone: value("schedule-zone"),
        ..RawSchedule::default()
    };
    let raw = Raw {
        storage_url: value("storage-url"),
        catalog_url: value("catalog-url").map(|url| url.as_str().into()),
        log_format: value("log-format"),
        serve,
        schedule,
        ..Raw::default()
    };
    let config = match Config::try_from(raw) {
        Ok(config) => config,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    if let Some(url) = &config.serve.public_url {
        assert!(url.starts_with("https://") || url.starts_with("http://"), "{url}");
        let stands_in_a_link = |byte: u8| byte.is_ascii_graphic() && !b"\\<>\"".contains(&byte);
        assert!(url.bytes().all(stands_in_a_link) && !url.ends_with('/'), "{url}");
    }
    timetable(&Timetable::new(config.schedule.cron, config.schedule.zone));
}

/// The next time lies ahead, and at that time a run is due that was not due before.
fn timetable(timetable: &Timetable) {
    let now: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(20_700);
    assert!(timetable.is_due(now, None));
    let Some(next) = timetable.next_after(now) else { return };
    assert!(next > now, "{next}");
    assert!(timetable.is_due(next, Some(now)));
    assert!(
        !timetable.is_due(next - TimeDelta::seconds(1), Some(now))
            || next - now <= TimeDelta::seconds(1)
    );
}

fn network(text: &str) {
    let Ok(network) = text.parse::<Network>() else { return };
    let (address, prefix) = text.split_once('/').unwrap_or((text, "128"));
    let address: IpAddr = address.parse().expect("a network begins with an address");
    // A range that holds every IPv4 address in IPv6 clothes and more is one of IPv6 alone.
    let clothed = address.to_canonical() != address;
    if !clothed || prefix.parse::<u8>().is_ok_and(|prefix| prefix >= 96) {
        assert!(network.contains(address), "{text}");
    }
}

fn outgoing(text: &str) {
    let Ok(url) = check_outgoing(text) else { return };
    assert!(url.scheme() == "https" || is_loopback(&url), "{text}");
    assert!(url.username().is_empty() && url.password().is_none(), "{text}");
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if let Ok(address) = host.parse::<IpAddr>() {
        assert!(is_public(address) || address.to_canonical().is_loopback(), "{text}");
    }
    assert_eq!(check_outgoing(url.as_str()), Ok(url), "{text}");
}
