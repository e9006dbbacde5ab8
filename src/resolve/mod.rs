//! All evidence in, records out: a pure function of what is remembered and of the day.
//!
//! Sources stand in order of precedence; where they disagree the earlier one gives the value, and
//! both stay visible in the evidence.

mod accounts;
mod agencies;
mod corrections;
mod curated;
mod evidence;
mod fields;
mod findings;
mod identity;
mod memory;
mod partnerships;
mod standing;
mod subjects;
mod totals;
mod trail;
mod twins;
mod withdrawals;

use chrono::{Days, NaiveDate};

pub use accounts::reason;
pub use memory::Memory;

use crate::record::{
    AgencyId, Cell, CorrectionEffect, CoverageCell, CoverageId, DamagedCell, Decision, Field as _,
    Finding, Identity, Listing, MatchAccount, Matches, Normals, NotAnId, Record, Records, Redirect,
    ReleaseId, Source, Statement, SubjectType, Visit, Withdrawal, coverage, keys,
};
use corrections::Overlay;
use identity::Identities;
use subjects::Subjects;
use withdrawals::Withdrawals;

/// What records are made from.
#[derive(Debug)]
pub struct Input<'a> {
    /// Everything that was ever said.
    pub memory: &'a Memory,
    /// What of it holds at present, as [`crate::record::Entries`] tells it.
    pub entries: &'a [&'a Statement],
    /// Its normal forms.
    pub normals: &'a Normals,
    /// Which agency each listing of the normal forms means, and which agencies are one.
    pub matches: &'a Matches,
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
    /// Corrections whose records now say what is right.
    pub effects: Vec<CorrectionEffect>,
    /// How it was decided which agency each listing of a partnership means, in the order of the
    /// listings' evidence.
    pub accounts: Vec<MatchAccount>,
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
    let merged = twins::join(input, &mut records.agencies);
    subjects.add_agencies(input.normals, &records);
    add_curated(input, &mut records, &mut subjects, &mut identities)?;
    let mut overlay = Overlay::of(input.entries, input.redirects);
    overlay.apply(
        corrections::is_taken_over,
        &subjects,
        &mut records,
        &mut findings,
        &mut identities,
    )?;
    let mut taken = Withdrawals::default();
    let is_made = |subject| subject != SubjectType::Partnership;
    taken.add(input, is_made, &subjects, &records, &mut findings);
    taken.add_twins(merged);
    let ids: Vec<AgencyId> = records.agencies.iter().map(|agency| agency.id.clone()).collect();
    let decisions = taken.decisions(&input.matches.decisions, &ids);
    link_disclosures(input, &decisions, &mut records, &subjects);
    let made = add_partnerships(input, &decisions, &mut records, &mut identities, &mut findings)?;
    for (listing, id) in &made {
        subjects.add_statement(&listing.statement, id);
        // Pages cited beside an entry speak of what the entry is about now.
        if listing.is_current {
            subjects.add(SubjectType::Partnership, &listing.source_id, &listing.source_key, id);
        }
    }
    overlay.apply(
        corrections::is_not_taken_over,
        &subjects,
        &mut records,
        &mut findings,
        &mut identities,
    )?;
    overlay.follow(&mut records);
    let is_partnership = |subject| subject == SubjectType::Partnership;
    taken.add(input, is_partnership, &subjects, &records, &mut findings);
    add_decisions(input, &overlay, &mut records, &mut subjects, &mut identities)?;
    findings::of_matches(input, &decisions, &mut findings);
    let accounts = accounts::accounts(input, &decisions, &made, &records.agencies, &taken);
    records.evidence = evidence::evidence(input.memory, &subjects);
    taken.apply(&mut records);
    let (issues, unread) = findings::issues(findings, input.memory.unread.len(), &mut identities)?;
    records.issues = issues;
    records.coverage = cells(input, &records, &mut identities)?;
    totals::count(&mut records);
    let (redirects, withdrawals) = trail::trail(input, &records, &identities, &made, &taken);
    sort(&mut records);
    let (identities, effects) = (identities.into_list(), overlay.effects);
    Ok(Resolved { records, unread, identities, redirects, withdrawals, effects, accounts })
}

/// Adds the corrections, and which record each decision of people is about: the pages it rests on
/// are evidence of that record.
fn add_decisions(
    input: &Input<'_>,
    overlay: &Overlay<'_>,
    records: &mut Records,
    subjects: &mut Subjects,
    identities: &mut Identities,
) -> Result<(), ResolveError> {
    for entry in overlay.entries() {
        let subject = overlay.subject(entry, subjects);
        let subject = subject.unwrap_or_default();
        let there = withdrawals::is_there(records, entry.subject_type, &subject);
        records.corrections.push(curated::correction(entry, subject.clone(), identities)?);
        if there {
            subjects.add(entry.subject_type, &entry.source_id, &entry.source_key, &subject);
        }
    }
    for entry in withdrawals::entries(input) {
        let subject = entry.reported(keys::SUBJECT).unwrap_or_default();
        let subject = subjects.named(entry, subject, &[]);
        if let Some(subject) =
            subject.filter(|id| withdrawals::is_there(records, entry.subject_type, id))
        {
            subjects.add(entry.subject_type, &entry.source_id, &entry.source_key, &subject);
        }
    }
    Ok(())
}

/// The cells of the coverage, by the other records.
fn cells(
    input: &Input<'_>,
    records: &Records,
    identities: &mut Identities,
) -> Result<Vec<CoverageCell>, ResolveError> {
    coverage::Lists::of(records, &input.memory.editions).cells(|mint_key| {
        let id = identities.id(CoverageCell::TABLE, CoverageId::PREFIX, mint_key)?;
        Ok(id.parse()?)
    })
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
    for entry in input.entries.iter().filter(|entry| !entry.is_decision()) {
        let id = match entry.subject_type {
            SubjectType::Vendor => push(&mut records.vendors, curated::vendor(entry)?),
            SubjectType::Program => push(&mut records.programs, curated::program(entry)?),
            SubjectType::ReportedTotal => {
                push(&mut records.reported_totals, curated::reported_total(entry, identities)?)
            }
            SubjectType::Event => push(&mut records.events, curated::event(entry, identities)?),
            SubjectType::Disclosure => {
                push(&mut records.disclosures, curated::disclosure(entry, identities)?)
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

/// Links each disclosure to the agency it names, where that could be told.
fn link_disclosures(
    input: &Input<'_>,
    decisions: &[Decision],
    records: &mut Records,
    subjects: &Subjects,
) {
    let Records { disclosures, agencies, .. } = records;
    for (listing, decision) in input.normals.listings.iter().zip(decisions) {
        let Listing { subject_type: SubjectType::Disclosure, source_id, source_key, .. } = listing
        else {
            continue;
        };
        let Decision::Same { agency, .. } = decision else { continue };
        let Some(id) = subjects.get(SubjectType::Disclosure, source_id, source_key) else {
            continue;
        };
        let disclosure = disclosures.iter_mut().find(|disclosure| disclosure.id.as_str() == id);
        if let Some(disclosure) = disclosure.filter(|disclosure| disclosure.agency_id.is_none()) {
            disclosure.agency_id = Some(agencies[*agency].id.clone());
        }
    }
}

/// Adds the partnerships, and gives for each listing the id it became a part of.
fn add_partnerships<'a>(
    input: &Input<'a>,
    decisions: &[Decision],
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
            decisions,
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

/// A record of these cells, which differ from those of one that was made here.
fn remade<R: Record>(mut cells: Vec<Cell>) -> Result<R, DamagedCell> {
    // What is no stamp yet would not be read back.
    let stamp = ReleaseId::new(NaiveDate::default(), 1).to_cell();
    let columns = R::COLUMNS.iter().zip(&mut cells);
    for (_, cell) in columns.filter(|(column, _)| column.name.ends_with("_release")) {
        cell.clone_from(&stamp);
    }
    let mut record = R::from_cells(cells)?;
    let stamps = record.stamps();
    (*stamps.first_release, *stamps.last_changed_release) = (unstamped(), unstamped());
    Ok(record)
}

/// A stamp to be overwritten when the release is built.
fn unstamped() -> ReleaseId {
    ReleaseId::default()
}
