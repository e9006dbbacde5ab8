//! Names under which [`crate::record::Reported`] keeps a source's own values.
//!
//! Sources write them, `normalise` reads them; both name them here, so that neither needs to know
//! the other. Curated entries use the field names of their record instead.

/// Name of the agency.
pub const AGENCY: &str = "agency";
/// The agency's name in the source's prose, where it differs from [`AGENCY`].
pub const AGENCY_IN_SUMMARY: &str = "agency_in_summary";
/// What sort of agency the source says it is.
pub const AGENCY_TYPE: &str = "agency_type";
/// City.
pub const CITY: &str = "city";
/// County or counties, as printed.
pub const COUNTY: &str = "county";
/// State, as printed.
pub const STATE: &str = "state";
/// Date of the partnership, as printed.
pub const DATE: &str = "date";
/// Month named in the source's prose where no date is printed, such as `September 2020`.
pub const DATE_IN_SUMMARY: &str = "date_in_summary";
/// What the date stands for: a word of [`crate::record::DateBasis`].
pub const DATE_BASIS: &str = "date_basis";
/// Id of the program, where the reader can tell it.
pub const PROGRAM: &str = "program";
/// Technology, as printed.
pub const TECHNOLOGY: &str = "technology";
/// Vendor, as printed.
pub const VENDOR: &str = "vendor";
/// Originating Agency Identifier.
pub const ORI: &str = "ori";
/// Fire department id, without the state.
pub const FDID: &str = "fdid";
/// Latitude, as printed.
pub const LATITUDE: &str = "latitude";
/// Longitude, as printed.
pub const LONGITUDE: &str = "longitude";
/// Name of a place or county.
pub const NAME: &str = "name";
/// Census code of a place or county.
pub const GEOID: &str = "geoid";
/// Requests for video in the quarter, as printed.
pub const VIDEO_REQUESTS: &str = "video_requests";
/// Date of a partnership's end, as printed.
pub const ENDED: &str = "ended";
/// What that date rests on: a word of [`crate::record::DateBasis`].
pub const ENDED_BASIS: &str = "ended_basis";
/// What people decided about an agency: a word of [`crate::record::OverrideDecision`].
pub const DECISION: &str = "decision";
/// The name that a row printed when people decided about it.
pub const PRINTED: &str = "printed";
/// Why people decided so.
pub const REASON: &str = "reason";
/// What a decision of people, such as a correction or a withdrawal, is about.
pub const SUBJECT: &str = "subject";
/// How sure people are of an entry they wrote: `A` or `B`.
pub const CONFIDENCE: &str = "confidence";
