//! Channels and pixels that change places, as reshapes around a transposition.

use super::{Shape, Writer, nchw};
use crate::graph::ChannelOrder;

impl Writer<'_> {
    /// `[n, c, h·b, w·d]` with the pixels of every rectangle as channels.
    pub(super) fn space_to_depth(
        &mut self,
        name: &str,
        inputs: Vec<String>,
        ((high, wide), order, first): ((u32, u32), ChannelOrder, Shape),
    ) -> String {
        let (h, w) = (first.h / high, first.w / wide);
        let perm = match order {
            ChannelOrder::ChannelFirst => [0, 1, 3, 5, 2, 4],
            ChannelOrder::BlockFirst => [0, 3, 5, 1, 2, 4],
        };
        let made = Shape::new(h, w, first.c * high * wide);
        self.moved(name, inputs, &[1, first.c, h, high, w, wide], &perm, made)
    }

    /// `[n, groups, c / groups, h, w]` with groups and their channels in turn.
    pub(super) fn channel_shuffle(&mut self, name: &str, inputs: Vec<String>, (groups, first): (u32, Shape)) -> String {
        self.moved(name, inputs, &[1, groups, first.c / groups, first.h, first.w], &[0, 2, 1, 3, 4], first)
    }

    fn moved(&mut self, name: &str, mut inputs: Vec<String>, apart: &[u32], perm: &[u32], made: Shape) -> String {
        let apart: Vec<i64> = apart.iter().map(|&size| i64::from(size)).collect();
        inputs.push(self.constant(format!("{name}.apart_shape"), &apart));
        let parts = self.push("Reshape", &format!("{name}.apart"), inputs, Vec::new());
        let turned = self.push("Transpose", &format!("{name}.turned"), vec![parts], vec![super::ints("perm", perm)]);
        let wanted = self.constant(format!("{name}.shape"), &nchw(made));
        self.push("Reshape", name, vec![turned, wanted], Vec::new())
    }
}
