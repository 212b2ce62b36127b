//! The linear order in which a graph's nodes become a line of tokens.

use super::Graph;
use std::collections::VecDeque;

impl Graph {
    /// The release's node numbering: weighted nodes first, then the others, each in execution order
    /// ([release §1.1](crate::doc::release#s1-1)). Returns the number of every node, by the node's index. O(nodes).
    pub fn original_numbering(&self) -> Vec<usize> {
        let weighted = self.nodes().filter(|node| node.op.is_weighted()).count();
        let (mut next_weighted, mut next_other) = (0, weighted);
        self.nodes()
            .map(|node| {
                let next = if node.op.is_weighted() { &mut next_weighted } else { &mut next_other };
                *next += 1;
                *next - 1
            })
            .collect()
    }

    /// Kahn's topological order with a first-in-first-out queue; the readers of a node enter the queue by ascending
    /// [`Graph::original_numbering`] ([release §3.3](crate::doc::release#s3-3)). Returns the nodes' indices in this
    /// order. O(nodes + edges · log degree).
    ///
    /// ```
    /// use autogo::families::{Family, Nb201};
    /// let graph = "nb201:none,none,none,skip_connect,none,none".parse::<Nb201>()?.build()?;
    /// let order = graph.topological_order();
    /// assert_eq!(order.len(), graph.len());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn topological_order(&self) -> Vec<usize> {
        self.kahn(|queue, freed| queue.extend(freed))
    }

    /// Kahn's order: the node at the front of a queue comes next, and the nodes of which this node was the last missing
    /// operand are free then. `enter` puts the free nodes, which it gets by ascending [`Graph::original_numbering`],
    /// into the queue.
    pub(crate) fn kahn(&self, enter: impl Fn(&mut VecDeque<usize>, Vec<usize>)) -> Vec<usize> {
        let number = self.original_numbering();
        let mut waiting: Vec<usize> = (0..self.len()).map(|index| self.distinct_operands(index).len()).collect();
        let mut queue: VecDeque<usize> = (0..self.len()).filter(|&index| waiting[index] == 0).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(index) = queue.pop_front() {
            order.push(index);
            let mut freed = Vec::new();
            for &reader in self.readers(index) {
                waiting[reader] -= 1;
                if waiting[reader] == 0 {
                    freed.push(reader);
                }
            }
            freed.sort_unstable_by_key(|&reader| number[reader]);
            enter(&mut queue, freed);
        }
        order
    }

    /// The indices of the distinct operands of node `index`, ascending. O(operands · log operands).
    pub fn distinct_operands(&self, index: usize) -> Vec<usize> {
        let mut operands = self.operands(index).to_vec();
        operands.sort_unstable();
        operands.dedup();
        operands
    }
}
