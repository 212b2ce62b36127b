//! The network of the PSC predictor in dfdx: node embedding, six graph convolutions, means of the three parts, a head
//! (specification §6.1 to §6.3).

use super::batch::{Batch, Kind};
use super::features::{KERNELS, OPS};
use super::sparse::{Matrix, Sparse, SparsePair};
use crate::rng::Stream;
use dfdx::prelude::*;
use rand::Rng;

/// Width of node embeddings and of the encoder.
const WIDTH: usize = 32;
/// Graph convolutions.
const LAYERS: usize = 6;

/// The parameters in the order of [`layout`], each a matrix; biases are matrices of one row.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) values: Vec<Matrix>,
}

/// Names and sizes of all parameters, in order.
pub(super) fn layout() -> Vec<(String, usize, usize)> {
    let mut layout: Vec<(String, usize, usize)> = Vec::new();
    let linear = |layout: &mut Vec<_>, name: &str, inputs: usize, outputs: usize| {
        layout.push((format!("{name}.weight"), inputs, outputs));
        layout.push((format!("{name}.bias"), 1, outputs));
    };
    layout.push(("embed.regular_op".into(), OPS, 24));
    layout.push(("embed.weighted_op".into(), OPS, 14));
    layout.push(("embed.kernel".into(), KERNELS, 4));
    linear(&mut layout, "embed.shape", 6, 8);
    linear(&mut layout, "embed.bias", 2, 2);
    for layer in 0..LAYERS {
        layout.push((format!("conv{layer}.self"), WIDTH, WIDTH));
        linear(&mut layout, &format!("conv{layer}.neighbours"), WIDTH, WIDTH);
    }
    for (at, outputs) in [3 * WIDTH, 3 * WIDTH, 3 * WIDTH, 3 * WIDTH, 1].into_iter().enumerate() {
        linear(&mut layout, &format!("head{at}"), 3 * WIDTH, outputs);
    }
    layout
}

impl Model {
    /// Fresh parameters: embeddings standard normal, weights and biases uniform within 1/√inputs, as PyTorch draws them.
    pub(super) fn new(seed: u64, device: &Cpu) -> Self {
        let stream = Stream::new(seed, "psc parameters");
        let mut values = Vec::new();
        let mut inputs = 1;
        for (at, (name, rows, columns)) in layout().into_iter().enumerate() {
            let mut rng = stream.at(at as u64);
            let is_table = ["embed.regular_op", "embed.weighted_op", "embed.kernel"].contains(&name.as_str());
            if !name.ends_with(".bias") || rows > 1 {
                inputs = rows;
            }
            let bound = 1.0 / (inputs as f32).sqrt();
            let draw = |_| if is_table { normal(&mut rng) } else { rng.random_range(-bound..bound) };
            let data: Vec<f32> = (0..rows * columns).map(draw).collect();
            values.push(device.tensor_from_vec(data, (rows, columns)));
        }
        Model { values }
    }

    /// Number of parameters.
    pub(super) fn count(&self) -> usize {
        self.values.iter().map(|value| value.shape().0 * value.shape().1).sum()
    }

    /// Predictions of a batch, one row a case. With an [`OwnedTape`] the result can be differentiated.
    pub(super) fn forward<T: Tape<f32, Cpu>>(&self, batch: &Batch) -> Result<Matrix<T>, CpuError> {
        let mut parameters = self.values.iter();
        // The layout and this function walk the parameters in the same order.
        let mut next = || parameters.next().cloned().unwrap_or_else(|| Cpu::default().zeros_like(&(0, 0)));
        let (regular_op, weighted_op, kernel) = (next(), next(), next());
        let shape = (next(), next());
        let bias = (next(), next());
        let embed_shape = |kind: &Kind| linear::<T>(kind.shape.retaped(), &shape);
        let look_up = |table: &Matrix, hot: &SparsePair| hot.multiply(table.retaped::<T>());

        let kind = &batch.regular;
        let regular = (look_up(&regular_op, &kind.op)?, embed_shape(kind)?).try_concat_along(Axis::<1>)?;
        let kind = &batch.weighted;
        let biases = ones(kind.op.rows()).multiply(bias.1.retaped::<T>())?;
        let biases = kind.bias.multiply(bias.0.retaped::<T>())?.try_add(biases)?;
        let weighted = (look_up(&weighted_op, &kind.op)?, embed_shape(kind)?).try_concat_along(Axis::<1>)?;
        let weighted = (weighted, look_up(&kernel, &kind.kernel[0])?).try_concat_along(Axis::<1>)?;
        let weighted = (weighted, look_up(&kernel, &kind.kernel[1])?).try_concat_along(Axis::<1>)?;
        let weighted = (weighted, biases).try_concat_along(Axis::<1>)?;

        let mut x = batch.select.multiply((regular, weighted).try_concat_along(Axis::<0>)?)?;
        for _ in 0..LAYERS {
            let (self_weight, neighbours) = (next(), (next(), next()));
            let (nodes, tape) = x.split_tape();
            let own = nodes.retaped::<T>().try_matmul(self_weight)?;
            let received = linear(batch.neighbours.multiply(nodes.put_tape(tape))?, &neighbours)?;
            x = received.try_add(own)?.try_tanh()?;
        }
        let parts = batch.readout.multiply(x)?;
        let mut x = parts.try_reshape_like(&(batch.cases, 3 * WIDTH))?;
        for at in 0..5 {
            x = linear(x, &(next(), next()))?;
            if at == 1 {
                x = x.try_relu()?;
            }
        }
        Ok(x)
    }
}

/// A matrix of ones with one column: it copies a bias row into every row.
fn ones(rows: usize) -> SparsePair {
    Sparse::one_hot(1, std::iter::repeat_n(0, rows)).into()
}

fn linear<T: Tape<f32, Cpu>>(x: Matrix<T>, (weight, bias): &(Matrix, Matrix)) -> Result<Matrix<T>, CpuError> {
    let bias = ones(x.shape().0).multiply(bias.retaped::<T>())?;
    x.try_matmul(weight.clone())?.try_add(bias)
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
    fn the_parameter_count_is_the_specification_s() {
        // 51,135 used in forward (specification §6.3).
        assert_eq!(Model::new(0, &Cpu::default()).count(), 51_135);
    }
}
