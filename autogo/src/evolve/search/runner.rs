//! The search loop (paper §3.4, [release §7](crate::doc::release#s7)): a runner with a record for every round and a
//! reason to stop.

use super::archive::ParetoArchive;
use super::individual::Individual;
use super::iteration::{Iteration, StopReason};
use super::run::EvolutionRun;
use super::sampling::{Candidates, Scored};
use super::settings::Evolution;
use crate::error::Error;
use crate::evolve::mutate::{Child, Children, Mutator, Preference, Round};
use crate::evolve::objectives::Objective;
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
    /// In every generation parents have children; those that are new and inside the windows are scored as whole
    /// networks and offered to the front. Same seed, same run, on any number of threads. A search that cannot go on
    /// ends early and says why in [`EvolutionRun::stop`].
    ///
    /// # Errors
    /// A setting that makes no sense, a column that cannot be known, an input without a value in an objective, and a
    /// predictor that cannot score a network.
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

    /// A run that holds no individual yet.
    ///
    /// # Errors
    /// A setting that makes no sense, by its name.
    pub(in crate::evolve) fn empty(&self) -> Result<EvolutionRun, Error> {
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
    pub(in crate::evolve) fn start(&self, input: &Graph, mutator: &Mutator) -> Result<EvolutionRun, Error> {
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
    pub(in crate::evolve) fn step(&self, run: &mut EvolutionRun, mutator: &Mutator) -> Result<(), Error> {
        let generation = run.iterations.len() + 1;
        let parents = self.parents(run, generation);
        let made = self.children(run, &parents, generation, mutator)?;
        let sum = |of: fn(&Children) -> usize| made.iter().map(of).sum();
        let mut record = Iteration {
            generation,
            parents: parents.len(),
            places: sum(|made| made.places),
            donors: sum(|made| made.donors),
            refused: sum(|made| made.refused),
            children: sum(|made| made.children.len()),
            ..Iteration::default()
        };
        // Cheap figures first: what is known already or outside is not worth a prediction.
        let mut fresh: Vec<(usize, Child)> = Vec::new();
        let mut known = run.content_ids();
        let children = made
            .into_iter()
            .zip(&parents)
            .flat_map(|(made, &parent)| made.children.into_iter().map(move |child| (parent, child)));
        for (parent, child) in children {
            if !known.insert(child.content_id) {
                record.known += 1;
            } else if !self.is_inside(run.input(), &child.figures, None) {
                record.outside += 1;
            } else {
                fresh.push((parent, child));
            }
        }
        if let Some(budget) = self.budget {
            fresh.truncate(budget.saturating_sub(run.individuals.len() - 1));
        }
        let is_spent = self.budget.is_some_and(|budget| run.individuals.len() - 1 + fresh.len() >= budget);
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
    fn children(
        &self,
        run: &EvolutionRun,
        parents: &[usize],
        generation: usize,
        mutator: &Mutator,
    ) -> Result<Vec<Children>, Error> {
        let round = Round {
            settings: &self.mutation,
            columns: &self.columns,
            preference: Preference { goal: self.prefers(run.input()), order: self.scores },
            repairer: &run.repairer,
            stream: Stream::new(self.seed, "children"),
        };
        let mark = run.mark();
        let made = parents.par_iter().enumerate().map(|(slot, &parent)| {
            let graph = run.graph(parent, mutator.db())?;
            // A parent that is drawn twice has other children the second time.
            let draw = ((generation as u64) << 32) | slot as u64;
            let scope = format!("{mark}{generation}.{slot}");
            mutator.children_of(&graph, &round, draw, &scope)
        });
        made.collect()
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
            // A child is accepted by its own score (release §7.3g).
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
}

fn wrong_count(scores: usize, graphs: usize) -> Error {
    Error::setting("predictor", format!("gives {scores} scores for {graphs} networks"), "one score a network")
}
