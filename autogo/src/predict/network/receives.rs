//! The nodes from which a node receives rows.

use serde::{Deserialize, Serialize};

/// The nodes from which a node receives a row in every round of message passing.
///
/// ```
/// use autogo::predict::{Architecture, Receives};
/// let undirected = Architecture { receives: Receives::Neighbours, ..Architecture::default() };
/// assert_eq!(Architecture::default().receives, Receives::Operands);
/// # assert_ne!(undirected, Architecture::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receives {
    /// Its operands: rows go the way of the data, as in the paper.
    #[default]
    Operands,
    /// Its operands and the nodes that read it: edges have no direction.
    Neighbours,
}

impl Receives {
    /// For every node the distinct nodes that it receives from, given its distinct operands. O(edges · log edges).
    pub(super) fn senders(self, operands: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        if self == Receives::Operands {
            return operands;
        }
        let mut senders = operands.clone();
        for (node, own) in operands.iter().enumerate() {
            own.iter().for_each(|&operand| senders[operand].push(node));
        }
        senders.iter_mut().for_each(|own| {
            own.sort_unstable();
            own.dedup();
        });
        senders
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_without_direction_sends_both_ways() {
        let operands = vec![vec![], vec![0], vec![0, 1]];
        assert_eq!(Receives::Operands.senders(operands.clone()), operands);
        assert_eq!(Receives::Neighbours.senders(operands), [[1, 2], [0, 2], [0, 1]]);
    }
}
