//! A picture in memory.

use crate::graph::Shape;

/// A picture, one byte a channel; one channel is grey, three are red, green and blue.
///
/// ```
/// use autogo::data::Picture;
/// use autogo::graph::Shape;
/// let grey = Picture { shape: Shape::new(2, 2, 1), bytes: vec![0, 10, 20, 30] };
/// assert_eq!(Picture::decode(&grey.png()?)?, grey);
/// let colour = grey.fitted(Shape::new(1, 1, 3))?;
/// assert_eq!(colour.bytes, [15, 15, 15]);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Height, width and channels.
    pub shape: Shape,
    /// `[row][column][channel]`.
    pub bytes: Vec<u8>,
}
