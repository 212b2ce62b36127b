//! The search loop (paper §3.4, specification §7 without its quirks).

use super::mutate::{Derivation, MutationSettings, children};
use super::pareto::ParetoArchive;
use crate::data::Goal;
use crate::error::Error;
use crate::graph::{ContentId, Cost, Graph};
use crate::predict::Predictor;
use crate::profile::{CycleCounter, Npu};
use crate::progress::Progress;
use crate::rng::Stream;
use crate::segment::{SegmentDb, Segmenter};
use polars::prelude::{DataFrame, PolarsResult, df};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A figure of an individual that can be an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The predictor's score, in the unit of its labels.
    Score,
    /// Cycles on the machine.
    Cycles,
    /// Multiply-adds.
    MultiplyAdds,
    /// Parameters.
    Params,
}

/// One objective: a figure and which end of it is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Objective {
    /// The figure.
    pub column: Column,
    /// Which end is better.
    pub goal: Goal,
}

impl Objective {
    /// More of this figure is better.
    pub fn maximise(column: Column) -> Self {
        Objective { column, goal: Goal::Maximise }
    }

    /// Less of this figure is better.
    pub fn minimise(column: Column) -> Self {
        Objective { column, goal: Goal::Minimise }
    }
}

/// A search: its settings. [`Evolution::run`] runs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evolution {
    /// Rounds of mutation.
    pub generations: usize,
    /// Members of the front that have children in one round.
    pub parents: usize,
    /// How places and donors are drawn.
    pub mutation: MutationSettings,
    /// A child is kept when its multiply-adds fall by a percentage between these two.
    pub flops_decrease: (f64, f64),
    /// What the front is made of.
    pub objectives: Vec<Objective>,
    /// Seed of every draw.
    pub seed: u64,
}

impl Default for Evolution {
    /// Four generations for a high score and few cycles, within −10 % to 100 % fewer multiply-adds.
    fn default() -> Self {
        Evolution {
            generations: 4,
            parents: 4,
            mutation: MutationSettings::default(),
            flops_decrease: (-10.0, 100.0),
            objectives: vec![Objective::maximise(Column::Score), Objective::minimise(Column::Cycles)],
            seed: 0,
        }
    }
}

/// A network of a run.
#[derive(Clone, Debug)]
pub struct Individual {
    /// Number in the run; the input network is 0.
    pub id: usize,
    /// The individual it was made from.
    pub parent: Option<usize>,
    /// How it was made from its parent.
    pub derivation: Option<Derivation>,
    /// The round it was made in; the input network is of round 0.
    pub generation: usize,
    /// The network.
    pub graph: Graph,
    /// Its content id.
    pub content_id: ContentId,
    /// The predictor's score.
    pub score: f64,
    /// Cycles on the machine.
    pub cycles: u64,
    /// FLOPs, parameters and activations.
    pub cost: Cost,
}

impl Individual {
    /// The figure of a column.
    pub fn value(&self, column: Column) -> f64 {
        match column {
            Column::Score => self.score,
            Column::Cycles => self.cycles as f64,
            Column::MultiplyAdds => self.cost.multiply_adds as f64,
            Column::Params => self.cost.params as f64,
        }
    }
}

/// What one round did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iteration {
    /// Number of the round, from 1.
    pub generation: usize,
    /// Parents that had children.
    pub parents: usize,
    /// Children that were made and are valid networks.
    pub children: usize,
    /// Children that were new and inside the window, and were scored.
    pub scored: usize,
    /// Size of the front afterwards.
    pub front: usize,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    /// All generations were made.
    Finished,
    /// A generation had no new child inside the window.
    NoNewChildren {
        /// The generation.
        generation: usize,
    },
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct EvolutionRun {
    /// The settings.
    pub settings: Evolution,
    /// Everybody, by id.
    pub individuals: Vec<Individual>,
    /// One record a generation.
    pub iterations: Vec<Iteration>,
    /// The front.
    pub archive: ParetoArchive,
    /// Why it ended.
    pub stop: StopReason,
}

impl Evolution {
    /// Evolves `input` with segments from `db`.
    ///
    /// In every generation the parents, spread evenly over the front, have children; new ones inside the window are
    /// scored as whole networks and offered to the front. Same seed, same run, on any number of threads.
    pub fn run(
        &self,
        input: &Graph,
        db: &SegmentDb,
        segmenter: &Segmenter,
        predictor: &dyn Predictor,
        npu: &Npu,
        progress: Progress,
    ) -> Result<EvolutionRun, Error> {
        self.check(db)?;
        let counter = CycleCounter::new(npu.clone())?;
        let base = input.cost().multiply_adds as f64;
        let mut run = EvolutionRun {
            settings: self.clone(),
            individuals: Vec::new(),
            iterations: Vec::new(),
            archive: ParetoArchive::new(self.objectives.iter().map(|objective| objective.goal).collect()),
            stop: StopReason::Finished,
        };
        let mut visited = HashSet::from([input.content_id()]);
        let origin = (input.clone(), input.content_id(), None);
        run.admit(vec![origin], predictor, &counter, 0)?;
        let stream = Stream::new(self.seed, "evolution");
        for generation in 1..=self.generations {
            let parents = run.archive.spread(self.parents);
            let offspring: Vec<Vec<(Graph, Derivation)>> = parents
                .par_iter()
                .map(|&parent| {
                    let graph = &run.individuals[parent].graph;
                    let scope = format!("g{generation}.{parent}");
                    let draw = (generation as u64, parent as u64);
                    children(graph, db, segmenter, &self.mutation, stream, draw, &scope)
                })
                .collect();
            let made = offspring.iter().map(Vec::len).sum();
            let mut fresh = Vec::new();
            for (&parent, offspring) in parents.iter().zip(offspring) {
                for (child, derivation) in offspring {
                    let decrease = 100.0 * (base - child.cost().multiply_adds as f64) / base.max(1.0);
                    let is_inside = self.flops_decrease.0 < decrease && decrease < self.flops_decrease.1;
                    let id = child.content_id();
                    if is_inside && visited.insert(id) {
                        fresh.push((child, id, Some((parent, derivation))));
                    }
                }
            }
            let scored = fresh.len();
            run.admit(fresh, predictor, &counter, generation)?;
            let front = run.archive.ids().len();
            let record = Iteration { generation, parents: parents.len(), children: made, scored, front };
            run.iterations.push(record);
            progress.report("generation", generation, self.generations, &format!("{scored} scored, front of {front}"));
            if scored == 0 {
                run.stop = StopReason::NoNewChildren { generation };
                break;
            }
        }
        Ok(run)
    }

    fn check(&self, db: &SegmentDb) -> Result<(), Error> {
        if db.is_empty() {
            return Err(Error::setting("segment database", "is empty", "one mined from at least one graph"));
        }
        if self.objectives.is_empty() {
            return Err(Error::setting("objectives", "none given", "one or more"));
        }
        if self.parents == 0 {
            return Err(Error::setting("parents", "is 0", "1 or more"));
        }
        if !(0.0..=1.0).contains(&self.mutation.sparsity) {
            return Err(Error::setting("sparsity", format!("is {}", self.mutation.sparsity), "0 to 1"));
        }
        let (low, high) = self.flops_decrease;
        if low.is_nan() || high.is_nan() || low >= high {
            return Err(Error::setting(
                "flops_decrease",
                format!("is {low} to {high} %"),
                "a lower and an upper percentage",
            ));
        }
        Ok(())
    }
}

/// A network that has not been scored: graph, id, and parent with derivation.
type Newcomer = (Graph, ContentId, Option<(usize, Derivation)>);

impl EvolutionRun {
    /// Scores newcomers and offers them to the front, in order.
    fn admit(
        &mut self,
        newcomers: Vec<Newcomer>,
        predictor: &dyn Predictor,
        counter: &CycleCounter,
        generation: usize,
    ) -> Result<(), Error> {
        let graphs: Vec<Graph> = newcomers.iter().map(|newcomer| newcomer.0.clone()).collect();
        let scores = predictor.score(&graphs)?;
        for ((graph, content_id, origin), score) in newcomers.into_iter().zip(scores) {
            let id = self.individuals.len();
            let (parent, derivation) = origin.unzip();
            let (cycles, cost) = (counter.cycles(&graph)?, graph.cost());
            let individual = Individual { id, parent, derivation, generation, graph, content_id, score, cycles, cost };
            let objectives = &self.settings.objectives;
            let point = objectives.iter().map(|objective| individual.value(objective.column)).collect();
            self.archive.insert(id, point);
            self.individuals.push(individual);
        }
        Ok(())
    }

    /// The input network.
    pub fn input(&self) -> &Individual {
        &self.individuals[0]
    }

    /// The members of the front, sorted by the first objective, best first.
    pub fn front(&self) -> Vec<Individual> {
        let mut front: Vec<Individual> =
            self.archive.ids().into_iter().map(|id| self.individuals[id].clone()).collect();
        let Some(objective) = self.settings.objectives.first() else { return front };
        front.sort_by(|a, b| {
            let (a, b) = (a.value(objective.column), b.value(objective.column));
            match objective.goal {
                Goal::Maximise => b.total_cmp(&a),
                Goal::Minimise => a.total_cmp(&b),
            }
        });
        front
    }

    /// Makes individual `id` again from its parent and says whether the same network comes out. The input network
    /// replays trivially.
    pub fn replay(&self, id: usize, db: &SegmentDb) -> Result<bool, Error> {
        let individual = self.individuals.get(id).ok_or_else(|| {
            Error::setting("replay", format!("individual {id}"), &format!("0 to {}", self.individuals.len() - 1))
        })?;
        match (individual.parent, &individual.derivation) {
            (Some(parent), Some(derivation)) => {
                let again = derivation.replay(&self.individuals[parent].graph, db, "replay")?;
                Ok(again.content_id() == individual.content_id)
            }
            _ => Ok(true),
        }
    }

    /// Everybody as a frame: `id`, `parent`, `generation`, `front`, `score`, `cycles`, `multiply_adds`, `params`,
    /// `nodes`, `repaired`, `content_id`.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let front: HashSet<usize> = self.archive.ids().into_iter().collect();
        let all = &self.individuals;
        let repaired = |i: &Individual| i.derivation.as_ref().map(|derivation| derivation.repaired as u32);
        df!(
            "id" => all.iter().map(|i| i.id as u32).collect::<Vec<_>>(),
            "parent" => all.iter().map(|i| i.parent.map(|parent| parent as u32)).collect::<Vec<_>>(),
            "generation" => all.iter().map(|i| i.generation as u32).collect::<Vec<_>>(),
            "front" => all.iter().map(|i| front.contains(&i.id)).collect::<Vec<_>>(),
            "score" => all.iter().map(|i| i.score).collect::<Vec<_>>(),
            "cycles" => all.iter().map(|i| i.cycles).collect::<Vec<_>>(),
            "multiply_adds" => all.iter().map(|i| i.cost.multiply_adds).collect::<Vec<_>>(),
            "params" => all.iter().map(|i| i.cost.params).collect::<Vec<_>>(),
            "nodes" => all.iter().map(|i| i.graph.len() as u32).collect::<Vec<_>>(),
            "repaired" => all.iter().map(repaired).collect::<Vec<_>>(),
            "content_id" => all.iter().map(|i| i.content_id.to_string()).collect::<Vec<_>>(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::segment::{Mined, Mining};

    /// Scores a network by its number of nodes: cheap, and easy to check.
    struct Nodes;

    impl Predictor for Nodes {
        fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
            Ok(graphs.iter().map(|graph| graph.len() as f64).collect())
        }
    }

    fn setting() -> (Graph, SegmentDb, Segmenter) {
        let graphs: Vec<Graph> = (0..30).map(|i| Nb201::sample(11, i).build().unwrap()).collect();
        let Mined { segmenter, db, .. } = Mining::bpe(100).run(&graphs).unwrap();
        let best = "nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1";
        (best.parse::<Nb201>().unwrap().build().unwrap(), db, segmenter)
    }

    #[test]
    fn a_run_is_reproducible_on_any_number_of_threads_and_replays() {
        let (input, db, segmenter) = setting();
        let evolution = Evolution { generations: 3, seed: 4, ..Evolution::default() };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| evolution.run(&input, &db, &segmenter, &Nodes, &Npu::n256(), Progress::Silent).unwrap())
        };
        let (one, two) = (run(1), run(2));
        assert!(one.frame().unwrap().equals_missing(&two.frame().unwrap()));
        assert!(one.individuals.len() > 30, "{:?}", one.iterations);
        assert!(one.individuals.iter().any(|i| i.derivation.as_ref().is_some_and(|d| d.repaired > 0)));
        for individual in &one.individuals {
            assert!(one.replay(individual.id, &db).unwrap(), "individual {}", individual.id);
            // A graph that exists is valid; built again from plain data it is the same.
            let again = individual.graph.to_parts().build().unwrap();
            assert_eq!(again.content_id(), individual.content_id);
            let decrease = 1.0 - individual.cost.multiply_adds as f64 / one.input().cost.multiply_adds as f64;
            assert!(individual.id == 0 || (-0.1 < decrease && decrease < 1.0));
        }
        let distinct: HashSet<ContentId> = one.individuals.iter().map(|i| i.content_id).collect();
        assert_eq!(distinct.len(), one.individuals.len());
    }

    #[test]
    fn the_front_holds_what_nobody_beats() {
        let (input, db, segmenter) = setting();
        let run = Evolution::default().run(&input, &db, &segmenter, &Nodes, &Npu::n256(), Progress::Silent).unwrap();
        let front = run.front();
        for member in &front {
            let beaten = run.individuals.iter().any(|other| {
                other.score >= member.score
                    && other.cycles <= member.cycles
                    && (other.score > member.score || other.cycles < member.cycles)
            });
            assert!(!beaten, "{} is beaten", member.id);
        }
        assert!(front.windows(2).all(|pair| pair[0].score >= pair[1].score));
    }

    #[test]
    fn an_empty_window_ends_the_run_with_its_reason() {
        let (input, db, segmenter) = setting();
        let evolution = Evolution { flops_decrease: (99.9, 100.0), ..Evolution::default() };
        let run = evolution.run(&input, &db, &segmenter, &Nodes, &Npu::n256(), Progress::Silent).unwrap();
        assert_eq!(run.stop, StopReason::NoNewChildren { generation: 1 });
        assert_eq!(run.front().len(), 1);
        let error = evolution.run(&input, &SegmentDb::default(), &segmenter, &Nodes, &Npu::n256(), Progress::Silent);
        assert!(error.unwrap_err().to_string().starts_with("segment database: is empty"));
    }
}
