//! What the cache of finished bodies had to do with an answer.

/// What the cache of finished bodies had to do with an answer. Stands in the extensions of a
/// response; one without it never came near the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CacheOutcome {
    /// The body was there.
    Hit,
    /// The body was made for this request, and kept where it may be.
    Miss,
}

impl CacheOutcome {
    /// Its name in the metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
        }
    }
}
