//! Notebooks as they are committed: with the outputs of a run without data, to be read where nothing can be run.

use super::drawings::pictures_for_drawings;
use super::outcome::{cells, is_code, text};
use crate::failure::Failure;
use autogo::files::write;
use autogo::report::KeyResult;
use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value, json};
use std::path::Path;

/// The version of the library.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The most bytes of a committed notebook.
const MOST_BYTES: usize = 1_000_000;

/// The use of the outputs of a notebook that was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// The outputs are a page of their own.
    Page,
    /// The key results of the outputs are compared with the committed ones.
    Check,
    /// The outputs are written into the notebook.
    Update,
}

/// Writes the outputs of `executed` into the notebook at `path`, whose cells are those of `source`.
pub fn update(path: &Path, source: &Value, executed: &Value) -> Result<(), Failure> {
    let bytes = bytes(&with_outputs(source, executed)?)?;
    if bytes.len() > MOST_BYTES {
        let size = format!("{} bytes with its outputs; accepted: {MOST_BYTES} (draw less)", bytes.len());
        return Err(Failure::input(path, size));
    }
    let now = std::fs::read(path).map_err(|error| Failure::work(path, error))?;
    if serde_json::from_slice::<Value>(&now).ok().as_ref() != Some(source) {
        return Err(Failure::input(path, "was changed while it was executed; nothing is written"));
    }
    Ok(write(path, &bytes)?)
}

/// The differences between the key results of an executed notebook and the committed ones, a line each; none if they
/// agree.
pub fn differences(committed: &Value, executed: &Value) -> Result<Vec<String>, Failure> {
    let (committed, found) = (key_results(committed)?, key_results(executed)?);
    if committed.is_empty() {
        return Ok(vec!["it has no committed key results; `cargo notebooks --update` writes them".into()]);
    }
    let mut problems = Vec::new();
    for result in &committed {
        match found.iter().find(|other| other.name == result.name) {
            None => problems.push(format!("`{}` is committed and not shown any more", result.name)),
            Some(other) if result.agrees(other.value) => {}
            Some(other) => {
                let KeyResult { name, value, tolerance } = result;
                problems.push(format!("`{name}` is {}; committed: {value}, ± {tolerance}", other.value));
            }
        }
    }
    let is_new = |result: &&KeyResult| committed.iter().all(|other| other.name != result.name);
    problems.extend(found.iter().filter(is_new).map(|result| format!("`{}` is not committed", result.name)));
    Ok(problems)
}

/// The marked numbers of all outputs.
fn key_results(notebook: &Value) -> Result<Vec<KeyResult>, Failure> {
    let outputs = cells(notebook)?.iter().filter_map(|cell| cell["outputs"].as_array()).flatten();
    Ok(outputs.flat_map(|output| KeyResult::find(&text(output["data"].get("text/html")))).collect())
}

/// The notebook with the outputs of an executed copy, without the times at which cells ran.
fn with_outputs(source: &Value, executed: &Value) -> Result<Value, Failure> {
    let outputs = cells(executed)?.clone();
    let mut notebook = source.clone();
    notebook["metadata"]["autogo"] = VERSION.into();
    let own = notebook["cells"].as_array_mut().into_iter().flatten();
    for (cell, mut ran) in own.zip(outputs).filter(|(cell, _)| is_code(cell)) {
        cell["execution_count"] = ran["execution_count"].take();
        cell["outputs"] = ran["outputs"].take();
        if let Some(outputs) = cell["outputs"].as_array_mut() {
            outputs.retain(|output| !is_build_log(output));
        }
        for output in cell["outputs"].as_array_mut().into_iter().flatten() {
            for at in ["text/html", "text/plain"] {
                if let Some(shown) = output.get_mut("data").and_then(|data| data.get_mut(at)) {
                    *shown = lines(&pictures_for_drawings(&text(Some(shown))));
                }
            }
            if let Some(said) = output.get_mut("text") {
                *said = lines(&text(Some(said)));
            }
        }
    }
    Ok(notebook)
}

/// Whether an output says which crates the kernel compiled, which depends on what was built before.
fn is_build_log(output: &Value) -> bool {
    output["name"] == "stderr"
        && text(output.get("text")).lines().all(|line| line.is_empty() || line.starts_with("compiling "))
}

/// A warning where a notebook was committed with another version of the library: its cells may use names that are gone.
pub fn version_warning(name: &str, notebook: &Value) -> Option<String> {
    let written = notebook["metadata"]["autogo"].as_str().filter(|written| *written != VERSION)?;
    Some(format!(
        "it was written for version {written} of this library, which is {VERSION}: `git checkout notebooks/{name}.ipynb` \
         brings its text of today"
    ))
}

/// Text as the list of lines that Jupyter writes.
fn lines(text: &str) -> Value {
    json!(text.split_inclusive('\n').collect::<Vec<_>>())
}

/// A notebook as Jupyter writes it: an indent of one, a line at the end.
fn bytes(notebook: &Value) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b" "));
    notebook.serialize(&mut serializer).map_err(|error| Failure::Work(format!("a notebook as JSON: {error}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use autogo::report::Verify;

    fn notebook(html: &str) -> Value {
        json!({"cells": [
            {"cell_type": "markdown", "source": ["# A page"]},
            {
                "cell_type": "code", "source": ["verify"], "execution_count": 3,
                "metadata": {"execution": {"iopub.status.busy": "2026-01-31T12:00:00Z"}},
                "outputs": [
                    {"output_type": "stream", "name": "stderr", "text": "compiling autogo v0.1.0\n\n"},
                    {"output_type": "stream", "name": "stdout", "text": "one\ntwo"},
                    {"output_type": "execute_result", "data": {"text/html": html}},
                ],
            },
        ]})
    }

    fn source() -> Value {
        json!({"cells": [
            {"cell_type": "markdown", "source": ["# A page"]},
            {"cell_type": "code", "source": ["verify"], "execution_count": null, "metadata": {}, "outputs": []},
        ]})
    }

    fn results(values: &[(&str, f64)]) -> Value {
        let verify = values.iter().fold(Verify::new(), |verify, (name, value)| verify.value(name, *value, 0.02));
        notebook(&verify.html())
    }

    #[test]
    fn outputs_are_kept_without_times_and_with_pictures_for_drawings() {
        let html = "<p>a</p>\n<svg width=\"700\"></svg>";
        let kept = with_outputs(&source(), &notebook(html)).unwrap();
        let cell = &kept["cells"][1];
        assert_eq!((&cell["execution_count"], &cell["metadata"]), (&json!(3), &json!({})));
        assert_eq!(cell["outputs"][0]["text"], json!(["one\n", "two"]));
        let shown = text(cell["outputs"][1]["data"].get("text/html"));
        assert_eq!(shown, pictures_for_drawings(html));
    }

    #[test]
    fn a_notebook_of_another_version_names_the_command_that_brings_todays() {
        let mut notebook = with_outputs(&source(), &notebook("")).unwrap();
        assert_eq!(version_warning("00_quickstart", &notebook), None);
        assert_eq!(version_warning("00_quickstart", &source()), None);
        notebook["metadata"]["autogo"] = "0.0.1".into();
        let told = version_warning("00_quickstart", &notebook).unwrap();
        assert!(
            told.contains("version 0.0.1") && told.contains("`git checkout notebooks/00_quickstart.ipynb`"),
            "{told}"
        );
    }

    #[test]
    fn key_results_that_differ_are_named() {
        let committed = results(&[("SRCC", 0.91), ("front", 12.0)]);
        assert!(differences(&committed, &results(&[("front", 12.01), ("SRCC", 0.925)])).unwrap().is_empty());
        let found = differences(&committed, &results(&[("SRCC", 0.95), ("new", 1.0)])).unwrap();
        assert_eq!(
            found,
            [
                "`SRCC` is 0.95; committed: 0.91, ± 0.02",
                "`front` is committed and not shown any more",
                "`new` is not committed"
            ]
        );
        let nothing = differences(&source(), &committed).unwrap();
        assert!(nothing[0].contains("cargo notebooks --update"), "{nothing:?}");
    }

    #[test]
    fn a_notebook_is_written_whole_unless_it_was_changed_or_is_too_large() {
        let folder = std::env::temp_dir().join(format!("autogo-committed-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.ipynb");
        std::fs::write(&path, bytes(&source()).unwrap()).unwrap();
        update(&path, &source(), &results(&[("SRCC", 0.91)])).unwrap();
        let written: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(key_results(&written).unwrap()[0].value, 0.91);
        let changed = update(&path, &source(), &results(&[])).unwrap_err().to_string();
        assert!(changed.contains("was changed while it was executed"), "{changed}");
        let large = update(&path, &written, &notebook(&"x".repeat(MOST_BYTES))).unwrap_err().to_string();
        assert!(large.contains("accepted: 1000000"), "{large}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
