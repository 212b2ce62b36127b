//! Evolution: children of a network, scored, kept or dropped on a Pareto front.
//!
//! In the order of the data: [`Mutator`] finds places in a parent, segments for each place, repairs them and puts them in; a
//! [`Derivation`] records how. [`Evolution`] draws parents by [`Sampling`], keeps children that are new and inside its
//! [`CostWindow`]s, has them scored, and offers them to the [`ParetoArchive`] under its [`Objective`]s. An [`EvolutionRun`]
//! is what comes of it, in memory or as a folder.

mod folder;
mod mutate;
mod objectives;
mod search;

pub use folder::{LockedRun, RunFolder, RunSettings};
pub use mutate::{Derivation, MutationSettings, Mutator, OnFailure, Ranking, ScoreOrder, Sources, Unit, splice};
pub use objectives::{ColumnName, CostWindow, Figures, Formula, Function, Needs, Objective, OwnColumn, RunColumn};
pub use search::{
    Evolution, EvolutionRun, GridEnds, Individual, Iteration, ParetoArchive, Sampling, StopReason, grid_sample,
    rank_sum,
};
