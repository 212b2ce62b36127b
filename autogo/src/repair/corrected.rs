//! The corrected form, from a segment and its boundary to the ops that fit: what exact means decide, then the solver.

use super::answer::{Answer, NoAnswer, PRESOLVE};
use super::channels::{Channels, is_depthwise};
use super::classes::Classes;
use super::program::{Program, whole_program};
use super::settings::RepairSettings;
use super::sizes::{Rule, Side, stride_cost, weights};
use super::strides::{Strides, strides};
use super::sweep::Swept;
use crate::graph::{Class, Conv, Op, Shape, Weighted, Window};
use crate::segment::{Segment, Source};

/// The cheapest ops, or the reason why there are none and the name of the solver that found the reason.
pub(super) fn solve(
    segment: &Segment,
    inputs: &[Shape],
    outputs: &[Shape],
    settings: &RepairSettings,
) -> Result<Answer, (NoAnswer, &'static str)> {
    let weights = weights(segment);
    let channels = Channels::new(segment, inputs, outputs, &weights);
    let by = |solver: &'static str| move |refusal: NoAnswer| (refusal, solver);
    let infeasible = (NoAnswer::Infeasible, PRESOLVE);
    let (program, mut classes, known) = if settings.presolve {
        let classes = Classes::reduced(&channels, settings).ok_or(infeasible)?;
        let mut program = Program::default();
        let known = match strides(segment, inputs, outputs, &weights) {
            Swept::Best(_, strides) => Some(strides),
            Swept::Nothing => return Err((NoAnswer::Infeasible, PRESOLVE)),
            Swept::TooMany => None,
        };
        let can_be = (known.is_some() || program.add_strides(segment, inputs, outputs, &weights))
            && (!classes.is_open() || program.add_channels(&classes, settings));
        if !can_be {
            return Err((NoAnswer::Infeasible, PRESOLVE));
        }
        (program, classes, known)
    } else {
        let (program, classes) =
            whole_program(segment, inputs, outputs, &weights, &channels, settings).ok_or(infeasible)?;
        (program, classes, None)
    };
    let solver = if known.is_some() && !classes.is_open() { PRESOLVE } else { settings.solver.version() };
    let chosen = program.solve(settings).map_err(by(solver))?;
    for (class, value) in chosen.values {
        classes.classes[class].value = Some(value);
    }
    let missing = || (NoAnswer::Failed("a value is missing".into()), solver);
    let values = classes.values().ok_or_else(missing)?;
    let strides = known.or(chosen.strides).ok_or_else(missing)?;
    let cost = channels.cost(&values, settings) + strides_cost(segment, &strides, &weights);
    Ok(Answer { ops: ops(segment, inputs, &channels, &values, &strides), cost, is_optimal: chosen.is_optimal, solver })
}

/// The cost of the strides of all nodes.
fn strides_cost(segment: &Segment, strides: &Strides, weights: &[i64]) -> i64 {
    let one = |at: usize| {
        let rules = Side::BOTH.map(|side| Rule::of(segment, at, side));
        weights[at] * stride_cost(rules, keep_own(rules, strides[at]))
    };
    (0..segment.nodes.len()).map(one).sum()
}

/// Puts the own stride where 0 says that there was no choice.
fn keep_own(rules: [Rule; 2], strides: [u32; 2]) -> [u32; 2] {
    [0, 1].map(|side| match rules[side] {
        Rule::Window { stride, .. } if strides[side] == 0 => stride,
        Rule::Window { .. } | Rule::Affine { .. } | Rule::Divided { .. } | Rule::Fixed(_) => strides[side],
    })
}

/// The ops that these choices make. A depth-wise convolution's groups and filters follow its input.
fn ops(segment: &Segment, inputs: &[Shape], channels: &Channels, values: &[i64], strides: &Strides) -> Vec<Op> {
    let one = |at: usize| {
        let op = segment.nodes[at].op;
        let stride = Side::BOTH.map(|side| Rule::of(segment, at, side));
        let stride = keep_own(stride, strides[at]).into();
        let made = channels.made[at].value(values).clamp(0, u32::MAX.into()) as u32;
        let read = |source: &Source| match *source {
            Source::Inner(inner) => channels.made[inner].value(values).clamp(0, u32::MAX.into()) as u32,
            Source::Input(input) => inputs[input].c,
        };
        match op.class() {
            Class::Weighted(Weighted::Conv(conv)) => {
                let groups =
                    if is_depthwise(segment, at) { segment.operands[at].first().map_or(0, read) } else { conv.groups };
                Op::Conv(Conv { filters: made, groups, window: Window { stride, ..conv.window }, ..conv })
            }
            Class::Weighted(Weighted::Transposed(conv)) => Op::ConvTranspose(Conv { filters: made, ..conv }),
            Class::Pool(pool, window) => Op::Pool(pool, Window { stride, ..window }),
            Class::Weighted(Weighted::Dense { .. })
            | Class::Input
            | Class::Output
            | Class::Element
            | Class::Sum
            | Class::Product
            | Class::Concat
            | Class::Reduction
            | Class::Identity
            | Class::Zero
            | Class::Slice
            | Class::Moved
            | Class::Resize(_) => op,
        }
    };
    (0..segment.nodes.len()).map(one).collect()
}
