//! Named numbers as horizontal bars.

use super::super::numbers::fraction;
use super::super::theme::{INK, WARNING, grid, name_width, open_svg, row_name};
use super::axis::{label, ticks};
use crate::display;
use crate::stats::mean;
use std::fmt::Write;

/// Horizontal bars: a name, a number, and if wanted an interval around it and a number to compare with.
///
/// ```
/// use autogo::report::Bars;
/// let bars = Bars::new("SRCC", 0.0..1.0).bar("PSC", 0.98, Some((0.97, 0.985)), Some(0.983));
/// let svg = bars.bar("FLOPs", 0.8, None, None).svg();
/// assert!(svg.contains("PSC") && svg.contains("0.9800"));
/// ```
#[derive(Clone, Debug)]
pub struct Bars {
    title: String,
    range: std::ops::Range<f64>,
    reference: String,
    bars: Vec<Bar>,
}

#[derive(Clone, Debug)]
struct Bar {
    name: String,
    value: f64,
    interval: Option<(f64, f64)>,
    reference: Option<f64>,
}

const ROW: f64 = 30.0;
const WIDTH: f64 = 430.0;
/// The most numbers that are marked on the axis.
const TICKS: usize = 7;

impl Bars {
    /// An empty chart over a range of numbers.
    pub fn new(title: &str, range: std::ops::Range<f64>) -> Self {
        Bars { title: title.into(), range, reference: "reference".into(), bars: Vec::new() }
    }

    /// One bar for each named list of values: their mean, with their range as the interval. The axis begins at zero.
    ///
    /// ```
    /// let svg = autogo::report::Bars::of_runs("Hypervolume", &[("PSC", vec![90.0, 110.0])]).svg();
    /// assert!(svg.contains("100.0"));
    /// ```
    pub fn of_runs(title: &str, runs: &[(&str, Vec<f64>)]) -> Self {
        let most = runs.iter().flat_map(|(_, values)| values).copied().fold(0.0, f64::max);
        let step = 10f64.powf(most.max(1e-9).log10().floor());
        runs.iter().fold(Bars::new(title, 0.0..(most / step).ceil().max(1.0) * step), |bars, (name, values)| {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            bars.bar(name, mean(values).unwrap_or(f64::NAN), (low <= high).then_some((low, high)), None)
        })
    }

    /// Names the numbers to compare with in the legend.
    pub fn reference(mut self, name: &str) -> Self {
        self.reference = name.into();
        self
    }

    /// One more bar. What is not a number is a dash.
    pub fn bar(mut self, name: &str, value: f64, interval: Option<(f64, f64)>, reference: Option<f64>) -> Self {
        self.bars.push(Bar { name: name.into(), value, interval, reference });
        self
    }

    /// The chart as SVG.
    pub fn svg(&self) -> String {
        let left = name_width(self.bars.iter().map(|bar| bar.name.as_str()));
        let has_reference = self.bars.iter().any(|bar| bar.reference.is_some());
        let top = if has_reference { 62.0 } else { 40.0 };
        let (width, height) = (left + WIDTH + 84.0, top + ROW * self.bars.len() as f64 + 34.0);
        let span = (self.range.end - self.range.start).max(f64::MIN_POSITIVE);
        let x = |value: f64| left + WIDTH * ((value - self.range.start) / span).clamp(0.0, 1.0);
        let mut svg = open_svg(width, height, &self.title);
        let bottom = top + ROW * self.bars.len() as f64;
        let lines = ticks(self.range.start, self.range.end, TICKS).into_iter().map(|tick| (x(tick), label(tick)));
        grid(&mut svg, top, bottom, lines);
        if has_reference {
            let _ = write!(
                svg,
                "<path d=\"M{:.0} 38l5 7l-5 7l-5 -7z\" fill=\"{WARNING}\"/><text x=\"{:.0}\" y=\"49\">{}</text>",
                left + 5.0,
                left + 16.0,
                display::escape(&self.reference)
            );
        }
        for (row, bar) in self.bars.iter().enumerate() {
            let middle = top + (row as f64 + 0.5) * ROW;
            let value = if bar.value.is_finite() { fraction(bar.value) } else { "–".into() };
            // A bar reaches from zero, or from the end of the axis that is nearest to it.
            let (zero, end) = (x(0.0), if bar.value.is_finite() { x(bar.value) } else { x(0.0) });
            row_name(&mut svg, left - 10.0, middle + 4.0, &bar.name);
            let _ = write!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"18\" rx=\"2\" fill=\"#8fc7e8\"/>\
                 <text x=\"{:.0}\" y=\"{:.1}\">{value}</text>",
                zero.min(end),
                middle - 9.0,
                (end - zero).abs(),
                left + WIDTH + 12.0,
                middle + 4.0
            );
            if let Some((low, high)) = bar.interval {
                let (low, high) = (x(low), x(high));
                let _ = write!(
                    svg,
                    "<path d=\"M{low:.1} {middle:.1}H{high:.1}M{low:.1} {0:.1}v8M{high:.1} {0:.1}v8\" stroke=\"{INK}\" \
                     stroke-width=\"1.5\" fill=\"none\"/>",
                    middle - 4.0
                );
            }
            if let Some(reference) = bar.reference {
                let at = x(reference);
                let _ = write!(svg, "<path d=\"M{at:.1} {:.1}l5 7l-5 7l-5 -7z\" fill=\"{WARNING}\"/>", middle - 7.0);
            }
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
    fn names_are_escaped_and_missing_numbers_are_dashes() {
        let svg = Bars::new("<t>", 0.0..1.0).bar("a<b", f64::NAN, None, None).svg();
        assert!(svg.contains("a&lt;b") && svg.contains("&lt;t&gt;") && svg.contains('–') && !svg.contains("NaN"));
    }

    #[test]
    fn bars_below_zero_reach_from_zero_and_round_numbers_are_marked() {
        let svg = Bars::new("t", -0.3..1.0).bar("a", -0.1, None, None).bar("b", 0.5, None, None).svg();
        let texts: Vec<&str> =
            svg.split("<text").filter_map(|text| text.split_once('>')?.1.split('<').next()).collect();
        for tick in ["−0.2", "0", "0.2", "0.4", "0.6", "0.8", "1"] {
            assert!(texts.contains(&tick), "{tick} is not among {texts:?}");
        }
        let side =
            |of: &str, name: &str| of.split(&format!("{name}=\"")).nth(1)?.split('"').next()?.parse::<f64>().ok();
        let bars: Vec<(f64, f64)> = svg
            .split("<rect")
            .filter(|rect| rect.contains("height=\"18\""))
            .filter_map(|rect| side(rect, " x").zip(side(rect, " width")))
            .collect();
        let (below, above) = (bars[0], bars[1]);
        assert!((below.0 + below.1 - above.0).abs() < 0.11, "{below:?} does not end where {above:?} begins");
        assert!((above.1 / below.1 - 5.0).abs() < 0.05, "{below:?} and {above:?} have not their lengths");
    }
}
