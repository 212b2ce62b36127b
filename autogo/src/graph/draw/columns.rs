//! A layout on paper: long ones continue in the next column. Edges are curves between layers and straight lines past them.

use super::fold::Frame;
use super::layout::{Layout, NODE};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The colour of lines and letters.
pub(super) const INK: &str = "#26323f";
/// Space around a drawing.
pub(super) const MARGIN: f64 = 12.0;
/// Space between two columns.
const COLUMN_GAP: f64 = 34.0;
/// Space to the right of a frame for how often it stands there.
const TIMES: f64 = 24.0;
/// Length of the stubs with which an edge leaves a column and enters the next.
const STUB: f64 = 9.0;

/// The size of boxes, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Height of a layer with the space below it.
    step: f64,
}

impl Size {
    /// Boxes of one line.
    pub(super) const PLAIN: Size = Size { width: NODE, height: 24.0, step: 40.0 };
    /// Boxes of two lines.
    pub(super) const FOLDED: Size = Size { width: NODE, height: 34.0, step: 52.0 };
}

/// A layout in columns.
pub(super) struct Columns {
    layout: Layout,
    boxes: Size,
    /// Layers in a column.
    rows: usize,
    /// Top of the first layer.
    top: f64,
    /// For every column, what is added to a place of the layout, and its width.
    columns: Vec<(f64, f64)>,
}

/// An edge, or a part that several edges share, from the bottom of a layer to the top of the next.
struct Step {
    /// The node whose result it carries.
    source: usize,
    /// The layer above, and the places on both sides.
    layer: usize,
    from: f64,
    to: f64,
}

impl Columns {
    /// A layout whose columns have this many layers; every column is as wide as its own layers need.
    pub(super) fn of(layout: Layout, boxes: Size, rows: usize, top: f64) -> Columns {
        let count = layout.layers.div_ceil(rows).max(1);
        let mut sides = vec![(f64::INFINITY, f64::NEG_INFINITY); count];
        let mut widen = |layer: usize, low: f64, high: f64| {
            let (left, right) = &mut sides[layer / rows];
            (*left, *right) = (left.min(low), right.max(high));
        };
        for (node, &layer) in layout.layer.iter().enumerate() {
            widen(layer, layout.middle[node] - boxes.width / 2.0, layout.middle[node] + boxes.width / 2.0);
            layout.lanes[node]
                .iter()
                .enumerate()
                .for_each(|(below, &lane)| widen(layer + 1 + below, lane - 3.0, lane + 3.0));
        }
        let mut at = MARGIN;
        let mut columns = Vec::with_capacity(count);
        for (left, right) in sides {
            let width = (right - left).max(0.0);
            columns.push((at - if left.is_finite() { left } else { 0.0 }, width));
            at += width + COLUMN_GAP;
        }
        Columns { layout, boxes, rows, top, columns }
    }

    /// Width and height of the drawing.
    pub(super) fn size(&self, frames: &[Frame]) -> (f64, f64) {
        let widths: f64 = self.columns.iter().map(|column| column.1).sum();
        let times = if frames.is_empty() { 0.0 } else { TIMES };
        let width = 2.0 * MARGIN + widths + COLUMN_GAP * (self.columns.len() as f64 - 1.0) + times;
        let marks = if self.columns.len() > 1 { STUB + 8.0 } else { 0.0 };
        let layers = self.layout.layers.min(self.rows) as f64;
        (
            width.max(2.0 * MARGIN + self.boxes.width),
            self.top + MARGIN + (layers - 1.0).max(0.0) * self.boxes.step + self.boxes.height + 8.0 + marks,
        )
    }

    /// The middle of a box.
    pub(super) fn middle(&self, node: usize) -> (f64, f64) {
        self.point(self.layout.layer[node], self.layout.middle[node])
    }

    /// A place of a layer, on paper, at half the height of its boxes.
    fn point(&self, layer: usize, place: f64) -> (f64, f64) {
        let shift = self.columns.get(layer / self.rows).map_or(0.0, |column| column.0);
        (place + shift, self.top + (layer % self.rows) as f64 * self.boxes.step + self.boxes.height / 2.0)
    }

    /// The edges as SVG paths. Edges of one node share their way until they part.
    pub(super) fn edges(&self, operands: &[Vec<usize>]) -> String {
        let mut svg = String::new();
        for (node, lanes) in self.layout.lanes.iter().enumerate() {
            for (below, &lane) in lanes.iter().enumerate() {
                let (x, y) = self.point(self.layout.layer[node] + 1 + below, lane);
                let _ = write!(svg, "<path d=\"M{x:.1} {:.1}v{}\"/>", y - self.boxes.height / 2.0, self.boxes.height);
            }
        }
        for step in self.steps(operands) {
            let ((x0, y0), (x1, y1)) = (self.point(step.layer, step.from), self.point(step.layer + 1, step.to));
            let (y0, y1) = (y0 + self.boxes.height / 2.0, y1 - self.boxes.height / 2.0);
            let _ = match self.is_break(step.layer) {
                true => write!(
                    svg,
                    "<path d=\"M{x0:.1} {y0:.1}v{STUB}M{x1:.1} {y1:.1}v-{STUB}\" stroke-dasharray=\"2 2\"/>"
                ),
                false => {
                    let bend = (y1 - y0) / 2.0;
                    write!(
                        svg,
                        "<path d=\"M{x0:.1} {y0:.1}C{x0:.1} {:.1} {x1:.1} {:.1} {x1:.1} {y1:.1}\"/>",
                        y0 + bend,
                        y1 - bend
                    )
                }
            };
        }
        svg
    }

    /// Short dashed lines above and below a box whose operands, or readers, are not drawn.
    pub(super) fn stubs(&self, node: usize, enters: bool, leaves: bool) -> String {
        let ((x, y), half) = (self.middle(node), self.boxes.height / 2.0);
        let mut svg = String::new();
        for (is_there, from, to) in [(enters, y - half, "v-8"), (leaves, y + half, "v8")] {
            if is_there {
                let _ = write!(svg, "<path d=\"M{x:.1} {from:.1}{to}\" stroke-dasharray=\"2 2\"/>");
            }
        }
        svg
    }

    /// Frames around boxes that stand for several, with how often; a frame that goes on in the next column is drawn in both.
    pub(super) fn frames(&self, frames: &[Frame]) -> String {
        let mut svg = String::new();
        for frame in frames {
            let mut sides: BTreeMap<usize, [f64; 4]> = BTreeMap::new();
            for node in frame.boxes.clone() {
                let (x, y) = self.middle(node);
                let (wide, high) = (self.boxes.width / 2.0 + 6.0, self.boxes.height / 2.0 + 5.0);
                let column = self.layout.layer[node] / self.rows;
                let [left, top, right, bottom] = sides.entry(column).or_insert([x, y, x, y]);
                (*left, *top) = (left.min(x - wide), top.min(y - high));
                (*right, *bottom) = (right.max(x + wide), bottom.max(y + high));
            }
            for [left, top, right, bottom] in sides.into_values() {
                let (width, height, times) = (right - left, bottom - top, frame.times);
                let _ = write!(
                    svg,
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"7\" \
                     fill=\"#f7f3e8\" stroke=\"#b58900\" stroke-dasharray=\"5 3\"/>\
                     <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"13\" font-weight=\"600\" fill=\"#8a6800\">×{times}</text>",
                    right + 3.0,
                    top + 12.0
                );
            }
        }
        svg
    }

    /// Where several edges go on in the next column, a letter at both ends of each says which is which.
    pub(super) fn marks(&self, operands: &[Vec<usize>]) -> String {
        let mut svg = String::new();
        let steps = self.steps(operands);
        for layer in (0..self.layout.layers).filter(|&layer| self.is_break(layer)) {
            // Sources from left to right, with the places at which they leave and enter.
            let mut sources: BTreeMap<usize, (f64, Vec<f64>)> = BTreeMap::new();
            for step in steps.iter().filter(|step| step.layer == layer) {
                sources.entry(step.source).or_insert((step.from, Vec::new())).1.push(step.to);
            }
            if sources.len() < 2 {
                continue;
            }
            let mut sources: Vec<(f64, Vec<f64>)> = sources.into_values().collect();
            sources.sort_by(|a, b| a.0.total_cmp(&b.0));
            for ((from, to), letter) in sources.into_iter().zip(('a'..='z').cycle()) {
                let (x, y) = self.point(layer, from);
                let mut mark = |x: f64, y: f64| {
                    let _ = write!(
                        svg,
                        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" font-size=\"9\" fill=\"{INK}\">{letter}</text>"
                    );
                };
                mark(x, y + self.boxes.height / 2.0 + STUB + 8.0);
                for place in to {
                    let (x, y) = self.point(layer + 1, place);
                    mark(x, y - self.boxes.height / 2.0 - STUB - 2.0);
                }
            }
        }
        svg
    }

    /// Whether the layer below another is in the next column.
    fn is_break(&self, layer: usize) -> bool {
        layer + 1 < self.layout.layers && (layer + 1).is_multiple_of(self.rows)
    }

    /// The parts of all edges, each once.
    fn steps(&self, operands: &[Vec<usize>]) -> Vec<Step> {
        let Layout { layer, middle, lanes, .. } = &self.layout;
        // The place of a node's result in one of the layers that it passes, its own included.
        let place = |node: usize, at: usize| match at - layer[node] {
            0 => middle[node],
            passed => lanes[node][passed - 1],
        };
        let mut steps = Vec::new();
        for (source, lanes) in lanes.iter().enumerate() {
            for (below, &to) in lanes.iter().enumerate() {
                let above = layer[source] + below;
                steps.push(Step { source, layer: above, from: place(source, above), to });
            }
        }
        for (node, sources) in operands.iter().enumerate() {
            let once = sources.iter().enumerate().filter(|(slot, source)| !sources[..*slot].contains(source));
            for (_, &source) in once {
                let above = layer[node] - 1;
                steps.push(Step { source, layer: above, from: place(source, above), to: middle[node] });
            }
        }
        steps
    }
}
