//! The feeds, by the musts of RFC 4287 and of JSON Feed 1.1, and by what they tell.

use std::collections::BTreeSet;

use porchlight::record::{Agency, AgencyId, Partnership, PartnershipId, PartnershipStatus, Record};
use porchlight::serve::Settings;
use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{App, Got, NothingYet};
use crate::support::release::{ReleaseBuilder, agency, emergency_batch, partnership};

const ATOM: &str = "http://www.w3.org/2005/Atom";
const RELEASES: [&str; 3] = ["2026-11-24.9", "2026-11-24.10", "2026-11-25.1"];

/// An element of XML, without namespaces: the one of Atom stands on the root.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn read(xml: &str) -> Self {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().expand_empty_elements = true;
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    let name = start.name().as_ref().to_owned();
                    let attributes = start.attributes().map(|attribute| {
                        let attribute = attribute.unwrap();
                        let key = attribute.key.as_ref().to_owned();
                        (key, unescaped(&attribute.value))
                    });
                    let attributes = attributes.collect();
                    open.push(Self { name, attributes, ..Self::default() });
                }
                Event::End(_) => {
                    let done = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(done);
                }
                Event::Text(text) => {
                    open.last_mut().unwrap().text.push_str(&text);
                }
                Event::GeneralRef(reference) => {
                    let name = format!("&{};", &*reference);
                    open.last_mut().unwrap().text.push_str(&unescaped(&name));
                }
                Event::Eof => break,
                Event::Empty(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_) => {}
            }
        }
        let root = open.pop().unwrap();
        assert!(open.is_empty(), "an element is not closed");
        assert_eq!(root.children.len(), 1, "one root");
        root.children.into_iter().next().unwrap()
    }

    fn all(&self, name: &str) -> Vec<&Self> {
        self.children.iter().filter(|child| child.name == name).collect()
    }

    fn text_of(&self, name: &str) -> &str {
        self.all(name).first().map_or("", |child| child.text.as_str())
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).unwrap().into_owned()
}

/// What RFC 4287 says must be so and is not.
fn faults(xml: &str) -> Vec<String> {
    let feed = Element::read(xml);
    let mut faults = Vec::new();
    if feed.name != "feed" || feed.attribute("xmlns") != Some(ATOM) {
        faults.push("the document is no feed of Atom (2)".to_owned());
    }
    let once = ["generator", "icon", "logo", "rights", "subtitle"];
    let may = ["author", "category", "contributor", "link", "entry"];
    judge(&feed, &once, &may, &mut faults);
    let entries = feed.all("entry");
    let authored = |element: &Element| !element.all("author").is_empty();
    if !authored(&feed) && !entries.iter().all(|entry| authored(entry)) {
        faults.push("nobody is the author (4.1.1)".to_owned());
    }
    let mut versions = BTreeSet::new();
    for entry in &entries {
        let once = ["published", "rights", "source", "content", "summary"];
        judge(entry, &once, &["author", "category", "contributor", "link"], &mut faults);
        let alternate =
            |link: &&Element| link.attribute("rel").is_none_or(|rel| rel == "alternate");
        if entry.all("content").is_empty() && !entry.all("link").iter().any(alternate) {
            faults.push("an entry has neither content nor an alternate (4.1.2)".to_owned());
        }
        if !versions.insert((entry.text_of("id"), entry.text_of("updated"))) {
            faults.push("two entries are one (4.1.1)".to_owned());
        }
    }
    faults
}

fn judge(element: &Element, once: &[&str], may: &[&str], faults: &mut Vec<String>) {
    let name = &element.name;
    for must in ["id", "title", "updated"] {
        if element.all(must).len() != 1 {
            faults.push(format!("{name} has not one {must} (4.1)"));
        }
    }
    for child in &element.children {
        let child_name = child.name.as_str();
        let known = ["id", "title", "updated"].contains(&child_name)
            || once.contains(&child_name)
            || may.contains(&child_name);
        if !known {
            faults.push(format!("{name} may not have {child_name}"));
        }
        if once.contains(&child_name) && element.all(child_name).len() > 1 {
            faults.push(format!("{name} has {child_name} twice (4.1)"));
        }
        faults.extend(of_child(child));
    }
    let mut alternates = BTreeSet::new();
    for link in element.all("link") {
        let same = (link.attribute("type"), link.attribute("hreflang"));
        let alternate = link.attribute("rel").is_none_or(|rel| rel == "alternate");
        if alternate && !alternates.insert(same) {
            faults.push(format!("{name} has two alternates of one type (4.1)"));
        }
    }
}

fn of_child(child: &Element) -> Option<String> {
    let text = child.text.as_str();
    let well = match child.name.as_str() {
        // An IRI that is whole, and is compared letter by letter.
        "id" => text.split_once(':').is_some_and(|(scheme, rest)| {
            scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
                && !rest.is_empty()
                && !text.contains(char::is_whitespace)
        }),
        "updated" | "published" => {
            let date = chrono::DateTime::parse_from_rfc3339(text);
            date.is_ok() && !text.contains('t') && !text.contains('z')
        }
        "title" | "subtitle" | "summary" | "rights" => {
            let kind = child.attribute("type").unwrap_or("text");
            ["text", "html", "xhtml"].contains(&kind)
                && (kind == "xhtml" || child.children.is_empty())
        }
        "link" => child.attribute("href").is_some_and(|href| !href.is_empty()),
        "category" => child.attribute("term").is_some_and(|term| !term.is_empty()),
        "author" | "contributor" => child.all("name").len() == 1,
        "generator" => !text.is_empty(),
        _ => true,
    };
    (!well).then(|| format!("{} is not as it must be: {text}", child.name))
}

fn of(key: &str, name: &str, state: &str, status: PartnershipStatus) -> Partnership {
    Partnership {
        id: PartnershipId::mint(key),
        agency_id: Some(AgencyId::mint(key)),
        agency_name: name.to_owned(),
        state: Some(state.to_owned()),
        ..partnership(name, status)
    }
}

fn department(key: &str, name: &str) -> Agency {
    Agency { id: AgencyId::mint(key), ..agency(name) }
}

/// Three releases: footage was handed over in the second, a partnership ended in the third, another
/// was taken back, and much happened that nobody follows.
fn releases() -> [ReleaseBuilder; 3] {
    let awkward = "Springfield <Police> & \"Fire\"\u{1}";
    let active = of("a", awkward, "IL", PartnershipStatus::Active);
    let ended = of("a", awkward, "IL", PartnershipStatus::Ended);
    let wrong = of("b", "Bay Police Department", "OH", PartnershipStatus::Unknown);
    let batch = emergency_batch(11);
    let renamed = department("c", "Cob City Police Department");
    let [first, second, third] = RELEASES.map(ReleaseBuilder::new);
    let disclosed = |release: ReleaseBuilder| {
        release.changed(
            RELEASES[1],
            ("disclosures", batch.id.as_str()),
            ("added", "new_coverage"),
            "{}",
        )
    };
    let status = r#"{"status": ["active", "ended"], "evidence_count": [1, 2]}"#;
    let third = disclosed(third.after(RELEASES[1]).has(&ended).has(&batch).has(&renamed))
        .changed(
            RELEASES[2],
            ("partnerships", ended.id.as_str()),
            ("changed", "source_changed"),
            status,
        )
        .changed(
            RELEASES[2],
            ("partnerships", wrong.id.as_str()),
            ("withdrawn", "withdrawal"),
            "{}",
        )
        .withdrawn("partnerships", wrong.id.as_str())
        .changed(
            RELEASES[2],
            ("agencies", renamed.id.as_str()),
            ("changed", "source_changed"),
            r#"{"name": ["Cob Police Department", "Cob City Police Department"]}"#,
        );
    // Nobody follows these.
    let third = third
        .has(&of("d", "Dee Police Department", "IL", PartnershipStatus::Active))
        .has(&department("e", "Elm Police Department"))
        .changed(
            RELEASES[2],
            ("partnerships", PartnershipId::mint("d").as_str()),
            ("changed", "source_changed"),
            r#"{"last_listed_on": ["2020-01-01", "2021-01-01"], "evidence_count": [1, 2]}"#,
        )
        .changed(
            RELEASES[2],
            ("agencies", AgencyId::mint("e").as_str()),
            ("added", "source_changed"),
            "{}",
        )
        .changed(RELEASES[2], ("sources", "eff-atlas"), ("changed", "source_changed"), "{}");
    [
        first.has(&active).has(&wrong),
        disclosed(second.after(RELEASES[0]).has(&active).has(&wrong).has(&batch)),
        third,
    ]
}

fn text(got: Got) -> String {
    String::from_utf8(got.body).unwrap()
}

fn titles(feed: &Value) -> Vec<&str> {
    feed["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_feed_is_as_rfc_4287_says_it_must_be() {
    for hub in [None, Some("https://hub.example.org/?a=1&b=2".to_owned())] {
        let settings = Settings { websub_hub: hub, ..Settings::default() };
        let app = App::with(releases(), NothingYet, settings);
        for feed in ["releases.atom", "changes.atom", "changes.atom?state=IL,OH&program_id=none"] {
            let xml = text(app.get(&format!("/feeds/{feed}")).await);
            assert_eq!(faults(&xml), [""; 0], "{feed}:\n{xml}");
        }
    }
}

#[test]
fn a_feed_that_breaks_a_must_is_found() {
    let entry = "<entry><id>tag:x,2026:1</id><title>t</title><updated>2026-11-24T06:00:00Z</updated>\
                 <link href=\"/1\"/></entry>";
    let good = format!(
        "<feed xmlns=\"{ATOM}\"><id>tag:x,2026:0</id><title>t</title>\
         <updated>2026-11-24T06:00:00+00:00</updated><author><name>P</name></author>\
         <link rel=\"self\" href=\"/\"/>{entry}</feed>"
    );
    assert_eq!(faults(&good), [""; 0]);
    for (from, to) in [
        ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
        ("<id>tag:x,2026:0</id>", ""),
        ("<id>tag:x,2026:0</id>", "<id>/feeds/1</id>"),
        ("<title>t</title>", "<title>t</title><title>t</title>"),
        ("<title>t</title>", "<title type=\"text\">t<b>b</b></title>"),
        ("2026-11-24T06:00:00Z", "2026-11-24"),
        ("2026-11-24T06:00:00Z", "2026-11-24t06:00:00z"),
        ("<author><name>P</name></author>", ""),
        ("<author><name>P</name></author>", "<author/>"),
        ("<link href=\"/1\"/>", ""),
        ("<link href=\"/1\"/>", "<link href=\"/1\"/><link rel=\"alternate\" href=\"/2\"/>"),
        ("<link href=\"/1\"/>", "<link href=\"/1\"/><category label=\"x\"/>"),
        ("<link href=\"/1\"/>", "<link href=\"/1\"/><pubDate/>"),
        (entry, &format!("{entry}{entry}")),
        ("<link rel=\"self\" href=\"/\"/>", "<link rel=\"self\"/>"),
        ("<link rel=\"self\" href=\"/\"/>", "<rights/><rights/>"),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(!faults(&good.replacen(from, to, 1)).is_empty(), "{from} -> {to}");
    }
}

#[tokio::test]
async fn changes_are_told_in_words_the_newest_release_first() {
    let app = App::of(releases());
    let feed = app.get("/feeds/changes.json").await.json();
    assert_eq!(
        titles(&feed),
        [
            "Springfield <Police> & \"Fire\"\u{1} (IL): partnership with ring-neighbors is now ended",
            "Bay Police Department (OH): partnership with ring-neighbors: taken back",
            "Cob City Police Department (OH): changed",
            "Videos given in emergencies: new",
        ]
    );
    let items = feed["items"].as_array().unwrap();
    let said = |at: usize| items[at]["content_text"].as_str().unwrap();
    assert_eq!(
        said(0),
        "Status changed from active to ended, because a source says something else than before."
    );
    assert_eq!(said(1), "No longer published, because it was taken back: no such thing.");
    assert!(said(3).starts_with("Newly published, because a source was read for the first time."));
    assert!(
        said(3).contains("incident count: 11; legal basis: emergency; consent: none"),
        "{}",
        said(3)
    );
    assert_eq!(items[0]["date_published"], "2026-11-25T06:00:00Z");
    assert_eq!(items[3]["date_published"], "2026-11-24T06:00:00Z");
    assert_eq!(
        items[0]["tags"],
        json!(["partnerships", "IL", "ring-neighbors", "source_changed", "changed"])
    );
    for item in items {
        let url = item["url"].as_str().unwrap();
        assert!(url.starts_with("/v1/releases/2026-11-2"), "{url}");
        assert_eq!(app.get(url).await.status, 200, "{url}");
    }
    let xml = Element::read(&text(app.get("/feeds/changes.atom").await));
    for (entry, item) in xml.all("entry").iter().zip(items) {
        assert_eq!(entry.text_of("id"), item["id"]);
        // A control character has no place in XML.
        let title = item["title"].as_str().unwrap().replace('\u{1}', "");
        assert_eq!(entry.text_of("title"), title);
        assert_eq!(entry.text_of("summary"), item["content_text"]);
    }
}

#[tokio::test]
async fn a_filter_keeps_what_is_of_any_of_its_values() {
    let app = App::of(releases());
    let (a, b) = (AgencyId::mint("a"), AgencyId::mint("b"));
    for (query, expected) in [
        ("state=IL".to_owned(), vec!["Springfield"]),
        ("state=IL,OH".to_owned(), vec!["Springfield", "Bay", "Cob"]),
        ("program_id=ring-neighbors".to_owned(), vec!["Springfield", "Bay"]),
        ("program_id=ring-neighbors&state=OH".to_owned(), vec!["Bay"]),
        (format!("agency_id={a}"), vec!["Springfield"]),
        (format!("agency_id={a},{b}"), vec!["Springfield", "Bay"]),
        ("state=ZZ".to_owned(), vec![]),
    ] {
        let feed = app.get(&format!("/feeds/changes.json?{query}")).await.json();
        let titles = titles(&feed);
        let words: Vec<_> = titles.iter().filter_map(|title| title.split(' ').next()).collect();
        assert_eq!(words, expected, "{query}");
        let xml = Element::read(&text(app.get(&format!("/feeds/changes.atom?{query}")).await));
        assert_eq!(xml.all("entry").len(), expected.len(), "{query}");
        assert_eq!(app.get(feed["home_page_url"].as_str().unwrap()).await.status, 200);
    }
    for (path, says) in [
        ("/feeds/changes.atom?sate=IL", "'sate' is not a parameter of GET /feeds/changes.atom"),
        ("/feeds/changes.atom?state=", "'state': expected text"),
        ("/feeds/changes.json?limit=5", "'limit' is not a parameter"),
        ("/feeds/releases.atom?state=IL", "'state' is not a parameter"),
    ] {
        let got = app.get(path).await;
        assert_eq!((got.status, got.header("cache-control")), (400, "no-store"), "{path}");
        assert!(got.json()["detail"].as_str().unwrap().contains(says), "{path}: {}", got.json());
    }
}

#[tokio::test]
async fn entries_have_the_same_names_on_every_host_and_for_ever() {
    let settings =
        Settings { public_url: "https://data.example.org".to_owned(), ..Settings::default() };
    let [origin, mirror] = [App::of(releases()), App::with(releases(), NothingYet, settings)];
    let ids = |feed: &Value| {
        let items = feed["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for feed in ["releases", "changes"] {
        let here = origin.get(&format!("/feeds/{feed}.json")).await.json();
        let there = mirror.get(&format!("/feeds/{feed}.json")).await.json();
        assert_eq!(ids(&here), ids(&there));
        assert!(ids(&here).iter().all(|id| id.starts_with("tag:")), "{here}");
        for address in ["feed_url", "home_page_url"] {
            assert!(there[address].as_str().unwrap().starts_with("https://data.example.org/"));
        }
        let atom = text(mirror.get(&format!("/feeds/{feed}.atom")).await);
        let atom = Element::read(&atom);
        for link in atom.all("entry").iter().flat_map(|entry| entry.all("link")) {
            assert!(link.attribute("href").unwrap().starts_with("https://data.example.org/v1/"));
        }
    }
    // What was told before is told by the same name when more is known.
    let [first, second, _] = releases();
    let before = App::of([first, second]).get("/feeds/changes.json").await.json();
    let now = ids(&origin.get("/feeds/changes.json").await.json());
    assert_eq!(ids(&before), now[3..]);
    let feed = origin.get("/feeds/releases.json").await.json();
    assert_eq!(
        titles(&feed),
        ["Release 2026-11-25.1", "Release 2026-11-24.10", "Release 2026-11-24.9"]
    );
}

#[tokio::test]
async fn a_feed_holds_the_hundred_newest() {
    let [first, mut second] = [RELEASES[0], RELEASES[1]].map(ReleaseBuilder::new);
    for number in 0..150 {
        let new = of(&number.to_string(), "Ada Police Department", "OH", PartnershipStatus::Active);
        second = second.has(&new).changed(
            RELEASES[1],
            (Partnership::TABLE, new.id.as_str()),
            ("added", "source_changed"),
            "{}",
        );
    }
    let feed = App::of([first, second]).get("/feeds/changes.json").await.json();
    assert_eq!(titles(&feed).len(), 100);
    assert_eq!(
        titles(&feed)[0],
        "Ada Police Department (OH): partnership with ring-neighbors is listed"
    );
}

#[tokio::test]
async fn a_feed_is_kept_a_minute_and_asked_again_by_its_tag() {
    let app = App::of(releases());
    for (path, media_type) in [
        ("/feeds/releases.atom", "application/atom+xml"),
        ("/feeds/releases.json", "application/feed+json"),
        ("/feeds/changes.atom?state=IL", "application/atom+xml"),
        ("/feeds/changes.json?state=IL", "application/feed+json"),
    ] {
        let got = app.get(path).await;
        assert_eq!(got.header("content-type"), media_type, "{path}");
        assert_eq!(got.header("cache-control"), "public, max-age=60", "{path}");
        assert_eq!(got.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(got.header("link"), format!("<{path}>; rel=\"self\""), "{path}");
        let tag = got.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{path}");
        assert_eq!(app.get_with(path, &[("if-none-match", &tag)]).await.status, 304, "{path}");
        let head = app.ask(Method::HEAD, path, &[]).await;
        assert_eq!((head.status, head.header("etag")), (200, tag.as_str()), "{path}");
        assert_eq!(app.ask(Method::OPTIONS, path, &[]).await.status, 204, "{path}");
    }
    assert_eq!(App::of([]).get("/feeds/changes.atom").await.status, 503);
}

#[tokio::test]
async fn a_hub_is_named_in_the_feed_and_in_its_headers() {
    let hub = "https://hub.example.org/";
    let settings = Settings {
        websub_hub: Some(hub.to_owned()),
        public_url: "https://data.example.org".to_owned(),
        ..Settings::default()
    };
    let app = App::with(releases(), NothingYet, settings);
    for feed in ["releases", "changes"] {
        let atom = app.get(&format!("/feeds/{feed}.atom")).await;
        let this = format!("https://data.example.org/feeds/{feed}.atom");
        assert_eq!(atom.header("link"), format!("<{hub}>; rel=\"hub\", <{this}>; rel=\"self\""));
        let atom = Element::read(&text(atom));
        for (relation, to) in [("hub", hub), ("self", &this)] {
            let links = atom.all("link");
            let link = links.iter().find(|link| link.attribute("rel") == Some(relation)).unwrap();
            assert_eq!(link.attribute("href"), Some(to));
        }
        let json = app.get(&format!("/feeds/{feed}.json")).await.json();
        assert_eq!(json["hubs"], json!([{ "type": "WebSub", "url": hub }]));
    }
    let without = App::of(releases()).get("/feeds/changes.json").await.json();
    assert!(without.get("hubs").is_none());
}
