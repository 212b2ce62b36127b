//! Cutting out the middle, and other sizes.

use super::pixels::Picture;
use crate::graph::Shape;

/// The largest part in the middle that has the proportions of `size`, height before width.
pub(super) fn middle(picture: &Picture, size: (u32, u32)) -> Picture {
    let Shape { h, w, c } = picture.shape;
    let (high, wide) = (u64::from(size.0.max(1)), u64::from(size.1.max(1)));
    // Of height and width one stays whole: the one that is shorter in units of the wanted size.
    let (rows, columns) = match u64::from(h) * wide > u64::from(w) * high {
        true => ((u64::from(w) * high / wide).max(1) as u32, w),
        false => (h, (u64::from(h) * wide / high).max(1) as u32),
    };
    let (top, left) = ((h - rows) / 2, (w - columns) / 2);
    let line = (w * c) as usize;
    let bytes = picture.bytes.chunks_exact(line).skip(top as usize).take(rows as usize);
    let bytes = bytes.flat_map(|row| &row[(left * c) as usize..][..(columns * c) as usize]).copied().collect();
    Picture { shape: Shape::new(rows, columns, c), bytes }
}

/// For every new place along an axis the old places it is made of, with their weights, which sum to 1.
fn weights(old: u32, new: u32) -> Vec<Vec<(usize, f64)>> {
    let ratio = f64::from(old) / f64::from(new);
    let last = old as usize - 1;
    let one = |place: u32| {
        if new >= old {
            // Between the two nearest centres.
            let centre = ((f64::from(place) + 0.5) * ratio - 0.5).clamp(0.0, last as f64);
            let (low, part) = (centre.floor() as usize, centre.fract());
            return vec![(low, 1.0 - part), ((low + 1).min(last), part)];
        }
        // Everything that the new pixel covers.
        let (from, to) = (f64::from(place) * ratio, f64::from(place + 1) * ratio);
        let covered = (from.floor() as usize..=last).take_while(|&at| (at as f64) < to);
        covered.map(|at| (at, (to.min(at as f64 + 1.0) - from.max(at as f64)) / ratio)).collect()
    };
    (0..new).map(one).collect()
}

/// The picture in another size, height before width: means of what is covered along an axis that becomes smaller,
/// interpolation along one that becomes larger.
pub(super) fn resized(picture: &Picture, size: (u32, u32)) -> Picture {
    let Shape { h, w, c } = picture.shape;
    let size = (size.0.max(1), size.1.max(1));
    let (rows, columns) = (weights(h, size.0), weights(w, size.1));
    let (c, line) = (c as usize, w as usize * c as usize);
    let mut bytes = Vec::with_capacity(rows.len() * columns.len() * c);
    let mut mixed = vec![0.0f64; line];
    for row in &rows {
        mixed.fill(0.0);
        for &(at, weight) in row {
            for (sum, &byte) in mixed.iter_mut().zip(&picture.bytes[at * line..][..line]) {
                *sum += weight * f64::from(byte);
            }
        }
        for column in &columns {
            for channel in 0..c {
                let sum: f64 = column.iter().map(|&(at, weight)| weight * mixed[at * c + channel]).sum();
                // Rounding errors of the weights do not decide a half.
                bytes.push((sum + 0.5 + 1e-9).clamp(0.0, 255.0) as u8);
            }
        }
    }
    Picture { shape: Shape::new(size.0, size.1, picture.shape.c), bytes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelledPictures;
    use crate::rng::Stream;
    use rand::Rng;

    fn noise(h: u32, w: u32, c: u32) -> Picture {
        let shape = Shape::new(h, w, c);
        let mut draw = Stream::new(3, "pixels").at(0);
        Picture { shape, bytes: (0..shape.elements()).map(|_| draw.random()).collect() }
    }

    #[test]
    fn a_divisor_of_the_size_is_the_box_filter() {
        let picture = noise(12, 18, 3);
        let one = LabelledPictures { shape: picture.shape, bytes: picture.bytes.clone(), labels: vec![0] };
        for size in [(12, 18), (6, 9), (4, 6), (12, 6), (2, 3), (1, 1)] {
            assert_eq!(resized(&picture, size).bytes, one.shrunk(size).unwrap().bytes, "{size:?}");
        }
    }

    #[test]
    fn weights_sum_to_one_and_one_grey_stays() {
        for old in 1..20 {
            for new in 1..20 {
                for places in weights(old, new) {
                    let sum: f64 = places.iter().map(|(_, weight)| weight).sum();
                    assert!((sum - 1.0).abs() < 1e-9 && places.iter().all(|&(at, _)| at < old as usize));
                }
                let flat = Picture { shape: Shape::new(old, 3, 1), bytes: vec![77; old as usize * 3] };
                assert!(resized(&flat, (new, 5)).bytes.iter().all(|&byte| byte == 77));
            }
        }
    }

    #[test]
    fn the_middle_has_the_wanted_proportions() {
        let picture = noise(5, 9, 1);
        let square = middle(&picture, (32, 32));
        assert_eq!(square.shape, Shape::new(5, 5, 1));
        assert_eq!(square.bytes[..5], picture.bytes[2..7]);
        assert_eq!(middle(&picture, (10, 18)), picture);
        assert_eq!(middle(&noise(9, 1, 3), (1, 4)).shape, Shape::new(1, 1, 3));
    }
}
