//! The files that describe a release, and the pages and the catalogue made from the same description.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::Path;

use porchlight::record::{RESOURCES, Records, Redirect, Resource, Source, Withdrawal};
use porchlight::release::database::{self, ReleaseDatabase};
use porchlight::release::dataset::{Dataset, Since};
use porchlight::release::{
    DATASET_CAVEAT, DATASET_FILE, Manifest, ManifestDraft, Materials, SUMS_FILE, digest, stage,
};
use porchlight::serve::Settings;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::app::{App, Got, NothingYet};
use crate::support::release::ReleaseBuilder;

const RELEASE: &str = "2026-11-24.2";
const ZIP: &str = "porchlight-2026-11-24.2.zip";
const HOST: &str = "https://data.example.org";

/// A source whose words would be markup where they are not escaped.
fn source(id: &str, homepage: Option<&str>) -> Source {
    serde_json::from_value(json!({
        "id": id, "name": format!("The <b>{id}</b> | list"), "publisher": "A & B, \"Inc.\"",
        "homepage": homepage, "url": null, "format": "CSV", "licence": "CC0-1.0",
        "attribution": "</script><script>alert(1)</script>", "redistributable": true,
        "cadence": "daily", "completeness": "sample", "completeness_note": null,
        "data_as_of_on": "2026-11-01", "rows": 1, "issues": 0, "first_release": RELEASE,
        "last_changed_release": RELEASE, "evidence_count": 0
    }))
    .unwrap()
}

fn records() -> Records {
    let vendor = json!({
        "id": "ring", "name": "Ring LLC", "parent": null, "homepage": null, "aliases": ["a, b"],
        "first_release": RELEASE, "last_changed_release": RELEASE, "evidence_count": 1
    });
    Records {
        vendors: vec![serde_json::from_value(vendor).unwrap()],
        sources: vec![source("atlas", Some("https://example.org/?a=1&b=2")), source("map", None)],
        ..Records::default()
    }
}

fn dataset() -> Dataset {
    let since = |release: &str| release.parse().unwrap();
    let redirect = Redirect {
        resource: "agencies".into(),
        from_id: "agy_0000000009".into(),
        to_id: "agy_0000000001".into(),
        reason: "the \"same\", twice".into(),
    };
    let withdrawal = Withdrawal {
        resource: "events".into(),
        id: "evt_0000000001".into(),
        reason: "never\nhappened".into(),
    };
    Dataset {
        release: since(RELEASE),
        published_at: "2026-11-24T06:00:00Z".parse().unwrap(),
        software_version: "0.1.0".into(),
        records: records(),
        unread: vec![],
        identities: vec![],
        redirects: vec![Since { what: redirect, release: since("2026-11-24.2") }],
        withdrawals: vec![Since { what: withdrawal, release: since("2026-11-23.1") }],
        editions: vec![],
        changes: vec![],
        gates: vec![],
        redactions: vec![],
        accounts: vec![],
    }
}

fn draft() -> ManifestDraft {
    ManifestDraft {
        release: RELEASE.parse().unwrap(),
        published_at: "2026-11-24T06:00:00Z".parse().unwrap(),
        schema_version: "1.0.0".into(),
        schema_sha256: digest::sha256(b"schema"),
        software_version: "0.1.0".into(),
        previous: None,
        accepted: None,
        captures: vec![],
        sources: vec![],
        changes: BTreeMap::new(),
        gates: vec![],
        active_days: None,
        signing_key: None,
        redactions: vec![],
    }
}

/// A staged release, all of its files in one folder.
struct Folder {
    folder: TempDir,
    manifest: Manifest,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DATASET_FILE);
        database::write(&path, &dataset()).unwrap();
        let database = ReleaseDatabase::open(&path).unwrap();
        let materials = Materials { database: &database, previous: None };
        let staged = stage(folder.path(), draft(), &materials, None, &|_| Ok(())).unwrap();
        let manifest = staged.manifest().clone();
        Self { folder, manifest }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }
}

#[test]
fn what_became_of_ids_that_are_no_more_lies_in_two_files() {
    let release = Folder::new();
    assert_eq!(
        release.text("redirects.csv"),
        "resource,from_id,to_id,release,reason\n\
         agencies,agy_0000000009,agy_0000000001,2026-11-24.2,\"the \"\"same\"\", twice\"\n"
    );
    assert_eq!(
        release.text("withdrawals.csv"),
        "resource,id,release,reason\nevents,evt_0000000001,2026-11-23.1,\"never\nhappened\"\n"
    );
    for name in ["redirects.csv", "withdrawals.csv"] {
        assert_eq!(release.manifest.file(name).unwrap().rows, Some(1), "{name}");
    }
}

#[test]
fn the_package_describes_every_file_and_every_column() {
    let release = Folder::new();
    let package = release.json("datapackage.json");
    assert_eq!(
        (&package["version"], &package["created"]),
        (&json!(RELEASE), &json!("2026-11-24T06:00:00Z"))
    );
    assert_eq!(package["sources"][0]["path"], "https://example.org/?a=1&b=2");
    assert_eq!(package["sources"][1].get("path"), None, "an unknown page is left away");
    let resources = package["resources"].as_array().unwrap();
    let made_later = ["datapackage.json", "croissant.json", "README.md", ZIP, SUMS_FILE];
    let expected: BTreeSet<_> = release.manifest.files.iter().map(|f| f.name.as_str()).collect();
    let listed: BTreeSet<_> = resources.iter().map(|r| r["path"].as_str().unwrap()).collect();
    assert_eq!(&expected - &listed, made_later.into());
    for resource in resources {
        let file = release.manifest.file(resource["path"].as_str().unwrap()).unwrap();
        assert_eq!(resource["bytes"], file.bytes);
        assert_eq!(resource["hash"], format!("sha256:{}", file.sha256));
        assert!(resource["description"].as_str().unwrap().ends_with('.'), "{resource}");
        let Some(fields) = resource["schema"]["fields"].as_array() else { continue };
        assert_eq!(resource["type"], "table");
        let names: Vec<_> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        let text = release.text(&file.name);
        assert_eq!(names.join(","), text.lines().next().unwrap());
        for field in fields {
            let about = field["description"].as_str().unwrap();
            assert!(about.len() > 3 && about.ends_with('.') && !about.contains('\n'), "{field}");
        }
    }
}

#[test]
fn keys_words_and_unknowns_are_those_of_the_records() {
    let package = Folder::new().json("datapackage.json");
    let schema = |name: &str| {
        let resources = package["resources"].as_array().unwrap();
        resources.iter().find(|resource| resource["name"] == name).unwrap()["schema"].clone()
    };
    let field = |table: &str, name: &str| {
        let schema = schema(table);
        schema["fields"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap().clone()
    };
    let keys = |table: &str| {
        let schema = schema(table);
        let keys = schema["foreignKeys"].as_array().cloned().unwrap_or_default();
        keys.iter()
            .map(|key| (key["fields"][0].clone(), key["reference"]["resource"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys("partnerships"),
        [("agency_id", "agencies"), ("program_id", "programs"), ("vendor_id", "vendors")]
            .map(|(field, table)| (json!(field), json!(table)))
    );
    // What names records of several tables is no foreign key; what names its own table names none.
    assert_eq!(keys("evidence"), [(json!("source_id"), json!("sources"))]);
    assert_eq!(keys("redirects"), []);
    assert_eq!(keys("programs")[1], (json!("successor_program_id"), Value::Null));
    assert_eq!(schema("redirects")["primaryKey"], json!(["from_id"]));

    let status = field("partnerships", "status");
    assert_eq!(status["constraints"]["enum"], json!(["active", "ended", "unknown"]));
    assert_eq!(status["categories"][1]["value"], "ended");
    assert!(status["categories"][1]["label"].as_str().unwrap().contains("evidence of an end"));
    assert_eq!(field("partnerships", "agency_id").get("constraints"), None);
    assert_eq!(field("agencies", "aliases")["type"], "array");
    assert_eq!(field("evidence", "reported")["type"], "object");
    // An empty pointer is one; an empty date is unknown.
    assert_eq!(field("evidence", "pointer")["missingValues"], json!([]));
    assert_eq!(field("evidence", "published_on").get("missingValues"), None);
    assert_eq!(schema("evidence")["missingValues"], json!([""]));
}

#[test]
fn the_archive_holds_all_files_and_is_the_same_twice() {
    let (one, other) = (Folder::new(), Folder::new());
    let bytes = fs::read(one.path().join(ZIP)).unwrap();
    assert!(bytes == fs::read(other.path().join(ZIP)).unwrap());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut names = Vec::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).unwrap();
        let name = entry.name().unwrap().into_owned();
        let time = entry.last_modified().unwrap();
        assert_eq!((time.year(), time.month(), time.day(), time.hour()), (1980, 1, 1, 0), "{name}");
        assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o644), "{name}");
        let stored = entry.compression() == zip::CompressionMethod::Stored;
        let packed =
            name.rsplit_once('.').is_some_and(|(_, ending)| ["gz", "parquet"].contains(&ending));
        assert_eq!(stored, packed, "{name}");
        let mut held = Vec::new();
        entry.read_to_end(&mut held).unwrap();
        assert!(held == fs::read(one.path().join(&name)).unwrap(), "{name}");
        names.push(name);
    }
    assert!(names.is_sorted());
    let apart = [ZIP, SUMS_FILE];
    let files = one.manifest.files.iter().map(|file| file.name.clone());
    let expected: BTreeSet<_> = files.filter(|name| !apart.contains(&name.as_str())).collect();
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), expected);
    let left: Vec<_> =
        fs::read_dir(one.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), one.manifest.files.len(), "nothing of the making is left: {left:?}");
}

#[test]
fn the_introduction_names_every_file_source_and_check() {
    let release = Folder::new();
    let text = release.text("README.md");
    for file in &release.manifest.files {
        let itself = file.name == "README.md";
        assert!(itself || text.contains(&format!("`{}`", file.name)), "{}", file.name);
    }
    for needed in [
        DATASET_CAVEAT,
        "sha256sum -c SHA256SUMS",
        "minisign -V -m SHA256SUMS",
        "> Porchlight, release 2026-11-24.2, CC BY 4.0",
        "[The <b>atlas</b> \\| list](https://example.org/?a=1&b=2)",
        "| `vendors` | 1 |",
        "It is the first release.",
    ] {
        assert!(text.contains(needed), "{needed}");
    }
}

#[test]
fn citations_and_croissant_name_the_release() {
    let release = Folder::new();
    let citation = release.text("CITATION.cff");
    for line in
        ["cff-version: 1.2.0", "type: dataset", "version: \"2026-11-24.2\"", "license: CC-BY-4.0"]
    {
        assert!(citation.lines().any(|found| found == line), "{line}");
    }
    assert!(citation.contains("date-released: 2026-11-24\n"));
    let croissant = release.json("croissant.json");
    assert_eq!(croissant["conformsTo"], "http://mlcommons.org/croissant/1.0");
    let sets = croissant["recordSet"].as_array().unwrap();
    // Every table, and the two lists of ids that are no more.
    assert_eq!(sets.len(), RESOURCES.len() + 2);
    let partnerships = sets.iter().find(|set| set["name"] == "partnerships").unwrap();
    let agency = &partnerships["field"][1];
    assert_eq!(agency["references"]["field"]["@id"], "agencies/id");
    assert_eq!(agency["source"]["fileObject"]["@id"], "partnerships.csv");
}

/// A server of a release whose source would like to write markup.
fn app(settings: Settings) -> App {
    let build = |release: &str| {
        let builder = ReleaseBuilder::new(release)
            .has(&source("atlas", Some("https://example.org/?a=1&b=2")));
        builder.file("vendors.csv", "text/csv; charset=utf-8", b"id\nring\n".to_vec())
    };
    let releases = [build("2026-11-24.1"), build(RELEASE).after("2026-11-24.1")];
    App::with(releases, NothingYet, settings)
}

fn public() -> Settings {
    Settings {
        public_url: HOST.to_owned(),
        contact_email: Some("data@example.org".to_owned()),
        ..Settings::default()
    }
}

fn html(got: &Got) -> String {
    String::from_utf8(got.body.clone()).unwrap()
}

/// What a page tells programs.
fn linked_data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/ld+json\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[tokio::test]
async fn pages_are_plain_and_let_nothing_in() {
    let app = app(Settings::default());
    for path in ["/data", "/data/2026-11-24.1", "/dictionary"] {
        let got = app.get(path).await;
        assert_eq!((got.status, got.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(got.header("cache-control"), "public, max-age=60");
        let policy = got.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
        let page = html(&got);
        // Its script, and what it tells programs.
        assert_eq!(page.matches("<script").count(), 2, "{path}");
        for foreign in
            ["src=\"http", "src=\"//", "<iframe", " onclick", "style=\"", "@import", "<style"]
        {
            assert!(!page.contains(foreign), "{path}: {foreign}");
        }
        for needed in
            ["<html lang=\"en\">", "<main id=\"main\">", "<h1>", "<title>", "name=\"viewport\""]
        {
            assert!(page.contains(needed), "{path}: {needed}");
        }
        assert!(!page.contains("<b>atlas</b>"), "{path}");
        let head = app.ask(Method::HEAD, path, &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        let tag = got.header("etag").to_owned();
        assert_eq!(app.get_with(path, &[("if-none-match", &tag)]).await.status, 304);
        assert_eq!(app.get(&format!("{path}?x=y")).await.status, 400);
        assert_eq!(app.get(&format!("{path}/")).await.status, 200);
    }
}

#[tokio::test]
async fn the_page_of_a_release_leads_to_its_files_and_to_the_others() {
    let app = app(Settings::default());
    let newest = html(&app.get("/data").await);
    let data = linked_data(&newest);
    assert_eq!((&data["@type"], &data["version"]), (&json!("Dataset"), &json!(RELEASE)));
    for file in data["distribution"].as_array().unwrap() {
        let address = file["contentUrl"].as_str().unwrap();
        let got = app.get(address).await;
        assert_eq!(got.status, 200, "{address}");
        assert_eq!(file["sha256"], digest::sha256(&got.body));
        assert_eq!(file["contentSize"], format!("{} B", got.body.len()));
        assert!(newest.contains(&format!("href=\"{address}\"")), "{address}");
    }
    assert!(newest.contains("<a href=\"/data/2026-11-24.1\">2026-11-24.1</a>"));
    assert!(newest.contains("A &amp; B, &quot;Inc.&quot;"));
    assert!(newest.contains("href=\"https://example.org/?a=1&amp;b=2\""));

    let older = linked_data(&html(&app.get("/data/2026-11-24.1").await));
    assert_eq!(older["version"], "2026-11-24.1");
    assert_ne!(older["identifier"], data["identifier"]);
    let moved = app.get("/data/latest").await;
    assert_eq!((moved.status, moved.header("location")), (307, "/data/2026-11-24.2"));
    assert_eq!(app.get("/data/2026-11-24").await.header("location"), "/data/2026-11-24.2");
    assert_eq!(app.get("/data/2026-11-24.9").await.status, 404);
    assert_eq!(app.get("/data/nonsense").await.status, 404);
}

#[tokio::test]
async fn the_dictionary_explains_every_column_and_word() {
    let release = Folder::new();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("releases").join(RELEASE);
    fs::create_dir_all(&folder).unwrap();
    for file in &release.manifest.files {
        fs::copy(release.path().join(&file.name), folder.join(&file.name)).unwrap();
    }
    fs::write(folder.join("manifest.json"), release.manifest.to_bytes()).unwrap();
    let app = App::over(home, NothingYet, Settings::default());
    let page = html(&app.get("/dictionary").await);
    for resource in RESOURCES {
        assert!(page.contains(&format!("<h2 id=\"{}\">", resource.table)), "{}", resource.table);
        for column in resource.columns {
            let id = format!("<tr id=\"{}.{}\">", resource.table, column.name);
            assert!(page.contains(&id), "{id}");
            for (word, meaning) in column.vocabulary() {
                assert!(!meaning.is_empty());
                assert!(page.contains(&format!("<dt><code>{word}</code></dt>")), "{word}");
            }
        }
    }
    assert!(page.contains("<tr id=\"redirects.from_id\">"));
    assert!(page.contains("Refers to <a href=\"#agencies\">agencies</a>."));
    // Every link inside the page leads somewhere.
    for part in page.split("href=\"#").skip(1) {
        let target = part.split_once('"').unwrap().0;
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
    // The words of a doc comment are the same in the description and in the OpenAPI document.
    let about = Resource::of_table("agencies").unwrap().about();
    let schemas = &porchlight::serve::openapi()["components"]["schemas"];
    assert_eq!(schemas["Agency"]["description"], about);
}

#[tokio::test]
async fn the_catalogue_lists_the_release_its_files_and_its_versions() {
    let app = app(public());
    let got = app.get("/data.json").await;
    assert_eq!((got.status, got.header("content-type")), (200, "application/json"));
    assert_eq!(got.header("cache-control"), "public, max-age=60");
    let catalogue = got.json();
    assert_eq!(catalogue["conformsTo"]["title"], "DCAT-US 3.0");
    let dataset = &catalogue["dataset"][0];
    for must in ["title", "description", "identifier", "publisher", "contactPoint"] {
        assert!(!dataset[must].is_null(), "{must}");
    }
    assert_eq!(dataset["contactPoint"]["hasEmail"], "mailto:data@example.org");
    assert_eq!(dataset["version"], RELEASE);
    let versions = dataset["hasVersion"].as_array().unwrap();
    let releases: Vec<_> = versions.iter().map(|version| &version["version"]).collect();
    assert_eq!(releases, [RELEASE, "2026-11-24.1"]);
    assert_eq!(dataset["previousVersion"]["version"], "2026-11-24.1");
    let newest = dataset["distribution"].as_array().unwrap();
    let older = versions.iter().flat_map(|version| version["distribution"].as_array().unwrap());
    for file in newest.iter().chain(older) {
        let address = file["downloadURL"].as_str().unwrap().strip_prefix(HOST).unwrap();
        let got = app.get(address).await;
        assert_eq!(got.status, 200, "{address}");
        assert_eq!(file["checksum"]["checksumValue"], digest::sha256(&got.body), "{address}");
    }
    for page in [&dataset["landingPage"]["accessURL"], &dataset["describedBy"]["accessURL"]] {
        let address = page.as_str().unwrap().strip_prefix(HOST).unwrap();
        assert_eq!(app.get(address).await.status, 200, "{address}");
    }
    assert_eq!(catalogue["service"][0]["endpointURL"], json!([format!("{HOST}/v1")]));
}

#[tokio::test]
async fn without_an_address_of_mail_or_a_release_nothing_is_invented() {
    let catalogue = app(Settings::default()).get("/data.json").await.json();
    let contact = &catalogue["dataset"][0]["contactPoint"];
    assert_eq!(contact.get("hasEmail"), None);
    assert!(contact["hasURL"].as_str().unwrap().starts_with("https://"));
    let empty = App::of([]);
    for path in ["/data.json", "/data", "/dictionary", "/data/latest"] {
        assert_eq!(empty.get(path).await.status, 503, "{path}");
    }
}
