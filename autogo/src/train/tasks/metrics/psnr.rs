//! Peak signal-to-noise ratio, and the brightness that super-resolution is measured by.

use crate::data::Picture;

/// One number a pixel, 0 to 255.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Rows.
    pub h: usize,
    /// Columns.
    pub w: usize,
    /// Row by row.
    pub values: Vec<f64>,
}

impl Plane {
    /// The brightness Y of ITU-R BT.601 in the range of video, 16 to 235, as MATLAB's `rgb2ycbcr` computes it without
    /// rounding: `16 + (65.481·R + 128.553·G + 24.966·B) / 255`. A grey picture has the Y of its three equal channels.
    ///
    /// ```
    /// use autogo::{data::Picture, graph::Shape, train::tasks::Plane};
    /// let white = Picture { shape: Shape::new(1, 1, 3), bytes: vec![255; 3] };
    /// assert!((Plane::luma(&white).values[0] - 235.0).abs() < 1e-9);
    /// ```
    pub fn luma(picture: &Picture) -> Plane {
        let y = |rgb: [u8; 3]| {
            let [r, g, b] = rgb.map(f64::from);
            16.0 + (65.481 * r + 128.553 * g + 24.966 * b) / 255.0
        };
        let values = match picture.shape.c {
            3 => picture.bytes.chunks_exact(3).map(|rgb| y([rgb[0], rgb[1], rgb[2]])).collect(),
            _ => picture.bytes.iter().map(|&grey| y([grey; 3])).collect(),
        };
        Plane { h: picture.shape.h as usize, w: picture.shape.w as usize, values }
    }

    /// The bytes of a grey picture.
    pub fn grey(picture: &Picture) -> Plane {
        let values = picture.bytes.iter().map(|&byte| f64::from(byte)).collect();
        Plane { h: picture.shape.h as usize, w: picture.shape.w as usize, values }
    }

    /// The plane without a border of `border` pixels; empty where the border is all there is.
    pub fn shaved(&self, border: usize) -> Plane {
        let (h, w) = (self.h.saturating_sub(2 * border), self.w.saturating_sub(2 * border));
        let rows = self.values.chunks_exact(self.w.max(1)).skip(border).take(h);
        Plane { h, w, values: rows.flat_map(|row| row.iter().skip(border).take(w)).copied().collect() }
    }
}

/// Whether two planes have one size, and a number for every pixel.
pub(super) fn agree(a: &Plane, b: &Plane) -> bool {
    let is_whole = |plane: &Plane| plane.h.checked_mul(plane.w) == Some(plane.values.len());
    (a.h, a.w) == (b.h, b.w) && is_whole(a) && is_whole(b)
}

/// `10 · log10(255² / mean squared difference)` in decibels; infinite where the planes are equal, not a number where
/// their sizes differ. O(pixels).
///
/// ```
/// use autogo::train::tasks::{Plane, psnr};
/// let plane = |value: f64| Plane { h: 1, w: 2, values: vec![value; 2] };
/// // Ten grey levels apart: 20 · log10(255 / 10).
/// assert!((psnr(&plane(10.0), &plane(20.0)) - 28.130_8).abs() < 1e-4);
/// ```
pub fn psnr(a: &Plane, b: &Plane) -> f64 {
    if !agree(a, b) {
        return f64::NAN;
    }
    let sum: f64 = a.values.iter().zip(&b.values).map(|(a, b)| (a - b) * (a - b)).sum();
    let mean = sum / a.values.len().max(1) as f64;
    10.0 * libm::log10(255.0 * 255.0 / mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Shape;

    #[test]
    fn brightness_is_that_of_video_and_borders_are_shaved() {
        let colours = Picture { shape: Shape::new(1, 4, 3), bytes: vec![0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255] };
        let found = Plane::luma(&colours).values;
        let known = [16.0, 81.481, 144.553, 40.966];
        assert!(found.iter().zip(known).all(|(found, known)| (found - known).abs() < 1e-9), "{found:?}");
        let plane = Plane { h: 4, w: 5, values: (0..20).map(f64::from).collect() };
        assert_eq!(plane.shaved(1), Plane { h: 2, w: 3, values: vec![6.0, 7.0, 8.0, 11.0, 12.0, 13.0] });
        assert_eq!(plane.shaved(3).values.len(), 0);
        assert_eq!(psnr(&plane, &plane), f64::INFINITY);
        assert!(psnr(&plane, &plane.shaved(1)).is_nan());
        assert_eq!(Plane::grey(&Picture { shape: Shape::new(1, 2, 1), bytes: vec![3, 4] }).values, [3.0, 4.0]);
    }
}
