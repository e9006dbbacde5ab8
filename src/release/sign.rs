//! Signatures in the form of minisign: who published a release.
//!
//! Two files of a release are signed, `SHA256SUMS` and `manifest.json`. Their signatures are no part
//! of what they sign, so no list of files names them. An Ed25519 signature is made with fresh
//! randomness: signing twice gives two signatures, both good, of the same bytes.

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::record::ReleaseId;
use crate::release::manifest::MANIFEST_FILE;
use crate::release::stage::SUMS_FILE;

/// The signature of [`SUMS_FILE`].
pub const SUMS_SIGNATURE: &str = "SHA256SUMS.minisig";
/// The signature of [`MANIFEST_FILE`].
pub const MANIFEST_SIGNATURE: &str = "manifest.json.minisig";
/// Every signature, and the file it signs.
pub const SIGNATURES: &[(&str, &str)] =
    &[(SUMS_SIGNATURE, SUMS_FILE), (MANIFEST_SIGNATURE, MANIFEST_FILE)];
/// The media type of a signature and of a public key.
pub const SIGNATURE_TYPE: &str = "text/plain; charset=utf-8";

/// Stands in each signature where anybody could write anything.
const UNTRUSTED_COMMENT: &str = "signature of a Porchlight release";
/// Stands in the file of a secret key.
const SECRET_COMMENT: &str = "Porchlight signing key, not encrypted: keep it secret";
/// Bytes of a key file beyond which it is none.
const LONGEST_KEY_FILE: u64 = 4096;

/// The secret key that signs releases. It is never shown.
#[derive(Clone)]
pub struct SigningKey {
    secret: minisign::SecretKey,
    public: PublicKey,
}

/// The key that tells whether a signature is good.
#[derive(Clone)]
pub struct PublicKey(minisign::PublicKey);

/// Why there is no signing key to be had, or it cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("the signing key `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("`{}` cannot be written; a key that is there is never written over", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others of this machine may read or change the file.
    #[error(
        "the signing key `{}` is open to others of this machine: `chmod 600` it, and if somebody \
         may have read it, make another with `porchlight key new`",
        path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no secret key that can be used without a password.
    #[error(
        "`{}` holds no signing key without a password; `porchlight key new` makes one",
        path.display()
    )]
    NoSecretKey {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A text is no public key.
    #[error("`{0}` is no public key in the form of minisign")]
    NoPublicKey(String),
    /// The machine gives no randomness, or the key does not fit itself.
    #[error("the key cannot be used")]
    Unusable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a signature is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is not what this program writes, byte for byte: it may be cut off, or its comments were
    /// changed.
    #[error("it is not a signature as this program writes it, or is one of another release")]
    Form,
    /// It was made with another key.
    #[error("it was made with another key")]
    OtherKey,
    /// It does not sign these bytes.
    #[error("it does not fit the file it signs")]
    Wrong,
}

impl SigningKey {
    /// A new key.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = minisign::KeyPair::generate_unencrypted_keypair().map_err(unusable)?;
        Ok(Self { secret: pair.sk, public: PublicKey(pair.pk) })
    }

    /// Reads a key from a file that only its owner may read.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        // Of the open file, so that it cannot be another one by then.
        if !is_private(&file.metadata().map_err(unreadable)?) {
            return Err(KeyError::Open { path: path.to_owned() });
        }
        let mut bytes = Vec::new();
        file.take(LONGEST_KEY_FILE).read_to_end(&mut bytes).map_err(unreadable)?;
        let no_key = |source| KeyError::NoSecretKey { path: path.to_owned(), source };
        let text = String::from_utf8(bytes).map_err(|error| no_key(error.into()))?;
        let secret = minisign::SecretKeyBox::from(text).into_unencrypted_secret_key();
        let secret = secret.map_err(|error| no_key(error.into()))?;
        let public = minisign::PublicKey::from_secret_key(&secret);
        let public = PublicKey(public.map_err(|error| no_key(error.into()))?);
        Ok(Self { secret, public })
    }

    /// Writes the secret key to `path`, which only its owner may read from the first byte on, and
    /// the public key to `public`. Neither may be there already; if one is, nothing is left.
    pub fn write_new(&self, path: &Path, public: &Path) -> Result<(), KeyError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyError::Unwritable { path, source }
        };
        let text = self.secret.to_box(Some(SECRET_COMMENT)).map_err(unusable)?;
        let mut file = create_private(path).map_err(failed(path))?;
        let written = file
            .write_all(&text.to_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed(path))
            .and_then(|()| {
                let mut file = File::create_new(public).map_err(failed(public))?;
                file.write_all(self.public.to_file().as_bytes()).map_err(failed(public))
            });
        if written.is_err() {
            // What went wrong first is what is worth telling.
            std::fs::remove_file(path).ok();
        }
        written
    }

    /// The key that tells whether its signatures are good.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature of a file of a release, as a file.
    pub fn sign(&self, release: ReleaseId, bytes: &[u8]) -> Result<String, KeyError> {
        let signed = minisign::sign(
            Some(&self.public.0),
            &self.secret,
            Cursor::new(bytes),
            Some(&trusted_comment(release)),
            Some(UNTRUSTED_COMMENT),
        );
        Ok(signed.map_err(unusable)?.into_string())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// Reads a key: the line of base64 alone, or a `.pub` file of minisign.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let line = match text.trim().split_once('\n') {
            Some((comment, key)) if comment.starts_with("untrusted comment:") => key.trim(),
            Some(_) | None => text.trim(),
        };
        let read = minisign::PublicKey::from_base64(line).ok().map(Self);
        // What is cut off, or has more behind it, comes out otherwise than it went in.
        read.filter(|key| key.to_string() == line && line.starts_with("RW"))
            .ok_or_else(|| KeyError::NoPublicKey(line.chars().take(80).collect()))
    }

    /// The text of minisign's `.pub` file.
    #[must_use]
    pub fn to_file(&self) -> String {
        let bytes = self.0.keynum().iter().rev();
        let number = bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("untrusted comment: minisign public key {number:016X}\n{self}\n")
    }

    /// Checks the signature of a file of a release.
    pub fn check(
        &self,
        release: ReleaseId,
        bytes: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let text = std::str::from_utf8(signature).map_err(|_not_text| SignatureError::Form)?;
        let read = minisign::SignatureBox::from_string(text)
            .map_err(|_no_signature| SignatureError::Form)?;
        let comment = read.trusted_comment().map_err(|_none| SignatureError::Form)?;
        let untrusted = read.untrusted_comment().map_err(|_none| SignatureError::Form)?;
        // Nothing may be slipped into what is not signed: the comment anybody can change, spaces.
        let expected = comment == trusted_comment(release) && untrusted == UNTRUSTED_COMMENT;
        if !expected || read.to_string() != text {
            return Err(SignatureError::Form);
        }
        if read.keynum() != self.0.keynum() {
            return Err(SignatureError::OtherKey);
        }
        minisign::verify(&self.0, &read, Cursor::new(bytes), true, false, false)
            .map_err(|_not_good| SignatureError::Wrong)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_base64())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bytes() == other.0.to_bytes()
    }
}

impl Eq for PublicKey {}

/// What the signer vouches for beside the bytes. It has no time in it: the release has.
fn trusted_comment(release: ReleaseId) -> String {
    format!("porchlight {release}")
}

fn unusable(error: minisign::PError) -> KeyError {
    KeyError::Unusable(error.into())
}

#[cfg(unix)]
fn is_private(file: &Metadata) -> bool {
    const OTHERS: u32 = 0o077;
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.permissions());
    mode & OTHERS == 0
}

/// Elsewhere who may read a file is not told by a number.
#[cfg(not(unix))]
fn is_private(_file: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> ReleaseId {
        "2026-11-24.1".parse().unwrap()
    }

    #[test]
    fn a_signature_is_good_for_its_bytes_its_release_and_its_key_alone() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let signature = key.sign(release(), b"bytes").unwrap();
        let check = |key: &SigningKey, release, bytes: &[u8], signature: &str| {
            key.public().check(release, bytes, signature.as_bytes())
        };
        assert_eq!(check(&key, release(), b"bytes", &signature), Ok(()));
        assert_eq!(check(&key, release(), b"bytez", &signature), Err(SignatureError::Wrong));
        assert_eq!(check(&other, release(), b"bytes", &signature), Err(SignatureError::OtherKey));
        let next = "2026-11-24.2".parse().unwrap();
        assert_eq!(check(&key, next, b"bytes", &signature), Err(SignatureError::Form));
        assert!(signature.contains("\ntrusted comment: porchlight 2026-11-24.1\n"));
    }

    #[test]
    fn no_byte_of_a_signature_can_be_changed() {
        let key = SigningKey::generate().unwrap();
        let signature = key.sign(release(), b"bytes").unwrap().into_bytes();
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert!(key.public().check(release(), b"bytes", &changed).is_err(), "byte {at}");
            assert!(key.public().check(release(), b"bytes", &signature[..at]).is_err(), "cut {at}");
        }
        let longer = [signature.as_slice(), b"\n"].concat();
        assert!(key.public().check(release(), b"bytes", &longer).is_err());
    }

    #[test]
    fn a_public_key_reads_back_from_its_line_and_from_its_file() {
        let key = SigningKey::generate().unwrap().public().clone();
        assert_eq!(PublicKey::read(&key.to_string()).unwrap(), key);
        assert_eq!(PublicKey::read(&key.to_file()).unwrap(), key);
        let line = key.to_string();
        for wrong in ["", "RWQ", &line[1..], &format!("{line}AAAA"), "porchlight.pub"] {
            assert!(matches!(PublicKey::read(wrong), Err(KeyError::NoPublicKey(_))), "{wrong}");
        }
    }

    #[test]
    fn a_secret_key_does_not_show() {
        let key = SigningKey::generate().unwrap();
        let secret = format!("{:?}", key.secret);
        assert!(secret.len() > 64 && !format!("{key:?}").contains(&secret[..16]));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_is_private_whole_and_never_written_over() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let (path, public) = (folder.path().join("a.key"), folder.path().join("a.pub"));
        let key = SigningKey::generate().unwrap();
        key.write_new(&path, &public).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SigningKey::from_file(&path).unwrap().public(), key.public());
        let text = std::fs::read(&path).unwrap();
        let again = SigningKey::generate().unwrap().write_new(&path, &folder.path().join("b.pub"));
        assert!(matches!(again, Err(KeyError::Unwritable { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), text);
        // A public key that is in the way leaves no secret key behind.
        let other = folder.path().join("c.key");
        assert!(key.write_new(&other, &public).is_err() && !other.exists());

        for mode in [0o640, 0o604, 0o660, 0o644] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(matches!(SigningKey::from_file(&path), Err(KeyError::Open { .. })), "{mode:o}");
        }
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        for wrong in [&text[..text.len() - 9], b"", b"\xff", b"untrusted comment: x\nRWQ=\n"] {
            std::fs::write(&path, wrong).unwrap();
            assert!(matches!(SigningKey::from_file(&path), Err(KeyError::NoSecretKey { .. })));
        }
    }
}
