//! Evolution: children of a network, scored, kept or dropped on a Pareto front.
//!
//! In the order of the data: [`Mutator`] finds places in a parent, segments for each place, repairs them and puts them in; a
//! [`Derivation`] records how. [`Evolution`] draws parents by [`Sampling`], keeps children that are new and inside its
//! [`CostWindow`]s, has them scored, and offers them to the [`ParetoArchive`] under its [`Objective`]s. An [`EvolutionRun`]
//! is what comes of it, in memory or as a folder.

mod derivation;
mod donors;
mod evolution;
mod folder;
mod locked;
mod mutate;
mod objectives;
mod pareto;
mod places;
mod run;
mod sampling;
mod settings;
mod splice;

pub use derivation::Derivation;
pub use donors::{Ranking, ScoreOrder};
pub use folder::{RunFolder, Told};
pub use locked::LockedRun;
pub use mutate::Mutator;
pub use objectives::{ColumnName, CostWindow, Figures, Formula, Function, Needs, Objective, OwnColumn, RunColumn};
pub use pareto::ParetoArchive;
pub use places::Sources;
pub use run::{EvolutionRun, Individual, Iteration, StopReason};
pub use sampling::{GridEnds, Sampling, grid_sample, rank_sum};
pub use settings::{Evolution, MutationSettings, OnFailure, Unit};
pub use splice::splice;
