//! `autogo notebooks`: executes notebooks headless and writes them as HTML, with the tools that `cargo notebooks` prepared.

mod execute;
mod outcome;
mod setup;

use crate::Failure;
use clap::Parser;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `autogo notebooks`.
#[derive(Parser)]
pub struct Args {
    /// Names of notebooks, such as 00_quickstart; all of them when none is given.
    names: Vec<String>,
    /// Opens JupyterLab on the first of them instead of executing.
    #[arg(long)]
    open: bool,
}

/// The folders of a checkout.
pub struct Checkout {
    /// Its `notebooks` folder.
    pub notebooks: PathBuf,
}

impl Checkout {
    /// The checkout that the current folder lies in.
    fn find() -> Result<Self, Failure> {
        let here = std::env::current_dir().map_err(|error| Failure::Work(format!("current folder: {error}")))?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("notebooks/evcxr.toml").is_file())
            .ok_or_else(|| Failure::Input(format!("{}: not inside a checkout of this repository", here.display())))?;
        Ok(Checkout { notebooks: root.join("notebooks") })
    }

    fn notebook(&self, name: &str) -> PathBuf {
        self.notebooks.join(format!("{name}.ipynb"))
    }

    /// Names of all notebooks, sorted.
    fn names(&self) -> Result<Vec<String>, Failure> {
        let entries = std::fs::read_dir(&self.notebooks)
            .map_err(|error| Failure::Work(format!("{}: {error}", self.notebooks.display())))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".ipynb").map(String::from))
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        Ok(names)
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let checkout = Checkout::find()?;
    let all = checkout.names()?;
    if let Some(name) = args.names.iter().find(|name| !all.contains(name)) {
        return Err(Failure::Input(format!("notebook `{name}` is not there; accepted: {}", all.join(", "))));
    }
    let data = data_folder()?;
    let tools = setup::tools(&checkout)?;
    let names = if args.names.is_empty() { &all } else { &args.names };
    if args.open {
        let first = names.first().ok_or_else(|| Failure::Input("there is no notebook to open".into()))?;
        return tools.open_lab(&checkout, first, data.as_deref());
    }
    println!(
        "executing {} notebooks in {}, each half a minute to four minutes on two cores",
        names.len(),
        checkout.notebooks.display()
    );
    let start = Instant::now();
    let mut failed = Vec::new();
    for name in names {
        match execute::execute(&checkout, &tools, name, data.as_deref()) {
            Ok(report) => println!("{report}"),
            Err(failure) => {
                eprintln!("error: {name}: {failure}");
                failed.push(name.as_str());
            }
        }
    }
    println!(
        "{} notebooks in {:.0} s; pages in notebooks/html",
        names.len() - failed.len(),
        start.elapsed().as_secs_f64()
    );
    if failed.is_empty() { Ok(()) } else { Err(Failure::Work(format!("notebooks that failed: {}", failed.join(", ")))) }
}

/// `$AUTOGO_DATA` as an absolute path, because kernels run in another folder.
fn data_folder() -> Result<Option<PathBuf>, Failure> {
    let variable = autogo::data::DATA_VARIABLE;
    match std::env::var_os(variable).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => {
            let folder = Path::new(&value);
            let wrong = |reason: String| {
                let folder = folder.display();
                Failure::Input(format!(
                    "{variable}={folder}: {reason}; accepted: a folder that holds nasbench/nb201.csv"
                ))
            };
            if folder.is_dir() && !folder.join("nasbench/nb201.csv").is_file() {
                return Err(wrong("nasbench/nb201.csv is not in it".into()));
            }
            folder.canonicalize().map(Some).map_err(|error| wrong(error.to_string()))
        }
    }
}
