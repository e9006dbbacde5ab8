//! Feeds: what is new, for readers that come back by themselves.

mod atom;
mod json;
pub(super) mod words;

use chrono::{DateTime, Utc};

pub(super) use atom::{MEDIA_TYPE as ATOM, atom};
pub(super) use json::{MEDIA_TYPE as JSON, json};

/// Who publishes the feeds.
const AUTHOR: &str = "Porchlight";

/// Entries of a feed at most.
pub(super) const MOST: usize = 100;

/// Begins the name of every feed and entry. The names hold no host, so that an entry is the same on
/// every mirror and is never shown twice.
const NAMES: &str = "tag:porchlight-data.github.io,2026:";

/// A feed in no format yet. Addresses begin at the root of the host.
pub(super) struct Feed {
    /// Its name, below [`NAMES`].
    pub(super) name: String,
    pub(super) title: String,
    pub(super) subtitle: String,
    /// When the newest release was published.
    pub(super) updated: DateTime<Utc>,
    /// Where this very feed is.
    pub(super) this: String,
    /// Where what it tells of is.
    pub(super) alternate: String,
    /// The hub that tells of news.
    pub(super) hub: Option<String>,
    /// What stands before every address.
    pub(super) public_url: String,
    /// Newest first.
    pub(super) entries: Vec<Entry>,
}

/// Something that is new.
pub(super) struct Entry {
    /// Its name, below [`NAMES`].
    pub(super) name: String,
    pub(super) title: String,
    pub(super) summary: String,
    /// When the release was published in which it is new.
    pub(super) updated: DateTime<Utc>,
    /// Where it is, for ever.
    pub(super) link: String,
    pub(super) tags: Vec<String>,
}

impl Feed {
    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }
}

/// The name of a feed or an entry as a URI.
fn uri(name: &str) -> String {
    format!("{NAMES}{name}")
}

/// Text that may stand in XML: without the control characters that may not.
fn printable(text: &str) -> String {
    let kept = |character: &char| !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(kept).collect()
}
