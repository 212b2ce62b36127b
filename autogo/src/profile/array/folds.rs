//! The folds of a layer that is cut to the size of the array, and the numbers that follow from the folds alone ([npu
//! §A.2](crate::doc::npu#sa-2)).

use super::layer::Layer;
use super::machine::{ArrayMachine, Dataflow};
use crate::error::Error;

/// Most lines of demand that are simulated: a few minutes of work if each of them waits.
const MOST_LINES: u128 = 1 << 32;
/// Most accesses to the on-chip memories, idle lanes included: products of two such sizes are never formed.
const MOST_ACCESSES: u128 = 1 << 52;

/// A layer on an array: a loop over column folds around a loop over row folds. Folds, lanes and lines count from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folds {
    pub dataflow: Dataflow,
    /// Rows of the array.
    pub rows: u64,
    /// Columns of the array.
    pub columns: u64,
    /// Pixels, or words of a window, that are laid along the rows, over all folds.
    pub along_rows: u64,
    /// Filters, or pixels, that are laid along the columns, over all folds.
    pub along_columns: u64,
    /// Steps that pass while the words of a fold lie in the array.
    pub steps: u64,
}

impl Folds {
    /// The folds of a layer.
    ///
    /// # Errors
    /// More lines or accesses than can be simulated, or a single line.
    pub fn of(layer: &Layer, machine: &ArrayMachine) -> Result<Self, Error> {
        let (pixels, window, filters) = (layer.pixels(), layer.window(), u64::from(layer.filters));
        let (along_rows, along_columns, steps) = match machine.dataflow {
            Dataflow::OutputStationary => (pixels, filters, window),
            Dataflow::WeightStationary => (window, filters, pixels),
            Dataflow::InputStationary => (window, pixels, filters),
        };
        let (rows, columns) = (u64::from(machine.rows), u64::from(machine.columns));
        let folds = Folds { dataflow: machine.dataflow, rows, columns, along_rows, along_columns, steps };
        let count = u128::from(folds.row_folds()) * u128::from(folds.column_folds());
        let lines = count.saturating_mul(u128::from(folds.lines_per_fold()));
        let streamed = u128::from(rows + columns) * u128::from(steps);
        let accesses = count.saturating_mul(streamed + u128::from(rows) * u128::from(columns));
        let what = format!("layer {} on machine {}", layer.name, machine.name);
        if lines > MOST_LINES || accesses > MOST_ACCESSES {
            let reason = format!("{lines} lines of demand, {accesses} accesses");
            return Err(Error::setting(&what, reason, "up to 2^32 lines and 2^52 accesses"));
        }
        if lines == 1 {
            // The number of the last line is the number of cycles, and rates are divided by it.
            return Err(Error::setting(&what, "one line of demand, which is cycle 0", "2 lines or more"));
        }
        Ok(folds)
    }

    pub fn row_folds(&self) -> u64 {
        self.along_rows.div_ceil(self.rows)
    }

    pub fn column_folds(&self) -> u64 {
        self.along_columns.div_ceil(self.columns)
    }

    pub fn count(&self) -> u64 {
        self.row_folds() * self.column_folds()
    }

    /// Lines of a fold in which the operand that stays is loaded.
    pub fn load(&self) -> u64 {
        if self.dataflow == Dataflow::OutputStationary { 0 } else { self.rows }
    }

    /// Lines of a fold. Every fold pays for filling and draining the array.
    pub fn lines_per_fold(&self) -> u64 {
        self.load() + self.steps + self.rows + self.columns - 2
    }

    /// Lines of all folds.
    pub fn lines(&self) -> u64 {
        self.count() * self.lines_per_fold()
    }

    /// Rows that row fold `fold` uses.
    pub fn used_rows(&self, fold: u64) -> u64 {
        (self.along_rows - fold * self.rows).min(self.rows)
    }

    /// Columns that column fold `fold` uses.
    pub fn used_columns(&self, fold: u64) -> u64 {
        (self.along_columns - fold * self.columns).min(self.columns)
    }

    /// On-chip reads of the input, reads of the filters and writes of the output. Words outside the image count.
    pub fn accesses(&self, os_writes_extra: bool) -> [u64; 3] {
        let by_rows = self.along_rows * self.steps * self.column_folds();
        let by_columns = self.along_columns * self.steps * self.row_folds();
        let kept = self.along_rows * self.along_columns;
        let extra = if os_writes_extra { self.count() * (self.rows + self.columns) } else { 0 };
        match self.dataflow {
            Dataflow::OutputStationary => [by_rows, by_columns, kept + extra],
            Dataflow::WeightStationary => [by_rows, kept, by_columns],
            Dataflow::InputStationary => [kept, by_rows, by_columns],
        }
    }

    /// Units that a fold uses, mean over folds, in percent.
    pub fn mapping_efficiency(&self) -> f64 {
        let units = self.count() as f64 * self.rows as f64 * self.columns as f64;
        100.0 * (self.along_rows as f64 * self.along_columns as f64) / units
    }

    /// Multiply-adds over what the array could do in a fold's lines, mean over folds, in percent.
    pub fn compute_utilisation(&self, long_utilisation: bool) -> f64 {
        let extra = if long_utilisation && self.load() > 0 { self.columns - 1 } else { 0 };
        self.mapping_efficiency() * self.steps as f64 / (self.lines_per_fold() + extra) as f64
    }
}

/// Lanes that start one line after the other and work for `steps` lines each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trapezoid {
    pub lanes: u64,
    pub steps: u64,
}

impl Trapezoid {
    /// Lines in which a lane works.
    pub fn lines(&self) -> u64 {
        self.lanes + self.steps - 1
    }

    /// The lanes that work in line `line`, from and to (excluded).
    pub fn working(&self, line: u64) -> (u64, u64) {
        ((line + 1).saturating_sub(self.steps), (line + 1).min(self.lanes))
    }

    /// The lines in which as many lanes work as ever do, from and to (excluded).
    pub fn top(&self) -> (u64, u64) {
        (self.lanes.min(self.steps) - 1, self.lanes.max(self.steps))
    }

    /// Steps of all lanes in the lines before `line`.
    pub fn before(&self, line: u64) -> u64 {
        let (short, long) = (self.lanes.min(self.steps), self.lanes.max(self.steps));
        let triangle = |side: u64| side * (side + 1) / 2;
        if line <= short {
            triangle(line)
        } else if line <= long {
            triangle(short) + (line - short) * short
        } else {
            self.lanes * self.steps - triangle(self.lines().saturating_sub(line))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 64 → 64 channel 3 × 3 layer over 16 × 16 pixels, on 16 × 16 units.
    fn folds(dataflow: Dataflow) -> Folds {
        let layer = Layer::conv("body", (18, 18, 64), (3, 3), 64, (1, 1));
        Folds::of(&layer, &ArrayMachine::new("test", 16, 16, dataflow)).unwrap()
    }

    #[test]
    fn a_layer_is_cut_to_the_array() {
        let weights = folds(Dataflow::WeightStationary);
        assert_eq!((weights.row_folds(), weights.column_folds()), (36, 4));
        assert_eq!(weights.lines_per_fold(), 256 + 32 + 16 - 2);
        assert_eq!(weights.accesses(true), [576 * 256 * 4, 576 * 64, 64 * 256 * 36]);
        let outputs = folds(Dataflow::OutputStationary);
        assert_eq!((outputs.row_folds(), outputs.column_folds()), (16, 4));
        assert_eq!(outputs.lines_per_fold(), 576 + 16 + 16 - 2);
        assert_eq!(outputs.accesses(false), [256 * 576 * 4, 64 * 576 * 16, 256 * 64]);
        assert_eq!(outputs.accesses(true)[2], 256 * 64 + 64 * 32);
        let inputs = folds(Dataflow::InputStationary);
        assert_eq!((inputs.row_folds(), inputs.column_folds()), (36, 16));
        assert_eq!(inputs.accesses(true), [576 * 256, 576 * 64 * 16, 256 * 64 * 36]);
        assert_eq!(weights.compute_utilisation(false), 100.0 * 256.0 / 302.0);
        assert_eq!(weights.compute_utilisation(true), 100.0 * 256.0 / 317.0);
    }

    #[test]
    fn a_trapezoid_is_counted_line_by_line() {
        for (lanes, steps) in [(1, 1), (1, 5), (5, 1), (3, 7), (7, 3), (4, 4)] {
            let shape = Trapezoid { lanes, steps };
            let mut before = 0;
            for line in 0..shape.lines() {
                assert_eq!(shape.before(line), before, "{lanes} × {steps}, line {line}");
                let (from, to) = shape.working(line);
                let (first, end) = shape.top();
                assert_eq!((first..end).contains(&line), to - from == lanes.min(steps));
                before += to - from;
            }
            assert_eq!((shape.before(shape.lines()), before), (lanes * steps, lanes * steps));
        }
    }

    #[test]
    fn what_cannot_be_simulated_is_refused() {
        let machine = ArrayMachine::new("test", 1, 1, Dataflow::OutputStationary);
        let refusal = |layer: &Layer| Folds::of(layer, &machine).unwrap_err().to_string();
        assert_eq!(
            refusal(&Layer::gemm("dot", 1, 1, 1)),
            "layer dot on machine test: one line of demand, which is cycle 0; accepted: 2 lines or more"
        );
        let said = refusal(&Layer::gemm("huge", 1 << 20, 1 << 20, 1));
        assert!(said.contains("1099511627776 lines of demand"), "{said}");
    }
}
