//! Tensors by name as files in the safetensors format, with a text about them and a checksum.

use super::write;
use crate::error::Error;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use std::path::Path;

/// Tensors by name: sizes and numbers.
pub type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

/// A matrix of these sizes, or what is wrong with it.
pub(crate) fn take(tensors: &Tensors, name: &str, sizes: (usize, usize)) -> Result<Vec<f32>, String> {
    take_sized(tensors, name, &[sizes.0, sizes.1])
}

/// A tensor of these sizes, or what is wrong with it.
pub(crate) fn take_sized(tensors: &Tensors, name: &str, sizes: &[usize]) -> Result<Vec<f32>, String> {
    match tensors.get(name) {
        None => Err(format!("has no tensor `{name}`")),
        Some((found, _)) if *found != sizes => Err(format!("tensor `{name}` is {found:?}; accepted: {sizes:?}")),
        Some((_, values)) => match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(format!("tensor `{name}` holds {value}")),
            None => Ok(values.clone()),
        },
    }
}

/// The name of the files' text about their tensors.
const ABOUT: &str = "autogo";

/// The CRC-32C of a text and of all tensors in the order of their names: their names, kinds, sizes and bytes.
fn sum_of<'a>(about: &str, tensors: impl Iterator<Item = (&'a str, Dtype, &'a [usize], &'a [u8])>) -> u32 {
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_unstable_by_key(|(name, ..)| *name);
    tensors.into_iter().fold(crc32c::crc32c(about.as_bytes()), |sum, (name, kind, sizes, bytes)| {
        let sum = crc32c::crc32c_append(sum, format!("\n{name} {kind:?} {sizes:?} ").as_bytes());
        crc32c::crc32c_append(sum, bytes)
    })
}

/// Writes matrices and a text about them in the safetensors format, with a checksum; the file appears whole or not at
/// all.
pub(crate) fn write_tensors(
    path: &Path,
    tensors: Vec<(String, (usize, usize), Vec<f32>)>,
    about: String,
) -> Result<(), Error> {
    let sized = |(name, (rows, columns), values)| (name, vec![rows, columns], values);
    write_sized(path, tensors.into_iter().map(sized).collect(), about)
}

/// Writes tensors of any sizes, as [`write_tensors`] does.
pub(crate) fn write_sized(
    path: &Path,
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
    about: String,
) -> Result<(), Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, sizes, values)| (name, sizes, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views = bytes
        .iter()
        .map(|(name, sizes, bytes)| {
            let view = TensorView::new(Dtype::F32, sizes.clone(), bytes);
            view.map(|view| (name, view)).map_err(|error| failed(error.to_string()))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let parts =
        bytes.iter().map(|(name, sizes, bytes)| (name.as_str(), Dtype::F32, sizes.as_slice(), bytes.as_slice()));
    // One entry: a map of two would be written in any order.
    let about = HashMap::from([(ABOUT.to_string(), format!("{:08x} {about}", sum_of(&about, parts)))]);
    let file = safetensors::serialize(views, Some(about)).map_err(|error| failed(error.to_string()))?;
    write(path, &file)
}

/// Reads the text and all tensors of a file that [`write_tensors`] wrote.
pub(crate) fn read_tensors(path: &Path) -> Result<(String, Tensors), Error> {
    let bytes = std::fs::read(path).map_err(|error| Error::File { path: path.into(), reason: error.to_string() })?;
    tensors_of(&bytes, path)
}

/// As [`read_tensors`], of the bytes of a file; `path` is the file's name in errors.
pub(crate) fn tensors_of(bytes: &[u8], path: &Path) -> Result<(String, Tensors), Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let broken = |error: safetensors::SafeTensorError| failed(format!("is no file of tensors: {error}"));
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let about = header.metadata().as_ref().and_then(|about| about.get(ABOUT)).cloned().unwrap_or_default();
    let file = SafeTensors::deserialize(bytes).map_err(broken)?;
    let tensors = file.tensors();
    let (sum, about) = about.split_once(' ').filter(|(sum, _)| sum.len() == 8).ok_or_else(|| {
        failed("carries no checksum of this library; accepted: a file as this version of it writes them".into())
    })?;
    let parts = tensors.iter().map(|(name, view)| (name.as_str(), view.dtype(), view.shape(), view.data()));
    if format!("{:08x}", sum_of(about, parts)) != sum {
        return Err(failed("is damaged: its checksum is wrong; accepted: the file as it was written".into()));
    }
    Ok((about.into(), floats(&file).map_err(failed)?))
}

/// Reads the tensors of a safetensors file, of this library or of another program.
///
/// # Errors
/// A file that cannot be read, is no such file, holds fractions of another width than 32 bits, or is damaged: files of
/// this library carry a checksum.
pub fn read_weights(path: &Path) -> Result<Tensors, Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let broken = |error: safetensors::SafeTensorError| failed(format!("is no file of tensors: {error}"));
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(broken)?;
    if header.metadata().as_ref().is_some_and(|about| about.contains_key(ABOUT)) {
        return read_tensors(path).map(|(_, tensors)| tensors);
    }
    floats(&SafeTensors::deserialize(&bytes).map_err(broken)?).map_err(failed)
}

/// The tensors of `f32`. Tensors of whole numbers, such as the step counters of PyTorch's batch norms, are left out;
/// other fractions are refused.
fn floats(file: &SafeTensors<'_>) -> Result<Tensors, String> {
    let mut tensors = Tensors::new();
    for (name, view) in file.tensors() {
        match view.dtype() {
            Dtype::F32 => {
                let numbers = view.data().chunks_exact(4);
                let values = numbers.map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
                tensors.insert(name, (view.shape().to_vec(), values));
            }
            Dtype::F16 | Dtype::BF16 | Dtype::F64 => {
                return Err(format!("tensor `{name}` is {:?}; accepted: F32", view.dtype()));
            }
            _ => {}
        }
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_found() {
        let path = std::env::temp_dir().join(format!("autogo-tensors-{}.safetensors", std::process::id()));
        let tensors =
            vec![("b".to_string(), (2, 3), vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), ("a".to_string(), (1, 1), vec![0.1])];
        let about = "{\"format\": \"test\"}";
        let mut files = Vec::new();
        for _ in 0..4 {
            write_tensors(&path, tensors.clone(), about.into()).unwrap();
            files.push(std::fs::read(&path).unwrap());
        }
        assert!(files.iter().all(|file| *file == files[0]), "the same tensors give other bytes");
        let (text, back) = read_tensors(&path).unwrap();
        assert_eq!((text.as_str(), back.len()), (about, 2));
        assert_eq!(take(&back, "b", (2, 3)).unwrap(), tensors[0].2);
        for bit in 0..files[0].len() * 8 {
            let mut damaged = files[0].clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &damaged).unwrap();
            match read_tensors(&path) {
                Err(error) => assert_eq!(error.to_string().lines().count(), 1, "{error}"),
                // Blanks behind the header's JSON say nothing.
                Ok((text, same)) => assert!(text == about && same == back, "bit {bit}"),
            }
        }
        std::fs::remove_file(path).unwrap();
    }
}
