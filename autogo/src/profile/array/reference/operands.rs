//! The words that the array asks of its memories, as matrices of addresses ([npu §A.1](crate::doc::npu#sa-1),
//! [§A.2](crate::doc::npu#sa-2)).

use crate::profile::array::folds::Folds;
use crate::profile::array::layer::Layer;
use crate::profile::array::machine::Dataflow;

/// The demand of a lane: nothing, a word outside the image, or the word at an address.
pub(super) type Ask = Option<Option<u64>>;

/// The three operands as matrices of addresses.
pub(super) struct Operands<'a> {
    pub(super) layer: &'a Layer,
    pub(super) output_width: u64,
    pub(super) pixels: u64,
    pub(super) window: u64,
    pub(super) filters: u64,
}

impl Operands<'_> {
    /// Word `k` of the window of pixel `p`.
    fn ifmap(&self, p: u64, k: u64) -> Ask {
        if p >= self.pixels || k >= self.window {
            return None;
        }
        let (height, width) = (u64::from(self.layer.height), u64::from(self.layer.width));
        let (channels, kernel_width) = (u64::from(self.layer.channels), u64::from(self.layer.kernel.1));
        let row = p / self.output_width * u64::from(self.layer.stride.0) + k / (kernel_width * channels);
        let column = p % self.output_width * u64::from(self.layer.stride.1) + k % (kernel_width * channels) / channels;
        Some((row < height && column < width).then_some((row * width + column) * channels + k % channels))
    }

    /// Word `k` of filter `m`.
    fn filter(&self, k: u64, m: u64) -> Ask {
        (k < self.window && m < self.filters).then_some(Some(m * self.window + k))
    }

    /// Filter `m` at pixel `p`.
    fn ofmap(&self, p: u64, m: u64) -> Ask {
        (p < self.pixels && m < self.filters).then_some(Some(p * self.filters + m))
    }
}

/// The demands of a line on the three memories: line `x` of the fold whose tile starts at row `r0` and column `c0`.
pub(super) fn demand(operands: &Operands<'_>, folds: &Folds, r0: u64, c0: u64, x: u64) -> [Vec<Ask>; 3] {
    let (a, b, t) = (folds.rows, folds.columns, folds.steps);
    let skewed = |lanes: u64, delay: u64, steps: u64, f: &dyn Fn(u64, u64) -> Ask| -> Vec<Ask> {
        let step = |lane: u64| x.checked_sub(lane + delay).filter(|step| *step < steps);
        (0..lanes).map(|lane| f(lane, step(lane)?)).collect()
    };
    let loaded = |f: &dyn Fn(u64, u64) -> Ask| -> Vec<Ask> {
        (0..b).map(|lane| if x < a { f(r0 + a - 1 - x, c0 + lane) } else { None }).collect()
    };
    match folds.dataflow {
        Dataflow::OutputStationary => [
            skewed(a, 0, t, &|lane, k| operands.ifmap(r0 + lane, k)),
            skewed(b, 0, t, &|lane, k| operands.filter(k, c0 + lane)),
            skewed(b, t - 1, a, &|lane, q| operands.ofmap(r0 + a - 1 - q, c0 + lane)),
        ],
        Dataflow::WeightStationary => [
            skewed(a, a, t, &|lane, p| operands.ifmap(p, r0 + lane)),
            loaded(&|k, m| operands.filter(k, m)),
            skewed(b, 2 * a - 1, t, &|lane, p| operands.ofmap(p, c0 + lane)),
        ],
        Dataflow::InputStationary => [
            loaded(&|k, p| operands.ifmap(p, k)),
            skewed(a, a, t, &|lane, m| operands.filter(r0 + lane, m)),
            skewed(b, 2 * a - 1, t, &|lane, m| operands.ofmap(c0 + lane, m)),
        ],
    }
}

/// The stream that an operand is prefetched in: its tiles below each other, read along diagonals if it enters skewed.
pub(super) fn stream(operands: &Operands<'_>, folds: &Folds, is_filter: bool) -> Vec<Ask> {
    let (a, b, t, sr) = (folds.rows, folds.columns, folds.steps, folds.along_rows);
    let word = |row: u64, column: u64| match (folds.dataflow, is_filter) {
        (Dataflow::OutputStationary, false) => operands.ifmap(row / t * a + column, row % t),
        (Dataflow::OutputStationary, true) => operands.filter(row % t, row / t * b + column),
        (Dataflow::WeightStationary, false) => operands.ifmap(row % t, row / t * a + column),
        (Dataflow::WeightStationary, true) => operands.filter(row % sr, row / sr * b + column),
        (Dataflow::InputStationary, false) => operands.ifmap(row / sr * b + column, row % sr),
        (Dataflow::InputStationary, true) => operands.filter(row / t * a + column, row % t),
    };
    let (rows, columns, along_diagonals) = match (folds.dataflow, is_filter) {
        (Dataflow::OutputStationary, true) => (folds.column_folds() * t, b, true),
        (Dataflow::WeightStationary, true) | (Dataflow::InputStationary, false) => {
            (folds.column_folds() * sr, b, false)
        }
        _ => (folds.row_folds() * t, a, true),
    };
    let mut stream = Vec::new();
    if along_diagonals {
        for diagonal in 0..rows + columns - 1 {
            let from = diagonal.min(rows - 1);
            stream.extend(
                (0..=from)
                    .rev()
                    .map(|row| (row, diagonal - row))
                    .take_while(|at| at.1 < columns)
                    .map(|(r, c)| word(r, c)),
            );
        }
    } else {
        stream.extend((0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).map(|(r, c)| word(r, c)));
    }
    stream
}
