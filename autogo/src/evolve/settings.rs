//! What a search is told: every choice is a field, so a run is a value and an ablation a line of TOML.

use super::{CostWindow, Objective, OwnColumn, Ranking, RunColumn, Sampling, ScoreOrder, Sources};
use crate::data::Label;
use crate::error::Error;
use crate::graph::{Graph, Op};
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
    /// Single ops, by single ops with the same boundary: what evolution did before segments (specification §4.3). Takes a
    /// database that holds single ops, as `Mining::ngrams(1)` mines it.
    Op,
}

/// What happens to the other donors of a place when one cannot be made to fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// They are tried.
    #[default]
    GoOn,
    /// They are given up: a flag that the original sets once a place and never resets (specification §4.5). There tensors fail
    /// to be matched; here every match is one to one, and it is the repair that may fail.
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
    /// Ops a donor may hold, by name (specification §4.2). An empty list stands for all but `zero`: what runs into zeros is
    /// cut off, which is cheap, and which a predictor that has seen little of it may like.
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
    pub windows: Vec<CostWindow>,
    /// Whether a child must also be better in the first objective than the input to enter the front (specification §7.3g).
    pub above_input: bool,
    /// What the front is made of.
    pub objectives: Vec<Objective>,
    /// Networks scored at most; nothing sets no limit.
    pub budget: Option<usize>,
    /// In which order scores come back from the predictor.
    pub scores: ScoreOrder,
    /// Seed of every draw.
    pub seed: u64,
    /// Columns of the search's own ([`Evolution::with_column`]).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<OwnColumn>,
}

impl Default for Evolution {
    /// Four generations of four parents for a high score and few cycles, within −10 % to 100 % fewer multiply-adds.
    fn default() -> Self {
        Evolution {
            generations: 4,
            parents: 4,
            sampling: Sampling::default(),
            mutation: MutationSettings::default(),
            windows: vec![CostWindow { column: RunColumn::MultiplyAdds, decrease: (-10.0, 100.0) }],
            above_input: false,
            objectives: vec![Objective::maximise(RunColumn::Score), Objective::minimise(RunColumn::Cycles)],
            budget: None,
            scores: ScoreOrder::AsAsked,
            seed: 0,
            columns: Vec::new(),
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
    /// use autogo::evolve::{Evolution, Objective, RunColumn};
    /// let data = LabelledFamily::nb201_computed(20)?; // labels are cycles
    /// let evolution = Evolution::for_label(data.label(), RunColumn::Flops);
    /// assert_eq!(evolution.objectives, [Objective::minimise(RunColumn::Score), Objective::minimise(RunColumn::Params)]);
    /// assert!(!evolution.windows[0].admits(100.0, 80.0));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn for_label(label: &Label, cost: RunColumn) -> Self {
        let (cost, windows) = match label.measured {
            true => (cost, Evolution::default().windows),
            false => (RunColumn::Params, vec![CostWindow { column: RunColumn::MultiplyAdds, decrease: (-10.0, 10.0) }]),
        };
        let objectives = vec![Objective::score(label.goal), Objective::minimise(cost)];
        Evolution { objectives, windows, ..Evolution::default() }
    }

    /// The paper's search: ten rounds of ten parents, ten places in each, a hundred donors in each place, for a high score
    /// and few FLOPs (specification §7).
    pub fn paper() -> Self {
        Evolution {
            generations: 10,
            parents: 10,
            mutation: MutationSettings { places: 10, donors: 100, ..MutationSettings::default() },
            windows: vec![CostWindow { column: RunColumn::Flops, decrease: (-10.0, 100.0) }],
            objectives: vec![Objective::maximise(RunColumn::Score), Objective::minimise(RunColumn::Flops)],
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

    /// The same search with a column of its own, whose value is a function of a graph: in objectives, windows and formulas as
    /// `@name`, in charts as [`RunColumn::own`], in frames and run folders under its name. A column of this name that is
    /// there already is replaced.
    ///
    /// A run's folder holds the column's values and its title; whoever resumes the run gives the function again.
    ///
    /// # Errors
    /// A name that a run's frame has already, or that is no [`ColumnName`](super::ColumnName).
    ///
    /// ```
    /// use autogo::evolve::{Evolution, Formula, Objective, RunColumn};
    /// use autogo::graph::Op;
    /// let mut evolution = Evolution::default().with_column("sums", "sums in the network", |graph| {
    ///     graph.nodes().filter(|node| node.op == Op::Add).count() as f64
    /// })?;
    /// evolution.objectives = vec![
    ///     Objective::maximise("score - 0.1 * @sums".parse::<Formula>()?),
    ///     Objective::minimise(RunColumn::own("sums")?),
    /// ];
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn with_column(
        mut self,
        name: &str,
        title: &str,
        value: impl Fn(&Graph) -> f64 + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let column = OwnColumn::new(name, title, value)?;
        self.columns.retain(|other| other.name() != column.name());
        self.columns.push(column);
        Ok(self)
    }

    /// How many of a column's own unit the unit of an axis stands for, and the axis's title.
    pub(crate) fn axis(&self, column: RunColumn) -> (f64, String) {
        let own = self.columns.iter().find(|own| RunColumn::Own(own.name()) == column);
        let title = || own.map_or_else(|| column.to_string(), |own| own.title().to_string());
        column.axis().unwrap_or_else(|| (1.0, title()))
    }

    /// The columns that the search reads: those of its objectives, then those of its windows.
    pub(super) fn reads(&self) -> impl Iterator<Item = RunColumn> {
        let objectives = self.objectives.iter().flat_map(|objective| objective.formula().columns());
        objectives.chain(self.windows.iter().map(|window| window.column))
    }

    fn check_columns(&self) -> Result<(), Error> {
        for (at, column) in self.columns.iter().enumerate() {
            column.check()?;
            if self.columns[..at].iter().any(|other| other.name() == column.name()) {
                let reason = format!("`{}` is there twice", RunColumn::Own(column.name()));
                return Err(Error::setting("column", reason, "names of their own"));
            }
        }
        let is_there = |name| self.columns.iter().any(|column| column.name() == name);
        match self.reads().find(|column| matches!(column, RunColumn::Own(name) if !is_there(*name))) {
            Some(missing) => {
                let accepted = format!("a search with it, by Evolution::with_column({:?}, …)", missing.name());
                Err(Error::setting("column", format!("`{missing}` is none of the search's"), &accepted))
            }
            None => Ok(()),
        }
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
        self.check_columns()?;
        self.mutation.check()?;
        self.windows.iter().try_for_each(CostWindow::check)
    }
}
