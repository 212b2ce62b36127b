//! The release's program ([release §5](crate::doc::release#s5)), by a sweep or by a solver.

use super::super::answer::{Answer, NoAnswer, PRESOLVE};
use super::super::error::RepairError;
use super::super::settings::{ChannelPenalty, ConcatRule, RepairSettings};
use super::super::solve::Problem;
use super::super::sweep::{Choice, Plan, Sizes, Swept, sweep};
use super::part::{PartNode, ReleasePart};
use crate::graph::{Class, Conv, Op, Shape, Weighted, Window};
use crate::segment::{Segment, Source};
use good_lp::{Expression, Variable, variable};

/// The range of sizes and channels in the release's program.
const RANGE: std::ops::RangeInclusive<i64> = 2..=10_000;

/// The answer of the release's program for a part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartAnswer {
    /// For every node the new shapes that it reads and makes.
    pub shapes: Vec<(Shape, Shape)>,
    /// Value of the objective.
    pub objective: i64,
    /// Whether it is known to be the least.
    pub is_optimal: bool,
    /// The presolve or solver that found the answer.
    pub solver: &'static str,
}

/// The part as the program sees it: nodes in execution order.
struct Ordered<'a> {
    part: &'a ReleasePart,
    order: Vec<usize>,
    /// Operands by place in the order; a node without any reads its own input sizes.
    operands: Vec<Vec<Source>>,
    inputs: Vec<Sizes>,
    /// Descendants of every node by place in the order.
    weights: Vec<i64>,
    /// The sizes that outputs must have, by place in the order.
    targets: Vec<Option<Sizes>>,
}

impl ReleasePart {
    /// Whether the release builds no program for this part, under settings that refuse concats. The release builds none
    /// for a concat whose input and output sizes differ in fewer than two dimensions; after
    /// [`ReleasePart::propagate`] every concat is one of these.
    pub(super) fn is_rejected(&self, settings: &RepairSettings) -> bool {
        let differing =
            |node: &PartNode| node.read().iter().zip(node.made()).filter(|(read, made)| **read != *made).count();
        settings.concat == ConcatRule::Rejected && self.nodes.iter().any(|node| node.is_concat() && differing(node) < 2)
    }

    /// Solves the release's program. Nodes without operands read the sizes of their input; every node in `outputs`
    /// must make the shape given with it. The settings in use are the concat rule, the penalty, the solver, the
    /// presolve and the time limit.
    ///
    /// An error is what the release calls infeasible, or that it builds no program
    /// ([`RepairError::Concat`]).
    ///
    /// # Errors
    /// [`RepairError::Infeasible`] where the release finds no answer, [`RepairError::Concat`] where the release
    /// builds no program, [`RepairError::Part`] for a part that is none, [`RepairError::TimedOut`] at the time limit.
    pub fn repair(&self, outputs: &[(usize, Shape)], settings: &RepairSettings) -> Result<PartAnswer, RepairError> {
        self.check(outputs.iter().map(|(node, _)| *node))?;
        if self.is_rejected(settings) {
            let concat = self.nodes.iter().position(|node| node.is_concat()).unwrap_or_default();
            return Err(RepairError::Concat { node: concat.to_string() });
        }
        self.solve(outputs, settings).map_err(|(without, _)| {
            let operands = self.operands();
            let sources = (0..self.nodes.len()).filter(|&node| operands[node].is_empty());
            let inputs = sources.map(|node| self.nodes[node].input).collect();
            without.into_error(inputs, outputs.iter().map(|(_, shape)| *shape).collect())
        })
    }

    pub(in crate::repair) fn solve(
        &self,
        outputs: &[(usize, Shape)],
        settings: &RepairSettings,
    ) -> Result<PartAnswer, (NoAnswer, &'static str)> {
        let ordered = Ordered::new(self, outputs);
        let swept = if settings.presolve { ordered.sweep(settings) } else { Swept::TooMany };
        match swept {
            Swept::Best(objective, made) => Ok(ordered.answer(made, objective, true, PRESOLVE)),
            Swept::Nothing => Err((NoAnswer::Infeasible, PRESOLVE)),
            Swept::TooMany => {
                let solver = settings.solver.version();
                let (made, is_optimal) = ordered.program(settings).map_err(|without| (without, solver))?;
                let objective = ordered.cost(&made, settings);
                Ok(ordered.answer(made, objective, is_optimal, solver))
            }
        }
    }
}

impl Ordered<'_> {
    /// The part in execution order; the part must have been checked.
    fn new<'a>(part: &'a ReleasePart, outputs: &[(usize, Shape)]) -> Ordered<'a> {
        let order = part.topological_order();
        let count = part.nodes.len();
        let mut place = vec![0; count];
        order.iter().enumerate().for_each(|(at, &node)| place[node] = at);
        let all = part.operands();
        let mut operands = Vec::with_capacity(count);
        let mut inputs = Vec::new();
        for &node in &order {
            if all[node].is_empty() {
                operands.push(vec![Source::Input(inputs.len())]);
                inputs.push(part.nodes[node].read());
            } else {
                operands.push(all[node].iter().map(|&operand| Source::Inner(place[operand])).collect());
            }
        }
        let mut below = vec![vec![false; count]; count];
        for at in (0..count).rev() {
            for source in &operands[at] {
                if let Source::Inner(inner) = *source {
                    let (head, tail) = below.split_at_mut(at);
                    head[inner].iter_mut().zip(&tail[0]).for_each(|(seen, &new)| *seen |= new);
                    head[inner][at] = true;
                }
            }
        }
        let weights = below.iter().map(|seen| seen.iter().filter(|&&seen| seen).count() as i64).collect();
        let mut targets = vec![None; count];
        for &(node, shape) in outputs {
            targets[place[node]] = Some([shape.h.into(), shape.w.into(), shape.c.into()]);
        }
        Ordered { part, order, operands, inputs, weights, targets }
    }

    fn is_sized(&self, at: usize) -> bool {
        self.part.nodes[self.order[at]].is_sized()
    }

    /// The sizes that node `at` may make along `side` by the program's three options.
    fn options(&self, at: usize, side: usize) -> Vec<i64> {
        let made = self.part.nodes[self.order[at]].made()[side];
        let options = if side == 2 { [2 * made, made, made / 2] } else { [made, made / 2, made / 4] };
        let mut options: Vec<i64> = options.into_iter().filter(|size| RANGE.contains(size)).collect();
        options.dedup();
        options
    }

    /// The options of every node that can lead on to the targets: a node that keeps sizes hands its readers' wishes on,
    /// a window must not make more than it reads, a pool keeps channels. Necessary, not sufficient.
    fn useful_options(&self) -> Vec<[Vec<i64>; 3]> {
        let count = self.order.len();
        let mut options: Vec<[Vec<i64>; 3]> = vec![Default::default(); count];
        // Along each side what a node's result may be: one size, and the least.
        let mut only: Vec<[Option<i64>; 3]> = self.targets.iter().map(|target| only_of(*target)).collect();
        let mut least = vec![[0; 3]; count];
        for at in (0..count).rev() {
            let node = &self.part.nodes[self.order[at]];
            for side in 0..3 {
                let fits = |size: &i64| only[at][side].is_none_or(|only| only == *size) && *size >= least[at][side];
                let mut useful = self.options(at, side);
                useful.retain(fits);
                let smallest = useful.iter().min().copied().unwrap_or(i64::MAX);
                options[at][side] = useful;
                for source in &self.operands[at] {
                    let Source::Inner(inner) = *source else { continue };
                    let changes = node.is_sized() || (node.is_concat() && side == 2);
                    if !changes {
                        only[inner][side] = only[inner][side].or(only[at][side]);
                        least[inner][side] = least[inner][side].max(least[at][side]);
                    } else if node.is_sized() && (side < 2 || node.is_pool()) {
                        least[inner][side] = least[inner][side].max(smallest);
                    }
                }
            }
        }
        options
    }

    /// The cost of node `at` when it reads and makes these sizes.
    fn price(&self, at: usize, read: Sizes, made: Sizes, settings: &RepairSettings) -> i64 {
        let node = &self.part.nodes[self.order[at]];
        let before = node.made();
        let total = |sizes: Sizes| sizes.iter().sum::<i64>();
        self.weights[at]
            * if node.is_sized() {
                let channels = settings.penalty.of(before[2], made[2]);
                let size = (total(made) - total(before)).abs();
                channels + size + read[0] - made[0] + read[1] - made[1]
            } else if node.is_concat() {
                total(made)
            } else {
                total(read)
            }
    }

    /// The sizes that a node reads: those that all operands make, for a concat with the sum of their channels. `None`
    /// when operands disagree.
    fn read(&self, at: usize, operands: &[Sizes]) -> Option<Sizes> {
        let mut first = *operands.first()?;
        if self.part.nodes[self.order[at]].is_concat() {
            if operands.iter().any(|other| other[..2] != first[..2]) {
                return None;
            }
            first[2] = operands.iter().map(|other| other[2]).sum();
        } else if operands.iter().any(|other| *other != first) {
            return None;
        }
        first.iter().all(|size| RANGE.contains(size)).then_some(first)
    }

    fn sweep(&self, settings: &RepairSettings) -> Swept<Sizes> {
        let plan = Plan { operands: &self.operands, inputs: &self.inputs };
        let options = self.useful_options();
        if (0..self.order.len()).any(|at| self.is_sized(at) && options[at].iter().any(Vec::is_empty)) {
            return Swept::Nothing;
        }
        sweep(&plan, |at, operands, found| {
            let Some(read) = self.read(at, operands) else { return };
            let node = &self.part.nodes[self.order[at]];
            let mut push = |made: Sizes| {
                if self.targets[at].is_none_or(|target| target == made) {
                    found.push(Choice { made, cost: self.price(at, read, made, settings), choice: made });
                }
            };
            if !node.is_sized() {
                return push(read);
            }
            let [high, wide, deep] = &options[at];
            for &h in high.iter().filter(|&&h| h <= read[0]) {
                for &w in wide.iter().filter(|&&w| w <= read[1]) {
                    for &c in deep.iter().filter(|&&c| !node.is_pool() || c == read[2]) {
                        push([h, w, c]);
                    }
                }
            }
        })
    }

    /// Solves the release's program as an integer program. Variables of [release §5](crate::doc::release#s5) that
    /// equations tie to others are put in: the binaries of the options and the two penalties are left.
    fn program(&self, settings: &RepairSettings) -> Result<(Vec<Sizes>, bool), NoAnswer> {
        let mut problem = Problem::default();
        let mut made: Vec<[Expression; 3]> = Vec::with_capacity(self.order.len());
        let mut binaries: Vec<Binaries> = Vec::with_capacity(self.order.len());
        let mut can_be = true;
        for at in 0..self.order.len() {
            let node = &self.part.nodes[self.order[at]];
            let operand = |source: &Source| match *source {
                Source::Inner(inner) => made[inner].clone(),
                Source::Input(input) => self.inputs[input].map(|size| Expression::from(size as f64)),
            };
            let operands: Vec<[Expression; 3]> = self.operands[at].iter().map(operand).collect();
            let mut read = operands[0].clone();
            for other in &operands[1..] {
                for side in 0..3 {
                    if side == 2 && node.is_concat() {
                        read[2] += other[2].clone();
                    } else {
                        can_be &= problem.zero(read[side].clone() - other[side].clone());
                    }
                }
            }
            for size in &read {
                can_be &= problem.not_negative(size.clone() - *RANGE.start() as f64);
                can_be &= problem.not_negative(*RANGE.end() as f64 - size.clone());
            }
            let mut chosen = Binaries::default();
            let makes = if node.is_sized() {
                let (makes, binaries, fits) = self.sized(&mut problem, at, &read, settings);
                can_be &= fits;
                chosen = binaries;
                makes
            } else {
                let total = read.iter().fold(Expression::default(), |sum, size| sum + size.clone());
                problem.objective += self.weights[at] as f64 * total;
                read
            };
            if let Some(target) = self.targets[at] {
                for side in 0..3 {
                    can_be &= problem.zero(makes[side].clone() - target[side] as f64);
                }
            }
            made.push(makes);
            binaries.push(chosen);
        }
        if !can_be {
            return Err(NoAnswer::Infeasible);
        }
        let wanted: Vec<Variable> = binaries.iter().flatten().flatten().map(|(_, binary)| *binary).collect();
        let (values, is_optimal) = problem.solve(&wanted, settings)?;
        Ok((self.chosen(&binaries, values)?, is_optimal))
    }

    /// Adds a node that changes sizes: which of its options it takes, what becomes of its sizes, and what that costs.
    /// Returns the sizes that it makes, the binaries of its options, and whether what it asks for can be.
    fn sized(
        &self,
        problem: &mut Problem,
        at: usize,
        read: &[Expression; 3],
        settings: &RepairSettings,
    ) -> ([Expression; 3], Binaries, bool) {
        let node = &self.part.nodes[self.order[at]];
        let (before, weight) = (node.made(), self.weights[at] as f64);
        let (mut chosen, mut can_be) = (Binaries::default(), true);
        let makes = [0, 1, 2].map(|side| {
            let mut size = Expression::default();
            let mut only_one = Expression::from(-1.0);
            for option in self.options(at, side) {
                let binary = problem.add(variable().binary());
                size += option as f64 * binary;
                only_one += binary;
                chosen[side].push((option, binary));
            }
            can_be &= problem.zero(only_one);
            size
        });
        for side in 0..2 {
            can_be &= problem.not_negative(read[side].clone() - makes[side].clone());
            problem.objective += weight * (read[side].clone() - makes[side].clone());
        }
        if node.is_pool() {
            can_be &= problem.zero(read[2].clone() - makes[2].clone());
        }
        let fewer = before[2] as f64 - makes[2].clone();
        let channels = problem.add(variable().min(0.0));
        problem.not_negative(channels - fewer.clone());
        if settings.penalty == ChannelPenalty::BothSides {
            problem.not_negative(channels + fewer);
        }
        let total = before.iter().sum::<i64>() as f64;
        let more = makes.iter().fold(Expression::from(-total), |sum, size| sum + size.clone());
        let size = problem.add(variable().min(0.0));
        problem.not_negative(size - more.clone());
        problem.not_negative(size + more);
        problem.objective += weight * (channels + size);
        (makes, chosen, can_be)
    }

    /// The sizes that all nodes make under these values of the options' binaries.
    fn chosen(&self, binaries: &[Binaries], values: Vec<f64>) -> Result<Vec<Sizes>, NoAnswer> {
        let mut values = values.into_iter();
        let mut sizes: Vec<Sizes> = Vec::with_capacity(self.order.len());
        for (at, chosen) in binaries.iter().enumerate() {
            let operands: Vec<Sizes> = self.operands[at].iter().map(|source| self.size_of(source, &sizes)).collect();
            let mut makes = self.read(at, &operands).ok_or_else(|| NoAnswer::Failed("operands disagree".into()))?;
            for (side, options) in chosen.iter().enumerate() {
                for (option, _) in options {
                    if values.next().is_some_and(|value| value > 0.5) {
                        makes[side] = *option;
                    }
                }
            }
            sizes.push(makes);
        }
        Ok(sizes)
    }

    fn size_of(&self, source: &Source, made: &[Sizes]) -> Sizes {
        match *source {
            Source::Inner(inner) => made[inner],
            Source::Input(input) => self.inputs[input],
        }
    }

    fn reads(&self, made: &[Sizes]) -> Vec<Sizes> {
        let read = |at: usize| {
            let operands: Vec<Sizes> = self.operands[at].iter().map(|source| self.size_of(source, made)).collect();
            self.read(at, &operands).unwrap_or(made[at])
        };
        (0..self.order.len()).map(read).collect()
    }

    fn cost(&self, made: &[Sizes], settings: &RepairSettings) -> i64 {
        let reads = self.reads(made);
        (0..self.order.len()).map(|at| self.price(at, reads[at], made[at], settings)).sum()
    }

    fn answer(&self, made: Vec<Sizes>, objective: i64, is_optimal: bool, solver: &'static str) -> PartAnswer {
        let reads = self.reads(&made);
        let mut shapes = vec![(Shape::new(0, 0, 0), Shape::new(0, 0, 0)); self.order.len()];
        for (at, &node) in self.order.iter().enumerate() {
            shapes[node] = (shape_of(reads[at]), shape_of(made[at]));
        }
        PartAnswer { shapes, objective, is_optimal, solver }
    }
}

fn shape_of([h, w, c]: Sizes) -> Shape {
    Shape::new(h as u32, w as u32, c as u32)
}

/// The options of a node's height, width and channels, each with the binary that chooses it.
type Binaries = [Vec<(i64, Variable)>; 3];

/// The one size along each side that a target allows.
fn only_of(target: Option<Sizes>) -> [Option<i64>; 3] {
    target.map_or([None; 3], |sizes| sizes.map(Some))
}

/// The release's form on a segment of ours: its sizes give filters and strides. What has no whole stride is an error.
pub(in crate::repair) fn solve(
    segment: &Segment,
    inputs: &[Shape],
    outputs: &[Shape],
    settings: &RepairSettings,
) -> Result<Answer, (NoAnswer, &'static str)> {
    let mut part = ReleasePart::of(segment);
    let is_source = |at: &usize| segment.operands[*at].iter().all(|source| matches!(source, Source::Input(_)));
    let mut reads = Vec::new();
    for at in (0..segment.nodes.len()).filter(is_source) {
        if let Some(Source::Input(input)) = segment.operands[at].first() {
            reads.push((at, inputs[*input]));
        }
    }
    part.propagate(&reads).map_err(|error| match error {
        RepairError::Infeasible { .. } => (NoAnswer::Infeasible, PRESOLVE),
        other => (NoAnswer::Failed(other.to_string()), PRESOLVE),
    })?;
    let targets: Vec<(usize, Shape)> = segment.outputs.iter().copied().zip(outputs.iter().copied()).collect();
    let answer = part.solve(&targets, settings)?;
    let mut ops = Vec::with_capacity(segment.nodes.len());
    for (node, &(read, made)) in segment.nodes.iter().zip(&answer.shapes) {
        let stride = |from: u32, to: u32| (to > 0 && from.is_multiple_of(to)).then(|| from / to);
        let strides = || {
            let strides = stride(read.h, made.h).zip(stride(read.w, made.w));
            let ratios = format!("{}/{}, {}/{}", read.h, made.h, read.w, made.w);
            let reason = || format!("`{}` would need a stride of {ratios}", node.name);
            strides.ok_or_else(|| (NoAnswer::NoNetwork(reason()), answer.solver))
        };
        let op = match node.op.class() {
            Class::Weighted(Weighted::Conv(conv)) if conv.groups == 1 => {
                Op::Conv(Conv { filters: made.c, window: Window { stride: strides()?, ..conv.window }, ..conv })
            }
            Class::Weighted(Weighted::Conv(conv)) if conv.groups == conv.filters => {
                Op::Conv(Conv { groups: read.c, filters: made.c, ..conv })
            }
            Class::Pool(pool, window) => Op::Pool(pool, Window { stride: strides()?, ..window }),
            Class::Weighted(_)
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
            | Class::Resize(_) => node.op,
        };
        ops.push(op);
    }
    Ok(Answer { ops, cost: answer.objective, is_optimal: answer.is_optimal, solver: answer.solver })
}
