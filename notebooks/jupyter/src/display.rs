//! How the value of a cell's last expression is shown.
//!
//! evcxr first writes the expression as a call of its display method, and after *any* error on these lines writes it anew,
//! as text that `{:?}` prints. So an expression that takes a variable with it, whose first attempt fails because the
//! variable would be kept, would lose its picture. Here the second form is only believed where the first one failed for want
//! of a display method; otherwise the second form is turned back into the first, line by line, and its errors are shown.

use serde_json::Value;

/// The end of the first form, on the line behind the expression.
const CALL: &str = ").evcxr_display();";
/// Where the second form begins: a function that it brings along.
const PRINTER: &str = "\nfn evcxr_send_text_plain(text: &str)\n";

/// A source whose last expression is printed, in its pieces.
struct Printed<'a> {
    before: &'a str,
    /// Whether the type is to be printed as well (`:types`), for which the expression stands in a block.
    is_typed: bool,
    expression: &'a str,
    after: &'a str,
}

fn printed(source: &str) -> Option<Printed<'_>> {
    let printer = source.find(PRINTER)? + PRINTER.len();
    let mut at = printer;
    let (mut opening, mut closing, mut is_typed) = (None, None, false);
    for line in source[printer..].split_inclusive('\n') {
        let text = line.trim_end();
        if opening.is_none() {
            is_typed = text == "{ let r = &(";
            let is_plain = text.starts_with("evcxr_send_text_plain(&format!(\"") && text.ends_with(",&(");
            opening = (is_typed || is_plain).then_some((at, at + line.len()));
        } else if (is_typed && text.starts_with("); evcxr_send_text_plain(&format!(")) || (!is_typed && text == ")));")
        {
            // The last such line: the expression may hold others.
            closing = Some((at, at + line.len()));
        }
        at += line.len();
    }
    let ((opening, start), (end, behind)) = (opening?, closing?);
    Some(Printed { before: &source[..opening], is_typed, expression: &source[start..end], after: &source[behind..] })
}

/// The source with its last expression displayed instead of printed; no line moves. `None` if it prints no expression.
pub fn displayed(source: &str) -> Option<String> {
    let Printed { before, is_typed, expression, after } = printed(source)?;
    let (opening, closing) = if is_typed { ("{ (", " };") } else { ("(", "") };
    Some(format!("{before}{opening}\n{expression}{CALL}{closing}\n{after}"))
}

/// Whether the expression that `source` prints is the one that `earlier` displays.
pub fn is_printed_for(source: &str, earlier: &str) -> bool {
    printed(source).is_some_and(|printed| earlier.contains(&format!("(\n{}{CALL}\n", printed.expression)))
}

/// What the compiler said of a source with a displayed expression.
pub struct Said {
    /// Its lines, but for those about a missing display method where something else is wrong.
    pub lines: Vec<String>,
    /// Whether the display method is all that is missing.
    pub lacks_display_alone: bool,
}

/// Reads the compiler's `lines` about `source`.
pub fn read(source: &str, lines: Vec<String>) -> Said {
    let call = source.lines().enumerate().filter(|(_, line)| line.starts_with(CALL)).last().map(|(index, _)| index + 1);
    let kinds: Vec<Option<bool>> = lines.iter().map(|line| lacks_display(line, call?)).collect();
    let lacks_display_alone = kinds.contains(&Some(true)) && !kinds.contains(&Some(false));
    let is_kept = |kind: &Option<bool>| lacks_display_alone || *kind != Some(true);
    let lines = lines.into_iter().zip(&kinds).filter(|(_, kind)| is_kept(kind)).map(|(line, _)| line).collect();
    Said { lines, lacks_display_alone }
}

/// What the compiler said on a `line` about a source that [`displayed`] made of `printing`, with places in the user's expression
/// alone: evcxr passes over a place that begins or ends on its own lines around it.
pub fn in_expression(line: &str, printing: &str) -> String {
    let found = printed(printing).and_then(|printed| {
        let mut said: Value = serde_json::from_str(line).ok()?;
        let first = printed.before.lines().count() + 2;
        let last = first + printed.expression.lines().count() - 1;
        let end = printed.expression.lines().last()?.chars().count() + 1;
        let narrow = |spans: &mut Value| {
            for span in spans.as_array_mut().into_iter().flatten() {
                if span["line_start"] == first - 1 {
                    (span["line_start"], span["column_start"]) = (first.into(), 1.into());
                }
                if span["line_start"] == last + 1 {
                    (span["line_start"], span["column_start"]) = (last.into(), 1.into());
                }
                if span["line_end"] == last + 1 {
                    (span["line_end"], span["column_end"]) = (last.into(), end.into());
                }
            }
        };
        narrow(&mut said["spans"]);
        said["children"].as_array_mut()?.iter_mut().for_each(|child| narrow(&mut child["spans"]));
        Some(said.to_string())
    });
    found.unwrap_or_else(|| line.to_owned())
}

/// Whether an error says that the value displayed on line `call` has no display method; `None` for what is no error.
fn lacks_display(line: &str, call: usize) -> Option<bool> {
    let error: Value = serde_json::from_str(line).ok()?;
    // The last message counts the errors, and has no place.
    let place = error["spans"].as_array()?.iter().find(|span| span["is_primary"] == true);
    if error["level"] != "error" || (place.is_none() && error["code"].is_null()) {
        return None;
    }
    // No such method; a method that is not public; a number whose type is still open.
    let is_method = matches!(error["code"]["code"].as_str(), Some("E0599" | "E0624" | "E0689"));
    let is_here = place.is_some_and(|place| place["line_end"].as_u64() == u64::try_from(call).ok());
    Some(is_method && is_here && error["message"].as_str()?.contains("`evcxr_display`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PRINTS: &str = "fn f() {\nfn evcxr_send_text_plain(text: &str)\n{\n    x(\"\\n\")?;\n}\n\
                          evcxr_send_text_plain(&format!(\"{:?}\",&(\nf(\n)));\n  y\n)));\nkeep(x);\n}\n";

    #[test]
    fn a_printed_expression_is_displayed_on_the_same_lines() {
        let source = displayed(PRINTS).expect("it prints");
        assert_eq!(source.lines().count(), PRINTS.lines().count());
        assert!(source.ends_with("}\n(\nf(\n)));\n  y\n).evcxr_display();\nkeep(x);\n}\n"), "{source}");
        let typed = PRINTS.replace("evcxr_send_text_plain(&format!(\"{:?}\",&(\nf", "{ let r = &(\nf");
        let typed = typed.replace("y\n)));", "y\n); evcxr_send_text_plain(&format!(\": {} = {:?}\", n(r), r)); };");
        let source = displayed(&typed).expect("it prints");
        assert!(source.ends_with("}\n{ (\nf(\n)));\n  y\n).evcxr_display(); };\nkeep(x);\n}\n"), "{source}");
        assert!(displayed("let x = 1;\n").is_none() && displayed(&source).is_none());
    }

    #[test]
    fn the_expression_of_both_forms_is_compared() {
        assert!(is_printed_for(PRINTS, "fn f() {\n(\nf(\n)));\n  y\n).evcxr_display();\n}\n"));
        assert!(!is_printed_for(PRINTS, "fn f() {\n(\n  y\n).evcxr_display();\n}\n"));
    }

    #[test]
    fn places_are_narrowed_to_the_expression() {
        let narrowed = |start: usize, end: usize| {
            let said = json!({"spans": [{"line_start": start, "column_start": 9, "line_end": end, "column_end": 9}], "children": []});
            let said: Value = serde_json::from_str(&in_expression(&said.to_string(), PRINTS)).expect("JSON");
            ["line_start", "column_start", "line_end", "column_end"].map(|name| said["spans"][0][name].as_u64())
        };
        let span = |numbers: [u64; 4]| numbers.map(Some);
        assert_eq!(narrowed(6, 10), span([7, 1, 9, 4]));
        assert_eq!(narrowed(10, 10), span([9, 1, 9, 4]));
        assert_eq!((narrowed(7, 8), narrowed(2, 11)), (span([7, 9, 8, 9]), span([2, 9, 11, 9])));
        assert_eq!(in_expression("no JSON", PRINTS), "no JSON");
    }

    #[test]
    fn only_a_missing_display_method_counts() {
        let source = "fn f() {\n(\nx\n).evcxr_display();\n}\n";
        let error = |code: &str, line: usize| {
            json!({"level": "error", "code": {"code": code}, "message": "no `evcxr_display`", "spans": [
                {"is_primary": false, "line_end": 1}, {"is_primary": true, "line_end": line}]})
            .to_string()
        };
        let end = json!({"level": "error", "code": null, "message": "aborting", "spans": []}).to_string();
        let said = |lines: &[&String]| {
            let said = read(source, lines.iter().map(|line| line.to_string()).collect());
            (said.lacks_display_alone, said.lines.len())
        };
        assert_eq!(said(&[&error("E0599", 4), &end]), (true, 2));
        assert_eq!(said(&[&error("E0689", 4), &end, &"no JSON".into()]), (true, 3));
        assert_eq!(said(&[&error("E0599", 4), &error("E0382", 3), &end]), (false, 2));
        for other in [error("E0599", 3), error("E0596", 3), error("E0034", 4)] {
            assert_eq!(said(&[&other, &end]), (false, 2), "{other}");
        }
    }
}
