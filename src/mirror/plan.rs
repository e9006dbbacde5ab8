//! What there is to copy: the releases of the host and those of this home, seen as one chain.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;

use super::MirrorError;
use super::host::{Host, Listed};
use crate::record::ReleaseId;
use crate::release::{Manifest, PreviousRelease, digest, pointer};
use crate::storage::Storage;

/// What is to be done, checked: every release named here has its place in one chain.
#[derive(Debug)]
pub(super) struct Plan {
    /// What is to be copied, the oldest first.
    pub(super) copies: Vec<Copied>,
    /// What is here and was taken back.
    pub(super) removals: Vec<ReleaseId>,
    /// How many releases of the host are here already.
    pub(super) here: usize,
    /// The release to be copied, where it follows one that is not here and will not be.
    pub(super) alone: Option<ReleaseId>,
}

/// A release to be copied.
#[derive(Debug)]
pub(super) struct Copied {
    pub(super) manifest: Manifest,
    /// The manifest as the host serves it.
    pub(super) bytes: Bytes,
}

/// A release that was taken back, as a later manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct TakenBack {
    release: ReleaseId,
    manifest_sha256: String,
}

/// What a manifest may say of releases before it.
#[derive(Debug, Default, Deserialize)]
struct Redactions {
    #[serde(default)]
    redactions: Vec<TakenBack>,
}

/// A release of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    manifest_sha256: String,
    previous: Option<PreviousRelease>,
}

impl Link {
    fn of(manifest: &Manifest, bytes: &[u8]) -> Self {
        let previous = manifest.previous.clone();
        Self { manifest_sha256: digest::sha256(bytes), previous }
    }
}

/// The releases there are, here or at the host, and those that were taken back.
#[derive(Debug, Default)]
struct Chain {
    links: BTreeMap<ReleaseId, Link>,
    taken_back: BTreeMap<ReleaseId, String>,
}

/// Looks at host and home and says what is to be done; changes nothing.
pub(super) async fn plan(
    host: &Host,
    storage: &Storage,
    only: Option<ReleaseId>,
) -> Result<Plan, MirrorError> {
    let listed = host.releases().await?;
    if listed.is_empty() {
        return Err(MirrorError::NoReleases(host.base().to_owned()));
    }
    let mut chain = Chain::default();
    let mut newest = (None, Bytes::new());
    let mut here = BTreeMap::new();
    for release in pointer::releases(storage).await? {
        let Some((manifest, bytes)) = pointer::manifest(storage, release).await? else { continue };
        let link = Link::of(&manifest, &bytes);
        here.insert(release, link.manifest_sha256.clone());
        chain.links.insert(release, link);
        newest = (Some(release), bytes);
    }
    let (copies, gone) = new_manifests(host, &listed, &here).await?;
    for Copied { manifest, bytes } in &copies {
        chain.links.insert(manifest.release, Link::of(manifest, bytes));
        if newest.0 < Some(manifest.release) {
            newest = (Some(manifest.release), bytes.clone());
        }
    }
    chain.take_back(&newest.1)?;
    if let Some(release) = gone.into_iter().find(|gone| !chain.taken_back.contains_key(gone)) {
        return Err(MirrorError::GoneUnsaid(release));
    }
    if let Some(release) = only {
        if chain.taken_back.contains_key(&release) {
            return Err(MirrorError::TakenBack(release));
        }
        if !listed.iter().any(|listed| listed.release == release) {
            return Err(MirrorError::NoSuchRelease(release));
        }
    }
    let gaps = chain.gaps()?;
    let unfilled = gaps.iter().find(|(release, _)| !here.contains_key(release));
    if let Some((&release, &previous)) = unfilled.filter(|_| only.is_none()) {
        return Err(MirrorError::Gap { release, previous });
    }
    let wanted = |copied: &Copied| {
        let release = copied.manifest.release;
        !chain.taken_back.contains_key(&release) && only.is_none_or(|only| only == release)
    };
    let copies: Vec<Copied> = copies.into_iter().filter(wanted).collect();
    Ok(Plan {
        removals: here.keys().filter(|r| chain.taken_back.contains_key(r)).copied().collect(),
        here: listed.iter().filter(|listed| here.contains_key(&listed.release)).count(),
        alone: only.filter(|_| stands_alone(&copies, &here, &chain)),
        copies,
    })
}

/// Whether the only release to be copied follows one that will not be here and was not taken back.
fn stands_alone(copies: &[Copied], here: &BTreeMap<ReleaseId, String>, chain: &Chain) -> bool {
    let previous = copies.iter().filter_map(|copied| copied.manifest.previous.as_ref());
    previous
        .map(|previous| previous.release)
        .any(|previous| !here.contains_key(&previous) && !chain.taken_back.contains_key(&previous))
}

/// The manifests of what is listed and not here, the oldest first, and what is gone at the host.
async fn new_manifests(
    host: &Host,
    listed: &[Listed],
    here: &BTreeMap<ReleaseId, String>,
) -> Result<(Vec<Copied>, Vec<ReleaseId>), MirrorError> {
    let (mut copies, mut gone) = (Vec::new(), Vec::new());
    for Listed { release, manifest_sha256 } in listed.iter().cloned() {
        if let Some(here) = here.get(&release) {
            if *here != manifest_sha256 {
                let (here, there) = (here.clone(), manifest_sha256);
                return Err(MirrorError::Changed { release, here, there });
            }
            continue;
        }
        let Some((manifest, bytes)) = host.manifest(release).await? else {
            gone.push(release);
            continue;
        };
        let found = digest::sha256(&bytes);
        if found != manifest_sha256 {
            return Err(MirrorError::Listed { release, listed: manifest_sha256, found });
        }
        copies.push(Copied { manifest, bytes });
    }
    Ok((copies, gone))
}

impl Chain {
    /// Notes what the newest manifest says was taken back; its list holds those of all before it.
    fn take_back(&mut self, newest: &[u8]) -> Result<(), MirrorError> {
        let Redactions { redactions } = serde_json::from_slice(newest).unwrap_or_default();
        for TakenBack { release, manifest_sha256 } in redactions {
            if let Some(link) = self.links.remove(&release)
                && link.manifest_sha256 != manifest_sha256
            {
                let (here, there) = (link.manifest_sha256, manifest_sha256);
                return Err(MirrorError::Changed { release, here, there });
            }
            self.taken_back.insert(release, manifest_sha256);
        }
        Ok(())
    }

    /// Checks that each release follows the one before it; gives those of which the one before is
    /// nowhere, with it.
    fn gaps(&self) -> Result<BTreeMap<ReleaseId, ReleaseId>, MirrorError> {
        let mut gaps = BTreeMap::new();
        let mut before = None;
        for (&release, link) in &self.links {
            let follows = link.previous.as_ref().map(|previous| previous.release);
            // Nothing that is there may stand between a release and the one it follows.
            if follows < before || follows >= Some(release) {
                return Err(MirrorError::Fork { release, follows, before });
            }
            before = Some(release);
            let Some(PreviousRelease { release: previous, manifest_sha256: expected }) =
                link.previous.clone()
            else {
                continue;
            };
            let there = self.links.get(&previous).map(|link| &link.manifest_sha256);
            match there.or_else(|| self.taken_back.get(&previous)) {
                Some(found) if *found != expected => {
                    let found = found.clone();
                    return Err(MirrorError::Link { release, previous, expected, found });
                }
                Some(_) => {}
                None => drop(gaps.insert(release, previous)),
            }
        }
        Ok(gaps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> ReleaseId {
        ReleaseId::new("2026-11-24".parse().unwrap(), number)
    }

    /// A chain of releases, each with the number and hash of the one it follows.
    fn chain(releases: &[(u32, Option<(u32, &str)>)], taken_back: &[u32]) -> Chain {
        let hash = |number: u32| format!("hash {number}");
        let link = |&(number, previous): &(u32, Option<(u32, &str)>)| {
            let previous = previous.map(|(number, manifest_sha256)| PreviousRelease {
                release: id(number),
                manifest_sha256: manifest_sha256.to_owned(),
            });
            (id(number), Link { manifest_sha256: hash(number), previous })
        };
        Chain {
            links: releases.iter().map(link).collect(),
            taken_back: taken_back.iter().map(|number| (id(*number), hash(*number))).collect(),
        }
    }

    #[test]
    fn a_chain_without_a_break_has_no_gap() {
        let whole = [(1, None), (2, Some((1, "hash 1"))), (3, Some((2, "hash 2")))];
        assert_eq!(chain(&whole, &[]).gaps().unwrap(), BTreeMap::new());
        // The second was taken back; its hash stays in the chain.
        assert_eq!(chain(&[whole[0], whole[2]], &[2]).gaps().unwrap(), BTreeMap::new());
        assert_eq!(chain(&[whole[0], whole[2]], &[]).gaps().unwrap(), [(id(3), id(2))].into());
        assert_eq!(chain(&whole[1..], &[]).gaps().unwrap(), [(id(2), id(1))].into());
    }

    #[test]
    fn a_link_to_another_manifest_is_named() {
        for (releases, taken_back) in [
            (vec![(1, None), (2, Some((1, "another")))], vec![]),
            (vec![(2, Some((1, "another")))], vec![1]),
        ] {
            let error = chain(&releases, &taken_back).gaps().unwrap_err();
            assert!(matches!(error, MirrorError::Link { .. }), "{error}");
        }
    }

    #[test]
    fn two_histories_are_no_chain() {
        for releases in [
            // Both follow the first.
            vec![(1, None), (2, Some((1, "hash 1"))), (3, Some((1, "hash 1")))],
            // Two beginnings.
            vec![(1, None), (2, None)],
            // What is here was made here, and its predecessor is not at the host either.
            vec![(1, None), (3, Some((2, "hash 2"))), (4, Some((2, "hash 2")))],
            // A release that follows itself, or a later one.
            vec![(1, Some((1, "hash 1")))],
            vec![(1, Some((2, "hash 2"))), (2, None)],
        ] {
            let error = chain(&releases, &[]).gaps().unwrap_err();
            assert!(matches!(error, MirrorError::Fork { .. }), "{releases:?}: {error}");
        }
    }

    #[test]
    fn a_release_that_was_taken_back_with_another_manifest_is_another_one() {
        let newest = r#"{"redactions": [{"release": "2026-11-24.1", "manifest_sha256": "x",
                         "reason": "named a resident", "redacted_in": "2026-11-24.2"}]}"#;
        let mut chain = chain(&[(1, None), (2, Some((1, "hash 1")))], &[]);
        let error = chain.take_back(newest.as_bytes()).unwrap_err();
        assert!(matches!(error, MirrorError::Changed { .. }), "{error}");
    }
}
