//! Two networks side by side, op by op; and energy, part by part.

use super::super::numbers::{fraction, grouped};
use super::super::theme::{FAINT, GRID, INK, legend, name_width, open_svg, row_name};
use crate::display;
use crate::profile::{EnergyReport, NpuProfile};
use std::collections::BTreeMap;
use std::fmt::Write;

const WIDTH: f64 = 430.0;
const BEFORE: &str = "#c3ccd5";
const AFTER: &str = "#4f9fd0";

/// Cycles before and after a change, by op and in all.
///
/// ```
/// use autogo::profile::Npu;
/// let npu = Npu::n256();
/// let before = npu.profile(&autogo::families::network("resnet101")?)?;
/// let after = npu.profile(&autogo::families::network("resnet50")?)?;
/// let bars = autogo::report::BeforeAfter::of(&before, &after);
/// assert!(bars.svg().contains("all ops"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BeforeAfter {
    title: String,
    names: (String, String),
    /// Op, cycles before and after; the most first, then all of them.
    rows: Vec<(String, u64, u64)>,
}

const PAIR: f64 = 44.0;

impl BeforeAfter {
    /// The comparison of two profiles, of the same machine or of two.
    pub fn of(before: &NpuProfile, after: &NpuProfile) -> Self {
        let mut ops: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        before.rows.iter().for_each(|row| ops.entry(&row.op).or_default().0 += row.cycles);
        after.rows.iter().for_each(|row| ops.entry(&row.op).or_default().1 += row.cycles);
        let taken = ops.into_iter().filter(|(_, (before, after))| before + after > 0);
        let mut rows: Vec<(String, u64, u64)> = taken.map(|(op, (before, after))| (op.into(), before, after)).collect();
        rows.sort_by_key(|(_, before, after)| std::cmp::Reverse(*before.max(after)));
        rows.push(("all ops".into(), before.cycles(), after.cycles()));
        let name = |profile: &NpuProfile| match before.machine.name == after.machine.name {
            true => profile.network.clone(),
            false => format!("{} on {}", profile.network, profile.machine.name),
        };
        let title = format!("Cycles by op on {}", before.machine.name);
        BeforeAfter { title, names: (name(before), name(after)), rows }
    }

    /// Names of the two, for the legend.
    pub fn names(mut self, before: &str, after: &str) -> Self {
        self.names = (before.into(), after.into());
        self
    }

    /// The chart as SVG.
    pub fn svg(&self) -> String {
        let left = name_width(self.rows.iter().map(|(op, ..)| op.as_str()));
        let top = 62.0;
        let most = self.rows.iter().map(|(_, before, after)| *before.max(after)).max().unwrap_or(1).max(1) as f64;
        let bottom = top + PAIR * self.rows.len() as f64;
        let mut svg = open_svg(left + WIDTH + 160.0, bottom + 12.0, &self.title);
        legend(&mut svg, left, 46.0, &[(&self.names.0, BEFORE), (&self.names.1, AFTER)]);
        let _ = write!(svg, "<path d=\"M{left:.0} {top:.0}V{bottom:.0}\" stroke=\"{FAINT}\"/>");
        for (row, (op, before, after)) in self.rows.iter().enumerate() {
            let y = top + row as f64 * PAIR;
            let is_all = row + 1 == self.rows.len();
            let weight = if is_all { " font-weight=\"600\"" } else { "" };
            if is_all {
                let _ = write!(svg, "<path d=\"M10 {y:.1}H{:.0}\" stroke=\"{GRID}\"/>", left + WIDTH + 150.0);
            }
            let change = match (before, after) {
                (0, _) => "new".into(),
                (_, 0) => "gone".into(),
                _ => percent(100.0 * (*after as f64 / *before as f64 - 1.0)),
            };
            let _ = write!(
                svg,
                "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\"{weight}>{}</text>\
                 <text x=\"{:.0}\" y=\"{:.1}\"{weight}>{change}</text>",
                left - 10.0,
                y + 26.0,
                display::escape(op),
                left + WIDTH + 96.0,
                y + 26.0
            );
            for (cycles, colour, offset) in [(before, BEFORE, 6.0), (after, AFTER, 23.0)] {
                let width = WIDTH * *cycles as f64 / most;
                let _ = write!(
                    svg,
                    "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"14\" rx=\"2\" fill=\"{colour}\"/>\
                     <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\" fill=\"{INK}\">{}</text>",
                    y + offset,
                    left + width + 6.0,
                    y + offset + 11.0,
                    grouped((*cycles).into())
                );
            }
        }
        svg + "</svg>"
    }

    /// Shows the chart in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.svg());
    }
}

fn percent(change: f64) -> String {
    let sign = if change < 0.0 { "−" } else { "+" };
    format!("{sign}{:.1} %", change.abs())
}

/// Shares of energy: one bar a report, all of the same length.
///
/// ```
/// use autogo::profile::{EnergyTable, Npu};
/// let profile = Npu::n256().profile(&autogo::families::network("resnet50")?)?;
/// let report = profile.energy(&EnergyTable::eyeriss65())?;
/// assert!(autogo::report::EnergyBars::new("ResNet-50").bar("eyeriss65", &report).svg().contains("registers"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EnergyBars {
    title: String,
    bars: Vec<(String, EnergyReport)>,
}

const ROW: f64 = 34.0;
/// Colours of the parts, in the order of [`EnergyReport::parts`].
const PARTS: [&str; 5] = ["#8fc7e8", "#7fcfb2", "#f5c56b", "#f0a07f", "#c9b3e6"];

impl EnergyBars {
    /// An empty chart.
    pub fn new(title: &str) -> Self {
        EnergyBars { title: title.into(), bars: Vec::new() }
    }

    /// One more bar.
    pub fn bar(mut self, name: &str, report: &EnergyReport) -> Self {
        self.bars.push((name.into(), report.clone()));
        self
    }

    /// The chart as SVG.
    pub fn svg(&self) -> String {
        let left = name_width(self.bars.iter().map(|(name, _)| name.as_str()));
        let top = 60.0;
        let bottom = top + ROW * self.bars.len() as f64;
        let mut svg = open_svg(left + WIDTH + 190.0, bottom + 16.0, &self.title);
        let names = self.bars.first().map(|(_, report)| report.parts().map(|(part, _)| part)).unwrap_or_default();
        // What is nothing in every bar needs no colour.
        let is_used = |at: usize| self.bars.iter().any(|(_, report)| report.parts()[at].1 > 0.0);
        let entries: Vec<(&str, &str)> =
            names.into_iter().zip(PARTS).enumerate().filter(|(at, _)| is_used(*at)).map(|(_, entry)| entry).collect();
        legend(&mut svg, left, 46.0, &entries);
        for (row, (name, report)) in self.bars.iter().enumerate() {
            let y = top + row as f64 * ROW;
            let mut x = left;
            row_name(&mut svg, left - 10.0, y + 20.0, name);
            for ((part, share), colour) in report.shares().into_iter().zip(PARTS) {
                let width = WIDTH * share;
                let _ = write!(
                    svg,
                    "<rect x=\"{x:.2}\" y=\"{:.1}\" width=\"{width:.2}\" height=\"22\" fill=\"{colour}\"><title>{part}: \
                     {:.1} %</title></rect>",
                    y + 4.0,
                    100.0 * share
                );
                if width > 34.0 {
                    let _ = write!(
                        svg,
                        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\">{:.0} %</text>",
                        x + width / 2.0,
                        y + 19.0,
                        100.0 * share
                    );
                }
                x += width;
            }
            let _ = write!(
                svg,
                "<text x=\"{:.0}\" y=\"{:.1}\">{} µJ, {} mW</text>",
                left + WIDTH + 12.0,
                y + 20.0,
                fraction(report.total() / 1e3),
                fraction(report.milliwatts())
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
    use crate::profile::Npu;

    #[test]
    fn what_one_network_lacks_is_new_or_gone() {
        let npu = Npu::n256();
        let profile = |spec: &str| npu.profile(&crate::families::network(spec).unwrap()).unwrap();
        let bars = BeforeAfter::of(&profile("fsrcnn:32x32"), &profile("unet:32x32")).names("a<b", "c");
        let svg = bars.svg();
        assert!(svg.contains("new") && svg.contains("gone") && svg.contains("a&lt;b"));
        assert_eq!(percent(-23.41), "−23.4 %");
    }
}
