//! Short names for long texts.

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// The first `bytes` bytes of the SHA-256 of a text, in hexadecimal: it tells the text from any
/// other, and not what it is.
pub(super) fn mark(text: &str, bytes: usize) -> String {
    let hash = Sha256::digest(text.as_bytes());
    format!("{:x}", Bytes::copy_from_slice(hash.get(..bytes).unwrap_or(&hash)))
}
