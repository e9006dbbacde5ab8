//! Atom, RFC 4287.

use atom_syndication::{Category, Entry, Feed, Generator, Link, Person, Text};
use chrono::{DateTime, FixedOffset, Utc};

use super::{AUTHOR, printable, uri};
use crate::serve::error::Problem;
use crate::serve::headers::LICENCE_URL;

/// The media type of Atom.
pub(in crate::serve) const MEDIA_TYPE: &str = "application/atom+xml";

/// A feed as Atom.
pub(in crate::serve) fn atom(feed: &super::Feed) -> Result<Vec<u8>, Problem> {
    let mut links = vec![
        link("self", &feed.address(&feed.this), Some(MEDIA_TYPE)),
        link("alternate", &feed.address(&feed.alternate), Some("application/json")),
        link("license", LICENCE_URL, None),
    ];
    links.extend(feed.hub.as_ref().map(|hub| link("hub", hub, None)));
    let author = Person { name: AUTHOR.to_owned(), ..Person::default() };
    let atom = Feed {
        title: text(&feed.title),
        id: uri(&feed.name),
        updated: instant(feed.updated),
        authors: vec![author],
        generator: Some(Generator {
            value: AUTHOR.to_owned(),
            uri: None,
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
        links,
        rights: Some(text("CC BY 4.0, Porchlight and the sources it names")),
        subtitle: Some(text(&feed.subtitle)),
        entries: feed.entries.iter().map(|found| entry(feed, found)).collect(),
        lang: Some("en".to_owned()),
        ..Feed::default()
    };
    atom.write_to(Vec::new()).map_err(Problem::internal)
}

fn entry(feed: &super::Feed, entry: &super::Entry) -> Entry {
    let categories = entry.tags.iter().map(|tag| {
        let term = printable(tag);
        Category { term, ..Category::default() }
    });
    Entry {
        title: text(&entry.title),
        id: uri(&entry.name),
        updated: instant(entry.updated),
        published: Some(instant(entry.updated)),
        categories: categories.collect(),
        links: vec![link("alternate", &feed.address(&entry.link), Some("application/json"))],
        summary: Some(text(&entry.summary)),
        ..Entry::default()
    }
}

fn link(relation: &str, to: &str, media_type: Option<&str>) -> Link {
    Link {
        href: to.to_owned(),
        rel: relation.to_owned(),
        mime_type: media_type.map(str::to_owned),
        ..Link::default()
    }
}

fn text(text: &str) -> Text {
    Text::plain(printable(text))
}

fn instant(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.fixed_offset()
}
