//! Studies: how good predictors are, and why.
//!
//! `baselines` are what a predictor has to beat; a [`Comparison`] trains contenders on the same networks; a
//! [`Transfer`] tries a predictor on another family than it learned from; [`sharing`] counts the computations that
//! message passing does once.

mod baselines;
mod columns;
mod comparison;
mod counts;
mod folds;
mod forest;
mod outcome;
mod ridge;
mod sharing;
mod summary;
mod together;
mod transfer;

pub use baselines::Baseline;
pub use columns::ColumnForest;
pub use comparison::{Comparison, Contender, Method};
pub use folds::fold_srcc;
pub use sharing::{sharing, triples};
pub use summary::{mean_srcc, summary};
pub use together::{Share, train_together};
pub use transfer::Transfer;
