//! Partnerships: listings of one agency and program, over all sources.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};

use super::identity::Identities;
use super::standing::{last_listed, start, status};
use super::{ResolveError, unstamped};
use crate::record::{
    Agency, Decision, EditionKey, EvidenceId, Finding, Listing, Partnership, Problem, Program,
    Record, Source, SourceId, Statement, SubjectType,
};

/// What partnerships are made from.
pub(super) struct Context<'a> {
    pub(super) listings: &'a [Listing],
    pub(super) decisions: &'a [Decision],
    /// At the positions the decisions name.
    pub(super) agencies: &'a [Agency],
    pub(super) agency_mint_keys: &'a [&'a str],
    pub(super) programs: &'a [Program],
    /// In order of precedence.
    pub(super) sources: &'a [Source],
    pub(super) statements: &'a BTreeMap<EvidenceId, Statement>,
    /// Newest edition by source.
    pub(super) newest_editions: &'a HashMap<&'a str, &'a EditionKey>,
    pub(super) published_on: NaiveDate,
    /// How old an edition may be and still vouch for the present.
    pub(super) fresh_for: Days,
}

/// A partnership and the listings it was made from.
pub(super) struct Made {
    pub(super) partnership: Partnership,
    /// Their positions among the listings.
    pub(super) listings: Vec<usize>,
}

/// One listing with all that is known of it.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    position: usize,
    pub(super) listing: &'a Listing,
    decision: &'a Decision,
    pub(super) statement: &'a Statement,
    pub(super) source: &'a Source,
    precedence: usize,
}

impl Told<'_> {
    /// The surest first: sources in their order, and what they say now before what they once said.
    pub(super) fn rank(&self) -> (usize, bool) {
        (self.precedence, !self.listing.is_current)
    }
}

/// What an unmatched listing's partnership is minted from.
pub(super) fn unmatched_mint_key(listing: &Listing) -> String {
    format!("{}:{}", listing.source_id, listing.source_key)
}

/// Makes one partnership per agency and program, and one per key that could not be matched.
pub(super) fn partnerships<'a>(
    context: &Context<'a>,
    identities: &mut Identities,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Made>, ResolveError> {
    let mut groups: BTreeMap<String, Vec<Told<'a>>> = BTreeMap::new();
    let mut now: HashMap<(&SourceId, &str), String> = HashMap::new();
    let (current, superseded): (Vec<_>, Vec<_>) = (0..context.listings.len())
        .filter(|position| context.listings[*position].subject_type == SubjectType::Partnership)
        .partition(|position| context.listings[*position].is_current);
    for position in current.into_iter().chain(superseded) {
        let Some(told) = context.told(position) else { continue };
        let listing = told.listing;
        let Some(program) = context.program(listing) else {
            findings.extend(listing.is_current.then(|| unknown_program(&told)));
            continue;
        };
        let key = (&listing.source_id, listing.source_key.as_str());
        let mint_key = match told.decision {
            Decision::Same { agency, .. } => {
                format!("{}/{}", context.agency_mint_keys[*agency], program.id)
            }
            // A name that nobody knew, and that was corrected since, is the corrected one.
            Decision::Unmatched { .. } if !listing.is_current && now.contains_key(&key) => {
                now[&key].clone()
            }
            Decision::Unmatched { .. } => unmatched_mint_key(listing),
        };
        if listing.is_current {
            now.insert(key, mint_key.clone());
        }
        groups.entry(mint_key).or_default().push(told);
    }
    let mut made = Vec::with_capacity(groups.len());
    for (mint_key, mut told) in groups {
        told.sort_by_key(|told| (told.rank(), &told.listing.source_key, &told.statement.id));
        let id = identities.id(Partnership::TABLE, "par", &mint_key)?;
        let partnership = context.partnership(&id, &told, findings)?;
        made.push(Made { partnership, listings: told.iter().map(|told| told.position).collect() });
    }
    Ok(made)
}

fn unknown_program(told: &Told<'_>) -> Finding {
    let named = told.listing.program_id.as_ref().map(ToString::to_string);
    let detail = "no such program; the row makes no partnership";
    told.statement.finding(Problem::UnknownProgram, detail.to_owned(), named.as_deref())
}

impl<'a> Context<'a> {
    fn told(&self, position: usize) -> Option<Told<'a>> {
        let (listing, decision) = (&self.listings[position], &self.decisions[position]);
        let statement = self.statements.get(&listing.statement)?;
        let precedence = self.sources.iter().position(|source| source.id == listing.source_id)?;
        Some(Told {
            position,
            listing,
            decision,
            statement,
            source: &self.sources[precedence],
            precedence,
        })
    }

    fn program(&self, listing: &Listing) -> Option<&'a Program> {
        let id = listing.program_id.as_ref()?;
        self.programs.iter().find(|program| program.id == *id)
    }

    fn partnership(
        &self,
        id: &str,
        told: &[Told<'a>],
        findings: &mut Vec<Finding>,
    ) -> Result<Partnership, ResolveError> {
        let first = &told[0];
        let program = self.program(first.listing).ok_or(ResolveError::NoProgram)?;
        let agency = told.iter().find_map(|told| match told.decision {
            Decision::Same { agency, .. } => Some(&self.agencies[*agency]),
            Decision::Unmatched { .. } => None,
        });
        // Of several rows of one source the surest link says how the agency was told.
        let link = told.iter().filter_map(|told| match told.decision {
            Decision::Same { method, score, .. } => Some((*method, *score)),
            Decision::Unmatched { .. } => None,
        });
        let link = link.max_by(|one, other| one.1.total_cmp(&other.1));
        let (started, started_basis) = start(told, program, findings);
        let standing = status(self, told, program);
        let mut current = told.iter().filter(|told| told.listing.is_current);
        let requests = current.find_map(|t| Some((t.listing.video_requests?, t)));
        let listing = first.listing;
        Ok(Partnership {
            id: id.parse()?,
            agency_id: agency.map(|agency| agency.id.clone()),
            agency_name: agency.map_or(&listing.agency, |agency| &agency.name).clone(),
            agency_name_reported: listing.agency.clone(),
            state: agency.map(|agency| agency.state.clone()).or_else(|| listing.state.clone()),
            kind: agency.map_or(listing.kind, |agency| agency.kind),
            service: agency.map_or(listing.service, |agency| agency.service),
            program_id: program.id.clone(),
            vendor_id: program.vendor_id.clone(),
            status: standing.status,
            started_on: started.map(|date| date.on),
            started_on_precision: started.map(|date| date.precision),
            started_on_basis: started_basis,
            ended_on: standing.ended.map(|date| date.on),
            ended_on_precision: standing.ended.map(|date| date.precision),
            ended_on_basis: standing.ended_basis,
            last_listed_on: last_listed(told),
            status_as_of_on: standing.as_of_on,
            match_method: link.map(|(method, _)| method),
            match_score: link.map(|(_, score)| score),
            video_requests: requests.map(|(number, _)| number),
            video_requests_as_of_on: requests.map(|(_, told)| told.statement.newest.as_of_on),
            first_release: unstamped(),
            last_changed_release: unstamped(),
            evidence_count: 0,
        })
    }
}
