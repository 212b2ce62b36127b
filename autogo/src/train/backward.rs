//! From the loss back to every weight's gradient.

use super::forward::Mode;
use super::network::{Network, refused};
use super::plan::Give;
use super::plan::kernel::Kernel;
use crate::error::{Error, TrainError};
use autogo_engine as engine;
use autogo_engine::loss::{CrossEntropy, Scores};
use autogo_engine::{Backward, Channels, Combine, Input, NormBackward, PoolKind, Reads, Write};

impl Network {
    /// Computes the mean cross-entropy of a batch and its gradient by every weight, without changing the weights. Batch norms use
    /// the statistics of the batch; their running statistics follow.
    ///
    /// `images` are `[image][row][column][channel]`, `smoothing` spreads so much of a label over all classes.
    ///
    /// # Errors
    /// [`TrainError::Batch`] when images and labels do not fit, a label that is no class.
    pub fn gradient(&mut self, images: &[f32], labels: &[u32], smoothing: f32) -> Result<Scores, Error> {
        self.check_labels(images, labels)?;
        self.run(images, Mode::Training)?;
        let classes = self.plan.output.elements() as usize;
        let loss = CrossEntropy { classes, smoothing, ignored: None };
        let [logits, gradient] = self.arena.views([Some(self.plan.logits), Some(self.plan.loss)])?;
        let factor = 1.0 / labels.len() as f32;
        let scores = loss.gradient(logits, labels, factor, gradient);
        let scores = scores.map_err(|error| refused("the loss", &error))?;
        self.run_backward()?;
        Ok(scores)
    }

    /// The gradient of a weighted sum of logits, `Σ weight·logit`: what the tests compare with differences.
    #[cfg(test)]
    pub(super) fn gradient_of_sum(&mut self, images: &[f32], weights: &[f32]) -> Result<(), Error> {
        self.run(images, Mode::Training)?;
        self.arena.get_mut(self.plan.loss).copy_from_slice(weights);
        Ok(self.run_backward()?)
    }

    pub(super) fn check_labels(&self, images: &[f32], labels: &[u32]) -> Result<(), TrainError> {
        let (floats, batch) = (self.plan.input.elements() as usize, self.plan.batch);
        if labels.is_empty() || labels.len() > batch || labels.len() * floats != images.len() {
            return Err(TrainError::Batch { found: images.len(), labels: labels.len(), batch, floats });
        }
        Ok(())
    }

    fn run_backward(&mut self) -> Result<(), TrainError> {
        self.gradient.fill(0.0);
        for index in (0..self.plan.steps.len()).rev() {
            if self.plan.steps[index].gradient.is_some() {
                self.step_backward(index)?;
            }
        }
        Ok(())
    }

    fn step_backward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        match &step.kernel {
            Kernel::Conv(_) => return self.conv_backward(index),
            Kernel::Transpose(_) => return self.transpose_backward(index),
            Kernel::Map(_) => return self.map_backward(index),
            Kernel::Sum => return self.sum_backward(index),
            Kernel::Concat => return self.concat_backward(index),
            Kernel::Product => return self.product_backward(index),
            Kernel::PRelu => return self.prelu_backward(index),
            Kernel::ChannelAffine(scale, shift) => return self.affine_backward(index, *scale, *shift),
            Kernel::Affine(_, _)
            | Kernel::Activation(_)
            | Kernel::Channelwise(_)
            | Kernel::Slice(_)
            | Kernel::Shuffle(_)
            | Kernel::Pool(_, _)
            | Kernel::Mean
            | Kernel::Zero
            | Kernel::Pad(_)
            | Kernel::Crop(_)
            | Kernel::DepthToSpace(_)
            | Kernel::SpaceToDepth(_)
            | Kernel::Resize(_) => self.move_backward(index),
        }
    }

    /// Kernels of one operand without weights.
    fn move_backward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let Some(&Give::To(to, write)) = step.gives.first() else { return Ok(()) };
        let first = step.reads.first().map(|source| source.tensor);
        let done = match &step.kernel {
            Kernel::Affine(factor, _) => {
                let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
                engine::scale(engine, *factor, dy, dx, write)
            }
            Kernel::Activation(activation) => {
                let tensor = if activation.reads() == Reads::Input { first } else { step.value };
                let [tensor, dy, dx] = self.arena.views([tensor, step.gradient, Some(to)])?;
                activation.gradient(engine, tensor, dy, dx, write)
            }
            Kernel::Channelwise(function) => {
                let [x, y, dy, dx] = self.arena.views([first, step.value, step.gradient, Some(to)])?;
                function.gradient(x, y, step.output.c, dy, dx, write, &mut self.scratch)
            }
            Kernel::Slice(start) => {
                let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
                if write == Write::Replace {
                    dx.fill(0.0);
                }
                let (count, into) = (step.output.c, Channels { first: *start, of: step.input.c });
                engine::copy_channels(engine, dy, Channels::all(count), dx, into, count, write)
            }
            Kernel::Shuffle(groups) => {
                let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
                engine::shuffle_channels(engine, dy, step.input.c, step.input.c / groups, dx, write)
            }
            Kernel::Pool(kind, pool) => {
                let reads = *kind == PoolKind::Max;
                let (x, y) = (first.filter(|_| reads), step.value.filter(|_| reads));
                let [x, y, dy, dx] = self.arena.views([x, y, step.gradient, Some(to)])?;
                pool.gradient(x, y, dy, dx, write)
            }
            Kernel::Mean => {
                let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
                engine::mean_gradient(engine, dy, step.input.pixels(), step.output.c, dx, write)
            }
            Kernel::Pad(border) => {
                let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
                engine::crop(engine, step.output, *border, dy, dx, write)
            }
            Kernel::Crop(border) => {
                let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
                engine::pad(engine, step.output, *border, dy, dx, write)
            }
            Kernel::DepthToSpace(plan) => {
                let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
                plan.gradient(dy, dx, write)
            }
            Kernel::SpaceToDepth(plan) => {
                let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
                plan.forward(dy, dx, write)
            }
            Kernel::Resize(plan) => {
                let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
                plan.gradient(dy, dx, write)
            }
            Kernel::Conv(_)
            | Kernel::Transpose(_)
            | Kernel::Map(_)
            | Kernel::Sum
            | Kernel::Concat
            | Kernel::Product
            | Kernel::PRelu
            | Kernel::ChannelAffine(_, _)
            | Kernel::Zero => Ok(()),
        };
        done.map_err(|error| refused(&step.node, &error))
    }

    fn conv_backward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let (Kernel::Conv(conv), Some(source), Some(parameter)) = (&step.kernel, step.reads.first(), step.parameter)
        else {
            return Ok(());
        };
        let (to, write) = target(step.gives.first());
        let output = step.value.filter(|_| step.follows.is_some());
        let [x, output, dy, dx] = self.arena.views([Some(source.tensor), output, step.gradient, to])?;
        let input = match source.map {
            Some((map, clip)) => Input::mapped(x, self.folded[map].map(clip)),
            None => Input::plain(x),
        };
        let norm = step.follows.map(|(map, clip)| NormBackward {
            output: &*output,
            folded: &self.folded[map],
            clip,
            gradient: &self.norms[map],
        });
        let done = conv.backward(Backward {
            input,
            packed: &self.packed[step.packed..][..conv.packed_len()],
            output_gradient: &mut *dy,
            norm,
            input_gradient: to.map(|_| (dx, write)),
            weight_gradient: &mut self.gradient[self.plan.parameters.range(parameter)],
            scratch: &mut self.scratch,
        });
        let done = done.and_then(|()| match step.bias {
            true => engine::channel_sums(engine, dy, &mut self.gradient[self.plan.parameters.range(parameter + 1)]),
            false => Ok(()),
        });
        done.map_err(|error| refused(&step.node, &error))
    }

    fn transpose_backward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let (Kernel::Transpose(conv), Some(source), Some(parameter)) =
            (&step.kernel, step.reads.first(), step.parameter)
        else {
            return Ok(());
        };
        let failed = |error: engine::Error| refused(&step.node, &error);
        let (to, write) = target(step.gives.first());
        let [x, dy, dx] = self.arena.views([Some(source.tensor), step.gradient, to])?;
        let input = match source.map {
            Some((map, clip)) => Input::mapped(x, self.folded[map].map(clip)),
            None => Input::plain(x),
        };
        let weights = &mut self.gradient[self.plan.parameters.range(parameter)];
        conv.weight_gradient(input, dy, weights, &mut self.scratch).map_err(failed)?;
        if step.bias {
            let bias = &mut self.gradient[self.plan.parameters.range(parameter + 1)];
            engine::channel_sums(engine, dy, bias).map_err(failed)?;
        }
        if to.is_some() {
            let packed = &self.packed[step.packed..][..conv.packed_len()];
            conv.data_gradient(packed, dy, dx, write, &mut self.scratch).map_err(failed)?;
        }
        Ok(())
    }

    /// A batch norm with its activation, or an activation alone: its gradient takes the place of the result's gradient.
    fn map_backward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let (Kernel::Map(clip), Some(map), Some(source)) = (&step.kernel, step.map, step.reads.first()) else {
            return Ok(());
        };
        let failed = |error: engine::Error| refused(&step.node, &error);
        let (to, write) = target(step.gives.first());
        let [x, dy, dx] = self.arena.views([Some(source.tensor), step.gradient, to])?;
        let folded = &self.folded[map];
        if let (true, Some(parameter)) = (step.norm, step.parameter) {
            let sums = &mut self.sums[map];
            sums.reset();
            sums.add(engine, x, dy, folded, *clip).map_err(failed)?;
            let (gamma, beta) = (self.plan.parameters.range(parameter), self.plan.parameters.range(parameter + 1));
            // The scale's line ends before the shift's begins.
            let (before, after) = self.gradient.split_at_mut(beta.start);
            sums.parameters(folded, &mut before[gamma], &mut after[..beta.len()]).map_err(failed)?;
            self.norms[map].batch(sums, folded).map_err(failed)?;
        }
        if step.left || matches!(step.gives.first(), Some(Give::Nothing) | None) {
            return Ok(());
        }
        engine::norm::backward(engine, x, folded, *clip, &self.norms[map], dy).map_err(failed)?;
        if to.is_some() { engine::copy(engine, dy, dx, write).map_err(failed) } else { Ok(()) }
    }

    fn sum_backward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        for (source, give) in step.reads.iter().zip(&step.gives) {
            let Give::To(to, write) = *give else { continue };
            let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
            let done = if source.shape == step.output {
                engine::copy(engine, dy, dx, write)
            } else {
                engine::repeat_gradient(engine, source.shape, step.output, dy, dx, write)
            };
            done.map_err(|error| refused(&step.node, &error))?;
        }
        Ok(())
    }

    fn concat_backward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let mut channel = 0;
        for (source, give) in step.reads.iter().zip(&step.gives) {
            let (count, from) = (source.shape.c, Channels { first: channel, of: step.output.c });
            channel += count;
            let Give::To(to, write) = *give else { continue };
            let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
            engine::copy_channels(&self.plan.engine, dy, from, dx, Channels::all(count), count, write)
                .map_err(|error| refused(&step.node, &error))?;
        }
        Ok(())
    }

    fn product_backward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let failed = |error: engine::Error| refused(&step.node, &error);
        for (slot, give) in step.gives.iter().enumerate() {
            let (Give::To(to, write), Some(gradient)) = (*give, step.gradient) else { continue };
            let along = &mut self.scratch[..step.output.elements() * self.arena.images];
            along.copy_from_slice(self.arena.get(gradient));
            for (other, source) in step.reads.iter().enumerate() {
                if other != slot {
                    let x = self.arena.get(source.tensor);
                    engine::repeat(engine, source.shape, step.output, x, along, Combine::Multiply).map_err(failed)?;
                }
            }
            let (small, dx) = (step.reads[slot].shape, self.arena.get_mut(to));
            let done = if small == step.output {
                engine::copy(engine, along, dx, write)
            } else {
                engine::repeat_gradient(engine, small, step.output, along, dx, write)
            };
            done.map_err(failed)?;
        }
        Ok(())
    }

    /// A factor, a summand or both for every channel.
    fn affine_backward(&mut self, index: usize, scale: bool, shift: bool) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let failed = |error: engine::Error| refused(&step.node, &error);
        let (to, write) = target(step.gives.first());
        let x = step.reads.first().map(|source| source.tensor).filter(|_| scale);
        let [x, dy, dx] = self.arena.views([x, step.gradient, to])?;
        let (channels, pixels) = (step.output.c, dy.len() / step.output.c);
        let range = |part: bool| {
            step.parameter.map_or(0..0, |parameter| self.plan.parameters.range(parameter + usize::from(part)))
        };
        if shift {
            engine::channel_sums(engine, dy, &mut self.gradient[range(scale)]).map_err(failed)?;
        }
        if scale {
            let sums = &mut self.gradient[range(false)];
            engine::scale_channels_gradient(engine, x, dy, pixels, channels, sums, Write::Add).map_err(failed)?;
        }
        match (to, scale) {
            (None, _) => Ok(()),
            (Some(_), false) => engine::copy(engine, dy, dx, write).map_err(failed),
            (Some(_), true) => {
                let factors = &self.weights[range(false)];
                engine::scale_channels(engine, dy, factors, pixels, channels, dx, write).map_err(failed)
            }
        }
    }

    fn prelu_backward(&mut self, index: usize) -> Result<(), TrainError> {
        let step = &self.plan.steps[index];
        let engine = &self.plan.engine;
        let (Some(source), Some(parameter)) = (step.reads.first(), step.parameter) else { return Ok(()) };
        let range = self.plan.parameters.range(parameter);
        let (slopes, slope_gradient) = (&self.weights[range.clone()], &mut self.gradient[range]);
        let (to, write) = target(step.gives.first());
        let [x, dy, dx] = self.arena.views([Some(source.tensor), step.gradient, to])?;
        let dx = if to.is_some() { dx } else { &mut self.scratch[..dy.len()] };
        engine::prelu_gradient(engine, x, slopes, dy, dx, write, slope_gradient)
            .map_err(|error| refused(&step.node, &error))
    }
}

fn target(give: Option<&Give>) -> (Option<usize>, Write) {
    match give {
        Some(&Give::To(tensor, write)) => (Some(tensor), write),
        Some(Give::Nothing | Give::Shared) | None => (None, Write::Replace),
    }
}
