//! Measured latencies and energies of NB-201 (HW-NAS-Bench, Li et al., ICLR 2021).

use super::gzip::read_text;
use crate::error::Error;
use crate::families::{Family, Nb201};
use crate::profile::{CycleCounter, Npu};
use crate::rank::srcc;
use polars::prelude::*;
use rayon::prelude::*;
use std::path::PathBuf;

const ACCEPTED: &str = "a CSV whose columns are arch and measurements, one row for each of the 15,625 networks";

/// The table `nasbench/nb201_hw.csv.gz` of a data folder: `spec`, and for each data set and device a latency in
/// milliseconds or an energy in millijoules, as the file names them (`cifar10_edgegpu_latency`, …). What could not be
/// measured is null.
pub fn hardware_latencies(folder: impl Into<PathBuf>) -> Result<DataFrame, Error> {
    let path = folder.into().join("nasbench").join("nb201_hw.csv.gz");
    let text = read_text(&path, ACCEPTED)?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let missing = || Error::File { path: path.clone(), reason: format!("no column `arch`; accepted: {ACCEPTED}") };
    let arch_at = header.iter().position(|name| *name == "arch").ok_or_else(missing)?;
    let measured: Vec<usize> = (0..header.len()).filter(|&at| at != arch_at && header[at] != "index").collect();
    let mut specs = Vec::with_capacity(Nb201::COUNT);
    let mut columns = vec![Vec::with_capacity(Nb201::COUNT); measured.len()];
    for (at, line) in lines.enumerate() {
        let wrong = |reason: String, accepted: &str| Error::Line {
            path: path.clone(),
            line: at + 2,
            reason,
            accepted: accepted.into(),
        };
        let cells: Vec<&str> = line.split(',').collect();
        if cells.len() != header.len() {
            return Err(wrong(format!("{} cells", cells.len()), &format!("{} cells", header.len())));
        }
        let arch = cells[arch_at].parse::<Nb201>();
        specs.push(arch.map_err(|error| wrong(error.to_string(), "an NB-201 string"))?.to_string());
        for (column, &place) in columns.iter_mut().zip(&measured) {
            match cells[place].parse::<f64>() {
                Ok(value) if value.is_finite() && value >= 0.0 => column.push(Some(value)),
                // The benchmark's mark for a network that the device could not run.
                Ok(-1.0) => column.push(None),
                _ => {
                    return Err(wrong(
                        format!("{} is `{}`", header[place], cells[place]),
                        "a measurement from 0 up, or -1",
                    ));
                }
            }
        }
    }
    let mut frame = df!("spec" => specs)?;
    for (column, place) in columns.into_iter().zip(measured) {
        frame.with_column(Column::new(header[place].into(), column))?;
    }
    Ok(frame)
}

/// How well a machine's cycles order networks of NB-201 as real devices do, from [`hardware_latencies`]: for each latency on
/// CIFAR-10 `device`, `networks` that were compared, and the rank correlations `srcc_cycles` and `srcc_flops`. Networks are
/// every `step`-th of the benchmark's order, built and timed on all cores.
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
