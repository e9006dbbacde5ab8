//! The stages in order: this page is the table of contents of Porchlight.
//!
//! gather (fetch, read) → past (what was published) → make (fold, normalise, match, resolve,
//! build, judge) → publish, or hold for a person to look at.

mod answer;
mod capture;
mod error;
mod gather;
mod hold;
mod make;
mod matches;
mod past;
mod publish;
mod rebuild;
mod redact;
mod replay;
mod run;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, SubsecRound, Utc};
use tracing::Instrument as _;

pub use error::RefreshError;
pub use matches::{Decided, Explained, Question};
pub use rebuild::{DifferingTable, Rebuilt};
pub use replay::Replayed;

use crate::catalog::{Catalog, CatalogError, RunKind};
use crate::config::Config;
use crate::fetch::Client;
use crate::record::{Capture, Reading, ReleaseId, SourceId};
use crate::release::{self, Acceptance, GateVerdict, ManifestCapture, SigningKey};
use crate::source::{Card, Origin, SOURCES, Source};
use crate::storage::Storage;
use past::Past;
use run::Run;

/// Somebody who wants to know which stage a run is at.
type Watcher = Arc<dyn Fn(&str) + Send + Sync>;

/// All that a run works with.
#[derive(Clone)]
pub struct Context {
    config: Config,
    storage: Storage,
    catalog: Catalog,
    client: Client,
    signing_key: Option<SigningKey>,
    watcher: Option<Watcher>,
}

/// What a run is asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Sources to look at; empty for all that are enabled.
    pub only: Vec<SourceId>,
    /// Judge the candidate, and publish and hold nothing.
    pub dry_run: bool,
}

/// How a run ended.
#[derive(Debug)]
pub struct Report {
    /// What became of it.
    pub outcome: Outcome,
    /// Sources that could not be fetched or read, and why.
    pub failures: Vec<Failure>,
    /// Whether every source that was asked over the network failed.
    pub all_failed: bool,
}

/// What became of a run.
#[derive(Debug)]
pub enum Outcome {
    /// Another run is in progress.
    Busy,
    /// Nothing had changed.
    Unchanged,
    /// A release was published.
    Published(ReleaseId),
    /// Gates hold the candidate until a person decides.
    Held {
        /// The name of the candidate.
        candidate: String,
        /// The gates that do not hold.
        failed: Vec<GateVerdict>,
    },
    /// What would have been published or held.
    Judged {
        /// The release it would have been.
        release: ReleaseId,
        /// What the gates found.
        gates: Vec<GateVerdict>,
    },
}

/// A source that could not be fetched or read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Failure {
    /// The source.
    pub source_id: SourceId,
    /// Why, in words.
    pub reason: String,
}

/// An edition that the evidence does not hold yet, as it was read.
#[derive(Debug)]
struct News {
    described: ManifestCapture,
    /// Without its bytes.
    capture: Capture,
    reading: Reading,
}

impl Context {
    /// Reads the signing key, opens storage and catalog and makes ready to fetch.
    pub fn open(config: &Config) -> Result<Self, RefreshError> {
        // First of all: a key that cannot be used is known before anybody is asked.
        let signing_key = config.signing_key_file.as_deref().map(SigningKey::from_file);
        Ok(Self {
            signing_key: signing_key.transpose()?,
            // Before the storage, which makes its folder: a mistyped URL creates nothing.
            catalog: Catalog::open(&config.catalog)?,
            storage: Storage::open(&config.storage)?,
            client: Client::new(&config.fetch)
                .map_err(|error| RefreshError::Client(error.into()))?,
            config: config.clone(),
            watcher: None,
        })
    }

    /// Tells `watcher` each stage as it begins.
    #[must_use]
    pub fn watched_by(mut self, watcher: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Arc::new(watcher));
        self
    }

    /// Publishes what is in the program, without asking anybody: something to serve from the first
    /// second on. It does not count as a refresh.
    pub async fn publish_built_in(&self, now: DateTime<Utc>) -> Result<Report, RefreshError> {
        let now = now.trunc_subsecs(0);
        let built_in = |source: &&dyn Source| matches!(source.card().origin, Origin::BuiltIn(_));
        let only = SOURCES.iter().copied().filter(built_in).map(|s| source_id(s.card())).collect();
        let options = Options { only, dry_run: false };
        let Some(run) = Run::begin(self, RunKind::Import, now)? else { return Ok(Report::busy()) };
        let done = self.refresh_as(&run, &options, now).instrument(run.span()).await;
        run.end(self, done)
    }

    /// The storage.
    #[must_use]
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The catalog.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Looks at the sources and publishes what is new.
    pub async fn refresh(
        &self,
        options: &Options,
        now: DateTime<Utc>,
    ) -> Result<Report, RefreshError> {
        let now = now.trunc_subsecs(0);
        let Some(run) = Run::begin(self, RunKind::Refresh, now)? else { return Ok(Report::busy()) };
        let done = self.refresh_as(&run, options, now).instrument(run.span()).await;
        run.end(self, done)
    }

    async fn refresh_as(
        &self,
        run: &Run,
        options: &Options,
        now: DateTime<Utc>,
    ) -> Result<Report, RefreshError> {
        let past = run.stage("open", self.past()).await?;
        let editions = past.as_ref().map_or(Ok(Vec::new()), Past::editions)?;
        let sources = self.sources(options);
        let gathered = run.stage("fetch", gather::gather(self, &sources, &editions, now)).await?;
        let all_failed = gathered.asked > 0 && gathered.failures.len() == gathered.asked;
        let outcome = if gathered.news.is_empty()
            && past
                .as_ref()
                .is_some_and(|past| past.vouches_until(&editions, now, self.fresh_for()))
        {
            Outcome::Unchanged
        } else {
            Box::pin(self.carry_on(run, past, gathered.news, None, options.dry_run, now)).await?
        };
        // What every source sends by now is what counts; a candidate of something else is past.
        if gathered.failures.is_empty() && options.only.is_empty() && !options.dry_run {
            hold::settle(self, &outcome, now).await?;
        }
        self.sweep(now).await;
        Ok(Report { outcome, failures: gathered.failures, all_failed })
    }

    /// Reads an edition of a source that was saved earlier, and publishes what is new by it.
    pub async fn import(
        &self,
        source: &'static dyn Source,
        bytes: bytes::Bytes,
        as_of_on: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Report, RefreshError> {
        let now = now.trunc_subsecs(0);
        if as_of_on > now.date_naive() {
            return Err(RefreshError::FutureEdition { as_of_on });
        }
        let Some(run) = Run::begin(self, RunKind::Import, now)? else { return Ok(Report::busy()) };
        let done = async {
            let past = run.stage("open", self.past()).await?;
            let editions = past.as_ref().map_or(Ok(Vec::new()), Past::editions)?;
            let news = gather::import(self, source, bytes, &editions, as_of_on, now).await?;
            let outcome = if capture::is_held(&editions, &news.described) {
                Outcome::Unchanged
            } else {
                Box::pin(self.carry_on(&run, past, vec![news], None, false, now)).await?
            };
            Ok(Report::of(outcome))
        };
        let done = done.instrument(run.span()).await;
        run.end(self, done)
    }

    /// Publishes a held candidate in spite of its gates, because a person says so.
    ///
    /// The candidate is made again from its captures, on top of what is published by now.
    pub async fn accept(
        &self,
        candidate: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Report, RefreshError> {
        let now = now.trunc_subsecs(0);
        let Some(run) = Run::begin(self, RunKind::Accept, now)? else { return Ok(Report::busy()) };
        let done = async {
            let past = run.stage("open", self.past()).await?;
            let held = hold::read(&self.storage, candidate).await?;
            let news = hold::news(self, &held).await?;
            let acceptance =
                Acceptance { candidate: candidate.to_owned(), reason: reason.to_owned() };
            let overruled = Overruled { acceptance, gates: held.failed() };
            let carried = self.carry_on(&run, past, news, Some(overruled), false, now);
            let outcome = Box::pin(carried).await?;
            // A gate that failed only now was not seen by whoever accepted: then it is held again.
            if !matches!(outcome, Outcome::Held { .. }) {
                hold::accepted(self, candidate, reason, now).await?;
            }
            hold::settle(self, &outcome, now).await?;
            Ok(Report::of(outcome))
        };
        let done = done.instrument(run.span()).await;
        run.end(self, done)
    }

    /// From news to a release, a held candidate, or the finding that nothing changed.
    async fn carry_on(
        &self,
        run: &Run,
        past: Option<Past>,
        news: Vec<News>,
        overruled: Option<Overruled>,
        dry_run: bool,
        now: DateTime<Utc>,
    ) -> Result<Outcome, RefreshError> {
        let captures: Vec<ManifestCapture> =
            news.iter().map(|news| news.described.clone()).collect();
        let redactions = past.as_ref().map_or(Vec::new(), |past| past.redactions().to_vec());
        let published_at = past.as_ref().map_or(now, |past| past.published_after(now));
        let (pointer, dataset, previous) = match past {
            Some(past) => {
                let (pointer, dataset, file) = run.stage("load", past.load()).await?;
                (Some(pointer), Some(dataset), Some(file))
            }
            None => (None, None, None),
        };
        let newest = pointer.as_ref().map(|pointer| pointer.release);
        let day = published_at.date_naive();
        let release = release::next_release(&self.storage, newest, day).await?;
        let task = make::Task {
            previous: dataset,
            news,
            release,
            published_at,
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            fresh_for: self.fresh_for(),
            limits: self.config.gates.clone(),
        };
        run.notes().captures = captures.iter().map(|capture| capture.sha256.clone()).collect();
        let candidate = run.stage("make", make::candidate(task)).await?;
        run.notes().changes = Some(candidate.changes.clone());
        if candidate.is_unchanged() {
            return Ok(Outcome::Unchanged);
        }
        let verdicts = &candidate.dataset.gates;
        if dry_run {
            return Ok(Outcome::Judged { release, gates: verdicts.clone() });
        }
        if !may_pass(verdicts, overruled.as_ref()) {
            return hold::hold(self, pointer.as_ref(), captures, &candidate, now).await;
        }
        let acceptance = overruled.map(|overruled| overruled.acceptance);
        let order = publish::Order {
            candidate,
            link: pointer.map(Into::into),
            previous,
            captures,
            acceptance,
            redactions,
            active_days: Some(self.active_days()),
            signing_key: None,
            key: self.signing_key.clone(),
        };
        run.stage("publish", publish::publish(self, run, order)).await?;
        Ok(Outcome::Published(release))
    }

    /// The sources a run looks at.
    fn sources(&self, options: &Options) -> Vec<&'static dyn Source> {
        let wanted = |source: &&'static dyn Source| {
            let id = source.card().id;
            let named = options.only.is_empty() || options.only.iter().any(|o| o.as_str() == id);
            named && self.config.sources.get(id).enabled
        };
        SOURCES.iter().copied().filter(wanted).collect()
    }

    fn fresh_for(&self) -> chrono::Days {
        chrono::Days::new(self.active_days())
    }

    /// Days for which an edition vouches for the present.
    fn active_days(&self) -> u64 {
        u64::from(self.config.gates.active_days)
    }

    /// The latest release, as today's schema has it.
    async fn past(&self) -> Result<Option<Past>, RefreshError> {
        Past::open(&self.storage, &self.scratch(), &self.cache()).await
    }

    /// Removes what killed runs left on its way to a release. What is a day old nobody works on, and
    /// what cannot be removed does no harm.
    async fn sweep(&self, now: DateTime<Utc>) {
        match self.storage.sweep("releases", Some(now - Days::new(1))).await {
            Ok(0) => {}
            Ok(left) => tracing::info!(left, "removed what killed runs had left"),
            Err(error) => tracing::warn!(%error, "what killed runs left stays for now"),
        }
    }

    /// A folder for copies of releases whose schema is behind.
    fn cache(&self) -> PathBuf {
        self.config.home.join("cache")
    }

    /// A folder for files on their way; what a killed run left there is written over.
    fn scratch(&self) -> PathBuf {
        self.config.home.join("staging")
    }

    /// A call of the catalog. It is a short statement on a local file or server, and the run has
    /// nothing else to do meanwhile.
    fn catalog_do<T>(
        &self,
        call: impl FnOnce(&Catalog) -> Result<T, CatalogError>,
    ) -> Result<T, RefreshError> {
        call(&self.catalog).map_err(RefreshError::Catalog)
    }
}

/// A person's word against gates: which ones were seen to fail.
struct Overruled {
    acceptance: Acceptance,
    gates: BTreeSet<(String, String)>,
}

/// Whether all gates hold but those that a person overruled.
fn may_pass(verdicts: &[GateVerdict], overruled: Option<&Overruled>) -> bool {
    verdicts.iter().filter(|verdict| !verdict.passed).all(|verdict| {
        let failed = (verdict.gate.clone(), verdict.subject.clone());
        overruled.is_some_and(|overruled| overruled.gates.contains(&failed))
    })
}

impl Report {
    fn busy() -> Self {
        Self::of(Outcome::Busy)
    }

    fn of(outcome: Outcome) -> Self {
        Self { outcome, failures: Vec::new(), all_failed: false }
    }
}

/// The id on a source's card.
fn source_id(card: &Card) -> SourceId {
    card.id.parse().unwrap_or_else(|_not_a_slug| unreachable!("a test reads every card's id"))
}

/// An error and its causes, for people.
fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
