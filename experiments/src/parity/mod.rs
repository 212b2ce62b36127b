//! This library's numbers against those of the release and of other references, a suite a file.

mod evolution;
mod families;
mod forward;
mod golden;
mod graphs;
mod milp;
mod mutants;
mod predictors;
mod scalesim;
mod segments;
mod vela;

use crate::failure::Failure;
use crate::host::load_runtime;
use ort::environment::Environment;
use std::path::Path;

/// The outcome of a suite: the number of cases that agree, and a line for each case that does not.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Cases that agree.
    pub passed: usize,
    /// Cases that were compared.
    pub total: usize,
    /// Differences, one line a case.
    pub differences: Vec<String>,
    /// Cases that were not compared, with the reasons.
    pub skipped: Vec<String>,
    /// Measurements, one line a case.
    pub notes: Vec<String>,
}

impl Outcome {
    /// Counts a case; the error says what differs.
    fn count(&mut self, name: &str, result: Result<(), String>) {
        self.total += 1;
        match result {
            Ok(()) => self.passed += 1,
            Err(difference) => self.differences.push(format!("{name}: {difference}")),
        }
    }

    /// ONNX Runtime; where there is none, the suite is skipped for this reason.
    fn runtime(&mut self) -> Option<Environment> {
        load_runtime(None).map_err(|reason| self.skipped.push(reason)).ok()
    }
}

/// A suite: its name, and the function that runs it in a folder of reference numbers; `None` when the folder has no
/// files for it.
pub type Suite = (&'static str, fn(&Path) -> Result<Option<Outcome>, Failure>);

/// All suites, in the order in which they run.
pub const SUITES: &[Suite] = &[
    ("families", families::run),
    ("graphs", graphs::run),
    ("forward", forward::run),
    ("encode", segments::encode),
    ("bpe_train", segments::train),
    ("segment_db", segments::database),
    ("milp", milp::run),
    ("gnn", predictors::gnn),
    ("psc", predictors::psc),
    ("pareto", evolution::pareto),
    ("mutations", evolution::mutations),
    ("mutants", mutants::run),
    ("vela", vela::run),
    ("scalesim_layers", scalesim::layers),
    ("scalesim_compute", scalesim::compute),
];
