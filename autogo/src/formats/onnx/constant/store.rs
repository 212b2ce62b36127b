//! The tensors of a file, and how their elements are decoded.

use super::super::proto::TensorProto;
use super::dtype::{self, DataType};
use super::external;
use super::values::Values;
use crate::formats::FormatError;
use std::path::PathBuf;

/// The most elements of a tensor that is evaluated. Larger tensors are weights: sizes, and elements on request.
pub(crate) const MOST_ELEMENTS: u64 = 1 << 20;

/// All tensors of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(super) tensors: Vec<TensorProto>,
    /// The folder of the model's file; without it, weights in files of their own cannot be read.
    pub(super) folder: Option<PathBuf>,
}

/// The sizes of a tensor, and its number of elements.
pub(crate) fn sizes(tensor: &TensorProto) -> Result<(Vec<u64>, u64), FormatError> {
    let dims: Option<Vec<u64>> = tensor.dims.iter().map(|&size| u64::try_from(size).ok()).collect();
    match dims.and_then(|dims| count(&dims).map(|count| (dims, count))) {
        Some(found) => Ok(found),
        None => Err(FormatError::content(format!("weight `{}`", tensor.name), format!("has sizes {:?}", tensor.dims))),
    }
}

/// The most axes of a tensor.
pub(crate) const MOST_AXES: usize = 12;

/// The number of elements of these sizes, if it is countable and the axes are not too many.
pub(crate) fn count(dims: &[u64]) -> Option<u64> {
    if dims.len() > MOST_AXES {
        return None;
    }
    let all = dims.iter().try_fold(1u64, |count, &size| count.checked_mul(size.max(1)));
    let all = all.filter(|&count| count < 1 << 48)?;
    Some(if dims.contains(&0) { 0 } else { all })
}

impl Store {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Store { tensors: Vec::new(), folder }
    }

    /// Checks the place that a tensor lies in.
    ///
    /// # Errors
    /// When it is outside the model's folder.
    pub(in super::super) fn check(&self, tensor: &TensorProto) -> Result<(), FormatError> {
        external::external(tensor).map(|_| ())
    }

    /// Takes a tensor in and returns its index, element type and sizes.
    ///
    /// # Errors
    /// When its element type is not numeric, its sizes are no sizes, or it lies outside the model's folder.
    pub(super) fn add(&mut self, tensor: TensorProto) -> Result<(usize, DataType, Vec<u64>), FormatError> {
        external::external(&tensor)?;
        let place = || format!("weight `{}`", tensor.name);
        let Some(dtype) = DataType::from_code(tensor.data_type) else {
            return Err(FormatError::content(
                place(),
                format!(
                    "has element type {}; accepted: floats of 16 to 64 bits, whole numbers, bool",
                    tensor.data_type
                ),
            ));
        };
        let (dims, _) = sizes(&tensor)?;
        self.tensors.push(tensor);
        Ok((self.tensors.len() - 1, dtype, dims))
    }

    /// The elements and sizes of tensor `index`, or a sentence that says why they cannot be had.
    ///
    /// # Errors
    /// When the file's data do not have the number of elements that the sizes say.
    pub(crate) fn values(&self, index: usize) -> Result<Result<(Values, Vec<u64>), String>, FormatError> {
        let Some(tensor) = self.tensors.get(index) else { return Ok(Err("it is not there".into())) };
        let (dims, count) = sizes(tensor)?;
        let Some(dtype) = DataType::from_code(tensor.data_type) else { return Ok(Err("it is not numeric".into())) };
        let wanted = count.saturating_mul(dtype.width() as u64);
        let wrong = |found: usize| {
            FormatError::content(
                format!("weight `{}`", tensor.name),
                format!("has data for {found} elements instead of the {count} of its sizes {:?}", tensor.dims),
            )
        };
        if let Some(place) = external::external(tensor)? {
            let Some(folder) = &self.folder else {
                return Ok(Err(format!(
                    "it lies in the file `{}`; the model was read without a folder",
                    place.location
                )));
            };
            return Ok(external::read(tensor, &place, folder, wanted)?
                .and_then(|bytes| from_bytes(&bytes, dtype))
                .map(|values| (values, dims)));
        }
        if !tensor.raw_data.is_empty() {
            if tensor.raw_data.len() as u64 != wanted {
                return Err(wrong(tensor.raw_data.len() / dtype.width()));
            }
            return Ok(from_bytes(&tensor.raw_data, dtype).map(|values| (values, dims)));
        }
        let values = typed(tensor, dtype);
        match values {
            Ok(values) if values.len() as u64 != count => {
                // A tensor without any data was stripped of its weights.
                if values.len() == 0 { Ok(Err("the file has no data for it".into())) } else { Err(wrong(values.len())) }
            }
            other => Ok(other.map(|values| (values, dims))),
        }
    }
}

/// Elements from the fields of `onnx.proto` that hold one type each.
fn typed(tensor: &TensorProto, dtype: DataType) -> Result<Values, String> {
    let bits = |value: &i32| *value as u16;
    let whole = |values: Vec<i64>| match values.iter().find(|&&value| !dtype.holds(value)) {
        Some(value) => Err(format!("{value} does not fit into its element type")),
        None => Ok(Values::Int(values)),
    };
    match dtype {
        DataType::F32 => Ok(Values::Float(tensor.float_data.iter().map(|&value| f64::from(value)).collect())),
        DataType::F64 => Ok(Values::Float(tensor.double_data.clone())),
        DataType::F16 => Ok(Values::Float(tensor.int32_data.iter().map(|value| dtype::half(bits(value))).collect())),
        DataType::Bf16 => Ok(Values::Float(tensor.int32_data.iter().map(|value| dtype::bfloat(bits(value))).collect())),
        DataType::I64 => Ok(Values::Int(tensor.int64_data.clone())),
        DataType::U64 | DataType::U32 => {
            let fits: Option<Vec<i64>> = tensor.uint64_data.iter().map(|&value| i64::try_from(value).ok()).collect();
            whole(fits.ok_or("a number above 2⁶³")?)
        }
        DataType::I8 | DataType::I16 | DataType::I32 | DataType::U8 | DataType::U16 | DataType::Bool => {
            whole(tensor.int32_data.iter().map(|&value| i64::from(value)).collect())
        }
    }
}

/// Elements from little-endian bytes.
fn from_bytes(bytes: &[u8], dtype: DataType) -> Result<Values, String> {
    let chunks = bytes.chunks_exact(dtype.width());
    // The bits of one element, in the low end.
    let bits = |chunk: &[u8]| chunk.iter().rev().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte));
    Ok(match dtype {
        DataType::F32 => Values::Float(chunks.map(|chunk| f64::from(f32::from_bits(bits(chunk) as u32))).collect()),
        DataType::F64 => Values::Float(chunks.map(|chunk| f64::from_bits(bits(chunk))).collect()),
        DataType::F16 => Values::Float(chunks.map(|chunk| dtype::half(bits(chunk) as u16)).collect()),
        DataType::Bf16 => Values::Float(chunks.map(|chunk| dtype::bfloat(bits(chunk) as u16)).collect()),
        DataType::I8 => Values::Int(chunks.map(|chunk| i64::from(bits(chunk) as i8)).collect()),
        DataType::I16 => Values::Int(chunks.map(|chunk| i64::from(bits(chunk) as i16)).collect()),
        DataType::I32 => Values::Int(chunks.map(|chunk| i64::from(bits(chunk) as i32)).collect()),
        DataType::I64 => Values::Int(chunks.map(|chunk| bits(chunk) as i64).collect()),
        DataType::U8 | DataType::U16 | DataType::U32 => Values::Int(chunks.map(|chunk| bits(chunk) as i64).collect()),
        DataType::Bool => Values::Int(chunks.map(|chunk| i64::from(bits(chunk) != 0)).collect()),
        DataType::U64 => {
            let fits: Option<Vec<i64>> = chunks.map(|chunk| i64::try_from(bits(chunk)).ok()).collect();
            Values::Int(fits.ok_or("a number above 2⁶³")?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(tensor: TensorProto) -> Result<Result<Values, String>, FormatError> {
        let mut store = Store::default();
        let (index, ..) = store.add(tensor)?;
        Ok(store.values(index)?.map(|(values, _)| values))
    }

    #[test]
    fn both_forms_of_every_type_are_decoded() {
        let raw = |data_type: i32, bytes: &'static [u8], dims: &[i64]| {
            stored(TensorProto { data_type, raw_data: bytes.into(), dims: dims.to_vec(), ..TensorProto::default() })
        };
        assert_eq!(raw(10, &[0, 0x46], &[]).unwrap(), Ok(Values::Float(vec![6.0])));
        assert_eq!(raw(16, &[0xc0, 0x40], &[1]).unwrap(), Ok(Values::Float(vec![6.0])));
        assert_eq!(raw(6, &[0xff, 0xff, 0xff, 0xff], &[1]).unwrap(), Ok(Values::Int(vec![-1])));
        assert_eq!(raw(3, &[0xfe, 2], &[2]).unwrap(), Ok(Values::Int(vec![-2, 2])));
        assert_eq!(raw(9, &[1, 0], &[2]).unwrap(), Ok(Values::Int(vec![1, 0])));
        let half = TensorProto { data_type: 10, int32_data: vec![0x4600], ..TensorProto::default() };
        assert_eq!(stored(half).unwrap(), Ok(Values::Float(vec![6.0])));
        let wide = TensorProto { data_type: 13, uint64_data: vec![u64::MAX], dims: vec![1], ..TensorProto::default() };
        assert!(stored(wide).unwrap().is_err());
        let text = TensorProto { data_type: 8, ..TensorProto::default() };
        assert!(stored(text).unwrap_err().to_string().contains("element type 8"));
    }

    #[test]
    fn sizes_and_data_must_agree() {
        let tensor = |dims: &[i64]| TensorProto {
            data_type: 7,
            int64_data: vec![1, 2],
            dims: dims.to_vec(),
            ..TensorProto::default()
        };
        assert!(stored(tensor(&[3])).unwrap_err().to_string().contains("data for 2 elements instead of the 3"));
        assert!(stored(tensor(&[-1])).unwrap_err().to_string().contains("has sizes [-1]"));
        assert!(stored(tensor(&[1 << 40, 1 << 40])).is_err());
        let bare = TensorProto { data_type: 1, dims: vec![2], ..TensorProto::default() };
        assert!(stored(bare).unwrap().is_err());
    }
}
