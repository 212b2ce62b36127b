//! The record of a training on a task.

use super::task::Metric;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fmt::Write;

/// A measurement with the first test set, several times during a training and at its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DenseMeasure {
    /// Images that the network has seen.
    pub images: u64,
    /// Mean loss of the steps since the last measurement.
    pub train_loss: f32,
    /// The task's metrics.
    pub values: Vec<f32>,
}

/// The metrics on a test set at the end of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetScores {
    /// The test set.
    pub set: String,
    /// The task's metrics of the network.
    pub values: Vec<f64>,
    /// The metrics of an answer that needs no network.
    pub baseline: Vec<f64>,
}

/// The record of a training on a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DenseLog {
    /// Names of the metrics.
    pub metrics: Vec<String>,
    /// The batch's mean loss at every step.
    pub losses: Vec<f32>,
    /// The measurements.
    pub measures: Vec<DenseMeasure>,
    /// The scores at the end, a row a test set.
    pub scores: Vec<SetScores>,
}

impl DenseLog {
    /// The log of a training that has not begun.
    pub(super) fn new(metrics: &[Metric]) -> DenseLog {
        DenseLog { metrics: metrics.iter().map(|metric| metric.name.into()).collect(), ..DenseLog::default() }
    }

    /// The measurements as a table with commas, a line each.
    pub fn csv(&self) -> String {
        let mut text = format!("images,train_loss,{}\n", self.metrics.join(","));
        for DenseMeasure { images, train_loss, values } in &self.measures {
            // Writing into a string cannot fail.
            let _ = write!(text, "{images},{train_loss:.6}");
            values.iter().for_each(|value| {
                let _ = write!(text, ",{value:.6}");
            });
            text.push('\n');
        }
        text
    }

    /// The scores as a table with commas: a line for every test set and metric.
    pub fn scores_csv(&self) -> String {
        let mut text = String::from("set,metric,value,baseline\n");
        for SetScores { set, values, baseline } in &self.scores {
            for ((metric, value), baseline) in self.metrics.iter().zip(values).zip(baseline) {
                let _ = writeln!(text, "{set},{metric},{value:.6},{baseline:.6}");
            }
        }
        text
    }

    /// Every metric of every test set, by a name such as `psnr_set5`.
    pub fn columns(&self) -> Vec<(String, f64)> {
        let row = |one: &SetScores| -> Vec<(String, f64)> {
            let names = self.metrics.iter().map(|metric| format!("{metric}_{}", one.set));
            names.zip(one.values.iter().copied()).collect()
        };
        self.scores.iter().flat_map(row).collect()
    }
}

impl fmt::Display for DenseLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10} {:>10}", "images", "train loss")?;
        self.metrics.iter().try_for_each(|metric| write!(f, " {metric:>14}"))?;
        for one in &self.measures {
            write!(f, "\n{:>10} {:>10.5}", one.images, one.train_loss)?;
            one.values.iter().try_for_each(|value| write!(f, " {value:>14.4}"))?;
        }
        for SetScores { set, values, baseline } in &self.scores {
            for (name, values) in [("", values), (" baseline", baseline)] {
                write!(f, "\n{:>21}", format!("{set}{name}"))?;
                values.iter().try_for_each(|value| write!(f, " {value:>14.4}"))?;
            }
        }
        writeln!(f)
    }
}
