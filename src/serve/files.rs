//! Sends the files of a release: whole or in part, in large blocks.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use actix_web::body::SizedStream;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream::{self, LocalBoxStream};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};

use super::answer::{FileBody, FileBytes};
use super::error::{Code, Problem};
use crate::config::ServeBounds;
use crate::storage::Storage;

/// Bytes read and sent at a time.
const BLOCK: u64 = 256 * 1024;

/// Why a file of a release cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileFault {
    /// It cannot be opened.
    #[error("file `{}` cannot be opened: copy that release again", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not as long as its manifest says.
    #[error(
        "file `{}` has {found} bytes where its manifest says {expected}: copy that release again",
        path.display()
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// Bytes the manifest gives.
        expected: u64,
        /// Bytes it has.
        found: u64,
    },
}

/// Opens a file of a release and sees that it has the length its manifest gives.
pub(super) fn open(path: &Path, size: u64) -> Result<File, FileFault> {
    let unreadable = |source| FileFault::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?.len();
    if found == size {
        Ok(file)
    } else {
        Err(FileFault::Length { path: path.to_owned(), expected: size, found })
    }
}

/// What a `Range` header asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// The whole file: there is no such header, or one that may be ignored.
    Whole,
    /// From the first byte to before the second.
    Part(u64, u64),
    /// Only bytes the file does not have.
    Beyond,
}

/// Reads a `Range` header for a file of this size.
///
/// Several ranges, and units other than bytes, are answered with the whole file, as RFC 9110
/// allows.
pub(super) fn range_of(header: Option<&str>, size: u64) -> Range {
    let Some(spec) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Range::Whole;
    };
    let Some((first, last)) = spec.split_once('-') else { return Range::Whole };
    let (first, last) = (first.trim(), last.trim());
    let whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !whole(first) || !whole(last) {
        return Range::Whole;
    }
    match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), _) if first >= size => Range::Beyond,
        (Some(first), Some(last)) if last < first => Range::Whole,
        (Some(first), Some(last)) => Range::Part(first, size.min(last.saturating_add(1))),
        (Some(first), None) if last.is_empty() => Range::Part(first, size),
        (None, Some(0)) if first.is_empty() => Range::Beyond,
        (None, Some(_)) if first.is_empty() && size == 0 => Range::Beyond,
        (None, Some(count)) if first.is_empty() => Range::Part(size.saturating_sub(count), size),
        (Some(_) | None, _) => Range::Whole,
    }
}

/// The answer that carries a file or a part of it; with `head`, only what is said of it.
///
/// It has the time of every download, and what its size takes at the slowest speed that is borne.
pub(super) async fn send(
    mut response: HttpResponseBuilder,
    file: FileBody,
    bounds: &ServeBounds,
    head: bool,
) -> Result<HttpResponse, Problem> {
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    if let Some(digest) = bytes_of(&file.sha256) {
        response.insert_header(("Repr-Digest", format!("sha-256=:{}:", STANDARD.encode(digest))));
    }
    let (from, to) = file.range.unwrap_or((0, file.size));
    if file.range.is_some() {
        response.status(StatusCode::PARTIAL_CONTENT);
        let last = to.saturating_sub(1);
        response
            .insert_header((header::CONTENT_RANGE, format!("bytes {from}-{last}/{}", file.size)));
    }
    let blocks = match file.bytes {
        _ if head || from == to => stream::empty().boxed_local(),
        FileBytes::Here(file) => blocks(file, from, to).boxed_local(),
        FileBytes::Stored(storage, key) => stored(&storage, &key, from, to).await?,
    };
    let slowest = Duration::from_secs((to - from) / ServeBounds::SLOWEST_FILE);
    let (begun, deadline) = (Instant::now(), bounds.download.saturating_add(slowest));
    let in_time = blocks.map(move |block| match block {
        Ok(_) if begun.elapsed() >= deadline => Err(io::ErrorKind::TimedOut.into()),
        block => block,
    });
    Ok(response.body(SizedStream::new(to - from, in_time)))
}

/// The bytes of a file of this machine, from the first to before the second.
fn blocks(file: File, from: u64, to: u64) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((file, from), move |(mut open, at)| async move {
        if at >= to {
            return Ok(None);
        }
        let read = move || {
            if at == from {
                open.seek(SeekFrom::Start(at))?;
            }
            let mut block = Vec::with_capacity(usize::try_from(BLOCK.min(to - at)).unwrap_or(0));
            (&mut open).take(BLOCK.min(to - at)).read_to_end(&mut block)?;
            if block.is_empty() {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            Ok((Bytes::from(block), open))
        };
        let (block, open) = web::block(read).await.map_err(io::Error::other)??;
        let at = at + block.len() as u64;
        Ok(Some((block, (open, at))))
    })
}

/// The same of what is in a storage. That it can be reached is known before anything is promised.
async fn stored(
    storage: &Storage,
    key: &str,
    from: u64,
    to: u64,
) -> Result<LocalBoxStream<'static, io::Result<Bytes>>, Problem> {
    match storage.stream(key, from..to).await {
        Ok(Some(bytes)) => Ok(bytes.map_err(io::Error::other).boxed_local()),
        Ok(None) => Err(Problem::internal(format!("`{key}` is not in the storage"))),
        Err(error) => {
            let detail = "that file cannot be had at the moment; try again";
            Err(Problem { cause: Some(error.into()), ..Problem::new(Code::Unavailable, detail) })
        }
    }
}

impl FileBody {
    /// Whether what is asked for is sent in one block.
    pub(super) fn is_small(&self) -> bool {
        let (from, to) = self.range.unwrap_or((0, self.size));
        to.saturating_sub(from) <= BLOCK
    }
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let pair = |at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..hex.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_has_them() {
        let of_ten = |header| range_of(Some(header), 10);
        assert_eq!(range_of(None, 10), Range::Whole);
        assert_eq!(of_ten("bytes=0-3"), Range::Part(0, 4));
        assert_eq!(of_ten("bytes=4-"), Range::Part(4, 10));
        assert_eq!(of_ten("bytes=-3"), Range::Part(7, 10));
        assert_eq!(of_ten("bytes=-30"), Range::Part(0, 10));
        assert_eq!(of_ten("bytes=8-99999999999999999999"), Range::Whole);
        assert_eq!(of_ten("bytes=8-18446744073709551615"), Range::Part(8, 10));
        for beyond in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(of_ten(beyond), Range::Beyond, "{beyond}");
        }
        for ignored in
            ["bytes=3-2", "bytes=0-1,3-4", "lines=0-1", "bytes=", "bytes=-", "bytes=+1-2"]
        {
            assert_eq!(of_ten(ignored), Range::Whole, "{ignored}");
        }
        assert_eq!(range_of(Some("bytes=-1"), 0), Range::Beyond);
    }
}
