//! The tools that `cargo notebooks` prepared, as this program uses them.

use super::checkout::Checkout;
use super::environment::forget_cargo;
use crate::failure::Failure;
use autogo::data::DATA_VARIABLE;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The name of the kernel in the notebooks' metadata.
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
            return Err(Failure::input(file, "not there; `cargo notebooks` prepares it"));
        }
    }
    let mut install = Command::new(&kernel);
    install.args(["--install", KERNEL, "--prefix"]).arg(&venv).stdout(Stdio::null());
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
            command.env(DATA_VARIABLE, data);
        }
        command
    }

    /// Opens JupyterLab on a notebook and waits until it is closed.
    pub fn open_lab(&self, checkout: &Checkout, name: &str, data: Option<&Path>) -> Result<(), Failure> {
        let notebook = format!("{name}.ipynb");
        run(self.jupyter(checkout, data).args(["lab", &notebook]), "JupyterLab", "close it with Ctrl-C")
    }
}

fn run(command: &mut Command, what: &str, help: &str) -> Result<(), Failure> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Work(format!("{what} ended with {status}; {help}"))),
        Err(error) => Err(Failure::Work(format!("{what}: {error}; {help}"))),
    }
}
