//! What each curated file may say: one type per record, strict about every field.

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::record::{
    self, Answer, Column, Consent, Content, CorrectionState, DateBasis, Detail, EventKind,
    LegalBasis, Metric, Outcome, ProgramId, ProgramKind, ProgramStatus, Record, Service, Stage,
    SubjectType, ValueKind, VendorId, correctable,
};
use crate::source::curated::subject::{corrected, entry_named, subject_of};
use crate::source::curated::value::{
    Day, Pointer, StateCode, Subject, Text, VagueDate, WebAddress,
};

/// A fault of an entry: the field and what is wrong with it.
pub(super) type Fault = String;

/// The fields of one entry of a curated file, without its key, confidence and evidence.
pub(super) trait Entry: Serialize + DeserializeOwned {
    /// The name of its tables in the file.
    const TABLE: &'static str;

    /// The fields of the record it becomes; none where it becomes none of its own.
    const COLUMNS: &'static [Column];

    /// What its statements are about.
    fn subject_type(&self) -> SubjectType;

    /// Rules that concern several fields.
    fn check(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// The entries it needs, as field and source key.
    fn references(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A company.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vendor {
    name: Text<100>,
    parent: Option<Text<100>>,
    homepage: Option<WebAddress>,
    #[serde(default)]
    aliases: Vec<Text<100>>,
}

impl Entry for Vendor {
    const TABLE: &'static str = record::Vendor::TABLE;
    const COLUMNS: &'static [Column] = record::Vendor::COLUMNS;

    fn subject_type(&self) -> SubjectType {
        SubjectType::Vendor
    }
}

/// A program.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    vendor_id: VendorId,
    #[serde(default)]
    intermediary_vendor_ids: Vec<VendorId>,
    name: Text<100>,
    kind: ProgramKind,
    announced_on: Option<VagueDate>,
    launched_on: Option<VagueDate>,
    retired_on: Option<VagueDate>,
    status: ProgramStatus,
    successor_program_id: Option<ProgramId>,
    summary: Option<Text<500>>,
}

impl Entry for Program {
    const TABLE: &'static str = record::Program::TABLE;
    const COLUMNS: &'static [Column] = record::Program::COLUMNS;

    fn subject_type(&self) -> SubjectType {
        SubjectType::Program
    }

    fn check(&self) -> Result<(), Fault> {
        let over = matches!(self.status, ProgramStatus::Retired | ProgramStatus::Cancelled);
        if self.retired_on.is_some() && !over {
            return Err(format!("retired_on: a program with status `{}` has no end", self.status));
        }
        in_order("retired_on", self.announced_on.as_ref(), self.retired_on.as_ref())?;
        in_order("retired_on", self.launched_on.as_ref(), self.retired_on.as_ref())
    }

    fn references(&self) -> Vec<(&'static str, String)> {
        let mut references = vec![vendor("vendor_id", &self.vendor_id)];
        let through = self.intermediary_vendor_ids.iter();
        references.extend(through.map(|id| vendor("intermediary_vendor_ids", id)));
        let successor = self.successor_program_id.iter();
        references.extend(successor.map(|id| program("successor_program_id", id)));
        references
    }
}

/// An agency's part in a program. Its fields have the names of [`crate::record::keys`], so that it
/// is normalised and matched as any other source's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Partnership {
    agency: Text<200>,
    city: Option<Text<100>>,
    state: StateCode,
    program: ProgramId,
    date: Option<VagueDate>,
    date_basis: Option<DateBasis>,
}

impl Entry for Partnership {
    const TABLE: &'static str = record::Partnership::TABLE;
    const COLUMNS: &'static [Column] = record::Partnership::COLUMNS;

    fn subject_type(&self) -> SubjectType {
        SubjectType::Partnership
    }

    fn check(&self) -> Result<(), Fault> {
        if self.date.is_some() == self.date_basis.is_some() {
            Ok(())
        } else {
            Err("date_basis: a date and what it rests on go together".to_owned())
        }
    }

    fn references(&self) -> Vec<(&'static str, String)> {
        vec![program("program", &self.program)]
    }
}

/// Footage or data asked for or handed over.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Disclosure {
    vendor_id: VendorId,
    program_id: Option<ProgramId>,
    agency_name_reported: Option<Text<200>>,
    state: Option<StateCode>,
    city: Option<Text<100>>,
    stage: Stage,
    detail: Detail,
    incident_count: Option<u32>,
    legal_basis: LegalBasis,
    consent: Consent,
    warrant: Answer,
    content: Content,
    outcome: Outcome,
    user_notified: Answer,
    occurred_from_on: Option<VagueDate>,
    occurred_to_on: Option<VagueDate>,
    title: Text<100>,
    summary: Option<Text<500>>,
}

impl Entry for Disclosure {
    const TABLE: &'static str = record::Disclosure::TABLE;
    const COLUMNS: &'static [Column] = record::Disclosure::COLUMNS;

    fn subject_type(&self) -> SubjectType {
        SubjectType::Disclosure
    }

    fn check(&self) -> Result<(), Fault> {
        if self.detail == Detail::Individual && self.incident_count != Some(1) {
            return Err("incident_count: an individual incident counts as 1".to_owned());
        }
        in_order("occurred_to_on", self.occurred_from_on.as_ref(), self.occurred_to_on.as_ref())
    }

    fn references(&self) -> Vec<(&'static str, String)> {
        vendor_and_program(Some(&self.vendor_id), self.program_id.as_ref())
    }
}

/// A count somebody stated.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportedTotal {
    vendor_id: VendorId,
    program_id: Option<ProgramId>,
    metric: Metric,
    scope: Option<Service>,
    unit: Text<50>,
    value: Option<Number>,
    value_lower: Option<Number>,
    value_upper: Option<Number>,
    value_kind: ValueKind,
    // A total has no precision beside its dates, so each is known to the day or left out.
    period_from_on: Option<Day>,
    period_to_on: Option<Day>,
    as_of_on: Option<Day>,
    stated_by: Text<200>,
    published_on: Option<Day>,
}

impl Entry for ReportedTotal {
    const TABLE: &'static str = record::ReportedTotal::TABLE;
    const COLUMNS: &'static [Column] = record::ReportedTotal::COLUMNS;

    fn subject_type(&self) -> SubjectType {
        SubjectType::ReportedTotal
    }

    fn check(&self) -> Result<(), Fault> {
        let bounded = self.value_lower.is_some() || self.value_upper.is_some();
        let range = self.value_kind == ValueKind::Range;
        if range != self.value.is_none() {
            return Err("value: is left out for a `range`, and given otherwise".to_owned());
        }
        if range != bounded {
            return Err("value_kind: bounds go with a `range`, and with nothing else".to_owned());
        }
        let date = |day: &Option<Day>| day.as_ref().and_then(Day::date);
        let (from, to) = (date(&self.period_from_on), date(&self.period_to_on));
        earlier_first("period_to_on", from, to)
    }

    fn references(&self) -> Vec<(&'static str, String)> {
        vendor_and_program(Some(&self.vendor_id), self.program_id.as_ref())
    }
}

/// Something that happened.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    kind: EventKind,
    occurred_on: Option<VagueDate>,
    vendor_id: Option<VendorId>,
    program_id: Option<ProgramId>,
    title: Text<100>,
    summary: Option<Text<500>>,
}

impl Entry for Event {
    const TABLE: &'static str = record::Event::TABLE;
    const COLUMNS: &'static [Column] = record::Event::COLUMNS;

    fn subject_type(&self) -> SubjectType {
        SubjectType::Event
    }

    fn references(&self) -> Vec<(&'static str, String)> {
        vendor_and_program(self.vendor_id.as_ref(), self.program_id.as_ref())
    }
}

/// An error somebody pointed out in a record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Correction {
    subject: Subject,
    #[serde(default = "Pointer::whole")]
    pointer: Pointer,
    before: Option<Text<300>>,
    after: Option<Text<300>>,
    reason: Text<500>,
    reported_on: Option<Day>,
    state: CorrectionState,
}

impl Entry for Correction {
    const TABLE: &'static str = record::Correction::TABLE;
    const COLUMNS: &'static [Column] = record::Correction::COLUMNS;

    fn subject_type(&self) -> SubjectType {
        // `check` has refused everything else.
        subject_of(&self.subject).unwrap_or(SubjectType::Event)
    }

    fn check(&self) -> Result<(), Fault> {
        let resource = corrected(&self.subject)?;
        match self.pointer.field() {
            Some(name) => {
                correctable(resource, name).map(drop).map_err(|error| format!("pointer: {error}"))
            }
            None => Ok(()),
        }
    }

    fn references(&self) -> Vec<(&'static str, String)> {
        entry_named("subject", &self.subject)
    }
}

/// A record that people take back, or say is another one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Withdrawal {
    subject: Subject,
    merged_into: Option<Subject>,
    reason: Text<500>,
}

impl Entry for Withdrawal {
    const TABLE: &'static str = "withdrawals";
    const COLUMNS: &'static [Column] = &[];

    fn subject_type(&self) -> SubjectType {
        // `check` has refused everything else.
        subject_of(&self.subject).unwrap_or(SubjectType::Event)
    }

    fn check(&self) -> Result<(), Fault> {
        corrected(&self.subject)?;
        let Some(survivor) = &self.merged_into else { return Ok(()) };
        if subject_of(survivor) == subject_of(&self.subject) && *survivor != self.subject {
            return Ok(());
        }
        Err("merged_into: the survivor is another record of the same sort".to_owned())
    }

    fn references(&self) -> Vec<(&'static str, String)> {
        let survivor = self.merged_into.iter();
        let survivor = survivor.flat_map(|survivor| entry_named("merged_into", survivor));
        entry_named("subject", &self.subject).into_iter().chain(survivor).collect()
    }
}

fn vendor(field: &'static str, id: &VendorId) -> (&'static str, String) {
    (field, format!("vendors/{id}"))
}

fn program(field: &'static str, id: &ProgramId) -> (&'static str, String) {
    (field, format!("programs/{id}"))
}

fn vendor_and_program(
    vendor_id: Option<&VendorId>,
    program_id: Option<&ProgramId>,
) -> Vec<(&'static str, String)> {
    let vendor = vendor_id.map(|id| vendor("vendor_id", id));
    vendor.into_iter().chain(program_id.map(|id| program("program_id", id))).collect()
}

/// Whether `to` can lie on or after `from`, however vague the two are.
fn in_order(
    field: &'static str,
    from: Option<&VagueDate>,
    to: Option<&VagueDate>,
) -> Result<(), Fault> {
    let first = from.and_then(VagueDate::days).map(|(first, _)| first);
    let last = to.and_then(VagueDate::days).map(|(_, last)| last);
    earlier_first(field, first, last)
}

fn earlier_first(
    field: &'static str,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<(), Fault> {
    match (from, to) {
        (Some(from), Some(to)) if to < from => Err(format!("{field}: {to} lies before {from}")),
        _ => Ok(()),
    }
}
