//! The record of a training, step by step and pass by pass.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::fmt::Write;

/// A measurement: after every pass over the training pictures, and at the end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Images that the network has seen.
    pub images: u64,
    /// Mean loss of the steps since the last measurement, with smoothed labels.
    pub train_loss: f32,
    /// Part of those images whose class was found.
    pub train_accuracy: f32,
    /// Mean cross-entropy of the test pictures.
    pub test_loss: f32,
    /// Part of the test pictures whose class is found.
    pub test_accuracy: f32,
    /// Images a second while learning, measurements left out. No file holds it: files depend on the recipe alone; 0 for
    /// what was measured before a training was resumed.
    #[serde(skip)]
    pub speed: f64,
}

/// The record of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FitLog {
    /// The batch's mean loss at every step.
    pub losses: Vec<f32>,
    /// The measurements.
    pub measures: Vec<Measure>,
}

impl FitLog {
    /// The last measurement.
    pub fn last(&self) -> Option<&Measure> {
        self.measures.last()
    }

    /// The measurements as a table with commas, a line each.
    pub fn csv(&self) -> String {
        let mut text = String::from("images,train_loss,train_accuracy,test_loss,test_accuracy\n");
        for one in &self.measures {
            let Measure { images, train_loss, train_accuracy, test_loss, test_accuracy, .. } = one;
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{images},{train_loss:.6},{train_accuracy:.6},{test_loss:.6},{test_accuracy:.6}");
        }
        text
    }
}

impl fmt::Display for FitLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>10} {:>10} {:>9} {:>9} {:>9}", "images", "train loss", "test loss", "accuracy", "images/s")?;
        for one in &self.measures {
            let Measure { images, train_loss, test_loss, test_accuracy, speed, .. } = one;
            writeln!(f, "{images:>10} {train_loss:>10.4} {test_loss:>9.4} {test_accuracy:>9.4} {speed:>9.0}")?;
        }
        Ok(())
    }
}
