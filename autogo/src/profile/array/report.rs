//! The costs of a layer on an array.

use super::folds::Folds;
use super::layer::Layer;
use super::machine::ArrayMachine;
use serde::{Deserialize, Serialize};

/// The words that one operand moves between the array and the operand's memory on chip, and between this memory and
/// DRAM. Cycles count from the first line of demand, so words that are fetched before this line have cycles below 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Words a cycle on chip, over all cycles.
    pub sram_bandwidth: f64,
    /// Cycle in which the first word is served on chip.
    pub sram_start: i64,
    /// Cycle in which the last word is served on chip.
    pub sram_stop: i64,
    /// Words read or written on chip.
    pub sram_words: u64,
    /// Words a cycle from or to DRAM, from `dram_start` to `dram_stop`.
    pub dram_bandwidth: f64,
    /// First cycle in which DRAM moves words of the operand.
    pub dram_start: i64,
    /// Last cycle in which DRAM moves words of the operand.
    pub dram_stop: i64,
    /// Words fetched from DRAM or written to DRAM.
    pub dram_words: u64,
}

/// A layer on an array. Percentages are 0 to 100.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Name of the layer.
    pub layer: String,
    /// The number of times that the layer runs. All other numbers are for one run.
    pub repeats: u32,
    /// Cycles from the first prefetch to the last word written.
    pub cycles_with_prefetch: u64,
    /// Cycles from the first line of demand to the last: one less than lines and stalls together.
    pub total_cycles: u64,
    /// Cycles in which the array waits for a memory.
    pub stall_cycles: u64,
    /// Multiply-adds over what the array could do in all cycles, in percent.
    pub overall_utilisation: f64,
    /// Units in use, mean over folds, in percent.
    pub mapping_efficiency: f64,
    /// Multiply-adds over what the array could do in a fold's lines, mean over folds, in percent.
    pub compute_utilisation: f64,
    /// Input feature map.
    pub ifmap: Traffic,
    /// Filters.
    pub filter: Traffic,
    /// Output feature map.
    pub ofmap: Traffic,
}

/// First and last cycle of an operand's memory on chip and of DRAM, and the words that DRAM moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub sram: (i64, i64),
    pub dram: (i64, i64),
    pub dram_words: u64,
}

/// The numbers that only a simulation can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub total_cycles: i64,
    pub stall_cycles: i64,
    pub ifmap: Span,
    pub filter: Span,
    pub ofmap: Span,
}

/// The numbers that follow from the folds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub accesses: [u64; 3],
    pub mapping_efficiency: f64,
    pub compute_utilisation: f64,
}

impl Closed {
    pub fn of(folds: &Folds, machine: &ArrayMachine) -> Self {
        Closed {
            accesses: folds.accesses(machine.fidelity.os_writes_extra),
            mapping_efficiency: folds.mapping_efficiency(),
            compute_utilisation: folds.compute_utilisation(machine.fidelity.long_utilisation),
        }
    }
}

impl LayerReport {
    pub(super) fn new(layer: &Layer, machine: &ArrayMachine, closed: &Closed, run: &Run) -> Self {
        let cycles = run.total_cycles as f64;
        let traffic = |sram_words: u64, span: &Span| Traffic {
            sram_bandwidth: sram_words as f64 / cycles,
            sram_start: span.sram.0,
            sram_stop: span.sram.1,
            sram_words,
            dram_bandwidth: span.dram_words as f64 / (span.dram.1 - span.dram.0 + 1) as f64,
            dram_start: span.dram.0,
            dram_stop: span.dram.1,
            dram_words: span.dram_words,
        };
        let work = layer.pixels() as f64 * layer.window() as f64 * f64::from(layer.filters);
        let units = f64::from(machine.rows) * f64::from(machine.columns);
        let [ifmap, filter, ofmap] = closed.accesses;
        LayerReport {
            layer: layer.name.clone(),
            repeats: layer.repeats,
            cycles_with_prefetch: (run.ofmap.dram.1 - run.ifmap.dram.0.min(run.filter.dram.0)).unsigned_abs(),
            total_cycles: run.total_cycles.unsigned_abs(),
            stall_cycles: run.stall_cycles.unsigned_abs(),
            overall_utilisation: 100.0 * work / (cycles * units),
            mapping_efficiency: closed.mapping_efficiency,
            compute_utilisation: closed.compute_utilisation,
            ifmap: traffic(ifmap, &run.ifmap),
            filter: traffic(filter, &run.filter),
            ofmap: traffic(ofmap, &run.ofmap),
        }
    }
}
