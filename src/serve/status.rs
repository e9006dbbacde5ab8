//! What the machinery says about itself. It is no part of any release.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::open_release::OpenRelease;
use crate::record::{ReleaseId, SourceId};
use crate::release::{GateVerdict, TableChanges};

/// Why nobody can say how the machinery is doing; for the log.
pub type StatusUnknown = Box<dyn std::error::Error + Send + Sync>;

/// Who knows how the machinery is doing. Asked off the threads that answer requests, so it may take
/// its time.
pub trait StatusSource: Send + Sync {
    /// How it is doing now. An error is answered with 503: to say nothing is not to say that all is
    /// well.
    fn status(&self) -> Result<StatusDocument, StatusUnknown>;

    /// The time: the server itself has no clock.
    fn now(&self) -> DateTime<Utc>;
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
    /// The release that is served as the latest; null where there is none.
    #[schema(required = true)]
    pub release: Option<ServedRelease>,
    /// When this server refreshes by itself; null where it only serves.
    #[schema(required = true)]
    pub schedule: Option<ScheduleStatus>,
    /// Who may write; null before anybody did.
    #[schema(required = true)]
    pub leader: Option<LeaderStatus>,
    /// The last runs of every kind, the latest first.
    pub runs: Vec<RunReport>,
}

/// The release that is served.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServedRelease {
    /// Its name.
    pub release: ReleaseId,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// How long ago that was, in seconds.
    pub age_seconds: i64,
}

impl ServedRelease {
    /// What a person wants to know of it.
    pub(super) fn of(release: &OpenRelease, now: DateTime<Utc>) -> Self {
        let published_at = release.known.manifest.published_at;
        // A clock that was set back makes nothing younger than new.
        let age_seconds = (now - published_at).num_seconds().max(0);
        Self { release: release.id(), published_at, age_seconds }
    }
}

/// When a server refreshes by itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScheduleStatus {
    /// Five cron fields.
    pub cron: String,
    /// The time zone they are read in.
    pub zone: String,
}

/// Who may write: one process at a time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeaderStatus {
    /// How many times some process took the lead.
    pub epoch: i64,
    /// When the last one did.
    #[schema(required = true)]
    pub taken_at: Option<DateTime<Utc>>,
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

/// A run: a refresh, or anything else that may publish.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunReport {
    /// Its number, as the log has it.
    pub id: i64,
    /// What started it, such as `refresh`, `import` or `accept`.
    pub kind: String,
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
    /// The candidate a gate held.
    #[schema(required = true)]
    pub candidate: Option<String>,
    /// Why it ended as it did, in words.
    pub message: String,
    /// How long each stage took, in the order they ran.
    pub stages: Vec<StageStatus>,
    /// How many records changed, by table; empty where none was compared.
    pub changes: BTreeMap<String, TableChanges>,
    /// What the gates did not let pass, in words.
    pub failed_gates: Vec<String>,
}

impl RunReport {
    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.outcome.is_some()
    }
}

/// How long a stage of a run took.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StageStatus {
    /// The stage.
    pub stage: String,
    /// Its duration in milliseconds.
    pub milliseconds: u64,
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
    /// When it last answered with something that could be read; null where it never did.
    #[schema(required = true)]
    pub last_ok_at: Option<DateTime<Utc>>,
    /// The date of the edition that the latest release holds; null where it holds none.
    #[schema(required = true)]
    pub data_as_of_on: Option<NaiveDate>,
    /// Rows of that edition.
    #[schema(required = true)]
    pub rows: Option<i64>,
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

impl Health {
    /// Every health there is.
    pub(super) const ALL: [Self; 4] = [Self::Ok, Self::Stale, Self::Failing, Self::Frozen];

    /// The word itself.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Stale => "stale",
            Self::Failing => "failing",
            Self::Frozen => "frozen",
        }
    }
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
    /// What they did not let pass, in words.
    pub failed_gates: Vec<String>,
}
