//! Percentage of correct key points, and normalised mean error.

/// Errors of key points, in units of each picture's own scale.
///
/// PCK@t is the part of all points whose distance from where they belong is at most `t` times the scale (Yang and
/// Ramanan, TPAMI 2013); NME is the mean over pictures of the mean distance of their points, divided by the scale. Of
/// faces, the scale is the distance between the outer corners of the eyes.
///
/// ```
/// use autogo::train::tasks::PointErrors;
/// let mut errors = PointErrors::default();
/// // A picture with scale 10: one point is hit, one is 5 pixels away.
/// errors.add(&[[0.0, 0.0], [3.0, 4.0]], &[[0.0, 0.0], [0.0, 0.0]], 10.0);
/// assert_eq!((errors.pck(0.1), errors.pck(0.5), errors.nme()), (0.5, 1.0, 0.25));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointErrors {
    /// Distance over scale of every point.
    errors: Vec<f64>,
    /// Mean of these of every picture.
    means: Vec<f64>,
}

impl PointErrors {
    /// Adds a picture: rows and columns that were found and that are wanted, and the picture's scale. O(points).
    pub fn add(&mut self, found: &[[f32; 2]], wanted: &[[f32; 2]], scale: f64) {
        let before = self.errors.len();
        let apart = |a: &[f32; 2], b: &[f32; 2]| {
            let (down, right) = (f64::from(a[0]) - f64::from(b[0]), f64::from(a[1]) - f64::from(b[1]));
            (down * down + right * right).sqrt() / scale
        };
        self.errors.extend(found.iter().zip(wanted).map(|(found, wanted)| apart(found, wanted)));
        let own = &self.errors[before..];
        self.means.push(own.iter().sum::<f64>() / own.len().max(1) as f64);
    }

    /// The part of the points that are at most `threshold` scales away.
    pub fn pck(&self, threshold: f64) -> f64 {
        let hits = self.errors.iter().filter(|&&error| error <= threshold).count();
        hits as f64 / self.errors.len().max(1) as f64
    }

    /// The mean over pictures of their mean error.
    pub fn nme(&self) -> f64 {
        self.means.iter().sum::<f64>() / self.means.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten pictures of seven points whose errors are formulas; printed by `tests/metrics.py`.
    #[test]
    fn an_independent_program_finds_the_same() {
        let mut errors = PointErrors::default();
        for picture in 0..10 {
            let wanted: Vec<[f32; 2]> = (0..7).map(|point| [(picture + point) as f32, (2 * point) as f32]).collect();
            let found: Vec<[f32; 2]> = wanted
                .iter()
                .enumerate()
                .map(|(point, [row, column])| {
                    [row + ((picture * 3 + point) % 5) as f32 * 0.25, column - ((picture + point * 2) % 7) as f32 * 0.5]
                })
                .collect();
            errors.add(&found, &wanted, 10.0 + picture as f64);
        }
        let (pck, nme) = (errors.pck(0.1), errors.nme());
        assert!((pck - PCK).abs() < 1e-12 && (nme - NME).abs() < 1e-12, "{pck} {nme}");
    }
    const PCK: f64 = 0.442_857_142_857_142_84;
    const NME: f64 = 0.119_968_077_607_194_44;

    #[test]
    fn nothing_is_no_error() {
        assert_eq!((PointErrors::default().pck(0.1), PointErrors::default().nme()), (0.0, 0.0));
    }
}
