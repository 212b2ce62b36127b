//! Labels of NAS-Bench-101: a table of all 423,624 cells, or the benchmark's own record file.

use super::super::arch::Arch;
use super::super::labelled::{Label, LabelledFamily};
use super::gzip::read_text;
use super::tfrecord::records;
use crate::csv::{self, Csv};
use crate::error::Error;
use crate::families::{Family, Nb101};
use crate::goal::Goal;
use base64::Engine;
use polars::prelude::*;
use prost::Message;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

const ACCEPTED_CSV: &str = "a CSV with the columns n, ops, adj, test_acc, params, macs and 423,624 rows";
const COLUMNS: [&str; 6] = ["n", "ops", "adj", "test_acc", "params", "macs"];

struct Row {
    arch: Nb101,
    accuracy: f64,
    params: u64,
    macs: u64,
}

/// Reads the table. Rows are checked: the cell must parse whole (no vertex off the path), the accuracy be a fraction.
pub(super) fn read_csv(path: &Path) -> Result<LabelledFamily, Error> {
    let text = read_text(path, ACCEPTED_CSV)?;
    let table = Csv::new(path, &text, ACCEPTED_CSV)?;
    let mut places = [0; COLUMNS.len()];
    for (place, name) in places.iter_mut().zip(COLUMNS) {
        *place = table.column(name)?;
    }
    let rows = (0..table.height()).into_par_iter().map(|at| row(&table.row(at)?, &places));
    let rows = rows.collect::<Result<Vec<Row>, Error>>()?;
    if rows.len() != Nb101::COUNT {
        let reason = format!("ends after {} rows; accepted: {ACCEPTED_CSV}", rows.len());
        return Err(Error::File { path: path.into(), reason });
    }
    let accuracies = rows.iter().map(|row| 100.0 * row.accuracy).collect::<Vec<f64>>();
    let extra = [
        Column::new("benchmark_params".into(), rows.iter().map(|row| row.params).collect::<Vec<_>>()),
        Column::new("benchmark_multiply_adds".into(), rows.iter().map(|row| row.macs).collect::<Vec<_>>()),
    ];
    let archs: Vec<Nb101> = rows.iter().map(|row| row.arch).collect();
    family(&archs, &accuracies, &extra, format!("NAS-Bench-101, 108 epochs, mean of 3 runs ({})", path.display()))
}

fn row(row: &csv::Row<'_>, places: &[usize; COLUMNS.len()]) -> Result<Row, Error> {
    let cell = |at: usize| row.cell(places[at]);
    let arch = Nb101::from_digits(cell(2)?, cell(1)?);
    let arch = arch.map_err(|reason| row.wrong(reason, "a cell of NAS-Bench-101"))?;
    if cell(0)?.parse() != Ok(arch.vertices()) {
        let reason = format!("n is {}, the cell has {} vertices", cell(0)?, arch.vertices());
        return Err(row.wrong(reason, "a cell without spare vertices"));
    }
    let accuracy = cell(3)?.parse::<f64>().ok().filter(|value| (0.0..=1.0).contains(value));
    let wrong = |cell: &str| row.wrong(format!("test_acc is `{cell}`"), "a fraction from 0 to 1");
    let accuracy = accuracy.ok_or(cell(3)?).map_err(wrong)?;
    let number = |at: usize| {
        let cell = cell(at)?;
        cell.parse::<u64>().map_err(|_| row.wrong(format!("{} is `{cell}`", COLUMNS[at]), "a count"))
    };
    Ok(Row { arch, accuracy, params: number(4)?, macs: number(5)? })
}

/// The benchmark's record of one training run, by the field numbers of its `model_metrics.proto`.
#[derive(Clone, PartialEq, Message)]
struct Metrics {
    #[prost(message, repeated, tag = "1")]
    evaluations: Vec<Evaluation>,
    #[prost(int32, tag = "2")]
    parameters: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Evaluation {
    #[prost(double, tag = "1")]
    epoch: f64,
    #[prost(double, tag = "5")]
    test_accuracy: f64,
}

/// Reads the benchmark's record file. A record is a JSON list: module hash, epochs, adjacency as `n²` digits,
/// operations joined by commas, metrics in base64. Runs of 108 epochs count; the label is the mean of their last test
/// accuracies.
pub(super) fn read_tfrecord(path: &Path) -> Result<LabelledFamily, Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let bytes = std::fs::read(path).map_err(|error| failed(format!("{error}; accepted: nasbench_only108.tfrecord")))?;
    // By hash: the order of the table, whatever the order of the file.
    let mut runs: BTreeMap<String, (Nb101, u64, Vec<f64>)> = BTreeMap::new();
    for (number, record) in records(&bytes).enumerate() {
        let record = record.map_err(|error| failed(error.to_string()))?;
        let wrong = |reason: String| failed(format!("record {}: {reason}", number + 1));
        let (hash, epochs, adjacency, operations, metrics): (String, i64, String, String, String) =
            serde_json::from_slice(record).map_err(|error| wrong(error.to_string()))?;
        if epochs != 108 {
            continue;
        }
        let arch = Nb101::from_square(&adjacency, &operations).map_err(wrong)?;
        if arch.module_hash() != hash {
            return Err(wrong(format!("says it is {hash}, its cell is {}", arch.module_hash())));
        }
        let metrics = base64::engine::general_purpose::STANDARD
            .decode(metrics.trim())
            .map_err(|error| wrong(error.to_string()))
            .and_then(|bytes| Metrics::decode(bytes.as_slice()).map_err(|error| wrong(error.to_string())))?;
        let last = metrics.evaluations.last().ok_or_else(|| wrong("has no evaluation".into()))?;
        if !(0.0..=1.0).contains(&last.test_accuracy) {
            return Err(wrong(format!("a test accuracy of {}", last.test_accuracy)));
        }
        let params = u64::try_from(metrics.parameters).unwrap_or(0);
        runs.entry(hash).or_insert_with(|| (arch, params, Vec::new())).2.push(last.test_accuracy);
    }
    let archs: Vec<Nb101> = runs.values().map(|(arch, _, _)| *arch).collect();
    let mean = |values: &[f64]| 100.0 * values.iter().sum::<f64>() / values.len() as f64;
    let accuracies: Vec<f64> = runs.values().map(|(_, _, values)| mean(values)).collect();
    let extra = [
        Column::new("module_hash".into(), runs.keys().map(String::as_str).collect::<Vec<_>>()),
        Column::new("benchmark_params".into(), runs.values().map(|(_, params, _)| *params).collect::<Vec<_>>()),
        Column::new("runs".into(), runs.values().map(|(_, _, values)| values.len() as u32).collect::<Vec<_>>()),
    ];
    family(&archs, &accuracies, &extra, format!("NAS-Bench-101, 108 epochs ({})", path.display()))
}

fn family(archs: &[Nb101], accuracies: &[f64], extra: &[Column], source: String) -> Result<LabelledFamily, Error> {
    let specs: Vec<String> = archs.par_iter().map(|arch| arch.to_string()).collect();
    let mut frame = df!(
        "spec" => specs,
        "vertices" => archs.iter().map(|arch| arch.vertices() as u32).collect::<Vec<_>>(),
        "edges" => archs.iter().map(|arch| arch.edge_count()).collect::<Vec<_>>(),
        "cifar10_test" => accuracies,
    )?;
    for column in extra {
        frame.with_column(column.clone())?;
    }
    let label = Label {
        column: "cifar10_test".into(),
        title: "CIFAR-10 test accuracy [%]".into(),
        goal: Goal::Maximise,
        source,
        measured: true,
        published: true,
    };
    let values = archs.iter().map(|arch| Arch::Nb101(*arch)).zip(accuracies.iter().map(|value| Some(*value))).collect();
    LabelledFamily::new(Nb101::NAME, label, frame, values)
}

#[cfg(test)]
mod tests {
    use super::super::tfrecord;
    use super::*;

    fn record(arch: &Nb101, accuracy: f64) -> Vec<u8> {
        let n = arch.vertices();
        let square: String = (0..n * n).map(|at| if arch.has_edge(at / n, at % n) { '1' } else { '0' }).collect();
        let mut ops = vec!["input"];
        ops.extend(arch.ops().iter().map(|op| op.name()));
        ops.push("output");
        let first = Evaluation { epoch: 0.0, test_accuracy: 0.1 };
        let last = Evaluation { epoch: 108.0, test_accuracy: accuracy };
        let metrics = Metrics { evaluations: vec![first, last], parameters: 1234 };
        let metrics = base64::engine::general_purpose::STANDARD.encode(metrics.encode_to_vec());
        serde_json::to_vec(&(arch.module_hash(), 108, square, ops.join(","), metrics)).unwrap()
    }

    fn read(bytes: &[u8]) -> Result<LabelledFamily, Error> {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("autogo-nb101-{}-{number}.tfrecord", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let result = read_tfrecord(&path);
        std::fs::remove_file(path).unwrap();
        result
    }

    #[test]
    fn the_benchmarks_record_layout_is_read() {
        let mut archs: Vec<Nb101> = (0..20).map(|index| Nb101::sample(4, index)).collect();
        archs.sort_by_key(Nb101::module_hash);
        archs.dedup_by_key(|arch| arch.module_hash());
        let mut all = Vec::new();
        for (at, arch) in archs.iter().enumerate() {
            all.push(record(arch, 0.9));
            all.push(record(arch, 0.8 + at as f64 / 1000.0));
        }
        let family = read(&tfrecord::write(&all)).unwrap();
        assert_eq!(family.len(), archs.len());
        for (at, arch) in archs.iter().enumerate() {
            let wanted = 100.0 * (1.7 + at as f64 / 1000.0) / 2.0;
            assert!((family.value(*arch).unwrap() - wanted).abs() < 1e-9);
        }
        assert!(family.frame().column("module_hash").unwrap().str().unwrap().iter().flatten().is_sorted());
        for column in ["family", "source"] {
            assert_eq!(family.frame().column(column).unwrap().n_unique().unwrap(), 1);
        }
        assert_eq!(family.graph(3).unwrap().content_id(), family.arch(3).unwrap().build().unwrap().content_id());
    }

    #[test]
    fn the_same_row_is_read_however_it_was_saved() {
        let path = Path::new("t.csv");
        let places = [0, 1, 2, 3, 4, 5];
        let read = |text: &str| {
            let table = Csv::new(path, text, ACCEPTED_CSV).unwrap();
            let rows = (0..table.height()).map(|at| {
                let read = row(&table.row(at)?, &places)?;
                Ok((read.arch, read.accuracy, read.params, read.macs))
            });
            rows.collect::<Result<Vec<_>, Error>>()
        };
        let plain = "n,ops,adj,test_acc,params,macs\n7,02001,100110100001001010101,0.9,5,6\n2,,1,0.8,7,8\n";
        let rows = read(plain).unwrap();
        assert_eq!((rows.len(), rows[1].0.vertices()), (2, 2));
        let quoted = plain.replace("02001", "\"02001\"").replace("2,,1", "2,\"\",1");
        for other in [format!("\u{feff}{plain}"), plain.replace('\n', "\r\n"), format!("{plain}\n"), quoted] {
            assert_eq!(read(&other).unwrap(), rows, "{other:?}");
        }
        for (wrong, said) in [
            (plain.replace("0.8", "80"), "t.csv:3: test_acc is `80`; accepted: a fraction from 0 to 1"),
            (plain.replace(",7,8", ""), "t.csv:3: no params; accepted: a CSV with the columns n, ops, adj"),
            (plain.replace("7,02", "6,02"), "t.csv:2: n is 6, the cell has 7 vertices; accepted: a cell without"),
            (plain.replace(",5,6", ",5,many"), "t.csv:2: macs is `many`; accepted: a count"),
        ] {
            let error = read(&wrong).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }

    #[test]
    fn wrong_records_are_named() {
        let good = record(&Nb101::sample(4, 0), 0.9);
        let other = String::from_utf8(record(&Nb101::sample(4, 1), 0.9)).unwrap();
        let hash = Nb101::sample(4, 1).module_hash();
        let lie = other.replace(&hash, "00000000000000000000000000000000");
        let error = read(&tfrecord::write(&[good.clone(), lie.into_bytes()])).unwrap_err().to_string();
        assert!(error.contains("record 2: says it is 00000000000000000000000000000000"), "{error}");
        let error = read(&tfrecord::write(&[b"[1]".to_vec()])).unwrap_err().to_string();
        assert!(error.contains("record 1: "), "{error}");
        assert!(read(&record(&Nb101::sample(4, 0), 0.9)).unwrap_err().to_string().contains("byte 0: "));
    }
}
