//! Kernel after kernel along the time axis.

use super::super::numbers::{fraction, grouped};
use super::super::theme::{BOUNDS, INK, colour, grid, legend, open_svg, tail};
use crate::display;
use crate::profile::{Bound, NpuProfile};
use std::fmt::Write;

/// A profile as a waterfall: every kernel begins where the one before ends, coloured by what it is bound by.
///
/// ```
/// use autogo::profile::Npu;
/// let profile = Npu::n256().profile(&autogo::families::network("resnet50")?)?;
/// let svg = autogo::report::Waterfall::of(&profile).rows(24).svg();
/// assert!(svg.contains("resnet50 on N256") && svg.contains("kernels"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Waterfall {
    title: String,
    steps: Vec<Step>,
    rows: usize,
}

/// One kernel, or several in a row.
#[derive(Clone, Debug)]
struct Step {
    name: String,
    cycles: u64,
    /// Cycles by what they are bound by.
    parts: Vec<(Bound, u64)>,
}

const ROW: f64 = 19.0;
const WIDTH: f64 = 520.0;
const NAME: usize = 34;

impl Waterfall {
    /// The waterfall of a profile.
    pub fn of(profile: &NpuProfile) -> Self {
        let step = |row: &crate::profile::NpuRow| Step {
            name: row.node.clone(),
            cycles: row.cycles,
            parts: vec![(row.bound, row.cycles)],
        };
        let title = format!(
            "{} on {}: {} cycles, {} ms",
            profile.network,
            profile.machine.name,
            grouped(profile.cycles().into()),
            fraction(profile.milliseconds())
        );
        Waterfall { title, steps: profile.rows.iter().map(step).collect(), rows: 40 }
    }

    /// Shows about this many rows: the longest kernels each, what stands between two of them together.
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows.max(3);
        self
    }

    /// The rows that are shown.
    fn shown(&self) -> Vec<Step> {
        if self.steps.len() <= self.rows {
            return self.steps.clone();
        }
        let mut longest: Vec<usize> = (0..self.steps.len()).collect();
        longest.sort_by_key(|&at| std::cmp::Reverse(self.steps[at].cycles));
        // Kernels by length as long as they and what lies between them have room.
        let groups = |kept: &[bool]| {
            let joints = kept.windows(2).filter(|pair| !pair[0] && !pair[1]).count();
            kept.len() - joints
        };
        let mut kept = vec![false; self.steps.len()];
        for &at in &longest {
            kept[at] = true;
            if groups(&kept) > self.rows {
                kept[at] = false;
                break;
            }
        }
        let mut shown: Vec<(Step, usize)> = Vec::new();
        for (step, &is_kept) in self.steps.iter().zip(&kept) {
            match shown.last_mut() {
                Some((group, count)) if !is_kept && *count > 0 => {
                    *count += 1;
                    group.cycles += step.cycles;
                    group.parts.extend(&step.parts);
                }
                _ => shown.push((step.clone(), usize::from(!is_kept))),
            }
        }
        let named = |(mut step, count): (Step, usize)| {
            if count > 1 {
                step.name = format!("{count} kernels");
                step.parts.sort_by_key(|(bound, _)| BOUNDS.iter().position(|(other, ..)| other == bound));
            }
            step
        };
        shown.into_iter().map(named).collect()
    }

    /// The chart as SVG.
    pub fn svg(&self) -> String {
        let steps = self.shown();
        let total = steps.iter().map(|step| step.cycles).sum::<u64>().max(1) as f64;
        let left = 20.0 + 6.6 * steps.iter().map(|step| step.name.chars().count().min(NAME)).max().unwrap_or(0) as f64;
        let top = 62.0;
        let bottom = top + ROW * steps.len() as f64;
        let mut svg = open_svg(left + WIDTH + 70.0, bottom + 30.0, &self.title);
        legend(&mut svg, left, 46.0, &BOUNDS.map(|(_, name, colour)| (name, colour)));
        let lines = (0..=5).map(|share| (left + WIDTH * f64::from(share) / 5.0, format!("{} %", 20 * share)));
        grid(&mut svg, top, bottom, lines);
        let mut start = 0.0;
        for (row, step) in steps.iter().enumerate() {
            let y = top + row as f64 * ROW;
            let mut x = left + WIDTH * start / total;
            start += step.cycles as f64;
            let share = 100.0 * step.cycles as f64 / total;
            let _ = write!(
                svg,
                "<g><title>{}: {} cycles</title><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"11\">{}</text>",
                display::escape(&step.name),
                grouped(step.cycles.into()),
                left - 8.0,
                y + 13.5,
                display::escape(&tail(&step.name, NAME))
            );
            for (bound, cycles) in &step.parts {
                let width = WIDTH * *cycles as f64 / total;
                let _ = write!(
                    svg,
                    "<rect x=\"{x:.2}\" y=\"{:.1}\" width=\"{width:.2}\" height=\"13\" fill=\"{}\"/>",
                    y + 3.0,
                    colour(*bound)
                );
                x += width;
            }
            // The number stands behind the bar, or before it where there is no room.
            let (at, anchor) = if x + 50.0 < left + WIDTH + 60.0 {
                (x + 5.0, "start")
            } else {
                (left + WIDTH * (start - step.cycles as f64) / total - 5.0, "end")
            };
            let _ = write!(
                svg,
                "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" font-size=\"11\" fill=\"{INK}\">{share:.1} %</text></g>",
                y + 13.5
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
    fn what_is_merged_keeps_its_cycles() {
        let step =
            |at: usize, cycles: u64| Step { name: format!("n{at}"), cycles, parts: vec![(Bound::Compute, cycles)] };
        let cycles = [5, 1, 1, 9, 1, 1, 1, 7, 1];
        let steps = cycles.iter().enumerate().map(|(at, &cycles)| step(at, cycles)).collect();
        let waterfall = Waterfall { title: "test".into(), steps, rows: 6 };
        let shown: Vec<(String, u64)> = waterfall.shown().into_iter().map(|step| (step.name, step.cycles)).collect();
        let wanted = [("n0", 5), ("2 kernels", 2), ("n3", 9), ("3 kernels", 3), ("n7", 7), ("n8", 1)];
        assert_eq!(shown, wanted.map(|(name, cycles)| (name.to_string(), cycles)));
    }
}
