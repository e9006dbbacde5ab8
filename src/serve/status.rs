//! What the machinery says about itself. It is no part of any release.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::record::{ReleaseId, SourceId};
use crate::release::GateVerdict;

/// Why nobody can say how the machinery is doing; for the log.
pub type StatusUnknown = Box<dyn std::error::Error + Send + Sync>;

/// Who knows how the machinery is doing. Asked off the threads that answer requests, so it may take
/// its time.
pub trait StatusSource: Send + Sync {
    /// How it is doing now. An error is answered with 503: to say nothing is not to say that all is
    /// well.
    fn status(&self) -> Result<StatusDocument, StatusUnknown>;
}

/// How the machinery is doing.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct StatusDocument {
    /// The last refresh; null before the first.
    #[schema(required = true)]
    pub last_run: Option<RunStatus>,
    /// When the next refresh is due; null where none is scheduled.
    #[schema(required = true)]
    pub next_run_at: Option<DateTime<Utc>>,
    /// Every source that is read.
    pub sources: Vec<SourceStatus>,
    /// Candidates that a gate holds back.
    pub held: Vec<HeldCandidate>,
}

/// A refresh.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunStatus {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; null while it is under way.
    #[schema(required = true)]
    pub finished_at: Option<DateTime<Utc>>,
    /// What came of it, such as `published`, `unchanged`, `held` or `failed`; null while it is
    /// under way.
    #[schema(required = true)]
    pub outcome: Option<String>,
    /// The release it published.
    #[schema(required = true)]
    pub release: Option<ReleaseId>,
}

/// How a source is doing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SourceStatus {
    /// The source.
    pub id: SourceId,
    /// Its health.
    pub health: Health,
    /// Since when it fails; null where it does not.
    #[schema(required = true)]
    pub failing_since: Option<DateTime<Utc>>,
    /// Why, in words; null where nothing is wrong.
    #[schema(required = true)]
    pub reason: Option<String>,
    /// When it was last asked, whether or not it had anything new; null before the first time.
    #[schema(required = true)]
    pub last_checked_at: Option<DateTime<Utc>>,
}

/// The health of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It answers, and its data is as new as its cadence promises.
    Ok,
    /// It answers, but its data is older than its cadence promises; or it was not asked yet, and
    /// `last_checked_at` is null.
    Stale,
    /// It does not answer, or not in its format.
    Failing,
    /// It is read from a saved edition and asked no more.
    Frozen,
}

/// A candidate for a release that a gate holds back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HeldCandidate {
    /// Its name, as `porchlight release accept` takes it.
    pub candidate: String,
    /// Since when it is held.
    pub held_at: DateTime<Utc>,
    /// What the gates found.
    pub gates: Vec<GateVerdict>,
}
