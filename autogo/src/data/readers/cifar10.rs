//! CIFAR-10: 50,000 pictures to learn from and 10,000 to be measured with, 32×32×3, ten classes (Krizhevsky, *Learning Multiple
//! Layers of Features from Tiny Images*, 2009).
//!
//! Two forms are read: the publisher's binary archive, unpacked, whose files hold a byte for the label and 3072 bytes of a
//! picture, plane by plane; and a pack of JPEG pictures, `CFJP`, the number of records, then for each a byte for the label, two
//! for the length, and a JPEG file. JPEG loses detail, so results of the two forms differ.

use crate::data::pictures::LabelledPictures;
use crate::error::Error;
use crate::graph::Shape;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

const SHAPE: Shape = Shape::new(32, 32, 3);
const CLASSES: u8 = 10;
/// Bytes of a picture, and of one of its planes.
const PICTURE: usize = 3072;
const PLANE: usize = 1024;
/// The most bytes a pack may hold.
const LARGEST: u64 = 1 << 30;

impl LabelledPictures {
    /// CIFAR-10 from a data folder: pictures to learn from, and to be measured with.
    ///
    /// The publisher's files in `images/cifar-10-batches-bin` come first, then `images/cifar10_train_jpeg.pack.gz` and
    /// `images/cifar10_test_jpeg.pack.gz`.
    ///
    /// # Errors
    /// Files that are missing, damaged, or hold another number of pictures than 50,000 and 10,000.
    pub fn cifar10(folder: impl Into<PathBuf>) -> Result<(Self, Self), Error> {
        let images = folder.into().join("images");
        let binary = images.join("cifar-10-batches-bin");
        let (train, test) = if binary.is_dir() {
            let train: Vec<PathBuf> = (1..=5).map(|i| binary.join(format!("data_batch_{i}.bin"))).collect();
            (Self::cifar10_binary(&train)?, Self::cifar10_binary(&[binary.join("test_batch.bin")])?)
        } else {
            let part = |part: &str| Self::cifar10_pack(&images.join(format!("cifar10_{part}_jpeg.pack.gz")));
            (part("train")?, part("test")?)
        };
        for (part, wanted) in [(&train, 50_000), (&test, 10_000)] {
            if part.len() != wanted {
                let reason = format!("holds {} CIFAR-10 pictures of a part; accepted: {wanted}", part.len());
                return Err(Error::File { path: images, reason });
            }
        }
        Ok((train, test))
    }

    /// The pictures of the publisher's binary files, in the files' order.
    ///
    /// # Errors
    /// A file that cannot be read, does not hold whole records, or has a label above 9.
    pub fn cifar10_binary(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut found = LabelledPictures { shape: SHAPE, bytes: Vec::new(), labels: Vec::new() };
        for path in paths {
            let failed = |reason: String| Error::File { path: path.clone(), reason };
            let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
            if bytes.is_empty() || bytes.len() % (PICTURE + 1) != 0 {
                let reason = format!("has {} bytes; accepted: whole records of {}", bytes.len(), PICTURE + 1);
                return Err(failed(reason));
            }
            for (record, bytes) in bytes.chunks_exact(PICTURE + 1).enumerate() {
                found.labels.push(label(bytes[0]).map_err(|reason| failed(format!("record {record} {reason}")))?);
                let planes = &bytes[1..];
                found.bytes.extend((0..PICTURE).map(|at| planes[at % 3 * PLANE + at / 3]));
            }
        }
        Ok(found)
    }

    /// The pictures of a pack of JPEG files; a name that ends in `.gz` is decompressed.
    ///
    /// # Errors
    /// A file that cannot be read, is no pack, is cut off or too long, has a label above 9 or a damaged picture; the record is
    /// named.
    pub fn cifar10_pack(path: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::File { path: path.into(), reason };
        let bytes = read(path).map_err(|error| failed(error.to_string()))?;
        unpack(&bytes).map_err(failed)
    }
}

fn label(byte: u8) -> Result<u32, String> {
    if byte < CLASSES { Ok(byte.into()) } else { Err(format!("has the label {byte}; accepted: 0 to {}", CLASSES - 1)) }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|end| end == "gz") {
        let decoder = flate2::bufread::MultiGzDecoder::new(std::io::BufReader::new(file));
        decoder.take(LARGEST).read_to_end(&mut bytes)?;
    } else {
        file.take(LARGEST).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn unpack(bytes: &[u8]) -> Result<LabelledPictures, String> {
    let Some((b"CFJP", rest)) = bytes.split_first_chunk::<4>() else {
        return Err("is no pack of pictures; accepted: a file that begins with CFJP".into());
    };
    let (count, mut rest) = rest.split_first_chunk::<4>().ok_or("is cut off before its first record")?;
    let count = u32::from_le_bytes(*count) as usize;
    let mut found = LabelledPictures { shape: SHAPE, bytes: Vec::new(), labels: Vec::new() };
    for record in 0..count {
        let cut = || format!("is cut off in record {record} of {count}");
        let (&[byte, low, high], after) = rest.split_first_chunk::<3>().ok_or_else(cut)?;
        let (jpeg, after) = after.split_at_checked(u16::from_le_bytes([low, high]).into()).ok_or_else(cut)?;
        found.labels.push(label(byte).map_err(|reason| format!("record {record} {reason}"))?);
        found.bytes.extend(decode(jpeg).map_err(|reason| format!("record {record}: {reason}"))?);
        rest = after;
    }
    if rest.is_empty() { Ok(found) } else { Err(format!("has {} bytes behind its {count} records", rest.len())) }
}

/// A JPEG file of 32×32 pixels in colour.
fn decode(jpeg: &[u8]) -> Result<Vec<u8>, String> {
    let options = DecoderOptions::default()
        .set_max_width(32)
        .set_max_height(32)
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    let bytes = decoder.decode().map_err(|error| format!("{error:?}").replace('\n', " "))?;
    let size = decoder.dimensions().unwrap_or_default();
    if size != (32, 32) || bytes.len() != PICTURE {
        return Err(format!("a picture of {}×{}; accepted: 32×32 in colour", size.1, size.0));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(name: &str, bytes: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("autogo-cifar-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn planes_of_the_binary_form_become_pixels() {
        let mut record = vec![3u8];
        record.extend((0..PICTURE).map(|at| (at / PLANE * 50 + at % PLANE % 32) as u8));
        let path = temporary("planes.bin", &record);
        let found = LabelledPictures::cifar10_binary(&[path.clone(), path.clone()]).unwrap();
        assert_eq!((found.len(), found.labels[1], &found.bytes[..6]), (2, 3, &[0, 50, 100, 1, 51, 101][..]));
        std::fs::write(&path, &record[..3000]).unwrap();
        let error = LabelledPictures::cifar10_binary(std::slice::from_ref(&path)).unwrap_err().to_string();
        assert!(error.contains("has 3000 bytes; accepted: whole records of 3073"), "{error}");
        record[0] = 10;
        std::fs::write(&path, &record).unwrap();
        let error = LabelledPictures::cifar10_binary(std::slice::from_ref(&path)).unwrap_err().to_string();
        assert!(error.contains("record 0 has the label 10; accepted: 0 to 9"), "{error}");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn broken_packs_are_refused_on_one_line() {
        let refused = |bytes: &[u8]| unpack(bytes).unwrap_err();
        assert!(refused(b"PK").contains("begins with CFJP"));
        assert_eq!(refused(b"CFJP\x01\0\0"), "is cut off before its first record");
        assert_eq!(refused(b"CFJP\x02\0\0\0\x01\x05\0abc"), "is cut off in record 0 of 2");
        assert!(refused(b"CFJP\x01\0\0\0\x0c\0\0").contains("record 0 has the label 12"));
        let error = refused(b"CFJP\x01\0\0\0\x01\x03\0abc");
        assert!(error.starts_with("record 0: ") && error.lines().count() == 1, "{error}");
        assert_eq!(refused(b"CFJP\0\0\0\0x"), "has 1 bytes behind its 0 records");
    }

    /// With the data folder: 60,000 pictures, every class equally often.
    #[test]
    fn the_data_folder_has_all_pictures() {
        let Some(folder) = crate::data::folder_from_env().filter(|folder| folder.join("images").is_dir()) else {
            return;
        };
        let (train, test) = LabelledPictures::cifar10(folder).unwrap();
        for (part, each) in [(&train, 5_000), (&test, 1_000)] {
            for class in 0..10 {
                assert_eq!(part.labels.iter().filter(|&&label| label == class).count(), each);
            }
        }
        // The mean light of CIFAR-10's training pictures is known: 125.3, 123.0, 113.9.
        let mean = |channel: usize| {
            let sum: u64 = train.bytes.iter().skip(channel).step_by(3).map(|&byte| u64::from(byte)).sum();
            sum as f64 / (train.bytes.len() / 3) as f64
        };
        for (channel, wanted) in [125.3, 123.0, 113.9].into_iter().enumerate() {
            assert!((mean(channel) - wanted).abs() < 1.0, "{channel}: {}", mean(channel));
        }
        assert_ne!(train.digest(), test.digest());
    }
}
