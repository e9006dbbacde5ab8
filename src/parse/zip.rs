//! The one text of a zip archive, unpacked within a bound.

use std::io::{Cursor, Read};

use zip::ZipArchive;

/// Why an archive gives no text.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The archive is damaged, cut off, encrypted or packed in a way not supported.
    #[error("a zip archive that cannot be unpacked")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is neither a single file nor one whose name ends in `.txt`.
    #[error("a zip archive of {files} files, none of them called `.txt`")]
    NoText {
        /// How many files it holds.
        files: usize,
    },
    /// The file is larger than it may be.
    #[error("a zip archive whose text is larger than {limit} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit: u64,
    },
}

/// Unpacks the only file of a zip archive, or else the first whose name ends in `.txt`.
///
/// Answers `None` where the bytes are no zip archive. The bound holds for what is really unpacked,
/// whatever size the archive claims.
pub fn single_text(bytes: &[u8], max_unpacked: u64) -> Result<Option<Vec<u8>>, ZipError> {
    // A file's header, or the end of an archive without files.
    if !bytes.starts_with(b"PK\x03\x04") && !bytes.starts_with(b"PK\x05\x06") {
        return Ok(None);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let index = text_index(&mut archive)?;
    let entry = archive.by_index(index).map_err(damaged)?;
    let mut text = Vec::new();
    // One byte more than the bound tells a text that fills it from one that exceeds it.
    entry.take(max_unpacked.saturating_add(1)).read_to_end(&mut text).map_err(damaged)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > max_unpacked {
        return Err(ZipError::TooLarge { limit: max_unpacked });
    }
    Ok(Some(text))
}

fn text_index(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<usize, ZipError> {
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(damaged)?;
        if !entry.is_dir() {
            files.push((index, entry.name_raw().to_ascii_lowercase().ends_with(b".txt")));
        }
    }
    match files.as_slice() {
        [(only, _)] => Ok(*only),
        several => several
            .iter()
            .find_map(|(index, is_text)| is_text.then_some(*index))
            .ok_or(ZipError::NoText { files: several.len() }),
    }
}

fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> ZipError {
    ZipError::Damaged(error.into())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::{ZipError, single_text};

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn the_only_file_is_the_text_whatever_its_name() {
        let bytes = archive(&[("2025_Gaz_place_national", b"USPS|GEOID")]);
        assert_eq!(single_text(&bytes, 100).unwrap().as_deref(), Some(&b"USPS|GEOID"[..]));
    }

    #[test]
    fn among_several_files_the_first_text_is_taken() {
        let bytes = archive(&[("about.pdf", b"%PDF"), ("a.TXT", b"one"), ("b.txt", b"two")]);
        assert_eq!(single_text(&bytes, 100).unwrap().as_deref(), Some(&b"one"[..]));
        let bytes = archive(&[("a.pdf", b"%PDF"), ("b.pdf", b"%PDF")]);
        assert!(matches!(single_text(&bytes, 100), Err(ZipError::NoText { files: 2 })));
        assert!(matches!(single_text(&archive(&[]), 100), Err(ZipError::NoText { files: 0 })));
    }

    #[test]
    fn what_is_no_archive_is_left_to_the_caller() {
        assert!(single_text(b"USPS|GEOID\n", 100).unwrap().is_none());
        assert!(single_text(b"", 100).unwrap().is_none());
    }

    #[test]
    fn a_bomb_is_refused_at_the_bound_and_a_text_that_fills_it_is_not() {
        let bomb = archive(&[("a.txt", &vec![b' '; 1 << 20])]);
        assert!(bomb.len() < 10_000);
        assert!(single_text(&bomb, 1 << 20).unwrap().is_some());
        assert!(matches!(
            single_text(&bomb, (1 << 20) - 1),
            Err(ZipError::TooLarge { limit: 1_048_575 })
        ));
    }

    #[test]
    fn the_claimed_size_is_not_believed() {
        let mut bomb = archive(&[("a.txt", &vec![b' '; 1 << 20])]);
        let claim = (1_u32 << 20).to_le_bytes();
        while let Some(at) = bomb.windows(4).position(|bytes| bytes == claim) {
            bomb[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
        assert!(single_text(&bomb, 1000).is_err());
    }

    #[test]
    fn an_archive_cut_off_is_damaged() {
        let bytes = archive(&[("a.txt", b"one")]);
        assert!(matches!(single_text(&bytes[..bytes.len() / 2], 100), Err(ZipError::Damaged(_))));
    }
}
