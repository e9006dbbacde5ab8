//! Pages for people: plain HTML that does without scripts and needs no other host.
//!
//! What a page says about the data it asks the API (see [`inside`]), so the two cannot disagree.

mod about;
mod agency;
mod assets;
mod chart;
mod compare;
mod corrections;
mod dictionary;
mod figure;
mod home;
mod inside;
mod linked_data;
mod map;
mod names;
mod parts;
mod place;
mod problem;
mod record;
mod release;
mod release_files;
mod releases;
mod search;
mod sources;
mod status;
mod table;
mod tidy;
mod words;

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(super) use about::about;
pub(super) use agency::agency;
pub(super) use assets::{like as asset_like, named as asset};
pub(super) use chart::{Chart, POLICY as CHART_POLICY, charts, embedded};
pub(super) use compare::{compare, exchanged, question as changes_question};
pub(super) use corrections::corrections;
pub(super) use dictionary::dictionary;
pub(super) use home::home;
pub(super) use inside::{Asked, Inside};
pub(super) use linked_data::dataset;
pub(super) use map::{Shading, map, state_map};
pub(super) use place::place;
pub(super) use problem::problem;
pub(super) use record::{RECORD_PAGES, RecordPage};
pub(super) use release::{Around, release};
pub(super) use releases::{one_release, releases};
pub(super) use search::search;
pub(super) use sources::sources;
pub(super) use status::{Around as StatusAround, named_sources, status};
pub(super) use table::{TABLES, Table};
pub(super) use tidy::tidied;
pub(super) use words::slug;

/// The media type of pages.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// What a page may load, as `Content-Security-Policy` has it: files of this host alone.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The same for a page that any other page may show in a frame.
pub(super) const FRAMED_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
                                        base-uri 'none'; form-action 'none'; frame-ancestors *";

/// How a policy names a style that stands in the page itself.
pub(super) fn hash_source(style: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style)))
}

/// What stands in a page.
pub(super) struct Page<'a> {
    /// Its title.
    pub(super) title: &'a str,
    /// What it is, for those who list it.
    pub(super) description: &'a str,
    /// The same for programs, where it is a dataset.
    pub(super) linked_data: Option<&'a Value>,
    /// Its one address.
    pub(super) address: &'a str,
    /// What stands before every link.
    pub(super) host: &'a str,
    /// Its contents.
    pub(super) body: Markup,
}

/// What the navigation leads to.
const NAVIGATION: &[(&str, &str)] = &[
    ("/partnerships", "Partnerships"),
    ("/disclosures", "Disclosures"),
    ("/totals", "Totals"),
    ("/events", "Events"),
    ("/data", "Data"),
    ("/docs", "API"),
    ("/about", "About"),
];

impl Page<'_> {
    /// The page as HTML.
    pub(super) fn html(&self) -> String {
        let Self { linked_data, host, body, .. } = self;
        let script = assets::SCRIPT.address();
        // `<` would end the element where a text holds `</script>`.
        let linked_data = linked_data.map(|data| data.to_string().replace('<', "\\u003c"));
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    (self.head())
                    script defer src=(script) {}
                    @if let Some(linked_data) = &linked_data {
                        script type="application/ld+json" { (PreEscaped(linked_data)) }
                    }
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header.site {
                        a.name href={ (host) "/" } { "Porchlight" }
                        nav aria-label="Site" {
                            ul {
                                @for (to, name) in NAVIGATION {
                                    li { a href={ (host) (to) } { (name) } }
                                }
                            }
                        }
                    }
                    main id="main" { (body) }
                    footer.site {
                        p {
                            "Open data, "
                            a href="https://creativecommons.org/licenses/by/4.0/" rel="license" { "CC BY 4.0" }
                            ". No tracking. "
                            a href={ (host) "/about" } { "How it is made and what it cannot tell" } ", "
                            a href={ (host) "/dictionary" } { "what the columns mean" } ", "
                            a href={ (host) "/status" } { "state of the service" } "."
                        }
                    }
                }
            }
        };
        page.into_string()
    }
}

impl Page<'_> {
    /// The page without what stands around every page, for a frame in another.
    pub(super) fn framed(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head { (self.head()) }
                body { main { (self.body) } }
            }
        };
        page.into_string()
    }

    fn head(&self) -> Markup {
        let Self { title, description, address, .. } = self;
        let (style, icon) = (assets::STYLE.address(), assets::ICON.address());
        html! {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) }
            meta name="description" content=(description);
            meta name="color-scheme" content="light dark";
            // A host that has no name of its own cannot say which is its one address.
            @if address.starts_with("http") { link rel="canonical" href=(address); }
            link rel="icon" href=(icon) type="image/svg+xml";
            link rel="stylesheet" href=(style);
        }
    }
}

/// A text as it stands in HTML, also inside quotes.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text.into();
    }
    let mut html = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html.into()
}

/// A text in which what stands between backticks is code.
pub(super) fn prose(text: &str) -> String {
    let mut html = String::new();
    for (at, part) in text.split('`').enumerate() {
        let part = escaped(part);
        // A text can always be written to.
        let _ =
            if at % 2 == 1 { write!(html, "<code>{part}</code>") } else { write!(html, "{part}") };
    }
    html
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_of_a_record_becomes_markup() {
        let hostile = "</script><script>alert('x')</script>\"&";
        let linked_data = json!({ "name": hostile });
        let page = Page {
            title: hostile,
            description: hostile,
            linked_data: Some(&linked_data),
            address: "/data",
            host: "",
            body: PreEscaped(prose(hostile)),
        };
        let html = page.html();
        // Its own script, and the linked data.
        assert_eq!(html.matches("<script").count(), 2, "{html}");
        assert_eq!(html.matches("</script>").count(), 2, "{html}");
        let start = html.find("ld+json\">").unwrap() + 9;
        let end = start + html[start..].find("</script>").unwrap();
        let read: Value = serde_json::from_str(&html[start..end]).unwrap();
        assert_eq!(read, linked_data);
    }

    #[test]
    fn backticks_make_code() {
        assert_eq!(prose("as `a<b` has it"), "as <code>a&lt;b</code> has it");
    }
}
