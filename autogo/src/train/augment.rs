//! Pictures that are mirrored and shifted, by draws that have an address.

use crate::graph::Shape;
use crate::rng::Stream;
use rand::Rng;
use rand::seq::SliceRandom;

/// The order in which pictures are seen, pass by pass: position `p` of a training belongs to pass `p / count`.
#[derive(Clone, Debug)]
pub(super) struct Order {
    stream: Stream,
    pass: Option<u64>,
    pictures: Vec<usize>,
}

impl Order {
    /// The order of `count` pictures under a seed.
    pub fn new(seed: u64, count: usize) -> Order {
        Order { stream: Stream::new(seed, "order of pictures"), pass: None, pictures: (0..count).collect() }
    }

    /// The picture at a position. O(1), and O(pictures) when a pass begins.
    pub fn at(&mut self, position: u64) -> usize {
        let count = self.pictures.len() as u64;
        let pass = position / count;
        if self.pass != Some(pass) {
            self.pictures.iter_mut().enumerate().for_each(|(picture, place)| *place = picture);
            self.pictures.shuffle(&mut self.stream.at(pass));
            self.pass = Some(pass);
        }
        self.pictures[(position % count) as usize]
    }
}

/// Mirrors and shifts the picture at a position of a training.
#[derive(Clone, Debug)]
pub(super) struct Augment {
    pub stream: Stream,
    pub shape: Shape,
    pub flips: bool,
    pub shifts: u32,
}

impl Augment {
    /// Changes a picture. `scratch` has as many floats as the picture. O(floats).
    pub fn apply(&self, position: u64, image: &mut [f32], scratch: &mut [f32]) {
        if !self.flips && self.shifts == 0 {
            return;
        }
        let mut draw = self.stream.at(position);
        let flip = draw.random::<bool>() && self.flips;
        let most = i64::from(self.shifts);
        let (down, right) = (draw.random_range(-most..=most), draw.random_range(-most..=most));
        if !flip && (down, right) == (0, 0) {
            return;
        }
        let (h, w, c) = (i64::from(self.shape.h), i64::from(self.shape.w), self.shape.c as usize);
        scratch.copy_from_slice(image);
        for (at, pixel) in image.chunks_exact_mut(c).enumerate() {
            let (row, column) = (at as i64 / w - down, at as i64 % w - right);
            if (0..h).contains(&row) && (0..w).contains(&column) {
                let column = if flip { w - 1 - column } else { column };
                pixel.copy_from_slice(&scratch[(row * w + column) as usize * c..][..c]);
            } else {
                pixel.fill(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_sees_every_picture_once_and_positions_have_addresses() {
        let mut order = Order::new(3, 10);
        let seen: Vec<usize> = (0..20).map(|position| order.at(position)).collect();
        let mut first = seen[..10].to_vec();
        first.sort_unstable();
        assert_eq!(first, (0..10).collect::<Vec<_>>());
        assert_ne!(seen[..10], seen[10..]);
        assert_eq!(Order::new(3, 10).at(13), seen[13]);
    }

    #[test]
    fn pictures_are_mirrored_and_shifted() {
        let mut seen = std::collections::BTreeSet::new();
        for position in 0..200 {
            let stream = Stream::new(1, "flips and shifts");
            let augment = Augment { stream, shape: Shape::new(1, 3, 1), flips: true, shifts: 1 };
            let (mut image, mut scratch) = ([1.0, 2.0, 3.0], [0.0; 3]);
            augment.apply(position, &mut image, &mut scratch);
            seen.insert(image.map(|value| value as u8));
        }
        // Both directions, three columns, and a row that is shifted away.
        let wanted = [[0, 0, 0], [0, 1, 2], [0, 3, 2], [1, 2, 3], [2, 1, 0], [2, 3, 0], [3, 2, 1]];
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), wanted);
    }
}
