//! Shapes of pictures.

use std::fmt;

/// A picture's height, width and channels, without the batch. A vector is `1×1×c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Height in pixels.
    pub h: u32,
    /// Width in pixels.
    pub w: u32,
    /// Channels.
    pub c: u32,
}

impl Shape {
    /// The largest size of one dimension.
    pub const LIMIT: u32 = 1 << 20;

    /// The shape of these sizes, or a sentence about the one that is too small or too large.
    pub(crate) fn checked(h: u64, w: u64, c: u64) -> Result<Shape, String> {
        let size = |value: u64| u32::try_from(value).ok().filter(|size| (1..=Self::LIMIT).contains(size));
        match (size(h), size(w), size(c)) {
            (Some(h), Some(w), Some(c)) => Ok(Shape { h, w, c }),
            _ => Err(format!("makes {h}×{w}×{c}; every dimension must be 1 to {}", Self::LIMIT)),
        }
    }

    /// Number of elements.
    pub fn elements(self) -> u64 {
        u64::from(self.h) * u64::from(self.w) * u64::from(self.c)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}×{}", self.h, self.w, self.c)
    }
}
