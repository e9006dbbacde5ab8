//! Writing a key that is not taken, all at once.

use bytes::Bytes;
use object_store::path::Path as Key;
use object_store::{
    Attribute, AttributeValue, Attributes, Error, GetOptions, ObjectStore, PutMode, PutOptions,
    PutPayload,
};

use crate::storage::fault::{Answer, BucketFault, is_absent};
use crate::storage::s3::Bucket;
use crate::storage::s3::patience::Pauses;
use crate::storage::{Put, random};

/// The metadata by which a writer knows its own object again.
const WRITER: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("porchlight-writer"));

/// How long those who fetch an object may keep it without asking again. The same as `/data` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caching {
    /// What is put once never changes.
    Forever,
    /// What is replaced may change at any time.
    Minute,
}

impl Caching {
    fn header(self) -> &'static str {
        match self {
            Self::Forever => "public, max-age=31536000, immutable",
            Self::Minute => "public, max-age=60",
        }
    }
}

/// A name for one write, however often it is attempted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Writer(String);

impl Writer {
    /// A name that no other write has.
    pub(super) fn new() -> Self {
        Self(format!("{:016x}{:016x}", random::number(), random::number()))
    }
}

/// What the bucket is to say with an object, and to keep with it.
pub(super) fn attributes(
    media_type: &str,
    caching: Caching,
    writer: Option<&Writer>,
) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, AttributeValue::from(media_type.to_owned()));
    attributes.insert(Attribute::CacheControl, AttributeValue::from(caching.header()));
    if let Some(Writer(name)) = writer {
        attributes.insert(WRITER, AttributeValue::from(name.clone()));
    }
    attributes
}

impl Bucket {
    /// Writes bytes under a key that is not taken, all at once.
    pub(super) async fn put_whole(
        &self,
        key: &Key,
        bytes: Bytes,
        media_type: &str,
    ) -> Result<Put, Error> {
        let writer = Writer::new();
        let options = PutOptions {
            attributes: attributes(media_type, Caching::Forever, Some(&writer)),
            ..PutOptions::from(PutMode::Create)
        };
        let mut pauses = Pauses::new(self.patience);
        loop {
            let payload = PutPayload::from(bytes.clone());
            let Err(fault) = self.writer.put_opts(key, payload, options.clone()).await else {
                return Ok(Put::Created);
            };
            if let Some(put) = self.decided(key, &writer, &fault).await {
                return Ok(put);
            }
            pauses.after(fault).await?;
        }
    }

    /// What became of a write that failed; `None` if nothing did.
    ///
    /// The bucket may have done the work although its answer was lost, and then refuses a second
    /// attempt. So whoever fails asks whose the key is.
    pub(super) async fn decided(&self, key: &Key, writer: &Writer, fault: &Error) -> Option<Put> {
        let fault = Answer::of(fault);
        if !(fault.may_pass() || fault.is_no_upload()) || fault.fault() == BucketFault::Denied {
            return None;
        }
        match self.writer_of(key).await {
            Ok(Some(holder)) if holder == *writer => Some(Put::Created),
            Ok(Some(_)) => Some(Put::Exists),
            Ok(None) | Err(_) => None,
        }
    }

    /// Who wrote a key; an empty name where it was another program, `None` where nobody did.
    pub(super) async fn writer_of(&self, key: &Key) -> Result<Option<Writer>, Error> {
        let head = GetOptions { head: true, ..GetOptions::default() };
        match self.writer.get_opts(key, head).await {
            Ok(found) => {
                let name = found.attributes.get(&WRITER).map(|value| (**value).to_owned());
                Ok(Some(Writer(name.unwrap_or_default())))
            }
            Err(fault) if is_absent(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}
