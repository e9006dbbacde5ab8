//! A body, bounded while it comes in: on the wire, and again as it unpacks.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use sha2::{Digest, Sha256};

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// More bytes than may unpack.
    Unpacked,
    /// It is not the gzip it says it is, or not all of it.
    Encoding,
}

/// Takes the chunks of a body as they come.
pub(super) enum BodyReader {
    /// As it is.
    Plain(Collected),
    /// Packed. The unpacker holds one window, so memory grows by what has been kept and no more.
    Gzip(Box<MultiGzDecoder<Collected>>),
}

impl BodyReader {
    /// A reader for a body in an encoding; `None` for an encoding nobody asked for.
    pub(super) fn new(encoding: &str, limit: u64) -> Option<Self> {
        let collected = Collected { bytes: Vec::new(), hash: Sha256::new(), limit, over: false };
        match encoding.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Plain(collected)),
            "gzip" | "x-gzip" => Some(Self::Gzip(Box::new(MultiGzDecoder::new(collected)))),
            _ => None,
        }
    }

    /// Takes a chunk.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Result<(), BodyFault> {
        let (taken, over) = match self {
            Self::Plain(collected) => (collected.write_all(chunk), collected.over),
            Self::Gzip(decoder) => (decoder.write_all(chunk), decoder.get_ref().over),
        };
        fault(taken, over)
    }

    /// The bytes and their SHA-256 in hexadecimal.
    pub(super) fn finish(self) -> Result<(Bytes, String), BodyFault> {
        let collected = match self {
            Self::Plain(collected) => collected,
            Self::Gzip(mut decoder) => {
                let finished = decoder.try_finish();
                fault(finished, decoder.get_ref().over)?;
                match decoder.finish() {
                    Ok(collected) => collected,
                    Err(_cut_short) => return Err(BodyFault::Encoding),
                }
            }
        };
        let sha256 = format!("{:x}", Bytes::copy_from_slice(&collected.hash.finalize()));
        Ok((Bytes::from(collected.bytes), sha256))
    }
}

fn fault(taken: io::Result<()>, over: bool) -> Result<(), BodyFault> {
    match taken {
        _ if over => Err(BodyFault::Unpacked),
        Ok(()) => Ok(()),
        Err(_not_gzip) => Err(BodyFault::Encoding),
    }
}

/// Bytes up to a bound, and their hash.
pub(super) struct Collected {
    bytes: Vec<u8>,
    hash: Sha256,
    limit: u64,
    over: bool,
}

impl Write for Collected {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + bytes.len()) as u64 > self.limit {
            self.over = true;
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.hash.update(bytes);
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(encoding: &str, limit: u64, body: &[u8]) -> Result<Bytes, BodyFault> {
        let mut reader = BodyReader::new(encoding, limit).unwrap();
        for chunk in body.chunks(7) {
            reader.take(chunk)?;
        }
        Ok(reader.finish()?.0)
    }

    #[test]
    fn a_body_at_the_bound_is_taken_and_one_byte_more_is_not() {
        let body = vec![b'a'; 10_000];
        assert_eq!(read("", 10_000, &body).unwrap(), body);
        assert_eq!(read("gzip", 10_000, &gzip(&body)).unwrap(), body);
        assert_eq!(read("", 9_999, &body), Err(BodyFault::Unpacked));
        assert_eq!(read("gzip", 9_999, &gzip(&body)), Err(BodyFault::Unpacked));
    }

    #[test]
    fn two_gzip_members_are_one_body() {
        let body = [gzip(b"one,"), gzip(b"two")].concat();
        assert_eq!(read("GZIP", 100, &body).unwrap(), "one,two");
    }

    #[test]
    fn half_a_gzip_or_none_is_a_fault() {
        let whole = gzip(b"agency,state\n");
        for body in [&whole[..whole.len() - 1], &whole[..12], b"", b"agency,state\n"] {
            assert_eq!(read("gzip", 100, body), Err(BodyFault::Encoding), "{body:?}");
        }
    }

    #[test]
    fn the_hash_is_of_what_was_unpacked() {
        let mut reader = BodyReader::new("gzip", 100).unwrap();
        reader.take(&gzip(b"abc")).unwrap();
        assert_eq!(
            reader.finish().unwrap().1,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn an_encoding_nobody_asked_for_is_not_read() {
        assert!(BodyReader::new("br", 100).is_none());
        assert!(BodyReader::new("gzip, gzip", 100).is_none());
    }
}
