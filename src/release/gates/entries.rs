//! Gates that compare what a source says of each thing with what it said before, by its own keys.
//!
//! Counts alone do not see an edition that has as many rows as the last one and is wrong: two
//! columns that changed places, a state's agencies under the name of another. Such an edition
//! breaks the thread of the keys, or says something else under most of them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

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

fn edition(evidence: &Evidence) -> EditionKey {
    EditionKey {
        as_of_on: evidence.last_listed_on,
        retrieved_at: evidence.retrieved_at,
        capture_sha256: evidence.capture_sha256.clone(),
    }
}

/// Source and sort of thing, and of partnerships the program: `eff-atlas/partnership/ring-neighbors`.
pub(super) fn subject(evidence: &Evidence) -> String {
    let (source, what) = (&evidence.source_id, evidence.subject_type);
    match (what, evidence.reported.get(keys::PROGRAM)) {
        (SubjectType::Partnership, Some(program)) => format!("{source}/{what}/{program}"),
        _ => format!("{source}/{what}"),
    }
}

/// What is known under each key, in the newest words there are.
struct Known<'a> {
    said: BTreeMap<Key<'a>, &'a Evidence>,
    /// The keys that the newest edition of their source lists.
    listed: HashSet<Key<'a>>,
    /// How many keys there are of each subject.
    sizes: BTreeMap<String, u64>,
}

impl<'a> Known<'a> {
    fn of(dataset: &'a Dataset) -> Self {
        let newest = newest(&dataset.editions);
        let mut said: BTreeMap<Key<'a>, (&'a Evidence, EditionKey)> = BTreeMap::new();
        for evidence in dataset.records.evidence.iter().filter(|evidence| is_entry(evidence)) {
            let edition = edition(evidence);
            let known = said.get(&key(evidence)).map(|(_, edition)| edition);
            if known.is_none_or(|known| *known < edition) {
                said.insert(key(evidence), (evidence, edition));
            }
        }
        let is_listed = |(evidence, edition): &(&Evidence, EditionKey)| {
            newest.get(&evidence.source_id).is_some_and(|newest| newest.key == *edition)
        };
        let listed = said.iter().filter(|(_, said)| is_listed(said)).map(|(key, _)| *key).collect();
        let said: BTreeMap<_, _> =
            said.into_iter().map(|(key, (evidence, _))| (key, evidence)).collect();
        let mut sizes = BTreeMap::new();
        for evidence in said.values() {
            *sizes.entry(subject(evidence)).or_default() += 1;
        }
        Self { said, listed, sizes }
    }

    /// Keys that were listed and are no more. As many may go as rows may.
    fn keys_kept(&self, after: &Known<'_>, limits: &GateLimits) -> Vec<GateVerdict> {
        let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for key in &self.listed {
            let (gone, all) = counts.entry(subject(self.said[key])).or_default();
            *all += 1;
            *gone += u64::from(!after.listed.contains(key));
        }
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
        let mut states: BTreeMap<(String, &str), (u64, u64)> = BTreeMap::new();
        for key in &self.listed {
            let was = self.said[key];
            let Some(state) = was.reported.get(keys::STATE) else { continue };
            let kept = after.listed.contains(key) && {
                let is = after.said[key];
                let is_same = |key| same(key, was.reported.get(key), is.reported.get(key));
                is_same(keys::AGENCY) && is_same(keys::NAME)
            };
            let (lost, all) = states.entry((subject(was), state)).or_default();
            *all += 1;
            *lost += u64::from(!kept);
        }
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
        let mut known: BTreeMap<String, u64> = BTreeMap::new();
        for (source, what, _) in self.said.keys() {
            *known.entry(format!("{source}/{what}")).or_default() += 1;
        }
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
        let mut counts: BTreeMap<(String, &str), u64> = BTreeMap::new();
        for was in self.said.values() {
            for (column, _) in values(was) {
                counts.entry((subject(was), column)).or_default();
            }
        }
        for is in new {
            let Some(was) = self.said.get(&key(is)) else { continue };
            let (before, now): (BTreeMap<_, _>, BTreeMap<_, _>) =
                (values(was).collect(), values(is).collect());
            let columns: BTreeSet<&str> = before.keys().chain(now.keys()).copied().collect();
            let differs = |column: &&str| !same(column, before.get(column), now.get(column));
            for column in columns.into_iter().filter(differs) {
                *counts.entry((subject(was), column)).or_default() += 1;
            }
        }
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
