//! Bars that lie, one below the other, each with its name and its number.

use maud::{Markup, html};

use super::axis::round;
use crate::serve::site::words::grouped;

/// Units of the drawing for a bar and the gap below it.
const BAR: f64 = 22.0;

/// The width of a drawing.
const WIDTH: f64 = 720.0;

/// What a bar stands for.
pub(super) struct Bar {
    /// Its name.
    pub(super) name: String,
    /// Its length.
    pub(super) value: f64,
    /// What stands at its end: the number, and how firm it is.
    pub(super) told: String,
}

impl Bar {
    /// A bar whose number is exact.
    pub(super) fn exact(name: String, value: f64) -> Self {
        Self { name, value, told: grouped(&value.to_string()) }
    }
}

/// The size of the drawing and the bars, whose names have `names` units on the left.
pub(super) fn bars(bars: &[Bar], names: f64) -> ([f64; 2], Markup) {
    let most = bars.iter().map(|bar| bar.value).fold(1.0, f64::max);
    let room = WIDTH - names - 90.0;
    let tops = std::iter::successors(Some(4.0), |top| Some(top + BAR));
    let marks = html! {
        @for (bar, top) in bars.iter().zip(tops) {
            @let length = round(bar.value / most * room);
            text.end x=(names - 8.0) y=(round(top + 14.0)) { (bar.name) }
            rect.a x=(names) y=(round(top)) width=(length) height="16" {}
            text.soft x=(round(names + length + 6.0)) y=(round(top + 14.0)) { (bar.told) }
        }
    };
    let rows = u32::try_from(bars.len()).unwrap_or(u32::MAX);
    ([WIDTH, f64::from(rows) * BAR + 8.0], marks)
}
