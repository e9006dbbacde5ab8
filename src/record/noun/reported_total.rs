use chrono::NaiveDate;

use crate::record::{Metric, ProgramId, ReportedTotalId, Service, ValueKind, VendorId};

record! {
    /// A count somebody stated, as stated: never spread over rows, never averaged with another.
    ReportedTotal: ReportedTotalId, in "reported_totals" {
        /// The vendor it is about.
        vendor_id: VendorId,
        /// The program it is about.
        program_id: Option<ProgramId>,
        /// What is counted.
        metric: Metric,
        /// Which service's agencies are counted; null where the claim does not say.
        scope: Option<Service>,
        /// What one unit is, such as `agencies`, `incidents` or `percent`.
        unit: String,
        /// The value; null for a range.
        value: Option<f64>,
        /// The least it can be.
        value_lower: Option<f64>,
        /// The most it can be.
        value_upper: Option<f64>,
        /// How firmly it is stated.
        value_kind: ValueKind,
        /// First day of the period counted.
        period_from_on: Option<NaiveDate>,
        /// Last day of the period counted.
        period_to_on: Option<NaiveDate>,
        /// The day the count stands for.
        as_of_on: Option<NaiveDate>,
        /// Who stated it.
        stated_by: String,
        /// The day it was made public.
        published_on: Option<NaiveDate>,
    }
}
