//! Measured latencies and energies of NB-201 (HW-NAS-Bench, Li et al., ICLR 2021).

use super::gzip::read_text;
use crate::error::Error;
use crate::families::Nb201;
use polars::prelude::*;
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
