//! PNG files, read and written by the crate `png`.

use super::pixels::Picture;
use crate::graph::Shape;
use png::{BitDepth, ColorType, Decoder, DecodingError, Encoder, Limits, Transformations};
use std::io::Cursor;

/// Bytes that a decoder may take besides the pixels.
const MEMORY: usize = 1 << 28;

/// A PNG file of at most `most` pixels: grey where the file is grey, otherwise in colour; what is transparent lies on
/// white.
pub(super) fn read(bytes: &[u8], most: u64) -> Result<Picture, String> {
    let failed = |error: DecodingError| format!("PNG: {}", error.to_string().replace('\n', "; "));
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MEMORY });
    // Palettes, few bits and transparent colours become eight bits a channel; sixteen bits lose their lower half.
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(failed)?;
    let (w, h) = reader.info().size();
    if u64::from(w) * u64::from(h) > most {
        return Err(format!("PNG: has {h}×{w} pixels; accepted: 1 to {most} in all"));
    }
    let size = reader.output_buffer_size().ok_or("PNG: has more pixels than memory")?;
    let mut data = vec![0; size];
    let frame = reader.next_frame(&mut data).map_err(failed)?;
    data.truncate(frame.buffer_size());
    let (channels, bytes) = match frame.color_type {
        ColorType::Grayscale => (1, data),
        ColorType::Rgb => (3, data),
        ColorType::GrayscaleAlpha => (1, on_white(&data, 2)),
        ColorType::Rgba => (3, on_white(&data, 4)),
        ColorType::Indexed => return Err("PNG: has a palette that cannot be resolved".into()),
    };
    Ok(Picture { shape: Shape::new(h, w, channels), bytes })
}

/// Pixels whose last sample is their opacity, on white.
fn on_white(data: &[u8], samples: usize) -> Vec<u8> {
    let mix = |byte: u8, opacity: u8| {
        ((u32::from(byte) * u32::from(opacity) + 255 * u32::from(255 - opacity) + 127) / 255) as u8
    };
    let pixel =
        |pixel: &[u8]| pixel[..samples - 1].iter().map(|&byte| mix(byte, pixel[samples - 1])).collect::<Vec<u8>>();
    data.chunks_exact(samples).flat_map(pixel).collect()
}

/// The picture as a PNG file of eight bits, or why it is none: bytes that do not fit its shape.
pub(super) fn write(picture: &Picture) -> Result<Vec<u8>, String> {
    let Shape { h, w, c } = picture.shape;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, w, h);
    encoder.set_color(if c == 1 { ColorType::Grayscale } else { ColorType::Rgb });
    encoder.set_depth(BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&picture.bytes));
    written.map_err(|error| format!("PNG: {error}"))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use proptest::prelude::*;
    use rand::Rng;

    /// A file in any form that PNG has.
    fn file(w: u32, h: u32, kind: ColorType, depth: BitDepth, data: &[u8], more: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, w, h);
        encoder.set_color(kind);
        encoder.set_depth(depth);
        for (name, data) in more {
            match *name {
                "palette" => encoder.set_palette(data.clone()),
                _ => encoder.set_trns(data.clone()),
            }
        }
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    #[test]
    fn every_colour_type_becomes_grey_or_colour_on_white() {
        let read = |kind, depth, data: &[u8]| read(&file(1, 1, kind, depth, data, &[]), 10).unwrap().bytes;
        assert_eq!(read(ColorType::Grayscale, BitDepth::Eight, &[7]), [7]);
        assert_eq!(read(ColorType::Grayscale, BitDepth::Sixteen, &[7, 200]), [7]);
        assert_eq!(read(ColorType::Rgb, BitDepth::Eight, &[7, 8, 9]), [7, 8, 9]);
        assert_eq!(read(ColorType::GrayscaleAlpha, BitDepth::Eight, &[100, 0]), [255]);
        assert_eq!(read(ColorType::GrayscaleAlpha, BitDepth::Eight, &[100, 51]), [224]);
        assert_eq!(read(ColorType::Rgba, BitDepth::Eight, &[7, 8, 9, 255]), [7, 8, 9]);
    }

    #[test]
    fn few_bits_palettes_and_keys() {
        // Two bits: 0, 1, 2, 3 are 0, 85, 170, 255; the third pixel's number is the key.
        let bits = [0b0001_1100];
        let grey = |more: &[(&str, Vec<u8>)]| {
            read(&file(3, 1, ColorType::Grayscale, BitDepth::Two, &bits, more), 10).unwrap().bytes
        };
        assert_eq!(grey(&[]), [0, 85, 255]);
        assert_eq!(grey(&[("key", vec![0, 1])]), [0, 255, 255]);
        let palette = ("palette", vec![9, 8, 7, 1, 2, 3]);
        let indexed = |more: &[(&str, Vec<u8>)]| {
            read(&file(2, 1, ColorType::Indexed, BitDepth::One, &[0b0100_0000], more), 10).unwrap()
        };
        let plain = indexed(std::slice::from_ref(&palette));
        assert_eq!((plain.shape.c, &plain.bytes[..]), (3, &[9, 8, 7, 1, 2, 3][..]));
        assert_eq!(indexed(&[palette, ("key", vec![255, 0])]).bytes, [9, 8, 7, 255, 255, 255]);
    }

    #[test]
    fn what_is_damaged_or_too_large_is_refused_on_one_line() {
        let picture = Picture { shape: Shape::new(4, 4, 3), bytes: (0..48).collect() };
        let whole = write(&picture).unwrap();
        assert!(read(&whole, 15).unwrap_err().contains("has 4×4 pixels; accepted: 1 to 15"));
        for end in 0..whole.len() {
            // Without its end mark a file may still hold all pixels.
            match read(&whole[..end], 100) {
                Ok(found) => assert_eq!(found, picture),
                Err(reason) => assert_eq!(reason.lines().count(), 1, "{reason}"),
            }
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x40;
            if let Ok(found) = read(&damaged, 100) {
                assert_eq!(found, picture, "byte {at} is no part of the pixels");
            }
        }
        assert!(write(&Picture { bytes: vec![0], ..picture }).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
        #[test]
        fn what_is_written_is_read_back(h in 1u32..20, w in 1u32..20, is_grey: bool, seed: u64) {
            let shape = Shape::new(h, w, if is_grey { 1 } else { 3 });
            let mut draw = Stream::new(seed, "pixels").at(0);
            let picture = Picture { shape, bytes: (0..shape.elements()).map(|_| draw.random()).collect() };
            prop_assert_eq!(read(&write(&picture).unwrap(), 400).unwrap(), picture);
        }
    }
}
