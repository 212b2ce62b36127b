//! The published tables as a whole, where they are there, and the enumeration of NAS-Bench-101.
#![allow(clippy::unwrap_used, clippy::panic)]

use autogo::data::{Arch, Example, LabelledFamily};
use autogo::families::{Family, Nb101};
use std::collections::HashSet;
use tests::folder;

#[test]
fn the_enumeration_is_the_published_table_row_by_row() {
    let all = Nb101::all();
    assert_eq!(all.len(), Nb101::COUNT);
    let Some(data) = folder("AUTOGO_DATA") else { return };
    let table = LabelledFamily::nb101(&data).unwrap();
    let params = table.frame().column("benchmark_params").unwrap().u64().unwrap().clone();
    let hash = "00005c142e6f48ac74fdcf73e3439874";
    assert_eq!(all[0].module_hash(), hash);
    // Both stand in the order of the benchmark's hash. The cell that represents a hash may differ, and with it who gets the
    // odd channel.
    for row in (0..Nb101::COUNT).step_by(97) {
        let Some(Arch::Nb101(arch)) = table.arch(row) else { panic!("row {row}") };
        assert_eq!(arch.module_hash(), all[row].module_hash(), "row {row}");
        assert_eq!(Some(arch.build().unwrap().cost().params), params.get(row), "row {row}");
    }
}

#[test]
fn measured_latencies_belong_to_every_network() {
    let Some(data) = folder("AUTOGO_DATA") else { return };
    let frame = autogo::data::hardware_latencies(&data).unwrap();
    assert_eq!(frame.height(), 15_625);
    let first = frame.column("cifar10_edgegpu_latency").unwrap().f64().unwrap().get(0);
    assert_eq!(first, Some(5.8074)); // the file's first row
    // What could not be measured is missing, not -1.
    let tpu = frame.column("cifar10_edgetpu_latency").unwrap();
    assert!(tpu.null_count() > 0 && tpu.f64().unwrap().iter().flatten().all(|latency| latency >= 0.0));
    let error = autogo::data::hardware_latencies("/nowhere").unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/nasbench/nb201_hw.csv.gz: No such file"), "{error}");
}

#[test]
fn every_family_comes_back_from_onnx_and_json() {
    use autogo::families::FamilyName;
    use autogo::formats::onnx::{Pooling, Weights, export, import};
    for family in FamilyName::ALL {
        for index in 0..if family.size().is_none_or(|size| size > 2) { 25 } else { 1 } {
            let spec = family.sample(11, index);
            let graph = autogo::families::network(&spec).unwrap();
            let back = import(&export(&graph, Weights::None, Pooling::default()).unwrap()).unwrap();
            assert_eq!(back.content_id(), graph.content_id(), "{spec}");
            let json = autogo::formats::to_json(&graph);
            assert_eq!(autogo::formats::from_json(&json).unwrap().content_id(), graph.content_id(), "{spec}");
        }
    }
}

#[test]
fn labels_of_nas_bench_101_are_found_under_every_spelling() {
    let Some(data) = folder("AUTOGO_DATA") else { return };
    let table = LabelledFamily::nb101(&data).unwrap();
    let spelled = |spec: &str| table.value(spec.parse::<Nb101>().unwrap()).unwrap();
    assert_eq!(spelled("nb101:1111011111:200"), spelled("nb101:1111011111:020"));
    assert!((spelled("nb101:1111011111:200") - 92.4179).abs() < 1e-4);
    // Both tables stand in the order of the benchmark's hash: what the label must be is found by the hash alone.
    let hashes: Vec<String> = Nb101::all().iter().map(Nb101::module_hash).collect();
    let cells: Vec<Nb101> = (0..2000).map(|index| Nb101::sample(0, index)).collect();
    let truth: Vec<Option<f64>> = cells
        .iter()
        .map(|cell| table.value(table.arch(hashes.binary_search(&cell.module_hash()).unwrap()).unwrap()))
        .collect();
    assert_eq!(truth.iter().flatten().count(), 2000);
    assert_eq!(cells.iter().map(|cell| table.value(*cell)).collect::<Vec<_>>(), truth);
    let graphs: Vec<_> = cells.iter().map(|cell| cell.build().unwrap()).collect();
    assert_eq!(table.labels_of(&graphs).unwrap(), truth);
    // Graphs of one hash that split channels differently, and one that is no cell.
    let mut split = 0;
    for (cell, label) in cells.iter().zip(&truth).take(200) {
        let graphs: Vec<_> = cell.spellings().iter().map(|cell| cell.build().unwrap()).collect();
        let ids: HashSet<_> = graphs.iter().map(|graph| graph.content_id()).collect();
        split += usize::from(ids.len() > 1);
        assert!(table.labels_of(&graphs).unwrap().iter().all(|found| found == label), "{cell}");
    }
    assert!(split > 20, "{split}");
    assert_eq!(table.labels_of(&[autogo::families::network("resnet50").unwrap()]).unwrap(), [None]);
}

#[test]
fn the_benchmarks_parameters_stand_beside_ours() {
    let Some(data) = folder("AUTOGO_DATA") else { return };
    let frame = LabelledFamily::nb201(&data).unwrap().frame();
    let column = |name: &str| frame.column(name).unwrap().u64().unwrap().iter().flatten().collect::<Vec<u64>>();
    let (ours, published) = (column("params"), column("benchmark_params"));
    let text = std::fs::read_to_string(data.join("nasbench/nb201.csv")).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let at = header.iter().position(|name| *name == "params_m").unwrap();
    for (line, params) in lines.zip(&published) {
        assert_eq!(line[at], format!("{:.6}", *params as f64 / 1e6), "{}", line[1]);
    }
    let accuracy = frame.column("cifar10_test").unwrap().f64().unwrap();
    let best = (0..published.len()).max_by(|&a, &b| accuracy.get(a).partial_cmp(&accuracy.get(b)).unwrap()).unwrap();
    assert_eq!((published[best], ours[best]), (1_073_466, 1_038_394));
}

#[test]
fn no_half_of_a_split_holds_a_twin_of_the_other() {
    use autogo::graph::Zeros;
    let mut families = vec![LabelledFamily::nb201_computed(400).unwrap()];
    // Whatever is labelled on the spot can be drawn.
    assert_eq!(families[0].split(300, 100, 1).unwrap().test.len(), 100);
    if let Some(data) = folder("AUTOGO_DATA") {
        families.extend([LabelledFamily::nb201(&data).unwrap(), LabelledFamily::nb101(&data).unwrap()]);
    }
    for family in &families {
        for seed in 0..3 {
            let split = family.split(200, 100, seed).unwrap();
            let ids = |examples: &[Example]| -> HashSet<String> {
                let names = |example: &Example| {
                    [example.graph.content_id().to_string(), example.graph.formula_id(Zeros::Dropped).to_string()]
                };
                examples.iter().flat_map(names).collect()
            };
            assert!(ids(&split.train).is_disjoint(&ids(&split.test)), "{}", family.family());
        }
    }
    // Every network of NAS-Bench-201 that may be drawn: as many as there are formulas without `none`.
    if let Some(family) = families.get(1) {
        assert_eq!(family.split(2489, 276, 0).unwrap().test.len(), 276);
        assert!(family.split(2489, 277, 0).unwrap_err().to_string().contains("at most 2765 distinct ones"));
    }
}
