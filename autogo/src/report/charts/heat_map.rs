//! A matrix of shares as coloured squares, each with its number.

use crate::display;
use std::fmt::Write;

/// A heat map of numbers between 0 and 1: named rows and columns. Darker is more; what is not a number stays white.
///
/// ```
/// use autogo::report::HeatMap;
/// let svg = HeatMap::new("Shares", "from", "to", &["a", "b"]).row("x", &[0.1, 0.9]).svg();
/// assert!(svg.contains("0.90"));
/// ```
#[derive(Clone, Debug)]
pub struct HeatMap {
    title: String,
    axes: (String, String),
    columns: Vec<String>,
    rows: Vec<(String, Vec<f64>)>,
}

const CELL: (f64, f64) = (74.0, 34.0);
/// Letters above a column that fit on one line.
const LETTERS: usize = 10;
/// The height of a line.
const LINE: f64 = 13.0;
const INK: &str = "#26323f";

impl HeatMap {
    /// An empty map: title, what the rows are, what the columns are, the columns' names.
    pub fn new(title: &str, rows: &str, columns: &str, names: &[&str]) -> Self {
        let columns_named = names.iter().map(|name| name.to_string()).collect();
        HeatMap { title: title.into(), axes: (rows.into(), columns.into()), columns: columns_named, rows: Vec::new() }
    }

    /// One more row. Numbers beyond the columns are not shown; missing ones stay white.
    pub fn row(mut self, name: &str, values: &[f64]) -> Self {
        self.rows.push((name.into(), values.to_vec()));
        self
    }

    /// The number in a row and a column, if there is one.
    pub fn value(&self, row: usize, column: usize) -> Option<f64> {
        self.rows.get(row)?.1.get(column).copied().filter(|_| column < self.columns.len())
    }

    /// The map as SVG.
    pub fn svg(&self) -> String {
        let longest = self.rows.iter().map(|(name, _)| name.chars().count()).chain([self.axes.0.chars().count()]).max();
        let heads: Vec<Vec<&str>> = self.columns.iter().map(|name| lines(name)).collect();
        let more = heads.iter().map(|lines| lines.len()).max().unwrap_or(1).saturating_sub(1);
        let (left, top) = (24.0 + 7.0 * longest.unwrap_or(0) as f64, 74.0 + LINE * more as f64);
        let width =
            (left + CELL.0 * self.columns.len() as f64 + 14.0).max(20.0 + 8.6 * self.title.chars().count() as f64);
        let height = top + CELL.1 * self.rows.len() as f64 + 14.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" style=\"max-width:100%;height:auto\" font-family=\"system-ui,sans-serif\" \
             font-size=\"12\" fill=\"{INK}\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\
             <text x=\"10\" y=\"22\" font-size=\"15\" font-weight=\"600\">{}</text>\
             <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\" fill=\"#6b7783\">{}</text>\
             <text x=\"{left:.0}\" y=\"44\" fill=\"#6b7783\">{}</text>",
            display::escape(&self.title),
            left - 10.0,
            top - 10.0,
            display::escape(&self.axes.0),
            display::escape(&self.axes.1),
        );
        for (at, lines) in heads.iter().enumerate() {
            let x = left + (at as f64 + 0.5) * CELL.0;
            for (below, line) in lines.iter().rev().enumerate() {
                let _ = write!(
                    svg,
                    "<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                    top - 10.0 - LINE * below as f64,
                    display::escape(line)
                );
            }
        }
        for (row, (name, _)) in self.rows.iter().enumerate() {
            let y = top + row as f64 * CELL.1;
            let middle = y + CELL.1 / 2.0 + 4.0;
            let _ = write!(
                svg,
                "<text x=\"{:.0}\" y=\"{middle:.0}\" text-anchor=\"end\">{}</text>",
                left - 10.0,
                display::escape(name)
            );
            for column in 0..self.columns.len() {
                let x = left + column as f64 * CELL.0;
                let value = self.value(row, column).filter(|value| value.is_finite());
                let (fill, ink) = value.map_or_else(|| ("#ffffff".into(), INK), shade);
                let _ = write!(
                    svg,
                    "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{:.0}\" height=\"{:.0}\" rx=\"3\" fill=\"{fill}\"/>\
                     <text x=\"{:.0}\" y=\"{middle:.0}\" text-anchor=\"middle\" fill=\"{ink}\">{}</text>",
                    CELL.0 - 2.0,
                    CELL.1 - 2.0,
                    x + CELL.0 / 2.0 - 1.0,
                    value.map_or("–".into(), |value| format!("{value:.2}")),
                );
            }
        }
        svg + "</svg>"
    }

    /// Shows the map in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.svg());
    }
}

/// A name on one line, or on two where it is long and has a space.
fn lines(name: &str) -> Vec<&str> {
    match name.rsplit_once(' ') {
        Some((first, second)) if name.chars().count() > LETTERS => vec![first, second],
        _ => vec![name],
    }
}

/// From near white to dark blue, with the ink that is read on it.
fn shade(value: f64) -> (String, &'static str) {
    let share = value.clamp(0.0, 1.0);
    let mix = |light: f64, dark: f64| (light + (dark - light) * share).round() as u8;
    let fill = format!("#{:02x}{:02x}{:02x}", mix(241.0, 8.0), mix(245.0, 81.0), mix(249.0, 140.0));
    (fill, if share > 0.55 { "#ffffff" } else { INK })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_missing_numbers_are_dashes() {
        let map = HeatMap::new("<t>", "r", "c", &["a<b", "b"]).row("x&y", &[f64::NAN]);
        let svg = map.svg();
        assert!(svg.contains("a&lt;b") && svg.contains("x&amp;y") && !svg.contains("<t>"));
        assert_eq!(svg.matches('–').count(), 2);
        assert_eq!(
            (lines("stripes across"), lines("a b"), lines("hyperbolically").len()),
            (vec!["stripes", "across"], vec!["a b"], 1)
        );
        assert_eq!(shade(0.0).0, "#f1f5f9");
        assert_eq!(shade(7.0), ("#08518c".into(), "#ffffff"));
    }
}
