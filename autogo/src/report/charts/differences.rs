//! Differences with their intervals, around a line where there is none.

use super::super::theme::{FAINT, INK, grid, legend, name_width, open_svg, row_name};
use super::axis::{Axis, label};
use crate::display;
use std::fmt::Write;

/// Named differences, each a dot with its interval, around the line where there is none. A dot has the colour of what a
/// test says, which is the caller's to decide: an interval alone knows nothing of other tests.
///
/// ```
/// use autogo::report::{Differences, Verdict};
/// let chart = Differences::new("PSNR", "difference from the input [dB]")
///     .row("ours 1", 0.4, (0.1, 0.7), Verdict::Better)
///     .row("ours 2", -0.1, (-0.5, 0.3), Verdict::Undecided);
/// assert!(chart.svg().contains("ours 2") && chart.svg().contains("not told apart"));
/// ```
#[derive(Clone, Debug)]
pub struct Differences {
    title: String,
    axis: String,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    name: String,
    value: f64,
    interval: (f64, f64),
    verdict: Verdict,
}

/// What a test says of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Better by more than chance.
    Better,
    /// Worse by more than chance.
    Worse,
    /// Not told apart from no difference.
    Undecided,
}

impl Verdict {
    /// Every verdict with its word and its colour.
    const TABLE: [(Verdict, &'static str, &'static str); 3] = [
        (Verdict::Better, "better", "#0072b2"),
        (Verdict::Worse, "worse", "#d55e00"),
        (Verdict::Undecided, "not told apart", "#9aa5b1"),
    ];

    /// The verdict of a word; nothing is said by any other.
    pub fn named(word: &str) -> Option<Verdict> {
        Self::TABLE.iter().find(|(_, known, _)| *known == word).map(|(verdict, ..)| *verdict)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::TABLE.iter().find(|(verdict, ..)| *verdict == self).map_or("", |(_, word, _)| word)
    }

    fn colour(self) -> &'static str {
        Self::TABLE.iter().find(|(verdict, ..)| *verdict == self).map_or(FAINT, |(.., colour)| colour)
    }
}

const ROW: f64 = 30.0;
const WIDTH: f64 = 430.0;
const TOP: f64 = 62.0;

impl Differences {
    /// An empty chart; `axis` is the name of the numbers, with their unit.
    pub fn new(title: &str, axis: &str) -> Self {
        Differences { title: title.into(), axis: axis.into(), rows: Vec::new() }
    }

    /// One more row. What is not a number is left out.
    pub fn row(mut self, name: &str, value: f64, interval: (f64, f64), verdict: Verdict) -> Self {
        if [value, interval.0, interval.1].into_iter().all(f64::is_finite) {
            self.rows.push(Row { name: name.into(), value, interval, verdict });
        }
        self
    }

    /// The chart as SVG.
    pub fn svg(&self) -> String {
        let left = name_width(self.rows.iter().map(|row| row.name.as_str()));
        let bottom = TOP + ROW * self.rows.len() as f64;
        let mut svg = open_svg(left + WIDTH + 84.0, bottom + 48.0, &self.title);
        let shown: Vec<(&str, &str)> = Verdict::TABLE
            .iter()
            .filter(|(verdict, ..)| self.rows.iter().any(|row| row.verdict == *verdict))
            .map(|(_, word, colour)| (*word, *colour))
            .collect();
        legend(&mut svg, left, 48.0, &shown);
        let ends = self.rows.iter().flat_map(|row| [row.interval.0, row.interval.1]).chain([0.0]);
        let axis = Axis::over(&ends.collect::<Vec<f64>>(), false, 6);
        let x = |value: f64| left + WIDTH * axis.place(value);
        grid(&mut svg, TOP, bottom, axis.ticks().iter().map(|&tick| (x(tick), label(tick))));
        let _ = write!(
            svg,
            "<path d=\"M{0:.1} {TOP:.0}V{bottom:.0}\" stroke=\"{INK}\" stroke-width=\"1.5\"/>\
             <text x=\"{1:.0}\" y=\"{2:.0}\" text-anchor=\"middle\">{3}</text>",
            x(0.0),
            left + WIDTH / 2.0,
            bottom + 38.0,
            display::escape(&self.axis)
        );
        for (at, row) in self.rows.iter().enumerate() {
            let middle = TOP + (at as f64 + 0.5) * ROW;
            let (low, high) = (x(row.interval.0), x(row.interval.1));
            row_name(&mut svg, left - 10.0, middle + 4.0, &row.name);
            let _ = write!(
                svg,
                "<path d=\"M{low:.1} {middle:.1}H{high:.1}M{low:.1} {0:.1}v8M{high:.1} {0:.1}v8\" stroke=\"{1}\" \
                 stroke-width=\"2\" fill=\"none\"/><circle cx=\"{2:.1}\" cy=\"{middle:.1}\" r=\"5\" fill=\"{1}\"/>\
                 <text x=\"{3:.0}\" y=\"{4:.1}\">{5}</text>",
                middle - 4.0,
                row.verdict.colour(),
                x(row.value),
                left + WIDTH + 12.0,
                middle + 4.0,
                format!("{:+.2}", row.value).replace('-', "−")
            );
        }
        svg + "</svg>"
    }

    /// Shows the chart in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.svg());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_numbers_are_left_out_and_names_are_escaped() {
        let chart = Differences::new("t", "x").row("<a>", 1.0, (0.5, 1.5), Verdict::Better);
        let svg = chart.row("b", f64::NAN, (0.0, 1.0), Verdict::Worse).svg();
        assert!(svg.contains("&lt;a&gt;") && svg.contains("+1.00") && !svg.contains("NaN") && !svg.contains("worse"));
        assert!(!Differences::new("t", "x").svg().contains("NaN"));
    }

    #[test]
    fn verdicts_have_words() {
        for (verdict, word, _) in Verdict::TABLE {
            assert_eq!((Verdict::named(word), verdict.word()), (Some(verdict), word));
        }
        assert_eq!(Verdict::named("perhaps"), None);
    }
}
