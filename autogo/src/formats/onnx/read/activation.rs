//! Activations, each with its attributes.

use super::view::{Axis, View};
use super::{Reader, Site, laid};
use crate::formats::FormatError;
use crate::formats::onnx::constant::axis_of;
use crate::formats::onnx::model::{Inner, Kind};
use crate::graph::{Activation, Op};

/// The operations that are read, for messages.
const ACCEPTED: &str = "Add, AveragePool, BatchNormalization, Cast, Celu, Clip, Concat, Conv, ConvTranspose, \
    DepthToSpace, Div, Dropout, Elu, Flatten, Gather, Gelu, Gemm, GlobalAveragePool, GlobalMaxPool, HardSigmoid, \
    HardSwish, Identity, LRN, LeakyRelu, LogSoftmax, MatMul, Max, MaxPool, Mean, Min, Mish, Mul, Neg, PRelu, Pad, \
    ReduceMax, ReduceMean, Relu, Reshape, Resize, Selu, Sigmoid, Slice, Softmax, Softplus, Softsign, SpaceToDepth, \
    Split, Squeeze, Sub, Sum, Tanh, Transpose, Unsqueeze, Upsample";

/// The lowest and the highest number of single precision stand for no bound.
fn bound(value: f64) -> f64 {
    if value.abs() >= f64::from(f32::MAX) { f64::INFINITY.copysign(value) } else { value }
}

impl Reader<'_> {
    pub(super) fn activation(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        let only = |accepted: &[&str]| site.only(accepted);
        let op = match site.op() {
            "Relu" => only(&[]).map(|()| Op::Relu)?,
            "Sigmoid" => only(&[]).map(|()| Op::Sigmoid)?,
            "Tanh" => only(&[]).map(|()| Op::Tanh)?,
            "Softplus" => only(&[]).map(|()| Op::Activation(Activation::Softplus))?,
            "Softsign" => only(&[]).map(|()| Op::Activation(Activation::Softsign))?,
            "HardSwish" => only(&[]).map(|()| Op::Activation(Activation::HardSwish))?,
            "Mish" => only(&[]).map(|()| Op::Activation(Activation::Mish))?,
            "HardSigmoid" => {
                only(&["alpha", "beta"])?;
                let (alpha, beta) = (site.parameter("alpha", 0.2)?, site.parameter("beta", 0.5)?);
                Op::Activation(Activation::HardSigmoid { alpha, beta })
            }
            "LeakyRelu" => {
                only(&["alpha"])?;
                Op::Activation(Activation::LeakyRelu { alpha: site.parameter("alpha", 0.01)? })
            }
            "Elu" => {
                only(&["alpha"])?;
                Op::Activation(Activation::Elu { alpha: site.parameter("alpha", 1.0)? })
            }
            "Celu" => {
                only(&["alpha"])?;
                Op::Activation(Activation::Celu { alpha: site.parameter("alpha", 1.0)? })
            }
            "Selu" => {
                only(&["alpha", "gamma"])?;
                let (alpha, gamma) = (site.parameter("alpha", 1.673_263_2)?, site.parameter("gamma", 1.050_701)?);
                Op::Activation(Activation::Selu { alpha, gamma })
            }
            "Gelu" => {
                only(&["approximate"])?;
                match site.text("approximate", "none")? {
                    "none" => Op::Activation(Activation::Gelu),
                    "tanh" => Op::Activation(Activation::GeluTanh),
                    other => return site.refuse(format!("attribute `approximate` is {other}; accepted: none, tanh")),
                }
            }
            "Clip" => {
                let bounds = self.bounds(site)?;
                let view = site.data(0)?;
                return Ok(view.with(self.draft.clip(site, view.layer, bounds)?));
            }
            "Softmax" | "LogSoftmax" | "LRN" | "PRelu" => return self.over_channels(site),
            _ => return self.inner(site),
        };
        let view = site.data(0)?;
        Ok(view.with(self.draft.activation(site, op, view.layer)?))
    }

    /// The bounds of a Clip.
    fn bounds(&mut self, site: &Site<'_>) -> Result<(f64, f64), FormatError> {
        site.only(&["min", "max"])?;
        let mut ends = [f64::NEG_INFINITY, f64::INFINITY];
        for (slot, name) in ["min", "max"].into_iter().enumerate() {
            if site.has(name) {
                ends[slot] = bound(site.float(name, 0.0)?);
            } else if let Some(constant) = site.constant(slot + 1)? {
                match self.evaluator.needed(site, &constant)?.floats()[..] {
                    [value] => ends[slot] = bound(value),
                    _ => return site.refuse(format!("a bound of sizes {:?}; accepted: one number", constant.dims)),
                }
            }
        }
        Ok((ends[0], ends[1]))
    }

    /// Activations that know their channels.
    fn over_channels(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        let view = site.data(0)?;
        match site.op() {
            "LRN" => {
                site.only(&["alpha", "beta", "bias", "size"])?;
                let lrn = Activation::Lrn {
                    size: site.size("attribute `size`", site.int("size", 0)?)?,
                    alpha: site.parameter("alpha", 1e-4)?,
                    beta: site.parameter("beta", 0.75)?,
                    bias: site.parameter("bias", 1.0)?,
                };
                let view = self.channels_at(site, &view, 1)?;
                Ok(view.with(self.draft.activation(site, Op::Activation(lrn), view.layer)?))
            }
            "PRelu" => {
                site.only(&[])?;
                let slope = site.weight(1)?;
                let (view, is_one) = self.slopes(site, view, &slope)?;
                let channels = u64::from(self.shape(&view)?.c);
                if !is_one && slope.len() != channels {
                    return site.refuse(format!("slopes of sizes {:?} for {channels} channels", slope.dims));
                }
                let kind = Kind::Activation(Op::PRelu);
                Ok(view.with(self.draft.push(site, kind, &[view.layer], vec![laid(&slope, vec![channels]).into()])?))
            }
            _ => self.softmax(site, view),
        }
    }

    fn softmax(&mut self, site: &Site<'_>, view: View) -> Result<View, FormatError> {
        site.only(&["axis"])?;
        let rank = view.dims.len();
        // Before opset 13, all axes from this one on are one.
        let (default, joins) = if site.opset < 13 { (1, true) } else { (-1, false) };
        let axis = axis_of(site, site.int("axis", default)?, rank)?;
        let axes = if joins { axis..rank } else { axis..axis + 1 };
        let inside = view.dims[axes].iter().flatten();
        let all: u64 = inside.clone().map(|part| part.size).product();
        let channels = u64::from(self.shape(&view)?.c);
        if !inside.clone().all(|part| part.axis == Axis::Channel) || all != channels {
            return site.refuse(format!("along axis {axis} of {:?}; accepted: the channels", view.sizes()));
        }
        let activation = if site.op() == "Softmax" { Activation::Softmax } else { Activation::LogSoftmax };
        Ok(view.with(self.draft.activation(site, Op::Activation(activation), view.layer)?))
    }

    /// Functions that only activations have inside, and sign.
    fn inner(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        let inner = match site.op() {
            "Neg" => {
                let view = site.data(0)?;
                return Ok(view.with(self.draft.affine(site, view.layer, (-1.0, 0.0), None)?));
            }
            "Erf" => Inner::Erf,
            "Exp" => Inner::Exp,
            "Log" => Inner::Log,
            "Pow" => match self.evaluator.needed(site, &*site.weight(1)?)?.floats()[..] {
                [2.0] => {
                    site.only(&[])?;
                    let view = site.data(0)?;
                    let layer = self.draft.push(site, Kind::Mul, &[view.layer, view.layer], Vec::new())?;
                    return Ok(view.with(layer));
                }
                [power] => Inner::Pow(power),
                _ => return site.refuse("by more than one number"),
            },
            _ => return site.refuse(format!("this library has no such operation; accepted: {ACCEPTED}")),
        };
        site.only(&[])?;
        let view = site.data(0)?;
        Ok(view.with(self.draft.inner(site, inner, view.layer)?))
    }
}
