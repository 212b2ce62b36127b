//! The measures of a training, by name.

use crate::failure::Failure;
use crate::label::{LabelRecord, baseline_of};

/// A measure of a training: a score of its task, or of classes `test_accuracy` in percent and `likelihood`, 100 · e^−L of the
/// mean cross-entropy L of the test pictures. Shares of 1 among the scores are percents here.
pub fn measure(record: &LabelRecord, name: &str) -> Result<f64, Failure> {
    let own = [
        ("test_accuracy", 100.0 * f64::from(record.test_accuracy)),
        ("likelihood", 100.0 * (-f64::from(record.test_loss)).exp()),
    ];
    let own = own.into_iter().filter(|(_, value)| !value.is_nan()).map(|(name, value)| (name.to_string(), value));
    let scores = record.scores.iter().map(|(name, value)| (name.clone(), factor(name) * value));
    let all: Vec<(String, f64)> = own.chain(scores).collect();
    all.iter().find(|(known, _)| known == name).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        Failure::Input(format!("measure `{name}` is not known; accepted: {}", names.join(", ")))
    })
}

/// What an answer that needs no network reaches by a measure, where the task has one.
pub fn baseline(record: &LabelRecord, name: &str) -> Option<f64> {
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
    ["test_accuracy", "likelihood"].contains(&name) || factor(name) == 100.0
}

/// The factor of a score: shares of 1 become percents.
fn factor(name: &str) -> f64 {
    let shares = ["miou", "pixel_accuracy", "pck", "nme", "top_5"];
    let name = name.strip_prefix("baseline_").unwrap_or(name);
    if shares.iter().any(|share| name.starts_with(share)) { 100.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::tests::record;

    #[test]
    fn measures_are_found_by_name_and_others_refused() {
        let classes = record("one", "");
        assert_eq!(measure(&classes, "test_accuracy").unwrap(), 50.0);
        assert!((measure(&classes, "likelihood").unwrap() - 22.313).abs() < 1e-3);
        let dense = record("one", "sr2");
        assert_eq!(measure(&dense, "psnr_set5").unwrap(), 33.5);
        let refused = measure(&dense, "test_accuracy").unwrap_err().to_string();
        assert!(refused.ends_with("accepted: psnr_set5, ssim_set5"), "{refused}");
        assert_eq!((title("miou_test"), title("psnr_set5")), ("miou test [%]".into(), "psnr set5 [dB]".into()));
    }
}
