//! How much of the server any number of clients can take. docs/limits.md lists every bound.

use std::time::Duration;

use crate::config::{ConfigError, RawBounds, duration, not_zero};

/// What clients can take of the server at most, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeBounds {
    /// Connections at a time, shared evenly among the workers; 8192. More wait in the backlog.
    pub connections: u32,
    /// Connections at a time of one client address; 256. More are closed at once.
    pub connections_per_client: u32,
    /// Connections that wait to be accepted; 1024.
    pub backlog: u32,
    /// Time to send the head of a request; 5 s.
    pub head: Duration,
    /// Time a connection may wait for its next request; 15 s.
    pub keep_alive: Duration,
    /// Time a client may take nothing of what it is sent; 30 s.
    pub stalled: Duration,
    /// Exports and large files that are sent at a time; 48.
    pub downloads: u32,
    /// Of those, how many to one client address; 8.
    pub downloads_per_client: u32,
    /// Time a download waits for others to end before it is refused; 2 s.
    pub download_wait: Duration,
    /// Time a download may take; 10 min, and for files what their size takes at
    /// [`Self::SLOWEST_FILE`].
    pub download: Duration,
    /// Queries that run or wait for a thread at a time; 256.
    pub queries: u32,
    /// Time a query waits for a thread before it is refused; 5 s.
    pub query_wait: Duration,
    /// Time between being told to stop and accepting no more; none.
    pub drain: Duration,
    /// Time requests under way have to finish after that; 20 s.
    pub shutdown: Duration,
}

impl ServeBounds {
    /// Bytes a second below which a large file is cut off in the end.
    pub const SLOWEST_FILE: u64 = 32 * 1024;
}

impl Default for ServeBounds {
    fn default() -> Self {
        Self {
            connections: 8192,
            connections_per_client: 256,
            backlog: 1024,
            head: Duration::from_secs(5),
            keep_alive: Duration::from_secs(15),
            // A phone in a tunnel comes back within it; whoever reads nothing for longer can ask
            // again.
            stalled: Duration::from_secs(30),
            downloads: 48,
            downloads_per_client: 8,
            download_wait: Duration::from_secs(2),
            // The largest export at the speed of a poor mobile line, and more.
            download: Duration::from_mins(10),
            queries: 256,
            query_wait: Duration::from_secs(5),
            drain: Duration::ZERO,
            // Supervisors kill after 30 s where nothing else is said.
            shutdown: Duration::from_secs(20),
        }
    }
}

impl TryFrom<RawBounds> for ServeBounds {
    type Error = ConfigError;

    fn try_from(raw: RawBounds) -> Result<Self, ConfigError> {
        let default = Self::default();
        let one = not_zero::<u32>;
        Ok(Self {
            connections: one("max-connections", raw.connections, default.connections)?,
            connections_per_client: one(
                "max-connections-per-client",
                raw.connections_per_client,
                default.connections_per_client,
            )?,
            backlog: one("backlog", raw.backlog, default.backlog)?,
            head: duration("head-timeout-ms", raw.head_ms, default.head)?,
            keep_alive: duration("keep-alive-ms", raw.keep_alive_ms, default.keep_alive)?,
            stalled: duration("stalled-ms", raw.stalled_ms, default.stalled)?,
            downloads: one("max-downloads", raw.downloads, default.downloads)?,
            downloads_per_client: one(
                "max-downloads-per-client",
                raw.downloads_per_client,
                default.downloads_per_client,
            )?,
            download_wait: duration(
                "download-wait-ms",
                raw.download_wait_ms,
                default.download_wait,
            )?,
            download: duration("download-timeout-ms", raw.download_ms, default.download)?,
            queries: one("max-queries", raw.queries, default.queries)?,
            query_wait: duration("query-wait-ms", raw.query_wait_ms, default.query_wait)?,
            // Nothing at all is as good an answer as any.
            drain: raw.drain_ms.map_or(default.drain, Duration::from_millis),
            shutdown: duration("shutdown-ms", raw.shutdown_ms, default.shutdown)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_of_nothing_is_refused_where_nothing_would_be_served() {
        for raw in [
            RawBounds { connections: Some(0), ..RawBounds::default() },
            RawBounds { downloads_per_client: Some(0), ..RawBounds::default() },
            RawBounds { queries: Some(0), ..RawBounds::default() },
            RawBounds { stalled_ms: Some(0), ..RawBounds::default() },
        ] {
            let error = ServeBounds::try_from(raw).unwrap_err().to_string();
            assert!(error.ends_with("must be more than nothing, not `0`"), "{error}");
        }
        let raw = RawBounds { drain_ms: Some(0), ..RawBounds::default() };
        assert_eq!(ServeBounds::try_from(raw).unwrap(), ServeBounds::default());
    }

    #[test]
    fn a_server_that_is_told_to_stop_ends_before_it_is_killed() {
        let ServeBounds { drain, shutdown, .. } = ServeBounds::default();
        assert!(drain + shutdown < Duration::from_secs(30));
    }
}
