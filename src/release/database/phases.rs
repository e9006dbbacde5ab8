//! What comes after a row of an order, as conditions that each start in an index.

use super::query::SortKey;
use crate::record::Cell;

/// A condition on one key of an order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// It is this.
    Same(&'a SortKey, &'a Cell),
    /// It comes after this.
    Beyond(&'a SortKey, &'a Cell),
    /// It is unknown.
    Unknown(&'a SortKey),
}

/// The groups of rows that come after one with these keys, in their order: those that share all
/// its keys but the last, then those that share fewer. Unknown values come last.
pub(super) fn phases<'a>(order: &'a [SortKey], after: &'a [Cell]) -> Vec<Vec<Step<'a>>> {
    let same = |(key, value): (&'a SortKey, &'a Cell)| match value {
        Cell::Null => Step::Unknown(key),
        Cell::Text(_) | Cell::Integer(_) | Cell::Real(_) => Step::Same(key, value),
    };
    let mut phases = Vec::new();
    for shared in (0..order.len().min(after.len())).rev() {
        let (key, value) = (&order[shared], &after[shared]);
        if *value == Cell::Null {
            // Nothing comes after what is unknown.
            continue;
        }
        let before: Vec<_> = order.iter().zip(after).take(shared).map(same).collect();
        let then = |step| before.iter().copied().chain(std::iter::once(step)).collect();
        phases.push(then(Step::Beyond(key, value)));
        if key.is_nullable() {
            phases.push(then(Step::Unknown(key)));
        }
    }
    phases
}
