//! A table as a file for other programs: comma-separated values, or LaTeX.

use super::table::{Table, cell};
use crate::error::Error;
use crate::files::write;
use polars::prelude::{AnyValue, CsvWriter, SerWriter};
use std::path::Path;

impl Table {
    /// Writes all rows to a file: comma-separated values with every digit (`.csv`), or a LaTeX table with the digits
    /// that [`Table::html`] shows (`.tex`).
    ///
    /// # Errors
    /// A file of another ending, a column of lists in comma-separated values, a file that cannot be written.
    ///
    /// ```
    /// use autogo::{polars::prelude::df, report::Table};
    /// let path = std::env::temp_dir().join(format!("autogo-doc-table-{}.csv", std::process::id()));
    /// Table::of(&df!("variant" => ["base"], "srcc" => [0.9123456])?).save(&path)?;
    /// assert_eq!(std::fs::read_to_string(&path)?, "variant,srcc\nbase,0.9123456\n");
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => {
                let mut bytes = Vec::new();
                CsvWriter::new(&mut bytes).finish(&mut self.frame.clone())?;
                write(path, &bytes)
            }
            Some("tex") => write(path, self.latex().as_bytes()),
            _ => {
                Err(Error::setting("table", format!("cannot be written to {}", path.display()), "a .csv or .tex file"))
            }
        }
    }

    /// All rows as a LaTeX table in the style of the package `booktabs`: text to the left, numbers to the right.
    ///
    /// ```
    /// use autogo::{polars::prelude::df, report::Table};
    /// let latex = Table::of(&df!("loss" => ["p_holm & co"], "srcc" => [0.912345])?).latex();
    /// assert!(latex.contains("p\\_holm \\& co & 0.9123"));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn latex(&self) -> String {
        let columns = self.frame.columns();
        let sides: String = columns.iter().map(|column| if column.dtype().is_numeric() { 'r' } else { 'l' }).collect();
        let line = |cells: Vec<String>| cells.join(" & ") + " \\\\\n";
        let heads = line(columns.iter().map(|column| escaped(column.name())).collect());
        let row = |row: usize| {
            let text = |value: AnyValue<'_>| escaped(&cell(&value));
            line(columns.iter().map(|column| column.get(row).map_or_else(|error| error.to_string(), text)).collect())
        };
        let rows: String = (0..self.frame.height()).map(row).collect();
        format!("\\begin{{tabular}}{{{sides}}}\n\\toprule\n{heads}\\midrule\n{rows}\\bottomrule\n\\end{{tabular}}\n")
    }
}

/// Text for LaTeX.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', character]),
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '\u{2009}' => escaped.push_str("\\,"),
            '−' => escaped.push_str("$-$"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::df;

    #[test]
    fn other_programs_read_what_is_written() {
        let folder = std::env::temp_dir().join(format!("autogo-tables-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let table = Table::of(&df!("a" => ["x, \"y\"", "50 %"], "n" => [None, Some(1200.5)]).unwrap());
        table.save(folder.join("t.csv")).unwrap();
        let text = std::fs::read_to_string(folder.join("t.csv")).unwrap();
        assert_eq!(text, "a,n\n\"x, \"\"y\"\"\",\n50 %,1200.5\n");
        table.save(folder.join("t.tex")).unwrap();
        let text = std::fs::read_to_string(folder.join("t.tex")).unwrap();
        assert!(text.starts_with("\\begin{tabular}{lr}\n\\toprule\na & n \\\\\n\\midrule\n"), "{text}");
        assert!(text.contains("50 \\% & "), "{text}");
        let error = table.save(folder.join("t.xlsx")).unwrap_err().to_string();
        assert!(error.ends_with("t.xlsx; accepted: a .csv or .tex file"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
