//! Whether a storage keeps its word.

use bytes::Bytes;
use object_store::{
    Attribute, Attributes, Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
};

use crate::storage::{Storage, StorageError, parse};

/// How a storage behaved with one small object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Whether a second create-only write of the same key was refused.
    pub refuses_a_second_write: bool,
    /// Whether the bytes came back as they were.
    pub keeps_bytes: bool,
    /// The media type that came back.
    pub media_type: Option<String>,
}

/// The media type that the object of a trial is given.
const MEDIA_TYPE: &str = "text/plain; charset=utf-8";

impl Trial {
    /// Whether the media type came back as it was given.
    #[must_use]
    pub fn keeps_media_type(&self) -> bool {
        self.media_type.as_deref() == Some(MEDIA_TYPE)
    }
}

impl Storage {
    /// Writes a small object under `key`, which must not be taken, reads it and deletes it. Only of
    /// a bucket: a folder knows no media types.
    pub async fn try_out(&self, key: &str) -> Result<Trial, StorageError> {
        let done = self.write_twice_and_read(key).await;
        let deleted = self.delete(key).await;
        let trial = done?;
        deleted.map(|()| trial)
    }

    async fn write_twice_and_read(&self, key: &str) -> Result<Trial, StorageError> {
        let path = parse(key)?;
        let bytes = Bytes::from_static(b"porchlight doctor\n");
        let options = || {
            let mut attributes = Attributes::new();
            attributes.insert(Attribute::ContentType, MEDIA_TYPE.into());
            PutOptions { attributes, ..PutOptions::from(PutMode::Create) }
        };
        let payload = || PutPayload::from(bytes.clone());
        let written = self.store.put_opts(&path, payload(), options()).await;
        written.map_err(|cause| self.fault(key, "written", cause))?;
        let refuses_a_second_write = match self.store.put_opts(&path, payload(), options()).await {
            Ok(_) => false,
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => true,
            Err(cause) => return Err(self.fault(key, "written", cause)),
        };
        let read = |cause| self.fault(key, "read", cause);
        let found = self.store.get(&path).await.map_err(read)?;
        let media_type =
            found.attributes.get(&Attribute::ContentType).map(|value| (**value).to_owned());
        let keeps_bytes = found.bytes().await.map_err(read)? == bytes;
        Ok(Trial { refuses_a_second_write, keeps_bytes, media_type })
    }
}
