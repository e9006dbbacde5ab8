//! Why no session could be opened, and what to do about it.

use super::Server;
use crate::catalog::CatalogError;

/// What libpq or the server says, and what a person can do: who mistyped a URL reads this. The words
/// are libpq's own, which are English in this program, and those of a server that speaks English;
/// another server's are passed on as they are.
const MISCONFIGURED: &[(&str, &str)] = &[
    ("password authentication failed", "check user and password in the URL"),
    ("no password supplied", "give the password in the URL or in the file that PGPASSFILE names"),
    ("authentication failed", "check the user in the URL and the server's pg_hba.conf"),
    ("no pg_hba.conf entry", "let the server's pg_hba.conf admit this user, host and encryption"),
    ("role \"", "check the user in the URL, or make it with CREATE ROLE"),
    ("permission denied for database", "grant CONNECT on the database to the user of the URL"),
    ("database \"", "check the database in the URL, or make it with CREATE DATABASE"),
    (
        "server does not support SSL",
        "turn TLS on in the server, or take sslmode out of the URL if nobody else is on the network",
    ),
    (
        "certificate verify failed",
        "name the certificate of the authority that signed the server's with sslrootcert=FILE",
    ),
    ("does not match host name", "write the host in the URL as the server's certificate names it"),
    ("root certificate file", "name a readable file of certificates with sslrootcert=FILE"),
    ("certificate", "check sslrootcert, sslcert and sslkey in the URL"),
    ("invalid sslmode value", "sslmode is one of disable, prefer, require, verify-ca, verify-full"),
    ("invalid URI query parameter", "take the parameter that libpq does not know out of the URL"),
    ("invalid port number", "check the port in the URL"),
    ("invalid integer value", "check the numbers in the URL"),
    ("invalid percent-encoded", "write %25 for a percent sign in the URL"),
];

/// The same, where the URL may well be right.
const AWAY: &[(&str, &str)] = &[
    ("could not translate host name", "check the host in the URL, or the name server"),
    ("Connection refused", "is a server running there, and is the port of the URL right?"),
    ("No such file or directory", "is a server running there, and is the socket's folder right?"),
    ("timeout expired", "is the host in the URL right, and does a firewall let the port through?"),
    ("timed out", "is the host in the URL right, and does a firewall let the port through?"),
    ("too many clients", "raise max_connections of the server or run fewer processes"),
    ("too many connections", "raise the connection limit or run fewer processes"),
    ("remaining connection slots", "raise max_connections of the server or run fewer processes"),
];

/// What a session that could not be opened means.
pub(super) fn explain(server: &Server, message: &str) -> CatalogError {
    let place = server.to_string();
    let cause = server.without_secrets(message.trim());
    let advice = |words: &[(&str, &'static str)]| {
        words.iter().find(|(says, _)| message.contains(says)).map(|(_, advice)| *advice)
    };
    if let Some(advice) = advice(MISCONFIGURED) {
        return CatalogError::Refused { place, advice, cause: cause.into() };
    }
    let cause = match advice(AWAY) {
        Some(advice) => format!("{cause} ({advice})"),
        None => cause,
    };
    CatalogError::Unavailable { place, cause: cause.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str) -> String {
        let server = Server::at("postgres://joe:s3cret@db.example/porchlight");
        let error = explain(&server, message);
        let cause = std::error::Error::source(&error).unwrap().to_string();
        format!("{error}: {cause}")
    }

    #[test]
    fn a_refusal_says_what_to_do_and_no_secret() {
        insta::assert_snapshot!(
            said("FATAL:  password authentication failed for user \"joe\" (s3cret)\n"),
            @r#"the catalog postgres://db.example/porchlight cannot be opened: check user and password in the URL: FATAL:  password authentication failed for user "joe" (***)"#
        );
        insta::assert_snapshot!(
            said("connection to server at \"db.example\" failed: Connection refused"),
            @r#"the catalog postgres://db.example/porchlight cannot be reached: connection to server at "db.example" failed: Connection refused (is a server running there, and is the port of the URL right?)"#
        );
        insta::assert_snapshot!(
            said("FATAL: das Kennwort ist falsch"),
            @"the catalog postgres://db.example/porchlight cannot be reached: FATAL: das Kennwort ist falsch"
        );
    }
}
