//! JPEG files.

use super::pixels::Picture;
use crate::graph::Shape;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The longest side.
const SIDE: usize = 1 << 14;

/// Decodes a JPEG file of at most `most` pixels: grey where the file is grey, otherwise in colour. An error is one
/// line.
pub(in crate::data) fn decode(bytes: &[u8], most: u64) -> Result<Picture, String> {
    let failed = |error: &dyn std::fmt::Debug| format!("JPEG: {error:?}").replace('\n', " ");
    let options = DecoderOptions::default().set_max_width(SIDE).set_max_height(SIDE).set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| failed(&error))?;
    let (w, h) = decoder.dimensions().ok_or("JPEG: has no size")?;
    if (w as u64).saturating_mul(h as u64) > most {
        return Err(format!("JPEG: has {h}×{w} pixels; accepted: at most {most}"));
    }
    let is_grey = decoder.input_colorspace().is_some_and(|space| space == ColorSpace::Luma);
    let (space, channels) = if is_grey { (ColorSpace::Luma, 1) } else { (ColorSpace::RGB, 3) };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let pixels = decoder.decode().map_err(|error| failed(&error))?;
    let size = |size: usize| u32::try_from(size).map_err(|_| "JPEG: is too large".to_string());
    let shape = Shape::new(size(h)?, size(w)?, channels);
    if shape.elements() == 0 || pixels.len() as u64 != shape.elements() {
        return Err(format!("JPEG: has {} bytes for {shape}", pixels.len()));
    }
    Ok(Picture { shape, bytes: pixels })
}
