//! Pictures of graphs: layered SVG, coloured by group. `boxes` are what is drawn, `fold` makes long drawings short, `layout`
//! gives boxes and edges their places, `columns` puts them on paper.

mod boxes;
mod columns;
mod fold;
mod layout;

pub(crate) use boxes::Drawn;

use super::Graph;
use crate::display;
use boxes::Boxed;
use columns::{Columns, INK, MARGIN, Size};
use fold::Frame;
use layout::layout;
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

/// Colours for groups, told apart by people with any common colour vision (Okabe and Ito's set, lightened).
pub const PALETTE: [&str; 8] = ["#8fc7e8", "#f5c56b", "#7fcfb2", "#f0a07f", "#c9b3e6", "#f2e38a", "#9db8dc", "#e6a5c6"];
const PLAIN: &str = "#eef1f4";

/// A drawing of a graph, or of a part of it. Top to bottom, in layers; long drawings continue in the next column.
///
/// ```
/// let graph = autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?;
/// let svg = graph.draw().nodes(0..8).svg();
/// assert!(svg.starts_with("<svg") && svg.contains("conv 1×1"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Drawing {
    nodes: Vec<Drawn>,
    colours: HashMap<usize, &'static str>,
    rows: usize,
    legend: Vec<(String, &'static str)>,
    is_folded: bool,
    is_small: bool,
}

impl Graph {
    /// A drawing of the whole graph.
    pub fn draw(&self) -> Drawing {
        let drawn = |number: usize| Drawn {
            number,
            node: self.node(number).clone(),
            cost: self.node_cost(number),
            operands: self.operands(number).to_vec(),
            leaves: false,
        };
        Drawing::new((0..self.len()).map(drawn).collect())
    }
}

impl Drawing {
    /// A drawing of these nodes, which stand in execution order.
    pub(crate) fn new(nodes: Vec<Drawn>) -> Self {
        Drawing { nodes, colours: HashMap::new(), rows: 40, legend: Vec::new(), is_folded: false, is_small: false }
    }

    /// Draws only these nodes. Edges from and to others are short stubs.
    pub fn nodes(mut self, range: Range<usize>) -> Self {
        let (mut inside, outside): (Vec<Drawn>, Vec<Drawn>) =
            self.nodes.into_iter().partition(|drawn| range.contains(&drawn.number));
        for drawn in &mut inside {
            drawn.leaves |= outside.iter().any(|other| other.operands.contains(&drawn.number));
        }
        self.nodes = inside;
        self
    }

    /// Starts a new column after this many layers.
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows.max(2);
        self
    }

    /// Folds the drawing: batch norms and activations stand in the box of the op before them, and a cell that the network
    /// repeats is drawn once, in a frame that says how often. Nodes of different colours are not folded together.
    ///
    /// ```
    /// let graph = autogo::families::network("nb201:nor_conv_3x3,none,none,skip_connect,none,nor_conv_1x1")?;
    /// let svg = graph.draw().fold().svg();
    /// assert!(svg.contains("×5") && svg.len() < graph.draw().svg().len() / 4);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn fold(mut self) -> Self {
        self.is_folded = true;
        self
    }

    /// Draws boxes without words, a sixth as large: to show where coloured nodes stand in a whole network.
    pub fn small(mut self) -> Self {
        self.is_small = true;
        self
    }

    /// Gives every group of nodes a colour of its own, from the palette in turn.
    pub fn groups(mut self, groups: &[Vec<usize>]) -> Self {
        for (group, colour) in groups.iter().zip(PALETTE.iter().cycle()) {
            group.iter().for_each(|&node| {
                self.colours.insert(node, colour);
            });
        }
        self
    }

    /// Colours some nodes and says in a legend what the colour means; the others stay plain.
    pub fn highlight(self, nodes: &[usize], meaning: &str) -> Self {
        let colour = PALETTE[(self.legend.len() * 3 + 1) % PALETTE.len()];
        self.paint(nodes, meaning, colour)
    }

    /// As [`Drawing::highlight`], in a colour of the caller's.
    pub(crate) fn paint(mut self, nodes: &[usize], meaning: &str, colour: &'static str) -> Self {
        nodes.iter().for_each(|&node| {
            self.colours.insert(node, colour);
        });
        self.legend.push((meaning.into(), colour));
        self
    }

    /// The drawing as SVG. O(nodes + edges · layers); folded, O(nodes²).
    pub fn svg(&self) -> String {
        let (boxes, frames) = self.boxes();
        let size = if self.is_folded { Size::FOLDED } else { Size::PLAIN };
        let operands: Vec<Vec<usize>> = boxes.iter().map(|one| one.operands.clone()).collect();
        let has_legend = !self.legend.is_empty() && !self.is_small;
        let top = MARGIN + 8.0 + if has_legend { 26.0 } else { 0.0 };
        let columns = Columns::of(layout(&operands), size, self.rows, top);
        let (width, height) = columns.size(&frames);
        let scale = if self.is_small { 6.0 } else { 1.0 };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{:.0}\" height=\"{:.0}\" style=\"max-width:100%;height:auto\" \
             font-family=\"system-ui,sans-serif\" font-size=\"11\">\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            width / scale,
            height / scale
        );
        svg += &columns.frames(&frames);
        let mut edges = columns.edges(&operands);
        for (at, one) in boxes.iter().enumerate() {
            edges += &columns.stubs(at, one.enters, one.leaves);
        }
        let _ = write!(svg, "<g fill=\"none\" stroke=\"{INK}\" stroke-opacity=\"0.6\">{edges}</g>");
        for (at, one) in boxes.iter().enumerate() {
            self.write_box(&mut svg, one, size, columns.middle(at));
        }
        if !self.is_small {
            svg += &columns.marks(&operands);
            self.write_legend(&mut svg);
        }
        svg + "</svg>"
    }

    /// The boxes to draw, and the frames around those that stand for several.
    fn boxes(&self) -> (Vec<Boxed>, Vec<Frame>) {
        let index: HashMap<usize, usize> = self.nodes.iter().enumerate().map(|(at, node)| (node.number, at)).collect();
        let one = |drawn: &Drawn| {
            let operands = drawn.operands.iter().filter_map(|operand| index.get(operand).copied()).collect();
            Boxed::of(drawn, operands, self.colours.get(&drawn.number).copied())
        };
        let boxes: Vec<Boxed> = self.nodes.iter().map(one).collect();
        if self.is_folded { fold::repeats(fold::chains(boxes)) } else { (boxes, Vec::new()) }
    }

    fn write_box(&self, svg: &mut String, one: &Boxed, size: Size, (x, y): (f64, f64)) {
        let (left, top) = (x - size.width / 2.0, y - size.height / 2.0);
        let fill = one.colour.unwrap_or(PLAIN);
        let _ = write!(
            svg,
            "<g><title>{}</title><rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{}\" height=\"{}\" rx=\"5\" \
             fill=\"{fill}\" stroke=\"{INK}\" stroke-opacity=\"0.35\"/>\
             <path d=\"M{:.1} {:.1}v{}\" stroke=\"{}\" stroke-width=\"3\" stroke-linecap=\"round\"/>",
            display::escape(&one.about.join("\n")),
            size.width,
            size.height,
            left + 3.5,
            top + 5.0,
            size.height - 10.0,
            one.stripe,
        );
        let mut line = |text: &str, down: f64, font: u32| {
            let text = display::escape(text);
            // The stripe takes some room at the left.
            let (x, down) = (x + 3.0, y + down);
            let _ = write!(
                svg,
                "<text x=\"{x:.1}\" y=\"{down:.1}\" text-anchor=\"middle\" font-size=\"{font}\" fill=\"{INK}\">{text}</text>"
            );
        };
        match (self.is_small, one.folded.is_empty()) {
            (true, _) => {}
            (false, true) => line(&one.label, 4.0, 11),
            (false, false) => {
                line(&one.label, -2.0, 11);
                line(&one.folded.join(", "), 10.0, 9);
            }
        }
        svg.push_str("</g>");
    }

    fn write_legend(&self, svg: &mut String) {
        let mut x = MARGIN;
        for (meaning, colour) in &self.legend {
            let _ = write!(
                svg,
                "<rect x=\"{x}\" y=\"{MARGIN}\" width=\"14\" height=\"14\" rx=\"3\" fill=\"{colour}\"/>\
                 <text x=\"{:.0}\" y=\"{:.0}\" fill=\"{INK}\">{}</text>",
                x + 20.0,
                MARGIN + 11.0,
                display::escape(meaning)
            );
            x += 40.0 + 6.5 * meaning.chars().count() as f64;
        }
    }

    /// Shows the drawing in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.svg());
    }
}
