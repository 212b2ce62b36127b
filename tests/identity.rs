//! Which networks are the same: enumerations of whole benchmarks, and rewrites that change nothing.
#![allow(clippy::unwrap_used)]

use autogo::families::{CellOp, Family, Nb101, Nb201};
use autogo::formats::onnx::{Pooling, Weights, export, import};
use autogo::graph::{ContentId, Graph, GraphParts, Node, Op, Zeros};
use autogo::testing::graphs;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is written down of a cell of NAS-Bench-201.
#[derive(Clone, Copy, PartialEq)]
enum Written {
    /// Terms, with a mark on those whose weights are read twice.
    Network,
    /// Terms alone.
    Formula,
    /// Terms that are not zero.
    Rest,
}

/// The sum that a cell of NAS-Bench-201 computes, term by term: an enumeration that knows no graph.
fn cell(arch: &Nb201, written: Written) -> String {
    type Sum = BTreeMap<String, usize>;
    let spell = |sum: &Sum| sum.iter().map(|(term, count)| format!("{count}{term}")).collect::<Vec<_>>().join("+");
    let mut nodes = [Sum::from([("x".to_string(), 1)]), Sum::new(), Sum::new(), Sum::new()];
    for (edge, (from, to)) in [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)].into_iter().enumerate() {
        let op = arch.ops[edge];
        let added = match op {
            CellOp::SkipConnect => nodes[from].clone(),
            CellOp::None if written == Written::Rest => Sum::new(),
            CellOp::None | CellOp::Conv1x1 | CellOp::Conv3x3 | CellOp::AvgPool3x3 => {
                // Two edges read the second node; no other node of a cell is read twice.
                let is_shared = edge == 0 && op != CellOp::None && written == Written::Network;
                let mark = if is_shared { "'" } else { "" };
                Sum::from([(format!("{}{mark}({})", op.name(), spell(&nodes[from])), 1)])
            }
        };
        added.into_iter().for_each(|(term, count)| *nodes[to].entry(term).or_default() += count);
    }
    spell(&nodes[3])
}

/// Demands that two namings draw the same lines; returns how many names there are.
fn agree(pairs: impl Iterator<Item = (String, String)>) -> usize {
    let (mut to, mut back) = (HashMap::new(), HashMap::new());
    for (a, b) in pairs {
        assert_eq!(to.entry(a.clone()).or_insert_with(|| b.clone()), &b, "{a} has two names");
        assert_eq!(back.entry(b.clone()).or_insert_with(|| a.clone()), &a, "{b} has two names");
    }
    to.len()
}

#[test]
fn nas_bench_201_has_11_410_formulas_and_11_755_networks() {
    let all: Vec<(Nb201, Graph)> = Nb201::all().into_iter().map(|arch| (arch, arch.build().unwrap())).collect();
    let without_none = || all.iter().filter(|(arch, _)| arch.has_no_none());
    let formula =
        |(arch, graph): &(Nb201, Graph)| (cell(arch, Written::Formula), graph.formula_id(Zeros::Kept).to_string());
    assert_eq!(agree(all.iter().map(formula)), 11_410);
    assert_eq!(agree(without_none().map(formula)), 2_765);
    assert_eq!(Nb201::FORMULAS_WITHOUT_NONE, 2_765);
    let rest =
        |(arch, graph): &(Nb201, Graph)| (cell(arch, Written::Rest), graph.formula_id(Zeros::Dropped).to_string());
    assert_eq!(agree(all.iter().map(rest)), 6_100);
    assert_eq!(agree(without_none().map(rest)), 2_765);
    let network = |(arch, graph): &(Nb201, Graph)| (cell(arch, Written::Network), graph.content_id().to_string());
    assert_eq!(agree(all.iter().map(network)), 11_755);
    assert_eq!(agree(without_none().map(network)), 2_939);
    // What the benchmark counts is the same within a content id, and is not within a formula.
    let published = |name: &dyn Fn(&Graph) -> String| {
        let mut params: HashMap<String, HashSet<u64>> = HashMap::new();
        for (arch, graph) in &all {
            params.entry(name(graph)).or_default().insert(arch.benchmark_params());
        }
        params.into_values().filter(|params| params.len() > 1).count()
    };
    assert_eq!(published(&|graph| graph.content_id().to_string()), 0);
    assert_eq!(published(&|graph| graph.formula_id(Zeros::Kept).to_string()), 225);
}

#[test]
fn two_nestings_of_one_sum_have_one_content_id_also_from_onnx() {
    let specs = [
        "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_1x1~2|",
        "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|nor_conv_1x1~2|",
    ];
    let graphs = specs.map(|spec| spec.parse::<Nb201>().unwrap().build().unwrap());
    assert_eq!(graphs[0].content_id(), graphs[1].content_id());
    let back = graphs
        .each_ref()
        .map(|graph| import(&export(graph, Weights::None, Pooling::default()).unwrap()).unwrap().content_id());
    assert_eq!(back, [graphs[0].content_id(); 2]);
}

#[test]
fn cells_of_nas_bench_101_with_one_content_id_have_one_module_hash() {
    // The enumeration holds each module hash once, so no two of its cells may meet.
    let cells = Nb101::all();
    let ids = |cells: &[Nb101]| cells.iter().map(|cell| cell.build().unwrap().content_id()).collect::<Vec<_>>();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let ids: Vec<ContentId> = std::thread::scope(|scope| {
        let parts: Vec<_> =
            cells.chunks(cells.len().div_ceil(threads)).map(|part| scope.spawn(move || ids(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let mut known = HashMap::new();
    for (id, cell) in ids.into_iter().zip(cells) {
        if let Some(other) = known.insert(id, cell) {
            assert_eq!(other.module_hash(), cell.module_hash(), "{other} {cell}");
        }
    }
    assert_eq!(known.len(), Nb101::COUNT);
}

/// A source of draws.
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// The graph written down in another way: sums and products nested anew, identities in between, zeros made more than
/// once.
fn rewritten(graph: &Graph, draws: &mut Draws) -> Graph {
    let mut parts = GraphParts { name: "rewritten".into(), nodes: Vec::new(), operands: Vec::new() };
    let mut place: Vec<usize> = Vec::new();
    for at in 0..graph.len() {
        let node = graph.node(at);
        let mut operands = terms(graph, at, node.op, draws);
        if matches!(node.op, Op::Add | Op::Mul) {
            operands.reverse();
        }
        let mut operands: Vec<usize> = operands.into_iter().map(|operand| place[operand]).collect();
        for operand in &mut operands {
            let source = parts.nodes[*operand].clone();
            if draws.below(4) == 0 {
                *operand = push(&mut parts, Node { op: Op::Identity, ..source }, vec![*operand]);
            } else if source.op == Op::Zero && draws.below(2) == 0 {
                let read = parts.operands[*operand].clone();
                *operand = push(&mut parts, source, read);
            }
        }
        // Pairs of a longer sum, drawn, are sums of their own.
        while matches!(node.op, Op::Add | Op::Mul) && operands.len() > 2 && draws.below(3) > 0 {
            let pair = [0, 1].map(|_| operands.swap_remove(draws.below(operands.len())));
            // A pair of vectors of a sum of pictures is a vector.
            let shape = node.op.infer(&pair.map(|operand| parts.nodes[operand].shape)).unwrap();
            operands.push(push(&mut parts, Node { shape, ..node.clone() }, pair.to_vec()));
        }
        place.push(push(&mut parts, node.clone(), operands));
    }
    alive(&parts).build().unwrap()
}

fn push(parts: &mut GraphParts, node: Node, operands: Vec<usize>) -> usize {
    parts.nodes.push(node);
    parts.operands.push(operands);
    parts.nodes.len() - 1
}

/// The operands of a node; inner sums of a sum are spelled out where a draw says so.
fn terms(graph: &Graph, at: usize, op: Op, draws: &mut Draws) -> Vec<usize> {
    let mut all = Vec::new();
    for &operand in graph.operands(at) {
        if matches!(op, Op::Add | Op::Mul) && graph.node(operand).op == op && draws.below(2) == 0 {
            all.extend(terms(graph, operand, op, draws));
        } else {
            all.push(operand);
        }
    }
    all
}

/// The nodes that the output needs.
fn alive(parts: &GraphParts) -> GraphParts {
    let mut is_needed = vec![false; parts.nodes.len()];
    is_needed[parts.nodes.len() - 1] = true;
    for at in (0..parts.nodes.len()).rev() {
        if is_needed[at] {
            parts.operands[at].iter().for_each(|&operand| is_needed[operand] = true);
        }
    }
    let mut place = vec![0; parts.nodes.len()];
    let mut kept = GraphParts { name: parts.name.clone(), nodes: Vec::new(), operands: Vec::new() };
    for at in (0..parts.nodes.len()).filter(|&at| is_needed[at]) {
        let operands = parts.operands[at].iter().map(|&operand| place[operand]).collect();
        place[at] = push(&mut kept, parts.nodes[at].clone(), operands);
    }
    kept
}

/// The graph with its first weighted node that is read by several others made twice, once for each half of them.
fn split_weights(graph: &Graph) -> Option<Graph> {
    let at = (0..graph.len()).find(|&at| graph.node(at).op.is_weighted() && graph.readers(at).len() > 1)?;
    let mut parts = graph.to_parts();
    let last_reader = *graph.readers(at).last()?;
    let node = Node { name: "copy".into(), ..parts.nodes[at].clone() };
    let shifted = |operand: usize| if operand > at { operand + 1 } else { operand };
    parts.operands.iter_mut().flatten().for_each(|operand| *operand = shifted(*operand));
    parts.operands[last_reader].iter_mut().filter(|operand| **operand == at).for_each(|operand| *operand = at + 1);
    let read = parts.operands[at].clone();
    parts.nodes.insert(at + 1, node);
    parts.operands.insert(at + 1, read);
    Some(parts.build().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn rewrites_that_change_no_value_change_no_id(graph in graphs(24), seed in any::<u64>()) {
        let mut draws = Draws(seed);
        let other = rewritten(&graph, &mut draws);
        prop_assert_eq!(other.content_id(), graph.content_id());
        for zeros in [Zeros::Kept, Zeros::Dropped] {
            prop_assert_eq!(other.formula_id(zeros), graph.formula_id(zeros));
        }
        let mut classes = tests::exact::Classes::default();
        prop_assert_eq!(classes.of(&other), classes.of(&graph));
    }

    #[test]
    fn two_sets_of_weights_are_another_network_of_the_same_formula(graph in graphs(24)) {
        if let Some(other) = split_weights(&graph) {
            prop_assert_ne!(other.content_id(), graph.content_id());
            prop_assert_eq!(other.formula_id(Zeros::Kept), graph.formula_id(Zeros::Kept));
        }
    }
}

/// x + x, added to itself `times` times in all.
fn doubled(times: usize, more: Option<Op>) -> Graph {
    use autogo::graph::{GraphBuilder, Shape};
    let mut build = GraphBuilder::new("doubled");
    let mut at = build.add("x", Op::Input(Shape::new(2, 2, 1)), &[]).unwrap();
    for step in 0..times {
        at = build.add(&format!("sum{step}"), Op::Add, &[at, at]).unwrap();
    }
    if let Some(op) = more {
        let zero = build.add("zero", op, &[0]).unwrap();
        at = build.add("more", Op::Add, &[at, zero]).unwrap();
    }
    build.add("out", Op::Output, &[at]).unwrap();
    build.finish().unwrap()
}

#[test]
fn doublings_are_counted_and_zeros_count_in_the_content_id_alone() {
    let ids: HashSet<_> = (0..300).map(|times| doubled(times, None).content_id()).collect();
    assert_eq!(ids.len(), 300);
    let (plain, zero) = (doubled(1, None), doubled(1, Some(Op::Zero)));
    assert_ne!(plain.content_id(), zero.content_id());
    assert_ne!(plain.formula_id(Zeros::Kept), zero.formula_id(Zeros::Kept));
    assert_eq!(plain.formula_id(Zeros::Dropped), zero.formula_id(Zeros::Dropped));
    assert_ne!(plain.formula_id(Zeros::Dropped), doubled(2, None).formula_id(Zeros::Dropped));
}
