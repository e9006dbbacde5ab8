//! One client's connection: how long it may say nothing, and how long it may take nothing.
//!
//! The HTTP layer bounds the time to the first request and, once nothing has come since an answer,
//! that to the next. What it does not see is a next request that never ends, and a client that
//! does not take its answer. Both are bounded here, where the bytes pass.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::places::Taken;
use crate::config::ServeBounds;

/// Bytes that wait in the system, unsent, before it takes no more. It bounds the memory of a client
/// that does not read, and lets one that does be seen to take something every half of it.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 * 1024;

/// Requests of a connection that are being answered.
pub(super) struct Activity {
    under_way: Cell<u32>,
    idle_since: Cell<Instant>,
}

impl Activity {
    /// One more, until it is dropped.
    pub(super) fn answering(self: &Rc<Self>) -> Answering {
        self.under_way.set(self.under_way.get() + 1);
        Answering(Rc::clone(self))
    }
}

/// A request that is being answered.
pub(super) struct Answering(Rc<Activity>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
        self.0.idle_since.set(Instant::now());
    }
}

/// A connection with bounds.
pub(super) struct Connection {
    stream: TcpStream,
    activity: Rc<Activity>,
    /// Since when it takes nothing of what is written.
    stuck_since: Option<Instant>,
    /// How long it may be without a request.
    silent: Duration,
    /// How long it may take nothing.
    stalled: Duration,
    /// Wakes whoever reads or writes when a bound may be reached.
    alarm: Pin<Box<Sleep>>,
    _place: Option<Taken>,
}

/// A bound that is reached.
enum Overdue {
    Silent,
    Stalled,
}

impl Connection {
    /// A connection that was just accepted; `place` is that of its client.
    pub(super) fn new(stream: TcpStream, bounds: &ServeBounds, place: Option<Taken>) -> Self {
        let now = Instant::now();
        // The HTTP layer is to be the first: it says why.
        let silent = bounds.keep_alive + bounds.head;
        let activity = Activity { under_way: Cell::new(0), idle_since: Cell::new(now) };
        prepare(&stream, bounds.stalled);
        Self {
            stream,
            activity: Rc::new(activity),
            stuck_since: None,
            silent,
            stalled: bounds.stalled,
            alarm: Box::pin(sleep_until(now + silent)),
            _place: place,
        }
    }

    /// What is known about its requests, for those who answer them.
    pub(super) fn activity(&self) -> Rc<Activity> {
        Rc::clone(&self.activity)
    }

    /// When the next bound is reached; `None` while it is our turn.
    fn deadline(&self) -> Option<(Instant, Overdue)> {
        if let Some(since) = self.stuck_since {
            return Some((since + self.stalled, Overdue::Stalled));
        }
        let idle = self.activity.under_way.get() == 0;
        idle.then(|| (self.activity.idle_since.get() + self.silent, Overdue::Silent))
    }

    /// Ready when a bound is reached. The alarm is set anew only when it would ring too late, or
    /// has rung too early: not for each request.
    fn poll_overdue(&mut self, context: &mut Context<'_>) -> Poll<Overdue> {
        loop {
            let deadline = self.deadline();
            if let Some((at, _)) = deadline.as_ref().filter(|(at, _)| *at < self.alarm.deadline()) {
                self.alarm.as_mut().reset(*at);
            }
            ready!(self.alarm.as_mut().poll(context));
            let now = Instant::now();
            match deadline {
                Some((at, overdue)) if at <= now => return Poll::Ready(overdue),
                Some((at, _)) => self.alarm.as_mut().reset(at),
                None => self.alarm.as_mut().reset(now + self.stalled),
            }
        }
    }

    /// An error, where a bound is reached that nothing but the end of the connection keeps.
    fn check(&mut self, context: &mut Context<'_>) -> Result<(), Overdue> {
        match self.poll_overdue(context) {
            Poll::Ready(overdue) => Err(overdue),
            Poll::Pending => Ok(()),
        }
    }

    fn cut_off(&self) -> io::Error {
        tracing::info!(
            peer = self.stream.peer_addr().ok().map(tracing::field::display),
            "a client was cut off that took nothing"
        );
        // What waits to be sent is thrown away: nobody will take it.
        let thrown = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        thrown.err().unwrap_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

/// Sets what the system is to do about the connection by itself.
fn prepare(stream: &TcpStream, stalled: Duration) {
    let socket = socket2::SockRef::from(stream);
    // Without it small answers on a kept connection wait for the client's acknowledgement.
    let set = socket.set_tcp_nodelay(true);
    // After the last byte is handed to the system, only the system can see whether it is taken. Its
    // timer is not put back each time that a slow reader takes something, so it gets many times as
    // long: it is for those that never come back.
    #[cfg(target_os = "linux")]
    let set = set
        .and_then(|()| socket.set_tcp_user_timeout(Some(stalled * 10)))
        .and_then(|()| socket.set_tcp_notsent_lowat(UNSENT));
    #[cfg(not(target_os = "linux"))]
    let _ = stalled;
    if let Err(error) = set {
        // It may be closed already.
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection is not as set");
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.check(context) {
            Ok(()) => Pin::new(&mut self.stream).poll_read(context, into),
            // The end of what it sends: the HTTP layer closes in order.
            Err(Overdue::Silent) => Poll::Ready(Ok(())),
            Err(Overdue::Stalled) => Poll::Ready(Err(self.cut_off())),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.stuck_since = None;
            return written;
        }
        self.stuck_since.get_or_insert_with(Instant::now);
        match self.check(context) {
            Ok(()) | Err(Overdue::Silent) => Poll::Pending,
            Err(Overdue::Stalled) => Poll::Ready(Err(self.cut_off())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
