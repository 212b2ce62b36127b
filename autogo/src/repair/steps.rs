//! A repair to look at, step by step (paper, figure 4): the boundary, the first guess, the program, the answer.

use super::channels::Channels;
use super::classes::Classes;
use super::program::{Program, whole_program};
use super::sizes::{Rule, Side, stride_cost, weights};
use super::strides::strides;
use super::sweep::Swept;
use super::{Attempt, RepairForm, RepairSettings, Repaired, Repairer};
use crate::error::Error;
use crate::graph::{Drawing, Op, Shape};
use crate::segment::Segment;
use polars::df;
use polars::prelude::DataFrame;

/// Every step of one repair in the corrected form.
///
/// ```
/// use autogo::graph::Shape;
/// use autogo::{prelude::*, repair::RepairSteps};
/// let graph = autogo::families::network("hiaml:src1,src1,r30,src3")?;
/// let segment = Segment::cut(&graph, &[1, 2, 3]).segment; // conv 3×3 stride 2, batch norm, ReLU
/// let (read, made) = ([Shape::new(16, 16, 32)], [Shape::new(16, 16, 48)]);
/// let steps = RepairSteps::new(&segment, &read, &made, &RepairSettings::default())?;
/// // With its stride of 2 the convolution halves: the output is 8×8×64 instead of 16×16×48.
/// assert_eq!(steps.disagreements(), [2]);
/// assert_eq!(steps.attempt().record.objective, Some(3.0 * (64.0 - 48.0) + 3.0 * 100.0));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RepairSteps {
    segment: Segment,
    inputs: Vec<Shape>,
    outputs: Vec<Shape>,
    settings: RepairSettings,
    /// The segment with the sizes that run through it, ops unchanged.
    guess: Segment,
    /// Nodes where the guess breaks, each with the reason.
    breaks: Vec<(usize, String)>,
    attempt: Attempt,
}

impl RepairSteps {
    /// Repairs `segment` and keeps every step.
    ///
    /// # Errors
    /// A setting is out of range, the form is not the corrected one, or the place has another number of tensors.
    pub fn new(
        segment: &Segment,
        inputs: &[Shape],
        outputs: &[Shape],
        settings: &RepairSettings,
    ) -> Result<RepairSteps, Error> {
        if settings.form != RepairForm::Corrected {
            return Err(Error::setting("repair.form", "steps are kept of one form only", "corrected"));
        }
        let has = (segment.inputs.len(), segment.outputs.len());
        if has != (inputs.len(), outputs.len()) {
            let reason = format!("{} inputs and {} outputs", inputs.len(), outputs.len());
            return Err(Error::setting("place", reason, &format!("the segment's {} and {}", has.0, has.1)));
        }
        let attempt = Repairer::new(*settings)?.forgetful().attempt(segment, inputs, outputs);
        let (guess, breaks) = propagate(segment, inputs, outputs);
        Ok(RepairSteps {
            segment: segment.clone(),
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
            settings: *settings,
            guess,
            breaks,
            attempt: Attempt::clone(&attempt),
        })
    }

    /// The record and what came of it.
    pub fn attempt(&self) -> &Attempt {
        &self.attempt
    }

    /// The repaired segment, if there is one.
    pub fn repaired(&self) -> Option<&Repaired> {
        self.attempt.result.as_ref().ok()
    }

    /// Nodes where forward propagation breaks: they refuse their operands, or are outputs of another shape than wanted.
    pub fn disagreements(&self) -> Vec<usize> {
        self.breaks.iter().map(|(node, _)| *node).collect()
    }

    /// The boundary: what the segment reads and makes in its own network, and in the place.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn boundary(&self) -> Result<DataFrame, Error> {
        let texts = |shapes: &[Shape]| shapes.iter().map(Shape::to_string).collect::<Vec<_>>();
        let names = |what: &str, count: usize| (0..count).map(|at| format!("{what} {at}")).collect::<Vec<_>>();
        Ok(df!(
            "tensor" => [names("input", self.inputs.len()), names("output", self.outputs.len())].concat(),
            "in its own network" => [texts(&self.segment.inputs), texts(&self.segment.output_shapes())].concat(),
            "in this place" => [texts(&self.inputs), texts(&self.outputs)].concat(),
        )?)
    }

    /// The first guess: the place's inputs run through the ops as they are.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn guess(&self) -> Result<DataFrame, Error> {
        let count = self.segment.nodes.len();
        let verdict = |at: usize| {
            let broken = self.breaks.iter().find(|(node, _)| *node == at);
            broken.map_or("", |(_, reason)| reason.as_str())
        };
        Ok(df!(
            "node" => (0..count as u32).collect::<Vec<_>>(),
            "op" => self.segment.nodes.iter().map(|node| node.op.name()).collect::<Vec<_>>(),
            "in its own network" => self.segment.nodes.iter().map(|node| node.shape.to_string()).collect::<Vec<_>>(),
            "guess" => self.guess.nodes.iter().map(|node| node.shape.to_string()).collect::<Vec<_>>(),
            "disagrees" => (0..count).map(verdict).collect::<Vec<_>>(),
        )?)
    }

    /// The choices: for every node that may change, its weight in the objective and its alternatives.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn choices(&self) -> Result<DataFrame, Error> {
        let weights = weights(&self.segment);
        let channels = Channels::new(&self.segment, &self.inputs, &self.outputs, &weights);
        let largest = self.inputs.iter().map(|shape| shape.h.max(shape.w)).max().unwrap_or(1);
        let rules = |at: usize| Side::BOTH.map(|side| Rule::of(&self.segment, at, side));
        let has_choice = |at: &usize| channels.filters[*at].is_some() || matches!(rules(*at)[0], Rule::Window { .. });
        let nodes: Vec<usize> = (0..self.segment.nodes.len()).filter(has_choice).collect();
        let price = |at: usize, skips: bool| {
            let Rule::Window { stride, .. } = rules(at)[0] else { return String::new() };
            let others = rules(at)[0].strides(largest.into());
            let others = others.iter().filter(|&&other| other != stride && rules(at)[0].skips(other) == skips);
            let cost = |other: u32| weights[at] * stride_cost(rules(at), [other, other]);
            others.map(|&other| format!("{other}: {}", cost(other))).collect::<Vec<_>>().join(", ")
        };
        let filters = |at: usize| {
            let conv = self.segment.nodes[at].op.conv().filter(|_| channels.filters[at].is_some());
            conv.map(|conv| conv.filters)
        };
        let stride = |at: usize| self.segment.nodes[at].op.window().map(|window| window.stride.0);
        Ok(df!(
            "node" => nodes.iter().map(|at| *at as u32).collect::<Vec<_>>(),
            "op" => nodes.iter().map(|at| self.segment.nodes[*at].op.name()).collect::<Vec<_>>(),
            "filters" => nodes.iter().map(|at| filters(*at)).collect::<Vec<_>>(),
            "a filter more or less costs" =>
                nodes.iter().map(|at| channels.filters[*at].map(|_| weights[*at])).collect::<Vec<_>>(),
            "stride" => nodes.iter().map(|at| stride(*at)).collect::<Vec<_>>(),
            "other strides cost" => nodes.iter().map(|at| price(*at, false)).collect::<Vec<_>>(),
            "strides that skip pixels" => nodes.iter().map(|at| price(*at, true)).collect::<Vec<_>>(),
        )?)
    }

    /// The size of the integer program: as it stands, and what is left of it for a solver after exact means.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn program(&self) -> Result<DataFrame, Error> {
        let weights = weights(&self.segment);
        let channels = Channels::new(&self.segment, &self.inputs, &self.outputs, &weights);
        let count = |program: &Program| {
            let problem = &program.problem;
            [problem.variables.len(), problem.whole, problem.constraints.len()].map(|count| count as u32)
        };
        let all = whole_program(&self.segment, &self.inputs, &self.outputs, &weights, &channels, &self.settings);
        let all = all.map_or([0; 3], |(program, _)| count(&program));
        let mut left = Program::default();
        let is_narrow = !matches!(strides(&self.segment, &self.inputs, &self.outputs, &weights), Swept::TooMany);
        if !is_narrow {
            left.add_strides(&self.segment, &self.inputs, &self.outputs, &weights);
        }
        if let Some(classes) = Classes::reduced(&channels, &self.settings).filter(Classes::is_open) {
            left.add_channels(&classes, &self.settings);
        }
        let left = count(&left);
        Ok(df!(
            "program" => ["whole", "left for the solver"],
            "variables" => [all[0], left[0]],
            "of them whole numbers" => [all[1], left[1]],
            "constraints" => [all[2], left[2]],
        )?)
    }

    /// The answer: every changed node before and after; empty when there is none.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn solution(&self) -> Result<DataFrame, Error> {
        let changes = self.repaired().map_or(&[][..], |repaired| &repaired.changes);
        let text = |op: &Op| match (op.conv(), op.window()) {
            (Some(conv), _) => {
                let (window, depth) = (conv.window, if conv.groups > 1 { " depth-wise" } else { "" });
                format!("{} filters{depth}, stride {}×{}", conv.filters, window.stride.0, window.stride.1)
            }
            (None, Some(window)) => format!("stride {}×{}", window.stride.0, window.stride.1),
            (None, None) => op.name().into(),
        };
        Ok(df!(
            "node" => changes.iter().map(|change| change.node as u32).collect::<Vec<_>>(),
            "op" => changes.iter().map(|change| change.before.name()).collect::<Vec<_>>(),
            "before" => changes.iter().map(|change| text(&change.before)).collect::<Vec<_>>(),
            "after" => changes.iter().map(|change| text(&change.after)).collect::<Vec<_>>(),
        )?)
    }

    /// The first guess, with the nodes where it breaks in a colour.
    pub fn draw_guess(&self) -> Drawing {
        self.guess.draw().highlight(&self.disagreements(), "disagrees")
    }

    /// The repaired segment, with what was changed in a colour; the segment itself when there is no answer.
    pub fn draw_solution(&self) -> Drawing {
        match self.repaired() {
            Some(repaired) => {
                let changed: Vec<usize> = repaired.changes.iter().map(|change| change.node).collect();
                repaired.segment.draw().highlight(&changed, "changed")
            }
            None => self.segment.draw(),
        }
    }
}

/// Runs sizes through ops as they are. A node that refuses its operands is noted and passes on what it reads first.
fn propagate(segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> (Segment, Vec<(usize, String)>) {
    let mut guess = segment.clone();
    guess.inputs = inputs.to_vec();
    let mut breaks = Vec::new();
    for at in 0..guess.nodes.len() {
        let read = guess.operand_shapes(at);
        guess.nodes[at].shape = guess.nodes[at].op.infer(&read).unwrap_or_else(|reason| {
            breaks.push((at, reason));
            read.first().copied().unwrap_or(guess.nodes[at].shape)
        });
    }
    for (&node, wanted) in guess.outputs.iter().zip(outputs) {
        let made = guess.nodes[node].shape;
        if made != *wanted && breaks.iter().all(|(broken, _)| *broken != node) {
            breaks.push((node, format!("makes {made}, wanted is {wanted}")));
        }
    }
    breaks.sort_by_key(|(node, _)| *node);
    (guess, breaks)
}

/// Results of repairs of the same places under several settings, a row for each setting: how many fitted as they were,
/// were repaired or had no answer; the mean objective and number of changed ops of the repaired, the filters that those
/// gained and lost in all, and the median time.
///
/// # Errors
/// None: every column has one entry a row, which polars checks.
pub fn repair_table(runs: &[(String, Vec<std::sync::Arc<Attempt>>)]) -> Result<DataFrame, Error> {
    let counted = |attempts: &[std::sync::Arc<Attempt>], is_it: &dyn Fn(&Attempt) -> bool| {
        attempts.iter().filter(|attempt| is_it(attempt)).count() as u32
    };
    use super::RepairStatus as Status;
    let each = |measure: &dyn Fn(&[std::sync::Arc<Attempt>]) -> f64| -> Vec<f64> {
        runs.iter().map(|(_, attempts)| measure(attempts)).collect()
    };
    let count = |is_it: &dyn Fn(&Attempt) -> bool| -> Vec<u32> {
        runs.iter().map(|(_, attempts)| counted(attempts, is_it)).collect()
    };
    let is_repaired = |attempt: &Attempt| matches!(attempt.record.status, Status::Optimal | Status::Feasible);
    let mean = |value: fn(&Attempt) -> f64| {
        each(&move |attempts| {
            let repaired: Vec<f64> =
                attempts.iter().filter(|attempt| is_repaired(attempt)).map(|attempt| value(attempt)).collect();
            repaired.iter().sum::<f64>() / repaired.len().max(1) as f64
        })
    };
    let median = each(&|attempts| {
        let mut times: Vec<f64> = attempts.iter().map(|attempt| attempt.record.milliseconds).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(0.0)
    });
    Ok(df!(
        "settings" => runs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        "fit as they are" => count(&|attempt| attempt.record.status == Status::Unchanged),
        "repaired" => count(&is_repaired),
        "no answer" => count(&|attempt| matches!(attempt.record.status, Status::Infeasible | Status::TimedOut)),
        "no network" => count(&|attempt| attempt.record.status == Status::SolverDisagrees),
        "ops changed" => mean(|attempt| attempt.record.changed as f64),
        "filters gained" => mean(|attempt| filters(attempt, |change| change.max(0))),
        "filters lost" => mean(|attempt| filters(attempt, |change| (-change).max(0))),
        "median [ms]" => median,
    )?)
}

/// Sum over the changed convolutions.
fn filters(attempt: &Attempt, part: fn(i64) -> i64) -> f64 {
    let of = |op: &Op| op.conv().map_or(0, |conv| i64::from(conv.filters));
    let changes = attempt.result.as_ref().map_or(&[][..], |repaired| &repaired.changes);
    changes.iter().map(|change| part(of(&change.after) - of(&change.before))).sum::<i64>() as f64
}
