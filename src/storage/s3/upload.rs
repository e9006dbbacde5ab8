//! Writing what is large under a key that is not taken, part by part.
//!
//! The number of an upload is kept beside its key, under a name that listings leave out, for as
//! long as it lasts. So an upload whose process was killed can be found and ended: S3 keeps its
//! parts, and asks money for them, until somebody does.

use chrono::{DateTime, Utc};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as Key;
use object_store::{Error, MultipartId, ObjectStoreExt, PutMultipartOptions, PutPayload};

use crate::storage::content::{BLOCK, Content};
use crate::storage::fault::{Answer, is_absent};
use crate::storage::s3::Bucket;
use crate::storage::s3::patience::{Pauses, patiently};
use crate::storage::s3::put::{Caching, Writer, attributes};
use crate::storage::{Put, StorageError, partial};

/// The most parts that S3 lets an upload have.
const MOST_PARTS: u64 = 10_000;

/// How often an upload that somebody else ended is begun again.
const BEGINNINGS: u32 = 3;

/// An upload that was begun.
#[derive(Debug)]
struct Upload<'a> {
    key: &'a Key,
    id: MultipartId,
    /// Where its number is kept.
    note: Key,
    writer: Writer,
}

impl Bucket {
    /// Writes a content under a key that is not taken, with one part of it in memory at a time.
    pub(super) async fn put_in_parts(
        &self,
        key: &Key,
        content: &Content<'_>,
        size: u64,
        media_type: &str,
    ) -> Result<Result<Put, Error>, StorageError> {
        // Asked first, for the sake of the bytes; what counts is what the last request is told.
        match patiently(self.patience, || self.writer_of(key)).await {
            Ok(None) => {}
            Ok(Some(_)) => return Ok(Ok(Put::Exists)),
            Err(fault) => return Ok(Err(fault)),
        }
        let mut beginnings = 0;
        let put = loop {
            beginnings += 1;
            match self.upload(key, content, size, media_type).await? {
                Err(fault) if Answer::of(&fault).is_no_upload() && beginnings < BEGINNINGS => {}
                put => break put,
            }
        };
        if put.is_ok() {
            // The key is taken: whoever else is on the way to it, or was, goes for nothing.
            self.end_uploads_to(key).await;
        }
        Ok(put)
    }

    async fn upload(
        &self,
        key: &Key,
        content: &Content<'_>,
        size: u64,
        media_type: &str,
    ) -> Result<Result<Put, Error>, StorageError> {
        let upload = match self.begin(key, media_type).await {
            Ok(upload) => upload,
            Err(fault) => return Ok(Err(fault)),
        };
        let sent = self.send(&upload, content, size).await;
        if !matches!(sent, Ok(Ok(Put::Created))) {
            // What went wrong first is what is worth telling.
            self.abort(&upload).await.ok();
        }
        self.delete(&upload.note).await.ok();
        sent
    }

    async fn begin<'a>(&self, key: &'a Key, media_type: &str) -> Result<Upload<'a>, Error> {
        let writer = Writer::new();
        let options = || PutMultipartOptions {
            attributes: attributes(media_type, Caching::Forever, Some(&writer)),
            ..PutMultipartOptions::default()
        };
        let begin = || self.writer.create_multipart_opts(key, options());
        let id = patiently(self.patience, begin).await?;
        let note = Key::from(partial::name(key.as_ref()));
        let upload = Upload { key, id, note, writer };
        let number = PutPayload::from(upload.id.clone().into_bytes());
        let noted =
            patiently(self.patience, || self.writer.put(&upload.note, number.clone())).await;
        if let Err(fault) = noted {
            self.abort(&upload).await.ok();
            return Err(fault);
        }
        Ok(upload)
    }

    async fn send(
        &self,
        upload: &Upload<'_>,
        content: &Content<'_>,
        size: u64,
    ) -> Result<Result<Put, Error>, StorageError> {
        let part_size = BLOCK.max(size.div_ceil(MOST_PARTS));
        let mut blocks = content.blocks().await?;
        let mut parts = Vec::new();
        loop {
            let block = blocks.next(part_size).await?;
            if block.is_empty() {
                break;
            }
            let (payload, number) = (PutPayload::from(block), parts.len());
            let put = || self.writer.put_part(upload.key, &upload.id, number, payload.clone());
            match patiently(self.patience, put).await {
                Ok(part) => parts.push(part),
                Err(fault) => {
                    // Another writer who was first has ended this upload.
                    let decided = self.decided(upload.key, &upload.writer, &fault).await;
                    return Ok(decided.ok_or(fault));
                }
            }
        }
        Ok(self.complete(upload, &parts).await)
    }

    async fn complete(&self, upload: &Upload<'_>, parts: &[PartId]) -> Result<Put, Error> {
        let Upload { key, id, note: _, writer } = upload;
        let mut pauses = Pauses::new(self.patience);
        loop {
            let Err(fault) = self.writer.complete_multipart(key, id, parts.to_vec()).await else {
                return Ok(Put::Created);
            };
            if let Some(put) = self.decided(key, writer, &fault).await {
                return Ok(put);
            }
            pauses.after(fault).await?;
        }
    }

    async fn abort(&self, upload: &Upload<'_>) -> Result<(), Error> {
        self.abort_by_number(upload.key, &upload.id).await
    }

    async fn abort_by_number(&self, key: &Key, id: &MultipartId) -> Result<(), Error> {
        match patiently(self.patience, || self.writer.abort_multipart(key, id)).await {
            Err(fault) if !is_absent(&fault) => Err(fault),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Ends every upload to a key. One that cannot be ended is left for [`Self::end_uploads`].
    async fn end_uploads_to(&self, key: &Key) {
        let Ok(found) = self.list(key.parent().as_ref()).await else { return };
        for object in found {
            if partial::target(object.location.as_ref()) == Some(key.as_ref()) {
                self.end_upload(&object.location).await.ok();
            }
        }
    }

    /// Ends the uploads to keys below a folder, or those of them that were begun before a time, and
    /// tells how many there were.
    pub(in crate::storage) async fn end_uploads(
        &self,
        folder: Option<&Key>,
        before: Option<DateTime<Utc>>,
    ) -> Result<usize, Error> {
        let mut ended = 0;
        for object in self.list(folder).await? {
            let old = before.is_none_or(|before| object.last_modified < before);
            if old && partial::is_partial(object.location.as_ref()) {
                self.end_upload(&object.location).await?;
                ended += 1;
            }
        }
        Ok(ended)
    }

    async fn end_upload(&self, note: &Key) -> Result<(), Error> {
        let number = match self.reader.get(note).await {
            Ok(found) => found.bytes().await?,
            // Its writer has just ended it.
            Err(fault) if is_absent(&fault) => return Ok(()),
            Err(fault) => return Err(fault),
        };
        let key = partial::target(note.as_ref());
        if let (Some(key), Ok(id)) = (key, String::from_utf8(number.into())) {
            self.abort_by_number(&Key::from(key), &id).await?;
        }
        self.delete(note).await
    }
}
