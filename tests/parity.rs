//! Our tokens and cycles against those of the release and of SCALE-Sim. Without `AUTOGO_GOLDEN` nothing is
//! compared. What `autogo parity` compares is tested with the command line.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use autogo::families::{Family, Nb201};
use autogo::profile::{Gemm, Npu};
use autogo::segment::Mining;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use tests::folder;

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The release writes a line as one character for each node; its table turns them back into tokens.
#[test]
fn nb201_tokens_and_order_equal_the_originals() {
    let Some(golden) = folder("AUTOGO_GOLDEN") else { return };
    let vocabulary = json(&golden.join("original/encoder_vocab.json"));
    let token_of: HashMap<char, String> = vocabulary["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["char"].as_str().unwrap().chars().next().unwrap(), row["token"].as_str().unwrap().to_string()))
        .collect();
    let nets = json(&golden.join("original/families/nb201.json"));
    let mut compared = 0;
    for net in nets.as_array().unwrap() {
        let spec: Vec<&str> = net["ops"].as_array().unwrap().iter().map(|op| op.as_str().unwrap()).collect();
        let arch: Nb201 = spec.join(",").parse().unwrap();
        let has_unseen = net["oov_tokens"].as_array().is_some_and(|tokens| !tokens.is_empty());
        if net["identity_kept"] == true || !arch.has_no_none() || has_unseen {
            continue;
        }
        compared += 1;
        let golden: Vec<String> =
            net["encoded"].as_str().unwrap().chars().map(|character| token_of[&character].clone()).collect();
        let graph = arch.build().unwrap();
        let ours = Mining::default().tokens(&graph);
        assert_eq!(ours, golden, "{arch}");
    }
    println!("{compared} lines compared");
    assert!(compared > 3);
}

#[test]
fn compute_cycles_equal_scale_sim_s() {
    let Some(golden) = folder("AUTOGO_GOLDEN") else { return };
    let text = std::fs::read_to_string(golden.join("npu/scalesim_v3_0_0_compute_real.csv")).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|other| *other == name).unwrap();
    let mut compared = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |name: &str| cells[column(name)].parse::<u64>().unwrap();
        if cells[column("dataflow")] != "ws" || cells[column("kind")] != "conv" {
            continue;
        }
        compared += 1;
        let stride = number("stride");
        let pixels = |size: u64, kernel: u64| (size - kernel + stride).div_ceil(stride);
        let gemm = Gemm {
            pixels: pixels(number("H"), number("R")) * pixels(number("W"), number("S")),
            window: number("R") * number("S") * number("C"),
            filters: number("M"),
            repeats: 1,
        };
        let npu = Npu::new("golden", number("rows") as u32, number("cols") as u32, 1.0).unwrap();
        assert_eq!(npu.cycles_of(&gemm), number("total_cycles"), "{line}");
    }
    println!("{compared} layers compared");
    assert!(compared > 10);
}
