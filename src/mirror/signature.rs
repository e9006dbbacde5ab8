//! Who signed a release of a host, told before anything of it is published here.

use bytes::Bytes;

use super::MirrorError;
use super::host::Host;
use crate::fetch::FetchError;
use crate::release::{
    MANIFEST_FILE, MANIFEST_SIGNATURE, Manifest, PublicKey, SIGNATURES, SUMS_FILE,
};

/// The signatures of a release by their names, all of them good; none where its manifest names no
/// key.
///
/// `sums` is its list of hashes; `trusted` the key that must have signed it.
pub(super) async fn signatures(
    host: &Host,
    manifest: &Manifest,
    bytes: &[u8],
    sums: &[u8],
    trusted: Option<&PublicKey>,
) -> Result<Vec<(&'static str, Bytes)>, MirrorError> {
    let release = manifest.release;
    let Some(named) = &manifest.signing_key else {
        return trusted.map_or(Ok(Vec::new()), |_| Err(MirrorError::NotSigned { release }));
    };
    let key = PublicKey::read(named);
    let key = key.map_err(|source| MirrorError::Key { release, source })?;
    if trusted.is_some_and(|trusted| *trusted != key) {
        return Err(MirrorError::OtherKey { release, key: named.clone() });
    }
    let mut good = Vec::new();
    for (name, of) in SIGNATURES.iter().copied() {
        let signature = match host.get(&host.file_url(release, name)).await {
            Err(FetchError::Status { status: 404, .. }) => {
                return Err(MirrorError::SignatureMissing { release, of });
            }
            answer => answer?,
        };
        let signed = if name == MANIFEST_SIGNATURE { bytes } else { sums };
        key.check(release, signed, &signature).map_err(|source| MirrorError::Signature {
            release,
            of,
            source,
        })?;
        good.push((name, signature));
    }
    Ok(good)
}

/// The file that a fault of signature or key is about; nothing for any other fault.
pub(super) fn signed_file(error: &MirrorError) -> Option<&'static str> {
    if let MirrorError::Signature { of, .. } | MirrorError::SignatureMissing { of, .. } = error {
        return Some(of);
    }
    let of_key = matches!(
        error,
        MirrorError::Key { .. } | MirrorError::OtherKey { .. } | MirrorError::NotSigned { .. }
    );
    of_key.then_some(MANIFEST_FILE)
}

/// The list of hashes of a host's release; nothing where it has none.
pub(super) async fn sums(host: &Host, manifest: &Manifest) -> Result<Bytes, FetchError> {
    if manifest.file(SUMS_FILE).is_none() {
        return Ok(Bytes::new());
    }
    host.get(&host.file_url(manifest.release, SUMS_FILE)).await
}
