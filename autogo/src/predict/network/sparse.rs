//! A sparse matrix times a dense tensor, as a dfdx operation with its own backward pass.
//!
//! Looking up embeddings, passing messages along edges and taking the mean over a part's nodes are all this one
//! product.

use super::matrix::Matrix;
use dfdx::prelude::*;
use std::sync::Arc;

/// A sparse matrix by rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sparse {
    columns: usize,
    /// The start of each row in `entries`, and the end of the last row.
    starts: Vec<usize>,
    /// Column and weight.
    entries: Vec<(usize, f32)>,
}

impl Sparse {
    /// An empty matrix of this width.
    pub(crate) fn new(columns: usize) -> Self {
        Sparse { columns, starts: vec![0], entries: Vec::new() }
    }

    /// Appends a row. Columns at or beyond the width are a bug of the caller.
    pub(crate) fn push_row(&mut self, row: impl IntoIterator<Item = (usize, f32)>) {
        self.entries.extend(row);
        debug_assert!(self.entries.iter().all(|entry| entry.0 < self.columns));
        self.starts.push(self.entries.len());
    }

    /// A matrix with a single 1 in every row.
    pub(crate) fn one_hot(columns: usize, hot: impl IntoIterator<Item = usize>) -> Self {
        let mut matrix = Sparse::new(columns);
        hot.into_iter().for_each(|column| matrix.push_row([(column, 1.0)]));
        matrix
    }

    pub(crate) fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    fn transposed(&self) -> Sparse {
        let mut starts = vec![0; self.columns + 1];
        for &(column, _) in &self.entries {
            starts[column + 1] += 1;
        }
        for column in 0..self.columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0, 0.0); self.entries.len()];
        for row in 0..self.rows() {
            for &(column, weight) in &self.entries[self.starts[row]..self.starts[row + 1]] {
                entries[next[column]] = (row, weight);
                next[column] += 1;
            }
        }
        Sparse { columns: self.rows(), starts, entries }
    }

    /// Adds `self · dense` to `out`; both have `width` columns, by rows.
    fn multiply_add(&self, dense: &[f32], width: usize, out: &mut [f32]) {
        for (row, out) in out.chunks_exact_mut(width).enumerate() {
            for &(column, weight) in &self.entries[self.starts[row]..self.starts[row + 1]] {
                let source = &dense[column * width..(column + 1) * width];
                out.iter_mut().zip(source).for_each(|(out, value)| *out += weight * value);
            }
        }
    }
}

/// A sparse matrix together with its transpose, which the backward pass needs.
#[derive(Clone, Debug)]
pub(crate) struct SparsePair {
    forward: Arc<Sparse>,
    backward: Arc<Sparse>,
}

impl From<Sparse> for SparsePair {
    fn from(matrix: Sparse) -> Self {
        SparsePair { backward: Arc::new(matrix.transposed()), forward: Arc::new(matrix) }
    }
}

impl SparsePair {
    pub(crate) fn rows(&self) -> usize {
        self.forward.rows()
    }

    /// The product of this matrix (rows × n) with a dense one (n × width): rows × width. O(entries · width) forward and
    /// backward.
    pub(crate) fn multiply<T: Tape<f32, Cpu>>(&self, dense: Matrix<T>) -> Result<Matrix<T>, CpuError> {
        let (dense, mut tape) = dense.split_tape();
        let (_, width) = *dense.shape();
        let mut values = vec![0.0; self.rows() * width];
        self.forward.multiply_add(&dense.as_vec(), width, &mut values);
        let out = dense.device().tensor_from_vec(values, (self.rows(), width));
        let (dense_ghost, out_ghost) = (dense.ghost(), out.ghost());
        let backward = Arc::clone(&self.backward);
        tape.add_backward_op(move |gradients| {
            let upstream = std::mem::take(&mut **gradients.get_or_alloc_mut(&out_ghost)?);
            backward.multiply_add(&upstream, width, gradients.get_or_alloc_mut(&dense_ghost)?);
            **gradients.get_or_alloc_mut(&out_ghost)? = upstream;
            Ok(())
        });
        Ok(out.put_tape(tape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn product_and_gradient_equal_the_dense_ones(
            rows in proptest::collection::vec(proptest::collection::vec((0usize..5, -2.0f32..2.0), 0..4), 1..7),
            dense in proptest::collection::vec(-2.0f32..2.0, 15),
        ) {
            let device = Cpu::default();
            let mut sparse = Sparse::new(5);
            let mut full = vec![0.0; rows.len() * 5];
            for (at, row) in rows.iter().enumerate() {
                row.iter().for_each(|&(column, weight)| full[at * 5 + column] += weight);
                sparse.push_row(row.iter().copied());
            }
            let x = device.tensor_from_vec(dense, (5usize, 3usize));
            let full = device.tensor_from_vec(full, (rows.len(), 5usize));
            let fast = SparsePair::from(sparse).multiply(x.retaped::<OwnedTape<f32, Cpu>>()).unwrap();
            let slow = full.clone().put_tape(OwnedTape::default()).matmul(x.clone());
            for (a, b) in fast.as_vec().into_iter().zip(slow.as_vec()) {
                prop_assert!((a - b).abs() < 1e-5);
            }
            let fast = fast.square().sum().backward().get(&x).as_vec();
            let slow = slow.square().sum().backward().get(&x).as_vec();
            for (a, b) in fast.into_iter().zip(slow) {
                prop_assert!((a - b).abs() < 1e-3, "{a} {b}");
            }
        }
    }
}
