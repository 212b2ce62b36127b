//! What a failing cell is told, with the user's own line.

use crate::frame::Panic;
use evcxr::CompilationError;
use jupyter_protocol::ReplyError;

/// Bold and red, and back: front ends and consoles understand both.
const RED: &str = "\x1b[1;31m";
const PLAIN: &str = "\x1b[0m";

/// An error without a place.
pub fn plain(name: &str, text: &str) -> ReplyError {
    let traceback = std::iter::once(format!("{RED}{name}{PLAIN}: {}", text.lines().next().unwrap_or_default()));
    let traceback = traceback.chain(text.lines().skip(1).map(String::from)).collect();
    ReplyError { ename: name.into(), evalue: text.into(), traceback }
}

/// A `?` that returned an error.
pub fn failed(text: &str, line: Option<usize>, generated: &str, cell: &str) -> ReplyError {
    at_line("Error", text, place(line, generated, cell), Vec::new())
}

/// A panic that ended a cell; `earlier` are panics of other threads that led to it.
pub fn panicked(panic: &Panic, earlier: &[Panic], generated: &str, cell: &str) -> ReplyError {
    let mut notes = Vec::new();
    let is_in_cell = panic.place.starts_with("src/lib.rs:");
    if !is_in_cell && !panic.place.is_empty() {
        notes.push(format!("raised at {}", panic.place));
    }
    for other in earlier {
        notes.push(format!("before that, another thread panicked at {}: {}", other.place, other.text));
    }
    let own = is_in_cell.then(|| panic.place.split(':').nth(1)?.parse().ok()).flatten();
    at_line("Panic", &panic.text, place(own.or(panic.line), generated, cell), notes)
}

/// A line of a cell: its number, and its text.
struct Place {
    number: Option<usize>,
    text: String,
}

fn at_line(name: &str, text: &str, place: Option<Place>, notes: Vec<String>) -> ReplyError {
    let mut error = plain(name, text);
    if let Some(Place { number, text: line }) = place {
        let number = match number {
            Some(number) => {
                error.evalue = format!("{text} (line {number}: `{line}`)");
                error.traceback.push(format!(" --> cell, line {number}"));
                number.to_string()
            }
            // A function or a macro that an earlier cell defined.
            None => {
                error.evalue = format!("{text} (in an earlier cell: `{line}`)");
                error.traceback.push(" --> in an earlier cell".into());
                String::new()
            }
        };
        let margin = " ".repeat(number.len());
        error.traceback.extend([format!("{margin} |"), format!("{number} | {line}"), format!("{margin} |")]);
    }
    error.traceback.extend(notes);
    error
}

/// Finds line `line` (from 1) of the generated source in the cell. evcxr takes lines over as they are, so it is the line with
/// the same text; among several, the one that stands as far behind others of its text as in the generated source.
fn place(line: Option<usize>, generated: &str, cell: &str) -> Option<Place> {
    let line = line?;
    let wanted = generated.lines().nth(line.checked_sub(1)?)?.trim();
    let same = |text: &str| text.trim() == wanted;
    let number_in = |text: &str| text.lines().filter(|line| same(line)).count();
    let before = generated.lines().take(line - 1).filter(|line| same(line)).count();
    let in_cell = number_in(cell);
    // Items of earlier cells stand before this cell's statements.
    let skipped = number_in(generated).saturating_sub(in_cell);
    let number = before
        .checked_sub(skipped)
        .and_then(|nth| cell.lines().enumerate().filter(|(_, line)| same(line)).nth(nth).map(|(index, _)| index + 1));
    // Two statements of one line of the cell stand on two lines of the source: the cell's line holds them.
    let holding = || {
        let mut holding = cell.lines().enumerate().filter(|(_, line)| line.contains(wanted));
        match (holding.next(), holding.next()) {
            (Some((index, _)), None) => Some(index + 1),
            _ => None,
        }
    };
    let number = number.or_else(holding);
    let text = number.and_then(|number| cell.lines().nth(number - 1)).unwrap_or(wanted).trim_end().to_string();
    (!wanted.is_empty()).then_some(Place { number, text })
}

/// Errors of the compiler, rendered as rustc does, but with the cell's own lines.
pub fn compile_errors(errors: &[CompilationError]) -> ReplyError {
    let mut traceback = Vec::new();
    let mut first = None;
    for error in errors {
        let code = error.code().map(|code| format!("[{code}]")).unwrap_or_default();
        traceback.push(format!("{RED}error{code}{PLAIN}: {}", error.message()));
        for said in error.spanned_messages().iter().chain(error.help_spanned()) {
            let Some(span) = &said.span else { continue };
            let text = said.lines.first().map_or("", String::as_str);
            if said.is_primary && first.is_none() {
                first = Some((span.start_line, text.trim().to_string()));
            }
            let margin = " ".repeat(span.start_line.to_string().len());
            let end = if span.end_line == span.start_line { span.end_column } else { text.chars().count() + 1 };
            let carets = "^".repeat(end.saturating_sub(span.start_column).max(1));
            let indent = " ".repeat(span.start_column.saturating_sub(1));
            traceback.push(format!("{margin}--> cell, line {}", span.start_line));
            traceback.push(format!("{margin} |"));
            traceback.push(format!("{} | {text}", span.start_line));
            traceback.push(format!("{margin} | {indent}{carets} {}", said.label));
        }
        traceback.extend(error.help().into_iter().map(|help| format!("help: {help}")));
        traceback.extend(error.evcxr_extra_hint().map(String::from));
    }
    let message = errors.first().map(CompilationError::message).unwrap_or_default();
    let code = errors.first().and_then(CompilationError::code).unwrap_or("compiler");
    let evalue = match first {
        Some((line, text)) => format!("{message} (line {line}: `{text}`)"),
        None => message,
    };
    ReplyError { ename: format!("CompileError {code}"), evalue, traceback }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_line_is_found() {
        let cell = "let x = 1;\n  read(\"a\")?;\nlet y = 2;\n  read(\"a\")?;";
        let generated =
            "fn f() {\npanic!();\n}\n#[x]\nlet x = 1;\n  read(\"a\")?;\nlet y = 2;\n  read(\"a\")?;\nOk(())";
        let number = |line| place(Some(line), generated, cell).and_then(|place| place.number);
        assert_eq!((number(5), number(6), number(8)), (Some(1), Some(2), Some(4)));
        let earlier = place(Some(2), generated, cell).expect("a line of the source");
        assert_eq!((earlier.number, earlier.text.as_str()), (None, "panic!();"));
        assert!(place(Some(99), generated, cell).is_none() && place(None, generated, cell).is_none());
        let two = place(Some(1), "b()?;", "a(); b()?;").expect("the line that holds it");
        assert_eq!((two.number, two.text.as_str()), (Some(1), "a(); b()?;"));
    }

    #[test]
    fn a_panic_in_a_library_names_the_line_that_led_there() {
        let panic = Panic { in_cell: true, place: "autogo/src/x.rs:9:1".into(), line: Some(1), text: "no".into() };
        let other = Panic { in_cell: false, place: "src/lib.rs:1:1".into(), line: None, text: "first".into() };
        let error = panicked(&panic, &[other], "f();\n", "f();");
        assert_eq!(error.evalue, "no (line 1: `f();`)");
        let said = error.traceback.join("\n");
        assert!(said.contains("raised at autogo/src/x.rs:9:1") && said.contains("another thread panicked"), "{said}");
    }
}
