//! What an entry of a file of overrides may say.

use serde::{Deserialize, Serialize};

use crate::record::{Column, OverrideDecision, SubjectType};
use crate::source::curated::entry::{Entry, Fault};
use crate::source::curated::subject::{agency_row, entry_named, row_of, subject_of};
use crate::source::curated::value::{Day, StateCode, Subject, Text};

/// What people decided about which agency is which.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Override {
    decision: OverrideDecision,
    subject: Subject,
    agency: Option<Subject>,
    printed: Option<Text<200>>,
    state: Option<StateCode>,
    city: Option<Text<100>>,
    county: Option<Text<100>>,
    reason: Text<500>,
    decided_on: Day,
}

impl Entry for Override {
    const TABLE: &'static str = "overrides";
    const COLUMNS: &'static [Column] = &[];

    fn subject_type(&self) -> SubjectType {
        match self.decision {
            // What is decided is a row of a source; what is written down is an agency.
            OverrideDecision::New => SubjectType::Agency,
            // `check` has refused everything else.
            OverrideDecision::Same | OverrideDecision::Different => {
                subject_of(&self.subject).unwrap_or(SubjectType::Partnership)
            }
        }
    }

    fn check(&self) -> Result<(), Fault> {
        let (is_row, is_agency) = (row_of(&self.subject), agency_row(&self.subject));
        if !is_row && !is_agency {
            return Err("subject: is no row of a source that names an agency".to_owned());
        }
        if is_row && self.printed.is_none() {
            return Err("printed: the name that the row prints is missing".to_owned());
        }
        if self.agency.as_ref().is_some_and(|agency| !agency_row(agency)) {
            return Err("agency: is no row of a registry".to_owned());
        }
        match (self.decision, &self.agency) {
            (OverrideDecision::Same, None) => Err("agency: which one it is is missing".to_owned()),
            (OverrideDecision::New, Some(_)) => {
                Err("agency: one that no registry lists has no row there".to_owned())
            }
            (OverrideDecision::New, None) if !is_row || self.state.is_none() => {
                Err("state: a new agency is that of a row, and needs a state".to_owned())
            }
            (OverrideDecision::Different, None) if is_agency => {
                Err("agency: from which one it differs is missing".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn references(&self) -> Vec<(&'static str, String)> {
        entry_named("subject", &self.subject)
    }
}
