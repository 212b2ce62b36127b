//! The evaluator: constants of constants, under a bound on memory and time.

use super::super::attributes::{Call, kept};
use super::super::proto::TensorProto;
use super::store::{MOST_ELEMENTS, Store, count};
use super::values::{Change, Values};
use super::{Constant, Data, DataType, shapes};
use crate::formats::FormatError;
use std::sync::Arc;

/// The most elements that are evaluated in one file, all tensors together.
const MOST_OF_ALL: u64 = 1 << 24;

/// The operands of an operation: a constant a slot, `None` where the slot is empty.
pub(crate) type Inputs<'a> = &'a [Option<Arc<Constant>>];

/// Evaluates constants of one file.
pub(crate) struct Evaluator {
    pub(crate) store: Store,
    /// Elements that may still be evaluated.
    left: u64,
    /// The next identity of parameters.
    next: usize,
}

/// An operand of an operation that needs its elements.
pub(super) fn operand<'a>(call: &Call<'_>, inputs: Inputs<'a>, slot: usize) -> Result<&'a Constant, FormatError> {
    match inputs.get(slot).and_then(Option::as_deref) {
        Some(constant) => Ok(constant),
        None => call.refuse(format!("operand {slot} is missing")),
    }
}

impl Evaluator {
    pub(crate) fn new(store: Store) -> Self {
        Evaluator { store, left: MOST_OF_ALL, next: 0 }
    }

    /// Takes `elements` from the elements that may still be evaluated, which bounds the time.
    pub(crate) fn spend(&mut self, call: &Call<'_>, elements: u64) -> Result<(), FormatError> {
        match self.left.checked_sub(elements.max(1)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => call.refuse(format!("the file's constants have more than {MOST_OF_ALL} elements")),
        }
    }

    /// A constant that is a tensor of the file.
    pub(in super::super) fn stored(&mut self, name: &str, tensor: TensorProto) -> Result<Constant, FormatError> {
        let (tensor, dtype, dims) = self.store.add(tensor)?;
        Ok(self.made(name, dtype, dims, Data::Stored(tensor)))
    }

    /// A weight of which only the sizes are known.
    pub(crate) fn declared(&mut self, name: &str, dims: Vec<u64>) -> Constant {
        self.made(name, DataType::F32, dims, Data::Absent("it is an input of the graph".into()))
    }

    /// A constant with parameters of its own.
    pub(super) fn made(&mut self, name: &str, dtype: DataType, dims: Vec<u64>, data: Data) -> Constant {
        self.next += 1;
        let counted = count(&dims).unwrap_or(0);
        let (name, changes) = (kept(name).into(), Vec::new());
        Constant { name, dtype, dims, identity: self.next, counted, data, changes }
    }

    /// A constant with the same elements and parameters of its own: exporters that store equal weights once write
    /// Identity for the others.
    pub(super) fn twin(&mut self, constant: &Constant) -> Constant {
        self.next += 1;
        Constant { identity: self.next, ..constant.clone() }
    }

    /// A constant of these elements.
    pub(super) fn known(&mut self, call: &Call<'_>, dtype: DataType, dims: Vec<u64>, values: Values) -> Constant {
        self.made(call.name, dtype, dims.clone(), Data::Known(Arc::new(values), dims))
    }

    /// The elements of a constant of at most [`MOST_ELEMENTS`], or why there are none.
    ///
    /// # Errors
    /// When the file's data contradict the sizes, or too much has been evaluated.
    pub(crate) fn elements(
        &mut self,
        call: &Call<'_>,
        constant: &Constant,
    ) -> Result<Result<Arc<Values>, String>, FormatError> {
        if let (Data::Known(values, _), []) = (&constant.data, &constant.changes[..]) {
            return Ok(Ok(values.clone()));
        }
        let size = constant.len().max(constant.counted);
        if size > MOST_ELEMENTS {
            return Ok(Err(format!("it has {size} elements; at most {MOST_ELEMENTS} are evaluated")));
        }
        self.spend(call, size)?;
        Ok(constant.load(&self.store)?.map(Arc::new))
    }

    /// The elements of a constant that the operation cannot do without.
    pub(crate) fn needed(&mut self, call: &Call<'_>, constant: &Constant) -> Result<Arc<Values>, FormatError> {
        match self.elements(call, constant)? {
            Ok(values) => Ok(values),
            Err(reason) => call.refuse(format!("needs the numbers of `{}`, but {reason}", constant.name)),
        }
    }

    /// The elements of a constant of whole numbers.
    pub(crate) fn ints(&mut self, call: &Call<'_>, constant: &Constant) -> Result<Vec<i64>, FormatError> {
        match self.needed(call, constant)?.as_ref() {
            Values::Int(values) => Ok(values.clone()),
            Values::Float(_) => call.refuse(format!("`{}` has floats instead of whole numbers", constant.name)),
        }
    }

    /// The whole numbers in an operand's slot, or in the attribute that older operator sets have instead.
    pub(super) fn list(
        &mut self,
        call: &Call<'_>,
        inputs: Inputs<'_>,
        slot: usize,
        attribute: &str,
    ) -> Result<Option<Vec<i64>>, FormatError> {
        match inputs.get(slot).and_then(Option::as_deref) {
            Some(constant) => self.ints(call, constant).map(Some),
            None => Ok(call.ints(attribute)?.map(<[i64]>::to_vec)),
        }
    }

    /// The sizes `dims` as a constant, from `start` to `end`.
    pub(crate) fn shape(&mut self, call: &Call<'_>, dims: &[u64]) -> Result<Constant, FormatError> {
        call.only(&["start", "end"])?;
        let rank = dims.len() as i64;
        let bound = |value: i64| (if value < 0 { value.saturating_add(rank) } else { value }).clamp(0, rank) as usize;
        let (start, end) = (bound(call.int("start", 0)?), bound(call.int("end", rank)?));
        let sizes: Vec<i64> = dims.get(start..end).unwrap_or(&[]).iter().map(|&size| size as i64).collect();
        Ok(self.known(call, DataType::I64, vec![sizes.len() as u64], Values::Int(sizes)))
    }

    /// The number of elements of sizes `dims` as a constant.
    pub(crate) fn size(&mut self, call: &Call<'_>, dims: &[u64]) -> Result<Constant, FormatError> {
        call.only(&[])?;
        let all = count(dims).unwrap_or(0) as i64;
        Ok(self.known(call, DataType::I64, Vec::new(), Values::Int(vec![all])))
    }

    /// Other sizes, the same elements.
    pub(super) fn resized(&mut self, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
        let constant = operand(call, inputs, 0)?;
        let dims = match call.op() {
            "Reshape" => {
                call.only(&["allowzero"])?;
                let wanted = self.ints(call, operand(call, inputs, 1)?)?;
                shapes::reshaped(call, &constant.dims, &wanted)?
            }
            "Flatten" => shapes::flattened(call, &constant.dims)?,
            "Squeeze" => {
                let axes = self.list(call, inputs, 1, "axes")?;
                shapes::squeezed(call, &constant.dims, axes.as_deref())?.0
            }
            _ => {
                let axes = self.list(call, inputs, 1, "axes")?.unwrap_or_default();
                shapes::unsqueezed(call, &constant.dims, &axes)?.0
            }
        };
        Ok(constant.changed(Change::Reshape(dims)))
    }
}

pub(super) fn cast(call: &Call<'_>, constant: &Constant) -> Result<Constant, FormatError> {
    call.only(&["to", "saturate"])?;
    let to = call.int("to", 0)?;
    match i32::try_from(to).ok().and_then(DataType::from_code) {
        Some(to) => Ok(constant.changed(Change::Cast(to))),
        None => call.refuse(format!("attribute `to` is {to}; accepted: floats of 16 to 64 bits, whole numbers, bool")),
    }
}
