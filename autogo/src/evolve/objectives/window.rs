//! Windows: the distance between a column of a child and the same column of the input.

use super::columns::RunColumn;
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// A child is kept when the decrease of a column, `100 · (input − child) / |input|` percent, lies between two bounds,
/// both excluded ([release §4.5](crate::doc::release#s4-5)). In TOML: `{ column = "flops", decrease = [-10, 100] }`.
///
/// Example: of an input with 200 FLOPs, the window above keeps children with more than 0 FLOPs (a decrease of less than
/// 100 %) and less than 220 FLOPs (an increase of less than 10 %). Equal values are a decrease of 0 %, also where both
/// are 0.
///
/// ```
/// use autogo::evolve::{CostWindow, RunColumn};
/// let window = CostWindow { column: RunColumn::Flops, decrease: (-10.0, 100.0) };
/// assert!(window.admits(200.0, 219.0) && !window.admits(200.0, 220.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostWindow {
    /// The column.
    pub column: RunColumn,
    /// Lower and upper bound of the decrease, in percent of the input's value; a negative decrease is an increase.
    pub decrease: (f64, f64),
}

impl CostWindow {
    /// Whether a child with `value` is inside the window when the input network has `base`.
    pub fn admits(&self, base: f64, value: f64) -> bool {
        // A figure that is zero to begin with, such as the parameters of a network without weights, stays where it is.
        let decrease = if base == value { 0.0 } else { 100.0 * (base - value) / base.abs() };
        self.decrease.0 < decrease && decrease < self.decrease.1
    }

    pub(in crate::evolve) fn check(&self) -> Result<(), Error> {
        let (low, high) = self.decrease;
        if low < high {
            return Ok(());
        }
        let what = format!("window of {}", self.column);
        Err(Error::setting(&what, format!("is {low} to {high} %"), "a lower and an upper percentage"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_excludes_its_bounds() {
        let window = CostWindow { column: RunColumn::Flops, decrease: (-10.0, 100.0) };
        assert!(window.admits(200.0, 200.0) && window.admits(200.0, 219.0) && window.admits(200.0, 1.0));
        assert!(!window.admits(200.0, 220.0) && !window.admits(200.0, 0.0));
        assert!(window.admits(0.0, 0.0) && !window.admits(0.0, 1.0));
        assert!(!window.admits(200.0, f64::NAN));
        let error = CostWindow { decrease: (5.0, 5.0), ..window }.check().unwrap_err().to_string();
        assert_eq!(error, "window of flops: is 5 to 5 %; accepted: a lower and an upper percentage");
    }
}
