//! Step 1: a graph becomes tokens.

use super::{passed, wrong};
use crate::error::Error;
use crate::families::network;
use crate::report::Page;
use crate::segment::TokenForm;
use crate::{graph::Graph, tutorials::toy};

/// Networks beside the toy.
const NETWORKS: [&str; 2] =
    ["nb201:nor_conv_3x3,none,nor_conv_1x1,skip_connect,avg_pool_3x3,nor_conv_3x3", "nb101:1111011111:200"];

/// Checks a function that writes the token of every node, in topological order: the name of the op, followed by a comma
/// and the kernel's width where the op is a convolution, and by `,0` where it is a dense layer.
///
/// # Errors
/// The first token that is wrong, with its node and the right token.
///
/// ```
/// use autogo::graph::Graph;
/// // Kernels are forgotten.
/// let names = |graph: &Graph| graph.nodes().map(|node| node.op.name().to_string()).collect();
/// let said = autogo::exercises::tokens(names).unwrap_err().to_string();
/// assert_eq!(said, "step 1, node `conv` of `toy`: the answer is \"conv2d\"; accepted: \"conv2d,3\"");
/// ```
pub fn tokens(answer: impl Fn(&Graph) -> Vec<String>) -> Result<Page, Error> {
    let mut graphs = vec![toy()?];
    for spec in NETWORKS {
        graphs.push(network(spec)?);
    }
    for graph in &graphs {
        let order = graph.topological_order();
        let right = TokenForm { neighbours: false, ..TokenForm::default() }.tokens(graph, &order);
        let found = answer(graph);
        if found.len() != right.len() {
            return Err(wrong(1, &format!("number of tokens of `{}`", graph.name()), found.len(), right.len()));
        }
        for ((found, right), &node) in found.iter().zip(&right).zip(&order) {
            if found != right {
                let asked = format!("node `{}` of `{}`", graph.node(node).name, graph.name());
                return Err(wrong(1, &asked, found, right));
            }
        }
    }
    Ok(passed(1, graphs.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_librarys_own_tokens_pass_and_others_are_named() {
        let right = |graph: &Graph| {
            TokenForm { neighbours: false, ..TokenForm::default() }.tokens(graph, &graph.topological_order())
        };
        assert!(tokens(right).unwrap().html().contains("3 cases"));
        let few = tokens(|_| Vec::new()).unwrap_err().to_string();
        assert_eq!(few, "step 1, number of tokens of `toy`: the answer is 0; accepted: 5");
    }
}
