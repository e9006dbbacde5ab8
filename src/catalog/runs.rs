//! Every run: when, what it read, what became of it, how long each stage took.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::catalog::row::{RowName, json, stored, words};
use crate::catalog::schema::runs;
use crate::catalog::{Catalog, CatalogError, Epoch, RunKind, RunOutcome};
use crate::record::ReleaseId;

/// The number of a run; later runs have higher ones.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct RunId(i64);

impl RunId {
    /// The number itself.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// What started it.
    pub kind: RunKind,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; of an interrupted run, when that was noticed.
    pub finished_at: Option<DateTime<Utc>>,
    /// What became of it.
    pub outcome: RunOutcome,
    /// The release it published.
    pub release: Option<ReleaseId>,
    /// The candidate a gate held.
    pub candidate: Option<String>,
    /// What there is to say about its end, in words.
    pub message: Option<String>,
    /// How long each stage took, in the order they ran.
    pub stages: Vec<StageTime>,
    /// SHA-256 of the captures it read.
    pub captures: Vec<String>,
    /// What changed, as the run counted it.
    pub changes: serde_json::Value,
}

/// How long a stage of a run took.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct StageTime {
    /// The stage.
    pub stage: String,
    /// Its duration in milliseconds.
    pub milliseconds: u64,
}

impl StageTime {
    /// A stage that took `duration`, rounded down to the millisecond.
    #[must_use]
    pub fn new(stage: &str, duration: Duration) -> Self {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self { stage: stage.to_owned(), milliseconds }
    }
}

/// How a run came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Nothing had changed.
    Unchanged,
    /// It published this release.
    Published(ReleaseId),
    /// A gate held this candidate.
    Held(String),
    /// It could not be brought to its end; the message says why.
    Failed,
}

impl Ending {
    /// The word for it.
    #[must_use]
    pub fn outcome(&self) -> RunOutcome {
        match self {
            Self::Unchanged => RunOutcome::Unchanged,
            Self::Published(_) => RunOutcome::Published,
            Self::Held(_) => RunOutcome::Held,
            Self::Failed => RunOutcome::Failed,
        }
    }
}

/// What a run leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEnd {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How.
    pub ending: Ending,
    /// What there is to say about it, in words.
    pub message: Option<String>,
    /// How long each stage took, in the order they ran.
    pub stages: Vec<StageTime>,
    /// SHA-256 of the captures it read.
    pub captures: Vec<String>,
    /// What changed, as the run counted it; `null` where nothing did.
    pub changes: serde_json::Value,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = runs)]
struct Row {
    id: i64,
    kind: String,
    started_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
    outcome: String,
    release: Option<String>,
    candidate: Option<String>,
    message: Option<String>,
    stages: String,
    captures: String,
    changes: String,
}

impl Catalog {
    /// Notes the start of a run. Any other run that has not ended belonged to a leader that is
    /// gone, and is noted as interrupted.
    ///
    /// [`CatalogError::Superseded`] if `epoch` is over.
    pub fn begin_run(
        &self,
        epoch: Epoch,
        kind: RunKind,
        at: DateTime<Utc>,
    ) -> Result<RunId, CatalogError> {
        let at = stored(at);
        self.write_as(epoch, |conn| {
            // A leader has one run at a time: this one was noted, and nobody had learnt so.
            let noted = runs::table
                .filter(runs::outcome.eq(RunOutcome::Running.as_str()))
                .filter(runs::epoch.eq(epoch.number()))
                .filter(runs::kind.eq(kind.as_str()))
                .filter(runs::started_at.eq(at))
                .select(runs::id)
                .first(conn)
                .optional()?;
            if let Some(id) = noted {
                return Ok(RunId(id));
            }
            diesel::update(runs::table.filter(runs::outcome.eq(RunOutcome::Running.as_str())))
                .set((runs::outcome.eq(RunOutcome::Interrupted.as_str()), runs::finished_at.eq(at)))
                .execute(conn)?;
            let id = diesel::insert_into(runs::table)
                .values((
                    runs::kind.eq(kind.as_str()),
                    runs::epoch.eq(epoch.number()),
                    runs::started_at.eq(at),
                    runs::outcome.eq(RunOutcome::Running.as_str()),
                    runs::stages.eq("[]"),
                    runs::captures.eq("[]"),
                    runs::changes.eq("null"),
                ))
                .returning(runs::id)
                .get_result(conn)?;
            Ok(RunId(id))
        })
    }

    /// Notes the end of a run.
    ///
    /// [`CatalogError::Superseded`] if a later leader has already noted it as interrupted: the
    /// row stays as that leader wrote it.
    pub fn finish_run(&self, id: RunId, end: &RunEnd) -> Result<(), CatalogError> {
        let RunEnd { at, ending, message, stages, captures, changes } = end;
        let (release, candidate) = match ending {
            Ending::Unchanged | Ending::Failed => (None, None),
            Ending::Published(release) => (Some(release.to_string()), None),
            Ending::Held(candidate) => (None, Some(candidate.as_str())),
        };
        let outcome = ending.outcome();
        let (stages, captures, changes) =
            (json("runs", stages)?, json("runs", captures)?, json("runs", changes)?);
        self.write(|conn| {
            let running =
                runs::table.find(id.0).filter(runs::outcome.eq(RunOutcome::Running.as_str()));
            let finished = diesel::update(running)
                .set((
                    runs::finished_at.eq(stored(*at)),
                    runs::outcome.eq(outcome.as_str()),
                    runs::release.eq(release.as_deref()),
                    runs::candidate.eq(candidate),
                    runs::message.eq(message.as_deref().map(words)),
                    runs::stages.eq(&stages),
                    runs::captures.eq(&captures),
                    runs::changes.eq(&changes),
                ))
                .execute(conn)?;
            if finished == 0 {
                let (epoch, before, finished_at): (i64, String, Option<NaiveDateTime>) =
                    runs::table
                        .find(id.0)
                        .select((runs::epoch, runs::outcome, runs::finished_at))
                        .first(conn)?;
                // It was noted, and nobody had learnt so.
                if before == outcome.as_str() && finished_at == Some(stored(*at)) {
                    return Ok(());
                }
                return Err(CatalogError::Superseded { epoch: Epoch::from_number(epoch) }.into());
            }
            Ok(())
        })
    }

    /// The latest run of any kind.
    pub fn last_run(&self) -> Result<Option<Run>, CatalogError> {
        Ok(self.runs(1)?.pop())
    }

    /// At most `limit` runs, the latest first.
    pub fn runs(&self, limit: u32) -> Result<Vec<Run>, CatalogError> {
        self.read(|conn| {
            let rows = runs::table
                .order(runs::id.desc())
                .limit(i64::from(limit))
                .select(Row::as_select())
                .load(conn)?;
            Ok(rows.into_iter().map(Run::try_from).collect::<Result<_, _>>()?)
        })
    }

    /// At most `limit` runs of one kind, the latest first.
    pub fn runs_of(&self, kind: RunKind, limit: u32) -> Result<Vec<Run>, CatalogError> {
        self.read(|conn| {
            let rows = runs::table
                .filter(runs::kind.eq(kind.as_str()))
                .order(runs::id.desc())
                .limit(i64::from(limit))
                .select(Row::as_select())
                .load(conn)?;
            Ok(rows.into_iter().map(Run::try_from).collect::<Result<_, _>>()?)
        })
    }
}

impl TryFrom<Row> for Run {
    type Error = CatalogError;

    fn try_from(row: Row) -> Result<Self, CatalogError> {
        let Row {
            id,
            kind,
            started_at,
            finished_at,
            outcome,
            release,
            candidate,
            message,
            stages,
            captures,
            changes,
        } = row;
        let key = id.to_string();
        let name = RowName { table: "runs", key: &key };
        Ok(Self {
            id: RunId(id),
            kind: name.parse(&kind)?,
            started_at: started_at.and_utc(),
            finished_at: finished_at.map(|at| at.and_utc()),
            outcome: name.parse(&outcome)?,
            release: release.map(|release| name.parse(&release)).transpose()?,
            candidate,
            message,
            stages: name.json(&stages)?,
            captures: name.json(&captures)?,
            changes: name.json(&changes)?,
        })
    }
}
