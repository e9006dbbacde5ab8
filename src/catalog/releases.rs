//! Which releases were published, as the writers remember it. The storage is what counts.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::catalog::row::{RowName, stored};
use crate::catalog::schema::releases;
use crate::catalog::{Catalog, CatalogError, Epoch};
use crate::record::ReleaseId;

/// A published release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRow {
    /// Its name.
    pub release: ReleaseId,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// SHA-256 of its manifest in hexadecimal.
    pub manifest_sha256: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = releases)]
struct Row {
    release: String,
    published_at: NaiveDateTime,
    manifest_sha256: String,
}

impl Catalog {
    /// Notes a release, and tells whoever listens ([`Catalog::news`]). Noting it again changes nothing, so that a run that died between the
    /// manifest and this note can be made up for.
    ///
    /// [`CatalogError::Superseded`] if `epoch` is over, [`CatalogError::ReleaseDiffers`] if the
    /// name is taken by another manifest.
    pub fn record_release(&self, epoch: Epoch, release: &ReleaseRow) -> Result<(), CatalogError> {
        self.write_as(epoch, |conn| {
            let ReleaseRow { release, published_at, manifest_sha256 } = release.clone();
            let known: Option<Row> = releases::table
                .find(release.to_string())
                .select(Row::as_select())
                .first(conn)
                .optional()?;
            match known {
                Some(known) if known.manifest_sha256 == manifest_sha256 => Ok(()),
                Some(_) => Err(CatalogError::ReleaseDiffers { release }.into()),
                None => {
                    let row = Row {
                        release: release.to_string(),
                        published_at: stored(published_at),
                        manifest_sha256,
                    };
                    diesel::insert_into(releases::table).values(&row).execute(conn)?;
                    Ok(conn.tell_release(&row.release)?)
                }
            }
        })
    }

    /// Every release noted, newest first.
    pub fn releases(&self) -> Result<Vec<ReleaseRow>, CatalogError> {
        self.read(|conn| {
            let rows = releases::table.select(Row::as_select()).load(conn)?;
            let mut releases: Vec<ReleaseRow> =
                rows.into_iter().map(ReleaseRow::try_from).collect::<Result<_, _>>()?;
            // As text `.10` would stand before `.9`.
            releases.sort_by_key(|row| std::cmp::Reverse(row.release));
            Ok(releases)
        })
    }
}

impl TryFrom<Row> for ReleaseRow {
    type Error = CatalogError;

    fn try_from(row: Row) -> Result<Self, CatalogError> {
        let Row { release, published_at, manifest_sha256 } = row;
        Ok(Self {
            release: RowName { table: "releases", key: &release }.parse(&release)?,
            published_at: published_at.and_utc(),
            manifest_sha256,
        })
    }
}
