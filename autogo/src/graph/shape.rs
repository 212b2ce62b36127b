//! Tensor shapes: height, width, channels. The batch is not part of a graph.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A feature map's height, width and channels (NHWC without the batch). A vector of features is `1×1×c`.
///
/// ```
/// use autogo::graph::Shape;
/// let picture = Shape::new(32, 48, 3);
/// assert_eq!((picture.h, picture.w, picture.c, picture.elements()), (32, 48, 3, 4_608));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Height in pixels.
    pub h: u32,
    /// Width in pixels.
    pub w: u32,
    /// Channels.
    pub c: u32,
}

impl Shape {
    /// The largest size of one dimension. It keeps every count of a layer inside 128 bits.
    pub const LIMIT: u32 = 1 << 20;

    /// A shape from height, width and channels.
    ///
    /// ```
    /// use autogo::graph::Shape;
    /// assert_eq!(Shape::new(32, 32, 3).to_string(), "32×32×3");
    /// ```
    pub const fn new(h: u32, w: u32, c: u32) -> Self {
        Shape { h, w, c }
    }

    /// The shape of these sizes, or a sentence without a subject about one that is too small or too large.
    pub(crate) fn checked(h: u64, w: u64, c: u64) -> Result<Shape, String> {
        let size = |value: u64| u32::try_from(value).ok().filter(|size| (1..=Self::LIMIT).contains(size));
        match (size(h), size(w), size(c)) {
            (Some(h), Some(w), Some(c)) => Ok(Shape { h, w, c }),
            _ => Err(format!("makes {h}×{w}×{c}; every dimension must be 1 to {}", Self::LIMIT)),
        }
    }

    /// Number of elements.
    pub const fn elements(self) -> u64 {
        self.h as u64 * self.w as u64 * self.c as u64
    }

    /// Whether every dimension is between 1 and [`Shape::LIMIT`].
    pub const fn is_valid(self) -> bool {
        self.h >= 1
            && self.h <= Self::LIMIT
            && self.w >= 1
            && self.w <= Self::LIMIT
            && self.c >= 1
            && self.c <= Self::LIMIT
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}×{}", self.h, self.w, self.c)
    }
}
