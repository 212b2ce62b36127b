//! A Gaussian process over the structure of networks: it learns from few labels.
//!
//! A network is read as its `skeleton`: its convolutions, pools and other terms, and which of them add up to what each
//! one reads. The `structure` of a network is a list of numbers that are counted on its skeleton: how often each op and
//! each neighbourhood occurs (`neighbourhoods`), how long its paths are (`paths`). Two networks are alike as far as these
//! numbers agree; `evidence` says how much each group of numbers counts, and `process` predicts.

mod cholesky;
mod columns;
mod evidence;
mod linear;
mod neighbourhoods;
mod paths;
mod process;
mod saved;
mod settings;
mod skeleton;
mod structure;

pub use process::GaussianProcess;
pub(super) use saved::FORMAT as GAUSSIAN_FORMAT;
pub use settings::GaussianSettings;
