//! Scoring: from a trained predictor to scores.
//!
//! [`Predictor`] is the trait that a search asks; [`Trained`] trains, tunes, saves, loads and scores, and [`Gnn`] and
//! [`Psc`] are it with a known way to read a network; `in_place` scores many segments in one place of a network.

mod cutting;
mod encoded;
mod gnn;
mod in_place;
mod predictor;
mod psc;
mod saved;
mod trained;

pub use encoded::EncodedSegments;
pub use gnn::Gnn;
pub use in_place::CutScorer;
pub use predictor::Predictor;
pub use psc::Psc;
pub use trained::Trained;

pub(crate) use cutting::Cutting;
