//! The Jupyter kernel of the notebooks.
//!
//! Three kinds of processes run this program. The *kernel* talks to a front end ([`server`]) and hands cells to evcxr
//! ([`session`]). evcxr finds out the types of a cell's variables with rust-analyzer and compiles the cell, for which it
//! calls what it takes for cargo ([`stand_in`], [`compile`]), and has a second process load and run it ([`child`]), whose output comes
//! back as frames ([`frame`], sorted by [`pump`]). Each kernel compiles in a folder of its own ([`workplace`]).

mod cells_crate;
mod child;
mod compile;
mod complete;
mod display;
mod frame;
mod history;
mod incoming;
mod install;
mod out;
mod prune;
mod pump;
mod report;
mod rewrite;
mod server;
mod session;
mod stand_in;
mod workplace;

use anyhow::{Context, Result};
use cells_crate::CellsCrate;
use clap::Parser;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use workplace::{STAND_INS, Workplace};

/// A Jupyter kernel for Rust.
#[derive(Parser)]
struct Arguments {
    /// The file in which a front end says where it listens. Front ends give it; see --install.
    #[arg(long = "control_file", alias = "control-file", value_name = "FILE")]
    control_file: Option<PathBuf>,
    /// The crate that cells use; without it, what `evcxr.toml` in the notebook's folder names.
    #[arg(long = "crate", value_name = "FOLDER")]
    library: Option<PathBuf>,
    /// Tells Jupyter of this kernel, under this name.
    #[arg(long, value_name = "NAME", conflicts_with = "control_file")]
    install: Option<String>,
    /// Where Jupyter looks, such as a virtual environment; without it, the user's own folder.
    #[arg(long, value_name = "FOLDER", requires = "install")]
    prefix: Option<PathBuf>,
}

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&name).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if STAND_INS.contains(&name) {
        stand_in::run(name);
    }
    if std::env::var_os("EVCXR_IS_RUNTIME").is_some() {
        child::run();
    }
    match start(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: &Arguments) -> Result<()> {
    if let Some(name) = &arguments.install {
        let folder = install::install(name, arguments.library.as_deref(), arguments.prefix.as_deref())?;
        println!("{}", folder.display());
        return Ok(());
    }
    let file =
        arguments.control_file.as_ref().context("nothing to do; accepted: --control_file FILE, --install NAME")?;
    match Workplace::of_this_process() {
        Some(workplace) => {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            let connection = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
            let served = server::serve(&connection, &workplace);
            workplace.remove();
            served
        }
        // evcxr reads paths of tools from this process's own environment, so it starts anew with another one.
        None => {
            let here = std::env::current_dir().context("the current folder")?;
            let cells = match &arguments.library {
                Some(path) => CellsCrate::around(path)?,
                None => CellsCrate::of_notebooks(&here)?,
            };
            let workplace = Workplace::create(&cells)?;
            let mut again = Command::new(std::env::current_exe().context("this program's own path")?);
            again.args(std::env::args_os().skip(1));
            workplace.with_stand_ins(&mut again)?;
            Err(again.exec()).context("this program does not start again")
        }
    }
}
