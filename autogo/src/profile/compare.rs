//! Several networks on one machine.

use super::{EnergyTable, Npu};
use crate::error::Error;
use crate::graph::Graph;
use polars::prelude::*;

/// Networks on a machine as a frame, the first of them being what the others are compared with: `network`, `cycles`,
/// `cycles_change` and `multiply_adds_change` (in %), `milliseconds`, `utilisation`, `multiply_adds`, `dram_bytes`, and with a
/// table of energies `millijoules` and `energy_change` (in %).
///
/// # Errors
/// No network, one that the machine cannot run, and a table of energies with a constant that is negative or no number.
///
/// ```
/// use autogo::profile::{Npu, compare};
/// let graphs = ["resnet101", "resnet50"].map(|spec| (spec.to_string(), autogo::families::network(spec).unwrap()));
/// let frame = compare(&Npu::n256(), &graphs, None)?;
/// let change = frame.column("cycles_change")?.f64()?.get(1).unwrap();
/// assert!(change < -30.0);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn compare(npu: &Npu, graphs: &[(String, Graph)], energy: Option<&EnergyTable>) -> Result<DataFrame, Error> {
    if graphs.is_empty() {
        return Err(Error::setting("comparison", "no network", "one or more"));
    }
    let profiles = graphs.iter().map(|(_, graph)| npu.profile(graph)).collect::<Result<Vec<_>, Error>>()?;
    let cycles: Vec<u64> = profiles.iter().map(|profile| profile.cycles()).collect();
    let multiply_adds: Vec<u64> = graphs.iter().map(|(_, graph)| graph.cost().multiply_adds).collect();
    let change = |values: &[f64]| values.iter().map(|value| 100.0 * (value / values[0] - 1.0)).collect::<Vec<f64>>();
    let floats = |values: &[u64]| values.iter().map(|&value| value as f64).collect::<Vec<f64>>();
    let mut frame = df!(
        "network" => graphs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        "cycles" => &cycles,
        "cycles_change" => change(&floats(&cycles)),
        "multiply_adds_change" => change(&floats(&multiply_adds)),
        "milliseconds" => profiles.iter().map(|profile| profile.milliseconds()).collect::<Vec<_>>(),
        "utilisation" => profiles.iter().map(|profile| profile.utilisation()).collect::<Vec<_>>(),
        "multiply_adds" => &multiply_adds,
        "dram_bytes" => profiles.iter().map(|profile| profile.dram_bytes()).collect::<Vec<_>>(),
    )?;
    if let Some(table) = energy {
        let energies = profiles
            .iter()
            .map(|profile| Ok(profile.energy(table)?.total() / 1e6))
            .collect::<Result<Vec<f64>, Error>>()?;
        frame.with_column(Column::new("millijoules".into(), &energies))?;
        frame.with_column(Column::new("energy_change".into(), change(&energies)))?;
    }
    Ok(frame)
}
