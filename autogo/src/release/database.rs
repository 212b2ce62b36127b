//! The release's segment database, by its own rule ([release §3.5](crate::doc::release#s3-5)).

use super::comp_graph::CompGraph;
use crate::graph::Shape;
use crate::segment::{Symbol, UnknownTokens, Vocabulary};
use petgraph::algo::is_isomorphic_matching;
use petgraph::graph::DiGraph;
use std::collections::HashMap;

/// A row of the release's database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseRow {
    /// The tokens of its nodes, in topological order.
    pub tokens: Vec<String>,
    /// The shapes that the nodes without a predecessor inside read and make, sorted: the release's order is that of a
    /// Python set.
    pub inputs: Vec<(Shape, Shape)>,
    /// The shapes that the nodes without a successor inside read and make, sorted.
    pub outputs: Vec<(Shape, Shape)>,
    /// Place of the graph it comes from.
    pub graph: usize,
    /// Its nodes in that graph, ascending.
    pub nodes: Vec<usize>,
}

/// Mines graphs as the original does: pieces of the whole vocabulary with unknown neighbours fused, induced subgraphs,
/// grouped by their tokens; a subgraph is kept unless it is isomorphic, by op names and resolutions, to one that is
/// kept. Kernels, strides and biases are not compared, and edges into the middle of a piece are lost;
/// [`crate::segment::SegmentDb`] does neither.
///
/// Rows stand in the order in which their tokens were first found. O(pieces · rows of the same tokens).
pub fn release_database(graphs: &[CompGraph], vocabulary: &Vocabulary) -> Vec<ReleaseRow> {
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    let mut groups: Vec<Vec<(ReleaseRow, Part)>> = Vec::new();
    for (number, graph) in graphs.iter().enumerate() {
        let (order, tokens) = graph.tokens();
        let line: Vec<Symbol> = tokens.iter().map(|token| vocabulary.alphabet().symbol(token)).collect();
        let mut at = 0;
        for piece in UnknownTokens::Fused.apply(vocabulary.encode(&line, |_| true)) {
            let (nodes, tokens) = (&order[at..at + piece.len], &tokens[at..at + piece.len]);
            at += piece.len;
            let (row, part) = cut(graph, number, nodes, tokens);
            let group = *places.entry(row.tokens.clone()).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            if !groups[group].iter().any(|(_, other)| is_same(&part, other)) {
                groups[group].push((row, part));
            }
        }
    }
    groups.into_iter().flatten().map(|(row, _)| row).collect()
}

/// An induced subgraph: op name and shapes of every node.
type Part = DiGraph<(String, (Shape, Shape)), ()>;

fn is_same(a: &Part, b: &Part) -> bool {
    is_isomorphic_matching(a, b, |x, y| x == y, |(), ()| true)
}

fn cut(graph: &CompGraph, number: usize, nodes: &[usize], tokens: &[String]) -> (ReleaseRow, Part) {
    let mut part = Part::new();
    let made: HashMap<usize, _> = nodes
        .iter()
        .map(|&at| {
            let node = &graph.nodes[at];
            (at, part.add_node((node.op_name().to_string(), (node.input, node.output))))
        })
        .collect();
    for (from, to) in &graph.edges {
        if let (Some(&from), Some(&to)) = (made.get(from), made.get(to)) {
            part.add_edge(from, to, ());
        }
    }
    let ends = |direction: petgraph::Direction| -> Vec<(Shape, Shape)> {
        let mut ends: Vec<(Shape, Shape)> = part.externals(direction).map(|node| part[node].1).collect();
        ends.sort_unstable();
        ends
    };
    let mut sorted = nodes.to_vec();
    sorted.sort_unstable();
    let row = ReleaseRow {
        tokens: tokens.to_vec(),
        inputs: ends(petgraph::Direction::Incoming),
        outputs: ends(petgraph::Direction::Outgoing),
        graph: number,
        nodes: sorted,
    };
    (row, part)
}
