//! Flags that bound what clients can take of the server.

use clap::Args;

use crate::config::RawBounds;

/// What clients can take of the server; docs/limits.md says why the defaults are what they are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Bounds of the server")]
pub(super) struct Bounding {
    /// Connections at a time; more wait [default: 8192]
    #[arg(long, global = true, env = "PORCHLIGHT_MAX_CONNECTIONS", value_name = "N")]
    max_connections: Option<u32>,
    /// Connections at a time of one client address, but for trusted proxies; more are closed
    /// [default: 256]
    #[arg(long, global = true, env = "PORCHLIGHT_MAX_CONNECTIONS_PER_CLIENT", value_name = "N")]
    max_connections_per_client: Option<u32>,
    /// Connections that wait to be accepted [default: 1024]
    #[arg(long, global = true, env = "PORCHLIGHT_BACKLOG", value_name = "N")]
    backlog: Option<u32>,
    /// Milliseconds to send the head of a request [default: 5000]
    #[arg(long, global = true, env = "PORCHLIGHT_HEAD_TIMEOUT_MS", value_name = "MS")]
    head_timeout_ms: Option<u64>,
    /// Milliseconds a connection may wait for its next request [default: 15000]
    #[arg(long, global = true, env = "PORCHLIGHT_KEEP_ALIVE_MS", value_name = "MS")]
    keep_alive_ms: Option<u64>,
    /// Milliseconds a client may take nothing of what it is sent [default: 30000]
    #[arg(long, global = true, env = "PORCHLIGHT_STALLED_MS", value_name = "MS")]
    stalled_ms: Option<u64>,
    /// Exports and large files sent at a time [default: 48]
    #[arg(long, global = true, env = "PORCHLIGHT_MAX_DOWNLOADS", value_name = "N")]
    max_downloads: Option<u32>,
    /// Exports and large files sent at a time to one client address [default: 8]
    #[arg(long, global = true, env = "PORCHLIGHT_MAX_DOWNLOADS_PER_CLIENT", value_name = "N")]
    max_downloads_per_client: Option<u32>,
    /// Milliseconds a download waits for others to end before it is refused [default: 2000]
    #[arg(long, global = true, env = "PORCHLIGHT_DOWNLOAD_WAIT_MS", value_name = "MS")]
    download_wait_ms: Option<u64>,
    /// Milliseconds a download may take; files have as much more as they are large [default: 600000]
    #[arg(long, global = true, env = "PORCHLIGHT_DOWNLOAD_TIMEOUT_MS", value_name = "MS")]
    download_timeout_ms: Option<u64>,
    /// Queries that run or wait for a thread at a time [default: 256]
    #[arg(long, global = true, env = "PORCHLIGHT_MAX_QUERIES", value_name = "N")]
    max_queries: Option<u32>,
    /// Milliseconds a query waits for a thread before it is refused [default: 5000]
    #[arg(long, global = true, env = "PORCHLIGHT_QUERY_WAIT_MS", value_name = "MS")]
    query_wait_ms: Option<u64>,
    /// Milliseconds to go on accepting, not ready, after being told to stop [default: 0]
    #[arg(long, global = true, env = "PORCHLIGHT_DRAIN_MS", value_name = "MS")]
    drain_ms: Option<u64>,
    /// Milliseconds requests under way have to finish after that [default: 20000]
    #[arg(long, global = true, env = "PORCHLIGHT_SHUTDOWN_MS", value_name = "MS")]
    shutdown_ms: Option<u64>,
}

impl Bounding {
    pub(super) fn into_raw(self) -> RawBounds {
        RawBounds {
            connections: self.max_connections,
            connections_per_client: self.max_connections_per_client,
            backlog: self.backlog,
            head_ms: self.head_timeout_ms,
            keep_alive_ms: self.keep_alive_ms,
            stalled_ms: self.stalled_ms,
            downloads: self.max_downloads,
            downloads_per_client: self.max_downloads_per_client,
            download_wait_ms: self.download_wait_ms,
            download_ms: self.download_timeout_ms,
            queries: self.max_queries,
            query_wait_ms: self.query_wait_ms,
            drain_ms: self.drain_ms,
            shutdown_ms: self.shutdown_ms,
        }
    }
}
