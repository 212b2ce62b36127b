//! Mutants of a network, for a predictor to learn from.

use super::settings::{Input, Table};
use crate::failure::Failure;
use autogo::Progress;
use autogo::evolve::Evolution;
use autogo::graph::{ContentId, Graph};
use autogo::segment::Mined;
use std::collections::HashSet;

/// Children that a search without guidance makes for each mutant that is wanted: some do not take a task's head.
const MADE: usize = 6;
/// Places and donors tried in a parent: few, so that most children are children of children, each with places of its own.
const TRIED: (usize, usize) = (2, 3);

/// As many mutants of a network as the table asks for, or all there are, spread evenly over a search without guidance:
/// children, and children of children. `form` says the form in which a network is trained, if it has one; of networks with one form one is taken.
/// Deterministic.
pub fn mutants(
    table: &Table,
    input: &Input,
    graph: &Graph,
    mined: &Mined,
    form: impl Fn(&Graph) -> Option<ContentId>,
) -> Result<Vec<Graph>, Failure> {
    let mutator = table.search.mutator(|_: &Graph| 0.0, mined.clone())?;
    let mut search = for_input(&table.search.evolution, input).at_random();
    (search.mutation.places, search.mutation.donors) = TRIED;
    let search = Evolution { generations: 1000, budget: Some(MADE * table.mutants), ..search };
    let run = search.run(graph, &mutator, Progress::Silent)?;
    let mut seen: HashSet<ContentId> = form(graph).into_iter().collect();
    let mut made = run.graphs(mutator.db())?;
    made.retain(|graph| form(graph).is_some_and(|id| seen.insert(id)));
    let count = table.mutants.min(made.len());
    Ok((0..count).map(|at| made[at * made.len() / count].clone()).collect())
}

/// The search's settings with what an input has of its own.
pub fn for_input(evolution: &Evolution, input: &Input) -> Evolution {
    let mut evolution = evolution.clone();
    if !input.windows.is_empty() {
        evolution.windows = input.windows.clone();
    }
    if !input.ops.is_empty() {
        evolution.mutation.ops = input.ops.clone();
    }
    evolution
}
