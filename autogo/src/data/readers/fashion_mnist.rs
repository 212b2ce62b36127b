//! Fashion-MNIST: 60,000 pictures to learn from and 10,000 to be measured with, 28×28 in grey, ten classes (Xiao, Rasul
//! and Vollgraf, *Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms*, 2017).
//!
//! The files are in the IDX format: two zeros, the kind of the numbers, the number of axes, every axis in four bytes,
//! then the numbers.

use crate::data::pictures::LabelledPictures;
use crate::error::Error;
use crate::graph::Shape;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// The most bytes that a file may hold when it is unpacked.
const LARGEST: u64 = 1 << 30;
/// IDX's number for bytes.
const BYTES: u8 = 8;

impl LabelledPictures {
    /// Fashion-MNIST from a data folder: pictures to learn from, and to be measured with.
    ///
    /// The publisher's four files are looked for in `images/fashion-mnist`.
    ///
    /// # Errors
    /// Files that are missing, damaged, or hold another number of pictures than 60,000 and 10,000.
    pub fn fashion_mnist(folder: impl Into<PathBuf>) -> Result<(Self, Self), Error> {
        let folder = folder.into().join("images").join("fashion-mnist");
        let part = |name: &str, wanted: usize| {
            let images = folder.join(format!("{name}-images-idx3-ubyte.gz"));
            let found = Self::idx(&images, &folder.join(format!("{name}-labels-idx1-ubyte.gz")), 10)?;
            match found.len() == wanted {
                true => Ok(found),
                false => {
                    let reason = format!("holds {} pictures of Fashion-MNIST; accepted: {wanted}", found.len());
                    Err(Error::File { path: images, reason })
                }
            }
        };
        Ok((part("train", 60_000)?, part("t10k", 10_000)?))
    }

    /// Grey pictures and their labels from two files in the IDX format; a name that ends in `.gz` is decompressed.
    ///
    /// # Errors
    /// A file that cannot be read, is not in this format, is cut off or too long, labels that are no class or not as
    /// many as pictures.
    pub fn idx(images: &Path, labels: &Path, classes: u32) -> Result<Self, Error> {
        let (sizes, bytes) = read(images, 3)?;
        let (counts, found) = read(labels, 1)?;
        let failed = |reason: String| Err(Error::File { path: labels.into(), reason });
        if counts[0] != sizes[0] {
            return failed(format!("has {} labels; accepted: {}, one a picture", counts[0], sizes[0]));
        }
        if let Some((at, label)) = found.iter().enumerate().find(|&(_, &label)| u32::from(label) >= classes) {
            return failed(format!("has the label {label} at {at}; accepted: 0 to {}", classes.max(1) - 1));
        }
        let shape = Shape::new(sizes[1], sizes[2], 1);
        Ok(LabelledPictures { shape, bytes, labels: found.into_iter().map(u32::from).collect() })
    }
}

/// The axes of a file, and its bytes.
fn read(path: &Path, axes: usize) -> Result<(Vec<u32>, Vec<u8>), Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let file = BufReader::new(File::open(path).map_err(|error| failed(error.to_string()))?);
    let mut bytes = Vec::new();
    let done = match path.extension().is_some_and(|end| end == "gz") {
        true => flate2::bufread::MultiGzDecoder::new(file).take(LARGEST).read_to_end(&mut bytes),
        false => file.take(LARGEST).read_to_end(&mut bytes),
    };
    done.map_err(|error| failed(error.to_string()))?;
    parse(&bytes, axes).map_err(failed)
}

fn parse(bytes: &[u8], axes: usize) -> Result<(Vec<u32>, Vec<u8>), String> {
    let wanted = format!("is no IDX file of bytes with {axes} axes");
    let (head, mut rest) = bytes.split_first_chunk::<4>().ok_or(wanted.clone())?;
    if *head != [0, 0, BYTES, axes as u8] {
        return Err(wanted);
    }
    let mut sizes = Vec::with_capacity(axes);
    for _ in 0..axes {
        let (size, after) = rest.split_first_chunk::<4>().ok_or(wanted.clone())?;
        sizes.push(u32::from_be_bytes(*size));
        rest = after;
    }
    let count = sizes.iter().try_fold(1u64, |count, &size| count.checked_mul(size.into()));
    if count != Some(rest.len() as u64) || sizes.iter().skip(1).any(|size| !(1..=Shape::LIMIT).contains(size)) {
        return Err(format!("has {} bytes behind its axes {sizes:?}; accepted: one an element", rest.len()));
    }
    Ok((sizes, rest.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_and_bytes_are_read_and_what_does_not_fit_is_refused() {
        let pictures = [&[0u8, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..], &[1, 2, 3, 4]].concat();
        assert_eq!(parse(&pictures, 3), Ok((vec![2, 1, 2], vec![1, 2, 3, 4])));
        for end in 0..pictures.len() {
            assert!(parse(&pictures[..end], 3).is_err(), "{end}");
        }
        assert_eq!(parse(&pictures, 1).unwrap_err(), "is no IDX file of bytes with 1 axes");
        let endless = [&[0u8, 0, 8, 3][..], &[255; 12]].concat();
        assert!(parse(&endless, 3).unwrap_err().contains("has 0 bytes"));
        let name = |name: &str| std::env::temp_dir().join(format!("autogo-idx-{}-{name}", std::process::id()));
        let (images, labels) = (name("images"), name("labels"));
        std::fs::write(&images, &pictures).unwrap();
        for (file, wanted) in [
            (&[0u8, 0, 8, 1, 0, 0, 0, 2, 9, 0][..], Ok(vec![9, 0])),
            (&[0, 0, 8, 1, 0, 0, 0, 2, 9, 10], Err("has the label 10 at 1; accepted: 0 to 9")),
            (&[0, 0, 8, 1, 0, 0, 0, 1, 9], Err("has 1 labels; accepted: 2, one a picture")),
        ] {
            std::fs::write(&labels, file).unwrap();
            let found = LabelledPictures::idx(&images, &labels, 10);
            match wanted {
                Ok(labels) => assert_eq!(found.unwrap().labels, labels),
                Err(reason) => assert!(found.unwrap_err().to_string().ends_with(reason)),
            }
        }
        std::fs::remove_file(images).unwrap();
        std::fs::remove_file(labels).unwrap();
    }

    /// With the data folder: every class equally often.
    #[test]
    fn the_data_folder_has_all_pictures() {
        let folder = crate::data::folder_from_env().filter(|folder| folder.join("images/fashion-mnist").is_dir());
        let Some(folder) = folder else { return };
        let (train, test) = LabelledPictures::fashion_mnist(folder).unwrap();
        for (part, each) in [(&train, 6_000), (&test, 1_000)] {
            assert_eq!(part.shape, Shape::new(28, 28, 1));
            for class in 0..10 {
                assert_eq!(part.labels.iter().filter(|&&label| label == class).count(), each);
            }
        }
    }
}
