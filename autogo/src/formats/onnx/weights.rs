//! Numbers for the weights of an exported network.

use super::tensors::NodeWeights;
use crate::files::Tensors;
use crate::graph::{Graph, Op};
use crate::rng::Stream;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The treatment of the padding of SAME windows by pools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// As TensorFlow does: padding is never the largest element, and does not count in a mean.
    #[default]
    IgnoresPadding,
    /// As the release's Torch twin does: max pools see zeros, means count them.
    CountsPadding,
}

/// The source of the weights of an exported network.
#[derive(Clone, Copy, Debug)]
pub enum Weights<'a> {
    /// None: weights become inputs of the ONNX graph.
    None,
    /// The reproducible formula of [`formula`], with the number that every node of the graph goes by in it.
    Formula(&'a dyn Numbering),
    /// He-uniform weights under a seed, zero biases, neutral batch norm.
    Seeded(u64),
    /// These, by the names of the graph's nodes: what [`FileWeights::load`](super::FileWeights::load) returns.
    Given(&'a HashMap<String, NodeWeights>),
    /// Weights by name, `INDEX:NODE.PART`, in the sizes of the ONNX file.
    Named(&'a Tensors),
}

/// The number that a node goes by in [`formula`].
pub trait Numbering: std::fmt::Debug {
    /// The number of node `index`, if it has weights of its own.
    fn number(&self, index: usize) -> Option<usize>;
}

impl Numbering for Vec<Option<usize>> {
    fn number(&self, index: usize) -> Option<usize> {
        self.get(index).copied().flatten()
    }
}

/// `count` numbers in [-1, 1): element k is `2·((1103515245·k + 12345·i + 42) mod 2³¹) / 2³¹ - 1`.
///
/// Node j takes stream 8j for its weights, times √(6 / elements of a filter); 8j+1 for biases, times 0.1; and of batch
/// norm 8j+2 for the scale (1 + 0.1u), 8j+3 the shift (0.1u), 8j+4 the mean (0.1u), 8j+5 the variance (1 + 0.2|u|). The
/// network's input is stream 7992.
///
/// ```
/// let u = autogo::formats::onnx::formula(2, 0);
/// assert_eq!(u[0], 2.0 * 42.0 / 2f64.powi(31) - 1.0);
/// ```
pub fn formula(count: usize, stream: u64) -> Vec<f64> {
    let scale = 2f64.powi(31);
    let start = 12_345u64.wrapping_mul(stream).wrapping_add(42);
    let element = |k: usize| 1_103_515_245u64.wrapping_mul(k as u64).wrapping_add(start) & 0x7fff_ffff;
    (0..count).map(|k| 2.0 * element(k) as f64 / scale - 1.0).collect()
}

/// The weights of one node.
pub(super) struct Values<'a> {
    pub(super) weights: Weights<'a>,
    pub(super) graph: &'a Graph,
    pub(super) index: usize,
}

impl Values<'_> {
    fn stream(&self, part: u64, count: usize) -> Option<Vec<f64>> {
        match self.weights {
            Weights::Formula(numbering) => Some(formula(count, 8 * numbering.number(self.index)? as u64 + part)),
            _ => None,
        }
    }

    /// Whether the weights are given one by one.
    pub(super) fn are_given(&self) -> bool {
        matches!(self.weights, Weights::Given(_))
    }

    /// The constant against division by zero that is given for a batch norm.
    pub(super) fn epsilon(&self) -> Option<f32> {
        self.node()?.epsilon
    }

    fn node(&self) -> Option<&NodeWeights> {
        match self.weights {
            Weights::Given(given) => given.get(&self.graph.node(self.index).name),
            Weights::None | Weights::Formula(_) | Weights::Seeded(_) | Weights::Named(_) => None,
        }
    }

    /// Tensor `slot` of the node, if `count` elements are given, or one element, which is repeated.
    fn given(&self, slot: usize, count: usize) -> Option<Vec<f32>> {
        let (_, values) = self.node()?.tensors.get(slot)?;
        match values.len() {
            1 => Some(vec![values[0]; count]),
            length => (length == count).then(|| values.clone()),
        }
    }

    /// Weights of `count` elements, `filter` of them a filter; `None` when the network has none.
    pub(super) fn weights(&self, count: usize, filter: usize) -> Option<Vec<f32>> {
        let bound = (6.0 / filter.max(1) as f64).sqrt();
        match self.weights {
            Weights::None | Weights::Named(_) => None,
            Weights::Given(_) => self.given(0, count),
            Weights::Formula(_) => Some(self.stream(0, count)?.into_iter().map(|u| (u * bound) as f32).collect()),
            Weights::Seeded(seed) => {
                let mut rng = Stream::new(seed, "onnx weights").at(self.index as u64);
                Some((0..count).map(|_| (rng.random_range(-1.0..1.0) * bound) as f32).collect())
            }
        }
    }

    /// A bias.
    pub(super) fn bias(&self, count: usize) -> Option<Vec<f32>> {
        match self.weights {
            Weights::None | Weights::Named(_) => None,
            Weights::Given(_) => self.given(1, count),
            Weights::Formula(_) => Some(self.stream(1, count)?.into_iter().map(|u| (0.1 * u) as f32).collect()),
            Weights::Seeded(_) => Some(vec![0.0; count]),
        }
    }

    /// Scale, shift, mean and variance of a batch norm.
    pub(super) fn norm(&self, count: usize) -> Option<[Vec<f32>; 4]> {
        let of = |part: u64, value: fn(f64) -> f64| {
            Some(self.stream(part, count)?.into_iter().map(|u| value(u) as f32).collect::<Vec<f32>>())
        };
        match self.weights {
            Weights::None | Weights::Named(_) => None,
            Weights::Given(_) => {
                let part = |slot: usize| self.given(slot, count);
                Some([part(0)?, part(1)?, part(2)?, part(3)?])
            }
            Weights::Formula(_) => Some([
                of(2, |u| 1.0 + 0.1 * u)?,
                of(3, |u| 0.1 * u)?,
                of(4, |u| 0.1 * u)?,
                of(5, |u| 1.0 + 0.2 * u.abs())?,
            ]),
            Weights::Seeded(_) => Some([vec![1.0; count], vec![0.0; count], vec![0.0; count], vec![1.0; count]]),
        }
    }

    /// Slopes of a PReLU: 1/4, PyTorch's start.
    pub(super) fn slopes(&self, count: usize) -> Option<Vec<f32>> {
        self.affine(0, count, 0.25)
    }

    /// A number a channel, of ops whose weights nothing multiplies: part `slot` of them, `neutral` where none are
    /// given.
    pub(super) fn affine(&self, slot: usize, count: usize, neutral: f32) -> Option<Vec<f32>> {
        match self.weights {
            Weights::None | Weights::Named(_) => None,
            Weights::Given(_) => self.given(slot, count),
            Weights::Formula(_) | Weights::Seeded(_) => Some(vec![neutral; count]),
        }
    }

    pub(super) fn op(&self) -> &Op {
        &self.graph.node(self.index).op
    }
}
