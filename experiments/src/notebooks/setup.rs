//! What notebooks need and a fresh machine lacks: Jupyter, the Rust kernel, the sources of all crates.

use super::Checkout;
use crate::Failure;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Version of the kernel; `experiments` and `notebooks/evcxr.toml` are written for this one.
const EVCXR: &str = "0.22.0";
/// What the notebooks' metadata calls the kernel.
const KERNEL: &str = "autogo-rust";

/// The prepared tools.
pub struct Tools {
    jupyter: PathBuf,
}

/// Prepares what is missing; does nothing when nothing is.
pub fn prepare(checkout: &Checkout) -> Result<Tools, Failure> {
    let venv = python(checkout)?;
    let kernel = kernel(checkout)?;
    let spec = venv.join("share/jupyter/kernels").join(KERNEL);
    let json = serde_json::json!({
        "argv": [kernel, "--control_file", "{connection_file}"],
        "display_name": "Rust (AutoGO)",
        "language": "rust",
        "interrupt_mode": "message",
    });
    create_folder(&spec)?;
    write(&spec.join("kernel.json"), &json.to_string())?;
    crates(checkout)?;
    Ok(Tools { jupyter: venv.join("bin/jupyter") })
}

impl Tools {
    /// A `jupyter` command that runs in the notebooks' folder.
    pub fn jupyter(&self, checkout: &Checkout, data: Option<&Path>) -> Command {
        let mut command = Command::new(&self.jupyter);
        command.current_dir(&checkout.notebooks);
        forget_cargo(&mut command);
        if let Some(data) = data {
            command.env(autogo::data::DATA_VARIABLE, data);
        }
        command
    }

    /// Opens JupyterLab and waits until it is closed.
    pub fn open_lab(&self, checkout: &Checkout, data: Option<&Path>) -> Result<(), Failure> {
        run(self.jupyter(checkout, data).arg("lab"), "JupyterLab", "close it with Ctrl-C")
    }
}

/// Takes away what `cargo run` adds to the environment. Build scripts and `option_env!` of dependencies look at some of it, so
/// a kernel that inherits it compiles them anew.
fn forget_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_added =
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|p| text.starts_with(p));
        if is_added || ["CARGO", "CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR", "OUT_DIR"].contains(&&*text) {
            command.env_remove(&name);
        }
    }
    if let Some(folders) = std::env::var_os("LD_LIBRARY_PATH") {
        let is_added = |folder: &PathBuf| {
            folder.components().any(|part| part.as_os_str() == ".evcxr" || part.as_os_str() == "rustlib")
        };
        let own: Vec<PathBuf> = std::env::split_paths(&folders).filter(|folder| !is_added(folder)).collect();
        match std::env::join_paths(&own) {
            Ok(own) if !own.is_empty() => command.env("LD_LIBRARY_PATH", own),
            _ => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
}

/// The virtual environment with the pinned packages of `requirements.txt`.
fn python(checkout: &Checkout) -> Result<PathBuf, Failure> {
    let venv = checkout.notebooks.join(".venv");
    let wanted_file = checkout.notebooks.join("requirements.txt");
    let wanted = std::fs::read_to_string(&wanted_file)
        .map_err(|error| Failure::Work(format!("{}: {error}", wanted_file.display())))?;
    // Written last: an environment without it, or with other pins, is made anew.
    let installed = venv.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(venv);
    }
    println!("preparing Jupyter in notebooks/.venv (once, about half a minute)");
    let help = "Python 3.10 or newer with the venv module is needed (Debian: apt install python3-venv)";
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv), "python3 -m venv", help)?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(
        Command::new(venv.join("bin/python")).args(pip).arg(&wanted_file),
        "pip install",
        "the package index must be reachable",
    )?;
    write(&installed, &wanted)?;
    Ok(venv)
}

/// The kernel's program.
///
/// Optimised just enough: at level 0 it builds in a third of the time but takes minutes to start, because it reads every
/// crate a cell can name. Level 2 takes a third longer to build and saves a tenth of a second a cell.
fn kernel(checkout: &Checkout) -> Result<PathBuf, Failure> {
    let tools = checkout.notebooks.join(".tools");
    let program = tools.join("bin/evcxr_jupyter");
    // Cargo's own record of what it installed there; it is written after the program.
    let record = std::fs::read_to_string(tools.join(".crates.toml")).unwrap_or_default();
    let is_ready = program.is_file() && record.contains(&format!("\"evcxr_jupyter {EVCXR} "));
    if is_ready {
        return Ok(program);
    }
    println!("building the Rust kernel, evcxr_jupyter {EVCXR}, in notebooks/.tools (once, about five minutes)");
    let mut install = Command::new(cargo());
    install
        .args(["install", "--locked", "--force", "--root"])
        .arg(&tools)
        .args(["evcxr_jupyter", "--version", EVCXR])
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    run(&mut install, "cargo install evcxr_jupyter", "crates.io must be reachable")?;
    Ok(program)
}

/// The kernel works offline, with the versions of `Cargo.lock`.
fn crates(checkout: &Checkout) -> Result<(), Failure> {
    let mut fetch = Command::new(cargo());
    fetch.args(["fetch", "--locked", "--quiet"]).current_dir(&checkout.root);
    run(&mut fetch, "cargo fetch", "crates.io must be reachable")?;
    let folder = checkout.notebooks.join(".evcxr");
    create_folder(&folder)?;
    let lock = checkout.root.join("Cargo.lock");
    let copy = std::fs::copy(&lock, folder.join("Cargo.lock"));
    copy.map(|_| ()).map_err(|error| Failure::Work(format!("{}: {error}", lock.display())))
}

/// The cargo that started this program, or the one on the path.
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

fn create_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::Work(format!("{}: {error}", folder.display())))
}

/// Writes a file whole or not at all.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let draft = path.with_extension("part");
    std::fs::write(&draft, text)
        .and_then(|()| std::fs::rename(&draft, path))
        .map_err(|error| Failure::Work(format!("{}: {error}", path.display())))
}

fn run(command: &mut Command, what: &str, help: &str) -> Result<(), Failure> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Work(format!("{what} ended with {status}; {help}"))),
        Err(error) => Err(Failure::Work(format!("{what}: {error}; {help}"))),
    }
}
