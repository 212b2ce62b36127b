//! One layer on a weight-stationary systolic array, in closed form ([npu §A.1](crate::doc::npu#sa-1),
//! [§A.2](crate::doc::npu#sa-2)).

use crate::graph::{Graph, Weighted};
use serde::{Deserialize, Serialize};

/// A layer as a matrix product: `pixels × window` times `window × filters`, `repeats` times.
///
/// ```
/// use autogo::profile::Gemm;
/// // Node 1 of the toy: 8×8 pixels, windows of 3×3×3, four filters.
/// let toy = autogo::tutorials::toy()?;
/// assert_eq!(Gemm::of(&toy, 1), Some(Gemm { pixels: 64, window: 27, filters: 4, repeats: 1 }));
/// assert_eq!(Gemm::of(&toy, 2), None); // a ReLU has no weights
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gemm {
    /// Output pixels, P.
    pub pixels: u64,
    /// Elements of one filter, K.
    pub window: u64,
    /// Filters, M.
    pub filters: u64,
    /// Independent products of this size: the groups of a convolution.
    pub repeats: u64,
}

impl Gemm {
    /// The product that node `index` of a graph computes; `None` for an op without weights.
    pub fn of(graph: &Graph, index: usize) -> Option<Gemm> {
        let node = graph.node(index);
        let input = graph.node(*graph.operands(index).first()?).shape;
        let pixels = u64::from(node.shape.h) * u64::from(node.shape.w);
        match node.op.weighted()? {
            Weighted::Conv(conv) => {
                let (h, w) = conv.window.kernel;
                Some(Gemm {
                    pixels,
                    window: u64::from(h) * u64::from(w) * u64::from(input.c / conv.groups),
                    filters: u64::from(conv.filters / conv.groups),
                    repeats: u64::from(conv.groups),
                })
            }
            // One product for every pixel that is read; the overlapping sums are not counted.
            Weighted::Transposed(conv) => {
                let (h, w) = conv.window.kernel;
                Some(Gemm {
                    pixels: u64::from(input.h) * u64::from(input.w),
                    window: u64::from(input.c / conv.groups),
                    filters: u64::from(h) * u64::from(w) * u64::from(conv.filters / conv.groups),
                    repeats: u64::from(conv.groups),
                })
            }
            Weighted::Dense { features, .. } => {
                Some(Gemm { pixels, window: u64::from(input.c), filters: u64::from(features), repeats: 1 })
            }
        }
    }

    /// Multiply-adds of all repeats; a product that does not fit stays at the largest number.
    pub fn multiply_adds(&self) -> u64 {
        [self.window, self.filters, self.repeats].into_iter().fold(self.pixels, u64::saturating_mul)
    }

    /// Compute cycles on a weight-stationary array. With A rows and B columns, `ceil(K/A)·ceil(M/B)` folds of `P + 2A +
    /// B - 2` cycles, counted from 0, so one less in all; as many times as the product repeats. Sums that do not fit
    /// stay at the largest number. O(1).
    ///
    /// ```
    /// use autogo::profile::Gemm;
    /// // 64 → 64 channels, 3 × 3, 16 × 16 pixels: 36 · 4 folds of 256 + 32 + 16 - 2 cycles.
    /// let layer = Gemm { pixels: 256, window: 576, filters: 64, repeats: 1 };
    /// assert_eq!(layer.cycles(16, 16), 36 * 4 * 302 - 1);
    /// ```
    pub fn cycles(&self, rows: u32, columns: u32) -> u64 {
        let (rows, columns) = (u64::from(rows.max(1)), u64::from(columns.max(1)));
        let folds = self.window.div_ceil(rows).saturating_mul(self.filters.div_ceil(columns));
        let lines = self.pixels.saturating_add(2 * rows + columns - 2);
        self.repeats.saturating_mul(folds.saturating_mul(lines).saturating_sub(1))
    }

    /// Words read from and written to on-chip memory by a weight-stationary array: the window of every pixel once for
    /// each column of folds, every weight once, every result once for each row of folds ([npu
    /// §A.2](crate::doc::npu#sa-2)).
    ///
    /// ```
    /// use autogo::profile::Gemm;
    /// let layer = Gemm { pixels: 64, window: 16, filters: 16, repeats: 1 };
    /// assert_eq!(layer.sram_words(16, 16), 64 * 16 + 16 * 16 + 64 * 16);
    /// ```
    pub fn sram_words(&self, rows: u32, columns: u32) -> u64 {
        let row_folds = self.window.div_ceil(u64::from(rows.max(1)));
        let column_folds = self.filters.div_ceil(u64::from(columns.max(1)));
        let product = |factors: [u64; 3]| factors.into_iter().fold(1u64, u64::saturating_mul);
        let words = product([self.window, self.pixels, column_folds])
            .saturating_add(product([self.window, self.filters, 1]))
            .saturating_add(product([self.filters, self.pixels, row_folds]));
        words.saturating_mul(self.repeats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, GraphBuilder, Op, Shape, Window};
    use proptest::prelude::*;

    /// Walks the loop over folds (npu §A.2); counts its lines and the words that they read and write.
    fn walk(rows: u64, columns: u64, gemm: &Gemm) -> (u64, u64) {
        let (mut lines, mut words) = (0, 0);
        for column in (0..gemm.filters).step_by(columns as usize) {
            for row in (0..gemm.window).step_by(rows as usize) {
                let used = (rows.min(gemm.window - row), columns.min(gemm.filters - column));
                let load = rows;
                let stream_and_drain = gemm.pixels + rows + columns - 2;
                lines += load + stream_and_drain;
                words += used.0 * used.1 + gemm.pixels * (used.0 + used.1);
            }
        }
        (gemm.repeats * (lines - 1), gemm.repeats * words)
    }

    proptest! {
        #[test]
        fn the_closed_form_counts_the_lines_and_words_of_all_folds(
            pixels in 1u64..200, window in 1u64..300, filters in 1u64..200, repeats in 1u64..4,
            rows in 1u32..40, columns in 1u32..40,
        ) {
            let gemm = Gemm { pixels, window, filters, repeats };
            let walked = walk(rows.into(), columns.into(), &gemm);
            prop_assert_eq!((gemm.cycles(rows, columns), gemm.sram_words(rows, columns)), walked);
        }
    }

    #[test]
    fn counts_that_do_not_fit_stay_at_the_largest_number() {
        let gemm = Gemm { pixels: u64::MAX, window: 2, filters: 3, repeats: 4 };
        assert_eq!(
            (gemm.multiply_adds(), gemm.cycles(16, 16), gemm.sram_words(16, 16)),
            (u64::MAX, u64::MAX, u64::MAX)
        );
    }

    #[test]
    fn a_depthwise_layer_is_one_product_a_channel() {
        let mut build = GraphBuilder::new("depthwise");
        let x = build.add("x", Op::Input(Shape::new(8, 8, 4)), &[]).unwrap();
        let conv = Conv { filters: 4, window: Window::same(3, 1), groups: 4, bias: false };
        let y = build.add("y", Op::Conv(conv), &[x]).unwrap();
        build.add("out", Op::Output, &[y]).unwrap();
        let graph = build.finish().unwrap();
        let gemm = Gemm::of(&graph, y).unwrap();
        assert_eq!(gemm, Gemm { pixels: 64, window: 9, filters: 1, repeats: 4 });
        assert_eq!(gemm.multiply_adds(), graph.cost().multiply_adds);
        assert_eq!(gemm.cycles(16, 16), 4 * (64 + 32 + 16 - 2 - 1));
    }
}
