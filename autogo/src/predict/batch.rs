//! The distinct computations behind some rows, as matrices.

use super::features::{KERNELS, NodeFeatures};
use super::prepared::Row;
use super::settings::{Architecture, Convolution, Readout};
use super::sparse::{Matrix, Sparse, SparsePair};
use super::terms::{Term, TermTable};
use dfdx::prelude::*;
use foldhash::{HashMap, HashMapExt};

/// The distinct nodes of one kind (weighted or not).
pub(super) struct Kind {
    pub(super) op: SparsePair,
    pub(super) shape: Matrix,
    pub(super) kernel: [SparsePair; 2],
    pub(super) bias: SparsePair,
}

/// One round of message passing over distinct computations.
pub(super) enum Round {
    /// Takes from the products with both weight matrices, which stand in turn: own, received, own, received…
    Both(SparsePair),
    /// Own and received rows added up, or averaged.
    Joined(SparsePair),
    /// Every message by itself: its sender, its receiver's own row, and the sums by receiver.
    Messages { sender: SparsePair, receiver: SparsePair, sum: SparsePair },
}

/// The matrices of some rows. With a width of `w`, row `i` of a prediction's input is rows `i·k` to `i·k + k - 1` of the
/// readout, `k` being the number of parts that are read.
pub(super) struct Batch {
    pub(super) regular: Kind,
    pub(super) weighted: Kind,
    /// Takes every distinct node's row from the regular rows followed by the weighted rows.
    pub(super) select: SparsePair,
    pub(super) rounds: Vec<Round>,
    /// Means or sums over the nodes of each part; an empty part reads zeros.
    pub(super) readout: SparsePair,
    pub(super) cases: usize,
}

/// Sums of hundreds of nodes are brought to the size of means.
const SUM_UNIT: f32 = 100.0;

impl Batch {
    pub(super) fn new(table: &TermTable, rows: &[Row], architecture: &Architecture, device: &Cpu) -> Self {
        let mut numbers = Numbers::default();
        let counted: Vec<Vec<(usize, f32)>> = rows.iter().map(|row| count(row, &mut numbers)).collect();
        let mut readout = Sparse::new(numbers.terms.len());
        for (row, counted) in rows.iter().zip(counted) {
            let weight = match architecture.readout {
                Readout::Mean => 1.0 / row.len().max(1) as f32,
                Readout::Sum => 1.0 / SUM_UNIT,
                // Attention brings its own weights.
                Readout::Attention => 1.0,
            };
            readout.push_row(counted.into_iter().map(|(at, times)| (at, times * weight)));
        }
        let mut rounds = Vec::with_capacity(table.layers.len());
        for layer in table.layers.iter().rev() {
            let mut before = Numbers::default();
            let computed: Vec<(usize, Vec<usize>)> = numbers
                .terms
                .iter()
                .map(|&term| {
                    let own = before.number(layer.own(term));
                    (own, layer.received(term).iter().map(|&term| before.number(term)).collect())
                })
                .collect();
            rounds.push(round(architecture.convolution, &computed, before.terms.len()));
            numbers = before;
        }
        rounds.reverse();
        let nodes: Vec<NodeFeatures> = numbers.terms.iter().map(|&term| table.features[term as usize]).collect();
        let of_kind = |weighted: bool| nodes.iter().filter(move |node| node.weighted == weighted).copied();
        let kinds = [false, true].map(|weighted| of_kind(weighted).collect::<Vec<_>>());
        let (mut next_regular, mut next_weighted) = (0, kinds[0].len());
        let place = |node: &NodeFeatures| {
            let next = if node.weighted { &mut next_weighted } else { &mut next_regular };
            *next += 1;
            *next - 1
        };
        let select = Sparse::one_hot(nodes.len(), nodes.iter().map(place).collect::<Vec<_>>());
        let count = architecture.nodes.count();
        let [regular, weighted] = kinds.map(|nodes| Kind::new(&nodes, count, device));
        let cases = rows.len() / architecture.reads.rows();
        Batch { regular, weighted, select: select.into(), rounds, readout: readout.into(), cases }
    }
}

/// Local numbers of terms, in the order in which they are first asked for.
#[derive(Default)]
struct Numbers {
    known: HashMap<Term, usize>,
    terms: Vec<Term>,
}

impl Numbers {
    fn number(&mut self, term: Term) -> usize {
        *self.known.entry(term).or_insert_with(|| {
            self.terms.push(term);
            self.terms.len() - 1
        })
    }
}

/// The distinct terms of a row by local number, with how often each occurs.
fn count(row: &Row, numbers: &mut Numbers) -> Vec<(usize, f32)> {
    let mut places: HashMap<Term, usize> = HashMap::new();
    let mut counted: Vec<(usize, f32)> = Vec::new();
    for &term in row {
        let place = *places.entry(term).or_insert_with(|| {
            counted.push((numbers.number(term), 0.0));
            counted.len() - 1
        });
        counted[place].1 += 1.0;
    }
    counted
}

fn round(convolution: Convolution, computed: &[(usize, Vec<usize>)], before: usize) -> Round {
    match convolution {
        Convolution::GraphConv => {
            let mut both = Sparse::new(2 * before);
            for (own, received) in computed {
                both.push_row([(2 * own, 1.0)].into_iter().chain(received.iter().map(|at| (2 * at + 1, 1.0))));
            }
            Round::Both(both.into())
        }
        Convolution::Gin => {
            let mut both = Sparse::new(2 * before);
            for (own, received) in computed {
                both.push_row([(2 * own, 1.0)].into_iter().chain(received.iter().map(|at| (2 * at + 1, 1.0))));
            }
            Round::Both(both.into())
        }
        Convolution::Gcn => {
            let mut joined = Sparse::new(before);
            for (own, received) in computed {
                let weight = 1.0 / (1 + received.len()) as f32;
                joined.push_row(std::iter::once(own).chain(received).map(|&at| (at, weight)));
            }
            Round::Joined(joined.into())
        }
        Convolution::Gat => {
            let messages = computed
                .iter()
                .flat_map(|(own, received)| std::iter::once(own).chain(received).map(move |sender| (*sender, *own)));
            let (senders, owners): (Vec<usize>, Vec<usize>) = messages.unzip();
            let mut sum = Sparse::new(senders.len());
            let mut next = 0;
            for (_, received) in computed {
                sum.push_row((next..=next + received.len()).map(|at| (at, 1.0)));
                next += 1 + received.len();
            }
            Round::Messages {
                sender: Sparse::one_hot(before, senders).into(),
                receiver: Sparse::one_hot(before, owners).into(),
                sum: sum.into(),
            }
        }
    }
}

impl Kind {
    /// Nodes whose ops are numbers below `ops`.
    fn new(nodes: &[NodeFeatures], ops: usize, device: &Cpu) -> Self {
        let shape: Vec<f32> = nodes.iter().flat_map(|node| node.shape).collect();
        Kind {
            op: Sparse::one_hot(ops, nodes.iter().map(|node| node.op)).into(),
            shape: device.tensor_from_vec(shape, (nodes.len(), 6)),
            kernel: [
                Sparse::one_hot(KERNELS, nodes.iter().map(|node| node.kernel.0)).into(),
                Sparse::one_hot(KERNELS, nodes.iter().map(|node| node.kernel.1)).into(),
            ],
            bias: Sparse::one_hot(2, nodes.iter().map(|node| usize::from(node.bias))).into(),
        }
    }
}
