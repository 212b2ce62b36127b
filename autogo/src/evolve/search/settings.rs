//! The settings of a search: every choice is a field, so a run is a value and an ablation a line of TOML.

use super::sampling::Sampling;
use crate::data::Label;
use crate::error::Error;
use crate::evolve::mutate::{MutationSettings, Ranking, ScoreOrder, Sources, Unit};
use crate::evolve::objectives::{CostWindow, Objective, OwnColumn, RunColumn};
use crate::goal::Goal;
use crate::graph::Graph;
use serde::{Deserialize, Serialize};

/// A search: its settings. [`Evolution::run`] runs it.
///
/// ```
/// use autogo::{evolve::StopReason, prelude::*};
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
    /// The rule by which parents are drawn.
    pub sampling: Sampling,
    /// The settings by which places and donors are drawn.
    pub mutation: MutationSettings,
    /// A child is kept when its costs are inside all windows.
    pub windows: Vec<CostWindow>,
    /// Whether a child must also be better in the first objective than the input to enter the front ([release
    /// §7.3g](crate::doc::release#s7-3g)).
    pub above_input: bool,
    /// The objectives of the front.
    pub objectives: Vec<Objective>,
    /// Networks scored at most; nothing sets no limit.
    pub budget: Option<usize>,
    /// The order in which scores come back from the predictor.
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
    /// Where labels are measured, such as accuracies, it wants better labels and less of `cost`. Where they are
    /// themselves a cost that was computed, such as cycles, less of both would end with networks that do nothing. So
    /// children then do as much work as the input, multiply-adds within a tenth, and the search wants that work done in
    /// less of the label and by fewer parameters.
    ///
    /// ```
    /// use autogo::data::LabelledFamily;
    /// use autogo::evolve::{Evolution, Objective, RunColumn};
    /// let data = LabelledFamily::nb201_computed(20)?; // labels are cycles
    /// let evolution = Evolution::for_label(data.label(), RunColumn::Flops);
    /// let wanted = [RunColumn::Score, RunColumn::Params].map(Objective::minimise);
    /// assert_eq!(evolution.objectives, wanted);
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

    /// The paper's search: ten rounds of ten parents, ten places in each, a hundred donors in each place, for a high
    /// score and few FLOPs ([release §7](crate::doc::release#s7)).
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

    /// The search without guidance: parents and donors are drawn at random.
    ///
    /// ```
    /// use autogo::evolve::{Evolution, Sampling};
    /// let random = Evolution::default().at_random();
    /// assert_eq!((random.sampling, random.seed), (Sampling::Uniform, Evolution::default().seed));
    /// ```
    pub fn at_random(&self) -> Self {
        let mutation = MutationSettings { ranking: Ranking::Random, sources: Sources::Random, ..self.mutation.clone() };
        Evolution { sampling: Sampling::Uniform, mutation, ..self.clone() }
    }

    /// The search with single ops in the place of segments.
    pub fn by_ops(&self) -> Self {
        let mutation = MutationSettings { unit: Unit::Op, consecutive: 1, ..self.mutation.clone() };
        Evolution { mutation, ..self.clone() }
    }

    /// The search with a column of its own, whose value is a function of a graph: in objectives, windows and
    /// formulas as `@name`, in charts as [`RunColumn::own`], in frames and run folders under its name. A column of this
    /// name that is there already is replaced.
    ///
    /// A run's folder holds the column's values and its title; a caller that resumes the run gives the function again.
    ///
    /// # Errors
    /// A name that a run's frame has already, or that is no [`ColumnName`](crate::evolve::ColumnName).
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

    /// The unit of an axis, in a column's own unit, and the axis's title.
    pub(crate) fn axis(&self, column: RunColumn) -> (f64, String) {
        let own = self.columns.iter().find(|own| RunColumn::Own(own.name()) == column);
        let title = || own.map_or_else(|| column.to_string(), |own| own.title().to_string());
        let (unit, title) = column.axis().unwrap_or_else(|| (1.0, title()));
        (unit, title + self.direction(column))
    }

    /// The better end of a column, in the words of an axis; empty where no objective is this column alone.
    fn direction(&self, column: RunColumn) -> &'static str {
        let own = self.objectives.iter().find(|objective| objective.formula().to_string() == column.to_string());
        match own.map(Objective::goal) {
            Some(Goal::Maximise) => ", more is better",
            Some(Goal::Minimise) => ", less is better",
            None => "",
        }
    }

    /// The columns that the search reads: those of its objectives, then those of its windows.
    pub(in crate::evolve) fn reads(&self) -> impl Iterator<Item = RunColumn> {
        let objectives = self.objectives.iter().flat_map(|objective| objective.formula().columns());
        objectives.chain(self.windows.iter().map(|window| window.column))
    }
}
