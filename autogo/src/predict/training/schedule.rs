//! The learning rate of every step.

use serde::{Deserialize, Serialize};

/// The course of the learning rate over a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It rises linearly over the first fifth of the steps and falls along a cosine to zero.
    #[default]
    OneCycle,
    /// It stays: the paper's.
    Constant,
}

impl Schedule {
    /// The rate of step `step`, counted from 0, of `steps`.
    pub(super) fn rate(self, peak: f64, step: usize, steps: usize) -> f64 {
        match self {
            Schedule::OneCycle => one_cycle(peak, step, steps),
            Schedule::Constant => peak,
        }
    }
}

fn one_cycle(peak: f64, step: usize, steps: usize) -> f64 {
    let warm = (steps / 5).max(1);
    if step < warm {
        peak * (step + 1) as f64 / warm as f64
    } else {
        let done = (step - warm) as f64 / (steps - warm).max(1) as f64;
        peak * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cycle_rises_to_its_peak_and_falls_to_almost_nothing() {
        let rates: Vec<f64> = (0..100).map(|step| Schedule::OneCycle.rate(2.0, step, 100)).collect();
        assert_eq!((rates[0], rates[19]), (0.1, 2.0));
        assert!(rates[20..].is_sorted_by(|a, b| a >= b) && rates[99] < 0.002, "{rates:?}");
        assert_eq!(Schedule::Constant.rate(2.0, 99, 100), 2.0);
    }
}
