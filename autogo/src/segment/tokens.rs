//! Nodes become tokens: the op, its kernel width, and the ops around it ([release §3.1](crate::doc::release#s3-1)).

use super::pipeline::TokenEncoder;
use crate::graph::{Graph, Op, Weighted};
use serde::{Deserialize, Serialize};

/// The stem of an op's name in a token; ReLU and ReLU6 share one ([release §1.7](crate::doc::release#s1-7)).
fn stem(op: &Op) -> &'static str {
    if *op == Op::Relu6 { "relu" } else { op.name() }
}

/// The parts of a token. The default is the paper's: op, kernel width, and the ops around the node.
///
/// ```
/// use autogo::segment::{Order, Linearizer, TokenEncoder, TokenForm};
/// let graph = autogo::families::network("nb201:nor_conv_3x3,none,none,none,none,none")?;
/// let order = Order::Topological.order(&graph);
/// let second = |form: TokenForm| form.tokens(&graph, &order).swap_remove(1);
/// assert_eq!(second(TokenForm::default()), "conv2d,3,in,input,,out,fusedbatchnorm,");
/// assert_eq!(second(TokenForm::op()), "conv2d");
/// assert_eq!(second(TokenForm { channels: true, ..TokenForm::op() }), "conv2d,c3>16");
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenForm {
    /// The kernel's width, of ops with weights.
    pub kernel: bool,
    /// The names of the operands and of the readers, both in the release's node numbering.
    pub neighbours: bool,
    /// Channels read and made.
    pub channels: bool,
    /// The factor by which height and width shrink or grow, where they do.
    pub resolution_ratio: bool,
}

impl Default for TokenForm {
    /// `name[,kernel width],in,` + operands + `,out,` + readers ([release §3.1](crate::doc::release#s3-1)).
    fn default() -> Self {
        TokenForm { kernel: true, neighbours: true, channels: false, resolution_ratio: false }
    }
}

impl TokenForm {
    /// The op alone.
    pub fn op() -> Self {
        TokenForm { kernel: false, neighbours: false, channels: false, resolution_ratio: false }
    }

    /// The tokens of the nodes of `order`, as text. O(nodes + edges · log degree).
    pub fn tokens(self, graph: &Graph, order: &[usize]) -> Vec<String> {
        let mut tokens = Vec::with_capacity(order.len());
        self.encode(graph, order, &mut |token| tokens.push(token.into()));
        tokens
    }

    fn write(self, graph: &Graph, index: usize, around: &mut Around, token: &mut String) {
        let node = graph.node(index);
        token.push_str(stem(&node.op));
        let read = || graph.operands(index).first().map_or(node.shape, |&operand| graph.node(operand).shape);
        if self.kernel {
            match node.op.weighted() {
                Some(Weighted::Conv(conv) | Weighted::Transposed(conv)) => {
                    push_number(token, ",", conv.window.kernel.1);
                }
                Some(Weighted::Dense { .. }) => token.push_str(",0"),
                None => {}
            }
        }
        if self.channels {
            push_number(token, ",c", read().c);
            push_number(token, ">", node.shape.c);
        }
        if self.resolution_ratio && (read().h, read().w) != (node.shape.h, node.shape.w) {
            for (name, from, to) in [(",h", read().h, node.shape.h), (",w", read().w, node.shape.w)] {
                let whole = from.max(to) / from.min(to).max(1);
                push_number(token, name, if to < from { 1 } else { whole });
                push_number(token, "/", if to < from { whole } else { 1 });
            }
        }
        if self.neighbours {
            for (name, nodes) in [(",in,", graph.operands(index)), (",out,", graph.readers(index))] {
                token.push_str(name);
                for &other in around.sorted(nodes) {
                    token.push_str(stem(&graph.node(other).op));
                    token.push(',');
                }
            }
        }
    }
}

impl TokenEncoder for TokenForm {
    fn encode(&self, graph: &Graph, order: &[usize], visit: &mut dyn FnMut(&str)) {
        let mut around = Around { number: graph.original_numbering(), nodes: Vec::new() };
        let mut token = String::new();
        for &index in order {
            token.clear();
            self.write(graph, index, &mut around, &mut token);
            visit(&token);
        }
    }
}

/// Neighbours by the release's numbering.
struct Around {
    number: Vec<usize>,
    nodes: Vec<usize>,
}

impl Around {
    /// The distinct nodes among these, by ascending number.
    fn sorted<'a>(&'a mut self, nodes: &'a [usize]) -> &'a [usize] {
        if nodes.len() < 2 {
            return nodes;
        }
        self.nodes.clear();
        self.nodes.extend_from_slice(nodes);
        self.nodes.sort_unstable_by_key(|&node| self.number[node]);
        self.nodes.dedup();
        &self.nodes
    }
}

fn push_number(text: &mut String, before: &str, number: u32) {
    text.push_str(before);
    match number {
        // Kernel widths, by far the most.
        0..=9 => text.push((b'0' + number as u8) as char),
        _ => text.push_str(&number.to_string()),
    }
}
