//! Asks at a fixed rate, whether or not earlier answers have come, and tells how long each answer took
//! from the moment it was due: a server that stalls is charged for everyone who would have come
//! meanwhile (coordinated omission is corrected, as wrk2 does).
//!
//! ```text
//! open-loop ADDRESS:PORT REQUESTS RATE CONNECTIONS SECONDS
//! ```
//!
//! The file `REQUESTS` holds whole requests, parted by the byte 30; they are asked in their order. Prints
//! a line of JSON, with times in microseconds.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Between two requests in the file.
const PARTED_BY: u8 = 30;

/// An answer that takes longer is given up, and the run with it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Before the first request is due, so that all connections stand.
const AHEAD: Duration = Duration::from_millis(200);

fn main() -> io::Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [address, file, rate, connections, seconds] = given.as_slice() else {
        return Err(io::Error::other("usage: open-loop ADDRESS REQUESTS RATE CONNECTIONS SECONDS"));
    };
    let between = Duration::from_secs_f64(1.0 / number(rate)?);
    let last = Duration::from_secs_f64(number(seconds)?);
    let lanes: usize = connections.parse().map_err(io::Error::other)?;
    let requests = fs::read(file)?;
    let requests = requests.split(|byte| *byte == PARTED_BY).filter(|request| !request.is_empty());
    let requests: Arc<Vec<Vec<u8>>> = Arc::new(requests.map(<[u8]>::to_vec).collect());
    let begin = Instant::now() + AHEAD;
    let threads = (0..lanes).map(|lane| {
        let (address, requests) = (address.clone(), Arc::clone(&requests));
        let due = move |turn| between.saturating_mul(u32::try_from(turn).unwrap_or(u32::MAX));
        thread::spawn(move || {
            let mut connection = BufReader::new(TcpStream::connect(address)?);
            connection.get_ref().set_nodelay(true)?;
            connection.get_ref().set_read_timeout(Some(PATIENCE))?;
            let mut lane_took = Lane::default();
            for turn in (lane..requests.len()).step_by(lanes) {
                if due(turn) >= last {
                    break;
                }
                let due = begin + due(turn);
                thread::sleep(due.saturating_duration_since(Instant::now()));
                connection.get_mut().write_all(&requests[turn])?;
                lane_took.refused += u64::from(!answered(&mut connection)?);
                lane_took.took.push(due.elapsed());
            }
            Ok::<_, io::Error>(lane_took)
        })
    });
    let threads: Vec<_> = threads.collect();
    let mut all = Lane::default();
    for thread in threads {
        let lane = thread.join().map_err(|_panicked| io::Error::other("a thread panicked"))??;
        all.took.extend(lane.took);
        all.refused += lane.refused;
    }
    let lasted = begin.elapsed().as_secs_f64();
    all.took.sort_unstable();
    let at = |per_mille: usize| {
        let place = (all.took.len() * per_mille / 1000).min(all.took.len().saturating_sub(1));
        all.took.get(place).map_or(0, Duration::as_micros)
    };
    println!(
        r#"{{"requests":{},"refused":{},"seconds":{lasted:.3},"p50":{},"p90":{},"p99":{},"p999":{},"most":{}}}"#,
        all.took.len(),
        all.refused,
        at(500),
        at(900),
        at(990),
        at(999),
        at(1000)
    );
    Ok(())
}

/// What came over a connection.
#[derive(Default)]
struct Lane {
    took: Vec<Duration>,
    refused: u64,
}

fn number(text: &str) -> io::Result<f64> {
    text.parse().map_err(io::Error::other)
}

/// Reads an answer to its end, and tells whether it is a good one.
fn answered(connection: &mut BufReader<TcpStream>) -> io::Result<bool> {
    let (mut line, mut length, mut good) = (String::new(), 0, None);
    loop {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the server closed the connection"));
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        good = good.or_else(|| Some(text.split(' ').nth(1).is_some_and(|code| code == "200")));
        let (name, value) = text.split_once(": ").unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().map_err(io::Error::other)?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(io::Error::other("an answer in chunks, which none of these should be"));
        }
    }
    io::copy(&mut connection.take(length), &mut io::sink())?;
    Ok(good.unwrap_or_default())
}
