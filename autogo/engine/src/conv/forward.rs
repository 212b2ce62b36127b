//! The forward pass.

use super::Conv;
use super::run::{GatherJob, gather};
use crate::error::{at_least, length, units};
use crate::input::Input;
use crate::norm::Moments;
use crate::{Error, Write};

/// Buffers of a forward pass over some images.
#[derive(Debug)]
pub struct Forward<'a> {
    /// The images, with or without a batch norm that is applied while they are read.
    pub input: Input<'a>,
    /// The weights as [`Conv::pack`] packs them.
    pub packed: &'a [f32],
    /// A summand for every output channel.
    pub bias: Option<&'a [f32]>,
    /// Receives the output.
    pub output: &'a mut [f32],
    /// Receives the statistics of the output, for a batch norm that follows.
    pub moments: Option<&'a mut Moments>,
    /// [`Conv::scratch_len`] floats.
    pub scratch: &'a mut [f32],
}

impl Conv {
    /// Convolves some images. The number of images is that of the buffers.
    ///
    /// O(images · [`Conv::multiply_adds`]).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn forward(&self, job: Forward<'_>) -> Result<(), Error> {
        length("packed", job.packed.len(), self.packed_len())?;
        run(
            self,
            &self.forward,
            &job.packed[..self.forward.packed],
            job.input,
            job.bias,
            job.output,
            job.moments,
            job.scratch,
        )
    }
}

/// A gather with bias and statistics: the forward pass of a convolution and of a transposed one.
#[allow(clippy::too_many_arguments)] // the fields of `Forward`, with the plan in front
pub(super) fn run(
    conv: &Conv,
    plan: &super::Gather,
    packed: &[f32],
    input: Input<'_>,
    bias: Option<&[f32]>,
    output: &mut [f32],
    mut moments: Option<&mut Moments>,
    scratch: &mut [f32],
) -> Result<(), Error> {
    let (source, target) = (plan.source.elements(), plan.target.elements());
    let images = units("input", input.data.len(), source)?;
    length("output", output.len(), images * target)?;
    at_least("scratch", scratch.len(), conv.scratch)?;
    if let Some(bias) = bias {
        length("bias", bias.len(), plan.target.c)?;
    }
    if let Some(map) = input.map {
        map.check(plan.source.c)?;
    }
    if let Some(moments) = &moments {
        length("moments", moments.mean().len(), plan.target.c)?;
    }
    for from in (0..images).step_by(conv.images) {
        let to = (from + conv.images).min(images);
        let target = &mut output[from * target..to * target];
        let source = input.part(from * source, to * source);
        let job = GatherJob { source, packed, bias, target, write: Write::Replace, scratch };
        gather(&conv.engine, plan, to - from, job);
        if let Some(moments) = &mut moments {
            moments.add(&conv.engine, target)?;
        }
    }
    Ok(())
}
