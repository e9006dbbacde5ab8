//! The bucket: whether it can be listed and written, and whether it keeps its word.

use chrono::{DateTime, Utc};

use super::report::{Check, causes};
use crate::config::Config;
use crate::storage::{Storage, StorageError, Trial};

const ABOUT: &str = "bucket";

pub(super) async fn checks(config: &Config, now: DateTime<Utc>) -> Vec<Check> {
    let storage = match Storage::open(&config.storage) {
        Ok(storage) => storage,
        Err(error) => return vec![fault(&error)],
    };
    let key = format!("doctor/{}-{}", now.timestamp_micros(), std::process::id());
    match storage.list("doctor").await {
        Ok(_) => {}
        Err(error) => return vec![fault(&error)],
    }
    match storage.try_out(&key).await {
        Ok(trial) => of_trial(&trial),
        Err(error) => vec![fault(&error)],
    }
}

fn fault(error: &StorageError) -> Check {
    let advice = match error {
        StorageError::Denied { .. } => {
            "the key needs the rights to list the bucket, and to get, put and delete in it"
        }
        StorageError::Bucket { .. }
        | StorageError::Open { .. }
        | StorageError::ReadOnly { .. }
        | StorageError::Full { .. }
        | StorageError::Io { .. }
        | StorageError::BadKey { .. }
        | StorageError::MissingCapture { .. }
        | StorageError::DamagedCapture { .. } => {
            "look at PORCHLIGHT_STORAGE_URL, AWS_ENDPOINT_URL, AWS_REGION and the key"
        }
    };
    Check::fault(ABOUT, causes(error), advice)
}

fn of_trial(trial: &Trial) -> Vec<Check> {
    let mut checks = vec![if trial.keeps_bytes {
        Check::ok(ABOUT, "it can be listed, written, read and deleted in")
    } else {
        Check::fault(ABOUT, "other bytes came back than were written", "use another store")
    }];
    checks.push(if trial.refuses_a_second_write {
        Check::ok(ABOUT, "a key that is taken is not written over")
    } else {
        Check::warning(
            ABOUT,
            "it writes over a key that is taken: it ignores `If-None-Match: *`",
            "let only one machine refresh, or use a store that knows it: two that publish at the \
             same time could mix their releases",
        )
    });
    checks.push(if trial.keeps_media_type() {
        Check::ok(ABOUT, "media types come back as they were given")
    } else {
        let found = match &trial.media_type {
            Some(other) => format!("it gives back another media type than it got, `{other}`"),
            None => "it forgets media types".to_owned(),
        };
        Check::warning(ABOUT, found, "serve files from porchlight, not from the bucket itself")
    });
    checks
}
