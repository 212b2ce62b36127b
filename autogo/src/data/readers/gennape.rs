//! Labels of HiAML, Inception and Two-Path, as GENNAPE publishes them.

use super::super::arch::{self, Arch};
use super::super::labelled::{Label, LabelledFamily};
use super::gzip::read_text;
use crate::error::Error;
use crate::families::FamilyName;
use crate::formats::read_gennape;
use crate::goal::Goal;
use polars::prelude::*;
use std::path::Path;

const ACCEPTED: &str = "a JSON object {key: {net_config, max_perf, cg}}, plain or gzipped";

pub(super) fn read(path: &Path, family: FamilyName) -> Result<LabelledFamily, Error> {
    if !matches!(family, FamilyName::Hiaml | FamilyName::Inception | FamilyName::TwoPath) {
        return Err(Error::setting("GENNAPE family", family.to_string(), "hiaml, inception, two_path"));
    }
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let entries = read_gennape(&read_text(path, ACCEPTED)?, family).map_err(|error| failed(error.to_string()))?;
    // A graph is named by its compact string.
    let archs = entries.iter().map(|entry| Arch::parse(entry.graph.name())).collect::<Result<Vec<_>, Error>>()?;
    let accuracies: Vec<f64> = entries.iter().map(|entry| entry.accuracy).collect();
    let mut frame = arch::figures(&archs)?;
    frame.with_column(Column::new("key".into(), entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>()))?;
    frame.with_column(Column::new("cifar10_test".into(), &accuracies))?;
    let label = Label {
        column: "cifar10_test".into(),
        title: "CIFAR-10 accuracy [%]".into(),
        goal: Goal::Maximise,
        source: format!("GENNAPE ({})", path.display()),
        measured: true,
        published: true,
    };
    let values = archs.into_iter().zip(accuracies.into_iter().map(Some)).collect();
    LabelledFamily::new(family.prefix(), label, frame, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Hiaml, Inception, InceptionSampler, TwoPath};

    fn file(family: FamilyName, configs: &[String]) -> Result<LabelledFamily, Error> {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("autogo-gennape-{}-{number}.json", std::process::id()));
        let entry = |(at, config): (usize, &String)| {
            format!("\"net_{at}\": {{\"net_config\": {config}, \"max_perf\": {}.5, \"cg\": {{}}}}", 90 + at)
        };
        let body: Vec<String> = configs.iter().enumerate().map(entry).collect();
        // With a mark, as some editors save it.
        std::fs::write(&path, format!("\u{feff}{{{}}}", body.join(", "))).unwrap();
        let result = read(&path, family);
        std::fs::remove_file(path).unwrap();
        result
    }

    fn json(arch: &impl serde::Serialize) -> String {
        serde_json::to_string(arch).unwrap()
    }

    #[test]
    fn all_three_families_are_read() {
        let hiaml = [json(&Hiaml::at(5)), json(&Hiaml::at(77))];
        let family = file(FamilyName::Hiaml, &hiaml).unwrap();
        assert_eq!((family.value(Hiaml::at(5)), family.value(Hiaml::at(77))), (Some(90.5), Some(91.5)));
        let (one, two) = (TwoPath::sample(0, 1), TwoPath::sample(0, 2));
        let family = file(FamilyName::TwoPath, &[json(&one), json(&two)]).unwrap();
        assert_eq!(family.value(two), Some(91.5));
        let arch = Inception::sample_by(0, 3, InceptionSampler::Dataset);
        let family = file(FamilyName::Inception, &[json(&arch)]).unwrap();
        assert_eq!(family.graph(0).unwrap().content_id(), arch.build().unwrap().content_id());
        let error = file(FamilyName::Hiaml, &["[\"hiaml_q\"]".into()]).unwrap_err().to_string();
        assert!(error.contains("network `net_0`"), "{error}");
        assert!(file(FamilyName::Vgg16, &[]).unwrap_err().to_string().contains("accepted: hiaml, inception, two_path"));
    }

    #[test]
    fn figures_are_computed_once() {
        let hiaml = [json(&Hiaml::at(5))];
        let family = file(FamilyName::Hiaml, &hiaml).unwrap();
        let folder = std::env::temp_dir().join(format!("autogo-figures-{}", std::process::id()));
        let first = family.all_figures(&folder).unwrap();
        assert!(first.equals(&family.all_figures(&folder).unwrap()));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
