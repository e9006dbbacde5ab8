//! `croissant.json`: the description of a release for tools of machine learning, in Croissant 1.0.

use std::io::Write;

use serde_json::{Value, json};

use super::about::citation;
use super::datapackage;
use super::package::{DataPackage, DataResource, TableField, TableSchema};
use super::{Descriptor, DocumentError, Subject, write_json};
use crate::release::manifest::ManifestFile;

/// The description of a release for tools of machine learning.
pub(super) const CROISSANT_FILE: &str = "croissant.json";

pub(super) const DOCUMENT: Descriptor =
    Descriptor { name: CROISSANT_FILE, media_type: "application/ld+json", write };

fn write(
    subject: &Subject<'_>,
    files: &[ManifestFile],
    out: &mut dyn Write,
) -> Result<(), DocumentError> {
    write_json(&croissant(&datapackage::of_subject(subject, files)?), out)
}

/// A package as Croissant has it. Files are named as they lie beside it.
fn croissant(package: &DataPackage) -> Value {
    let release = package.version;
    let files: Vec<_> = package.resources.iter().map(file_object).collect();
    let records: Vec<_> =
        package.tables().map(|(resource, schema)| record_set(resource, schema)).collect();
    let licences: Vec<_> = package.licenses.iter().map(|licence| licence.path).collect();
    let creators: Vec<_> = package
        .contributors
        .iter()
        .map(|one| json!({ "@type": "Organization", "name": one.title, "url": one.path }))
        .collect();
    json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": package.name,
        "alternateName": package.title,
        "identifier": package.id,
        "description": package.description,
        "url": package.homepage,
        "license": licences,
        // Croissant wants three numbers; the release itself stands in `citeAs`.
        "version": version(&release.to_string()),
        "datePublished": package.created.date_naive().to_string(),
        "citeAs": citation(release),
        "creator": creators,
        "publisher": creators,
        "keywords": package.keywords,
        "inLanguage": "en",
        "isLiveDataset": false,
        "distribution": files,
        "recordSet": records,
    })
}

/// `2026-11-24.1` as a version of three numbers: day, then the number of the day.
fn version(release: &str) -> String {
    let (day, number) = release.split_once('.').unwrap_or((release, "0"));
    format!("{}.{number}.0", day.replace('-', ""))
}

/// What the names in the document stand for, as Croissant 1.0 gives it.
fn context() -> Value {
    let mut context = json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "conformsTo": "dct:conformsTo",
        "data": { "@id": "cr:data", "@type": "@json" },
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
    });
    let terms = [
        "citeAs",
        "column",
        "equivalentProperty",
        "extract",
        "field",
        "fileObject",
        "fileProperty",
        "fileSet",
        "format",
        "includes",
        "isLiveDataset",
        "jsonPath",
        "key",
        "md5",
        "parentField",
        "path",
        "recordSet",
        "references",
        "regex",
        "repeated",
        "replace",
        "samplingRate",
        "separator",
        "source",
        "subField",
        "transform",
    ];
    for term in terms {
        context[term] = json!(format!("cr:{term}"));
    }
    context
}

fn file_object(resource: &DataResource) -> Value {
    json!({
        "@type": "cr:FileObject",
        "@id": resource.path,
        "name": resource.path,
        "description": resource.description,
        "contentUrl": resource.path,
        "contentSize": format!("{} B", resource.bytes),
        "encodingFormat": resource.mediatype,
        "sha256": resource.hash.trim_start_matches("sha256:"),
    })
}

fn record_set(resource: &DataResource, schema: &TableSchema) -> Value {
    let of = |column: &str| json!({ "@id": format!("{}/{column}", resource.name) });
    let key: Vec<_> = schema.primary_key.iter().map(|column| of(column)).collect();
    let fields: Vec<_> = schema.fields.iter().map(|f| field(resource, schema, f)).collect();
    json!({
        "@type": "cr:RecordSet",
        "@id": resource.name,
        "name": resource.name,
        "description": resource.description,
        "key": key,
        "field": fields,
    })
}

fn field(resource: &DataResource, schema: &TableSchema, field: &TableField) -> Value {
    let id = format!("{}/{}", resource.name, field.name);
    let mut described = json!({
        "@type": "cr:Field",
        "@id": id,
        "name": id,
        "description": field.description,
        "dataType": data_type(field.kind),
        "source": {
            "fileObject": { "@id": resource.path },
            "extract": { "column": field.name },
        },
    });
    // Readers follow references to the end: one into the same table would never have any.
    let key = schema.foreign_keys.iter().find(|key| key.fields == [field.name]);
    let other = key.and_then(|key| Some((key.reference.resource?, key.reference.fields.first()?)));
    if let Some((other, column)) = other {
        described["references"] = json!({ "field": { "@id": format!("{other}/{column}") } });
    }
    described
}

/// What a type of Table Schema is here; lists and objects are their JSON text.
fn data_type(kind: &str) -> &'static str {
    match kind {
        "integer" => "sc:Integer",
        "number" => "sc:Float",
        "boolean" => "sc:Boolean",
        "date" => "sc:Date",
        "datetime" => "sc:DateTime",
        _ => "sc:Text",
    }
}
