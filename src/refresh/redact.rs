//! Redaction: the newest release again, without a record that must not be published, and every
//! release that holds it taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SubsecRound, Utc};
use tracing::Instrument as _;

use super::past;
use super::run::Run;
use super::{Context, Outcome, RefreshError, Report, hold, make, publish};
use crate::catalog::RunKind;
use crate::record::{
    Evidence, Issue, Redacted, RedactedKey, ReleaseId, Statement, issue_key, page_key, row_key,
};
use crate::release::database::{self, DatabaseError, ReleaseDatabase};
use crate::release::dataset::Dataset;
use crate::release::{self, Acceptance, RedactedRelease, Redaction, digest, pointer, table_of};

/// What stands in a manifest for a candidate where no person accepted one.
const BY_REDACTION: &str = "redaction";

impl Context {
    /// Publishes the newest release again without the record of the id `subject` and without every
    /// trace of it, and takes back every release that holds it. What goes with it is redacted, too:
    /// with an agency its partnerships and disclosures.
    ///
    /// `reason` is published and must hold no personal data.
    pub async fn redact(
        &self,
        subject: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Report, RefreshError> {
        let now = now.trunc_subsecs(0);
        let Some(run) = Run::begin(self, RunKind::Redact, now)? else { return Ok(Report::busy()) };
        let redacted = self.redact_as(&run, subject, reason, now);
        let done = Box::pin(redacted).instrument(run.span()).await;
        run.end(self, done)
    }

    async fn redact_as(
        &self,
        run: &Run,
        subject: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Report, RefreshError> {
        let not_published = || RefreshError::NotPublished(subject.to_owned());
        let past = run.stage("open", self.past()).await?;
        let past = past.ok_or_else(not_published)?;
        let newest = past.release();
        // The newest release once more, on its own day.
        let release = release::next_release(&self.storage, Some(newest), newest.date()).await?;
        let looked = run.stage("look", self.look(subject, reason, release)).await?;
        let (redaction, holders) = looked.ok_or_else(not_published)?;
        let mut redactions = past.redactions().to_vec();
        redactions.extend(holders);
        let published_at = past.published_after(now);
        let (pointer, mut dataset, _) = run.stage("load", past.load()).await?;
        dataset.redact(&redaction, release);
        let left = self.scratch().join("redacted.sqlite");
        let previous = self.write_left(&left, &dataset)?;
        let task = make::Task {
            previous: Some(dataset),
            news: Vec::new(),
            release,
            published_at,
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            fresh_for: self.fresh_for(),
            limits: self.config.gates.clone(),
        };
        let candidate = run.stage("make", make::candidate(task)).await?;
        run.notes().changes = Some(candidate.changes.clone());
        // No gate keeps public what must not be; what failed is told in the manifest.
        let failed = candidate.dataset.gates.iter().any(|gate| !gate.passed);
        let acceptance = failed
            .then(|| Acceptance { candidate: BY_REDACTION.to_owned(), reason: reason.to_owned() });
        let order = publish::Order {
            candidate,
            link: Some(pointer.into()),
            previous: Some(previous),
            captures: Vec::new(),
            acceptance,
            redactions,
            active_days: Some(self.active_days()),
            signing_key: None,
            key: self.signing_key.clone(),
        };
        run.stage("publish", publish::publish(self, run, order)).await?;
        remove(&left).await?;
        run.stage("clear", release::clear_redacted(&self.storage)).await?;
        let outcome = Outcome::Published(release);
        hold::settle(self, &outcome, now).await?;
        Ok(Report::of(outcome))
    }

    /// What goes with a record, and the releases that hold any of it; none where no release does.
    async fn look(
        &self,
        subject: &str,
        reason: &str,
        release: ReleaseId,
    ) -> Result<Option<(Redaction, Vec<RedactedRelease>)>, RefreshError> {
        let published = self.published().await?;
        let copies = published.copies.clone();
        let (subject, reason) = (subject.to_owned(), reason.to_owned());
        let look = tokio::task::spawn_blocking(move || published.look(&subject, &reason, release));
        let looked = look.await.map_err(|error| RefreshError::Panicked(error.to_string()))?;
        for copy in copies {
            remove(&copy).await?;
        }
        Ok(looked?)
    }

    /// What is left of the newest release, as a file: the new one is compared with that.
    fn write_left(&self, path: &Path, dataset: &Dataset) -> Result<ReleaseDatabase, RefreshError> {
        let failed = |source| RefreshError::Scratch { file: path.display().to_string(), source };
        std::fs::create_dir_all(self.scratch()).map_err(failed)?;
        database::write(path, dataset)?;
        Ok(ReleaseDatabase::open(path)?)
    }

    /// Every release that stands, the newest first, open for a look.
    async fn published(&self) -> Result<Published, RefreshError> {
        let mut published = Published { releases: Vec::new(), copies: Vec::new() };
        for release in release::standing_releases(&self.storage).await?.into_iter().rev() {
            let Some((_, bytes)) = pointer::manifest(&self.storage, release).await? else {
                continue;
            };
            // A folder of their own: the run has the newest one open.
            let copies = self.scratch().join("looked-through");
            let path = past::dataset_path(&self.storage, release, &copies).await?;
            if path.starts_with(copies) {
                published.copies.push(path.clone());
            }
            let database = ReleaseDatabase::open_current(&path, &self.cache())?;
            published.releases.push((release, digest::sha256(&bytes), database));
        }
        Ok(published)
    }
}

async fn remove(path: &PathBuf) -> Result<(), RefreshError> {
    match tokio::fs::remove_file(path).await {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(RefreshError::Scratch { file: path.display().to_string(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The releases that stand.
struct Published {
    /// Newest first, with the hash of the manifest.
    releases: Vec<(ReleaseId, String, ReleaseDatabase)>,
    /// Copies that were made of their files.
    copies: Vec<PathBuf>,
}

/// Everything that goes with a record.
#[derive(Default, PartialEq)]
struct Traces {
    ids: BTreeSet<String>,
    evidence: BTreeMap<String, Evidence>,
    issues: BTreeMap<String, Issue>,
}

impl Traces {
    /// Whether it is a piece of a record that goes, and not a single piece that was named.
    fn is_of_record(&self, evidence: &Evidence) -> bool {
        self.ids.contains(&evidence.subject_id)
    }

    /// Whether all that is said under its key goes: it is of a record that goes, or it is an entry.
    fn takes_row(&self, evidence: &Evidence) -> bool {
        self.is_of_record(evidence) || Statement::from(evidence).is_entry()
    }

    fn rows(&self) -> BTreeSet<(String, String, String)> {
        let rows = self.evidence.values().filter(|evidence| self.takes_row(evidence));
        rows.map(|evidence| {
            let Evidence { subject_type, source_id, source_key, .. } = evidence;
            (subject_type.to_string(), source_id.to_string(), source_key.clone())
        })
        .collect()
    }

    fn keys(&self, reason: &str, release: ReleaseId) -> Vec<RedactedKey> {
        let key = |key_sha256: String, id: &str| RedactedKey {
            key_sha256,
            resource: table_of(id).to_owned(),
            id: id.to_owned(),
            reason: reason.to_owned(),
            release,
        };
        let of_evidence = self.evidence.values().map(|evidence| {
            let Evidence { subject_type, source_id, source_key, url, title, publisher, .. } =
                evidence;
            let id = if self.is_of_record(evidence) {
                evidence.subject_id.as_str()
            } else {
                evidence.id.as_str()
            };
            if self.takes_row(evidence) {
                return key(row_key(*subject_type, source_id, source_key), id);
            }
            let page = [url, title, publisher].map(Option::as_deref);
            key(page_key(*subject_type, source_id, source_key, page), id)
        });
        let of_issues = self.issues.values().map(|issue| {
            let Issue { id, source_id, source_key, locator, problem, .. } = issue;
            let place = source_key.as_ref().unwrap_or(locator);
            key(issue_key(source_id, place, *problem), id.as_str())
        });
        let mut keys: Vec<RedactedKey> = of_evidence.chain(of_issues).collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

impl Published {
    /// What goes with the record of an id, and the releases that hold any of it; none where no
    /// release knows the id.
    fn look(
        &self,
        subject: &str,
        reason: &str,
        release: ReleaseId,
    ) -> Result<Option<(Redaction, Vec<RedactedRelease>)>, DatabaseError> {
        let mut traces = Traces { ids: BTreeSet::from([subject.to_owned()]), ..Traces::default() };
        loop {
            let more = self.follow(&traces, reason, release)?;
            if more == traces {
                break;
            }
            traces = more;
        }
        let ids = traces.ids.iter().chain(traces.evidence.keys()).chain(traces.issues.keys());
        let ids: BTreeSet<String> = ids.cloned().collect();
        let rows = traces.rows();
        let mut holders = Vec::new();
        for (held_by, manifest_sha256, database) in self.releases.iter().rev() {
            if database.holds(&ids, &rows)? {
                holders.push(RedactedRelease {
                    release: *held_by,
                    manifest_sha256: manifest_sha256.clone(),
                    reason: reason.to_owned(),
                    redacted_in: release,
                });
            }
        }
        if holders.is_empty() {
            return Ok(None);
        }
        let redaction = Redaction {
            keys: traces.keys(reason, release),
            rows: rows.into_iter().map(|(_, source, key)| (source, key)).collect(),
            ids: traces.ids,
            reason: reason.to_owned(),
        };
        Ok(Some((redaction, holders)))
    }

    /// One step further: what every release says of these records and of the same rows.
    fn follow(
        &self,
        traces: &Traces,
        reason: &str,
        release: ReleaseId,
    ) -> Result<Traces, DatabaseError> {
        let mut more = Traces { ids: traces.ids.clone(), ..Traces::default() };
        let rows = traces.rows();
        for (_, _, database) in &self.releases {
            more.ids.extend(database.bound_to(&traces.ids)?);
            for evidence in database.evidence_about(&traces.ids, &rows)? {
                more.evidence.entry(evidence.id.to_string()).or_insert(evidence);
            }
            for issue in database.issues_of(&traces.ids)? {
                more.issues.entry(issue.id.to_string()).or_insert(issue);
            }
        }
        // A record that nobody speaks of any more goes with its last entry.
        let redacted = Redacted::of(&more.keys(reason, release));
        let subjects: BTreeSet<String> =
            more.evidence.values().map(|evidence| evidence.subject_id.clone()).collect();
        let left = subjects.difference(&more.ids).filter(|id| !table_of(id).is_empty());
        let left: BTreeSet<String> = left.cloned().collect();
        if let Some((_, _, newest)) = self.releases.first() {
            let about = newest.evidence_about(&left, &BTreeSet::new())?;
            let speaks = |id: &String, evidence: &Evidence| {
                evidence.subject_id == *id
                    && Statement::from(evidence).is_entry()
                    && !Statement::from(evidence).is_decision()
                    && !redacted.has_evidence(evidence)
            };
            let silent = left.iter().filter(|id| !about.iter().any(|one| speaks(id, one)));
            more.ids.extend(silent.cloned());
        }
        Ok(more)
    }
}
