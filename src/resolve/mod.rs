//! All evidence in, records out: a pure function of what is remembered and of the day.
//!
//! Sources stand in order of precedence; where they disagree the earlier one gives the value, and
//! both stay visible in the evidence.

mod agencies;
pub mod coverage;
mod curated;
mod evidence;
mod fields;
mod findings;
mod identity;
mod memory;
mod partnerships;
mod standing;
mod totals;
mod trail;

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

pub use memory::Memory;

use crate::record::{
    Agency, AgencyId, CoverageCell, CoverageId, Decision, EvidenceId, Finding, Identity, Listing,
    Normals, NotAnId, Record, Records, Redirect, ReleaseId, Source, SourceId, Statement,
    SubjectType, Visit, Withdrawal,
};
use identity::Identities;

/// What records are made from.
#[derive(Debug)]
pub struct Input<'a> {
    /// Everything that was ever said.
    pub memory: &'a Memory,
    /// What of it holds at present, as [`crate::record::Entries`] tells it.
    pub entries: &'a [&'a Statement],
    /// Its normal forms.
    pub normals: &'a Normals,
    /// Which agency each listing of the normal forms means.
    pub decisions: &'a [Decision],
    /// The sources, in order of precedence, as far as their cards tell.
    pub sources: Vec<Source>,
    /// Ids published so far.
    pub identities: &'a [Identity],
    /// Merges published so far.
    pub redirects: &'a [Redirect],
    /// Withdrawals published so far.
    pub withdrawals: &'a [Withdrawal],
    /// Ids of the issues published last.
    pub published_issues: &'a [String],
    /// The day of publication.
    pub published_on: NaiveDate,
    /// How old an edition may be and still vouch for the present.
    pub fresh_for: Days,
}

/// What became of it. The records carry no stamps yet: those follow from the release before.
#[derive(Debug)]
pub struct Resolved {
    /// All records, each list in id order.
    pub records: Records,
    /// Ids of the issues that arose in reading the newest editions, in order.
    pub unread: Vec<String>,
    /// All ids given out so far.
    pub identities: Vec<Identity>,
    /// All merges so far.
    pub redirects: Vec<Redirect>,
    /// All withdrawals so far.
    pub withdrawals: Vec<Withdrawal>,
}

/// Why records could not be made. Each is a fault of ours, never of a source.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Two keys would share an id.
    #[error("the id {id} of `{mint_key}` is already that of `{owner}`")]
    IdTaken {
        /// The id.
        id: String,
        /// The key it was to be minted for.
        mint_key: String,
        /// The key it was minted for.
        owner: String,
    },
    /// A stored id is none.
    #[error("a stored id is damaged")]
    Id(#[from] NotAnId),
    /// A curated entry that was published cannot be read by this version of the program.
    #[error("curated entry `{source_key}`: {field}: {problem}")]
    Entry {
        /// The entry, as `file/key`.
        source_key: String,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A partnership's program vanished while it was made.
    #[error("a partnership without a program")]
    NoProgram,
}

/// Makes all records.
pub fn resolve(input: &Input<'_>) -> Result<Resolved, ResolveError> {
    let mut identities = Identities::of(input.identities);
    let mut findings: Vec<Finding> = input.memory.unread.clone();
    findings.extend(input.normals.findings.iter().cloned());
    let mut records = Records { sources: input.sources.clone(), ..Records::default() };
    date_sources(&mut records.sources, input.memory);

    let mut subjects = Subjects::default();
    records.agencies = agencies::agencies(input.normals, &mut identities)?;
    for (normal, agency) in input.normals.agencies.iter().zip(&records.agencies) {
        subjects.add(
            SubjectType::Agency,
            &normal.source_id,
            &normal.source_key,
            agency.id.as_str(),
        );
    }
    add_curated(input, &mut records, &mut subjects, &mut identities)?;
    let made = add_partnerships(input, &mut records, &mut identities, &mut findings)?;
    for (listing, id) in &made {
        subjects.add_statement(&listing.statement, id);
        // Pages cited beside an entry speak of what the entry is about now.
        if listing.is_current {
            subjects.add(SubjectType::Partnership, &listing.source_id, &listing.source_key, id);
        }
    }
    for entry in input.entries.iter().filter(|entry| is_correction(entry)) {
        let correction = curated::correction(entry, &subjects, &mut identities)?;
        // The pages a correction rests on are evidence of what it corrects.
        let subject = correction.subject_id.clone();
        subjects.add(entry.subject_type, &entry.source_id, &entry.source_key, &subject);
        records.corrections.push(correction);
    }
    findings::unmatched(input.normals, input.decisions, input.entries, &mut findings);
    records.evidence = evidence::evidence(input.memory, &subjects);
    let (issues, unread) = findings::issues(findings, input.memory.unread.len(), &mut identities)?;
    records.issues = issues;
    let lists = coverage::Lists::of(&records, &input.memory.editions);
    records.coverage = lists.cells(|mint_key| {
        let id = identities.id(CoverageCell::TABLE, CoverageId::PREFIX, mint_key)?;
        Ok::<_, ResolveError>(id.parse()?)
    })?;
    totals::count(&mut records);
    let (redirects, withdrawals) = trail::trail(input, &records, &identities, &made);
    sort(&mut records);
    Ok(Resolved { records, unread, identities: identities.into_list(), redirects, withdrawals })
}

/// Which record an entry of a source became.
#[derive(Debug, Default)]
struct Subjects {
    by_key: HashMap<(SubjectType, SourceId, String), String>,
    by_statement: HashMap<EvidenceId, String>,
}

impl Subjects {
    fn add(&mut self, subject_type: SubjectType, source: &SourceId, key: &str, id: &str) {
        self.by_key.insert((subject_type, source.clone(), key.to_owned()), id.to_owned());
    }

    /// For a statement that need not be about what its key is about by now.
    fn add_statement(&mut self, statement: &EvidenceId, id: &str) {
        self.by_statement.insert(statement.clone(), id.to_owned());
    }

    fn get(&self, subject_type: SubjectType, source: &SourceId, key: &str) -> Option<&str> {
        self.by_key.get(&(subject_type, source.clone(), key.to_owned())).map(String::as_str)
    }

    fn of(&self, statement: &Statement) -> Option<&str> {
        let Statement { id, subject_type, source_id, source_key, .. } = statement;
        let own = self.by_statement.get(id).map(String::as_str);
        own.or_else(|| self.get(*subject_type, source_id, source_key))
    }
}

fn is_correction(entry: &Statement) -> bool {
    entry.source_key.starts_with(curated::CORRECTIONS)
}

/// Adds what people wrote down, and which record each entry became.
fn add_curated(
    input: &Input<'_>,
    records: &mut Records,
    subjects: &mut Subjects,
    identities: &mut Identities,
) -> Result<(), ResolveError> {
    for entry in input.entries.iter().filter(|entry| !is_correction(entry)) {
        let id = match entry.subject_type {
            SubjectType::Vendor => push(&mut records.vendors, curated::vendor(entry)?),
            SubjectType::Program => push(&mut records.programs, curated::program(entry)?),
            SubjectType::ReportedTotal => {
                push(&mut records.reported_totals, curated::reported_total(entry, identities)?)
            }
            SubjectType::Event => push(&mut records.events, curated::event(entry, identities)?),
            SubjectType::Disclosure => {
                let mut disclosure = curated::disclosure(entry, identities)?;
                disclosure.agency_id = linked_agency(input, &records.agencies, entry);
                push(&mut records.disclosures, disclosure)
            }
            SubjectType::Agency
            | SubjectType::Partnership
            | SubjectType::Place
            | SubjectType::County => continue,
        };
        subjects.add(entry.subject_type, &entry.source_id, &entry.source_key, &id);
    }
    Ok(())
}

fn push<R: Record>(list: &mut Vec<R>, record: R) -> String {
    let id = record.id().to_owned();
    list.push(record);
    id
}

/// The agency a disclosure names, where it could be told.
fn linked_agency(input: &Input<'_>, agencies: &[Agency], entry: &Statement) -> Option<AgencyId> {
    let listings = input.normals.listings.iter().zip(input.decisions);
    listings
        .filter(|(listing, _)| {
            listing.subject_type == SubjectType::Disclosure
                && listing.source_id == entry.source_id
                && listing.source_key == entry.source_key
        })
        .find_map(|(_, decision)| match decision {
            Decision::Same { agency, .. } => Some(agencies[*agency].id.clone()),
            Decision::Unmatched { .. } => None,
        })
}

/// Adds the partnerships, and gives for each listing the id it became a part of.
fn add_partnerships<'a>(
    input: &Input<'a>,
    records: &mut Records,
    identities: &mut Identities,
    findings: &mut Vec<Finding>,
) -> Result<Vec<(&'a Listing, String)>, ResolveError> {
    let agency_mint_keys: Vec<&str> =
        input.normals.agencies.iter().map(agencies::mint_key).collect();
    let newest_editions = input
        .sources
        .iter()
        .filter_map(|source| Some((source.id.as_str(), &input.memory.newest(&source.id)?.key)));
    let made = partnerships::partnerships(
        &partnerships::Context {
            listings: &input.normals.listings,
            decisions: input.decisions,
            agencies: &records.agencies,
            agency_mint_keys: &agency_mint_keys,
            programs: &records.programs,
            sources: &records.sources,
            statements: &input.memory.statements,
            newest_editions: &newest_editions.collect(),
            published_on: input.published_on,
            fresh_for: input.fresh_for,
        },
        identities,
        findings,
    )?;
    let mut parts = Vec::new();
    for partnerships::Made { partnership, listings } in made {
        let id = partnership.id.as_str();
        let listings = listings.into_iter().map(|position| &input.normals.listings[position]);
        parts.extend(listings.map(|listing| (listing, id.to_owned())));
        records.partnerships.push(partnership);
    }
    Ok(parts)
}

/// Says of each source how new and how large its newest edition is.
fn date_sources(sources: &mut [Source], memory: &Memory) {
    for source in sources {
        let Some(newest) = memory.newest(&source.id) else { continue };
        source.data_as_of_on = Some(newest.key.as_of_on);
        source.rows = i64::try_from(newest.records_read).unwrap_or(i64::MAX);
    }
}

/// Puts every list in id order.
fn sort(records: &mut Records) {
    struct Sort;
    impl Visit for Sort {
        type Error = std::convert::Infallible;

        fn visit<R: Record>(&mut self, records: &mut Vec<R>) -> Result<(), Self::Error> {
            records.sort_by(|one, other| one.id().cmp(other.id()));
            Ok(())
        }
    }
    let Ok(()) = records.visit(&mut Sort);
}

/// A stamp to be overwritten when the release is built.
fn unstamped() -> ReleaseId {
    ReleaseId::default()
}
