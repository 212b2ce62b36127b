//! The network while it is read: layers are appended, and small groups of nodes that stand for one activation become
//! it.

use crate::formats::FormatError;
use crate::formats::onnx::attributes::Call;
use crate::formats::onnx::constant::Constant;
use crate::formats::onnx::model::{Inner, Kind, Layer, Resize, Shape, infer};
use crate::graph::{Activation, Float, Interpolation, Op};
use foldhash::HashSet;
use std::sync::Arc;

/// The most layers of a network.
const MOST_LAYERS: usize = 1_000_000;

/// Layers and weights so far.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) layers: Vec<Layer>,
    pub(crate) weights: Vec<Arc<Constant>>,
    /// Whether every node becomes a layer of its own.
    pub(crate) keeps_all: bool,
    /// Layers that repeat a vector over a picture. Sums and products do that themselves.
    repeated: HashSet<usize>,
}

/// Whether a layer of this name is a part of the node `whole`.
pub(crate) fn is_part(name: &str, whole: &str) -> bool {
    name.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'))
}

/// A function `scale · x + shift` of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) layer: usize,
    pub(super) scale: f64,
    pub(super) shift: f64,
}

impl Draft {
    /// An empty draft.
    pub(crate) fn new(keeps_all: bool) -> Self {
        Draft { keeps_all, ..Draft::default() }
    }

    pub(crate) fn shape(&self, layer: usize) -> Result<Shape, FormatError> {
        match self.layers.get(layer) {
            Some(layer) => Ok(layer.shape),
            None => Err(FormatError::content("graph", format!("layer {layer} is not there"))),
        }
    }

    pub(super) fn kind(&self, layer: usize) -> Option<&Kind> {
        self.layers.get(layer).map(|layer| &layer.kind)
    }

    pub(super) fn operand(&self, layer: usize) -> usize {
        self.layers.get(layer).and_then(|layer| layer.operands.first().copied()).unwrap_or(layer)
    }

    /// Appends a layer.
    ///
    /// # Errors
    /// When its operands' shapes do not fit, with the node's name.
    pub(crate) fn push(
        &mut self,
        call: &Call<'_>,
        kind: Kind,
        operands: &[usize],
        weights: Vec<Arc<Constant>>,
    ) -> Result<usize, FormatError> {
        let shapes = operands.iter().map(|&operand| self.shape(operand)).collect::<Result<Vec<_>, _>>()?;
        let shape = match infer(&kind, &shapes) {
            Ok(shape) if shape.elements() < 1 << 40 => shape,
            Ok(shape) => return call.refuse(format!("makes {shape}, too many elements")),
            Err(reason) => return call.refuse(reason),
        };
        if self.layers.len() >= MOST_LAYERS {
            return call.refuse(format!("the network has more than {MOST_LAYERS} layers"));
        }
        let first = self.weights.len();
        self.weights.extend(weights);
        let weights = (first..self.weights.len()).collect();
        self.layers.push(Layer { name: call.name.into(), kind, operands: operands.to_vec(), weights, shape });
        Ok(self.layers.len() - 1)
    }

    /// Appends the layer repeated over height and width, of which it has one row or one column or both.
    pub(crate) fn repeat(&mut self, call: &Call<'_>, layer: usize, size: (u32, u32)) -> Result<usize, FormatError> {
        let shape = self.shape(layer)?;
        let scale = (size.0 as f32 / shape.h as f32, size.1 as f32 / shape.w as f32);
        let kind = Kind::Resize(Resize { size, scale, interpolation: Interpolation::Nearest });
        let made = self.push(call, kind, &[layer], Vec::new())?;
        self.repeated.insert(made);
        Ok(made)
    }

    /// The operands without their repetition, where another operand has the whole picture.
    pub(super) fn unrepeated(&self, operands: &[usize]) -> Vec<usize> {
        let whole: HashSet<Shape> = operands
            .iter()
            .filter(|operand| !self.repeated.contains(operand))
            .filter_map(|&operand| self.shape(operand).ok())
            .collect();
        let plain = |&layer: &usize| match self.shape(layer) {
            Ok(shape) if self.repeated.contains(&layer) && whole.contains(&shape) => self.operand(layer),
            _ => layer,
        };
        operands.iter().map(plain).collect()
    }

    /// Whether a node may become one with a layer in front of it. Where every node is kept, only a layer that was
    /// written as a part of the node may: the node's name stands in front of its own.
    pub(super) fn joins(&self, call: &Call<'_>, layer: usize) -> bool {
        let is_part = |layer: &Layer| is_part(&layer.name, call.name);
        !self.keeps_all || self.layers.get(layer).is_some_and(is_part)
    }

    /// The layer as a line over another one.
    pub(super) fn line(&self, layer: usize) -> Line {
        match self.kind(layer) {
            Some(&Kind::Affine { scale, shift }) => Line { layer: self.operand(layer), scale, shift },
            _ => Line { layer, scale: 1.0, shift: 0.0 },
        }
    }

    /// Appends `scale · x + shift`. Lines of lines are one line, and a line that changes nothing is no layer.
    pub(crate) fn affine(
        &mut self,
        call: &Call<'_>,
        layer: usize,
        (scale, shift): (f64, f64),
        weight: Option<Constant>,
    ) -> Result<usize, FormatError> {
        let alone = Line { layer, scale: 1.0, shift: 0.0 };
        let inner = if self.joins(call, layer) { self.line(layer) } else { alone };
        let line = Line { layer: inner.layer, scale: inner.scale * scale, shift: inner.shift * scale + shift };
        if (scale, shift) == (0.0, 0.0) {
            return self.push(call, Kind::Zero, &[layer], Vec::new());
        }
        if !line.scale.is_finite() || !line.shift.is_finite() {
            return call.refuse("a number that is not finite");
        }
        if (line.scale, line.shift) == (1.0, 0.0) && !self.keeps_all && !(weight.is_some() && self.takes_bias(layer)) {
            return Ok(line.layer);
        }
        if let Some(made) = self.hard_sigmoid(call, line)? {
            return Ok(made);
        }
        if let (Some(Kind::Mul), Some([first, second]), 0.0) =
            (self.kind(line.layer), self.layers.get(line.layer).map(|layer| &layer.operands[..]), line.shift)
        {
            let pair = (*first, *second);
            if let Some(made) = self.gated(call, pair, line.scale)? {
                return Ok(made);
            }
        }
        let weights = if inner.layer == layer { weight.into_iter().map(Arc::new).collect() } else { Vec::new() };
        self.push(call, Kind::Affine { scale: line.scale, shift: line.shift }, &[line.layer], weights)
    }

    /// Whether a summand behind this layer would be its bias, also one that is zero.
    fn takes_bias(&self, layer: usize) -> bool {
        match self.kind(layer) {
            Some(Kind::Conv(conv)) => !conv.bias,
            Some(Kind::ConvTranspose(op)) => !op.conv.bias,
            Some(Kind::Dense { bias, .. }) => !bias,
            _ => false,
        }
    }

    /// Appends an activation.
    pub(super) fn activation(&mut self, call: &Call<'_>, op: Op, layer: usize) -> Result<usize, FormatError> {
        self.push(call, Kind::Activation(op), &[layer], Vec::new())
    }

    /// The bounds of a layer that is a rectifier or a Clip.
    pub(super) fn bounds(&self, layer: usize) -> Option<(f64, f64)> {
        match *self.kind(layer)? {
            Kind::Activation(Op::Relu) => Some((0.0, f64::INFINITY)),
            Kind::Activation(Op::Relu6) => Some((0.0, 6.0)),
            Kind::Activation(Op::Activation(Activation::Clip { min, max })) => {
                Some((f64::from(min.get()), f64::from(max.get())))
            }
            _ => None,
        }
    }

    /// Appends the bounds of a layer, or the rectifier or the Clip that they end.
    pub(super) fn clip(&mut self, call: &Call<'_>, layer: usize, (min, max): (f64, f64)) -> Result<usize, FormatError> {
        if min > max || min.is_nan() || max.is_nan() {
            return call.refuse(format!("bounds {min} and {max}"));
        }
        // A bound on a bounded result is one pair of bounds.
        let (from, min, max) = match self.bounds(layer).filter(|_| !self.keeps_all) {
            Some((low, high)) => (self.operand(layer), low.clamp(min, max), high.clamp(min, max)),
            None => (layer, min, max),
        };
        let op = match (min, max) {
            (f64::NEG_INFINITY, f64::INFINITY) => return Ok(from),
            (0.0, 6.0) => Op::Relu6,
            (0.0, f64::INFINITY) => Op::Relu,
            _ => Op::Activation(Activation::Clip { min: Float::new(min as f32), max: Float::new(max as f32) }),
        };
        self.activation(call, op, from)
    }

    /// Appends a function that only an activation has inside.
    pub(crate) fn inner(&mut self, call: &Call<'_>, inner: Inner, layer: usize) -> Result<usize, FormatError> {
        // log(1 + exp(x))
        if inner == Inner::Log {
            let line = self.line(layer);
            if (line.scale, line.shift) == (1.0, 1.0) && self.kind(line.layer) == Some(&Kind::Inner(Inner::Exp)) {
                let from = self.operand(line.layer);
                return self.activation(call, Op::Activation(Activation::Softplus), from);
            }
        }
        self.push(call, Kind::Inner(inner), &[layer], Vec::new())
    }
}
