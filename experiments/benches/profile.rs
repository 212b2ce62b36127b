//! How fast networks are timed. `cargo benches`, with this library at level 3, one core.
//!
//! Targets: a whole profile of ResNet-50 in under a millisecond; the cycles of a mutant in under 50 µs, beside those of a
//! machine that costs every kernel anew.

// A bench that cannot be set up stops.
#![allow(clippy::expect_used)]

use autogo::families::{Family, Nb201};
use autogo::graph::{Graph, Op};
use autogo::profile::{CycleCounter, Npu};
use divan::Bencher;
use std::hint::black_box;

fn main() {
    divan::main();
}

fn resnet50() -> Graph {
    autogo::families::network("resnet50").expect("a family's network")
}

#[divan::bench]
fn profile_of_resnet50(bencher: Bencher<'_, '_>) {
    let (graph, npu) = (resnet50(), Npu::n512());
    bencher.bench_local(|| black_box(npu.profile(&graph).map(|profile| profile.cycles())));
}

#[divan::bench]
fn cycles_of_resnet50(bencher: Bencher<'_, '_>) {
    let (graph, npu) = (resnet50(), Npu::n512());
    bencher.bench_local(|| black_box(npu.cycles(&graph)));
}

/// The best network of NB-201, 291 nodes, and children in which three convolutions in a row have kernels that occur nowhere
/// else.
fn mutants() -> (Graph, Vec<Graph>) {
    let best = "nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1";
    let parent = best.parse::<Nb201>().and_then(|arch| Ok(arch.build()?)).expect("a family's network");
    let parts = parent.to_parts();
    let keeps_its_size = |at: &usize| matches!(parts.nodes[*at].op, Op::Conv(conv) if conv.window.stride == (1, 1));
    let convs: Vec<usize> = (0..parts.nodes.len()).filter(keeps_its_size).collect();
    let child = |places: &[usize]| {
        let mut parts = parts.clone();
        for (&at, kernel) in places.iter().zip([(5, 5), (3, 5), (7, 7)]) {
            if let Op::Conv(conv) = &mut parts.nodes[at].op {
                conv.window.kernel = kernel;
            }
        }
        parts.build().expect("convolutions that keep their sizes")
    };
    let children = convs.windows(3).map(child).collect();
    (parent, children)
}

/// Every mutant is met for the first time by a counter that knows only its parent.
#[divan::bench]
fn incremental_cycles_of_a_mutant(bencher: Bencher<'_, '_>) {
    let (parent, children) = mutants();
    let mut turn = 0;
    bencher
        .with_inputs(|| {
            turn += 1;
            let counter = CycleCounter::new(Npu::n256()).expect("a preset");
            counter.cycles(&parent).expect("a network that fits");
            (counter, turn % children.len())
        })
        .bench_local_values(|(counter, child)| black_box(counter.cycles(&children[child])));
}

/// As in an evolution: a counter that has seen other mutants.
#[divan::bench]
fn incremental_cycles_of_a_mutant_among_many(bencher: Bencher<'_, '_>) {
    let (_, children) = mutants();
    let counter = CycleCounter::new(Npu::n256()).expect("a preset");
    children.iter().for_each(|child| assert!(counter.cycles(child).is_ok()));
    let mut turn = 0;
    bencher.bench_local(|| {
        turn = (turn + 1) % children.len();
        black_box(counter.cycles(&children[turn]))
    });
}

/// The baseline of the two above: nothing is remembered.
#[divan::bench]
fn baseline_whole_cycles_of_a_mutant(bencher: Bencher<'_, '_>) {
    let (_, children) = mutants();
    let npu = Npu::n256();
    let mut turn = 0;
    bencher.bench_local(|| {
        turn = (turn + 1) % children.len();
        black_box(npu.cycles(&children[turn]))
    });
}
