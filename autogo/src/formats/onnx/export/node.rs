//! One node of a graph as one node of ONNX, or a few.

use super::super::proto;
use super::super::weights::{Pooling, Values};
use super::{Attribute, Border, FormatError, Shape, Window, Writer};
use super::{EPSILON, float, int, ints, nchw, pads_of_all, text, window};
use crate::graph::{ChannelOrder, Conv, Interpolation, Op, Pool};

/// An operation with its attributes.
type Written = (&'static str, Vec<Attribute>);

impl Writer<'_> {
    /// Appends node `values.index` and returns the name of what it makes.
    pub(super) fn node(
        &mut self,
        values: &Values<'_>,
        name: &str,
        mut inputs: Vec<String>,
    ) -> Result<String, FormatError> {
        let op = *values.op();
        let shape = self.graph.node(values.index).shape;
        let operands = self.graph.operands(values.index);
        let first = operands.first().map_or(shape, |&operand| self.graph.node(operand).shape);
        let plain = |op: &'static str| (op, Vec::new());
        let (kind, attributes) = match op {
            Op::Input(_) => return Ok("input".into()),
            Op::Output => return Ok(self.output(name, inputs, shape)),
            Op::Conv(conv) => self.conv(values, name, &mut inputs, (conv, first))?,
            Op::ConvTranspose(conv) => self.transposed(values, name, &mut inputs, (conv, first))?,
            Op::Dense { features, bias } => return self.dense(values, name, inputs, (features, bias, first, shape)),
            Op::BatchNorm => {
                let count = shape.c as usize;
                let given = values.norm(count).map(|parts| parts.map(Some)).unwrap_or([None, None, None, None]);
                for (part, part_values) in ["scale", "shift", "mean", "variance"].into_iter().zip(given) {
                    inputs.push(self.weight(values, format!("{name}.{part}"), &[shape.c], part_values)?);
                }
                ("BatchNormalization", vec![float("epsilon", values.epsilon().unwrap_or(EPSILON))])
            }
            Op::ChannelAffine { scale, shift } => return self.channel_affine(values, name, inputs, (scale, shift)),
            Op::Affine { scale, shift } => return Ok(self.affine(name, inputs, (scale.get(), shift.get()))),
            Op::PRelu => {
                let slopes = values.slopes(shape.c as usize);
                inputs.push(self.weight(values, format!("{name}.slope"), &[shape.c, 1, 1], slopes)?);
                plain("PRelu")
            }
            Op::Relu => plain("Relu"),
            Op::Relu6 => {
                inputs.push(self.scalar(format!("{name}.min"), 0.0));
                inputs.push(self.scalar(format!("{name}.max"), 6.0));
                plain("Clip")
            }
            Op::Sigmoid => plain("Sigmoid"),
            Op::Tanh => plain("Tanh"),
            Op::Activation(activation) => return Ok(self.activation(name, inputs, &activation)),
            Op::Add if inputs.len() == 2 => plain("Add"),
            Op::Add => plain("Sum"),
            Op::Mul if inputs.len() == 2 => plain("Mul"),
            Op::Mul => return Err(FormatError::unsupported(name, op.name(), "of more than two operands")),
            Op::Concat => ("Concat", vec![int("axis", 1)]),
            Op::Pool(pool, at) => return self.pool(name, inputs, pool, &at, first),
            Op::Mean => plain("GlobalAveragePool"),
            Op::Max => plain("GlobalMaxPool"),
            Op::Identity => plain("Identity"),
            Op::Zero => {
                inputs.push(self.scalar(format!("{name}.zero"), 0.0));
                plain("Mul")
            }
            Op::Slice { start, channels } => {
                self.sliced(name, &mut inputs, &[(start.into(), i64::from(start) + i64::from(channels), 1)])
            }
            Op::Crop(border) => {
                let along = |begin: u32, size: u32, end: u32, axis| (begin.into(), i64::from(size - end), axis);
                let rows = along(border.top, first.h, border.bottom, 2);
                self.sliced(name, &mut inputs, &[rows, along(border.left, first.w, border.right, 3)])
            }
            Op::Pad(border) => {
                inputs.push(self.constant(format!("{name}.pads"), &pads_of_all(border)));
                plain("Pad")
            }
            Op::DepthToSpace { block, order } => {
                let mode = if order == ChannelOrder::ChannelFirst { "CRD" } else { "DCR" };
                ("DepthToSpace", vec![int("blocksize", i64::from(block)), text("mode", mode)])
            }
            Op::SpaceToDepth { block, order } => return Ok(self.space_to_depth(name, inputs, (block, order, first))),
            Op::ChannelShuffle { groups } => return Ok(self.channel_shuffle(name, inputs, (groups, first))),
            Op::Resize { factor, interpolation } => self.resize(name, &mut inputs, factor, interpolation),
        };
        Ok(self.push(kind, name, inputs, attributes))
    }

    fn conv(
        &mut self,
        values: &Values<'_>,
        name: &str,
        inputs: &mut Vec<String>,
        (conv, first): (Conv, Shape),
    ) -> Result<Written, FormatError> {
        let filter = conv.window.kernel.0 * conv.window.kernel.1 * (first.c / conv.groups);
        let dims = [conv.filters, first.c / conv.groups, conv.window.kernel.0, conv.window.kernel.1];
        let count = filter as usize * conv.filters as usize;
        let weights = values.weights(count, filter as usize);
        inputs.push(self.weight(values, format!("{name}.weight"), &dims, weights)?);
        self.add_bias(values, name, &conv, inputs)?;
        let mut attributes = window(&conv.window, conv.window.border(first.h, first.w));
        attributes.push(int("group", i64::from(conv.groups)));
        Ok(("Conv", attributes))
    }

    fn transposed(
        &mut self,
        values: &Values<'_>,
        name: &str,
        inputs: &mut Vec<String>,
        (conv, first): (Conv, Shape),
    ) -> Result<Written, FormatError> {
        let (h, w) = conv.window.kernel;
        let each = conv.filters / conv.groups;
        let filter = (h * w * first.c) as usize;
        let dims = [first.c, each, h, w];
        let weights = values.weights(filter * each as usize, filter);
        inputs.push(self.weight(values, format!("{name}.weight"), &dims, weights)?);
        self.add_bias(values, name, &conv, inputs)?;
        let (border, more) = conv.window.cut();
        let mut attributes = window(&conv.window, border);
        attributes.push(ints("output_padding", &[more.0, more.1]));
        if conv.groups != 1 {
            attributes.push(int("group", i64::from(conv.groups)));
        }
        Ok(("ConvTranspose", attributes))
    }

    fn dense(
        &mut self,
        values: &Values<'_>,
        name: &str,
        inputs: Vec<String>,
        (features, bias, first, shape): (u32, bool, Shape, Shape),
    ) -> Result<String, FormatError> {
        if (first.h, first.w) != (1, 1) {
            return Err(FormatError::unsupported(name, values.op().name(), "on more than one pixel"));
        }
        let flat = self.push("Flatten", &format!("{name}.flat"), inputs, vec![int("axis", 1)]);
        let weights = values.weights(features as usize * first.c as usize, first.c as usize);
        let weight = self.weight(values, format!("{name}.weight"), &[features, first.c], weights)?;
        let mut inputs = vec![flat, weight];
        if bias {
            let bias = values.bias(features as usize);
            inputs.push(self.weight(values, format!("{name}.bias"), &[features], bias)?);
        }
        let readers = self.graph.readers(values.index);
        let is_last = readers.iter().all(|&reader| self.graph.node(reader).op == Op::Output);
        if is_last {
            return Ok(self.push("Gemm", name, inputs, vec![int("transB", 1)]));
        }
        let made = self.push("Gemm", &format!("{name}.flat_out"), inputs, vec![int("transB", 1)]);
        let wanted = self.constant(format!("{name}.shape"), &nchw(shape));
        Ok(self.push("Reshape", name, vec![made, wanted], Vec::new()))
    }

    fn add_bias(
        &mut self,
        values: &Values<'_>,
        name: &str,
        conv: &Conv,
        inputs: &mut Vec<String>,
    ) -> Result<(), FormatError> {
        if conv.bias {
            let bias = values.bias(conv.filters as usize);
            inputs.push(self.weight(values, format!("{name}.bias"), &[conv.filters], bias)?);
        }
        Ok(())
    }

    fn channel_affine(
        &mut self,
        values: &Values<'_>,
        name: &str,
        mut inputs: Vec<String>,
        (scale, shift): (bool, bool),
    ) -> Result<String, FormatError> {
        let c = self.graph.node(values.index).shape.c;
        let parts = [(scale, "Mul", "scale", 1.0), (shift, "Add", "shift", 0.0)];
        let count = parts.iter().filter(|part| part.0).count();
        if count == 0 {
            return Ok(self.push("Identity", name, inputs, Vec::new()));
        }
        for (at, (_, op, part, neutral)) in parts.into_iter().filter(|part| part.0).enumerate() {
            let factors = values.affine(at, c as usize, neutral);
            inputs.push(self.weight(values, format!("{name}.{part}"), &[c, 1, 1], factors)?);
            let made = if at + 1 == count { name.to_string() } else { format!("{name}.scaled") };
            inputs = vec![self.push(op, &made, inputs, Vec::new())];
        }
        Ok(name.into())
    }

    /// Two numbers are two nodes, unless one of them does nothing.
    fn affine(&mut self, name: &str, mut inputs: Vec<String>, (scale, shift): (f32, f32)) -> String {
        if scale != 1.0 || shift == 0.0 {
            inputs.push(self.scalar(format!("{name}.scale"), scale));
            let made = if shift == 0.0 { name.to_string() } else { format!("{name}.scaled") };
            inputs = vec![self.push("Mul", &made, inputs, Vec::new())];
        }
        if shift != 0.0 {
            inputs.push(self.scalar(format!("{name}.shift"), shift));
            self.push("Add", name, inputs, Vec::new());
        }
        name.into()
    }

    fn pool(
        &mut self,
        name: &str,
        mut inputs: Vec<String>,
        pool: Pool,
        at: &Window,
        first: Shape,
    ) -> Result<String, FormatError> {
        let border = at.border(first.h, first.w);
        let counts = self.pooling == Pooling::CountsPadding && border != Border::default();
        let kind = if pool == Pool::Max { "MaxPool" } else { "AveragePool" };
        if pool != Pool::Max && at.dilation != (1, 1) {
            return Err(FormatError::unsupported(name, kind, "dilated; operator set 17 has no such mean"));
        }
        let is_padded = pool == Pool::Max && counts;
        let (high, wide) = at.span();
        if !is_padded && (border.top.max(border.bottom) >= high || border.left.max(border.right) >= wide) {
            return Err(FormatError::unsupported(name, kind, "a border as wide as its window; ONNX has no such pool"));
        }
        if is_padded {
            inputs.push(self.constant(format!("{name}.pads"), &pads_of_all(border)));
            let padded = self.push("Pad", &format!("{name}.padded"), inputs, Vec::new());
            return Ok(self.push(kind, name, vec![padded], window(at, Border::default())));
        }
        let mut attributes = window(at, border);
        if pool != Pool::Max {
            let counts = counts || (pool == Pool::AvgWithBorder && border != Border::default());
            attributes.push(int("count_include_pad", i64::from(counts)));
        }
        Ok(self.push(kind, name, inputs, attributes))
    }

    /// Parts of some axes: first, end, axis.
    fn sliced(&mut self, name: &str, inputs: &mut Vec<String>, parts: &[(i64, i64, i64)]) -> Written {
        let starts: Vec<i64> = parts.iter().map(|part| part.0).collect();
        let ends: Vec<i64> = parts.iter().map(|part| part.1).collect();
        let axes: Vec<i64> = parts.iter().map(|part| part.2).collect();
        for (part, list) in [("starts", starts), ("ends", ends), ("axes", axes)] {
            inputs.push(self.constant(format!("{name}.{part}"), &list));
        }
        ("Slice", Vec::new())
    }

    fn resize(&mut self, name: &str, inputs: &mut Vec<String>, factor: u32, interpolation: Interpolation) -> Written {
        let scales = [1.0, 1.0, factor as f32, factor as f32];
        self.proto.initializer.push(proto::floats(&format!("{name}.scales"), &[4], &scales));
        inputs.extend([String::new(), format!("{name}.scales")]);
        let (mode, transform) = match interpolation {
            Interpolation::Nearest => ("nearest", "asymmetric"),
            Interpolation::Bilinear => ("linear", "half_pixel"),
            Interpolation::BilinearCorners => ("linear", "asymmetric"),
            Interpolation::BilinearAligned => ("linear", "align_corners"),
        };
        let mut attributes = vec![text("mode", mode), text("coordinate_transformation_mode", transform)];
        if interpolation == Interpolation::Nearest {
            attributes.push(text("nearest_mode", "floor"));
        }
        ("Resize", attributes)
    }
}
