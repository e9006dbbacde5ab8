//! Records that people wrote down: vendors, programs, totals, disclosures, events, corrections.

use super::fields::Fields;
use super::identity::Identities;
use super::{ResolveError, unstamped};
use crate::record::{
    Answer, Consent, Content, Correction, CorrectionState, Detail, Disclosure, Event, LegalBasis,
    Outcome, Program, Record, ReportedTotal, Statement, Vendor,
};

/// Where the curated reader keeps corrections: they are about a record, but make one of their own.
pub(super) const CORRECTIONS: &str = "corrections/";

/// Where it keeps what people take back: it makes no record.
pub(super) const WITHDRAWALS: &str = "withdrawals/";

pub(super) fn vendor(statement: &Statement) -> Result<Vendor, ResolveError> {
    let fields = Fields(statement);
    Ok(Vendor {
        id: fields.key().parse()?,
        name: fields.text("name")?,
        parent: fields.maybe_text("parent"),
        homepage: fields.maybe_text("homepage"),
        aliases: fields.list("aliases")?,
        first_release: unstamped(),
        last_changed_release: unstamped(),
        evidence_count: 0,
    })
}

pub(super) fn program(statement: &Statement) -> Result<Program, ResolveError> {
    let fields = Fields(statement);
    let [announced, launched, retired] = [
        fields.vague_date("announced_on")?,
        fields.vague_date("launched_on")?,
        fields.vague_date("retired_on")?,
    ];
    Ok(Program {
        id: fields.key().parse()?,
        vendor_id: fields.needed("vendor_id")?,
        intermediary_vendor_ids: fields.list("intermediary_vendor_ids")?,
        name: fields.text("name")?,
        kind: fields.needed("kind")?,
        announced_on: announced.map(|date| date.on),
        announced_on_precision: announced.map(|date| date.precision),
        launched_on: launched.map(|date| date.on),
        launched_on_precision: launched.map(|date| date.precision),
        retired_on: retired.map(|date| date.on),
        retired_on_precision: retired.map(|date| date.precision),
        status: fields.needed("status")?,
        successor_program_id: fields.maybe("successor_program_id")?,
        summary: fields.maybe_text("summary"),
        first_release: unstamped(),
        last_changed_release: unstamped(),
        evidence_count: 0,
    })
}

pub(super) fn reported_total(
    statement: &Statement,
    identities: &mut Identities,
) -> Result<ReportedTotal, ResolveError> {
    let fields = Fields(statement);
    let id = identities.id(ReportedTotal::TABLE, "tot", &mint_key(statement))?;
    Ok(ReportedTotal {
        id: id.parse()?,
        vendor_id: fields.needed("vendor_id")?,
        program_id: fields.maybe("program_id")?,
        metric: fields.needed("metric")?,
        scope: fields.maybe("scope")?,
        unit: fields.text("unit")?,
        value: fields.maybe("value")?,
        value_lower: fields.maybe("value_lower")?,
        value_upper: fields.maybe("value_upper")?,
        value_kind: fields.needed("value_kind")?,
        period_from_on: fields.date("period_from_on")?,
        period_to_on: fields.date("period_to_on")?,
        as_of_on: fields.date("as_of_on")?,
        stated_by: fields.text("stated_by")?,
        published_on: fields.date("published_on")?,
        first_release: unstamped(),
        last_changed_release: unstamped(),
        evidence_count: 0,
    })
}

/// A disclosure; its agency is linked by the caller, who knows the decision on it.
pub(super) fn disclosure(
    statement: &Statement,
    identities: &mut Identities,
) -> Result<Disclosure, ResolveError> {
    let fields = Fields(statement);
    let id = identities.id(Disclosure::TABLE, "dis", &mint_key(statement))?;
    let from = fields.vague_date("occurred_from_on")?;
    let to = fields.vague_date("occurred_to_on")?;
    Ok(Disclosure {
        id: id.parse()?,
        vendor_id: fields.needed("vendor_id")?,
        program_id: fields.maybe("program_id")?,
        agency_id: None,
        agency_name_reported: fields.maybe_text("agency_name_reported"),
        state: fields.maybe_text("state"),
        city: fields.maybe_text("city"),
        stage: fields.needed("stage")?,
        detail: fields.word_or("detail", Detail::Individual)?,
        incident_count: fields.maybe("incident_count")?,
        legal_basis: fields.word_or("legal_basis", LegalBasis::Unknown)?,
        consent: fields.word_or("consent", Consent::Unknown)?,
        warrant: fields.word_or("warrant", Answer::Unknown)?,
        content: fields.word_or("content", Content::Unknown)?,
        outcome: fields.word_or("outcome", Outcome::Unknown)?,
        user_notified: fields.word_or("user_notified", Answer::Unknown)?,
        occurred_from_on: from.map(|date| date.on),
        occurred_from_on_precision: from.map(|date| date.precision),
        occurred_to_on: to.map(|date| date.on),
        occurred_to_on_precision: to.map(|date| date.precision),
        title: fields.text("title")?,
        summary: fields.maybe_text("summary"),
        first_release: unstamped(),
        last_changed_release: unstamped(),
        evidence_count: 0,
    })
}

pub(super) fn event(
    statement: &Statement,
    identities: &mut Identities,
) -> Result<Event, ResolveError> {
    let fields = Fields(statement);
    let id = identities.id(Event::TABLE, "evt", &mint_key(statement))?;
    let occurred = fields.vague_date("occurred_on")?;
    Ok(Event {
        id: id.parse()?,
        kind: fields.needed("kind")?,
        occurred_on: occurred.map(|date| date.on),
        occurred_on_precision: occurred.map(|date| date.precision),
        vendor_id: fields.maybe("vendor_id")?,
        program_id: fields.maybe("program_id")?,
        title: fields.text("title")?,
        summary: fields.maybe_text("summary"),
        first_release: unstamped(),
        last_changed_release: unstamped(),
        evidence_count: 0,
    })
}

/// The id of a correction.
pub(super) fn correction_id(
    statement: &Statement,
    identities: &mut Identities,
) -> Result<String, ResolveError> {
    identities.id(Correction::TABLE, "cor", &mint_key(statement))
}

/// A correction of the record of that id. When it took effect follows from the release before.
pub(super) fn correction(
    statement: &Statement,
    subject_id: String,
    identities: &mut Identities,
) -> Result<Correction, ResolveError> {
    let fields = Fields(statement);
    let id = correction_id(statement, identities)?;
    Ok(Correction {
        id: id.parse()?,
        subject_type: statement.subject_type,
        subject_id,
        pointer: fields.maybe_text("pointer").unwrap_or_default(),
        before: fields.maybe_text("before"),
        after: fields.maybe_text("after"),
        reason: fields.text("reason")?,
        reported_on: fields.date("reported_on")?,
        fixed_in: None,
        affected_releases: Vec::new(),
        state: fields.word_or("state", CorrectionState::Open)?,
        first_release: unstamped(),
        last_changed_release: unstamped(),
        evidence_count: 0,
    })
}

fn mint_key(statement: &Statement) -> String {
    format!("{}:{}", statement.source_id, statement.source_key)
}
