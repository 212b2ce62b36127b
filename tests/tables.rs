//! The published tables as a whole, where they are there, and the enumeration of NAS-Bench-101.
#![allow(clippy::unwrap_used, clippy::panic)]

use autogo::data::{Arch, LabelledFamily};
use autogo::families::{Family, Nb101};
use tests::folder;

#[test]
fn the_enumeration_is_the_published_table_row_by_row() {
    let all = Nb101::all();
    assert_eq!(all.len(), Nb101::COUNT);
    let Some(data) = folder("AUTOGO_DATA") else { return };
    let table = LabelledFamily::nb101(&data).unwrap();
    let params = table.frame().column("params").unwrap().u64().unwrap().clone();
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
            let graph = autogo::families::graph(&spec).unwrap();
            let back = import(&export(&graph, Weights::None, Pooling::default()).unwrap()).unwrap();
            assert_eq!(back.content_id(), graph.content_id(), "{spec}");
            let json = autogo::formats::to_json(&graph);
            assert_eq!(autogo::formats::from_json(&json).unwrap().content_id(), graph.content_id(), "{spec}");
        }
    }
}
