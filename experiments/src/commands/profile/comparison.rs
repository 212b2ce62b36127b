//! Networks side by side.

use crate::failure::Failure;
use autogo::graph::Graph;
use autogo::profile::{EnergyTable, Npu, compare};
use std::fmt::Write;

/// A line a network; changes are against the first.
pub fn table(npu: &Npu, graphs: &[(String, Graph)], energy: Option<&EnergyTable>) -> Result<String, Failure> {
    let frame = compare(npu, graphs, energy)?;
    let number = |column: &str, row: usize| {
        let column = frame.column(column).ok()?;
        column.get(row).ok()?.extract::<f64>()
    };
    let mut text = format!(
        "{:<44} {:>14} {:>9} {:>9} {:>12} {:>6}",
        format!("on {}", npu.name),
        "cycles",
        "change",
        "MACs",
        "ms",
        "used"
    );
    if energy.is_some() {
        let _ = write!(text, " {:>12} {:>9}", "energy mJ", "change");
    }
    for (row, (name, _)) in graphs.iter().enumerate() {
        let of = |column: &str| number(column, row).unwrap_or(f64::NAN);
        let _ = write!(
            text,
            "\n{name:<44} {:>14.0} {:>+8.1}% {:>+8.1}% {:>12.3} {:>5.1}%",
            of("cycles"),
            of("cycles_change"),
            of("multiply_adds_change"),
            of("milliseconds"),
            100.0 * of("utilisation")
        );
        if energy.is_some() {
            let _ = write!(text, " {:>12.4} {:>+8.1}%", of("millijoules"), of("energy_change"));
        }
    }
    Ok(text)
}
