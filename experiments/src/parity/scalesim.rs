//! Layers on a systolic array against SCALE-Sim 3.0.0.

use super::{Outcome, golden};
use crate::failure::Failure;
use autogo::Error;
use autogo::polars::prelude::{DataFrame, DataType};
use autogo::profile::array::{ArrayMachine, Fidelity, Layer, LayerReport, Memory, frame, simulate};
use std::collections::HashMap;
use std::path::Path;

/// The largest relative difference of two rates that the order of a sum can cause.
const ROUNDING: f64 = 1e-9;
/// Numbers of a whole row.
const COLUMNS: usize = 30;
/// Numbers of a row of the array alone.
const COMPUTE_COLUMNS: usize = 6;

/// Suite `scalesim_layers`: every number of every report. Rows without numbers (a run that was cut off, or never made)
/// are left out.
pub fn layers(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let mut tables = golden::tables(&folder.join("npu"))?;
    tables.retain(|(name, rows)| {
        let has_all = rows.first().is_some_and(|row| row.contains_key("cycles_incl_prefetch"));
        has_all && (name.starts_with("scalesim") || name.starts_with("net_"))
    });
    let mut outcome = Outcome::default();
    for (name, rows) in &tables {
        let has_numbers = |row: &&Row| !matches!(row.get("total_cycles").map(String::as_str), None | Some("" | "0"));
        let without = rows.iter().filter(|row| !has_numbers(row)).count();
        if without > 0 {
            outcome.skipped.push(format!("{name}: {without} of {} rows have no numbers", rows.len()));
        }
        for row in rows.iter().filter(has_numbers) {
            outcome
                .count(&format!("{name} {}", title(row)), run(row).and_then(|report| compare(row, &report, COLUMNS)));
        }
    }
    Ok((!tables.is_empty()).then_some(outcome))
}

/// Suite `scalesim_compute`: cycles without stalls, accesses and utilisation of layers of real networks.
pub fn compute(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let mut tables = golden::tables(&folder.join("npu"))?;
    tables.retain(|(name, _)| name.starts_with("scalesim") && name.contains("compute"));
    let mut outcome = Outcome::default();
    for (name, rows) in &tables {
        for row in rows {
            let report = run(row).map(|report| {
                // The table is about the array alone.
                LayerReport { total_cycles: report.total_cycles - report.stall_cycles, ..report }
            });
            outcome.count(
                &format!("{name} {}", title(row)),
                report.and_then(|report| compare(row, &report, COMPUTE_COLUMNS)),
            );
        }
    }
    Ok((!tables.is_empty()).then_some(outcome))
}

type Row = HashMap<String, String>;

fn cell<'a>(row: &'a Row, name: &str) -> Result<&'a str, String> {
    row.get(name).map(String::as_str).ok_or(format!("no column `{name}`"))
}

fn number(row: &Row, name: &str) -> Result<u32, String> {
    let cell = cell(row, name)?;
    cell.parse().map_err(|_| format!("{name} `{cell}` is no whole number"))
}

fn title(row: &Row) -> String {
    let cell = |name: &str| row.get(name).map_or("?", String::as_str);
    let sizes = format!("{}x{} {}", cell("rows"), cell("cols"), cell("dataflow"));
    match row.get("bw_mode") {
        Some(mode) => format!(
            "{} on {sizes} {}-{}-{} kB {mode}",
            cell("layer"),
            cell("ifmap_kb"),
            cell("filter_kb"),
            cell("ofmap_kb")
        ),
        None => format!("{} on {sizes}", cell("layer")),
    }
}

/// The layer and the machine of a row, and what comes of them.
fn run(row: &Row) -> Result<LayerReport, String> {
    let size = |name: &str| number(row, name);
    let stride = size("stride")?;
    let input = (size("H")?, size("W")?, size("C")?);
    let layer = Layer::conv(cell(row, "layer")?, input, (size("R")?, size("S")?), size("M")?, (stride, stride));
    let dataflow = cell(row, "dataflow")?.parse().map_err(|error: Error| error.to_string())?;
    let mut machine =
        ArrayMachine::new("golden", size("rows")?, size("cols")?, dataflow).with_fidelity(Fidelity::parity());
    if let Some(mode) = row.get("bw_mode") {
        let (read, write) = (size("read_bw")?, size("write_bw")?);
        machine = machine.with_kb(size("ifmap_kb")?, size("filter_kb")?, size("ofmap_kb")?);
        machine = machine.with_memory(match mode.as_str() {
            "CALC" => Memory::Calc,
            "USER" => Memory::User { ifmap_bandwidth: read, filter_bandwidth: read, ofmap_bandwidth: write },
            other => return Err(format!("bw_mode `{other}` is not known")),
        });
    }
    simulate(&layer, &machine).map_err(|error| error.to_string())
}

/// Compares a row, which has to hold `columns` numbers, with a report. The error names the whole numbers that differ
/// and the rates that differ by more than rounding.
fn compare(row: &Row, report: &LayerReport, columns: usize) -> Result<(), String> {
    let ours = frame(std::slice::from_ref(report)).map_err(|error| error.to_string())?;
    let mut compared = 0;
    let mut differences = Vec::new();
    for (name, theirs) in row {
        // The other columns are the layer, the machine and the time it took.
        let Some((value, is_whole)) = value(&ours, name) else { continue };
        let theirs: f64 = theirs.parse().map_err(|_| format!("{name} `{theirs}` is no number"))?;
        compared += 1;
        let near = if is_whole { value == theirs } else { (value - theirs).abs() <= ROUNDING * theirs.abs() };
        if !near {
            differences.push(format!("{name} {value}; reference: {theirs}"));
        }
    }
    if compared != columns {
        differences.push(format!("{compared} numbers; accepted: {columns}"));
    }
    differences.sort();
    if differences.is_empty() { Ok(()) } else { Err(differences.join(", ")) }
}

/// The number in a column of a frame of one row, and whether it is whole.
fn value(frame: &DataFrame, name: &str) -> Option<(f64, bool)> {
    let column = frame.column(name).ok().filter(|column| column.dtype().is_primitive_numeric())?;
    let value = column.get(0).ok()?.try_extract::<f64>().ok()?;
    Some((value, *column.dtype() != DataType::Float64))
}
