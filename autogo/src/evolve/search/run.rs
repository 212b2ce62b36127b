//! A search and its individuals, finished or not.

use super::archive::ParetoArchive;
use super::individual::Individual;
use super::iteration::{Iteration, StopReason};
use super::settings::Evolution;
use crate::evolve::objectives::Objective;
use crate::goal::Goal;
use crate::graph::{ContentId, Graph};
use crate::interrupt;
use crate::progress::{Bar, Progress};
use crate::repair::Repairer;
use std::collections::{BTreeMap, HashSet};

/// A run, finished or not.
///
/// ```
/// use autogo::prelude::*;
/// use autogo::families::{corpus, network};
/// let mined = Mining::bpe(40).run(&corpus(&[(FamilyName::Nb201, 8)], 0)?)?;
/// let mutator = Mutator::new(mined, |graph: &Graph| graph.len() as f64, Npu::n256())?;
/// let parent = network("nb201:nor_conv_3x3,none,none,skip_connect,nor_conv_3x3,nor_conv_1x1")?;
/// let run = Evolution { generations: 1, ..Evolution::default() }.run(&parent, &mutator, Progress::Silent)?;
/// let best = &run.front()[0];
/// assert_eq!(run.lineage(best.id).last(), Some(&0)); // every network comes from the input
/// assert_eq!(run.graph(best.id, mutator.db())?.content_id(), best.content_id);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EvolutionRun {
    /// The settings.
    pub settings: Evolution,
    /// All individuals, by id.
    pub individuals: Vec<Individual>,
    /// One record a generation.
    pub iterations: Vec<Iteration>,
    /// The front.
    pub archive: ParetoArchive,
    /// The reason why the run ended; `None` for a run that has not ended.
    pub stop: Option<StopReason>,
    /// The networks of the input and of the front. The others are made again when they are asked for.
    pub(in crate::evolve) graphs: BTreeMap<usize, Graph>,
    /// Makes donors fit, and remembers.
    pub(in crate::evolve) repairer: Repairer,
}

impl EvolutionRun {
    /// Takes an individual in and offers it to the front if it is eligible.
    pub(in crate::evolve) fn admit(&mut self, individual: Individual, graph: Option<Graph>) {
        let id = individual.id;
        let is_in = individual.is_eligible && self.archive.insert(id, individual.point(&self.settings.objectives));
        if let Some(graph) = graph.filter(|_| is_in || id == 0) {
            self.graphs.insert(id, graph);
        }
        self.individuals.push(individual);
    }

    /// Lets go of the networks that have left the front.
    pub(in crate::evolve) fn settle(&mut self) {
        let front: HashSet<usize> = self.archive.ids().into_iter().collect();
        self.graphs.retain(|id, _| *id == 0 || front.contains(id));
    }

    /// The beginning of the names of new nodes: the letter `g`, as often as it takes that no node of the input is named
    /// by it and a digit.
    pub(in crate::evolve) fn mark(&self) -> String {
        let is_taken = |mark: &str| {
            let starts =
                |name: &str| name.strip_prefix(mark).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            self.graphs.get(&0).is_some_and(|input| input.nodes().any(|node| starts(&node.name)))
        };
        let mut mark = String::from("g");
        while is_taken(&mark) {
            mark.push('g');
        }
        mark
    }

    pub(in crate::evolve) fn content_ids(&self) -> HashSet<ContentId> {
        self.individuals.iter().map(|one| one.content_id).collect()
    }

    /// Ends the run if an end was asked for.
    pub(in crate::evolve) fn stop_if_asked(&mut self) {
        if self.stop.is_none() && interrupt::is_asked() {
            self.stop = Some(StopReason::Interrupted { generation: self.iterations.len() });
        }
    }

    /// A bar for the generations that are left.
    pub(in crate::evolve) fn bar(&self, progress: Progress) -> Bar {
        progress.start("generation", self.iterations.len(), self.settings.generations)
    }

    pub(in crate::evolve) fn report(&self, bar: &mut Bar) {
        if let Some(last) = self.iterations.last() {
            let stop = self.stop.filter(|stop| *stop != StopReason::Finished);
            let stop = stop.map_or(String::new(), |stop| format!(", stopped: {stop}"));
            bar.report(last.generation, &format!("{} scored, front of {}{stop}", last.scored, last.front));
        }
    }

    /// The input network's record.
    pub fn input(&self) -> &Individual {
        &self.individuals[0]
    }

    /// Ids from an individual back to the input.
    pub fn lineage(&self, id: usize) -> Vec<usize> {
        std::iter::successors(Some(id), |&at| self.individuals.get(at)?.parent.filter(|parent| *parent < at)).collect()
    }

    /// The members of the front, sorted by the first objective, best first.
    pub fn front(&self) -> Vec<Individual> {
        let objectives = &self.settings.objectives;
        let goal = objectives.first().map_or(Goal::Maximise, Objective::goal);
        let mut front: Vec<(f64, Individual)> = self
            .archive
            .members()
            .iter()
            .filter_map(|(id, point)| Some((*point.first()?, self.individuals.get(*id)?.clone())))
            .collect();
        front.sort_by(|(a, _), (b, _)| match goal {
            Goal::Maximise => b.total_cmp(a),
            Goal::Minimise => a.total_cmp(b),
        });
        front.into_iter().map(|(_, individual)| individual).collect()
    }

    /// The front as it stood after a generation. O(individuals · front).
    pub fn front_after(&self, generation: usize) -> ParetoArchive {
        let mut archive = ParetoArchive::new(self.archive.goals().to_vec());
        let until = self.individuals.iter().filter(|one| one.is_eligible && one.generation <= generation);
        for one in until {
            archive.insert(one.id, one.point(&self.settings.objectives));
        }
        archive
    }
}
