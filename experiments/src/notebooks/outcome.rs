//! The outcome of an executed notebook: its problems, and the times of its cells.
//!
//! The kernel says when a cell failed; whether it showed what it should is looked for in the outputs. To know how long
//! a cell compiled before it ran, its copy starts by printing the clock.

use crate::failure::Failure;
use autogo::report::Verify;
use serde_json::Value;
use std::fmt;

/// The words that a cell prints first, followed by microseconds since 1970.
const CLOCK: &str = "AUTOGO-CELL-RUNS ";

/// The report about an executed notebook.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// Name of the notebook.
    pub name: String,
    /// Everything that is wrong; empty when the notebook is good.
    pub problems: Vec<String>,
    /// Wall time in seconds, kernel and cells.
    pub seconds: f64,
    /// For each code cell seconds until its code ran, and seconds it ran.
    pub cells: Vec<(f64, f64)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: f64 = self.cells.iter().map(|(wait, ran)| wait + ran).sum();
        let running: f64 = self.cells.iter().map(|(_, ran)| ran).sum();
        let first = self.cells.first().map_or(0.0, |(wait, _)| *wait);
        let mut later: Vec<f64> = self.cells.iter().skip(1).map(|(wait, _)| *wait).collect();
        later.sort_by(f64::total_cmp);
        let median = later.get(later.len() / 2).copied().unwrap_or(0.0);
        let longest = later.last().copied().unwrap_or(0.0);
        write!(
            f,
            "{}: {:.1} s in all; kernel {:.1} s, first cell {first:.1} s, later cells wait {median:.2} s (median), \
             {longest:.2} s (longest), computing {running:.1} s\n  notebooks/html/{}.html",
            self.name,
            self.seconds,
            (self.seconds - total).max(0.0),
            self.name
        )
    }
}

pub fn cells(notebook: &Value) -> Result<&Vec<Value>, Failure> {
    let cells = notebook.get("cells").and_then(Value::as_array);
    cells.ok_or_else(|| Failure::Input("the notebook has no cells; accepted: Jupyter notebook format 4".into()))
}

pub fn is_code(cell: &Value) -> bool {
    cell.get("cell_type").and_then(Value::as_str) == Some("code")
}

/// Text that Jupyter keeps as one string or as a list of lines.
pub fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// The code that prints the clock, in front of a cell's own on the same line, so that its lines keep their numbers.
fn clock() -> String {
    format!("println!(\"{CLOCK}{{}}\", std::time::UNIX_EPOCH.elapsed().map_or(0, |t| t.as_micros())); ")
}

/// A copy of a notebook in which every code cell first prints the clock. Cells that start with one of evcxr's own
/// commands stay as they are.
pub fn with_clock(notebook: &Value) -> Result<Value, Failure> {
    cells(notebook)?;
    let mut copy = notebook.clone();
    for cell in copy["cells"].as_array_mut().into_iter().flatten().filter(|cell| is_code(cell)) {
        let source = text(cell.get("source"));
        if !source.trim_start().starts_with(':') {
            cell["source"] = Value::String(clock() + &source);
        }
    }
    Ok(copy)
}

/// Looks through an executed notebook. Returns it with its own sources back in place and the clock lines taken out, and
/// the report.
pub fn examine(name: &str, source: &Value, executed: &Value, seconds: f64) -> Result<(Value, Report), Failure> {
    let mut clean = executed.clone();
    let mut report = Report { name: name.into(), seconds, ..Report::default() };
    let originals = cells(source)?;
    if originals.len() != cells(executed)?.len() {
        return Err(Failure::Work("the executed notebook has other cells than its source".into()));
    }
    let mut number = 0;
    let mut last_said = String::new();
    let executed = clean["cells"].as_array_mut().into_iter().flatten();
    for (cell, original) in executed.zip(originals) {
        cell["source"] = original["source"].clone();
        if !is_code(cell) {
            continue;
        }
        number += 1;
        let started = take_clock(cell);
        let time = |event: &str| cell["metadata"]["execution"][event].as_str().and_then(microseconds);
        if let (Some(busy), Some(idle), Some(started)) = (time("iopub.status.busy"), time("iopub.status.idle"), started)
        {
            let span = |from: i64, to: i64| (to - from).max(0) as f64 / 1e6;
            report.cells.push((span(busy, started), span(started, idle)));
        }
        let outputs = cell["outputs"].as_array().cloned().unwrap_or_default();
        last_said = outputs.iter().map(said).collect();
        if let Some(problem) = problem(&text(cell.get("source")), &outputs) {
            report.problems.push(format!("code cell {number}: {problem}"));
        }
    }
    if number == 0 {
        report.problems.push("it has no code cell".into());
    } else if !last_said.contains(Verify::SENTINEL) {
        report.problems.push(format!("its last cell does not say `{}`", Verify::SENTINEL));
    }
    Ok((clean, report))
}

/// Everything an output says, as text.
fn said(output: &Value) -> String {
    let data = output.get("data").and_then(Value::as_object);
    let shown: String = data.into_iter().flatten().map(|(_, value)| text(Some(value))).collect();
    format!("{}{shown}{}", text(output.get("text")), text(output.get("evalue")))
}

/// Types that show themselves in a notebook.
const DISPLAYED: [&str; 8] = ["Table", "Chart", "Page", "Drawing", "Bars", "Differences", "HeatMap", "MergeTree"];

/// The problem with a cell's outputs, if there is one.
fn problem(source: &str, outputs: &[Value]) -> Option<String> {
    let first_line = |text: &str| text.lines().find(|line| !line.trim().is_empty()).unwrap_or("").trim().to_string();
    for output in outputs {
        if output["output_type"] == "error" {
            return Some(first_line(&text(output.get("evalue"))));
        }
        let said = said(output);
        let bad = |line: &&str| line.contains("panicked at") || line.trim_start().starts_with("error");
        if let Some(line) = said.lines().find(bad) {
            return Some(line.trim().into());
        }
    }
    let code = source.lines().map(str::trim).rfind(|line| !line.is_empty() && !line.starts_with("//"));
    // A cell that ends with a block, such as a `for` or a `match` that prints, may have no value.
    let code = code.map(|line| line.split(" // ").next().unwrap_or(line).trim_end());
    let wants_result = code.is_some_and(|line| !line.ends_with(';') && !line.starts_with(':') && line != "}");
    let has_result = outputs.iter().any(|output| output.get("data").is_some());
    let is_picture_as_text =
        |output: &Value| output["data"].get("text/html").is_none() && said(output).contains("<svg");
    if outputs.iter().any(is_picture_as_text) {
        return Some("shows a picture as text".into());
    }
    // evcxr falls back on `Debug` when it takes a value's display for something else.
    let is_debug_text = |output: &Value| {
        let plain = text(output["data"].get("text/plain"));
        let is_shown_otherwise = output["data"].as_object().is_some_and(|data| data.len() > 1);
        !is_shown_otherwise && DISPLAYED.iter().any(|name| plain.starts_with(&format!("{name} {{")))
    };
    if outputs.iter().any(is_debug_text) {
        return Some("shows the fields of a value in the place of its display; split the cell".into());
    }
    (wants_result && !has_result).then(|| "ends in an expression but shows no result".into())
}

/// Takes the clock out of a cell's outputs: its line, and its code where an error shows the cell's first line.
fn take_clock(cell: &mut Value) -> Option<i64> {
    let mut started = None;
    let outputs = cell["outputs"].as_array_mut()?;
    let errors = outputs.iter_mut().filter(|output| output["output_type"] == "error");
    for error in errors {
        error["evalue"] = Value::String(text(error.get("evalue")).replace(&clock(), ""));
        for line in error["traceback"].as_array_mut().into_iter().flatten() {
            *line = Value::String(text(Some(line)).replace(&clock(), ""));
        }
    }
    for output in outputs.iter_mut().filter(|output| output.get("text").is_some()) {
        let said = text(output.get("text"));
        let mut kept = String::new();
        for line in said.split_inclusive('\n') {
            match line.trim_end().strip_prefix(CLOCK).and_then(|number| number.parse().ok()) {
                Some(number) => started = started.or(Some(number)),
                None => kept.push_str(line),
            }
        }
        output["text"] = Value::String(kept);
    }
    outputs.retain(|output| output.get("text").is_none_or(|said| said != ""));
    started
}

/// Microseconds since 1970 of `2026-01-31T12:34:56.789012Z`; a numeric offset other than zero is not read.
fn microseconds(stamp: &str) -> Option<i64> {
    let stamp = stamp.strip_suffix('Z').or_else(|| stamp.strip_suffix("+00:00"))?;
    let (date, time) = stamp.split_once('T')?;
    let mut date = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.split(':');
    let (hour, minute) = (time.next()?.parse::<i64>().ok()?, time.next()?.parse::<i64>().ok()?);
    let second = time.next()?.parse::<f64>().ok()?;
    // Days from civil: years start in March, so that the leap day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
            - 1
            - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60_000_000 + (second * 1e6).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn notebook(outputs: Value, source: &str) -> (Value, Value) {
        let cell = |source: &str, outputs: Value| {
            json!({
                "cell_type": "code", "source": [source], "outputs": outputs,
                "metadata": {"execution": {
                    "iopub.status.busy": "2026-01-31T12:00:00.500000Z", "iopub.status.idle": "2026-01-31T12:00:04.000000Z",
                }},
            })
        };
        let source_notebook = json!({"cells": [cell(source, json!([]))]});
        let executed = json!({"cells": [cell("changed", outputs)]});
        (source_notebook, executed)
    }

    fn problems(outputs: Value, source: &str) -> Vec<String> {
        let (source, executed) = notebook(outputs, source);
        examine("test", &source, &executed, 9.0).unwrap().1.problems
    }

    fn good() -> Value {
        json!({"output_type": "execute_result", "data": {"text/html": format!("<b>{} 3</b>", Verify::SENTINEL)}})
    }

    #[test]
    fn times_are_read_and_the_clock_is_taken_out() {
        let clock = format!("{CLOCK}{}\nhello\n", microseconds("2026-01-31T12:00:01.250000Z").unwrap());
        let (source, executed) = notebook(json!([{"output_type": "stream", "text": clock}, good()]), "verify");
        let (clean, report) = examine("test", &source, &executed, 9.0).unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
        assert_eq!(report.cells, [(0.75, 2.75)]);
        assert_eq!(clean["cells"][0]["outputs"][0]["text"], "hello\n");
        assert_eq!(clean["cells"][0]["source"], json!(["verify"]));
    }

    #[test]
    fn a_panic_an_error_and_a_missing_result_are_found() {
        let said = |text: &str| json!([{"output_type": "stream", "text": text}, good()]);
        assert_eq!(
            problems(said("thread 'x' panicked at src/lib.rs:3"), "a"),
            ["code cell 1: thread 'x' panicked at src/lib.rs:3"]
        );
        assert_eq!(problems(said("error: no such file"), "a"), ["code cell 1: error: no such file"]);
        assert_eq!(problems(said("mean error 3"), "a"), Vec::<String>::new());
        let printed = json!([{"output_type": "stream", "text": format!("{} 3", Verify::SENTINEL)}]);
        assert_eq!(problems(printed, "for x in 0..3 {\n    println!(\"{x}\");\n}"), Vec::<String>::new());
        let silent = problems(json!([]), "let x = 1;\nx");
        assert_eq!(silent[0], "code cell 1: ends in an expression but shows no result");
        assert!(silent[1].contains("last cell does not say"));
        let commented = problems(json!([]), "let x = 1; // one");
        assert!(commented.iter().all(|problem| !problem.contains("ends in an expression")), "{commented:?}");
        let source_text =
            json!([{"output_type": "execute_result", "data": {"text/plain": "Page { body: \"<svg>\" }"}}]);
        assert_eq!(problems(source_text, "a")[0], "code cell 1: shows a picture as text");
        let fields = json!([{"output_type": "execute_result", "data": {"text/plain": "Table { frame: 3 }"}}]);
        assert!(problems(fields, "a")[0].contains("shows the fields of a value"));
        let failed = problems(json!([{"output_type": "error", "evalue": "mismatched types\nmore"}]), "a;");
        assert_eq!(failed[0], "code cell 1: mismatched types");
        // The user's own line is shown, not the clock in front of it.
        let shown = format!("no value `b` (line 1: `{}b;`)", clock());
        let failed = problems(json!([{"output_type": "error", "evalue": shown, "traceback": [shown]}]), "b;");
        assert_eq!(failed[0], "code cell 1: no value `b` (line 1: `b;`)");
    }

    #[test]
    fn the_clock_goes_before_the_code_but_not_before_commands() {
        let cell = |source: &str| json!({"cell_type": "code", "source": source});
        let copy = with_clock(&json!({"cells": [cell("let x = 1;"), cell(":vars")]})).unwrap();
        assert!(copy["cells"][0]["source"].as_str().unwrap().ends_with("; let x = 1;"));
        assert_eq!(copy["cells"][1]["source"], ":vars");
        assert!(with_clock(&json!({})).is_err());
    }

    #[test]
    fn stamps_count_from_1970() {
        assert_eq!(microseconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(microseconds("2000-03-01T00:00:00.000001+00:00"), Some(951_868_800_000_001));
        assert_eq!(microseconds("yesterday"), None);
    }
}
