//! The array line by line and word by word, as NPU specification, A.1 to A.3 write it down: slow, and what the fast simulation
//! is compared with.

mod memory;
mod operands;

use self::memory::{Calc, Reads, User, Writes};
use self::operands::{Operands, demand, stream};
use super::folds::Folds;
use super::layer::Layer;
use super::machine::{ArrayMachine, Dataflow, Fidelity, Memory};
use super::refused::Refused;
use super::report::{Closed, LayerReport, Run};
use crate::error::Error;

/// The report of [`crate::profile::array::simulate`], found line by line and word by word. O(words · memory).
///
/// # Errors
/// Those of [`crate::profile::array::simulate`], but for the work.
pub fn simulate_plainly(layer: &Layer, machine: &ArrayMachine) -> Result<LayerReport, Error> {
    machine.check()?;
    layer.check()?;
    let folds = Folds::of(layer, machine)?;
    let (run, closed) = run(layer, machine, &folds).map_err(|refused| refused.error(layer, machine, "an operand"))?;
    Ok(LayerReport::new(layer, machine, &closed, &run))
}

fn run(layer: &Layer, machine: &ArrayMachine, folds: &Folds) -> Result<(Run, Closed), Refused> {
    let operands = Operands {
        layer,
        output_width: layer.outputs().1,
        pixels: layer.pixels(),
        window: layer.window(),
        filters: u64::from(layer.filters),
    };
    let fidelity = machine.fidelity;
    let reads = |is_filter: bool, kb: u32| match machine.memory {
        Memory::Calc => Reads::Calc(Calc::new(kb)),
        Memory::User { ifmap_bandwidth, filter_bandwidth, .. } => {
            let bandwidth = if is_filter { filter_bandwidth } else { ifmap_bandwidth };
            Reads::User(User::new(kb, bandwidth, &stream(&operands, folds, is_filter), fidelity.stalls_twice))
        }
    };
    let (mut ifmap, mut filter) = (reads(false, machine.ifmap_kb), reads(true, machine.filter_kb));
    let mut ofmap = Writes::new(machine.ofmap_kb, machine.write_bandwidth(), fidelity.rows_full);
    let (mut line, mut stall, mut last) = (0, 0, 0);
    let mut sram: [Option<(i64, i64)>; 3] = [None; 3];
    let mut accesses = [0; 3];
    let (mut mapped, mut computed) = (0.0, 0.0);
    for column in 0..folds.column_folds() {
        for row in 0..folds.row_folds() {
            for x in 0..folds.lines_per_fold() {
                let words = demand(&operands, folds, row * folds.rows, column * folds.columns, x);
                let cycle = line + stall;
                let out = [
                    ifmap.service(cycle, &words[0])?,
                    filter.service(cycle, &words[1])?,
                    ofmap.service(cycle, &words[2]),
                ];
                for operand in 0..3 {
                    accesses[operand] += words[operand].iter().flatten().count() as u64;
                    if words[operand].iter().flatten().flatten().next().is_some() {
                        let start = sram[operand].map_or(out[operand], |span| span.0);
                        sram[operand] = Some((start, out[operand]));
                    }
                }
                stall += (out[0] - cycle - 1).max(out[1] - cycle - 1).max(out[2] - cycle);
                last = out[2];
                line += 1;
            }
            let used = utilisation(folds, row, column, fidelity);
            mapped += used.0;
            computed += used.1;
            if folds.dataflow == Dataflow::OutputStationary && fidelity.os_writes_extra {
                accesses[2] += folds.rows + folds.columns;
            }
        }
    }
    let [ifmap_sram, filter_sram, ofmap_sram] = sram.map(Option::unwrap_or_default);
    let mut ofmap = ofmap.span((ofmap_sram.0, last));
    ofmap.sram = ofmap_sram;
    let run = Run {
        total_cycles: last,
        stall_cycles: stall,
        ifmap: ifmap.span(ifmap_sram)?,
        filter: filter.span(filter_sram)?,
        ofmap,
    };
    let mean = |sum: f64| 100.0 * sum / folds.count() as f64;
    Ok((run, Closed { accesses, mapping_efficiency: mean(mapped), compute_utilisation: mean(computed) }))
}

/// Shares of the array's units that a fold uses, while its operand lies there and over all its lines.
fn utilisation(folds: &Folds, row: u64, column: u64, fidelity: Fidelity) -> (f64, f64) {
    let work = folds.used_rows(row) * folds.used_columns(column);
    let units = (folds.rows * folds.columns) as f64;
    let lines = match (folds.dataflow, fidelity.long_utilisation) {
        (Dataflow::OutputStationary, _) => folds.steps + folds.rows + folds.columns - 2,
        (_, false) => folds.steps + 2 * folds.rows + folds.columns - 2,
        (_, true) => folds.steps + 2 * folds.rows + 2 * folds.columns - 3,
    };
    (work as f64 / units, (work * folds.steps) as f64 / (units * lines as f64))
}
