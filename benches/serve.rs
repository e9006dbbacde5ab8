//! How long the server takes to answer, over real data, on one connection.
//!
//! `PORCHLIGHT_HOME=DIR cargo bench --bench serve` asks a server over a home with a release; without
//! the variable it does nothing. `PORCHLIGHT_BENCH_RUNS` runs, 5 where it is not set, each with a
//! server of its own that has answered nothing yet, so that no answer is remembered from the run
//! before; inside a run every query is asked once. The figures are medians over runs of medians over
//! queries. Server time is what a query takes beyond `/health/live` on the same connection.

#![expect(clippy::print_stdout, reason = "the figures are for people to read")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use porchlight::record::{Column, Resource};
use serde_json::Value;

/// Runs where nothing else is said.
const RUNS: usize = 5;

fn main() {
    let Some(home) = std::env::var_os("PORCHLIGHT_HOME") else {
        eprintln!("PORCHLIGHT_HOME names no home with a release: nothing is measured");
        return;
    };
    let runs = std::env::var_os("PORCHLIGHT_BENCH_RUNS");
    let runs = runs.and_then(|runs| runs.to_str()?.parse().ok()).unwrap_or(RUNS);
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let asks = |case: &Case| only.as_ref().is_none_or(|only| case.name.contains(only.as_str()));
    let cases: Vec<Case> = {
        let server = Server::start(&home);
        cases(&mut server.client()).into_iter().filter(asks).collect()
    };
    let mut figures: Vec<Vec<Figures>> = cases.iter().map(|_| Vec::new()).collect();
    let mut live = Vec::new();
    for _ in 0..runs {
        let server = Server::start(&home);
        let mut client = server.client();
        let alive =
            median(&mut (0..500).map(|_| client.time("/health/live").0).collect::<Vec<_>>());
        live.push(alive);
        for (case, figures) in cases.iter().zip(&mut figures) {
            figures.push(Figures::of(&mut client, case, alive));
        }
    }
    let live = median(&mut live);
    println!("microseconds; {runs} runs; /health/live {}", micros(live));
    println!(
        "{:<52} {:>7} {:>7} {:>8} {:>8} {:>8}",
        "", "queries", "raw", "server", "worst", "bound"
    );
    for (case, figures) in cases.iter().zip(&figures) {
        let of = |part: fn(&Figures) -> Duration| {
            median(&mut figures.iter().map(part).collect::<Vec<_>>())
        };
        let (raw, server) = (of(|figures| figures.median), of(|figures| figures.server));
        let worst = of(|figures| figures.worst);
        let bound = case.bound.map_or(String::new(), |bound| micros(bound).to_string());
        let missed = case.bound.is_some_and(|bound| server > bound);
        println!(
            "{:<52} {:>7} {:>7} {:>8} {:>8} {:>8} {}  {}",
            case.name,
            case.paths.len(),
            micros(raw),
            micros(server),
            micros(worst),
            bound,
            if missed { "MISSED" } else { "" },
            figures.last().map_or("", |figures| figures.slowest.as_str()),
        );
    }
}

/// Queries of one sort.
struct Case {
    name: String,
    /// The most server time their median may take.
    bound: Option<Duration>,
    paths: Vec<String>,
    /// Whether each path is only where to begin, and the pages after it are asked for too.
    crawled: bool,
}

impl Case {
    fn new(name: &str, bound_micros: u64, paths: Vec<String>) -> Self {
        assert!(!paths.is_empty(), "{name}: there is nothing to ask");
        let bound = (bound_micros > 0).then(|| Duration::from_micros(bound_micros));
        Self { name: name.to_owned(), bound, paths, crawled: false }
    }
}

/// What one run gave for a case.
struct Figures {
    median: Duration,
    server: Duration,
    /// The server time of the slowest query.
    worst: Duration,
    slowest: String,
}

impl Figures {
    fn of(client: &mut Client, case: &Case, live: Duration) -> Self {
        let mut times = Vec::new();
        for path in &case.paths {
            let mut next = Some(path.clone());
            while let Some(path) = next {
                let (took, body) = client.time(&path);
                next = None;
                if case.crawled {
                    let json: Value = serde_json::from_slice(&body).expect("a page is JSON");
                    next = json["links"]["next"].as_str().map(str::to_owned);
                }
                times.push((took, path));
            }
        }
        if case.crawled {
            // The deep half.
            times.drain(..times.len() / 2);
        }
        let (worst, slowest) = times.iter().max().cloned().expect("something was asked");
        let median = median(&mut times.into_iter().map(|(took, _)| took).collect::<Vec<_>>());
        let server = median.saturating_sub(live);
        Self { median, server, worst: worst.saturating_sub(live), slowest }
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn micros(time: Duration) -> u128 {
    time.as_micros()
}

/// What is asked, about what the release holds.
#[expect(clippy::too_many_lines, reason = "a list of what is asked, one line or two each")]
fn cases(client: &mut Client) -> Vec<Case> {
    let sample = Sample::of(client);
    let states = &sample.states;
    let each = |form: &dyn Fn(&String) -> String| states.iter().map(form).collect::<Vec<_>>();
    let first = states[0].clone();
    let mut cases = vec![
        // Not repeated, so that it is the first.
        Case::new(
            "the first answer: a filtered list",
            0,
            vec![format!("/v1/agencies?state={first}&sort=city")],
        ),
        Case::new(
            "the first counts of agencies",
            0,
            vec!["/v1/agencies/counts?by=state".to_owned()],
        ),
        Case::new(
            "the first counts of evidence",
            0,
            vec!["/v1/evidence/counts?by=role".to_owned()],
        ),
        Case::new("the first search", 0, vec!["/v1/agencies?q=zion".to_owned()]),
        Case::new("agency by id", 60, paths(&sample.ids, |id| format!("/v1/agencies/{id}"))),
        Case::new(
            "agencies of a state",
            400,
            each(&|s| format!("/v1/agencies?state={s}&limit=100")),
        ),
        Case::new(
            "agencies of a state and a kind",
            400,
            each(&|s| format!("/v1/agencies?state={s}&kind=police&limit=100")),
        ),
        Case::new(
            "agencies of a state by name",
            400,
            each(&|s| format!("/v1/agencies?state={s}&sort=name&limit=100&kind__not=tribal")),
        ),
        Case::new(
            "agencies of two states",
            400,
            each(&|s| format!("/v1/agencies?state={s},PR&limit=100")),
        ),
        Case::new(
            "agencies of two states by name",
            400,
            each(&|s| format!("/v1/agencies?state={s},GU&sort=name&limit=100")),
        ),
        Case::new(
            "agencies of a frequent kind by name",
            400,
            paths(&subsets(), |kinds| format!("/v1/agencies?kind=fire{kinds}&sort=name&limit=100")),
        ),
        Case::new(
            "evidence of an agency",
            400,
            paths(&sample.ids[..300], |id| format!("/v1/evidence?subject_id={id}&limit=100")),
        ),
        Case {
            crawled: true,
            ..Case::new(
                "deep pages by name",
                400,
                vec!["/v1/agencies?kind=fire&sort=name&limit=100&fields=id,name".to_owned()],
            )
        },
    ];
    cases.extend(searches(&sample));
    cases.extend(places(&sample));
    cases.extend(days(&sample));
    for table in ["agencies", "evidence", "partnerships"] {
        cases.extend(counts(table, &sample));
    }
    cases
}

fn searches(sample: &Sample) -> Vec<Case> {
    let letters: Vec<String> = ('a'..='z').map(|letter| letter.to_string()).collect();
    let frequent = [
        "police",
        "fire",
        "department",
        "county",
        "sheriff",
        "volunteer",
        "city",
        "township",
        "district",
        "office",
        "rescue",
        "company",
        "town",
        "village",
        "new",
        "state",
    ];
    let frequent: Vec<String> = frequent.iter().map(|word| (*word).to_owned()).collect();
    vec![
        Case::new("q: two words", 3000, paths(&sample.words, |q| format!("/v1/agencies?q={q}"))),
        Case::new("q: a frequent word", 3000, paths(&frequent, |q| format!("/v1/agencies?q={q}"))),
        Case::new("q: one letter", 3000, paths(&letters, |q| format!("/v1/agencies?q={q}"))),
        Case::new(
            "q: a frequent word in a state",
            3000,
            paths(&sample.states, |state| format!("/v1/agencies?q=police&state={state}")),
        ),
        Case::new(
            "q: partnerships of a state",
            3000,
            paths(&sample.states, |state| format!("/v1/partnerships?q=police&state={state}")),
        ),
        Case::new(
            "q: a frequent word by name",
            3000,
            paths(&frequent, |q| format!("/v1/agencies?q={q}&sort=name&limit=100&state__not=GU")),
        ),
    ]
}

fn places(sample: &Sample) -> Vec<Case> {
    let near = |km: u32| {
        paths(&sample.points, |(lat, lon)| {
            format!("/v1/agencies?near_lat={lat}&near_lon={lon}&radius_km={km}&limit=100")
        })
    };
    let bbox = |degrees: f64| {
        paths(&sample.points, |(lat, lon)| {
            let (west, south) = (lon - degrees, lat - degrees);
            format!("/v1/agencies?bbox={west},{south},{lon},{lat}&limit=100")
        })
    };
    vec![
        Case::new("near: 25 km", 0, near(25)),
        Case::new("near: 500 km", 0, near(500)),
        Case::new("bbox: one degree", 0, bbox(1.0)),
        Case::new("bbox: ten degrees", 0, bbox(10.0)),
        Case::new(
            "bbox: partnerships, ten degrees",
            0,
            paths(&sample.points, |(lat, lon)| {
                let (west, south) = (lon - 10.0, lat - 10.0);
                format!("/v1/partnerships?bbox={west},{south},{lon},{lat}&limit=100")
            }),
        ),
    ]
}

fn days(sample: &Sample) -> Vec<Case> {
    let days: Vec<String> =
        (1..=60).map(|day| format!("20{}-{:02}-01", 18 + day / 12, day % 12 + 1)).collect();
    let release = &sample.release;
    let dimensions = dimensions("partnerships");
    vec![
        Case::new(
            "partnerships valid on a day",
            0,
            paths(&days, |day| format!("/v1/partnerships?valid_on={day}&limit=100")),
        ),
        Case::new(
            "timeline by one dimension",
            0,
            paths(&dimensions, |by| {
                format!("/v1/partnerships/timeline?interval=month&by={}", by.name)
            }),
        ),
        Case::new(
            "changes of a release",
            0,
            paths(&sample.states, |state| {
                format!("/v1/changes?from={release}&to={release}&state={state}")
            }),
        ),
        Case::new(
            "coverage of an agency",
            0,
            paths(&sample.ids[..300], |id| format!("/v1/agencies/{id}/coverage")),
        ),
    ]
}

fn counts(table: &str, sample: &Sample) -> Vec<Case> {
    let by = dimensions(table);
    let mut three = Vec::new();
    for (at, first) in by.iter().enumerate() {
        for (then, second) in by.iter().enumerate().skip(at + 1) {
            for third in by.iter().skip(then + 1) {
                three.push(format!("{},{},{}", first.name, second.name, third.name));
            }
        }
    }
    let path = |by: &str| format!("/v1/{table}/counts?by={by}");
    let mut cases = vec![
        Case::new(&format!("counts: {table} by one"), 3000, paths(&by, |by| path(by.name))),
        Case::new(&format!("counts: {table} by three"), 25_000, paths(&three, |by| path(by))),
    ];
    if table == "agencies" {
        cases.push(Case::new(
            "counts: agencies with words, by three",
            25_000,
            paths(&sample.words[..50], |q| format!("{}&q={q}", path("state,kind,service"))),
        ));
        cases.push(Case::new(
            "counts: agencies of most places, by three",
            25_000,
            paths(&sample.states, |state| {
                format!("{}&lat__gte=20&state__not={state}", path("state,kind,service"))
            }),
        ));
    }
    if table == "evidence" {
        cases.push(Case::new(
            "counts: evidence of most dates, by three",
            25_000,
            (1..=28)
                .map(|day| {
                    let by = path("source_id,subject_type,role");
                    format!("{by}&first_listed_on__gte=2001-01-{day:02}")
                })
                .collect(),
        ));
    }
    cases
}

fn dimensions(table: &str) -> Vec<&'static Column> {
    let resource = Resource::of_table(table).expect("the table is one of the contract");
    resource.columns.iter().filter(|column| column.is_countable()).collect()
}

fn paths<T>(of: &[T], form: impl Fn(&T) -> String) -> Vec<String> {
    of.iter().map(form).collect()
}

/// All ways to add rare kinds to a frequent one, each as the rest of a comma list.
fn subsets() -> Vec<String> {
    let rare = ["tribal", "constable", "prosecutor", "private", "campus", "other"];
    let subset = |bits: usize| {
        let chosen = rare.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
        chosen.fold(String::new(), |list, (_, kind)| list + "," + kind)
    };
    (0..1 << rare.len()).map(subset).collect()
}

/// Values that occur in the release.
struct Sample {
    release: String,
    states: Vec<String>,
    ids: Vec<String>,
    /// Two words that occur in one name, joined by `+`.
    words: Vec<String>,
    points: Vec<(f64, f64)>,
}

impl Sample {
    fn of(client: &mut Client) -> Self {
        let counts = client.json("/v1/agencies/counts?by=state");
        let release = text(&counts["meta"]["release"]);
        let states = rows(&counts).into_iter().map(|row| text(&row["state"]));
        let states: Vec<_> =
            states.filter(|state| !["GU", "PR"].contains(&state.as_str())).collect();
        let (mut ids, mut words) = (Vec::new(), BTreeSet::new());
        let mut points = Vec::new();
        for state in &states {
            let path = format!("/v1/agencies?state={state}&sort=-name&limit=40");
            for row in rows(&client.json(&path)) {
                ids.push(text(&row["id"]));
                let name = text(&row["name"]);
                let plain = |word: &&str| word.len() > 3 && word.chars().all(char::is_alphabetic);
                if let [first, second, ..] = name.split(' ').filter(plain).collect::<Vec<_>>()[..] {
                    words.insert(format!("{first}+{second}"));
                }
                if let (Some(lat), Some(lon)) = (row["lat"].as_f64(), row["lon"].as_f64())
                    && points.len() < ids.len() / 20
                    && lon < -50.0
                {
                    points.push((lat, lon));
                }
            }
        }
        let words = words.into_iter().step_by(3).collect();
        Self { release, states, ids, words, points }
    }
}

fn rows(json: &Value) -> Vec<Value> {
    json["data"].as_array().expect("an answer has rows").clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A server of its own; it ends when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(home: &std::ffi::OsStr) -> Self {
        let program = std::env::var_os("PORCHLIGHT_BIN")
            .unwrap_or_else(|| env!("CARGO_BIN_EXE_porchlight").into());
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--no-schedule", "--rate-limit", "off"])
            .env("PORCHLIGHT_HOME", home)
            .env("PORCHLIGHT_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server can be started");
        let mut said = String::new();
        let stdout = process.stdout.take().expect("its output is read");
        BufReader::new(stdout).read_line(&mut said).expect("it says where it listens");
        let address = said.split("http://").nth(1).expect("it listens").trim().to_owned();
        Self { process, address }
    }

    fn client(&self) -> Client {
        let stream = TcpStream::connect(&self.address).expect("it can be connected to");
        stream.set_nodelay(true).expect("the socket takes the option");
        Client { stream, buffer: vec![0; 1 << 20] }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// One connection, kept.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn json(&mut self, path: &str) -> Value {
        serde_json::from_slice(&self.time(path).1).expect("the answer is JSON")
    }

    /// How long the answer took, to its last byte, and its body.
    fn time(&mut self, path: &str) -> (Duration, Vec<u8>) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
        let began = Instant::now();
        self.stream.write_all(request.as_bytes()).expect("the request can be sent");
        let (mut filled, mut end) = (0, None);
        loop {
            let (at, length) = match end {
                Some(end) => end,
                None => match head_of(&self.buffer[..filled]) {
                    Some(found) => *end.insert(found),
                    None => (0, usize::MAX),
                },
            };
            if end.is_some() && filled >= at + length {
                let took = began.elapsed();
                let ok = self.buffer.starts_with(b"HTTP/1.1 200");
                let body = self.buffer[at..at + length].to_vec();
                assert!(ok, "{path}: {}", String::from_utf8_lossy(&body));
                return (took, body);
            }
            if filled == self.buffer.len() {
                self.buffer.resize(2 * filled, 0);
            }
            let read =
                self.stream.read(&mut self.buffer[filled..]).expect("the answer can be read");
            assert!(read > 0, "{path}: the server hung up");
            filled += read;
        }
    }
}

/// Where the body begins and how long it is, once the head is there.
fn head_of(read: &[u8]) -> Option<(usize, usize)> {
    let at = read.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&read[..at]).to_ascii_lowercase();
    let length = head.split("content-length:").nth(1).expect("the answer has a length");
    let length = length.split("\r\n").next().unwrap_or_default().trim();
    Some((at, length.parse().expect("the length is a number")))
}
