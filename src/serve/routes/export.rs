//! All records that a query asks for, in a form other than JSON.

use std::fs::File;

use crate::record::Resource;
use crate::release::database::Query;
use crate::release::dataset::SCHEMA_VERSION;
use crate::serve::answer::{Answer, Work};
use crate::serve::files;
use crate::serve::form::{Content, Form};
use crate::serve::shape::Shape;
use crate::serve::state::Place;
use crate::serve::stream::{Export, every_page};

/// What exports all records a query asks for in a form other than JSON.
pub(super) fn export(
    place: Place,
    total_key: String,
    query: Query,
    shape: Shape,
    form: Form,
    bom: bool,
) -> Work {
    Box::new(move || {
        let (totals, query) = place.release.planned(&total_key, query)?;
        let is_whole = !query.is_conditional() && query.sort.is_empty();
        let is_plain = form == Form::Csv && shape.is_plain() && !bom;
        if is_whole
            && is_plain
            && let Some(file) = ready_file(&place, query.resource)
        {
            return Ok(Answer::export(form, Export::of_file(file)).counted(totals));
        }
        let shape = if form == Form::GeoJson { shape.placed() } else { shape };
        let query = shape.query(query);
        let content = Content { shape, bom, release: place.release.clone(), totals };
        let export = Export::new(form, content, every_page(place.release, query))?;
        Ok(Answer::export(form, export).counted(totals))
    })
}

/// The file of a release that holds all records of a resource as CSV, byte for byte as they are
/// exported; `None` where it is of another schema or lies elsewhere.
fn ready_file(place: &Place, resource: &Resource) -> Option<File> {
    let known = &place.release.known;
    let file = known.manifest.file(&format!("{}.csv", resource.table))?;
    let is_current = known.manifest.schema_version == SCHEMA_VERSION;
    let holds_it = is_current && file.table.as_deref() == Some(resource.table);
    holds_it.then(|| files::open(&known.folder.join(&file.name), file.bytes).ok()).flatten()
}
