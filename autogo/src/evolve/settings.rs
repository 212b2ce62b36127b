//! What a search is told: every choice is a field, so a run is a value and an ablation a line of TOML.

use super::{Column, Objective, Ranking, Sampling, ScoreOrder, Sources, Window};
use crate::data::Label;
use crate::error::Error;
use crate::graph::Op;
use crate::repair::RepairSettings;
use serde::{Deserialize, Serialize};

/// The largest count that makes sense of parents, places in a parent, donors in a place, segments in a run.
const MOST: usize = 100_000;

/// What is replaced at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Segments: the paper's.
    #[default]
    Segment,
    /// Single ops are replaced by single ops with the same input and output shapes, as in evolution without segments
    /// ([release §4.3.3](crate::doc::release#s4-3-3)). This needs a database of single ops, as `Mining::ngrams(1)`
    /// mines it.
    Op,
}

/// What happens to the other donors of a place when one cannot be made to fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// They are tried.
    #[default]
    GoOn,
    /// The other donors are given up. The release does so, because it sets a flag once per place and never resets the
    /// flag ([release §4.5](crate::doc::release#s4-5)). In the release, matching the tensors may fail; here tensors are
    /// matched one to one, and only the repair may fail.
    GiveUp,
}

/// How places and donors are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MutationSettings {
    /// What is replaced at once.
    pub unit: Unit,
    /// Places tried in one parent.
    pub places: usize,
    /// Which places come first.
    pub sources: Sources,
    /// Donors tried in one place, half of them with the very same boundary.
    pub donors: usize,
    /// How the donors that must be repaired are chosen.
    pub ranking: Ranking,
    /// Rows of the database that are ranked for one place: a random sample when more have its arity.
    pub shortlist: usize,
    /// The most consecutive segments replaced at once.
    pub consecutive: usize,
    /// Share of the longer pieces that a draw of the vocabulary leaves out.
    pub sparsity: f64,
    /// Names of the ops that a donor may hold ([release §4.2](crate::doc::release#s4-2)). An empty list allows all ops
    /// but `zero`: a donor with zeros cuts branches off, which makes a network cheap, and a predictor that has seen few
    /// zeros may score it high.
    pub ops: Vec<String>,
    /// How donors are made to fit.
    pub repair: RepairSettings,
    /// What happens after a donor that cannot be made to fit.
    pub on_failure: OnFailure,
}

impl Default for MutationSettings {
    fn default() -> Self {
        MutationSettings {
            unit: Unit::Segment,
            places: 8,
            sources: Sources::Dearest,
            donors: 8,
            ranking: Ranking::Predictor,
            shortlist: 1000,
            consecutive: 3,
            sparsity: 0.5,
            ops: Vec::new(),
            repair: RepairSettings::default(),
            on_failure: OnFailure::GoOn,
        }
    }
}

impl MutationSettings {
    pub(super) fn check(&self) -> Result<(), Error> {
        let counts = [("places", self.places), ("donors", self.donors), ("consecutive", self.consecutive)];
        if let Some((what, count)) = counts.iter().find(|(_, count)| !(1..=MOST).contains(count)) {
            return Err(Error::setting(what, format!("is {count}"), &format!("1 to {MOST}")));
        }
        if let Some(unknown) = self.ops.iter().find(|name| !Op::NAMES.contains(&name.as_str())) {
            return Err(Error::setting("ops", format!("`{unknown}` is no op"), &Op::NAMES.join(", ")));
        }
        if !(0.0..=1.0).contains(&self.sparsity) {
            return Err(Error::setting("sparsity", format!("is {}", self.sparsity), "0 to 1"));
        }
        self.repair.check()
    }
}

/// A search: its settings. [`Evolution::run`] runs it.
///
/// ```
/// use autogo::prelude::*;
/// let graphs = (0..12).map(|at| Nb201::sample(0, at).build()).collect::<Result<Vec<_>, _>>()?;
/// // Any function of a graph can stand for a predictor.
/// let mutator = Mutator::new(Mining::bpe(40).run(&graphs)?, |graph: &Graph| graph.len() as f64, Npu::n256())?;
/// let evolution = Evolution { generations: 2, ..Evolution::default() };
/// let run = evolution.run(&graphs[0], &mutator, Progress::Silent)?;
/// assert!(run.stop == Some(StopReason::Finished) && run.front().len() > 1);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Evolution {
    /// Rounds of mutation.
    pub generations: usize,
    /// Parents that have children in one round.
    pub parents: usize,
    /// How parents are drawn.
    pub sampling: Sampling,
    /// How places and donors are drawn.
    pub mutation: MutationSettings,
    /// A child is kept when it is inside all of them.
    pub windows: Vec<Window>,
    /// Whether a child must also be better in the first objective than the input to enter the front
    /// ([release §7.3g](crate::doc::release#s7-3g)).
    pub above_input: bool,
    /// What the front is made of.
    pub objectives: Vec<Objective>,
    /// Networks scored at most; nothing sets no limit.
    pub budget: Option<usize>,
    /// In which order scores come back from the predictor.
    pub scores: ScoreOrder,
    /// Seed of every draw.
    pub seed: u64,
}

impl Default for Evolution {
    /// Four generations of four parents for a high score and few cycles, within −10 % to 100 % fewer multiply-adds.
    fn default() -> Self {
        Evolution {
            generations: 4,
            parents: 4,
            sampling: Sampling::default(),
            mutation: MutationSettings::default(),
            windows: vec![Window { column: Column::MultiplyAdds, decrease: (-10.0, 100.0) }],
            above_input: false,
            objectives: vec![Objective::maximise(Column::Score), Objective::minimise(Column::Cycles)],
            budget: None,
            scores: ScoreOrder::AsAsked,
            seed: 0,
        }
    }
}

impl Evolution {
    /// The search that a label asks for, with two objectives.
    ///
    /// Where labels are measured, such as accuracies, it wants better labels and less of `cost`. Where they are themselves a
    /// cost that was computed, such as cycles, less of both would end with networks that do nothing. So children then
    /// do as much work as the input, multiply-adds within a tenth, and the search wants that work done in less of the label
    /// and by fewer parameters.
    ///
    /// ```
    /// use autogo::data::LabelledFamily;
    /// use autogo::evolve::{Column, Evolution, Objective};
    /// let data = LabelledFamily::nb201_computed(20)?; // labels are cycles
    /// let evolution = Evolution::for_label(data.label(), Column::Flops);
    /// assert_eq!(evolution.objectives, [Objective::minimise(Column::Score), Objective::minimise(Column::Params)]);
    /// assert!(!evolution.windows[0].admits(100.0, 80.0));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn for_label(label: &Label, cost: Column) -> Self {
        let (cost, windows) = match label.measured {
            true => (cost, Evolution::default().windows),
            false => (Column::Params, vec![Window { column: Column::MultiplyAdds, decrease: (-10.0, 10.0) }]),
        };
        let objectives = vec![Objective::score(label.goal), Objective::minimise(cost)];
        Evolution { objectives, windows, ..Evolution::default() }
    }

    /// The paper's search: ten rounds of ten parents, ten places in each, a hundred donors in each place, for a high
    /// score and few FLOPs ([release §7](crate::doc::release#s7)).
    pub fn paper() -> Self {
        Evolution {
            generations: 10,
            parents: 10,
            mutation: MutationSettings { places: 10, donors: 100, ..MutationSettings::default() },
            windows: vec![Window { column: Column::Flops, decrease: (-10.0, 100.0) }],
            objectives: vec![Objective::maximise(Column::Score), Objective::minimise(Column::Flops)],
            above_input: true,
            ..Evolution::default()
        }
    }

    /// The same search without guidance: anybody has children, donors are drawn by lot.
    pub fn at_random(&self) -> Self {
        let mutation = MutationSettings { ranking: Ranking::Random, sources: Sources::Random, ..self.mutation.clone() };
        Evolution { sampling: Sampling::Uniform, mutation, ..self.clone() }
    }

    /// The same search in units of single ops.
    pub fn by_ops(&self) -> Self {
        let mutation = MutationSettings { unit: Unit::Op, consecutive: 1, ..self.mutation.clone() };
        Evolution { mutation, ..self.clone() }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.objectives.is_empty() {
            return Err(Error::setting("objectives", "none given", "one or more"));
        }
        if let Some(constant) = self.objectives.iter().find(|objective| objective.formula().columns().is_empty()) {
            let reason = format!("`{}` names no figure", constant.formula());
            return Err(Error::setting("objectives", reason, "formulas of score, cycles, flops, params, …"));
        }
        if !(1..=MOST).contains(&self.parents) {
            return Err(Error::setting("parents", format!("is {}", self.parents), &format!("1 to {MOST}")));
        }
        self.mutation.check()?;
        self.windows.iter().try_for_each(Window::check)
    }
}
