//! One picture: read from a PNG or JPEG file, brought to a shape, written as PNG.

mod bicubic;
mod jpeg;
mod pixels;
mod png;
mod resize;

use super::pictures::LabelledPictures;
use crate::error::Error;
use crate::graph::Shape;
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub(super) use jpeg::decode as decode_jpeg;
pub use pixels::Picture;

/// The most bytes that a file of one picture may have.
const LARGEST: u64 = 64 << 20;
/// The most pixels that a picture may have.
const PIXELS: u64 = 1 << 26;

impl Picture {
    /// Reads a PNG or JPEG file; which of both it is, its first bytes say. What is transparent lies on white. The
    /// orientation that a camera notes is not looked at.
    ///
    /// # Errors
    /// A file that cannot be read, has more than 64 MiB, is neither PNG nor JPEG, is damaged, or has more than 2²⁶
    /// pixels: with the file's path.
    pub fn read(path: impl AsRef<Path>) -> Result<Picture, Error> {
        let path = path.as_ref();
        let failed = |reason: String| Error::File { path: path.into(), reason };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| failed(error.to_string()))?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
        decoded(&bytes).map_err(failed)
    }

    /// Reads the bytes of a PNG or JPEG file, as [`Picture::read`] does.
    ///
    /// # Errors
    /// As [`Picture::read`], without a path.
    pub fn decode(bytes: &[u8]) -> Result<Picture, Error> {
        decoded(bytes).map_err(|reason| Error::setting("picture", reason, "a whole PNG or JPEG file"))
    }

    /// Picture `index` of some.
    pub fn of(pictures: &LabelledPictures, index: usize) -> Option<Picture> {
        let floats = pictures.shape.elements() as usize;
        let bytes = pictures.bytes.get(index.checked_mul(floats)?..)?.get(..floats)?.to_vec();
        Some(Picture { shape: pictures.shape, bytes })
    }

    /// The picture in another shape: the largest part in the middle that has the shape's proportions, resized, in
    /// colour or grey.
    ///
    /// Along an axis that becomes smaller, a pixel is the mean of what it covers; along one that becomes larger, pixels
    /// are interpolated. Grey is 0.299 red + 0.587 green + 0.114 blue. O(pixels of both).
    ///
    /// # Errors
    /// A shape with other channels than one or three, without pixels or with more than 2²⁶, or bytes that are not those
    /// of the picture's shape.
    pub fn fitted(&self, shape: Shape) -> Result<Picture, Error> {
        self.check()?;
        if !matches!(shape.c, 1 | 3) {
            return Err(Error::setting("shape of pictures", format!("has {} channels", shape.c), "1 or 3"));
        }
        check_size((shape.h, shape.w))?;
        let cut = resize::middle(self, (shape.h, shape.w));
        let resized = resize::resized(&cut, (shape.h, shape.w));
        Ok(in_colours(resized, shape.c))
    }

    /// The picture in another size, height before width, by the rule of MATLAB's `imresize`: bicubic, with a kernel
    /// that is as much wider as the picture becomes smaller. The field makes the small pictures of super-resolution so;
    /// of Set5, the published small pictures come out byte by byte. O(pixels of both).
    ///
    /// ```
    /// use autogo::data::Picture;
    /// use autogo::graph::Shape;
    /// let ramp = Picture { shape: Shape::new(1, 20, 1), bytes: (0..20).map(|at| 10 * at).collect() };
    /// assert_eq!(ramp.bicubic((1, 10))?.bytes[3..7], [65, 85, 105, 125]);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// A size without pixels or with more than 2²⁶, or bytes that are not those of the picture's shape.
    pub fn bicubic(&self, size: (u32, u32)) -> Result<Picture, Error> {
        self.check()?;
        check_size(size)?;
        Ok(bicubic::resized(self, size))
    }

    /// The part of the picture that begins at this row and column and has this height and width.
    ///
    /// # Errors
    /// A part that reaches beyond the picture, or bytes that are not those of the picture's shape. O(pixels of the
    /// part).
    pub fn part(&self, from: (u32, u32), size: (u32, u32)) -> Result<Picture, Error> {
        self.check()?;
        let Shape { h, w, c } = self.shape;
        let is_inside = |from: u32, size: u32, of: u32| size > 0 && from.checked_add(size).is_some_and(|end| end <= of);
        if !is_inside(from.0, size.0, h) || !is_inside(from.1, size.1, w) {
            let reason = format!("{}×{} from ({}, {})", size.0, size.1, from.0, from.1);
            return Err(Error::setting("part of a picture", reason, &format!("a part of {h}×{w}")));
        }
        let (line, wide) = ((w * c) as usize, (size.1 * c) as usize);
        let rows = self.bytes.chunks_exact(line).skip(from.0 as usize).take(size.0 as usize);
        let bytes = rows.flat_map(|row| &row[(from.1 * c) as usize..][..wide]).copied().collect();
        Ok(Picture { shape: Shape::new(size.0, size.1, c), bytes })
    }

    /// The picture in colour (three channels) or grey (one): grey is 0.299 red + 0.587 green + 0.114 blue.
    pub(crate) fn in_channels(self, channels: u32) -> Picture {
        in_colours(self, channels)
    }

    /// The picture as a PNG file. O(bytes).
    ///
    /// # Errors
    /// Bytes that are not those of the picture's shape.
    pub fn png(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        png::write(self).map_err(|reason| Error::setting("picture", reason, "a picture of at least one pixel"))
    }

    fn check(&self) -> Result<(), Error> {
        let Shape { h, w, c } = self.shape;
        if h == 0 || w == 0 || !matches!(c, 1 | 3) || self.bytes.len() as u64 != self.shape.elements() {
            let reason = format!("has {} bytes for {}", self.bytes.len(), self.shape);
            return Err(Error::setting("picture", reason, "a byte for each of 1 or 3 channels of a pixel"));
        }
        Ok(())
    }
}

fn decoded(bytes: &[u8]) -> Result<Picture, String> {
    if bytes.len() as u64 > LARGEST {
        return Err(format!("has more than {LARGEST} bytes"));
    }
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => png::read(bytes, PIXELS),
        [0xff, 0xd8, ..] => decode_jpeg(bytes, PIXELS),
        _ => Err("is no picture; accepted: a PNG or JPEG file".into()),
    }
}

/// The picture with one or three channels.
fn in_colours(picture: Picture, channels: u32) -> Picture {
    let Shape { h, w, c } = picture.shape;
    let bytes = match (c, channels) {
        (1, 3) => picture.bytes.iter().flat_map(|&grey| [grey; 3]).collect(),
        (3, 1) => picture.bytes.chunks_exact(3).map(|of| luma([of[0], of[1], of[2]])).collect(),
        _ => picture.bytes,
    };
    Picture { shape: Shape::new(h, w, channels), bytes }
}

/// Refuses a size without pixels and one that does not fit into memory.
fn check_size((h, w): (u32, u32)) -> Result<(), Error> {
    match u64::from(h) * u64::from(w) {
        1..=PIXELS => Ok(()),
        _ => Err(Error::setting("size of a picture", format!("is {h}×{w}"), "1 to 2^26 pixels")),
    }
}

fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) + 500) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_picture_is_refused_with_its_path() {
        let path = std::env::temp_dir().join(format!("autogo-picture-{}.png", std::process::id()));
        for (bytes, wanted) in
            [(&b"GIF89a"[..], "is no picture"), (b"\x89PNG", "PNG: unexpected end of file"), (b"\xff\xd8\xff", "JPEG")]
        {
            std::fs::write(&path, bytes).unwrap();
            let error = Picture::read(&path).unwrap_err().to_string();
            assert!(error.starts_with(&path.display().to_string()) && error.contains(wanted), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn colours_become_grey_and_grey_becomes_colours() {
        let red = Picture { shape: Shape::new(1, 1, 3), bytes: vec![255, 0, 0] };
        let grey = red.fitted(Shape::new(1, 1, 1)).unwrap();
        assert_eq!(grey.bytes, [76]);
        assert_eq!(grey.fitted(Shape::new(2, 1, 3)).unwrap().bytes, [76; 6]);
        assert!(red.fitted(Shape::new(1, 1, 4)).is_err());
        for (h, w) in [(0, 1), (1, 0), (1 << 20, 1 << 20)] {
            let error = red.fitted(Shape::new(h, w, 3)).unwrap_err().to_string();
            assert_eq!(error, format!("size of a picture: is {h}×{w}; accepted: 1 to 2^26 pixels"));
        }
        assert!(Picture { bytes: vec![1], ..red }.fitted(Shape::new(1, 1, 1)).is_err());
    }

    #[test]
    fn a_part_lies_inside() {
        let picture = Picture { shape: Shape::new(3, 4, 1), bytes: (0..12).collect() };
        assert_eq!(picture.part((1, 2), (2, 2)).unwrap().bytes, [6, 7, 10, 11]);
        for (from, size) in [((2, 0), (2, 1)), ((0, 4), (1, 1)), ((0, 0), (0, 1)), ((u32::MAX, 0), (2, 1))] {
            let error = picture.part(from, size).unwrap_err().to_string();
            assert!(error.contains("accepted: a part of 3×4"), "{error}");
        }
        assert!(picture.bicubic((0, 3)).is_err());
    }
}
