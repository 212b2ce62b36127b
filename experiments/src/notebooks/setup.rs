//! The tools that `cargo notebooks` prepared, as this program uses them.

use super::Checkout;
use crate::Failure;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the notebooks' metadata calls the kernel.
pub const KERNEL: &str = "autogo-rust";

/// The prepared tools.
pub struct Tools {
    jupyter: PathBuf,
}

/// Finds the tools and tells Jupyter of the kernel.
pub fn tools(checkout: &Checkout) -> Result<Tools, Failure> {
    let venv = checkout.notebooks.join(".venv");
    let kernel = checkout.notebooks.join(".tools/bin/autogo-jupyter");
    for file in [&venv.join("installed.txt"), &kernel] {
        if !file.is_file() {
            return Err(Failure::Input(format!("{}: not there; `cargo notebooks` prepares it", file.display())));
        }
    }
    let mut install = Command::new(&kernel);
    install.args(["--install", KERNEL, "--prefix"]).arg(&venv).stdout(std::process::Stdio::null());
    run(&mut install, "the kernel", "`cargo notebooks` builds it anew when notebooks/.tools is removed")?;
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

    /// Opens JupyterLab on a notebook and waits until it is closed.
    pub fn open_lab(&self, checkout: &Checkout, name: &str, data: Option<&Path>) -> Result<(), Failure> {
        let notebook = format!("{name}.ipynb");
        run(self.jupyter(checkout, data).args(["lab", &notebook]), "JupyterLab", "close it with Ctrl-C")
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

fn run(command: &mut Command, what: &str, help: &str) -> Result<(), Failure> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Work(format!("{what} ended with {status}; {help}"))),
        Err(error) => Err(Failure::Work(format!("{what}: {error}; {help}"))),
    }
}
