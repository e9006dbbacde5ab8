//! Who signed a release.

use super::files::Place;
use super::{Report, VerifyError};
use crate::release::digest;
use crate::release::fault::FaultKind;
use crate::release::manifest::{MANIFEST_FILE, Manifest};
use crate::release::sign::{MANIFEST_SIGNATURE, PublicKey, SUMS_SIGNATURE, SignatureError};
use crate::release::stage::SUMS_FILE;

/// Whether something else than the signature says that a manifest is the published one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vouched {
    /// The chain does.
    Yes,
    /// Nothing does, or it says otherwise.
    No,
}

/// What the signatures of a release say.
#[derive(Debug, Default)]
pub(super) struct Signed {
    /// The key the manifest names, if it is one.
    pub(super) key: Option<PublicKey>,
    /// Whether the manifest is signed with that key.
    pub(super) manifest: bool,
    faults: Vec<(&'static str, FaultKind)>,
    /// Whether both signatures are there and good.
    whole: bool,
}

impl Signed {
    /// Notes it in a report.
    pub(super) fn tell(&self, report: &mut Report) {
        report.signed = self.whole && self.key.is_some();
        for (file, kind) in &self.faults {
            report.fault(file, kind.clone());
        }
    }

    fn fault(&mut self, file: &'static str, kind: FaultKind) {
        self.whole = false;
        self.faults.push((file, kind));
    }
}

/// Checks both signatures of a release; `trusted` is the key they must be made with.
pub(super) async fn check(
    place: &Place<'_>,
    manifest: &Manifest,
    bytes: &[u8],
    trusted: Option<&PublicKey>,
    vouched: Vouched,
) -> Result<Signed, VerifyError> {
    let mut signed = Signed { whole: true, ..Signed::default() };
    let Some(named) = &manifest.signing_key else {
        if trusted.is_some() {
            signed.fault(MANIFEST_FILE, FaultKind::NotSigned);
        }
        return Ok(signed);
    };
    let key = match PublicKey::read(named) {
        Ok(key) => key,
        Err(error) => {
            signed.fault(MANIFEST_FILE, FaultKind::unreadable(&error));
            return Ok(signed);
        }
    };
    if let Some(trusted) = trusted.filter(|trusted| **trusted != key) {
        let (expected, found) = (trusted.to_string(), key.to_string());
        signed.fault(MANIFEST_FILE, FaultKind::OtherKey { expected, found });
    }
    let wrong = match place.get(MANIFEST_SIGNATURE).await? {
        None => Some(FaultKind::Missing),
        Some(signature) => key.check(manifest.release, bytes, &signature).err().map(of),
    };
    signed.manifest = wrong.is_none();
    if let Some(kind) = wrong {
        // Which of the two was changed is told only where something else vouches for the manifest.
        if vouched == Vouched::No && kind != FaultKind::Missing {
            signed.fault(MANIFEST_FILE, FaultKind::NotAsSigned);
        }
        signed.fault(MANIFEST_SIGNATURE, kind);
    }
    check_sums(place, manifest, &key, &mut signed).await?;
    signed.key = Some(key);
    Ok(signed)
}

/// The signature of `SHA256SUMS`. That the file is the published one is told by its hash.
async fn check_sums(
    place: &Place<'_>,
    manifest: &Manifest,
    key: &PublicKey,
    signed: &mut Signed,
) -> Result<(), VerifyError> {
    let Some(signature) = place.get(SUMS_SIGNATURE).await? else {
        signed.fault(SUMS_SIGNATURE, FaultKind::Missing);
        return Ok(());
    };
    let Some(sums) = place.get(SUMS_FILE).await? else { return Ok(()) };
    let promised = manifest.file(SUMS_FILE).map(|file| file.sha256.as_str());
    let as_promised = promised == Some(digest::sha256(&sums).as_str());
    match key.check(manifest.release, &sums, &signature) {
        Err(SignatureError::Wrong) if !as_promised => {
            signed.fault(SUMS_FILE, FaultKind::NotAsSigned);
        }
        Err(error) => signed.fault(SUMS_SIGNATURE, of(error)),
        Ok(()) => {}
    }
    Ok(())
}

fn of(error: SignatureError) -> FaultKind {
    FaultKind::Signature { detail: error.to_string() }
}
