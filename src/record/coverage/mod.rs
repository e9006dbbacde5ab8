//! Who looked for partnerships, and what follows for an agency that no source lists.
//!
//! A source looked for partnerships of a program by agencies of a service if an edition of it
//! lists one: that it says nothing of others is no sign that it would have. Only a source that
//! says of itself that it lists all of them makes an absence an answer, and only as of its date.

mod counts;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use counts::Counts;

use crate::record::{
    AgencyId, Completeness, Conclusion, CoverageCell, CoverageId, CoverageWord, Edition, Extent,
    Partnership, Program, ProgramId, Records, ReleaseId, Role, STATES, Service, Source, SourceId,
    SubjectType,
};

/// That a source listed partnerships of a program by agencies of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The program.
    pub program_id: String,
    /// The source.
    pub source_id: String,
    /// The name of the source.
    pub source_name: String,
    /// How much of its subject the source covers.
    pub completeness: Completeness,
    /// The service.
    pub service: Service,
    /// The date of the newest edition that lists any.
    pub as_of_on: NaiveDate,
}

/// The looks for partnerships of a program by agencies of a service, one per source, in the order
/// of the sources' ids.
///
/// Who serves as police and as fire department is covered where both are, as of the older of the
/// two dates, or where such agencies themselves are.
#[must_use]
pub fn covering<'a>(looks: &'a [Look], program_id: &str, service: Service) -> Vec<&'a Look> {
    let looks: Vec<&Look> = looks.iter().filter(|look| look.program_id == program_id).collect();
    let sources: BTreeSet<&str> = looks.iter().map(|look| look.source_id.as_str()).collect();
    let covers = |source| {
        let of = |service| {
            let mut own = looks.iter().filter(|look| look.source_id == source);
            own.find(|look| look.service == service).copied()
        };
        of(service).or_else(|| match service {
            Service::Both => {
                let (police, fire) = of(Service::LawEnforcement).zip(of(Service::Fire))?;
                Some(if police.as_of_on < fire.as_of_on { police } else { fire })
            }
            Service::LawEnforcement | Service::Fire => None,
        })
    };
    sources.into_iter().filter_map(covers).collect()
}

/// What is known of an agency's part in a program: whether it has a partnership there, and else
/// what the sources say that cover such agencies.
#[must_use]
pub fn word(is_documented: bool, covering: &[&Look]) -> CoverageWord {
    let is_whole = |look: &&Look| look.completeness == Completeness::Exhaustive;
    if is_documented {
        CoverageWord::Documented
    } else if covering.iter().any(is_whole) {
        CoverageWord::CheckedNoneFound
    } else {
        CoverageWord::NotChecked
    }
}

/// Whether agencies of the one service can be agencies of the other.
#[must_use]
pub fn overlap(one: Service, other: Service) -> bool {
    one == other || one == Service::Both || other == Service::Both
}

/// What is known of an agency's part in a program, where anything is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyCoverage {
    /// The agency.
    pub agency_id: AgencyId,
    /// The program.
    pub program_id: ProgramId,
    /// What is known; never [`CoverageWord::NotChecked`].
    pub coverage: CoverageWord,
    /// As of when: the date of the newest edition that lists the partnership, or of the newest
    /// whole list that was searched; `None` where only editors write about the partnership.
    pub as_of_on: Option<NaiveDate>,
    /// The sources that document the partnership, or whose whole lists were searched, in order.
    pub sources: Vec<SourceId>,
}

/// When the partnerships of an agency and program were last listed, and who documents them.
type Documented<'a> = (Option<NaiveDate>, BTreeSet<&'a SourceId>);

/// That a source lists a partnership.
struct Listed<'a> {
    source: &'a Source,
    partnership: &'a Partnership,
    newest: NaiveDate,
}

/// What the sources of a release list.
pub struct Lists<'a> {
    records: &'a Records,
    /// By source and partnership.
    listed: BTreeMap<(&'a str, &'a str), Listed<'a>>,
}

impl std::fmt::Debug for Lists<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lists").field("listed", &self.listed.len()).finish_non_exhaustive()
    }
}

impl<'a> Lists<'a> {
    /// What sources list, by the evidence and the editions that were read.
    pub fn of<'e>(records: &'a Records, editions: impl IntoIterator<Item = &'e Edition>) -> Self {
        let editions: HashSet<(&str, NaiveDate)> = editions
            .into_iter()
            .map(|edition| (edition.source_id.as_str(), edition.key.as_of_on))
            .collect();
        let partnerships: HashMap<&str, &Partnership> =
            records.partnerships.iter().map(|record| (record.id.as_str(), record)).collect();
        let sources: HashMap<&str, &Source> =
            records.sources.iter().map(|source| (source.id.as_str(), source)).collect();
        let mut listed: BTreeMap<(&str, &str), Listed<'_>> = BTreeMap::new();
        for evidence in &records.evidence {
            let (source, newest) = (evidence.source_id.as_str(), evidence.last_listed_on);
            let lists = evidence.subject_type == SubjectType::Partnership
                && evidence.role == Role::Supports
                && editions.contains(&(source, newest));
            let subject = evidence.subject_id.as_str();
            let (Some(source), Some(partnership)) =
                (sources.get(source).filter(|_| lists), partnerships.get(subject))
            else {
                continue;
            };
            let known = listed.entry((source.id.as_str(), subject)).or_insert(Listed {
                source,
                partnership,
                newest,
            });
            known.newest = known.newest.max(newest);
        }
        Self { records, listed }
    }

    /// Which source looked for partnerships of which program and service, in the order of their
    /// words.
    #[must_use]
    pub fn looks(&self) -> Vec<Look> {
        let mut looks: BTreeMap<(&str, &str, &str), Look> = BTreeMap::new();
        for Listed { source, partnership, newest } in self.listed.values() {
            let (program, service) = (partnership.program_id.as_str(), partnership.service);
            let key = (program, source.id.as_str(), service.as_str());
            let look = looks.entry(key).or_insert_with(|| Look {
                program_id: program.to_owned(),
                source_id: source.id.as_str().to_owned(),
                source_name: source.name.clone(),
                completeness: source.completeness,
                service,
                as_of_on: *newest,
            });
            look.as_of_on = look.as_of_on.max(*newest);
        }
        looks.into_values().collect()
    }

    /// The cells of the coverage: for each program, service and state one per source that looked,
    /// or one that says that none did. `id` gives the id of a mint key.
    ///
    /// Services are policing and fire protection, and both together where an agency gives both or
    /// a source lists one that does; states are those of the union and territories with agencies.
    pub fn cells<E>(
        &self,
        mut id: impl FnMut(&str) -> Result<CoverageId, E>,
    ) -> Result<Vec<CoverageCell>, E> {
        let looks = self.looks();
        let counts = Counts::of(self);
        let agencies = &self.records.agencies;
        let known = agencies.iter().map(|agency| agency.service);
        let services: BTreeSet<Service> = [Service::LawEnforcement, Service::Fire]
            .into_iter()
            .chain(known)
            .chain(looks.iter().map(|look| look.service))
            .collect();
        let states: BTreeSet<&str> = STATES
            .iter()
            .copied()
            .chain(agencies.iter().map(|agency| agency.state.as_str()))
            .collect();
        let mut cells = Vec::new();
        for program in &self.records.programs {
            for service in &services {
                let covering = covering(&looks, program.id.as_str(), *service);
                for state in &states {
                    let cell = Cell { program, service: *service, state };
                    if covering.is_empty() {
                        cells.push(cell.record(None, &counts, &mut id)?);
                    }
                    for look in &covering {
                        cells.push(cell.record(Some(look), &counts, &mut id)?);
                    }
                }
            }
        }
        Ok(cells)
    }

    /// What is known of each agency's part in each program, where anything is, in the order of
    /// their ids. Of a pair that is not among them nothing can be concluded.
    #[must_use]
    pub fn agencies(&self) -> Vec<AgencyCoverage> {
        let looks = self.looks();
        let documented = self.documented();
        // The same for all agencies of a service.
        let covering: Vec<(&Program, Service, Vec<&Look>)> = self
            .records
            .programs
            .iter()
            .flat_map(|program| Service::ALL.iter().map(move |service| (program, *service)))
            .map(|(program, service)| {
                (program, service, covering(&looks, program.id.as_str(), service))
            })
            .collect();
        let mut known = Vec::new();
        for agency in &self.records.agencies {
            let own = covering.iter().filter(|(_, service, _)| *service == agency.service);
            for (program, _, covering) in own {
                let partnerships = documented.get(&(agency.id.as_str(), program.id.as_str()));
                let coverage = word(partnerships.is_some(), covering);
                let (as_of_on, sources) = match coverage {
                    CoverageWord::NotChecked => continue,
                    CoverageWord::Documented => partnerships.cloned().unwrap_or_default(),
                    CoverageWord::CheckedNoneFound => self.searched(covering),
                };
                known.push(AgencyCoverage {
                    agency_id: agency.id.clone(),
                    program_id: program.id.clone(),
                    coverage,
                    as_of_on,
                    sources: sources.into_iter().cloned().collect(),
                });
            }
        }
        known
    }

    /// The newest date of the whole lists among these, and their sources.
    fn searched(&self, covering: &[&Look]) -> (Option<NaiveDate>, BTreeSet<&'a SourceId>) {
        let whole = covering.iter().filter(|look| look.completeness == Completeness::Exhaustive);
        let as_of_on = whole.clone().map(|look| look.as_of_on).max();
        let ids: Vec<&str> = whole.map(|look| look.source_id.as_str()).collect();
        let sources = self.records.sources.iter().map(|source| &source.id);
        (as_of_on, sources.filter(|id| ids.contains(&id.as_str())).collect())
    }

    /// By agency and program: when its partnerships were last listed, and who documents them.
    fn documented(&self) -> HashMap<(&'a str, &'a str), Documented<'a>> {
        let mut documented: HashMap<_, Documented<'a>> = HashMap::new();
        let mut pairs: HashMap<&str, (&str, &str)> = HashMap::new();
        for partnership in &self.records.partnerships {
            let Some(agency) = &partnership.agency_id else { continue };
            let pair = (agency.as_str(), partnership.program_id.as_str());
            pairs.insert(partnership.id.as_str(), pair);
            let known = documented.entry(pair).or_default();
            known.0 = known.0.max(partnership.last_listed_on);
        }
        for evidence in &self.records.evidence {
            let Some(pair) = pairs.get(evidence.subject_id.as_str()) else { continue };
            if evidence.role == Role::Supports
                && let Some(known) = documented.get_mut(pair)
            {
                known.1.insert(&evidence.source_id);
            }
        }
        documented
    }
}

/// What the id of a cell is minted from: program, service, state, and the source if one looked.
fn mint_key(program: &Program, service: Service, state: &str, look: Option<&Look>) -> String {
    let mut key = format!("{}/{service}/{state}", program.id);
    if let Some(look) = look {
        key.push('/');
        key.push_str(&look.source_id);
    }
    key
}

/// Whether the cell of a mint key is one that a source looked at.
pub(crate) fn names_a_source(mint_key: &str) -> bool {
    mint_key.split('/').count() > 3
}

/// A program, a service and a state.
struct Cell<'a> {
    program: &'a Program,
    service: Service,
    state: &'a str,
}

impl Cell<'_> {
    fn record<E>(
        &self,
        look: Option<&Look>,
        counts: &Counts<'_>,
        id: &mut impl FnMut(&str) -> Result<CoverageId, E>,
    ) -> Result<CoverageCell, E> {
        let Self { program, service, state } = *self;
        let mint_key = mint_key(program, service, state, look);
        let (mut documented, mut unmatched, mut source_id) = (0, 0, None);
        if let Some(look) = look {
            documented = counts.documented(self, &look.source_id);
            unmatched = counts.unmatched(self, &look.source_id);
            source_id = counts.source(&look.source_id);
        }
        let conclusion = match word(false, look.as_slice()) {
            CoverageWord::CheckedNoneFound => Conclusion::CheckedNoneFound,
            CoverageWord::NotChecked | CoverageWord::Documented => Conclusion::NotChecked,
        };
        Ok(CoverageCell {
            id: id(&mint_key)?,
            program_id: program.id.clone(),
            vendor_id: program.vendor_id.clone(),
            service,
            state: state.to_owned(),
            source_id,
            extent: look.map_or(Extent::None, |look| look.completeness.into()),
            as_of_on: look.map(|look| look.as_of_on),
            agencies: counts.agencies.get(&(service, state)).copied().unwrap_or(0),
            documented,
            unmatched,
            conclusion,
            first_release: ReleaseId::default(),
            last_changed_release: ReleaseId::default(),
            evidence_count: 0,
        })
    }
}
