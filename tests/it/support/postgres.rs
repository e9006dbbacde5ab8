//! A PostgreSQL database of a test's own, where the tests are given a server.
//!
//! `scripts/with-postgres` gives one. Without it these tests do nothing, unless
//! `PORCHLIGHT_TEST_REQUIRE_POSTGRES=1` says that they must.

use std::sync::atomic::{AtomicU32, Ordering};

/// URL of the server to test on; `None` where there is none and none is required.
fn server() -> Option<String> {
    let required = std::env::var_os("PORCHLIGHT_TEST_REQUIRE_POSTGRES").is_some_and(|v| v == "1");
    let url = std::env::var_os("PORCHLIGHT_TEST_POSTGRES_URL")
        .map(|url| url.into_string().unwrap())
        .filter(|_| cfg!(feature = "postgres"));
    assert!(
        url.is_some() || !required,
        "PostgreSQL is required: run `scripts/with-postgres cargo test --features postgres`"
    );
    url
}

/// Databases made so far.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database that is dropped with this value.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Makes a new database; `None` where there is no server to make it on.
    pub(crate) fn create() -> Option<Self> {
        let server = server()?;
        // Unique among the tests of this process and of others that share the server.
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("porchlight_{}_{number}", std::process::id());
        execute(&server, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        Some(Self { server, name })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        let mut url = url::Url::parse(&self.server).unwrap();
        url.set_path(&self.name);
        url.into()
    }

    /// Runs statements in it, as somebody else would.
    pub(crate) fn execute(&self, statements: &str) {
        execute(&self.url(), statements);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        execute(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

#[cfg(feature = "postgres")]
fn execute(url: &str, statements: &str) {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, PgConnection};

    PgConnection::establish(url).unwrap().batch_execute(statements).unwrap();
}

#[cfg(not(feature = "postgres"))]
fn execute(url: &str, _statements: &str) {
    unreachable!("without the feature no server is used, but {url} was");
}
