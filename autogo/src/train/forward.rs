//! From images to logits.

use super::network::{Network, refused};
use super::plan::kernel::Kernel;
use crate::error::{Error, TrainError};
use autogo_engine as engine;
use autogo_engine::{Channels, Combine, Forward, Input, Write};

/// TensorFlow's constant against division by zero in batch norm, as in exported ONNX files.
pub(super) const EPSILON: f32 = 1e-3;
/// How far a step moves the running statistics of batch norms.
const FOLLOW: f32 = 0.1;

/// Which statistics batch norms use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Those of the batch; the running statistics follow.
    Training,
    /// The running ones.
    Evaluation,
}

impl Network {
    /// The logits of some images: `[image][row][column][channel]` in, `[image][class]` out. Batch norms use their running
    /// statistics, so every image is computed for itself.
    ///
    /// # Errors
    /// [`TrainError::Batch`] when the images are none, not whole, or more than a batch.
    pub fn forward(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.run(images, Mode::Evaluation)?;
        Ok(self.arena.get(self.plan.logits))
    }

    /// Computes all steps of the forward pass.
    pub(super) fn run(&mut self, images: &[f32], mode: Mode) -> Result<(), TrainError> {
        let floats = self.plan.input.elements() as usize;
        let count = images.len() / floats;
        if count == 0 || count > self.plan.batch || !images.len().is_multiple_of(floats) {
            return Err(TrainError::Batch { found: images.len(), labels: count, batch: self.plan.batch, floats });
        }
        self.arena.images = count;
        self.arena.get_mut(self.plan.images).copy_from_slice(images);
        for index in 0..self.plan.steps.len() {
            self.step_forward(index, mode)?;
        }
        Ok(())
    }

    fn step_forward(&mut self, index: usize, mode: Mode) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let first = step.reads.first().map(|source| source.tensor);
        let done = match &step.kernel {
            Kernel::Conv(_) | Kernel::Transpose(_) => return self.conv_forward(index, mode),
            Kernel::Map(_) => return self.map_forward(index, mode),
            Kernel::Sum | Kernel::Product => return self.join_forward(index),
            Kernel::Concat => return self.concat_forward(index),
            Kernel::ChannelAffine(scale, shift) => return self.affine_forward(index, *scale, *shift),
            Kernel::PRelu => {
                let slopes = step.parameter.map_or(0..0, |parameter| self.plan.parameters.range(parameter));
                let [x, y] = self.arena.views([first, step.value])?;
                engine::prelu(engine, x, &self.weights[slopes], y)
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

    fn conv_forward(&mut self, index: usize, mode: Mode) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let (Some(source), Some(parameter)) = (step.reads.first(), step.parameter) else { return Ok(()) };
        let [x, output] = self.arena.views([Some(source.tensor), step.value])?;
        let input = match source.map {
            Some((map, clip)) => Input::mapped(x, self.folded[map].map(clip)),
            None => Input::plain(x),
        };
        let bias = step.bias.then(|| &self.weights[self.plan.parameters.range(parameter + 1)]);
        let fills = step.fills.filter(|_| mode == Mode::Training);
        if let Some(map) = fills {
            self.moments[map].reset();
        }
        let moments = fills.map(|map| &mut self.moments[map]);
        let scratch = &mut self.scratch[..];
        let packed = &self.packed[step.packed..];
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

    fn map_forward(&mut self, index: usize, mode: Mode) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let (Kernel::Map(clip), Some(map), Some(source)) = (&step.kernel, step.map, step.reads.first()) else {
            return Ok(());
        };
        let failed = |error: engine::Error| refused(&step.node, &error);
        if let (true, Some(parameter)) = (step.norm, step.parameter) {
            let range = |part: usize| self.plan.parameters.range(parameter + part);
            let (gamma, beta) = (&self.weights[range(0)], &self.weights[range(1)]);
            let (mean, variance) = (range(2), range(3));
            let folded = &mut self.folded[map];
            match mode {
                Mode::Evaluation => {
                    let (mean, variance) = (&self.running[mean], &self.running[variance]);
                    folded.running(mean, variance, gamma, beta, EPSILON).map_err(failed)?;
                }
                Mode::Training => {
                    let moments = &mut self.moments[map];
                    if !step.filled {
                        moments.reset();
                        moments.add(engine, self.arena.get(source.tensor)).map_err(failed)?;
                    }
                    folded.batch(moments, gamma, beta, EPSILON).map_err(failed)?;
                    // The mean's line ends before the variance's begins.
                    let (before, after) = self.running.split_at_mut(variance.start);
                    let variance = &mut after[..variance.len()];
                    moments.follow(FOLLOW, &mut before[mean], variance).map_err(failed)?;
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
    fn affine_forward(&mut self, index: usize, scale: bool, shift: bool) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let failed = |error: engine::Error| refused(&step.node, &error);
        let (Some(source), Some(parameter)) = (step.reads.first(), step.parameter) else {
            return self.copy_forward(index);
        };
        let [x, y] = self.arena.views([Some(source.tensor), step.value])?;
        let (channels, pixels) = (step.output.c, x.len() / step.output.c);
        if scale {
            let factors = &self.weights[self.plan.parameters.range(parameter)];
            engine::scale_channels(engine, x, factors, pixels, channels, y, Write::Replace).map_err(failed)?;
        } else {
            engine::copy(engine, x, y, Write::Replace).map_err(failed)?;
        }
        if shift {
            let summands = &self.weights[self.plan.parameters.range(parameter + usize::from(scale))];
            engine::add_channels(engine, summands, y).map_err(failed)?;
        }
        Ok(())
    }

    /// The first operand itself.
    fn copy_forward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let [x, y] = self.arena.views([step.reads.first().map(|source| source.tensor), step.value])?;
        engine::copy(&self.plan.engine, x, y, Write::Replace).map_err(|error| refused(&step.node, &error))
    }

    /// Sums and products: the first two operands at once where they differ and nothing is repeated, then one after the other.
    fn join_forward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
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

    fn concat_forward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let mut channel = 0;
        for source in &step.reads {
            let [x, y] = self.arena.views([Some(source.tensor), step.value])?;
            let (count, to) = (source.shape.c, Channels { first: channel, of: step.output.c });
            channel += count;
            engine::copy_channels(&self.plan.engine, x, Channels::all(count), y, to, count, Write::Replace)
                .map_err(|error| refused(&step.node, &error))?;
        }
        Ok(())
    }
}
