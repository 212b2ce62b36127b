//! Records as a Parquet table.

use super::record::LabelRecord;
use crate::failure::Failure;
use autogo::data::{read_parquet, write_parquet};
use autogo::polars::prelude::{Column, DataFrame, NamedFrom, PolarsResult, Series};
use std::path::Path;

/// Columns that are there whatever the task is; those of CIFAR-10, and what other tasks have in their place.
const SHARED: [&str; 16] = [
    "spec",
    "family",
    "seed",
    "top",
    "mean_train_loss",
    "curve",
    "seconds",
    "mini_multiply_adds",
    "mini_params",
    "multiply_adds",
    "params",
    "content_id",
    "mini_id",
    "job",
    "arithmetic",
    "version",
];
const CLASSES: [&str; 3] = ["test_accuracy", "test_loss", "accuracies"];
const DENSE: [&str; 2] = ["task", "course"];

/// Records as a frame, a row each: of CIFAR-10 accuracies and losses, of other tasks their course; and a column for every
/// score.
fn frame(records: &[LabelRecord]) -> PolarsResult<DataFrame> {
    fn texts(records: &[LabelRecord], name: &str, get: fn(&LabelRecord) -> &str) -> Column {
        Column::new(name.into(), records.iter().map(get).collect::<Vec<&str>>())
    }
    fn numbers(records: &[LabelRecord], name: &str, get: fn(&LabelRecord) -> f32) -> Column {
        Column::new(name.into(), records.iter().map(get).collect::<Vec<f32>>())
    }
    fn counts(records: &[LabelRecord], name: &str, get: fn(&LabelRecord) -> u64) -> Column {
        Column::new(name.into(), records.iter().map(get).collect::<Vec<u64>>())
    }
    fn lists(records: &[LabelRecord], name: &str, get: fn(&LabelRecord) -> &[f32]) -> Column {
        let series = records.iter().map(|record| Series::new("".into(), get(record)));
        Column::new(name.into(), series.collect::<Vec<Series>>())
    }
    let is_dense = records.first().is_some_and(|record| !record.task.is_empty());
    let mut columns = vec![
        texts(records, "spec", |record| &record.spec),
        texts(records, "family", |record| &record.family),
        counts(records, "seed", |record| record.seed),
        Column::new("top".into(), records.iter().map(|record| record.top).collect::<Vec<bool>>()),
        numbers(records, "test_accuracy", |record| record.test_accuracy),
        numbers(records, "test_loss", |record| record.test_loss),
        numbers(records, "mean_train_loss", |record| record.mean_train_loss),
        lists(records, "curve", |record| &record.curve),
        lists(records, "accuracies", |record| &record.accuracies),
        numbers(records, "seconds", |record| record.seconds),
        counts(records, "mini_multiply_adds", |record| record.mini_multiply_adds),
        counts(records, "mini_params", |record| record.mini_params),
        counts(records, "multiply_adds", |record| record.multiply_adds),
        counts(records, "params", |record| record.params),
        texts(records, "content_id", |record| &record.content_id),
        texts(records, "mini_id", |record| &record.mini_id),
        texts(records, "job", |record| &record.job),
        texts(records, "arithmetic", |record| &record.arithmetic),
        texts(records, "version", |record| &record.version),
    ];
    if is_dense {
        columns.retain(|column| !CLASSES.contains(&column.name().as_str()));
        columns.push(texts(records, "task", |record| &record.task));
        columns.push(lists(records, "course", |record| &record.course));
    }
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in records.iter().flat_map(|record| &record.scores) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let score = |record: &LabelRecord| record.scores.iter().find(|(own, _)| own == name).map(|(_, value)| *value);
        columns.push(Column::new(name.into(), records.iter().map(score).collect::<Vec<Option<f64>>>()));
    }
    DataFrame::new(records.len(), columns)
}

/// Writes records as Parquet, whole or not at all. Equal records make equal bytes.
pub fn write(path: &Path, records: &[LabelRecord]) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::work(path, error);
    let mut frame = frame(records).map_err(|error| failed(&error))?;
    write_parquet(&mut frame, path).map_err(|error| failed(&error))
}

/// Reads records that [`write`] wrote.
pub fn read(path: &Path) -> Result<Vec<LabelRecord>, Failure> {
    let frame = read_parquet(path)?;
    records(&frame).map_err(|error| Failure::input(path, error))
}

fn records(frame: &DataFrame) -> PolarsResult<Vec<LabelRecord>> {
    let text = |name: &str, row: usize| -> PolarsResult<String> {
        Ok(frame.column(name)?.str()?.get(row).unwrap_or_default().to_string())
    };
    let number =
        |name: &str, row: usize| -> PolarsResult<f32> { Ok(frame.column(name)?.f32()?.get(row).unwrap_or(f32::NAN)) };
    let count =
        |name: &str, row: usize| -> PolarsResult<u64> { Ok(frame.column(name)?.u64()?.get(row).unwrap_or_default()) };
    let list = |name: &str, row: usize| -> PolarsResult<Vec<f32>> {
        let Some(series) = frame.column(name)?.list()?.get_as_series(row) else { return Ok(Vec::new()) };
        Ok(series.f32()?.into_no_null_iter().collect())
    };
    let is_dense = frame.column("task").is_ok();
    let known = |name: &str| SHARED.contains(&name) || DENSE.contains(&name) || CLASSES.contains(&name);
    let names = frame.get_column_names().into_iter().map(|name| name.to_string());
    let metrics: Vec<String> = names.filter(|name| !known(name)).collect();
    let accuracy =
        |name: &str, row: usize| -> PolarsResult<f32> { if is_dense { Ok(f32::NAN) } else { number(name, row) } };
    let score = |name: &String, row: usize| -> PolarsResult<Option<(String, f64)>> {
        Ok(frame.column(name)?.f64()?.get(row).map(|value| (name.clone(), value)))
    };
    let record = |row: usize| -> PolarsResult<LabelRecord> {
        Ok(LabelRecord {
            spec: text("spec", row)?,
            family: text("family", row)?,
            seed: count("seed", row)?,
            top: frame.column("top")?.bool()?.get(row).unwrap_or_default(),
            content_id: text("content_id", row)?,
            mini_id: text("mini_id", row)?,
            test_accuracy: accuracy("test_accuracy", row)?,
            test_loss: accuracy("test_loss", row)?,
            mean_train_loss: number("mean_train_loss", row)?,
            curve: list("curve", row)?,
            accuracies: if is_dense { Vec::new() } else { list("accuracies", row)? },
            seconds: number("seconds", row)?,
            mini_multiply_adds: count("mini_multiply_adds", row)?,
            mini_params: count("mini_params", row)?,
            multiply_adds: count("multiply_adds", row)?,
            params: count("params", row)?,
            job: text("job", row)?,
            arithmetic: text("arithmetic", row)?,
            version: text("version", row)?,
            task: if is_dense { text("task", row)? } else { String::new() },
            scores: metrics.iter().filter_map(|name| score(name, row).transpose()).collect::<PolarsResult<_>>()?,
            course: if is_dense { list("course", row)? } else { Vec::new() },
        })
    };
    (0..frame.height()).map(record).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn record(spec: &str, task: &str) -> LabelRecord {
        let is_dense = !task.is_empty();
        let value = |value: f32| if is_dense { f32::NAN } else { value };
        let scores = [("psnr_set5", 33.5), ("ssim_set5", 0.93)].map(|(name, value)| (name.to_string(), value));
        LabelRecord {
            spec: spec.into(),
            family: "edsr".into(),
            seed: 3,
            top: false,
            content_id: "a".into(),
            mini_id: "b".into(),
            test_accuracy: value(0.5),
            test_loss: value(1.5),
            mean_train_loss: 0.25,
            curve: vec![1.0, 0.5],
            accuracies: if is_dense { vec![] } else { vec![0.25, 0.5] },
            seconds: 2.0,
            mini_multiply_adds: 1,
            mini_params: 2,
            multiply_adds: 3,
            params: 4,
            job: "job".into(),
            arithmetic: "fused".into(),
            version: "0".into(),
            task: task.into(),
            scores: if is_dense { scores.into() } else { vec![] },
            course: if is_dense { vec![30.0, 33.5] } else { vec![] },
        }
    }

    #[test]
    fn tables_of_every_task_come_back() {
        for task in ["", "sr2"] {
            let path = std::env::temp_dir().join(format!("autogo-label-table-{task}-{}.parquet", std::process::id()));
            let records = [record("one", task), record("two", task)];
            write(&path, &records).unwrap();
            // Not a number is no number's equal, so texts are compared.
            let json = |records: &[LabelRecord]| serde_json::to_string(records).unwrap();
            assert_eq!(json(&read(&path).unwrap()), json(&records));
            let columns = read_parquet(&path).unwrap();
            assert_eq!(columns.column("psnr_set5").is_ok(), !task.is_empty());
            assert_eq!(columns.column("test_accuracy").is_ok(), task.is_empty());
            std::fs::remove_file(path).unwrap();
        }
        let path = std::env::temp_dir().join(format!("autogo-label-table-top-{}.parquet", std::process::id()));
        let own = LabelRecord { scores: vec![("top_5".into(), 0.75)], ..record("one", "") };
        // One that has no such score is kept beside it, as one that has none.
        let records = [record("two", ""), own];
        write(&path, &records).unwrap();
        assert_eq!(read(&path).unwrap(), records);
        std::fs::remove_file(path).unwrap();
        let line = serde_json::to_string(&record("one", "")).unwrap();
        assert!(line.ends_with(r#""version":"0"}"#) && line.contains(r#""accuracies":[0.25,0.5]"#), "{line}");
        let line = serde_json::to_string(&record("one", "sr2")).unwrap();
        assert!(!line.contains("null") && !line.contains("test_loss"), "{line}");
    }
}
