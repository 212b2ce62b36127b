//! Tables of the paper: an experiment file in, result files out.
//!
//! Table 1 compares predictors, and so does `predictors`, at the protocol of papers that report Kendall's τ. Tables 3, 4 and 6 search from given networks; their rows stand beside the networks that
//! the release found.

pub mod predictors;
mod rows;
pub mod searches;
pub mod table1;

use std::path::PathBuf;

/// An experiment that was asked for.
pub struct Experiment {
    /// Name of the table, such as `table3`.
    pub table: String,
    /// The experiment's TOML file.
    pub config: PathBuf,
    /// The folder for result files.
    pub out: PathBuf,
}
