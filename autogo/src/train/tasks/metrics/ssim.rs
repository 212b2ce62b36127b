//! Structural similarity.

use super::psnr::{Plane, agree};

/// Side of the window, in pixels.
const SIDE: usize = 11;
/// Spread of the window, in pixels.
const SPREAD: f64 = 1.5;
/// The first constant of the definition, for values from 0 to 255.
const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
/// The second constant of the definition, for values from 0 to 255.
const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);

/// The mean structural similarity of two planes of one size (Wang et al., Image Quality Assessment, TIP 2004): means,
/// variances and covariance under a Gaussian window of 11×11 with a spread of 1.5 pixels, at every place where the
/// window lies inside. Not a number where the planes differ in size or are smaller than the window. O(pixels).
///
/// ```
/// use autogo::train::tasks::{Plane, ssim};
/// let ramp = |from: f64| Plane { h: 16, w: 16, values: (0..256).map(|at| from + f64::from(at % 16)).collect() };
/// assert_eq!(ssim(&ramp(0.0), &ramp(0.0)), 1.0);
/// assert!(ssim(&ramp(0.0), &ramp(60.0)) < 0.5);
/// ```
pub fn ssim(a: &Plane, b: &Plane) -> f64 {
    if !agree(a, b) {
        return f64::NAN;
    }
    let window = window();
    let products = |a: &Plane, b: &Plane| {
        let values = a.values.iter().zip(&b.values).map(|(a, b)| a * b).collect();
        Plane { h: a.h, w: a.w, values }
    };
    let smooth = |plane: &Plane| filtered(plane, &window);
    let (mean_a, mean_b) = (smooth(a), smooth(b));
    let (aa, bb, ab) = (smooth(&products(a, a)), smooth(&products(b, b)), smooth(&products(a, b)));
    let mut sum = 0.0;
    for at in 0..mean_a.len() {
        let (ma, mb) = (mean_a[at], mean_b[at]);
        let (va, vb, cov) = (aa[at] - ma * ma, bb[at] - mb * mb, ab[at] - ma * mb);
        sum += (2.0 * ma * mb + C1) * (2.0 * cov + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
    }
    sum / mean_a.len() as f64
}

fn window() -> [f64; SIDE] {
    let mut window: [f64; SIDE] = std::array::from_fn(|at| {
        let away = at as f64 - (SIDE / 2) as f64;
        libm::exp(-away * away / (2.0 * SPREAD * SPREAD))
    });
    let sum: f64 = window.iter().sum();
    window.iter_mut().for_each(|weight| *weight /= sum);
    window
}

/// The plane under the window, along rows and then along columns.
fn filtered(plane: &Plane, window: &[f64; SIDE]) -> Vec<f64> {
    let (h, w) = ((plane.h + 1).saturating_sub(SIDE), (plane.w + 1).saturating_sub(SIDE));
    let mut lines = Vec::with_capacity(plane.h * w);
    for row in plane.values.chunks_exact(plane.w.max(1)) {
        lines.extend(
            row.windows(SIDE).map(|some| some.iter().zip(window).map(|(value, weight)| value * weight).sum::<f64>()),
        );
    }
    let mut found = vec![0.0; h * w];
    for (row, own) in found.chunks_exact_mut(w.max(1)).enumerate() {
        for (above, weight) in window.iter().enumerate() {
            for (sum, value) in own.iter_mut().zip(&lines[(row + above) * w..]) {
                *sum += weight * value;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::psnr;
    use super::*;

    /// Two planes of 20×24 whose pixels are formulas; printed by `tests/metrics.py` from the definition: a window of
    /// 121 products at every place.
    #[test]
    fn an_independent_program_finds_the_same() {
        let plane = |f: fn(usize, usize) -> usize| Plane {
            h: 20,
            w: 24,
            values: (0..480).map(|at| f(at / 24, at % 24) as f64).collect(),
        };
        let a = plane(|row, column| (row * 11 + column * 7 + row * column) % 256);
        let b = plane(|row, column| (row * 11 + column * 7 + row * column + (row + 2 * column) % 9) % 256);
        assert!((psnr(&a, &b) - PSNR).abs() < 1e-9, "{}", psnr(&a, &b));
        assert!((ssim(&a, &b) - SSIM).abs() < 1e-12, "{}", ssim(&a, &b));
        assert!(ssim(&a.shaved(5), &b.shaved(5)).is_nan());
        assert!(ssim(&a, &b.shaved(1)).is_nan() && ssim(&a.shaved(1), &b).is_nan());
    }
    const PSNR: f64 = 20.722_950_979_268_212;
    const SSIM: f64 = 0.923_826_857_567_010_7;
}
