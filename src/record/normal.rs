//! Normal forms: what `normalise` makes of statements, and what `matching` decides on them.

use crate::record::{
    AgencyKind, DateBasis, EvidenceId, MatchMethod, OverrideDecision, PartialDate, Problem,
    ProgramId, Service, SourceId, SubjectType,
};

/// A point on the globe, in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

impl Point {
    /// Kilometres to another point, along a great circle.
    #[must_use]
    pub fn kilometres_to(self, other: Self) -> f64 {
        const MEAN_DIAMETER_OF_THE_EARTH: f64 = 12_742.0;
        let [lat1, lon1, lat2, lon2] =
            [self.lat, self.lon, other.lat, other.lon].map(f64::to_radians);
        let haversine = ((lat2 - lat1) / 2.0).sin().powi(2)
            + lat1.cos() * lat2.cos() * ((lon2 - lon1) / 2.0).sin().powi(2);
        MEAN_DIAMETER_OF_THE_EARTH * haversine.sqrt().asin()
    }
}

/// Where an agency is, in the forms in which places are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceKeys {
    /// Its city.
    pub city: Option<String>,
    /// Its counties.
    pub counties: Vec<String>,
}

/// Sorts of municipality that may lie beside one another under one name, each with bodies of its
/// own.
pub const MUNICIPAL_SORTS: &[&str] = &["township", "town", "village", "borough"];

/// A name taken apart for comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameKeys {
    /// All of it, folded.
    pub key: String,
    /// The same without blanks: "de kalb police" and "dekalb police" are one.
    pub joined: String,
    /// The words that tell it from others, in order: no kind, sort of place or number among them.
    pub core: Vec<String>,
    /// The same without blanks.
    pub core_joined: String,
    /// The sorts of municipality or fire department it claims to be, such as `township`; `city`
    /// only where it is said in so many words.
    pub sorts: Vec<&'static str>,
    /// Its numbers, such as that of a precinct.
    pub numbers: Vec<String>,
    /// Whether it speaks of a county.
    pub is_county: bool,
    /// Whether it is that of a state's own police.
    pub is_statewide: bool,
    /// The kind of agency that its words make beyond doubt.
    pub kind: Option<AgencyKind>,
}

/// An agency as one registry lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredAgency {
    /// The registry.
    pub source_id: SourceId,
    /// The registry's key.
    pub source_key: String,
    /// Its name, as printed.
    pub name: String,
    /// Its name, taken apart.
    pub name_keys: NameKeys,
    /// Other names that the registry gives it beside, taken apart.
    pub other_names: Vec<NameKeys>,
    /// What sort of agency it is.
    pub kind: AgencyKind,
    /// Which service it gives.
    pub service: Service,
    /// Postal code of its state.
    pub state: String,
    /// Its city, as printed.
    pub city: Option<String>,
    /// Its counties, as printed.
    pub counties: Vec<String>,
    /// Its city and counties, folded for comparison.
    pub place: PlaceKeys,
    /// Its Originating Agency Identifier.
    pub ori: Option<String>,
    /// Its fire department id, STATE-FDID.
    pub fdid: Option<String>,
    /// Where its registry places it.
    pub point: Option<Point>,
    /// Whether a registry lists it, or people only.
    pub registered: bool,
}

/// An agency as a source names it: its part in a program, or in a disclosure.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The statement it is the normal form of.
    pub statement: EvidenceId,
    /// Whether that statement holds at present, or a newer edition says otherwise.
    pub is_current: bool,
    /// What the source says it of: a partnership or a disclosure.
    pub subject_type: SubjectType,
    /// The source.
    pub source_id: SourceId,
    /// The source's key of the entry.
    pub source_key: String,
    /// The agency's name, as printed.
    pub agency: String,
    /// That name, taken apart.
    pub name_keys: NameKeys,
    /// The name of the agency that the source's prose names instead, where it differs.
    pub other_name: Option<NameKeys>,
    /// What sort of agency it seems to be.
    pub kind: AgencyKind,
    /// Which service it gives.
    pub service: Service,
    /// Postal code of the state, where it is known.
    pub state: Option<String>,
    /// The city, as printed.
    pub city: Option<String>,
    /// The city and counties, folded for comparison.
    pub place: PlaceKeys,
    /// A registry's own key, where the source gives one.
    pub ori: Option<String>,
    /// The program; null where the source's word for it is not known.
    pub program_id: Option<ProgramId>,
    /// When it began.
    pub started: Option<PartialDate>,
    /// What that date rests on.
    pub started_basis: Option<DateBasis>,
    /// When it ended.
    pub ended: Option<PartialDate>,
    /// What that date rests on.
    pub ended_basis: Option<DateBasis>,
    /// Requests for video in the quarter.
    pub video_requests: Option<i64>,
}

/// A city, town, village or county of the gazetteer.
#[derive(Debug, Clone, PartialEq)]
pub struct GazetteerPlace {
    /// Census code: seven digits of a place, five of a county.
    pub geoid: String,
    /// Its name, as printed, with its type.
    pub name: String,
    /// Its name, folded for comparison, without its type.
    pub key: String,
    /// Postal code of its state.
    pub state: String,
    /// Its internal point.
    pub point: Point,
}

/// Which agency a listing means.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// This one.
    Same {
        /// Its position among the agencies of [`Normals`].
        agency: usize,
        /// How it was told.
        method: MatchMethod,
        /// How sure that is, from 0 to 1.
        score: f64,
    },
    /// None that could be told for certain.
    Unmatched {
        /// Why not.
        why: Unmatched,
        /// Positions of the agencies that came into question, for people to look at.
        candidates: Vec<usize>,
    },
}

/// An agency that came into question for a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchCandidate {
    /// Its position among the agencies of [`Normals`].
    pub agency: usize,
    /// How much speaks for it: the sum of its features. From 75 on it is sure enough.
    pub points: i32,
    /// What was found, in the order in which it is looked at.
    pub features: Vec<MatchFeature>,
}

/// What people decided about which agency is which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The source it is written down in, and its key there.
    pub source_key: String,
    /// What they decided.
    pub decision: OverrideDecision,
    /// The row it is about: a source and its key of the row, or a file and key of an entry.
    pub subject: String,
    /// The row of the registry that lists the agency it is, or is not.
    pub agency: Option<String>,
    /// The name the row printed when they decided. It holds as long as the row prints that.
    pub printed: Option<String>,
    /// Why.
    pub reason: String,
}

/// A row of a source as decisions of people name it: `eff-atlas/AOS1`. Entries of curated files are
/// named by their file and key, which their source key is.
#[must_use]
pub fn row_named(source_id: &SourceId, source_key: &str) -> String {
    let source_id = source_id.as_str();
    if source_id == "curated" { source_key.to_owned() } else { format!("{source_id}/{source_key}") }
}

/// An [`Override`] that does not fit what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfitOverride {
    /// Its key.
    pub source_key: String,
    /// Why it does not fit.
    pub why: String,
}

/// Entries of registries that are one agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twins {
    /// Their positions among the agencies of [`Normals`], in order.
    pub agencies: Vec<usize>,
    /// How that is known; of several pairs, of the first.
    pub reason: String,
}

/// What `matching` makes of normal forms.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matches {
    /// Which agency each listing means.
    pub decisions: Vec<Decision>,
    /// The agencies that came into question for each listing that holds at present, the likeliest
    /// first.
    pub candidates: Vec<Vec<MatchCandidate>>,
    /// Entries of registries that are one agency.
    pub twins: Vec<Twins>,
    /// Entries of one registry that may be one agency; nothing is concluded.
    pub duplicates: Vec<[usize; 2]>,
    /// Decisions of people that do not fit what they are about.
    pub unfit: Vec<UnfitOverride>,
}

/// Something that speaks for a candidate, or against it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct MatchFeature {
    /// What was compared, such as `county`.
    pub name: String,
    /// What was found, in a few words.
    pub found: String,
    /// How much it counts; negative if it speaks against the candidate.
    pub points: i32,
}

/// Why no agency could be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmatched {
    /// No agency of that name.
    NoCandidate,
    /// Several fit equally well.
    Ambiguous,
    /// The name fits, the place does not.
    PlaceDisagrees,
    /// The source names two agencies.
    SourceDisagrees,
    /// The agency it means was taken back by people.
    TakenBack,
    /// People decided that it is none that is known.
    Decided,
}

/// Something wrong with a value of a statement, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The source.
    pub source_id: SourceId,
    /// The source's own key of the row.
    pub source_key: Option<String>,
    /// SHA-256 of the capture, in hexadecimal.
    pub capture_sha256: String,
    /// Where in the capture it stands.
    pub locator: String,
    /// What is wrong.
    pub problem: Problem,
    /// What is wrong, in words, and what became of the value.
    pub detail: String,
    /// The text in question.
    pub excerpt: Option<String>,
}

/// The normal forms of everything that is said at present.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Normals {
    /// Agencies of the registries.
    pub agencies: Vec<RegisteredAgency>,
    /// Agencies as sources name them.
    pub listings: Vec<Listing>,
    /// Cities, towns and villages.
    pub places: Vec<GazetteerPlace>,
    /// Counties.
    pub counties: Vec<GazetteerPlace>,
    /// What people decided about which agency is which.
    pub overrides: Vec<Override>,
    /// Values that could not be used.
    pub findings: Vec<Finding>,
}
