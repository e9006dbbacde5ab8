//! The documents by which programs find out what is here.

use porchlight::serve::{Code, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{App, Got, NothingYet};
use crate::support::program::Program;
use crate::support::release::ReleaseBuilder;

const DOCUMENTS: [(&str, &str); 4] = [
    ("/openapi.yaml", "application/yaml"),
    (
        "/.well-known/api-catalog",
        "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"",
    ),
    ("/llms.txt", "text/plain; charset=utf-8"),
    ("/robots.txt", "text/plain; charset=utf-8"),
];

fn app() -> App {
    App::of([ReleaseBuilder::new("2026-11-24.1")])
}

fn text(got: Got) -> String {
    String::from_utf8(got.body).unwrap()
}

/// Where the links of a text lead: what stands in `](…)`.
fn links(text: &str) -> Vec<&str> {
    let parts = text.split("](").skip(1);
    parts.filter_map(|rest| rest.split_once(')')).map(|(link, _)| link).collect()
}

#[tokio::test]
async fn each_document_has_its_type_and_is_kept_like_the_others() {
    for (app, pinned) in [(app(), "2026-11-24.1"), (App::of([]), "no release yet")] {
        for (path, media_type) in DOCUMENTS {
            let got = app.get(path).await;
            assert_eq!((got.status, got.header("content-type")), (200, media_type), "{pinned}");
            assert_eq!(got.header("cache-control"), "public, max-age=60", "{path}");
            assert_eq!(got.header("access-control-allow-origin"), "*", "{path}");
            let tag = got.header("etag").to_owned();
            let head = app.ask(Method::HEAD, path, &[]).await;
            assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
            assert_eq!(head.header("content-type"), media_type, "{path}");
            assert_eq!(head.header("etag"), tag, "{path}");
            let again = app.get_with(path, &[("if-none-match", &tag)]).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
            assert_eq!(app.ask(Method::OPTIONS, path, &[]).await.status, 204, "{path}");
            assert_eq!(app.get(&format!("{path}?x=y")).await.status, 400, "{path}");
            assert_eq!(app.get(&format!("{path}/")).await.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn the_yaml_is_what_the_program_prints_and_quotes_every_text() {
    let yaml = text(app().get("/openapi.yaml").await);
    assert_eq!(yaml, porchlight::serve::openapi_yaml());
    // Readers of YAML 1.1 would make a truth of `yes` and a date of `2021-06-01`.
    for line in yaml.lines() {
        let item = line.trim_start().trim_start_matches("- ");
        let scalar = item.split_once(": ").map_or(item, |(_, value)| value);
        let plain = scalar.parse::<f64>().is_ok()
            || ["true", "false", "null", "[]", "{}"].contains(&scalar);
        let quoted = scalar.starts_with(['\'', '"']);
        assert!(plain || quoted || scalar.ends_with(':'), "{line}");
    }
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new(folder.path(), &folder.path().join("none.toml"));
    assert_eq!(program.succeed(&["openapi", "--yaml"]), yaml);
}

#[tokio::test]
async fn the_catalog_leads_to_the_api_and_its_documents() {
    let app = app();
    let got = app.get("/.well-known/api-catalog").await;
    assert_eq!(got.header("link"), "</.well-known/api-catalog>; rel=\"api-catalog\"");
    let head = app.ask(Method::HEAD, "/.well-known/api-catalog", &[]).await;
    assert_eq!(head.header("link"), got.header("link"));
    let catalog = got.json();
    let [about_host, about_api] = catalog["linkset"].as_array().unwrap().as_slice() else {
        panic!("{catalog:#}");
    };
    assert_eq!(about_host["item"], json!([{ "href": "/v1" }]));
    assert_eq!(about_api["anchor"], "/v1");
    for (relation, number) in
        [("service-desc", 2), ("service-doc", 2), ("status", 1), ("alternate", 4)]
    {
        let links = about_api[relation].as_array().unwrap();
        assert_eq!(links.len(), number, "{relation}");
        for link in links {
            let got = app.get(link["href"].as_str().unwrap()).await;
            let media_type = got.header("content-type").split(';').next().unwrap();
            assert_eq!((got.status, Some(media_type)), (200, link["type"].as_str()), "{link}");
        }
    }
    assert!(about_api["license"][0]["href"].as_str().unwrap().starts_with("https://"));
}

#[tokio::test]
async fn links_begin_with_the_public_address() {
    let public_url = "https://data.example.org".to_owned();
    let settings = Settings { public_url, ..Settings::default() };
    let app = App::with([ReleaseBuilder::new("2026-11-24.1")], NothingYet, settings);
    let catalog = app.get("/.well-known/api-catalog").await;
    let expected = "<https://data.example.org/.well-known/api-catalog>; rel=\"api-catalog\"";
    assert_eq!(catalog.header("link"), expected);
    let catalog = text(catalog);
    for target in catalog.split('"').filter(|part| part.contains('/') && !part.contains(' ')) {
        let media_type = ["application/", "text/"].iter().any(|start| target.starts_with(start));
        assert!(media_type || target.starts_with("https://"), "{target}");
    }
    let guide = text(app.get("/llms.txt").await);
    for link in links(&guide) {
        assert!(link.starts_with("https://"), "{link}");
    }
    assert!(guide.contains("`https://data.example.org/v1/releases/{release}/…`"), "{guide}");
}

#[tokio::test]
async fn the_guide_lists_what_there_is_and_every_link_of_it_is_answered() {
    let home = tempfile::tempdir().unwrap();
    let sources = home.path().join("sources.toml");
    std::fs::write(&sources, "").unwrap();
    let serving = Program::new(home.path(), &sources).serve();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |link: &str| {
        let answer = client.get(format!("{}{link}", serving.address())).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (_, guide) = ask("/llms.txt").await;
    let (title, rest) = guide.split_once("\n\n> ").unwrap();
    assert_eq!(title, "# Porchlight");
    assert!(rest.matches("\n## ").count() >= 3, "{guide}");
    let (_, calls) = guide.split_once("\n## Example calls\n").unwrap();
    let calls = links(calls.split("\n## ").next().unwrap());
    assert_eq!(calls.len(), 10);
    for link in links(&guide).into_iter().filter(|link| !link.contains("://")) {
        let (status, body) = ask(link).await;
        assert_eq!(status, 200, "{link}: {body}");
        // An example that finds nothing teaches nothing; agencies come from the network alone.
        let found = serde_json::from_str::<Value>(&body).unwrap_or_default();
        let empty = found["data"].as_array().is_some_and(Vec::is_empty);
        let needs_network =
            ["agencies", "partnerships", "issues"].map(|table| format!("/v1/{table}"));
        let excused = needs_network.iter().any(|start| link.starts_with(start));
        assert!(!empty || excused, "{link}: {body}");
    }
    let document = porchlight::serve::openapi();
    for (path, item) in document["paths"].as_object().unwrap() {
        if item["servers"][0]["url"] != "/" {
            assert!(guide.contains(&format!("/v1{path}")), "{path}");
        }
    }
    for control in ["limit", "cursor", "sort", "q", "valid_on", "near_lat", "fields"] {
        assert!(guide.contains(&format!("\n- `{control}`: ")), "{control}");
    }
    assert!(guide.len() < 12_000, "{} bytes are no short guide", guide.len());
}

#[tokio::test]
async fn crawlers_are_kept_from_nothing_but_the_later_pages_of_lists() {
    let robots = text(app().get("/robots.txt").await);
    let rules: Vec<_> =
        robots.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(rules, ["User-agent: *", "Allow: /", "Disallow: /*cursor="]);
}

#[tokio::test]
async fn the_example_on_the_page_of_a_problem_is_what_is_answered() {
    let app = app();
    for code in Code::ALL {
        let page = text(app.get(&format!("/problems/{}", code.slug())).await);
        let (_, example) = page.split_once("An example\n\n").unwrap();
        let (request, document) = example.trim().split_once("\n\n").unwrap();
        let document: Value = serde_json::from_str(document).unwrap();
        let faults = document["errors"].as_array().into_iter().flatten();
        let mut codes = faults.map(|fault| &fault["code"]).chain([&document["code"]]);
        assert!(codes.any(|known| known == code.as_str()), "{page}");
        // What a request alone brings about; the others need a release, a file or a fault.
        let (headers, detail) = match code {
            Code::UnknownParameter
            | Code::InvalidParameter
            | Code::LimitTooLarge
            | Code::CursorMismatch
            | Code::UnknownRelease
            | Code::NotFound
            | Code::MethodNotAllowed => (None, true),
            // Which formats there are is said in other words where there are more.
            Code::NotAcceptable => (Some(("accept", "text/turtle")), false),
            Code::Gone
            | Code::PayloadTooLarge
            | Code::UriTooLong
            | Code::RangeNotSatisfiable
            | Code::RateLimited
            | Code::Unavailable
            | Code::Internal => continue,
        };
        let mut words = request.split_whitespace();
        let method = words.next().unwrap().parse().unwrap();
        let mut got = app.ask(method, words.next().unwrap(), headers.as_slice()).await.json();
        if !detail {
            got["detail"] = document["detail"].clone();
        }
        assert_eq!(got, document, "{request}");
    }
}
