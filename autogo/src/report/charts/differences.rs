//! Differences with their intervals, around a line where there is none.

use super::super::numbers::fraction;
use super::super::theme::{INK, grid, legend, name_width, open_svg, row_name, verdict_colour};
use super::axis::Axis;
use crate::display;
use crate::stats::Verdict;
use std::fmt::Write;

/// Named differences, each a dot with its interval, around the line where there is none. A dot has the colour of what a
/// test says, which is the caller's to decide: an interval alone knows nothing of other tests.
///
/// ```
/// use autogo::{report::Differences, stats::Verdict};
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
        let shown = Verdict::ALL.into_iter().filter(|verdict| self.rows.iter().any(|row| row.verdict == *verdict));
        let shown: Vec<(String, &str)> = shown.map(|verdict| (verdict.to_string(), verdict_colour(verdict))).collect();
        let shown: Vec<(&str, &str)> = shown.iter().map(|(word, colour)| (word.as_str(), *colour)).collect();
        legend(&mut svg, left, 48.0, &shown);
        let ends = self.rows.iter().flat_map(|row| [row.interval.0, row.interval.1]).chain([0.0]);
        let axis = Axis::over(&ends.collect::<Vec<f64>>(), false, 6);
        let x = |value: f64| left + WIDTH * axis.place(value);
        grid(&mut svg, TOP, bottom, axis.ticks().iter().map(|&tick| (x(tick), axis.label(tick))));
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
                verdict_colour(row.verdict),
                x(row.value),
                left + WIDTH + 12.0,
                middle + 4.0,
                signed(row.value)
            );
        }
        svg + "</svg>"
    }

    /// Shows the chart in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.svg());
    }
}

/// A number with its sign.
fn signed(value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", fraction(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_numbers_are_left_out_and_names_are_escaped() {
        let chart = Differences::new("t", "x").row("<a>", 1.0, (0.5, 1.5), Verdict::Better);
        let svg = chart.row("b", f64::NAN, (0.0, 1.0), Verdict::Worse).svg();
        assert!(svg.contains("&lt;a&gt;") && svg.contains("+1.000") && !svg.contains("NaN") && !svg.contains("worse"));
        assert!(!Differences::new("t", "x").svg().contains("NaN"));
    }
}
