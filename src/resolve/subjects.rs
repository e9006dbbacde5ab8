//! Which record an entry of a source became.

use std::collections::HashMap;

use crate::record::{EvidenceId, Normals, Records, Redirect, SourceId, Statement, SubjectType};

/// Which record an entry of a source became.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    by_key: HashMap<(SubjectType, SourceId, String), String>,
    by_statement: HashMap<EvidenceId, String>,
}

impl Subjects {
    pub(super) fn add(
        &mut self,
        subject_type: SubjectType,
        source: &SourceId,
        key: &str,
        id: &str,
    ) {
        self.by_key.insert((subject_type, source.clone(), key.to_owned()), id.to_owned());
    }

    pub(super) fn add_agencies(&mut self, normals: &Normals, records: &Records) {
        for (normal, agency) in normals.agencies.iter().zip(&records.agencies) {
            let id = agency.id.as_str();
            self.add(SubjectType::Agency, &normal.source_id, &normal.source_key, id);
        }
    }

    /// For a statement that need not be about what its key is about by now.
    pub(super) fn add_statement(&mut self, statement: &EvidenceId, id: &str) {
        self.by_statement.insert(statement.clone(), id.to_owned());
    }

    pub(super) fn get(
        &self,
        subject_type: SubjectType,
        source: &SourceId,
        key: &str,
    ) -> Option<&str> {
        self.by_key.get(&(subject_type, source.clone(), key.to_owned())).map(String::as_str)
    }

    /// The id of what a decision of people names: an entry beside it, a row of a source, or a
    /// published id, which may have been merged since.
    pub(super) fn named(
        &self,
        entry: &Statement,
        text: &str,
        redirects: &[Redirect],
    ) -> Option<String> {
        let Some((source, key)) = text.split_once('/') else {
            let merged = redirects.iter().find(|redirect| redirect.from_id == text);
            return Some(merged.map_or(text, |redirect| &redirect.to_id).to_owned());
        };
        let beside = self.get(entry.subject_type, &entry.source_id, text);
        let of_source = || self.get(entry.subject_type, &source.parse().ok()?, key);
        beside.or_else(of_source).map(str::to_owned)
    }

    pub(super) fn of(&self, statement: &Statement) -> Option<&str> {
        let Statement { id, subject_type, source_id, source_key, .. } = statement;
        let own = self.by_statement.get(id).map(String::as_str);
        own.or_else(|| self.get(*subject_type, source_id, source_key))
    }
}
