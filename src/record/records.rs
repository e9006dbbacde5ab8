//! All records of a release, together.

use crate::record::{
    Agency, Correction, CoverageCell, Disclosure, Event, Evidence, Issue, Partnership, Placed,
    Program, Record, ReportedTotal, Source, Vendor,
};

/// All records of a release, each list in id order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// Agencies.
    pub agencies: Vec<Agency>,
    /// Vendors.
    pub vendors: Vec<Vendor>,
    /// Programs.
    pub programs: Vec<Program>,
    /// Partnerships.
    pub partnerships: Vec<Partnership>,
    /// Disclosures.
    pub disclosures: Vec<Disclosure>,
    /// Reported totals.
    pub reported_totals: Vec<ReportedTotal>,
    /// Events.
    pub events: Vec<Event>,
    /// Sources.
    pub sources: Vec<Source>,
    /// Evidence.
    pub evidence: Vec<Evidence>,
    /// Issues.
    pub issues: Vec<Issue>,
    /// Corrections.
    pub corrections: Vec<Correction>,
    /// Who looked where.
    pub coverage: Vec<CoverageCell>,
}

/// Takes [`Records`] apart and hands each list to a visitor, in the order of
/// [`crate::record::RESOURCES`].
///
/// No `..`: a new resource does not compile until it stands here.
macro_rules! each_list {
    ($records:expr => $visitor:expr) => {
        each_list!(@ $records, $visitor, agencies vendors programs partnerships disclosures
            reported_totals events sources evidence issues corrections coverage)
    };
    (@ $records:expr, $visitor:expr, $($list:ident)+) => {{
        let Records { $($list),+ } = $records;
        $( $visitor.visit($list)?; )+
        Ok(())
    }};
}

/// Something to be done with every list of records, whatever their type.
pub trait Visit {
    /// What can go wrong.
    type Error;

    /// Called once per resource, in the order of [`crate::record::RESOURCES`].
    fn visit<R: Record>(&mut self, records: &mut Vec<R>) -> Result<(), Self::Error>;
}

/// Something to be done with every list of records, to look at.
pub trait VisitRef {
    /// What can go wrong.
    type Error;

    /// Called once per resource, in the order of [`crate::record::RESOURCES`].
    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Self::Error>;
}

/// Something to be done with every list of records beside the same list of another release.
pub trait VisitPair {
    /// Called once per resource, in the order [`Records::visit_pair`] tells.
    fn visit<R: Record>(&mut self, previous: &[R], records: &mut [R]);
}

impl Records {
    /// Calls `visitor` with every list.
    pub fn visit<V: Visit>(&mut self, visitor: &mut V) -> Result<(), V::Error> {
        each_list!(self => visitor)
    }

    /// Calls `visitor` with every list, to look at.
    pub fn each<V: VisitRef>(&self, visitor: &mut V) -> Result<(), V::Error> {
        each_list!(self => visitor)
    }

    /// Calls `visitor` with every list of `previous` beside that of these records: evidence first,
    /// then what it explains, and agencies after the partnerships that explain theirs.
    pub fn visit_pair<V: VisitPair>(&mut self, previous: &Self, visitor: &mut V) {
        let Self {
            evidence,
            vendors,
            programs,
            partnerships,
            disclosures,
            agencies,
            reported_totals,
            events,
            sources,
            issues,
            corrections,
            coverage,
        } = self;
        visitor.visit(&previous.evidence, evidence);
        visitor.visit(&previous.vendors, vendors);
        visitor.visit(&previous.programs, programs);
        visitor.visit(&previous.partnerships, partnerships);
        visitor.visit(&previous.disclosures, disclosures);
        visitor.visit(&previous.agencies, agencies);
        visitor.visit(&previous.reported_totals, reported_totals);
        visitor.visit(&previous.events, events);
        visitor.visit(&previous.sources, sources);
        visitor.visit(&previous.issues, issues);
        visitor.visit(&previous.corrections, corrections);
        visitor.visit(&previous.coverage, coverage);
    }
}

/// What a correction came to in these records.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrectionEffect {
    /// Id of the correction.
    pub correction_id: String,
    /// The table of the record it is about.
    pub table: &'static str,
    /// Id of that record, which now says what is right.
    pub record_id: String,
    /// The field.
    pub field: &'static str,
    /// What the field said, and with a date how exactly, by the positions of the columns.
    pub before: Vec<Placed>,
    /// Whether the record had to be changed; if not, it said what is right already.
    pub applied: bool,
}

/// An id minted for a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The table of the record.
    pub resource: String,
    /// What it was minted from.
    pub mint_key: String,
    /// The id.
    pub id: String,
}

/// An id that was merged into another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Redirect {
    /// The table of the record.
    pub resource: String,
    /// The id that is no more.
    pub from_id: String,
    /// The id that stands for it now.
    pub to_id: String,
    /// Why.
    pub reason: String,
}

/// An id that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Withdrawal {
    /// The table of the record.
    pub resource: String,
    /// The id.
    pub id: String,
    /// Why.
    pub reason: String,
}
