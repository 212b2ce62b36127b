//! Studies: how good predictors are, and why.
//!
//! `baselines` are what a predictor has to beat; a [`Comparison`] trains contenders on the same networks; a
//! [`Transfer`] tries a predictor on another family than it learned from; [`sharing`] counts the computations that
//! message passing does once.

mod baselines;
mod comparison;
mod counts;
mod folds;
mod forest;
mod ridge;
mod sharing;
mod summary;
mod transfer;

pub use baselines::Baseline;
pub use comparison::{Comparison, Contender, Method};
pub use folds::fold_srcc;
pub use sharing::{sharing, triples};
pub use summary::summary;
pub use transfer::Transfer;
