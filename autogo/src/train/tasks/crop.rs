//! The place of a crop in a picture, and its mirroring, by draws that have an address.

use crate::error::Error;
use crate::graph::Shape;
use crate::rng::Draw;
use rand::Rng;

/// A part of a picture, perhaps mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crop {
    /// The first row and the first column.
    pub from: (usize, usize),
    /// Height and width.
    pub size: (usize, usize),
    /// Whether it is upside down, and whether left is right.
    pub mirrored: (bool, bool),
}

impl Crop {
    /// Draws a part of this size; each direction in which it may be mirrored is so in every second draw.
    pub fn draw(draw: &mut Draw, picture: Shape, size: (usize, usize), may: (bool, bool)) -> Crop {
        let mut along = |of: u32, size: usize| draw.random_range(0..=(of as usize).saturating_sub(size));
        let from = (along(picture.h, size.0), along(picture.w, size.1));
        // Both are drawn, so the place of a crop does not depend on flips.
        let (down, right): (bool, bool) = (draw.random(), draw.random());
        Crop { from, size, mirrored: (down && may.0, right && may.1) }
    }

    /// This crop in a picture that is `factor` times as large.
    pub fn times(self, factor: usize) -> Crop {
        let by = |(a, b): (usize, usize)| (a * factor, b * factor);
        Crop { from: by(self.from), size: by(self.size), mirrored: self.mirrored }
    }

    /// Visits the crop's pixels row by row: the number of each in a picture that is `wide` pixels wide.
    pub fn pixels(self, wide: usize) -> impl Iterator<Item = usize> {
        let Crop { from, size: (h, w), mirrored } = self;
        (0..h * w).map(move |at| {
            let (row, column) = (at / w, at % w);
            let row = if mirrored.0 { h - 1 - row } else { row };
            let column = if mirrored.1 { w - 1 - column } else { column };
            (from.0 + row) * wide + from.1 + column
        })
    }
}

/// Refuses pictures to learn from that are larger than the task's, or have other channels.
pub(super) fn check_input(task: &str, input: Shape, most: (u32, u32), channels: &[u32]) -> Result<(), Error> {
    if input.h > most.0 || input.w > most.1 || !channels.contains(&input.c) {
        let channels: Vec<String> = channels.iter().map(u32::to_string).collect();
        let accepted = format!("at most {}×{}, {} channels", most.0, most.1, channels.join(" or "));
        return Err(Error::setting(task, format!("cannot give pictures of {input}"), &accepted));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn crops_lie_inside_and_are_mirrored_both_ways() {
        let (stream, picture) = (Stream::new(1, "crops"), Shape::new(5, 4, 1));
        let mut seen = std::collections::BTreeSet::new();
        for turn in 0..300 {
            let crop = Crop::draw(&mut stream.at(turn), picture, (4, 4), (true, true));
            assert!(crop.from.0 <= 1 && crop.from.1 == 0);
            assert_eq!(Crop::draw(&mut stream.at(turn), picture, (4, 4), (false, false)).from, crop.from);
            seen.insert((crop.from, crop.mirrored));
        }
        assert_eq!(seen.len(), 8);
        let crop = Crop { from: (1, 1), size: (2, 2), mirrored: (false, true) };
        assert_eq!(crop.pixels(4).collect::<Vec<_>>(), [6, 5, 10, 9]);
        assert_eq!(crop.times(2).pixels(8).collect::<Vec<_>>()[..5], [21, 20, 19, 18, 29]);
    }
}
