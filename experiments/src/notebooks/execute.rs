//! Executes one notebook headless and writes it as HTML.

use super::Checkout;
use super::outcome::{self, Report};
use super::setup::{KERNEL, Tools};
use crate::Failure;
use autogo::files::write;
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

/// Seconds a kernel may take to start (it builds the library the first time) and a cell to run.
const PATIENCE: &str = "3600";

/// Executes notebook `name`, checks what it shows, and writes `notebooks/html/NAME.html`. The page is written even when
/// the notebook fails, so that one can see where.
pub fn execute(checkout: &Checkout, tools: &Tools, name: &str, data: Option<&Path>) -> Result<Report, Failure> {
    let html = checkout.notebooks.join("html");
    std::fs::create_dir_all(&html).map_err(|error| Failure::Work(format!("{}: {error}", html.display())))?;
    let source = read(&checkout.notebook(name))?;
    let kernel = source["metadata"]["kernelspec"]["name"].as_str().unwrap_or("none");
    if kernel != KERNEL {
        let reason =
            format!("{name}.ipynb is for the kernel `{kernel}`; accepted: `{KERNEL}` (Kernel > Change Kernel)");
        return Err(Failure::Input(reason));
    }
    println!("executing {name}");
    // A copy beside the notebook: the kernel finds its settings in the folder it runs in.
    let copy = checkout.notebooks.join(format!(".{name}.run.ipynb"));
    write(&copy, outcome::with_clock(&source)?.to_string().as_bytes())?;
    let start = Instant::now();
    let executed_name = format!("{name}.executed.ipynb");
    let output = tools
        .jupyter(checkout, data)
        .args(["nbconvert", "--to", "notebook", "--execute", "--allow-errors"])
        .args([
            format!("--ExecutePreprocessor.startup_timeout={PATIENCE}"),
            format!("--ExecutePreprocessor.timeout={PATIENCE}"),
        ])
        .arg("--output-dir")
        .arg(&html)
        .args(["--output", &executed_name])
        .arg(&copy)
        .stdin(Stdio::null())
        .output();
    let seconds = start.elapsed().as_secs_f64();
    // Gone already only if somebody removed it; either way it is not there any more.
    let _ = std::fs::remove_file(&copy);
    let output = output.map_err(|error| Failure::Work(format!("jupyter nbconvert: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let tail: Vec<&str> = said.lines().rev().take(12).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        return Err(Failure::Work(format!("the kernel did not get through:\n{}", tail.join("\n"))));
    }
    let executed = html.join(&executed_name);
    let (clean, report) = outcome::examine(name, &source, &read(&executed)?, seconds)?;
    write(&executed, clean.to_string().as_bytes())?;
    let page = tools
        .jupyter(checkout, data)
        .args(["nbconvert", "--to", "html", "--log-level", "ERROR", "--output-dir"])
        .arg(&html)
        .args(["--output", &format!("{name}.html")])
        .arg(&executed)
        .status();
    match page {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(Failure::Work(format!("jupyter nbconvert --to html ended with {status}"))),
        Err(error) => return Err(Failure::Work(format!("jupyter nbconvert --to html: {error}"))),
    }
    if report.problems.is_empty() {
        Ok(report)
    } else {
        let page = html.join(format!("{name}.html"));
        Err(Failure::Work(format!("{}; see {}", report.problems.join("; "), page.display())))
    }
}

fn read(path: &Path) -> Result<Value, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::Work(format!("{}: {error}", path.display())))?;
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::Input(format!("{}:{line}:{column}: {error}; accepted: a Jupyter notebook", path.display()))
    })
}
