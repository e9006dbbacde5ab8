//! `README.md`: introduces a release to whoever has its files and nothing else.

use std::io::Write;

use super::about::{
    DATASET_CAVEAT, DATASET_HOMEPAGE, DATASET_LICENCE_TITLE, DATASET_LICENCE_URL, DATASET_SUMMARY,
    DATASET_TITLE, citation, grouped as number,
};
use super::citation::CITATION_FILE;
use super::datapackage::{DATA_PACKAGE_FILE, of_subject};
use super::datasette::DATASETTE_FILE;
use super::files::form_of_file;
use super::package::{DataPackage, PackageSource};
use super::{Descriptor, DocumentError, Subject, bundle};
use crate::record::{Cell, Partnership, PartnershipStatus, Record, Resource};
use crate::release::database::{DatabaseError, Query, ReleaseDatabase};
use crate::release::format::Kind;
use crate::release::manifest::{MANIFEST_FILE, ManifestDraft, ManifestFile};
use crate::release::stage::{DATASET_FILE, SUMS_FILE};

/// The introduction.
pub(super) const README_FILE: &str = "README.md";

pub(super) const DOCUMENT: Descriptor =
    Descriptor { name: README_FILE, media_type: "text/markdown; charset=utf-8", write };

fn write(
    subject: &Subject<'_>,
    files: &[ManifestFile],
    out: &mut dyn Write,
) -> Result<(), DocumentError> {
    let package = of_subject(subject, files)?;
    introduce(subject.draft, &package, out)?;
    count(subject.database, files, out)?;
    list_files(subject.draft, files, out)?;
    how_to_read(out)?;
    how_to_check(out)?;
    credit(&package.sources, out)?;
    cite(subject.draft, out)
}

fn introduce(
    draft: &ManifestDraft,
    package: &DataPackage,
    out: &mut dyn Write,
) -> Result<(), DocumentError> {
    let published = draft.published_at.format("%Y-%m-%d %H:%M UTC");
    writeln!(out, "# {DATASET_TITLE}\n\nRelease {}, published {published}.", draft.release)?;
    match &draft.previous {
        Some(previous) => writeln!(out, "It follows release {}.", previous.release)?,
        None => writeln!(out, "It is the first release.")?,
    }
    writeln!(out, "\n{DATASET_SUMMARY}\n")?;
    writeln!(
        out,
        "**{DATASET_CAVEAT}** What each source covers, and how completely, is in `sources.csv`.\n"
    )?;
    Ok(writeln!(
        out,
        "A release never changes. A correction appears in a later one, and an id that was \
         published once means the same record in every release. This one is known as \
         `{}`.\n",
        package.id
    )?)
}

fn count(
    database: &ReleaseDatabase,
    files: &[ManifestFile],
    out: &mut dyn Write,
) -> Result<(), DocumentError> {
    writeln!(out, "## What is in it\n\n| table | rows | each row |\n|---|--:|---|")?;
    for file in files {
        let Some(table) = file.table.as_deref().and_then(Resource::of_table) else { continue };
        if Kind::Csv.file_name(table) == file.name {
            let rows = number(file.rows.unwrap_or(0));
            writeln!(out, "| `{}` | {rows} | {} |", table.table, cell(&table.about()))?;
        }
    }
    let [active, ended, unknown] =
        [PartnershipStatus::Active, PartnershipStatus::Ended, PartnershipStatus::Unknown]
            .map(|status| partnerships(database, status));
    Ok(writeln!(
        out,
        "\nOf the partnerships {} are active, {} ended, and of {} it is not known whether they \
         still hold.\n",
        number(active?),
        number(ended?),
        number(unknown?)
    )?)
}

/// How many partnerships have that status.
fn partnerships(
    database: &ReleaseDatabase,
    status: PartnershipStatus,
) -> Result<u64, DatabaseError> {
    let table = Resource::of_table(Partnership::TABLE);
    let column = table.and_then(|table| table.column("status"));
    let Some((table, column)) = table.zip(column) else { return Ok(0) };
    let groups = database.groups(&Query::of(table, 0), &[column], None)?;
    let word = Cell::Text(status.as_str().to_owned());
    let counts = groups.iter().filter(|group| group.values.first() == Some(&word));
    Ok(counts.map(|group| group.count.unsigned_abs()).sum())
}

fn list_files(
    draft: &ManifestDraft,
    files: &[ManifestFile],
    out: &mut dyn Write,
) -> Result<(), DocumentError> {
    writeln!(out, "## Files\n\n| file | rows | bytes | |\n|---|--:|--:|---|")?;
    for file in files {
        let rows = file.rows.map(number).unwrap_or_default();
        let bytes = number(file.bytes);
        writeln!(out, "| `{}` | {rows} | {bytes} | {} |", file.name, cell(&form_of_file(file)))?;
    }
    let zip = bundle::name(draft.release);
    Ok(writeln!(
        out,
        "\nBeside these: this page; `{zip}`, which holds all of them; `{SUMS_FILE}`, their \
         SHA-256; `{MANIFEST_FILE}`, which lists every file, every table and every capture the \
         release was made from.\n"
    )?)
}

fn how_to_read(out: &mut dyn Write) -> Result<(), DocumentError> {
    Ok(writeln!(
        out,
        "## How to read it\n\n\
         - Every table has the same rows in each of its formats; take the one you like.\n\
         - CSV is UTF-8 with a header. An empty cell is unknown, never zero and never no. Truth \
         values are `true` and `false`; lists and objects are JSON text.\n\
         - A column that ends in `_on` is a date; where it can be vague, the column of the same \
         name with `_precision` says how exactly it is known, and the day written is the first \
         of its month or year.\n\
         - `evidence` says for every record who says so and where: `subject_type` and \
         `subject_id` name the record, `url` and `locator` the place.\n\
         - `{DATA_PACKAGE_FILE}` describes every column, its words and its keys. With Frictionless: \
         `frictionless validate {DATA_PACKAGE_FILE}`.\n\
         - The database opens with `sqlite3 {DATASET_FILE}`, or to look around: \
         `datasette -i {DATASET_FILE} --metadata {DATASETTE_FILE}`.\n"
    )?)
}

fn how_to_check(out: &mut dyn Write) -> Result<(), DocumentError> {
    Ok(writeln!(
        out,
        "## How to check it\n\n\
         In the folder of the release:\n\n\
         ```sh\n\
         sha256sum -c {SUMS_FILE}\n\
         ```\n\n\
         If the publisher signs, `{SUMS_FILE}.minisig` lies beside it and the public key is served \
         at `/.well-known/porchlight.pub` by the publisher's server:\n\n\
         ```sh\n\
         minisign -V -m {SUMS_FILE} -p porchlight.pub\n\
         ```\n\n\
         `{MANIFEST_FILE}` names the release before and the SHA-256 of its manifest, so that the \
         releases are a chain that nobody can change in the middle. `porchlight release verify` \
         checks all of it.\n"
    )?)
}

fn credit(sources: &[PackageSource], out: &mut dyn Write) -> Result<(), DocumentError> {
    writeln!(
        out,
        "## Licence and attribution\n\n\
         The release as a whole: [{DATASET_LICENCE_TITLE}]({DATASET_LICENCE_URL}). Credit \
         Porchlight by the name of the release, and the sources you draw on by their own line.\n\n\
         | source | publisher | as of | licence of the source | credit |\n|---|---|---|---|---|"
    )?;
    for source in sources {
        let title = cell(&source.title);
        let name = match &source.path {
            Some(path) => format!("[{title}]({path})"),
            None => title,
        };
        let as_of = source.version.as_deref().unwrap_or("not read yet");
        let [publisher, licence, attribution] =
            [&source.publisher, &source.licence, &source.attribution].map(|text| cell(text));
        writeln!(out, "| {name} | {publisher} | {as_of} | {licence} | {attribution} |")?;
    }
    Ok(writeln!(
        out,
        "\nOf a source without an open licence the release carries facts and a link, never its \
         prose. Quotations in `evidence.quote` are at most 300 characters and stay their authors' \
         own.\n"
    )?)
}

fn cite(draft: &ManifestDraft, out: &mut dyn Write) -> Result<(), DocumentError> {
    Ok(writeln!(
        out,
        "## How to cite it\n\n> {}\n\n`{CITATION_FILE}` says the same for programs. Errors and \
         questions: {DATASET_HOMEPAGE}/issues",
        citation(draft.release)
    )?)
}

/// A text as the cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_a_cell() {
        assert_eq!(cell("a|b\nc"), "a\\|b c");
    }
}
