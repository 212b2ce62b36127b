//! Repairs derived by hand, and the ways to an optimum against each other.

use super::*;
use crate::graph::{Border, ChannelOrder, Conv, Node, Op, Padding, Pool, Shape, Window};
use crate::segment::{Segment, Source};
use proptest::prelude::*;

/// A chain or DAG from ops and sources, with shapes inferred from `inputs`.
pub(super) fn segment(inputs: &[Shape], nodes: &[(Op, &[Source])], outputs: &[usize]) -> Segment {
    let mut segment = Segment {
        nodes: nodes
            .iter()
            .enumerate()
            .map(|(at, (op, _))| Node { name: format!("n{at}"), op: *op, shape: inputs[0] })
            .collect(),
        operands: nodes.iter().map(|(_, sources)| sources.to_vec()).collect(),
        inputs: inputs.to_vec(),
        outputs: outputs.to_vec(),
    };
    infer(&mut segment, inputs).unwrap();
    segment
}

pub(super) fn conv(kernel: u32, filters: u32, stride: u32) -> Op {
    Op::Conv(Conv { filters, window: Window::same(kernel, stride), groups: 1, bias: false })
}

pub(super) const X: Source = Source::Input(0);

fn under(settings: RepairSettings, segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> Attempt {
    let repairer = Repairer::new(settings).unwrap();
    Attempt::clone(&repairer.attempt(segment, inputs, outputs))
}

fn plain() -> RepairSettings {
    RepairSettings { presolve: false, ..RepairSettings::default() }
}

#[test]
fn a_segment_that_fits_is_left_alone() {
    let shape = Shape::new(32, 32, 16);
    let chain = segment(&[shape], &[(Op::Relu, &[X]), (conv(3, 16, 1), &[Source::Inner(0)])], &[1]);
    let repaired = repair(&chain, &[shape], &[shape]).unwrap();
    assert_eq!((repaired.status, repaired.segment), (RepairStatus::Unchanged, chain));
}

#[test]
fn channels_and_strides_change_where_they_must() {
    let chain = segment(
        &[Shape::new(32, 32, 16)],
        &[(conv(3, 16, 1), &[X]), (Op::Relu, &[Source::Inner(0)]), (conv(3, 16, 1), &[Source::Inner(1)])],
        &[2],
    );
    let wanted = Shape::new(8, 8, 64);
    let repaired = repair(&chain, &[Shape::new(16, 16, 32)], &[wanted]).unwrap();
    assert_eq!(repaired.status, RepairStatus::Optimal);
    assert_eq!(repaired.segment.output_shapes(), [wanted]);
    // The last convolution is the cheapest to change: 48 channels and one stride, at weight 1.
    assert_eq!(repaired.changes.len(), 1);
    assert_eq!(repaired.changes[0].after, conv(3, 64, 2));
    assert_eq!(repaired.objective, 148.0);
}

#[test]
fn a_stride_that_skips_pixels_is_the_last_resort() {
    let relu = (Op::Relu, &[Source::Inner(0)] as &[Source]);
    let chain = |first: u32| {
        segment(&[Shape::new(8, 8, 4)], &[(conv(first, 4, 1), &[X]), relu, (conv(1, 4, 1), &[Source::Inner(1)])], &[2])
    };
    let half = [Shape::new(4, 4, 4)];
    // 3×3 at weight 3 costs 300, the 1×1 at weight 1 costs 200.
    let repaired = repair(&chain(3), &[Shape::new(8, 8, 4)], &half).unwrap();
    assert_eq!((repaired.objective, repaired.changes[0].node), (200.0, 2));
    // A parallel 1×1 shortcut has no choice.
    let block = segment(
        &[Shape::new(8, 8, 4)],
        &[(conv(3, 4, 1), &[X]), (conv(1, 4, 1), &[X]), (Op::Add, &[Source::Inner(0), Source::Inner(1)])],
        &[2],
    );
    let repaired = repair(&block, &[Shape::new(8, 8, 4)], &half).unwrap();
    assert_eq!((repaired.objective, repaired.changes.len()), (2.0 * 100.0 + 2.0 * 200.0, 2));
}

#[test]
fn a_concat_shares_its_channels_out() {
    let (a, b) = (Source::Inner(0), Source::Inner(1));
    let fork =
        segment(&[Shape::new(8, 8, 4)], &[(conv(1, 10, 1), &[X]), (conv(3, 6, 1), &[X]), (Op::Concat, &[a, b])], &[2]);
    let place = ([Shape::new(8, 8, 5)], [Shape::new(8, 8, 21)]);
    let repaired = repair(&fork, &place.0, &place.1).unwrap();
    assert_eq!(repaired.segment.nodes[2].shape.c, 21);
    assert_eq!(repaired.objective, 10.0); // five more channels, each at weight 2
    let refuse = RepairSettings { concat: ConcatRule::Rejected, ..RepairSettings::default() };
    let refused = under(refuse, &fork, &place.0, &place.1);
    assert!(matches!(refused.result, Err(RepairError::Concat { .. })), "{:?}", refused.result);
    assert_eq!((refused.record.status, refused.record.convs, refused.record.concats), (RepairStatus::Infeasible, 2, 1));
    // What fits is no matter for a program, so the rule does not ask.
    assert_eq!(under(refuse, &fork, &fork.inputs, &fork.output_shapes()).record.status, RepairStatus::Unchanged);
}

#[test]
fn more_channels_are_free_where_only_fewer_cost() {
    let one_sided = RepairSettings { penalty: ChannelPenalty::OneSided, ..RepairSettings::default() };
    let chain = segment(&[Shape::new(8, 8, 4)], &[(conv(3, 8, 1), &[X])], &[0]);
    let cost = |filters: u32| {
        under(one_sided, &chain, &[Shape::new(8, 8, 4)], &[Shape::new(8, 8, filters)]).record.objective.unwrap()
    };
    assert_eq!((cost(20), cost(5)), (0.0, 3.0));
}

#[test]
fn changed_filters_are_multiples() {
    let align = |align: u32| RepairSettings { align: Some(align), ..RepairSettings::default() };
    let (a, b) = (Source::Inner(0), Source::Inner(1));
    let fork =
        segment(&[Shape::new(8, 8, 4)], &[(conv(1, 10, 1), &[X]), (conv(3, 6, 1), &[X]), (Op::Concat, &[a, b])], &[2]);
    let input = [Shape::new(8, 8, 4)];
    // 10 stays, 6 becomes 8: two channels at weight 2.
    let repaired = under(align(8), &fork, &input, &[Shape::new(8, 8, 18)]);
    assert_eq!(repaired.record.objective, Some(4.0));
    // 17 is no sum of 10 or 6 and a multiple of 8, nor of two multiples.
    assert_eq!(under(align(8), &fork, &input, &[Shape::new(8, 8, 17)]).record.status, RepairStatus::Infeasible);
    assert_eq!(under(align(1), &fork, &input, &[Shape::new(8, 8, 17)]).record.objective, Some(2.0));
}

#[test]
fn a_depthwise_convolution_follows_its_input_and_may_stride() {
    let depthwise = Op::Conv(Conv { filters: 8, window: Window::same(3, 1), groups: 8, bias: true });
    let chain = segment(&[Shape::new(8, 8, 8)], &[(Op::Relu, &[X]), (depthwise, &[Source::Inner(0)])], &[1]);
    let repaired = repair(&chain, &[Shape::new(8, 8, 12)], &[Shape::new(4, 4, 12)]).unwrap();
    let after = Op::Conv(Conv { filters: 12, window: Window::same(3, 2), groups: 12, bias: true });
    assert_eq!((repaired.changes[0].after, repaired.objective), (after, 100.0));
}

#[test]
fn groups_divide_what_they_read_and_make() {
    let grouped = Op::Conv(Conv { filters: 8, window: Window::same(3, 1), groups: 4, bias: false });
    let chain = segment(&[Shape::new(8, 8, 8)], &[(grouped, &[X]), (conv(1, 8, 1), &[Source::Inner(0)])], &[1]);
    let shape = |c: u32| Shape::new(8, 8, c);
    let repaired = repair(&chain, &[shape(12)], &[shape(9)]).unwrap();
    assert_eq!((repaired.segment.nodes[0].shape.c, repaired.objective), (8, 1.0));
    assert!(repair(&chain, &[shape(10)], &[shape(9)]).is_err(), "4 does not divide 10");
    let last = segment(&[shape(8)], &[(grouped, &[X])], &[0]);
    assert_eq!(repair(&last, &[shape(8)], &[shape(12)]).unwrap().objective, 4.0);
    assert!(repair(&last, &[shape(8)], &[shape(10)]).is_err(), "4 does not divide 10");
}

#[test]
fn what_cannot_fit_says_so() {
    let relu = segment(&[Shape::new(8, 8, 4)], &[(Op::Relu, &[X])], &[0]);
    for settings in [RepairSettings::default(), plain()] {
        let refused = under(settings, &relu, &[Shape::new(8, 8, 4)], &[Shape::new(8, 8, 5)]);
        assert!(matches!(refused.result, Err(RepairError::Infeasible { .. })), "{refused:?}");
        let grow = segment(&[Shape::new(8, 8, 4)], &[(conv(3, 4, 1), &[X])], &[0]);
        let refused = under(settings, &grow, &[Shape::new(8, 8, 4)], &[Shape::new(16, 16, 4)]);
        assert!(matches!(refused.result, Err(RepairError::Infeasible { .. })), "{refused:?}");
        let refused = under(settings, &grow, &[], &[]);
        assert!(matches!(refused.result, Err(RepairError::Arity { .. })), "{refused:?}");
    }
}

#[test]
fn time_that_is_up_is_said() {
    let chain = segment(&[Shape::new(8, 8, 4)], &[(conv(3, 4, 1), &[X])], &[0]);
    let hurried = RepairSettings { time_limit: Some(1e-12), ..plain() };
    let attempt = under(hurried, &chain, &[Shape::new(8, 8, 4)], &[Shape::new(4, 4, 9)]);
    assert_eq!(attempt.record.status, RepairStatus::TimedOut);
    assert_eq!(attempt.result, Err(RepairError::TimedOut));
}

#[test]
fn what_a_sweep_cannot_hold_goes_to_the_program() {
    // Five branches of two convolutions: behind the first ones there are 9⁵ combinations of heights and widths.
    let first = (0..5).map(|_| (conv(5, 2, 1), vec![X]));
    let second = (0..5).map(|at| (conv(5, 2, 1), vec![Source::Inner(at)]));
    let join = (Op::Concat, (5..10).map(Source::Inner).collect::<Vec<_>>());
    let nodes: Vec<(Op, Vec<Source>)> = first.chain(second).chain([join]).collect();
    let nodes: Vec<(Op, &[Source])> = nodes.iter().map(|(op, sources)| (*op, sources.as_slice())).collect();
    let wide = segment(&[Shape::new(16, 16, 3)], &nodes, &[10]);
    let attempt = under(RepairSettings::default(), &wide, &[Shape::new(16, 16, 3)], &[Shape::new(4, 4, 10)]);
    // Each second convolution takes a stride of 4, at weight 2.
    assert_eq!(attempt.record.objective, Some(5.0 * 200.0));
    assert_eq!(attempt.record.solver, Solver::Microlp.version());
}

#[test]
fn the_original_s_sizes_become_filters_and_strides() {
    let inner = [Source::Inner(0)];
    let chain = segment(&[Shape::new(8, 8, 4)], &[(conv(3, 4, 1), &[X]), (Op::Relu, &inner)], &[1]);
    let place = ([Shape::new(8, 8, 8)], [Shape::new(4, 4, 16)]);
    for presolve in [true, false] {
        let settings = RepairSettings { presolve, ..RepairSettings::original() };
        let attempt = under(settings, &chain, &place.0, &place.1);
        // One descendant; the picture shrinks by 4 and 4, the sum of all sizes stays, more channels are free.
        assert_eq!((attempt.record.status, attempt.record.objective), (RepairStatus::Optimal, Some(8.0)));
        assert_eq!(attempt.result.unwrap().changes[0].after, conv(3, 16, 2));
        // Ours makes 20 channels as well, there only 4, 8 and 16 are possible.
        let refused = under(settings, &chain, &place.0, &[Shape::new(4, 4, 20)]);
        assert_eq!(refused.record.status, RepairStatus::Infeasible);
    }
    assert!(repair(&chain, &place.0, &[Shape::new(4, 4, 20)]).is_ok());
    // Seven pixels halve to three there, which no whole stride of a SAME window makes of seven but 3.
    let odd = under(RepairSettings::original(), &chain, &[Shape::new(7, 7, 8)], &[Shape::new(3, 3, 8)]);
    assert!(matches!(odd.result, Err(RepairError::SolverDisagrees(_))), "{:?}", odd.result);
}

/// A random segment's recipe: for every node its kind, its operands and its numbers.
type Step = (u8, u8, u8, u8, u8);

/// Segments of every op that repair treats in its own way, with two inputs, and a place that differs from theirs: what
/// the segment makes once filters, strides and inputs are redrawn. Most places can be reached, some cannot.
fn recipes(steps: usize) -> impl Strategy<Value = (Segment, Vec<Shape>, Vec<Shape>)> {
    let step = any::<Step>();
    let sizes = prop::sample::select(vec![(8u32, 8u32), (7, 7), (8, 4), (5, 9), (16, 16)]);
    (prop::collection::vec(step, 1..=steps), sizes.clone(), sizes, any::<[u8; 4]>(), 0u8..4).prop_filter_map(
        "nothing fits",
        |(steps, here, there, channels, off)| {
            let at = |size: (u32, u32), c: u8| Shape::new(size.0, size.1, 1 + u32::from(c) % 6);
            let own = [at(here, channels[0]), at(here, channels[1])];
            let place = [at(there, channels[2]), at(there, channels[3])];
            let segment = grow(&own, &steps)?;
            let mut other = segment.clone();
            for (node, step) in other.nodes.iter_mut().zip(&steps) {
                let is_grouped = matches!(&node.op, Op::Conv(conv) if conv.groups > 1);
                if let (false, Op::Conv(conv) | Op::ConvTranspose(conv)) = (is_grouped, &mut node.op) {
                    conv.filters = 1 + u32::from(step.4 / 8) % 6;
                    conv.window.stride = ([1, 1, 2, 4][usize::from(step.3) % 4], conv.window.stride.1);
                }
            }
            let mut wanted = match infer(&mut other, &place) {
                Ok(()) => other.output_shapes(),
                // Depth-wise convolutions and sums may refuse; then only the channels of the outputs move.
                Err(_) => segment.output_shapes().iter().map(|shape| Shape { c: shape.c + 1, ..*shape }).collect(),
            };
            if off == 0 {
                wanted[0].c += 1;
            }
            Some((segment, place.to_vec(), wanted))
        },
    )
}

fn grow(inputs: &[Shape; 2], steps: &[Step]) -> Option<Segment> {
    let mut segment = Segment { nodes: Vec::new(), operands: Vec::new(), inputs: inputs.to_vec(), outputs: Vec::new() };
    for &(kind, a, b, x, y) in steps {
        let sources: Vec<Source> =
            (0..2).map(Source::Input).chain((0..segment.nodes.len()).map(Source::Inner)).collect();
        // Late nodes are read more often.
        let pick = |value: u8| sources[sources.len() - 1 - usize::from(value) % sources.len().min(3)];
        let (first, second) = (pick(a), pick(b));
        let read = segment.source_shape(first);
        let padding = match y % 4 {
            0 => Padding::Valid,
            1 => Padding::Explicit(Border { top: 1, left: 0, bottom: u32::from(x) % 2, right: 1 }),
            _ => Padding::Same,
        };
        let stride = 1 + u32::from(y / 4) % 2;
        let kernel = 1 + u32::from(x) % 3;
        let window = Window::new((kernel, 1 + u32::from(x / 4) % 3), (stride, stride), padding);
        let conv = Conv { filters: 1 + u32::from(x / 16) % 6, window, groups: 1, bias: false };
        let (op, operands) = match kind % 35 {
            0..4 | 27..30 => (Op::Conv(conv), vec![first]),
            4 => (Op::Conv(Conv { groups: read.c, filters: read.c, ..conv }), vec![first]),
            5 => (Op::Conv(Conv { groups: 2, filters: 2 * conv.filters, ..conv }), vec![first]),
            6 => (Op::Pool(Pool::Max, window), vec![first]),
            7 => (Op::ConvTranspose(conv), vec![first]),
            8 => (Op::Slice { start: 0, channels: 1 + u32::from(x) % read.c }, vec![first]),
            9 => (Op::Pad(Border::all(1)), vec![first]),
            10 => (Op::DepthToSpace { block: 2, order: ChannelOrder::default() }, vec![first]),
            11 | 12 | 16..19 | 30.. => (Op::Concat, vec![first, second]),
            13 | 14 => (Op::Add, vec![first, second]),
            19 => (Op::Mean, vec![first]),
            20 | 21 => (Op::Mul, vec![first, second]),
            22 => (Op::SpaceToDepth { block: (2, 1), order: ChannelOrder::BlockFirst }, vec![first]),
            23 => (Op::Crop(Border { top: 1, left: 0, bottom: 0, right: 0 }), vec![first]),
            24 => (Op::ChannelShuffle { groups: 2 }, vec![first]),
            25 => (Op::Slice { start: 1, channels: 1 + u32::from(x) % read.c }, vec![first]),
            26 => (Op::Conv(Conv { window: Window { dilation: (2, 1), ..window }, ..conv }), vec![first]),
            _ => (Op::Relu, vec![first]),
        };
        segment.operands.push(operands);
        let shapes: Vec<Shape> = segment.operands.last()?.iter().map(|&source| segment.source_shape(source)).collect();
        let Ok(shape) = op.infer(&shapes) else {
            segment.operands.pop();
            continue;
        };
        segment.nodes.push(Node { name: format!("n{}", segment.nodes.len()), op, shape });
    }
    let is_read = |node: &usize| segment.operands.iter().flatten().any(|source| *source == Source::Inner(*node));
    segment.outputs = (0..segment.nodes.len()).filter(|node| !is_read(node)).collect();
    (!segment.nodes.is_empty()).then_some(segment)
}

/// The least cost over all strides that may be chosen and filters up to `most`, by shape inference alone.
fn brute_force(
    segment: &Segment,
    inputs: &[Shape],
    outputs: &[Shape],
    settings: &RepairSettings,
    most: u32,
) -> Option<i64> {
    let weights = sizes::weights(segment);
    let read = |at: usize| segment.operand_shapes(at)[0].c;
    let options: Vec<Vec<(Op, i64)>> = (0..segment.nodes.len())
        .map(|at| {
            let op = segment.nodes[at].op;
            let Some(window) = op.window() else { return vec![(op, 0)] };
            let along = |own: u32| std::collections::BTreeSet::from([own, 1, 2, 4, 2 * own, 4 * own]);
            let fixed = matches!(op, Op::ConvTranspose(_));
            let (down, across) = if fixed {
                ([window.stride.0].into(), [window.stride.1].into())
            } else {
                (along(window.stride.0), along(window.stride.1))
            };
            let is_depthwise = matches!(op, Op::Conv(conv) if conv.groups > 1 && conv.groups == read(at));
            let filters = if op.conv().is_some() && !is_depthwise { (1..=most).collect() } else { vec![0] };
            let mut found = Vec::new();
            for (&h, &w) in down.iter().flat_map(|h| across.iter().map(move |w| (h, w))) {
                // A dilated kernel reaches as far as its span.
                let skips = |new: u32, own: u32, span: u32| new != own && new > span;
                let (high, wide) = window.span();
                let skipped = skips(h, window.stride.0, high) || skips(w, window.stride.1, wide);
                let strides = if (h, w) == window.stride { 0 } else { 100 + if skipped { 100 } else { 0 } };
                for &count in &filters {
                    let mut op = op.with_window(Window { stride: (h, w), ..window });
                    let mut change = 0;
                    if let (1.., Op::Conv(conv) | Op::ConvTranspose(conv)) = (count, &mut op) {
                        change = settings.penalty.of(conv.filters.into(), count.into());
                        if settings.align.is_some_and(|align| count != conv.filters && count % align != 0) {
                            continue;
                        }
                        conv.filters = count;
                    }
                    found.push((op, weights[at] * (strides + change)));
                }
            }
            found.sort_by_key(|(_, cost)| *cost);
            found
        })
        .collect();
    let mut best = None;
    let mut tried = segment.clone();
    tried.inputs = inputs.to_vec();
    let repeated: Vec<_> = (0..segment.nodes.len()).map(|at| sizes::repeats(segment, at)).collect();
    search(&mut tried, outputs, (&options, &repeated), 0, 0, &mut best);
    best
}

/// For every node its ops with their costs, and which of its operands are repeated.
type Choices<'a> = (&'a [Vec<(Op, i64)>], &'a [Vec<[bool; 3]>]);

fn search(
    tried: &mut Segment,
    outputs: &[Shape],
    (options, repeated): Choices<'_>,
    at: usize,
    cost: i64,
    best: &mut Option<i64>,
) {
    if best.is_some_and(|best| cost >= best) {
        return;
    }
    if at == options.len() {
        *best = Some(cost);
        return;
    }
    let read = tried.operand_shapes(at);
    for &(op, price) in &options[at] {
        let mut op = op;
        if let Op::Conv(conv) = &mut op
            && conv.groups > 1
            && options[at].len()
                == options[at]
                    .iter()
                    .filter(|(other, _)| matches!(other, Op::Conv(c) if c.filters == conv.filters))
                    .count()
        {
            // Filters without a choice: one group for each channel.
            let times = conv.filters / conv.groups;
            (conv.groups, conv.filters) = (read[0].c, read[0].c * times);
        }
        let Ok(shape) = op.infer(&read) else { continue };
        let is_refused = tried.outputs.iter().zip(outputs).any(|(&node, wanted)| node == at && shape != *wanted);
        if !is_refused {
            tried.nodes[at].shape = shape;
            if sizes::repeats_as(&repeated[at], tried, at) {
                search(tried, outputs, (options, repeated), at + 1, cost + price, best);
            }
        }
    }
}

/// 96, or what `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(96)
}

#[test]
fn random_places_ask_for_every_kind_of_answer() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = recipes(12);
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..400 {
        let (segment, inputs, outputs) = strategy.new_tree(&mut runner).unwrap().current();
        let record = under(RepairSettings::default(), &segment, &inputs, &outputs).record;
        *counts.entry(format!("{:?} by {}", record.status, record.solver)).or_insert(0) += 1;
    }
    let enough = |kind: &str| counts.get(kind).is_some_and(|count| *count >= 4);
    assert!(enough("Optimal by presolve") && enough("Optimal by microlp 0.6.0"), "{counts:?}");
    assert!(enough("Infeasible by presolve") && enough("Unchanged by none"), "{counts:?}");
}

/// Settings that change which optimum is looked for.
fn variants() -> impl Strategy<Value = RepairSettings> {
    let penalty = prop::sample::select(vec![ChannelPenalty::BothSides, ChannelPenalty::OneSided]);
    let align = prop::sample::select(vec![None, Some(2), Some(3), Some(8)]);
    (penalty, align).prop_map(|(penalty, align)| RepairSettings { penalty, align, ..RepairSettings::default() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]
    #[test]
    fn the_optimum_equals_brute_force((segment, inputs, outputs) in recipes(4), settings in variants()) {
        let attempt = under(settings, &segment, &inputs, &outputs);
        let best = brute_force(&segment, &inputs, &outputs, &settings, 24);
        prop_assert_eq!(attempt.record.objective, best.map(|best| best as f64), "{:?}", attempt);
    }

    #[test]
    fn presolve_and_program_find_the_same_optimum((segment, inputs, outputs) in recipes(12), settings in variants()) {
        let exact = under(settings, &segment, &inputs, &outputs);
        let program = under(RepairSettings { presolve: false, ..settings }, &segment, &inputs, &outputs);
        prop_assert_eq!(exact.record.status, program.record.status, "{:?} {:?}", exact.result, program.result);
        prop_assert_eq!(exact.record.objective, program.record.objective, "{:?}", exact.result);
    }

    #[test]
    fn our_form_has_an_answer_wherever_the_original_s_has((segment, inputs, outputs) in recipes(8), presolve: bool) {
        // The release's answer counts where it is a network: its sizes may ask for strides that are no whole numbers.
        let original = RepairSettings { concat: ConcatRule::Joined, presolve, ..RepairSettings::original() };
        let theirs = under(original, &segment, &inputs, &outputs);
        if theirs.record.status.fits() {
            prop_assert!(repair(&segment, &inputs, &outputs).is_ok(), "{:?}", theirs);
        }
    }

    #[test]
    fn the_original_s_program_has_the_objective_of_its_sweep((segment, inputs, outputs) in recipes(8), one_sided: bool) {
        let penalty = if one_sided { ChannelPenalty::OneSided } else { ChannelPenalty::BothSides };
        let settings = RepairSettings { concat: ConcatRule::Joined, penalty, ..RepairSettings::original() };
        let part = ReleasePart::of(&segment);
        let targets: Vec<(usize, Shape)> = segment.outputs.iter().copied().zip(outputs).collect();
        let both = [true, false].map(|presolve| {
            let answer = part.repair(&targets, &RepairSettings { presolve, ..settings });
            answer.map(|answer| answer.objective)
        });
        prop_assert_eq!(&both[0], &both[1], "{:?}", inputs);
    }

    #[test]
    fn memory_answers_what_computing_would((segment, inputs, outputs) in recipes(8)) {
        let repairer = Repairer::new(RepairSettings::default()).unwrap();
        let first = repairer.attempt(&segment, &inputs, &outputs);
        let again = std::thread::scope(|scope| {
            let other = repairer.clone();
            scope.spawn(move || other.attempt(&segment, &inputs, &outputs)).join().unwrap()
        });
        prop_assert_eq!(repairer.counts(), RepairCounts { remembered: 1, computed: 1 });
        prop_assert!(std::sync::Arc::ptr_eq(&first, &again));
    }
}

#[cfg(feature = "highs")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]
    #[test]
    fn both_solvers_find_the_same_optimum((segment, inputs, outputs) in recipes(12), settings in variants()) {
        let highs = RepairSettings { presolve: false, solver: Solver::Highs, ..settings };
        let theirs = under(highs, &segment, &inputs, &outputs);
        for presolve in [true, false] {
            let ours = under(RepairSettings { presolve, ..settings }, &segment, &inputs, &outputs);
            prop_assert_eq!(ours.record.status, theirs.record.status, "{:?} {:?}", &ours.result, &theirs.result);
            prop_assert_eq!(ours.record.objective, theirs.record.objective);
        }
    }
}
