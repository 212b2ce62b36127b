//! How fast graphs are built, counted, named and loaded. `cargo benches`, with this library at level 3.
//!
//! Rates of one core unless said otherwise. Without AUTOGO_DATA the released graphs stand aside for networks of the
//! same families, and the NB-101 table is left out.

use autogo::data::{LabelTable, LabelledFamily};
use autogo::families::{Family, FamilyName, Hiaml, Inception, InceptionSampler, Nb101, Nb201, TwoPath};
use autogo::formats::onnx::{Pooling, ReadOptions, Weights, export, import_with};
use autogo::graph::Graph;
use autogo::prelude::df;
use autogo::release::read_graph;
use autogo::{Goal, Progress};
use divan::Bencher;
use divan::counter::ItemsCount;
use std::hint::black_box;
use std::path::{Path, PathBuf};

fn main() {
    divan::main();
}

fn data() -> Option<PathBuf> {
    std::env::var_os("AUTOGO_DATA").filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn pickles(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            pickles(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "pkl") {
            found.push(path);
        }
    }
    found.sort();
}

/// The released graphs, or networks of the same families.
fn released() -> Vec<Graph> {
    let mut found = Vec::new();
    if let Some(data) = data() {
        pickles(&data.join("autogo/architectures"), &mut found);
    }
    let read = |path: &PathBuf| Some(read_graph(&std::fs::read(path).ok()?).ok()?.to_graph().ok()?.graph);
    let graphs: Vec<Graph> = found.iter().filter_map(read).collect();
    if !graphs.is_empty() {
        return graphs;
    }
    let specs = ["resnet50", "resnet101", "vgg16", "edsr", "hiaml:src1,src1,r30,src3"];
    specs.iter().filter_map(|spec| autogo::families::network(spec).ok()).collect()
}

#[divan::bench]
fn flops_and_content_id_of_released_graphs(bencher: Bencher<'_, '_>) {
    let graphs = released();
    bencher.counter(ItemsCount::new(graphs.len())).bench_local(|| {
        for graph in &graphs {
            black_box((graph.cost(), graph.content_id()));
        }
    });
}

/// The baseline of the one above: copying the same graphs.
#[divan::bench]
fn baseline_clone_of_released_graphs(bencher: Bencher<'_, '_>) {
    let graphs = released();
    bencher.counter(ItemsCount::new(graphs.len())).bench_local(|| {
        for graph in &graphs {
            black_box(graph.clone());
        }
    });
}

fn build<F: Family>(bencher: Bencher<'_, '_>, sample: impl Fn(u64) -> F) {
    let archs: Vec<F> = (0..64).map(sample).collect();
    bencher.counter(ItemsCount::new(archs.len())).bench_local(|| {
        for arch in &archs {
            black_box(arch.build().is_ok());
        }
    });
}

#[divan::bench]
fn build_nb101(bencher: Bencher<'_, '_>) {
    build(bencher, |index| Nb101::sample(0, index));
}

#[divan::bench]
fn build_nb201(bencher: Bencher<'_, '_>) {
    build(bencher, |index| Nb201::sample(0, index));
}

#[divan::bench]
fn build_hiaml(bencher: Bencher<'_, '_>) {
    build(bencher, |index| Hiaml::sample(0, index));
}

#[divan::bench]
fn build_two_path(bencher: Bencher<'_, '_>) {
    build(bencher, |index| TwoPath::sample(0, index));
}

#[divan::bench]
fn build_inception(bencher: Bencher<'_, '_>) {
    build(bencher, |index| Inception::sample_by(0, index, InceptionSampler::Published));
}

/// ResNet-50 as we export it, weights and all: 100 MB.
#[divan::bench]
fn import_resnet50(bencher: Bencher<'_, '_>) {
    let bytes = autogo::families::network("resnet50")
        .ok()
        .and_then(|graph| export(&graph, Weights::Seeded(0), Pooling::default()).ok());
    let Some(bytes) = bytes else { return };
    let bencher = bencher.counter(ItemsCount::new(1usize)).with_inputs(|| bytes.clone());
    bencher.bench_local_values(|bytes| import_with(bytes, &ReadOptions::default()));
}

/// Ten thousand files of NAS-Bench-201, as our exporter writes them without weights, into a labelled frame. On all cores.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn label_onnx_files(bencher: Bencher<'_, '_>) {
    const FILES: u64 = 10_000;
    let folder = std::env::temp_dir().join(format!("autogo-bench-labels-{}", std::process::id()));
    let written = std::fs::create_dir_all(&folder).and_then(|()| (0..FILES).try_for_each(|at| onnx_file(&folder, at)));
    let names: Vec<String> = (0..FILES).map(|at| format!("{at}.onnx")).collect();
    let labels: Vec<f64> = (0..FILES).map(|at| at as f64).collect();
    if let (Ok(()), Ok(frame)) = (written, df!("file" => names, "label" => labels)) {
        let table = LabelTable::of(frame, &folder);
        bencher
            .counter(ItemsCount::new(FILES))
            .bench_local(|| black_box(table.labelled("label", Goal::Maximise, Progress::Silent).is_ok()));
    }
    std::fs::remove_dir_all(folder).ok();
}

/// One sampled network of NAS-Bench-201 as a file.
fn onnx_file(folder: &Path, at: u64) -> std::io::Result<()> {
    let graph = Nb201::sample(0, at).build().map_err(std::io::Error::other)?;
    let bytes = export(&graph, Weights::None, Pooling::default()).map_err(std::io::Error::other)?;
    std::fs::write(folder.join(format!("{at}.onnx")), bytes)
}

/// On all cores.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn enumerate_nb101_with_hashes(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(Nb101::COUNT)).bench_local(|| black_box(Nb101::all().len()));
}

/// On all cores.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn load_nb101_table(bencher: Bencher<'_, '_>) {
    let Some(data) = data() else { return };
    bencher.counter(ItemsCount::new(Nb101::COUNT)).bench_local(|| {
        black_box(LabelledFamily::nb101(&data).is_ok_and(|family| family.family() == FamilyName::Nb101.prefix()))
    });
}
