//! Places in a picture, read from maps: one map of weights for every place that is looked for.

use crate::Error;
use crate::error::{length, size, units};
use crate::loss::smooth;

/// The smooth L1 loss of places that are expectations of maps (Sun et al., Integral Human Pose Regression, ECCV 2018).
///
/// A map's softmax over its pixels is a distribution; the place that the map says is the mean of the pixels' places
/// under it. The mean has a gradient everywhere and lies between pixels, so a small map is enough. The pixels of a map
/// of `h` × `w` lie at `row · span.0 / (h − 1)` and `column · span.1 / (w − 1)`, so that the corners of map and picture
/// agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Places {
    /// Height and width of a map.
    pub map: (usize, usize),
    /// Places that are looked for: the maps' channels.
    pub points: usize,
    /// The places of the last row and of the last column, in the unit of the wanted places.
    pub span: (f32, f32),
    /// β of the smooth L1 loss, in the same unit, above 0.
    pub beta: f32,
}

/// One map: Σ exp(x − largest), the largest value, and the expected row and column.
struct Expected {
    total: f64,
    largest: f64,
    place: (f64, f64),
}

impl Places {
    /// The sum of the losses of all coordinates; writes the gradient of `factor` × that sum.
    ///
    /// `maps` and `gradient` are `[image][row][column][point]`, `wanted` is `[image][point][row, column]`. O(elements).
    ///
    /// ```
    /// use autogo_engine::loss::Places;
    /// let loss = Places { map: (1, 2), points: 1, span: (1.0, 10.0), beta: 1.0 };
    /// let mut gradient = [0.0; 2];
    /// // Both columns are equally likely: the place is column 5, one more than is wanted.
    /// let sum = loss.gradient(&[0.0, 0.0], &[0.0, 4.0], 1.0, &mut gradient)?;
    /// assert_eq!((sum, gradient), (0.5, [-2.5, 2.5]));
    /// # Ok::<(), autogo_engine::Error>(())
    /// ```
    ///
    /// # Errors
    /// The map's height or width or the number of points is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), β is not
    /// above 0, or a buffer's length does not fit.
    pub fn gradient(&self, maps: &[f32], wanted: &[f32], factor: f32, gradient: &mut [f32]) -> Result<f64, Error> {
        length("gradient", gradient.len(), maps.len())?;
        let mut sum = 0.0;
        let (factor, beta) = (f64::from(factor), f64::from(self.beta));
        self.each(maps, wanted.len(), |image, point, map, expected| {
            let at = (image * self.points + point) * 2;
            let apart = (expected.place.0 - f64::from(wanted[at]), expected.place.1 - f64::from(wanted[at + 1]));
            sum += smooth(apart.0, beta) + smooth(apart.1, beta);
            let slope = |apart: f64| factor * (apart / beta).clamp(-1.0, 1.0);
            let slope = (slope(apart.0), slope(apart.1));
            let gradient = &mut gradient[image * map.len()..][..map.len()];
            for (pixel, own) in gradient.chunks_exact_mut(self.points).enumerate() {
                let place = self.place(pixel);
                let p = libm::exp(f64::from(map[pixel * self.points + point]) - expected.largest) / expected.total;
                let moved = slope.0 * (place.0 - expected.place.0) + slope.1 * (place.1 - expected.place.1);
                own[point] = (p * moved) as f32;
            }
        })?;
        Ok(sum)
    }

    /// The places that maps say: `found` is `[image][point][row, column]`. O(elements).
    ///
    /// # Errors
    /// The map's height or width or the number of points is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), β is not
    /// above 0, or a buffer's length does not fit.
    pub fn found(&self, maps: &[f32], found: &mut [f32]) -> Result<(), Error> {
        self.each(maps, found.len(), |image, point, _, expected| {
            let at = (image * self.points + point) * 2;
            (found[at], found[at + 1]) = (expected.place.0 as f32, expected.place.1 as f32);
        })
    }

    /// The place of a pixel of a map.
    fn place(&self, pixel: usize) -> (f64, f64) {
        let along = |at: usize, of: usize, span: f32| at as f64 * f64::from(span) / (of - 1).max(1) as f64;
        (along(pixel / self.map.1, self.map.0, self.span.0), along(pixel % self.map.1, self.map.1, self.span.1))
    }

    /// Visits every map: its image, its point, all maps of the image, and the expectations of the map.
    fn each(
        &self,
        maps: &[f32],
        places: usize,
        mut visit: impl FnMut(usize, usize, &[f32], &Expected),
    ) -> Result<(), Error> {
        for (what, count) in [("map height", self.map.0), ("map width", self.map.1), ("points", self.points)] {
            size(what, count)?;
        }
        if self.beta.is_nan() || self.beta <= 0.0 {
            return Err(Error::Setting { setting: "beta" });
        }
        let floats = self.map.0 * self.map.1 * self.points;
        let images = units("maps", maps.len(), floats)?;
        length("places", places, 2 * self.points * images)?;
        for (image, map) in maps.chunks_exact(floats).enumerate() {
            for point in 0..self.points {
                let values = || map[point..].iter().step_by(self.points).map(|&value| f64::from(value));
                let largest = values().fold(f64::NEG_INFINITY, f64::max);
                let (mut total, mut place) = (0.0, (0.0, 0.0));
                for (pixel, value) in values().enumerate() {
                    let (weight, (row, column)) = (libm::exp(value - largest), self.place(pixel));
                    total += weight;
                    place = (place.0 + weight * row, place.1 + weight * column);
                }
                let place = (place.0 / total, place.1 / total);
                visit(image, point, map, &Expected { total, largest, place });
            }
        }
        Ok(())
    }
}
