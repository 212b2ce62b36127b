//! The layers of a predictor's network, one file each. A file holds a layer's parameters by name, the sparse matrices
//! that it takes from the graph, its forward pass, and its plain computation in 64 bits, which tests compare the
//! forward pass with.
//!
//! To add a way to pass messages: write its file and its row in the table below.

pub(super) mod embedding;
mod gat;
mod gcn;
mod gin;
mod graph_conv;
pub(super) mod head;
pub(super) mod linear;
pub(super) mod position;

use super::matrix::Matrix;
use super::parameters::{Layout, Weights};
#[cfg(test)]
use super::plain::{PlainWeights, Vector};
use super::sparse::{Sparse, SparsePair};
use crate::error::Error;
use dfdx::prelude::{Cpu, Tape};
use serde::{Deserialize, Serialize};

table! {
    /// The layer by which a node takes up the rows that it receives, in every round of message passing.
    ///
    /// ```
    /// use autogo::predict::{Architecture, Convolution};
    /// let gat = Architecture { convolution: Convolution::Gat, ..Architecture::gnn() };
    /// assert!(Convolution::ALL.contains(&gat.convolution));
    /// ```
    enum Convolution: LayerFunctions {
        /// `tanh(W h + V Σ received + b)`: the paper's (Morris et al., 2019).
        #[default]
        GraphConv => graph_conv::GraphConv,
        /// `tanh(W₂ relu(W₁ ((1 + ε) h + Σ received) + b₁) + b₂)` (Xu et al., 2019).
        Gin => gin::Gin,
        /// `tanh(W mean(h, received) + b)`: normalised by the receiver's degree alone (after Kipf and Welling, 2017).
        Gcn => gcn::Gcn,
        /// `tanh(Σ αᵤ W hᵤ + b)` with attention α over a node and the nodes that it receives from, one head (Veličković
        /// et al., 2018).
        Gat => gat::Gat,
    }
}

/// One round of message passing.
trait Layer {
    /// The parameters of one round. Every round has its own.
    fn parameters(hidden: usize) -> Layout;

    /// The matrices of one round, which [`Layer::forward`] is given again.
    fn matrices(messages: &Messages) -> Vec<SparsePair>;

    /// The rows (receivers × hidden) that a round makes of `x` (senders × hidden).
    fn forward<T: Tape<f32, Cpu>>(
        x: Matrix<T>,
        matrices: &[SparsePair],
        weights: &Weights<'_>,
    ) -> Result<Matrix<T>, Error>;

    /// The plain computation of one node's row.
    #[cfg(test)]
    fn reference(own: &[f64], received: &[&[f64]], weights: &PlainWeights<'_>) -> Vector;
}

/// [`Layer::forward`] as a value.
type Forward<T> = fn(Matrix<T>, &[SparsePair], &Weights<'_>) -> Result<Matrix<T>, Error>;

/// The functions of a layer's file as values; see [`Layer`].
pub(super) struct LayerFunctions<T> {
    pub(super) parameters: fn(usize) -> Layout,
    pub(super) matrices: fn(&Messages) -> Vec<SparsePair>,
    pub(super) forward: Forward<T>,
    #[cfg(test)]
    pub(super) reference: fn(&[f64], &[&[f64]], &PlainWeights<'_>) -> Vector,
}

impl<T: Tape<f32, Cpu>> LayerFunctions<T> {
    fn of<L: Layer>() -> Self {
        LayerFunctions {
            parameters: L::parameters,
            matrices: L::matrices,
            forward: L::forward::<T>,
            #[cfg(test)]
            reference: L::reference,
        }
    }
}

/// The messages of one round: `senders` rows go in, a row for every receiver comes out.
pub(super) struct Messages {
    pub(super) senders: usize,
    pub(super) receivers: Vec<Receiver>,
}

/// A node that takes up messages: its own row, and the rows that it receives, each by its place among the senders.
pub(super) struct Receiver {
    pub(super) own: usize,
    pub(super) received: Vec<usize>,
}

impl Receiver {
    fn own_then_received(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.own).chain(self.received.iter().copied())
    }
}

impl Messages {
    /// The sum of own and received rows (receivers × 2 · senders), where every sender has two rows: row `2 i` is read
    /// as a node's own, row `2 i + 1` is read by others.
    fn own_and_received(&self) -> SparsePair {
        let mut sum = Sparse::new(2 * self.senders);
        for node in &self.receivers {
            let received = node.received.iter().map(|at| (2 * at + 1, 1.0));
            sum.push_row(std::iter::once((2 * node.own, 1.0)).chain(received));
        }
        sum.into()
    }
}

/// A layer was given the matrices of another kind of layer.
fn foreign_matrices() -> Error {
    Error::predictor("layer", "was given the matrices of another kind of layer", "those that it made")
}

#[cfg(test)]
mod tests {
    use super::super::parameters::Named;
    use super::super::plain::Doubles;
    use super::*;
    use crate::rng::Stream;
    use dfdx::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn every_layer_computes_its_formula() {
        let (device, hidden) = (Cpu::default(), 5);
        let node = |own: usize, received: &[usize]| Receiver { own, received: received.to_vec() };
        let messages = Messages {
            senders: 4,
            receivers: vec![node(0, &[]), node(1, &[0, 2]), node(3, &[1]), node(3, &[0, 1, 2])],
        };
        let x: Vec<f32> = (0..4 * hidden).map(|at| ((at * 7 % 11) as f32 - 5.0) / 4.0).collect();
        let rows: Vec<Vec<f64>> = x.chunks(hidden).map(|row| row.iter().map(|&x| f64::from(x)).collect()).collect();
        for convolution in Convolution::ALL {
            let layer = convolution.functions::<NoneTape>();
            let parameters = (layer.parameters)(hidden).into_parameters();
            let draw = |at: usize| parameters[at].draw(&mut Stream::new(3, "layer test").at(at as u64));
            let matrix = |at: usize| device.tensor_from_vec(draw(at), (parameters[at].rows, parameters[at].columns));
            let values: HashMap<String, Matrix> =
                (0..parameters.len()).map(|at| (parameters[at].name.clone(), matrix(at))).collect();
            let doubles: HashMap<String, Doubles> = parameters
                .iter()
                .map(|parameter| (parameter.name.clone(), Doubles::of(parameter, &values[&parameter.name])))
                .collect();
            let x: Matrix = device.tensor_from_vec(x.clone(), (4, hidden));
            let matrices = (layer.matrices)(&messages);
            let made = (layer.forward)(x, &matrices, &Named::new(&values)).unwrap().as_vec();
            for (node, made) in messages.receivers.iter().zip(made.chunks(hidden)) {
                let received: Vec<&[f64]> = node.received.iter().map(|&at| rows[at].as_slice()).collect();
                let plain = (layer.reference)(&rows[node.own], &received, &Named::new(&doubles));
                for (made, plain) in made.iter().zip(plain) {
                    assert!((f64::from(*made) - plain).abs() < 1e-5, "{convolution:?}: {made} against {plain}");
                }
            }
        }
    }
}
