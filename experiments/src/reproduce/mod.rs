//! Tables of the paper: an experiment file in, result files out.
//!
//! Table 1 compares predictors, and so does `predictors`, at the protocol of papers that report Kendall's τ. Tables 3, 4
//! and 6 search from given networks and train what is found, beside the networks that the release found.

pub mod new_family;
pub mod predictors;
pub mod table1;
pub mod trained;

use crate::failure::Failure;
use autogo::data::DATA_VARIABLE;
use std::path::{Path, PathBuf};

/// An experiment that was asked for.
pub struct Experiment {
    /// The experiment's TOML file.
    pub config: PathBuf,
    /// The folder for result files.
    pub out: PathBuf,
}

/// A p-value as pages show it, to three digits.
fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}

/// An experiment of whose families none has labels on this machine.
fn no_labels(config: &Path) -> Failure {
    let config = config.display();
    Failure::Input(format!(
        "no family of {config} has labels here; accepted: {DATA_VARIABLE}, a folder of public benchmarks"
    ))
}
