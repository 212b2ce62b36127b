//! The search loop (paper §3.4, specification §7): a runner with a record for every round and a reason to stop.

use super::donors::Preference;
use super::mutate::{Brood, Child, Mutator, Round};
use super::run::{EvolutionRun, Individual, Iteration, StopReason};
use super::sampling::{Candidates, Scored};
use super::{Evolution, Figures, Needs, Objective, OwnColumn, ParetoArchive, RunColumn};
use crate::data::Goal;
use crate::error::Error;
use crate::graph::Graph;
use crate::progress::Progress;
use crate::repair::Repairer;
use crate::rng::Stream;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Rounds in a row without a new child inside after which a search ends: one may be chance.
const DRY: usize = 3;

impl Evolution {
    /// Evolves `input`.
    ///
    /// In every generation parents have children; those that are new and inside the windows are scored as whole networks
    /// and offered to the front. Same seed, same run, on any number of threads. A search that cannot go on ends early and
    /// says why in [`EvolutionRun::stop`]; settings that make no sense are errors.
    pub fn run(&self, input: &Graph, mutator: &Mutator, progress: Progress) -> Result<EvolutionRun, Error> {
        self.run_watched(input, mutator, progress, |_| Ok(()))
    }

    /// As [`Evolution::run`]; `watch` sees the run after every generation, to draw it for example.
    ///
    /// # Errors
    /// Those of [`Evolution::run`] and of `watch`.
    pub fn run_watched(
        &self,
        input: &Graph,
        mutator: &Mutator,
        progress: Progress,
        mut watch: impl FnMut(&EvolutionRun) -> Result<(), Error>,
    ) -> Result<EvolutionRun, Error> {
        let mut run = self.start(input, mutator)?;
        let mut bar = run.bar(progress);
        while run.stop.is_none() {
            self.step(&mut run, mutator)?;
            run.stop_if_asked();
            run.report(&mut bar);
            watch(&run)?;
        }
        Ok(run)
    }

    /// A run that holds nobody yet, or which setting makes no sense.
    pub(super) fn empty(&self) -> Result<EvolutionRun, Error> {
        self.check()?;
        Ok(EvolutionRun {
            settings: self.clone(),
            individuals: Vec::new(),
            iterations: Vec::new(),
            archive: ParetoArchive::new(self.objectives.iter().map(Objective::goal).collect()),
            stop: None,
            graphs: BTreeMap::new(),
            repairer: Repairer::new(self.mutation.repair)?,
        })
    }

    /// A run that holds the input alone.
    pub(super) fn start(&self, input: &Graph, mutator: &Mutator) -> Result<EvolutionRun, Error> {
        let mut run = self.empty()?;
        self.check_sources(mutator)?;
        let scores = mutator.predictor().score(std::slice::from_ref(input))?;
        let [score] = scores[..] else { return Err(wrong_count(scores.len(), 1)) };
        let individual = Individual {
            id: 0,
            parent: None,
            derivation: None,
            generation: 0,
            content_id: input.content_id(),
            is_eligible: true,
            score,
            figures: mutator.figures_with(input, &self.columns)?,
        };
        let point = individual.point(&self.objectives);
        if point.iter().any(|value| !value.is_finite()) {
            let reason = format!("are {point:?} for the input network");
            return Err(Error::setting("objectives", reason, "formulas that have a value for it"));
        }
        run.admit(individual, Some(input.clone()));
        run.settle();
        if self.generations == 0 {
            run.stop = Some(StopReason::Finished);
        }
        Ok(run)
    }

    /// One round more. O(parents · places · donors · nodes).
    pub(super) fn step(&self, run: &mut EvolutionRun, mutator: &Mutator) -> Result<(), Error> {
        let generation = run.iterations.len() + 1;
        let parents = self.parents(run, generation);
        let broods = self.broods(run, &parents, generation, mutator)?;
        let sum = |of: fn(&Brood) -> usize| broods.iter().map(of).sum();
        let mut record = Iteration {
            generation,
            parents: parents.len(),
            places: sum(|brood| brood.places),
            donors: sum(|brood| brood.donors),
            refused: sum(|brood| brood.refused),
            children: sum(|brood| brood.children.len()),
            ..Iteration::default()
        };
        // Cheap figures first: what is known already or outside is not worth a prediction.
        let mut fresh: Vec<(usize, Child)> = Vec::new();
        let mut known = run.content_ids();
        let children = broods
            .into_iter()
            .zip(&parents)
            .flat_map(|(brood, &parent)| brood.children.into_iter().map(move |child| (parent, child)));
        for (parent, child) in children {
            if !known.insert(child.content_id) {
                record.known += 1;
            } else if !self.is_inside(run.input(), &child.figures, None) {
                record.outside += 1;
            } else {
                fresh.push((parent, child));
            }
        }
        let is_spent = self.budget.is_some_and(|budget| {
            fresh.truncate(budget.saturating_sub(run.individuals.len() - 1));
            run.individuals.len() - 1 + fresh.len() >= budget
        });
        record.scored = fresh.len();
        self.admit(run, fresh, generation, mutator)?;
        run.settle();
        record.front = run.archive.ids().len();
        run.iterations.push(record);
        let dry = run.iterations.iter().rev().take_while(|iteration| iteration.scored == 0).count();
        let is_over = generation >= self.generations;
        run.stop = match record {
            _ if is_spent => Some(StopReason::BudgetSpent { scored: run.individuals.len() - 1 }),
            _ if dry == 0 => is_over.then_some(StopReason::Finished),
            _ if dry < DRY && !is_over => None,
            Iteration { places: 0, .. } => Some(StopReason::NothingMovable { generation }),
            Iteration { donors: 0, .. } => Some(StopReason::NoDonors { generation }),
            Iteration { outside: 0, .. } => Some(StopReason::NoNewChildren { generation }),
            _ => Some(StopReason::NothingInside { generation }),
        };
        Ok(())
    }

    fn parents(&self, run: &EvolutionRun, generation: usize) -> Vec<usize> {
        let is_previous = |one: &&Individual| one.generation > 0 && one.generation + 1 == generation;
        let point = |one: &Individual| (one.id, one.point(&self.objectives));
        let is_finite = |(_, point): &Scored| point.iter().all(|value| value.is_finite());
        let previous: Vec<Scored> = run.individuals.iter().filter(is_previous).map(point).filter(is_finite).collect();
        let from = Candidates { archive: &run.archive, previous: &previous, everybody: run.individuals.len() };
        self.sampling.draw(&from, self.parents, &mut Stream::new(self.seed, "parents").at(generation as u64))
    }

    /// The children of all parents, parent by parent.
    fn broods(
        &self,
        run: &EvolutionRun,
        parents: &[usize],
        generation: usize,
        mutator: &Mutator,
    ) -> Result<Vec<Brood>, Error> {
        let round = Round {
            settings: &self.mutation,
            columns: &self.columns,
            preference: Preference { goal: self.prefers(run.input()), order: self.scores },
            repairer: &run.repairer,
            stream: Stream::new(self.seed, "children"),
        };
        let mark = run.mark();
        let broods = parents.par_iter().enumerate().map(|(slot, &parent)| {
            let graph = run.graph(parent, mutator.db())?;
            // A parent that is drawn twice has other children the second time.
            let draw = ((generation as u64) << 32) | slot as u64;
            let scope = format!("{mark}{generation}.{slot}");
            mutator.brood(&graph, &round, draw, &scope)
        });
        broods.collect()
    }

    /// Scores newcomers and offers them to the front, in order.
    fn admit(
        &self,
        run: &mut EvolutionRun,
        fresh: Vec<(usize, Child)>,
        generation: usize,
        mutator: &Mutator,
    ) -> Result<(), Error> {
        let (origins, graphs): (Vec<_>, Vec<Graph>) = fresh
            .into_iter()
            .map(|(parent, child)| ((parent, child.content_id, child.figures, child.derivation), child.graph))
            .unzip();
        let scores = mutator.predictor().score(&graphs)?;
        if scores.len() != graphs.len() {
            return Err(wrong_count(scores.len(), graphs.len()));
        }
        let sizes: Vec<usize> = graphs.iter().map(Graph::len).collect();
        let mut rng = Stream::new(self.seed, "loader").at(generation as u64);
        let taken = self.scores.apply(scores.clone(), &sizes, &mut rng);
        for (((origin, graph), own), score) in origins.into_iter().zip(graphs).zip(scores).zip(taken) {
            let (parent, content_id, figures, derivation) = origin;
            // Whether it is good enough is asked of its own score (specification §7.3g).
            let mut individual = Individual {
                id: run.individuals.len(),
                parent: Some(parent),
                derivation: Some(derivation),
                generation,
                content_id,
                is_eligible: true,
                score: own,
                figures,
            };
            let is_inside = self.is_inside(run.input(), &individual.figures, Some(own));
            individual.is_eligible = is_inside && (!self.above_input || self.is_above(run.input(), &individual));
            individual.score = score;
            run.admit(individual, Some(graph));
        }
        Ok(())
    }

    /// Whether the figures that are known are inside the windows.
    fn is_inside(&self, input: &Individual, figures: &Figures, score: Option<f64>) -> bool {
        self.windows.iter().all(|window| {
            let value = figures.value(window.column).or(score);
            value.is_none_or(|value| window.admits(input.value(window.column), value))
        })
    }

    fn is_above(&self, input: &Individual, individual: &Individual) -> bool {
        let Some(first) = self.objectives.first() else { return true };
        let [value, base] = [individual, input].map(|one| first.formula().value(&|column| one.value(column)));
        match first.goal() {
            Goal::Maximise => value > base,
            Goal::Minimise => value < base,
        }
    }

    /// Which end of the score is better: what the first objective that reads it says, around the input's own score.
    fn prefers(&self, input: &Individual) -> Goal {
        let objective = self.objectives.iter().find(|objective| objective.is_expensive());
        objective.map_or(Goal::Maximise, |objective| {
            let step = 1e-3 * input.score.abs().max(1e-3);
            let at = |score: f64| {
                let figure = |column| if column == RunColumn::Score { score } else { input.value(column) };
                objective.formula().value(&figure)
            };
            match (at(input.score + step) >= at(input.score - step), objective.goal()) {
                (true, goal) => goal,
                (false, Goal::Maximise) => Goal::Minimise,
                (false, Goal::Minimise) => Goal::Maximise,
            }
        })
    }

    /// Refuses a search whose columns cannot be known: energy without a table, an own column without its function.
    fn check_sources(&self, mutator: &Mutator) -> Result<(), Error> {
        self.columns.iter().try_for_each(OwnColumn::check_function)?;
        match self.reads().find(|column| column.needs() == Needs::EnergyTable) {
            Some(column) if mutator.energy().is_none() => {
                let reason = "is asked for, but there is no table of energies";
                Err(Error::setting(column.name(), reason, "a mutator with Mutator::with_energy"))
            }
            _ => Ok(()),
        }
    }
}

fn wrong_count(scores: usize, graphs: usize) -> Error {
    Error::setting("predictor", format!("gives {scores} scores for {graphs} networks"), "one score a network")
}

#[cfg(test)]
mod tests {
    use super::super::{CostWindow, MutationSettings, Sampling};
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::profile::Npu;
    use crate::quirks::Quirks;
    use crate::segment::Mining;

    fn nodes(graph: &Graph) -> f64 {
        graph.len() as f64
    }

    fn setting() -> (Graph, Mutator) {
        let graphs: Vec<Graph> = (0..30).map(|i| Nb201::sample(11, i).build().unwrap()).collect();
        let mutator = Mutator::new(Mining::bpe(100).run(&graphs).unwrap(), nodes, Npu::n256()).unwrap();
        let best = "nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1";
        (best.parse::<Nb201>().unwrap().build().unwrap(), mutator)
    }

    #[test]
    fn a_run_is_the_same_on_any_number_of_threads_and_replays() {
        let (input, mutator) = setting();
        for evolution in [
            Evolution { generations: 3, seed: 4, ..Evolution::default() },
            Evolution { generations: 3, seed: 4, ..Evolution::default() }.at_random(),
            Evolution { sampling: Sampling::Crowding, above_input: true, ..Evolution::default() },
        ] {
            let run = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| evolution.run(&input, &mutator, Progress::Silent).unwrap())
            };
            let runs = [run(1), run(2), run(4)];
            assert!(runs.iter().all(|run| run.frame().unwrap().equals_missing(&runs[0].frame().unwrap())));
            let run = &runs[0];
            assert!(run.individuals.len() > 30, "{:?}", run.iterations);
            assert!(run.individuals.iter().any(|i| i.derivation.as_ref().is_some_and(|d| !d.repair.is_empty())));
            for individual in &run.individuals {
                let graph = run.graph(individual.id, mutator.db()).unwrap();
                assert_eq!(graph.to_parts().build().unwrap().content_id(), individual.content_id);
                assert_eq!(mutator.figures(&graph).unwrap(), individual.figures);
                let decrease = 1.0 - individual.figures.cost.multiply_adds as f64 / input.cost().multiply_adds as f64;
                assert!(individual.id == 0 || (-0.1 < decrease && decrease < 1.0));
            }
            assert_eq!(run.content_ids().len(), run.individuals.len());
            let front = run.front();
            assert!(front.len() > 1 && front.windows(2).all(|pair| pair[0].score >= pair[1].score));
            let objectives = &evolution.objectives;
            let beats =
                |a: &Individual, b: &Individual| run.archive.dominates(&a.point(objectives), &b.point(objectives));
            assert!(
                front.iter().all(|one| !run.individuals.iter().any(|other| other.is_eligible && beats(other, one)))
            );
        }
    }

    #[test]
    fn a_search_that_cannot_go_on_says_why() {
        let (input, mutator) = setting();
        let stop = |evolution: Evolution| evolution.run(&input, &mutator, Progress::Silent).unwrap().stop.unwrap();
        let narrow = vec![CostWindow { column: RunColumn::MultiplyAdds, decrease: (99.9, 100.0) }];
        let reason = stop(Evolution { windows: narrow, ..Evolution::default() });
        assert_eq!(reason, StopReason::NothingInside { generation: 3 });
        assert_eq!(reason.to_string(), "no child of generation 3 is inside the windows; the front is what it was");
        let only_pads = MutationSettings { ops: vec!["paddings".into()], ..MutationSettings::default() };
        let reason = stop(Evolution { mutation: only_pads, ..Evolution::default() });
        assert_eq!(reason, StopReason::NoDonors { generation: 3 });
        let reason = stop(Evolution { budget: Some(17), ..Evolution::default() });
        assert_eq!(reason, StopReason::BudgetSpent { scored: 17 });
        assert_eq!(stop(Evolution { generations: 0, ..Evolution::default() }), StopReason::Finished);
        // A network of nothing but its interface.
        let mut build = crate::graph::GraphBuilder::new("fixed");
        let x = build.add("x", crate::graph::Op::Input(crate::graph::Shape::new(8, 8, 3)), &[]).unwrap();
        let mean = build.add("mean", crate::graph::Op::Mean, &[x]).unwrap();
        build.add("out", crate::graph::Op::Output, &[mean]).unwrap();
        let fixed = build.finish().unwrap();
        let run = Evolution::default().run(&fixed, &mutator, Progress::Silent).unwrap();
        assert_eq!(run.stop, Some(StopReason::NothingMovable { generation: 3 }));
        assert_eq!(run.front().len(), 1);
    }

    #[test]
    fn settings_that_make_no_sense_are_errors() {
        let (input, mutator) = setting();
        let error = |evolution: Evolution| evolution.run(&input, &mutator, Progress::Silent).unwrap_err().to_string();
        let constant = vec![Objective::maximise("1 + 2".parse::<super::super::Formula>().unwrap())];
        let message = error(Evolution { objectives: constant, ..Evolution::default() });
        assert_eq!(
            message,
            "objectives: `1 + 2` names no figure; accepted: formulas of score, cycles, flops, params, …"
        );
        let message = error(Evolution { objectives: Vec::new(), ..Evolution::default() });
        assert_eq!(message, "objectives: none given; accepted: one or more");
        let undefined = vec![Objective::maximise("ln(0 - cycles)".parse::<super::super::Formula>().unwrap())];
        assert!(error(Evolution { objectives: undefined, ..Evolution::default() }).contains("for the input network"));
        let ops = MutationSettings { ops: vec!["conv3d".into()], ..MutationSettings::default() };
        assert!(
            error(Evolution { mutation: ops, ..Evolution::default() })
                .starts_with("ops: `conv3d` is no op; accepted: ")
        );
        assert!(error(Evolution { parents: 0, ..Evolution::default() }).contains("parents: is 0; accepted: 1 to "));
    }

    #[test]
    fn energy_is_an_objective_where_it_is_counted() {
        let (input, mutator) = setting();
        let objectives = vec![Objective::maximise(RunColumn::Score), Objective::minimise(RunColumn::Milliwatts)];
        let window = CostWindow { column: RunColumn::Nanojoules, decrease: (0.0, 100.0) };
        let evolution = Evolution { objectives, windows: vec![window], generations: 1, ..Evolution::default() };
        let error = evolution.run(&input, &mutator, Progress::Silent).unwrap_err().to_string();
        assert!(error.starts_with("milliwatts: is asked for, but there is no table of energies"), "{error}");
        let mutator = mutator.with_energy(crate::profile::EnergyTable::zigzag_tpu());
        let run = evolution.run(&input, &mutator, Progress::Silent).unwrap();
        let energy = run.input().value(RunColumn::Nanojoules);
        assert!(run.individuals.len() > 1, "{:?}", run.iterations);
        assert!(run.individuals.iter().skip(1).all(|one| one.value(RunColumn::Nanojoules) < energy));
    }

    #[test]
    fn the_better_end_of_the_score_is_read_off_the_objectives() {
        let (input, mutator) = setting();
        let prefers = |text: &str, maximise: bool| {
            let formula: super::super::Formula = text.parse().unwrap();
            let objective = if maximise { Objective::Maximise(formula) } else { Objective::Minimise(formula) };
            let objectives = vec![Objective::minimise(RunColumn::Cycles), objective];
            let evolution = Evolution { objectives, ..Evolution::default() };
            evolution.prefers(evolution.start(&input, &mutator).unwrap().input())
        };
        assert_eq!(prefers("score - params", true), Goal::Maximise);
        assert_eq!(prefers("cycles / score", true), Goal::Minimise);
        assert_eq!(prefers("cycles / score", false), Goal::Maximise);
        // The input's score is 291, its number of nodes.
        assert_eq!(prefers("ln(score - 290)", true), Goal::Maximise);
        assert_eq!(prefers("params", true), Goal::Maximise);
    }

    #[test]
    fn evolution_by_ops_replaces_one_op_by_one() {
        let graphs: Vec<Graph> = (0..30).map(|i| Nb201::sample(11, i).build().unwrap()).collect();
        let mutator = Mutator::new(Mining::ngrams(1).run(&graphs).unwrap(), nodes, Npu::n256()).unwrap();
        let evolution = Evolution { generations: 2, windows: Vec::new(), ..Evolution::default() }.by_ops();
        let run = evolution.run(&graphs[0], &mutator, Progress::Silent).unwrap();
        assert!(run.individuals.len() > 5, "{:?}", run.iterations);
        for derivation in run.individuals.iter().filter_map(|one| one.derivation.as_ref()) {
            assert_eq!((derivation.place.len(), derivation.repair.len()), (1, 0));
        }
    }

    #[test]
    fn quirks_of_the_search_can_be_switched_on_alone() {
        let (input, mutator) = setting();
        let evolution = Evolution { generations: 3, parents: 9, ..Evolution::default() };
        let frame = |quirks: Quirks| {
            quirks.in_search(&evolution).run(&input, &mutator, Progress::Silent).unwrap().frame().unwrap()
        };
        let ours = frame(Quirks::default());
        let all = Quirks::original();
        for quirks in [
            Quirks { sources: all.sources, ..Quirks::default() },
            Quirks { scores: all.scores, ..Quirks::default() },
            Quirks { grid_ends: all.grid_ends, ..Quirks::default() },
            Quirks { on_failure: all.on_failure, ..Quirks::default() },
            Quirks { repair_form: all.repair_form, ..Quirks::default() },
        ] {
            assert!(!frame(quirks).equals_missing(&ours), "{quirks:?}");
        }
    }
}
