//! Blocks of a graph, read from the scopes in its nodes' names.
//!
//! Consecutive nodes whose names begin with the same scope are a block: of `cell_0_1/nor_conv_3x3_2/relu` the block
//! `cell_0_1`, and in it the block `nor_conv_3x3_2`. Names without scopes make one plain sequence.

use crate::graph::Graph;
use std::collections::HashSet;
use std::ops::Range;

/// Scopes inside of each other; what is deeper belongs to the name.
const DEPTH: usize = 6;
/// A block that reads more tensors, or makes more that others read, is no block.
const TENSORS: usize = 3;

/// A part of a block.
pub(super) enum Item {
    /// Node of the graph.
    Node(usize),
    /// Block, by its number.
    Block(usize),
}

/// Consecutive nodes that become one module.
pub(super) struct Block {
    /// Its name inside the block around it.
    pub name: String,
    /// The kind of the block, by its name: the innermost scope.
    pub kind: String,
    /// The scopes that its nodes' names begin with and that are left out inside of it.
    pub depth: usize,
    /// Whether it is the whole network.
    pub is_network: bool,
    /// Its nodes.
    pub nodes: Range<usize>,
    /// Its parts, in execution order.
    pub items: Vec<Item>,
    /// Blocks inside of each other, itself left out.
    pub height: usize,
}

/// All blocks of a graph; those inside of a block stand before it, and the last one is the whole network without its
/// input and its output. O(nodes + edges).
pub(super) fn blocks(graph: &Graph) -> Vec<Block> {
    let scopes = (0..graph.len()).map(|node| scopes(&graph.node(node).name)).collect();
    let mut grouping = Grouping { graph, scopes, blocks: Vec::new() };
    let nodes = 1..graph.len() - 1;
    let items = grouping.items(nodes.clone(), 0);
    let height = grouping.height(&items);
    let root = Block { name: String::new(), kind: String::new(), depth: 0, is_network: true, nodes, items, height };
    grouping.blocks.push(root);
    grouping.blocks
}

/// The scopes and the last part of a node's name.
pub(super) fn scopes(name: &str) -> Vec<&str> {
    name.split('/').filter(|part| !part.is_empty()).collect()
}

/// The tensors from outside that a block reads, in the order of their first use.
pub(super) fn reads(graph: &Graph, nodes: &Range<usize>) -> Vec<usize> {
    let mut seen = HashSet::new();
    let operands = nodes.clone().flat_map(|node| graph.operands(node).iter().copied());
    operands.filter(|operand| !nodes.contains(operand) && seen.insert(*operand)).collect()
}

/// The nodes of a block that others read.
pub(super) fn makes(graph: &Graph, nodes: &Range<usize>) -> Vec<usize> {
    let is_read = |node: &usize| graph.readers(*node).iter().any(|reader| !nodes.contains(reader));
    nodes.clone().filter(is_read).collect()
}

struct Grouping<'a> {
    graph: &'a Graph,
    scopes: Vec<Vec<&'a str>>,
    blocks: Vec<Block>,
}

impl Grouping<'_> {
    /// The scope of a node at this depth, if it has one.
    fn scope(&self, node: usize, depth: usize) -> Option<&str> {
        let scopes = &self.scopes[node];
        (depth < DEPTH && depth + 1 < scopes.len()).then(|| scopes[depth])
    }

    fn items(&mut self, nodes: Range<usize>, depth: usize) -> Vec<Item> {
        let (mut items, mut at) = (Vec::new(), nodes.start);
        while at < nodes.end {
            let mut end = at + 1;
            if let Some(scope) = self.scope(at, depth) {
                while end < nodes.end && self.scope(end, depth) == Some(scope) {
                    end += 1;
                }
            }
            if end == at + 1 {
                items.push(Item::Node(at));
            } else {
                items.extend(self.block(at..end, depth));
            }
            at = end;
        }
        items
    }

    /// One block, or its parts where it would have too many inputs or outputs.
    fn block(&mut self, nodes: Range<usize>, depth: usize) -> Vec<Item> {
        let items = self.items(nodes.clone(), depth + 1);
        let name = self.scopes[nodes.start][depth].to_string();
        // A block around one block is that block.
        if let [Item::Block(only)] = items[..]
            && self.blocks[only].nodes == nodes
        {
            self.blocks[only].name = name;
            return items;
        }
        if reads(self.graph, &nodes).len() > TENSORS || makes(self.graph, &nodes).len() > TENSORS {
            return items;
        }
        let height = self.height(&items);
        self.blocks.push(Block { kind: name.clone(), name, depth: depth + 1, is_network: false, nodes, items, height });
        vec![Item::Block(self.blocks.len() - 1)]
    }

    fn height(&self, items: &[Item]) -> usize {
        let inside = items.iter().filter_map(|item| match item {
            Item::Node(_) => None,
            Item::Block(block) => Some(self.blocks[*block].height + 1),
        });
        inside.max().unwrap_or(0)
    }
}
