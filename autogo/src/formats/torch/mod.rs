//! PyTorch source of a graph: a module that a PyTorch user could have written.
//!
//! Scopes in the nodes' names become modules inside of each other (`grouping.rs`); blocks of the same form become one
//! class, with the numbers of channels in which they differ as its parameters. Layers with weights are attributes,
//! everything else is a line of `forward`. The file needs PyTorch 1.13 or newer and NumPy.

mod activation;
mod body;
mod calls;
mod classes;
mod flat;
mod grouping;
mod layers;
mod naming;
mod slots;
mod text;
mod window;

use super::FormatError;
use crate::files::{Tensors, take_sized};
use crate::graph::Graph;
use body::{Body, body};
use classes::{Classes, Draft};
use flat::Layout;
use grouping::{Block, Item, blocks};
use layers::Place;
use naming::{escaped, quoted};
use std::fmt::Write;

impl Graph {
    /// The network as a Python file with a class `Network`, a `torch.nn.Module` for PyTorch 1.13 or newer.
    ///
    /// The module takes pictures as batch × channels × height × width. A result of one pixel comes out as batch ×
    /// channels, another one as a picture. With the same weights, the module computes what the graph's ONNX file
    /// computes ([`onnx::export`](super::onnx::export)); `Network().load_weights(path)` takes them from a safetensors
    /// file with the names `INDEX:NODE.PART` of that ONNX file, and `save_weights(path)` writes one. Linear in nodes
    /// and edges.
    ///
    /// ```
    /// let graph = autogo::families::network("nb201:nor_conv_3x3,none,avg_pool_3x3,skip_connect,none,nor_conv_1x1")?;
    /// let source = graph.to_torch()?;
    /// assert!(source.contains("class Network(nn.Module):"));
    /// assert!(source.contains("self.cell_0_1 = Cell(16)"));
    /// assert!(source.contains("self.conv2d = nn.Conv2d(channels, channels, 3, padding=1, bias=False)"));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`FormatError::Unsupported`] with the node's name: a pool whose border is as wide as its window, a dilated mean.
    pub fn to_torch(&self) -> Result<String, FormatError> {
        let layout = Layout::of(self);
        let place = Place { graph: self, layout: &layout, index: 0 };
        let blocks = blocks(self);
        let mut classes = Classes::new();
        let mut bodies: Vec<Option<Body>> = blocks.iter().map(|_| None).collect();
        let root = blocks.len() - 1;
        for height in 0..blocks[root].height {
            let mut drafts = Vec::new();
            for number in (0..root).filter(|&number| blocks[number].height == height) {
                let made = body(&blocks, number, place, &classes)?;
                let kind = blocks[number].kind.clone();
                drafts.push(Draft { block: number, kind, init: made.init.clone(), forward: made.forward.clone() });
                bodies[number] = Some(made);
            }
            classes.add(&drafts);
        }
        let network = body(&blocks, root, place, &classes)?;
        let written = self.network_class(&network);
        bodies[root] = Some(network);
        let mut table = String::from("\n\n# The node of the graph whose weights a layer has.\nNODES = {\n");
        self.table(&blocks, &bodies, place, (root, ""), &mut table);
        table += "}\n";
        let source = classes.source + &written;
        let helpers = text::helpers(&source);
        let source = helpers + &source + text::METHODS + &table + text::FILES;
        Ok(self.head(source.contains("math.")) + &source)
    }

    /// Docstring and imports.
    fn head(&self, has_math: bool) -> String {
        let cost = self.cost();
        let math = if has_math { "import math\n" } else { "" };
        format!(
            "\"\"\"{}: {} parameters, {} multiply-adds a picture.\n\nWritten by autogo {}. Needs PyTorch 1.13 or newer and \
             NumPy.\n\"\"\"\n\nimport json\n{math}import os\n\nimport numpy as np\nimport torch\nimport torch.nn.functional \
             as F\nfrom torch import nn\n\n\n",
            escaped(self.name()),
            cost.params,
            cost.multiply_adds,
            env!("CARGO_PKG_VERSION"),
        )
    }

    fn network_class(&self, body: &Body) -> String {
        let sizes = |index: usize| {
            let shape = self.node(index).shape;
            format!("({}, {}, {})", shape.c, shape.h, shape.w)
        };
        let (texts, slots) = slots::split(&body.init);
        let words: Vec<String> = slots.iter().map(|(channels, _)| channels.to_string()).collect();
        let init = slots::join(&texts, &words);
        let (input, output) = (sizes(0), sizes(self.len() - 1));
        format!(
            "class Network(nn.Module):\n    # Channels, height, width.\n    INPUT = {input}\n    OUTPUT = {output}\n\n    def \
             __init__(self):\n        super().__init__()\n{init}\n{}",
            body.forward
        )
    }

    /// A line for every layer with weights.
    fn table(
        &self,
        blocks: &[Block],
        bodies: &[Option<Body>],
        place: Place<'_>,
        (number, prefix): (usize, &str),
        table: &mut String,
    ) {
        let Some(body) = &bodies[number] else { return };
        for (item, attribute) in blocks[number].items.iter().zip(&body.attributes) {
            let Some(attribute) = attribute else { continue };
            match item {
                Item::Node(index) if Place { index: *index, ..place }.tensors().is_empty() => {}
                Item::Node(index) => {
                    let node = quoted(&format!("{index}:{}", self.node(*index).name));
                    let _ = writeln!(table, "    \"{prefix}{attribute}\": {node},");
                }
                Item::Block(inner) => {
                    self.table(blocks, bodies, place, (*inner, &format!("{prefix}{attribute}.")), table);
                }
            }
        }
    }
}

/// The names and the sizes of all weights that [`Graph::to_torch`]'s module reads, in the order of nodes.
///
/// ```
/// let graph = autogo::families::network("fsrcnn")?;
/// let tensors = autogo::formats::torch::tensors(&graph);
/// assert_eq!(tensors[0], ("1:features/conv2d.weight".into(), vec![56, 1, 5, 5]));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn tensors(graph: &Graph) -> Vec<(String, Vec<usize>)> {
    let layout = Layout::of(graph);
    let place = Place { graph, layout: &layout, index: 0 };
    let named = |index: usize| {
        let name = &graph.node(index).name;
        let parts = Place { index, ..place }.tensors();
        parts.into_iter().map(move |(part, sizes)| (format!("{index}:{name}.{part}"), sizes))
    };
    (0..graph.len()).flat_map(named).collect()
}

/// Checks that weights are those of a graph: every tensor is there, in its sizes, and finite.
///
/// ```
/// let graph = autogo::families::network("fsrcnn")?;
/// let refused = autogo::formats::torch::check_weights(&graph, &Default::default()).unwrap_err();
/// assert_eq!(refused.to_string(), "weights: has no tensor `1:features/conv2d.weight`");
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// The name of the first tensor that is not there, has other sizes, or holds a number that is not finite.
pub fn check_weights(graph: &Graph, weights: &Tensors) -> Result<(), FormatError> {
    for (name, sizes) in tensors(graph) {
        take_sized(weights, &name, &sizes).map_err(|reason| FormatError::content("weights", reason))?;
    }
    Ok(())
}
