//! Ways to put a graph's nodes in a line.

use super::pipeline::Linearizer;
use crate::graph::Graph;
use serde::{Deserialize, Serialize};

/// The order of a graph's nodes.
///
/// ```
/// use autogo::segment::{Linearizer, Order};
/// let toy = autogo::tutorials::toy()?;
/// assert_eq!(Order::Topological.order(&toy), [0, 1, 2, 3, 4]);
/// assert_eq!(Order::DepthFirst.order(&toy), [0, 1, 2, 3, 4]); // the toy has one order only
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Kahn's order with a first-in-first-out queue: the release's, layer by layer
    /// ([release §3.3](crate::doc::release#s3-3)).
    #[default]
    Topological,
    /// Depth first: a branch is followed to its end before the next one starts, so that neighbours in the line are more
    /// often neighbours in the graph.
    DepthFirst,
}

impl Linearizer for Order {
    /// O(nodes + edges · log degree).
    fn order(&self, graph: &Graph) -> Vec<usize> {
        match self {
            Order::Topological => graph.topological_order(),
            // The next node is the one that was freed last; of several, the one with the smallest number.
            Order::DepthFirst => graph.kahn(|queue, freed| {
                for node in freed.into_iter().rev() {
                    queue.push_front(node);
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_topological_and_differ() {
        let graph = crate::families::network(
            "inception:2*conv3x3+conv1x1@16>16|conv5x5@16>16;1*conv3x3@64>64;1*conv3x3@128>128;1*conv3x3@256>256",
        );
        let graph = graph.unwrap();
        let orders = [Order::Topological, Order::DepthFirst].map(|order| order.order(&graph));
        for order in &orders {
            let mut place = vec![usize::MAX; graph.len()];
            order.iter().enumerate().for_each(|(at, &node)| place[node] = at);
            assert!((0..graph.len()).all(|node| graph.operands(node).iter().all(|&from| place[from] < place[node])));
        }
        assert_ne!(orders[0], orders[1]);
    }
}
