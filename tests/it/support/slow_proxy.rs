//! A slow line to a server: what it answers comes in small blocks with pauses between them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Bytes that come at a time.
const BLOCK: usize = 16 << 10;

/// The line. It is cut when dropped.
pub(crate) struct SlowProxy {
    address: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl SlowProxy {
    /// A line to the server at `http://ADDRESS` that pauses after each block.
    pub(crate) fn to(server: &str, pause: Duration) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let cut = Arc::new(AtomicBool::new(false));
        let is_cut = Arc::clone(&cut);
        thread::spawn(move || {
            for client in listener.incoming() {
                if is_cut.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&server)) else {
                    return;
                };
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || {
                    io::copy(&mut from, &mut to).ok();
                    to.shutdown(Shutdown::Write).ok();
                });
                thread::spawn(move || slowly(server, client, pause).ok());
            }
        });
        Self { address, cut }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn slowly(mut server: TcpStream, mut client: TcpStream, pause: Duration) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        let size = server.read(&mut block)?;
        if size == 0 {
            return client.shutdown(Shutdown::Both);
        }
        client.write_all(&block[..size])?;
        thread::sleep(pause);
    }
}

impl Drop for SlowProxy {
    fn drop(&mut self) {
        self.cut.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        TcpStream::connect(self.address).ok();
    }
}
