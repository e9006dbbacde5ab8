//! `datapackage.json`: describes a release by its files, and each table by its columns.

use std::io::Write;

use chrono::{DateTime, Utc};

use super::about::{
    DATASET_CAVEAT, DATASET_HOMEPAGE, DATASET_KEYWORDS, DATASET_LICENCE, DATASET_LICENCE_TITLE,
    DATASET_LICENCE_URL, DATASET_NAME, DATASET_PUBLISHER, DATASET_SUMMARY, DATASET_TITLE,
};
use super::files::{about_file, format_of};
use super::package::{
    Category, Constraints, Contributor, DataPackage, DataResource, Dialect, ForeignKey, License,
    PackageSource, Reference, TableField, TableSchema,
};
use super::trail::{REDIRECTS, REDIRECTS_FILE, WITHDRAWALS, WITHDRAWALS_FILE};
use super::{Descriptor, DocumentError, Subject, write_json};
use crate::record::{Column, ColumnType, ReleaseId, Resource, Source};
use crate::release::digest;
use crate::release::format::Kind;
use crate::release::manifest::ManifestFile;
use crate::release::stage::DATASET_FILE;

/// The description of a release.
pub const DATA_PACKAGE_FILE: &str = "datapackage.json";

pub(super) const DOCUMENT: Descriptor =
    Descriptor { name: DATA_PACKAGE_FILE, media_type: "application/json", write };

const PROFILE: &str = "https://datapackage.org/profiles/2.0/datapackage.json";

const DIALECT: Dialect = Dialect {
    profile: "https://datapackage.org/profiles/2.0/tabledialect.json",
    delimiter: ",",
    line_terminator: "\n",
    quote_char: "\"",
    double_quote: true,
    header: true,
};

fn write(
    subject: &Subject<'_>,
    files: &[ManifestFile],
    out: &mut dyn Write,
) -> Result<(), DocumentError> {
    write_json(&of_subject(subject, files)?, out)
}

/// The description of a release that is being made.
pub(super) fn of_subject(
    subject: &Subject<'_>,
    files: &[ManifestFile],
) -> Result<DataPackage, DocumentError> {
    let sources = subject.database.all()?;
    let draft = subject.draft;
    Ok(DataPackage::new(draft.release, draft.published_at, &sources, files))
}

impl DataPackage {
    /// Describes a release by its sources and files.
    #[must_use]
    pub fn new(
        release: ReleaseId,
        published_at: DateTime<Utc>,
        sources: &[Source],
        files: &[ManifestFile],
    ) -> Self {
        Self {
            profile: PROFILE,
            name: DATASET_NAME,
            id: identifier(release, files),
            title: DATASET_TITLE,
            description: format!("{DATASET_SUMMARY} {DATASET_CAVEAT}"),
            homepage: DATASET_HOMEPAGE,
            version: release,
            created: published_at,
            licenses: vec![License {
                name: DATASET_LICENCE,
                path: DATASET_LICENCE_URL,
                title: DATASET_LICENCE_TITLE,
            }],
            sources: sources.iter().map(source).collect(),
            contributors: vec![Contributor {
                title: DATASET_PUBLISHER,
                path: DATASET_HOMEPAGE,
                roles: &["creator", "publisher", "maintainer"],
            }],
            keywords: DATASET_KEYWORDS,
            resources: files.iter().map(|file| resource(file, files)).collect(),
        }
    }

    /// The resources that are tables, each with its columns.
    pub fn tables(&self) -> impl Iterator<Item = (&DataResource, &TableSchema)> {
        self.resources.iter().filter_map(|resource| Some((resource, resource.schema.as_ref()?)))
    }
}

/// A UUID of version 8 from the hash of the release file.
fn identifier(release: ReleaseId, files: &[ManifestFile]) -> String {
    let dataset = files.iter().find(|file| file.name == DATASET_FILE);
    let hash = dataset
        .map_or_else(|| digest::sha256(release.to_string().as_bytes()), |f| f.sha256.clone());
    let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
    let (time, mid, node) = (part(0, 8), part(8, 12), part(20, 32));
    // Version 8: bits of our own; variant 10.
    format!("urn:uuid:{time}-{mid}-8{}-a{}-{node}", part(13, 16), part(17, 20))
}

fn source(source: &Source) -> PackageSource {
    PackageSource {
        title: source.name.clone(),
        path: source.homepage.clone(),
        version: source.data_as_of_on.map(|on| on.to_string()),
        publisher: source.publisher.clone(),
        licence: source.licence.clone(),
        attribution: source.attribution.clone(),
    }
}

fn resource(file: &ManifestFile, files: &[ManifestFile]) -> DataResource {
    let table = file.table.as_deref().and_then(Resource::of_table);
    let csv_of = table.filter(|table| Kind::Csv.file_name(table) == file.name);
    let schema = match (csv_of, file.name.as_str()) {
        (Some(table), _) => Some(of_records(table, files)),
        (None, REDIRECTS_FILE) => Some(of_columns(REDIRECTS, "from_id")),
        (None, WITHDRAWALS_FILE) => Some(of_columns(WITHDRAWALS, "id")),
        (None, _) => None,
    };
    let stem = file.name.strip_suffix(".csv").filter(|_| schema.is_some());
    let is_text = file.media_type.ends_with("charset=utf-8");
    let media_type = file.media_type.split(';').next().unwrap_or_default();
    DataResource {
        name: stem.map_or_else(|| file.name.to_ascii_lowercase(), str::to_owned),
        kind: schema.is_some().then_some("table"),
        path: file.name.clone(),
        description: about_file(file),
        format: format_of(&file.name),
        mediatype: media_type.to_owned(),
        encoding: is_text.then_some("utf-8"),
        bytes: file.bytes,
        hash: format!("sha256:{}", file.sha256),
        rows: file.rows.filter(|_| schema.is_some()),
        dialect: schema.is_some().then_some(DIALECT),
        schema,
    }
}

/// The schema of a table of records.
///
/// What refers to records of several tables, such as `subject_id` of evidence, is no foreign key.
fn of_records(resource: &Resource, files: &[ManifestFile]) -> TableSchema {
    let is_there = |table: &str| files.iter().any(|file| file.table.as_deref() == Some(table));
    let refers = resource.columns.iter().filter(|column| column.name != "id");
    let refers = refers.filter_map(|column| Some((column.name, column.refers?)));
    let foreign_keys = refers.filter(|(_, table)| is_there(table)).map(|(column, table)| {
        let resource = (table != resource.table).then_some(table);
        ForeignKey { fields: vec![column], reference: Reference { resource, fields: vec!["id"] } }
    });
    TableSchema { foreign_keys: foreign_keys.collect(), ..of_columns(resource.columns, "id") }
}

fn of_columns(columns: &[Column], key: &'static str) -> TableSchema {
    TableSchema {
        profile: "https://datapackage.org/profiles/2.0/tableschema.json",
        fields: columns.iter().map(|column| field(column, column.name == key)).collect(),
        primary_key: vec![key],
        foreign_keys: Vec::new(),
        missing_values: vec![""],
    }
}

fn field(column: &Column, unique: bool) -> TableField {
    let (kind, words): (_, &'static [&'static str]) = match column.ty {
        ColumnType::Text => ("string", &[]),
        ColumnType::Word(words) => ("string", words),
        ColumnType::Integer => ("integer", &[]),
        ColumnType::Real => ("number", &[]),
        ColumnType::Boolean => ("boolean", &[]),
        ColumnType::Date => ("date", &[]),
        ColumnType::Instant => ("datetime", &[]),
        ColumnType::TextList => ("array", &[]),
        ColumnType::Object => ("object", &[]),
    };
    let is_truth = column.ty == ColumnType::Boolean;
    let categories =
        column.vocabulary().into_iter().map(|(value, label)| Category { value, label });
    TableField {
        name: column.name,
        kind,
        format: "default",
        description: column.about(),
        true_values: is_truth.then_some(["true"]),
        false_values: is_truth.then_some(["false"]),
        // A text that is always known may be empty; that is then what it says.
        missing_values: (column.ty == ColumnType::Text && !column.nullable).then(Vec::new),
        categories: categories.collect(),
        constraints: Constraints { required: !column.nullable, unique, words },
    }
}
