//! `autogo datasets`: what public data there is, fetching it, checking it.

use crate::Failure;
use autogo::Progress;
use autogo::data::{DATA_VARIABLE, Origin, Registry};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Arguments of `autogo datasets`.
#[derive(Parser)]
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
    let variable = std::env::var_os(DATA_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    match &args.action {
        Action::List => {
            for dataset in &registry.datasets {
                let from = dataset.url.as_deref().unwrap_or("a mirror only");
                println!(
                    "{:<22} {:>9.1} MB  {:<16} {}",
                    dataset.name,
                    dataset.size as f64 / 1e6,
                    dataset.licence,
                    from
                );
                println!("{:22} {}", "", dataset.content);
                println!("{:22} {}", "", dataset.citation);
            }
            Ok(())
        }
        Action::Fetch { names, into, mirror } => {
            let datasets = names.iter().map(|name| registry.get(name)).collect::<Result<Vec<_>, _>>()?;
            let mirrors: Vec<PathBuf> = mirror.iter().cloned().chain(variable).collect();
            for dataset in datasets {
                let source =
                    dataset.fetch(into, &mirrors, Progress::Live).map_err(|error| Failure::Work(error.to_string()))?;
                let how = match source {
                    Origin::Present => "was there".into(),
                    Origin::Mirror(folder) => format!("copied from {}", folder.display()),
                    Origin::Download { resumed_at: 0 } => "downloaded".into(),
                    Origin::Download { resumed_at } => format!("downloaded, resumed at byte {resumed_at}"),
                };
                println!("{}: {how}, checksum good", into.join(&dataset.path).display());
            }
            Ok(())
        }
        Action::Verify { folder } => {
            let folder = folder.clone().or(variable);
            let folder =
                folder.ok_or_else(|| Failure::Input(format!("no folder; accepted: DIR or {DATA_VARIABLE}")))?;
            if !folder.is_dir() {
                return Err(Failure::Input(format!("{}: is no folder; accepted: a data folder", folder.display())));
            }
            let mut damaged = Vec::new();
            for dataset in &registry.datasets {
                let state = match dataset.verify(&folder)? {
                    None => "not there",
                    Some(true) => "good",
                    Some(false) => {
                        damaged.push(dataset.name.as_str());
                        "DAMAGED"
                    }
                };
                println!("{:<22} {state}", dataset.name);
            }
            if damaged.is_empty() { Ok(()) } else { Err(Failure::Work(format!("damaged: {}", damaged.join(", ")))) }
        }
    }
}
