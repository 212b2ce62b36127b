//! How fast layers are simulated on a systolic array: items are simulated cycles. `cargo benches`, with this library at level 3.
//! One core.

use autogo::profile::array::{ArrayMachine, Dataflow, Fidelity, Layer, Memory, simulate, simulate_plainly};
use divan::Bencher;
use divan::counter::ItemsCount;
use std::hint::black_box;

fn main() {
    divan::main();
}

/// How an array of this size is fed: as much as it needs, or 32 words a cycle.
fn machine(size: u32, dataflow: Dataflow, is_given: bool) -> ArrayMachine {
    let machine = ArrayMachine::new("bench", size, size, dataflow).with_fidelity(Fidelity::parity());
    let given = Memory::User { ifmap_bandwidth: 32, filter_bandwidth: 32, ofmap_bandwidth: 32 };
    if is_given { machine.with_memory(given) } else { machine }
}

/// All layers of a network, one after the other, equal ones as often as they occur.
fn network(bencher: Bencher<'_, '_>, spec: &str, machine: &ArrayMachine) {
    let Ok(graph) = autogo::families::network(spec) else { return };
    let layers = Layer::of_graph(&graph);
    let cycles = |layer: &Layer| simulate(layer, machine).map_or(0, |report| report.total_cycles);
    let total: u64 = layers.iter().map(cycles).sum();
    bencher.counter(ItemsCount::new(total)).bench_local(|| {
        for layer in &layers {
            black_box(simulate(layer, machine).ok());
        }
    });
}

#[divan::bench(sample_count = 20, args = Dataflow::ALL)]
fn resnet50_with_bandwidth_found(bencher: Bencher<'_, '_>, dataflow: Dataflow) {
    network(bencher, "resnet50", &machine(32, dataflow, false));
}

#[divan::bench(sample_count = 20, args = Dataflow::ALL)]
fn resnet50_with_bandwidth_given(bencher: Bencher<'_, '_>, dataflow: Dataflow) {
    network(bencher, "resnet50", &machine(32, dataflow, true));
}

#[divan::bench(sample_count = 20)]
fn vgg16_with_bandwidth_found(bencher: Bencher<'_, '_>) {
    network(bencher, "vgg16", &machine(32, Dataflow::OutputStationary, false));
}

#[divan::bench(sample_count = 20)]
fn edsr_with_bandwidth_found(bencher: Bencher<'_, '_>) {
    network(bencher, "edsr:64x64", &machine(32, Dataflow::WeightStationary, false));
}

/// A layer that both ways can do: 16 → 16 channels, 3 × 3, over 12 × 12 pixels, past 2 kB memories.
fn small() -> Layer {
    Layer::conv("small", (14, 14, 16), (3, 3), 16, (1, 1))
}

#[divan::bench(sample_count = 20, args = [false, true])]
fn small_layer(bencher: Bencher<'_, '_>, is_given: bool) {
    let machine = machine(16, Dataflow::WeightStationary, is_given).with_kb(2, 2, 2);
    let cycles = simulate(&small(), &machine).map_or(0, |report| report.total_cycles);
    bencher.counter(ItemsCount::new(cycles)).bench_local(|| black_box(simulate(&small(), &machine).ok()));
}

/// The baseline of the one above: line by line and word by word.
#[divan::bench(sample_count = 20, args = [false, true])]
fn baseline_small_layer_word_by_word(bencher: Bencher<'_, '_>, is_given: bool) {
    let machine = machine(16, Dataflow::WeightStationary, is_given).with_kb(2, 2, 2);
    let cycles = simulate(&small(), &machine).map_or(0, |report| report.total_cycles);
    bencher.counter(ItemsCount::new(cycles)).bench_local(|| black_box(simulate_plainly(&small(), &machine).ok()));
}
