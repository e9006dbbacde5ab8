//! Closed vocabularies: every enumeration of the contract, as words.

/// Declares an enumeration whose values are the words clients see.
///
/// One list gives the type, its text form both ways, serde, the OpenAPI schema and the column.
macro_rules! words {
    (
        $(#[doc = $doc:literal])*
        $name:ident { $( $(#[doc = $vdoc:literal])* $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $( $(#[doc = $vdoc])* #[serde(rename = $word)] $variant, )+
        }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];
            /// Every value as the word clients see.
            pub const WORDS: &'static [&'static str] = &[$( $word, )+];
            /// What each of them means.
            pub const MEANINGS: &'static [&'static str] = &[$( concat!($( $vdoc, "\n", )*), )+];

            /// The word clients see.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::record::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err($crate::record::UnknownWord {
                        word: text.to_owned(),
                        allowed: Self::WORDS,
                    }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        // utoipa's derive does not see a `rename` that a macro fills in, and would list the names
        // of the variants.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .description(Some(concat!($( $doc, )*).trim()))
                    .enum_values(Some(Self::WORDS.iter().copied()))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl $crate::record::Field for $name {
            const TYPE: $crate::record::ColumnType = $crate::record::ColumnType::Word(Self::WORDS);
            const NULLABLE: bool = false;
            const VALUES: $crate::record::Values = $crate::record::Values::Few;
            const MEANINGS: &'static [&'static str] = Self::MEANINGS;

            fn to_cell(&self) -> $crate::record::Cell {
                $crate::record::Cell::Text(self.as_str().to_owned())
            }

            fn from_cell(cell: $crate::record::Cell) -> Result<Self, $crate::record::DamagedCell> {
                let text = <String as $crate::record::Field>::from_cell(cell)?;
                text.parse().map_err(|_: $crate::record::UnknownWord| {
                    $crate::record::DamagedCell { expected: stringify!($name), found: text }
                })
            }
        }
    };
}

/// A text that is none of the words of a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {}", allowed.join(", "))]
pub struct UnknownWord {
    /// What was found.
    pub word: String,
    /// What would have been understood.
    pub allowed: &'static [&'static str],
}

words! {
    /// How exactly a civil date is known; a vague date is written as its first day.
    Precision {
        /// The day itself.
        Day = "day",
        /// The month; the day written is its first.
        Month = "month",
        /// The year; the day written is 1 January.
        Year = "year",
        /// Nothing is known about how exact the date is.
        Unknown = "unknown",
    }
}

words! {
    /// What sort of public body (or private force) an agency is.
    AgencyKind {
        /// A municipal, township, county or regional police department.
        Police = "police",
        /// A sheriff's office.
        Sheriff = "sheriff",
        /// A state police, highway patrol or other state-wide force.
        StatePolice = "state_police",
        /// A fire department, district or company.
        Fire = "fire",
        /// A department of public safety.
        PublicSafety = "public_safety",
        /// The police of a school, college or university.
        Campus = "campus",
        /// The police of a tribe.
        Tribal = "tribal",
        /// A constable's office.
        Constable = "constable",
        /// A prosecutor's or district attorney's office.
        Prosecutor = "prosecutor",
        /// A private policing agency.
        Private = "private",
        /// Anything else, among them other state and federal agencies.
        Other = "other",
    }
}

words! {
    /// Which public service an agency gives.
    Service {
        /// Policing.
        LawEnforcement = "law_enforcement",
        /// Fire protection.
        Fire = "fire",
        /// Policing and fire protection.
        Both = "both",
    }
}

words! {
    /// What the coordinates of an agency stand for.
    GeoPrecision {
        /// The agency itself, as its registry places it.
        Station = "station",
        /// The internal point of its city or town.
        Place = "place",
        /// A point for its county, or one that its registry gives to several agencies.
        County = "county",
        /// No coordinates are known.
        None = "none",
    }
}

words! {
    /// What a program lets an agency do.
    ProgramKind {
        /// Posts to and alerts from residents.
        InformationSharing = "information_sharing",
        /// Asking owners for footage.
        VideoRequest = "video_request",
        /// A list of cameras kept for the police.
        CameraRegistry = "camera_registry",
        /// A link between two vendors' systems.
        Integration = "integration",
    }
}

words! {
    /// Where a program stands in its life.
    ProgramStatus {
        /// Made known, not yet in use.
        Announced = "announced",
        /// In use.
        Active = "active",
        /// Was in use and ended.
        Retired = "retired",
        /// Ended before it was ever in use.
        Cancelled = "cancelled",
    }
}

words! {
    /// Where a partnership stands in this release.
    PartnershipStatus {
        /// Its source lists it in its newest edition, which is at most 400 days old.
        Active = "active",
        /// There is evidence of an end, or its program was retired.
        Ended = "ended",
        /// Neither: nobody who was asked knows.
        Unknown = "unknown",
    }
}

words! {
    /// What the date of a partnership's start or end rests on.
    DateBasis {
        /// The date the vendor's map gives for the activation.
        Activation = "activation",
        /// The date of a signed agreement.
        Agreement = "agreement",
        /// The date a public body voted.
        Vote = "vote",
        /// The date of the first report.
        FirstReported = "first_reported",
        /// The date of the first edition that lists it.
        FirstListed = "first_listed",
        /// The date its program was retired.
        ProgramRetired = "program_retired",
    }
}

words! {
    /// How an agency was told to be the one a source means.
    MatchMethod {
        /// The source gives a registry's own key.
        Key = "key",
        /// State and printed name are those of one agency.
        ExactName = "exact_name",
        /// State and normalised name are those of one agency.
        NormalisedName = "normalised_name",
        /// Several agencies share the name; the place decides.
        NameAndPlace = "name_and_place",
        /// Several agencies share the name; the county decides.
        NameAndCounty = "name_and_county",
        /// The names are alike but for a few letters or a word; the place agrees.
        SimilarName = "similar_name",
        /// A person decided.
        Override = "override",
    }
}

words! {
    /// What people decided about an agency that a source names, or that a registry lists.
    OverrideDecision {
        /// It is that agency.
        Same = "same",
        /// It is not that agency; without one, none that is known.
        Different = "different",
        /// It is an agency that no registry lists.
        New = "new",
    }
}

words! {
    /// What came of the question which agency a source means.
    MatchOutcome {
        /// It was told.
        Linked = "linked",
        /// It could not be told for certain.
        Unmatched = "unmatched",
    }
}

words! {
    /// Whether a disclosure was asked for or made.
    Stage {
        /// Footage or data was asked for.
        Request = "request",
        /// Footage or data was handed over.
        Disclosure = "disclosure",
    }
}

words! {
    /// Whether a disclosure record stands for one incident or for a number of them.
    Detail {
        /// One incident.
        Individual = "individual",
        /// A number of incidents reported as a number.
        Batch = "batch",
    }
}

words! {
    /// The legal ground on which footage was asked for or handed over.
    LegalBasis {
        /// An emergency request, without a court.
        Emergency = "emergency",
        /// A search warrant.
        SearchWarrant = "search_warrant",
        /// A subpoena.
        Subpoena = "subpoena",
        /// Another court order.
        CourtOrder = "court_order",
        /// The consent of somebody entitled to give it.
        Consent = "consent",
        /// A request nobody had to follow.
        VoluntaryRequest = "voluntary_request",
        /// A national-security demand.
        NationalSecurity = "national_security",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// Whose consent there was.
    Consent {
        /// The camera's owner consented.
        Owner = "owner",
        /// The victim consented.
        Victim = "victim",
        /// Consent was a term of a contract, not given for the case.
        Contractual = "contractual",
        /// There was no consent.
        None = "none",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// Yes, no, or not known.
    Answer {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// What was handed over.
    Content {
        /// Footage or other content.
        Content = "content",
        /// Data about an account, no content.
        NonContent = "non_content",
        /// Both.
        Both = "both",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// How far a request was followed.
    Outcome {
        /// All that was asked for.
        Full = "full",
        /// A part of it.
        Partial = "partial",
        /// Nothing.
        None = "none",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// What a reported total counts.
    Metric {
        /// Agencies that are partners on a day.
        PartnerAgencies = "partner_agencies",
        /// Agencies that became partners in a period.
        PartnerAgenciesJoined = "partner_agencies_joined",
        /// Listings taken out of a publisher's dataset.
        ListingsRemoved = "listings_removed",
        /// Demands for information of every kind.
        InformationRequests = "information_requests",
        /// Search warrants.
        SearchWarrants = "search_warrants",
        /// Search warrants as a share of all demands.
        SearchWarrantShare = "search_warrant_share",
        /// Subpoenas.
        Subpoenas = "subpoenas",
        /// Other court orders.
        CourtOrders = "court_orders",
        /// Requests to keep data.
        PreservationRequests = "preservation_requests",
        /// Disclosures in an emergency, without a court.
        EmergencyDisclosures = "emergency_disclosures",
        /// Incidents for which owners were asked for video.
        VideoRequestIncidents = "video_request_incidents",
        /// Users told that their data was asked for.
        UsersNotified = "users_notified",
        /// Demands that led to content being handed over, as a share.
        ContentDisclosureRate = "content_disclosure_rate",
        /// Demands complied with, as a share.
        ComplianceRate = "compliance_rate",
        /// Growth over an earlier count.
        GrowthFactor = "growth_factor",
        /// Account holders whose data was asked for.
        AccountsAffected = "accounts_affected",
        /// People paid out of a settlement.
        PeopleCompensated = "people_compensated",
    }
}

words! {
    /// How firmly a reported total states its value.
    ValueKind {
        /// The number itself.
        Exact = "exact",
        /// Roughly the number.
        About = "about",
        /// That number or more.
        AtLeast = "at_least",
        /// Between two numbers.
        Range = "range",
    }
}

words! {
    /// What sort of event an event is.
    EventKind {
        /// A letter of an overseer, such as a senator.
        OversightLetter = "oversight_letter",
        /// An answer to one.
        Answer = "answer",
        /// An act of a regulator.
        RegulatorAction = "regulator_action",
        /// A change of a vendor's policy.
        PolicyChange = "policy_change",
        /// A start, change or end of a program.
        ProgramChange = "program_change",
        /// A report or study.
        Report = "report",
        /// A case before a court.
        Litigation = "litigation",
    }
}

words! {
    /// How much of its subject a source covers.
    Completeness {
        /// All there is.
        Exhaustive = "exhaustive",
        /// A part, found by looking.
        Sample = "sample",
        /// What its editors chose.
        Editorial = "editorial",
    }
}

words! {
    /// How much of a cell of the coverage a source covers.
    Extent {
        /// All partnerships of the cell, as the source says of itself.
        Exhaustive = "exhaustive",
        /// A part, found by looking.
        Sample = "sample",
        /// What its editors chose.
        Editorial = "editorial",
        /// Nothing: no source looked.
        None = "none",
    }
}

impl From<Completeness> for Extent {
    fn from(completeness: Completeness) -> Self {
        match completeness {
            Completeness::Exhaustive => Self::Exhaustive,
            Completeness::Sample => Self::Sample,
            Completeness::Editorial => Self::Editorial,
        }
    }
}

words! {
    /// What follows for an agency from a source that does not list it.
    Conclusion {
        /// The source lists all partnerships of such agencies: none was found.
        CheckedNoneFound = "checked_none_found",
        /// Nothing.
        NotChecked = "not_checked",
    }
}

words! {
    /// What is known of an agency's part in a program.
    CoverageWord {
        /// A partnership is documented.
        Documented = "documented",
        /// A source that lists all partnerships of such agencies does not list one.
        CheckedNoneFound = "checked_none_found",
        /// No source that would list it is known: nothing can be concluded.
        NotChecked = "not_checked",
    }
}

words! {
    /// What a piece of evidence or a correction is about.
    SubjectType {
        /// An agency.
        Agency = "agency",
        /// A vendor.
        Vendor = "vendor",
        /// A program.
        Program = "program",
        /// A partnership.
        Partnership = "partnership",
        /// A disclosure.
        Disclosure = "disclosure",
        /// A reported total.
        ReportedTotal = "reported_total",
        /// An event.
        Event = "event",
        /// A city, town or village of the gazetteer.
        Place = "place",
        /// A county of the gazetteer.
        County = "county",
    }
}

words! {
    /// What a piece of evidence does for the value it points at.
    Role {
        /// It says the same.
        Supports = "supports",
        /// It says otherwise.
        Contradicts = "contradicts",
        /// It speaks of it.
        Mentions = "mentions",
    }
}

words! {
    /// Where a correction stands.
    CorrectionState {
        /// Reported, not yet decided.
        Open = "open",
        /// Put right.
        Fixed = "fixed",
        /// Looked at and turned down.
        Rejected = "rejected",
    }
}

words! {
    /// Why a record differs from the release before.
    Cause {
        /// A source says something else.
        SourceChanged = "source_changed",
        /// A source was read for the first time.
        NewCoverage = "new_coverage",
        /// An error was put right.
        Correction = "correction",
        /// Our own curated data changed.
        Curation = "curation",
        /// This software reads the same bytes differently.
        ProgramChanged = "program_changed",
        /// Two records turned out to be one.
        Merge = "merge",
        /// A record was taken back, with a reason.
        Withdrawal = "withdrawal",
        /// Nobody said anything new; an edition grew too old to vouch for the present.
        TimePassed = "time_passed",
    }
}

words! {
    /// What is wrong with a value or a row.
    Problem {
        /// The row is not in the shape its header promises.
        UnreadableRow = "unreadable_row",
        /// A value that is needed is missing.
        MissingValue = "missing_value",
        /// The state is none that is known.
        UnknownState = "unknown_state",
        /// The text is no date in any form known.
        UnreadableDate = "unreadable_date",
        /// The date does not exist or lies in the future.
        ImpossibleDate = "impossible_date",
        /// The date lies before the program began.
        DateBeforeLaunch = "date_before_launch",
        /// The coordinates lie outside the state.
        CoordinatesOutsideState = "coordinates_outside_state",
        /// The text is no number.
        UnreadableNumber = "unreadable_number",
        /// The text is no web address.
        UnreadableLink = "unreadable_link",
        /// The source uses one key for several things.
        DuplicateKey = "duplicate_key",
        /// The source names one agency in one place and another in another.
        AgencyDisagrees = "agency_disagrees",
        /// Several agencies fit equally well.
        AmbiguousAgency = "ambiguous_agency",
        /// No agency of any registry fits.
        UnknownAgency = "unknown_agency",
        /// Bytes that are no text in the encoding the file is in.
        UnreadableText = "unreadable_text",
        /// Text that no value is: a formula, markup, control characters, or far too much.
        UnfitText = "unfit_text",
        /// The row names a program or technology that is not known.
        UnknownProgram = "unknown_program",
        /// A correction, withdrawal or decision on a match that people wrote down does not fit what
        /// it is about, and changes nothing.
        UnfitDecision = "unfit_decision",
        /// The agency could be told, but another is nearly as likely.
        NearTie = "near_tie",
        /// A registry lists two agencies of one name in one city.
        PossibleDuplicate = "possible_duplicate",
    }
}

words! {
    /// How long an interval of a timeline is.
    Interval {
        /// A month of the calendar.
        Month = "month",
        /// Three months, from January, April, July or October.
        Quarter = "quarter",
        /// A year of the calendar.
        Year = "year",
    }
}

impl Interval {
    /// What is meant where nothing is said.
    pub const DEFAULT: Self = Self::Month;

    /// Months in it.
    #[must_use]
    pub fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }
}
