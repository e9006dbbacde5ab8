use chrono::NaiveDate;

use crate::record::{Precision, ProgramId, ProgramKind, ProgramStatus, VendorId};

record! {
    /// A program through which a vendor works with public agencies.
    Program: ProgramId, in "programs" {
        /// The vendor whose program it is.
        vendor_id: VendorId,
        /// Vendors through whose systems it runs.
        intermediary_vendor_ids: Vec<String> as Code,
        /// Its name.
        name: String,
        /// What it lets an agency do.
        kind: ProgramKind,
        /// When it was made known.
        announced_on: Option<NaiveDate>,
        /// How exactly that date is known.
        announced_on_precision: Option<Precision>,
        /// When it could first be used.
        launched_on: Option<NaiveDate>,
        /// How exactly that date is known.
        launched_on_precision: Option<Precision>,
        /// When it ended.
        retired_on: Option<NaiveDate>,
        /// How exactly that date is known.
        retired_on_precision: Option<Precision>,
        /// Where it stands in its life.
        status: ProgramStatus,
        /// The program that took its place.
        successor_program_id: Option<ProgramId>,
        /// What it is, in our own words.
        summary: Option<String>,
    }
    in force from launched_on to retired_on
}
