//! How fast a search makes children. `cargo benches`, with this library at level 3.

use autogo::Progress;
use autogo::evolve::{Evolution, MutationSettings, Mutator};
use autogo::families::FamilyName;
use autogo::graph::Graph;
use autogo::prelude::{Gnn, LabelledFamily, Mining, Npu, Psc, TrainSettings};
use autogo::segment::Mined;
use divan::Bencher;
use divan::counter::ItemsCount;
use std::hint::black_box;

fn main() {
    divan::main();
}

/// Networks of the five families, a hundred of each, and what is mined from them.
fn mined() -> Option<Mined> {
    let families =
        [FamilyName::Nb201, FamilyName::Nb101, FamilyName::Hiaml, FamilyName::Inception, FamilyName::TwoPath];
    let specs = families.iter().flat_map(|family| (0..100).map(|at| family.sample(0, at)));
    let graphs = specs.map(|spec| autogo::families::network(&spec)).collect::<Result<Vec<Graph>, _>>().ok()?;
    Mining::bpe(813).run(&graphs).ok()
}

/// A PSC as large as the paper's; how well it is trained does not change how long it takes.
fn mutator() -> Option<Mutator> {
    let split = LabelledFamily::nb201_computed(120).ok()?.split(60, 0, 0).ok()?;
    let mined = mined()?;
    let settings = TrainSettings { epochs: 1, ..TrainSettings::default() };
    let (psc, _) = Psc::train(&split.train, &mined.segmenter, &settings, Progress::Silent).ok()?;
    Mutator::new(mined, psc.with_cuts(2), Npu::n256()).ok()
}

fn best_nb201() -> Option<Graph> {
    autogo::families::network(FamilyName::Nb201.best()?).ok()
}

/// Children per second on all cores: places, donors ranked in place, repair, splicing, figures; not yet scored. The parents have
/// 60, 107, 291, 404, 152 and 322 nodes.
#[divan::bench(sample_count = 3, sample_size = 1, args = ["two_path", "hiaml", "nb201", "inception", "resnet50", "resnet101"])]
fn children(bencher: Bencher<'_, '_>, spec: &str) {
    let family = FamilyName::ALL.into_iter().find(|family| family.prefix() == spec);
    let graph = autogo::families::network(family.and_then(FamilyName::best).unwrap_or(spec)).ok();
    let (Some(mutator), Some(parent)) = (mutator(), graph) else { return };
    let settings = MutationSettings { places: 10, donors: 100, ..MutationSettings::default() };
    let count = mutator.children(&parent, &settings, 1).map_or(0, |children| children.len());
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| black_box(mutator.children(&parent, &settings, 1).map(|children| children.len()).ok()));
}

/// Scored children per second on all cores: two generations of the paper's search from the best network of NB-201.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn search(bencher: Bencher<'_, '_>) {
    let (Some(mutator), Some(parent)) = (mutator(), best_nb201()) else { return };
    let evolution = Evolution { generations: 2, ..Evolution::paper() };
    let run = || evolution.run(&parent, &mutator, Progress::Silent).map_or(0, |run| run.individuals.len());
    bencher.counter(ItemsCount::new(run())).bench_local(|| black_box(run()));
}

/// The whole of the paper's search from there: ten generations of ten parents, ten places, a hundred donors.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn paper_search(bencher: Bencher<'_, '_>) {
    let (Some(mutator), Some(parent)) = (mutator(), best_nb201()) else { return };
    let evolution = Evolution { above_input: false, ..Evolution::paper() };
    let run = || evolution.run(&parent, &mutator, Progress::Silent).map_or(0, |run| run.individuals.len());
    bencher.counter(ItemsCount::new(run())).bench_local(|| black_box(run()));
}

/// Networks scored per second on all cores by the mean of two cuts, and by a GNN: what remains of the above.
#[divan::bench(sample_count = 3, sample_size = 1, args = ["psc", "gnn"])]
fn score_children(bencher: Bencher<'_, '_>, predictor: &str) {
    let (Some(mutator), Some(parent)) = (mutator(), best_nb201()) else { return };
    let settings = MutationSettings { places: 10, donors: 40, ..MutationSettings::default() };
    let Ok(children) = mutator.children(&parent, &settings, 1) else { return };
    let graphs: Vec<Graph> = children.into_iter().map(|(graph, _)| graph).collect();
    if predictor == "psc" {
        bencher
            .counter(ItemsCount::new(graphs.len()))
            .bench_local(|| black_box(mutator.predictor().score(&graphs).ok()));
        return;
    }
    let Some(gnn) = gnn() else { return };
    let score = || autogo::predict::Predictor::score(&gnn, &graphs).ok();
    bencher.counter(ItemsCount::new(graphs.len())).bench_local(|| black_box(score()));
}

fn gnn() -> Option<Gnn> {
    let split = LabelledFamily::nb201_computed(120).ok()?.split(60, 0, 0).ok()?;
    let architecture = autogo::predict::Architecture::gnn();
    let settings = TrainSettings { epochs: 1, architecture, ..TrainSettings::default() };
    Some(Gnn::train(&split.train, &settings, Progress::Silent).ok()?.0)
}
