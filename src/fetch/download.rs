//! Files of a size known beforehand: streamed to the disk or through a hash, never more than was
//! promised. What came before the connection broke is not asked for again.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};
use sha2::{Digest, Sha256};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::time::{Duration, Instant, timeout};
use url::Url;

use crate::fetch::attempts::Attempts;
use crate::fetch::error::shown;
use crate::fetch::{Client, FetchError, Missing, checked, content_length, refusal, text};

/// What somebody who knows says of a file.
#[derive(Debug, Clone, Copy)]
pub struct Promise<'a> {
    /// Its size in bytes.
    pub bytes: u64,
    /// The `ETag` under which this version of it is served, with its quotes: a part of another
    /// version must not be glued to what is there.
    pub etag: &'a str,
}

/// Where the bytes of a file go.
enum Sink {
    /// A file of this machine.
    File { file: File, path: PathBuf },
    /// A hash; the bytes are forgotten.
    Hash(Sha256),
}

/// A file on its way, and how much of it has come.
struct Target {
    sink: Sink,
    have: u64,
}

impl Client {
    /// Gets a file into `path`, which may hold the beginning of it, with retries; the number of
    /// bytes that were there already.
    ///
    /// Whether the bytes are the right ones is for the caller to check: only their number is
    /// certain. After an error the file holds what came, for the next attempt, or nothing where the
    /// server cannot be believed.
    pub async fn download(
        &self,
        url: &str,
        path: &Path,
        promise: Promise<'_>,
        now: DateTime<Utc>,
    ) -> Result<u64, FetchError> {
        let mut target = Target::file(path, promise.bytes).await?;
        let had = target.have;
        let ended = self.complete(url, promise, &mut target, now).await;
        // What came is on its way to the disk, also where it broke off.
        target.settle().await?;
        ended.map(|()| had)
    }

    /// Reads a file to its end without keeping it, with retries; the SHA-256 of its bytes in
    /// hexadecimal.
    pub async fn hash(
        &self,
        url: &str,
        promise: Promise<'_>,
        now: DateTime<Utc>,
    ) -> Result<String, FetchError> {
        let mut target = Target { sink: Sink::Hash(Sha256::new()), have: 0 };
        self.complete(url, promise, &mut target, now).await?;
        let Sink::Hash(hash) = target.sink else { return Ok(String::new()) };
        Ok(format!("{:x}", Bytes::copy_from_slice(&hash.finalize())))
    }

    /// The first bytes of a file, at most `most` of them, with retries.
    pub async fn beginning(
        &self,
        url: &str,
        most: u64,
        now: DateTime<Utc>,
    ) -> Result<Bytes, FetchError> {
        let url = checked(url)?;
        let began = Instant::now();
        let mut attempts = Attempts::new(self, &url);
        loop {
            let read = self.read_beginning(&url, most, now + began.elapsed());
            match self.within(self.limits.total, &url, read).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => attempts.again(error).await?,
            }
        }
    }

    async fn read_beginning(
        &self,
        url: &Url,
        most: u64,
        now: DateTime<Utc>,
    ) -> Result<Bytes, FetchError> {
        let (url, mut response) = self.reach(url, &part(0, most.checked_sub(1), None)).await?;
        if !matches!(response.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT) {
            return Err(refusal(&url, &response, now));
        }
        refuse_encoded(&url, &response)?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        while bytes.len() < most
            && let Some(chunk) = self.chunk(&url, &mut response, bytes.len() as u64, None).await?
        {
            bytes.extend_from_slice(&chunk[..chunk.len().min(most - bytes.len())]);
        }
        Ok(bytes.into())
    }

    /// Asks until all of the file has come.
    async fn complete(
        &self,
        url: &str,
        promise: Promise<'_>,
        target: &mut Target,
        now: DateTime<Utc>,
    ) -> Result<(), FetchError> {
        let url = checked(url)?;
        let began = Instant::now();
        let mut attempts = Attempts::new(self, &url);
        loop {
            // What one body may take, once for each part of that size.
            let parts = 1 + (promise.bytes - target.have) / self.limits.max_bytes;
            let patience = self.limits.total.saturating_mul(parts.try_into().unwrap_or(u32::MAX));
            target.settle().await?;
            let carried_on = self.carry_on(&url, promise, target, now + began.elapsed());
            match self.within(patience, &url, carried_on).await {
                Ok(()) => return Ok(()),
                Err(error) => attempts.again(error).await?,
            }
        }
    }

    async fn within<T>(
        &self,
        patience: Duration,
        url: &Url,
        work: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, FetchError> {
        // The semaphore is never closed; were it, the request would go out uncounted.
        let _permit = self.permits.acquire().await.ok();
        timeout(patience, work).await.unwrap_or_else(|_elapsed| {
            Err(FetchError::TimedOut { url: shown(url), missing: Missing::End, after: patience })
        })
    }

    /// Asks for what is missing of a file, and takes it.
    async fn carry_on(
        &self,
        first: &Url,
        promise: Promise<'_>,
        target: &mut Target,
        now: DateTime<Utc>,
    ) -> Result<(), FetchError> {
        loop {
            if target.have > 0 && target.have == promise.bytes {
                return Ok(());
            }
            let asked = part(target.have, None, Some(promise.etag));
            let (url, response) = self.reach(first, &asked).await?;
            match response.status() {
                StatusCode::OK => target.restart().await?,
                StatusCode::PARTIAL_CONTENT if target.have > 0 => {
                    same_part(&url, &response, target.have, promise.bytes)?;
                }
                // Another file, or another idea of it: from the beginning, where no part is asked.
                StatusCode::RANGE_NOT_SATISFIABLE if target.have > 0 => {
                    target.restart().await?;
                    continue;
                }
                _ => return Err(refusal(&url, &response, now)),
            }
            refuse_encoded(&url, &response)?;
            return self.take(&url, response, promise.bytes, target).await;
        }
    }

    /// Takes a body to its end, which must be that of the file.
    async fn take(
        &self,
        url: &Url,
        mut response: Response,
        size: u64,
        target: &mut Target,
    ) -> Result<(), FetchError> {
        let announced = content_length(response.headers());
        if let Some(announced) = announced.map(|bytes| target.have.saturating_add(bytes))
            && announced != size
        {
            return Err(FetchError::Size { url: shown(url), expected: size, announced });
        }
        while let Some(chunk) = self.chunk(url, &mut response, target.have, Some(size)).await? {
            if target.have + chunk.len() as u64 > size {
                target.restart().await?;
                return Err(FetchError::TooLarge { url: shown(url), limit: size });
            }
            target.write(&chunk).await?;
        }
        if target.have < size {
            let (got, expected) = (target.have, Some(size));
            return Err(FetchError::Truncated { url: shown(url), got, expected });
        }
        Ok(())
    }
}

impl Target {
    /// A file that may hold its beginning already.
    async fn file(path: &Path, most: u64) -> Result<Self, FetchError> {
        let failed = |cause| FetchError::File { path: path.to_owned(), cause };
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(path).await;
        let file = file.map_err(failed)?;
        let have = file.metadata().await.map_err(failed)?.len();
        // What is longer than the file is not its beginning.
        let have = if have > most { 0 } else { have };
        Ok(Self { sink: Sink::File { file, path: path.to_owned() }, have })
    }

    /// Drops what an attempt that was cut off may have left beyond what counts, and writes on from
    /// there.
    async fn settle(&mut self) -> Result<(), FetchError> {
        let Sink::File { file, path } = &mut self.sink else { return Ok(()) };
        let settled = async {
            file.flush().await?;
            file.set_len(self.have).await?;
            file.seek(SeekFrom::Start(self.have)).await.map(drop)
        };
        settled.await.map_err(|cause| FetchError::File { path: path.clone(), cause })
    }

    /// Forgets what has come.
    async fn restart(&mut self) -> Result<(), FetchError> {
        self.have = 0;
        if let Sink::Hash(hash) = &mut self.sink {
            hash.reset();
        }
        self.settle().await
    }

    async fn write(&mut self, chunk: &[u8]) -> Result<(), FetchError> {
        match &mut self.sink {
            Sink::Hash(hash) => hash.update(chunk),
            Sink::File { file, path } => {
                let written = file.write_all(chunk).await;
                written.map_err(|cause| FetchError::File { path: path.clone(), cause })?;
            }
        }
        self.have += chunk.len() as u64;
        Ok(())
    }
}

/// The headers that ask for a part, bytes as they are; the whole from byte 0 on needs no part.
fn part(from: u64, last: Option<u64>, etag: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if from == 0 && last.is_none() {
        return headers;
    }
    let last = last.map(|last| last.to_string()).unwrap_or_default();
    let range = format!("bytes={from}-{last}");
    let condition = etag.map(HeaderValue::from_str);
    // Without the condition the part might be of another version: then it is not asked for.
    if let (Ok(range), Ok(condition)) = (range.parse(), condition.transpose()) {
        headers.insert(header::RANGE, range);
        condition.map(|etag| headers.insert(header::IF_RANGE, etag));
    }
    headers
}

/// Checks that a part is the rest of a file of that size.
fn same_part(url: &Url, response: &Response, from: u64, size: u64) -> Result<(), FetchError> {
    let other = || FetchError::OtherPart { url: shown(url), from };
    let sent = text(response.headers(), header::CONTENT_RANGE).ok_or_else(other)?;
    let (range, total) =
        sent.strip_prefix("bytes ").and_then(|sent| sent.split_once('/')).ok_or_else(other)?;
    if let Ok(announced) = total.parse::<u64>()
        && announced != size
    {
        return Err(FetchError::Size { url: shown(url), expected: size, announced });
    }
    if range == format!("{from}-{}", size - 1) { Ok(()) } else { Err(other()) }
}

/// Files come as they are: their size and hash are those of the bytes on the wire.
fn refuse_encoded(url: &Url, response: &Response) -> Result<(), FetchError> {
    match text(response.headers(), header::CONTENT_ENCODING) {
        None | Some("" | "identity") => Ok(()),
        Some(encoding) => {
            Err(FetchError::Encoding { url: shown(url), encoding: encoding.to_owned() })
        }
    }
}
