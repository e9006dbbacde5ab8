//! What a file of a release is, in words.

use super::citation::CITATION_FILE;
use super::croissant::CROISSANT_FILE;
use super::datapackage::DATA_PACKAGE_FILE;
use super::datasette::DATASETTE_FILE;
use super::readme::README_FILE;
use super::trail::{REDIRECTS_FILE, WITHDRAWALS_FILE};
use super::{GATES_FILE, bundle};
use crate::record::Resource;
use crate::release::manifest::{MANIFEST_FILE, ManifestFile};
use crate::release::stage::{DATASET_FILE, SUMS_FILE};

/// Files that are one of their kind, and what they are.
const KNOWN: &[(&str, &str)] = &[
    (DATASET_FILE, "Everything as one SQLite database; every other file is made from it."),
    (GATES_FILE, "What was checked before the release was published, and with what result."),
    (REDIRECTS_FILE, "Ids that were merged into another, since the first release."),
    (WITHDRAWALS_FILE, "Ids that were taken back, since the first release."),
    ("changes.ndjson", "What changed against the release before, field by field, and why."),
    (CITATION_FILE, "How to cite the release, for programs (Citation File Format)."),
    (DATASETTE_FILE, "Titles, facets and searches for looking at the database with Datasette."),
    (DATA_PACKAGE_FILE, "Every file, table and column, described for programs (Data Package)."),
    (CROISSANT_FILE, "The same for tools of machine learning (Croissant)."),
    (README_FILE, "What the release is, how to cite it and how to check it."),
    (SUMS_FILE, "SHA-256 of every other file but the manifest, as `sha256sum -c` reads it."),
    ("SHA256SUMS.minisig", "The publisher's signature of SHA256SUMS, as `minisign -V` reads it."),
    (MANIFEST_FILE, "What the release is made of and follows; written last."),
];

/// What a file holds, in a sentence or two.
pub(super) fn about_file(file: &ManifestFile) -> String {
    if let Some((_, about)) = KNOWN.iter().find(|(name, _)| *name == file.name) {
        return (*about).to_owned();
    }
    if file.name.starts_with(bundle::PREFIX) {
        return "All files but the sums, their signature and the manifest.".to_owned();
    }
    let table = file.table.as_deref().and_then(Resource::of_table);
    match (table, file.table.as_deref()) {
        (Some(table), _) => {
            format!(
                "The table `{}`, {}. Each row: {}",
                table.table,
                form(&file.name),
                table.about()
            )
        }
        (None, Some(table)) => format!("The table `{table}`, {}.", form(&file.name)),
        (None, None) => format!("Part of the release, {}.", form(&file.name)),
    }
}

/// What a file is, without what the rows of its table are.
#[must_use]
pub fn form_of_file(file: &ManifestFile) -> String {
    let about = about_file(file);
    match about.split_once(" Each row:") {
        Some((form, _)) => form.to_owned(),
        None => about,
    }
}

/// How a file is written, by its name.
fn form(name: &str) -> &'static str {
    match ending(name) {
        "csv" => "as CSV with a header; lists and objects are JSON text",
        "ndjson.gz" => "as lines of JSON, packed with gzip",
        "ndjson" => "as lines of JSON",
        "geo.parquet" | "geoparquet" => "as GeoParquet, with points",
        "parquet" => "as Parquet, with typed columns",
        "geojson" => "as GeoJSON, with points",
        "json" => "as JSON",
        _ => "as it is",
    }
}

/// Endings of two parts.
const DOUBLE_ENDINGS: &[&str] = &["ndjson.gz", "geo.parquet"];

/// What tells the format in a name.
fn ending(name: &str) -> &str {
    let double = DOUBLE_ENDINGS.iter().find(|ending| name.ends_with(**ending));
    double.copied().or_else(|| name.rsplit_once('.').map(|(_, ending)| ending)).unwrap_or("")
}

/// The format of a file in a word, by its name.
///
/// For Parquet and JSON lines it is not the ending of the name: Frictionless would then want to read
/// the columns of that file too, and fails where it was installed without its optional parts.
pub(super) fn format_of(name: &str) -> String {
    match ending(name) {
        "parquet" => "apache-parquet".to_owned(),
        "geo.parquet" => "geoparquet".to_owned(),
        "ndjson" => "json-lines".to_owned(),
        "" => "text".to_owned(),
        ending => ending.to_ascii_lowercase(),
    }
}
