//! The nouns: what is published, in the words of the contract. No input or output.
//!
//! `record!` declares a record once; its table, CSV header, filters and documentation follow.

#[macro_use]
mod words;
#[macro_use]
mod resource;
pub mod coverage;
mod date;
mod draft;
mod field;
mod id;
pub mod keys;
mod match_account;
mod normal;
mod noun;
mod records;
mod redaction;
mod release_id;
mod state;
mod statement;
mod validity;
mod written;

pub use date::PartialDate;
pub use draft::{Capture, Citation, Draft, DraftIssue, Part, Reading};
pub use field::{Cell, Column, ColumnType, DamagedCell, Field, Reported, Values};
pub use id::{
    AgencyId, CorrectionId, CoverageId, DisclosureId, EventId, EvidenceId, IssueId, NotAnId,
    PartnershipId, ProgramId, ReportedTotalId, SourceId, VendorId, mint,
};
pub use match_account::{AccountedCandidate, MatchAccount};
pub use normal::{
    Decision, Finding, GazetteerPlace, Listing, MUNICIPAL_SORTS, MatchCandidate, MatchFeature,
    Matches, NameKeys, Normals, Override, PlaceKeys, Point, RegisteredAgency, Twins, UnfitOverride,
    Unmatched, row_named,
};
pub use noun::{
    Agency, Correction, CoverageCell, Disclosure, Event, Evidence, Issue, Partnership, Program,
    ReportedTotal, Source, Vendor,
};
pub use records::{
    CorrectionEffect, Identity, Records, Redirect, Visit, VisitPair, VisitRef, Withdrawal,
};
pub use redaction::{Redacted, RedactedKey, issue_key, page_key, row_key};
pub use release_id::{NotAReleaseId, ReleaseId};
pub use resource::{Location, RESOURCES, Record, Resource, Stamps};
pub use state::{STATE_NAMES, STATES, state_name};
pub use statement::{Edition, EditionKey, Entries, Statement};
pub use validity::{Bounds, Standing, Validity};
pub use words::{
    AgencyKind, Answer, Cause, Completeness, Conclusion, Consent, Content, CorrectionState,
    CoverageWord, DateBasis, Detail, EventKind, Extent, GeoPrecision, Interval, LegalBasis,
    MatchMethod, MatchOutcome, Metric, Outcome, OverrideDecision, PartnershipStatus, Precision,
    Problem, ProgramKind, ProgramStatus, Role, Service, Stage, SubjectType, UnknownWord, ValueKind,
};
pub use written::{NotAValue, Placed, correctable, written};
