//! The measures of a training, by name.

use crate::failure::Failure;
use crate::label::{LabelRecord, LabelTask, TOP_5, baseline_of};
use autogo::Goal;
use autogo::stats::mean;
use autogo::train::tasks::Metric;

/// Less the mean training loss of the last fifth of the steps, which every training has: a measure that no test picture
/// is looked at for.
const TRAINING: &str = "negative_training_loss";
/// The measures of classes.
const CLASSES: [&str; 3] = ["test_accuracy", TOP_5, "likelihood"];

/// A measure of a training: a score of its task, or of classes `test_accuracy` and `top_5` in percent and `likelihood`, 100 · e^−L of the
/// mean cross-entropy L of the test pictures. Shares of 1 among the scores are percents here.
pub fn measure(record: &LabelRecord, name: &str) -> Result<f64, Failure> {
    let found = match name {
        "test_accuracy" => Some(100.0 * f64::from(record.test_accuracy)),
        "likelihood" => Some(100.0 * (-f64::from(record.test_loss)).exp()),
        TRAINING => mean(&end_of(&record.curve)).map(|loss| -loss),
        _ => record.scores.iter().find(|(known, _)| known == name).map(|(_, value)| factor(name) * value),
    };
    found.ok_or_else(|| Failure::Work(format!("a training of {} has no `{name}`", record.spec)))
}

/// The last fifth of a curve.
fn end_of(curve: &[f32]) -> Vec<f64> {
    curve[curve.len() - curve.len().div_ceil(5)..].iter().map(|&loss| f64::from(loss)).collect()
}

/// Refuses a measure that trainings of a task do not have, and one of which less is better.
pub fn check(task: &LabelTask, name: &str) -> Result<(), Failure> {
    let accepted: Vec<String> = match task {
        LabelTask::Cifar10(_) => CLASSES.map(String::from).into(),
        LabelTask::Dense(_, task) => {
            let more = task.metrics().iter().filter(|metric| metric.goal == Goal::Maximise);
            let of_sets = |metric: &Metric| -> Vec<String> {
                task.sets().iter().map(|set| format!("{}_{set}", metric.name)).collect()
            };
            more.flat_map(of_sets).collect()
        }
    };
    if name == TRAINING || accepted.iter().any(|known| known == name) {
        return Ok(());
    }
    Err(Failure::Input(format!("measure `{name}` is not known; accepted: {}, {TRAINING}", accepted.join(", "))))
}

/// What an answer that needs no network reaches by a measure, where the task has one: one and the same probability for
/// each of CIFAR-10's ten classes, of which the test set has as many pictures each.
pub fn baseline(record: &LabelRecord, name: &str) -> Option<f64> {
    if record.task.is_empty() {
        return CLASSES.into_iter().zip([10.0, 50.0, 10.0]).find(|(known, _)| *known == name).map(|(_, value)| value);
    }
    let found = record.scores.iter().find(|(known, _)| *known == baseline_of(name));
    found.map(|(_, value)| factor(name) * value)
}

/// The measure in words, with its unit.
pub fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    if factor(name) == 1.0 && name.starts_with("psnr") {
        return format!("{words} [dB]");
    }
    match is_percent(name) {
        true => format!("{words} [%]"),
        false => words,
    }
}

/// Whether a measure is shown in percent.
fn is_percent(name: &str) -> bool {
    CLASSES.contains(&name) || factor(name) == 100.0
}

/// The factor of a score: shares of 1 become percents.
fn factor(name: &str) -> f64 {
    let shares = ["miou", "pixel_accuracy", "pck", TOP_5];
    if shares.iter().any(|share| name.starts_with(share)) { 100.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::tests::record;

    #[test]
    fn measures_are_found_by_name() {
        let classes = record("one", "");
        assert_eq!(measure(&classes, "test_accuracy").unwrap(), 50.0);
        assert_eq!((baseline(&classes, "top_5"), baseline(&classes, "psnr_set5")), (Some(50.0), None));
        assert_eq!((title("top_5"), title("test_accuracy")), ("top 5 [%]".into(), "test accuracy [%]".into()));
        assert!((measure(&classes, "likelihood").unwrap() - 22.313).abs() < 1e-3);
        let dense = record("one", "sr2");
        assert_eq!(measure(&dense, "psnr_set5").unwrap(), 33.5);
        // A curve of two entries ends in its second.
        assert_eq!(measure(&dense, TRAINING).unwrap(), -0.5);
        assert!(measure(&dense, "psnr_set14").unwrap_err().to_string().ends_with("has no `psnr_set14`"));
        assert_eq!((title("miou_test"), title("psnr_set5")), ("miou test [%]".into(), "psnr set5 [dB]".into()));
    }
}
