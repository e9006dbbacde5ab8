//! Which agency a name means, and how the newest release decided: for people who look into it.

use chrono::{DateTime, NaiveDate};

use super::past::Past;
use super::{Context, RefreshError, source_id};
use crate::matching::{Index, explain};
use crate::normalise::normalise;
use crate::record::{
    AccountedCandidate, Agency, Citation, Decision, Draft, EditionKey, Entries, Evidence,
    MatchAccount, MatchMethod, ReleaseId, Role, Statement, SubjectType, keys,
};
use crate::release::database::ReleaseDatabase;
use crate::release::pointer;
use crate::resolve::reason;
use crate::source::SOURCES;

/// A name as a source might print it.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The agency's name.
    pub name: String,
    /// Its state, as a postal code or by name.
    pub state: String,
    /// Its city.
    pub place: Option<String>,
    /// Its county or counties.
    pub county: Option<String>,
}

/// Which agency a name means.
#[derive(Debug, serde::Serialize)]
pub struct Explained {
    /// The release whose registries were asked.
    pub release: ReleaseId,
    /// The agency, by its registry's key; null where it cannot be told.
    pub agency: Option<AccountedCandidate>,
    /// How it was told.
    pub method: Option<MatchMethod>,
    /// How sure that is, from 0 to 1.
    pub score: Option<f64>,
    /// Why, in words.
    pub reason: String,
    /// The agencies that came into question, the likeliest first.
    pub candidates: Vec<AccountedCandidate>,
}

/// How the newest release decided.
#[derive(Debug)]
pub struct Decided {
    /// The release.
    pub release: ReleaseId,
    /// One account per listing.
    pub accounts: Vec<MatchAccount>,
    /// The agencies.
    pub agencies: Vec<Agency>,
}

impl Context {
    /// Which agency of the newest release a name means; nothing where none was ever published.
    pub async fn explain(&self, question: &Question) -> Result<Option<Explained>, RefreshError> {
        let Some((release, database)) = self.newest().await? else { return Ok(None) };
        let question = question.clone();
        let work = move || {
            let evidence: Vec<Evidence> = database.all()?;
            let mut statements: Vec<Statement> = evidence.iter().map(Statement::from).collect();
            let asked = statement(&question);
            let asked_id = asked.id.clone();
            statements.push(asked);
            let normals = normalise(&Entries::of(&statements));
            let index = Index::of(&normals);
            let listing = normals.listings.iter().find(|listing| listing.statement == asked_id);
            // A question has a name, so that there is one.
            let Some(listing) = listing else { return Ok(None) };
            if listing.state.is_none() {
                return Err(RefreshError::UnknownState(question.state));
            }
            let (decision, candidates) = explain(&index, listing);
            let chosen = match decision {
                Decision::Same { agency, .. } => Some(agency),
                Decision::Unmatched { .. } => None,
            };
            let candidates: Vec<_> = candidates
                .into_iter()
                .map(|candidate| {
                    let agency = &normals.agencies[candidate.agency];
                    AccountedCandidate {
                        agency_id: None,
                        name: agency.name.clone(),
                        source_id: agency.source_id.clone(),
                        source_key: agency.source_key.clone(),
                        chosen: chosen == Some(candidate.agency),
                        points: candidate.points,
                        features: candidate.features,
                    }
                })
                .collect();
            let (method, score) = match decision {
                Decision::Same { method, score, .. } => (Some(method), Some(score)),
                Decision::Unmatched { .. } => (None, None),
            };
            Ok(Some(Explained {
                release,
                agency: candidates.iter().find(|candidate| candidate.chosen).cloned(),
                method,
                score,
                reason: reason(&normals, listing, &decision),
                candidates,
            }))
        };
        blocking(work).await
    }

    /// How the newest release decided; nothing where none was ever published.
    pub async fn decided(&self) -> Result<Option<Decided>, RefreshError> {
        let Some((release, database)) = self.newest().await? else { return Ok(None) };
        let work = move || {
            let (accounts, agencies) = (database.match_accounts()?, database.all()?);
            Ok(Some(Decided { release, accounts, agencies }))
        };
        blocking(work).await
    }

    /// The newest release, to be read only.
    async fn newest(&self) -> Result<Option<(ReleaseId, ReleaseDatabase)>, RefreshError> {
        let Some(newest) = pointer::latest(&self.storage).await? else { return Ok(None) };
        let past = Past::at(&self.storage, newest.release, &self.scratch(), &self.cache()).await?;
        Ok(past.map(|past| (newest.release, past.into_database())))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RefreshError> + Send + 'static,
) -> Result<T, RefreshError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| RefreshError::Panicked(error.to_string()))?
}

/// The question as a source would put it.
fn statement(question: &Question) -> Statement {
    let Question { name, state, place, county } = question;
    let values = [
        (keys::AGENCY, Some(name)),
        (keys::STATE, Some(state)),
        (keys::CITY, place.as_ref()),
        (keys::COUNTY, county.as_ref()),
    ];
    let reported = values
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.clone())))
        .collect();
    let draft = Draft {
        subject_type: SubjectType::Partnership,
        source_key: "question".to_owned(),
        pointer: String::new(),
        role: Role::Supports,
        locator: String::new(),
        citation: Citation::default(),
        reported,
    };
    let edition = EditionKey {
        as_of_on: NaiveDate::MIN,
        retrieved_at: DateTime::UNIX_EPOCH,
        capture_sha256: String::new(),
    };
    // Which source puts it makes no difference.
    Statement::of(&source_id(SOURCES[0].card()), &edition, draft)
}
