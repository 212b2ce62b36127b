//! Sums, products, means, norms and bounds of constants over some of their axes.

use super::super::attributes::Call;
use super::evaluate::{Evaluator, Inputs, operand};
use super::shapes::axes_of;
use super::values::{Values, places, strides};
use super::{Constant, Data};
use crate::formats::FormatError;

/// The function by which a reduction joins two numbers.
#[derive(Clone, Copy)]
enum Join {
    Sum,
    Squares,
    Product,
    Larger,
    Smaller,
}

fn join(op: &str) -> Option<Join> {
    Some(match op {
        "ReduceSum" | "ReduceMean" => Join::Sum,
        "ReduceL2" | "ReduceSumSquare" => Join::Squares,
        "ReduceProd" => Join::Product,
        "ReduceMax" => Join::Larger,
        "ReduceMin" => Join::Smaller,
        _ => return None,
    })
}

/// Whether `op` is a reduction.
pub(super) fn is_known(op: &str) -> bool {
    join(op).is_some()
}

pub(super) fn run(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    call.only(&["axes", "keepdims", "noop_with_empty_axes"])?;
    let constant = operand(call, inputs, 0)?;
    let rank = constant.dims.len();
    let axes = match evaluator.list(call, inputs, 1, "axes")? {
        Some(axes) if !axes.is_empty() => axes_of(call, &axes, rank)?,
        _ if call.flag("noop_with_empty_axes", false)? => return Ok(constant.clone()),
        _ => (0..rank).collect(),
    };
    let keeps = call.flag("keepdims", true)?;
    let size = |axis: usize| if axes.contains(&axis) { 1 } else { constant.dims[axis] };
    let made: Vec<u64> = (0..rank).filter(|axis| keeps || !axes.contains(axis)).map(size).collect();
    let values = match evaluator.elements(call, constant)? {
        Ok(values) => values,
        Err(reason) => return Ok(evaluator.made(call.name, constant.dtype, made, Data::Absent(reason.into()))),
    };
    evaluator.spend(call, values.len() as u64)?;
    // Where each element goes: a step along an axis that vanishes stays in place.
    let kept: Vec<u64> = (0..rank).map(size).collect();
    let steps: Vec<u64> = strides(&kept)
        .into_iter()
        .enumerate()
        .map(|(axis, step)| if axes.contains(&axis) { 0 } else { step })
        .collect();
    let count = kept.iter().product::<u64>() as usize;
    let target = places(&constant.dims, &steps);
    let Some(how) = join(call.op()) else { return call.refuse("no reduction") };
    let values = match values.as_ref() {
        Values::Int(values) => match whole(how, values, target, count).filter(|_| call.op() != "ReduceL2") {
            Some(values) if call.op() != "ReduceMean" => Values::Int(values),
            _ => return call.refuse("of whole numbers, or a number that does not fit"),
        },
        Values::Float(values) => {
            let mut made = real(how, values, target, count);
            let each = (values.len() / count.max(1)).max(1) as f64;
            for value in &mut made {
                *value = constant.dtype.round(match call.op() {
                    "ReduceMean" => *value / each,
                    "ReduceL2" => value.sqrt(),
                    _ => *value,
                });
            }
            Values::Float(made)
        }
    };
    Ok(evaluator.known(call, constant.dtype, made, values))
}

fn whole(how: Join, values: &[i64], target: impl Iterator<Item = usize>, count: usize) -> Option<Vec<i64>> {
    let start = match how {
        Join::Sum | Join::Squares => 0,
        Join::Product => 1,
        Join::Larger => i64::MIN,
        Join::Smaller => i64::MAX,
    };
    let mut made = vec![start; count];
    for (&value, at) in values.iter().zip(target) {
        let slot = made.get_mut(at)?;
        *slot = match how {
            Join::Sum => slot.checked_add(value)?,
            Join::Squares => slot.checked_add(value.checked_mul(value)?)?,
            Join::Product => slot.checked_mul(value)?,
            Join::Larger => value.max(*slot),
            Join::Smaller => value.min(*slot),
        };
    }
    Some(made)
}

fn real(how: Join, values: &[f64], target: impl Iterator<Item = usize>, count: usize) -> Vec<f64> {
    let start = match how {
        Join::Sum | Join::Squares => 0.0,
        Join::Product => 1.0,
        Join::Larger => f64::NEG_INFINITY,
        Join::Smaller => f64::INFINITY,
    };
    let mut made = vec![start; count];
    for (&value, at) in values.iter().zip(target) {
        if let Some(slot) = made.get_mut(at) {
            *slot = match how {
                Join::Sum => *slot + value,
                Join::Squares => *slot + value * value,
                Join::Product => *slot * value,
                Join::Larger => slot.max(value),
                Join::Smaller => slot.min(value),
            };
        }
    }
    made
}
