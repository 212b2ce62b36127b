//! The release's checkpoints: PyTorch archives of tensors.

use super::pickle::{Class, Item, Pickle};
use crate::error::FormatError;
use std::collections::HashMap;
use std::io::{Cursor, Read};

const ORDERED_DICT: usize = 0;
const REBUILD: usize = 1;
const CLASSES: [Class; 3] = [
    Class { module: "collections", name: "OrderedDict", callable: true },
    Class { module: "torch._utils", name: "_rebuild_tensor_v2", callable: true },
    Class { module: "torch", name: "FloatStorage", callable: false },
];
/// The largest part of an archive that is read.
const LARGEST: u64 = 1 << 30;

/// A tensor of 32-bit floats, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its sizes.
    pub shape: Vec<usize>,
    /// Its elements.
    pub values: Vec<f32>,
}

/// A checkpoint: named tensors of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The model's tensors by name, in the file's order.
    pub tensors: Vec<(String, Tensor)>,
    /// Number of the epoch, if the file says so.
    pub iteration: Option<i64>,
}

impl Checkpoint {
    /// Reads a `.pt` archive whose pickle holds a dictionary with the tensors under `model`. Nothing of it is executed.
    pub fn read(bytes: &[u8]) -> Result<Checkpoint, FormatError> {
        let broken = |error: zip::result::ZipError| FormatError::content("archive", error.to_string());
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
        let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
        let name = names.into_iter().find(|name| name.ends_with("/data.pkl") || name == "data.pkl");
        let name = name.ok_or_else(|| FormatError::content("archive", "has no data.pkl"))?;
        let folder = name.trim_end_matches("data.pkl").to_string();
        let mut part = |name: &str| {
            let mut file = archive.by_name(name).map_err(broken)?;
            if file.size() > LARGEST {
                return Err(FormatError::content(name, format!("{} bytes; at most {LARGEST} are read", file.size())));
            }
            let mut bytes = Vec::new();
            let read = file.by_ref().take(LARGEST).read_to_end(&mut bytes);
            read.map(|_| bytes).map_err(|error| FormatError::content(name, error.to_string()))
        };
        let pickle = Pickle::read(&part(&name)?, &CLASSES)?;
        let root = pickle.root();
        let model = root.field("model").unwrap_or(root);
        let entries = model.entries().filter(|_| model.class().is_none_or(|class| class == ORDERED_DICT));
        let entries = entries.ok_or_else(|| FormatError::content("model", "is no dictionary of tensors"))?;
        let mut storages: HashMap<String, Vec<f32>> = HashMap::new();
        let mut tensors = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = key.text().ok_or_else(|| FormatError::content("model", "a key is no text"))?;
            let view = View::of(value).ok_or_else(|| FormatError::content(key, "is no tensor of 32-bit floats"))?;
            if !storages.contains_key(view.storage) {
                let bytes = part(&format!("{folder}data/{}", view.storage))?;
                let floats = bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
                storages.insert(view.storage.into(), floats.collect());
            }
            tensors.push((key.to_string(), view.read(key, &storages[view.storage])?));
        }
        Ok(Checkpoint { tensors, iteration: root.field("iteration").and_then(|item| item.int()) })
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|(other, _)| other == name).map(|(_, tensor)| tensor)
    }
}

/// A tensor as the pickle writes it: a window onto a storage.
struct View<'a> {
    storage: &'a str,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

impl<'a> View<'a> {
    fn of(item: Item<'a>) -> Option<View<'a>> {
        if item.class() != Some(REBUILD) {
            return None;
        }
        let arguments = item.arguments()?;
        let [storage, offset, shape, strides, ..] = arguments[..] else { return None };
        let storage = storage.arguments()?;
        let numbers = |item: Item<'_>| {
            let list = item.list()?;
            list.into_iter().map(|item| usize::try_from(item.int()?).ok()).collect::<Option<Vec<usize>>>()
        };
        Some(View {
            storage: storage.get(2)?.text().filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric()))?,
            offset: usize::try_from(offset.int()?).ok()?,
            shape: numbers(shape)?,
            strides: numbers(strides)?,
        })
    }

    fn read(&self, name: &str, storage: &[f32]) -> Result<Tensor, FormatError> {
        let count = self.shape.iter().try_fold(1usize, |count, size| count.checked_mul(*size));
        let count = count.filter(|count| *count <= storage.len() && self.shape.len() == self.strides.len());
        let count = count.ok_or_else(|| FormatError::content(name, "is larger than its storage"))?;
        let mut values = Vec::with_capacity(count);
        for index in 0..count {
            let mut rest = index;
            let mut place = self.offset;
            for (size, stride) in self.shape.iter().zip(&self.strides).rev() {
                place = place.saturating_add((rest % size).saturating_mul(*stride));
                rest /= size;
            }
            let value = storage.get(place).ok_or_else(|| FormatError::content(name, "reaches outside its storage"))?;
            values.push(*value);
        }
        Ok(Tensor { shape: self.shape.clone(), values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_archive_is_refused() {
        let error = Checkpoint::read(b"PK\x03\x04 not really").unwrap_err().to_string();
        assert!(error.starts_with("archive: "), "{error}");
        let view = View { storage: "1", offset: 2, shape: vec![2, 2], strides: vec![2, 1] };
        assert!(view.read("w", &[0.0; 5]).unwrap_err().to_string().contains("outside its storage"));
        let transposed = View { storage: "1", offset: 0, shape: vec![2, 3], strides: vec![1, 2] };
        assert_eq!(
            transposed.read("w", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap().values,
            [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]
        );
    }
}
