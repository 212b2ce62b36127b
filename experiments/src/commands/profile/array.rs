//! A network's layers on a systolic array with its memories.
//!
//! The array computes products: convolutions, transposed convolutions and dense layers, one after the other. Nodes of
//! all other ops take no time here; they are counted and named, so that the total is not taken for that of the whole
//! network.

use crate::failure::Failure;
use crate::inputs::toml_file;
use autogo::Error;
use autogo::graph::{Graph, Op};
use autogo::profile::array::{ArrayMachine, Dataflow, Fidelity, Layer, LayerReport, Memory, simulate_all};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The names of arrays that are accepted, for messages.
const ACCEPTED: &str = "ROWSxCOLUMNS such as 32x32, ROWSxCOLUMNS-os, -ws or -is, or a TOML file";

/// The array of a name or a TOML file. A name says rows, columns and what stays in the array (`ws` where the name says
/// nothing); such an array has 64 kB for each operand and never waits for a word.
pub fn machine(name: &str) -> Result<ArrayMachine, Failure> {
    if name.ends_with(".toml") {
        let path = Path::new(name);
        let file: ArrayFile = toml_file(path)?;
        return file.machine().map_err(|error| Failure::input(path, error));
    }
    let (size, dataflow) = name.split_once('-').unwrap_or((name, Dataflow::WeightStationary.short()));
    let parsed = size.split_once('x').and_then(|(rows, columns)| {
        Some(ArrayMachine::new(name, rows.parse().ok()?, columns.parse().ok()?, dataflow.parse().ok()?))
    });
    parsed.ok_or_else(|| Failure::Input(format!("array `{name}` is not known; accepted: {ACCEPTED}")))
}

/// An array in a TOML file. `bandwidth` and `scalesim` may be left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArrayFile {
    name: String,
    rows: u32,
    columns: u32,
    /// `os`, `ws` or `is`.
    dataflow: String,
    ifmap_kb: u32,
    filter_kb: u32,
    ofmap_kb: u32,
    /// Without it the array never waits for a word.
    bandwidth: Option<Bandwidth>,
    /// Whether the numbers are those of SCALE-Sim 3.0.0, with its peculiarities.
    #[serde(default)]
    scalesim: bool,
}

/// Words a cycle between the memory of an operand and DRAM.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bandwidth {
    ifmap: u32,
    filter: u32,
    ofmap: u32,
}

impl ArrayFile {
    fn machine(&self) -> Result<ArrayMachine, Error> {
        let memory = match self.bandwidth {
            None => Memory::Calc,
            Some(Bandwidth { ifmap, filter, ofmap }) => {
                Memory::User { ifmap_bandwidth: ifmap, filter_bandwidth: filter, ofmap_bandwidth: ofmap }
            }
        };
        let fidelity = if self.scalesim { Fidelity::parity() } else { Fidelity::corrected() };
        Ok(ArrayMachine::new(&self.name, self.rows, self.columns, self.dataflow.parse()?)
            .with_kb(self.ifmap_kb, self.filter_kb, self.ofmap_kb)
            .with_memory(memory)
            .with_fidelity(fidelity))
    }
}

/// The costs of a network on an array.
#[derive(Serialize)]
pub struct ArrayProfile {
    network: String,
    machine: ArrayMachine,
    layers: Vec<Row>,
    total: Row,
    /// Nodes that the array does not compute, by op.
    left_out: BTreeMap<&'static str, usize>,
}

/// The costs of a layer, all its runs together.
#[derive(Clone, Default, Serialize)]
struct Row {
    layer: String,
    /// The number of times that the layer runs: the groups of a convolution.
    runs: u64,
    /// From the first line of demand to the last: work and stalls.
    cycles: u64,
    /// Cycles in which the array works.
    compute_cycles: u64,
    /// Cycles in which the array waits for a memory.
    stall_cycles: u64,
    /// Multiply-adds over what the array could do in all cycles, in percent.
    utilisation: f64,
    /// Words read from DRAM: input and filters.
    words_read: u64,
    /// Words written to DRAM.
    words_written: u64,
    /// Words read from the memories on chip.
    on_chip_words_read: u64,
    /// Words written to the memory on chip.
    on_chip_words_written: u64,
}

impl ArrayProfile {
    /// Simulates the layers of a network. A network without a layer, and a layer that the array cannot compute, is
    /// refused.
    pub fn new(graph: &Graph, machine: &ArrayMachine) -> Result<ArrayProfile, Failure> {
        let layers = Layer::of_graph(graph);
        if layers.is_empty() {
            let accepted = "a network with convolutions or dense layers, which is what an array computes";
            return Err(Failure::Input(format!("network `{}`: has no layer; accepted: {accepted}", graph.name())));
        }
        let rows: Vec<Row> = simulate_all(&layers, machine)?.iter().map(Row::new).collect();
        let mut total = Row { layer: "total".into(), ..Row::default() };
        rows.iter().for_each(|row| total.add(row));
        let multiply_adds: f64 = layers.iter().map(|layer| layer.multiply_adds() as f64).sum();
        let units = f64::from(machine.rows) * f64::from(machine.columns);
        total.utilisation = 100.0 * multiply_adds / (total.cycles as f64 * units);
        let mut left_out = BTreeMap::new();
        for index in (0..graph.len()).filter(|&index| Layer::of(graph, index).is_none()) {
            let op = graph.node(index).op;
            if !matches!(op, Op::Input(_) | Op::Output) {
                *left_out.entry(op.name()).or_default() += 1;
            }
        }
        Ok(ArrayProfile { network: graph.name().into(), machine: machine.clone(), layers: rows, total, left_out })
    }
}

impl Row {
    fn new(report: &LayerReport) -> Row {
        let runs = u64::from(report.repeats);
        // Numbers of a report are for one run.
        let all = |number: u64| number.saturating_mul(runs);
        Row {
            layer: report.layer.clone(),
            runs,
            cycles: all(report.total_cycles),
            compute_cycles: all(report.total_cycles.saturating_sub(report.stall_cycles)),
            stall_cycles: all(report.stall_cycles),
            utilisation: report.overall_utilisation,
            words_read: all(report.ifmap.dram_words + report.filter.dram_words),
            words_written: all(report.ofmap.dram_words),
            on_chip_words_read: all(report.ifmap.sram_words + report.filter.sram_words),
            on_chip_words_written: all(report.ofmap.sram_words),
        }
    }

    /// Adds what can be added.
    fn add(&mut self, other: &Row) {
        let pairs = [
            (&mut self.runs, other.runs),
            (&mut self.cycles, other.cycles),
            (&mut self.compute_cycles, other.compute_cycles),
            (&mut self.stall_cycles, other.stall_cycles),
            (&mut self.words_read, other.words_read),
            (&mut self.words_written, other.words_written),
            (&mut self.on_chip_words_read, other.on_chip_words_read),
            (&mut self.on_chip_words_written, other.on_chip_words_written),
        ];
        for (sum, number) in pairs {
            *sum = sum.saturating_add(number);
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<40} {:>5} {:>14} {:>14} {:>5.1}% {:>14} {:>14}",
            self.layer,
            self.runs,
            self.compute_cycles,
            self.stall_cycles,
            self.utilisation,
            self.words_read,
            self.words_written
        )
    }
}

impl fmt::Display for ArrayProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<40} {:>5} {:>14} {:>14} {:>6} {:>14} {:>14}",
            "layer", "runs", "compute cycles", "stalls", "used", "words read", "words written"
        )?;
        for row in &self.layers {
            writeln!(f, "{row}")?;
        }
        writeln!(f, "{}", self.total)?;
        let (machine, total) = (&self.machine, &self.total);
        write!(
            f,
            "\n{} on {}: {} × {} units, {}, {} + {} + {} kB\nlayers          {}\ncycles          {}\nutilisation     {:.1} \
             %\nwords behind    {} read, {} written\nwords on chip   {} read, {} written",
            self.network,
            machine.name,
            machine.rows,
            machine.columns,
            machine.dataflow,
            machine.ifmap_kb,
            machine.filter_kb,
            machine.ofmap_kb,
            self.layers.len(),
            total.cycles,
            total.utilisation,
            total.words_read,
            total.words_written,
            total.on_chip_words_read,
            total.on_chip_words_written
        )?;
        let left_out: Vec<String> = self.left_out.iter().map(|(op, nodes)| format!("{nodes} {op}")).collect();
        write!(f, "\nnot timed       {}", left_out.join(", "))
    }
}
