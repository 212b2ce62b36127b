//! Our numbers against those of the original release and of SCALE-Sim. Without `AUTOGO_GOLDEN` nothing is compared.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use autogo::families::{CellOp, Family, Nb201};
use autogo::graph::{Graph, Op, Padding, Pool};
use autogo::profile::{Gemm, Npu};
use autogo::segment::tokens;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use tests::folder;

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What the original stores of a node: op, resolution, weight shape, strides, padding.
type OriginalNode = (String, Vec<u64>, Option<Vec<u64>>, Option<Vec<u64>>, Option<String>);

fn original_node(graph: &Graph, index: usize) -> OriginalNode {
    let node = graph.node(index);
    let input = graph.operands(index).first().map_or(node.shape, |&operand| graph.node(operand).shape);
    let out = node.shape;
    let resolution = [input.h, out.h, input.w, out.w, input.c, out.c].map(u64::from).to_vec();
    let op = match node.op {
        Op::Conv(_) => "conv",
        Op::BatchNorm => "batchnorm",
        Op::Pool(Pool::Avg, _) => "avgpool",
        ref other => other.name(),
    };
    let shape = match node.op {
        Op::Conv(conv) => Some([input.c, out.c, conv.window.kernel.0, conv.window.kernel.1].map(u64::from).to_vec()),
        Op::Dense { features } => Some(vec![u64::from(input.c), u64::from(features), 0, 0]),
        _ => None,
    };
    let window = node.op.window();
    let strides = window.map(|window| vec![1, u64::from(window.stride.0), u64::from(window.stride.1), 1]);
    let padding = window.map(|window| match window.padding {
        Padding::Same => "same".to_string(),
        Padding::Valid => "valid".to_string(),
    });
    (op.into(), resolution, shape, strides, padding)
}

fn numbers(value: &Value) -> Option<Vec<u64>> {
    value.as_array().map(|list| list.iter().map(|number| number.as_f64().unwrap() as u64).collect())
}

#[test]
fn nb201_nets_equal_the_originals_node_by_node() {
    let Some(golden) = folder("AUTOGO_GOLDEN") else { return };
    let nets = json(&golden.join("original/families/nb201.json"));
    let mut compared = 0;
    for net in nets.as_array().unwrap() {
        let ops: Vec<CellOp> = net["ops"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| CellOp::ALL.into_iter().find(|op| op.name() == name.as_str().unwrap()).unwrap())
            .collect();
        let arch = Nb201 { ops: ops.try_into().unwrap() };
        let graph = arch.build().unwrap();
        let flops = net["flops_m"].as_f64().unwrap() * 1e6;
        // The original cannot tell `none` from a pass-through, and counts an add of one operand less for it.
        if arch.has_no_none() {
            assert!((graph.cost().flops_original as f64 - flops).abs() < 0.5, "{arch}");
        }
        if net["identity_kept"] == true || !arch.has_no_none() {
            continue;
        }
        compared += 1;
        let nodes = net["cg"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), graph.len(), "{arch}");
        let number = graph.original_numbering();
        for index in 0..graph.len() {
            let golden = &nodes[number[index]];
            let (op, resolution, shape, strides, padding) = original_node(&graph, index);
            let name = &graph.node(index).name;
            assert_eq!(golden["op_type"], op, "{arch} {name}");
            assert_eq!(numbers(&golden["resolution"]), Some(resolution), "{arch} {name}");
            assert_eq!(numbers(&golden["shape"]), shape, "{arch} {name}");
            assert_eq!(numbers(&golden["strides"]), strides, "{arch} {name}");
            assert_eq!(golden["metadata"]["padding"].as_str().map(String::from), padding, "{arch} {name}");
        }
        let edges: BTreeSet<(usize, usize)> = (0..graph.len())
            .flat_map(|index| graph.operands(index).iter().map(move |&operand| (operand, index)))
            .map(|(from, to)| (number[from], number[to]))
            .collect();
        let golden_edges: BTreeSet<(usize, usize)> = net["cg"]["edges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| (edge[0].as_u64().unwrap() as usize, edge[1].as_u64().unwrap() as usize))
            .collect();
        assert_eq!(edges, golden_edges, "{arch}");
    }
    println!("{compared} nets compared");
    assert!(compared > 5);
}

/// The original writes a line as one character for each node; its table turns them back into tokens.
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
        assert_eq!(tokens(&arch.build().unwrap()).1, golden, "{arch}");
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
