//! The chain of manifests, from `latest.json` back to the first: who vouches for which, and which
//! of two that disagree was changed.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::VerifyError;
use super::files::Place;
use super::signature::{self, Signed, Vouched};
use crate::record::ReleaseId;
use crate::release::alone::copied_alone;
use crate::release::digest;
use crate::release::fault::{Fault, FaultKind};
use crate::release::manifest::{MANIFEST_FILE, Manifest, ManifestError, RedactedRelease};
use crate::release::pointer::{self, LATEST_KEY, Pointer};
use crate::release::sign::PublicKey;
use crate::storage::Storage;

/// Releases that follow each other, and what is known of the rest.
pub(super) struct Chain {
    /// Every release there is, in order.
    all: Vec<ReleaseId>,
    /// Those that are looked at, in order.
    links: Vec<Link>,
    /// The bytes of `latest.json`.
    latest: Option<Bytes>,
    /// Releases that were taken back: no gaps, for the newest manifest keeps their hashes.
    redacted: Vec<RedactedRelease>,
    /// A release that `latest.json` names and that has files, but no manifest.
    beheaded: Option<ReleaseId>,
    trusted: Option<PublicKey>,
    /// Releases that were copied without the one they follow.
    alone: BTreeSet<ReleaseId>,
}

/// The manifest of one release.
pub(super) struct Link {
    release: ReleaseId,
    /// Its bytes.
    pub(super) bytes: Bytes,
    sha256: String,
    /// What it says.
    pub(super) manifest: Result<Manifest, ManifestError>,
    /// What its signatures say.
    pub(super) signed: Signed,
    vouched: Vouched,
}

/// What is wrong between two releases, or one and `latest.json`.
struct Between {
    releases: [ReleaseId; 2],
    fault: Fault,
}

impl Between {
    fn new(releases: [ReleaseId; 2], release: ReleaseId, file: &str, kind: FaultKind) -> Self {
        Self { releases, fault: Fault { release, file: file.to_owned(), kind } }
    }
}

impl Chain {
    /// Reads the manifests of `some` releases, which follow each other among `all` of them.
    pub(super) async fn read(
        storage: &Storage,
        all: &[ReleaseId],
        some: &[ReleaseId],
        redacted: Vec<RedactedRelease>,
        held: Held<'_>,
    ) -> Result<Self, VerifyError> {
        let latest = storage.get(LATEST_KEY).await.map_err(VerifyError::Storage)?;
        let mut known = all.to_vec();
        known.extend(redacted.iter().map(|gone| gone.release));
        let mut chain = Self {
            all: all.to_vec(),
            redacted,
            links: Vec::new(),
            beheaded: beheaded(storage, &known, latest.as_ref()).await?,
            latest,
            trusted: held.trusted.cloned(),
            alone: copied_alone(storage).await.map_err(VerifyError::Storage)?,
        };
        for release in some {
            let key = pointer::key(*release, MANIFEST_FILE);
            let bytes = storage.get(&key).await.map_err(VerifyError::Storage)?;
            let bytes = bytes.ok_or(VerifyError::NoSuchRelease(*release))?;
            chain.links.push(Link {
                release: *release,
                sha256: digest::sha256(&bytes),
                manifest: Manifest::read(&bytes),
                signed: Signed::default(),
                vouched: Vouched::No,
                bytes,
            });
        }
        for at in 0..chain.links.len() {
            let vouched = chain.is_vouched_for(at);
            let link = &chain.links[at];
            let signed = match &link.manifest {
                Ok(manifest) => {
                    let place = Place::of_release(storage, link.release);
                    let trusted = held.trusted.filter(|_| held.release == Some(link.release));
                    signature::check(&place, manifest, &link.bytes, trusted, vouched).await?
                }
                Err(_) => Signed::default(),
            };
            chain.links[at].vouched = vouched;
            chain.links[at].signed = signed;
        }
        Ok(chain)
    }

    /// The manifest of a release, if it was read.
    pub(super) fn link(&self, release: ReleaseId) -> Option<&Link> {
        self.links.iter().find(|link| link.release == release)
    }

    /// The release that this one follows, where it was copied without it: no fault, but their link
    /// is not checked.
    pub(super) fn gap_before(&self, link: &Link) -> Option<ReleaseId> {
        let named = link.manifest.as_ref().ok()?.previous.as_ref()?.release;
        let is_gap = self.alone.contains(&link.release) && !self.all.contains(&named);
        is_gap.then_some(named)
    }

    /// Everything that is wrong between the releases.
    pub(super) fn faults(&self) -> Vec<Fault> {
        self.all_faults().into_iter().map(|between| between.fault).collect()
    }

    /// What is wrong between a release and those beside it.
    pub(super) fn faults_about(&self, release: ReleaseId) -> Vec<Fault> {
        let about = self.all_faults().into_iter();
        let about = about.filter(|between| between.releases.contains(&release));
        about.map(|between| between.fault).collect()
    }

    fn all_faults(&self) -> Vec<Between> {
        let mut faults = Vec::new();
        for at in 0..self.links.len() {
            faults.extend(self.fault_of_place(at));
            faults.extend(self.fault_of_link(at));
        }
        faults.extend(self.faults_of_pointer());
        faults
    }

    /// Whether a link or `latest.json` gives the hash that the manifest has.
    fn is_vouched_for(&self, at: usize) -> Vouched {
        let link = &self.links[at];
        let by_next = self.expected_by_next(at).is_some_and(|(_, sha256)| sha256 == link.sha256);
        let by_pointer = self.pointer().is_some_and(|pointer| {
            pointer.release == link.release && pointer.manifest_sha256 == link.sha256
        });
        if by_next || by_pointer { Vouched::Yes } else { Vouched::No }
    }

    /// The hash that the next release gives, and that release.
    fn expected_by_next(&self, at: usize) -> Option<(&Link, &str)> {
        let next = self.links.get(at + 1)?;
        let previous = next.manifest.as_ref().ok()?.previous.as_ref()?;
        (previous.release == self.links[at].release)
            .then_some((next, previous.manifest_sha256.as_str()))
    }

    /// Whether the manifest is what its publisher signed, beyond doubt: with the trusted key, or
    /// with the one that signed the release beside it.
    fn is_signed_by_publisher(&self, at: usize) -> bool {
        let signed = &self.links[at].signed;
        let Some(key) = signed.key.as_ref().filter(|_| signed.manifest) else { return false };
        let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
        let mut beside = beside.filter_map(|at| self.links.get(at)?.signed.key.as_ref());
        self.trusted.as_ref() == Some(key) || beside.any(|other| other == key)
    }

    /// The release it names as its previous against the one before it.
    fn fault_of_place(&self, at: usize) -> Option<Between> {
        let link = &self.links[at];
        let manifest = link.manifest.as_ref().ok()?;
        let named = manifest.previous.as_ref().map(|previous| previous.release);
        let before = self.all.iter().copied().chain(self.redacted.iter().map(|gone| gone.release));
        let before = before.filter(|before| *before < link.release).max();
        if named == before {
            return self.fault_of_kept_hash(at);
        }
        if self.gap_before(link).is_some() {
            return None;
        }
        let good = link.vouched == Vouched::Yes || self.is_signed_by_publisher(at);
        if let Some(gone) = named.filter(|named| good && !self.all.contains(named)) {
            let kind = FaultKind::Missing;
            return Some(Between::new([gone, link.release], gone, MANIFEST_FILE, kind));
        }
        let kind = FaultKind::Follows { named, before };
        let releases = [before.unwrap_or(link.release), link.release];
        Some(Between::new(releases, link.release, MANIFEST_FILE, kind))
    }

    /// The hash a manifest gives of a release that was taken back against the one that was kept.
    fn fault_of_kept_hash(&self, at: usize) -> Option<Between> {
        let link = &self.links[at];
        let previous = link.manifest.as_ref().ok()?.previous.as_ref()?;
        let kept = self.redacted.iter().find(|gone| gone.release == previous.release)?;
        if kept.manifest_sha256 == previous.manifest_sha256 {
            return None;
        }
        let (expected, found) = (previous.manifest_sha256.clone(), kept.manifest_sha256.clone());
        let kind = FaultKind::Link { previous: kept.release, expected, found };
        let releases = [kept.release, link.release];
        Some(Between::new(releases, link.release, MANIFEST_FILE, kind))
    }

    /// The hash of a manifest against the one that the next release gives.
    fn fault_of_link(&self, at: usize) -> Option<Between> {
        let link = &self.links[at];
        let (next, expected) = self.expected_by_next(at)?;
        if expected == link.sha256 {
            return None;
        }
        let (expected, found) = (expected.to_owned(), link.sha256.clone());
        let releases = [link.release, next.release];
        let next_is_good = next.vouched == Vouched::Yes || self.is_signed_by_publisher(at + 1);
        Some(if next_is_good && !self.is_signed_by_publisher(at) {
            let kind = FaultKind::Vouched { by: next.release.to_string(), expected, found };
            Between::new(releases, link.release, MANIFEST_FILE, kind)
        } else {
            let kind = FaultKind::Link { previous: link.release, expected, found };
            Between::new(releases, next.release, MANIFEST_FILE, kind)
        })
    }

    /// `latest.json` against the newest release.
    ///
    /// One release behind it is no fault: a run killed after the manifest, which is the commit
    /// point, leaves it so. Readers look for the newest manifest, and the next refresh moves it.
    fn faults_of_pointer(&self) -> Vec<Between> {
        let Some(newest) = self.all.last().copied() else { return Vec::new() };
        if self.link(newest).is_none() {
            return Vec::new();
        }
        if let Some(gone) = self.beheaded {
            return vec![Between::new([gone, newest], gone, MANIFEST_FILE, FaultKind::Missing)];
        }
        let wrong = Between::new([newest; 2], newest, LATEST_KEY, FaultKind::Pointer);
        let Some(bytes) = &self.latest else {
            // Killed while it published the very first release, a run leaves none.
            return if self.all.len() == 1 { Vec::new() } else { vec![wrong] };
        };
        let recent = self.links.iter().enumerate().rev().take(2);
        let pointer = self.pointer();
        // Killed after the manifest that takes it back, a redaction leaves the pointer where it was.
        let taken_back = pointer.as_ref().is_some_and(|pointer| {
            let gone = self.redacted.iter().find(|gone| gone.release == pointer.release);
            gone.is_some_and(|gone| gone.redacted_in == newest)
        });
        if taken_back {
            return Vec::new();
        }
        let named = recent.into_iter().find(|(_, link)| {
            pointer.as_ref().is_some_and(|pointer| pointer.release == link.release)
        });
        let (Some(pointer), Some((at, link))) = (&pointer, named) else { return vec![wrong] };
        if pointer.manifest_sha256 == link.sha256 {
            let manifest = link.manifest.as_ref();
            let right = manifest.map_or(true, |manifest| {
                Pointer::to(manifest, link.sha256.clone()).to_bytes() == *bytes
            });
            return if right { Vec::new() } else { vec![wrong] };
        }
        if self.is_signed_by_publisher(at) {
            return vec![wrong];
        }
        let (expected, found) = (pointer.manifest_sha256.clone(), link.sha256.clone());
        let kind = FaultKind::Vouched { by: LATEST_KEY.to_owned(), expected, found };
        let changed = Between::new([link.release, newest], link.release, MANIFEST_FILE, kind);
        // Without a signature it cannot be told which of the two was changed.
        let either = link.signed.key.is_none() || link.signed.manifest;
        if either { vec![changed, wrong] } else { vec![changed] }
    }

    fn pointer(&self) -> Option<Pointer> {
        serde_json::from_slice(self.latest.as_ref()?).ok()
    }
}

/// Which release must be signed by a key that somebody trusts.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) release: Option<ReleaseId>,
    pub(super) trusted: Option<&'a PublicKey>,
}

async fn beheaded(
    storage: &Storage,
    all: &[ReleaseId],
    latest: Option<&Bytes>,
) -> Result<Option<ReleaseId>, VerifyError> {
    let pointer = latest.and_then(|bytes| serde_json::from_slice::<Pointer>(bytes).ok());
    let Some(named) = pointer.map(|pointer| pointer.release).filter(|r| !all.contains(r)) else {
        return Ok(None);
    };
    let files = storage.list(&pointer::key(named, "")).await.map_err(VerifyError::Storage)?;
    Ok((!files.is_empty()).then_some(named))
}
