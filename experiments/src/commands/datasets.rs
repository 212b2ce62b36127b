//! `autogo datasets`: what public data there is, fetching it, checking it.

use crate::failure::Failure;
use autogo::Progress;
use autogo::data::{DATA_VARIABLE, Origin, Registry, folder_from_env};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

/// Arguments of `autogo datasets`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo datasets fetch nb201 --into data")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Lists the data sets with size, licence and source.
    List,
    /// Brings data sets into a folder: from a mirror, else from their addresses. Interrupted downloads go on.
    Fetch {
        /// Names of data sets.
        #[arg(required = true)]
        names: Vec<String>,
        /// The data folder.
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// Folders laid out like a data folder that are looked into first; `$AUTOGO_DATA` is one.
        #[arg(long, value_name = "DIR")]
        mirror: Vec<PathBuf>,
    },
    /// Checks the data sets of a folder against their checksums; exit code 1 when one is damaged.
    Verify {
        /// The data folder; `$AUTOGO_DATA` when it is not given.
        folder: Option<PathBuf>,
    },
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let registry = Registry::bundled()?;
    match &args.action {
        Action::List => {
            list(&registry);
            Ok(())
        }
        Action::Fetch { names, into, mirror } => fetch(&registry, names, into, mirror),
        Action::Verify { folder } => {
            let folder = folder.clone().or_else(folder_from_env);
            let folder =
                folder.ok_or_else(|| Failure::Input(format!("no folder; accepted: DIR or {DATA_VARIABLE}")))?;
            verify(&registry, &folder)
        }
    }
}

/// Prints what there is.
fn list(registry: &Registry) {
    for dataset in &registry.datasets {
        let from = dataset.url.as_deref().unwrap_or("a mirror only");
        let megabytes = dataset.size as f64 / 1e6;
        say!("{:<22} {megabytes:>9.1} MB  {:<16} {from}", dataset.name, dataset.licence);
        say!("{:22} {}", "", dataset.content);
        say!("{:22} {}", "", dataset.citation);
    }
}

/// Brings data sets into a folder.
fn fetch(registry: &Registry, names: &[String], into: &Path, mirrors: &[PathBuf]) -> Result<(), Failure> {
    let mut datasets = Vec::new();
    for name in names {
        datasets.push(registry.get(name)?);
    }
    let mirrors: Vec<PathBuf> = mirrors.iter().cloned().chain(folder_from_env()).collect();
    for dataset in datasets {
        let source = dataset.fetch(into, &mirrors, Progress::Live).map_err(|error| Failure::Work(error.to_string()))?;
        let how = match source {
            Origin::Present => "was there".into(),
            Origin::Mirror(folder) => format!("copied from {}", folder.display()),
            Origin::Download { resumed_at: 0 } => "downloaded".into(),
            Origin::Download { resumed_at } => format!("downloaded, resumed at byte {resumed_at}"),
        };
        say!("{}: {how}, checksum good", into.join(&dataset.path).display());
    }
    Ok(())
}

/// Checks what is in a folder.
fn verify(registry: &Registry, folder: &Path) -> Result<(), Failure> {
    if !folder.is_dir() {
        return Err(Failure::input(folder, "is no folder; accepted: a data folder"));
    }
    let mut damaged = Vec::new();
    for dataset in &registry.datasets {
        let state = match dataset.verify(folder)? {
            None => "not there",
            Some(true) => "good",
            Some(false) => {
                damaged.push(dataset.name.as_str());
                "DAMAGED"
            }
        };
        say!("{:<22} {state}", dataset.name);
    }
    if damaged.is_empty() { Ok(()) } else { Err(Failure::Work(format!("damaged: {}", damaged.join(", ")))) }
}
