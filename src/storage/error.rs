//! Why bytes could not be kept or found, and what to do about it.

use std::error::Error;
use std::io;

use crate::storage::fault::{Answer, BucketFault};

type Cause = Box<dyn Error + Send + Sync>;

/// Why the storage did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The storage cannot be opened.
    #[error("the storage {location} cannot be opened; check that it exists and may be written")]
    Open {
        /// The folder or bucket.
        location: String,
        /// What happened.
        #[source]
        cause: Cause,
    },
    /// The file system takes no writes.
    #[error(
        "{place} cannot be written: the file system is read-only; mount it writable or choose another --home"
    )]
    ReadOnly {
        /// The file or key.
        place: String,
        /// What happened.
        #[source]
        cause: Cause,
    },
    /// There is no room.
    #[error(
        "{place} cannot be written: no space is left; make room or choose another --home, nothing published was touched"
    )]
    Full {
        /// The file or key.
        place: String,
        /// What happened.
        #[source]
        cause: Cause,
    },
    /// This user may not do that.
    #[error("{place} is out of reach: permission is denied; check who owns it")]
    Denied {
        /// The file or key.
        place: String,
        /// What happened.
        #[source]
        cause: Cause,
    },
    /// The bucket did not do it.
    #[error("{place} cannot be {action}: {fault}")]
    Bucket {
        /// The key, as `s3://BUCKET/KEY`.
        place: String,
        /// What was tried, as a participle.
        action: &'static str,
        /// What is wrong.
        fault: BucketFault,
        /// What the service said.
        #[source]
        cause: Cause,
    },
    /// Anything else that may go wrong with a disk.
    #[error("{place} cannot be {action}; check the disk and try again")]
    Io {
        /// The file or key.
        place: String,
        /// What was tried, as a participle.
        action: &'static str,
        /// What happened.
        #[source]
        cause: Cause,
    },
    /// A key that cannot be a file below the storage.
    #[error("`{key}` is not a key")]
    BadKey {
        /// The key.
        key: String,
    },
    /// A capture that ought to be there.
    #[error("the capture {place} is missing; put it back from a backup or a mirror")]
    MissingCapture {
        /// The file or key.
        place: String,
    },
    /// A capture that does not hold what it held when it was stored.
    #[error(
        "the capture {place} is damaged, its hash now is {found}; put back a good copy from a backup or a mirror"
    )]
    DamagedCapture {
        /// The file or key.
        place: String,
        /// The hash of what is there.
        found: String,
    },
}

impl StorageError {
    /// Says what a bucket's answer means. Of the answer itself only what may be read in a log is
    /// kept.
    pub(super) fn of_bucket(
        place: String,
        action: &'static str,
        cause: &object_store::Error,
    ) -> Self {
        let answer = Answer::of(cause);
        Self::Bucket { place, action, fault: answer.fault(), cause: Box::new(answer) }
    }

    /// Sorts an error by what a person can do about it.
    pub(super) fn sort(
        place: String,
        action: &'static str,
        cause: impl Error + Send + Sync + 'static,
    ) -> Self {
        let kind = io_kind(&cause);
        let cause = Box::new(cause);
        match kind {
            Some(io::ErrorKind::ReadOnlyFilesystem) => Self::ReadOnly { place, cause },
            Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                Self::Full { place, cause }
            }
            Some(io::ErrorKind::PermissionDenied) => Self::Denied { place, cause },
            Some(_) | None => Self::Io { place, action, cause },
        }
    }
}

/// The kind of the I/O error at the bottom of it, if it is one.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|cause| cause.downcast_ref::<io::Error>())
        .map(io::Error::kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(kind: io::ErrorKind) -> String {
        let cause = object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(io::Error::from(kind)),
        };
        StorageError::sort("/home/captures/ab".to_owned(), "written", cause).to_string()
    }

    #[test]
    fn each_fault_a_person_can_mend_says_how() {
        assert!(sorted(io::ErrorKind::ReadOnlyFilesystem).contains("mount it writable"));
        assert!(sorted(io::ErrorKind::StorageFull).contains("make room"));
        assert!(sorted(io::ErrorKind::QuotaExceeded).contains("make room"));
        assert!(sorted(io::ErrorKind::PermissionDenied).contains("check who owns it"));
        assert_eq!(
            sorted(io::ErrorKind::BrokenPipe),
            "/home/captures/ab cannot be written; check the disk and try again"
        );
    }
}
