//! Layers on an array.

use super::clock::{Reader, Reads, run};
use super::demand::Demand;
use super::estimate::Fetched;
use super::folds::Folds;
use super::image::Image;
use super::layer::Layer;
use super::machine::{ArrayMachine, Memory};
use super::misses::Misses;
use super::prefetch::Prefetches;
use super::refused::{MOST_WORK, Refused};
use super::report::{Closed, LayerReport};
use super::write::WriteBuffer;
use crate::error::Error;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::HashMap;

/// A layer on an array: cycles, stalls, utilisation, and what moved over each memory ([npu §A](crate::doc::npu#sa)).
///
/// Costs O(folds + misses) where windows share no words; otherwise the words of each window are looked at for each
/// fold, 64 at a time. The lines of demand, of which there is at least one a cycle, are not walked.
///
/// # Errors
/// Sizes of 0, a filter larger than the image, more than 2^32 lines of demand, or more work than a few minutes'.
///
/// ```
/// use autogo::profile::array::{ArrayMachine, Dataflow, Layer, simulate};
/// let body = Layer::conv("body", (34, 34, 64), (3, 3), 64, (1, 1));
/// let machine = ArrayMachine::new("32x32", 32, 32, Dataflow::WeightStationary);
/// let report = simulate(&body, &machine)?;
/// // 18 · 2 folds of 1024 pixels, each loaded, filled and drained; cycles count from 0.
/// assert_eq!(report.total_cycles, 36 * (1024 + 2 * 32 + 32 - 2) - 1);
/// assert_eq!(report.stall_cycles, 0);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn simulate(layer: &Layer, machine: &ArrayMachine) -> Result<LayerReport, Error> {
    machine.check()?;
    layer.check()?;
    let folds = Folds::of(layer, machine)?;
    let refused = |operand: &'static str| move |refused: Refused| refused.error(layer, machine, operand);
    let ifmap = reader(&folds, Image::input(layer), false, machine).map_err(refused("input"))?;
    let filter = reader(&folds, Image::filters(layer), true, machine).map_err(refused("filters"))?;
    let closed = Closed::of(&folds, machine);
    if closed.accesses[2] / (u64::from(machine.ofmap_kb) * 512) > MOST_WORK {
        return Err(refused("output")(Refused::Work));
    }
    let writes = WriteBuffer::new(machine.ofmap_kb, machine.write_bandwidth(), machine.fidelity.rows_full);
    let run = run(&folds, ifmap, filter, writes).map_err(refused("memories"))?;
    Ok(LayerReport::new(layer, machine, &closed, &run))
}

/// The memory of one of the operands that are read.
fn reader(folds: &Folds, image: Image, is_filter: bool, machine: &ArrayMachine) -> Result<Reader, Refused> {
    let (demand, kb) =
        if is_filter { (Demand::filter(folds), machine.filter_kb) } else { (Demand::ifmap(folds), machine.ifmap_kb) };
    let reads = match machine.memory {
        Memory::Calc => Reads::Calc(Fetched::new(&demand, &image, kb)?),
        Memory::User { ifmap_bandwidth, filter_bandwidth, .. } => {
            let bandwidth = if is_filter { filter_bandwidth } else { ifmap_bandwidth };
            let prefetches = Prefetches::new(&demand, kb, bandwidth, machine.fidelity.stalls_twice);
            Reads::User(Box::new(Misses::new(&demand, &image, kb)?), prefetches)
        }
    };
    Reader::new(reads, (demand.lines(0).0, demand.last_line(&image)))
}

/// Several layers on an array, one after the other, with nothing left in memory from one to the next. Equal layers are
/// simulated once, different ones side by side.
///
/// # Errors
/// Those of [`simulate`], of the first layer that has one.
pub fn simulate_all(layers: &[Layer], machine: &ArrayMachine) -> Result<Vec<LayerReport>, Error> {
    let shape = |layer: &Layer| Layer { name: String::new(), repeats: 1, ..layer.clone() };
    let mut number_of = HashMap::new();
    let mut distinct = Vec::new();
    let numbers: Vec<usize> = layers
        .iter()
        .map(|layer| {
            *number_of.entry((shape(layer), layer.repeats == 0)).or_insert_with(|| {
                distinct.push(layer);
                distinct.len() - 1
            })
        })
        .collect();
    let reports: Vec<Result<LayerReport, Error>> = distinct.par_iter().map(|layer| simulate(layer, machine)).collect();
    // The first layer that cannot be simulated is named, whichever thread came to it first.
    let reports = reports.into_iter().collect::<Result<Vec<LayerReport>, Error>>()?;
    let named = |(layer, number): (&Layer, &usize)| LayerReport {
        layer: layer.name.clone(),
        repeats: layer.repeats,
        ..reports[*number].clone()
    };
    Ok(layers.iter().zip(&numbers).map(named).collect())
}

/// Reports as a frame, a layer a row: `layer`, `repeats`, then what the reports hold under the names that SCALE-Sim's
/// tables give it, from `cycles_incl_prefetch` to `ofmap_dram_writes`.
///
/// # Errors
/// None: every column has one entry a row, which polars checks.
pub fn frame(reports: &[LayerReport]) -> PolarsResult<DataFrame> {
    type Whole = fn(&LayerReport) -> i64;
    type Real = fn(&LayerReport) -> f64;
    let column = |name: &str, values: Vec<i64>| Column::new(name.into(), values);
    let cycles: [(&str, Whole); 3] = [
        ("cycles_incl_prefetch", |report| report.cycles_with_prefetch as i64),
        ("total_cycles", |report| report.total_cycles as i64),
        ("stall_cycles", |report| report.stall_cycles as i64),
    ];
    let rates: [(&str, Real); 9] = [
        ("overall_util", |report| report.overall_utilisation),
        ("mapping_eff", |report| report.mapping_efficiency),
        ("compute_util", |report| report.compute_utilisation),
        ("avg_ifmap_sram_bw", |report| report.ifmap.sram_bandwidth),
        ("avg_filter_sram_bw", |report| report.filter.sram_bandwidth),
        ("avg_ofmap_sram_bw", |report| report.ofmap.sram_bandwidth),
        ("avg_ifmap_dram_bw", |report| report.ifmap.dram_bandwidth),
        ("avg_filter_dram_bw", |report| report.filter.dram_bandwidth),
        ("avg_ofmap_dram_bw", |report| report.ofmap.dram_bandwidth),
    ];
    let traffic: [(&str, Whole); 18] = [
        ("ifmap_sram_start", |report| report.ifmap.sram_start),
        ("ifmap_sram_stop", |report| report.ifmap.sram_stop),
        ("ifmap_sram_reads", |report| report.ifmap.sram_words as i64),
        ("filter_sram_start", |report| report.filter.sram_start),
        ("filter_sram_stop", |report| report.filter.sram_stop),
        ("filter_sram_reads", |report| report.filter.sram_words as i64),
        ("ofmap_sram_start", |report| report.ofmap.sram_start),
        ("ofmap_sram_stop", |report| report.ofmap.sram_stop),
        ("ofmap_sram_writes", |report| report.ofmap.sram_words as i64),
        ("ifmap_dram_start", |report| report.ifmap.dram_start),
        ("ifmap_dram_stop", |report| report.ifmap.dram_stop),
        ("ifmap_dram_reads", |report| report.ifmap.dram_words as i64),
        ("filter_dram_start", |report| report.filter.dram_start),
        ("filter_dram_stop", |report| report.filter.dram_stop),
        ("filter_dram_reads", |report| report.filter.dram_words as i64),
        ("ofmap_dram_start", |report| report.ofmap.dram_start),
        ("ofmap_dram_stop", |report| report.ofmap.dram_stop),
        ("ofmap_dram_writes", |report| report.ofmap.dram_words as i64),
    ];
    let names: Vec<&str> = reports.iter().map(|report| report.layer.as_str()).collect();
    let mut columns = vec![
        Column::new("layer".into(), names),
        Column::new("repeats".into(), reports.iter().map(|report| report.repeats).collect::<Vec<u32>>()),
    ];
    columns.extend(cycles.iter().map(|(name, of)| column(name, reports.iter().map(of).collect())));
    columns.extend(
        rates.iter().map(|(name, of)| Column::new((*name).into(), reports.iter().map(of).collect::<Vec<f64>>())),
    );
    columns.extend(traffic.iter().map(|(name, of)| column(name, reports.iter().map(of).collect())));
    DataFrame::new(reports.len(), columns)
}
