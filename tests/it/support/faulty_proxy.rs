//! A line to a server that does harm: it refuses, cuts, and loses answers.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// None.
    Pass,
    /// It does not reach the server, and this status and body are the answer.
    Answer(u16, &'static str),
    /// It does not reach the server, and the connection is reset.
    Reset,
    /// The server does it, and the connection is reset instead of an answer.
    LoseAnswer,
    /// The server does it, and half of the answer arrives.
    CutAnswer,
    /// Half of it reaches the server, and nothing comes back.
    CutRequest,
    /// It does not reach the server, and nothing comes back for as long as anybody waits.
    Silence,
}

/// Harm to the next requests whose first line contains a text.
type Plan = (&'static str, VecDeque<Harm>);

#[derive(Default)]
struct State {
    plans: Mutex<Vec<Plan>>,
    /// First lines of all requests.
    seen: Mutex<Vec<String>>,
    is_cut: AtomicBool,
}

/// The line. It is cut when dropped.
pub(crate) struct FaultyProxy {
    address: SocketAddr,
    state: Arc<State>,
}

impl FaultyProxy {
    /// A line to the server at `http://ADDRESS` that does no harm yet.
    pub(crate) fn to(server: &str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), false) = (client, shared.is_cut.load(Ordering::SeqCst)) else {
                    return;
                };
                let (state, server) = (Arc::clone(&shared), server.clone());
                thread::spawn(move || handle(&client, &server, &state).ok());
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Does harm to the next requests whose first line contains a text, one after another.
    pub(crate) fn harm(&self, requests: &'static str, harm: impl IntoIterator<Item = Harm>) {
        let plan = (requests, harm.into_iter().collect());
        self.state.plans.lock().unwrap().push(plan);
    }

    /// Whether all the harm was done.
    pub(crate) fn is_harmless(&self) -> bool {
        self.state.plans.lock().unwrap().iter().all(|(_, harm)| harm.is_empty())
    }

    /// How many requests there were whose first line contains a text.
    pub(crate) fn count(&self, requests: &str) -> usize {
        let seen = self.state.seen.lock().unwrap();
        seen.iter().filter(|line| line.contains(requests)).count()
    }
}

fn handle(mut client: &TcpStream, server: &str, state: &State) -> io::Result<()> {
    let request = read_request(client)?;
    let line = String::from_utf8_lossy(request.split(|byte| *byte == b'\r').next().unwrap());
    state.seen.lock().unwrap().push(line.clone().into_owned());
    let mut plans = state.plans.lock().unwrap();
    let planned = plans.iter_mut().find(|(text, harm)| line.contains(text) && !harm.is_empty());
    let harm = planned.and_then(|(_, harm)| harm.pop_front());
    drop(plans);
    match harm {
        None | Some(Harm::Pass) => client.write_all(&exchange(server, &request)?),
        Some(Harm::Answer(status, body)) => write!(
            client,
            "HTTP/1.1 {status} Harm\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ),
        Some(Harm::Reset) => reset(client),
        Some(Harm::LoseAnswer) => {
            exchange(server, &request)?;
            reset(client)
        }
        Some(Harm::CutAnswer) => {
            let answer = exchange(server, &request)?;
            // At least a byte is missing, also of an answer without a body.
            client.write_all(&answer[..answer.len() - body(&answer).div_ceil(2).max(1)])
        }
        Some(Harm::CutRequest) => {
            TcpStream::connect(server)?.write_all(&request[..request.len() / 2])?;
            reset(client)
        }
        Some(Harm::Silence) => {
            client.set_read_timeout(Some(Duration::from_mins(1)))?;
            client.read(&mut [0]).map(drop)
        }
    }
}

/// Bytes of the body of an answer.
fn body(answer: &[u8]) -> usize {
    answer.len() - head(answer).unwrap_or(answer.len())
}

/// Where the body begins, once the head is whole.
fn head(message: &[u8]) -> Option<usize> {
    Some(message.windows(4).position(|window| window == b"\r\n\r\n")? + 4)
}

fn read_request(mut client: &TcpStream) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut block = vec![0; 64 << 10];
    loop {
        let size = client.read(&mut block)?;
        if size == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(&block[..size]);
        let Some(begins) = head(&request) else { continue };
        let text = String::from_utf8_lossy(&request[..begins]).to_ascii_lowercase();
        let length = text
            .split_once("content-length: ")
            .map_or(0, |(_, after)| after.split("\r\n").next().unwrap().trim().parse().unwrap());
        if request.len() >= begins + length {
            return Ok(request);
        }
    }
}

/// What the server answers. It closes each connection after its answer.
fn exchange(server: &str, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(server)?;
    server.write_all(request)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}

fn reset(client: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(client).set_linger(Some(Duration::ZERO))
}

impl Drop for FaultyProxy {
    fn drop(&mut self) {
        self.state.is_cut.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        TcpStream::connect(self.address).ok();
    }
}
