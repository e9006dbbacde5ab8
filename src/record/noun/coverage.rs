use chrono::NaiveDate;

use crate::record::{Conclusion, CoverageId, Extent, ProgramId, Service, SourceId, VendorId};

record! {
    /// What one source looked at: the partnerships of a program by agencies of a service in a
    /// state. Where no source looked there is one row that says so.
    CoverageCell: CoverageId, in "coverage" {
        /// The program.
        program_id: ProgramId,
        /// The vendor of the program.
        vendor_id: VendorId,
        /// The service of the agencies.
        service: Service,
        /// Postal code of the state or territory of the agencies.
        state: String as Few,
        /// The source that looked; null where none did.
        source_id: Option<SourceId>,
        /// How much of the cell the source covers.
        extent: Extent,
        /// Date of its newest edition that lists any partnership of the program by agencies of the
        /// service, in whatever state; null where no source looked.
        as_of_on: Option<NaiveDate>,
        /// Agencies of that service and state that the registries know.
        agencies: i64,
        /// How many of them have a partnership in the program that the source lists.
        documented: i64,
        /// Partnerships of the program that the source lists for that service and state, or for no
        /// state, and whose agency could not be told: each may be of an agency of the cell.
        unmatched: i64,
        /// What follows for an agency of the cell that the source does not list.
        conclusion: Conclusion,
    }
}
