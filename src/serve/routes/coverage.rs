//! What is known of an agency's partnerships, program by program, and who looked.
//!
//! That nothing is known is an answer only where somebody looked at all of them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::json as json_answer;
use super::records::{Found, found, id_segment};
use super::statement::summary;
use crate::record::{
    Agency, Completeness, CoverageWord, PartnershipStatus, Record as _, ReleaseId, Resource, Role,
};
use crate::release::database::{AgencyListing, Look, Survey, SurveyedProgram, coverage_word};
use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::example;
use crate::serve::page::{self, Addresses, Meta};
use crate::serve::state::Place;

/// What is known of an agency's partnerships.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct Coverage {
    /// The agency.
    #[schema(example = "agy_0123456789")]
    agency_id: String,
    /// Its name.
    name: String,
    /// The release this is what was known in.
    release: ReleaseId,
    /// Every program of the release, in the order of their ids.
    programs: Vec<ProgramCoverage>,
}

/// What is known of an agency's partnerships, in words.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct CoverageInWords {
    /// All of it in a few sentences for a resident. That nothing is known is told apart from that
    /// nobody looked.
    summary: String,
    /// Programs of which anything is known, or of which a source lists some partners of the
    /// agency's service, in the order of their ids. Nobody looked at any other.
    programs: Vec<ProgramInWords>,
}

/// What is known of an agency's part in one program, in words.
#[derive(Debug, Serialize, ToSchema)]
struct ProgramInWords {
    /// The program.
    #[schema(example = "ring-neighbors")]
    program_id: String,
    /// What is known.
    coverage: CoverageWord,
    /// As of when; null where nothing can be concluded, and where only editors write about the
    /// partnership.
    #[schema(required = true)]
    as_of_on: Option<NaiveDate>,
    /// The same in one sentence.
    statement: String,
}

/// What is known of an agency's part in one program.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProgramCoverage {
    /// The program.
    pub(super) program_id: String,
    /// Its name.
    pub(super) program_name: String,
    /// Its vendor.
    pub(super) vendor_id: String,
    /// What is known.
    pub(super) coverage: CoverageWord,
    /// As of when: the date of the newest edition that lists the partnership, or, where none is
    /// found, of the newest whole list that was searched; null where there is no such edition.
    #[schema(required = true)]
    pub(super) as_of_on: Option<NaiveDate>,
    /// The same in one sentence.
    pub(super) statement: String,
    /// The partnerships.
    pub(super) partnerships: Vec<DocumentedPartnership>,
    /// Sources that list all partnerships of the program by agencies of this service.
    pub(super) checked_by: Vec<CoveringSource>,
    /// Sources that list some of them: that they do not list the agency says nothing.
    pub(super) sampled_by: Vec<CoveringSource>,
    /// Partnerships of the program that are reported for this state and service, or for no state,
    /// and whose agency could not be told. One of them may be this agency's.
    pub(super) unmatched_partnerships: i64,
}

/// A partnership of the agency.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DocumentedPartnership {
    /// The partnership.
    #[schema(example = "par_0123456789")]
    pub(super) partnership_id: String,
    /// Where it stands in this release.
    pub(super) status: PartnershipStatus,
    /// Date of the newest edition that lists it; null where only editors write about it.
    #[schema(required = true)]
    pub(super) last_listed_on: Option<NaiveDate>,
    /// Who says so, and who says otherwise.
    pub(super) sources: Vec<ListingSource>,
}

/// What a source says of a partnership.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListingSource {
    /// The source.
    pub(super) source_id: String,
    /// Its name.
    pub(super) source_name: String,
    /// What its evidence does for the partnership.
    pub(super) role: Role,
    /// Date of the first edition that says so.
    pub(super) first_listed_on: NaiveDate,
    /// Date of the last edition that says so.
    pub(super) last_listed_on: NaiveDate,
}

/// A source that lists partnerships of a program by agencies of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct CoveringSource {
    /// The source.
    pub(super) source_id: String,
    /// Its name.
    pub(super) source_name: String,
    /// How much of its subject it covers.
    pub(super) completeness: Completeness,
    /// Date of its newest edition that lists any.
    pub(super) as_of_on: NaiveDate,
}

impl CoveringSource {
    fn of(look: &Look) -> Self {
        Self {
            source_id: look.source_id.clone(),
            source_name: look.source_name.clone(),
            completeness: look.completeness,
            as_of_on: look.as_of_on,
        }
    }
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let Some(agencies) = Resource::of_table(Agency::TABLE) else { return Vec::new() };
    vec![Endpoint {
        id: "getAgencyCoverage".to_owned(),
        base: Base::Release,
        path: format!("/{}/{{id}}/coverage", agencies.table),
        tag: agencies.table,
        summary: "What is known of an agency, and who looked".to_owned(),
        description: "Program by program: whether a partnership is documented, by whom, and if none \
                      is, whether a source that lists all of them was searched. `checked_none_found` \
                      needs a source of completeness `exhaustive` that lists partnerships of that \
                      program by agencies of the same service; otherwise nothing can be concluded, \
                      and `coverage` is `not_checked`."
            .to_owned(),
        segments: vec![id_segment(agencies)],
        parameters: Vec::new(),
        answers: Answers {
            also: &[308, 404, 410, 503],
            ..json_answer("CoverageAnswer", "What is known.", example(agencies))
        },
        resource: Some(agencies),
        handler: answer,
    }]
}

fn example(agencies: &Resource) -> Value {
    let id = example::id(agencies);
    json!({
        "data": {
            "agency_id": id, "name": "Springfield", "release": example::RELEASE,
            "programs": [{
                "program_id": "ring-neighbors",
                "program_name": "Ring Neighbors Public Safety Service",
                "vendor_id": "ring", "coverage": "documented", "as_of_on": "2020-11-01",
                "statement": STATEMENT,
                "partnerships": [{
                    "partnership_id": "par_0123456789", "status": "unknown",
                    "last_listed_on": "2020-11-01",
                    "sources": [{
                        "source_id": "eff-atlas", "source_name": "Atlas of Surveillance",
                        "role": "supports", "first_listed_on": "2020-08-01",
                        "last_listed_on": "2020-11-01",
                    }],
                }],
                "checked_by": [],
                "sampled_by": [{
                    "source_id": "eff-atlas", "source_name": "Atlas of Surveillance",
                    "completeness": "sample", "as_of_on": "2020-11-01",
                }],
                "unmatched_partnerships": 0,
            }],
        },
        "meta": example::meta(),
        "links": example::links(&format!("/{}/{id}/coverage", agencies.table)),
    })
}

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let place = call.place()?.clone();
    let agency: Agency = match found(call, &place, "/coverage")? {
        Found::Here(record) => record,
        Found::Elsewhere(moved) => return Ok(moved),
    };
    let links = Addresses::new(call.state, &place).links(&call.path);
    let short = place.release.is_surveyed();
    let work = move || {
        let coverage = coverage(&place, &agency)?;
        Ok(Answer::json(page::document(&coverage, &Meta::of(&place), &links)))
    };
    Ok(Plan::Answer { canonical: Some(String::new()), short, work: Box::new(work) })
}

fn coverage(place: &Place, agency: &Agency) -> Result<Coverage, Problem> {
    let survey = place.release.survey()?;
    let listings = place.release.database()?.listings(agency.id.as_str())?;
    let of_program = |program| program_coverage(survey, &listings, agency, program);
    Ok(Coverage {
        agency_id: agency.id.as_str().to_owned(),
        name: agency.name.clone(),
        release: place.release.id(),
        programs: survey.programs.iter().map(of_program).collect(),
    })
}

/// What is known of an agency in words, for the record of the agency.
pub(super) fn in_words(place: &Place, agency: &Agency) -> Result<CoverageInWords, Problem> {
    let Coverage { programs, .. } = coverage(place, agency)?;
    let summary = summary(agency, &programs);
    let of_interest = programs.into_iter().filter(|program| {
        program.coverage != CoverageWord::NotChecked || !program.sampled_by.is_empty()
    });
    let programs = of_interest.map(|program| ProgramInWords {
        program_id: program.program_id,
        coverage: program.coverage,
        as_of_on: program.as_of_on,
        statement: program.statement,
    });
    Ok(CoverageInWords { summary, programs: programs.collect() })
}

/// The example of [`CoverageInWords`].
pub(in crate::serve) fn example_in_words() -> Value {
    json!({
        "summary": "A partnership of Springfield is documented in Ring Neighbors Public Safety \
                    Service. Whether it is a partner in any of 6 other programs was not checked: \
                    that nothing is listed there says nothing.",
        "programs": [{
            "program_id": "ring-neighbors", "coverage": "documented", "as_of_on": "2020-11-01",
            "statement": STATEMENT,
        }],
    })
}

/// The sentence of the examples.
const STATEMENT: &str = "A partnership of Springfield in Ring Neighbors Public Safety Service is \
                         documented by Atlas of Surveillance, last listed on 2020-11-01; whether it \
                         goes on is not known.";

fn program_coverage(
    survey: &Survey,
    listings: &[AgencyListing],
    agency: &Agency,
    program: &SurveyedProgram,
) -> ProgramCoverage {
    let partnerships = documented(listings, program);
    let covering = survey.covering(&program.id, agency.service);
    let coverage = coverage_word(!partnerships.is_empty(), &covering);
    let (checked_by, sampled_by): (Vec<_>, Vec<_>) = covering
        .into_iter()
        .map(CoveringSource::of)
        .partition(|source| source.completeness == Completeness::Exhaustive);
    let as_of_on = match coverage {
        CoverageWord::Documented => partnerships.iter().filter_map(|p| p.last_listed_on).max(),
        CoverageWord::CheckedNoneFound => checked_by.iter().map(|source| source.as_of_on).max(),
        CoverageWord::NotChecked => None,
    };
    let mut found = ProgramCoverage {
        program_id: program.id.clone(),
        program_name: program.name.clone(),
        vendor_id: program.vendor_id.clone(),
        coverage,
        as_of_on,
        statement: String::new(),
        partnerships,
        checked_by,
        sampled_by,
        unmatched_partnerships: survey.unmatched(&program.id, agency.service, &agency.state),
    };
    found.statement = found.in_words(agency);
    found
}

fn documented(listings: &[AgencyListing], program: &SurveyedProgram) -> Vec<DocumentedPartnership> {
    let mut partnerships: BTreeMap<&str, DocumentedPartnership> = BTreeMap::new();
    for listing in listings.iter().filter(|listing| listing.program_id == program.id) {
        let AgencyListing { partnership_id, program_id: _, status, last_listed_on, source } =
            listing;
        let partnership =
            partnerships.entry(partnership_id).or_insert_with(|| DocumentedPartnership {
                partnership_id: partnership_id.clone(),
                status: *status,
                last_listed_on: *last_listed_on,
                sources: Vec::new(),
            });
        partnership.sources.extend(source.clone().map(|source| {
            let (source_id, source_name, role, first_listed_on, last_listed_on) = source;
            ListingSource { source_id, source_name, role, first_listed_on, last_listed_on }
        }));
    }
    partnerships.into_values().collect()
}
