//! Mutants of a network, for a predictor to learn from.

use super::settings::{Input, Table};
use crate::failure::Failure;
use autogo::Progress;
use autogo::evolve::Evolution;
use autogo::graph::Graph;
use autogo::segment::Mined;
use std::collections::HashSet;

/// Children that a search without guidance makes for each mutant that is wanted: some do not take a task's head.
const MADE: usize = 4;

/// At most `count` mutants of a network that pass `fits`, spread evenly over a search without guidance: children, and
/// children of children. Deterministic.
pub fn mutants(
    table: &Table,
    input: &Input,
    graph: &Graph,
    mined: &Mined,
    fits: impl Fn(&Graph) -> bool,
) -> Result<Vec<Graph>, Failure> {
    let mutator = table.search.mutator(|_: &Graph| 0.0, mined.clone())?;
    let settings = for_input(&table.search.evolution, input, table.search.evolution.seed).at_random();
    let search = Evolution { generations: 100, budget: Some(MADE * table.mutants), ..settings };
    let run = search.run(graph, &mutator, Progress::Silent)?;
    let mut seen = HashSet::from([graph.content_id()]);
    let mut made = run.graphs(mutator.db())?;
    made.retain(|graph| seen.insert(graph.content_id()) && fits(graph));
    let count = table.mutants.min(made.len());
    Ok((0..count).map(|at| made[at * made.len() / count].clone()).collect())
}

/// The search's settings with what an input has of its own.
pub fn for_input(evolution: &Evolution, input: &Input, seed: u64) -> Evolution {
    let mut evolution = Evolution { seed, ..evolution.clone() };
    if !input.windows.is_empty() {
        evolution.windows = input.windows.clone();
    }
    if !input.ops.is_empty() {
        evolution.mutation.ops = input.ops.clone();
    }
    evolution
}
