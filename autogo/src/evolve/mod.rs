//! Evolution: children of a network, scored, kept or dropped on a Pareto front.

mod evolution;
mod mutate;
mod pareto;
mod splice;

pub use evolution::{Column, Evolution, EvolutionRun, Individual, Iteration, Objective, StopReason};
pub use mutate::{Derivation, MutationSettings};
pub use pareto::ParetoArchive;
pub use splice::splice;
