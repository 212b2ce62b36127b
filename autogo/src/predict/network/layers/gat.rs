//! The graph attention network with one head: `h' = tanh(Σ αᵤ hᵤ W + b)`, where `u` runs over a node and the nodes that
//! it receives from (Veličković et al., *Graph Attention Networks*, 2018). The attention `αᵤ` is the share of
//! `exp(leaky_relu(hᵤ W s + h W r))` in the sum of them; the leaky ReLU keeps a fifth of what is below zero.
//!
//! # Shapes
//! * `h`, `h'`: nodes × hidden
//! * `weight` (`W`): hidden × hidden; `bias` (`b`): 1 × hidden
//! * `sender` (`s`), `receiver` (`r`): hidden × 1

use super::linear::{add_bias, widen};
use super::{Layer, Messages, foreign_matrices};
use crate::error::Error;
use crate::predict::network::matrix::Matrix;
use crate::predict::network::parameters::{Layout, Weights};
#[cfg(test)]
use crate::predict::network::plain::{PlainWeights, Vector, plus, scaled};
use crate::predict::network::sparse::{Sparse, SparsePair};
use dfdx::prelude::*;

pub(super) struct Gat;

impl Layer for Gat {
    fn parameters(hidden: usize) -> Layout {
        Layout::default().linear("", hidden, hidden).matrix("sender", hidden, 1).matrix("receiver", hidden, 1)
    }

    /// Three matrices. With a row for every message: the sender's row, and the receiver's own row. With a row for every
    /// node: the sum of its messages. A node sends itself a message.
    fn matrices(messages: &Messages) -> Vec<SparsePair> {
        let pairs = messages.receivers.iter().flat_map(|node| node.own_then_received().map(|from| (from, node.own)));
        let (senders, receivers): (Vec<usize>, Vec<usize>) = pairs.unzip();
        let mut sum = Sparse::new(senders.len());
        let mut next = 0;
        for node in &messages.receivers {
            let after = next + 1 + node.received.len();
            sum.push_row((next..after).map(|at| (at, 1.0)));
            next = after;
        }
        let row_of = |nodes: Vec<usize>| Sparse::one_hot(messages.senders, nodes).into();
        vec![row_of(senders), row_of(receivers), sum.into()]
    }

    fn forward<T: Tape<f32, Cpu>>(
        x: Matrix<T>,
        matrices: &[SparsePair],
        weights: &Weights<'_>,
    ) -> Result<Matrix<T>, Error> {
        let [sender, receiver, sum] = matrices else { return Err(foreign_matrices()) };
        let (weight, bias) = weights.linear("")?;
        let (products, tape) = x.try_matmul(weight)?.split_tape();
        let width = products.shape().1;
        let sent = sender.multiply(products.clone().put_tape(tape).try_matmul(weights.matrix("sender")?)?)?;
        let own = receiver.multiply(products.retaped::<T>().try_matmul(weights.matrix("receiver")?)?)?;
        let scores = leaky_relu(sent.try_add(own)?)?;
        let (shares, tape) = widen(scores.try_exp()?, width)?.split_tape();
        let messages = sender.multiply(products.retaped::<T>())?;
        let weighted = sum.multiply(shares.clone().put_tape(tape).try_mul(messages)?)?;
        let total = sum.multiply(shares.retaped::<T>())?;
        Ok(add_bias(weighted.try_div(total)?, &bias)?.try_tanh()?)
    }

    #[cfg(test)]
    fn reference(own: &[f64], received: &[&[f64]], weights: &PlainWeights<'_>) -> Vector {
        let product = |x: &[f64]| weights.times(x, "weight");
        let score = |x: &[f64], by: &str| weights.times(&product(x), by)[0];
        let senders: Vec<&[f64]> = std::iter::once(own).chain(received.iter().copied()).collect();
        let leaky = |score: f64| if score > 0.0 { score } else { 0.2 * score };
        let shares: Vec<f64> =
            senders.iter().map(|x| leaky(score(x, "sender") + score(own, "receiver")).exp()).collect();
        let total: f64 = shares.iter().sum();
        let messages = senders.iter().zip(&shares).map(|(x, share)| scaled(&product(x), share / total));
        let sum = messages.fold(vec![0.0; own.len()], |sum, message| plus(&sum, &message));
        plus(&sum, &weights.row("bias", 0)).into_iter().map(f64::tanh).collect()
    }
}

/// A ReLU that keeps a fifth of what is below zero.
fn leaky_relu<T: Tape<f32, Cpu>>(x: Matrix<T>) -> Result<Matrix<T>, Error> {
    let (x, tape) = x.split_tape();
    let below = x.retaped::<T>().try_mul(0.2)?;
    Ok(x.put_tape(tape).try_relu()?.try_mul(0.8)?.try_add(below)?)
}
