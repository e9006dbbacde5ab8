//! Asks every source for its newest edition. Each is on its own: one that fails takes nothing with
//! it, and keeps what it said before.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use futures_util::{StreamExt, stream};

use super::answer::{self, Answer};
use super::capture::{self, Body};
use super::{Context, Failure, News, RefreshError, source_id};
use crate::catalog::CaptureRow;
use crate::config::SourceSetting;
use crate::record::{Edition, Part, SourceId};
use crate::release::ManifestCapture;
use crate::source::{LOCAL_OVERRIDES, Origin, Source, check_overrides};

/// What the sources said.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Editions that are not in the evidence yet.
    pub(super) news: Vec<News>,
    /// Sources that could not be fetched or read, and why.
    pub(super) failures: Vec<Failure>,
    /// Sources that were asked over the network.
    pub(super) asked: usize,
}

/// Whose fault it is that an edition could not be had.
pub(super) enum Trouble {
    /// The source's: it is failing, the run goes on.
    Theirs(String),
    /// Ours: the run ends.
    Ours(RefreshError),
}

impl<E: Into<RefreshError>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Ours(error.into())
    }
}

/// Asks `sources`, several at a time; `editions` are those that the evidence holds.
pub(super) async fn gather(
    context: &Context,
    sources: &[&'static dyn Source],
    editions: &[Edition],
    now: DateTime<Utc>,
) -> Result<Gathered, RefreshError> {
    let mut gathered = Gathered::default();
    let one = |source: &'static dyn Source| async move {
        (source, edition_of(context, source, editions, now).await)
    };
    let mut answers = stream::iter(sources.iter().copied().map(one))
        .buffered(context.config.fetch.concurrency)
        .boxed();
    while let Some((source, answer)) = answers.next().await {
        let card = source.card();
        let id = source_id(card);
        if !matches!(card.origin, Origin::BuiltIn(_)) && !card.frozen {
            gathered.asked += 1;
        }
        match answer {
            Ok(news) => {
                context.catalog_do(|catalog| catalog.source_ok(&id, now))?;
                gathered.news.extend(news);
            }
            Err(Trouble::Ours(error)) => return Err(error),
            Err(Trouble::Theirs(reason)) if card.frozen => {
                tracing::info!(source = card.id, reason, "source is frozen");
                context.catalog_do(|catalog| catalog.source_frozen(&id, now, &reason))?;
            }
            Err(Trouble::Theirs(reason)) => {
                tracing::warn!(source = card.id, reason, "source is failing");
                context.catalog_do(|catalog| catalog.source_failing(&id, now, &reason))?;
                gathered.failures.push(Failure { source_id: id, reason });
            }
        }
    }
    Ok(gathered)
}

/// The newest edition of a source, if the evidence does not hold it yet.
async fn edition_of(
    context: &Context,
    source: &'static dyn Source,
    editions: &[Edition],
    now: DateTime<Utc>,
) -> Result<Option<News>, Trouble> {
    let card = source.card();
    let id = source_id(card);
    let setting = context.config.sources.get(card.id);
    let fetched = match card.origin {
        Origin::BuiltIn(parts) => {
            let own = local_overrides(context).await?;
            answer::built_in(parts().into_iter().chain(own).collect())
        }
        Origin::Url(url) => {
            vec![answer::of_url(context, &id, "", &address(url, setting), now).await?]
        }
        Origin::UrlPerState(url) => {
            answer::of_states(context, &id, &address(url, setting), now).await?
        }
    };
    let bodies: Vec<Body> = fetched.iter().map(|answer| answer.body.clone()).collect();
    let retrieved_at = retrieved_at(context, &id, &bodies, editions, now)?;
    if let Some(as_of_on) = setting.as_of.filter(|as_of_on| *as_of_on > now.date_naive()) {
        let reason = format!("its date in the settings, {as_of_on}, lies ahead");
        return Err(Trouble::Theirs(reason));
    }
    let as_of_on = setting.as_of.unwrap_or_else(|| retrieved_at.date_naive());
    let described = capture::keep(&context.storage, &id, &bodies, retrieved_at, as_of_on).await?;
    let news = if capture::is_still(editions, &described) {
        None
    } else {
        match read(context, source, described.clone(), &bodies).await {
            Ok(news) => Some(news),
            Err(trouble) => {
                // Parts that came stay valid for a day, but not those of which one is no good.
                context.catalog_do(|catalog| catalog.forget_parts(&id))?;
                return Err(trouble);
            }
        }
    };
    note(context, &id, &fetched, &described, now)?;
    Ok(news)
}

/// The decisions on matches of whoever runs the program, as a part of the curated source: they are
/// captured with it, so that a release can be made again. A file that cannot be used is a fault of
/// the settings, for which the curated data must not be missing.
async fn local_overrides(context: &Context) -> Result<Option<Part>, RefreshError> {
    let Some(path) = &context.config.overrides_file else { return Ok(None) };
    let unfit = |source: Box<dyn std::error::Error + Send + Sync>| RefreshError::Overrides {
        path: path.clone(),
        source,
    };
    let text = tokio::fs::read_to_string(path).await.map_err(|error| unfit(error.into()))?;
    check_overrides(&text).map_err(|error| unfit(error.into()))?;
    Ok(Some(Part { name: LOCAL_OVERRIDES.to_owned(), bytes: text.into() }))
}

fn address(default: &str, setting: &SourceSetting) -> String {
    setting.url.clone().unwrap_or_else(|| default.to_owned())
}

/// When the edition came: as noted when it was new, else now.
fn retrieved_at(
    context: &Context,
    id: &SourceId,
    bodies: &[Body],
    editions: &[Edition],
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, RefreshError> {
    let name = capture::name(bodies);
    let noted = context.catalog_do(|catalog| catalog.capture(id, ""))?;
    let noted = noted.filter(|row| row.sha256 == name).map(|row| row.retrieved_at);
    Ok(noted.unwrap_or_else(|| after_those(editions, id, now)))
}

/// `now`, or right after the source's editions if a clock that was wrong dated those later: what
/// comes later is newer, and would else be taken for history until that day.
fn after_those(editions: &[Edition], id: &SourceId, now: DateTime<Utc>) -> DateTime<Utc> {
    let own = editions.iter().filter(|edition| edition.source_id == *id);
    let latest = own.map(|edition| edition.key.retrieved_at).max();
    latest.map_or(now, |latest| now.max(latest + Duration::seconds(1)))
}

/// Notes an edition that was read, so that the next request can ask whether it still is the newest.
/// One that could not be read is not noted: it must be sent again in full.
fn note(
    context: &Context,
    id: &SourceId,
    fetched: &[Answer],
    edition: &ManifestCapture,
    now: DateTime<Utc>,
) -> Result<(), RefreshError> {
    let parts = fetched.iter().filter(|answer| !answer.body.name.is_empty());
    let mut rows: Vec<CaptureRow> = parts.map(|answer| answer.row(id, now)).collect();
    let single = fetched.iter().find(|answer| answer.body.name.is_empty());
    let row = single.map(|answer| answer.row(id, now));
    rows.push(CaptureRow {
        source_id: id.clone(),
        part: String::new(),
        url: row.as_ref().map(|row| row.url.clone()).unwrap_or_default(),
        etag: row.as_ref().and_then(|row| row.etag.clone()),
        last_modified: row.and_then(|row| row.last_modified),
        sha256: edition.sha256.clone(),
        retrieved_at: edition.retrieved_at,
        last_checked_at: now,
    });
    context.catalog_do(|catalog| catalog.record_captures(&rows))
}

/// Reads an edition; one that is not what the source publishes is the source's fault.
pub(super) async fn read(
    context: &Context,
    source: &'static dyn Source,
    described: ManifestCapture,
    at_hand: &[Body],
) -> Result<News, Trouble> {
    let capture = capture::load(&context.storage, &described, at_hand).await?;
    let span = tracing::Span::current();
    let read = move || span.in_scope(|| (source.read(&capture), capture));
    let read = tokio::task::spawn_blocking(read);
    let (reading, mut capture) =
        read.await.map_err(|error| RefreshError::Panicked(error.to_string()))?;
    // What was read is all that counts from here on; the bytes are in the storage.
    capture.parts.clear();
    match reading {
        Ok(reading) => Ok(News { described, capture, reading }),
        Err(error) => Err(Trouble::Theirs(format!("what came is not what it publishes: {error}"))),
    }
}

/// Reads an edition that was saved earlier, and keeps its bytes.
pub(super) async fn import(
    context: &Context,
    source: &'static dyn Source,
    bytes: bytes::Bytes,
    editions: &[Edition],
    as_of_on: NaiveDate,
    now: DateTime<Utc>,
) -> Result<News, RefreshError> {
    let id = source_id(source.card());
    let bodies = [Body::new("", bytes)];
    let retrieved_at = after_those(editions, &id, now);
    let described = capture::keep(&context.storage, &id, &bodies, retrieved_at, as_of_on).await?;
    match read(context, source, described, &bodies).await {
        Ok(news) => Ok(news),
        Err(Trouble::Ours(error)) => Err(error),
        Err(Trouble::Theirs(reason)) => Err(RefreshError::NotAnEdition { source_id: id, reason }),
    }
}
