//! JSON Feed 1.1.

use serde_json::{Value, json as value};

use super::{AUTHOR, Entry, Feed, uri};
use crate::serve::json::write_value;

/// The media type of JSON Feed.
pub(in crate::serve) const MEDIA_TYPE: &str = "application/feed+json";

/// A feed as JSON Feed.
pub(in crate::serve) fn json(feed: &Feed) -> Vec<u8> {
    let items: Vec<Value> = feed.entries.iter().map(|entry| item(feed, entry)).collect();
    let mut document = value!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.address(&feed.alternate),
        "feed_url": feed.address(&feed.this),
        "language": "en",
        "authors": [{ "name": AUTHOR }],
        "items": items,
    });
    if let Some(hub) = &feed.hub {
        document["hubs"] = value!([{ "type": "WebSub", "url": hub }]);
    }
    let mut body = Vec::new();
    write_value(&mut body, &document);
    body
}

fn item(feed: &Feed, entry: &Entry) -> Value {
    value!({
        "id": uri(&entry.name),
        "url": feed.address(&entry.link),
        "title": entry.title,
        "content_text": entry.summary,
        "date_published": entry.updated,
        "date_modified": entry.updated,
        "tags": entry.tags,
    })
}
