//! A publisher's server on loopback that does what it is told, well or badly.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The server. It stops when dropped.
pub(crate) struct Upstream {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    stopped: AtomicBool,
    /// Answers by path without query. Each is given once, but the last one for ever.
    scripts: Mutex<HashMap<String, VecDeque<Answer>>>,
    requests: Mutex<Vec<Request>>,
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A header by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A whole response. With an `ETag` or `Last-Modified`, a request that names it gets a 304.
    Whole { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// Half of the body under the length of the whole.
    Truncated(Vec<u8>),
    /// The same, a byte at a time.
    Drip(Vec<u8>, Duration),
    /// A head and one byte, and then nothing.
    Stall,
    /// Nothing at all, for as long as the client waits.
    Hang,
    /// The connection is reset.
    Reset,
    /// A body without end.
    Endless,
    /// Ten gigabytes of nothing, packed.
    Bomb,
}

impl Answer {
    /// 200 with a body.
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Whole { status: 200, headers: Vec::new(), body: body.into() }
    }

    /// A status with a few words.
    pub(crate) fn status(status: u16) -> Self {
        Self::Whole { status, headers: Vec::new(), body: b"upstream says no\n".to_vec() }
    }

    /// 302 to somewhere.
    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).header("Location", to)
    }

    /// 200 with a body that is packed on the way.
    pub(crate) fn gzip(body: &[u8]) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        Self::ok(encoder.finish().unwrap()).header("Content-Encoding", "gzip")
    }

    /// The same with one more header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Whole { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
            return self;
        }
        panic!("{self:?} has no headers of its own")
    }
}

impl Upstream {
    /// Starts it on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(connection), shared) = (connection, Arc::clone(&shared)) else { return };
                // A client that goes away in the middle is part of many stories.
                thread::spawn(move || shared.serve(connection).ok());
            }
        });
        Self { address, state }
    }

    /// Sets what a path answers, one after the other; the last answer is for ever.
    pub(crate) fn script(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let answers = answers.into_iter().collect();
        self.state.scripts.lock().unwrap().insert(path.to_owned(), answers);
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        TcpStream::connect(self.address).ok();
    }
}

impl State {
    /// Answers one request; each has a connection of its own.
    fn serve(&self, mut connection: TcpStream) -> io::Result<()> {
        let head = peek_head(&connection)?;
        let mut request = parse(&head);
        let answer = self.next(&request.target);
        if matches!(answer, Answer::Reset) {
            self.requests.lock().unwrap().push(request);
            // Closing with a request unread is what makes the system send a reset.
            return Ok(());
        }
        connection.read_exact(&mut vec![0; head.len()])?;
        let length = request.header("content-length").and_then(|length| length.parse().ok());
        request.body = vec![0; length.unwrap_or(0)];
        connection.read_exact(&mut request.body)?;
        self.requests.lock().unwrap().push(request.clone());
        give(&mut connection, &request, answer)
    }

    fn next(&self, target: &str) -> Answer {
        let path = target.split('?').next().unwrap_or(target);
        let mut scripts = self.scripts.lock().unwrap();
        match scripts.get_mut(path) {
            Some(answers) if answers.len() > 1 => answers.pop_front().unwrap(),
            Some(answers) => answers.front().cloned().unwrap_or(Answer::status(404)),
            None => Answer::status(404),
        }
    }
}

fn give(connection: &mut TcpStream, request: &Request, answer: Answer) -> io::Result<()> {
    match answer {
        Answer::Whole { status, headers, body } => {
            whole(connection, request, status, &headers, &body)
        }
        Answer::Truncated(body) => {
            head(connection, 200, &[("Content-Length", body.len().to_string())])?;
            connection.write_all(&body[..body.len() / 2])
        }
        Answer::Drip(body, pause) => {
            head(connection, 200, &[("Content-Length", body.len().to_string())])?;
            for byte in body {
                connection.write_all(&[byte])?;
                thread::sleep(pause);
            }
            Ok(())
        }
        Answer::Stall => {
            head(connection, 200, &[("Content-Length", "1000".to_owned())])?;
            connection.write_all(b"a")?;
            until_client_leaves(connection)
        }
        Answer::Hang => until_client_leaves(connection),
        Answer::Reset => Ok(()),
        Answer::Endless => {
            head(connection, 200, &[])?;
            loop {
                connection.write_all(&[b'a'; 16 << 10])?;
            }
        }
        Answer::Bomb => {
            head(connection, 200, &[("Content-Encoding", "gzip".to_owned())])?;
            let mut packer = GzEncoder::new(connection, Compression::best());
            for _ in 0..10 << 10 {
                packer.write_all(&vec![0; 1 << 20])?;
            }
            packer.finish().map(drop)
        }
    }
}

fn whole(
    connection: &mut TcpStream,
    request: &Request,
    status: u16,
    headers: &[(&'static str, String)],
    body: &[u8],
) -> io::Result<()> {
    let named = |condition: &str, name: &str| {
        headers.iter().any(|(header, value)| {
            *header == name && request.header(condition) == Some(value.as_str())
        })
    };
    if named("if-none-match", "ETag") || named("if-modified-since", "Last-Modified") {
        return head(connection, 304, headers);
    }
    let mut headers = headers.to_vec();
    headers.push(("Content-Length", body.len().to_string()));
    head(connection, status, &headers)?;
    let is_head = request.method == "HEAD";
    if is_head { Ok(()) } else { connection.write_all(body) }
}

fn head(
    connection: &mut TcpStream,
    status: u16,
    headers: &[(&'static str, String)],
) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {status} Scripted\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.extend([*name, ": ", value, "\r\n"]);
    }
    connection.write_all((text + "\r\n").as_bytes())
}

/// The head of a request, left unread.
fn peek_head(connection: &TcpStream) -> io::Result<String> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let size = connection.peek(&mut buffer)?;
        let text = String::from_utf8_lossy(&buffer[..size]);
        match text.find("\r\n\r\n") {
            Some(end) => return Ok(text[..end + 4].to_owned()),
            None if size == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            None => thread::yield_now(),
        }
    }
}

fn parse(head: &str) -> Request {
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let method = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_else(|| "/".to_owned());
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Request { method, target, headers, body: Vec::new() }
}

fn until_client_leaves(connection: &mut TcpStream) -> io::Result<()> {
    let mut nothing = [0; 1];
    while connection.read(&mut nothing)? > 0 {}
    Ok(())
}
