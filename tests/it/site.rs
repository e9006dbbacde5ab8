//! The pages of the site: what they say is what the API answers, whatever stands in the data, and
//! nothing of them is from elsewhere. How they look and feel in a browser is looked at by
//! `scripts/site`.

use porchlight::record::{Agency, Disclosure, Partnership, PartnershipStatus, Resource};

use porchlight::serve::Settings;

use crate::support::app::{App, Got, NothingYet};
use crate::support::release::{ReleaseBuilder, agency, emergency_batch, partnership};
use crate::support::routes::{EARLIER, RELEASE, Which, id_of, releases};

/// Where single records have pages, and in which table they are.
const RECORD_PAGES: [(&str, &str); 4] = [
    ("partnerships", "partnerships"),
    ("disclosures", "disclosures"),
    ("totals", "reported_totals"),
    ("events", "events"),
];

/// Every page that shows data, of releases in which there is something of everything.
fn pages() -> Vec<String> {
    let agencies = Resource::of_table("agencies").unwrap();
    let mut pages: Vec<String> = [
        "/",
        "/search?q=springfield",
        "/places/oh",
        "/partnerships",
        "/partnerships?state=OH&sort=-started_on",
        "/disclosures",
        "/disclosures?legal_basis=emergency",
        "/totals",
        "/events",
        "/map",
        "/map?by=share&service=fire",
        "/map?state=OH",
        "/charts",
        "/releases",
        "/sources",
        "/corrections",
        "/about",
        "/embed/partners-over-time",
    ]
    .map(str::to_owned)
    .to_vec();
    let id = id_of(agencies, Which::Example);
    pages.push(format!("/agencies/{id}/springfield-example"));
    // Of one everything is known, of the other as little as can be.
    for (page, table) in RECORD_PAGES {
        let resource = Resource::of_table(table).unwrap();
        pages.push(format!("/{page}/{}", id_of(resource, Which::Other)));
        // The page of its department tells of it.
        if table != "partnerships" {
            pages.push(format!("/{page}/{}", id_of(resource, Which::Example)));
        }
    }
    pages.push(format!("/releases/{RELEASE}"));
    pages.push(format!("/compare/{EARLIER}/{RELEASE}"));
    pages.push(format!("/embed/{RELEASE}/partners-by-state"));
    pages
}

fn text(got: &Got) -> String {
    String::from_utf8(got.body.clone()).unwrap()
}

/// The value of an attribute in an element's tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Figures of a page: the call, the place in its answer, and the value.
fn figures(page: &str) -> Vec<(String, String, String)> {
    let (mut call, mut figures) = (String::new(), Vec::new());
    for tag in page.split('<').filter_map(|part| part.split('>').next()) {
        let own = attribute(tag, "data-call").map(|call| call.replace("&amp;", "&"));
        if let Some(place) = attribute(tag, "data-at") {
            let of = own.unwrap_or_else(|| call.clone());
            figures.push((of, place.to_owned(), attribute(tag, "value").unwrap().to_owned()));
        } else if let Some(own) = own {
            call = own;
        }
    }
    figures
}

#[tokio::test]
async fn every_figure_of_a_page_is_what_the_api_answers() {
    let app = App::of(releases());
    let mut seen = 0;
    for address in pages() {
        let got = app.get(&address).await;
        assert_eq!(got.status, 200, "{address}: {}", text(&got));
        for (call, place, value) in figures(&text(&got)) {
            let answer = app.get(&call).await.json();
            let told =
                answer.pointer(&place).unwrap_or_else(|| panic!("{address}: {call} {place}"));
            let told = told.as_f64().map_or_else(|| told.to_string(), |number| number.to_string());
            assert_eq!(told, value, "{address}: {call} {place}");
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} figures");
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_their_files_are_kept_for_ever() {
    let app = App::of(releases());
    for address in pages() {
        let got = app.get(&address).await;
        assert!(!got.header("content-security-policy").contains("unsafe"), "{address}");
        let page = text(&got);
        for tag in page.split('<').filter_map(|part| part.split('>').next()) {
            let loads = ["img ", "script ", "link rel=\"stylesheet\"", "link rel=\"icon\""];
            if !loads.iter().any(|load| tag.starts_with(load)) {
                continue;
            }
            let Some(loaded) = attribute(tag, "src").or(attribute(tag, "href")) else { continue };
            assert!(loaded.starts_with('/') && !loaded.starts_with("//"), "{address}: {loaded}");
            let file = app.get(loaded).await;
            assert_eq!(file.status, 200, "{address}: {loaded}");
            if loaded.starts_with("/assets/") {
                assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
            }
        }
    }
    // A page of an earlier program asks for its own style.
    let other = app.get("/assets/site-other.css").await;
    assert_eq!(other.status, 307);
    assert_eq!(
        app.get(other.header("location")).await.header("content-type"),
        "text/css; charset=utf-8"
    );
    assert_eq!(app.get("/assets/other.css").await.status, 404);
}

#[tokio::test]
async fn what_sources_write_is_text_and_never_markup() {
    let hostile = format!("<script>alert(1)</script>\u{202e}\"'&{}", "x".repeat(10_000));
    let town = Agency {
        name: hostile.clone(),
        aliases: vec![hostile.clone()],
        partnerships: 1,
        ..agency("Akron")
    };
    let theirs = Partnership {
        agency_id: Some(town.id.clone()),
        agency_name: hostile.clone(),
        agency_name_reported: hostile.clone(),
        ..partnership("akron", PartnershipStatus::Unknown)
    };
    let footage =
        Disclosure { title: hostile.clone(), summary: Some(hostile), ..emergency_batch(11) };
    let release = ReleaseBuilder::new("2026-11-24.1").has(&town).has(&theirs).has(&footage);
    let app = App::of([release]);
    let moved = app.get(&format!("/agencies/{}", town.id)).await;
    assert_eq!(moved.status, 307);
    let agency = moved.header("location").to_owned();
    assert!(agency.len() < 200, "{agency}");
    let query = "/search?q=%3Cscript%3Ealert(1)%3C/script%3E";
    let record = format!("/disclosures/{}", footage.id);
    let tables = ["/places/oh", "/partnerships", "/disclosures", "/map?state=OH"];
    for address in [&*agency, query, &record].into_iter().chain(tables) {
        let got = app.get(address).await;
        let page = text(&got);
        assert_eq!(got.status, 200, "{address}");
        assert!(page.contains("&lt;script&gt;alert(1)"), "{address}");
        assert_eq!(page.matches("<script").count(), 1, "{address}");
    }
}

#[tokio::test]
async fn an_address_has_one_spelling_and_others_lead_there() {
    let app = App::of(releases());
    let agencies = Resource::of_table("agencies").unwrap();
    let [id, merged] = [Which::Example, Which::Merged].map(|which| id_of(agencies, which));
    for (address, status, to) in [
        (
            "/partnerships?state=&status=unknown&sort=".to_owned(),
            307,
            "/partnerships?status=unknown".to_owned(),
        ),
        (
            "/disclosures?fields=id&state=OH&include=vendor".to_owned(),
            307,
            "/disclosures?state=OH".to_owned(),
        ),
        ("/map?state=".to_owned(), 307, "/map".to_owned()),
        ("/about?fbclid=x&utm_source=y".to_owned(), 307, "/about".to_owned()),
        ("/places/ohio".to_owned(), 308, "/places/oh".to_owned()),
        (format!("/agencies/{id}/other"), 307, format!("/agencies/{id}/springfield-example")),
        (format!("/agencies/{merged}/x"), 307, format!("/agencies/{id}")),
    ] {
        let got = app.get(&address).await;
        assert_eq!((got.status, got.header("location")), (status, &*to), "{address}");
    }
    for (address, status) in [
        ("/places/zz", 404),
        ("/partnerships?sate=OH", 400),
        ("/partnerships?cursor=x", 400),
        ("/map?state=zz", 400),
        ("/?x=y", 400),
        ("/charts/none.svg", 404),
        ("/embed/none", 404),
        ("/agencies/agy_zzzzzzzzzz/x", 404),
    ] {
        assert_eq!(app.get(address).await.status, status, "{address}");
    }
}

#[tokio::test]
async fn a_record_has_a_page_or_says_where_it_is_or_why_it_is_gone() {
    let app = App::of(releases());
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for (page, table) in RECORD_PAGES {
        let resource = Resource::of_table(table).unwrap();
        let of = |which| format!("/{page}/{}", id_of(resource, which));
        let merged = app.get(&of(Which::Merged)).await;
        assert_eq!((merged.status, merged.header("location")), (308, &*of(Which::Example)));
        for (address, status) in
            [(of(Which::Withdrawn), 410), (format!("/{page}/none"), 404), (of(Which::Other), 200)]
        {
            let got = app.get_with(&address, &browser).await;
            assert_eq!(got.status, status, "{address}");
            assert_eq!(got.header("content-type"), "text/html; charset=utf-8", "{address}");
        }
        let wrong = app.get(&format!("{}?x=y", of(Which::Other))).await;
        assert_eq!(wrong.status, 400, "{page}");
    }
    let [partnership, agency] = ["partnerships", "agencies"]
        .map(|table| id_of(Resource::of_table(table).unwrap(), Which::Example));
    let to = app.get(&format!("/partnerships/{partnership}")).await;
    let start = format!("/agencies/{agency}/");
    assert_eq!(to.status, 307);
    let (address, anchor) = to.header("location").split_once('#').unwrap();
    assert!(address.starts_with(&start), "{address}");
    assert_eq!(anchor, partnership);
    let shown = text(&app.get(&format!("{start}springfield-example")).await);
    assert!(shown.contains(&format!("id=\"{anchor}\"")));
}

#[tokio::test]
async fn tables_lead_to_the_pages_of_their_records() {
    let app = App::of(releases());
    for (page, table) in RECORD_PAGES {
        let id = id_of(Resource::of_table(table).unwrap(), Which::Other);
        let address = format!("/{page}/{id}");
        let shown = text(&app.get(&format!("/{page}")).await);
        assert!(shown.contains(&format!("href=\"{address}\"")), "{address}");
        let record = text(&app.get(&address).await);
        for part in ["Who says so", "What this does not tell", "Cite this", "This page as data"] {
            assert!(record.contains(part), "{address}: {part}");
        }
    }
}

#[tokio::test]
async fn a_search_has_as_many_pages_as_it_needs() {
    let towns: Vec<_> = (0..60).map(|number| agency(&format!("Springfield {number}"))).collect();
    let release = towns.iter().fold(ReleaseBuilder::new(RELEASE), ReleaseBuilder::has);
    let app = App::of([release]);
    for words in ["springfield", "springfield+ohio"] {
        let (mut address, mut found) = (format!("/search?q={words}"), Vec::new());
        loop {
            let page = text(&app.get(&address).await);
            let tags = page.split('<').filter(|tag| tag.starts_with("a class=\"agency\""));
            found.extend(tags.map(|tag| attribute(tag, "href").unwrap().to_owned()));
            let next = page.split('<').find(|tag| tag.starts_with("a rel=\"next\""));
            let Some(next) = next.and_then(|tag| attribute(tag, "href")) else { break };
            address = next.replace("&amp;", "&");
        }
        assert_eq!(found.len(), 60, "{words}");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 60, "{words}");
    }
    assert_eq!(app.get("/search?q=springfield&cursor=x").await.status, 400);
}

#[tokio::test]
async fn calls_to_copy_name_the_public_address_or_the_one_that_is_listened_on() {
    for (public, local, shown) in [
        ("", "http://127.0.0.1:9301", "http://127.0.0.1:9301"),
        ("https://data.example.org", "http://127.0.0.1:9301", "https://data.example.org"),
    ] {
        let settings = Settings {
            public_url: public.to_owned(),
            local_url: local.to_owned(),
            ..Settings::default()
        };
        let app = App::with(releases(), NothingYet, settings);
        let page = text(&app.get("/disclosures").await);
        let (_, call) = page.split_once("curl '").unwrap();
        let call = call.replace("<span class=\"local\">", "").replace("</span>", "");
        assert!(call.starts_with(&format!("{shown}/v1/releases/{RELEASE}/disclosures")), "{call}");
    }
}

#[tokio::test]
async fn browsers_are_told_in_a_page_what_went_wrong_and_programs_in_a_document() {
    let app = App::of(releases());
    for (address, status) in [("/nothing", 404), ("/partnerships?sate=OH", 400)] {
        let program = app.get(address).await;
        assert_eq!(program.header("content-type"), "application/problem+json", "{address}");
        let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
        let got = app.get_with(address, &browser).await;
        assert_eq!((got.status, got.header("content-type")), (status, "text/html; charset=utf-8"));
        assert!(text(&got).contains("<h1>"), "{address}");
        // The API says it in one way to everybody.
        let api = app.get_with("/v1/nothing", &browser).await;
        assert_eq!(api.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn only_what_is_made_for_frames_may_stand_in_one() {
    let app = App::of(releases());
    let of = async |address: &str| {
        let got = app.get(address).await;
        let policy = got.header("content-security-policy").to_owned();
        (policy.contains("frame-ancestors *"), got.header("x-frame-options").to_owned())
    };
    assert_eq!(of("/").await, (false, "DENY".to_owned()));
    for embedded in ["/embed/partners-over-time", "/charts/partners-over-time.svg"] {
        assert_eq!(of(embedded).await, (true, String::new()), "{embedded}");
    }
}

#[tokio::test]
async fn a_chart_of_a_release_is_kept_as_long_as_its_release() {
    let app = App::of(releases());
    let pinned = app.get(&format!("/charts/{RELEASE}/partners-over-time.csv")).await;
    assert!(pinned.header("cache-control").starts_with("public, max-age=86400"));
    assert_eq!(pinned.header("dataset-release"), RELEASE);
    let newest = app.get("/charts/partners-over-time.csv").await;
    assert!(newest.header("cache-control").starts_with("public, max-age=60"));
    assert_eq!(pinned.body, newest.body);
    let svg = app.get("/charts/partners-by-state.svg").await;
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert!(text(&svg).contains("<title id=\"title\">"));
}
