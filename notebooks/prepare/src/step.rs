//! What a fresh machine lacks, and how it is made.

use crate::below;
use crate::process::{cargo, run_heard};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to do when a network is missing.
const NETWORK: &str = "crates.io must be reachable, or a mirror be named in ~/.cargo/config.toml";

/// One thing to prepare.
pub struct Step {
    /// What it is called.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// What it costs on a core of 2025, in seconds.
    pub processor_seconds: f64,
    /// Crates that it compiles, about; 0 where that cannot be counted.
    crates: usize,
    work: Work,
    root: PathBuf,
}

enum Work {
    Crates,
    Kernel,
    Python { wanted: String },
    Sources,
}

/// The steps that are left on this machine.
pub fn steps(root: &Path) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut push = |name, what, processor_seconds, crates, work| {
        steps.push(Step { name, what, processor_seconds, crates, work, root: root.into() });
    };
    let notebooks = below(root, "notebooks");
    // Cargo knows itself what is left to do, within a second; only the announcement depends on this.
    let is_first = !is_built(&below(&notebooks, ".evcxr/target"));
    let (cost, crates) = if is_first { (550.0, 340) } else { (1.0, 0) };
    push("crates", "the library and all it uses, and the command line", cost, crates, Work::Crates);
    let kernel_is_first = !below(&notebooks, ".tools/bin/autogo-jupyter").is_file();
    let (cost, crates) = if kernel_is_first { (500.0, 330) } else { (1.0, 0) };
    push("kernel", "the program that Jupyter runs cells with, in notebooks/.tools", cost, crates, Work::Kernel);
    let wanted_file = below(&notebooks, "requirements.txt");
    let wanted =
        std::fs::read_to_string(&wanted_file).map_err(|error| format!("{}: {error}", wanted_file.display()))?;
    // Written last: an environment without it, or with other pins, is made anew.
    let installed = std::fs::read_to_string(below(&notebooks, ".venv/installed.txt"));
    if installed.ok().as_ref() != Some(&wanted) {
        push("Python", "JupyterLab and ONNX Runtime, in notebooks/.venv", 30.0, 0, Work::Python { wanted });
    }
    if !sources_are_there(root) {
        push("sources", "those of Rust's standard library, for the types of variables", 1.0, 0, Work::Sources);
    }
    let is_ready = !is_first && !kernel_is_first && steps.len() == 2;
    Ok(if is_ready { quiet(steps)? } else { steps })
}

/// Whether the command line was built before, for whatever platform: `target/PLATFORM/debug/autogo`.
fn is_built(target: &Path) -> bool {
    let platforms = std::fs::read_dir(target).into_iter().flatten().flatten();
    platforms.into_iter().any(|platform| platform.path().join("debug/autogo").is_file())
}

/// Takes steps that are up to date, or nearly, without a word.
fn quiet(steps: Vec<Step>) -> Result<Vec<Step>, String> {
    for step in steps {
        step.take(&|_| {}).map_err(|problem| format!("{}: {problem}", step.name))?;
    }
    Ok(Vec::new())
}

/// Whether rust-analyzer finds the standard library's sources.
fn sources_are_there(root: &Path) -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root).output();
    let sysroot = sysroot.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std/src/lib.rs").is_file()
}

impl Step {
    /// How far it is, when `done` crates are compiled.
    pub fn progress(&self, done: usize) -> String {
        match self.crates {
            0 => self.name.into(),
            // The number that it ends with is known only about.
            crates => format!("{} {done} of about {}", self.name, crates.max(done)),
        }
    }

    /// Takes the step; `report` hears how many crates are compiled. Fails with what happened and what to do.
    pub fn take(&self, report: &(dyn Fn(usize) + Sync)) -> Result<(), String> {
        match &self.work {
            Work::Crates => {
                let mut command = Command::new(cargo());
                command.args(["build", "--locked", "--package", "experiments", "--package", "autogo-nb"]);
                compile(command.current_dir(&self.root), report)
            }
            Work::Kernel => {
                let mut command = Command::new(cargo());
                command
                    .args(["install", "--locked", "--force", "--path", ".", "--root", "../.tools"])
                    // The crates' own folder and flags, whatever the caller set for the others.
                    .env_remove("CARGO_TARGET_DIR")
                    .env_remove("RUSTFLAGS");
                compile(command.current_dir(below(&self.root, "notebooks/jupyter")), report)
            }
            Work::Python { wanted } => self.python(wanted),
            Work::Sources => {
                let mut command = Command::new("rustup");
                command.args(["component", "add", "rust-src"]).current_dir(&self.root);
                run_heard(&mut command, |_| {}).map_err(|problem| {
                    format!("{problem}\ninstall the sources of the standard library, with rustup: `rustup component add rust-src`")
                })
            }
        }
    }

    fn python(&self, wanted: &str) -> Result<(), String> {
        let notebooks = below(&self.root, "notebooks");
        let venv = below(&notebooks, ".venv");
        let help = "Python 3.10 or newer with its venv module is needed (Debian: `apt install python3-venv`)";
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&venv);
        run_heard(&mut make, |_| {}).map_err(|problem| format!("{problem}\n{help}"))?;
        let mut install = Command::new(venv.join("bin/python"));
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]);
        let help = "the package index must be reachable, or a mirror be named in PIP_INDEX_URL";
        run_heard(install.current_dir(&notebooks), |_| {})
            .map_err(|problem| format!("{problem}\n{}", advice(&problem, help)))?;
        let done = venv.join("installed.txt");
        std::fs::write(&done, wanted).map_err(|error| format!("{}: {error}", done.display()))
    }
}

/// Runs a cargo and counts what it compiles.
fn compile(command: &mut Command, report: &(dyn Fn(usize) + Sync)) -> Result<(), String> {
    let mut done = 0;
    let hear = |line: &str| {
        if line.trim_start().starts_with("Compiling ") {
            done += 1;
            report(done);
        }
    };
    run_heard(command, hear).map_err(|problem| format!("{problem}\n{}", advice(&problem, NETWORK)))
}

/// What to do about a failed step.
fn advice<'a>(problem: &str, network: &'a str) -> &'a str {
    let says = |words: &[&str]| words.iter().any(|word| problem.contains(word));
    if says(&["No space left", "os error 28"]) {
        "the disk is full: crates, kernel and Python environment take 5 GB"
    } else if says(&["download", "resolve host", "network", "index", "Connection", "timed out"]) {
        network
    } else if says(&["linker `cc` not found"]) {
        "a C compiler and linker are needed (Debian: `apt install gcc`)"
    } else {
        "run the command again when the reason above is mended; what is compiled stays compiled"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_come_with_advice() {
        assert!(advice("error: No space left on device (os error 28)", NETWORK).contains("disk is full"));
        assert_eq!(advice("failed to download from `https://static.crates.io`", NETWORK), NETWORK);
        assert!(advice("error[E0308]: mismatched types", NETWORK).contains("again"));
    }

    #[test]
    fn progress_never_runs_over() {
        let step = |crates| Step {
            name: "crates",
            what: "",
            processor_seconds: 1.0,
            crates,
            work: Work::Crates,
            root: PathBuf::new(),
        };
        assert_eq!(step(10).progress(12), "crates 12 of about 12");
        assert_eq!(step(0).progress(3), "crates");
    }
}
