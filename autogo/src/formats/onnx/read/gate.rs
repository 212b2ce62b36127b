//! Activations that a file writes out: products with a gate, lines of clipped lines, two-sided rectifiers.

use super::draft::{Draft, Line};
use crate::formats::FormatError;
use crate::formats::onnx::attributes::Call;
use crate::formats::onnx::constant::{Change, Constant};
use crate::formats::onnx::model::{Inner, Kind, Layer};
use crate::graph::{Activation, Float, Op};

/// The largest relative difference of two numbers that count as one number, written in single or half precision.
const CLOSE: f64 = 1e-3;

fn close(value: f64, wanted: f64) -> bool {
    (value - wanted).abs() <= CLOSE * wanted.abs().max(1e-2)
}

impl Draft {
    /// A line of a clipped line that runs from 0 to 1.
    pub(super) fn hard_sigmoid(&mut self, call: &Call<'_>, outer: Line) -> Result<Option<usize>, FormatError> {
        let Some((min, max)) = self.bounds(outer.layer) else { return Ok(None) };
        let at = |value: f64| outer.scale * value + outer.shift;
        if !self.joins(call, outer.layer) {
            return Ok(None);
        }
        if outer.scale <= 0.0 || at(min).abs() > CLOSE || !close(at(max), 1.0) {
            return Ok(None);
        }
        let inner = self.line(self.operand(outer.layer));
        let (alpha, beta) = (Float::new((outer.scale * inner.scale) as f32), Float::new(at(inner.shift) as f32));
        self.activation(call, Op::Activation(Activation::HardSigmoid { alpha, beta }), inner.layer).map(Some)
    }

    /// Appends a product of two layers.
    pub(crate) fn product(&mut self, call: &Call<'_>, first: usize, second: usize) -> Result<usize, FormatError> {
        let (left, right) = (self.line(first), self.line(second));
        if let Some(made) = self.gated(call, (first, second), 1.0)? {
            return Ok(made);
        }
        // A factor of either operand is one of the product.
        for (pair, line) in [((left.layer, second), left), ((first, right.layer), right)] {
            if line.shift == 0.0
                && line.scale != 1.0
                && let Some(made) = self.gated(call, pair, line.scale)?
            {
                return Ok(made);
            }
        }
        let operands = self.unrepeated(&[first, second]);
        self.push(call, Kind::Mul, &operands, Vec::new())
    }

    /// `factor · first · second` as an activation of one operand, which the other is a gate of.
    pub(super) fn gated(
        &mut self,
        call: &Call<'_>,
        (first, second): (usize, usize),
        factor: f64,
    ) -> Result<Option<usize>, FormatError> {
        for (x, gate) in [(first, second), (second, first)] {
            if let Some(activation) = self.gate(x, gate, factor).filter(|_| self.joins(call, gate)) {
                return self.activation(call, Op::Activation(activation), x).map(Some);
            }
        }
        Ok(None)
    }

    /// The activation `x · factor · gate(x)`, if it is one.
    fn gate(&self, x: usize, gate: usize, factor: f64) -> Option<Activation> {
        let line = self.line(gate);
        let (scale, shift) = (line.scale * factor, line.shift * factor);
        let plain = (scale - 1.0).abs() < 1e-6 && shift == 0.0;
        let halves = close(scale, 0.5) && close(shift, 0.5);
        let inner = self.line(self.operand(line.layer));
        let of_x = inner.layer == x;
        match *self.kind(line.layer)? {
            Kind::Activation(Op::Sigmoid) if plain && self.operand(line.layer) == x => Some(Activation::Swish),
            Kind::Activation(Op::Activation(Activation::HardSigmoid { alpha, beta }))
                if plain
                    && self.operand(line.layer) == x
                    && close(alpha.get().into(), 1.0 / 6.0)
                    && close(beta.get().into(), 0.5) =>
            {
                Some(Activation::HardSwish)
            }
            Kind::Activation(Op::Relu6)
                if of_x
                    && close(scale, 1.0 / 6.0)
                    && shift == 0.0
                    && close(inner.scale, 1.0)
                    && close(inner.shift, 3.0) =>
            {
                Some(Activation::HardSwish)
            }
            Kind::Inner(Inner::Erf)
                if halves && of_x && inner.shift == 0.0 && close(inner.scale, std::f64::consts::FRAC_1_SQRT_2) =>
            {
                Some(Activation::Gelu)
            }
            Kind::Activation(Op::Tanh) if plain => {
                let softplus = self.operand(line.layer);
                let is_softplus = self.kind(softplus) == Some(&Kind::Activation(Op::Activation(Activation::Softplus)));
                (is_softplus && self.operand(softplus) == x).then_some(Activation::Mish)
            }
            Kind::Activation(Op::Tanh) if halves && inner.shift == 0.0 => {
                let curve = (2.0 / std::f64::consts::PI).sqrt();
                (close(inner.scale, curve) && self.is_cubic(inner.layer, x)).then_some(Activation::GeluTanh)
            }
            _ => None,
        }
    }

    /// Whether `layer` is x + 0.044715·x³.
    fn is_cubic(&self, layer: usize, x: usize) -> bool {
        let Some(Layer { kind: Kind::Add, operands, .. }) = self.layers.get(layer) else { return false };
        let &[first, second] = operands.as_slice() else { return false };
        let is_cube = |layer: usize| {
            let line = self.line(layer);
            let is_power = self.kind(line.layer) == Some(&Kind::Inner(Inner::Pow(3.0)));
            is_power && self.operand(line.layer) == x && line.shift == 0.0 && close(line.scale, 0.044715)
        };
        (first == x && is_cube(second)) || (second == x && is_cube(first))
    }

    /// Appends a sum of layers. `relu(x) - a·relu(-x)` is a leaky rectifier with a slope a channel.
    pub(crate) fn sum(&mut self, call: &Call<'_>, operands: &[usize]) -> Result<usize, FormatError> {
        if let &[first, second] = operands {
            for (positive, negative) in [(first, second), (second, first)] {
                if let Some((x, slope)) = self.two_sided(positive, negative).filter(|_| self.joins(call, negative)) {
                    let kind = Kind::Activation(Op::PRelu);
                    return self.push(call, kind, &[x], vec![slope.into()]);
                }
            }
        }
        let operands = self.unrepeated(operands);
        self.push(call, Kind::Add, &operands, Vec::new())
    }

    /// x and the slopes a, when `positive` is relu(x) and `negative` is -a·relu(-x).
    fn two_sided(&self, positive: usize, negative: usize) -> Option<(usize, Constant)> {
        let relu = Some(&Kind::Activation(Op::Relu));
        let x = self.operand(positive);
        let outer = self.layers.get(negative)?;
        let is_scaled = outer.kind == Kind::ChannelAffine { scale: true, shift: false };
        let mirrored = self.operand(negative);
        let minus = self.line(self.operand(mirrored));
        let fits = self.kind(positive) == relu
            && is_scaled
            && self.kind(mirrored) == relu
            && minus.layer == x
            && (minus.scale, minus.shift) == (-1.0, 0.0);
        let slope = self.weights.get(*outer.weights.first()?)?;
        fits.then(|| (x, slope.changed(Change::Negate)))
    }

    /// Appends the larger of two layers, which is known when one is the other times a number below 1.
    pub(crate) fn maximum(&mut self, call: &Call<'_>, first: usize, second: usize) -> Result<usize, FormatError> {
        for (x, other) in [(first, second), (second, first)] {
            let line = self.line(other);
            if line.layer == x && line.shift == 0.0 && (0.0..1.0).contains(&line.scale) {
                let alpha = Float::new(line.scale as f32);
                return self.activation(call, Op::Activation(Activation::LeakyRelu { alpha }), x);
            }
        }
        call.refuse("of two results; accepted: x and x times a number from 0 to 1, or a bound")
    }
}
