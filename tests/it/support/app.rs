//! A server on a port of its own, over a folder of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use porchlight::serve::{
    Releases, Settings, State, StatusDocument, StatusSource, StatusUnknown, run,
};
use reqwest::{Method, Response};
use tempfile::TempDir;

use crate::support::contract;
use crate::support::release::ReleaseBuilder;

/// A running server; it stops when dropped.
pub(crate) struct App {
    pub(crate) releases: Arc<Releases>,
    pub(crate) home: TempDir,
    address: String,
    client: reqwest::Client,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    server: Option<std::thread::JoinHandle<()>>,
}

/// An answer, taken apart.
pub(crate) struct Got {
    pub(crate) status: u16,
    headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Got {
    /// An answer nobody gave.
    pub(crate) fn of(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let header = |(name, value): &(&str, &str)| {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            (name, value.parse().unwrap())
        };
        Self { status, headers: headers.iter().map(header).collect(), body: body.to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Every line of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The names of its headers, in order.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.headers.keys().map(reqwest::header::HeaderName::as_str).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The ids of the records on a page.
    pub(crate) fn ids(&self) -> Vec<String> {
        let json = self.json();
        let records = json["data"].as_array().unwrap().iter();
        records.map(|record| record["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A status with nothing in it.
pub(crate) struct NothingYet;

impl StatusSource for NothingYet {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        Ok(StatusDocument::default())
    }

    /// A year after the releases of the tests.
    fn now(&self) -> DateTime<Utc> {
        "2027-11-24T06:00:00Z".parse().unwrap()
    }
}

impl App {
    /// A server of these releases.
    pub(crate) fn of(releases: impl IntoIterator<Item = ReleaseBuilder>) -> Self {
        Self::with(releases, NothingYet, Settings::default())
    }

    pub(crate) fn with(
        builders: impl IntoIterator<Item = ReleaseBuilder>,
        status: impl StatusSource + 'static,
        settings: Settings,
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        for builder in builders {
            builder.write(home.path());
        }
        Self::over(home, status, settings)
    }

    /// A server of the releases that lie in a home already.
    pub(crate) fn over(
        home: TempDir,
        status: impl StatusSource + 'static,
        settings: Settings,
    ) -> Self {
        let releases = Arc::new(Releases::new(home.path().join("releases")));
        releases.reload().unwrap();
        Self::serving(releases, home, status, settings)
    }

    /// A server of releases that somebody else keeps up to date.
    pub(crate) fn serving(
        releases: Arc<Releases>,
        home: TempDir,
        status: impl StatusSource + 'static,
        settings: Settings,
    ) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = State::new(Arc::clone(&releases), status, Settings { workers: 1, ..settings });
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let server = std::thread::spawn(move || {
            let shutdown = async { drop(stopped.await) };
            actix_web::rt::System::new().block_on(run(listener, state, shutdown)).unwrap();
        });
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_gzip()
            .no_proxy()
            .build()
            .unwrap();
        Self { releases, home, address, client, stop: Some(stop), server: Some(server) }
    }

    /// The host and port it listens on.
    pub(crate) fn host(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.ask(Method::GET, path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Got {
        self.ask(Method::GET, path, headers).await
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Got {
        let asked = method.clone();
        let mut request = self.client.request(method, format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response: Response = request.send().await.unwrap();
        let got = Got {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        };
        contract::check(&asked, path, &got);
        got
    }

    /// Follows `links.next` to the end; the ids of every page.
    pub(crate) async fn crawl(&self, path: &str) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", String::from_utf8_lossy(&page.body));
            pages.push(page.ids());
            next = page.json()["links"]["next"].as_str().map(str::to_owned);
            assert!(pages.len() < 1000, "no end");
        }
        pages
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.server.take().map(std::thread::JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "the server failed");
    }
}
