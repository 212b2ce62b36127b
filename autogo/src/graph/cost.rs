//! The costs of a graph: multiply-adds, FLOPs, parameters, activation bytes.

use super::{Graph, Op, Shape, Weighted};
use serde::{Deserialize, Serialize};

/// The rule by which FLOPs are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Convention {
    /// Twice the multiply-adds of convolutions and dense layers, nothing else: the usual figure of papers.
    Usual,
    /// The counter of the release ([release §1.5](crate::doc::release#s1-5)): batch norm, activations, pools
    /// and adds count too, a dense layer always counts a bias, and every node counts once for each distinct operand.
    Original,
}

/// The cost of one inference with batch 1.
///
/// ```
/// use autogo::graph::Convention;
/// let cost = autogo::tutorials::toy()?.cost();
/// assert_eq!((cost.multiply_adds, cost.params), (3 * 3 * 3 * 8 * 8 * 4, 3 * 3 * 3 * 4 + 4));
/// assert_eq!((cost.flops(Convention::Usual), cost.flops(Convention::Original)), (13_824, 15_872));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Multiply-adds of convolutions and dense layers.
    pub multiply_adds: u64,
    /// FLOPs under [`Convention::Usual`].
    pub flops: u64,
    /// FLOPs under [`Convention::Original`].
    pub flops_original: u64,
    /// Trainable parameters; batch norm has a scale and a shift per channel.
    pub params: u64,
    /// Bytes of all results at one byte an element.
    pub activation_bytes: u64,
}

impl Cost {
    /// Both together; sums that do not fit stay at the largest number.
    pub fn plus(self, other: Cost) -> Cost {
        Cost {
            multiply_adds: self.multiply_adds.saturating_add(other.multiply_adds),
            flops: self.flops.saturating_add(other.flops),
            flops_original: self.flops_original.saturating_add(other.flops_original),
            params: self.params.saturating_add(other.params),
            activation_bytes: self.activation_bytes.saturating_add(other.activation_bytes),
        }
    }

    /// FLOPs by the given convention.
    pub fn flops(&self, convention: Convention) -> u64 {
        match convention {
            Convention::Usual => self.flops,
            Convention::Original => self.flops_original,
        }
    }
}

/// The largest count of one node. Larger ones are refused when the graph is built, so sums stay inside 64 bits.
pub(super) const NODE_LIMIT: u64 = 1 << 44;

/// Cost of one node with its first operand's shape and its number of distinct operands, or the name of the count that
/// passes [`NODE_LIMIT`].
pub(crate) fn node_cost(op: &Op, first: Shape, distinct: usize, shape: Shape) -> Result<Cost, &'static str> {
    let pixels = u64::from(shape.h) * u64::from(shape.w);
    let elements = shape.elements();
    // Products that do not fit become the largest number, which is past the limit.
    let (weights, multiply_adds) = match op.weighted() {
        Some(Weighted::Conv(conv) | Weighted::Transposed(conv)) => {
            let taps = u64::from(conv.window.kernel.0) * u64::from(conv.window.kernel.1);
            let weights = taps.saturating_mul(u64::from(first.c / conv.groups) * u64::from(shape.c));
            // Every pixel of the smaller side meets the whole kernel.
            let meets = if matches!(op, Op::Conv(_)) { pixels } else { u64::from(first.h) * u64::from(first.w) };
            (weights, weights.saturating_mul(meets))
        }
        Some(Weighted::Dense { features, .. }) => {
            let weights = u64::from(first.c) * u64::from(features);
            (weights, weights.saturating_mul(pixels))
        }
        None => (0, 0),
    };
    let bias = if op.has_bias() { u64::from(shape.c) } else { 0 };
    let params = weights.saturating_add(bias) + per_channel(op) * u64::from(shape.c);
    let counted = match op {
        Op::Conv(conv) => multiply_adds.saturating_add(if conv.bias { elements } else { 0 }),
        Op::ConvTranspose(_) => weights.saturating_mul(pixels).saturating_add(bias * pixels),
        Op::Dense { features, .. } => multiply_adds.saturating_add(u64::from(*features)),
        Op::BatchNorm | Op::ChannelAffine { .. } | Op::Affine { .. } => 2 * first.elements(),
        Op::Relu | Op::Relu6 | Op::PRelu | Op::Sigmoid | Op::Tanh | Op::Activation(_) => elements,
        Op::Pool(..) | Op::Mean | Op::Max | Op::Add | Op::Mul => elements,
        Op::Input(_) | Op::Output | Op::Concat | Op::Identity | Op::Zero => 0,
        Op::Slice { .. } | Op::Crop(_) | Op::Pad(_) | Op::Resize { .. } => 0,
        Op::DepthToSpace { .. } | Op::SpaceToDepth { .. } | Op::ChannelShuffle { .. } => 0,
    };
    let original = counted.saturating_mul(2 * distinct.max(1) as u64);
    let fits = |count: u64, what| if count <= NODE_LIMIT { Ok(count) } else { Err(what) };
    let multiply_adds = fits(multiply_adds, "multiply-adds")?;
    Ok(Cost {
        multiply_adds,
        flops: 2 * multiply_adds,
        flops_original: fits(original, "FLOPs")?,
        params: fits(params, "parameters")?,
        activation_bytes: fits(elements, "activation bytes")?,
    })
}

/// Parameters for every channel, of ops whose weights no multiply-add counts.
fn per_channel(op: &Op) -> u64 {
    match op {
        Op::BatchNorm => 2,
        Op::ChannelAffine { scale, shift } => u64::from(*scale) + u64::from(*shift),
        Op::PRelu => 1,
        Op::Input(_) | Op::Output | Op::Conv(_) | Op::ConvTranspose(_) | Op::Dense { .. } | Op::Affine { .. } => 0,
        Op::Relu | Op::Relu6 | Op::Sigmoid | Op::Tanh | Op::Activation(_) | Op::Add | Op::Mul | Op::Concat => 0,
        Op::Pool(..) | Op::Mean | Op::Max | Op::Identity | Op::Zero | Op::Slice { .. } | Op::Crop(_) | Op::Pad(_) => 0,
        Op::DepthToSpace { .. } | Op::SpaceToDepth { .. } | Op::ChannelShuffle { .. } | Op::Resize { .. } => 0,
    }
}

/// Number of distinct operands; most nodes have one or two, so looking back is quicker than sorting.
pub(super) fn distinct(operands: &[usize]) -> usize {
    match operands {
        [] => 0,
        [_] => 1,
        many => (0..many.len()).filter(|&at| !many[..at].contains(&many[at])).count(),
    }
}

impl Graph {
    /// The cost of the whole graph. O(nodes + edges).
    ///
    /// ```
    /// use autogo::families::{Family, Nb201};
    /// let best = "nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1";
    /// let cost = best.parse::<Nb201>()?.build()?.cost();
    /// assert_eq!(cost.flops_original, 312_767_892); // release §1.5
    /// assert_eq!(cost.params, 1_038_394);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn cost(&self) -> Cost {
        (0..self.len()).map(|index| self.node_cost(index)).fold(Cost::default(), Cost::plus)
    }

    /// The cost of node `index`.
    pub fn node_cost(&self, index: usize) -> Cost {
        let node = self.node(index);
        let first = self.operands(index).first().map_or(node.shape, |&operand| self.node(operand).shape);
        // The builder has made sure that every count fits.
        node_cost(&node.op, first, distinct(self.operands(index)), node.shape).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, GraphBuilder, GraphError, Window};

    #[test]
    fn counts_of_a_small_network_by_hand() {
        let mut build = GraphBuilder::new("hand");
        let x = build.add("x", Op::Input(Shape::new(4, 4, 3)), &[]).unwrap();
        let conv = Conv { filters: 8, window: Window::same(3, 2), groups: 1, bias: true };
        let y = build.add("y", Op::Conv(conv), &[x]).unwrap();
        let n = build.add("n", Op::BatchNorm, &[y]).unwrap();
        let sum = build.add("sum", Op::Add, &[y, n]).unwrap();
        let mean = build.add("mean", Op::Mean, &[sum]).unwrap();
        let dense = build.add("dense", Op::Dense { features: 10, bias: true }, &[mean]).unwrap();
        build.add("out", Op::Output, &[dense]).unwrap();
        let cost = build.finish().unwrap().cost();
        let (conv, norm, add, mean, dense) = (9 * 3 * 8 * 4 + 32, 2 * 32, 2 * 32, 8, 80 + 10);
        assert_eq!(cost.flops_original, 2 * (conv + norm + add + mean + dense));
        assert_eq!(cost.multiply_adds, 9 * 3 * 8 * 4 + 80);
        assert_eq!(cost.params, 9 * 3 * 8 + 8 + 16 + 90);
        assert_eq!(cost.activation_bytes, 48 + 32 + 32 + 32 + 8 + 10 + 10);
    }

    #[test]
    fn a_node_too_large_to_count_is_refused() {
        let mut build = GraphBuilder::new("huge");
        let x = build.add("x", Op::Input(Shape::new(1 << 20, 1 << 20, 64)), &[]);
        assert!(matches!(x, Err(GraphError::Overflow { .. })), "{x:?}");
    }
}
