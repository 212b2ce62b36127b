//! PNG files (ISO/IEC 15948), of every colour type and depth.
//!
//! A file is a signature and chunks with checksums. The pixels are one stream of deflate over all `IDAT` chunks: rows, each
//! behind a byte that says how the row was predicted from its neighbours; an interlaced picture is seven smaller ones.

use super::pixels::Picture;
use crate::graph::Shape;
use flate2::bufread::ZlibDecoder;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use std::io::{Read, Write};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// First column, first row, and the steps to the right and down.
type Pass = (u32, u32, u32, u32);
/// The seven pictures of an interlaced one.
const PASSES: [Pass; 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

/// What the header says.
#[derive(Clone, Copy)]
struct Header {
    w: u32,
    h: u32,
    depth: u8,
    kind: Kind,
    is_interlaced: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Grey,
    Colour,
    Palette,
    GreyAlpha,
    ColourAlpha,
}

impl Kind {
    fn samples(self) -> usize {
        match self {
            Kind::Grey | Kind::Palette => 1,
            Kind::GreyAlpha => 2,
            Kind::Colour => 3,
            Kind::ColourAlpha => 4,
        }
    }

    fn channels(self) -> usize {
        match self {
            Kind::Grey | Kind::GreyAlpha => 1,
            Kind::Colour | Kind::Palette | Kind::ColourAlpha => 3,
        }
    }
}

impl Header {
    fn read(data: &[u8], most: u64) -> Result<Header, String> {
        let &[w0, w1, w2, w3, h0, h1, h2, h3, depth, kind, 0, 0, interlace @ (0 | 1)] = data else {
            return Err("has a header of no kind that PNG has".into());
        };
        let (w, h) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        let pixels = u64::from(w) * u64::from(h);
        if pixels == 0 || pixels > most {
            return Err(format!("has {h}×{w} pixels; accepted: 1 to {most}"));
        }
        let kind = match (kind, depth) {
            (0, 1 | 2 | 4 | 8 | 16) => Kind::Grey,
            (2, 8 | 16) => Kind::Colour,
            (3, 1 | 2 | 4 | 8) => Kind::Palette,
            (4, 8 | 16) => Kind::GreyAlpha,
            (6, 8 | 16) => Kind::ColourAlpha,
            _ => return Err(format!("has colour type {kind} with {depth} bits, which PNG does not have")),
        };
        Ok(Header { w, h, depth, kind, is_interlaced: interlace == 1 })
    }

    /// Bits of a pixel.
    fn bits(&self) -> usize {
        self.kind.samples() * usize::from(self.depth)
    }

    /// The pictures that the stream holds, with their width and height.
    fn passes(&self) -> Vec<(Pass, usize, usize)> {
        let whole = [(0, 0, 1, 1)];
        let passes: &[_] = if self.is_interlaced { &PASSES } else { &whole };
        let sized = passes.iter().map(|&(x, y, right, down)| {
            let count = |size: u32, first: u32, step: u32| size.saturating_sub(first).div_ceil(step) as usize;
            ((x, y, right, down), count(self.w, x, right), count(self.h, y, down))
        });
        sized.filter(|&(_, w, h)| w > 0 && h > 0).collect()
    }

    /// Bytes of a row, without the byte before it.
    fn row(&self, width: usize) -> usize {
        (width * self.bits()).div_ceil(8)
    }
}

/// The chunks of a file that matter.
struct Chunks {
    header: Header,
    palette: Vec<u8>,
    transparent: Vec<u8>,
    stream: Vec<u8>,
}

fn chunks(bytes: &[u8], most: u64) -> Result<Chunks, String> {
    let cut = || "PNG: is cut off".to_string();
    let mut rest = bytes.strip_prefix(&SIGNATURE).ok_or_else(cut)?;
    let mut found: Option<Chunks> = None;
    loop {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let (name, after) = after.split_first_chunk::<4>().ok_or_else(cut)?;
        let (data, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(cut)?;
        let (sum, after) = after.split_first_chunk::<4>().ok_or_else(cut)?;
        let mut crc = Crc::new();
        crc.update(name);
        crc.update(data);
        if crc.sum() != u32::from_be_bytes(*sum) {
            return Err(format!("PNG: chunk {} is damaged", name.escape_ascii()));
        }
        rest = after;
        match (name, &mut found) {
            (b"IHDR", None) => {
                let header = Header::read(data, most).map_err(|reason| format!("PNG: {reason}"))?;
                found = Some(Chunks { header, palette: Vec::new(), transparent: Vec::new(), stream: Vec::new() });
            }
            (_, None) => return Err("PNG: does not begin with its header".into()),
            (b"PLTE", Some(found)) => found.palette = data.into(),
            (b"tRNS", Some(found)) => found.transparent = data.into(),
            (b"IDAT", Some(found)) => found.stream.extend_from_slice(data),
            (b"IEND", Some(_)) => break,
            // A lower-case letter first: a reader may pass over the chunk.
            (_, Some(_)) if name[0].is_ascii_lowercase() => {}
            (_, Some(_)) => return Err(format!("PNG: chunk {} is not known", name.escape_ascii())),
        }
    }
    found.ok_or_else(cut)
}

/// A PNG file of at most so many pixels: grey where the file is grey, otherwise in colour; what is transparent lies on white.
pub(super) fn read(bytes: &[u8], most: u64) -> Result<Picture, String> {
    let chunks = chunks(bytes, most)?;
    let header = chunks.header;
    let passes = header.passes();
    let wanted: usize = passes.iter().map(|&(_, w, h)| (header.row(w) + 1) * h).sum();
    let mut data = Vec::with_capacity(wanted);
    let inflated = ZlibDecoder::new(&chunks.stream[..]).take(wanted as u64 + 1).read_to_end(&mut data);
    inflated.map_err(|error| format!("PNG: pixels are damaged: {error}"))?;
    if data.len() != wanted {
        return Err(format!("PNG: has {} bytes of pixels; accepted: {wanted}", data.len()));
    }
    let channels = header.kind.channels();
    let mut picture = Picture {
        shape: Shape::new(header.h, header.w, channels as u32),
        bytes: vec![0; header.w as usize * header.h as usize * channels],
    };
    let mut rest = &mut data[..];
    for ((x, y, right, down), w, h) in passes {
        let (pass, after) = rest.split_at_mut((header.row(w) + 1) * h);
        rest = after;
        let mut before = vec![0; header.row(w)];
        for (row, line) in pass.chunks_exact_mut(header.row(w) + 1).enumerate() {
            let (filter, line) = line.split_at_mut(1);
            restore(filter[0], line, &before, header.bits().div_ceil(8))?;
            for column in 0..w {
                let colour = colour(&chunks, line, column)?;
                let place =
                    (y as usize + row * down as usize) * header.w as usize + x as usize + column * right as usize;
                picture.bytes[place * channels..][..channels].copy_from_slice(&colour[..channels]);
            }
            before.copy_from_slice(line);
        }
    }
    Ok(picture)
}

/// Turns a row of differences from a prediction into a row of bytes. `back` is the distance to the pixel on the left.
fn restore(filter: u8, line: &mut [u8], before: &[u8], back: usize) -> Result<(), String> {
    for at in 0..line.len() {
        let left = if at >= back { line[at - back] } else { 0 };
        let corner = if at >= back { before[at - back] } else { 0 };
        let above = before[at];
        let predicted = match filter {
            0 => 0,
            1 => left,
            2 => above,
            3 => ((u16::from(left) + u16::from(above)) / 2) as u8,
            4 => nearest(left, above, corner),
            _ => return Err(format!("PNG: has a row of filter {filter}; accepted: 0 to 4")),
        };
        line[at] = line[at].wrapping_add(predicted);
    }
    Ok(())
}

/// Of the left, the upper and the corner's byte the one that is nearest to left + above − corner; the first on ties.
fn nearest(left: u8, above: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(above) - i16::from(corner);
    let distance = |byte: u8| (guess - i16::from(byte)).abs();
    if distance(left) <= distance(above) && distance(left) <= distance(corner) {
        left
    } else if distance(above) <= distance(corner) {
        above
    } else {
        corner
    }
}

/// The colour of a pixel of a row; grey stands in the first channel.
fn colour(chunks: &Chunks, line: &[u8], column: usize) -> Result<[u8; 3], String> {
    let Header { depth, kind, .. } = chunks.header;
    let samples = kind.samples();
    let mut wide = [0u16; 4];
    for (sample, value) in wide.iter_mut().take(samples).enumerate() {
        let index = column * samples + sample;
        *value = match depth {
            16 => u16::from_be_bytes([line[2 * index], line[2 * index + 1]]),
            8 => line[index].into(),
            _ => {
                let bit = index * usize::from(depth);
                (u16::from(line[bit / 8]) >> (8 - usize::from(depth) - bit % 8)) & ((1 << depth) - 1)
            }
        };
    }
    let narrow = |value: u16| match depth {
        16 => (value >> 8) as u8,
        8 => value as u8,
        _ => (u32::from(value) * 255 / ((1 << depth) - 1)) as u8,
    };
    let keys = chunks.transparent.chunks_exact(2).map(|key| u16::from_be_bytes([key[0], key[1]]));
    let is_key = chunks.transparent.len() == 2 * samples && keys.eq(wide[..samples].iter().copied());
    let opacity = |is_key: bool| if is_key { 0 } else { 255 };
    let (colour, alpha) = match kind {
        Kind::Grey => ([narrow(wide[0]); 3], opacity(is_key)),
        Kind::GreyAlpha => ([narrow(wide[0]); 3], narrow(wide[1])),
        Kind::Colour => ([narrow(wide[0]), narrow(wide[1]), narrow(wide[2])], opacity(is_key)),
        Kind::ColourAlpha => ([narrow(wide[0]), narrow(wide[1]), narrow(wide[2])], narrow(wide[3])),
        Kind::Palette => {
            let entry = usize::from(wide[0]);
            let colour = chunks.palette.chunks_exact(3).nth(entry);
            let colour = colour.ok_or_else(|| format!("PNG: has no colour {entry} in its palette"))?;
            ([colour[0], colour[1], colour[2]], chunks.transparent.get(entry).copied().unwrap_or(255))
        }
    };
    let on_white = |byte: u8| ((u32::from(byte) * u32::from(alpha) + 255 * u32::from(255 - alpha) + 127) / 255) as u8;
    Ok(colour.map(on_white))
}

/// The picture as a PNG file of eight bits.
pub(super) fn write(picture: &Picture) -> Vec<u8> {
    let Shape { h, w, c } = picture.shape;
    let mut file = SIGNATURE.to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        let mut crc = Crc::new();
        crc.update(name);
        crc.update(data);
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(name);
        file.extend(data);
        file.extend(crc.sum().to_be_bytes());
    };
    let kind = if c == 1 { 0 } else { 2 };
    let sizes = [w.to_be_bytes(), h.to_be_bytes()].concat();
    chunk(b"IHDR", &[&sizes[..], &[8, kind, 0, 0, 0]].concat());
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in picture.bytes.chunks_exact(((w * c) as usize).max(1)) {
        // Writing into memory cannot fail.
        let _ = deflate.write_all(&[0]).and_then(|()| deflate.write_all(row));
    }
    chunk(b"IDAT", &deflate.finish().unwrap_or_default());
    chunk(b"IEND", &[]);
    file
}

#[cfg(test)]
mod tests;
