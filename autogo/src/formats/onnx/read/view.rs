//! Views: the ways in which tensors of the file see a picture. A layer makes a channels-first picture; Transpose,
//! Reshape, Flatten, Squeeze and Unsqueeze only look at it differently. A view says for every axis of the tensor which
//! parts of the picture's axes it runs over, so that layouts need no pattern: a view whose axes are whole again is the
//! picture itself.

use crate::formats::onnx::model::Shape;
use std::sync::Arc;

/// An axis of a batch of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Axis {
    Batch,
    Channel,
    Height,
    Width,
}

/// A factor of an axis: `size` steps of `stride` elements along it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    pub(crate) axis: Axis,
    pub(crate) size: u64,
    pub(crate) stride: u64,
}

/// The parts that one axis of a tensor runs over, the slowest part first. No part is a size of 1.
pub(crate) type Dim = Vec<Part>;

/// A tensor of the file: a layer's result and how it is seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// The layer.
    pub(crate) layer: usize,
    /// One an axis; shared, for most layers are seen as the one before them.
    pub(crate) dims: Arc<[Dim]>,
}

/// The whole of an axis.
pub(crate) fn whole(axis: Axis, size: u64) -> Dim {
    if size == 1 { Vec::new() } else { vec![Part { axis, size, stride: 1 }] }
}

/// Whether an axis of a tensor is the whole of a picture's axis: what [`whole`] makes.
pub(crate) fn is_whole(dim: &Dim, axis: Axis, size: u64) -> bool {
    match dim[..] {
        [] => size == 1,
        [part] => size != 1 && part == Part { axis, size, stride: 1 },
        _ => false,
    }
}

/// Number of elements along an axis of a tensor.
pub(crate) fn size(dim: &Dim) -> u64 {
    dim.iter().map(|part| part.size).product()
}

/// Joins neighbouring parts that are one part of their axis.
fn joined(parts: impl IntoIterator<Item = Part>) -> Dim {
    let mut dim: Dim = Vec::new();
    for part in parts.into_iter().filter(|part| part.size != 1) {
        match dim.last_mut() {
            Some(last) if last.axis == part.axis && last.stride == part.size * part.stride => {
                *last = Part { axis: part.axis, size: last.size * part.size, stride: part.stride };
            }
            _ => dim.push(part),
        }
    }
    dim
}

impl View {
    /// A layer's result, seen this way.
    pub(crate) fn new(layer: usize, dims: impl Into<Arc<[Dim]>>) -> Self {
        View { layer, dims: dims.into() }
    }

    /// A channels-first picture: batch, channels, height, width.
    pub(crate) fn picture(layer: usize, shape: Shape, batch: u64) -> Self {
        let dims = [
            whole(Axis::Batch, batch),
            whole(Axis::Channel, shape.c.into()),
            whole(Axis::Height, shape.h.into()),
            whole(Axis::Width, shape.w.into()),
        ];
        View::new(layer, dims)
    }

    /// The sizes of the tensor.
    pub(crate) fn sizes(&self) -> Vec<u64> {
        self.dims.iter().map(size).collect()
    }

    /// Another layer's result, seen the same way.
    pub(crate) fn with(&self, layer: usize) -> View {
        View { layer, dims: self.dims.clone() }
    }

    /// The axes in another order.
    pub(crate) fn transposed(&self, perm: &[usize]) -> View {
        View::new(self.layer, perm.iter().filter_map(|&axis| self.dims.get(axis).cloned()).collect::<Vec<_>>())
    }

    /// The same elements in the same order under other sizes; `None` when a part would have to be cut where it has no
    /// factor.
    pub(crate) fn reshaped(&self, sizes: &[u64]) -> Option<View> {
        let mut parts = self.dims.iter().flatten().copied();
        let mut rest: Option<Part> = None;
        let mut dims = Vec::with_capacity(sizes.len());
        for &wanted in sizes {
            let (mut dim, mut open) = (Vec::new(), wanted);
            while open > 1 {
                let part = rest.take().or_else(|| parts.next())?;
                if open % part.size == 0 {
                    open /= part.size;
                    dim.push(part);
                } else if part.size % open == 0 {
                    let inner = part.size / open;
                    dim.push(Part { size: open, stride: part.stride * inner, ..part });
                    rest = Some(Part { size: inner, ..part });
                    open = 1;
                } else {
                    return None;
                }
            }
            if open == 0 {
                return None;
            }
            dims.push(joined(dim));
        }
        if rest.or_else(|| parts.next()).is_some() { None } else { Some(View::new(self.layer, dims)) }
    }

    /// The axes of the tensor that are channels, height and width, when each is whole: channels-first where sizes of 1
    /// leave a choice. The picture's shape is the view's own.
    pub(crate) fn roles(&self, shape: Shape, batch: u64) -> Option<Roles> {
        let mut roles = [None; 4];
        let axes = [
            (Axis::Batch, batch),
            (Axis::Channel, shape.c.into()),
            (Axis::Height, shape.h.into()),
            (Axis::Width, shape.w.into()),
        ];
        for (slot, (axis, size)) in axes.into_iter().enumerate().filter(|(_, (_, size))| *size > 1) {
            roles[slot] = Some(self.dims.iter().position(|dim| is_whole(dim, axis, size))?);
        }
        // Sizes of 1 take what is left, in order.
        for slot in 0..4 {
            if roles[slot].is_none() {
                roles[slot] = (0..self.dims.len()).find(|at| !roles.contains(&Some(*at)) && self.dims[*at].is_empty());
            }
        }
        Some(Roles { channel: roles[1], height: roles[2], width: roles[3], batch: roles[0] })
    }
}

/// The axes of a tensor that are a picture's axes; an axis that the tensor does not have is a size of 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Roles {
    pub(crate) batch: Option<usize>,
    pub(crate) channel: Option<usize>,
    pub(crate) height: Option<usize>,
    pub(crate) width: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { h: 4, w: 6, c: 12 };

    #[test]
    fn a_detour_ends_where_it_began() {
        let view = View::picture(0, SHAPE, 1);
        assert_eq!(view.sizes(), [1, 12, 4, 6]);
        let last = view.transposed(&[0, 2, 3, 1]);
        assert_eq!(last.sizes(), [1, 4, 6, 12]);
        assert_eq!(last.transposed(&[0, 3, 1, 2]), view);
        let split = view.reshaped(&[1, 3, 4, 4, 6]).unwrap();
        assert_eq!(split.sizes(), [1, 3, 4, 4, 6]);
        assert_eq!(split.reshaped(&[1, 12, 24]).unwrap().reshaped(&[1, 12, 4, 6]).unwrap(), view);
        // A shuffled view is not the picture.
        let mixed = split.transposed(&[0, 2, 1, 3, 4]).reshaped(&[1, 12, 4, 6]).unwrap();
        assert_ne!(mixed, view);
        assert_eq!(mixed.dims[1].len(), 2);
    }

    #[test]
    fn parts_are_not_cut_across() {
        let view = View::picture(0, Shape { h: 2, w: 3, c: 1 }, 1);
        assert_eq!(view.reshaped(&[3, 2]), None);
        assert_eq!(view.reshaped(&[6]).map(|flat| flat.sizes()), Some(vec![6]));
        assert_eq!(view.reshaped(&[5]), None);
        assert_eq!(view.reshaped(&[0]), None);
    }

    #[test]
    fn roles_follow_the_axes() {
        let view = View::picture(0, SHAPE, 1).transposed(&[0, 2, 3, 1]);
        let roles = view.roles(SHAPE, 1).unwrap();
        assert_eq!((roles.channel, roles.height, roles.width), (Some(3), Some(1), Some(2)));
        let vector = Shape { h: 1, w: 1, c: 12 };
        let flat = View::picture(0, vector, 1).reshaped(&[1, 12]).unwrap();
        let roles = flat.roles(vector, 1).unwrap();
        assert_eq!((roles.channel, roles.height), (Some(1), None));
        assert_eq!(View::picture(0, SHAPE, 1).reshaped(&[1, 288]).unwrap().roles(SHAPE, 1), None);
    }
}
