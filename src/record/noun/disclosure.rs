use chrono::NaiveDate;

use crate::record::{
    AgencyId, Answer, Consent, Content, Detail, DisclosureId, LegalBasis, Outcome, Precision,
    ProgramId, Stage, VendorId,
};

record! {
    /// Footage or data asked for or handed over: one incident, or a number of them reported as a
    /// number.
    Disclosure: DisclosureId, in "disclosures" {
        /// The vendor that was asked.
        vendor_id: VendorId,
        /// The program it went through, where it did.
        program_id: Option<ProgramId>,
        /// The agency that asked, where it is known.
        agency_id: Option<AgencyId>,
        /// The agency's name as the source prints it.
        agency_name_reported: Option<String>,
        /// Postal code of the state or territory.
        state: Option<String> as Few,
        /// The city.
        city: Option<String>,
        /// Whether footage was asked for or handed over.
        stage: Stage,
        /// Whether it is one incident or a batch.
        detail: Detail,
        /// How many incidents it stands for; null where the number is not known.
        incident_count: Option<i64>,
        /// The legal ground.
        legal_basis: LegalBasis,
        /// Whose consent there was.
        consent: Consent,
        /// Whether there was a warrant.
        warrant: Answer,
        /// What was handed over.
        content: Content,
        /// How far the request was followed.
        outcome: Outcome,
        /// Whether the user was told.
        user_notified: Answer,
        /// First day it may have happened on.
        occurred_from_on: Option<NaiveDate>,
        /// How exactly that date is known.
        occurred_from_on_precision: Option<Precision>,
        /// Last day it may have happened on.
        occurred_to_on: Option<NaiveDate>,
        /// How exactly that date is known.
        occurred_to_on_precision: Option<Precision>,
        /// A headline in our own words.
        title: String,
        /// What is known, in our own words.
        summary: Option<String>,
    }
}
