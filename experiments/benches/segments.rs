//! How fast segments are mined. `cargo benches`, with this library at level 3.

use autogo::families::{FamilyName, Nb201};
use autogo::files::{read_parquet, write_parquet};
use autogo::graph::Graph;
use autogo::polars::prelude::{col, lit};
use autogo::release::read_graph;
use autogo::segment::{Keep, Linearizer, Mining, SegmentDb, Segmenter, TokenEncoder};
use divan::Bencher;
use divan::counter::ItemsCount;
use rayon::prelude::*;
use std::hint::black_box;
use std::path::PathBuf;

fn main() {
    divan::main();
}

/// The five families in the numbers that the release mined: 21,166 graphs; `share` of them in percent.
fn corpus(share: u64) -> Vec<Graph> {
    let counts = [
        (FamilyName::Nb101, 5_000),
        (FamilyName::Nb201, 4_096),
        (FamilyName::Hiaml, 4_600),
        (FamilyName::Inception, 580),
        (FamilyName::TwoPath, 6_890),
    ];
    let specs: Vec<String> = counts
        .iter()
        .flat_map(|(family, count)| {
            (0..count * share / 100).map(|index| match family {
                FamilyName::Nb201 => without_none(index).to_string(),
                _ => family.sample(0, index),
            })
        })
        .collect();
    specs.par_iter().filter_map(|spec| autogo::families::network(spec).ok()).collect()
}

/// Network number `index` of the 4,096 without `none`.
fn without_none(index: u64) -> Nb201 {
    let number = (0..6).fold(0, |number, edge| number * 5 + 1 + (index >> (2 * edge) & 3) as usize);
    Nb201::at(number)
}

/// The 21 released graphs, if they are there.
fn released() -> Vec<Graph> {
    let data = std::env::var_os("AUTOGO_DATA").filter(|value| !value.is_empty()).map(PathBuf::from);
    let mut graphs = Vec::new();
    let mut folders: Vec<PathBuf> = data.into_iter().map(|data| data.join("autogo/architectures")).collect();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() {
                folders.push(path);
            } else if let Some(form) = std::fs::read(&path).ok().and_then(|bytes| read_graph(&bytes).ok()) {
                graphs.extend(form.to_graph().ok().map(|executable| executable.graph));
            }
        }
    }
    graphs
}

/// Nodes per second, one core, under a vocabulary of 2,000 pieces.
#[divan::bench(sample_count = 20)]
fn tokens_and_encoding_of_released_graphs(bencher: Bencher<'_, '_>) {
    let graphs = released();
    let nodes: usize = graphs.iter().map(Graph::len).sum();
    let Some(segmenter) = segmenter(&corpus(5)) else { return };
    bencher.counter(ItemsCount::new(nodes)).bench_local(|| {
        for graph in &graphs {
            black_box(segmenter.groups(graph));
        }
    });
}

/// The baseline of the one above: tokens as text alone.
#[divan::bench(sample_count = 20)]
fn baseline_tokens_of_released_graphs(bencher: Bencher<'_, '_>) {
    let graphs = released();
    let nodes: usize = graphs.iter().map(Graph::len).sum();
    bencher.counter(ItemsCount::new(nodes)).bench_local(|| {
        for graph in &graphs {
            let Mining { order, tokens, .. } = Mining::default();
            tokens.encode(graph, &order.order(graph), &mut |token| _ = black_box(token));
        }
    });
}

fn segmenter(graphs: &[Graph]) -> Option<Segmenter> {
    Mining::bpe(2000).segmenter(graphs).ok()
}

/// Graphs per second on all cores: tokens and up to 2,000 merges; 5, 25 and 100 % of 21,166 graphs.
#[divan::bench(args = [5, 25, 100], sample_count = 1, sample_size = 1)]
fn train_vocabulary(bencher: Bencher<'_, '_>, share: u64) {
    let graphs = corpus(share);
    bencher.counter(ItemsCount::new(graphs.len())).bench_local(|| black_box(segmenter(&graphs).is_some()));
}

/// Graphs per second on all cores: the database under that vocabulary.
#[divan::bench(args = [5, 25, 100], sample_count = 1, sample_size = 1)]
fn mine_database(bencher: Bencher<'_, '_>, share: u64) {
    let graphs = corpus(share);
    let Some(segmenter) = segmenter(&graphs) else { return };
    bencher.counter(ItemsCount::new(graphs.len())).bench_local(|| {
        let cut = |graph: &Graph| segmenter.groups(graph);
        black_box(SegmentDb::mine(&graphs, &[], &Keep::default(), cut).map_or(0, |db| db.len()))
    });
}

/// Rows per second of a query on a file of a million segments that finds some hundred; the baseline below reads all
/// rows of a file of one hundredth.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn query_a_million_rows(bencher: Bencher<'_, '_>) {
    let Some((path, rows)) = copies(1_000_000) else { return };
    let condition = || col("count").eq(lit(1)).and(col("nodes").gt(lit(12)));
    let query = || SegmentDb::load_where(&path, condition()).map(|db| db.len());
    bencher.counter(ItemsCount::new(rows)).bench_local(|| black_box(query().ok()));
    std::fs::remove_file(path).ok();
}

/// Rows per second: every row of a file of 10,000 segments, each inferred again.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn baseline_load_ten_thousand_rows(bencher: Bencher<'_, '_>) {
    let Some((path, rows)) = copies(10_000) else { return };
    bencher.counter(ItemsCount::new(rows)).bench_local(|| black_box(SegmentDb::load(&path).map(|db| db.len()).ok()));
    std::fs::remove_file(path).ok();
}

/// A file of so many rows: a mined database over and over.
fn copies(rows: usize) -> Option<(PathBuf, usize)> {
    let graphs = corpus(10);
    let db = Mining::bpe(2000).run(&graphs).ok()?.db;
    let path = std::env::temp_dir().join(format!("autogo-bench-{rows}-{}.parquet", std::process::id()));
    db.save(&path).ok()?;
    let frame = read_parquet(&path).ok()?;
    let mut many = frame.clone();
    while many.height() < rows {
        many = many.vstack(&frame).ok()?;
    }
    let mut many = many.head(Some(rows));
    write_parquet(&mut many, &path).ok()?;
    Some((path, rows))
}
