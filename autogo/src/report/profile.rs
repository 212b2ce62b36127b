//! A profile as pictures: what they share, and a graph coloured by cycles.

use crate::display;
use crate::graph::{Drawing, Graph};
use crate::profile::{Bound, NpuProfile};
use std::fmt::Write;

pub(super) const INK: &str = "#26323f";
pub(super) const FAINT: &str = "#6b7783";
pub(super) const GRID: &str = "#e4e8ec";

/// What kernels are bound by, with their colours.
pub(super) const BOUNDS: [(Bound, &str, &str); 4] = [
    (Bound::Compute, "array", "#8fc7e8"),
    (Bound::Vector, "vector unit", "#7fcfb2"),
    (Bound::Sram, "on-chip memory", "#f5c56b"),
    (Bound::Dram, "DRAM", "#f0a07f"),
];

/// The colour of what a kernel is bound by.
pub(super) fn colour(bound: Bound) -> &'static str {
    BOUNDS.iter().find(|(other, ..)| *other == bound).map_or(GRID, |(.., colour)| colour)
}

/// An SVG that is not closed yet, with its title.
pub(super) fn open_svg(width: f64, height: f64, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" style=\"max-width:100%;height:auto\" font-family=\"system-ui,sans-serif\" \
         font-size=\"12\" fill=\"{INK}\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\
         <text x=\"10\" y=\"22\" font-size=\"15\" font-weight=\"600\">{}</text>",
        display::escape(title)
    )
}

/// Coloured squares with their meanings in one line, from `x` on.
pub(super) fn legend(svg: &mut String, mut x: f64, y: f64, entries: &[(&str, &str)]) {
    for (meaning, colour) in entries {
        let _ = write!(
            svg,
            "<rect x=\"{x:.0}\" y=\"{:.0}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{colour}\"/>\
             <text x=\"{:.0}\" y=\"{y:.0}\">{}</text>",
            y - 10.0,
            x + 18.0,
            display::escape(meaning)
        );
        x += 36.0 + 6.8 * meaning.chars().count() as f64;
    }
}

/// Text of at most this many characters: the end of a longer one, which tells nodes apart.
pub(super) fn tail(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.into();
    }
    std::iter::once('…').chain(text.chars().skip(count + 1 - most)).collect()
}

/// Steps of the ramp: the least share of all cycles, its words, its colour.
const RAMP: [(f64, &str, &str); 4] = [
    (0.05, "5 % of all cycles or more", "#d9603b"),
    (0.02, "2 to 5 %", "#f0a07f"),
    (0.005, "0.5 to 2 %", "#f8d5c2"),
    (0.0, "less", "#fdf3ec"),
];

/// The graph, each kernel's nodes coloured by its share of all cycles. Nodes that take none stay plain.
///
/// ```
/// use autogo::profile::Npu;
/// let graph = autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?;
/// let drawing = autogo::report::cycle_drawing(&graph, &Npu::n256().profile(&graph)?);
/// assert!(drawing.svg().contains("5 % of all cycles or more"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn cycle_drawing(graph: &Graph, profile: &NpuProfile) -> Drawing {
    let total = profile.cycles().max(1) as f64;
    let step = |cycles: u64| RAMP.iter().position(|(least, ..)| cycles as f64 / total >= *least);
    RAMP.iter().enumerate().fold(graph.draw(), |drawing, (at, (_, meaning, colour))| {
        let rows = profile.rows.iter().filter(|row| row.cycles > 0 && step(row.cycles) == Some(at));
        let nodes: Vec<usize> = rows.flat_map(|row| row.nodes.iter().copied()).collect();
        drawing.paint(&nodes, meaning, colour)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(tail("stage_0/unit_1/conv2d", 12), "…it_1/conv2d");
        assert_eq!(tail("short", 12), "short");
    }
}
