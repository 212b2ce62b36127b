//! From the loss back, one step and one piece of a batch at a time, to every weight's gradient.

use super::piece::{Piece, Shared};
use super::plan::Give;
use super::plan::kernel::{Kernel, refused};
use crate::error::TrainError;
use autogo_engine as engine;
use autogo_engine::{Backward, Channels, Combine, Input, NormBackward, PoolKind, Reads, Write};

impl Piece {
    /// Computes one step of the backward pass.
    pub(super) fn step_backward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        match &step.kernel {
            Kernel::Conv(_) => self.conv_backward(at, index),
            Kernel::Transpose(_) => self.transpose_backward(at, index),
            Kernel::Map(_) => self.map_backward(at, index),
            Kernel::Sum => self.sum_backward(at, index),
            Kernel::Concat => self.concat_backward(at, index),
            Kernel::Product => self.product_backward(at, index),
            Kernel::PRelu => self.prelu_backward(at, index),
            Kernel::ChannelAffine(scale, shift) => self.affine_backward(at, index, *scale, *shift),
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
            | Kernel::Resize(_) => self.move_backward(at, index),
        }
    }

    /// Kernels of one operand without weights.
    fn move_backward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
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

    fn conv_backward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
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
            packed: &at.packed[step.packed..][..conv.packed_len()],
            output_gradient: &mut *dy,
            norm,
            input_gradient: to.map(|_| (dx, write)),
            weight_gradient: &mut self.gradient[at.plan.parameters.range(parameter)],
            scratch: &mut self.scratch,
        });
        let done = done.and_then(|()| match step.bias {
            true => engine::channel_sums(engine, dy, &mut self.gradient[at.plan.parameters.range(parameter + 1)]),
            false => Ok(()),
        });
        done.map_err(|error| refused(&step.node, &error))
    }

    fn transpose_backward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
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
        let weights = &mut self.gradient[at.plan.parameters.range(parameter)];
        conv.weight_gradient(input, dy, weights, &mut self.scratch).map_err(failed)?;
        if step.bias {
            let bias = &mut self.gradient[at.plan.parameters.range(parameter + 1)];
            engine::channel_sums(engine, dy, bias).map_err(failed)?;
        }
        if to.is_some() {
            let packed = &at.packed[step.packed..][..conv.packed_len()];
            conv.data_gradient(packed, dy, dx, write, &mut self.scratch).map_err(failed)?;
        }
        Ok(())
    }

    /// Takes the sums that the gradient of a batch norm needs.
    pub(super) fn add_sums(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let (Kernel::Map(clip), Some(map), Some(source)) = (&step.kernel, step.map, step.reads.first()) else {
            return Ok(());
        };
        let [x, dy] = self.arena.views([Some(source.tensor), step.gradient])?;
        let mut sums = at.board.sums[map][self.number].open();
        sums.reset();
        let done = sums.add(&at.plan.engine, x, dy, &self.folded[map], *clip);
        done.map_err(|error| refused(&step.node, &error))
    }

    /// A batch norm with its activation, or an activation alone: its gradient takes the place of the result's gradient.
    fn map_backward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
        let (Kernel::Map(clip), Some(map), Some(source)) = (&step.kernel, step.map, step.reads.first()) else {
            return Ok(());
        };
        let failed = |error: engine::Error| refused(&step.node, &error);
        let (to, write) = target(step.gives.first());
        let [x, dy, dx] = self.arena.views([Some(source.tensor), step.gradient, to])?;
        let folded = &self.folded[map];
        if let (true, Some(parameter)) = (step.norm, step.parameter) {
            let whole = &mut self.sums[map];
            whole.reset();
            for piece in &at.board.sums[map][..at.pieces] {
                whole.merge(&piece.open()).map_err(failed)?;
            }
            if self.number == 0 {
                let (gamma, beta) = (at.plan.parameters.range(parameter), at.plan.parameters.range(parameter + 1));
                // The scale's line ends before the shift's begins.
                let (before, after) = self.gradient.split_at_mut(beta.start);
                whole.parameters(folded, &mut before[gamma], &mut after[..beta.len()]).map_err(failed)?;
            }
            self.norms[map].batch(whole, folded).map_err(failed)?;
        }
        if step.left || matches!(step.gives.first(), Some(Give::Nothing) | None) {
            return Ok(());
        }
        engine::norm::backward(engine, x, folded, *clip, &self.norms[map], dy).map_err(failed)?;
        if to.is_some() { engine::copy(engine, dy, dx, write).map_err(failed) } else { Ok(()) }
    }

    fn sum_backward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
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

    fn concat_backward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let mut channel = 0;
        for (source, give) in step.reads.iter().zip(&step.gives) {
            let (count, from) = (source.shape.c, Channels { first: channel, of: step.output.c });
            channel += count;
            let Give::To(to, write) = *give else { continue };
            let [dy, dx] = self.arena.views([step.gradient, Some(to)])?;
            engine::copy_channels(&at.plan.engine, dy, from, dx, Channels::all(count), count, write)
                .map_err(|error| refused(&step.node, &error))?;
        }
        Ok(())
    }

    fn product_backward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
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
    fn affine_backward(&mut self, at: &Shared<'_>, index: usize, scale: bool, shift: bool) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
        let failed = |error: engine::Error| refused(&step.node, &error);
        let (to, write) = target(step.gives.first());
        let x = step.reads.first().map(|source| source.tensor).filter(|_| scale);
        let [x, dy, dx] = self.arena.views([x, step.gradient, to])?;
        let (channels, pixels) = (step.output.c, dy.len() / step.output.c);
        let range = |part: bool| {
            step.parameter.map_or(0..0, |parameter| at.plan.parameters.range(parameter + usize::from(part)))
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
                let factors = &at.weights[range(false)];
                engine::scale_channels(engine, dy, factors, pixels, channels, dx, write).map_err(failed)
            }
        }
    }

    fn prelu_backward(&mut self, at: &Shared<'_>, index: usize) -> Result<(), TrainError> {
        let step = &at.plan.steps[index];
        let engine = &at.plan.engine;
        let (Some(source), Some(parameter)) = (step.reads.first(), step.parameter) else { return Ok(()) };
        let range = at.plan.parameters.range(parameter);
        let (slopes, slope_gradient) = (&at.weights[range.clone()], &mut self.gradient[range]);
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
