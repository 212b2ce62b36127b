//! Nodes become tokens: the op, its kernel width, and the ops around it (specification §3.1).

use crate::graph::{Graph, Op};
use foldhash::HashMap;
use serde::{Deserialize, Serialize};

/// The stem of an op's name in a token; ReLU and ReLU6 share one (specification §1.7).
fn stem(op: &Op) -> &'static str {
    match op {
        Op::Relu6 => "relu",
        other => other.name(),
    }
}

/// The tokens of a graph's nodes, in topological order, with that order.
///
/// A token is `name[,kernel width],in,` + the names of the operands + `,out,` + the names of the readers, both in the
/// original's node numbering. O(nodes + edges).
///
/// ```
/// use autogo::segment::tokens;
/// let graph = autogo::families::graph("nb201:nor_conv_3x3,none,none,none,none,none")?;
/// let (order, tokens) = tokens(&graph);
/// assert_eq!(order.len(), tokens.len());
/// assert_eq!(tokens[..2], ["input,in,,out,conv2d,", "conv2d,3,in,input,,out,fusedbatchnorm,"]);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn tokens(graph: &Graph) -> (Vec<usize>, Vec<String>) {
    let number = graph.original_numbering();
    let sorted = |mut nodes: Vec<usize>| {
        nodes.sort_unstable_by_key(|&node| number[node]);
        nodes
    };
    let order = graph.topological_order();
    let tokens = order
        .iter()
        .map(|&index| {
            let op = &graph.node(index).op;
            let mut token = String::from(stem(op));
            match op {
                Op::Conv(conv) | Op::ConvTranspose(conv) => token += &format!(",{}", conv.window.kernel.1),
                Op::Dense { .. } => token += ",0",
                _ => {}
            }
            token += ",in,";
            for operand in sorted(graph.distinct_operands(index)) {
                token += stem(&graph.node(operand).op);
                token.push(',');
            }
            token += ",out,";
            for reader in sorted(graph.readers(index).to_vec()) {
                token += stem(&graph.node(reader).op);
                token.push(',');
            }
            token
        })
        .collect();
    (order, tokens)
}

/// A token's number in an [`Alphabet`], or [`UNKNOWN`].
pub type Symbol = u32;

/// The symbol of a token that an alphabet does not hold. It never merges with a neighbour.
pub const UNKNOWN: Symbol = Symbol::MAX;

/// Distinct tokens, numbered in the order in which they were first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Alphabet {
    tokens: Vec<String>,
    numbers: HashMap<String, Symbol>,
}

impl Alphabet {
    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no token yet.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The tokens by number.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The symbol of a token; [`UNKNOWN`] when it is not here.
    pub fn symbol(&self, token: &str) -> Symbol {
        self.numbers.get(token).copied().unwrap_or(UNKNOWN)
    }

    /// The symbol of a token, which is added when it is new.
    pub fn insert(&mut self, token: String) -> Symbol {
        let next = self.tokens.len() as Symbol;
        *self.numbers.entry(token).or_insert_with_key(|token| {
            self.tokens.push(token.clone());
            next
        })
    }
}

impl From<Vec<String>> for Alphabet {
    fn from(tokens: Vec<String>) -> Self {
        let mut alphabet = Alphabet::default();
        for token in tokens {
            alphabet.insert(token);
        }
        alphabet
    }
}

impl From<Alphabet> for Vec<String> {
    fn from(alphabet: Alphabet) -> Self {
        alphabet.tokens
    }
}
