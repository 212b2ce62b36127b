//! `autogo notebooks`: executes notebooks, or opens JupyterLab.

use crate::failure::Failure;
use crate::notebooks::{Checkout, Outputs, checked_data, execute, print, tools};
use autogo::data::DATA_VARIABLE;
use clap::Parser;
use std::time::Instant;

/// Arguments of `autogo notebooks`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo notebooks 00_quickstart")]
pub struct Args {
    /// Names of notebooks, such as 00_quickstart or exercises/solutions/rebuild_autogo; all but exercises when none is
    /// given.
    names: Vec<String>,
    /// Opens JupyterLab on the first of them instead of executing.
    #[arg(long)]
    open: bool,
    /// Compares key results with those of the committed pages, which are from a run without AUTOGO_DATA.
    #[arg(long, conflicts_with = "open")]
    check: bool,
    /// Prints every page to a PDF file beside it, by Chromium or Chrome.
    #[arg(long, conflicts_with = "open")]
    pdf: bool,
    /// Writes the outputs into the notebooks, to be committed; without AUTOGO_DATA.
    #[arg(long, conflicts_with_all = ["open", "check"])]
    update: bool,
}

impl Args {
    fn outputs(&self) -> Outputs {
        match (self.check, self.update) {
            (false, false) => Outputs::Page,
            (true, _) => Outputs::Check,
            (false, true) => Outputs::Update,
        }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let checkout = Checkout::find()?;
    let all = checkout.names()?;
    if let Some(name) = args.names.iter().find(|name| !checkout.has(name)) {
        return Err(Failure::Input(format!("notebook `{name}` is not there; accepted: {}", all.join(", "))));
    }
    let (data, outputs) = (checked_data()?, args.outputs());
    if let (Some(folder), Outputs::Check | Outputs::Update) = (&data, outputs) {
        let folder = folder.display();
        let reason =
            format!("{DATA_VARIABLE}={folder}: committed pages are those of a run without it; accepted: unset");
        return Err(Failure::Input(reason));
    }
    let tools = tools(&checkout)?;
    let names = if args.names.is_empty() { &all } else { &args.names };
    if args.open {
        let first = names.first().ok_or_else(|| Failure::Input("there is no notebook to open".into()))?;
        return tools.open_lab(&checkout, first, data.as_deref());
    }
    say!(
        "executing {} notebooks in {}, each half a minute to four minutes on two cores",
        names.len(),
        checkout.notebooks.display()
    );
    let start = Instant::now();
    let mut failed = Vec::new();
    for name in names {
        match execute(&checkout, &tools, name, data.as_deref(), outputs) {
            Ok(report) => {
                say!("{report}");
                if args.pdf {
                    say!("  {}", print(&checkout.notebooks.join(format!("html/{name}.html")))?.display());
                }
            }
            Err(failure) => {
                eprintln!("error: {name}: {failure}");
                failed.push(name.as_str());
            }
        }
    }
    say!("{} notebooks in {:.0} s; pages in notebooks/html", names.len() - failed.len(), start.elapsed().as_secs_f64());
    if failed.is_empty() { Ok(()) } else { Err(Failure::Work(format!("notebooks that failed: {}", failed.join(", ")))) }
}
