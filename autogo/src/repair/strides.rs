//! The strides of a repair by exact means: which sizes can occur, then one sweep over those.

use super::sizes::{Rule, Side, repeated, repeats, stride_cost};
use super::sweep::{Choice, Plan, Sizes, Swept, sweep};
use crate::graph::{Op, Shape};
use crate::segment::{Segment, Source};

/// Strides along height and width for every node; what is no window has ones.
pub(super) type Strides = Vec<[u32; 2]>;

/// The sizes of one side that can occur between the given inputs and outputs, were it the only side.
struct Reach {
    rules: Vec<Rule>,
    /// The strides that can matter.
    strides: Vec<Vec<u32>>,
    /// Sizes of every node from which the outputs can be reached, ascending.
    sizes: Vec<Vec<i64>>,
}

fn joins(op: &Op) -> bool {
    matches!(op, Op::Add | Op::Mul | Op::Concat)
}

impl Reach {
    /// `None` when some output cannot be reached.
    fn new(segment: &Segment, inputs: &[Shape], outputs: &[Shape], side: Side) -> Option<Reach> {
        let count = segment.nodes.len();
        let mut reach =
            Reach { rules: Vec::with_capacity(count), strides: Vec::with_capacity(count), sizes: Vec::new() };
        let mut sizes: Vec<Vec<i64>> = Vec::with_capacity(count);
        for at in 0..count {
            let mut read: Option<Vec<i64>> = None;
            for &source in &segment.operands[at] {
                let one = match source {
                    Source::Inner(inner) => sizes[inner].clone(),
                    Source::Input(input) => vec![side.size(inputs[input])],
                };
                if repeated(segment, at, source)[side as usize] {
                    if one.binary_search(&1).is_err() {
                        return None;
                    }
                    continue;
                }
                match &mut read {
                    None => read = Some(one),
                    Some(read) => read.retain(|size| one.binary_search(size).is_ok()),
                }
            }
            let read = read.unwrap_or_else(|| vec![1]);
            let rule = Rule::of(segment, at, side);
            let strides = rule.strides(read.last().copied().unwrap_or(1));
            let mut made: Vec<i64> = read
                .iter()
                .flat_map(|&size| strides.iter().filter_map(move |&stride| rule.apply(size, stride)))
                .collect();
            made.sort_unstable();
            made.dedup();
            sizes.push(made);
            reach.rules.push(rule);
            reach.strides.push(strides);
        }
        for (&node, wanted) in segment.outputs.iter().zip(outputs) {
            let wanted = side.size(*wanted);
            sizes[node].retain(|&size| size == wanted);
        }
        for at in (0..count).rev() {
            if sizes[at].is_empty() {
                return None;
            }
            for &source in &segment.operands[at] {
                let Source::Inner(inner) = source else { continue };
                let (head, tail) = sizes.split_at_mut(at);
                if repeated(segment, at, source)[side as usize] {
                    head[inner].retain(|&size| size == 1);
                    continue;
                }
                let leads_on = |&size: &i64| {
                    let makes = |&stride: &u32| {
                        let made = reach.rules[at].apply(size, stride);
                        made.is_some_and(|made| tail[0].binary_search(&made).is_ok())
                    };
                    reach.strides[at].iter().any(makes)
                };
                head[inner].retain(leads_on);
            }
        }
        reach.sizes = sizes;
        Some(reach)
    }

    /// Strides of node `at` for an operand of `size`, and what they make.
    fn ways(&self, at: usize, size: i64) -> impl Iterator<Item = (u32, i64)> + '_ {
        let made = move |&stride: &u32| Some((stride, self.rules[at].apply(size, stride)?));
        self.strides[at].iter().filter_map(made).filter(move |(_, made)| self.sizes[at].binary_search(made).is_ok())
    }
}

/// The cheapest strides with which the segment makes the sizes of `outputs` of those of `inputs`; channels have no say.
pub(super) fn strides(segment: &Segment, inputs: &[Shape], outputs: &[Shape], weights: &[i64]) -> Swept<[u32; 2]> {
    let sides = Side::BOTH.map(|side| Reach::new(segment, inputs, outputs, side));
    let [Some(high), Some(wide)] = sides else { return Swept::Nothing };
    let sizes: Vec<Sizes> =
        inputs.iter().map(|shape| [Side::Height.size(*shape), Side::Width.size(*shape), 0]).collect();
    let plan = Plan { operands: &segment.operands, inputs: &sizes };
    let joins: Vec<_> =
        segment.nodes.iter().enumerate().map(|(at, node)| joins(&node.op).then(|| repeats(segment, at))).collect();
    sweep(&plan, |at, read, found| {
        let mut first = read.first().copied().unwrap_or([1, 1, 0]);
        if let Some(repeats) = &joins[at] {
            for side in 0..2 {
                let whole = repeats.iter().position(|repeated| !repeated[side]).unwrap_or(0);
                first[side] = read[whole][side];
                let fits = |(other, repeated): (&Sizes, &[bool; 3])| {
                    other[side] == if repeated[side] { 1 } else { first[side] }
                };
                if !read.iter().zip(repeats).all(fits) {
                    return;
                }
            }
        }
        for (down, h) in high.ways(at, first[0]) {
            for (across, w) in wide.ways(at, first[1]) {
                let cost = weights[at] * stride_cost([high.rules[at], wide.rules[at]], [down, across]);
                found.push(Choice { made: [h, w, 0], cost, choice: [down, across] });
            }
        }
    })
}
