//! `/data.json`: the releases as a catalogue of DCAT-US 3.0, which harvesters of open data read.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::release::{
    DATASET_CAVEAT, DATASET_HOMEPAGE, DATASET_PUBLISHER, DATASET_SUMMARY, DataPackage, DataResource,
};
use crate::serve::answer::{Answer, Plan};
use crate::serve::dispatch::newest_release;
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::headers::CacheClass;
use crate::serve::releases::KnownRelease;
use crate::serve::state::Settings;

/// The document of the standard.
const STANDARD: &str = "https://resources.data.gov/resources/dcat-us3/";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![catalogue()]
}

fn catalogue() -> Endpoint {
    let example = json!({
        "@type": "Catalog", "title": "Porchlight", "dataset": [],
        "conformsTo": { "@type": "Standard", "title": "DCAT-US 3.0", "identifier": STANDARD },
    });
    Endpoint {
        id: "getCatalogue".to_owned(),
        base: Base::Root,
        path: "/data.json".to_owned(),
        tag: "releases",
        summary: "The data as a catalogue".to_owned(),
        description: "The newest release with its files, and all its versions, as DCAT-US 3.0 has \
                      it, for harvesters."
            .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: Answers {
            description: "The catalogue.".to_owned(),
            forms: &[],
            media_type: "application/json",
            // What stands in it is the standard's to say.
            schema: json!({ "type": "object", "description": "A catalogue of DCAT-US 3.0." }),
            example: Some(example),
            also: &[503],
        },
        resource: None,
        handler: answer,
    }
}

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let place = newest_release(call.state)?;
    let package = place.release.package()?;
    let known = call.state.releases().known();
    let versions: Vec<_> = known.values().rev().cloned().collect();
    let catalogue = Catalogue { settings: call.state.settings(), package: &package };
    let body = catalogue.document(&versions).to_string().into_bytes();
    Ok(Plan::ready(Answer::json(body).cached(CacheClass::Minute)))
}

/// What the catalogue is made from.
struct Catalogue<'a> {
    settings: &'a Settings,
    /// The newest release.
    package: &'a DataPackage,
}

impl Catalogue<'_> {
    fn document(&self, versions: &[Arc<KnownRelease>]) -> Value {
        let host = &self.settings.public_url;
        let first = versions.last().map(|first| first.manifest.published_at);
        json!({
            "@id": format!("{host}/data.json"),
            "@type": "Catalog",
            "conformsTo": { "@type": "Standard", "title": "DCAT-US 3.0", "identifier": STANDARD },
            "title": DATASET_PUBLISHER,
            "description": DATASET_SUMMARY,
            "publisher": publisher("Agent"),
            "language": "en",
            "issued": first,
            "modified": self.package.created,
            "license": self.licence(),
            "homepage": document("Porchlight data", &format!("{host}/data")),
            "dataset": [self.series(versions)],
            "service": [self.service()],
        })
    }

    /// The dataset as a whole: its newest release, and every release as a version of it.
    fn series(&self, versions: &[Arc<KnownRelease>]) -> Value {
        let (host, package) = (&self.settings.public_url, self.package);
        let files: Vec<_> = package.resources.iter().map(|file| self.distribution(file)).collect();
        let all: Vec<_> = versions.iter().map(|version| self.version(version)).collect();
        let previous = versions.get(1).map(|previous| self.version(previous));
        let provenance: Vec<_> = package.sources.iter().map(|s| &s.attribution).collect();
        let mut series = self.dataset(package.title, &format!("{host}/data"));
        let more = json!({
            "keyword": package.keywords,
            "version": package.version,
            "otherIdentifier": [package.id],
            "issued": versions.last().map(|first| first.manifest.published_at),
            "modified": package.created,
            "accrualPeriodicity": "irregular",
            "accessRights": "public",
            "rights": [DATASET_CAVEAT],
            "provenance": provenance,
            "spatial": [{ "@type": "Location", "prefLabel": "United States" }],
            "describedBy": {
                "@type": "Distribution",
                "title": "Data dictionary",
                "accessURL": format!("{host}/dictionary"),
                "mediaType": "text/html",
            },
            "distribution": files,
            "hasVersion": all,
            "hasCurrentVersion": all.first(),
            "previousVersion": previous,
        });
        add(&mut series, more);
        series
    }

    /// One release, in short.
    fn version(&self, known: &KnownRelease) -> Value {
        let (host, manifest) = (&self.settings.public_url, &known.manifest);
        let release = manifest.release;
        let address = format!("{host}/data/{release}");
        let mut version = self.dataset(&format!("Porchlight, release {release}"), &address);
        add(
            &mut version,
            json!({
                "version": release,
                "issued": manifest.published_at,
                "distribution": [{
                    "@type": "Distribution",
                    "title": "The manifest, which lists every file",
                    "downloadURL": format!("{address}/manifest.json"),
                    "mediaType": "application/json",
                    "license": self.licence(),
                    "checksum": checksum(&known.manifest_sha256),
                }],
            }),
        );
        version
    }

    /// What every dataset of the catalogue must have.
    fn dataset(&self, title: &str, address: &str) -> Value {
        json!({
            "@id": address,
            "@type": "Dataset",
            "identifier": address,
            "title": title,
            "description": self.package.description,
            "publisher": publisher("Organization"),
            "contactPoint": self.contact(),
            "language": "en",
            "landingPage": document(title, address),
        })
    }

    fn distribution(&self, file: &DataResource) -> Value {
        let (host, release) = (&self.settings.public_url, self.package.version);
        json!({
            "@type": "Distribution",
            "title": file.path,
            "description": file.description,
            "downloadURL": format!("{host}/data/{release}/{}", file.path),
            "mediaType": file.mediatype,
            "format": file.format,
            "byteSize": file.bytes.to_string(),
            "characterEncoding": file.encoding.map(|encoding| [encoding]),
            "license": self.licence(),
            "issued": self.package.created,
            "checksum": checksum(file.hash.trim_start_matches("sha256:")),
        })
    }

    fn service(&self) -> Value {
        let host = &self.settings.public_url;
        json!({
            "@type": "DataService",
            "title": "Porchlight API",
            "description": "Every record of every release, with filters and counts; no key.",
            "publisher": publisher("Agent"),
            "contactPoint": [self.contact()],
            "endpointURL": [format!("{host}/v1")],
            "endpointDescription": [format!("{host}/openapi.json")],
        })
    }

    /// Whom to ask. The standard wants an address of mail, which the operator must have given.
    fn contact(&self) -> Value {
        let mut contact = json!({
            "@type": "Kind",
            "fn": DATASET_PUBLISHER,
            "hasURL": format!("{DATASET_HOMEPAGE}/issues"),
        });
        if let Some(address) = &self.settings.contact_email {
            contact["hasEmail"] = json!(format!("mailto:{address}"));
        }
        contact
    }

    fn licence(&self) -> Option<&'static str> {
        self.package.licenses.first().map(|licence| licence.path)
    }
}

fn publisher(kind: &str) -> Value {
    json!({ "@type": kind, "name": DATASET_PUBLISHER })
}

fn document(title: &str, address: &str) -> Value {
    json!({ "@type": "Document", "title": title, "accessURL": address })
}

fn checksum(sha256: &str) -> Value {
    json!({ "@type": "Checksum", "algorithm": "SHA-256", "checksumValue": sha256 })
}

/// Adds the entries of one object to another.
fn add(to: &mut Value, more: Value) {
    if let (Value::Object(to), Value::Object(more)) = (to, more) {
        to.extend(more);
    }
}
