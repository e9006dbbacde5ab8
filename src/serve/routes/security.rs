//! Whom to tell of a hole, as RFC 9116 has it.

use std::fmt::Write as _;

use chrono::{DateTime, Days, NaiveTime, Utc};
use serde_json::json;

use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::headers::CacheClass;

/// Where it stands on every host that has one.
const PATH: &str = "/.well-known/security.txt";

const TEXT: &str = "text/plain; charset=utf-8";

/// The repository, where holes can be told of in private.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// Days for which the contacts hold, counted from when they are asked for: what a running server
/// says is what its operator wants said.
const GOOD_FOR: Days = Days::new(180);

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint {
        id: "getSecurityTxt".to_owned(),
        base: Base::Root,
        path: PATH.to_owned(),
        tag: "service",
        summary: "Whom to tell of a security hole".to_owned(),
        description: "Contacts and policy as RFC 9116 has them.".to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: Answers {
            description: "The text.".to_owned(),
            forms: &[],
            media_type: TEXT,
            schema: json!({ "type": "string" }),
            example: Some(json!(text(DateTime::UNIX_EPOCH, None, ""))),
            also: &[],
        },
        resource: None,
        handler: |call: &Call<'_>| {
            call.asked()?;
            let settings = call.state.settings();
            let contact = settings.contact_email.as_deref();
            let text = text(call.state.now(), contact, &settings.public_url);
            Ok(Plan::ready(Answer::bytes(TEXT, text.into_bytes()).cached(CacheClass::Minute)))
        },
    }]
}

/// The text as of `now`. It stays the same for a day, so that it can be kept.
fn text(now: DateTime<Utc>, contact: Option<&str>, host: &str) -> String {
    let mut text = String::new();
    if let Some(contact) = contact {
        // The first contact is the one that is preferred: who runs this host. A text can always be
        // written to.
        let _ = writeln!(text, "Contact: mailto:{contact}");
    }
    let day = now.date_naive();
    let expires = day.checked_add_days(GOOD_FOR).unwrap_or(day).and_time(NaiveTime::MIN).and_utc();
    let _ = writeln!(
        text,
        "Contact: {REPOSITORY}/security/advisories/new\n\
         Expires: {}\n\
         Preferred-Languages: en\n\
         Policy: {REPOSITORY}/blob/main/SECURITY.md",
        expires.format("%Y-%m-%dT%H:%M:%SZ")
    );
    if host.starts_with("https://") {
        let _ = writeln!(text, "Canonical: {host}{PATH}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_asked_first_and_what_it_says_expires_within_a_year() {
        let now = "2026-11-28T19:23:36Z".parse().unwrap();
        let said = text(now, Some("data@example.org"), "https://data.example.org");
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines[0], "Contact: mailto:data@example.org");
        assert!(lines[1].starts_with("Contact: https://"));
        assert_eq!(lines[2], "Expires: 2027-05-27T00:00:00Z");
        assert_eq!(lines[5], "Canonical: https://data.example.org/.well-known/security.txt");
        // RFC 9116 wants addresses of the web to be https.
        assert!(!text(now, None, "http://data.example.org").contains("Canonical"));
    }
}
