//! Gates that compare what a source says of each thing with what it said before, by its own keys.
//!
//! Counts alone do not see an edition that has as many rows as the last one and is wrong: two
//! columns that changed places, a state's agencies under the name of another. Such an edition
//! breaks the thread of the keys, or says something else under most of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::changes::newest;
use super::verdict;
use crate::config::GateLimits;
use crate::record::{EditionKey, Evidence, Role, SourceId, SubjectType, keys};
use crate::release::GateVerdict;
use crate::release::dataset::Dataset;

/// Degrees by which a coordinate may move and still mean the same place: some ten kilometres.
const SAME_PLACE: f64 = 0.1;

/// Dates are written anew by every spreadsheet that saves them, and mean the same. That one cannot
/// be read is an issue, and that one is missing shows here.
const DATES: [&str; 4] = [keys::DATE, keys::DATE_IN_SUMMARY, keys::DATE_BASIS, keys::ENDED];

pub(super) fn judge(
    candidate: &Dataset,
    previous: &Dataset,
    limits: &GateLimits,
) -> Vec<GateVerdict> {
    let before = Known::of(previous);
    let after = Known::of(candidate);
    let mut verdicts = before.keys_kept(&after, limits);
    verdicts.extend(before.states_kept(&after, limits));
    let said: HashSet<&str> =
        previous.records.evidence.iter().map(|evidence| evidence.id.as_str()).collect();
    let entries = candidate.records.evidence.iter().filter(|evidence| is_entry(evidence));
    let new: Vec<&Evidence> =
        entries.filter(|evidence| !said.contains(evidence.id.as_str())).collect();
    verdicts.extend(before.keys_new(&new, limits));
    verdicts.extend(before.values_kept(&new, limits));
    verdicts
}

/// Whether it is a source's entry: not a page cited beside one, and not what people wrote here.
fn is_entry(evidence: &Evidence) -> bool {
    let names = [keys::AGENCY, keys::NAME].iter().any(|key| evidence.reported.contains_key(*key));
    let is_of_people = evidence.reported.contains_key(keys::CONFIDENCE);
    evidence.role == Role::Supports && evidence.pointer.is_empty() && names && !is_of_people
}

/// A source's own key of a thing.
type Key<'a> = (&'a SourceId, SubjectType, &'a str);

fn key(evidence: &Evidence) -> Key<'_> {
    (&evidence.source_id, evidence.subject_type, &evidence.source_key)
}

/// The newest edition that says so, in the order of [`EditionKey`].
type Newest<'a> = (NaiveDate, DateTime<Utc>, &'a str);

fn edition(evidence: &Evidence) -> Newest<'_> {
    (evidence.last_listed_on, evidence.retrieved_at, &evidence.capture_sha256)
}

/// Source and sort of thing, and of partnerships the program.
type Sort<'a> = (&'a SourceId, SubjectType, Option<&'a str>);

fn sort(evidence: &Evidence) -> Sort<'_> {
    let program = evidence.reported.get(keys::PROGRAM).map(String::as_str);
    let is_partnership = evidence.subject_type == SubjectType::Partnership;
    (&evidence.source_id, evidence.subject_type, program.filter(|_| is_partnership))
}

/// Source and sort of thing, and of partnerships the program: `eff-atlas/partnership/ring-neighbors`.
pub(super) fn subject(evidence: &Evidence) -> String {
    in_words(sort(evidence))
}

fn in_words((source, what, program): Sort<'_>) -> String {
    match program {
        Some(program) => format!("{source}/{what}/{program}"),
        None => format!("{source}/{what}"),
    }
}

/// What is known under each key, in the newest words there are.
struct Known<'a> {
    said: HashMap<Key<'a>, &'a Evidence>,
    /// The keys that the newest edition of their source lists.
    listed: HashSet<Key<'a>>,
    /// How many keys there are of each subject.
    sizes: BTreeMap<String, u64>,
}

impl<'a> Known<'a> {
    fn of(dataset: &'a Dataset) -> Self {
        let newest = newest(&dataset.editions);
        let mut said: HashMap<Key<'a>, (&'a Evidence, Newest<'a>)> = HashMap::new();
        for evidence in dataset.records.evidence.iter().filter(|evidence| is_entry(evidence)) {
            let edition = edition(evidence);
            let known = said.get(&key(evidence)).map(|(_, edition)| edition);
            if known.is_none_or(|known| *known < edition) {
                said.insert(key(evidence), (evidence, edition));
            }
        }
        let is_listed = |(evidence, edition): &(&Evidence, Newest<'_>)| {
            newest.get(&evidence.source_id).is_some_and(|newest| {
                let EditionKey { as_of_on, retrieved_at, capture_sha256 } = &newest.key;
                (*as_of_on, *retrieved_at, capture_sha256.as_str()) == *edition
            })
        };
        let listed = said.iter().filter(|(_, said)| is_listed(said)).map(|(key, _)| *key).collect();
        let said: HashMap<_, _> =
            said.into_iter().map(|(key, (evidence, _))| (key, evidence)).collect();
        let mut sizes: HashMap<Sort<'_>, u64> = HashMap::new();
        for evidence in said.values() {
            *sizes.entry(sort(evidence)).or_default() += 1;
        }
        let sizes = sizes.into_iter().map(|(sort, size)| (in_words(sort), size)).collect();
        Self { said, listed, sizes }
    }

    /// Keys that were listed and are no more. As many may go as rows may.
    fn keys_kept(&self, after: &Known<'_>, limits: &GateLimits) -> Vec<GateVerdict> {
        let mut counts: HashMap<Sort<'_>, (u64, u64)> = HashMap::new();
        for key in &self.listed {
            let (gone, all) = counts.entry(sort(self.said[key])).or_default();
            *all += 1;
            *gone += u64::from(!after.listed.contains(key));
        }
        let counts: BTreeMap<String, (u64, u64)> =
            counts.into_iter().map(|(sort, counts)| (in_words(sort), counts)).collect();
        let verdicts = counts.into_iter().map(|(subject, (gone, all))| {
            let detail = format!("{gone} of {all} keys are not listed any more");
            let allowed = limits.rows_may_fall(all);
            verdict("keys_kept", &subject, gone <= allowed, &gone, &allowed, detail)
        });
        verdicts.collect()
    }

    /// Entries of one state that are gone or have another name: the state in which they are most.
    ///
    /// A small state is less than a hundredth of the nation.
    fn states_kept(&self, after: &Known<'_>, limits: &GateLimits) -> Vec<GateVerdict> {
        let mut states: HashMap<(Sort<'_>, &str), (u64, u64)> = HashMap::new();
        for key in &self.listed {
            let was = self.said[key];
            let Some(state) = was.reported.get(keys::STATE) else { continue };
            let kept = after.listed.contains(key) && {
                let is = after.said[key];
                let is_same = |key| same(key, was.reported.get(key), is.reported.get(key));
                is_same(keys::AGENCY) && is_same(keys::NAME)
            };
            let (lost, all) = states.entry((sort(was), state)).or_default();
            *all += 1;
            *lost += u64::from(!kept);
        }
        let states: BTreeMap<(String, &str), (u64, u64)> = states
            .into_iter()
            .map(|((sort, state), lost)| ((in_words(sort), state), lost))
            .collect();
        let mut worst: BTreeMap<String, (u64, u64, u64, &str)> = BTreeMap::new();
        for ((subject, state), (lost, all)) in states {
            let allowed = limits.of_a_state_may_change(all);
            let over =
                |(lost, _, allowed, _): &(u64, u64, u64, &str)| lost.saturating_sub(*allowed);
            let this = (lost, all, allowed, state);
            let known = worst.entry(subject).or_insert(this);
            if (over(&this), lost) > (over(known), known.0) {
                *known = this;
            }
        }
        let verdicts = worst.into_iter().map(|(subject, (lost, all, allowed, state))| {
            let detail = format!("{state}: {lost} of {all} are gone or have another name");
            verdict("states_kept", &subject, lost <= allowed, &lost, &allowed, detail)
        });
        verdicts.collect()
    }

    /// Keys that the source never used before. An old edition that is imported is judged by this
    /// as well: what it alone lists is no fall of anything.
    fn keys_new(&self, new: &[&Evidence], limits: &GateLimits) -> Vec<GateVerdict> {
        let mut known: HashMap<Sort<'_>, u64> = HashMap::new();
        for (source, what, _) in self.said.keys() {
            *known.entry((*source, *what, None)).or_default() += 1;
        }
        let known: BTreeMap<String, u64> =
            known.into_iter().map(|(sort, count)| (in_words(sort), count)).collect();
        let keys: BTreeSet<Key<'_>> = new.iter().map(|evidence| key(evidence)).collect();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for key in keys.into_iter().filter(|key| !self.said.contains_key(key)) {
            *counts.entry(format!("{}/{}", key.0, key.1)).or_default() += 1;
        }
        let verdicts = known.into_iter().map(|(subject, before)| {
            let added = counts.get(&subject).copied().unwrap_or(0);
            let allowed = limits.keys_may_be_new(before);
            let detail = format!("{added} keys beside the {before} known before");
            verdict("keys_new", &subject, added <= allowed, &added, &allowed, detail)
        });
        verdicts.collect()
    }

    /// Known keys of which something else is said than before, column by column.
    fn values_kept(&self, new: &[&Evidence], limits: &GateLimits) -> Vec<GateVerdict> {
        let mut counts: HashMap<(Sort<'_>, &str), u64> = HashMap::new();
        for was in self.said.values() {
            for (column, _) in values(was) {
                counts.entry((sort(was), column)).or_default();
            }
        }
        for is in new {
            let Some(was) = self.said.get(&key(is)) else { continue };
            let (before, now): (BTreeMap<_, _>, BTreeMap<_, _>) =
                (values(was).collect(), values(is).collect());
            let columns: BTreeSet<&str> = before.keys().chain(now.keys()).copied().collect();
            let differs = |column: &&str| !same(column, before.get(column), now.get(column));
            for column in columns.into_iter().filter(differs) {
                *counts.entry((sort(was), column)).or_default() += 1;
            }
        }
        let counts: BTreeMap<(String, &str), u64> =
            counts.into_iter().map(|((sort, column), n)| ((in_words(sort), column), n)).collect();
        let verdicts = counts.into_iter().map(|((subject, column), changed)| {
            let all = self.sizes.get(&subject).copied().unwrap_or(0);
            let allowed = limits.values_may_change(all);
            let detail = format!("{changed} of {all} say something else than before");
            let subject = format!("{subject}/{column}");
            verdict("values_kept", &subject, changed <= allowed, &changed, &allowed, detail)
        });
        verdicts.collect()
    }
}

/// What an entry says, and the page it rests on, by name.
fn values(evidence: &Evidence) -> impl Iterator<Item = (&str, &str)> {
    let reported = evidence.reported.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let cited = [
        ("url", &evidence.url),
        ("archived_url", &evidence.archived_url),
        ("publisher", &evidence.publisher),
    ];
    reported.chain(cited.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))))
}

/// Whether two values of a column mean the same, as far as can be told without reading them: case,
/// blanks and marks make no difference.
fn same<T: AsRef<str>>(column: &str, was: Option<&T>, is: Option<&T>) -> bool {
    let (was, is) = match (was, is) {
        // What was never said before is no change.
        (None, _) => return true,
        (Some(_), None) => return false,
        (Some(was), Some(is)) => (was.as_ref(), is.as_ref()),
    };
    if DATES.contains(&column) {
        return true;
    }
    if [keys::LATITUDE, keys::LONGITUDE].contains(&column)
        && let (Ok(was), Ok(is)) = (was.parse::<f64>(), is.parse::<f64>())
    {
        return (was - is).abs() <= SAME_PLACE;
    }
    let letters = |text: &str| {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    was == is || letters(was) == letters(is)
}
