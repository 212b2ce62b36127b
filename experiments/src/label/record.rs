//! The record of one training of one network.

use serde::{Deserialize, Serialize};

/// The record of one training of one network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelRecord {
    /// The network's compact string, or the name of its file in the folder of work.
    pub spec: String,
    /// Its family.
    pub family: String,
    /// Seed of weights, order, flips and shifts.
    pub seed: u64,
    /// Whether the network was drawn from the top twentieth of its family, by public labels.
    pub top: bool,
    /// Id of the full form.
    pub content_id: String,
    /// Id of the mini form, which was trained.
    pub mini_id: String,
    /// Part of the test pictures that are named right; not a number where a task has no classes of pictures.
    #[serde(default = "none", skip_serializing_if = "is_none")]
    pub test_accuracy: f32,
    /// Mean cross-entropy over the test pictures; not a number where a task has no classes of pictures.
    #[serde(default = "none", skip_serializing_if = "is_none")]
    pub test_loss: f32,
    /// Sum of the training losses of all steps, divided by the steps.
    pub mean_train_loss: f32,
    /// Mean training loss over each twentieth of the steps.
    pub curve: Vec<f32>,
    /// Test accuracy after each pass over the training pictures; empty where a task has no classes of pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accuracies: Vec<f32>,
    /// Seconds of the training, on whatever machine.
    pub seconds: f32,
    /// Multiply-adds of the mini form.
    pub mini_multiply_adds: u64,
    /// Parameters of the mini form.
    pub mini_params: u64,
    /// Multiply-adds of the full form.
    pub multiply_adds: u64,
    /// Parameters of the full form.
    pub params: u64,
    /// Id of the job: recipe, task and pictures.
    pub job: String,
    /// The arithmetic by which products are summed: `fused` or `portable`.
    pub arithmetic: String,
    /// Version of the program.
    pub version: String,
    /// The task; empty for CIFAR-10.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub task: String,
    /// Scores on the task's test sets, by names such as `psnr_set5`, and behind them those of an answer that needs no
    /// network ([`baseline_of`]); of CIFAR-10 [`TOP_5`] for networks of one's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<(String, f64)>,
    /// The task's first metric on its first test set, several times during the training; empty for CIFAR-10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub course: Vec<f32>,
}

/// The name of the score that says how often the right class is among the five likeliest.
pub const TOP_5: &str = "top_5";

/// The name of what an answer that needs no network reaches by a score.
pub fn baseline_of(score: &str) -> String {
    format!("baseline_{score}")
}

fn none() -> f32 {
    f32::NAN
}

fn is_none(value: &f32) -> bool {
    value.is_nan()
}
