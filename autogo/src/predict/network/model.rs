//! The network of a predictor in dfdx: node embedding, rounds of message passing, one row a part, a head ([release
//! §6.1](crate::doc::release#s6-1) to §6.3).

use super::architecture::Architecture;
use super::batch::Batch;
use super::layers::head::FoldedHead;
use super::layers::{embedding, head, position};
use super::matrix::Matrix;
use super::parameters::{Layout, Named, Parameter, Weights};
use crate::error::Error;
use crate::rng::Stream;
use dfdx::prelude::*;
use std::collections::HashMap;

/// A network with its weights: one matrix for every parameter of [`layout`], in that order.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) architecture: Architecture,
    pub(crate) values: Vec<Matrix>,
}

/// Names and sizes of all parameters, in the order in which they are drawn, trained and saved.
pub(crate) fn layout(architecture: &Architecture) -> Vec<Parameter> {
    let Architecture { hidden, convolution, readout, nodes, mixing, .. } = *architecture;
    let mut layout = Layout::default().part("embed", embedding::parameters(nodes.count(), hidden));
    if architecture.positions {
        layout = layout.part("position", position::parameters(hidden));
    }
    for round in 0..architecture.layers {
        let parameters = (convolution.functions::<NoneTape>().parameters)(hidden);
        layout = layout.part(&round_name(round), parameters);
    }
    layout
        .part("readout", (readout.functions::<NoneTape>().parameters)(hidden))
        .part("mixing", mixing.parameters(hidden))
        .part("", head::parameters(architecture.reads.count() * hidden))
        .into_parameters()
}

/// The name that goes before those of a round's parameters.
pub(super) fn round_name(round: usize) -> String {
    format!("conv{round}")
}

impl Model {
    /// A network with fresh weights.
    pub(crate) fn new(architecture: Architecture, seed: u64) -> Self {
        let stream = Stream::new(seed, "psc parameters");
        let parameters = layout(&architecture);
        let values = parameters.iter().zip(0..).map(|(parameter, at)| parameter.draw(&mut stream.at(at))).collect();
        Model::with_values(architecture, values)
    }

    /// A network with these weights: for every parameter of [`layout`] its values, by rows.
    pub(crate) fn with_values(architecture: Architecture, values: Vec<Vec<f32>>) -> Self {
        let device = Cpu::default();
        let named = layout(&architecture).into_iter().zip(values);
        let values = named.map(|(one, values)| device.tensor_from_vec(values, (one.rows, one.columns)));
        Model { architecture, values: values.collect() }
    }

    /// The weights by rows, in the order of [`layout`].
    pub(crate) fn numbers(&self) -> Vec<Vec<f32>> {
        self.values.iter().map(|value| value.as_vec()).collect()
    }

    /// The number of weights.
    pub(crate) fn count(&self) -> usize {
        self.values.iter().map(|value| value.shape().0 * value.shape().1).sum()
    }

    /// The predictions of a batch: cases × 1. With an [`OwnedTape`] they can be differentiated.
    pub(crate) fn forward<T: Tape<f32, Cpu>>(&self, batch: &Batch) -> Result<Matrix<T>, Error> {
        let values = self.by_name();
        let weights = Named::new(&values);
        let rows = self.part_rows::<T>(batch, &weights)?;
        let Architecture { reads, hidden, mixing, .. } = self.architecture;
        let rows = mixing.forward(rows, reads.count(), &weights.part("mixing"))?;
        let width = reads.count() * hidden;
        head::forward(rows.try_reshape_like(&(batch.cases, width))?, &weights)
    }

    /// The rows of all parts of a batch before they meet: parts × hidden.
    pub(crate) fn encode(&self, batch: &Batch) -> Result<Matrix, Error> {
        self.part_rows(batch, &Named::new(&self.by_name()))
    }

    /// The head as two lines.
    pub(crate) fn folded_head(&self) -> Result<FoldedHead, Error> {
        FoldedHead::new(&Named::new(&self.by_name()))
    }

    fn by_name(&self) -> HashMap<String, Matrix> {
        layout(&self.architecture).into_iter().map(|one| one.name).zip(self.values.iter().cloned()).collect()
    }

    fn part_rows<T: Tape<f32, Cpu>>(&self, batch: &Batch, weights: &Weights<'_>) -> Result<Matrix<T>, Error> {
        let layer = self.architecture.convolution.functions::<T>();
        let mut x = embedding::forward(&batch.nodes, &weights.part("embed"))?;
        if let Some(waves) = &batch.positions {
            x = position::forward(x, waves, &weights.part("position"))?;
        }
        for (round, matrices) in batch.rounds.iter().enumerate() {
            x = (layer.forward)(x, matrices, &weights.part(&round_name(round)))?;
        }
        (self.architecture.readout.functions::<T>().forward)(x, &batch.parts, &weights.part("readout"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_counts_are_the_paper_s() {
        // Those that the forward pass uses (release §6.3).
        let count = |architecture| Model::new(architecture, 0).count();
        assert_eq!(count(Architecture::default()), 51_135);
        assert_eq!(count(Architecture::gnn()), 18_047);
    }
}
