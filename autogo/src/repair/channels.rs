//! The channels of a repair as linear equations in whole numbers.

use super::settings::RepairSettings;
use super::sizes::repeats;
use crate::graph::{Op, Shape};
use crate::segment::{Segment, Source};

/// Largest number of channels a repaired convolution may have.
pub(super) const MAX_CHANNELS: i64 = 10_000;

/// The sum `Σ factor · quantity + constant`. Terms are (quantity, factor), ascending by quantity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Linear {
    pub(super) terms: Vec<(usize, i64)>,
    pub(super) constant: i64,
}

impl Linear {
    pub(super) fn number(constant: i64) -> Linear {
        Linear { terms: Vec::new(), constant }
    }

    fn quantity(number: usize) -> Linear {
        Linear { terms: vec![(number, 1)], constant: 0 }
    }

    pub(super) fn add(&mut self, factor: i64, other: &Linear) {
        self.constant += factor * other.constant;
        for &(quantity, by) in &other.terms {
            self.add_term(quantity, factor * by);
        }
    }

    pub(super) fn add_term(&mut self, quantity: usize, factor: i64) {
        match self.terms.binary_search_by_key(&quantity, |term| term.0) {
            Ok(place) => {
                self.terms[place].1 += factor;
                if self.terms[place].1 == 0 {
                    self.terms.remove(place);
                }
            }
            Err(place) if factor != 0 => self.terms.insert(place, (quantity, factor)),
            Err(_) => {}
        }
    }

    fn times(&self, factor: i64) -> Linear {
        let mut times = Linear::default();
        times.add(factor, self);
        times
    }

    fn less(&self, other: &Linear) -> Linear {
        let mut difference = self.clone();
        difference.add(-1, other);
        difference
    }

    pub(super) fn value(&self, values: &[i64]) -> i64 {
        self.constant + self.terms.iter().map(|&(quantity, factor)| factor * values[quantity]).sum::<i64>()
    }
}

/// The filters of a convolution before the repair, and the cost of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Filters {
    /// The filters that the convolution had.
    pub(super) before: i64,
    /// The cost of a filter more or less.
    pub(super) weight: i64,
    /// Groups of the convolution: they must divide the filters.
    pub(super) groups: i64,
}

/// A whole number from 1 to [`MAX_CHANNELS`] that the repair chooses: the filters of a convolution, or the channels in
/// one group, where a number has to be divisible.
pub(super) type Quantity = Option<Filters>;

/// The equations and inequalities between the channels of a segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Channels {
    pub(super) quantities: Vec<Quantity>,
    /// Each is zero.
    pub(super) equations: Vec<Linear>,
    /// None is below zero.
    pub(super) floors: Vec<Linear>,
    /// The channels that every node makes.
    pub(super) made: Vec<Linear>,
    /// The quantity that is a node's filters.
    pub(super) filters: Vec<Option<usize>>,
}

/// Whether a convolution follows its input's channels: one group for each of them.
pub(super) fn is_depthwise(segment: &Segment, at: usize) -> bool {
    let read = segment.operand_shapes(at).first().map_or(0, |shape| shape.c);
    matches!(segment.nodes[at].op, Op::Conv(conv) if conv.groups > 1 && conv.groups == read)
}

impl Channels {
    /// The equations of a segment between these inputs and outputs, with a weight a node. O(nodes + edges), concats
    /// aside.
    pub(super) fn new(segment: &Segment, inputs: &[Shape], outputs: &[Shape], weights: &[i64]) -> Channels {
        let mut channels = Channels::default();
        for (at, &weight) in weights.iter().enumerate() {
            let operand = |source: &Source| match *source {
                Source::Inner(inner) => channels.made[inner].clone(),
                Source::Input(input) => Linear::number(i64::from(inputs[input].c)),
            };
            let operands: Vec<Linear> = segment.operands[at].iter().map(operand).collect();
            let (made, filters) = channels.node(segment, at, &operands, weight);
            channels.made.push(made);
            channels.filters.push(filters);
        }
        for (&node, wanted) in segment.outputs.iter().zip(outputs) {
            let wanted = Linear::number(i64::from(wanted.c));
            channels.equations.push(channels.made[node].less(&wanted));
        }
        channels
    }

    /// The channels that a node makes of its operands', and the quantity that is its filters. What the op asks of its
    /// operands becomes equations and floors.
    fn node(&mut self, segment: &Segment, at: usize, operands: &[Linear], weight: i64) -> (Linear, Option<usize>) {
        let first = operands.first().cloned().unwrap_or_default();
        let mut filters = None;
        let made = match segment.nodes[at].op {
            Op::Conv(conv) if is_depthwise(segment, at) => first.times(i64::from(conv.filters / conv.groups.max(1))),
            Op::Conv(conv) | Op::ConvTranspose(conv) => {
                let groups = i64::from(conv.groups.max(1));
                if groups > 1 {
                    let group = self.quantity(None);
                    self.equations.push(first.less(&group.times(groups)));
                }
                filters = Some(self.quantities.len());
                self.quantity(Some(Filters { before: conv.filters.into(), weight, groups }))
            }
            Op::Input(shape) => Linear::number(shape.c.into()),
            Op::Dense { features, .. } => Linear::number(features.into()),
            Op::Slice { start, channels: kept } => {
                let end = i64::from(start) + i64::from(kept);
                self.floors.push(first.less(&Linear::number(end)));
                Linear::number(kept.into())
            }
            Op::SpaceToDepth { block: (high, wide), .. } => {
                let side = |size: u32| i64::from(size.min(Shape::LIMIT));
                first.times(side(high) * side(wide))
            }
            Op::ChannelShuffle { groups } => {
                let group = self.quantity(None);
                self.equations.push(first.less(&group.times(groups.into())));
                first
            }
            Op::DepthToSpace { block, .. } => {
                let side = i64::from(block.min(Shape::LIMIT));
                let square = side * side;
                let pixel = self.quantity(None);
                self.equations.push(first.less(&pixel.times(square)));
                pixel
            }
            Op::Add | Op::Mul => {
                let repeats = repeats(segment, at);
                let whole = repeats.iter().position(|repeated| !repeated[2]).unwrap_or(0);
                let wide = operands.get(whole).cloned().unwrap_or_default();
                for (slot, (other, repeated)) in operands.iter().zip(&repeats).enumerate() {
                    match repeated[2] {
                        true => self.equations.push(other.less(&Linear::number(1))),
                        false if slot != whole => self.equations.push(wide.less(other)),
                        false => {}
                    }
                }
                wide
            }
            Op::Concat => {
                let mut sum = Linear::default();
                operands.iter().for_each(|operand| sum.add(1, operand));
                sum
            }
            Op::Output
            | Op::BatchNorm
            | Op::ChannelAffine { .. }
            | Op::Affine { .. }
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Activation(_)
            | Op::Pool(..)
            | Op::Mean
            | Op::Max
            | Op::Identity
            | Op::Zero
            | Op::Crop(_)
            | Op::Pad(_)
            | Op::Resize { .. } => first,
        };
        (made, filters)
    }

    fn quantity(&mut self, quantity: Quantity) -> Linear {
        self.quantities.push(quantity);
        Linear::quantity(self.quantities.len() - 1)
    }

    /// The cost of these values, one for every quantity.
    pub(super) fn cost(&self, values: &[i64], settings: &RepairSettings) -> i64 {
        let one = |(quantity, &value): (&Quantity, &i64)| {
            quantity.map_or(0, |filters| filters.weight * settings.penalty.of(filters.before, value))
        };
        self.quantities.iter().zip(values).map(one).sum()
    }
}
