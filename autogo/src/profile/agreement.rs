//! Whether cycles order networks as real devices do.

use super::{CycleCounter, Npu};
use crate::data::hardware_latencies;
use crate::error::Error;
use crate::families::{Family, Nb201};
use crate::stats::srcc;
use polars::prelude::*;
use rayon::prelude::*;
use std::path::PathBuf;

/// The agreement of a machine's cycles with the latencies of real devices on networks of NB-201
/// ([`hardware_latencies`]): for each latency on CIFAR-10 `device`, `networks` that were compared, and the rank
/// correlations `srcc_cycles` and `srcc_flops`. Networks are every `step`-th of the benchmark's order, built and timed
/// on all cores.
///
/// # Errors
/// A `step` of 0, a machine that cannot exist or cannot time a network, and the errors of [`hardware_latencies`].
pub fn hardware_agreement(npu: &Npu, folder: impl Into<PathBuf>, step: usize) -> Result<DataFrame, Error> {
    if step == 0 {
        return Err(Error::setting("step", "is 0", "1 or more"));
    }
    let table = hardware_latencies(folder)?;
    let rows: Vec<usize> = (0..table.height()).step_by(step).collect();
    let specs = table.column("spec")?.str()?;
    let specs: Vec<&str> = rows.iter().map(|&row| specs.get(row).unwrap_or_default()).collect();
    let counter = CycleCounter::new(npu.clone())?;
    let figures = specs
        .par_iter()
        .map(|spec| {
            let graph = spec.parse::<Nb201>()?.build()?;
            Ok((counter.cycles(&graph)? as f64, graph.cost().flops as f64))
        })
        .collect::<Result<Vec<(f64, f64)>, Error>>()?;
    let (mut devices, mut counts, mut by_cycles, mut by_flops) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for column in table.columns() {
        let device = column.name().strip_prefix("cifar10_").and_then(|name| name.strip_suffix("_latency"));
        let Some(device) = device else { continue };
        let measured = column.f64()?;
        let pairs: Vec<(f64, (f64, f64))> =
            rows.iter().zip(&figures).filter_map(|(&row, &figures)| Some((measured.get(row)?, figures))).collect();
        let (truth, figures): (Vec<f64>, Vec<(f64, f64)>) = pairs.into_iter().unzip();
        let (cycles, flops): (Vec<f64>, Vec<f64>) = figures.into_iter().unzip();
        devices.push(device.to_string());
        counts.push(truth.len() as u32);
        by_cycles.push(srcc(&cycles, &truth));
        by_flops.push(srcc(&flops, &truth));
    }
    Ok(df!("device" => devices, "networks" => counts, "srcc_cycles" => by_cycles, "srcc_flops" => by_flops)?)
}
