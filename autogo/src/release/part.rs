//! Parts of a network in the release's form.

use super::CompGraph;
use std::collections::BTreeSet;

impl CompGraph {
    /// The subgraph of some nodes, in the form in which the release turns a part into a network
    /// ([release §4.1](crate::doc::release#s4-1)): edges from and to other nodes are lost, and a sum, product or concat
    /// with exactly one operand left is taken out. Returns the subgraph, and for each of its nodes the index in this
    /// graph, ascending. O(nodes + edges · log edges).
    pub fn part(&self, nodes: &[usize]) -> (CompGraph, Vec<usize>) {
        let mut kept: BTreeSet<usize> = nodes.iter().copied().filter(|&node| node < self.nodes.len()).collect();
        let mut operands: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.nodes.len()];
        let mut readers = operands.clone();
        for &(from, to) in self.edges.iter().filter(|(from, to)| kept.contains(from) && kept.contains(to)) {
            operands[to].insert(from);
            readers[from].insert(to);
        }
        let joins = |node: usize| {
            let label = self.nodes[node].label.as_str();
            self.nodes[node].kernel.is_none()
                && ["add", "cat", "concat", "mul"].iter().any(|name| label.starts_with(name))
        };
        for node in kept.clone().into_iter().filter(|&node| joins(node)) {
            if let (Some(&only), 1) = (operands[node].first(), operands[node].len()) {
                for reader in std::mem::take(&mut readers[node]) {
                    operands[reader].remove(&node);
                    operands[reader].insert(only);
                    readers[only].insert(reader);
                }
                readers[only].remove(&node);
                kept.remove(&node);
            }
        }
        let numbers: Vec<usize> = kept.into_iter().collect();
        let place = |node: &usize| numbers.binary_search(node).ok();
        let mut edges: Vec<(usize, usize)> = Vec::new();
        for (at, &node) in numbers.iter().enumerate() {
            edges.extend(operands[node].iter().filter_map(place).map(|from| (from, at)));
        }
        edges.sort_unstable();
        let part = CompGraph {
            name: self.name.clone(),
            limits: self.limits,
            weighted: numbers.iter().filter(|&&node| self.nodes[node].kernel.is_some()).count(),
            nodes: numbers.iter().map(|&node| self.nodes[node].clone()).collect(),
            edges,
        };
        (part, numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_loses_an_operand_is_taken_out() {
        let graph =
            crate::families::network("nb201:nor_conv_1x1,nor_conv_3x3,skip_connect,avg_pool_3x3,none,none").unwrap();
        let form = CompGraph::from_graph(&graph).unwrap();
        let all: Vec<usize> = (0..form.nodes.len()).collect();
        assert_eq!(form.part(&all).0.edges, form.edges);
        let order = form.topological_order();
        let is_sum = |node: &usize| form.nodes[*node].label.starts_with("add");
        let sum = order.iter().position(is_sum).unwrap();
        let (part, numbers) = form.part(&order[sum - 1..]);
        assert!(!numbers.contains(&order[sum]) || form.operands()[order[sum]].iter().all(|at| numbers.contains(at)));
        assert!(part.nodes.len() < form.nodes.len());
    }
}
