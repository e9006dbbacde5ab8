//! A client that does with its connection what a library would not.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

/// Longer than anything takes that is waited for; a machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A connection to `host` from the address 127.0.0.`from`, which takes little at a time.
pub(crate) fn connect(host: &str, from: u8) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, from], 0)).into()).unwrap();
    socket.connect(&host.parse::<SocketAddr>().unwrap().into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Asks for a path on a connection that stays open.
pub(crate) fn ask(stream: &mut TcpStream, path: &str) {
    // Where it was closed already, reading shows it.
    let _ = write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
}

/// Reads the head of an answer and no more; empty where the connection ends before.
pub(crate) fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => head.push(byte[0]),
            Err(error) if is_end(&error) => break,
            Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&head)),
        }
    }
    String::from_utf8(head).unwrap()
}

/// Reads what is left until the connection ends.
pub(crate) fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => rest,
        Err(error) if is_end(&error) => rest,
        Err(error) => panic!("{error} after {} bytes", rest.len()),
    }
}

/// Whether the other side has ended the connection, in order or not.
fn is_end(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

/// Asks for a path on new connections until the answer begins with that; the head of that answer.
pub(crate) fn answered(host: &str, from: u8, path: &str, with: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut stream = connect(host, from);
        ask(&mut stream, path);
        let head = head(&mut stream);
        if head.starts_with(with) {
            return head;
        }
        assert!(Instant::now() < deadline, "{path} stays at {head}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
