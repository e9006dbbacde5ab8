//! How it was decided which agency a source means.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::record::{
    AgencyId, EvidenceId, MatchFeature, MatchMethod, MatchOutcome, PartnershipId, SourceId,
};

/// How it was decided which agency one listing of a partnership means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MatchAccount {
    /// The evidence that is the listing.
    #[schema(example = "evd_0123456789")]
    pub evidence_id: EvidenceId,
    /// The partnership it is a part of.
    #[schema(example = "par_0123456789")]
    pub partnership_id: PartnershipId,
    /// The source.
    #[schema(example = "eff-atlas")]
    pub source_id: SourceId,
    /// The source's own key of the row.
    #[schema(example = "AOS1")]
    pub source_key: String,
    /// The agency as the source names it.
    pub agency_name_reported: String,
    /// The city as the source names it; null where it names none.
    #[schema(required = true)]
    pub city_reported: Option<String>,
    /// Postal code of the state; null where it is not known.
    #[schema(required = true)]
    pub state: Option<String>,
    /// What came of it.
    pub outcome: MatchOutcome,
    /// The agency; null where it was not told.
    #[schema(required = true, example = "agy_0123456789")]
    pub agency_id: Option<AgencyId>,
    /// How the agency was told; null where it was not.
    #[schema(required = true)]
    pub method: Option<MatchMethod>,
    /// How sure that is, from 0 to 1; null where it was not told.
    #[schema(required = true, minimum = 0.0, maximum = 1.0)]
    pub score: Option<f64>,
    /// Why, in words.
    pub reason: String,
    /// The agencies that came into question, the likeliest first, at most five.
    pub candidates: Vec<AccountedCandidate>,
}

impl MatchAccount {
    /// From so many points on a candidate is taken.
    pub const ENOUGH: i32 = 75;

    /// By so many points it must be ahead of the next agency.
    pub const MARGIN: i32 = 8;

    /// From so many points between the agency that was taken and the next on they are no near tie.
    pub const NEAR: i32 = 15;
}

/// An agency that came into question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountedCandidate {
    /// The agency, where it is one of the release.
    #[schema(required = true, example = "agy_0123456789")]
    pub agency_id: Option<AgencyId>,
    /// Its name in its registry.
    pub name: String,
    /// The registry.
    #[schema(example = "fbi-agencies")]
    pub source_id: SourceId,
    /// The registry's key.
    #[schema(example = "OH0020100")]
    pub source_key: String,
    /// Whether it was taken.
    pub chosen: bool,
    /// What speaks for it, in all: the sum of its features. From 75 on it is enough, if the next
    /// agency is at least 8 behind.
    pub points: i32,
    /// What was compared.
    pub features: Vec<MatchFeature>,
}
