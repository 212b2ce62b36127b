//! The parts that all pictures share: inks, colours, the head of an SVG, a legend, the lines of a grid, names of rows.

use crate::display;
use crate::profile::Bound;
use crate::stats::Verdict;
use std::fmt::Write;

pub(in crate::report) const INK: &str = "#26323f";
pub(in crate::report) const FAINT: &str = "#6b7783";
pub(in crate::report) const GRID: &str = "#e4e8ec";
/// What stands out: a number to compare with, a change for the worse.
pub(in crate::report) const WARNING: &str = "#d55e00";

/// The bounds of kernels, with their colours.
pub(in crate::report) const BOUNDS: [(Bound, &str, &str); 4] = [
    (Bound::Compute, "array", "#8fc7e8"),
    (Bound::Vector, "vector unit", "#7fcfb2"),
    (Bound::Sram, "on-chip memory", "#f5c56b"),
    (Bound::Dram, "DRAM", "#f0a07f"),
];

/// The colour of what a kernel is bound by.
pub(in crate::report) fn colour(bound: Bound) -> &'static str {
    BOUNDS.iter().find(|(other, ..)| *other == bound).map_or(GRID, |(.., colour)| colour)
}

/// The colour of what a test says.
pub(in crate::report) fn verdict_colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "#0072b2",
        Verdict::Worse => WARNING,
        Verdict::Undecided => "#9aa5b1",
    }
}

/// An SVG that is not closed yet, with its title; wider than asked for where the title needs it.
pub(in crate::report) fn open_svg(width: f64, height: f64, title: &str) -> String {
    let width = width.max(24.0 + 8.8 * title.chars().count() as f64);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" style=\"max-width:100%;height:auto\" font-family=\"system-ui,sans-serif\" \
         font-size=\"12\" fill=\"{INK}\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\
         <text x=\"10\" y=\"22\" font-size=\"15\" font-weight=\"600\">{}</text>",
        display::escape(title)
    )
}

/// Coloured squares with their meanings in one line, from `x` on.
pub(in crate::report) fn legend(svg: &mut String, mut x: f64, y: f64, entries: &[(&str, &str)]) {
    for (meaning, colour) in entries {
        let _ = write!(
            svg,
            "<rect x=\"{x:.0}\" y=\"{:.0}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{colour}\"/>\
             <text x=\"{:.0}\" y=\"{y:.0}\">{}</text>",
            y - 10.0,
            x + 18.0,
            display::escape(meaning)
        );
        x += 36.0 + 6.8 * meaning.chars().count() as f64;
    }
}

/// Vertical lines of a grid from `top` to `bottom`, each with its label below.
pub(in crate::report) fn grid(svg: &mut String, top: f64, bottom: f64, lines: impl IntoIterator<Item = (f64, String)>) {
    for (x, label) in lines {
        let _ = write!(
            svg,
            "<path d=\"M{x:.1} {top:.0}V{bottom:.0}\" stroke=\"{GRID}\"/>\
             <text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"{FAINT}\">{label}</text>",
            bottom + 18.0
        );
    }
}

/// A name to the left of `x`, at the height of its row.
pub(in crate::report) fn row_name(svg: &mut String, x: f64, y: f64, name: &str) {
    let _ = write!(svg, "<text x=\"{x:.0}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", display::escape(name));
}

/// Room for names of this many characters to the left of a chart.
pub(in crate::report) fn name_width<'a>(names: impl Iterator<Item = &'a str>) -> f64 {
    24.0 + 6.8 * names.map(|name| name.chars().count()).max().unwrap_or(0) as f64
}

/// Text of at most this many characters: the end of a longer one, which tells nodes apart.
pub(in crate::report) fn tail(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.into();
    }
    std::iter::once('…').chain(text.chars().skip(count + 1 - most)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(tail("stage_0/unit_1/conv2d", 12), "…it_1/conv2d");
        assert_eq!(tail("short", 12), "short");
    }
}
