//! The starters of workers: this machine, Slurm, or HyperQueue.

use super::folder::WorkFolder;
use crate::failure::Failure;
use std::process::{Child, Command, Stdio};

/// The client of HyperQueue, whose interface is a Python package.
const CLIENT: &str = include_str!("hyperqueue.py");

/// The program that starts the workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Executor {
    /// Processes of this machine.
    Local,
    /// A job array of Slurm, with further options of `sbatch` such as `partition=gpu,time=2:00:00`.
    Slurm(String),
    /// A job of HyperQueue, on the server that is running (in `HQ_SERVER_DIR`, if that is set). This Python has the
    /// package `hyperqueue`.
    HyperQueue(String),
}

/// Starts `workers` workers, each a process `autogo label work FOLDER`. Local ones are returned as children, which the
/// caller waits for; the others belong to their scheduler, whose answer is returned.
pub fn start(executor: &Executor, folder: &WorkFolder, workers: usize) -> Result<(Vec<Child>, String), Failure> {
    let failed = |error: std::io::Error| Failure::Work(format!("this program cannot be started again: {error}"));
    let program = std::env::current_exe().map_err(failed)?;
    let path = folder.path().canonicalize().map_err(|error| Failure::work(folder.path(), error))?;
    match executor {
        Executor::Local => {
            let child = || Command::new(&program).args(["label", "work"]).arg(&path).stdin(Stdio::null()).spawn();
            let children = (0..workers).map(|_| child()).collect::<Result<Vec<Child>, _>>().map_err(failed)?;
            Ok((children, String::new()))
        }
        Executor::Slurm(options) => {
            let mut sbatch = Command::new("sbatch");
            sbatch.args(["--job-name=autogo", &format!("--array=1-{workers}")]);
            sbatch.args(["--output", &path.join("slurm-%A_%a.log").display().to_string()]);
            sbatch.args(options.split(',').filter(|option| !option.is_empty()).map(|option| format!("--{option}")));
            let words = [&program, std::path::Path::new("label"), std::path::Path::new("work"), &path];
            let line = words.map(|word| quoted(&word.display().to_string())).join(" ");
            submit(
                sbatch.arg("--wrap").arg(format!("exec {line}")),
                "sbatch",
                "a machine with Slurm (Debian: slurm-wlm)",
            )
        }
        Executor::HyperQueue(python) => {
            let mut client = Command::new(python);
            client.args(["-c", CLIENT, &workers.to_string()]).arg(&path);
            client.arg(&program).args(["label", "work"]).arg(&path);
            submit(&mut client, python, "a Python that has the package hyperqueue")
        }
    }
}

/// Hands work to a scheduler.
fn submit(command: &mut Command, name: &str, package: &str) -> Result<(Vec<Child>, String), Failure> {
    let output = command
        .output()
        .map_err(|error| Failure::Input(format!("`{name}` cannot be started ({error}); accepted: {package}")))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    if output.status.success() {
        Ok((Vec::new(), text(&output.stdout)))
    } else {
        let last = text(&output.stderr).lines().last().unwrap_or_default().to_string();
        Err(Failure::Work(format!("`{name}` refused: {last}; accepted: {package}")))
    }
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
