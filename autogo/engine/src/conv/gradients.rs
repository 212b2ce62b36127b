//! The gradients of input and weights.

use super::run::{GatherJob, SumsJob, gather, sums};
use super::{Conv, Gather};
use crate::error::{at_least, length, units};
use crate::input::{Clip, Input};
use crate::norm::{Folded, NormGradient};
use crate::{Error, Write};

/// A batch norm behind a convolution, whose gradient is computed right before the convolution's own.
#[derive(Clone, Copy, Debug)]
pub struct NormBackward<'a> {
    /// The convolution's output: the norm's input.
    pub output: &'a [f32],
    /// The folded norm.
    pub folded: &'a Folded,
    /// The activation behind the norm.
    pub clip: Clip,
    /// The norm's gradient.
    pub gradient: &'a NormGradient,
}

/// Buffers of a whole backward pass over some images.
#[derive(Debug)]
pub struct Backward<'a> {
    /// The input of the forward pass.
    pub input: Input<'a>,
    /// The weights as [`Conv::pack`] packs them.
    pub packed: &'a [f32],
    /// The gradient of the output, or, with a norm, of the activation behind the norm: then it is overwritten with the
    /// gradient of the output.
    pub output_gradient: &'a mut [f32],
    /// The norm behind the convolution.
    pub norm: Option<NormBackward<'a>>,
    /// Receives the input's gradient; `None` for a network's first layer.
    pub input_gradient: Option<(&'a mut [f32], Write)>,
    /// The weight gradient is added here.
    pub weight_gradient: &'a mut [f32],
    /// [`Conv::scratch_len`] floats.
    pub scratch: &'a mut [f32],
}

impl Conv {
    /// Writes the gradient of the input. O(images · [`Conv::multiply_adds`]).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn data_gradient(
        &self,
        packed: &[f32],
        output_gradient: &[f32],
        input_gradient: &mut [f32],
        write: Write,
        scratch: &mut [f32],
    ) -> Result<(), Error> {
        length("packed", packed.len(), self.packed_len())?;
        let packed = &packed[self.forward.packed..];
        data(self, &self.backward, packed, output_gradient, input_gradient, write, scratch)
    }

    /// Adds the gradient of the weights. O(images · [`Conv::multiply_adds`]).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn weight_gradient(
        &self,
        input: Input<'_>,
        output_gradient: &[f32],
        weight_gradient: &mut [f32],
        scratch: &mut [f32],
    ) -> Result<(), Error> {
        weights(self, input, Input::plain(output_gradient), weight_gradient, scratch)
    }

    /// Both gradients, group of images by group of images, with the gradient of a norm right before them.
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn backward(&self, job: Backward<'_>) -> Result<(), Error> {
        let Backward { input, packed, output_gradient, norm, mut input_gradient, weight_gradient, scratch } = job;
        let (source, target) = (self.geometry.input.elements(), self.output.elements());
        let images = units("output gradient", output_gradient.len(), target)?;
        length("input", input.data.len(), images * source)?;
        if let Some((gradient, _)) = &input_gradient {
            length("input gradient", gradient.len(), images * source)?;
        }
        if let Some(norm) = &norm {
            length("output", norm.output.len(), images * target)?;
        }
        for from in (0..images).step_by(self.images) {
            let to = (from + self.images).min(images);
            let gradient = &mut output_gradient[from * target..to * target];
            if let Some(norm) = &norm {
                let output = &norm.output[from * target..to * target];
                crate::norm::backward(&self.engine, output, norm.folded, norm.clip, norm.gradient, gradient)?;
            }
            self.weight_gradient(input.part(from * source, to * source), gradient, weight_gradient, scratch)?;
            if let Some((whole, write)) = &mut input_gradient {
                let part = &mut whole[from * source..to * source];
                self.data_gradient(packed, gradient, part, *write, scratch)?;
            }
        }
        Ok(())
    }
}

/// A gather of a gradient.
pub(super) fn data(
    conv: &Conv,
    plan: &Gather,
    packed: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
    write: Write,
    scratch: &mut [f32],
) -> Result<(), Error> {
    let (source, target) = (plan.source.elements(), plan.target.elements());
    let images = units("output gradient", output_gradient.len(), source)?;
    length("input gradient", input_gradient.len(), images * target)?;
    at_least("scratch", scratch.len(), conv.scratch)?;
    for from in (0..images).step_by(conv.images) {
        let to = (from + conv.images).min(images);
        let source = Input::plain(&output_gradient[from * source..to * source]);
        let target = &mut input_gradient[from * target..to * target];
        gather(&conv.engine, plan, to - from, GatherJob { source, packed, bias: None, target, write, scratch });
    }
    Ok(())
}

/// The weight sums of a convolution. A transposed convolution swaps the roles: its output's gradient is the `input`
/// here.
pub(super) fn weights(
    conv: &Conv,
    input: Input<'_>,
    gradient: Input<'_>,
    weight_gradient: &mut [f32],
    scratch: &mut [f32],
) -> Result<(), Error> {
    let plan = &conv.forward;
    let (source, target) = (plan.source.elements(), plan.target.elements());
    let images = units("input", input.data.len(), source)?;
    length("output gradient", gradient.data.len(), images * target)?;
    length("weight gradient", weight_gradient.len(), conv.weights_len())?;
    at_least("scratch", scratch.len(), conv.scratch)?;
    for (map, channels) in [(input.map, plan.source.c), (gradient.map, plan.target.c)] {
        if let Some(map) = map {
            map.check(channels)?;
        }
    }
    let block = conv.direct.vectors * conv.engine.width().lanes();
    let direct = gradient.map.is_none() && plan.lanes.is_multiple_of(block);
    let tile = if direct { conv.direct } else { conv.copied };
    for from in (0..images).step_by(conv.images) {
        let to = (from + conv.images).min(images);
        let source = input.part(from * source, to * source);
        let gradient = gradient.part(from * target, to * target);
        let job = SumsJob { source, gradient, target: weight_gradient, scratch };
        sums(&conv.engine, plan, tile, to - from, job);
    }
    Ok(())
}
