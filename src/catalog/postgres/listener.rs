//! A session that listens.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{CHANNEL, Server, connect};
use crate::catalog::CatalogError;

/// Pause between two looks at what has come: libpq's socket is out of reach, and asking it is only
/// a look at what the machine has received, without a word to the server.
const PAUSE: Duration = Duration::from_millis(250);

/// A session that listens for releases.
pub(in crate::catalog) struct Listener {
    server: Server,
    session: PgConnection,
}

#[derive(QueryableByName)]
struct Channel {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Listener {
    /// Opens the session.
    pub(in crate::catalog) fn start(server: &Server) -> Result<Self, CatalogError> {
        let mut session = connect(server)?;
        let named = diesel::sql_query(format!("SELECT {CHANNEL} AS name"))
            .get_result(&mut session)
            .and_then(|Channel { name }| {
                diesel::sql_query(format!("LISTEN \"{name}\"")).execute(&mut session)
            });
        named.map_err(|error| server.explain(error))?;
        Ok(Self { server: server.clone(), session })
    }

    /// Waits until something is told, `timeout` at most; whether it was.
    pub(in crate::catalog) fn wait(&mut self, timeout: Duration) -> Result<bool, CatalogError> {
        let began = Instant::now();
        loop {
            // All that has come, at once.
            let told = self.session.notifications_iter().collect::<QueryResult<Vec<_>>>();
            let told = told.map_err(|error| CatalogError::Unavailable {
                place: self.server.to_string(),
                cause: error.into(),
            })?;
            let left = timeout.saturating_sub(began.elapsed());
            if !told.is_empty() || left.is_zero() {
                return Ok(!told.is_empty());
            }
            std::thread::sleep(left.min(PAUSE));
        }
    }
}
