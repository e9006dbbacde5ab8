//! Requests to one source: conditional, one or one per state.

use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use futures_util::{StreamExt, stream};

use super::capture::Body;
use super::gather::Trouble;
use super::{Context, RefreshError, in_words};
use crate::catalog::{CaptureRow, SourceHealth};
use crate::fetch::{FetchError, Fetched, Validators};
use crate::record::{Part, SourceId};
use crate::source::{STATES, TERRITORIES};

/// A part that was fetched while another failed need not be asked for again so soon.
const PARTS_STAY_VALID: Duration = Duration::days(1);

/// What came of one request.
pub(super) struct Answer {
    pub(super) body: Body,
    url: String,
    validators: Validators,
    /// When these bytes came; earlier than now if they still are the newest.
    retrieved_at: DateTime<Utc>,
}

impl Answer {
    /// What the catalog keeps of it.
    pub(super) fn row(&self, id: &SourceId, now: DateTime<Utc>) -> CaptureRow {
        CaptureRow {
            source_id: id.clone(),
            part: self.body.name.clone(),
            url: self.url.clone(),
            etag: self.validators.etag.clone(),
            last_modified: self.validators.last_modified.clone(),
            sha256: self.body.sha256.clone(),
            retrieved_at: self.retrieved_at,
            last_checked_at: now,
        }
    }

    fn of_row(row: CaptureRow) -> Self {
        Self {
            body: Body { name: row.part, sha256: row.sha256, bytes: None },
            url: row.url,
            validators: Validators { etag: row.etag, last_modified: row.last_modified },
            retrieved_at: row.retrieved_at,
        }
    }
}

/// The parts of a source that is in the program.
pub(super) fn built_in(parts: Vec<Part>) -> Vec<Answer> {
    let answer = |part: Part| Answer {
        body: Body::new(&part.name, part.bytes),
        url: String::new(),
        validators: Validators::default(),
        retrieved_at: DateTime::UNIX_EPOCH,
    };
    parts.into_iter().map(answer).collect()
}

/// One conditional request. What came is stored before anybody reads it.
pub(super) async fn of_url(
    context: &Context,
    id: &SourceId,
    part: &str,
    url: &str,
    now: DateTime<Utc>,
) -> Result<Answer, Trouble> {
    let known = context.catalog_do(|catalog| catalog.capture(id, part))?;
    // Another address may serve another file under the same tag.
    let shown = without_query(url);
    let known = known.filter(|row| row.url == shown);
    let validators = known.as_ref().map_or_else(Validators::default, |row| Validators {
        etag: row.etag.clone(),
        last_modified: row.last_modified.clone(),
    });
    let (body, validators) = match context.client.get(url, &validators, now).await {
        Ok(Fetched::NotModified { .. }) => {
            return known.map(Answer::of_row).ok_or_else(|| {
                Trouble::Theirs("answered 304 to a request without condition".to_owned())
            });
        }
        Ok(Fetched::Body { bytes, sha256, validators, .. }) => {
            context.storage.put_capture(&sha256, bytes.clone()).await?;
            (Body { name: part.to_owned(), sha256, bytes: Some(bytes) }, validators)
        }
        // An endpoint that serves the states need not know every territory.
        Err(FetchError::Status { status: 404, .. }) if TERRITORIES.contains(&part) => {
            let body = Body::new(part, Bytes::from_static(b"{}"));
            context
                .storage
                .put_capture(&body.sha256, body.bytes.clone().unwrap_or_default())
                .await?;
            (body, Validators::default())
        }
        Err(error) => return Err(Trouble::Theirs(in_words(&error))),
    };
    Ok(Answer { body, url: shown, validators, retrieved_at: now })
}

/// One request per state and territory, several at a time, all or nothing.
///
/// After the first failure no more are begun; what was answered before it is noted and stays valid
/// for a day, so that a rate limit only delays the edition.
pub(super) async fn of_states(
    context: &Context,
    id: &SourceId,
    url: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Answer>, Trouble> {
    let health = context.catalog_do(crate::catalog::Catalog::source_health)?;
    let failing = health.iter().find(|health| health.id == *id && health.failing_since.is_some());
    let requests = STATES.iter().map(|state| {
        let url = url.replace("{state}", state).replace("{key}", &context.config.fbi_api_key);
        async move {
            if let Some(answer) = still_valid(context, id, state, failing, now)? {
                return Ok((answer, false));
            }
            match of_url(context, id, state, &url, now).await {
                Ok(answer) => Ok((answer, true)),
                Err(Trouble::Theirs(reason)) => Err(Trouble::Theirs(format!("{state}: {reason}"))),
                Err(Trouble::Ours(error)) => Err(Trouble::Ours(error)),
            }
        }
    });
    let mut answers =
        stream::iter(requests).buffer_unordered(context.config.fetch.concurrency).boxed();
    let mut complete = Vec::with_capacity(STATES.len());
    while let Some(answer) = answers.next().await {
        let (answer, asked) = answer?;
        if asked {
            context.catalog_do(|catalog| catalog.record_capture(&answer.row(id, now)))?;
        }
        complete.push(answer);
    }
    complete.sort_by(|one, other| one.body.name.cmp(&other.body.name));
    Ok(complete)
}

/// The part as it was answered less than a day ago in an attempt that did not come to its end.
///
/// An answer from before the failure does not count: the source would be called well again without
/// having been asked.
fn still_valid(
    context: &Context,
    id: &SourceId,
    part: &str,
    failing: Option<&SourceHealth>,
    now: DateTime<Utc>,
) -> Result<Option<Answer>, RefreshError> {
    let Some(failing) = failing else { return Ok(None) };
    let known = context.catalog_do(|catalog| catalog.capture(id, part))?;
    let valid = |row: &CaptureRow| {
        let since_it_was_well = failing.last_ok_at.is_none_or(|ok| row.last_checked_at > ok);
        // What a clock gone wrong checked in days to come says nothing.
        let age = now - row.last_checked_at;
        since_it_was_well && (Duration::zero()..PARTS_STAY_VALID).contains(&age)
    };
    Ok(known.filter(valid).map(Answer::of_row))
}

/// The address without its query, which may hold a key.
fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}
