//! Pictures of graphs: layered SVG, coloured by group.

use super::layout::layout;
use super::{Graph, Node, Op};
use crate::display;
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

/// Colours for groups, told apart by people with any common colour vision (Okabe and Ito's set, lightened).
pub const PALETTE: [&str; 8] = ["#8fc7e8", "#f5c56b", "#7fcfb2", "#f0a07f", "#c9b3e6", "#f2e38a", "#9db8dc", "#e6a5c6"];
const PLAIN: &str = "#eef1f4";
const INK: &str = "#26323f";

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
}

/// A node to draw.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// The number by which callers colour it.
    pub(crate) number: usize,
    pub(crate) node: Node,
    /// Numbers of the operands; those that are not drawn become stubs.
    pub(crate) operands: Vec<usize>,
    /// Whether a node that is not drawn reads this node.
    pub(crate) leaves: bool,
}

impl Graph {
    /// A drawing of the whole graph.
    pub fn draw(&self) -> Drawing {
        let drawn = |number: usize| Drawn {
            number,
            node: self.node(number).clone(),
            operands: self.operands(number).to_vec(),
            leaves: false,
        };
        Drawing::new((0..self.len()).map(drawn).collect())
    }
}

const BOX: (f64, f64) = (104.0, 24.0);
const STEP: (f64, f64) = (114.0, 40.0);
const MARGIN: f64 = 12.0;
const COLUMN_GAP: f64 = 26.0;

impl Drawing {
    /// A drawing of these nodes, which stand in execution order.
    pub(crate) fn new(nodes: Vec<Drawn>) -> Self {
        Drawing { nodes, colours: HashMap::new(), rows: 40, legend: Vec::new() }
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

    fn label(node: &Node) -> String {
        let by = |(h, w): (u32, u32)| format!("{h}×{w}");
        match node.op {
            Op::Conv(conv) => {
                let stem = if conv.groups > 1 { "dwconv" } else { "conv" };
                let stride = if conv.window.stride == (1, 1) { "" } else { " /s" };
                format!("{stem} {} →{}{stride}", by(conv.window.kernel), conv.filters)
            }
            Op::Pool(_, window) => {
                let stride = if window.stride == (1, 1) { "" } else { " /s" };
                format!("{} {}{stride}", node.op.name(), by(window.kernel))
            }
            Op::ConvTranspose(conv) => format!("upconv {} →{}", by(conv.window.kernel), conv.filters),
            Op::Dense { features, .. } => format!("dense →{features}"),
            Op::Slice { start: 0, channels } => format!("first {channels}"),
            Op::Slice { start, channels } => format!("{channels} from {start}"),
            Op::DepthToSpace { block, .. } => format!("depth to space {block}"),
            Op::SpaceToDepth { block, .. } => format!("to depth {}", by(block)),
            Op::ChannelShuffle { groups } => format!("shuffle {groups}"),
            Op::ChannelAffine { .. } => "channel affine".into(),
            Op::Affine { scale, shift } => format!("{scale}·x + {shift}"),
            Op::Max => "global max".into(),
            Op::Resize { factor, .. } => format!("resize ×{factor}"),
            Op::Pad(_) => "pad".into(),
            Op::BatchNorm => "batch norm".into(),
            Op::Input(shape) => format!("input {shape}"),
            Op::Output
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Activation(_)
            | Op::Crop(_)
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Mean
            | Op::Identity
            | Op::Zero => node.op.name().into(),
        }
    }

    /// The drawing as SVG. O(nodes + edges · layers).
    pub fn svg(&self) -> String {
        let index: HashMap<usize, usize> = self.nodes.iter().enumerate().map(|(at, node)| (node.number, at)).collect();
        let operands: Vec<Vec<usize>> = self
            .nodes
            .iter()
            .map(|drawn| drawn.operands.iter().filter_map(|operand| index.get(operand).copied()).collect())
            .collect();
        let layout = layout(&operands);
        let columns = layout.layers.div_ceil(self.rows).max(1);
        let column_width = layout.width * STEP.0 + COLUMN_GAP;
        let top = MARGIN + 8.0 + if self.legend.is_empty() { 0.0 } else { 26.0 };
        let point = |at: usize| {
            let (layer, x) = layout.places[at];
            (
                MARGIN + (layer / self.rows) as f64 * column_width + (x + 0.5) * STEP.0,
                top + (layer % self.rows) as f64 * STEP.1 + BOX.1 / 2.0,
            )
        };
        let width = 2.0 * MARGIN + columns as f64 * column_width - COLUMN_GAP;
        let height = top + MARGIN + (layout.layers.min(self.rows) as f64 - 1.0) * STEP.1 + BOX.1 + 8.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" style=\"max-width:100%;height:auto\" \
             font-family=\"system-ui,sans-serif\" font-size=\"11\">\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
        );
        let mut edges = String::new();
        let mut boxes = String::new();
        for (at, drawn) in self.nodes.iter().enumerate() {
            let (x, y) = point(at);
            if drawn.operands.len() > operands[at].len() {
                let _ = write!(edges, "<path d=\"M{x:.1} {:.1}v-8\" stroke-dasharray=\"2 2\"/>", y - BOX.1 / 2.0);
            }
            for &operand in &operands[at] {
                let (from_x, from_y) = point(operand);
                let (y0, y1) = (from_y + BOX.1 / 2.0, y - BOX.1 / 2.0);
                let dash = if y1 < y0 { " stroke-dasharray=\"3 3\" opacity=\"0.55\"" } else { "" };
                let bend = ((y1 - y0) / 2.0).abs().min(60.0);
                let _ = write!(
                    edges,
                    "<path d=\"M{from_x:.1} {y0:.1}C{from_x:.1} {:.1} {x:.1} {:.1} {x:.1} {y1:.1}\"{dash}/>",
                    y0 + bend,
                    y1 - bend
                );
            }
            if drawn.leaves {
                let _ = write!(edges, "<path d=\"M{x:.1} {:.1}v8\" stroke-dasharray=\"2 2\"/>", y + BOX.1 / 2.0);
            }
            self.write_box(&mut boxes, drawn, (x, y));
        }
        let _ = write!(svg, "<g fill=\"none\" stroke=\"{INK}\" stroke-opacity=\"0.6\">{edges}</g>{boxes}");
        self.write_legend(&mut svg);
        svg + "</svg>"
    }

    fn write_box(&self, svg: &mut String, drawn: &Drawn, (x, y): (f64, f64)) {
        let fill = self.colours.get(&drawn.number).copied().unwrap_or(PLAIN);
        let title = format!("{}: {}", drawn.node.name, drawn.node.shape);
        let _ = write!(
            svg,
            "<g><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{}\" height=\"{}\" rx=\"5\" \
             fill=\"{fill}\" stroke=\"{INK}\" stroke-opacity=\"0.35\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{INK}\">{}</text></g>",
            display::escape(&title),
            x - BOX.0 / 2.0,
            y - BOX.1 / 2.0,
            BOX.0,
            BOX.1,
            y + 4.0,
            display::escape(&Self::label(&drawn.node)),
        );
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
