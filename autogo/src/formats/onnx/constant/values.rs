//! Elements of a constant, and changes of their order, sign and sizes.

use super::dtype::DataType;

/// The elements of a constant in row-major order. Truth values are 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    Int(Vec<i64>),
    Float(Vec<f64>),
}

impl Values {
    pub(crate) fn len(&self) -> usize {
        match self {
            Values::Int(values) => values.len(),
            Values::Float(values) => values.len(),
        }
    }

    /// The elements at these places, in this order; places outside are left out.
    pub(crate) fn pick(&self, places: impl Iterator<Item = usize>) -> Values {
        match self {
            Values::Int(values) => Values::Int(places.filter_map(|place| values.get(place).copied()).collect()),
            Values::Float(values) => Values::Float(places.filter_map(|place| values.get(place).copied()).collect()),
        }
    }

    /// The elements as real numbers.
    pub(crate) fn floats(&self) -> Vec<f64> {
        match self {
            Values::Int(values) => values.iter().map(|&value| value as f64).collect(),
            Values::Float(values) => values.clone(),
        }
    }

    /// The elements in another type, or `None` where a number does not fit.
    pub(crate) fn cast(&self, to: DataType) -> Option<Values> {
        if to.is_float() {
            return Some(Values::Float(self.floats().into_iter().map(|value| to.round(value)).collect()));
        }
        let whole = |value: f64| {
            let cut = value.trunc();
            (cut.abs() < 2f64.powi(63)).then_some(cut as i64)
        };
        let values: Option<Vec<i64>> = match (self, to) {
            (Values::Int(values), DataType::Bool) => Some(values.iter().map(|&value| i64::from(value != 0)).collect()),
            (Values::Float(values), DataType::Bool) => {
                Some(values.iter().map(|&value| i64::from(value != 0.0)).collect())
            }
            (Values::Int(values), _) => Some(values.clone()),
            (Values::Float(values), _) => values.iter().map(|&value| whole(value)).collect(),
        };
        values.filter(|values| values.iter().all(|&value| to.holds(value))).map(Values::Int)
    }
}

/// A change of a constant that keeps every element's identity: the parameters behind it stay the same ones.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Other sizes, the same elements in the same order.
    Reshape(Vec<u64>),
    /// Axes in another order: result axis `i` is axis `perm[i]`.
    Transpose(Vec<usize>),
    /// Sizes of 1 repeated up to these sizes, of which there are at least as many.
    Expand(Vec<u64>),
    /// The same numbers in another type.
    Cast(DataType),
    /// The numbers with the other sign.
    Negate,
    /// One over the numbers.
    Reciprocal,
}

impl Change {
    /// The sizes after the change.
    pub(crate) fn dims(&self, dims: &[u64]) -> Vec<u64> {
        match self {
            Change::Reshape(to) | Change::Expand(to) => to.clone(),
            Change::Transpose(perm) => perm.iter().filter_map(|&axis| dims.get(axis).copied()).collect(),
            Change::Cast(_) | Change::Negate | Change::Reciprocal => dims.to_vec(),
        }
    }

    /// The elements after the change, or `None` where a number does not fit into the new type.
    pub(crate) fn apply(&self, values: Values, dims: &[u64]) -> Option<Values> {
        Some(match self {
            Change::Reshape(_) => values,
            Change::Cast(to) => values.cast(*to)?,
            Change::Negate => match values {
                Values::Int(values) => {
                    Values::Int(values.into_iter().map(i64::checked_neg).collect::<Option<Vec<i64>>>()?)
                }
                Values::Float(values) => Values::Float(values.into_iter().map(|value| -value).collect()),
            },
            Change::Reciprocal => Values::Float(values.floats().into_iter().map(|value| 1.0 / value).collect()),
            Change::Transpose(perm) => {
                let strides = strides(dims);
                let order: Vec<u64> = perm.iter().filter_map(|&axis| strides.get(axis).copied()).collect();
                values.pick(places(&self.dims(dims), &order))
            }
            Change::Expand(to) => values.pick(places(to, &repeated(dims, to))),
        })
    }
}

/// Distance between neighbours along every axis.
pub(crate) fn strides(dims: &[u64]) -> Vec<u64> {
    let mut strides = vec![1u64; dims.len()];
    for axis in (0..dims.len().saturating_sub(1)).rev() {
        strides[axis] = strides[axis + 1].saturating_mul(dims[axis + 1]);
    }
    strides
}

/// Strides with which a tensor of sizes `dims` is read as one of sizes `to`: 0 along axes that are repeated.
pub(crate) fn repeated(dims: &[u64], to: &[u64]) -> Vec<u64> {
    let mut read = vec![0; to.len()];
    let offset = to.len().saturating_sub(dims.len());
    for (axis, (&size, stride)) in dims.iter().zip(strides(dims)).enumerate() {
        if let Some(slot) = read.get_mut(axis + offset) {
            *slot = if size == 1 { 0 } else { stride };
        }
    }
    read
}

/// The places that a walk over `dims` visits, when a step along axis `i` moves by `steps[i]`.
pub(crate) fn places(dims: &[u64], steps: &[u64]) -> impl Iterator<Item = usize> + use<> {
    let (dims, steps) = (dims.to_vec(), steps.to_vec());
    let count: u64 = dims.iter().product();
    let mut index = vec![0u64; dims.len()];
    let mut place = 0u64;
    (0..count).map(move |_| {
        let here = place;
        for axis in (0..dims.len()).rev() {
            index[axis] += 1;
            place += steps[axis];
            if index[axis] < dims[axis] {
                break;
            }
            place -= steps[axis] * dims[axis];
            index[axis] = 0;
        }
        here as usize
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_move_with_their_axes() {
        let values = Values::Int((0..6).collect());
        let turned = Change::Transpose(vec![1, 0]).apply(values.clone(), &[2, 3]);
        assert_eq!(turned, Some(Values::Int(vec![0, 3, 1, 4, 2, 5])));
        let wide = Change::Expand(vec![2, 2, 3]).apply(Values::Int(vec![7, 8, 9]), &[1, 3]);
        assert_eq!(wide, Some(Values::Int([7, 8, 9].repeat(4))));
        assert_eq!(Change::Negate.apply(Values::Int(vec![i64::MIN]), &[1]), None);
        assert_eq!(Values::Float(vec![2.9, -1.5]).cast(DataType::I32), Some(Values::Int(vec![2, -1])));
        assert_eq!(Values::Float(vec![f64::NAN]).cast(DataType::I32), None);
        assert_eq!(Values::Int(vec![300]).cast(DataType::U8), None);
    }
}
