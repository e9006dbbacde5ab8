//! The outlines of the states, as `scripts/outlines` made them.

use std::sync::LazyLock;

/// The outline of a state, in the units of the drawing.
pub(super) struct Outline {
    /// Postal code.
    pub(super) code: &'static str,
    /// Where its code is written.
    pub(super) label: [f64; 2],
    /// West, north, east and south ends.
    pub(super) bounds: [f64; 4],
    /// Its path, as SVG has it.
    pub(super) path: &'static str,
}

/// The part of the drawing that is shown: the Aleutians end left of zero.
pub(super) const VIEW: [f64; 4] = [-60.0, 0.0, 1035.0, 610.0];

/// The states and the District of Columbia, by postal code.
pub(super) static OUTLINES: LazyLock<Vec<Outline>> = LazyLock::new(|| {
    let lines = include_str!("outlines.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(read).collect()
});

fn read(line: &'static str) -> Option<Outline> {
    let mut cells = line.split('\t');
    let code = cells.next()?;
    let label = [cells.next()?.parse().ok()?, cells.next()?.parse().ok()?];
    let bounds: Vec<f64> =
        cells.next()?.split(',').filter_map(|bound| bound.parse().ok()).collect();
    Some(Outline { code, label, bounds: bounds.try_into().ok()?, path: cells.next()? })
}

impl Outline {
    /// The outline of the state of that postal code; none of a territory.
    pub(super) fn of(code: &str) -> Option<&'static Self> {
        OUTLINES.iter().find(|outline| outline.code == code)
    }

    /// Whether its label stands beside it: at sea, for a small state.
    pub(super) fn is_labelled_aside(&self) -> bool {
        let ([x, y], [west, north, east, south]) = (self.label, self.bounds);
        !(west..=east).contains(&x) || !(north..=south).contains(&y)
    }

    /// The middle of its box.
    pub(super) fn middle(&self) -> [f64; 2] {
        let [west, north, east, south] = self.bounds;
        [f64::midpoint(west, east), f64::midpoint(north, south)]
    }

    /// Whether its box meets another.
    pub(super) fn meets(&self, [left, top, width, height]: [f64; 4]) -> bool {
        let [west, north, east, south] = self.bounds;
        west <= left + width && east >= left && north <= top + height && south >= top
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::STATES;

    #[test]
    fn every_state_has_its_outline() {
        let codes: Vec<_> = OUTLINES.iter().map(|outline| outline.code).collect();
        assert_eq!(codes, STATES);
        assert!(OUTLINES.iter().all(|outline| outline.path.starts_with('m')));
    }
}
