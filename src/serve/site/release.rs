//! The page of a release: what it is, its files, how to cite and check it.

use std::fmt::{self, Write as _};

use super::escaped;
use super::release_files::release_files;
use crate::record::ReleaseId;
use crate::release::{DATASET_CAVEAT, DATASET_SUMMARY, DataPackage, Manifest, citation};
use crate::serve::releases::KnownRelease;

/// What a page of a release is told beside the release.
pub(in crate::serve) struct Around<'a> {
    /// What stands before every link.
    pub(in crate::serve) host: &'a str,
    /// Every release there is, newest first.
    pub(in crate::serve) releases: &'a [ReleaseId],
}

/// The contents of the page.
pub(in crate::serve) fn release(
    package: &DataPackage,
    known: &KnownRelease,
    around: &Around<'_>,
) -> String {
    let mut html = String::new();
    // A text can always be written to.
    let written = write(&mut html, package, known, around);
    debug_assert!(written.is_ok());
    html
}

fn write(
    html: &mut String,
    package: &DataPackage,
    known: &KnownRelease,
    around: &Around<'_>,
) -> fmt::Result {
    let (release, host) = (package.version, around.host);
    writeln!(
        html,
        "<h1>{}</h1>\n<p>Release <strong>{release}</strong>, published \
         <time datetime=\"{}\">{}</time>.</p>\n<p>{}</p>\n<p><strong>{}</strong></p>",
        escaped(package.title),
        package.created.format("%Y-%m-%dT%H:%M:%SZ"),
        package.created.format("%-d %B %Y, %H:%M UTC"),
        escaped(DATASET_SUMMARY),
        escaped(DATASET_CAVEAT),
    )?;
    writeln!(
        html,
        "<p>Every column is explained in the <a href=\"{host}/dictionary\">data dictionary</a>; \
         the same can be asked through the <a href=\"{host}/docs\">API</a>.</p>"
    )?;
    html.push_str(&release_files(known, host).into_string());
    write_use(html, package, &known.manifest, host)?;
    write_sources(html, package)?;
    write_others(html, release, around)
}

fn write_use(
    html: &mut String,
    package: &DataPackage,
    manifest: &Manifest,
    host: &str,
) -> fmt::Result {
    let release = package.version;
    writeln!(
        html,
        "<h2 id=\"cite\">Cite</h2>\n<blockquote><p>{}</p></blockquote>\n\
         <p>A release never changes: cite it by its name and find it at \
         <a href=\"{host}/data/{release}\">its own address</a>.</p>",
        escaped(&citation(release))
    )?;
    writeln!(
        html,
        "<h2 id=\"check\">Check</h2>\n<p>In a folder with the files: \
         <code>sha256sum -c SHA256SUMS</code>.</p>"
    )?;
    if let Some(previous) = &manifest.previous {
        writeln!(
            html,
            "<p>It follows release <a href=\"{host}/data/{0}\">{0}</a>, whose manifest has the \
             SHA-256 <code>{1}</code>.</p>",
            previous.release, previous.manifest_sha256
        )?;
    }
    Ok(())
}

fn write_sources(html: &mut String, package: &DataPackage) -> fmt::Result {
    writeln!(
        html,
        "<h2 id=\"sources\">Licence and sources</h2>\n<p>The release as a whole: {}. Credit \
         Porchlight by the name of the release, and the sources you draw on by their own \
         line.</p>\n<div class=\"wide\" role=\"region\" aria-label=\"Sources\" tabindex=\"0\">\
         <table>\n<caption>Sources of the release</caption>\n\
         <thead><tr><th scope=\"col\">Source</th><th scope=\"col\">Publisher</th>\
         <th scope=\"col\">As of</th><th scope=\"col\">Licence</th><th scope=\"col\">Credit</th>\
         </tr></thead>\n<tbody>",
        package
            .licenses
            .iter()
            .map(|licence| format!("<a href=\"{}\">{}</a>", licence.path, licence.title))
            .collect::<Vec<_>>()
            .join(", ")
    )?;
    for source in &package.sources {
        let title = escaped(&source.title);
        let name = match &source.path {
            Some(path) => format!("<a href=\"{}\">{title}</a>", escaped(path)),
            None => title.into_owned(),
        };
        writeln!(
            html,
            "<tr><th scope=\"row\">{name}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&source.publisher),
            source.version.as_deref().unwrap_or("not read yet"),
            escaped(&source.licence),
            escaped(&source.attribution)
        )?;
    }
    writeln!(html, "</tbody>\n</table></div>")
}

fn write_others(html: &mut String, release: ReleaseId, around: &Around<'_>) -> fmt::Result {
    let others: Vec<_> = around.releases.iter().filter(|other| **other != release).collect();
    if others.is_empty() {
        return Ok(());
    }
    writeln!(html, "<h2 id=\"releases\">Other releases</h2>\n<ul>")?;
    for other in others {
        writeln!(html, "<li><a href=\"{0}/data/{other}\">{other}</a></li>", around.host)?;
    }
    writeln!(html, "</ul>")
}
