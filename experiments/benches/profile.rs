//! How fast networks are timed. `cargo benches`, with this library at level 3, one core.
//!
//! Targets: a whole profile of ResNet-50 in under a millisecond; the cycles of a mutant in under 50 µs, beside those of a
//! machine that costs every kernel anew.

use autogo::families::{Family, Nb201};
use autogo::graph::Graph;
use autogo::profile::{CycleCounter, Npu};
use autogo::segment::{Mined, Mining};
use divan::Bencher;
use std::hint::black_box;

fn main() {
    divan::main();
}

fn resnet50() -> Graph {
    autogo::families::graph("resnet50").expect("a family's network")
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

/// Children of the best network of NB-201, 291 nodes, by replacing segments.
fn mutants() -> (Graph, Vec<Graph>) {
    use autogo::evolve::{Evolution, MutationSettings};
    let best = "nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1";
    let parent = best.parse::<Nb201>().and_then(|arch| Ok(arch.build()?)).expect("a family's network");
    let corpus: Vec<Graph> = (0..60).filter_map(|index| Nb201::sample(1, index).build().ok()).collect();
    let Mined { segmenter, db, .. } = Mining::bpe(60).run(&corpus).expect("a corpus of graphs");
    let settings = MutationSettings::default();
    let evolution = Evolution { generations: 1, parents: 1, mutation: settings, ..Evolution::default() };
    let run = evolution
        .run(&parent, &db, &segmenter, &Sizes, &Npu::n256(), autogo::Progress::Silent)
        .expect("an evolution of one round");
    let children = run.individuals.iter().skip(1).map(|one| one.graph.clone()).collect();
    (parent, children)
}

/// Scores a network by its number of nodes.
struct Sizes;

impl autogo::predict::Predictor for Sizes {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, autogo::Error> {
        Ok(graphs.iter().map(|graph| graph.len() as f64).collect())
    }
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
