//! A task that needs no data: drawings of simple shapes.

use super::task::Pictures;
use crate::data::{LabelledPictures, folder_from_env};
use crate::error::Error;
use crate::graph::Shape;
use crate::rng::{Draw, Stream};
use rand::Rng;

/// The classes.
const SHAPES: [&str; 10] =
    ["disc", "ring", "square", "frame", "triangle", "plus", "cross", "stripes across", "stripes down", "checks"];
/// Pictures to learn from, and to be measured with.
const COUNTS: (usize, usize) = (5_000, 1_000);
/// The most that noise moves a byte.
const NOISE: i32 = 15;

impl Pictures {
    /// A toy for machines without data: 5,000 and 1,000 drawings of ten shapes in colour, made here from a seed.
    ///
    /// A drawing is a shape of random place, size and colour on a ground of another colour, under noise. Every class is
    /// equally frequent. What a network reaches here says that it learns, and which of two learns this toy faster; the
    /// toy says nothing about photographs.
    ///
    /// ```
    /// use autogo::train::{Part, Pictures, Task};
    /// let toy = Pictures::shapes((16, 16), 0)?;
    /// assert_eq!((toy.classes(), toy.len(Part::Train)), (10, 5_000));
    /// assert_eq!(toy.class_name(4), "triangle");
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// A height or width that is not 8 to 256. O(pixels).
    pub fn shapes(size: (u32, u32), seed: u64) -> Result<Pictures, Error> {
        let (h, w) = size;
        if !(8..=256).contains(&h) || !(8..=256).contains(&w) {
            return Err(Error::setting("size of drawings", format!("is {h}×{w}"), "8 to 256 each"));
        }
        let shape = Shape::new(h, w, 3);
        let part = |count: usize, purpose: &str| {
            let stream = Stream::new(seed, purpose);
            let mut part = LabelledPictures { shape, bytes: Vec::new(), labels: Vec::new() };
            for picture in 0..count {
                let class = picture % SHAPES.len();
                draw(class, shape, &mut stream.at(picture as u64), &mut part.bytes);
                part.labels.push(class as u32);
            }
            part
        };
        let (train, test) = (part(COUNTS.0, "shapes to learn from"), part(COUNTS.1, "shapes to be measured with"));
        Pictures::new(&format!("shapes@{h}x{w}"), SHAPES.len(), train, test)?.named(SHAPES)
    }

    /// CIFAR-10 at this size where the folder that `AUTOGO_DATA` names has pictures, otherwise the toy of
    /// [`Pictures::shapes`] under seed 0. The task's name says which of both.
    ///
    /// # Errors
    /// Those of [`Pictures::cifar10`] and [`Pictures::shapes`].
    pub fn from_env(size: (u32, u32)) -> Result<Pictures, Error> {
        let has_pictures = folder_from_env().is_some_and(|folder| folder.join("images").is_dir());
        if has_pictures { Pictures::cifar10(size) } else { Pictures::shapes(size, 0) }
    }
}

/// Draws one picture.
fn draw(class: usize, Shape { h, w, .. }: Shape, draw: &mut Draw, bytes: &mut Vec<u8>) {
    let side = f64::from(h.min(w));
    let radius = side * draw.random_range(0.22..0.40);
    let mut centre = |size: u32| f64::from(size) / 2.0 + side * draw.random_range(-0.14..0.14);
    let (row, column) = (centre(h), centre(w));
    let ground: [i32; 3] = std::array::from_fn(|_| draw.random_range(40..216));
    // One channel at least differs clearly.
    let mut ink: [i32; 3] = std::array::from_fn(|_| draw.random_range(40..216));
    let clear = draw.random_range(0..3usize);
    let step = draw.random_range(60..110);
    ink[clear] = if ground[clear] > 127 { ground[clear] - step } else { ground[clear] + step };
    for y in 0..h {
        for x in 0..w {
            let place = ((f64::from(x) + 0.5 - column) / radius, (f64::from(y) + 0.5 - row) / radius);
            let colour = if is_inside(class, place) { ink } else { ground };
            bytes.extend(colour.map(|byte| (byte + draw.random_range(-NOISE..=NOISE)).clamp(0, 255) as u8));
        }
    }
}

/// Whether a place is inside the shape, which lies between −1 and 1 in both directions; y goes down.
fn is_inside(class: usize, (x, y): (f64, f64)) -> bool {
    let (square, far) = (x * x + y * y, x.abs().max(y.abs()));
    let band = |place: f64, bands: f64| ((place + 1.0) * bands / 2.0).floor() as i64;
    match class {
        0 => square <= 1.0,
        1 => (0.35..=1.0).contains(&square),
        2 => far <= 0.85,
        3 => (0.5..=0.9).contains(&far),
        4 => (-0.9..=0.8).contains(&y) && x.abs() <= 0.55 * (y + 0.9),
        5 => far <= 1.0 && x.abs().min(y.abs()) <= 0.28,
        6 => far <= 0.95 && (x.abs() - y.abs()).abs() <= 0.35,
        7 => far <= 0.95 && band(y, 5.0) % 2 == 0,
        8 => far <= 0.95 && band(x, 5.0) % 2 == 0,
        _ => far <= 0.95 && (band(x, 4.0) + band(y, 4.0)) % 2 == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{Part, Task};

    #[test]
    fn a_seed_draws_the_same_shapes_and_parts_differ() {
        let (a, b, c) = (Pictures::shapes((8, 12), 1), Pictures::shapes((8, 12), 1), Pictures::shapes((8, 12), 2));
        let (a, b, c) = (a.unwrap().record(), b.unwrap().record(), c.unwrap().record());
        assert_eq!(a, b);
        assert_ne!(a, c);
        let toy = Pictures::shapes((8, 8), 0).unwrap();
        let read = |part: Part| {
            let (mut images, mut labels) = (vec![0.0; 20 * 192], [0; 20]);
            toy.batch(part, &(0..20).collect::<Vec<_>>(), &mut images, &mut labels).unwrap();
            (images, labels)
        };
        let ((train, labels), (test, _)) = (read(Part::Train), read(Part::Test));
        assert_ne!(train, test);
        assert_eq!(labels[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert!(Pictures::shapes((4, 8), 0).unwrap_err().to_string().contains("is 4×8; accepted: 8 to 256 each"));
    }

    #[test]
    fn no_two_shapes_are_the_same_places() {
        let places = |class: usize| -> Vec<bool> {
            (0..400)
                .map(|at| is_inside(class, (f64::from(at % 20) / 10.0 - 0.95, f64::from(at / 20) / 10.0 - 0.95)))
                .collect()
        };
        for (a, one) in SHAPES.iter().enumerate() {
            for (b, other) in SHAPES.iter().enumerate().take(a) {
                let differ = places(a).iter().zip(places(b)).filter(|(a, b)| *a != b).count();
                assert!(differ > 25, "{one} and {other}: {differ}");
            }
        }
    }
}
