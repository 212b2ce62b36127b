//! Comma-separated values: what every reader of such a table shares.
//!
//! A byte-order mark in front, `\r\n` at the ends of lines, blanks around a cell, blank lines and cells in double
//! quotes (with `""` for a quote, and commas and line ends inside) are read by all of them.

use crate::error::Error;
use std::borrow::Cow;
use std::path::Path;

/// A line of a table, as it stands there: with its number, counted from 1, and without its end. A quoted cell may make
/// it several lines long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) text: &'a str,
}

/// The lines of a table that are not blank. O(bytes).
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let end_of = |from: usize| text[from..].find('\n').map_or(text.len(), |length| from + length + 1);
    let is_open = |text: &str| text.contains('"') && text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
    let (mut lines, mut start, mut number) = (Vec::new(), 0, 1);
    while start < text.len() {
        let mut end = end_of(start);
        let mut count = 1;
        let mut open = is_open(&text[start..end]);
        while open && end < text.len() {
            let next = end_of(end);
            open ^= is_open(&text[end..next]);
            count += 1;
            end = next;
        }
        let line = text[start..end].trim_end_matches(['\n', '\r']);
        if !line.trim().is_empty() {
            lines.push(Line { number, text: line });
        }
        start = end;
        number += count;
    }
    lines
}

/// The cells of a line, without the blanks around them, or what is wrong with it.
pub(crate) fn cells(line: &str) -> Result<Vec<Cow<'_, str>>, String> {
    if !line.contains('"') {
        return Ok(line.split(',').map(|cell| Cow::Borrowed(cell.trim())).collect());
    }
    let (mut cells, mut rest) = (Vec::new(), line);
    loop {
        let (cell, behind) = match rest.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let (cell, behind) = quoted_cell(quoted)?;
                let behind = behind.trim_start();
                if !behind.is_empty() && !behind.starts_with(',') {
                    return Err(format!("`{}` stands behind the quoted cell `{}`", brief(behind), brief(&cell)));
                }
                (cell, behind)
            }
            None => {
                let (cell, behind) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                if cell.contains('"') {
                    return Err(format!("a quote stands inside the cell `{}`", brief(cell.trim())));
                }
                (Cow::Borrowed(cell.trim()), behind)
            }
        };
        cells.push(cell);
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(cells),
        }
    }
}

/// The cell that begins behind an opening quote, and what stands behind its closing one.
fn quoted_cell(text: &str) -> Result<(Cow<'_, str>, &str), String> {
    let mut from = 0;
    while let Some(length) = text[from..].find('"') {
        let end = from + length;
        if text[end + 1..].starts_with('"') {
            from = end + 2;
            continue;
        }
        let cell = &text[..end];
        let cell = if from > 0 { Cow::Owned(cell.replace("\"\"", "\"")) } else { Cow::Borrowed(cell) };
        return Ok((cell, &text[end + 1..]));
    }
    Err(format!("the quoted cell `{}` does not end", brief(text)))
}

/// The beginning of a text, for messages of one line.
fn brief(text: &str) -> String {
    let start: String = text.lines().next().unwrap_or_default().chars().take(30).collect();
    if start.len() < text.len() { start + "…" } else { start }
}

/// A table with named columns.
#[derive(Clone, Debug)]
pub(crate) struct Csv<'a> {
    path: &'a Path,
    accepted: &'a str,
    names: Vec<Cow<'a, str>>,
    lines: Vec<Line<'a>>,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub(crate) struct Row<'t> {
    csv: &'t Csv<'t>,
    number: usize,
    cells: Vec<Cow<'t, str>>,
}

impl<'a> Csv<'a> {
    /// The table of a file's text. `accepted` says what the file should have been.
    pub(crate) fn new(path: &'a Path, text: &'a str, accepted: &'a str) -> Result<Self, Error> {
        let mut lines = lines(text).into_iter();
        let head = lines
            .next()
            .ok_or_else(|| Error::File { path: path.into(), reason: format!("has no line; accepted: {accepted}") })?;
        let names = cells(head.text).map_err(|reason| Error::Line {
            path: path.into(),
            line: head.number,
            reason,
            accepted: accepted.into(),
        })?;
        Ok(Csv { path, accepted, names, lines: lines.collect() })
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> &[Cow<'a, str>] {
        &self.names
    }

    /// The place of a column.
    pub(crate) fn column(&self, name: &str) -> Result<usize, Error> {
        self.names.iter().position(|other| other == name).ok_or_else(|| Error::File {
            path: self.path.into(),
            reason: format!("no column `{name}`; accepted: {}", self.accepted),
        })
    }

    /// Number of rows.
    pub(crate) fn height(&self) -> usize {
        self.lines.len()
    }

    /// A row, from 0 to [`Csv::height`]. It may be short, but not longer than the names.
    pub(crate) fn row(&self, at: usize) -> Result<Row<'_>, Error> {
        let Line { number, text } = self.lines[at];
        let wrong =
            |reason: String, accepted: String| Error::Line { path: self.path.into(), line: number, reason, accepted };
        let cells = cells(text).map_err(|reason| wrong(reason, self.accepted.into()))?;
        let count = cells.len() - cells.iter().rev().take_while(|cell| cell.is_empty()).count();
        if count > self.names.len() {
            return Err(wrong(format!("{count} cells"), format!("{} cells, as in the first line", self.names.len())));
        }
        Ok(Row { csv: self, number, cells })
    }
}

impl Row<'_> {
    /// The cell in a column, which may be empty; a row that ends before it is refused.
    pub(crate) fn cell(&self, column: usize) -> Result<&str, Error> {
        self.cells.get(column).map(AsRef::as_ref).ok_or_else(|| {
            let name = self.csv.names.get(column).map_or("such cell", AsRef::as_ref);
            self.wrong(format!("no {name}"), self.csv.accepted)
        })
    }

    /// The cell in a column; empty where the row ends before it.
    pub(crate) fn get(&self, column: usize) -> &str {
        self.cells.get(column).map(AsRef::as_ref).unwrap_or_default()
    }

    /// The line of the file that the row begins in, counted from 1.
    pub(crate) fn line(&self) -> usize {
        self.number
    }

    /// An error about this row.
    pub(crate) fn wrong(&self, reason: impl Into<String>, accepted: &str) -> Error {
        Error::Line { path: self.csv.path.into(), line: self.number, reason: reason.into(), accepted: accepted.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_line_ends_and_blank_lines_change_nothing() {
        let plain = "a,b\n1,2\n3,4\n";
        let read = |text: &str| {
            let csv = Csv::new(Path::new("t.csv"), text, "a table").unwrap();
            let at = ["a", "b"].map(|name| csv.column(name).unwrap());
            let rows = (0..csv.height()).map(|row| {
                let row = csv.row(row).unwrap();
                at.map(|at| row.cell(at).unwrap().to_string())
            });
            rows.collect::<Vec<_>>()
        };
        assert_eq!(read(plain), [["1", "2"], ["3", "4"]]);
        let others = [
            "\u{feff}a,b\n1,2\n3,4",
            "a,b\r\n1,2\r\n3,4\r\n",
            "a,b\n1,2\n3,4\n\n \n",
            "\na , b\n\n1, 2 \n3,4",
            "\"a\",\"b\"\n\"1\",2\n3, \"4\" \n",
            "\u{feff}\"a\",b\r\n1,\"2\"\r\n\r\n3,4,\r\n",
        ];
        for other in others {
            assert_eq!(read(other), read(plain), "{other:?}");
        }
    }

    #[test]
    fn quotes_hold_commas_quotes_and_line_ends() {
        assert_eq!(cells("\"a,b\", \"say \"\"x\"\"\" ,,c").unwrap(), ["a,b", "say \"x\"", "", "c"]);
        assert_eq!(cells("\"\"").unwrap(), [""]);
        let found = lines("a,\"b\nc\"\nd\n");
        assert_eq!(found, [Line { number: 1, text: "a,\"b\nc\"" }, Line { number: 3, text: "d" }]);
        assert_eq!(cells(found[0].text).unwrap(), ["a", "b\nc"]);
        for (line, said) in [
            ("a,\"b", "the quoted cell `b` does not end"),
            ("\"a\"b,c", "`b,c` stands behind the quoted cell `a`"),
            ("\"a\nb\"c", "`c` stands behind the quoted cell `a…`"),
            ("a,5\" disk", "a quote stands inside the cell `5\" disk`"),
        ] {
            assert_eq!(cells(line).unwrap_err(), said);
        }
    }

    #[test]
    fn wrong_tables_are_named_by_file_and_line() {
        let path = Path::new("t.csv");
        let csv = Csv::new(path, "a,b\n\n1\n1,2,3\n\"x\n", "a table of a and b").unwrap();
        let said = |row: usize| match csv.row(row).and_then(|row| row.cell(1).map(String::from)) {
            Err(error) => error.to_string(),
            Ok(cell) => cell,
        };
        assert_eq!(said(0), "t.csv:3: no b; accepted: a table of a and b");
        assert_eq!(said(1), "t.csv:4: 3 cells; accepted: 2 cells, as in the first line");
        assert_eq!(said(2), "t.csv:5: the quoted cell `x` does not end; accepted: a table of a and b");
        let error = csv.column("c").unwrap_err().to_string();
        assert_eq!(error, "t.csv: no column `c`; accepted: a table of a and b");
        let error = Csv::new(path, "\u{feff} \n", "a table").unwrap_err().to_string();
        assert_eq!(error, "t.csv: has no line; accepted: a table");
    }
}
