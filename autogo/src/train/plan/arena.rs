//! One piece of memory for all tensors of a step, planned once.

use crate::error::TrainError;
use autogo_engine::Buffer;
use std::ops::Range;

/// Tensors begin at multiples of `LINE` floats.
const LINE: usize = 16;

/// A tensor of a step: floats of one image, and the times of its first and its last use.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    /// Floats of one image.
    pub floats: usize,
    /// The time at which the tensor is first written.
    pub first: usize,
    /// The time at which the tensor is last read.
    pub last: usize,
}

/// The place of every tensor. Tensors that are never alive at the same time may share their place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    offsets: Vec<usize>,
    floats: Vec<usize>,
    /// Floats of the whole arena.
    pub len: usize,
}

impl Places {
    /// Finds a place for every tensor of a batch of `images`: large tensors first, each at the lowest free place.
    /// O(tensors²).
    pub fn find(tensors: &[Tensor], images: usize) -> Places {
        let mut order: Vec<usize> = (0..tensors.len()).collect();
        order.sort_by_key(|&tensor| (std::cmp::Reverse(tensors[tensor].floats), tensor));
        let size = |tensor: usize| (tensors[tensor].floats * images).next_multiple_of(LINE);
        let mut offsets = vec![0; tensors.len()];
        let mut placed: Vec<usize> = Vec::new(); // by ascending offset
        let mut len = 0;
        for tensor in order {
            let Tensor { first, last, .. } = tensors[tensor];
            let mut offset = 0;
            for &other in &placed {
                let is_apart = tensors[other].last < first || last < tensors[other].first;
                if is_apart || offsets[other] + size(other) <= offset {
                    continue;
                }
                if offset + size(tensor) <= offsets[other] {
                    break;
                }
                offset = offsets[other] + size(other);
            }
            offsets[tensor] = offset;
            len = len.max(offset + size(tensor));
            let at = placed.partition_point(|&other| offsets[other] <= offset);
            placed.insert(at, tensor);
        }
        Places { offsets, floats: tensors.iter().map(|tensor| tensor.floats).collect(), len }
    }

    /// The floats of the first images of a tensor.
    pub fn range(&self, tensor: usize, images: usize) -> Range<usize> {
        self.offsets[tensor]..self.offsets[tensor] + self.floats[tensor] * images
    }
}

/// The memory of a plan's tensors.
#[derive(Clone, Debug)]
pub(crate) struct Arena {
    places: Places,
    floats: Buffer,
    /// Images of the batch that is being computed.
    pub images: usize,
}

impl Arena {
    /// Memory for tensors at these places.
    pub fn new(places: Places) -> Arena {
        let floats = Buffer::zeros(places.len);
        Arena { places, floats, images: 0 }
    }

    /// A tensor.
    pub fn get(&self, tensor: usize) -> &[f32] {
        &self.floats[self.places.range(tensor, self.images)]
    }

    /// A tensor, to be written.
    pub fn get_mut(&mut self, tensor: usize) -> &mut [f32] {
        let range = self.places.range(tensor, self.images);
        &mut self.floats[range]
    }

    /// Several different tensors at once; nothing where a tensor is `None`.
    ///
    /// # Errors
    /// Two of the tensors share their place: a fault of the plan.
    pub fn views<const N: usize>(&mut self, tensors: [Option<usize>; N]) -> Result<[&mut [f32]; N], TrainError> {
        let (places, images) = (&self.places, self.images);
        let ranges = tensors.map(|tensor| tensor.map_or(0..0, |tensor| places.range(tensor, images)));
        self.floats
            .get_disjoint_mut(ranges)
            .map_err(|error| TrainError::Node { node: "arena".into(), reason: format!("tensors {tensors:?}: {error}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tensors_that_live_together_lie_apart(parts in prop::collection::vec((1usize..40, 0usize..30, 0usize..12), 1..40)) {
            let tensors: Vec<Tensor> =
                parts.iter().map(|&(floats, first, more)| Tensor { floats, first, last: first + more }).collect();
            let places = Places::find(&tensors, 3);
            for (a, one) in tensors.iter().enumerate() {
                for (b, two) in tensors.iter().enumerate().take(a) {
                    let (x, y) = (places.range(a, 3), places.range(b, 3));
                    let meet = x.start < y.end && y.start < x.end;
                    prop_assert!(!meet || one.last < two.first || two.last < one.first);
                }
            }
            let whole: usize = tensors.iter().map(|tensor| (3 * tensor.floats).next_multiple_of(16)).sum();
            prop_assert!(places.len <= whole);
        }
    }
}
