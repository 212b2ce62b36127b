//! Bicubic resizing by the rule of MATLAB's `imresize`, with which the field makes the small pictures of
//! super-resolution.

use super::Picture;
use crate::graph::Shape;

/// Keys' kernel with a = −1/2 (Keys, IEEE Transactions on Acoustics, Speech and Signal Processing, 1981).
fn cubic(x: f64) -> f64 {
    let x = x.abs();
    match x {
        x if x <= 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
        x if x <= 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
        _ => 0.0,
    }
}

/// For every new place along an axis the old places it is made of, with their weights, which sum to 1. Where the axis
/// becomes shorter, the kernel is as much wider, so nothing aliases; beyond the border, the border is repeated.
fn weights(old: u32, new: u32) -> Vec<Vec<(usize, f64)>> {
    let (scale, last) = (f64::from(new) / f64::from(old), i64::from(old) - 1);
    let narrow = scale.min(1.0);
    let reach = 2.0 / narrow;
    let one = |place: u32| {
        let centre = (f64::from(place) + 0.5) / scale - 0.5;
        let (from, to) = ((centre - reach).floor() as i64, (centre + reach).ceil() as i64);
        let mut found: Vec<(usize, f64)> = Vec::new();
        for at in from..=to {
            let weight = cubic(narrow * (centre - at as f64));
            let at = at.clamp(0, last) as usize;
            match found.last_mut() {
                Some((before, sum)) if *before == at => *sum += weight,
                _ => found.push((at, weight)),
            }
        }
        let total: f64 = found.iter().map(|(_, weight)| weight).sum();
        found.into_iter().filter(|(_, weight)| *weight != 0.0).map(|(at, weight)| (at, weight / total)).collect()
    };
    (0..new).map(one).collect()
}

fn byte(value: f64) -> u8 {
    // Rounding errors of the weights do not decide a half.
    (value + 0.5 + 1e-9).clamp(0.0, 255.0) as u8
}

fn rows(picture: &Picture, h: u32) -> Picture {
    let line = (picture.shape.w * picture.shape.c) as usize;
    let mut bytes = Vec::with_capacity(h as usize * line);
    let mut mixed = vec![0.0f64; line];
    for row in weights(picture.shape.h, h) {
        mixed.fill(0.0);
        for (at, weight) in row {
            for (sum, &byte) in mixed.iter_mut().zip(&picture.bytes[at * line..][..line]) {
                *sum += weight * f64::from(byte);
            }
        }
        bytes.extend(mixed.iter().map(|&sum| byte(sum)));
    }
    Picture { shape: Shape { h, ..picture.shape }, bytes }
}

fn columns(picture: &Picture, w: u32) -> Picture {
    let (c, line) = (picture.shape.c as usize, (picture.shape.w * picture.shape.c) as usize);
    let weights = weights(picture.shape.w, w);
    let mut bytes = Vec::with_capacity((picture.shape.h * w) as usize * c);
    for row in picture.bytes.chunks_exact(line) {
        for places in &weights {
            for channel in 0..c {
                let sum: f64 = places.iter().map(|&(at, weight)| weight * f64::from(row[at * c + channel])).sum();
                bytes.push(byte(sum));
            }
        }
    }
    Picture { shape: Shape { w, ..picture.shape }, bytes }
}

/// The picture in another size, height before width; the axis that shrinks more comes first, rows if both do alike, and
/// bytes are rounded in between, as `imresize` does.
pub(super) fn resized(picture: &Picture, (h, w): (u32, u32)) -> Picture {
    let (high, wide) = (u64::from(h) * u64::from(picture.shape.w), u64::from(w) * u64::from(picture.shape.h));
    if high <= wide { columns(&rows(picture, h), w) } else { rows(&columns(picture, w), h) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_the_kernel_and_sum_to_one() {
        // Half the size: the kernel at the distances ±1/4, ±3/4, ±5/4, ±7/4, halved.
        let half = &weights(20, 10)[5];
        let known = [-3.0, -9.0, 29.0, 111.0, 111.0, 29.0, -9.0, -3.0].map(|weight| weight / 256.0);
        assert_eq!(half.iter().map(|(at, _)| *at).collect::<Vec<_>>(), (7..15).collect::<Vec<_>>());
        assert!(half.iter().zip(known).all(|((_, weight), known)| (weight - known).abs() < 1e-12), "{half:?}");
        for (old, new) in [(1, 3), (7, 7), (9, 4), (4, 9), (100, 3)] {
            for places in weights(old, new) {
                let sum: f64 = places.iter().map(|(_, weight)| weight).sum();
                assert!((sum - 1.0).abs() < 1e-12 && places.iter().all(|&(at, _)| at < old as usize));
            }
        }
    }

    #[test]
    fn the_same_size_is_the_same_picture_and_grey_stays_grey() {
        let picture = Picture { shape: Shape::new(3, 4, 1), bytes: (0..12).map(|at| at * 20).collect() };
        assert_eq!(resized(&picture, (3, 4)), picture);
        let flat = Picture { shape: Shape::new(5, 6, 3), bytes: vec![77; 90] };
        assert!(resized(&flat, (11, 4)).bytes.iter().all(|&byte| byte == 77));
        // A ramp stays a ramp away from the border.
        let ramp = Picture { shape: Shape::new(1, 20, 1), bytes: (0..20).map(|at| 10 * at).collect() };
        assert_eq!(resized(&ramp, (1, 10)).bytes[3..7], [65, 85, 105, 125]);
    }
}
