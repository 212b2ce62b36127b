//! The mixed-integer linear program.

use super::{Change, RepairError, RepairStatus, Repaired, infer};
use crate::graph::{Op, Padding, Shape, Window};
use crate::segment::{Segment, Source};
use good_lp::{
    Constraint, Expression, IntoAffineExpression, ProblemVariables, ResolutionError, Solution, SolverModel, Variable,
    constraint, microlp, variable,
};

/// Largest number of channels a repaired convolution may have.
const MAX_CHANNELS: u32 = 10_000;
/// Strides a window may get, beside the one it has.
const STRIDES: [u32; 3] = [1, 2, 4];
/// What changing a stride costs, in channels.
const STRIDE_COST: f64 = 100.0;

/// Makes `segment` read tensors of shapes `inputs` and make tensors of shapes `outputs`, in its own order of both.
///
/// Filters of convolutions and strides of convolutions and pools may change; kernels, paddings and edges stay. The
/// program minimises `Σ (1 + descendants) · (|channels − before| + 100 · [stride changed])`, so that late nodes change
/// first. Unlike the original's program it counts channels both up and down, lets channels take any whole value, keeps
/// sizes whole, joins channels at a concat, and allows sizes of 1 (specification §5, §9.4, §9.5).
///
/// A segment that fits already comes back as it is. Solver: microlp (pure Rust); typical segments take well under a
/// millisecond.
pub fn repair(segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> Result<Repaired, RepairError> {
    let has = (segment.inputs.len(), segment.outputs.len());
    let wants = (inputs.len(), outputs.len());
    if has != wants {
        return Err(RepairError::Arity { has, wants });
    }
    let mut same = segment.clone();
    if infer(&mut same, inputs).is_ok() && same.output_shapes() == outputs {
        return Ok(Repaired { segment: same, status: RepairStatus::Unchanged, objective: 0.0, changes: Vec::new() });
    }
    let infeasible = || RepairError::Infeasible { inputs: inputs.to_vec(), outputs: outputs.to_vec() };
    let program = Program::new(segment, inputs, outputs).ok_or_else(infeasible)?;
    let (ops, objective) = program.solve(segment, inputs).map_err(|error| error.unwrap_or_else(infeasible))?;

    let mut repaired = segment.clone();
    let mut changes = Vec::new();
    for (node, after) in ops.into_iter().enumerate() {
        let before = repaired.nodes[node].op;
        if before != after {
            changes.push(Change { node, before, after });
            repaired.nodes[node].op = after;
        }
    }
    infer(&mut repaired, inputs).map_err(RepairError::SolverDisagrees)?;
    let made = repaired.output_shapes();
    if made != outputs {
        return Err(RepairError::SolverDisagrees(format!("makes {made:?} instead of {outputs:?}")));
    }
    Ok(Repaired { segment: repaired, status: RepairStatus::Optimal, objective, changes })
}

/// Height, width and channels of a tensor, as expressions.
#[derive(Clone)]
struct Size {
    h: Expression,
    w: Expression,
    c: Expression,
}

impl Size {
    fn constant(shape: Shape) -> Self {
        let number = |size: u32| Expression::from(f64::from(size));
        Size { h: number(shape.h), w: number(shape.w), c: number(shape.c) }
    }
}

/// What can change in a node.
#[derive(Default)]
struct Choice {
    filters: Option<Variable>,
    /// One binary for each stride.
    strides: Vec<((u32, u32), Variable)>,
}

struct Program {
    variables: ProblemVariables,
    constraints: Vec<Constraint>,
    objective: Expression,
    choices: Vec<Choice>,
    /// The largest height or width that can occur.
    largest: f64,
}

impl Program {
    /// The program of a segment, or `None` when constants alone show that it has no solution.
    fn new(segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> Option<Self> {
        let largest = inputs.iter().map(|shape| shape.h.max(shape.w)).max().unwrap_or(1);
        let mut program = Program {
            variables: ProblemVariables::new(),
            constraints: Vec::new(),
            objective: Expression::default(),
            choices: Vec::new(),
            largest: f64::from(largest),
        };
        let weights = weights(segment);
        let mut sizes: Vec<Size> = Vec::with_capacity(segment.nodes.len());
        for (at, node) in segment.nodes.iter().enumerate() {
            let operands: Vec<Size> = segment.operands[at]
                .iter()
                .map(|source| match *source {
                    Source::Inner(inner) => sizes[inner].clone(),
                    Source::Input(input) => Size::constant(inputs[input]),
                })
                .collect();
            let first = operands.first()?.clone();
            let mut choice = Choice::default();
            let size = match node.op {
                Op::Conv(conv) => {
                    let (h, w) = program.slide(conv.window, &first, weights[at], &mut choice);
                    let c = if conv.groups == 1 {
                        program.filters(conv.filters, weights[at], &mut choice)
                    } else {
                        program.grouped(conv.groups, conv.filters, segment.operand_shapes(at)[0].c, &first.c)?
                    };
                    Size { h, w, c }
                }
                Op::Pool(_, window) => {
                    let (h, w) = program.slide(window, &first, weights[at], &mut choice);
                    Size { h, w, c: first.c }
                }
                Op::Mean => Size { h: 1.into(), w: 1.into(), c: first.c },
                Op::ConvTranspose(conv) => {
                    let by = |size: &Expression, read: u32, made: u32, stride: u32| {
                        size.clone() * f64::from(stride) + (f64::from(made) - f64::from(read) * f64::from(stride))
                    };
                    let (read, made) = (segment.operand_shapes(at)[0], node.shape);
                    Size {
                        h: by(&first.h, read.h, made.h, conv.window.stride.0),
                        w: by(&first.w, read.w, made.w, conv.window.stride.1),
                        c: program.filters(conv.filters, weights[at], &mut choice),
                    }
                }
                Op::Dense { features, .. } => Size { c: f64::from(features).into(), ..first },
                Op::Slice { channels } => Size { c: f64::from(channels).into(), ..first },
                Op::Pad(border) => Size {
                    h: first.h + f64::from(border.top) + f64::from(border.bottom),
                    w: first.w + f64::from(border.left) + f64::from(border.right),
                    c: first.c,
                },
                Op::DepthToSpace { block } => {
                    let block = f64::from(block);
                    Size { h: first.h * block, w: first.w * block, c: first.c * (1.0 / (block * block)) }
                }
                Op::Resize { factor, .. } => {
                    Size { h: first.h * f64::from(factor), w: first.w * f64::from(factor), c: first.c }
                }
                Op::Add | Op::Mul | Op::Concat => {
                    let mut c = first.c.clone();
                    for other in &operands[1..] {
                        program.equal(&first.h, &other.h)?;
                        program.equal(&first.w, &other.w)?;
                        if node.op == Op::Concat {
                            c += other.c.clone();
                        } else {
                            program.equal(&first.c, &other.c)?;
                        }
                    }
                    Size { c, ..first }
                }
                _ => first,
            };
            sizes.push(size);
            program.choices.push(choice);
        }
        for (&node, &wanted) in segment.outputs.iter().zip(outputs) {
            let wanted = Size::constant(wanted);
            program.equal(&sizes[node].h, &wanted.h)?;
            program.equal(&sizes[node].w, &wanted.w)?;
            program.equal(&sizes[node].c, &wanted.c)?;
        }
        Some(program)
    }

    /// Demands that two expressions agree; `None` when both are constants and differ.
    fn equal(&mut self, a: &Expression, b: &Expression) -> Option<()> {
        let difference = a.clone() - b.clone();
        if difference.clone().linear_coefficients().all(|(_, coefficient)| coefficient == 0.0) {
            return (difference.constant().abs() < 0.5).then_some(());
        }
        self.constraints.push(constraint!(difference == 0.0));
        Some(())
    }

    /// A whole number of filters, and what moving it away from `before` costs.
    fn filters(&mut self, before: u32, weight: f64, choice: &mut Choice) -> Expression {
        let filters = self.variables.add(variable().integer().min(1).max(MAX_CHANNELS));
        let change = self.variables.add(variable().min(0).max(MAX_CHANNELS));
        self.constraints.push(constraint!(change >= filters - f64::from(before)));
        self.constraints.push(constraint!(change >= f64::from(before) - filters));
        self.objective += weight * change;
        choice.filters = Some(filters);
        filters.into()
    }

    /// A depth-wise convolution follows its input's channels; any other grouped one keeps its channels.
    fn grouped(&mut self, groups: u32, filters: u32, read: u32, input: &Expression) -> Option<Expression> {
        if groups == filters && groups == read {
            return Some(input.clone());
        }
        self.equal(input, &f64::from(read).into())?;
        Some(f64::from(filters).into())
    }

    /// Height and width behind a window whose stride may be chosen.
    fn slide(&mut self, window: Window, input: &Size, weight: f64, choice: &mut Choice) -> (Expression, Expression) {
        let mut strides: Vec<(u32, u32)> = STRIDES.iter().map(|&stride| (stride, stride)).collect();
        if !strides.contains(&window.stride) {
            strides.push(window.stride);
        }
        let mut only_one = Expression::default();
        for stride in strides {
            let chosen = self.variables.add(variable().binary());
            only_one += chosen;
            if stride != window.stride {
                self.objective += weight * STRIDE_COST * chosen;
            }
            choice.strides.push((stride, chosen));
        }
        self.constraints.push(constraint!(only_one == 1.0));
        let shrink = |kernel: u32, added: u32| match window.padding {
            Padding::Same => 0.0,
            Padding::Valid => f64::from(kernel) - 1.0,
            Padding::Explicit(_) => f64::from(kernel) - 1.0 - f64::from(added),
        };
        let border = window.border(0, 0);
        let (high, wide) = match window.padding {
            Padding::Explicit(_) => (border.top + border.bottom, border.left + border.right),
            _ => (0, 0),
        };
        let h = self.strided(&(input.h.clone() - shrink(window.kernel.0, high)), choice, |stride| stride.0);
        let w = self.strided(&(input.w.clone() - shrink(window.kernel.1, wide)), choice, |stride| stride.1);
        (h, w)
    }

    /// `ceil(reach / stride)` for the chosen stride: `stride · size` lies in `reach ..= reach + stride - 1`.
    fn strided(&mut self, reach: &Expression, choice: &Choice, along: impl Fn((u32, u32)) -> u32) -> Expression {
        let size = self.variables.add(variable().integer().min(1).max(self.largest));
        for &(stride, chosen) in &choice.strides {
            let stride = f64::from(along(stride));
            let slack = (stride + 1.0) * (self.largest + 1.0);
            let over = stride * size - reach.clone();
            self.constraints.push(constraint!(over.clone() >= slack * chosen - slack));
            self.constraints.push(constraint!(over <= stride - 1.0 + slack - slack * chosen));
        }
        size.into()
    }

    /// The ops of the optimum and its objective; `Err(None)` means infeasible.
    fn solve(self, segment: &Segment, inputs: &[Shape]) -> Result<(Vec<Op>, f64), Option<RepairError>> {
        let mut model = self.variables.minimise(self.objective.clone()).using(microlp);
        for constraint in self.constraints {
            model.add_constraint(constraint);
        }
        let solution = model.solve().map_err(|error| match error {
            ResolutionError::Infeasible => None,
            other => Some(RepairError::Solver(other.to_string())),
        })?;
        let mut ops = Vec::with_capacity(segment.nodes.len());
        for (node, choice) in segment.nodes.iter().zip(&self.choices) {
            let mut op = node.op;
            if let Some(filters) = choice.filters {
                let filters = whole(solution.value(filters))?;
                if let Op::Conv(conv) | Op::ConvTranspose(conv) = &mut op {
                    conv.filters = filters;
                }
            }
            let stride = choice.strides.iter().find(|(_, chosen)| solution.value(*chosen) > 0.5);
            if let (Some(&(stride, _)), Op::Conv(conv)) = (stride, &mut op) {
                conv.window.stride = stride;
            }
            if let (Some(&(stride, _)), Op::Pool(_, window)) = (stride, &mut op) {
                window.stride = stride;
            }
            ops.push(op);
        }
        follow_depthwise(segment, inputs, &mut ops);
        Ok((ops, solution.eval(&self.objective)))
    }
}

/// A depth-wise convolution's filters and groups are its input's channels.
fn follow_depthwise(segment: &Segment, inputs: &[Shape], ops: &mut [Op]) {
    let mut channels: Vec<u32> = Vec::with_capacity(ops.len());
    for (at, op) in ops.iter_mut().enumerate() {
        let reads = segment.operand_shapes(at);
        let read: Vec<u32> = segment.operands[at]
            .iter()
            .map(|source| match *source {
                Source::Inner(inner) => channels[inner],
                Source::Input(input) => inputs[input].c,
            })
            .collect();
        let first = read.first().copied().unwrap_or(1);
        channels.push(match op {
            Op::Conv(conv) => {
                if conv.groups > 1 && conv.groups == conv.filters && conv.groups == reads[0].c {
                    (conv.groups, conv.filters) = (first, first);
                }
                conv.filters
            }
            Op::Concat => read.iter().sum(),
            Op::ConvTranspose(conv) => conv.filters,
            Op::Dense { features, .. } => *features,
            Op::Slice { channels } => *channels,
            Op::DepthToSpace { block } => first / (*block * *block).max(1),
            _ => first,
        });
    }
}

fn whole(value: f64) -> Result<u32, Option<RepairError>> {
    let rounded = value.round();
    if (value - rounded).abs() < 1e-4 && (1.0..=f64::from(MAX_CHANNELS)).contains(&rounded) {
        Ok(rounded as u32)
    } else {
        Err(Some(RepairError::SolverDisagrees(format!("{value} is no number of channels"))))
    }
}

/// One plus the number of descendants of every node inside the segment.
fn weights(segment: &Segment) -> Vec<f64> {
    let count = segment.nodes.len();
    let mut below = vec![vec![false; count]; count];
    for at in (0..count).rev() {
        below[at][at] = true;
        for source in &segment.operands[at] {
            if let Source::Inner(inner) = *source {
                let (head, tail) = below.split_at_mut(at);
                head[inner].iter_mut().zip(&tail[0]).for_each(|(seen, &new)| *seen |= new);
            }
        }
    }
    below.iter().map(|seen| seen.iter().filter(|&&seen| seen).count() as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, Node, Pool};
    use proptest::prelude::*;

    /// A chain or DAG from ops and sources, with shapes inferred from `inputs`.
    fn segment(inputs: &[Shape], nodes: &[(Op, &[Source])], outputs: &[usize]) -> Segment {
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

    fn conv(kernel: u32, filters: u32, stride: u32) -> Op {
        Op::Conv(Conv { filters, window: Window::same(kernel, stride), groups: 1, bias: false })
    }

    const X: Source = Source::Input(0);

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
            &[(conv(3, 16, 1), &[X]), (Op::Relu, &[Source::Inner(0)]), (conv(1, 16, 1), &[Source::Inner(1)])],
            &[2],
        );
        let wanted = Shape::new(8, 8, 64);
        let repaired = repair(&chain, &[Shape::new(16, 16, 32)], &[wanted]).unwrap();
        assert_eq!(repaired.status, RepairStatus::Optimal);
        assert_eq!(repaired.segment.output_shapes(), [wanted]);
        // The last convolution is the cheapest to change: 48 channels and one stride, at weight 1.
        assert_eq!(repaired.changes.len(), 1);
        assert_eq!(repaired.changes[0].after, conv(1, 64, 2));
        assert!((repaired.objective - 148.0).abs() < 1e-6, "{}", repaired.objective);
    }

    #[test]
    fn a_concat_shares_its_channels_out() {
        let (a, b) = (Source::Inner(0), Source::Inner(1));
        let fork = segment(
            &[Shape::new(8, 8, 4)],
            &[(conv(1, 10, 1), &[X]), (conv(3, 6, 1), &[X]), (Op::Concat, &[a, b])],
            &[2],
        );
        let repaired = repair(&fork, &[Shape::new(8, 8, 5)], &[Shape::new(8, 8, 21)]).unwrap();
        assert_eq!(repaired.segment.nodes[2].shape.c, 21);
        assert!((repaired.objective - 10.0).abs() < 1e-6); // five more channels, each at weight 2
    }

    #[test]
    fn a_depthwise_convolution_follows_its_input() {
        let depthwise = Op::Conv(Conv { filters: 8, window: Window::same(3, 1), groups: 8, bias: true });
        let chain = segment(&[Shape::new(8, 8, 8)], &[(depthwise, &[X]), (conv(1, 8, 1), &[Source::Inner(0)])], &[1]);
        let repaired = repair(&chain, &[Shape::new(8, 8, 12)], &[Shape::new(8, 8, 20)]).unwrap();
        assert_eq!(repaired.segment.nodes[0].shape, Shape::new(8, 8, 12));
    }

    #[test]
    fn what_cannot_fit_says_so() {
        let relu = segment(&[Shape::new(8, 8, 4)], &[(Op::Relu, &[X])], &[0]);
        let error = repair(&relu, &[Shape::new(8, 8, 4)], &[Shape::new(8, 8, 5)]).unwrap_err();
        assert!(matches!(error, RepairError::Infeasible { .. }), "{error}");
        let grow = segment(&[Shape::new(8, 8, 4)], &[(conv(3, 4, 1), &[X])], &[0]);
        let error = repair(&grow, &[Shape::new(8, 8, 4)], &[Shape::new(16, 16, 4)]).unwrap_err();
        assert!(matches!(error, RepairError::Infeasible { .. }), "{error}");
        let error = repair(&grow, &[], &[]).unwrap_err();
        assert!(matches!(error, RepairError::Arity { .. }), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// A residual block with a pool: every choice of strides tried one by one, with the channels they force.
        #[test]
        fn the_optimum_equals_brute_force(
            size in prop::sample::select(vec![4u32, 7, 8, 16]), shrink in 0usize..3,
            c_in in 1u32..6, c_out in 1u32..6, a in 1u32..6, b in 1u32..6,
        ) {
            let (inner, pooled) = (Source::Inner(0), Source::Inner(1));
            let block = segment(
                &[Shape::new(8, 8, 3)],
                &[
                    (conv(3, a, 1), &[X]),
                    (Op::Pool(Pool::Max, Window::same(2, 2)), &[inner]),
                    (conv(1, a, 2), &[X]),
                    (Op::Add, &[pooled, Source::Inner(2)]),
                    (conv(1, b, 1), &[Source::Inner(3)]),
                ],
                &[4],
            );
            let input = Shape::new(size, size, c_in);
            let small = size.div_ceil([1, 2, 4][shrink]);
            let wanted = Shape::new(small, small, c_out);
            let mut best = f64::INFINITY;
            for strides in 0..81usize {
                let stride = |at: u32| STRIDES[strides / 3usize.pow(at) % 3];
                let mut tried = block.clone();
                let ops = [
                    conv(3, a, stride(0)), Op::Pool(Pool::Max, Window::same(2, stride(1))),
                    conv(1, a, stride(2)), Op::Add, conv(1, c_out, stride(3)),
                ];
                tried.nodes.iter_mut().zip(ops).for_each(|(node, op)| node.op = op);
                if infer(&mut tried, &[input]).is_ok() && tried.output_shapes() == [wanted] {
                    let changed = |at: usize| STRIDE_COST * f64::from(u8::from(
                        tried.nodes[at].op.window().unwrap().stride != block.nodes[at].op.window().unwrap().stride,
                    ));
                    let channels = f64::from(c_out.abs_diff(b));
                    best = best.min(4.0 * changed(0) + 3.0 * changed(1) + 3.0 * changed(2) + changed(4) + channels);
                }
            }
            match repair(&block, &[input], &[wanted]) {
                Ok(repaired) => prop_assert!((repaired.objective - best).abs() < 1e-6, "{} {best}", repaired.objective),
                Err(error) => prop_assert!(best.is_infinite(), "{error}, but {best} is possible"),
            }
        }
    }
}
