//! A name for a graph that does not depend on node names, node order or the machine.

use super::{Border, Conv, Graph, Interpolation, Op, Pool, Shape, Window};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A 128-bit content id: equal for isomorphic graphs (same ops, parameters, shapes and operand order where it matters),
/// whatever the names and the order of the nodes.
///
/// Weisfeiler-Lehman colours, refined along the edges from the input to the output and back, twice. Two graphs that
/// colour refinement cannot tell apart would share an id; no such pair is known among networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContentId(pub(crate) u64, pub(crate) u64);

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.0, self.1)
    }
}

impl FromStr for ContentId {
    type Err = String;

    /// Reads what `Display` writes: 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, String> {
        let half = |range: std::ops::Range<usize>| u64::from_str_radix(text.get(range)?, 16).ok();
        let halves = if text.len() == 32 { half(0..16).zip(half(16..32)) } else { None };
        halves.map(|(low, high)| ContentId(low, high)).ok_or_else(|| format!("`{text}` is no content id of 32 digits"))
    }
}

/// SplitMix64's output function: a bijection that spreads every bit.
pub(crate) fn scramble(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Folds `value` into `state`; the order of folding matters.
pub(crate) fn mix(state: u64, value: u64) -> u64 {
    scramble(state.rotate_left(23) ^ scramble(value))
}

/// The id of a multiset of colours.
pub(crate) fn combine(colours: impl Iterator<Item = u64>) -> ContentId {
    let (mut count, mut low, mut high) = (0u64, 0u64, 0u64);
    for colour in colours {
        count += 1;
        low = low.wrapping_add(scramble(colour));
        high = high.wrapping_add(scramble(colour ^ 0xa5a5_a5a5_5a5a_5a5a));
    }
    ContentId(mix(low, count), mix(high, !count))
}

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

    /// Whether the order of the operands changes the result.
    pub(crate) fn is_ordered(&self) -> bool {
        matches!(self, Op::Concat)
    }
}

/// Refines node colours through a DAG whose nodes stand in execution order.
///
/// `operands[v]` lists the operands of `v` in slot order; `ordered[v]` says whether that order matters.
pub(crate) fn refine(colours: &mut [u64], operands: &[Vec<usize>], ordered: &[bool]) {
    for _ in 0..2 {
        for v in 0..colours.len() {
            let below = operands[v]
                .iter()
                .enumerate()
                .map(|(slot, &u)| mix(colours[u], if ordered[v] { slot as u64 + 1 } else { 0 }));
            let sum = below.fold(operands[v].len() as u64, |sum, colour| sum.wrapping_add(scramble(colour)));
            colours[v] = mix(colours[v], sum);
        }
        let mut above = vec![0u64; colours.len()];
        for v in (0..colours.len()).rev() {
            colours[v] = mix(colours[v], above[v]);
            for (slot, &u) in operands[v].iter().enumerate() {
                let seen = mix(colours[v], if ordered[v] { slot as u64 + 1 } else { 0 });
                above[u] = above[u].wrapping_add(scramble(seen));
            }
        }
    }
}

impl Graph {
    /// The graph's content id. O(nodes + edges).
    ///
    /// ```
    /// use autogo::families::{Family, Nb201};
    /// // With a skip on the first edge both branches read the same node, and an add does not care who comes first.
    /// let id = |spec: &str| Ok::<_, autogo::Error>(spec.parse::<Nb201>()?.build()?.content_id());
    /// assert_eq!(
    ///     id("skip_connect,nor_conv_1x1,nor_conv_3x3,none,none,none")?,
    ///     id("skip_connect,nor_conv_3x3,nor_conv_1x1,none,none,none")?,
    /// );
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn content_id(&self) -> ContentId {
        let read =
            |index: usize| self.operands(index).first().map_or(self.node(index).shape, |&at| self.node(at).shape);
        let mut colours: Vec<u64> = (0..self.len()).map(|index| self.node(index).op.colour(read(index))).collect();
        let ordered: Vec<bool> = self.nodes().map(|node| node.op.is_ordered()).collect();
        refine(&mut colours, &self.operands, &ordered);
        combine(colours.into_iter())
    }
}
