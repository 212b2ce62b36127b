//! The layer that turns a view into a picture of its own: none, a channel shuffle, depth to space or space to depth.

use super::view::{Axis, Dim, Part, is_whole, whole};
use crate::formats::onnx::model::{Kind, Shape};
use crate::graph::ChannelOrder;

/// The layers between a view and the picture that it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Layout {
    /// The view shows the layer's own picture.
    Same,
    /// Channels of several groups take turns.
    Shuffle { groups: u32 },
    /// Channels become pixels.
    DepthToSpace { block: (u32, u32), order: ChannelOrder },
    /// Pixels become channels.
    SpaceToDepth { block: (u32, u32), order: ChannelOrder },
}

impl Layout {
    /// The operation, if there is one to do.
    pub(crate) fn kind(self) -> Option<Kind> {
        match self {
            Layout::Same => None,
            Layout::Shuffle { groups } => Some(Kind::ChannelShuffle { groups }),
            Layout::DepthToSpace { block, order } => Some(Kind::DepthToSpace { block, order }),
            Layout::SpaceToDepth { block, order } => Some(Kind::SpaceToDepth { block, order }),
        }
    }

    /// The operation that makes a picture of the channels `c`, rows `h` and columns `w` of a view on a picture of this
    /// shape; `None` when no single operation does.
    pub(crate) fn of(c: &Dim, h: &Dim, w: &Dim, shape: Shape) -> Option<Layout> {
        let has_pixels = is_whole(h, Axis::Height, shape.h.into()) && is_whole(w, Axis::Width, shape.w.into());
        if has_pixels && is_whole(c, Axis::Channel, shape.c.into()) {
            return Some(Layout::Same);
        }
        if has_pixels {
            return shuffle(c, shape);
        }
        depth_to_space(c, h, w, shape).or_else(|| space_to_depth(c, h, w, shape))
    }
}

fn small(size: u64) -> Option<u32> {
    u32::try_from(size).ok()
}

/// Channels seen as (position in the group, group).
fn shuffle(c: &Dim, shape: Shape) -> Option<Layout> {
    match c[..] {
        [inner, outer]
            if inner.axis == Axis::Channel
                && outer.axis == Axis::Channel
                && inner.stride == 1
                && outer.stride == inner.size
                && inner.size * outer.size == u64::from(shape.c) =>
        {
            Some(Layout::Shuffle { groups: small(outer.size)? })
        }
        _ => None,
    }
}

/// The part of `dim` that follows the whole of an axis: nothing, or one part of the channels.
fn appended(dim: &Dim, axis: Axis, size: u32) -> Option<Option<Part>> {
    match dim.strip_prefix(whole(axis, size.into()).as_slice())? {
        [] => Some(None),
        [part] if part.axis == Axis::Channel => Some(Some(*part)),
        _ => None,
    }
}

fn depth_to_space(c: &Dim, h: &Dim, w: &Dim, shape: Shape) -> Option<Layout> {
    let (row, column) = (appended(h, Axis::Height, shape.h)?, appended(w, Axis::Width, shape.w)?);
    let (high, wide) = (row.map_or(1, |part| part.size), column.map_or(1, |part| part.size));
    let depth =
        u64::from(shape.c).checked_div(high * wide).filter(|depth| depth * high * wide == u64::from(shape.c))?;
    let is = |part: Option<Part>, stride: u64| part.is_none_or(|part| part.stride == stride);
    let channels = |stride: u64| {
        let part = Part { axis: Axis::Channel, size: depth, stride };
        if depth == 1 { c.is_empty() } else { c[..] == [part] }
    };
    let block = (small(high)?, small(wide)?);
    if is(row, wide) && is(column, 1) && channels(high * wide) {
        return Some(Layout::DepthToSpace { block, order: ChannelOrder::ChannelFirst });
    }
    if is(row, wide * depth) && is(column, depth) && channels(1) {
        return Some(Layout::DepthToSpace { block, order: ChannelOrder::BlockFirst });
    }
    None
}

/// The number of pixels along an axis that become one, when `dim` is the slow part of the axis.
fn divided(dim: &Dim, axis: Axis, size: u32) -> Option<u64> {
    match dim[..] {
        [] => Some(size.into()),
        [part] if part.axis == axis && part.size * part.stride == u64::from(size) => Some(part.stride),
        _ => None,
    }
}

fn space_to_depth(c: &Dim, h: &Dim, w: &Dim, shape: Shape) -> Option<Layout> {
    let (high, wide) = (divided(h, Axis::Height, shape.h)?, divided(w, Axis::Width, shape.w)?);
    let (row, column) = (whole(Axis::Height, high), whole(Axis::Width, wide));
    let channels = whole(Axis::Channel, shape.c.into());
    let block = (small(high)?, small(wide)?);
    if *c == [&channels[..], &row[..], &column[..]].concat() {
        return Some(Layout::SpaceToDepth { block, order: ChannelOrder::ChannelFirst });
    }
    if *c == [&row[..], &column[..], &channels[..]].concat() {
        return Some(Layout::SpaceToDepth { block, order: ChannelOrder::BlockFirst });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::view::View;
    use super::*;

    fn layout(shape: Shape, split: &[u64], perm: &[usize], joined: &[u64]) -> Option<Layout> {
        let view = View::picture(0, shape, 1).reshaped(split)?.transposed(perm).reshaped(joined)?;
        Layout::of(&view.dims[1], &view.dims[2], &view.dims[3], shape)
    }

    #[test]
    fn reshape_transpose_reshape_is_what_it_does() {
        let shape = Shape { h: 5, w: 7, c: 12 };
        let found = layout(shape, &[1, 3, 4, 5, 7], &[0, 2, 1, 3, 4], &[1, 12, 5, 7]);
        assert_eq!(found, Some(Layout::Shuffle { groups: 3 }));
        let found = layout(shape, &[1, 2, 2, 3, 5, 7], &[0, 3, 4, 1, 5, 2], &[1, 3, 10, 14]);
        assert_eq!(found, Some(Layout::DepthToSpace { block: (2, 2), order: ChannelOrder::BlockFirst }));
        let found = layout(shape, &[1, 3, 2, 2, 5, 7], &[0, 1, 4, 2, 5, 3], &[1, 3, 10, 14]);
        assert_eq!(found, Some(Layout::DepthToSpace { block: (2, 2), order: ChannelOrder::ChannelFirst }));
        // Row and column of the block the wrong way round.
        assert_eq!(layout(shape, &[1, 3, 2, 2, 5, 7], &[0, 1, 4, 3, 5, 2], &[1, 3, 10, 14]), None);
        let shape = Shape { h: 4, w: 6, c: 3 };
        let found = layout(shape, &[1, 3, 2, 2, 3, 2], &[0, 3, 5, 1, 2, 4], &[1, 12, 2, 3]);
        assert_eq!(found, Some(Layout::SpaceToDepth { block: (2, 2), order: ChannelOrder::BlockFirst }));
        let found = layout(shape, &[1, 3, 2, 2, 3, 2], &[0, 1, 3, 5, 2, 4], &[1, 12, 2, 3]);
        assert_eq!(found, Some(Layout::SpaceToDepth { block: (2, 2), order: ChannelOrder::ChannelFirst }));
        assert_eq!(layout(shape, &[1, 3, 4, 6], &[0, 1, 3, 2], &[1, 3, 6, 4]), None);
    }

    #[test]
    fn vectors_become_pictures_and_pictures_vectors() {
        let vector = Shape { h: 1, w: 1, c: 48 };
        let found = layout(vector, &[1, 48, 1, 1], &[0, 1, 2, 3], &[1, 3, 4, 4]);
        assert_eq!(found, Some(Layout::DepthToSpace { block: (4, 4), order: ChannelOrder::ChannelFirst }));
        let picture = Shape { h: 4, w: 4, c: 3 };
        let found = layout(picture, &[1, 3, 4, 4], &[0, 1, 2, 3], &[1, 48, 1, 1]);
        assert_eq!(found, Some(Layout::SpaceToDepth { block: (4, 4), order: ChannelOrder::ChannelFirst }));
        let found = layout(picture, &[1, 3, 4, 4], &[0, 2, 3, 1], &[1, 48, 1, 1]);
        assert_eq!(found, Some(Layout::SpaceToDepth { block: (4, 4), order: ChannelOrder::BlockFirst }));
    }
}
