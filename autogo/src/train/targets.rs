//! The targets that a network's outputs are compared with.

use super::piece::Loss;
use super::plan::Plan;
use crate::error::TrainError;
use autogo_engine::loss::{CrossEntropy, Places, Regression};

/// The targets that the outputs of a batch are compared with, and the loss.
#[derive(Clone, Copy, Debug)]
pub enum Targets<'a> {
    /// A class for every pixel of an output, whose channels are the classes' logits; softmax cross-entropy.
    Classes {
        /// `[image][row][column]`.
        labels: &'a [u32],
        /// This part of a label is spread over all classes.
        smoothing: f32,
        /// Pixels with this label have neither loss nor gradient.
        ignored: Option<u32>,
    },
    /// A value for every element of an output.
    Values {
        /// `[image][row][column][channel]`.
        wanted: &'a [f32],
        /// The loss of an element.
        loss: Regression,
    },
    /// Places in the picture; an output has a map for each of them.
    Places {
        /// `[image][point][row, column]`.
        wanted: &'a [f32],
        /// The loss of a coordinate.
        loss: Places,
    },
}

impl<'a> Targets<'a> {
    /// The mean loss over all that counts in a batch of `floats` floats.
    pub(super) fn loss(self, plan: &Plan, floats: usize) -> Result<Loss<'a>, TrainError> {
        let (input, output) = (plan.input.elements() as usize, plan.output);
        let (images, pixels) = (floats / input, (output.h * output.w) as usize);
        let (found, wanted) = match self {
            Targets::Classes { labels, .. } => (labels.len(), images * pixels),
            Targets::Values { wanted, .. } => (wanted.len(), images * pixels * output.c as usize),
            Targets::Places { wanted, loss } => (wanted.len(), images * 2 * loss.points),
        };
        if found != wanted || images == 0 || !floats.is_multiple_of(input) {
            return Err(TrainError::Batch { found: floats, labels: found, batch: plan.batch, floats: input });
        }
        let factor = |counted: usize| 1.0 / counted.max(1) as f32;
        Ok(match self {
            Targets::Classes { labels, smoothing, ignored } => {
                let counted = labels.iter().filter(|&&label| Some(label) != ignored).count();
                let loss = CrossEntropy { classes: output.c as usize, smoothing, ignored };
                Loss::Classes { loss, labels, factor: factor(counted) }
            }
            Targets::Values { wanted, loss } => Loss::Values { loss, wanted, factor: factor(wanted.len()) },
            Targets::Places { wanted, loss } => Loss::Places { loss, wanted, factor: factor(wanted.len()) },
        })
    }
}
