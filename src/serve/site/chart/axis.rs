//! Scales of charts.

use maud::{Markup, html};

use crate::serve::site::words::grouped;

/// A scale from zero to at least `most`, in steps of 1, 2 or 5 times a power of ten.
pub(super) struct Scale {
    /// The end of the scale.
    pub(super) end: f64,
    step: f64,
}

impl Scale {
    pub(super) fn to(most: f64) -> Self {
        let rough = (most / 5.0).max(1.0);
        let power = 10_f64.powf(rough.log10().floor());
        let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= rough);
        let step = factor.unwrap_or(10.0) * power;
        Self { end: step * (most / step).ceil().max(1.0), step }
    }

    /// The values that are marked, from zero on.
    pub(super) fn marks(&self) -> impl Iterator<Item = f64> {
        let (step, end) = (self.step, self.end);
        std::iter::successors(Some(0.0), move |mark| Some(mark + step))
            .take_while(move |mark| *mark <= end + step / 2.0)
    }

    /// Lines across the chart with their values on the left; `at` gives the height of a value.
    pub(super) fn across(&self, left: f64, right: f64, at: impl Fn(f64) -> f64) -> Markup {
        html! {
            @for mark in self.marks() {
                line x1=(left) x2=(right) y1=(round(at(mark))) y2=(round(at(mark))) {}
                text.soft.end x=(left - 6.0) y=(round(at(mark) + 5.0)) { (grouped(&mark.to_string())) }
            }
        }
    }
}

/// A coordinate to a tenth: what is finer nobody sees.
pub(super) fn round(at: f64) -> f64 {
    (at * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_a_round_number_beyond_the_most() {
        for (most, end, marks) in
            [(0.0, 1.0, 2), (11.0, 15.0, 4), (2161.0, 2500.0, 6), (100.0, 100.0, 6)]
        {
            let scale = Scale::to(most);
            assert_eq!((scale.end, scale.marks().count()), (end, marks), "{most}");
        }
    }
}
