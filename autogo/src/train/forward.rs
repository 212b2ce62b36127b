//! From images to logits, one step and one piece of a batch at a time.

use super::piece::{Mode, Piece, Shared};
use super::plan::kernel::{Kernel, refused};
use crate::error::TrainError;
use autogo_engine as engine;
use autogo_engine::{Channels, Combine, Forward, Input, Write};

/// TensorFlow's constant against division by zero in batch norm, as in exported ONNX files.
pub(super) const EPSILON: f32 = 1e-3;
impl Piece {
    /// Computes one step of the forward pass.
    pub(super) fn step_forward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
        let first = step.reads.first().map(|source| source.tensor);
        let done = match &step.kernel {
            Kernel::Conv(_) | Kernel::Transpose(_) => return self.conv_forward(at, index),
            Kernel::Map(_) => return self.map_forward(at, index),
            Kernel::Sum | Kernel::Product => return self.join_forward(at, index),
            Kernel::Concat => return self.concat_forward(at, index),
            Kernel::ChannelAffine(scale, shift) => return self.affine_forward(at, index, *scale, *shift),
            Kernel::PRelu => {
                let slopes = step.parameter.map_or(0..0, |parameter| at.plan.parameters.range(parameter));
                let [x, y] = self.arena.views([first, step.value])?;
                engine::prelu(engine, x, &at.weights[slopes], y)
            }
            Kernel::Affine(factor, summand) => {
                let [x, y] = self.arena.views([first, step.value])?;
                engine::affine(engine, *factor, *summand, x, y)
            }
            Kernel::Channelwise(function) => {
                let [x, y] = self.arena.views([first, step.value])?;
                function.forward(x, step.output.c, y)
            }
            Kernel::Slice(start) => {
                let [x, y] = self.arena.views([first, step.value])?;
                let (from, count) = (Channels { first: *start, of: step.input.c }, step.output.c);
                engine::copy_channels(engine, x, from, y, Channels::all(count), count, Write::Replace)
            }
            Kernel::Shuffle(groups) => {
                let [x, y] = self.arena.views([first, step.value])?;
                engine::shuffle_channels(engine, x, step.input.c, *groups, y, Write::Replace)
            }
            Kernel::Activation(activation) => {
                let [x, y] = self.arena.views([first, step.value])?;
                activation.forward(engine, x, y)
            }
            Kernel::Pool(_, pool) => {
                let [x, y] = self.arena.views([first, step.value])?;
                pool.forward(x, y)
            }
            Kernel::Mean => {
                let [x, y] = self.arena.views([first, step.value])?;
                engine::mean(engine, x, step.input.pixels(), step.output.c, y)
            }
            Kernel::Zero => {
                let [y] = self.arena.views([step.value])?;
                y.fill(0.0);
                Ok(())
            }
            Kernel::Pad(border) => {
                let [x, y] = self.arena.views([first, step.value])?;
                engine::pad(engine, step.input, *border, x, y, Write::Replace)
            }
            Kernel::Crop(border) => {
                let [x, y] = self.arena.views([first, step.value])?;
                engine::crop(engine, step.input, *border, x, y, Write::Replace)
            }
            Kernel::DepthToSpace(plan) => {
                let [x, y] = self.arena.views([first, step.value])?;
                plan.forward(x, y, Write::Replace)
            }
            Kernel::SpaceToDepth(plan) => {
                let [x, y] = self.arena.views([first, step.value])?;
                plan.gradient(x, y, Write::Replace)
            }
            Kernel::Resize(plan) => {
                let [x, y] = self.arena.views([first, step.value])?;
                plan.forward(x, y)
            }
        };
        done.map_err(|error| refused(&step.node, &error))
    }

    fn conv_forward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let (Some(source), Some(parameter)) = (step.reads.first(), step.parameter) else { return Ok(()) };
        let [x, output] = self.arena.views([Some(source.tensor), step.value])?;
        let input = match source.map {
            Some((map, clip)) => Input::mapped(x, self.folded[map].map(clip)),
            None => Input::plain(x),
        };
        let bias = step.bias.then(|| &at.weights[at.plan.parameters.range(parameter + 1)]);
        let fills = step.fills.filter(|_| at.mode == Mode::Training);
        let mut own = fills.map(|map| at.board.moments[map][self.number].open());
        let moments = own.as_mut().map(|moments| {
            moments.reset();
            &mut **moments
        });
        let scratch = &mut self.scratch[..];
        let packed = &at.packed[step.packed..];
        let done = match &step.kernel {
            Kernel::Conv(conv) => {
                conv.forward(Forward { input, packed: &packed[..conv.packed_len()], bias, output, moments, scratch })
            }
            Kernel::Transpose(conv) => {
                conv.forward(Forward { input, packed: &packed[..conv.packed_len()], bias, output, moments, scratch })
            }
            _ => Ok(()),
        };
        done.map_err(|error| refused(&step.node, &error))
    }

    /// Takes the statistics of a batch norm's input, unless the convolution before it did.
    pub(super) fn add_moments(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let (Some(map), Some(source), false) = (step.map, step.reads.first(), step.filled) else { return Ok(()) };
        let mut moments = at.board.moments[map][self.number].open();
        moments.reset();
        let done = moments.add(&at.plan.engine, self.arena.get(source.tensor));
        done.map_err(|error| refused(&step.node, &error))
    }

    /// A batch norm with its activation, or an activation alone. All pieces' statistics are there.
    fn map_forward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
        let (Kernel::Map(clip), Some(map), Some(source)) = (&step.kernel, step.map, step.reads.first()) else {
            return Ok(());
        };
        let failed = |error: engine::Error| refused(&step.node, &error);
        if let (true, Some(parameter)) = (step.norm, step.parameter) {
            let range = |part: usize| at.plan.parameters.range(parameter + part);
            let (gamma, beta) = (&at.weights[range(0)], &at.weights[range(1)]);
            let (folded, whole) = (&mut self.folded[map], &mut self.moments[map]);
            match at.mode {
                Mode::Evaluation => {
                    let (mean, variance) = (&at.running[range(2)], &at.running[range(3)]);
                    folded.running(mean, variance, gamma, beta, EPSILON).map_err(failed)?;
                }
                Mode::Training => {
                    whole.reset();
                    for piece in &at.board.moments[map][..at.pieces] {
                        whole.merge(&piece.open()).map_err(failed)?;
                    }
                    folded.batch(whole, gamma, beta, EPSILON).map_err(failed)?;
                }
            }
        }
        if step.value.is_some() {
            let [x, y] = self.arena.views([Some(source.tensor), step.value])?;
            engine::norm::apply(engine, x, self.folded[map].map(*clip), y).map_err(failed)?;
        }
        Ok(())
    }

    /// A factor, a summand or both for every channel.
    fn affine_forward(&mut self, at: &Shared<'_>, index: usize, scale: bool, shift: bool) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
        let failed = |error: engine::Error| refused(&step.node, &error);
        let (Some(source), Some(parameter)) = (step.reads.first(), step.parameter) else {
            return self.copy_forward(at, index);
        };
        let [x, y] = self.arena.views([Some(source.tensor), step.value])?;
        let (channels, pixels) = (step.output.c, x.len() / step.output.c);
        if scale {
            let factors = &at.weights[at.plan.parameters.range(parameter)];
            engine::scale_channels(engine, x, factors, pixels, channels, y, Write::Replace).map_err(failed)?;
        } else {
            engine::copy(engine, x, y, Write::Replace).map_err(failed)?;
        }
        if shift {
            let summands = &at.weights[at.plan.parameters.range(parameter + usize::from(scale))];
            engine::add_channels(engine, summands, y).map_err(failed)?;
        }
        Ok(())
    }

    /// The first operand itself.
    fn copy_forward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let [x, y] = self.arena.views([step.reads.first().map(|source| source.tensor), step.value])?;
        engine::copy(&at.plan.engine, x, y, Write::Replace).map_err(|error| refused(&step.node, &error))
    }

    /// Sums and products: the first two operands at once where they differ and nothing is repeated, then one after the
    /// other.
    fn join_forward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
        let mut joined = 0;
        if let [a, b, ..] = &step.reads[..]
            && a.tensor != b.tensor
            && a.shape == step.output
            && b.shape == step.output
        {
            let [a, b, y] = self.arena.views([Some(a.tensor), Some(b.tensor), step.value])?;
            let done = match step.kernel {
                Kernel::Sum => engine::add(engine, a, b, y),
                _ => engine::multiply(engine, a, b, y, Write::Replace),
            };
            done.map_err(|error| refused(&step.node, &error))?;
            joined = 2;
        }
        for (slot, source) in step.reads.iter().enumerate().skip(joined) {
            let [x, y] = self.arena.views([Some(source.tensor), step.value])?;
            let combine = match (&step.kernel, slot) {
                (_, 0) => Combine::Replace,
                (Kernel::Product, _) => Combine::Multiply,
                (_, _) => Combine::Add,
            };
            let done = engine::repeat(engine, source.shape, step.output, x, y, combine);
            done.map_err(|error| refused(&step.node, &error))?;
        }
        Ok(())
    }

    fn concat_forward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let mut channel = 0;
        for source in &step.reads {
            let [x, y] = self.arena.views([Some(source.tensor), step.value])?;
            let (count, to) = (source.shape.c, Channels { first: channel, of: step.output.c });
            channel += count;
            engine::copy_channels(&at.plan.engine, x, Channels::all(count), y, to, count, Write::Replace)
                .map_err(|error| refused(&step.node, &error))?;
        }
        Ok(())
    }
}
