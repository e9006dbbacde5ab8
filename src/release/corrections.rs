//! When a correction took effect, and which releases carry the error.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::record::{Correction, CorrectionEffect, Record, ReleaseId, Resource, VisitRef};
use crate::release::dataset::{ChangeKind, Dataset};
use crate::release::format::value_of;

/// Fills in `fixed_in` and `affected_releases` of the corrections of a candidate.
///
/// Both are told once, in the release in which a correction first takes effect, and stay. One that
/// never had to change anything, because no release said otherwise, has neither.
pub fn date_corrections(
    corrections: &mut [Correction],
    effects: &[CorrectionEffect],
    previous: Option<&Dataset>,
    release: ReleaseId,
) {
    for correction in corrections {
        let id = correction.id.as_str();
        let published = previous.iter().flat_map(|previous| &previous.records.corrections);
        let known = published.clone().find(|known| known.id.as_str() == id);
        if let Some(known) = known.filter(|known| known.fixed_in.is_some()) {
            correction.fixed_in = known.fixed_in;
            correction.affected_releases.clone_from(&known.affected_releases);
            continue;
        }
        let Some(effect) = effects.iter().find(|effect| effect.correction_id == id) else {
            continue;
        };
        let affected = previous.map(|previous| affected(previous, effect)).unwrap_or_default();
        let last = previous.map(|previous| previous.release);
        let just_now = last.is_some_and(|last| affected.contains(&last));
        if effect.applied || just_now {
            correction.fixed_in = Some(release);
            let names = affected.iter().map(ReleaseId::to_string);
            correction.affected_releases = names.collect();
        }
    }
}

/// The releases up to `previous` in which the field said what the correction corrects.
fn affected(previous: &Dataset, effect: &CorrectionEffect) -> BTreeSet<ReleaseId> {
    let Some(resource) = Resource::of_table(effect.table) else { return BTreeSet::new() };
    let mut known = Known { effect, found: None };
    let Ok(()) = previous.records.each(&mut known);
    let Some((first, mut values)) = known.found else { return BTreeSet::new() };
    let wrong: Vec<(&str, Value)> = fields(resource, effect);
    let says_wrong = |values: &[(&'static str, Value)]| {
        wrong.iter().all(|(name, value)| {
            values.iter().any(|(own, is)| own == name && (is == value || is_as_vague(is, value)))
        })
    };
    let mut affected = BTreeSet::new();
    if !effect.applied && !says_wrong(&values) {
        return affected;
    }
    // From the newest release back: what the log says a release changed was otherwise before it.
    for release in releases(previous).into_iter().rev().filter(|release| *release >= first) {
        if says_wrong(&values) {
            affected.insert(release);
        }
        let logged = previous.changes.iter().filter(|change| {
            (change.release, change.resource) == (release, effect.table)
                && change.id == effect.record_id
                && change.kind == ChangeKind::Changed
        });
        for change in logged {
            let Ok(Value::Object(differing)) = serde_json::from_str(&change.fields) else {
                continue;
            };
            for (name, value) in &mut values {
                if let Some(before) = differing.get(*name).and_then(|both| both.get(0)) {
                    *value = before.clone();
                }
            }
        }
    }
    affected
}

/// A day of which nobody knows how exact it is, and one written as a day.
fn is_as_vague(is: &Value, written: &Value) -> bool {
    is == "unknown" && written == "day"
}

/// What the field said, as the log writes it.
fn fields(resource: &Resource, effect: &CorrectionEffect) -> Vec<(&'static str, Value)> {
    let named = effect.before.iter().filter_map(|(at, cell)| {
        let column = resource.columns.get(*at)?;
        Some((column.name, value_of(column, cell).ok()?))
    });
    named.collect()
}

/// Every release a dataset knows of, itself among them.
fn releases(dataset: &Dataset) -> BTreeSet<ReleaseId> {
    struct Stamps(BTreeSet<ReleaseId>);
    impl VisitRef for Stamps {
        type Error = std::convert::Infallible;

        fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Self::Error> {
            for record in records {
                let mut record = record.clone();
                let stamps = record.stamps();
                self.0.extend([*stamps.first_release, *stamps.last_changed_release]);
            }
            Ok(())
        }
    }
    let mut stamps = Stamps(BTreeSet::from([dataset.release]));
    let Ok(()) = dataset.records.each(&mut stamps);
    let Stamps(mut releases) = stamps;
    releases.extend(dataset.editions.iter().map(|edition| edition.release));
    releases.extend(dataset.identities.iter().map(|identity| identity.release));
    releases.extend(dataset.changes.iter().map(|change| change.release));
    releases.extend(dataset.redirects.iter().map(|redirect| redirect.release));
    releases.extend(dataset.withdrawals.iter().map(|withdrawal| withdrawal.release));
    releases
}

/// Looks up what the record of an effect says, and since when there is one.
struct Known<'a> {
    effect: &'a CorrectionEffect,
    found: Option<(ReleaseId, Vec<(&'static str, Value)>)>,
}

impl VisitRef for Known<'_> {
    type Error = std::convert::Infallible;

    fn visit<R: Record>(&mut self, records: &[R]) -> Result<(), Self::Error> {
        if R::TABLE != self.effect.table {
            return Ok(());
        }
        let record = records.iter().find(|record| record.id() == self.effect.record_id);
        let Some(mut record) = record.cloned() else { return Ok(()) };
        let cells = record.cells();
        let values = self.effect.before.iter().filter_map(|(at, _)| {
            let column = R::COLUMNS.get(*at)?;
            Some((column.name, value_of(column, cells.get(*at)?).ok()?))
        });
        self.found = Some((*record.stamps().first_release, values.collect()));
        Ok(())
    }
}
