//! The distinct computations behind some rows, as matrices.

use super::architecture::Architecture;
use super::features::NodeFeatures;
use super::layers::embedding::NodeMatrices;
use super::layers::{Convolution, Messages, Receiver, position};
use super::matrix::Matrix;
use super::prepared::Row;
use super::readouts::Readout;
use super::sparse::{Sparse, SparsePair};
use super::terms::{Term, TermTable};
use dfdx::prelude::{Cpu, NoneTape};
use foldhash::{HashMap, HashMapExt};

/// The matrices of some parts. The parts of one case stand side by side: with `k` parts a case, case `i` is made of
/// parts `i · k` to `i · k + k - 1`.
pub(crate) struct Batch {
    /// The distinct nodes.
    pub(super) nodes: NodeMatrices,
    /// The waves of the distinct nodes' positions, where they are read.
    pub(super) positions: Option<Matrix>,
    /// For every round of message passing the matrices of the layer.
    pub(super) rounds: Vec<Vec<SparsePair>>,
    /// Parts × distinct computations of the last round.
    pub(super) parts: SparsePair,
    /// Predictions.
    pub(super) cases: usize,
}

impl Batch {
    /// The matrices behind these rows. O(distinct computations and what they receive).
    pub(crate) fn new(table: &TermTable, rows: &[Row], architecture: &Architecture) -> Self {
        let mut last = Numbers::default();
        let parts = part_matrix(rows, architecture.readout, &mut last);
        let (rounds, first) = rounds(table, architecture.convolution, last);
        let nodes: Vec<NodeFeatures> = first.terms.iter().map(|&term| table.features[term as usize]).collect();
        let device = Cpu::default();
        let positions = architecture.positions.then(|| position::matrix(&nodes, &device));
        let nodes = NodeMatrices::new(&nodes, architecture.nodes.count(), &device);
        Batch { nodes, positions, rounds, parts: parts.into(), cases: rows.len() / architecture.reads.count() }
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

/// The readout's matrix (rows × distinct terms of the rows): each term as often as it occurs, in the shares of the
/// readout.
fn part_matrix(rows: &[Row], readout: Readout, numbers: &mut Numbers) -> Sparse {
    let share = readout.functions::<NoneTape>().share;
    let counted: Vec<Vec<(usize, f32)>> = rows.iter().map(|row| count(row, numbers)).collect();
    let mut matrix = Sparse::new(numbers.terms.len());
    for (row, counted) in rows.iter().zip(counted) {
        let share = share(row.len());
        matrix.push_row(counted.into_iter().map(|(at, times)| (at, times * share)));
    }
    matrix
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

/// The matrices of every round, first round first, and the terms of layer 0 that the first round reads. `last` are the
/// terms that the last round must make: the rounds are walked from the last one back, because each decides which terms
/// the one before must make.
fn rounds(table: &TermTable, convolution: Convolution, last: Numbers) -> (Vec<Vec<SparsePair>>, Numbers) {
    let matrices = convolution.functions::<NoneTape>().matrices;
    let mut wanted = last;
    let mut rounds = Vec::with_capacity(table.layers.len());
    for layer in table.layers.iter().rev() {
        let mut before = Numbers::default();
        let receivers = wanted
            .terms
            .iter()
            .map(|&term| {
                let own = before.number(layer.own(term));
                let received = layer.received(term).iter().map(|&term| before.number(term)).collect();
                Receiver { own, received }
            })
            .collect();
        rounds.push(matrices(&Messages { senders: before.terms.len(), receivers }));
        wanted = before;
    }
    rounds.reverse();
    (rounds, wanted)
}
