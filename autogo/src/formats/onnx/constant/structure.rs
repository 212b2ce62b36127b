//! Operations that move the elements of constants: Transpose, Expand, Tile, Gather, Slice, Concat, Split.

use super::super::attributes::Call;
use super::evaluate::{Evaluator, Inputs, operand};
use super::make::bound;
use super::shapes::{self, Cut};
use super::store::{MOST_ELEMENTS, count};
use super::values::{Change, Values, places, strides};
use super::{Constant, Data};
use crate::formats::FormatError;
use std::sync::Arc;

pub(super) fn run(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    match call.op() {
        "Transpose" => transpose(call, operand(call, inputs, 0)?),
        "Expand" => expand(evaluator, call, inputs),
        "Tile" => tile(evaluator, call, inputs),
        "Gather" => gather(evaluator, call, inputs),
        "Slice" => slice(evaluator, call, inputs),
        _ => concat(evaluator, call, inputs),
    }
}

/// The order of axes that a Transpose node says.
pub(crate) fn order(call: &Call<'_>, rank: usize) -> Result<Vec<usize>, FormatError> {
    call.only(&["perm"])?;
    let perm = match call.ints("perm")? {
        Some(perm) => shapes::axes_of(call, perm, rank)?,
        None => (0..rank).rev().collect(),
    };
    if perm.len() != rank { call.refuse(format!("perm {perm:?} of {rank} axes")) } else { Ok(perm) }
}

fn transpose(call: &Call<'_>, constant: &Constant) -> Result<Constant, FormatError> {
    Ok(constant.changed(Change::Transpose(order(call, constant.dims.len())?)))
}

/// The sizes that two operands are repeated to, if they can be.
pub(super) fn broadcast(left: &[u64], right: &[u64]) -> Option<Vec<u64>> {
    let rank = left.len().max(right.len());
    let size = |dims: &[u64], axis: usize| match axis.checked_sub(rank - dims.len()) {
        Some(own) => dims[own],
        None => 1,
    };
    (0..rank)
        .map(|axis| match (size(left, axis), size(right, axis)) {
            (1, other) | (other, 1) => Some(other),
            (left, right) => (left == right).then_some(left),
        })
        .collect()
}

fn expand(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    call.only(&[])?;
    let constant = operand(call, inputs, 0)?;
    let wanted = evaluator.ints(call, operand(call, inputs, 1)?)?;
    let to: Option<Vec<u64>> = wanted.iter().map(|&size| u64::try_from(size).ok()).collect();
    let Some(dims) = to.and_then(|to| broadcast(&constant.dims, &to)) else {
        return call.refuse(format!("sizes {:?} to {wanted:?}", constant.dims));
    };
    bounded(evaluator, call, &dims)?;
    Ok(constant.changed(Change::Expand(dims)))
}

/// Refuses sizes of too many elements, and takes the others from what may still be evaluated.
fn bounded(evaluator: &mut Evaluator, call: &Call<'_>, dims: &[u64]) -> Result<(), FormatError> {
    match count(dims) {
        Some(all) if all <= MOST_ELEMENTS => evaluator.spend(call, all),
        Some(all) => call.refuse(bound(all)),
        None => call.refuse(format!("makes sizes {dims:?}")),
    }
}

/// Elements of `constant` at the given places. Without elements, sizes alone.
fn picked(
    evaluator: &mut Evaluator,
    call: &Call<'_>,
    constant: &Constant,
    dims: Vec<u64>,
    at: impl Iterator<Item = usize>,
) -> Result<Constant, FormatError> {
    let Some(all) = count(&dims) else { return call.refuse("makes too many axes or elements") };
    if all > MOST_ELEMENTS {
        return Ok(evaluator.made(call.name, constant.dtype, dims, Data::Absent(bound(all).into())));
    }
    let data = match evaluator.elements(call, constant)? {
        Ok(values) => {
            evaluator.spend(call, all)?;
            Data::Known(Arc::new(values.pick(at)), dims.clone())
        }
        Err(reason) => Data::Absent(reason.into()),
    };
    Ok(evaluator.made(call.name, constant.dtype, dims, data))
}

fn tile(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    call.only(&[])?;
    let constant = operand(call, inputs, 0)?;
    let repeats = evaluator.ints(call, operand(call, inputs, 1)?)?;
    let times: Option<Vec<u64>> = repeats.iter().map(|&times| u64::try_from(times).ok()).collect();
    let dims: Option<Vec<u64>> = times
        .as_ref()
        .filter(|times| times.len() == constant.dims.len())
        .and_then(|times| constant.dims.iter().zip(times).map(|(&size, &times)| size.checked_mul(times)).collect());
    let Some(dims) = dims else { return call.refuse(format!("sizes {:?} times {repeats:?}", constant.dims)) };
    bounded(evaluator, call, &dims)?;
    // Every axis is read as two: the repetitions, then the elements.
    let pairs = |values: &[u64], between: &[u64]| -> Vec<u64> {
        between.iter().zip(values).flat_map(|(&outer, &inner)| [outer, inner]).collect()
    };
    let steps = pairs(&strides(&constant.dims), &vec![0; dims.len()]);
    let walk = pairs(&constant.dims, &times.unwrap_or_default());
    picked(evaluator, call, constant, dims, places(&walk, &steps))
}

fn gather(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    call.only(&["axis"])?;
    let (constant, index) = (operand(call, inputs, 0)?, operand(call, inputs, 1)?);
    let axis = shapes::axis_of(call, call.int("axis", 0)?, constant.dims.len())?;
    let size = constant.dims[axis];
    let indices = evaluator.ints(call, index)?;
    let from_end = |value: i64| if value < 0 { value.checked_add(size as i64) } else { Some(value) };
    let rows: Option<Vec<u64>> = indices
        .iter()
        .map(|&value| from_end(value).and_then(|row| u64::try_from(row).ok()).filter(|&row| row < size))
        .collect();
    let Some(rows) = rows else { return call.refuse(format!("an index outside 0 to {size}")) };
    let (before, after) = (&constant.dims[..axis], &constant.dims[axis + 1..]);
    let dims = [before, &index.dims, after].concat();
    let inner: u64 = after.iter().product();
    let outer: u64 = before.iter().product();
    let at = (0..outer).flat_map(move |block| {
        let rows = rows.clone();
        rows.into_iter().flat_map(move |row| {
            let start = (block * size + row) * inner;
            (start..start + inner).map(|place| place as usize)
        })
    });
    picked(evaluator, call, constant, dims, at)
}

fn slice(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    call.only(&["starts", "ends", "axes"])?;
    let constant = operand(call, inputs, 0)?;
    let starts = evaluator.list(call, inputs, 1, "starts")?.unwrap_or_default();
    let ends = evaluator.list(call, inputs, 2, "ends")?.unwrap_or_default();
    let axes = evaluator.list(call, inputs, 3, "axes")?;
    let steps = evaluator.list(call, inputs, 4, "steps")?;
    let cuts = shapes::cuts(call, &constant.dims, &starts, &ends, axes.as_deref(), steps.as_deref())?;
    cut(evaluator, call, constant, &cuts)
}

/// The part of a constant that stays of every axis.
fn cut(evaluator: &mut Evaluator, call: &Call<'_>, constant: &Constant, cuts: &[Cut]) -> Result<Constant, FormatError> {
    let dims: Vec<u64> = cuts.iter().map(|cut| cut.count).collect();
    let strides = strides(&constant.dims);
    let base: u64 = cuts.iter().zip(&strides).map(|(cut, stride)| cut.start * stride).sum();
    // A backward step is a walk with a stride that wraps around.
    let steps: Vec<i64> =
        cuts.iter().zip(&strides).map(|(cut, &stride)| cut.step.saturating_mul(stride as i64)).collect();
    let all = count(&dims).unwrap_or(0);
    let sizes = dims.clone();
    let at = (0..all).map(move |mut index| {
        let mut place = base as i64;
        for (axis, &size) in sizes.iter().enumerate().rev() {
            place = place.saturating_add(steps[axis].saturating_mul((index % size) as i64));
            index /= size;
        }
        place as usize
    });
    picked(evaluator, call, constant, dims, at)
}

fn concat(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    call.only(&["axis"])?;
    let first = operand(call, inputs, 0)?;
    let axis = shapes::axis_of(call, call.int("axis", 1)?, first.dims.len())?;
    let mut dims = first.dims.clone();
    dims[axis] = 0;
    for slot in 0..inputs.len() {
        let other = operand(call, inputs, slot)?;
        let agrees = other.dims.len() == dims.len()
            && other.dtype == first.dtype
            && (0..dims.len()).all(|at| at == axis || other.dims[at] == dims[at]);
        if !agrees {
            return call.refuse(format!("{:?} beside {:?} along axis {axis}", first.dims, other.dims));
        }
        dims[axis] = dims[axis].saturating_add(other.dims[axis]);
    }
    let Some(all) = count(&dims) else { return call.refuse(format!("makes sizes {dims:?}")) };
    if let [only] = inputs {
        return Ok(only.as_deref().unwrap_or(first).clone());
    }
    if all > MOST_ELEMENTS {
        return Ok(evaluator.made(call.name, first.dtype, dims, Data::Absent(bound(all).into())));
    }
    let mut parts = Vec::with_capacity(inputs.len());
    for slot in 0..inputs.len() {
        let part = operand(call, inputs, slot)?;
        match evaluator.elements(call, part)? {
            Ok(values) => parts.push((values, part.dims[axis..].iter().product::<u64>() as usize)),
            Err(reason) => return Ok(evaluator.made(call.name, first.dtype, dims, Data::Absent(reason.into()))),
        }
    }
    evaluator.spend(call, all)?;
    let outer = dims[..axis].iter().product::<u64>() as usize;
    let mut values = if first.dtype.is_float() { Values::Float(Vec::new()) } else { Values::Int(Vec::new()) };
    for block in 0..outer {
        for (part, span) in &parts {
            match (&mut values, part.as_ref()) {
                (Values::Int(values), Values::Int(part)) => values.extend(part.iter().skip(block * span).take(*span)),
                (Values::Float(values), Values::Float(part)) => {
                    values.extend(part.iter().skip(block * span).take(*span));
                }
                _ => return call.refuse("operands of different types"),
            }
        }
    }
    Ok(evaluator.known(call, first.dtype, dims, values))
}

/// The parts of a constant along an axis.
pub(super) fn split(
    evaluator: &mut Evaluator,
    call: &Call<'_>,
    inputs: Inputs<'_>,
) -> Result<Vec<Constant>, FormatError> {
    call.only(&["axis", "split", "num_outputs"])?;
    let constant = operand(call, inputs, 0)?;
    let axis = shapes::axis_of(call, call.int("axis", 0)?, constant.dims.len())?;
    let given = evaluator.list(call, inputs, 1, "split")?;
    let mut start = 0;
    let mut made = Vec::new();
    for count in shapes::parts(call, constant.dims[axis], given.as_deref())? {
        let mut cuts: Vec<Cut> = constant.dims.iter().map(|&size| Cut::all(size)).collect();
        cuts[axis] = Cut { start, step: 1, count };
        made.push(cut(evaluator, call, constant, &cuts)?);
        start += count;
    }
    Ok(made)
}
