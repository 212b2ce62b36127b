//! The network of a predictor in dfdx: node embedding, rounds of message passing, one row a part, a head
//! ([release §6.1] to [release §6.3]).
//!
//! [release §6.1]: crate::doc::release#s6-1
//! [release §6.3]: crate::doc::release#s6-3

use super::batch::{Batch, Kind, Round};
use super::features::KERNELS;
use super::settings::{Architecture, Convolution, Readout};
use super::sparse::{Matrix, Sparse, SparsePair};
use crate::rng::Stream;
use dfdx::prelude::*;
use rand::Rng;

/// Columns of a node's embedding that its shape takes; of a weighted node its kernel and bias take ten more.
const SHAPE: usize = 8;
const KERNEL: usize = 4;
const BIAS: usize = 2;
/// Linear layers of the head; a ReLU stands behind the second.
const HEAD: usize = 5;

/// The parameters in the order of [`layout`], each a matrix; biases are matrices of one row.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) architecture: Architecture,
    pub(crate) values: Vec<Matrix>,
}

/// Names and sizes of all parameters, in order. A linear layer's weight has a row for each input.
pub(crate) fn layout(architecture: &Architecture) -> Vec<(String, usize, usize)> {
    let hidden = architecture.hidden;
    let mut layout: Vec<(String, usize, usize)> = Vec::new();
    let linear = |layout: &mut Vec<_>, name: &str, inputs: usize, outputs: usize| {
        layout.push((format!("{name}.weight"), inputs, outputs));
        layout.push((format!("{name}.bias"), 1, outputs));
    };
    layout.push(("embed.regular_op".into(), architecture.nodes.count(), hidden - SHAPE));
    layout.push(("embed.weighted_op".into(), architecture.nodes.count(), hidden - SHAPE - 2 * KERNEL - BIAS));
    layout.push(("embed.kernel".into(), KERNELS, KERNEL));
    linear(&mut layout, "embed.shape", 6, SHAPE);
    linear(&mut layout, "embed.bias", 2, BIAS);
    for layer in 0..architecture.layers {
        match architecture.convolution {
            Convolution::GraphConv => {
                layout.push((format!("conv{layer}.self"), hidden, hidden));
                linear(&mut layout, &format!("conv{layer}.neighbours"), hidden, hidden);
            }
            Convolution::Gin => {
                layout.push((format!("conv{layer}.epsilon"), 1, 1));
                linear(&mut layout, &format!("conv{layer}.first"), hidden, hidden);
                linear(&mut layout, &format!("conv{layer}.second"), hidden, hidden);
            }
            Convolution::Gcn => linear(&mut layout, &format!("conv{layer}"), hidden, hidden),
            Convolution::Gat => {
                linear(&mut layout, &format!("conv{layer}"), hidden, hidden);
                layout.push((format!("conv{layer}.sender"), hidden, 1));
                layout.push((format!("conv{layer}.receiver"), hidden, 1));
            }
        }
    }
    if architecture.readout == Readout::Attention {
        layout.push(("readout.attention".into(), hidden, 1));
    }
    let width = architecture.reads.rows() * hidden;
    for at in 0..HEAD {
        linear(&mut layout, &format!("head{at}"), width, if at + 1 == HEAD { 1 } else { width });
    }
    layout
}

impl Model {
    /// Fresh parameters: embeddings standard normal, weights and biases uniform within 1/√inputs, as PyTorch draws them.
    pub(super) fn new(architecture: Architecture, seed: u64, device: &Cpu) -> Self {
        let stream = Stream::new(seed, "psc parameters");
        let mut values = Vec::new();
        let mut inputs = 1;
        for (at, (name, rows, columns)) in layout(&architecture).into_iter().enumerate() {
            let mut rng = stream.at(at as u64);
            let is_table = ["embed.regular_op", "embed.weighted_op", "embed.kernel"].contains(&name.as_str());
            if !name.ends_with(".bias") {
                inputs = rows;
            }
            let bound = 1.0 / (inputs as f32).sqrt();
            let data: Vec<f32> = (0..rows * columns)
                .map(|_| match is_table {
                    true => normal(&mut rng),
                    false if name.ends_with(".epsilon") => 0.0,
                    false => rng.random_range(-bound..bound),
                })
                .collect();
            values.push(device.tensor_from_vec(data, (rows, columns)));
        }
        Model { architecture, values }
    }

    /// Number of parameters.
    pub(super) fn count(&self) -> usize {
        self.values.iter().map(|value| value.shape().0 * value.shape().1).sum()
    }

    /// Predictions of a batch, one row a case. With an [`OwnedTape`] the result can be differentiated.
    pub(super) fn forward<T: Tape<f32, Cpu>>(&self, batch: &Batch) -> Result<Matrix<T>, CpuError> {
        let mut parameters = Parameters(self.values.iter());
        let x = self.rows(&mut parameters, batch)?;
        self.head(&mut parameters, x, batch.cases)
    }

    /// The rows of all parts: what the encoder makes of them.
    pub(super) fn encode(&self, batch: &Batch) -> Result<Matrix, CpuError> {
        self.rows::<NoneTape>(&mut Parameters(self.values.iter()), batch)
    }

    fn rows<T: Tape<f32, Cpu>>(&self, parameters: &mut Parameters<'_>, batch: &Batch) -> Result<Matrix<T>, CpuError> {
        let mut x = self.embed(parameters, batch)?;
        for round in &batch.rounds {
            x = match round {
                Round::Both(both) if self.architecture.convolution == Convolution::GraphConv => {
                    let weights = parameters.next().retaped::<T>();
                    let (received, bias) = parameters.linear();
                    let weights = (weights, received).try_concat_along(Axis::<1>)?;
                    let products = x.try_matmul(weights)?;
                    let (rows, width) = *products.shape();
                    let taken = both.multiply(products.try_reshape_like(&(2 * rows, width / 2))?)?;
                    add_bias(taken, &bias)?.try_tanh()?
                }
                Round::Both(both) => gin(x, parameters, both)?,
                Round::Joined(joined) => {
                    let (weight, bias) = parameters.linear();
                    add_bias(joined.multiply(x.try_matmul(weight)?)?, &bias)?.try_tanh()?
                }
                Round::Messages { sender, receiver, sum } => gat(x, parameters, sender, receiver, sum)?,
            };
        }
        match self.architecture.readout {
            Readout::Mean | Readout::Sum => batch.readout.multiply(x),
            Readout::Attention => {
                let (x, tape) = x.split_tape();
                let scores = x.clone().put_tape(tape).try_matmul(parameters.next())?.try_exp()?;
                // One weight for every column: a product with a row of ones.
                let weights = widen(scores, x.shape().1)?;
                let (weights, tape) = weights.split_tape();
                let weighted = batch.readout.multiply(weights.clone().put_tape(tape).try_mul(x)?)?;
                let total = batch.readout.multiply(weights.retaped::<T>())?.try_add(1e-6)?;
                weighted.try_div(total)
            }
        }
    }

    fn embed<T: Tape<f32, Cpu>>(&self, parameters: &mut Parameters<'_>, batch: &Batch) -> Result<Matrix<T>, CpuError> {
        let (regular_op, weighted_op, kernel) = (parameters.next(), parameters.next(), parameters.next());
        let (shape, bias) = (parameters.linear(), parameters.linear());
        let embed_shape = |kind: &Kind| linear::<T>(kind.shape.retaped(), &shape);
        let look_up = |table: &Matrix, hot: &SparsePair| hot.multiply(table.retaped::<T>());
        let kind = &batch.regular;
        let regular = (look_up(&regular_op, &kind.op)?, embed_shape(kind)?).try_concat_along(Axis::<1>)?;
        let kind = &batch.weighted;
        let biases = add_bias(kind.bias.multiply(bias.0.retaped::<T>())?, &bias.1)?;
        let weighted = (look_up(&weighted_op, &kind.op)?, embed_shape(kind)?).try_concat_along(Axis::<1>)?;
        let weighted = (weighted, look_up(&kernel, &kind.kernel[0])?).try_concat_along(Axis::<1>)?;
        let weighted = (weighted, look_up(&kernel, &kind.kernel[1])?).try_concat_along(Axis::<1>)?;
        let weighted = (weighted, biases).try_concat_along(Axis::<1>)?;
        batch.select.multiply((regular, weighted).try_concat_along(Axis::<0>)?)
    }

    fn head<T: Tape<f32, Cpu>>(
        &self,
        parameters: &mut Parameters<'_>,
        rows: Matrix<T>,
        cases: usize,
    ) -> Result<Matrix<T>, CpuError> {
        let width = self.architecture.reads.rows() * self.architecture.hidden;
        let mut x = rows.try_reshape_like(&(cases, width))?;
        for at in 0..HEAD {
            x = linear(x, &parameters.linear())?;
            if at == 1 {
                x = x.try_relu()?;
            }
        }
        Ok(x)
    }
}

/// The parameters in the order of the layout, which the forward pass walks as well.
struct Parameters<'a>(std::slice::Iter<'a, Matrix>);

impl Parameters<'_> {
    fn next(&mut self) -> Matrix {
        self.0.next().cloned().unwrap_or_else(|| Cpu::default().zeros_like(&(0, 0)))
    }

    /// Weight and bias.
    fn linear(&mut self) -> (Matrix, Matrix) {
        (self.next(), self.next())
    }
}

fn gin<T: Tape<f32, Cpu>>(
    x: Matrix<T>,
    parameters: &mut Parameters<'_>,
    both: &SparsePair,
) -> Result<Matrix<T>, CpuError> {
    let (epsilon, first, second) = (parameters.next(), parameters.linear(), parameters.linear());
    let (rows, width) = *x.shape();
    let (x, tape) = x.split_tape();
    // (1 + ε) x: the product of a column of ones, ε, and a row of ones is ε everywhere.
    let scale = ones(rows).multiply(epsilon.retaped::<T>())?;
    let own = widen(scale, width)?.try_add(1.0)?.try_mul(x.clone().put_tape(tape))?;
    let stacked = (own, x.retaped::<T>()).try_concat_along(Axis::<1>)?.try_reshape_like(&(2 * rows, width))?;
    let joined = both.multiply(stacked)?;
    linear(linear(joined, &first)?.try_relu()?, &second)?.try_tanh()
}

fn gat<T: Tape<f32, Cpu>>(
    x: Matrix<T>,
    parameters: &mut Parameters<'_>,
    sender: &SparsePair,
    receiver: &SparsePair,
    sum: &SparsePair,
) -> Result<Matrix<T>, CpuError> {
    let ((weight, bias), sends, receives) = (parameters.linear(), parameters.next(), parameters.next());
    let (products, tape) = x.try_matmul(weight)?.split_tape();
    let width = products.shape().1;
    let sent = sender.multiply(products.clone().put_tape(tape).try_matmul(sends)?)?;
    let own = receiver.multiply(products.retaped::<T>().try_matmul(receives)?)?;
    let (scores, tape) = sent.try_add(own)?.split_tape();
    // A leaky ReLU: a fifth of what is below zero stays.
    let below = scores.retaped::<T>().try_mul(0.2)?;
    let scores = scores.put_tape(tape).try_relu()?.try_mul(0.8)?.try_add(below)?;
    let (weights, tape) = widen(scores.try_exp()?, width)?.split_tape();
    let messages = sender.multiply(products.retaped::<T>())?;
    let weighted = sum.multiply(weights.clone().put_tape(tape).try_mul(messages)?)?;
    let total = sum.multiply(weights.retaped::<T>())?;
    add_bias(weighted.try_div(total)?, &bias)?.try_tanh()
}

/// Copies a column `width` times.
fn widen<T: Tape<f32, Cpu>>(column: Matrix<T>, width: usize) -> Result<Matrix<T>, CpuError> {
    let row = Cpu::default().ones_like(&(1usize, width));
    column.try_matmul(row)
}

/// A matrix of ones with one column: it copies a bias row into every row.
fn ones(rows: usize) -> SparsePair {
    Sparse::one_hot(1, std::iter::repeat_n(0, rows)).into()
}

fn add_bias<T: Tape<f32, Cpu>>(x: Matrix<T>, bias: &Matrix) -> Result<Matrix<T>, CpuError> {
    let bias = ones(x.shape().0).multiply(bias.retaped::<T>())?;
    x.try_add(bias)
}

fn linear<T: Tape<f32, Cpu>>(x: Matrix<T>, (weight, bias): &(Matrix, Matrix)) -> Result<Matrix<T>, CpuError> {
    add_bias(x.try_matmul(weight.clone())?, bias)
}

/// A standard normal number (Box-Muller).
fn normal(rng: &mut impl Rng) -> f32 {
    let (radius, angle): (f32, f32) = (rng.random_range(f32::MIN_POSITIVE..1.0), rng.random_range(0.0..1.0));
    (-2.0 * radius.ln()).sqrt() * (std::f32::consts::TAU * angle).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_counts_are_the_specification_s() {
        // Used in forward (release §6.3).
        let count = |architecture| Model::new(architecture, 0, &Cpu::default()).count();
        assert_eq!(count(Architecture::default()), 51_135);
        assert_eq!(count(Architecture::gnn()), 18_047);
    }
}
