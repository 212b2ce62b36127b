//! CIFAR-10: 50,000 pictures to learn from and 10,000 to be measured with, 32×32×3, ten classes (Krizhevsky, *Learning
//! Multiple Layers of Features from Tiny Images*, 2009).
//!
//! Two forms are read: the publisher's binary archive, packed or unpacked, whose files hold a byte for the label and
//! 3072 bytes of a picture, plane by plane; and a pack of JPEG pictures, `CFJP`, the number of records, then for each a
//! byte for the label, two for the length, and a JPEG file. JPEG loses detail, so results of the two forms differ.

use super::tar;
use crate::data::picture::decode_jpeg;
use crate::data::pictures::LabelledPictures;
use crate::error::Error;
use crate::graph::Shape;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const SHAPE: Shape = Shape::new(32, 32, 3);
const CLASSES: u8 = 10;
/// Bytes of a picture.
const PICTURE: usize = 3072;
/// Bytes of one plane of a picture.
const PLANE: usize = 1024;
/// The most bytes that a pack or an archive may hold.
const LARGEST: u64 = 1 << 30;
/// The most bytes that one file of an archive may hold.
const BATCH: u64 = 64 << 20;

impl LabelledPictures {
    /// CIFAR-10 from a data folder: pictures to learn from, and to be measured with.
    ///
    /// The publisher's files in `images/cifar-10-batches-bin` come first, then the publisher's archive
    /// `images/cifar-10-binary.tar.gz`, then `images/cifar10_train_jpeg.pack.gz` and
    /// `images/cifar10_test_jpeg.pack.gz`.
    ///
    /// # Errors
    /// Files that are missing, damaged, or hold another number of pictures than 50,000 and 10,000.
    pub fn cifar10(folder: impl Into<PathBuf>) -> Result<(Self, Self), Error> {
        let images = folder.into().join("images");
        let (binary, archive) = (images.join("cifar-10-batches-bin"), images.join("cifar-10-binary.tar.gz"));
        let (train, test) = if archive.is_file() && !binary.is_dir() {
            Self::cifar10_archive(&archive)?
        } else if binary.is_dir() {
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
            records(&bytes, &mut found).map_err(failed)?;
        }
        Ok(found)
    }

    /// The pictures of the publisher's archive `cifar-10-binary.tar.gz`: those of `data_batch_1.bin` to
    /// `data_batch_5.bin`, and those of `test_batch.bin`. The archive is read from front to back, one file at a time.
    ///
    /// # Errors
    /// A file that cannot be read or unpacked, is cut off, lacks one of these files, or has one of another content.
    pub fn cifar10_archive(path: &Path) -> Result<(Self, Self), Error> {
        let failed = |reason: String| Error::File { path: path.into(), reason };
        let file = File::open(path).map_err(|error| failed(error.to_string()))?;
        let archive = flate2::bufread::MultiGzDecoder::new(std::io::BufReader::new(file)).take(LARGEST);
        unarchived(archive).map_err(failed)
    }

    /// The pictures of a pack of JPEG files; a name that ends in `.gz` is decompressed.
    ///
    /// # Errors
    /// A file that cannot be read, is no pack, is cut off or too long, has a label above 9 or a damaged picture; the
    /// record is named.
    pub fn cifar10_pack(path: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::File { path: path.into(), reason };
        let bytes = read(path).map_err(|error| failed(error.to_string()))?;
        unpack(&bytes).map_err(failed)
    }
}

fn label(byte: u8) -> Result<u32, String> {
    if byte < CLASSES { Ok(byte.into()) } else { Err(format!("has the label {byte}; accepted: 0 to {}", CLASSES - 1)) }
}

/// Appends the records of one of the publisher's files.
fn records(bytes: &[u8], found: &mut LabelledPictures) -> Result<(), String> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(PICTURE + 1) {
        return Err(format!("has {} bytes; accepted: whole records of {}", bytes.len(), PICTURE + 1));
    }
    for (record, bytes) in bytes.chunks_exact(PICTURE + 1).enumerate() {
        found.labels.push(label(bytes[0]).map_err(|reason| format!("record {record} {reason}"))?);
        let planes = &bytes[1..];
        found.bytes.extend((0..PICTURE).map(|at| planes[at % 3 * PLANE + at / 3]));
    }
    Ok(())
}

/// The pictures of the publisher's archive. Its files may stand in any order.
fn unarchived(archive: impl Read) -> Result<(LabelledPictures, LabelledPictures), String> {
    let empty = || LabelledPictures { shape: SHAPE, bytes: Vec::new(), labels: Vec::new() };
    let names = (1..=5).map(|batch| format!("data_batch_{batch}.bin")).chain(["test_batch.bin".into()]);
    let mut parts: Vec<(String, LabelledPictures)> = names.map(|name| (name, empty())).collect();
    tar::files(archive, BATCH, |name, bytes| {
        let file = name.rsplit('/').next().unwrap_or_default();
        let Some((_, part)) = parts.iter_mut().find(|(wanted, _)| wanted == file) else { return Ok(()) };
        *part = empty();
        records(&bytes, part).map_err(|reason| format!("`{name}` {reason}"))
    })?;
    if let Some((name, _)) = parts.iter().find(|(_, part)| part.is_empty()) {
        return Err(format!("holds no `{name}`"));
    }
    let test = parts.pop().map_or_else(empty, |(_, test)| test);
    let mut train = empty();
    for (_, part) in parts {
        train.bytes.extend(part.bytes);
        train.labels.extend(part.labels);
    }
    Ok((train, test))
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
    let picture = decode_jpeg(jpeg, PLANE as u64)?;
    if picture.shape != SHAPE {
        return Err(format!("a picture of {}; accepted: {SHAPE}", picture.shape));
    }
    Ok(picture.bytes)
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

    #[test]
    fn the_publishers_archive_is_its_files() {
        let record = |label: u8, byte: u8| [&[label][..], &[byte; PICTURE]].concat();
        let batches: Vec<Vec<u8>> = (0..6).map(|at| record(at, 10 * at)).collect();
        let names = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"];
        let names = names.map(|name| format!("cifar-10-batches-bin/{name}.bin"));
        let mut files: Vec<(&str, &[u8])> =
            names.iter().map(String::as_str).zip(batches.iter().map(Vec::as_slice)).collect();
        files.push(("cifar-10-batches-bin/readme.html", b"passed over"));
        files.reverse();
        let (train, test) = unarchived(&tar::archive(&files)[..]).unwrap();
        assert_eq!((train.labels, test.labels), (vec![0, 1, 2, 3, 4], vec![5]));
        assert_eq!((train.bytes[PICTURE], test.bytes.len(), test.bytes[0]), (10, PICTURE, 50));
        let refused = |files: &[(&str, &[u8])]| unarchived(&tar::archive(files)[..]).unwrap_err();
        assert_eq!(refused(&files[..6]), "holds no `data_batch_1.bin`");
        let error = refused(&[("a/test_batch.bin", &batches[0][..3000])]);
        assert_eq!(error, "`a/test_batch.bin` has 3000 bytes; accepted: whole records of 3073");
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
