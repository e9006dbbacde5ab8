//! The files of a release as a table, for every page that lists them.

use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::figure::{Entry, Reply};
use super::prose;
use crate::release::{MANIFEST_FILE, form_of_file};
use crate::serve::releases::KnownRelease;

/// The files with what they hold, their sizes and checksums; `host` stands before their links.
pub(super) fn release_files(known: &KnownRelease, host: &str) -> Markup {
    let release = known.manifest.release;
    // What the API says of a release, which need not be opened for it.
    let files = json!({ "data": { "files": known.manifest.files } });
    let manifest = Reply::new(format!("/v1/releases/{release}"), files);
    let folder = format!("{host}/data/{release}");
    html! {
        h2 #files { "Files" }
        div.wide role="region" aria-label="Files" tabindex="0" { table {
            caption { "Files of release " (release) ", with sizes and checksums" }
            thead { tr {
                th scope="col" { "File" } th scope="col" { "What it holds" }
                th scope="col" class="number" { "Rows" } th scope="col" class="number" { "Bytes" }
                th scope="col" { "SHA-256" }
            } }
            tbody data-call=(manifest.call()) {
                @for file in manifest.record().list("files") { (row(known, &file, &folder)) }
                tr {
                    th scope="row" class="name" { a href={ (folder) "/" (MANIFEST_FILE) } { code { (MANIFEST_FILE) } } }
                    td.text { "What the release is made of and follows, with the SHA-256 of every file." }
                    td {} td {}
                    td.text { code { (known.manifest_sha256) } }
                }
            }
        } }
    }
}

fn row(known: &KnownRelease, file: &Entry<'_>, folder: &str) -> Markup {
    let name = file.text("name");
    let about = known.manifest.file(name).map(form_of_file).unwrap_or_default();
    html! {
        tr {
            th scope="row" class="name" { a href={ (folder) "/" (name) } { code { (name) } } }
            td.text { (PreEscaped(prose(&about))) }
            td.number { @if !file.field("rows").is_null() { (file.number("rows")) } }
            td.number { (file.number("bytes")) }
            td.text { code { (file.text("sha256")) } }
        }
    }
}
