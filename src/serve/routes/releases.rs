//! The releases themselves: which there are, what they are made of, their gates and files.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::json as json_answer;
use crate::record::ReleaseId;
use crate::release::{MANIFEST_FILE, RedactedRelease, SIGNATURE_TYPE, pointer};
use crate::serve::answer::{Answer, Body, FileBody, FileBytes, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint, Segment};
use crate::serve::error::{Code, Problem, cut};
use crate::serve::example;
use crate::serve::files::{self, Range, range_of};
use crate::serve::headers::{CacheClass, http_date};
use crate::serve::page::{self, Addresses, Meta};
use crate::serve::releases::KnownRelease;

/// A release there is.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct ReleaseEntry {
    /// Its name.
    release: ReleaseId,
    /// When it was published.
    published_at: DateTime<Utc>,
    /// Version of its schema.
    #[schema(example = "1.0.0")]
    schema_version: String,
    /// Version of the program that made it.
    software_version: String,
    /// The release before it; null for the first.
    #[schema(required = true)]
    previous: Option<ReleaseId>,
    /// SHA-256 of its manifest, in hexadecimal.
    manifest_sha256: String,
    /// Where its records begin.
    url: String,
    /// Where its files lie.
    files_url: String,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![list(), manifest(), gates(), file()]
}

fn list() -> Endpoint {
    let example = json!({
        "data": [{
            "release": example::RELEASE, "published_at": "2026-11-24T06:00:00Z",
            "schema_version": "1.0.0", "software_version": "0.1.0", "previous": null,
            "manifest_sha256": "0".repeat(64), "url": format!("/v1/releases/{}", example::RELEASE),
            "files_url": format!("/data/{}", example::RELEASE),
        }],
        "redacted": [],
        "links": { "self": "/v1/releases", "docs": "/docs" },
    });
    Endpoint {
        id: "listReleases".to_owned(),
        base: Base::Api,
        path: "/releases".to_owned(),
        tag: "releases",
        summary: "List releases".to_owned(),
        description: "Every release there is, newest first. A release never changes. `redacted` \
                      names those that were taken back because they held something that had to be \
                      redacted: the hash of the manifest, the reason, and the release that stands \
                      for each."
            .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: json_answer("ReleaseList", "The releases.", example),
        resource: None,
        handler: answer_list,
    }
}

fn manifest() -> Endpoint {
    let example = json!({
        "data": {
            "release": example::RELEASE, "published_at": "2026-11-24T06:00:00Z",
            "schema_version": "1.0.0", "schema_sha256": "0".repeat(64),
            "software_version": "0.1.0", "previous": null, "accepted": null, "captures": [],
            "sources": [], "tables": [], "files": [], "changes": {}, "gates": [],
        },
        "meta": example::meta(),
        "links": { "self": format!("/v1/releases/{}", example::RELEASE), "docs": "/docs" },
    });
    Endpoint {
        id: "getRelease".to_owned(),
        base: Base::Api,
        path: "/releases/{release}".to_owned(),
        tag: "releases",
        summary: "Get the manifest of a release".to_owned(),
        description: "What the release is made of: captures, tables, files with their hashes, and \
                      the hash of the manifest before."
            .to_owned(),
        segments: vec![release_segment()],
        parameters: Vec::new(),
        answers: Answers {
            also: &[404, 503],
            ..json_answer("ReleaseAnswer", "The manifest.", example)
        },
        resource: None,
        handler: answer_manifest,
    }
}

fn gates() -> Endpoint {
    let example = json!({
        "data": [{
            "gate": "ids_unique", "subject": "agencies", "passed": true, "measured": "0",
            "allowed": "0", "detail": "no id stands twice",
        }],
        "meta": example::meta(),
        "links": example::links("/gates"),
    });
    Endpoint {
        id: "getGates".to_owned(),
        base: Base::Api,
        path: "/releases/{release}/gates".to_owned(),
        tag: "releases",
        summary: "Get the gate report of a release".to_owned(),
        description:
            "What each gate measured before the release was published. A gate that did not \
                      pass was overruled by a person; the manifest gives the reason."
                .to_owned(),
        segments: vec![release_segment()],
        parameters: Vec::new(),
        answers: Answers {
            also: &[404, 503],
            ..json_answer("GateReport", "The verdict of every gate.", example)
        },
        resource: None,
        handler: answer_gates,
    }
}

fn file() -> Endpoint {
    Endpoint {
        id: "getFile".to_owned(),
        base: Base::Root,
        path: "/data/{release}/{file}".to_owned(),
        tag: "releases",
        summary: "Download a file of a release".to_owned(),
        description: "The manifest lists the files with their hashes; where it names a key, \
                      `manifest.json.minisig` and `SHA256SUMS.minisig` are their signatures. \
                      `Range` works; `latest` redirects to the newest release."
            .to_owned(),
        segments: vec![
            release_segment(),
            Segment {
                name: "file",
                description: "Name of the file.".to_owned(),
                example: "agencies.csv".to_owned(),
            },
        ],
        parameters: Vec::new(),
        answers: Answers {
            description: "The file.".to_owned(),
            forms: &[],
            // The manifest says of each file what it is.
            media_type: "*/*",
            schema: json!({}),
            example: Some(json!("id,name,parent,homepage,aliases\n")),
            also: &[206, 307, 404, 416, 503],
        },
        resource: None,
        handler: answer_file,
    }
}

pub(super) fn release_segment() -> Segment {
    Segment {
        name: "release",
        description: "Name of the release, `latest`, or a day: the last release on or before it."
            .to_owned(),
        example: example::RELEASE.to_owned(),
    }
}

fn answer_list(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let public_url = &call.state.settings().public_url;
    let known = call.state.releases().known();
    let entries: Vec<_> = known
        .values()
        .rev()
        .map(|known| ReleaseEntry {
            release: known.manifest.release,
            published_at: known.manifest.published_at,
            schema_version: known.manifest.schema_version.clone(),
            software_version: known.manifest.software_version.clone(),
            previous: known.manifest.previous.as_ref().map(|previous| previous.release),
            manifest_sha256: known.manifest_sha256.clone(),
            url: format!("{public_url}/v1/releases/{}", known.manifest.release),
            files_url: format!("{public_url}/data/{}", known.manifest.release),
        })
        .collect();
    let redacted = call.state.releases().redacted();
    let redacted: Vec<&RedactedRelease> = redacted.values().rev().collect();
    let body = json!({
        "data": entries,
        "redacted": redacted,
        "links": { "self": format!("{public_url}/v1/releases"), "docs": format!("{public_url}/docs") },
    });
    Ok(Plan::ready(Answer::json(body.to_string().into_bytes()).cached(CacheClass::Minute)))
}

fn answer_manifest(call: &Call<'_>) -> Result<Plan, Problem> {
    let manifest: serde_json::Value =
        serde_json::from_slice(&call.place()?.release.known.manifest_bytes)
            .map_err(Problem::internal)?;
    of_release(call, &manifest)
}

fn answer_gates(call: &Call<'_>) -> Result<Plan, Problem> {
    of_release(call, &call.place()?.release.database()?.gates()?)
}

/// A document that is a fact of the release the path names.
fn of_release(call: &Call<'_>, data: &impl Serialize) -> Result<Plan, Problem> {
    call.asked()?;
    let place = call.place()?;
    let links = Addresses::new(call.state, place).links(&call.path);
    let answer = Answer::json(page::document(data, &Meta::of(place), &links));
    let canonical = Some(String::new());
    Ok(Plan::Answer { canonical, short: true, work: Box::new(move || Ok(answer)) })
}

/// Media type, size and SHA-256 of a file of a release.
fn described(known: &KnownRelease, name: &str) -> Result<(String, u64, String), Problem> {
    if name == MANIFEST_FILE {
        let size = known.manifest_bytes.len() as u64;
        return Ok(("application/json".to_owned(), size, known.manifest_sha256.clone()));
    }
    if let Some(signature) = known.signatures.get(name) {
        let (size, sha256) = signature.clone();
        return Ok((SIGNATURE_TYPE.to_owned(), size, sha256));
    }
    let file = known.manifest.file(name).ok_or_else(|| {
        let release = known.manifest.release;
        Problem::not_found(format!(
            "release {release} has no file `{}`; its manifest lists all",
            cut(name)
        ))
    })?;
    Ok((file.media_type.clone(), file.bytes, file.sha256.clone()))
}

fn answer_file(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let place = call.place()?;
    let known = &place.release.known;
    let (name, release) = (call.segment("file"), known.manifest.release);
    let (media_type, size, sha256) = described(known, name)?;
    if !place.pinned {
        return Ok(Plan::Moved { to: format!("/data/{release}/{name}"), permanent: false });
    }
    // A part of another version must not be glued to what the client has.
    let same = call.header("if-range").is_none_or(|version| {
        version == format!("\"{sha256}\"") || version == http_date(known.manifest.published_at)
    });
    // HEAD has no parts: RFC 9110 defines `Range` for GET alone.
    let asked = call.header("range").filter(|_| same && !call.head);
    let range = match range_of(asked, size) {
        Range::Whole => None,
        Range::Part(from, to) => Some((from, to)),
        Range::Beyond => {
            let detail = format!("`{name}` has {size} bytes");
            let problem = Problem::new(Code::RangeNotSatisfiable, detail);
            return Err(Problem { file_size: Some(size), ..problem });
        }
    };
    if let Some(url) = &call.state.settings().data_url {
        let url = format!("{url}/releases/{release}/{name}");
        return Ok(Plan::Elsewhere { url });
    }
    let (path, key) = (known.folder.join(name), pointer::key(release, name));
    let storage = call.state.releases().storage().cloned();
    let work = move || {
        let bytes = match storage.filter(|_| !path.exists()) {
            Some(storage) => FileBytes::Stored(Box::new(storage), key),
            None => FileBytes::Here(files::open(&path, size).map_err(Problem::internal)?),
        };
        let body = Body::File(FileBody { bytes, size, sha256, range });
        let answer = Answer { body, ..Answer::bytes(media_type, Vec::new()) };
        Ok(answer.cached(CacheClass::File))
    };
    Ok(Plan::Answer { canonical: None, short: false, work: Box::new(work) })
}
