use chrono::NaiveDate;

use crate::record::{
    AgencyId, AgencyKind, DateBasis, MatchMethod, PartnershipId, PartnershipStatus, Precision,
    ProgramId, Service, VendorId,
};

record! {
    /// An agency's part in a program.
    Partnership: PartnershipId, in "partnerships" {
        /// The agency; null while no agency could be told for certain.
        agency_id: Option<AgencyId>,
        /// The agency's name: the registry's where it is known, else as reported.
        agency_name: String,
        /// The agency's name as the source prints it.
        agency_name_reported: String,
        /// Postal code of the state or territory.
        state: Option<String> as Few,
        /// What sort of agency it is.
        kind: AgencyKind,
        /// Which public service it gives.
        service: Service,
        /// The program.
        program_id: ProgramId,
        /// The vendor whose program it is.
        vendor_id: VendorId,
        /// Where it stands in this release.
        status: PartnershipStatus,
        /// When it began.
        started_on: Option<NaiveDate>,
        /// How exactly that date is known.
        started_on_precision: Option<Precision>,
        /// What that date rests on.
        started_on_basis: Option<DateBasis>,
        /// When it ended. That a source stopped listing it is never an end.
        ended_on: Option<NaiveDate>,
        /// How exactly that date is known.
        ended_on_precision: Option<Precision>,
        /// What that date rests on.
        ended_on_basis: Option<DateBasis>,
        /// Date of the newest edition of a source that lists it.
        last_listed_on: Option<NaiveDate>,
        /// Date of the edition `status` was read from.
        status_as_of_on: Option<NaiveDate>,
        /// How the agency was told.
        match_method: Option<MatchMethod>,
        /// How sure that is, from 0 to 1.
        match_score: Option<f64>,
        /// Requests for video the source counts for it in the quarter.
        video_requests: Option<i64>,
        /// The day of that count.
        video_requests_as_of_on: Option<NaiveDate>,
    }
    in force from started_on to ended_on, listed last_listed_on
}
