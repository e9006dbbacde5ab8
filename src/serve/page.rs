//! The envelope of every JSON answer: `data`, `meta`, `links`.
//!
//! Nothing in it depends on the clock, the host or the request's form: the same question to the
//! same release gives the same bytes, whether the release was named or not.

use serde::Serialize;
use utoipa::ToSchema;

use super::error::Problem;
use super::include::Shown;
use super::json::{write_row, write_value};
use super::routes::CoverageInWords;
use super::shape::{self, Row};
use super::state::{Place, State};
use super::texts::Text;
use crate::record::{Cell, Column, ReleaseId};

/// Bytes of a page beside its records, about.
const ENVELOPE: usize = 1024;

/// What an answer is about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Meta {
    /// The release it was read from.
    release: ReleaseId,
    /// Version of the schema of that release.
    #[schema(example = "1.0.0")]
    schema_version: String,
}

/// What an agency's record is about, and what is known of the agency in words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgencyMeta {
    /// The release it was read from.
    release: ReleaseId,
    /// Version of the schema of that release.
    #[schema(example = "1.0.0")]
    schema_version: String,
    /// What is known of its partnerships, and who looked.
    coverage: CoverageInWords,
}

/// What a page of records is about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListMeta {
    /// The release it was read from.
    release: ReleaseId,
    /// Version of the schema of that release.
    #[schema(example = "1.0.0")]
    schema_version: String,
    /// Records that fit, on all pages.
    #[schema(example = 2411)]
    pub(super) total: i64,
    /// Records on this page.
    #[schema(example = 50)]
    pub(super) returned: usize,
    /// Records left out because a date they would be judged by is not known.
    uncertain_excluded: i64,
}

/// How many records a query asks for, and how many it leaves out for want of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Totals {
    /// Records that fit, on all pages.
    pub(super) total: i64,
    /// Records whose dates do not tell whether they fit.
    pub(super) uncertain_excluded: i64,
}

/// Where to go from an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Links {
    /// This answer, by the name of its release.
    #[serde(rename = "self")]
    this: String,
    /// What can be asked.
    docs: String,
}

/// Where to go from a record.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordLinks {
    /// This record, by the name of its release.
    #[serde(rename = "self")]
    pub(super) this: String,
    /// When it changed, and why.
    pub(super) history: String,
    /// Who says so, or what a source says; null for what is itself evidence, or an issue, or a
    /// correction.
    #[schema(required = true)]
    pub(super) evidence: Option<String>,
    /// The partnerships of an agency; null for other records.
    #[schema(required = true)]
    pub(super) partnerships: Option<String>,
    /// Who looked for partnerships of an agency; null for other records.
    #[schema(required = true)]
    pub(super) coverage: Option<String>,
    /// What can be asked.
    pub(super) docs: String,
}

/// Where to go from a page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListLinks {
    /// This page, by the name of its release.
    #[serde(rename = "self")]
    pub(super) this: String,
    /// The next page; null on the last.
    #[schema(required = true)]
    pub(super) next: Option<String>,
    /// All the records that fit, as CSV.
    pub(super) csv: String,
    /// What can be asked.
    pub(super) docs: String,
}

/// Where to go from a page of what are no records.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PageLinks {
    /// This page, by the name of its release.
    #[serde(rename = "self")]
    pub(super) this: String,
    /// The next page; null on the last.
    #[schema(required = true)]
    pub(super) next: Option<String>,
    /// What can be asked.
    pub(super) docs: String,
}

/// Where to go from a table that is no list of records.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TableLinks {
    /// This table, by the name of its release.
    #[serde(rename = "self")]
    this: String,
    /// The same as CSV.
    csv: String,
    /// What can be asked.
    docs: String,
}

impl TableLinks {
    pub(super) fn new(addresses: &Addresses, path: &str, query: &str) -> Self {
        let link = |form: &str| addresses.link(&addresses.pinned(&format!("{path}{form}{query}")));
        Self { this: link(""), csv: link(".csv"), docs: addresses.docs() }
    }
}

/// What stands before every link.
pub(super) struct Addresses {
    public_url: String,
    release: ReleaseId,
}

impl Addresses {
    pub(super) fn new(state: &State, place: &Place) -> Self {
        Self { public_url: state.settings().public_url.clone(), release: place.release.id() }
    }

    /// An address in the release, without the host.
    pub(super) fn pinned(&self, path: &str) -> String {
        format!("/v1/releases/{}{path}", self.release)
    }

    /// The address of the documentation.
    pub(super) fn docs(&self) -> String {
        self.link("/docs")
    }

    /// An address as a client can use it.
    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// Links of an answer that is no record and no page.
    pub(super) fn links(&self, path: &str) -> Links {
        Links { this: self.link(&self.pinned(path)), docs: self.docs() }
    }
}

impl Meta {
    pub(super) fn of(place: &Place) -> Self {
        let manifest = &place.release.known.manifest;
        Self { release: manifest.release, schema_version: manifest.schema_version.clone() }
    }
}

impl AgencyMeta {
    pub(super) fn of(place: &Place, coverage: CoverageInWords) -> Self {
        let Meta { release, schema_version } = Meta::of(place);
        Self { release, schema_version, coverage }
    }
}

impl ListMeta {
    pub(super) fn of(place: &Place, totals: Totals, returned: usize) -> Self {
        let Meta { release, schema_version } = Meta::of(place);
        let Totals { total, uncertain_excluded } = totals;
        Self { release, schema_version, total, returned, uncertain_excluded }
    }
}

/// A page of records.
pub(super) fn list(
    columns: &[&'static Column],
    rows: &[Row],
    included: &[Shown],
    meta: &ListMeta,
    links: &ListLinks,
) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(256 + rows.len() * 512);
    out.extend_from_slice(b"{\"data\":[");
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        shape::write(&mut out, columns, row, included)?;
    }
    out.push(b']');
    Ok(close(out, meta, links))
}

/// A page of records whose texts are there.
pub(super) fn list_of(texts: &[Text], meta: &ListMeta, links: &ListLinks) -> Vec<u8> {
    let length: usize = texts.iter().map(|text| text.len() + 1).sum();
    let mut out = Vec::with_capacity(length + ENVELOPE);
    out.extend_from_slice(b"{\"data\":[");
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(text);
    }
    out.push(b']');
    close(out, meta, links)
}

/// Rows that are no records.
pub(super) fn table(
    columns: &[&'static Column],
    rows: &[Vec<Cell>],
    meta: &impl Serialize,
    links: &TableLinks,
) -> Result<Vec<u8>, Problem> {
    let mut out = b"{\"data\":[".to_vec();
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_row(&mut out, columns.iter().copied(), row).map_err(Problem::internal)?;
    }
    out.push(b']');
    Ok(close(out, meta, links))
}

/// One record.
pub(super) fn record(
    columns: &[&'static Column],
    row: &Row,
    included: &[Shown],
    meta: &impl Serialize,
    links: &RecordLinks,
) -> Result<Vec<u8>, Problem> {
    let mut out = b"{\"data\":".to_vec();
    shape::write(&mut out, columns, row, included)?;
    Ok(close(out, meta, links))
}

/// Anything else.
pub(super) fn document(
    data: &impl Serialize,
    meta: &impl Serialize,
    links: &impl Serialize,
) -> Vec<u8> {
    let mut out = b"{\"data\":".to_vec();
    write_value(&mut out, data);
    close(out, meta, links)
}

fn close(mut out: Vec<u8>, meta: &impl Serialize, links: &impl Serialize) -> Vec<u8> {
    out.extend_from_slice(b",\"meta\":");
    write_value(&mut out, meta);
    out.extend_from_slice(b",\"links\":");
    write_value(&mut out, links);
    out.push(b'}');
    out
}
