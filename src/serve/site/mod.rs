//! Pages for people: plain HTML without scripts, that needs no other host.

mod dictionary;
mod linked_data;
mod release;
mod status;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(super) use dictionary::dictionary;
pub(super) use linked_data::dataset;
pub(super) use release::{Around, release};
pub(super) use status::status;

/// The media type of pages.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// What every page looks like; colours keep a contrast of 7:1 in light and dark.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem}\
table{border-collapse:collapse;width:100%}\
.wide{overflow-x:auto}\
th.name,td.number,th.number{white-space:nowrap}\
th,td{border-bottom:1px solid #8888;padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top}\
td.number,th.number{text-align:right}\
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}\
caption{text-align:left;padding-bottom:.3rem}\
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1rem;list-style:none;padding:0}";

/// What a page may load: nothing but the style it carries.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = hash_source(STYLE);
    format!(
        "default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
});

/// How a policy names a style that stands in the page itself.
pub(super) fn hash_source(style: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style)))
}

/// What a page may load, as `Content-Security-Policy` has it.
pub(super) fn policy() -> &'static str {
    &POLICY
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
    /// Its contents, as HTML.
    pub(super) body: &'a str,
}

impl Page<'_> {
    /// The page as HTML.
    pub(super) fn html(&self) -> String {
        let Self { title, description, linked_data, address, host, body } = self;
        let linked_data = linked_data.map_or_else(String::new, |linked_data| {
            // `<` would end the element where a text holds `</script>`.
            let written = linked_data.to_string().replace('<', "\\u003c");
            format!("<script type=\"application/ld+json\">{written}</script>\n")
        });
        let [title, description] = [title, description].map(|text| escaped(text));
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<meta name=\"description\" content=\"{description}\">\n\
             <link rel=\"canonical\" href=\"{address}\">\n<style>{STYLE}</style>\n\
             {linked_data}</head>\n<body>\n\
             <header>\n<nav aria-label=\"Site\"><ul>\n\
             <li><a href=\"{host}/data\">Data</a></li>\n\
             <li><a href=\"{host}/dictionary\">Dictionary</a></li>\n\
             <li><a href=\"{host}/docs\">API</a></li>\n\
             <li><a href=\"{host}/status\">Status</a></li>\n</ul></nav>\n</header>\n\
             <main>\n{body}</main>\n</body>\n</html>\n"
        )
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
fn prose(text: &str) -> String {
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
            body: &prose(hostile),
        };
        let html = page.html();
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        assert_eq!(html.matches("</script>").count(), 1, "{html}");
        let start = html.find("ld+json\">").unwrap() + 9;
        let end = html.find("</script>").unwrap();
        let read: Value = serde_json::from_str(&html[start..end]).unwrap();
        assert_eq!(read, linked_data);
    }

    #[test]
    fn backticks_make_code() {
        assert_eq!(prose("as `a<b` has it"), "as <code>a&lt;b</code> has it");
    }
}
