//! Candidates that a gate refused, and what people decided about them.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::catalog::row::{RowName, json, stored, words};
use crate::catalog::schema::held;
use crate::catalog::{Catalog, CatalogError, HeldState};

/// A candidate that a gate refused.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct HeldCandidate {
    /// Its name.
    pub candidate: String,
    /// When it was first made.
    pub made_at: DateTime<Utc>,
    /// What the gates found.
    pub report: serde_json::Value,
    /// What became of it.
    pub state: HeldState,
    /// Why, in the words of whoever decided.
    pub reason: Option<String>,
    /// When that was decided.
    pub decided_at: Option<DateTime<Utc>>,
}

/// What a person decides about a held candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is released all the same.
    Accept,
    /// It is refused for good.
    Discard,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = held, treat_none_as_default_value = false)]
struct Row {
    candidate: String,
    made_at: NaiveDateTime,
    report: String,
    state: String,
    reason: Option<String>,
    decided_at: Option<NaiveDateTime>,
}

impl Catalog {
    /// Notes that a gate holds `candidate`, and returns its state.
    ///
    /// A candidate that is held already keeps the instant it was first made and gets the new
    /// report; one that was decided about stays as it was decided.
    pub fn hold(
        &self,
        candidate: &str,
        report: &serde_json::Value,
        at: DateTime<Utc>,
    ) -> Result<HeldState, CatalogError> {
        let report = json("held", report)?;
        self.write(|conn| {
            let key = held::table.find(candidate);
            let before: Option<String> = key.select(held::state).first(conn).optional()?;
            let Some(state) = before else {
                let row = Row {
                    candidate: candidate.to_owned(),
                    made_at: stored(at),
                    report: report.clone(),
                    state: HeldState::Held.to_string(),
                    reason: None,
                    decided_at: None,
                };
                diesel::insert_into(held::table).values(&row).execute(conn)?;
                return Ok(HeldState::Held);
            };
            let state = RowName { table: "held", key: candidate }.parse(&state)?;
            if state == HeldState::Held {
                diesel::update(key).set(held::report.eq(&report)).execute(conn)?;
            }
            Ok(state)
        })
    }

    /// The candidates that wait for a decision, newest first.
    pub fn held(&self) -> Result<Vec<HeldCandidate>, CatalogError> {
        self.read(|conn| {
            let rows = held::table
                .filter(held::state.eq(HeldState::Held.as_str()))
                .order((held::made_at.desc(), held::candidate))
                .select(Row::as_select())
                .load(conn)?;
            Ok(rows.into_iter().map(HeldCandidate::try_from).collect::<Result<_, _>>()?)
        })
    }

    /// The candidate of this name, whatever became of it.
    pub fn held_candidate(&self, candidate: &str) -> Result<Option<HeldCandidate>, CatalogError> {
        self.read(|conn| {
            let row =
                held::table.find(candidate).select(Row::as_select()).first(conn).optional()?;
            Ok(row.map(HeldCandidate::try_from).transpose()?)
        })
    }

    /// Notes what a person decided about a held candidate. Nobody can decide twice: then, as for
    /// an unknown name, [`CatalogError::NotHeld`].
    pub fn decide(
        &self,
        candidate: &str,
        decision: Decision,
        reason: &str,
        at: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let state = match decision {
            Decision::Accept => HeldState::Accepted,
            Decision::Discard => HeldState::Discarded,
        };
        self.write(|conn| {
            let waiting =
                held::table.find(candidate).filter(held::state.eq(HeldState::Held.as_str()));
            let decided = diesel::update(waiting)
                .set((
                    held::state.eq(state.as_str()),
                    held::reason.eq(words(reason)),
                    held::decided_at.eq(stored(at)),
                ))
                .execute(conn)?;
            if decided == 0 {
                let noted = held::table
                    .find(candidate)
                    .filter(held::state.eq(state.as_str()))
                    .filter(held::reason.eq(words(reason)))
                    .filter(held::decided_at.eq(stored(at)));
                // It was noted, and nobody had learnt so.
                if noted.count().get_result::<i64>(conn)? == 1 {
                    return Ok(());
                }
                return Err(CatalogError::NotHeld { candidate: candidate.to_owned() }.into());
            }
            Ok(())
        })
    }
}

impl TryFrom<Row> for HeldCandidate {
    type Error = CatalogError;

    fn try_from(row: Row) -> Result<Self, CatalogError> {
        let Row { candidate, made_at, report, state, reason, decided_at } = row;
        let name = RowName { table: "held", key: &candidate };
        Ok(Self {
            report: name.json(&report)?,
            state: name.parse(&state)?,
            made_at: made_at.and_utc(),
            reason,
            decided_at: decided_at.map(|at| at.and_utc()),
            candidate,
        })
    }
}
