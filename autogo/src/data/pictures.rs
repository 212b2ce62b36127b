//! Pictures with labels, as bytes.

use crate::error::Error;
use crate::graph::Shape;
use sha2::{Digest, Sha256};

/// Pictures of one shape, one byte a channel, and a label for every picture.
///
/// ```
/// use autogo::data::LabelledPictures;
/// use autogo::graph::Shape;
/// let picture = LabelledPictures { shape: Shape::new(2, 2, 1), bytes: vec![0, 10, 20, 30], labels: vec![7] };
/// let small = picture.shrunk((1, 1))?;
/// assert_eq!((small.bytes, small.labels), (vec![15], vec![7]));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledPictures {
    /// Shape of a picture.
    pub shape: Shape,
    /// `[picture][row][column][channel]`.
    pub bytes: Vec<u8>,
    /// The labels.
    pub labels: Vec<u32>,
}

impl LabelledPictures {
    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The first pictures.
    pub fn first(mut self, count: usize) -> LabelledPictures {
        self.labels.truncate(count);
        self.bytes.truncate(count.saturating_mul(self.shape.elements() as usize));
        self
    }

    /// SHA-256 of shape, labels and bytes, in hexadecimal: which pictures a result was computed with.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.shape.to_string());
        self.labels.iter().for_each(|label| hash.update(label.to_le_bytes()));
        hash.update(&self.bytes);
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Smaller pictures: every pixel is the rounded mean of a box of pixels.
    ///
    /// # Errors
    /// A size that does not divide the pictures'. O(bytes).
    pub fn shrunk(&self, size: (u32, u32)) -> Result<LabelledPictures, Error> {
        let Shape { h, w, c } = self.shape;
        if size.0 == 0 || size.1 == 0 || h % size.0 != 0 || w % size.1 != 0 {
            let reason = format!("{}×{} does not divide {h}×{w}", size.0, size.1);
            return Err(Error::setting("size of pictures", reason, "a divisor of height and width"));
        }
        let (down, right) = ((h / size.0) as usize, (w / size.1) as usize);
        let (w, c, area) = (w as usize, c as usize, (down * right) as u32);
        let shape = Shape::new(size.0, size.1, self.shape.c);
        let mut bytes = Vec::with_capacity(self.len() * shape.elements() as usize);
        for picture in self.bytes.chunks_exact(self.shape.elements() as usize) {
            for pixel in 0..(size.0 * size.1) as usize {
                let (row, column) = (pixel / size.1 as usize * down, pixel % size.1 as usize * right);
                for channel in 0..c {
                    let at = |i: usize| ((row + i / right) * w + column + i % right) * c + channel;
                    let sum: u32 = (0..down * right).map(|i| u32::from(picture[at(i)])).sum();
                    bytes.push(((sum + area / 2) / area) as u8);
                }
            }
        }
        Ok(LabelledPictures { shape, bytes, labels: self.labels.clone() })
    }
}
