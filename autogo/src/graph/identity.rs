//! Names of graphs: what is hashed of an op, and which graphs have one name.

use super::ids::{ContentId, FormulaId, mix};
use super::terms::{Role, Terms, Zeros};
use super::{Border, Conv, Graph, Interpolation, Op, Pool, Shape, Window};

impl Op {
    /// The op with all its parameters, over a first operand of shape `read`, as one colour. A window counts by the pixels
    /// it pads, not by the rule they come from. Stable: the numbers below are part of every stored id.
    pub(crate) fn colour(&self, read: Shape) -> u64 {
        let border = |state: u64, at: Border| {
            [at.top, at.left, at.bottom, at.right].iter().fold(state, |state, &size| mix(state, u64::from(size)))
        };
        let convolution = |state: u64, conv: &Conv| {
            let words = [u64::from(conv.filters), u64::from(conv.groups), u64::from(conv.bias)];
            words.iter().fold(state, |state, &word| mix(state, word))
        };
        let window = |state: u64, window: &Window| {
            let words = [window.kernel.0, window.kernel.1, window.stride.0, window.stride.1];
            let state = words.iter().fold(state, |state, &word| mix(state, u64::from(word)));
            border(state, window.border(read.h, read.w))
        };
        match self {
            Op::Input(shape) => [shape.h, shape.w, shape.c].iter().fold(1, |state, &size| mix(state, u64::from(size))),
            Op::Output => 2,
            Op::Conv(conv) => convolution(window(3, &conv.window), conv),
            Op::ConvTranspose(conv) => {
                let (cut, more) = conv.window.cut();
                let words =
                    [conv.window.kernel, conv.window.stride, more].map(|(h, w)| mix(u64::from(h), u64::from(w)));
                convolution(border(words.iter().fold(18, |state, &word| mix(state, word)), cut), conv)
            }
            Op::Dense { features, bias } => mix(mix(4, u64::from(*features)), u64::from(*bias)),
            Op::BatchNorm => 5,
            Op::Relu => 6,
            Op::Relu6 => 7,
            Op::Sigmoid => 8,
            Op::Tanh => 9,
            Op::Add => 10,
            Op::Mul => 11,
            Op::Concat => 12,
            Op::Pool(Pool::Max, at) => window(13, at),
            Op::Pool(Pool::Avg, at) => window(14, at),
            Op::Mean => 15,
            Op::Identity => 16,
            Op::Zero => 17,
            Op::PRelu => 19,
            Op::Slice { channels } => mix(20, u64::from(*channels)),
            Op::Pad(at) => border(21, *at),
            Op::DepthToSpace { block } => mix(22, u64::from(*block)),
            Op::Resize { factor, interpolation: Interpolation::Nearest } => mix(23, u64::from(*factor)),
            Op::Resize { factor, interpolation: Interpolation::Bilinear } => mix(24, u64::from(*factor)),
        }
    }
}

impl Graph {
    /// The graph's content id. O(nodes + edges).
    ///
    /// Two graphs are the same when one becomes the other by renaming and reordering nodes and by these rewrites, which
    /// change no value (but for the rounding of floating-point sums):
    ///
    /// - Sums of sums are one sum, products of products one product: a multiset of terms.
    /// - An identity is what it reads.
    /// - Zeros of one tensor are one value, however many nodes make them. A summand of zero counts: `x + zero(y)` is not `x`.
    ///
    /// A convolution that is read twice is another network than two equal convolutions that are read once each: the second
    /// has two sets of weights. [`Graph::formula_id`] does not see this difference.
    ///
    /// The id is made of Weisfeiler-Lehman colours of the terms, refined along the edges from the input to the output and
    /// back, twice. Two graphs that colour refinement cannot tell apart would share an id; no such pair is known among
    /// networks.
    ///
    /// ```
    /// use autogo::families::{Family, Nb201};
    /// // Both cells compute x + c(x) + c'(x + x), with the sums nested differently.
    /// let id = |spec: &str| Ok::<_, autogo::Error>(spec.parse::<Nb201>()?.build()?.content_id());
    /// assert_eq!(
    ///     id("skip_connect,skip_connect,skip_connect,skip_connect,nor_conv_1x1,nor_conv_1x1")?,
    ///     id("skip_connect,skip_connect,skip_connect,nor_conv_1x1,skip_connect,nor_conv_1x1")?,
    /// );
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn content_id(&self) -> ContentId {
        Terms::new(self.colours(0), self.roles(), &self.operands, Zeros::Kept).content_id()
    }

    /// The name of the formula that the graph writes down: the term of its output, spelled out. O(nodes + edges).
    ///
    /// ```
    /// use autogo::{families::{Family, Nb201}, graph::Zeros};
    /// // One 1×1 convolution that is read by two sums, and two 1×1 convolutions: one formula, two networks.
    /// let shared = "nor_conv_1x1,skip_connect,skip_connect,none,skip_connect,nor_conv_3x3".parse::<Nb201>()?.build()?;
    /// let twice = "skip_connect,skip_connect,nor_conv_1x1,none,nor_conv_1x1,nor_conv_3x3".parse::<Nb201>()?.build()?;
    /// assert_eq!(shared.formula_id(Zeros::Kept), twice.formula_id(Zeros::Kept));
    /// assert_ne!(shared.content_id(), twice.content_id());
    /// assert!(shared.cost().params < twice.cost().params);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn formula_id(&self, zeros: Zeros) -> FormulaId {
        let half = |salt: u64| Terms::new(self.colours(salt), self.roles(), &self.operands, zeros).last();
        FormulaId(ContentId(half(0), half(0xa5a5_a5a5_5a5a_5a5a)))
    }

    fn colours(&self, salt: u64) -> Vec<u64> {
        let colour = |index: usize| {
            let first = self.operands(index).first().map_or(self.node(index).shape, |&at| self.node(at).shape);
            self.node(index).op.colour(first) ^ salt
        };
        (0..self.len()).map(colour).collect()
    }

    fn roles(&self) -> Vec<Role> {
        self.nodes().map(|node| node.op.role()).collect()
    }
}
