//! How fast predictors are trained and asked. `cargo benches`, with this library at level 3.

use autogo::data::{Example, LabelledFamily};
use autogo::graph::Graph;
use autogo::predict::{EncodedSegments, GraphFeatures, Psc, TrainSettings};
use autogo::segment::{Mined, Mining, Segment};
use autogo::{Partition, Progress};
use divan::Bencher;
use divan::counter::ItemsCount;
use std::hint::black_box;

fn main() {
    divan::main();
}

/// Labelled networks of NB-201, and what was mined from them.
struct Setting {
    examples: Vec<Example>,
    mined: Mined,
    triples: usize,
}

fn setting(networks: usize) -> Option<Setting> {
    let split = LabelledFamily::nb201_computed(2 * networks).ok()?.split(networks, 0, 0).ok()?;
    let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
    let mined = Mining::bpe(813).run(&graphs).ok()?;
    let triples = graphs.iter().map(|graph| mined.segmenter.groups(graph).len()).sum();
    Some(Setting { examples: split.train, mined, triples })
}

impl Setting {
    fn train(&self, epochs: usize, cuts: usize) -> Option<Psc> {
        let settings = TrainSettings { epochs, cuts, ..TrainSettings::default() };
        Some(Psc::train(&self.examples, &self.mined.segmenter, &settings, Progress::Silent).ok()?.0)
    }
}

/// Triples per second on all cores: an epoch of all partitions of 200 networks, preparation included.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn train_on_all_partitions(bencher: Bencher<'_, '_>) {
    let Some(setting) = setting(200) else { return };
    bencher.counter(ItemsCount::new(setting.triples)).bench_local(|| black_box(setting.train(1, 0).is_some()));
}

/// Triples per second on all cores: two random partitions of each of 200 networks, ten epochs.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn train_on_two_partitions(bencher: Bencher<'_, '_>) {
    let Some(setting) = setting(200) else { return };
    bencher.counter(ItemsCount::new(10 * 2 * 200usize)).bench_local(|| black_box(setting.train(10, 2).is_some()));
}

/// Triples per second on all cores, the plain way: every part of every partition a graph of its own, none shared between
/// batches. What the ones above are to be compared with, though it does not even go backwards.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn baseline_predict_triples(bencher: Bencher<'_, '_>) {
    let Some(setting) = setting(20) else { return };
    let Some(psc) = setting.train(1, 1) else { return };
    let mut triples: Vec<[GraphFeatures; 3]> = Vec::new();
    for example in &setting.examples {
        let Ok(features) = GraphFeatures::new(&example.graph) else { return };
        let groups = setting.mined.segmenter.groups(&example.graph);
        triples.extend(Partition::all(&groups).iter().map(|cut| cut.parts().map(|nodes| features.part(nodes))));
    }
    bencher.counter(ItemsCount::new(triples.len())).bench_local(|| black_box(psc.predict(&triples).is_ok()));
}

/// Triples per second on all cores: the same partitions, each distinct computation once.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn predict_all_partitions(bencher: Bencher<'_, '_>) {
    let Some(setting) = setting(20) else { return };
    let Some(psc) = setting.train(1, 1) else { return };
    bencher.counter(ItemsCount::new(setting.triples)).bench_local(|| {
        for example in &setting.examples {
            black_box(psc.predict_partitions(&example.graph).is_ok());
        }
    });
}

/// Triples per second on one core: making all triples of 200 networks ready for training.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn make_triples(bencher: Bencher<'_, '_>) {
    let Some(setting) = setting(200) else { return };
    let graphs: Vec<Graph> = setting.examples.iter().map(|example| example.graph.clone()).collect();
    bencher
        .counter(ItemsCount::new(setting.triples))
        .bench_local(|| black_box(autogo::predict::triples(&graphs, &setting.mined.segmenter, 6).ok()));
}

/// Triples per second on one core: the same networks cut at every segment, each part as its nodes; nothing computed yet.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn cut_triples(bencher: Bencher<'_, '_>) {
    let Some(setting) = setting(200) else { return };
    let segmenter = &setting.mined.segmenter;
    bencher.counter(ItemsCount::new(setting.triples)).bench_local(|| {
        for example in &setting.examples {
            black_box(Partition::all(&segmenter.groups(&example.graph)));
        }
    });
}

/// Candidates per second on all cores: a database's segments in one place, predecessor and successor encoded anew each time.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn score_candidates(bencher: Bencher<'_, '_>) {
    let Some(setting) = setting(60) else { return };
    let Some(psc) = setting.train(1, 1) else { return };
    let rows = setting.mined.db.rows().iter().cycle().take(10_000);
    let segments: Vec<Segment> = rows.map(|row| row.segment.clone()).collect();
    let Ok(encoded) = psc.encode_segments(&segments) else { return };
    let encoded: EncodedSegments = encoded;
    let graph = &setting.examples[0].graph;
    let groups = setting.mined.segmenter.groups(graph);
    let cut = Partition::at(&groups, groups.len() / 2, 1);
    bencher
        .counter(ItemsCount::new(encoded.len()))
        .bench_local(|| black_box(psc.scorer(graph, &cut).map(|scorer| scorer.score(&encoded)).ok()));
}
