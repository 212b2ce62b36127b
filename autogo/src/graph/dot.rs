//! Graphs in Graphviz's language, for other people's tools.

use super::Graph;
use petgraph::dot::{Config, Dot};

impl Graph {
    /// The graph as DOT text: a node's name, op and shape as its label, the operand's slot on edges into a concat.
    ///
    /// ```
    /// let graph = autogo::families::network("edsr:8x8")?;
    /// assert!(graph.dot().starts_with("digraph {"));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn dot(&self) -> String {
        let edge = |_: &_, edge: petgraph::graph::EdgeReference<'_, u32>| {
            use petgraph::visit::EdgeRef;
            let is_ordered = self.dag()[edge.target()].op.is_ordered();
            if is_ordered { format!("label = \"{}\"", edge.weight()) } else { String::new() }
        };
        let node = |_: &_, (_, node): (_, &super::Node)| {
            let label = format!("{}\n{} {}", node.name, node.op.name(), node.shape);
            format!("shape = box, label = {label:?}")
        };
        let config = [Config::NodeNoLabel, Config::EdgeNoLabel];
        format!("{:?}", Dot::with_attr_getters(self.dag(), &config, &edge, &node))
    }
}
