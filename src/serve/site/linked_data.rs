//! A release as schema.org describes datasets: what search engines read in the pages.

use serde_json::{Value, json};

use crate::release::{DATASET_SUMMARY, DataPackage, citation};

/// A release as a schema.org `Dataset`; `host` stands before every address.
pub(in crate::serve) fn dataset(package: &DataPackage, host: &str) -> Value {
    let release = package.version;
    let files: Vec<_> = package
        .resources
        .iter()
        .map(|file| {
            json!({
                "@type": "DataDownload",
                "name": file.path,
                "description": file.description,
                "contentUrl": format!("{host}/data/{release}/{}", file.path),
                "encodingFormat": file.mediatype,
                "contentSize": format!("{} B", file.bytes),
                "sha256": file.hash.trim_start_matches("sha256:"),
            })
        })
        .collect();
    let creators: Vec<_> = package
        .contributors
        .iter()
        .map(|one| json!({ "@type": "Organization", "name": one.title, "url": one.path }))
        .collect();
    let sources: Vec<_> = package
        .sources
        .iter()
        .map(|source| {
            json!({
                "@type": "CreativeWork",
                "name": source.title,
                "url": source.path,
                "creditText": source.attribution,
                "publisher": { "@type": "Organization", "name": source.publisher },
            })
        })
        .collect();
    let measured: Vec<_> = package.tables().map(|(table, _)| table.name.clone()).collect();
    json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": format!("{host}/data/{release}"),
        "url": format!("{host}/data/{release}"),
        "identifier": package.id,
        "name": package.title,
        "description": package.description,
        "abstract": DATASET_SUMMARY,
        "version": release,
        "datePublished": package.created,
        "license": package.licenses.first().map(|licence| licence.path),
        "isAccessibleForFree": true,
        "creator": creators,
        "publisher": creators.first(),
        "keywords": package.keywords,
        "creditText": citation(release),
        "spatialCoverage": { "@type": "Place", "name": "United States" },
        "includedInDataCatalog": { "@type": "DataCatalog", "url": format!("{host}/data.json") },
        "isBasedOn": sources,
        "variableMeasured": measured,
        "distribution": files,
    })
}
