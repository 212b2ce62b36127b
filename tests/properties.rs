//! What holds for every valid graph.
#![allow(clippy::unwrap_used)]

use autogo::formats::onnx::{Pooling, Weights, export, import};
use autogo::formats::{from_json, to_json};
use autogo::graph::{Graph, GraphParts, Op};
use autogo::profile::{CycleCounter, Npu};
use autogo::release::CompGraph;
use autogo::segment::Linearizer;
use autogo::testing::{graphs, minings};
use proptest::prelude::*;

/// The same graph with its nodes renamed and in another execution order, drawn by `seed`.
fn shuffled(graph: &Graph, seed: u64) -> Graph {
    let mut placed: Vec<Option<usize>> = vec![None; graph.len()];
    let mut parts = GraphParts { name: "other".into(), nodes: Vec::new(), operands: Vec::new() };
    let mut state = seed;
    while parts.nodes.len() < graph.len() {
        let is_ready = |&node: &usize| {
            placed[node].is_none() && graph.operands(node).iter().all(|&operand| placed[operand].is_some())
        };
        let ready: Vec<usize> = (0..graph.len()).filter(is_ready).collect();
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let node = ready[(state >> 33) as usize % ready.len()];
        let mut copy = graph.node(node).clone();
        copy.name = format!("other{}", parts.nodes.len());
        let mut operands: Vec<usize> = graph.operands(node).iter().map(|&operand| placed[operand].unwrap()).collect();
        // A sum does not care who comes first.
        if matches!(copy.op, Op::Add | Op::Mul) && state & 1 == 0 {
            operands.reverse();
        }
        placed[node] = Some(parts.nodes.len());
        parts.nodes.push(copy);
        parts.operands.push(operands);
    }
    parts.build().unwrap()
}

/// The same machine with costs for the ops that have none on Ethos-U.
fn machine(npu: Npu) -> Npu {
    let costs = ["softmax", "logsoftmax", "lrn"].iter().fold(npu.costs, |costs, name| costs.with(name, 16.0));
    Npu { costs, ..npu }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_content_id_sees_neither_names_nor_order(graph in graphs(20), seed in any::<u64>()) {
        let other = shuffled(&graph, seed);
        prop_assert_eq!(other.content_id(), graph.content_id());
        prop_assert_eq!(other.cost(), graph.cost());
    }

    /// Small machines spill, so that all of a machine's rules are met.
    #[test]
    fn a_counter_that_remembers_counts_as_one_that_does_not(
        parent in graphs(20), child in graphs(20), kilobytes in 1u64..64, preset in 0usize..3,
    ) {
        let npu = Npu { sram_bytes: kilobytes << 10, ..machine(Npu::presets()[preset].clone()) };
        let counter = CycleCounter::new(npu.clone()).unwrap();
        for graph in [&parent, &child, &parent] {
            let profile = npu.profile(graph).unwrap();
            let cycles = counter.cycles(graph).unwrap();
            prop_assert_eq!(cycles, profile.cycles());
            prop_assert_eq!(cycles, npu.cycles(graph).unwrap());
            prop_assert!(profile.rows.iter().all(|row| (0.0..=1.0).contains(&row.utilisation)));
            let nodes: usize = profile.rows.iter().map(|row| row.nodes.len()).sum();
            let is_run = |op: &Op| !matches!(op, Op::Input(_) | Op::Output | Op::Identity | Op::Slice { .. });
            prop_assert_eq!(nodes, graph.nodes().filter(|node| is_run(&node.op)).count());
        }
    }

    #[test]
    fn more_memory_on_chip_moves_no_more_from_and_to_dram(graph in graphs(20)) {
        let dram = |kilobytes: u64| {
            Npu { sram_bytes: kilobytes << 10, ..machine(Npu::n256()) }.profile(&graph).unwrap().dram_bytes()
        };
        prop_assert!(dram(16 << 10) <= dram(4));
    }

    #[test]
    fn our_json_comes_back(graph in graphs(20)) {
        let back = from_json(&to_json(&graph)).unwrap();
        prop_assert_eq!(back.to_parts(), graph.to_parts());
    }

    #[test]
    fn onnx_comes_back(graph in graphs(20), seeded in any::<bool>()) {
        let weights = if seeded { Weights::Seeded(1) } else { Weights::None };
        let back = import(&export(&graph, weights, Pooling::default()).unwrap()).unwrap();
        let ops = |graph: &Graph| {
            let mut ops: Vec<String> = graph.nodes().map(|node| format!("{:?} {}", node.op, node.shape)).collect();
            ops.sort_unstable();
            ops
        };
        let (theirs, ours) = (ops(&back), ops(&graph));
        let differ: Vec<_> = theirs.iter().zip(&ours).filter(|(one, other)| one != other).collect();
        prop_assert_eq!(back.content_id(), graph.content_id(), "{:?}", differ);
        prop_assert_eq!(back.cost(), graph.cost());
    }

    #[test]
    fn the_releases_form_loses_no_multiply_add(graph in graphs(20)) {
        // Its own counter counts what its own form holds; a form that cannot be had is refused by name.
        if let Ok(form) = CompGraph::from_graph(&graph) {
            let back = form.to_graph();
            if let Ok(back) = back {
                let again = CompGraph::from_graph(&back.graph).unwrap();
                prop_assert_eq!(again.topological_order().len(), again.nodes.len());
            }
            prop_assert_eq!(form.topological_order().len(), form.nodes.len());
        }
    }

    #[test]
    fn the_topological_order_is_one(graph in graphs(30)) {
        let order = graph.topological_order();
        let mut place = vec![0; graph.len()];
        order.iter().enumerate().for_each(|(at, &node)| place[node] = at);
        for node in 0..graph.len() {
            prop_assert!(graph.operands(node).iter().all(|&operand| place[operand] < place[node]));
        }
        prop_assert_eq!(order.len(), graph.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_segments_of_any_graph_hold_each_node_once(
        graphs in proptest::collection::vec(graphs(16), 2..5),
        allowed in 0u32..60,
    ) {
        let seen = &graphs[..1];
        for mining in minings() {
            let segmenter = mining.segmenter(seen).unwrap();
            for graph in &graphs {
                let mut nodes = segmenter.groups_of(graph, |id| id < allowed).concat();
                prop_assert_eq!(&nodes, &mining.order.order(graph));
                nodes.sort_unstable();
                prop_assert_eq!(nodes, (0..graph.len()).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn random_graphs_hold_every_op_and_many_nodes() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut names = std::collections::BTreeSet::new();
    let mut nodes = 0;
    for _ in 0..500 {
        let graph = graphs(20).new_tree(&mut runner).unwrap().current();
        nodes += graph.len();
        names.extend(graph.nodes().map(|node| node.op.name()));
    }
    assert_eq!(names.len(), Op::NAMES.len() - 1, "{names:?}");
    assert!(nodes > 500 * 10, "{nodes} nodes");
}
