//! A world to run the program in: publishers that answer on loopback, a home folder, and the real
//! program started in it.
//!
//! The publishers are those of `publishers`. Where `PORCHLIGHT_PROOF_DATA` names a folder of
//! upstream files as they really are, and `PORCHLIGHT_PROOF_UPSTREAM` a server that serves them and
//! makes faults on demand, the same tests run on those (`scripts/prove`).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;
use tempfile::TempDir;

use super::publishers::{self, ATLAS, Bodies, Label, OHIO, rows, table};
use super::upstream::{Answer, Upstream};

/// Bounds that end every fault soon, and leave room for the real files.
const BOUNDS: [(&str, &str); 5] = [
    ("PORCHLIGHT_FETCH_ATTEMPTS", "1"),
    ("PORCHLIGHT_FETCH_BACKOFF_MS", "10"),
    ("PORCHLIGHT_FETCH_TOTAL_MS", "60000"),
    ("PORCHLIGHT_FETCH_MAX_REDIRECTS", "3"),
    ("PORCHLIGHT_LOG", "warn"),
];

/// Sources that are asked over the network, and a path of each.
pub(crate) const ASKED: [(&str, &str); 5] = [
    ("eff-atlas", ATLAS),
    ("fbi-agencies", OHIO),
    ("usfa-registry", publishers::USFA),
    ("census-places", publishers::PLACES),
    ("census-counties", publishers::COUNTIES),
];

/// The world of one test.
pub(crate) struct World {
    folder: TempDir,
    publishers: Publishers,
    labels: Vec<Label>,
    oris: usize,
}

enum Publishers {
    Ours { upstream: Upstream, bodies: BTreeMap<String, Vec<u8>> },
    Real { base: String },
}

/// How the program ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The most memory it had, in KiB.
    pub(crate) peak_kib: u64,
    pub(crate) took: Duration,
}

impl Ran {
    /// Its answer to `--json`.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same run, which must have ended with `code`.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// The real files, where the tests are to run on them: the folder, and who serves them.
fn real() -> Option<(PathBuf, String)> {
    let data = std::env::var_os("PORCHLIGHT_PROOF_DATA")?;
    let upstream = std::env::var_os("PORCHLIGHT_PROOF_UPSTREAM")
        .expect("PORCHLIGHT_PROOF_DATA needs PORCHLIGHT_PROOF_UPSTREAM");
    Some((data.into(), upstream.into_string().unwrap()))
}

/// A day before today; editions are judged by their age.
pub(crate) fn days_ago(days: u64) -> NaiveDate {
    #[expect(clippy::disallowed_methods, reason = "the program under test asks the clock too")]
    let today = chrono::Utc::now().date_naive();
    today - Days::new(days)
}

impl World {
    /// Starts it: nothing was ever fetched, and the Atlas is a few days old (the real one is that
    /// of 2020).
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let (publishers, labels, oris) = if let Some((data, base)) = real() {
            let base = base.trim_end_matches('/').to_owned();
            get(&format!("{base}/_reset"));
            let labelled = rows(&fs::read(data.join("matches-labelled.csv")).unwrap());
            let label = |row: &Vec<String>| (row[0].clone(), row[1].clone());
            let labels = labelled.iter().skip(1).map(label).collect();
            (Publishers::Real { base }, labels, 18_702)
        } else {
            let Bodies { by_path, oris, labels } = publishers::bodies();
            let ours = Publishers::Ours { upstream: Upstream::start(), bodies: by_path };
            (ours, labels, oris)
        };
        let world = Self { folder, publishers, labels, oris };
        world.heal();
        let real_edition = NaiveDate::from_ymd_opt(2020, 10, 7).unwrap();
        world.date_atlas(if world.is_real() { real_edition } else { days_ago(10) });
        world
    }

    pub(crate) fn is_real(&self) -> bool {
        matches!(self.publishers, Publishers::Real { .. })
    }

    /// Bytes of a body, as received and as unpacked.
    pub(crate) fn most_bytes(&self) -> u64 {
        if self.is_real() { 16 << 20 } else { 1 << 20 }
    }

    /// Distinct ORIs of the FBI's list.
    pub(crate) fn oris(&self) -> usize {
        self.oris
    }

    /// Rows of the Atlas by number, with the ORIs that are right, parted by `|`; `-` for none.
    pub(crate) fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The home folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A file beside the home folder.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes the list of sources, with the date of the Atlas' edition.
    pub(crate) fn date_atlas(&self, as_of: NaiveDate) {
        let base = self.url("");
        let list = format!(
            "[sources.eff-atlas]\nurl = \"{base}/atlas.csv\"\nas_of = \"{as_of}\"\n\
             [sources.ring-map]\nenabled = false\n\
             [sources.fbi-agencies]\n\
             url = \"{base}/fbi/agency/byStateAbbr/{{state}}?API_KEY=local\"\n\
             as_of = \"2018-09-01\"\n\
             [sources.usfa-registry]\nurl = \"{base}/usfa/national.csv\"\nas_of = \"2023-03-18\"\n\
             [sources.census-places]\nurl = \"{base}/census/places.txt\"\nas_of = \"2025-01-01\"\n\
             [sources.census-counties]\nurl = \"{base}/census/counties.txt\"\n\
             as_of = \"2025-01-01\"\n"
        );
        fs::write(self.sources(), list).unwrap();
    }

    /// The same without the Atlas.
    pub(crate) fn without_atlas(&self) {
        self.date_atlas(days_ago(10));
        let list = fs::read_to_string(self.sources()).unwrap();
        let off = list.replacen("[sources.eff-atlas]", "[sources.eff-atlas]\nenabled = false", 1);
        fs::write(self.sources(), off).unwrap();
    }

    fn sources(&self) -> PathBuf {
        self.folder.path().join("sources.toml")
    }

    /// A URL of a publisher, which is none of anybody else's.
    pub(crate) fn elsewhere(&self) -> String {
        self.url(ATLAS)
    }

    fn url(&self, path: &str) -> String {
        match &self.publishers {
            Publishers::Ours { upstream, .. } => upstream.url(path),
            Publishers::Real { base } => format!("{base}{path}"),
        }
    }

    /// A body as it is served when nothing is wrong.
    pub(crate) fn body(&self, path: &str) -> Vec<u8> {
        match &self.publishers {
            Publishers::Ours { bodies, .. } => bodies[path].clone(),
            Publishers::Real { .. } => {
                self.fault(path, "none");
                get(&self.url(path))
            }
        }
    }

    /// Lets every publisher answer well.
    pub(crate) fn heal(&self) {
        match &self.publishers {
            Publishers::Ours { upstream, bodies } => {
                for (path, body) in bodies {
                    upstream.script(path, [tagged(body.clone())]);
                }
            }
            Publishers::Real { .. } => drop(get(&self.url("/_reset"))),
        }
    }

    /// Makes a publisher answer badly, until it is healed. The kinds are those of the server of
    /// the real files.
    pub(crate) fn fault(&self, path: &str, kind: &str) {
        match &self.publishers {
            Publishers::Ours { upstream, bodies } => {
                upstream.script(path, [faulty(kind, &bodies[path], &upstream.url(path))]);
            }
            Publishers::Real { .. } => {
                drop(get(&self.url(&format!("/_fault?path={path}&kind={kind}"))));
            }
        }
    }

    /// Every request so far: its path, and whether it was conditional.
    pub(crate) fn requests(&self) -> Vec<(String, bool)> {
        match &self.publishers {
            Publishers::Ours { upstream, .. } => {
                let requests = upstream.requests();
                let seen = requests.iter().map(|request| {
                    (request.target.clone(), request.header("if-none-match").is_some())
                });
                seen.collect()
            }
            Publishers::Real { .. } => {
                let log: Value = serde_json::from_slice(&get(&self.url("/_log"))).unwrap();
                let seen = log.as_array().unwrap().iter().map(|request| {
                    let headers = request["headers"].as_object().unwrap();
                    let conditional =
                        headers.keys().any(|h| h.eq_ignore_ascii_case("if-none-match"));
                    (request["path"].as_str().unwrap().to_owned(), conditional)
                });
                seen.collect()
            }
        }
    }

    /// The program with its arguments, ready to start.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_porchlight"));
        command.args(arguments).env_clear().envs(BOUNDS);
        let most = self.most_bytes().to_string();
        command.env("PORCHLIGHT_FETCH_MAX_BYTES", &most);
        command.env("PORCHLIGHT_FETCH_MAX_UNPACKED_BYTES", &most);
        command.env("PORCHLIGHT_HOME", self.home()).env("PORCHLIGHT_SOURCES", self.sources());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments))
    }

    /// Runs it under bounds that end a silent or slow answer soon.
    pub(crate) fn run_impatiently(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        command.env("PORCHLIGHT_FETCH_TOTAL_MS", "2000");
        ran(command)
    }

    /// A refresh, with its report as JSON.
    pub(crate) fn refresh(&self) -> Ran {
        self.run(&["refresh", "--json"])
    }

    /// A refresh that must publish, if need be by accepting what gates hold.
    pub(crate) fn publish(&self) -> Release {
        self.decide(self.refresh())
    }

    /// Imports an edition of the Atlas, and accepts it if gates hold it.
    pub(crate) fn import_atlas(&self, edition: &[u8], as_of: NaiveDate) -> Release {
        let file = self.file(&format!("atlas-{as_of}.csv"), edition);
        let (file, as_of) = (file.to_str().unwrap(), as_of.to_string());
        self.decide(self.run(&["import", "eff-atlas", file, "--as-of", &as_of, "--json"]))
    }

    fn decide(&self, ran: Ran) -> Release {
        if ran.code == 3 {
            let candidate = ran.json()["candidate"].as_str().unwrap().to_owned();
            let accept =
                ["release", "accept", &candidate, "--reason", "looked at by hand", "--json"];
            assert_eq!(self.run(&accept).ends(0).json()["outcome"], "published");
        } else {
            assert_eq!(ran.ends(0).json()["outcome"], "published");
        }
        self.latest()
    }

    /// How a source is doing, by `porchlight sources`.
    pub(crate) fn health(&self, source: &str) -> Value {
        let list = self.run(&["sources", "--json"]).ends(0).json();
        let found = list.as_array().unwrap().iter().find(|row| row["id"] == source);
        found.unwrap()["health"].clone()
    }

    /// The names of the releases, oldest first, and of the held candidates.
    pub(crate) fn listed(&self) -> (Vec<String>, Vec<String>) {
        let list = self.run(&["release", "list", "--json"]).ends(0).json();
        let names = |list: &Value, key: &str| {
            let list = list.as_array().unwrap().iter();
            list.map(|item| item[key].as_str().unwrap().to_owned()).collect()
        };
        (names(&list["releases"], "release"), names(&list["held"], "candidate"))
    }

    /// The latest release.
    pub(crate) fn latest(&self) -> Release {
        let (releases, _) = self.listed();
        Release { folder: self.home().join("releases").join(releases.last().unwrap()) }
    }

    /// Serves the home folder.
    pub(crate) fn serve(&self) -> Served {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--no-schedule"]);
        let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| {
            child.kill().unwrap();
            panic!("the server does not listen: {line}")
        });
        Served { url: url.to_owned(), child }
    }
}

/// A server over the home folder. It ends when dropped.
pub(crate) struct Served {
    url: String,
    child: Child,
}

impl Served {
    /// The beginning of its addresses.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The JSON at a path.
    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&get(&format!("{}{path}", self.url))).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A row of a table: values by column, an unknown one empty.
pub(crate) type Row = BTreeMap<String, String>;

/// A published release.
pub(crate) struct Release {
    pub(crate) folder: PathBuf,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Release {
    pub(crate) fn name(&self) -> String {
        self.folder.file_name().unwrap().to_str().unwrap().to_owned()
    }

    pub(crate) fn manifest(&self) -> Value {
        serde_json::from_slice(&fs::read(self.folder.join("manifest.json")).unwrap()).unwrap()
    }

    /// A table, from its CSV file.
    pub(crate) fn table(&self, name: &str) -> Vec<Row> {
        let bytes = fs::read(self.folder.join(format!("{name}.csv"))).unwrap();
        let mut rows = rows(&bytes).into_iter();
        let header = rows.next().unwrap();
        rows.map(|row| header.iter().cloned().zip(row).collect()).collect()
    }

    /// What a query that selects a text called `line` gives, from the release file.
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        let file = format!("file:{}?mode=ro", self.folder.join("dataset.sqlite").display());
        let mut connection = SqliteConnection::establish(&file).unwrap();
        let lines: Vec<Line> = diesel::sql_query(sql).load(&mut connection).unwrap();
        lines.into_iter().map(|line| line.line).collect()
    }
}

/// Copies a folder and all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Runs a command to its end, and watches its memory.
pub(crate) fn ran(mut command: Command) -> Ran {
    let began = Instant::now();
    let child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watcher = thread::spawn(move || {
        let mut peak = 0;
        // After its end the process has no memory, and then no file.
        while let Some(now) = peak_of(&status) {
            peak = now;
            thread::sleep(Duration::from_millis(2));
        }
        peak
    });
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Ran {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
        peak_kib: watcher.join().unwrap(),
        took: began.elapsed(),
    }
}

fn peak_of(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Prints what a test measured or counted; `scripts/prove` collects it.
#[expect(clippy::print_stdout, reason = "the figures are what the proofs are run for")]
pub(crate) fn figure(text: &str) {
    println!("figure: {text}");
}

/// Whether a program that the test needs is there and works.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    Command::new(program).args(arguments).output().is_ok_and(|done| done.status.success())
}

/// The body at a URL on loopback.
fn get(url: &str) -> Vec<u8> {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut connection = TcpStream::connect(host).unwrap();
    write!(connection, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    answer.split_off(head + 4)
}

/// A body with the tag by which it is asked for again.
fn tagged(body: Vec<u8>) -> Answer {
    let tag = format!("\"{}\"", &porchlight::release::digest::sha256(&body)[..32]);
    Answer::ok(body).header("ETag", &tag)
}

fn faulty(kind: &str, body: &[u8], url: &str) -> Answer {
    match kind {
        "status-500" => Answer::status(500),
        "status-404" => Answer::status(404),
        "status-429" => Answer::status(429).header("Retry-After", "1"),
        "html" => Answer::ok("<!doctype html><title>Just a moment...</title>"),
        "empty" => Answer::ok(""),
        "truncated" => Answer::Truncated(body.to_vec()),
        "half" => tagged(half(body)),
        "alternate" => tagged(alternate(body)),
        "header" => {
            let quoted = body.first() == Some(&b'"');
            let (start, rest) = if quoted { ("\"RENAMED", &body[1..]) } else { ("RENAMED", body) };
            tagged([start.as_bytes(), rest].concat())
        }
        "latin1" => {
            let text = String::from_utf8_lossy(body);
            tagged(encoding_rs::WINDOWS_1252.encode(&text).0.into_owned())
        }
        "drip" => Answer::Drip(body.to_vec(), Duration::from_millis(200)),
        "hang" => Answer::Hang,
        "reset" => Answer::Reset,
        "loop" => Answer::redirect(url),
        "private" => Answer::redirect("http://169.254.169.254/latest/meta-data/"),
        "huge" => Answer::Endless,
        "bomb" => Answer::Bomb,
        other => panic!("no such fault: {other}"),
    }
}

/// The first half of the lines.
pub(crate) fn half(body: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
    [&lines[..lines.len() / 2].join(&b'\n')[..], b"\n"].concat()
}

/// A table without every second record.
pub(crate) fn alternate(body: &[u8]) -> Vec<u8> {
    let rows = rows(body);
    let kept: Vec<_> = rows[..1].iter().chain(rows[1..].iter().step_by(2)).cloned().collect();
    table(&kept)
}
