//! Tables of the paper: an experiment file in, result files out.
//!
//! Table 1 compares predictors, and so does `predictors`, at the protocol of papers that report Kendall's τ. Tables 3, 4
//! and 6 search from given networks and train what is found, beside the networks that the release found.

pub mod new_family;
pub mod predictors;
pub mod table1;
pub mod trained;

use std::path::PathBuf;

/// An experiment that was asked for.
pub struct Experiment {
    /// The experiment's TOML file.
    pub config: PathBuf,
    /// The folder for result files.
    pub out: PathBuf,
}
