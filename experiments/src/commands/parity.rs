//! `autogo parity`: compares this library's numbers with reference numbers.

use crate::failure::Failure;
use crate::inputs::folder_in;
use crate::parity::{Outcome, SUITES};
use clap::Parser;
use std::path::PathBuf;

/// The environment variable that names the folder of reference numbers.
const GOLDEN_VARIABLE: &str = "AUTOGO_GOLDEN";

/// Arguments of `autogo parity`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo parity --golden reference --suite families")]
pub struct Args {
    /// The folder of reference numbers; `$AUTOGO_GOLDEN` when it is not given.
    #[arg(long)]
    golden: Option<PathBuf>,
    /// Runs this suite alone; a name that is not known lists them all.
    #[arg(long)]
    suite: Option<String>,
}

/// Runs all suites, or one; fails when a case differs or nothing was compared.
pub fn run(args: &Args) -> Result<(), Failure> {
    let folder = args.golden.clone().or_else(|| folder_in(GOLDEN_VARIABLE));
    let folder =
        folder.ok_or_else(|| Failure::Input(format!("no folder; accepted: --golden DIR or {GOLDEN_VARIABLE}")))?;
    if !folder.is_dir() {
        return Err(Failure::input(folder, "is no folder; accepted: reference numbers"));
    }
    let wanted = args.suite.as_deref();
    if let Some(name) = wanted.filter(|name| SUITES.iter().all(|(other, _)| other != name)) {
        let names: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
        return Err(Failure::Input(format!("suite `{name}` is not known; accepted: {}", names.join(", "))));
    }
    let mut compared = 0;
    let mut differs = false;
    for (name, suite) in SUITES.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name)) {
        let Some(outcome) = suite(&folder)? else {
            say!("{name} skipped: no files");
            continue;
        };
        print(name, &outcome);
        compared += outcome.total;
        differs |= outcome.passed < outcome.total;
    }
    match (differs, compared) {
        (true, _) => Err(Failure::Work("some cases differ".into())),
        (false, 0) => Err(Failure::Work("nothing was compared".into())),
        (false, _) => Ok(()),
    }
}

/// A line for the suite, and one for everything that was skipped, measured or found to differ.
fn print(name: &str, outcome: &Outcome) {
    say!("{name} {}/{}", outcome.passed, outcome.total);
    outcome.skipped.iter().for_each(|line| say!("  skipped: {line}"));
    outcome.notes.iter().for_each(|line| say!("  {line}"));
    outcome.differences.iter().for_each(|line| say!("  {line}"));
}
