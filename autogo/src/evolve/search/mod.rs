//! The search loop and what comes of it.
//!
//! [`Evolution`] holds the settings (`settings`, `check`) and runs (`runner`): it draws parents (`sampling`), decides which
//! children are worth a prediction (`judge`) and offers them to the front (`archive`). An [`EvolutionRun`] (`run`) holds every
//! [`Individual`] and an [`Iteration`] for each round; its networks are made again when they are asked for (`replay`), and
//! its individuals are a frame (`frame`).

mod archive;
mod check;
mod frame;
mod individual;
mod iteration;
mod judge;
mod replay;
mod run;
mod runner;
mod sampling;
mod settings;
#[cfg(test)]
mod tests;

pub use archive::ParetoArchive;
pub(super) use frame::read_population;
pub use individual::Individual;
pub use iteration::{Iteration, StopReason};
pub use run::EvolutionRun;
pub use sampling::{GridEnds, Sampling, grid_sample, rank_sum};
pub use settings::Evolution;
