//! From a normalised network to a graph: every layer becomes an op, and what no op says is refused with the node's
//! name.

use super::model::{self, Kind, Layer, Note};
use super::read::{ReadOptions, read};
use super::tensors::FileWeights;
use crate::formats::FormatError;
use crate::graph::{Border, Conv, Float, Graph, GraphBuilder, Op, Padding, Pool, Shape, Window};
use foldhash::{HashMap, HashMapExt, HashSet};
use prost::bytes::Bytes;

/// A network that was read from an ONNX file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The network.
    pub graph: Graph,
    /// The decisions of the reader: a batch that was read as 1, nodes without a reader.
    pub notes: Vec<Note>,
    /// The file's weights, by the names of the graph's nodes.
    pub weights: FileWeights,
}

/// Reads a network of one input and one output from an ONNX file, as [`import_with`] does by default.
///
/// # Errors
/// As [`import_with`].
pub fn import(bytes: &[u8]) -> Result<Graph, FormatError> {
    Ok(import_with(bytes.to_vec(), &ReadOptions::default())?.graph)
}

/// Reads a network of one input and one output from an ONNX file of operator set 7 to 21. Constants are evaluated,
/// layouts are followed, and nodes without effect vanish; weights are looked at only for their sizes, and not copied.
///
/// ```
/// use autogo::formats::onnx::{Pooling, ReadOptions, Weights, export, import_with};
/// let graph = autogo::families::network("nb201:nor_conv_3x3,none,none,skip_connect,none,none")?;
/// let read = import_with(export(&graph, Weights::Seeded(0), Pooling::default())?, &ReadOptions::default())?;
/// assert_eq!(read.graph.content_id(), graph.content_id());
/// assert!(read.notes.is_empty());
/// assert_eq!(read.weights.parameters(), graph.cost().params);
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// When the bytes are no ONNX model, or a node is not supported: with the node's name, its operation and what would
/// have been accepted.
pub fn import_with(bytes: impl Into<Bytes>, options: &ReadOptions) -> Result<Imported, FormatError> {
    let model = read(bytes.into(), options)?;
    let names = unique(&model.layers);
    let mut build = GraphBuilder::new(&model.name);
    for (layer, name) in model.layers.iter().zip(&names) {
        let first = layer.operands.first().and_then(|&operand| model.layers.get(operand));
        let op = op(layer, first.map_or(layer.shape, |first| first.shape))?;
        let node = build.add(name, op, &layer.operands)?;
        let (made, wanted) = (build.shape(node), layer.shape);
        if made != wanted {
            return Err(FormatError::unsupported(name, op.name(), format!("makes {made} instead of {wanted}")));
        }
    }
    let graph = build.finish()?;
    let notes = model.notes.clone();
    Ok(Imported { graph, notes, weights: FileWeights::new(model, names) })
}

/// The layers' names, numbered where one occurs again.
fn unique(layers: &[Layer]) -> Vec<String> {
    let different: HashSet<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    if different.len() == layers.len() {
        return layers.iter().map(|layer| layer.name.clone()).collect();
    }
    let mut taken: HashSet<String> = different.into_iter().map(String::from).collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut names = Vec::with_capacity(layers.len());
    for layer in layers {
        let number = seen.entry(layer.name.as_str()).or_insert(0);
        *number += 1;
        let mut name = layer.name.clone();
        while *number > 1 && !taken.insert(format!("{name}.{number}")) {
            *number += 1;
        }
        if *number > 1 {
            name = format!("{name}.{number}");
        }
        names.push(name);
    }
    names
}

/// The op of a layer that reads a first operand of this shape.
fn op(layer: &Layer, first: Shape) -> Result<Op, FormatError> {
    Ok(match &layer.kind {
        Kind::Input => Op::Input(layer.shape),
        Kind::Output => Op::Output,
        Kind::Identity => Op::Identity,
        Kind::Zero => Op::Zero,
        Kind::Conv(of) => Op::Conv(conv(of, sliding(&of.window, of.window.border, first))),
        Kind::ConvTranspose(of) => Op::ConvTranspose(conv(&of.conv, spreading(of))),
        Kind::Dense { features, bias } => Op::Dense { features: *features, bias: *bias },
        Kind::BatchNorm { .. } => Op::BatchNorm,
        Kind::ChannelAffine { scale, shift } => Op::ChannelAffine { scale: *scale, shift: *shift },
        Kind::Affine { scale, shift } => Op::Affine { scale: float(layer, *scale)?, shift: float(layer, *shift)? },
        Kind::Activation(op) => *op,
        Kind::Inner(_) => return refuse(layer, "outside of an activation that this library knows"),
        Kind::Add => Op::Add,
        Kind::Mul => Op::Mul,
        Kind::Concat => Op::Concat,
        Kind::Pool(of) => pool(layer, of, first)?,
        Kind::Mean => Op::Mean,
        Kind::Max => Op::Max,
        Kind::Channels { start, count } => Op::Slice { start: *start, channels: *count },
        Kind::Crop(of) => Op::Crop(*of),
        Kind::Pad { border: of, value } if *value == 0.0 => Op::Pad(*of),
        Kind::Pad { value, .. } => return refuse(layer, format!("with {value}; accepted: 0")),
        Kind::DepthToSpace { block: (high, wide), .. } if high != wide => {
            return refuse(layer, format!("of rectangles of {high}×{wide}; accepted: squares"));
        }
        Kind::DepthToSpace { block, order } => Op::DepthToSpace { block: block.0, order: *order },
        Kind::SpaceToDepth { block, order } => Op::SpaceToDepth { block: *block, order: *order },
        Kind::ChannelShuffle { groups } => Op::ChannelShuffle { groups: *groups },
        Kind::Resize(to) => resized(layer, to, first)?,
    })
}

fn refuse<T>(layer: &Layer, reason: impl Into<String>) -> Result<T, FormatError> {
    Err(FormatError::unsupported(&layer.name, layer.kind.name(), reason))
}

fn float(layer: &Layer, value: f64) -> Result<Float, FormatError> {
    if value.is_nan() { refuse(layer, "with a parameter that is no number") } else { Ok(Float::new(value as f32)) }
}

fn conv(conv: &model::Conv, window: Window) -> Conv {
    Conv { filters: conv.filters, window, groups: conv.groups, bias: conv.bias }
}

/// A kernel of one pixel along a side has no dilation there.
fn plain(window: &model::Window, padding: Padding) -> Window {
    let along = |kernel: u32, dilation: u32| if kernel == 1 { 1 } else { dilation };
    let dilation = (along(window.kernel.0, window.dilation.0), along(window.kernel.1, window.dilation.1));
    Window { dilation, ..Window::new(window.kernel, window.stride, padding) }
}

/// A window over a picture of this shape. SAME and VALID are recognised by their border.
fn sliding(window: &model::Window, border: Border, shape: Shape) -> Window {
    let same = plain(window, Padding::Same);
    let explicit = Window { padding: Padding::Explicit(border), ..same };
    // A kernel smaller than its stride may leave pixels over, and then SAME makes one more than the border lets in.
    let slide = |window: Window| Op::Pool(Pool::Max, window).infer(&[shape]);
    if border == same.border(shape.h, shape.w) && slide(same) == slide(explicit) {
        same
    } else if border == Border::default() {
        Window { padding: Padding::Valid, ..same }
    } else {
        explicit
    }
}

/// The window of a transposed convolution.
fn spreading(of: &model::ConvTranspose) -> Window {
    let same = plain(&of.conv.window, Padding::Same);
    let (border, extra) = (of.conv.window.border, of.extra);
    let padding = match (border, extra) {
        cut if cut == same.cut() => Padding::Same,
        (_, (1.., _) | (_, 1..)) => Padding::Cut { border, extra },
        (border, _) if border == Border::default() => Padding::Valid,
        (border, _) => Padding::Explicit(border),
    };
    Window { padding, ..same }
}

fn pool(layer: &Layer, of: &model::Pool, first: Shape) -> Result<Op, FormatError> {
    let kind = match of.kind {
        Pool::AvgWithBorder if of.window.border == Border::default() => Pool::Avg,
        Pool::AvgWithBorder if of.overhang != (0, 0) => {
            return refuse(layer, "a mean that counts its border, rounded up; accepted: one of the two");
        }
        kind @ (Pool::Max | Pool::Avg | Pool::AvgWithBorder) => kind,
    };
    let mut border = of.window.border;
    border.bottom = border.bottom.saturating_add(of.overhang.0);
    border.right = border.right.saturating_add(of.overhang.1);
    let window = sliding(&of.window, border, first);
    let (high, wide) = window.span();
    if of.overhang != (0, 0) && (border.bottom >= high || border.right >= wide) {
        return refuse(layer, "rounded up to a window that sees nothing but the border");
    }
    Ok(Op::Pool(kind, window))
}

/// Whole factors, the same along both sides.
fn resized(layer: &Layer, to: &model::Resize, first: Shape) -> Result<Op, FormatError> {
    let factor = to.size.0 / first.h.max(1);
    let whole = (first.h.checked_mul(factor), first.w.checked_mul(factor)) == (Some(to.size.0), Some(to.size.1))
        && to.scale == (factor as f32, factor as f32);
    if !whole || factor == 0 {
        let (from, to, scale) = ((first.h, first.w), to.size, to.scale);
        return refuse(
            layer,
            format!("{from:?} pixels to {to:?} by {scale:?}; accepted: one whole factor for both sides"),
        );
    }
    Ok(Op::Resize { factor, interpolation: to.interpolation })
}
