//! The preparation of pictures for a network.

use crate::data::Picture;
use crate::error::Error;
use crate::graph::Shape;
use serde::{Deserialize, Serialize};

/// The preparation of pictures for a trained network, and the names of its classes: with a graph and weights, all that
/// a prediction needs.
///
/// A byte `b` of channel `c` is read as `(b − mean[c]) · factor[c]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    /// The task that the network has learned.
    pub task: String,
    /// Shape of a picture.
    pub shape: Shape,
    /// Names of the classes, in the order of the network's outputs.
    pub classes: Vec<String>,
    /// Mean of every channel over the training pictures, 0 to 255.
    pub mean: Vec<f32>,
    /// One over the spread of every channel there.
    pub factor: Vec<f32>,
}

impl Preparation {
    /// Of pictures to learn from: mean 0 and spread 1 in every channel.
    pub(super) fn of(task: &str, shape: Shape, classes: Vec<String>, bytes: &[u8]) -> Preparation {
        let (mean, factor) = scale(bytes, shape.c as usize).into_iter().unzip();
        Preparation { task: task.into(), shape, classes, mean, factor }
    }

    /// Refuses what no picture can be read by, such as a file that was changed.
    pub(super) fn check(&self) -> Result<(), Error> {
        let channels = self.shape.c as usize;
        let finite = self.mean.iter().chain(&self.factor).all(|number| number.is_finite());
        if self.mean.len() != channels || self.factor.len() != channels || !finite || channels == 0 {
            let reason = format!("has {} means and {} factors", self.mean.len(), self.factor.len());
            return Err(Error::setting("preparation of pictures", reason, &format!("{channels} numbers each")));
        }
        Ok(())
    }

    /// Writes a picture's bytes as numbers. O(bytes).
    pub fn floats(&self, bytes: &[u8], floats: &mut [f32]) {
        let channels = self.mean.len().max(1);
        for (bytes, pixel) in bytes.chunks_exact(channels).zip(floats.chunks_exact_mut(channels)) {
            for ((&byte, value), (mean, factor)) in bytes.iter().zip(pixel).zip(self.mean.iter().zip(&self.factor)) {
                *value = (f32::from(byte) - mean) * factor;
            }
        }
    }

    /// The picture that was read as these numbers. O(floats).
    pub fn picture(&self, floats: &[f32]) -> Picture {
        let channel = self.mean.iter().zip(&self.factor).cycle();
        let byte =
            |(value, (mean, factor)): (&f32, (&f32, &f32))| (value / factor + mean).round().clamp(0.0, 255.0) as u8;
        Picture { shape: self.shape, bytes: floats.iter().zip(channel).map(byte).collect() }
    }
}

/// Mean and 1/spread of every channel.
fn scale(bytes: &[u8], channels: usize) -> Vec<(f32, f32)> {
    let count = (bytes.len() / channels.max(1)).max(1) as f64;
    let (mut sums, mut squares) = (vec![0u64; channels], vec![0u64; channels]);
    for pixel in bytes.chunks_exact(channels.max(1)) {
        for (&byte, (sum, square)) in pixel.iter().zip(sums.iter_mut().zip(&mut squares)) {
            *sum += u64::from(byte);
            *square += u64::from(byte) * u64::from(byte);
        }
    }
    let one = |(sum, square): (u64, u64)| {
        let mean = sum as f64 / count;
        let spread = (square as f64 / count - mean * mean).max(1.0).sqrt();
        (mean as f32, (1.0 / spread) as f32)
    };
    sums.into_iter().zip(squares).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_from_its_numbers() {
        let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        let shape = Shape::new(16, 16, 2);
        let preparation = Preparation::of("all", shape, vec![], &bytes);
        let mut floats = vec![0.0; 512];
        preparation.floats(&bytes, &mut floats);
        assert_eq!(preparation.picture(&floats), Picture { shape, bytes });
        let sum: f32 = floats.iter().sum();
        assert!(sum.abs() < 1e-2, "{sum}");
        let text = serde_json::to_string(&preparation).unwrap();
        assert_eq!(serde_json::from_str::<Preparation>(&text).unwrap(), preparation);
        assert!(preparation.check().is_ok());
        assert!(Preparation { factor: vec![1.0], ..preparation }.check().is_err());
    }
}
