//! A polars frame as an HTML table.

use super::super::numbers::{fraction, grouped};
use crate::display;
use polars::prelude::{AnyValue, DataFrame};
use std::fmt::Write;

/// A frame to look at: numbers aligned and grouped, long tables cut with a word about it.
///
/// ```
/// use autogo::report::Table;
/// let npu = autogo::profile::Npu::n256();
/// let graph = autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?;
/// let html = Table::of(&npu.profile(&graph)?.frame()?).caption("Cycles by kernel").rows(3).html();
/// assert!(html.contains("Cycles by kernel") && html.contains("3 of 163 rows"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) frame: DataFrame,
    caption: String,
    rows: usize,
}

/// Style of every table; `Page` brings it too, so a table looks the same on its own. Jupyter styles tables as well,
/// hence the `!important`.
pub(in crate::report) const STYLE: &str = "<style>table.ag{border-collapse:collapse;\
     font:13px system-ui,sans-serif;color:#26323f}\
     table.ag caption{caption-side:top;text-align:left;font-weight:600;padding:0 0 6px}\
     table.ag th{border-bottom:1.5px solid #26323f;padding:3px 10px;font-weight:600}\
     table.ag td{border-bottom:1px solid #e3e7eb;padding:3px 10px;font-variant-numeric:tabular-nums}\
     table.ag th,table.ag td{text-align:right!important;white-space:nowrap;word-break:keep-all}\
     table.ag th.t,table.ag td.t{text-align:left!important;max-width:30em;overflow:hidden;text-overflow:ellipsis}\
     table.ag th:first-child,table.ag tbody td:first-child{position:sticky;left:0;background:#fff}\
     table.ag tfoot td{border:0;color:#6b7783}</style>";

/// The element around a table. A table that is wider than its page scrolls sideways in it, under its first column. The
/// style stands on the element itself, because some viewers of notebooks drop style sheets.
const FRAME: &str = "<div class=\"agw\" style=\"display:block;overflow-x:auto;max-width:100%\">";

/// Characters of a text cell that are shown; the rest is in its tooltip.
const TEXT: usize = 40;

impl Table {
    /// A table of a frame.
    pub fn of(frame: &DataFrame) -> Self {
        Table { frame: frame.clone(), caption: String::new(), rows: 12 }
    }

    /// A heading above the table.
    pub fn caption(mut self, caption: &str) -> Self {
        self.caption = caption.into();
        self
    }

    /// Puts these columns first, in this order; the others follow as they stand in the frame. A name that the frame
    /// does not have is passed over.
    ///
    /// ```
    /// use autogo::{polars::prelude::df, report::Table};
    /// let frame = df!("id" => ["a"], "nodes" => [3], "score" => [0.5])?;
    /// let html = Table::of(&frame).first(&["score", "nodes"]).html();
    /// assert!(html.find("score") < html.find("nodes") && html.find("nodes") < html.find("id</th>"));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn first(mut self, columns: &[&str]) -> Self {
        let place = |name: &str| columns.iter().position(|first| *first == name).unwrap_or(columns.len());
        let mut order: Vec<&str> = self.frame.get_column_names().into_iter().map(|name| name.as_str()).collect();
        order.sort_by_key(|name| place(name));
        // All of them are there, so that they can be selected.
        if let Ok(frame) = self.frame.select(order) {
            self.frame = frame;
        }
        self
    }

    /// Shows these columns alone, in this order. A name that the frame does not have is passed over.
    ///
    /// ```
    /// use autogo::{polars::prelude::df, report::Table};
    /// let frame = df!("id" => ["a"], "nodes" => [3], "score" => [0.5])?;
    /// let html = Table::of(&frame).only(&["score", "id", "none"]).html();
    /// assert!(html.find("score") < html.find("id</th>") && !html.contains("nodes"));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn only(mut self, columns: &[&str]) -> Self {
        let known = |name: &&&str| self.frame.get_column_index(name).is_some();
        let kept: Vec<&str> = columns.iter().filter(known).copied().collect();
        // All of them are there, so that they can be selected.
        if let Ok(frame) = self.frame.select(kept) {
            self.frame = frame;
        }
        self
    }

    /// Shows at most this many rows.
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// The table as HTML.
    pub fn html(&self) -> String {
        let columns = self.frame.columns();
        let class = |at: usize| if columns[at].dtype().is_numeric() { "" } else { " class=\"t\"" };
        let mut html = format!("{STYLE}{FRAME}<table class=\"ag\">");
        if !self.caption.is_empty() {
            let _ = write!(html, "<caption>{}</caption>", display::escape(&self.caption));
        }
        html.push_str("<thead><tr>");
        for (at, column) in columns.iter().enumerate() {
            let _ = write!(html, "<th{}>{}</th>", class(at), display::escape(column.name()));
        }
        html.push_str("</tr></thead><tbody>");
        let shown = self.rows.min(self.frame.height());
        for row in 0..shown {
            html.push_str("<tr>");
            for (at, column) in columns.iter().enumerate() {
                let cell = column.get(row).map_or_else(|error| error.to_string(), |value| cell(&value));
                let whole = display::escape(&cell);
                if cell.chars().count() > TEXT {
                    let start: String = cell.chars().take(TEXT - 1).collect();
                    let _ = write!(html, "<td{} title=\"{whole}\">{}…</td>", class(at), display::escape(&start));
                } else {
                    let _ = write!(html, "<td{}>{whole}</td>", class(at));
                }
            }
            html.push_str("</tr>");
        }
        html.push_str("</tbody>");
        if shown < self.frame.height() {
            let _ = write!(
                html,
                "<tfoot><tr><td class=\"t\" colspan=\"{}\">{} of {} rows</td></tr></tfoot>",
                columns.len(),
                grouped(shown as i128),
                grouped(self.frame.height() as i128)
            );
        }
        html + "</table></div>"
    }

    /// Shows the table in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.html());
    }
}

/// A cell's text: whole numbers with thin spaces, fractions with four significant digits.
pub(super) fn cell(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "–".into(),
        AnyValue::Boolean(true) => "yes".into(),
        AnyValue::Boolean(false) => "no".into(),
        AnyValue::String(text) => (*text).into(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float32(number) => fraction(f64::from(*number)),
        AnyValue::Float64(number) => fraction(*number),
        other => match other.extract::<i128>() {
            Some(number) if other.dtype().is_integer() => grouped(number),
            _ => other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::df;

    #[test]
    fn markup_is_escaped_and_cuts_are_said() {
        let frame = df!("a<b" => ["<i>", "x", "y"], "n" => [1u32, 2, 3]).unwrap();
        let html = Table::of(&frame).rows(2).html();
        assert!(html.contains("a&lt;b") && html.contains("&lt;i&gt;") && html.contains("2 of 3 rows"));
        assert!(!html.contains("<i>"));
        assert!(html.contains("overflow-x:auto;max-width:100%\"><table"));
        let html = Table::of(&frame).first(&["n", "none"]).html();
        assert!(html.find(">n</th>") < html.find("a&lt;b</th>"), "{html}");
    }
}
