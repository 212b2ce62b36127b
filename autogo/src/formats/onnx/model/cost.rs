//! Multiply-adds and parameters of a normalised network.

use super::kind::Kind;
use super::window::Conv;
use super::{Layer, Model, Shape};
use std::collections::HashSet;

/// The cost of one inference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Multiply-adds of convolutions and dense layers.
    pub multiply_adds: u64,
    /// Parameters: what training changes. A tensor that several layers read counts once, a bias of one number counts
    /// one, the mean and variance of a batch norm count nothing, and neither do single factors and summands.
    pub parameters: u64,
}

/// Multiply-adds of one layer with its first operand's shape.
fn multiply_adds(kind: &Kind, first: Shape, shape: Shape) -> u64 {
    let pixels = |shape: Shape| u64::from(shape.h) * u64::from(shape.w);
    let weights = |conv: &Conv| {
        let taps = u64::from(conv.window.kernel.0) * u64::from(conv.window.kernel.1);
        taps.saturating_mul(u64::from(first.c / conv.groups.max(1))).saturating_mul(u64::from(conv.filters))
    };
    match kind {
        Kind::Conv(conv) => weights(conv).saturating_mul(pixels(shape)),
        // Every pixel of the smaller side meets the whole kernel.
        Kind::ConvTranspose(op) => weights(&op.conv).saturating_mul(pixels(first)),
        Kind::Dense { features, .. } => {
            pixels(shape).saturating_mul(u64::from(first.c)).saturating_mul(u64::from(*features))
        }
        Kind::Input
        | Kind::Output
        | Kind::Identity
        | Kind::Zero
        | Kind::BatchNorm { .. }
        | Kind::ChannelAffine { .. }
        | Kind::Affine { .. }
        | Kind::Activation(_)
        | Kind::Inner(_)
        | Kind::Add
        | Kind::Mul
        | Kind::Concat
        | Kind::Pool(_)
        | Kind::Mean
        | Kind::Max
        | Kind::Channels { .. }
        | Kind::Crop(_)
        | Kind::Pad { .. }
        | Kind::DepthToSpace { .. }
        | Kind::SpaceToDepth { .. }
        | Kind::ChannelShuffle { .. }
        | Kind::Resize(_) => 0,
    }
}

/// The weights of a layer that training changes.
fn trained(layer: &Layer) -> &[usize] {
    let count = match layer.kind {
        // Not the mean and the variance.
        Kind::BatchNorm { .. } => 2,
        // A number that the file writes, not one that it learns.
        Kind::Affine { .. } => 0,
        _ => layer.weights.len(),
    };
    layer.weights.get(..count).unwrap_or(&layer.weights)
}

impl Model {
    /// Multiply-adds of layer `index`.
    pub fn multiply_adds(&self, index: usize) -> u64 {
        self.layers.get(index).map_or(0, |layer| {
            let first = layer.operands.first().and_then(|&operand| self.layers.get(operand));
            multiply_adds(&layer.kind, first.map_or(layer.shape, |first| first.shape), layer.shape)
        })
    }

    /// Parameters of every layer, those that an earlier layer has already counted left out.
    pub fn parameters(&self) -> Vec<u64> {
        let mut seen = HashSet::new();
        let mut count = |layer: &Layer| {
            let new = trained(layer).iter().filter_map(|&weight| self.weights.get(weight));
            new.filter(|weight| seen.insert(weight.identity)).map(|weight| weight.counted).sum()
        };
        self.layers.iter().map(&mut count).collect()
    }

    /// The cost of the whole network.
    pub fn cost(&self) -> Cost {
        let multiply_adds = (0..self.layers.len()).map(|index| self.multiply_adds(index)).fold(0, u64::saturating_add);
        Cost { multiply_adds, parameters: self.parameters().into_iter().fold(0, u64::saturating_add) }
    }
}
