//! A Data Package, version 2 (<https://datapackage.org>): the one description of a release. Its JSON
//! is `datapackage.json`; the catalogue, the linked data, the Croissant metadata and the data
//! dictionary are made from the same value.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::record::ReleaseId;

/// A release, described.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataPackage {
    /// The profile it follows.
    #[serde(rename = "$schema")]
    pub profile: &'static str,
    /// A short name, the same for every release.
    pub name: &'static str,
    /// An identifier no other package has: it follows from the bytes of the release file.
    pub id: String,
    /// Its title.
    pub title: &'static str,
    /// What it is and what it must not be read as.
    pub description: String,
    /// A page about it.
    pub homepage: &'static str,
    /// The release.
    pub version: ReleaseId,
    /// When it was published.
    pub created: DateTime<Utc>,
    /// The licence of the whole.
    pub licenses: Vec<License>,
    /// What it draws on.
    pub sources: Vec<PackageSource>,
    /// Who made it.
    pub contributors: Vec<Contributor>,
    /// Words it is found by.
    pub keywords: &'static [&'static str],
    /// Its files.
    pub resources: Vec<DataResource>,
}

/// A licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct License {
    /// Its SPDX identifier.
    pub name: &'static str,
    /// Where its text is.
    pub path: &'static str,
    /// Its title.
    pub title: &'static str,
}

/// A source and how it must be credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageSource {
    /// Its name.
    pub title: String,
    /// A page about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The date of its newest edition read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who publishes it.
    pub publisher: String,
    /// The licence it is published under.
    pub licence: String,
    /// How to credit it.
    pub attribution: String,
}

/// Somebody who made the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contributor {
    /// Their name.
    pub title: &'static str,
    /// A page about them.
    pub path: &'static str,
    /// What they did.
    pub roles: &'static [&'static str],
}

/// A file of the package.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataResource {
    /// Its name among the resources: that of its table for a CSV file, else of the file in lower
    /// case.
    pub name: String,
    /// `table` where [`Self::schema`] says what its columns are.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The name of the file.
    pub path: String,
    /// What it holds.
    pub description: String,
    /// Its format, in a word.
    pub format: String,
    /// Its media type.
    pub mediatype: String,
    /// Its character encoding, where it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<&'static str>,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes in hexadecimal, after `sha256:`.
    pub hash: String,
    /// How many rows it holds, where it is CSV. Frictionless counts them, and cannot elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// How its cells are set apart, where it is CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// Its columns, where it is CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<TableSchema>,
}

/// How the cells of a CSV file are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dialect {
    /// The profile it follows.
    #[serde(rename = "$schema")]
    pub profile: &'static str,
    /// Between two cells.
    pub delimiter: &'static str,
    /// At the end of a line.
    pub line_terminator: &'static str,
    /// Around a cell that needs it.
    pub quote_char: &'static str,
    /// Whether a quote inside a cell is written twice.
    pub double_quote: bool,
    /// Whether the first line names the columns.
    pub header: bool,
}

/// The columns of a table and what binds them: a Table Schema.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableSchema {
    /// The profile it follows.
    #[serde(rename = "$schema")]
    pub profile: &'static str,
    /// The columns in order; the file has exactly these.
    pub fields: Vec<TableField>,
    /// The columns that tell one row from another.
    pub primary_key: Vec<&'static str>,
    /// Columns that hold the ids of other rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Cells that stand for unknown.
    pub missing_values: Vec<&'static str>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableField {
    /// Its name.
    pub name: &'static str,
    /// What it holds, as a Table Schema names it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// How it is written.
    pub format: &'static str,
    /// What it means.
    pub description: String,
    /// Cells that are true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_values: Option<[&'static str; 1]>,
    /// Cells that are false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_values: Option<[&'static str; 1]>,
    /// Cells that stand for unknown in this column, where they are others than in the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_values: Option<Vec<&'static str>>,
    /// The words it may hold and what they mean.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// What every cell keeps to.
    #[serde(skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
}

/// A word of a closed vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Category {
    /// The word.
    pub value: &'static str,
    /// What it means.
    pub label: String,
}

/// What every cell of a column keeps to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Constraints {
    /// Whether it is always known.
    #[serde(skip_serializing_if = "is_false")]
    pub required: bool,
    /// Whether no two rows have the same.
    #[serde(skip_serializing_if = "is_false")]
    pub unique: bool,
    /// The only values there are.
    #[serde(rename = "enum", skip_serializing_if = "<[_]>::is_empty")]
    pub words: &'static [&'static str],
}

/// Columns that hold the ids of other rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignKey {
    /// The columns.
    pub fields: Vec<&'static str>,
    /// What they refer to.
    pub reference: Reference,
}

/// What a foreign key refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// The resource; `None` for the same one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<&'static str>,
    /// Its columns.
    pub fields: Vec<&'static str>,
}

impl Constraints {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
