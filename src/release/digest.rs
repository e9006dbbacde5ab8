//! SHA-256, written in lower-case hexadecimal as everywhere in a release.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// The SHA-256 of `bytes` in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Reads to the end and returns how many bytes there were, and their SHA-256 in hexadecimal.
pub fn sha256_of_reader(mut reader: impl Read) -> io::Result<(u64, String)> {
    let mut sink = HashWriter::default();
    io::copy(&mut reader, &mut sink)?;
    Ok(sink.finish())
}

/// Whether `text` is a SHA-256 as this crate writes it: 64 digits, lower case.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Hashes what is written to it.
#[derive(Debug, Default)]
pub(super) struct HashWriter {
    hash: Sha256,
    bytes: u64,
}

impl HashWriter {
    /// How many bytes were written, and their SHA-256 in hexadecimal.
    pub(super) fn finish(self) -> (u64, String) {
        (self.bytes, hexadecimal(&self.hash.finalize()))
    }
}

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), abc);
        assert_eq!(sha256_of_reader(&b"abc"[..]).unwrap(), (3, abc.to_owned()));
        assert!(is_sha256(abc) && !is_sha256(&abc.to_uppercase()) && !is_sha256("abc"));
    }
}
