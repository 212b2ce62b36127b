//! Executes one notebook headless and writes it as HTML.

use super::checkout::Checkout;
use super::committed::{self, Outputs};
use super::drawings::drawings_for_pictures;
use super::outcome::{self, Report};
use super::setup::{KERNEL, Tools};
use crate::failure::Failure;
use autogo::files::write;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Seconds a kernel may take to start (it builds the library the first time) and a cell to run.
const PATIENCE: &str = "3600";
/// The version of Jupyter's format that is read and written.
const FORMAT: u64 = 4;
/// Lines of a failed program that are shown.
const TAIL: usize = 12;

/// Executes notebook `name`, checks what it shows, and writes `notebooks/html/NAME.html`; then compares or keeps its
/// outputs, as is asked for. The page is written even when the notebook fails, so that one can see where.
pub fn execute(
    checkout: &Checkout,
    tools: &Tools,
    name: &str,
    data: Option<&Path>,
    outputs: Outputs,
) -> Result<Report, Failure> {
    let html = checkout.notebooks.join("html");
    let (page, executed) = (html.join(format!("{name}.html")), html.join(format!("{name}.executed.ipynb")));
    let folder = page.parent().unwrap_or(&html);
    std::fs::create_dir_all(folder).map_err(|error| Failure::work(folder, error))?;
    let notebook = checkout.notebook(name);
    let source = read(&notebook)?;
    let kernel = source["metadata"]["kernelspec"]["name"].as_str().unwrap_or("none");
    if kernel != KERNEL {
        let reason =
            format!("{name}.ipynb is for the kernel `{kernel}`; accepted: `{KERNEL}` (Kernel > Change Kernel)");
        return Err(Failure::Input(reason));
    }
    if let Some(format) = source["nbformat"].as_u64().filter(|&format| format != FORMAT) {
        let upgrade = "jupyter nbconvert --to notebook --inplace";
        let reason = format!(
            "{name}.ipynb is in Jupyter's format {format}; accepted: format {FORMAT}, as `{upgrade} notebooks/{name}.ipynb` writes it"
        );
        return Err(Failure::Input(reason));
    }
    say!("executing {name}");
    // A copy beside the notebook: the kernel finds its settings in the folder it runs in, or above it.
    let copy = notebook.with_file_name(format!(".{}.run.ipynb", name.rsplit('/').next().unwrap_or(name)));
    write(&copy, outcome::with_clock(&source)?.to_string().as_bytes())?;
    let start = Instant::now();
    let options = [
        "--execute",
        "--allow-errors",
        &format!("--ExecutePreprocessor.startup_timeout={PATIENCE}"),
        &format!("--ExecutePreprocessor.timeout={PATIENCE}"),
    ];
    let output =
        convert(tools.jupyter(checkout, data), "notebook", &options, &copy, &executed).stdin(Stdio::null()).output();
    let seconds = start.elapsed().as_secs_f64();
    // An error means that the copy is gone already.
    let _ = std::fs::remove_file(&copy);
    let output = output.map_err(|error| Failure::Work(format!("jupyter nbconvert: {error}")))?;
    if !output.status.success() {
        let tail = last_lines(&String::from_utf8_lossy(&output.stderr), TAIL);
        return Err(Failure::Work(format!("the kernel did not get through:\n{tail}")));
    }
    let (clean, mut report) = outcome::examine(name, &source, &read(&executed)?, seconds)?;
    write(&executed, clean.to_string().as_bytes())?;
    write_page(tools.jupyter(checkout, data), &executed, &page)?;
    match outputs {
        Outputs::Page => {}
        Outputs::Check => report.problems.extend(committed::differences(&source, &clean)?),
        Outputs::Update if report.problems.is_empty() => committed::update(&notebook, &source, &clean)?,
        Outputs::Update => {}
    }
    if !report.problems.is_empty() {
        report.problems.extend(committed::version_warning(name, &source));
    }
    if report.problems.is_empty() {
        Ok(report)
    } else {
        Err(Failure::Work(format!("{}; see {}", report.problems.join("; "), page.display())))
    }
}

/// Writes a notebook as a page, with the outputs that it is committed with; a pointer that rests on a drawing is answered.
pub fn page_of(checkout: &Checkout, tools: &Tools, name: &str, page: &Path) -> Result<(), Failure> {
    let page = std::path::absolute(page).map_err(|error| Failure::work(page, error))?;
    let folder = page.parent().unwrap_or(&page);
    std::fs::create_dir_all(folder).map_err(|error| Failure::work(folder, error))?;
    write_page(tools.jupyter(checkout, None), &checkout.notebook(name), &page)?;
    let html = std::fs::read_to_string(&page).map_err(|error| Failure::work(&page, error))?;
    Ok(write(&page, drawings_for_pictures(&html).as_bytes())?)
}

/// Turns a notebook into a page as it stands.
fn write_page(jupyter: Command, notebook: &Path, page: &Path) -> Result<(), Failure> {
    match convert(jupyter, "html", &["--log-level", "ERROR"], notebook, page).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Work(format!("jupyter nbconvert --to html ended with {status}"))),
        Err(error) => Err(Failure::Work(format!("jupyter nbconvert --to html: {error}"))),
    }
}

/// The command that turns one notebook into another file, of this form.
fn convert(mut jupyter: Command, form: &str, options: &[&str], notebook: &Path, made: &Path) -> Command {
    jupyter.args(["nbconvert", "--to", form]).args(options);
    if let (Some(folder), Some(name)) = (made.parent(), made.file_name()) {
        jupyter.arg("--output-dir").arg(folder).arg("--output").arg(name);
    }
    jupyter.arg(notebook);
    jupyter
}

/// The last `count` lines of a text, or all lines of a shorter text.
fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

fn read(path: &Path) -> Result<Value, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::work(path, error))?;
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::Input(format!("{}:{line}:{column}: {error}; accepted: a Jupyter notebook", path.display()))
    })
}
