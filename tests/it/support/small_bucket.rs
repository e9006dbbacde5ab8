//! As much of an S3 server as one small object needs, which keeps its word or does not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    /// As Amazon's does.
    Good,
    /// It ignores `If-None-Match`, and forgets media types.
    Careless,
    /// It lets nobody in.
    Closed,
}

/// The server, with one bucket. It stops when dropped.
pub(crate) struct SmallBucket {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    manners: Manners,
    stopped: AtomicBool,
    /// Bytes and media type by path.
    objects: Mutex<BTreeMap<String, (Vec<u8>, String)>>,
}

impl SmallBucket {
    pub(crate) fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stopped, objects) = (AtomicBool::default(), Mutex::default());
        let state = Arc::new(State { manners, stopped, objects });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(connection), shared) = (connection, Arc::clone(&shared)) else { return };
                thread::spawn(move || shared.serve(connection).ok());
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The paths of what it holds.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.state.objects.lock().unwrap().keys().cloned().collect()
    }
}

impl Drop for SmallBucket {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        TcpStream::connect(self.address).ok();
    }
}

/// Headers, and the body.
type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

impl State {
    fn serve(&self, mut connection: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(connection.try_clone()?);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let mut words = first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (status, headers, body) = self.answer(method, target, &headers, body);
        let mut head = format!("HTTP/1.1 {status} Said\r\nConnection: close\r\n");
        for (name, value) in &headers {
            head.extend([*name, ": ", value, "\r\n"]);
        }
        write!(head, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
        connection.write_all(head.as_bytes())?;
        connection.write_all(&body)
    }

    fn answer(
        &self,
        method: &str,
        target: &str,
        headers: &BTreeMap<String, String>,
        body: Vec<u8>,
    ) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let good = self.manners == Manners::Good;
        let mut objects = self.objects.lock().unwrap();
        let tag = ("ETag", "\"one\"".to_owned());
        match method {
            _ if self.manners == Manners::Closed => (403, Vec::new(), Vec::new()),
            "PUT"
                if good && headers.contains_key("if-none-match") && objects.contains_key(path) =>
            {
                (412, Vec::new(), Vec::new())
            }
            "PUT" => {
                let given = headers.get("content-type").filter(|_| good).cloned();
                let media_type = given.unwrap_or_else(|| "binary/octet-stream".to_owned());
                objects.insert(path.to_owned(), (body, media_type));
                (200, vec![tag], Vec::new())
            }
            "GET" if query.contains("list-type=2") => {
                let empty = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult>\
                             <IsTruncated>false</IsTruncated></ListBucketResult>";
                (200, Vec::new(), empty.into())
            }
            "GET" => match objects.get(path) {
                None => (404, Vec::new(), Vec::new()),
                Some((bytes, media_type)) => {
                    let modified = "Tue, 24 Nov 2026 06:00:00 GMT".to_owned();
                    let media_type = ("Content-Type", media_type.clone());
                    (200, vec![tag, ("Last-Modified", modified), media_type], bytes.clone())
                }
            },
            "DELETE" => {
                objects.remove(path);
                (204, Vec::new(), Vec::new())
            }
            // Many at once, by the names in the body.
            "POST" => {
                let asked = String::from_utf8_lossy(&body);
                let keys = asked.split("<Key>").skip(1);
                let keys: Vec<&str> = keys.filter_map(|key| key.split('<').next()).collect();
                objects.retain(|path, _| !keys.iter().any(|key| path.ends_with(key)));
                let gone = keys.iter().map(|key| format!("<Deleted><Key>{key}</Key></Deleted>"));
                let gone = gone.collect::<String>();
                (200, Vec::new(), format!("<DeleteResult>{gone}</DeleteResult>").into())
            }
            _ => (405, Vec::new(), Vec::new()),
        }
    }
}
