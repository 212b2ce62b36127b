//! Classes of graphs by exact colour refinement: what a node is, is written down and interned, and nothing is hashed to
//! fewer bits. The content id must draw the same lines.

use autogo::graph::{Graph, Op, Padding, Window};
use std::collections::{BTreeMap, HashMap};

/// A multiset of classes.
type Terms = BTreeMap<String, u128>;
/// Rounds of refinement, one more than the content id takes.
const ROUNDS: usize = 3;

/// Numbers for descriptions, the same for the same description.
#[derive(Default)]
pub struct Classes {
    numbers: HashMap<String, usize>,
}

impl Classes {
    fn number(&mut self, description: String) -> String {
        let next = self.numbers.len();
        self.numbers.entry(description).or_insert(next).to_string()
    }

    /// The class of a graph: its terms, each with what it is computed from and what is computed from it.
    pub fn of(&mut self, graph: &Graph) -> String {
        let root = |mut at: usize| {
            while graph.node(at).op == Op::Identity {
                at = graph.operands(at)[0];
            }
            at
        };
        let operands: Vec<Vec<usize>> =
            (0..graph.len()).map(|at| graph.operands(at).iter().map(|&operand| root(operand)).collect()).collect();
        let is_term = |at: usize| !matches!(graph.node(at).op, Op::Add | Op::Mul | Op::Zero | Op::Identity);
        let mut own: Vec<String> = (0..graph.len()).map(|at| describe(graph, at)).collect();
        for _ in 0..ROUNDS {
            own = self.forward(graph, &operands, own);
            let above = readers(graph, &operands, &own);
            for at in (0..graph.len()).filter(|&at| is_term(at)) {
                own[at] = self.number(format!("{} above {:?}", own[at], above[at]));
            }
        }
        let mut terms: Vec<&String> = (0..graph.len()).filter(|&at| is_term(at)).map(|at| &own[at]).collect();
        terms.sort();
        let description = format!("{terms:?}");
        self.number(description)
    }

    fn forward(&mut self, graph: &Graph, operands: &[Vec<usize>], mut own: Vec<String>) -> Vec<String> {
        let mut sums: Vec<Terms> = vec![Terms::new(); graph.len()];
        for at in 0..graph.len() {
            let op = graph.node(at).op;
            let read: Vec<String> = operands[at].iter().map(|&operand| own[operand].clone()).collect();
            own[at] = match op {
                Op::Add | Op::Mul => {
                    let mut terms = Terms::new();
                    for &operand in &operands[at] {
                        if graph.node(operand).op == op {
                            let inner = sums[operand].clone();
                            inner.into_iter().for_each(|(term, count)| *terms.entry(term).or_default() += count);
                        } else {
                            *terms.entry(own[operand].clone()).or_default() += 1;
                        }
                    }
                    sums[at] = terms;
                    self.number(format!("{op:?} {:?}", sums[at]))
                }
                _ => self.number(format!("{} of {read:?}", own[at])),
            };
        }
        own
    }
}

/// What reads each node: the class of the reader, the slot where it counts, and the kinds of nodes on the way.
fn readers(graph: &Graph, operands: &[Vec<usize>], own: &[String]) -> Vec<Terms> {
    let mut above: Vec<Terms> = vec![Terms::new(); graph.len()];
    for at in (0..graph.len()).rev() {
        let op = graph.node(at).op;
        for (slot, &operand) in operands[at].iter().enumerate() {
            let passed: Terms = match op {
                Op::Identity => Terms::new(),
                Op::Add | Op::Mul if graph.node(operand).op == op => above[at].clone(),
                Op::Add | Op::Mul | Op::Zero => {
                    above[at].iter().map(|(reader, count)| (format!("{reader}<{}", op.name()), *count)).collect()
                }
                Op::Concat => Terms::from([(format!("{}[{slot}]", own[at]), 1)]),
                _ => Terms::from([(own[at].clone(), 1)]),
            };
            passed.into_iter().for_each(|(reader, count)| *above[operand].entry(reader).or_default() += count);
        }
    }
    above
}

/// The op of a node with its numbers; a window by the pixels it pads.
fn describe(graph: &Graph, at: usize) -> String {
    let read = graph.operands(at).first().map_or(graph.node(at).shape, |&operand| graph.node(operand).shape);
    let resolved = |window: Window| Window { padding: Padding::Explicit(window.border(read.h, read.w)), ..window };
    match graph.node(at).op {
        Op::Conv(mut conv) => {
            conv.window = resolved(conv.window);
            format!("{conv:?}")
        }
        Op::Pool(pool, window) => format!("{pool:?} {:?}", resolved(window)),
        op => format!("{op:?}"),
    }
}
