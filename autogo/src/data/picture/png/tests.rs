//! What must hold of PNG files.

use super::*;
use crate::rng::Stream;
use proptest::prelude::*;
use rand::Rng;

/// A PNG file of some rows, written plainly: every row by another filter, its differences computed from the definition.
fn file(
    w: u32,
    h: u32,
    depth: u8,
    kind: u8,
    more: &[(&[u8; 4], Vec<u8>)],
    passes: &[(usize, Vec<Vec<u8>>)],
) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        let mut crc = Crc::new();
        crc.update(&[&name[..], data].concat());
        bytes.extend((data.len() as u32).to_be_bytes());
        bytes.extend([&name[..], data].concat());
        bytes.extend(crc.sum().to_be_bytes());
    };
    let interlace = u8::from(passes.len() > 1);
    chunk(b"IHDR", &[&w.to_be_bytes()[..], &h.to_be_bytes(), &[depth, kind, 0, 0, interlace]].concat());
    more.iter().for_each(|(name, data)| chunk(name, data));
    let mut stream = Vec::new();
    for (back, rows) in passes {
        for (row, line) in rows.iter().enumerate() {
            let filter = (row % 5) as u8;
            stream.push(filter);
            let old = |at: Option<usize>, row: Option<usize>| at.zip(row).map_or(0, |(at, row)| rows[row][at]);
            for (at, &byte) in line.iter().enumerate() {
                let (left, up) = (at.checked_sub(*back), row.checked_sub(1));
                let (a, b, c) = (old(left, Some(row)), old(Some(at), up), old(left, up));
                let guess = match filter {
                    0 => 0,
                    1 => a,
                    2 => b,
                    3 => ((u32::from(a) + u32::from(b)) / 2) as u8,
                    _ => nearest(a, b, c),
                };
                stream.push(byte.wrapping_sub(guess));
            }
        }
    }
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::fast());
    deflate.write_all(&stream).unwrap();
    let deflated = deflate.finish().unwrap();
    // Several chunks make one stream.
    let (first, second) = deflated.split_at(deflated.len() / 2);
    chunk(b"IDAT", first);
    chunk(b"IDAT", second);
    chunk(b"tEXt", b"a reader may pass over this");
    chunk(b"IEND", &[]);
    bytes
}

fn rows(count: usize, bytes: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut draw = Stream::new(seed, "rows").at(0);
    (0..count).map(|_| (0..bytes).map(|_| draw.random()).collect()).collect()
}

#[test]
fn every_filter_is_undone_in_every_colour_type() {
    for (kind, samples, channels) in [(0, 1, 1), (2, 3, 3), (4, 2, 1), (6, 4, 3)] {
        for depth in [8u8, 16] {
            let each = usize::from(depth / 8);
            let rows = rows(7, 5 * samples * each, 1);
            let bytes = file(5, 7, depth, kind, &[], &[(samples * each, rows.clone())]);
            let picture = read(&bytes, 1000).unwrap();
            assert_eq!(picture.shape, Shape::new(7, 5, channels));
            let pixels = rows.concat();
            for (pixel, found) in pixels.chunks_exact(samples * each).zip(picture.bytes.chunks_exact(channels as usize))
            {
                let sample = |at: usize| u32::from(pixel[at * each]);
                let alpha = if kind >= 4 { sample(samples - 1) } else { 255 };
                let wanted = (0..channels as usize)
                    .map(|at| ((sample(at) * alpha + 255 * (255 - alpha)) as f64 / 255.0).round() as u8);
                assert!(wanted.eq(found.iter().copied()), "{kind} {depth}");
            }
        }
    }
}

#[test]
fn few_bits_palettes_and_keys() {
    // Two bits: 0, 1, 2, 3 are 0, 85, 170, 255; the third pixel's number is the key.
    let key = (b"tRNS", vec![0, 1]);
    let grey = read(&file(3, 1, 2, 0, &[], &[(1, vec![vec![0b0001_1100]])]), 10).unwrap();
    assert_eq!(grey.bytes, [0, 85, 255]);
    let keyed = read(&file(3, 1, 2, 0, &[key], &[(1, vec![vec![0b0001_1100]])]), 10).unwrap();
    assert_eq!(keyed.bytes, [0, 255, 255]);
    let palette = (b"PLTE", vec![9, 8, 7, 1, 2, 3]);
    let faint = (b"tRNS", vec![255, 0]);
    let plain = read(&file(2, 1, 1, 3, std::slice::from_ref(&palette), &[(1, vec![vec![0b0100_0000]])]), 10).unwrap();
    assert_eq!((plain.shape.c, &plain.bytes[..]), (3, &[9, 8, 7, 1, 2, 3][..]));
    let clear = read(&file(2, 1, 1, 3, &[palette.clone(), faint], &[(1, vec![vec![0b0100_0000]])]), 10).unwrap();
    assert_eq!(clear.bytes, [9, 8, 7, 255, 255, 255]);
    let error = read(&file(1, 1, 8, 3, &[palette], &[(1, vec![vec![2]])]), 10).unwrap_err();
    assert_eq!(error, "PNG: has no colour 2 in its palette");
}

#[test]
fn an_interlaced_picture_is_the_plain_one() {
    for (w, h) in [(1u32, 1u32), (3, 2), (8, 8), (13, 9)] {
        let plain = rows(h as usize, w as usize, 5);
        let pass = |&(x, y, right, down): &Pass| -> (usize, Vec<Vec<u8>>) {
            let line = |row: u32| (x..w).step_by(right as usize).map(|at| plain[row as usize][at as usize]).collect();
            let lines = (y..h).step_by(down as usize).map(line).filter(|line: &Vec<u8>| !line.is_empty());
            (1, lines.collect())
        };
        let passes: Vec<_> = PASSES.iter().map(pass).collect();
        assert_eq!(read(&file(w, h, 8, 0, &[], &passes), 200).unwrap().bytes, plain.concat(), "{w} {h}");
    }
}

#[test]
fn what_is_damaged_is_refused() {
    let whole = write(&Picture { shape: Shape::new(4, 4, 3), bytes: (0..48).collect() });
    assert!(read(&whole, 15).unwrap_err().contains("has 4×4 pixels; accepted: 1 to 15"));
    for end in 0..whole.len() {
        assert!(read(&whole[..end], 100).is_err(), "{end}");
    }
    // Every byte is covered by a checksum, or by the signature.
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        assert!(read(&damaged, 100).is_err(), "{at}");
    }
    // Pixels that do not end.
    let long = file(2, 1, 8, 0, &[], &[(1, rows(1, 100_000, 1))]);
    assert!(read(&long, 100).unwrap_err().contains("bytes of pixels; accepted: 3"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn what_is_written_is_read_back(h in 1u32..20, w in 1u32..20, is_grey: bool, seed: u64) {
        let shape = Shape::new(h, w, if is_grey { 1 } else { 3 });
        let mut draw = Stream::new(seed, "pixels").at(0);
        let picture = Picture { shape, bytes: (0..shape.elements()).map(|_| draw.random()).collect() };
        prop_assert_eq!(read(&write(&picture), 400).unwrap(), picture);
    }
}
