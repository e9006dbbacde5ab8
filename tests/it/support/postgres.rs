//! A PostgreSQL database of a test's own, where the tests are given a server.
//!
//! `scripts/with-postgres` gives one. Without it these tests do nothing, unless
//! `PORCHLIGHT_TEST_REQUIRE_POSTGRES=1` says that they must.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

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

    /// Ends every session in it, as an administrator may; they are gone when this returns.
    pub(crate) fn cut_all_sessions(&self) {
        self.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
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

/// A server of a test's own on a port of loopback, which the test may stop and start. Its user is
/// `porchlight`, with the password `right`.
pub(crate) struct Server {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Server {
    /// Makes a server, and does not start it; `None` where there is no PostgreSQL.
    pub(crate) fn create() -> Option<Self> {
        server()?;
        let bin = std::env::var_os("PORCHLIGHT_TEST_POSTGRES_BIN");
        let bin = bin.expect("scripts/with-postgres says where PostgreSQL is").into();
        let folder = tempfile::Builder::new().prefix("porchlight-server.").tempdir_in("/tmp");
        let folder = folder.unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // Free now, and nobody else takes ports of loopback by number.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        let server = Self { bin, folder, port };
        let password = server.folder.path().join("password");
        fs::write(&password, "right\n").unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(server.folder.path()));
        }
        run(server
            .command("initdb")
            .args(["--username=porchlight", "--locale=C", "--encoding=UTF8", "--no-sync"])
            .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
            .arg(format!("--pwfile={}", password.display())));
        Some(server)
    }

    /// Starts it, with further settings such as `ssl=on`.
    pub(crate) fn start(&self, settings: &[&str]) {
        let folder = self.folder.path().display();
        let mut options = format!(
            "-k {folder} -c listen_addresses=127.0.0.1 -c port={} -c fsync=off \
             -c max_connections=40",
            self.port
        );
        for setting in settings {
            options.extend([" -c ", setting]);
        }
        let log = format!("--log={folder}/log");
        run(self.command("pg_ctl").args(["start", "--wait", &log, "--options", &options]));
    }

    /// Stops it; every session is cut off.
    pub(crate) fn stop(&self) {
        run(self.command("pg_ctl").args(["stop", "--wait", "--mode=fast"]));
    }

    /// A file for its data folder, such as its key; only its user may read it.
    pub(crate) fn put_file(&self, name: &str, from: &Path) {
        let to = self.folder.path().join("data").join(name);
        fs::copy(from, &to).unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(to));
        }
    }

    /// Its URL, over loopback.
    pub(crate) fn url(&self) -> String {
        format!("postgres://porchlight:right@localhost:{}/postgres", self.port)
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        // It refuses to run as root.
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("--pgdata").arg(self.folder.path().join("data"));
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be stopped already.
        self.command("pg_ctl").args(["stop", "--wait", "--mode=immediate"]).output().ok();
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// Runs a command to its end, which must be a good one. Its output goes nowhere: a server that it
/// starts would keep a pipe open.
#[track_caller]
fn run(command: &mut Command) {
    let status = command.stdout(std::process::Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
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
