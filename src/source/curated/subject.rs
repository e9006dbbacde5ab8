//! What the decisions of people, corrections and withdrawals, are about.

use crate::record::{Resource, SubjectType};
use crate::source::curated::entry::Fault;
use crate::source::curated::value::{Named, Subject};

/// The resource of what people decide on.
pub(super) fn corrected(subject: &Subject) -> Result<&'static Resource, Fault> {
    let table = subject_of(subject).and_then(SubjectType::table);
    let resource = table.and_then(Resource::of_table);
    resource.ok_or_else(|| {
        let text: &str = subject.as_ref();
        format!("subject: `{text}` names nothing that people can decide on")
    })
}

/// The entry a subject names, where it names one.
pub(super) fn entry_named(field: &'static str, subject: &Subject) -> Vec<(&'static str, String)> {
    match subject.named() {
        Named::Row { file_or_source, .. } if subject_of_file(file_or_source).is_some() => {
            vec![(field, subject.clone().into())]
        }
        Named::Row { .. } | Named::Id(_) => Vec::new(),
    }
}

/// Whether it is a row of a source that names an agency as taking part in something.
pub(super) fn row_of(subject: &Subject) -> bool {
    let takes_part = [Some(SubjectType::Partnership), Some(SubjectType::Disclosure)];
    matches!(subject.named(), Named::Row { .. }) && takes_part.contains(&subject_of(subject))
}

/// Whether it is the row of a registry.
pub(super) fn agency_row(subject: &Subject) -> bool {
    let is_row = matches!(subject.named(), Named::Row { .. });
    is_row && subject_of(subject) == Some(SubjectType::Agency)
}

/// What a subject is.
pub(super) fn subject_of(subject: &Subject) -> Option<SubjectType> {
    match subject.named() {
        Named::Id(subject) => Some(subject),
        Named::Row { file_or_source, .. } => subject_of_file(file_or_source)
            .or_else(|| crate::source::by_id(file_or_source)?.card().subject_type),
    }
}

/// What the entries of the file of that stem are about.
fn subject_of_file(stem: &str) -> Option<SubjectType> {
    match stem {
        "vendors" => Some(SubjectType::Vendor),
        "programs" => Some(SubjectType::Program),
        "partnerships" => Some(SubjectType::Partnership),
        "disclosures" => Some(SubjectType::Disclosure),
        "reported-totals" => Some(SubjectType::ReportedTotal),
        "events" => Some(SubjectType::Event),
        _ => None,
    }
}
