//! Where captures, releases and the catalog are kept.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use crate::config::{ConfigError, RawS3, S3Location, Secret};

/// Where captures and releases are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageLocation {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket. Only made by a program with the cargo feature `s3`.
    S3(Box<S3Location>),
}

/// Where the catalog is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogLocation {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// URL of a PostgreSQL database. Only made by a program with the cargo feature `postgres`.
    Postgres(Secret),
}

pub(super) const STORAGE_ACCEPTED: &str = "file:///FOLDER or s3://BUCKET/PREFIX";
const CATALOG_ACCEPTED: &str = "sqlite:///FILE or postgres://USER@HOST/DATABASE";

impl StorageLocation {
    /// Reads a storage URL; none is the home folder. Creates nothing.
    pub(super) fn read(url: Option<&str>, s3: RawS3, home: &Path) -> Result<Self, ConfigError> {
        let Some(url) = url else { return Ok(Self::Folder(home.to_owned())) };
        match split(url) {
            ("file", rest) => Ok(Self::Folder(path("storage-url", url, rest, STORAGE_ACCEPTED)?)),
            ("s3", _) if cfg!(not(feature = "s3")) => {
                Err(ConfigError::FeatureMissing { setting: "storage-url", feature: "s3" })
            }
            ("s3", rest) => Ok(Self::S3(Box::new(S3Location::read(url, rest, s3)?))),
            (scheme, _) => Err(ConfigError::UnknownScheme {
                setting: "storage-url",
                scheme: scheme.to_owned(),
                accepted: STORAGE_ACCEPTED,
            }),
        }
    }
}

impl StorageLocation {
    /// The same, asked with no more patience than clients have who wait for it.
    #[must_use]
    pub fn for_clients(&self) -> Self {
        match self {
            Self::Folder(_) => self.clone(),
            Self::S3(bucket) => {
                let patience = bucket.patience.for_clients();
                Self::S3(Box::new(S3Location { patience, ..S3Location::clone(bucket) }))
            }
        }
    }
}

impl CatalogLocation {
    /// Reads a catalog URL; none is a file in the home folder. Creates nothing.
    pub(super) fn read(url: Option<&Secret>, home: &Path) -> Result<Self, ConfigError> {
        let Some(url) = url else { return Ok(Self::Sqlite(home.join("catalog.sqlite"))) };
        match split(url) {
            ("sqlite", rest) => Ok(Self::Sqlite(path("catalog-url", url, rest, CATALOG_ACCEPTED)?)),
            ("postgres" | "postgresql", _) if cfg!(not(feature = "postgres")) => {
                Err(ConfigError::FeatureMissing { setting: "catalog-url", feature: "postgres" })
            }
            ("postgres" | "postgresql", _) => Ok(Self::Postgres(url.clone())),
            (scheme, _) => Err(ConfigError::UnknownScheme {
                setting: "catalog-url",
                scheme: scheme.to_owned(),
                accepted: CATALOG_ACCEPTED,
            }),
        }
    }
}

/// Scheme and rest; the scheme is empty where there is none. The rest never reaches an error: it
/// may hold a password.
fn split(url: &str) -> (&str, &str) {
    url.split_once("://").unwrap_or(("", url))
}

fn path(
    setting: &'static str,
    url: &str,
    rest: &str,
    accepted: &'static str,
) -> Result<PathBuf, ConfigError> {
    match percent_decode_str(rest).decode_utf8() {
        Ok(path) if !path.is_empty() => Ok(PathBuf::from(path.as_ref())),
        Ok(_) | Err(_) => Err(ConfigError::invalid(setting, url, accepted)),
    }
}
