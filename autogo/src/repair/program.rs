//! The corrected form as an integer program.

use super::answer::NoAnswer;
use super::channels::{Channels, MAX_CHANNELS};
use super::classes::{Classes, lcm};
use super::settings::{ChannelPenalty, RepairSettings};
use super::sizes::{Rule, STRIDE_COST, Side, repeats};
use super::solve::{Problem, whole};
use super::strides::Strides;
use crate::graph::{Op, Shape};
use crate::segment::{Segment, Source};
use good_lp::{Expression, IntoAffineExpression, Variable, variable};

/// A size as an expression, and what it lies between.
#[derive(Clone)]
struct Extent {
    size: Expression,
    low: i64,
    high: i64,
}

impl Extent {
    fn number(size: i64) -> Extent {
        Extent { size: (size as f64).into(), low: size, high: size }
    }

    fn is_known(&self) -> bool {
        self.low == self.high
    }
}

/// The program of a repair, or of what exact means have left of it.
#[derive(Default)]
pub(super) struct Program {
    pub(super) problem: Problem,
    /// Every node's binaries for strides along both sides.
    strides: Vec<[Vec<(u32, Variable)>; 2]>,
    /// Open classes and their values.
    classes: Vec<(usize, Variable)>,
}

/// The values that a solver chose.
pub(super) struct Chosen {
    /// Every node's strides, 0 where there was no choice; nothing when they were no part of the program.
    pub(super) strides: Option<Strides>,
    /// Values of the classes that were open.
    pub(super) values: Vec<(usize, i64)>,
    /// Whether this is known to be the cheapest.
    pub(super) is_optimal: bool,
}

impl Program {
    /// Adds the choice of strides. Returns whether it can have a solution.
    pub(super) fn add_strides(
        &mut self,
        segment: &Segment,
        inputs: &[Shape],
        outputs: &[Shape],
        weights: &[i64],
    ) -> bool {
        let mut made: Vec<[Extent; 2]> = Vec::with_capacity(segment.nodes.len());
        for (at, node) in segment.nodes.iter().enumerate() {
            let read = |source: &Source| match *source {
                Source::Inner(inner) => made[inner].clone(),
                Source::Input(input) => Side::BOTH.map(|side| Extent::number(side.size(inputs[input]))),
            };
            let operands: Vec<[Extent; 2]> = segment.operands[at].iter().map(read).collect();
            let mut first = operands.first().cloned().unwrap_or_else(|| Side::BOTH.map(|_| Extent::number(1)));
            if matches!(node.op, Op::Add | Op::Mul | Op::Concat) {
                let repeats = repeats(segment, at);
                for side in 0..2 {
                    let whole = repeats.iter().position(|repeated| !repeated[side]).unwrap_or(0);
                    first[side] = operands[whole][side].clone();
                    for (slot, (other, repeated)) in operands.iter().zip(&repeats).enumerate() {
                        let wanted = if repeated[side] { Extent::number(1) } else { first[side].clone() };
                        if slot != whole && !self.problem.zero(wanted.size - other[side].size.clone()) {
                            return false;
                        }
                    }
                }
            }
            let rules = Side::BOTH.map(|side| Rule::of(segment, at, side));
            let mut binaries = [Vec::new(), Vec::new()];
            let mut sizes: Vec<Extent> = Vec::with_capacity(2);
            for side in 0..2 {
                let Some(size) = self.along(rules[side], &first[side], &mut binaries[side]) else { return false };
                sizes.push(size);
            }
            self.add_stride_cost(rules, &binaries, weights[at] * STRIDE_COST);
            self.strides.push(binaries);
            let [Some(w), Some(h)] = [sizes.pop(), sizes.pop()] else { return false };
            made.push([h, w]);
        }
        let mut can_be = true;
        for (&node, wanted) in segment.outputs.iter().zip(outputs) {
            for (side, at) in Side::BOTH.into_iter().zip(0..) {
                can_be &= self.problem.zero(made[node][at].size.clone() - side.size(*wanted) as f64);
            }
        }
        can_be
    }

    /// One side of one node; `None` when nothing fits.
    fn along(&mut self, rule: Rule, read: &Extent, binaries: &mut Vec<(u32, Variable)>) -> Option<Extent> {
        let Rule::Window { offset, .. } = rule else {
            return match rule {
                Rule::Affine { factor, offset } => {
                    let size = read.size.clone() * factor as f64 + offset as f64;
                    let most = i64::from(Shape::LIMIT);
                    self.problem.not_negative(size.clone() - 1.0).then_some(())?;
                    self.problem.not_negative(most as f64 - size.clone()).then_some(())?;
                    let [low, high] = [read.low, read.high].map(|size| (size * factor + offset).clamp(1, most));
                    Some(Extent { size, low, high })
                }
                Rule::Divided { .. } if read.is_known() => Some(Extent::number(rule.apply(read.low, 1)?)),
                Rule::Divided { factor } => {
                    let [low, high] = [read.low, read.high].map(|size| (size / factor).max(1));
                    let size = self.problem.add(variable().integer().min(low as f64).max(high as f64));
                    self.problem.zero(read.size.clone() - factor as f64 * size).then_some(())?;
                    Some(Extent { size: size.into(), low, high })
                }
                Rule::Fixed(_) | Rule::Window { .. } => Some(Extent::number(rule.apply(read.high, 1)?)),
            };
        };
        let strides = rule.strides(read.high);
        if let &[stride] = strides.as_slice()
            && read.is_known()
        {
            return Some(Extent::number(rule.apply(read.low, stride)?));
        }
        let mut only_one = Expression::from(-1.0);
        for &stride in &strides {
            let chosen = self.problem.add(variable().binary());
            only_one += chosen;
            binaries.push((stride, chosen));
        }
        self.problem.zero(only_one);
        let high = strides.iter().filter_map(|&stride| rule.apply(read.high, stride)).max()?;
        if read.is_known() {
            // Every stride makes a size that is known.
            let mut size = Expression::default();
            let mut low = high;
            for &(stride, chosen) in binaries.iter() {
                let made = rule.apply(read.low, stride)?;
                low = low.min(made);
                size += made as f64 * chosen;
            }
            return Some(Extent { size, low, high });
        }
        let low = strides.iter().map(|&stride| rule.apply(read.low, stride).unwrap_or(1)).min()?;
        let size = self.problem.add(variable().integer().min(low as f64).max(high as f64));
        let reach = read.size.clone() + offset as f64;
        let (least, most) = (read.low + offset, read.high + offset);
        for &(stride, chosen) in binaries.iter() {
            // `stride · size` lies in `reach ..= reach + stride - 1`; a stride that is not chosen demands nothing.
            let stride = i64::from(stride);
            let over = stride as f64 * size - reach.clone();
            let free = (1.0).into_expression() - chosen;
            let below = (most - stride * low).max(0) as f64;
            let above = (stride * high - least - stride + 1).max(0) as f64;
            self.problem.not_negative(over.clone() + below * free.clone());
            self.problem.not_negative(above * free + (stride - 1) as f64 - over);
        }
        Some(Extent { size: size.into(), low, high })
    }

    /// Once for a node whose strides change, once more where one of them skips pixels.
    fn add_stride_cost(&mut self, rules: [Rule; 2], binaries: &[Vec<(u32, Variable)>; 2], cost: i64) {
        let own = |rule: Rule| match rule {
            Rule::Window { stride, .. } => stride,
            Rule::Affine { .. } | Rule::Divided { .. } | Rule::Fixed(_) => 1,
        };
        let mut price = |costly: &dyn Fn(Rule, u32) -> bool| {
            let sums = rules.iter().zip(binaries).map(|(&rule, binaries)| {
                binaries.iter().filter(|(stride, _)| costly(rule, *stride)).map(|(_, chosen)| *chosen).collect()
            });
            let sums: Vec<Vec<Variable>> = sums.filter(|sum: &Vec<Variable>| !sum.is_empty()).collect();
            if sums.is_empty() {
                return;
            }
            let paid = self.problem.add(variable().min(0.0).max(1.0));
            self.problem.objective += cost as f64 * paid;
            for sum in sums {
                let sum: Expression = sum.into_iter().sum();
                self.problem.not_negative(paid - sum);
            }
        };
        price(&|rule, stride| stride != own(rule));
        price(&|rule, stride| rule.skips(stride));
    }

    /// Adds the channels that are open. Returns whether they can have a solution.
    pub(super) fn add_channels(&mut self, classes: &Classes, settings: &RepairSettings) -> bool {
        let mut variable_of: Vec<Option<Variable>> = vec![None; classes.classes.len()];
        for &at in &classes.class_of {
            let class = &classes.classes[at];
            if class.value.is_some() || variable_of[at].is_some() {
                continue;
            }
            let value = self.problem.add(variable().integer().min(class.low as f64).max(class.high as f64));
            variable_of[at] = Some(value);
            self.classes.push((at, value));
            for filters in &class.members {
                let before = filters.before as f64;
                if let Some(align) = settings.align {
                    // Either as before, or a multiple.
                    let step = lcm(filters.groups, i64::from(align));
                    let most = (MAX_CHANNELS / step) as f64;
                    let changed = self.problem.add(variable().binary());
                    let count = self.problem.add(variable().integer().min(0.0).max(most));
                    let unchanged = before * ((1.0).into_expression() - changed);
                    self.problem.zero(value - unchanged - step as f64 * count);
                    self.problem.not_negative(most * changed - count);
                } else if filters.groups > 1 {
                    let most = (MAX_CHANNELS / filters.groups) as f64;
                    let count = self.problem.add(variable().integer().min(1.0).max(most));
                    self.problem.zero(value - filters.groups as f64 * count);
                }
                let change = self.problem.add(variable().min(0.0).max(MAX_CHANNELS as f64));
                self.problem.objective += filters.weight as f64 * change;
                self.problem.not_negative(change - before + value);
                if settings.penalty == ChannelPenalty::BothSides {
                    self.problem.not_negative(change + before - value);
                }
            }
        }
        let put = |linear: &super::channels::Linear| {
            let linear = classes.in_classes(linear);
            let terms = linear.terms.iter();
            let terms = terms.filter_map(|&(class, factor)| Some(factor as f64 * variable_of[class]?));
            terms.fold(Expression::from(linear.constant as f64), |sum, term| sum + term)
        };
        let mut can_be = true;
        for equation in &classes.equations {
            can_be &= self.problem.zero(put(equation));
        }
        for floor in &classes.floors {
            can_be &= self.problem.not_negative(put(floor));
        }
        can_be
    }

    /// Solves it.
    pub(super) fn solve(self, settings: &RepairSettings) -> Result<Chosen, NoAnswer> {
        let Program { problem, strides, classes } = self;
        let of_strides = strides.iter().flatten().flatten().map(|(_, chosen)| *chosen);
        let wanted: Vec<Variable> = of_strides.chain(classes.iter().map(|(_, value)| *value)).collect();
        let (values, is_optimal) = problem.solve(&wanted, settings)?;
        let mut values = values.into_iter();
        let mut chosen_of = |binaries: &[(u32, Variable)]| {
            // All of them are read, whichever is chosen.
            let picks: Vec<bool> = binaries.iter().map(|_| values.next().is_some_and(|value| value > 0.5)).collect();
            binaries.iter().zip(picks).find(|(_, pick)| *pick).map_or(0, |((stride, _), _)| *stride)
        };
        let chosen: Strides = strides.iter().map(|[high, wide]| [chosen_of(high), chosen_of(wide)]).collect();
        let open = classes.iter().zip(values);
        let open = open.map(|((class, _), value)| Ok((*class, whole(value).map_err(NoAnswer::Failed)?)));
        let values = open.collect::<Result<Vec<_>, NoAnswer>>()?;
        Ok(Chosen { strides: (!chosen.is_empty()).then_some(chosen), values, is_optimal })
    }
}

/// The whole program of a segment, without any presolve; `None` where constants alone show that it has no solution.
pub(super) fn whole_program(
    segment: &Segment,
    inputs: &[Shape],
    outputs: &[Shape],
    weights: &[i64],
    channels: &Channels,
    settings: &RepairSettings,
) -> Option<(Program, Classes)> {
    let classes = Classes::plain(channels);
    let mut program = Program::default();
    let can_be = program.add_strides(segment, inputs, outputs, weights) && program.add_channels(&classes, settings);
    can_be.then_some((program, classes))
}
