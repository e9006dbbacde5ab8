//! A bucket of a test's own, on the S3 server that `scripts/with-s3` starts.
//!
//! Without the feature `s3` or without a server there is none, and a test keeps to a folder;
//! `PORCHLIGHT_TEST_REQUIRE_S3=1` makes that a failure.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use porchlight::config::{S3Location, S3Patience, Secret, StorageLocation};
use porchlight::storage::Storage;
use reqwest::header::HeaderMap;

/// What every request must have that is not the program's: the server looks at nothing in it.
const ANYBODY: &str = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, \
                       SignedHeaders=host, Signature=0";

fn server() -> Option<String> {
    let required = std::env::var_os("PORCHLIGHT_TEST_REQUIRE_S3").is_some_and(|v| v == "1");
    let url = std::env::var_os("PORCHLIGHT_TEST_S3_URL")
        .map(|url| url.into_string().unwrap())
        .filter(|_| cfg!(feature = "s3"));
    assert!(
        url.is_some() || !required,
        "an S3 server is required: run `scripts/with-s3 cargo test --features s3`"
    );
    url
}

/// Buckets made so far.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A bucket. It goes with the server.
#[derive(Debug)]
pub(crate) struct Bucket {
    server: String,
    name: String,
}

impl Bucket {
    /// Makes a new bucket; `None` where there is no server to make it on.
    pub(crate) async fn create() -> Option<Self> {
        let server = server()?;
        // Unique among the tests of this process and of others that share the server.
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("porchlight-{}-{number}", std::process::id());
        let bucket = Self { server, name };
        bucket.ask("PUT", "", "").await;
        Some(bucket)
    }

    /// Where its server is.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// What a storage below a prefix of it is opened with. It is soon out of patience.
    pub(crate) fn location(&self) -> S3Location {
        self.location_at(&self.server)
    }

    /// The same, with another address of the server.
    pub(crate) fn location_at(&self, address: &str) -> S3Location {
        S3Location {
            bucket: self.name.clone(),
            prefix: "some/prefix".to_owned(),
            endpoint: Some(address.parse().unwrap()),
            bucket_in_host: false,
            region: "us-east-1".to_owned(),
            access_key: Some(("an-id".to_owned(), Secret::from("a-secret-to-hide"))),
            session_token: None,
            role: Vec::new(),
            patience: S3Patience {
                backoff_base: Duration::from_millis(10),
                backoff_cap: Duration::from_millis(200),
                ..S3Patience::default()
            },
        }
    }

    /// A storage below the prefix.
    pub(crate) fn storage(&self) -> Storage {
        self.storage_at(&self.server)
    }

    /// The same, with another address of the server.
    pub(crate) fn storage_at(&self, address: &str) -> Storage {
        Storage::open(&StorageLocation::S3(Box::new(self.location_at(address)))).unwrap()
    }

    /// Lets the program keep everything below the prefix.
    pub(crate) fn tell(&self, command: &mut Command) {
        command
            .env("PORCHLIGHT_STORAGE_URL", format!("s3://{}/some/prefix", self.name))
            .env("AWS_ENDPOINT_URL", &self.server)
            .env("AWS_ACCESS_KEY_ID", "an-id")
            .env("AWS_SECRET_ACCESS_KEY", "a-secret-to-hide");
    }

    /// Writes an object over what is there, as somebody else would.
    pub(crate) async fn overwrite(&self, key: &str, body: &str) {
        self.ask("PUT", &format!("/some/prefix/{key}"), body).await;
    }

    /// The headers with which the server gives out an object.
    pub(crate) async fn headers(&self, key: &str) -> HeaderMap {
        self.ask("GET", &format!("/some/prefix/{key}"), "").await.headers().clone()
    }

    /// The keys there are, with those that no listing of a storage shows.
    pub(crate) async fn keys(&self) -> Vec<String> {
        elements(&self.ask("GET", "?list-type=2", "").await.text().await.unwrap(), "Key")
    }

    /// The keys of uploads that were begun and not ended.
    pub(crate) async fn uploads(&self) -> Vec<String> {
        elements(&self.ask("GET", "?uploads", "").await.text().await.unwrap(), "Key")
    }

    async fn ask(&self, method: &str, rest: &str, body: &str) -> reqwest::Response {
        let url = format!("{}/{}{rest}", self.server, self.name);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(method.parse().unwrap(), url);
        let answer = request.header("Authorization", ANYBODY).body(body.to_owned()).send().await;
        let answer = answer.unwrap();
        assert!(answer.status().is_success(), "{method} {rest}: {}", answer.status());
        answer
    }
}

fn elements(text: &str, name: &str) -> Vec<String> {
    let opening = format!("<{name}>");
    let parts = text.split(&opening).skip(1);
    parts.map(|part| part.split_once("</").unwrap().0.to_owned()).collect()
}
