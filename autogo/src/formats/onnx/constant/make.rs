//! Constants that operations make of nothing or of sizes.

use super::super::attributes::Call;
use super::super::proto::kind;
use super::evaluate::{Evaluator, Inputs, operand};
use super::store::{MOST_ELEMENTS, count};
use super::values::Values;
use super::{Constant, Data, DataType};
use crate::formats::FormatError;

/// A Constant node, in any of its forms.
pub(super) fn constant(evaluator: &mut Evaluator, call: &Call<'_>) -> Result<Constant, FormatError> {
    let [attribute] = call.proto.attribute.as_slice() else {
        return call.refuse(format!("{} attributes; accepted: one", call.proto.attribute.len()));
    };
    let (dtype, is_list, values) = match (attribute.name.as_str(), attribute.kind) {
        ("value", kind::TENSOR | 0) => match &attribute.t {
            Some(tensor) => return evaluator.stored(call.name, tensor.clone()),
            None => return call.refuse("attribute `value` is empty"),
        },
        ("value_int", kind::INT) => (DataType::I64, false, Values::Int(vec![attribute.i])),
        ("value_ints", kind::INTS) => (DataType::I64, true, Values::Int(attribute.ints.clone())),
        ("value_float", kind::FLOAT) => (DataType::F32, false, Values::Float(vec![f64::from(attribute.f)])),
        ("value_floats", kind::FLOATS) => {
            (DataType::F32, true, Values::Float(attribute.floats.iter().map(|&value| f64::from(value)).collect()))
        }
        (name, kind) => {
            let what = match kind {
                kind::STRING | kind::STRINGS => "is text",
                kind::SPARSE_TENSOR => "is sparse",
                _ => "is of an unknown kind",
            };
            return call.refuse(format!(
                "attribute `{name}` {what}; accepted: value, value_int, value_ints, value_float, value_floats"
            ));
        }
    };
    evaluator.spend(call, values.len() as u64)?;
    let dims = if is_list { vec![values.len() as u64] } else { Vec::new() };
    Ok(evaluator.known(call, dtype, dims, values))
}

/// A constant of one element repeated.
pub(super) fn constant_of_shape(
    evaluator: &mut Evaluator,
    call: &Call<'_>,
    inputs: Inputs<'_>,
) -> Result<Constant, FormatError> {
    call.only(&["value"])?;
    let wanted = evaluator.ints(call, operand(call, inputs, 0)?)?;
    let dims: Option<Vec<u64>> = wanted.iter().map(|&size| u64::try_from(size).ok()).collect();
    let Some((dims, all)) = dims.and_then(|dims| count(&dims).map(|all| (dims, all))) else {
        return call.refuse(format!("makes {} axes of too many or no elements", wanted.len()));
    };
    let value = match call.attribute("value").and_then(|attribute| attribute.t.as_ref()) {
        Some(tensor) => evaluator.stored(call.name, tensor.clone())?,
        None => evaluator.known(call, DataType::F32, vec![1], Values::Float(vec![0.0])),
    };
    if value.len() != 1 {
        return call.refuse(format!("attribute `value` has {} elements; accepted: one", value.len()));
    }
    if all > MOST_ELEMENTS && value.dtype.is_float() && all < 1 << 28 {
        // A weight that was replaced by zeros: its sizes count.
        return Ok(evaluator.made(call.name, value.dtype, dims, Data::Absent(bound(all).into())));
    }
    if all > MOST_ELEMENTS {
        return call.refuse(bound(all));
    }
    evaluator.spend(call, all)?;
    let one = evaluator.needed(call, &value)?;
    let values = one.pick(std::iter::repeat_n(0, all as usize));
    Ok(evaluator.known(call, value.dtype, dims, values))
}

/// Numbers from a start to a limit.
pub(super) fn range(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    call.only(&[])?;
    let mut ends = Vec::with_capacity(3);
    for slot in 0..3 {
        ends.push(evaluator.needed(call, operand(call, inputs, slot)?)?);
    }
    let dtype = operand(call, inputs, 0)?.dtype;
    let count = |span: f64| if span > 0.0 { span.ceil() } else { 0.0 };
    match (ends[0].as_ref(), ends[1].as_ref(), ends[2].as_ref()) {
        (Values::Int(start), Values::Int(limit), Values::Int(delta)) => match (&start[..], &limit[..], &delta[..]) {
            (&[start], &[limit], &[delta]) if delta != 0 => {
                let span = i128::from(limit) - i128::from(start);
                let all = count(span as f64 / delta as f64);
                if all > MOST_ELEMENTS as f64 {
                    return call.refuse(bound(all as u64));
                }
                evaluator.spend(call, all as u64)?;
                let at = |index: i64| delta.checked_mul(index).and_then(|step| start.checked_add(step));
                match (0..all as i64).map(at).collect::<Option<Vec<i64>>>() {
                    Some(values) => Ok(evaluator.known(call, dtype, vec![all as u64], Values::Int(values))),
                    None => call.refuse("a number that does not fit into 64 bits"),
                }
            }
            _ => call.refuse("start, limit and delta; accepted: one number each, a delta that is not 0"),
        },
        (Values::Float(start), Values::Float(limit), Values::Float(delta)) => {
            match (&start[..], &limit[..], &delta[..]) {
                (&[start], &[limit], &[delta]) if delta != 0.0 => {
                    let all = count((limit - start) / delta);
                    if all > MOST_ELEMENTS as f64 {
                        return call.refuse(bound(all as u64));
                    }
                    evaluator.spend(call, all as u64)?;
                    let values = (0..all as u64).map(|index| dtype.round(start + index as f64 * delta)).collect();
                    Ok(evaluator.known(call, dtype, vec![all as u64], Values::Float(values)))
                }
                _ => call.refuse("start, limit and delta; accepted: one number each, a delta that is not 0"),
            }
        }
        _ => call.refuse("start, limit and delta of different types"),
    }
}

/// The sentence about too many elements.
pub(super) fn bound(all: u64) -> String {
    format!("makes {all} elements; at most {MOST_ELEMENTS} are evaluated")
}
