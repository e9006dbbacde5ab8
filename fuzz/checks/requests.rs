//! Whole requests to a real server over a real release. The first line is the address, the others
//! are headers; whatever they say is answered, and never with a fault of the server.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use porchlight::config::{Config, Raw};
use porchlight::refresh::Context;
use porchlight::serve::{
    Releases, Settings, State, StatusDocument, StatusSource, StatusUnknown, run,
};
use porchlight::source::by_id;

/// Headers that say where a request ends: they are the server's framework's to read.
const FRAMING: &[&str] =
    &["connection", "content-length", "expect", "host", "transfer-encoding", "upgrade"];

/// Editions of invented publishers, by source and day: records of every resource.
const EDITIONS: &[(&str, &str, &[u8])] = &[
    (
        "census-places",
        "2025-01-01",
        include_bytes!("../../tests/fixtures/census-places/2025_Gaz_place_national.txt"),
    ),
    (
        "usfa-registry",
        "2023-03-18",
        include_bytes!("../../tests/fixtures/usfa-registry/national.csv"),
    ),
    ("eff-atlas", "2020-10-07", include_bytes!("../../tests/fixtures/eff-atlas/edition-2020.csv")),
];

thread_local! {
    static CONNECTION: RefCell<Option<BufReader<TcpStream>>> = const { RefCell::new(None) };
}

/// Publishes a release and waits until it is served, so that the first input is not charged with
/// that.
pub(crate) fn prepare() {
    check(b"/health/live\n");
}

pub(crate) fn check(bytes: &[u8]) {
    static SERVER: LazyLock<SocketAddr> = LazyLock::new(start);
    let Some(request) = request(bytes) else { return };
    CONNECTION.with_borrow_mut(|kept| {
        let reader = kept.get_or_insert_with(|| connected(*SERVER));
        reader.get_mut().write_all(&request).expect("the server reads");
        let answer = Answer::read(reader).expect("the server answers");
        let asked = String::from_utf8_lossy(&request);
        assert!(answer.status < 500, "{} to {asked}", answer.status);
        assert!(answer.status != 206 || answer.has("content-range: bytes "), "{asked}");
        // What is no request at all gets to no handler, and its connection ends, though the
        // framework does not announce that where another request came before on it.
        let handled = answer.has("request-id: ");
        assert!(handled || has_ended(reader), "{asked}");
        if answer.closes || !handled {
            *kept = None;
        }
    });
}

fn has_ended(reader: &mut BufReader<TcpStream>) -> bool {
    match reader.fill_buf() {
        Ok(more) => more.is_empty(),
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

/// The bytes of a GET with these headers; none where they are no request at all.
fn request(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let address = lines.next().filter(|address| address.starts_with(b"/"))?;
    if !address.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
        return None;
    }
    let mut request = [b"GET ", address, b" HTTP/1.1\r\nHost: data.example\r\n"].concat();
    for line in lines.take(20) {
        let name: Vec<u8> = line.iter().copied().take_while(|byte| *byte != b':').collect();
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let framing = FRAMING.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
        let visible = line.iter().all(|byte| *byte >= b' ' && *byte != 0x7f);
        if name.is_empty() || name.len() == line.len() || !name.iter().all(is_token) {
            continue;
        }
        if visible && !framing {
            request.extend_from_slice(line);
            request.extend_from_slice(b"\r\n");
        }
    }
    request.extend_from_slice(b"\r\n");
    Some(request)
}

/// What was answered, without its body.
struct Answer {
    status: u16,
    head: String,
    closes: bool,
}

impl Answer {
    fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(599);
        let mut answer = Self { status, closes: false, head: head.to_ascii_lowercase() };
        answer.closes = answer.has("connection: close");
        answer.skip_body(reader)?;
        Ok(answer)
    }

    fn has(&self, header: &str) -> bool {
        self.head.contains(&format!("\r\n{header}"))
    }

    fn skip_body(&self, reader: &mut BufReader<TcpStream>) -> std::io::Result<()> {
        let length = self.head.split("\r\ncontent-length: ").nth(1);
        let length = length.and_then(|rest| rest.split("\r\n").next()?.parse::<u64>().ok());
        if self.has("transfer-encoding: chunked") {
            loop {
                let mut size = String::new();
                reader.read_line(&mut size)?;
                let size = u64::from_str_radix(size.trim(), 16).map_err(std::io::Error::other)?;
                std::io::copy(&mut reader.by_ref().take(size + 2), &mut std::io::sink())?;
                if size == 0 {
                    return Ok(());
                }
            }
        }
        let length = length.filter(|_| !matches!(self.status, 204 | 304)).unwrap_or(0);
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        Ok(())
    }
}

fn connected(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a socket");
    stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a socket");
    BufReader::new(stream)
}

/// The home of the server, which lives as long as the process; whoever runs it takes it away.
pub(crate) fn home() -> PathBuf {
    std::env::temp_dir().join(format!("porchlight-fuzz-{}", std::process::id()))
}

/// A server over a home of its own.
fn start() -> SocketAddr {
    let home = home();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("a port");
    std::thread::spawn(move || {
        let config = Config::try_from(Raw { home: Some(home.clone()), ..Raw::default() });
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(publish(&config.expect("a configuration")));
        let releases = Arc::new(Releases::new(home.join("releases")));
        releases.reload().expect("releases");
        let state =
            State::new(releases, NothingYet, Settings { workers: 1, ..Settings::default() });
        let serving = run(listener, state, std::future::pending());
        actix_web::rt::System::new().block_on(serving).expect("it serves");
    });
    address
}

async fn publish(config: &Config) {
    let context = Context::open(config).expect("a home");
    let now: DateTime<Utc> = "2026-11-24T06:00:00Z".parse().expect("an instant");
    context.publish_built_in(now).await.expect("a release");
    for (source, as_of_on, bytes) in EDITIONS {
        let as_of_on: NaiveDate = as_of_on.parse().expect("a day");
        let source = by_id(source).expect("a source");
        context.import(source, (*bytes).into(), as_of_on, now).await.expect("an edition");
    }
}

/// A status with nothing in it.
struct NothingYet;

impl StatusSource for NothingYet {
    fn status(&self) -> Result<StatusDocument, StatusUnknown> {
        Ok(StatusDocument::default())
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }
}
