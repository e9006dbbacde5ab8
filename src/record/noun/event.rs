use chrono::NaiveDate;

use crate::record::{EventId, EventKind, Precision, ProgramId, VendorId};

record! {
    /// Something that happened to a vendor, a program or the rules they work under.
    Event: EventId, in "events" {
        /// What sort of event it is.
        kind: EventKind,
        /// When it happened.
        occurred_on: Option<NaiveDate>,
        /// How exactly that date is known.
        occurred_on_precision: Option<Precision>,
        /// The vendor it concerns.
        vendor_id: Option<VendorId>,
        /// The program it concerns.
        program_id: Option<ProgramId>,
        /// A headline in our own words.
        title: String,
        /// What happened, in our own words.
        summary: Option<String>,
    }
}
