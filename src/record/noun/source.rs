use chrono::NaiveDate;

use crate::record::{Completeness, SourceId};

record! {
    /// A publisher's file or service that Porchlight reads.
    Source: SourceId, in "sources" {
        /// Its name.
        name: String,
        /// Who publishes it.
        publisher: String,
        /// A page about it.
        homepage: Option<String>,
        /// Where it is fetched from.
        url: Option<String>,
        /// Its file format.
        format: String,
        /// The licence it is published under.
        licence: String,
        /// How to credit it.
        attribution: String,
        /// Whether its text may be republished; if not, only facts and links are.
        redistributable: bool,
        /// How often it is looked at.
        cadence: String,
        /// How much of its subject it covers.
        completeness: Completeness,
        /// What that completeness is about: programs, services and states.
        completeness_note: Option<String>,
        /// The date of its newest edition read.
        data_as_of_on: Option<NaiveDate>,
        /// Rows its newest edition holds, read or not.
        rows: i64,
        /// Issues its newest edition has.
        issues: i64,
    }
}
