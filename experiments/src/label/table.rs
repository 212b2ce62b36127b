//! Records as a Parquet table.

use super::record::LabelRecord;
use crate::failure::Failure;
use autogo::data::{read_parquet, write_parquet};
use autogo::polars::prelude::{Column, DataFrame, NamedFrom, PolarsResult, Series};
use std::path::Path;

/// Records as a frame, a row each.
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
    let columns = vec![
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
    let record = |row: usize| -> PolarsResult<LabelRecord> {
        Ok(LabelRecord {
            spec: text("spec", row)?,
            family: text("family", row)?,
            seed: count("seed", row)?,
            top: frame.column("top")?.bool()?.get(row).unwrap_or_default(),
            content_id: text("content_id", row)?,
            mini_id: text("mini_id", row)?,
            test_accuracy: number("test_accuracy", row)?,
            test_loss: number("test_loss", row)?,
            mean_train_loss: number("mean_train_loss", row)?,
            curve: list("curve", row)?,
            accuracies: list("accuracies", row)?,
            seconds: number("seconds", row)?,
            mini_multiply_adds: count("mini_multiply_adds", row)?,
            mini_params: count("mini_params", row)?,
            multiply_adds: count("multiply_adds", row)?,
            params: count("params", row)?,
            job: text("job", row)?,
            arithmetic: text("arithmetic", row)?,
            version: text("version", row)?,
        })
    };
    (0..frame.height()).map(record).collect()
}
