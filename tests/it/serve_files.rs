//! Files of a release: whole, in part, and by the name `latest`.

use reqwest::Method;

use crate::support::app::{App, Got};
use crate::support::release::ReleaseBuilder;

const PATH: &str = "/data/2026-11-24.1/notes.txt";

fn app(bytes: Vec<u8>) -> App {
    App::of([ReleaseBuilder::new("2026-11-24.1").file("notes.txt", "text/plain", bytes)])
}

fn shown(got: &Got) -> (u16, &str, &str) {
    (got.status, std::str::from_utf8(&got.body).unwrap(), got.header("content-range"))
}

#[tokio::test]
async fn a_file_is_sent_whole_with_its_hash_as_its_tag() {
    // More than one block.
    let bytes: Vec<u8> = (0..700_000_u32).map(|number| (number % 251) as u8).collect();
    let app = app(bytes.clone());
    let got = app.get(PATH).await;
    assert_eq!((got.status, got.body == bytes), (200, true));
    let sha256 = porchlight::release::digest::sha256(&bytes);
    assert_eq!(got.header("etag"), format!("\"{sha256}\""));
    assert_eq!(got.header("content-length"), "700000");
    assert_eq!(got.header("accept-ranges"), "bytes");
    assert_eq!(got.header("content-type"), "text/plain");
    assert_eq!(got.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(got.header("repr-digest").starts_with("sha-256=:"));
    assert_eq!(got.header("content-encoding"), "");

    let head = app.ask(Method::HEAD, PATH, &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), "700000");
    for range in ["bytes=1-2", "bytes=700000-"] {
        let head = app.ask(Method::HEAD, PATH, &[("range", range)]).await;
        assert_eq!((head.status, head.header("content-length")), (200, "700000"), "{range}");
    }
    let got = app.get_with(PATH, &[("range", "bytes=262100-524400")]).await;
    assert_eq!((got.status, got.body == bytes[262_100..=524_400]), (206, true));
}

#[tokio::test]
async fn a_part_of_a_file_is_sent_alone() {
    let app = app(b"0123456789".to_vec());
    let part = async |range: &str| app.get_with(PATH, &[("range", range)]).await;
    assert_eq!(shown(&part("bytes=2-4").await), (206, "234", "bytes 2-4/10"));
    assert_eq!(shown(&part("bytes=7-").await), (206, "789", "bytes 7-9/10"));
    assert_eq!(shown(&part("bytes=-2").await), (206, "89", "bytes 8-9/10"));
    assert_eq!(shown(&part("bytes=0-99").await), (206, "0123456789", "bytes 0-9/10"));
    assert_eq!(shown(&part("bytes=0-1,3-4").await), (200, "0123456789", ""));
    let beyond = part("bytes=10-").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */10"));
    assert_eq!(beyond.json()["code"], "range_not_satisfiable");
    assert_eq!(beyond.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_part_is_sent_only_of_the_version_the_client_has() {
    let app = app(b"0123456789".to_vec());
    let tag = app.get(PATH).await.header("etag").to_owned();
    let same = app.get_with(PATH, &[("range", "bytes=1-2"), ("if-range", &tag)]).await;
    assert_eq!(shown(&same), (206, "12", "bytes 1-2/10"));
    let other = app.get_with(PATH, &[("range", "bytes=1-2"), ("if-range", "\"other\"")]).await;
    assert_eq!(shown(&other), (200, "0123456789", ""));
    let had = app.get_with(PATH, &[("range", "bytes=1-2"), ("if-none-match", &tag)]).await;
    assert_eq!(had.status, 304);
}

#[tokio::test]
async fn latest_leads_to_the_newest_release() {
    let app = app(b"x".to_vec());
    let got = app.get("/data/latest/notes.txt").await;
    assert_eq!((got.status, got.header("location")), (307, PATH));
    assert_eq!(got.header("cache-control"), "public, max-age=60");
    assert_eq!(app.get("/data/latest/other.txt").await.status, 404);
}

#[tokio::test]
async fn only_files_of_the_manifest_are_sent() {
    let app = app(b"x".to_vec());
    let folder = app.home.path().join("releases/2026-11-24.1");
    std::fs::write(folder.join("secret.txt"), "x").unwrap();
    std::fs::write(app.home.path().join("catalog.sqlite"), "x").unwrap();
    for path in [
        "/data/2026-11-24.1/secret.txt",
        "/data/2026-11-24.1/..%2F..%2Fcatalog.sqlite",
        "/data/2026-11-24.1/%2e%2e/catalog.sqlite",
        "/data/..%2F..%2F/catalog.sqlite",
    ] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
    let manifest = app.get("/data/2026-11-24.1/manifest.json").await;
    assert_eq!(manifest.status, 200);
    assert_eq!(manifest.body, std::fs::read(folder.join("manifest.json")).unwrap());
}

#[tokio::test]
async fn a_file_of_nothing_is_sent_as_nothing() {
    let app = app(Vec::new());
    let got = app.get(PATH).await;
    assert_eq!((got.status, got.header("content-length")), (200, "0"));
    assert_eq!(app.get_with(PATH, &[("range", "bytes=0-")]).await.status, 416);
}

#[tokio::test]
async fn a_file_that_is_not_as_its_manifest_says_is_not_begun() {
    let app = app(b"0123456789".to_vec());
    let path = app.home.path().join("releases/2026-11-24.1/notes.txt");
    for spoil in [
        (|path| std::fs::write(path, "01234")) as fn(&std::path::Path) -> std::io::Result<()>,
        |path| std::fs::write(path, "0123456789more"),
        |path| std::fs::remove_file(path),
    ] {
        spoil(&path).unwrap();
        for method in [Method::GET, Method::HEAD] {
            let got = app.ask(method.clone(), PATH, &[("range", "bytes=0-1")]).await;
            assert_eq!((got.status, got.header("cache-control")), (500, "no-store"));
            assert_eq!(got.header("dataset-release"), "2026-11-24.1");
            if method == Method::GET {
                assert_eq!(got.json()["code"], "internal");
                assert!(!String::from_utf8(got.body).unwrap().contains("notes.txt:"));
            }
        }
    }
}

#[tokio::test]
async fn every_answer_about_a_file_says_of_which_release_and_when() {
    let app = app(b"0123456789".to_vec());
    let published = "Tue, 24 Nov 2026 06:00:00 GMT";
    let tag = app.get(PATH).await.header("etag").to_owned();
    for (path, headers, status) in [
        (PATH, vec![], 200),
        (PATH, vec![("range", "bytes=1-2")], 206),
        (PATH, vec![("if-none-match", tag.as_str())], 304),
        (PATH, vec![("if-modified-since", published)], 304),
        (PATH, vec![("if-modified-since", "Tue, 24 Nov 2026 05:59:59 GMT")], 200),
        (PATH, vec![("if-modified-since", published), ("if-none-match", "\"other\"")], 200),
        (PATH, vec![("if-modified-since", "yesterday")], 200),
        ("/data/latest/notes.txt", vec![], 307),
    ] {
        let got = app.get_with(path, &headers).await;
        assert_eq!(got.status, status, "{path} {headers:?}");
        assert_eq!(got.header("dataset-release"), "2026-11-24.1", "{path} {headers:?}");
        assert_eq!(got.header("last-modified"), published, "{path} {headers:?}");
        assert_eq!(got.header("memento-datetime"), published, "{path} {headers:?}");
        assert_eq!(got.header("link"), "");
    }
}
