//! Several things as one output, for a notebook cell or a file.

use super::super::charts::{Bars, Chart, HeatMap, MergeTree};
use super::table::Table;
use crate::data::Picture;
use crate::display;
use crate::error::Error;
use crate::graph::Drawing;
use base64::prelude::{BASE64_STANDARD, Engine};
use std::borrow::Borrow;
use std::fmt::Write;
use std::path::Path;

/// About how many pixels of the page a small picture's longer side takes.
const PICTURE: u32 = 84;

/// A page of HTML that is put together piece by piece. A notebook cell shows one output, so what belongs together goes
/// on one page.
///
/// ```
/// use autogo::report::Page;
/// let graph = autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?;
/// let page = Page::new("A cell").text("Zeros & one convolution").drawing(&graph.draw().nodes(0..9));
/// assert!(page.html().contains("Zeros &amp; one convolution"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Page {
    title: String,
    body: String,
}

impl Page {
    /// An empty page.
    pub fn new(title: &str) -> Self {
        Page { title: title.into(), body: String::new() }
    }

    fn push(mut self, piece: &str) -> Self {
        let _ = write!(self.body, "<div style=\"margin:10px 0\">{piece}</div>");
        self
    }

    /// A paragraph.
    pub fn text(self, text: &str) -> Self {
        let text = display::escape(text);
        self.push(&format!("<p style=\"margin:4px 0;max-width:60em\">{text}</p>"))
    }

    /// A table.
    pub fn table(self, table: &Table) -> Self {
        self.push(&table.html())
    }

    /// A chart.
    ///
    /// # Errors
    /// The chart cannot be drawn; see [`Chart::svg`].
    pub fn chart(self, chart: &Chart) -> Result<Self, Error> {
        let svg = chart.svg()?;
        Ok(self.push(&svg))
    }

    /// Charts side by side; they wrap where the page ends.
    ///
    /// # Errors
    /// One of the charts cannot be drawn; see [`Chart::svg`].
    pub fn charts(self, charts: &[Chart]) -> Result<Self, Error> {
        let svgs = charts.iter().map(Chart::svg).collect::<Result<Vec<String>, Error>>()?;
        let body: String = svgs.iter().map(|svg| format!("<div>{svg}</div>")).collect();
        Ok(self.push(&format!("<div style=\"display:flex;flex-wrap:wrap;gap:12px\">{body}</div>")))
    }

    /// Bars.
    pub fn bars(self, bars: &Bars) -> Self {
        self.push(&bars.svg())
    }

    /// A picture: SVG of this library's other charts, such as [`Waterfall`](crate::report::Waterfall).
    pub fn svg(self, svg: &str) -> Self {
        self.push(svg)
    }

    /// A heat map.
    pub fn heat_map(self, map: &HeatMap) -> Self {
        self.push(&map.svg())
    }

    /// The merge tree of a piece.
    pub fn merge_tree(self, tree: &MergeTree) -> Self {
        self.push(&tree.svg())
    }

    /// A drawing of a graph.
    pub fn drawing(self, drawing: &Drawing) -> Self {
        self.push(&drawing.svg())
    }

    /// Drawings side by side on cards, each with a caption, whose lines are kept; they wrap where the page ends.
    pub fn gallery<C: AsRef<str>, D: Borrow<(C, Drawing)>>(self, cards: impl IntoIterator<Item = D>) -> Self {
        let mut html = String::from("<div style=\"display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start\">");
        for card in cards {
            let (caption, drawing) = card.borrow();
            let _ = write!(
                html,
                "<div style=\"border:1px solid #e3e7eb;border-radius:8px;padding:8px 10px\">\
                 <div style=\"font:12px system-ui,sans-serif;color:#26323f;max-width:17em;overflow-wrap:anywhere;white-space:pre-line\">{}</div>{}</div>",
                display::escape(caption.as_ref()),
                drawing.svg()
            );
        }
        self.push(&(html + "</div>"))
    }

    /// Small pictures side by side, each above its caption, whose lines are kept; they wrap where the page ends.
    ///
    /// # Errors
    /// A picture whose bytes are not those of its shape.
    pub fn pictures(self, cards: impl IntoIterator<Item = (String, Picture)>) -> Result<Self, Error> {
        let mut html = String::from("<div style=\"display:flex;flex-wrap:wrap;gap:10px;align-items:flex-start\">");
        for (caption, picture) in cards {
            let (high, wide) = (picture.shape.h.max(1), picture.shape.w.max(1));
            // Whole multiples keep the pixels of a small picture square.
            let scale = (PICTURE / high.max(wide)).max(1);
            let _ = write!(
                html,
                "<div style=\"font:11px system-ui,sans-serif;width:{}px;overflow-wrap:anywhere;white-space:pre-line\">\
                 <img alt=\"\" width=\"{}\" height=\"{}\" style=\"image-rendering:pixelated;display:block\" \
                 src=\"data:image/png;base64,{}\">{}</div>",
                (wide * scale).max(PICTURE),
                wide * scale,
                high * scale,
                BASE64_STANDARD.encode(picture.png()?),
                display::escape(&caption)
            );
        }
        Ok(self.push(&(html + "</div>")))
    }

    /// The page's content, to be set into another page.
    pub fn html(&self) -> String {
        let title = match self.title.as_str() {
            "" => String::new(),
            title => format!("<div style=\"font-weight:600;font-size:15px\">{}</div>", display::escape(title)),
        };
        format!("<div style=\"font-family:system-ui,sans-serif;color:#26323f\">{title}{}</div>", self.body)
    }

    /// Writes the page as a file of its own. The file appears whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let title = display::escape(&self.title);
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
             <body style=\"margin:24px\">{}</body></html>\n",
            self.html()
        );
        crate::files::write(path, html.as_bytes())
    }

    /// Shows the page in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.html());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_page_is_whole_and_escaped() {
        let path = std::env::temp_dir().join(format!("autogo-page-{}.html", std::process::id()));
        Page::new("<x>").text("a < b").save(&path).unwrap();
        let html = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(html.starts_with("<!doctype html>") && html.contains("a &lt; b") && html.contains("&lt;x&gt;"));
        let error = Page::new("x").save("/nowhere/x.html").unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/x.html: No such file"), "{error}");
    }
}
