//! A graph coloured by cycles.

use crate::graph::{Drawing, Graph};
use crate::profile::NpuProfile;

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
