//! Studies: how good predictors are, and why.
//!
//! `baselines` are what a predictor has to beat; a [`Comparison`] trains contenders on the same networks; an
//! [`Ablation`] changes a predictor's settings one by one, or all combined, and says which change is more than chance;
//! a [`Transfer`] tries a predictor on another family than it learned from; [`sharing`] counts the computations that
//! message passing does once; a [`WholeSpace`] is ranked after few labels; of several families each is a [`NewFamily`] in
//! its turn.

mod ablation;
mod baselines;
mod columns;
mod comparison;
mod counts;
mod ensemble;
mod folds;
mod forest;
mod form;
mod front;
mod method;
mod new_family;
mod outcome;
mod pretraining;
mod principal;
mod ridge;
mod sharing;
mod summary;
mod together;
mod transfer;
mod unlabelled;
mod verdict;
mod whole_space;

pub use ablation::{Ablation, Variant};
pub use baselines::Baseline;
pub use columns::ColumnForest;
pub use comparison::{Comparison, Contender};
pub use folds::fold_srcc;
pub use form::Form;
pub use method::{Distilled, Ensemble, Method, Pretrained};
pub use new_family::NewFamily;
pub use pretraining::{Pretext, Pretraining};
pub use sharing::{sharing, triples};
pub use summary::{mean_srcc, summary};
pub use together::{Share, train_together};
pub use transfer::Transfer;
pub use verdict::verdicts;
pub use whole_space::{Ranking, WholeSpace, rankings};
