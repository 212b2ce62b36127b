//! An axis: the places of numbers between its ends, and the round numbers that are marked on it.

use super::super::numbers::{fraction, grouped};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use std::ops::Range;

/// A range of numbers, however wide or narrow, with round numbers marked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
}

impl Axis {
    /// An axis over these numbers, which must be finite and at least one, with some room at both ends; from or to zero
    /// as well, without room beyond it, if `from_zero` says so. At most `most` ticks.
    pub(super) fn over(values: &[f64], from_zero: bool, most: usize) -> Axis {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Halves, whose difference is a number even where that of the wholes is none.
        let room = if high > low { 0.12 * (high / 2.0 - low / 2.0) } else { 0.5 * high.abs().max(1.0) };
        let (mut start, mut end) = ((low - room).max(-f64::MAX), (high + room).min(f64::MAX));
        if from_zero {
            start = if low >= 0.0 { 0.0 } else { start };
            end = end.max(0.0);
        }
        Axis { low: start, high: end, ticks: ticks(start, end, most) }
    }

    /// The round numbers that are marked.
    pub(super) fn ticks(&self) -> &[f64] {
        &self.ticks
    }

    /// The axis with so much room more at its upper end, as a share of the whole.
    pub(super) fn with_room_above(&self, share: f64, most: usize) -> Axis {
        let high = self.low + (self.high - self.low) / (1.0 - share.clamp(0.0, 0.9));
        if !high.is_finite() {
            return self.clone();
        }
        Axis { low: self.low, high, ticks: ticks(self.low, high, most) }
    }

    /// A number on this axis: with four digits, or with as many as tell its ticks apart.
    pub(super) fn label(&self, value: f64) -> String {
        let short: Vec<String> = self.ticks.iter().map(|&tick| label(tick)).collect();
        if short.windows(2).all(|pair| pair[0] != pair[1]) {
            return label(value);
        }
        let step = self.ticks[1] - self.ticks[0];
        format!("{value:.*}", (-step.log10().floor()).clamp(0.0, 12.0) as usize).replace('-', "−")
    }

    /// The place of a number: 0 at the lower end, 1 at the upper.
    pub(super) fn place(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        let place = match span.is_finite() {
            true => (value - self.low) / span,
            false => (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0),
        };
        // Bars may end beyond the axis, but not where no pixel has a number.
        place.clamp(-1.0, 2.0)
    }
}

/// Plotters' own axis counts its ticks by adding steps, which in wide or narrow ranges never comes to an end.
impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (f64::from(to - from) * self.place(*value)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// Round numbers between two others, at most `most`: multiples of 1, 2 or 5 times a power of ten.
pub(super) fn ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let span = high / 2.0 - low / 2.0;
    let least = 2.0 * (span / most.max(1) as f64);
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= least);
    let Some(step) = step.filter(|step| step.is_normal()) else { return vec![low, high] };
    let first = (low / step).ceil();
    let mut ticks: Vec<f64> = Vec::with_capacity(most + 1);
    for at in 0..=most {
        let tick = (first + at as f64) * step;
        if (low..=high).contains(&tick) && ticks.last() != Some(&tick) {
            ticks.push(tick);
        }
    }
    ticks
}

/// A number on an axis.
pub(super) fn label(value: f64) -> String {
    if value == 0.0 {
        "0".into()
    } else if value.fract() == 0.0 && value.abs() < 1e15 {
        grouped(value as i128)
    } else {
        let text = fraction(value);
        if text.contains('.') && !text.contains('e') {
            text.trim_end_matches('0').trim_end_matches('.').into()
        } else {
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_are_short() {
        assert_eq!(label(0.1 + 0.2), "0.3");
        assert_eq!(label(92.5), "92.5");
        assert_eq!(label(2_000_000.0), "2\u{202f}000\u{202f}000");
        assert_eq!(label(-1e308), "−1.000e308");
    }

    #[test]
    fn ticks_that_stand_close_have_the_digits_that_tell_them_apart() {
        let axis = Axis::over(&[56.7302, 56.7498], false, 6);
        let labels: Vec<String> = axis.ticks().iter().map(|&tick| axis.label(tick)).collect();
        assert_eq!(labels, ["56.730", "56.735", "56.740", "56.745", "56.750"]);
        let wide = axis.with_room_above(0.5, 6);
        assert!(wide.place(56.7498) < 0.5 && wide.place(56.7302) > 0.0);
    }

    #[test]
    fn usual_axes_are_marked_at_round_numbers() {
        assert_eq!(ticks(0.0, 100.0, 7), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(91.3, 94.6, 7), [91.5, 92.0, 92.5, 93.0, 93.5, 94.0, 94.5]);
        let axis = Axis::over(&[1.0, 9.0], true, 8);
        assert_eq!((axis.map(&0.0, (300, 20)), axis.map(&axis.high, (300, 20))), (300, 20));
    }

    proptest! {
        #[test]
        fn every_axis_ends_and_holds_its_numbers(
            values in prop::collection::vec(
                prop_oneof![
                    any::<f64>().prop_filter("finite", |value| value.is_finite()),
                    prop::sample::select(vec![0.0, 1e308, -1e308, f64::MAX, f64::MIN, 5e-324, 1e16, 1e16 + 2.0, -1e-300]),
                    -10.0..10.0f64,
                ],
                1..5,
            ),
            from_zero: bool,
            most in 1usize..12,
        ) {
            let axis = Axis::over(&values, from_zero, most);
            prop_assert!(axis.ticks.len() <= most + 1, "{axis:?}");
            prop_assert!(axis.ticks.iter().all(|tick| tick.is_finite()), "{axis:?}");
            for value in values {
                prop_assert!((-1e-9..=1.0 + 1e-9).contains(&axis.place(value)), "{value} {axis:?}");
            }
            prop_assert!(axis.ticks.iter().all(|tick| axis.range().contains(tick) || *tick == axis.high), "{axis:?}");
        }
    }
}
