//! The URL of a server: what it leaves out, what of it must not be seen, and what the server's
//! messages mean.

use std::fmt;

use diesel::result::{DatabaseErrorKind, Error as DatabaseError};
use percent_encoding::percent_decode_str;

use crate::catalog::CatalogError;

/// What libpq is told unless the URL says otherwise: seconds to wait for a server that does not
/// answer, and how soon a session is given up whose server has vanished without a word (libpq would
/// wait for a quarter of an hour and more).
const DEFAULTS: [(&str, &str); 5] = [
    ("connect_timeout", "10"),
    ("keepalives_idle", "30"),
    ("keepalives_interval", "10"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "30000"),
];

/// A database of a server. Its text form has neither user nor password.
#[derive(Clone)]
pub(in crate::catalog) struct Server {
    url: String,
    place: String,
    is_local: bool,
    /// Every spelling of the password, none of which may be seen.
    secrets: Vec<String>,
}

impl Server {
    pub(in crate::catalog) fn at(url: &str) -> Self {
        let parsed = url::Url::parse(url).ok();
        let place = parsed.as_ref().map_or_else(|| "on PostgreSQL".to_owned(), place);
        let is_local = parsed.as_ref().is_some_and(is_local);
        Self { place, is_local, secrets: secrets(url, parsed.as_ref()), url: with_defaults(url) }
    }

    /// What libpq is told. Never to be shown.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether no network lies between.
    pub(super) fn is_local(&self) -> bool {
        self.is_local
    }

    /// What a failed statement means.
    pub(in crate::catalog) fn explain(&self, error: DatabaseError) -> CatalogError {
        let place = self.place.clone();
        let message = error.to_string();
        let kind =
            if let DatabaseError::DatabaseError(kind, _) = &error { Some(kind) } else { None };
        match kind {
            Some(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand) => {
                CatalogError::Unavailable { place, cause: error.into() }
            }
            Some(DatabaseErrorKind::ReadOnlyTransaction) => {
                CatalogError::ReadOnly { place, cause: error.into() }
            }
            // The server went away, or is being stopped: diesel has no kind for either.
            _ if message.contains("server closed the connection")
                || message.contains("terminating connection") =>
            {
                CatalogError::Unavailable { place, cause: error.into() }
            }
            _ if message.contains("lock timeout") => {
                CatalogError::Busy { place, cause: error.into() }
            }
            _ if message.contains("No space left on device") => {
                CatalogError::Full { place, cause: error.into() }
            }
            _ => CatalogError::Query { place, cause: error.into() },
        }
    }

    /// libpq repeats a URL it does not understand, password and all.
    pub(super) fn without_secrets(&self, message: &str) -> String {
        let mut message = message.replace(&self.url, &self.place);
        for secret in &self.secrets {
            message = message.replace(secret, "***");
        }
        message
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// Every spelling of the password of a URL, the longest first; of a URL that cannot be taken apart
/// the whole of it.
fn secrets(url: &str, parsed: Option<&url::Url>) -> Vec<String> {
    let Some(parsed) = parsed else { return vec![url.to_owned()] };
    let asked =
        parsed.query_pairs().filter(|(name, _)| name == "password" || name == "sslpassword");
    let mut secrets: Vec<String> = asked.map(|(_, value)| value.into_owned()).collect();
    if let Some(password) = parsed.password() {
        secrets.push(password.to_owned());
        secrets.push(percent_decode_str(password).decode_utf8_lossy().into_owned());
    }
    // As it was written, before the parser put its own percent signs in.
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    secrets.extend(user.split_once(':').map(|(_, password)| password.to_owned()));
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn with_defaults(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in DEFAULTS {
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.extend([name, "=", value]);
        }
    }
    url
}

/// Where the database is, for people.
fn place(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("postgres://{host}{port}{}", url.path())
}

/// Whether every host that is named is this machine. Without one libpq takes a socket of it.
fn is_local(url: &url::Url) -> bool {
    let asked = url.query_pairs().filter(|(name, _)| name == "host" || name == "hostaddr");
    let hosts = asked.map(|(_, value)| value.into_owned());
    let hosts = hosts.chain(url.host_str().map(str::to_owned));
    hosts.flat_map(|hosts| hosts.split(',').map(str::to_owned).collect::<Vec<_>>()).all(|host| {
        let host = percent_decode_str(&host).decode_utf8_lossy().into_owned();
        host.is_empty() || host.starts_with(['/', '@']) || is_loopback(&host)
    })
}

fn is_loopback(host: &str) -> bool {
    let is_bare_ipv6 = host.contains(':') && !host.starts_with('[');
    let host = if is_bare_ipv6 { format!("[{host}]") } else { host.to_owned() };
    match url::Host::parse(&host) {
        Ok(url::Host::Domain(name)) => name == "localhost",
        Ok(url::Host::Ipv4(address)) => address.is_loopback(),
        Ok(url::Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_the_password_is_ever_seen() {
        let server =
            Server::at("postgres://joe:s3cr%40t@db.example:5432/porchlight?password=other");
        assert_eq!(server.to_string(), "postgres://db.example:5432/porchlight");
        let said = "bad URI \"postgres://joe:s3cr%40t@db\" for s3cr@t, password \"other\"";
        insta::assert_snapshot!(server.without_secrets(said), @r#"bad URI "postgres://joe:***@db" for ***, password "***""#);
    }

    #[test]
    fn a_url_that_cannot_be_taken_apart_is_hidden_whole() {
        let server = Server::at("postgres://joe:s3cret@one:1,two:2/db");
        assert_eq!(server.to_string(), "on PostgreSQL");
        let said = format!("cannot read \"{}\"", server.url);
        assert!(!server.without_secrets(&said).contains("s3cret"));
    }

    #[test]
    fn a_silent_server_is_waited_for_only_so_long() {
        insta::assert_snapshot!(with_defaults("postgres:///db"), @"postgres:///db?connect_timeout=10&keepalives_idle=30&keepalives_interval=10&keepalives_count=3&tcp_user_timeout=30000");
        let given = with_defaults("postgres:///d?connect_timeout=2&a=b");
        assert!(given.starts_with("postgres:///d?connect_timeout=2&a=b&keepalives_idle=30&"));
        assert_eq!(given.matches("connect_timeout").count(), 1);
    }

    #[test]
    fn only_what_stays_on_the_machine_is_local() {
        for (url, local) in [
            ("postgres:///db", true),
            ("postgres:///db?host=/run/postgresql", true),
            ("postgres://%2Frun%2Fpostgresql/db", true),
            ("postgres://localhost/db", true),
            ("postgres://127.0.0.9:5432/db", true),
            ("postgres://[::1]/db", true),
            ("postgres://db.example/db", false),
            ("postgres://localhost/db?hostaddr=10.0.0.7", false),
            ("postgres://db.example/db?hostaddr=127.0.0.1", false),
            ("postgres://10.0.0.7/db", false),
            ("postgres://one,two/db", false),
        ] {
            assert_eq!(Server::at(url).is_local(), local, "{url}");
        }
    }
}
