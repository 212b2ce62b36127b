//! The change that an op makes to one side of a picture, and the strides that a window may get.

use crate::graph::{Op, Padding, Shape};
use crate::segment::{Segment, Source};

/// The cost of a changed stride, in channels.
pub(super) const STRIDE_COST: i64 = 100;

/// Height or width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Height,
    Width,
}

impl Side {
    pub(super) const BOTH: [Side; 2] = [Side::Height, Side::Width];

    pub(super) fn of(self, pair: (u32, u32)) -> u32 {
        if self == Side::Height { pair.0 } else { pair.1 }
    }

    pub(super) fn size(self, shape: Shape) -> i64 {
        i64::from(if self == Side::Height { shape.h } else { shape.w })
    }
}

/// The rule by which an op changes one side of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// `ceil((size + offset) / stride)`: a window whose stride may be chosen. SAME has the offset 0, the others
    /// `padding - kernel + 1`.
    Window { kernel: u32, stride: u32, offset: i64 },
    /// `size · factor + offset`.
    Affine { factor: i64, offset: i64 },
    /// `size / factor`, of sizes that the factor divides.
    Divided { factor: i64 },
    /// Always this size.
    Fixed(i64),
}

impl Rule {
    /// The rule of node `at`. The pixels that a transposed convolution adds are read off the shapes that the segment
    /// has.
    pub(super) fn of(segment: &Segment, at: usize, side: Side) -> Rule {
        let affine = |factor: u32, offset: i64| Rule::Affine { factor: i64::from(factor), offset };
        let ends = |border: crate::graph::Border| match side {
            Side::Height => i64::from(border.top) + i64::from(border.bottom),
            Side::Width => i64::from(border.left) + i64::from(border.right),
        };
        let node = &segment.nodes[at];
        match node.op {
            Op::ConvTranspose(conv) => {
                let read = segment.operand_shapes(at).first().map_or(1, |shape| side.size(*shape));
                let stride = side.of(conv.window.stride);
                affine(stride, side.size(node.shape) - read * i64::from(stride))
            }
            Op::Conv(_) | Op::Pool(..) => match node.op.window() {
                Some(window) => {
                    let kernel = side.of(window.span());
                    let offset = match window.padding {
                        Padding::Same => 0,
                        Padding::Valid => 1 - i64::from(kernel),
                        Padding::Explicit(border) | Padding::Cut { border, .. } => 1 - i64::from(kernel) + ends(border),
                    };
                    Rule::Window { kernel, stride: side.of(window.stride), offset }
                }
                None => affine(1, 0),
            },
            Op::Input(shape) => Rule::Fixed(side.size(shape)),
            Op::Mean | Op::Max => Rule::Fixed(1),
            Op::Pad(border) => affine(1, ends(border)),
            Op::Crop(border) => affine(1, -ends(border)),
            Op::DepthToSpace { block, .. } => affine(block, 0),
            Op::SpaceToDepth { block, .. } => Rule::Divided { factor: i64::from(side.of(block)) },
            Op::Resize { factor, .. } => affine(factor, 0),
            Op::Output
            | Op::Dense { .. }
            | Op::BatchNorm
            | Op::ChannelAffine { .. }
            | Op::Affine { .. }
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Activation(_)
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Identity
            | Op::Zero
            | Op::ChannelShuffle { .. }
            | Op::Slice { .. } => affine(1, 0),
        }
    }

    /// The size that the op makes of `size` with this stride; `None` where `size` does not fit.
    pub(super) fn apply(self, size: i64, stride: u32) -> Option<i64> {
        let made = match self {
            Rule::Window { offset, .. } => {
                let reach = size + offset;
                if reach < 1 || stride == 0 {
                    return None;
                }
                (reach + i64::from(stride) - 1) / i64::from(stride)
            }
            Rule::Affine { factor, offset } => size * factor + offset,
            Rule::Divided { factor } if factor < 1 || size % factor != 0 => return None,
            Rule::Divided { factor } => size / factor,
            Rule::Fixed(size) => size,
        };
        (1..=i64::from(Shape::LIMIT)).contains(&made).then_some(made)
    }

    /// The strides that can matter where no size above `largest` is read, its own first; one stride, which has no say,
    /// for what is no window. They are 1, 2 and 4, and its own once, twice and four times. Of those that leave one
    /// pixel of every size, the smallest is enough: it costs the least.
    pub(super) fn strides(self, largest: i64) -> Vec<u32> {
        let Rule::Window { stride: own, offset, .. } = self else { return vec![1] };
        let mut strides: Vec<u32> = [1, 2, 4, own.saturating_mul(2), own.saturating_mul(4)].into();
        let leaves_one = |stride: u32| i64::from(stride) >= largest + offset;
        strides.retain(|&stride| stride < own || (stride > own && !leaves_one(own)));
        strides.sort_unstable();
        strides.dedup();
        let first = strides.iter().position(|&stride| leaves_one(stride)).map_or(strides.len(), |first| first + 1);
        strides.truncate(first);
        strides.insert(0, own);
        strides
    }

    /// Whether a changed stride passes over pixels that no window sees.
    pub(super) fn skips(self, stride: u32) -> bool {
        matches!(self, Rule::Window { kernel, stride: own, .. } if stride != own && stride > kernel)
    }
}

/// Whether an operand of node `at` is repeated along height, width and channels: a size of 1 in a sum or product that
/// is wider, in the network that the segment comes from. An operand that is repeated there is repeated everywhere, and
/// no other is.
pub(super) fn repeated(segment: &Segment, at: usize, source: Source) -> [bool; 3] {
    let node = &segment.nodes[at];
    if !node.op.is_broadcast() {
        return [false; 3];
    }
    let sizes = |shape: Shape| [shape.h, shape.w, shape.c];
    let (read, made) = (sizes(segment.source_shape(source)), sizes(node.shape));
    std::array::from_fn(|side| read[side] == 1 && made[side] > 1)
}

/// For every operand of node `at`, whether it is repeated along height, width and channels.
pub(super) fn repeats(segment: &Segment, at: usize) -> Vec<[bool; 3]> {
    segment.operands[at].iter().map(|&source| repeated(segment, at, source)).collect()
}

/// Whether the operands of node `at` are repeated as `before` says. One that was repeated has one pixel or channel
/// again.
pub(super) fn repeats_as(before: &[[bool; 3]], segment: &Segment, at: usize) -> bool {
    let sizes = |shape: Shape| [shape.h, shape.w, shape.c];
    let reads = segment.operands[at].iter().map(|&source| sizes(segment.source_shape(source)));
    let same = |((now, before), read): ((&[bool; 3], &[bool; 3]), [u32; 3])| {
        (0..3).all(|side| if before[side] { read[side] == 1 } else { !now[side] })
    };
    repeats(segment, at).iter().zip(before).zip(reads).all(same)
}

/// The cost of a node's strides, before its weight: 0 when both strides are the node's own, [`STRIDE_COST`] when one or
/// both differ, and twice as much when a changed stride skips pixels, so that pixels are skipped only where nothing
/// cheaper fits.
pub(super) fn stride_cost(rules: [Rule; 2], strides: [u32; 2]) -> i64 {
    let own = |rule: Rule, stride: u32| !matches!(rule, Rule::Window { stride: own, .. } if own != stride);
    if own(rules[0], strides[0]) && own(rules[1], strides[1]) {
        return 0;
    }
    let skips = rules[0].skips(strides[0]) || rules[1].skips(strides[1]);
    STRIDE_COST * (1 + i64::from(skips))
}

/// One plus the number of descendants of every node inside the segment.
pub(super) fn weights(segment: &Segment) -> Vec<i64> {
    use crate::segment::Source;
    let count = segment.nodes.len();
    let words = count.div_ceil(64);
    let mut below = vec![0u64; count * words];
    for at in (0..count).rev() {
        below[at * words + at / 64] |= 1 << (at % 64);
        for source in &segment.operands[at] {
            if let Source::Inner(inner) = *source {
                let (head, tail) = below.split_at_mut(at * words);
                let reader = &tail[..words];
                head[inner * words..(inner + 1) * words].iter_mut().zip(reader).for_each(|(seen, new)| *seen |= new);
            }
        }
    }
    let ones = |at: usize| below[at * words..(at + 1) * words].iter().map(|word| i64::from(word.count_ones())).sum();
    (0..count).map(ones).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Border, Node, Pool, Window};
    use crate::segment::Source;
    use proptest::prelude::*;

    fn pool(kernel: u32, stride: u32, padding: Padding) -> Segment {
        let window = Window::new((kernel, 1), (stride, 1), padding);
        Segment {
            nodes: vec![Node { name: "pool".into(), op: Op::Pool(Pool::Max, window), shape: Shape::new(1, 1, 1) }],
            operands: vec![vec![Source::Input(0)]],
            inputs: vec![Shape::new(1, 1, 1)],
            outputs: vec![0],
        }
    }

    #[test]
    fn strides_beyond_the_picture_are_left_out() {
        let rule = |stride| Rule::of(&pool(3, stride, Padding::Same), 0, Side::Height);
        assert_eq!(rule(1).strides(32), [1, 2, 4]);
        assert_eq!(rule(2).strides(32), [2, 1, 4, 8]);
        assert_eq!(rule(1).strides(1), [1]);
        assert_eq!(rule(2).strides(3), [2, 1, 4]);
        assert_eq!(stride_cost([rule(1), rule(1)], [1, 1]), 0);
        assert_eq!(stride_cost([rule(1), rule(1)], [2, 1]), 100);
        assert_eq!(stride_cost([rule(1), rule(1)], [1, 4]), 200); // a kernel of 3 with stride 4 skips pixels
    }

    proptest! {
        #[test]
        fn sizes_are_those_of_shape_inference(
            size in 1u32..40, kernel in 1u32..6, stride in 1u32..9, kind in 0u8..3, top in 0u32..3, bottom in 0u32..3,
        ) {
            let border = Border { top, bottom, left: 0, right: 0 };
            let padding = [Padding::Same, Padding::Valid, Padding::Explicit(border)][usize::from(kind)];
            let segment = pool(kernel, stride, padding);
            let made = Rule::of(&segment, 0, Side::Height).apply(i64::from(size), stride);
            let inferred = segment.nodes[0].op.infer(&[Shape::new(size, 1, 1)]).ok();
            prop_assert_eq!(made, inferred.map(|shape| i64::from(shape.h)));
        }
    }
}
