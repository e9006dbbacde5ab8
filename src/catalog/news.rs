//! News of releases, told by the server: sooner than by asking, and cheaper.

use std::time::Duration;

#[cfg(feature = "postgres")]
use crate::catalog::connection::Place;
#[cfg(feature = "postgres")]
use crate::catalog::postgres;
use crate::catalog::{Catalog, CatalogError};

/// A session that is told of releases as they are noted.
pub struct News {
    #[cfg(feature = "postgres")]
    listener: postgres::Listener,
    #[cfg(not(feature = "postgres"))]
    never: std::convert::Infallible,
}

impl Catalog {
    /// Begins to listen, in a session of its own. What was noted before is not told. `None` on
    /// SQLite, which tells nobody: there one has to look.
    pub fn news(&self) -> Result<Option<News>, CatalogError> {
        #[cfg(feature = "postgres")]
        if let Place::Postgres(server) = self.place() {
            return Ok(Some(News { listener: postgres::Listener::start(server)? }));
        }
        Ok(None)
    }
}

impl News {
    /// Waits until a release is noted, `timeout` at most, and tells whether one was. Several that
    /// come together are told once.
    ///
    /// [`CatalogError::Unavailable`] when the session has ended: listen anew, and look, because what
    /// was noted meanwhile is not told.
    pub fn wait(&mut self, timeout: Duration) -> Result<bool, CatalogError> {
        #[cfg(feature = "postgres")]
        return self.listener.wait(timeout);
        #[cfg(not(feature = "postgres"))]
        {
            _ = timeout;
            match self.never {}
        }
    }
}

impl std::fmt::Debug for News {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("News").finish_non_exhaustive()
    }
}
