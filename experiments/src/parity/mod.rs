//! `autogo parity`: this library's numbers against those of the release and of other references.

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

use crate::Failure;
use clap::Parser;
use std::path::{Path, PathBuf};

/// Arguments of `autogo parity`.
#[derive(Parser)]
pub struct Args {
    /// The folder of reference numbers; `$AUTOGO_GOLDEN` when it is not given.
    #[arg(long)]
    golden: Option<PathBuf>,
    /// Runs this suite alone; a name that is not known lists them all.
    #[arg(long)]
    suite: Option<String>,
}

/// What came of a suite: how many cases agree, and a line for each that does not.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Cases that agree.
    passed: usize,
    /// Cases that were compared.
    total: usize,
    /// What differs, one line a case.
    differences: Vec<String>,
    /// What was not compared, and why.
    skipped: Vec<String>,
    /// What was measured, one line a case.
    notes: Vec<String>,
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
}

/// A suite: its name and what runs it; `None` when the folder has no files for it.
type Suite = (&'static str, fn(&Path) -> Result<Option<Outcome>, Failure>);

const SUITES: &[Suite] = &[
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

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let folder = match (&args.golden, std::env::var_os("AUTOGO_GOLDEN").filter(|value| !value.is_empty())) {
        (Some(folder), _) => folder.clone(),
        (None, Some(folder)) => folder.into(),
        (None, None) => return Err(Failure::Input("no folder; accepted: --golden DIR or AUTOGO_GOLDEN".into())),
    };
    if !folder.is_dir() {
        return Err(Failure::Input(format!("{}: is no folder; accepted: reference numbers", folder.display())));
    }
    if let Some(name) = args.suite.as_ref().filter(|name| SUITES.iter().all(|(other, _)| other != *name)) {
        let names: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
        return Err(Failure::Input(format!("suite `{name}` is not known; accepted: {}", names.join(", "))));
    }
    let mut compared = 0;
    let mut differs = false;
    for (name, suite) in SUITES.iter().filter(|(name, _)| args.suite.as_deref().is_none_or(|wanted| wanted == *name)) {
        match suite(&folder)? {
            None => crate::say(&format!("{name} skipped: no files")),
            Some(outcome) => {
                crate::say(&format!("{name} {}/{}", outcome.passed, outcome.total));
                outcome.skipped.iter().for_each(|line| crate::say(&format!("  skipped: {line}")));
                outcome.notes.iter().for_each(|line| crate::say(&format!("  {line}")));
                outcome.differences.iter().for_each(|line| crate::say(&format!("  {line}")));
                compared += outcome.total;
                differs |= outcome.passed < outcome.total;
            }
        }
    }
    match (differs, compared) {
        (true, _) => Err(Failure::Work("some cases differ".into())),
        (false, 0) => Err(Failure::Work("nothing was compared".into())),
        (false, _) => Ok(()),
    }
}
