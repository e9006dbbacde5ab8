//! Settings of the server and the schedule.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use url::Url;

use crate::config::{
    ConfigError, MetricsPlace, RawSchedule, RawServe, ServeBounds, duration, given, log, not_zero,
};

/// The server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeSettings {
    /// Where to listen; `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// The URL under which the public reaches the server, without a slash at its end; none, and
    /// links carry the host of the request.
    pub public_url: Option<String>,
    /// An e-mail address for questions about the data; none.
    pub contact_email: Option<String>,
    /// The `WebSub` hub that is told of new releases and tells the feeds' subscribers; none.
    pub websub_hub: Option<String>,
    /// Where clients are sent for the files of releases, without a slash at its end; none, and they
    /// are sent from here.
    pub data_url: Option<String>,
    /// Requests a client address may make; 10 a second, 100 at once. `None` is no limit.
    pub rate_limit: Option<RateLimit>,
    /// Proxies whose `X-Forwarded-For` is believed; none.
    pub trusted_proxies: Vec<Network>,
    /// Where metrics are served; at `/metrics` of the service.
    pub metrics: MetricsPlace,
    /// Whether each request is a line of the log; yes.
    pub access_log: bool,
    /// Worker threads; as many as the machine has cores.
    pub workers: Option<usize>,
    /// Releases held open beside the newest; 4.
    pub open_releases: usize,
    /// Bytes of finished answers kept in memory; 64 MiB.
    pub cache_bytes: u64,
    /// Time between two looks for a newer release; 5 s.
    pub poll: Duration,
    /// What clients can take of it.
    pub bounds: ServeBounds,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Tokens that come back each second.
    pub per_second: NonZeroU32,
    /// Tokens a full bucket holds.
    pub burst: NonZeroU32,
}

impl RateLimit {
    const DEFAULT: Self = Self {
        per_second: NonZeroU32::MIN.saturating_add(9),
        burst: NonZeroU32::MIN.saturating_add(99),
    };
}

/// Bits in front of an IPv4 address in IPv6 clothes.
const IPV4_IN_IPV6: u8 = 96;

/// A range of addresses, written as `10.0.0.0/8` or as one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address belongs to it. An IPv4 address in IPv6 clothes counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (mine, theirs, width) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                (u128::from(a.to_bits()), u128::from(b.to_bits()), 32)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        // A shift by the whole width, for `/0`, leaves nothing to compare.
        let differs = (mine ^ theirs).checked_shr(width - u32::from(self.prefix)).unwrap_or(0);
        differs == 0
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let expected = "an address or a network such as 10.0.0.0/8";
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let Ok(address) = address.parse::<IpAddr>() else { return Err(expected) };
        let width: u8 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix.map_or(Ok(width), str::parse) {
            Ok(prefix) if prefix <= width => prefix,
            Ok(_) | Err(_) => return Err(expected),
        };
        // Addresses are compared in the clothes `contains` gives them.
        match (address.to_canonical(), prefix.checked_sub(IPV4_IN_IPV6)) {
            (IpAddr::V4(inner), Some(prefix)) if address.is_ipv6() => {
                Ok(Self { address: IpAddr::V4(inner), prefix })
            }
            (_, _) => Ok(Self { address, prefix }),
        }
    }
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            contact_email: None,
            websub_hub: None,
            data_url: None,
            rate_limit: Some(RateLimit::DEFAULT),
            trusted_proxies: Vec::new(),
            metrics: MetricsPlace::Service,
            access_log: true,
            workers: None,
            open_releases: 4,
            cache_bytes: 64 << 20,
            poll: Duration::from_secs(5),
            bounds: ServeBounds::default(),
        }
    }
}

impl TryFrom<RawServe> for ServeSettings {
    type Error = ConfigError;

    fn try_from(raw: RawServe) -> Result<Self, ConfigError> {
        let default = Self::default();
        let listen = match given(raw.listen) {
            None => default.listen,
            Some(text) => text.parse().map_err(|_unsaid: std::net::AddrParseError| {
                ConfigError::invalid("listen", &text, "an address and port such as 0.0.0.0:8080")
            })?,
        };
        let trusted_proxies = raw
            .trusted_proxies
            .iter()
            .filter(|text| !text.trim().is_empty())
            .map(|text| {
                let network = text.trim().parse();
                network.map_err(|expected| ConfigError::invalid("trusted-proxy", text, expected))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            listen,
            public_url: given(raw.public_url).map(|url| public_url(&url)).transpose()?,
            contact_email: given(raw.contact_email).map(contact_email).transpose()?,
            websub_hub: given(raw.websub_hub).map(|url| websub_hub(&url)).transpose()?,
            data_url: given(raw.data_url).map(|url| data_url(&url)).transpose()?,
            rate_limit: match given(raw.rate_limit) {
                None => default.rate_limit,
                Some(text) => rate_limit(&text)?,
            },
            trusted_proxies,
            metrics: given(raw.metrics).map_or(Ok(default.metrics), |text| log::metrics(&text))?,
            access_log: given(raw.access_log)
                .map_or(Ok(default.access_log), |text| log::access_log(&text))?,
            workers: raw
                .workers
                .map(|n| not_zero("workers", Some(n), n))
                .transpose()?
                .map(|n| n as usize),
            open_releases: raw.open_releases.map_or(default.open_releases, |n| n as usize),
            cache_bytes: raw.cache_bytes.unwrap_or(default.cache_bytes),
            poll: duration("poll-ms", raw.poll_ms, default.poll)?,
            bounds: raw.bounds.try_into()?,
        })
    }
}

fn public_url(text: &str) -> Result<String, ConfigError> {
    match Url::parse(text) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.host_str().is_some_and(stands_in_a_link)
                && url.username().is_empty()
                && url.password().is_none()
                // Links are made from paths that begin at the root of the host.
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            // As it was read: a reader forgives blanks around it and `\` for `/`, a link does not.
            Ok(url.as_str().trim_end_matches('/').to_owned())
        }
        Ok(_) | Err(_) => {
            let expected = "an http or https URL of a host, without user, path, query or fragment";
            Err(ConfigError::invalid("public-url", text, expected))
        }
    }
}

/// The standard of URLs lets more into a host, such as quotation marks, than any name has.
fn stands_in_a_link(host: &str) -> bool {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte);
    !host.is_empty() && host.bytes().all(fit)
}

/// Whether mail arrives is for the sender to see; here it must only be fit for a `mailto:`.
fn contact_email(text: String) -> Result<String, ConfigError> {
    let plain = |part: &str| {
        let fit = |c: char| c.is_ascii_alphanumeric() || "._~!$'*+-".contains(c);
        !part.is_empty() && part.chars().all(fit)
    };
    match text.split_once('@') {
        Some((name, host)) if plain(name) && plain(host) && host.contains('.') => Ok(text),
        Some(_) | None => {
            let expected = "an e-mail address such as data@example.org";
            Err(ConfigError::invalid("contact-email", &text, expected))
        }
    }
}

fn websub_hub(text: &str) -> Result<String, ConfigError> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.fragment().is_none() => {
            Ok(url.into())
        }
        Ok(_) | Err(_) => {
            let expected = "an http or https URL without fragment";
            Err(ConfigError::invalid("websub-hub", text, expected))
        }
    }
}

/// Names of files are put behind it, so it must end in a path.
fn data_url(text: &str) -> Result<String, ConfigError> {
    match Url::parse(text) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            Ok(text.trim_end_matches('/').to_owned())
        }
        Ok(_) | Err(_) => {
            let expected = "an http or https URL without query or fragment";
            Err(ConfigError::invalid("data-url", text, expected))
        }
    }
}

fn rate_limit(text: &str) -> Result<Option<RateLimit>, ConfigError> {
    if text == "off" {
        return Ok(None);
    }
    let (rate, burst) = text.split_once(':').unwrap_or((text, "100"));
    match (rate.parse(), burst.parse()) {
        (Ok(per_second), Ok(burst)) => Ok(Some(RateLimit { per_second, burst })),
        _ => Err(ConfigError::invalid(
            "rate-limit",
            text,
            "`off`, or requests a second and burst such as 10:100",
        )),
    }
}

/// The schedule.
#[derive(Debug, Clone)]
pub struct ScheduleSettings {
    /// Whether `serve` refreshes by itself; yes.
    pub enabled: bool,
    /// When to refresh; `17 6 * * *`.
    pub cron: Cron,
    /// The time zone of that; `UTC`.
    pub zone: Tz,
    /// Time between two looks at the clock; 60 s.
    pub tick: Duration,
}

impl TryFrom<RawSchedule> for ScheduleSettings {
    type Error = ConfigError;

    fn try_from(raw: RawSchedule) -> Result<Self, ConfigError> {
        let expression = given(raw.cron).unwrap_or_else(|| "17 6 * * *".to_owned());
        let parser =
            CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
        let cron = parser.parse(&expression).map_err(|cause| ConfigError::Cron {
            expression: expression.clone(),
            cause: Box::new(cause),
        })?;
        let zone = match given(raw.zone) {
            None => Tz::UTC,
            Some(name) => name.parse().map_err(|_unsaid: chrono_tz::ParseError| {
                ConfigError::invalid("schedule-zone", &name, "a time zone such as America/New_York")
            })?,
        };
        let tick = duration("schedule-tick-ms", raw.tick_ms, Duration::from_mins(1))?;
        Ok(Self { enabled: !raw.off, cron, zone, tick })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_only() {
        let network: Network = "10.1.0.0/16".parse().unwrap();
        assert!(network.contains("10.1.255.1".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.0.1".parse().unwrap()));
        assert!(!network.contains("10.2.0.1".parse().unwrap()));
        assert!(!network.contains("fd00::1".parse().unwrap()));
        assert!("::/0".parse::<Network>().unwrap().contains("fd00::1".parse().unwrap()));
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("8.8.8.8".parse().unwrap()));
        let one: Network = "127.0.0.1".parse().unwrap();
        assert!(one.contains("127.0.0.1".parse().unwrap()));
        assert!(!one.contains("127.0.0.2".parse().unwrap()));
        let clothed: Network = "::ffff:10.1.0.0/112".parse().unwrap();
        assert!(clothed.contains("10.1.255.1".parse().unwrap()));
        assert!(!clothed.contains("10.2.0.1".parse().unwrap()));
        for bad in ["10.0.0.0/33", "10.0.0", "", "10.0.0.0/x", "::1/129", "10.0.0.0/255"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_limit_is_off_or_a_rate_and_a_burst() {
        assert_eq!(rate_limit("off").unwrap(), None);
        let limit = rate_limit("5:7").unwrap().unwrap();
        assert_eq!((limit.per_second.get(), limit.burst.get()), (5, 7));
        assert_eq!(RateLimit::DEFAULT, rate_limit("10:100").unwrap().unwrap());
        for bad in ["0", "10:0", "ten", "10/100", "-1"] {
            assert!(rate_limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_public_url_is_one_that_links_can_begin_with() {
        let plain = "https://data.example.org";
        for typed in [
            "https://data.example.org",
            " HTTPS://Data.Example.org/ ",
            "https:\\\\data.example.org\\",
        ] {
            assert_eq!(public_url(typed).unwrap(), plain, "{typed}");
        }
        assert_eq!(public_url("http://localhost:8080/").unwrap(), "http://localhost:8080");
        for bad in [
            "data.example.org",
            "ftp://example.org/",
            "https://example.org/a",
            "https://example.org/?x",
            "https://d07\"",
            "https://reader:secret@example.org",
        ] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_for_questions_is_one_that_a_link_can_hold() {
        let good = "open.data+porchlight@data.example.org";
        assert_eq!(contact_email(good.to_owned()).unwrap(), good);
        for bad in ["", "somebody", "@example.org", "a@", "a@b", "a b@example.org", "a@b@c.org"] {
            assert!(contact_email(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_hub_is_a_url_of_the_web() {
        let hub = "https://hub.example.org/publish?x=1";
        assert_eq!(websub_hub(hub).unwrap(), hub);
        for bad in ["hub.example.org", "ftp://hub.example.org/", "https://hub.example.org/#x", ""] {
            assert!(websub_hub(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_public_url_loses_its_last_slash() {
        assert_eq!(public_url("https://data.example.org/").unwrap(), "https://data.example.org");
        for bad in [
            "data.example.org",
            "ftp://example.org",
            "https://example.org/?a=b",
            "https://example.org/porchlight",
        ] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
    }
}
