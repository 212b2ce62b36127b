//! Sizes that operations make of sizes: the rules that constants and activations share.

use super::super::attributes::Call;
use super::store::{MOST_AXES, count};
use crate::formats::FormatError;

/// Axis `axis` of `rank`, counted from the end when it is negative.
pub(crate) fn axis_of(call: &Call<'_>, axis: i64, rank: usize) -> Result<usize, FormatError> {
    let rank_i = rank as i64;
    let found = if axis < 0 { axis.checked_add(rank_i) } else { Some(axis) };
    match found.filter(|axis| (0..rank_i).contains(axis)) {
        Some(axis) => Ok(axis as usize),
        None => call.refuse(format!("axis {axis} of {rank} axes")),
    }
}

/// Different axes of `rank`, in the order given.
pub(crate) fn axes_of(call: &Call<'_>, axes: &[i64], rank: usize) -> Result<Vec<usize>, FormatError> {
    if axes.len() > rank {
        return call.refuse(format!("{} axes of {rank}", axes.len()));
    }
    let mut found = Vec::with_capacity(axes.len());
    for &axis in axes {
        let axis = axis_of(call, axis, rank)?;
        if found.contains(&axis) {
            return call.refuse(format!("axis {axis} twice"));
        }
        found.push(axis);
    }
    Ok(found)
}

/// The sizes that Reshape makes: 0 copies a size, -1 takes what is left.
pub(crate) fn reshaped(call: &Call<'_>, dims: &[u64], wanted: &[i64]) -> Result<Vec<u64>, FormatError> {
    let keeps_zeros = call.flag("allowzero", false)?;
    if wanted.len() > MOST_AXES {
        return call.refuse(format!("{} axes; accepted: up to {MOST_AXES}", wanted.len()));
    }
    let wrong = || call.refuse(format!("sizes {dims:?} to {wanted:?}"));
    let mut made = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (axis, &size) in wanted.iter().enumerate() {
        match (size, dims.get(axis)) {
            (-1, _) if open.replace(axis).is_some() => return wrong(),
            (-1, _) => made.push(1),
            (0, _) if keeps_zeros => made.push(0),
            (0, Some(&copied)) => made.push(copied),
            (1.., _) => made.push(size as u64),
            _ => return wrong(),
        }
    }
    let (Some(all), Some(given)) = (count(dims), count(&made)) else { return wrong() };
    match open {
        Some(axis) if given > 0 && all.is_multiple_of(given) => made[axis] = all / given,
        None if all == given => {}
        _ => return wrong(),
    }
    Ok(made)
}

/// The sizes that Flatten makes.
pub(crate) fn flattened(call: &Call<'_>, dims: &[u64]) -> Result<Vec<u64>, FormatError> {
    let rank = dims.len() as i64;
    let axis = call.int("axis", 1)?;
    let at = if axis < 0 { axis + rank } else { axis };
    if !(0..=rank).contains(&at) {
        return call.refuse(format!("axis {axis} of {rank} axes"));
    }
    let (before, after) = dims.split_at(at as usize);
    Ok(vec![before.iter().product(), after.iter().product()])
}

/// The sizes that Squeeze makes, and the axes that stay. Without axes, every size of 1 goes.
pub(crate) fn squeezed(
    call: &Call<'_>,
    dims: &[u64],
    axes: Option<&[i64]>,
) -> Result<(Vec<u64>, Vec<usize>), FormatError> {
    let gone: Vec<usize> = match axes {
        Some(axes) => axes_of(call, axes, dims.len())?,
        None => (0..dims.len()).filter(|&axis| dims[axis] == 1).collect(),
    };
    if let Some(&axis) = gone.iter().find(|&&axis| dims[axis] != 1) {
        return call.refuse(format!("axis {axis} of sizes {dims:?}; accepted: sizes of 1"));
    }
    let stay: Vec<usize> = (0..dims.len()).filter(|axis| !gone.contains(axis)).collect();
    Ok((stay.iter().map(|&axis| dims[axis]).collect(), stay))
}

/// The sizes that Unsqueeze makes, and the axes that are new.
pub(crate) fn unsqueezed(call: &Call<'_>, dims: &[u64], axes: &[i64]) -> Result<(Vec<u64>, Vec<usize>), FormatError> {
    let rank = dims.len() + axes.len();
    if rank > MOST_AXES {
        return call.refuse(format!("{rank} axes; accepted: up to {MOST_AXES}"));
    }
    let new = axes_of(call, axes, rank)?;
    let mut old = dims.iter();
    let made = (0..rank).map(|axis| if new.contains(&axis) { 1 } else { old.next().copied().unwrap_or(1) }).collect();
    Ok((made, new))
}

/// The part of an axis that stays: `count` elements from `start`, `step` apart. The step may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) start: u64,
    pub(crate) step: i64,
    pub(crate) count: u64,
}

impl Cut {
    /// The whole of an axis.
    pub(crate) fn all(size: u64) -> Self {
        Cut { start: 0, step: 1, count: size }
    }
}

/// The part of every axis that Slice keeps.
pub(crate) fn cuts(
    call: &Call<'_>,
    dims: &[u64],
    starts: &[i64],
    ends: &[i64],
    axes: Option<&[i64]>,
    steps: Option<&[i64]>,
) -> Result<Vec<Cut>, FormatError> {
    let first: Vec<i64> = (0..starts.len() as i64).collect();
    let axes = axes_of(call, axes.unwrap_or(&first), dims.len())?;
    let same = starts.len() == ends.len() && starts.len() == axes.len();
    if !same || steps.is_some_and(|steps| steps.len() != axes.len()) {
        return call.refuse(format!("{} starts, {} ends, {} axes", starts.len(), ends.len(), axes.len()));
    }
    let mut kept: Vec<Cut> = dims.iter().map(|&size| Cut::all(size)).collect();
    for (slot, &axis) in axes.iter().enumerate() {
        let step = steps.map_or(1, |steps| steps[slot]);
        let size = i128::from(dims[axis]);
        let from_end = |value: i64| i128::from(value) + if value < 0 { size } else { 0 };
        let (start, end) = (from_end(starts[slot]), from_end(ends[slot]));
        let (start, span) = match step {
            1.. => {
                let start = start.clamp(0, size);
                (start, end.clamp(0, size) - start)
            }
            0 => return call.refuse("a step of 0"),
            _ => {
                let start = start.clamp(-1, size - 1);
                (start, start - end.clamp(-1, size - 1))
            }
        };
        let stride = i128::from(step).abs();
        let count = if span <= 0 { 0 } else { (span + stride - 1) / stride };
        kept[axis] = Cut { start: start.max(0) as u64, step, count: count as u64 };
    }
    Ok(kept)
}

/// The sizes of the parts that Split makes along an axis of `size`.
pub(crate) fn parts(call: &Call<'_>, size: u64, given: Option<&[i64]>) -> Result<Vec<u64>, FormatError> {
    let results = call.proto.output.len() as u64;
    match given {
        Some(given) => {
            let parts: Option<Vec<u64>> = given.iter().map(|&part| u64::try_from(part).ok()).collect();
            let fits = |parts: &Vec<u64>| {
                parts.len() as u64 == results
                    && parts.iter().try_fold(0u64, |sum, &part| sum.checked_add(part)) == Some(size)
            };
            match parts.filter(fits) {
                Some(parts) => Ok(parts),
                None => call.refuse(format!("parts {given:?} of {size}")),
            }
        }
        None if results == 0 => call.refuse("without results"),
        None if size.is_multiple_of(results) => Ok(vec![size / results; results as usize]),
        // Since opset 18 the last part is the smaller one.
        None if call.has("num_outputs") => {
            let part = size.div_ceil(results);
            match size.checked_sub(part.saturating_mul(results - 1)).filter(|&last| last > 0) {
                Some(last) => Ok((1..results).map(|_| part).chain([last]).collect()),
                None => call.refuse(format!("{size} in {results} parts")),
            }
        }
        None => call.refuse(format!("{size} in {results} parts")),
    }
}
