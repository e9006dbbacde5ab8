//! The folders of this machine: whether they can be written, and how much room there is.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::releases::Newest;
use super::report::{Check, causes, size};
use crate::config::{Config, StorageLocation};

/// How long bringing a few bytes to the disk may take before a refresh is slowed down by it.
const SLOW: Duration = Duration::from_secs(2);

/// Room that is plenty where no release tells how large one is.
const UNKNOWN_RELEASE: u64 = 512 << 20;

/// The home folder, and that of the storage if it is another one.
pub(super) fn checks(config: &Config, newest: Option<&Newest>) -> Vec<Check> {
    let mut checks = of_folder("home", &config.home, newest);
    match &config.storage {
        StorageLocation::Folder(folder) if *folder != config.home => {
            checks.extend(of_folder("storage", folder, newest));
        }
        StorageLocation::Folder(_) | StorageLocation::S3(_) => {}
    }
    checks
}

fn of_folder(about: &'static str, folder: &Path, newest: Option<&Newest>) -> Vec<Check> {
    let shown = folder.display();
    // A folder that is not there is made by the first run: then what holds it is what counts.
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let Some(there) = absolute.ancestors().find(|place| place.exists()) else {
        let advice = "choose a folder that can be made";
        return vec![Check::fault(about, format!("{shown} leads nowhere"), advice)];
    };
    let state = if there == absolute { "is there" } else { "is made by the first run" };
    let written = match try_writing(there) {
        Ok(took) if took < SLOW => Check::ok(
            about,
            format!(
                "{shown} {state}, can be written, and {} ms bring it to the disk",
                took.as_millis()
            ),
        ),
        Ok(took) => Check::warning(
            about,
            format!("{shown} {state}; bringing a few bytes to the disk took {} s", took.as_secs()),
            "a refresh will be slow: look at what the disk is doing, or choose a local one",
        ),
        Err(error) => {
            let found = format!("{} cannot be written: {}", there.display(), causes(&error));
            Check::fault(about, found, advice(&error))
        }
    };
    let mut checks = vec![written];
    checks.extend(room(about, there, newest));
    checks
}

fn advice(error: &io::Error) -> &'static str {
    let kind = error.kind();
    if kind == io::ErrorKind::ReadOnlyFilesystem {
        "mount it writable, or choose another --home"
    } else if matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        "make room, or choose another --home; what is published is served all the same"
    } else if kind == io::ErrorKind::PermissionDenied {
        "give it to the user that runs porchlight (`chown`)"
    } else if kind == io::ErrorKind::NotADirectory {
        "it is a file: choose a folder"
    } else {
        "look at the disk, or choose another --home"
    }
}

/// Writes a few bytes to a new file, brings them to the disk, and takes the file away again; how
/// long that took.
fn try_writing(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!(".porchlight-doctor-{}", std::process::id()));
    let began = Instant::now();
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let written = file.write_all(b"porchlight doctor\n").and_then(|()| file.sync_all());
    std::fs::remove_file(&path)?;
    written.map(|()| began.elapsed())
}

/// A run writes a release beside the folder of the releases and then copies it there.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere than on Unix there is nothing to say")]
fn room(about: &'static str, place: &Path, newest: Option<&Newest>) -> Option<Check> {
    let disk = match rustix::fs::statvfs(place) {
        Ok(disk) => disk,
        Err(error) => {
            let found = format!("how much room there is cannot be told: {error}");
            return Some(Check::warning(about, found, "look at it with `df`"));
        }
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let (needed, of) = match newest {
        Some(newest) => {
            let bytes = newest.bytes();
            (2 * bytes, format!("a release is {}", size(bytes)))
        }
        None => (UNKNOWN_RELEASE, "there is no release yet to tell how large one is".to_owned()),
    };
    let found = format!("{} free; {of}, and a run needs {}", size(free), size(needed));
    Some(if free < needed {
        Check::fault(about, found, "make room, or the next release cannot be published")
    } else if free < 10 * needed {
        Check::warning(about, found, "it lasts for a few releases: make room before they come")
    } else {
        Check::ok(about, found)
    })
}

#[cfg(not(unix))]
fn room(_about: &'static str, _place: &Path, _newest: Option<&Newest>) -> Option<Check> {
    None
}
