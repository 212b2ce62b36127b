//! The readouts of a predictor's network, one file each: how the nodes of a part become one row. A file holds a
//! readout's parameters by name, the share of a node, its forward pass, and its plain computation in 64 bits, which
//! tests compare the forward pass with.
//!
//! To add a readout: write its file and its row in the table below.

mod attention;
mod mean;
mod sum;

use super::matrix::Matrix;
use super::parameters::{Layout, Weights};
#[cfg(test)]
use super::plain::{PlainWeights, Vector};
use super::sparse::SparsePair;
use crate::error::Error;
use dfdx::prelude::{Cpu, Tape};
use serde::{Deserialize, Serialize};

table! {
    /// The readout by which the nodes of a part become one row.
    ///
    /// ```
    /// use autogo::predict::{Architecture, Readout};
    /// assert_eq!(Architecture::default().readout, Readout::Mean);
    /// assert_eq!(Readout::ALL.len(), 3);
    /// ```
    enum Readout: ReadoutFunctions {
        /// The mean of the nodes: the paper's.
        #[default]
        Mean => mean::Mean,
        /// The sum of the nodes, in hundreds.
        Sum => sum::Sum,
        /// The mean of the nodes with learned weights.
        Attention => attention::Attention,
    }
}

/// A readout.
trait PartRow {
    /// Its parameters.
    fn parameters(hidden: usize) -> Layout;

    /// The weight of each node of a part of `nodes` nodes in the matrix that [`PartRow::forward`] is given.
    fn share(nodes: usize) -> f32;

    /// The rows (parts × hidden) that a readout makes of the nodes `x` (nodes × hidden); `parts` (parts × nodes) holds
    /// the shares.
    fn forward<T: Tape<f32, Cpu>>(x: Matrix<T>, parts: &SparsePair, weights: &Weights<'_>) -> Result<Matrix<T>, Error>;

    /// The plain computation of one part's row.
    #[cfg(test)]
    fn reference(hidden: usize, nodes: &[&[f64]], weights: &PlainWeights<'_>) -> Vector;
}

/// [`PartRow::forward`] as a value.
type Forward<T> = fn(Matrix<T>, &SparsePair, &Weights<'_>) -> Result<Matrix<T>, Error>;

/// The functions of a readout's file as values; see [`PartRow`].
pub(super) struct ReadoutFunctions<T> {
    pub(super) parameters: fn(usize) -> Layout,
    pub(super) share: fn(usize) -> f32,
    pub(super) forward: Forward<T>,
    #[cfg(test)]
    pub(super) reference: fn(usize, &[&[f64]], &PlainWeights<'_>) -> Vector,
}

impl<T: Tape<f32, Cpu>> ReadoutFunctions<T> {
    fn of<R: PartRow>() -> Self {
        ReadoutFunctions {
            parameters: R::parameters,
            share: R::share,
            forward: R::forward::<T>,
            #[cfg(test)]
            reference: R::reference,
        }
    }
}
