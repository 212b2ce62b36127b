//! The release's topological order and its tokens.

use super::comp_graph::{CompGraph, CompNode};
use std::collections::VecDeque;

impl CompGraph {
    /// The first-in-first-out topological order by which tokens are written ([release §3.3](crate::doc::release#s3-3)).
    /// Nodes on a cycle, and nodes behind a cycle, are left out. O(nodes + edges).
    pub fn topological_order(&self) -> Vec<usize> {
        let mut readers = vec![Vec::new(); self.nodes.len()];
        let mut waiting = vec![0usize; self.nodes.len()];
        for (from, to) in self.real_edges() {
            readers[from].push(to);
            waiting[to] += 1;
        }
        let mut queue: VecDeque<usize> = (0..self.nodes.len()).filter(|&node| waiting[node] == 0).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(node) = queue.pop_front() {
            order.push(node);
            for &reader in &readers[node] {
                waiting[reader] -= 1;
                if waiting[reader] == 0 {
                    queue.push_back(reader);
                }
            }
        }
        order
    }

    /// The tokens of the nodes in topological order, with that order ([release §3.1](crate::doc::release#s3-1)). The
    /// release's own tokens: of a [`Graph`](crate::graph::Graph) with cut channels or zeros they are not those of
    /// [`crate::segment::TokenForm`].
    pub fn tokens(&self) -> (Vec<usize>, Vec<String>) {
        let names: Vec<&str> = self.nodes.iter().map(CompNode::op_name).collect();
        let mut around = vec![(String::new(), String::new()); self.nodes.len()];
        for (from, to) in self.real_edges() {
            // Sorted by source, then target: both lists come out in node order.
            around[to].0.extend([names[from], ","]);
            around[from].1.extend([names[to], ","]);
        }
        let order = self.topological_order();
        let token = |&node: &usize| {
            let kernel = self.nodes[node].kernel.map_or(String::new(), |(_, width)| format!(",{width}"));
            let (before, behind) = &around[node];
            format!("{}{kernel},in,{before},out,{behind}", names[node])
        };
        let tokens = order.iter().map(token).collect();
        (order, tokens)
    }
}
