//! Tables as people bring them, and what is refused of them.

use super::*;
use crate::data::write_parquet;
use crate::families::network;
use crate::formats::onnx::{Pooling, Weights, export};
use crate::formats::to_json;
use crate::graph::ContentId;
use polars::prelude::df;
use std::fs;
use std::path::Path;

const CELLS: [&str; 4] = [
    "nb201:nor_conv_3x3,none,none,skip_connect,none,none",
    "nb201:nor_conv_1x1,none,none,skip_connect,none,none",
    "nb201:avg_pool_3x3,none,none,skip_connect,none,nor_conv_1x1",
    "fsrcnn:8x8",
];

/// A folder with a network in a file each: two of ONNX, two of our own JSON.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("autogo-table-{name}-{}", std::process::id()));
    fs::create_dir_all(folder.join("nets")).unwrap();
    for (at, spec) in CELLS.iter().enumerate() {
        let graph = network(spec).unwrap();
        if at < 2 {
            let bytes = export(&graph, Weights::None, Pooling::default()).unwrap();
            fs::write(folder.join(format!("nets/{at}.onnx")), bytes).unwrap();
        } else {
            fs::write(folder.join(format!("nets/{at}.json")), to_json(&graph)).unwrap();
        }
    }
    folder
}

fn written(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("my.csv");
    fs::write(&path, text).unwrap();
    path
}

const WHOLE: &str =
    "file,accuracy,who\nnets/0.onnx,0.9,a\nnets/1.onnx,,b\nnets/2.json,0.7,\nnets/3.json,1e-1,d\nvgg16,0.5,e\n";

/// The reason why a table is refused.
fn said(folder: &Path, text: &str, label: &str) -> String {
    let error = LabelledFamily::from_table(written(folder, text), label, Goal::Maximise).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error.replace(&folder.display().to_string(), "HERE")
}

#[test]
fn a_table_is_a_family() {
    let folder = folder("family");
    let family = LabelledFamily::from_table(written(&folder, WHOLE), "accuracy", Goal::Maximise).unwrap();
    assert_eq!((family.family(), family.len()), ("listed", 5));
    assert_eq!(family.against("params").unwrap().len(), 4);
    let frame = family.frame();
    assert_eq!(frame.column("spec").unwrap().str().unwrap().get(0), Some("nets/0.onnx"));
    assert_eq!(frame.column("who").unwrap().str().unwrap().get(3), Some("d"));
    let ids: Vec<ContentId> = (0..4).map(|row| family.graph(row).unwrap().content_id()).collect();
    assert_eq!(ids, CELLS.map(|spec| network(spec).unwrap().content_id()));
    // A network is found by its graph, under whatever name.
    let graphs = [network(CELLS[2]).unwrap(), network(CELLS[1]).unwrap(), network("resnet50").unwrap()];
    assert_eq!(family.labels_of(&graphs).unwrap(), [Some(0.7), None, None]);
    assert_eq!(family.draw(10, 3).unwrap().len(), 4);
    assert!(family.banner().starts_with("Labels: accuracy, "));
    // Parquet and frames say the same.
    let parquet = folder.join("my.parquet");
    write_parquet(&mut LabelTable::read(folder.join("my.csv")).unwrap().frame, &parquet).unwrap();
    let again = LabelledFamily::from_table(&parquet, "accuracy", Goal::Maximise).unwrap();
    let drop = |family: &LabelledFamily| family.frame().drop("source").unwrap();
    assert!(drop(&again).equals_missing(&drop(&family)));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn cells_without_none_and_with_it_are_in_splits() {
    let frame = df!("spec" => &CELLS[..3], "flops" => [1i64, 2, 3], "family" => ["x", "y", "z"]).unwrap();
    let family = LabelledFamily::from_table(frame, "flops", Goal::Minimise).unwrap();
    // The published split leaves out every cell with `none`; here they are all there is.
    assert_eq!(family.split(1, 1, 0).unwrap().train.len(), 1);
    // A label that is called as a figure stands beside the figure.
    assert_eq!(family.label().column, "own_flops");
    assert_eq!(family.frame().column("own_flops").unwrap().f64().unwrap().get(2), Some(3.0));
    assert_eq!(family.frame().column("own_family").unwrap().str().unwrap().get(2), Some("z"));
}

#[test]
fn a_file_that_changes_afterwards_is_an_error() {
    let folder = folder("changes");
    let family = LabelledFamily::from_table(written(&folder, WHOLE), "accuracy", Goal::Maximise).unwrap();
    fs::copy(folder.join("nets/3.json"), folder.join("nets/2.json")).unwrap();
    let error = family.graph(2).unwrap_err().to_string();
    assert!(error.ends_with("nets/2.json: is another network than when its table was read"), "{error}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_first_refused_row_is_named() {
    let folder = folder("rows");
    fs::write(folder.join("nets/broken.onnx"), b"no onnx").unwrap();
    fs::create_dir(folder.join("nets/folder.onnx")).unwrap();
    let row = |row: &str| said(&folder, &format!("file,accuracy\n\nnets/0.onnx,1\n{row}\n"), "accuracy");
    assert!(row("nets/4.onnx,1").starts_with("HERE/my.csv:4: `nets/4.onnx`: No such file"));
    assert!(row("nets/broken.onnx,1").contains(":4: `nets/broken.onnx`: file: is no ONNX model"));
    assert!(row("nets/folder.onnx,1").ends_with("`nets/folder.onnx`: is no file"));
    assert!(row("a.pt,1").ends_with("ends in `pt`; accepted: .onnx, .json, or a compact string such as resnet50"));
    assert!(row("resnet9,1").contains("`resnet9`: character 1: names no family; accepted: "));
    assert!(row("nets/1.onnx,good").contains("accuracy is `good`; accepted: a finite number, or nothing"));
    assert!(row("nets/1.onnx,inf").contains("accuracy is `inf`; accepted: a finite number"));
    assert_eq!(row("./nets/0.onnx,1"), "HERE/my.csv:4: `./nets/0.onnx`: stands in HERE/my.csv:3 already");
    assert!(row(",1").ends_with("my.csv:4: ``: names no network"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_table_that_is_none_is_refused() {
    let folder = folder("tables");
    assert_eq!(said(&folder, WHOLE, "top1"), "HERE/my.csv: no column `top1`; accepted: `file`, `accuracy`, `who`");
    let error = said(&folder, "net,accuracy\nvgg16,1\n", "accuracy");
    assert_eq!(error, "HERE/my.csv: no column of networks; accepted: `network`, `spec` or `file`");
    let error = said(&folder, "file,accuracy\n", "accuracy");
    assert_eq!(error, "HERE/my.csv: has no row; accepted: a row a network");
    assert!(said(&folder, "", "accuracy").starts_with("HERE/my.csv: has no line; accepted: a table"));
    assert!(said(&folder, "file,file,accuracy\nvgg16,,1\n", "accuracy").contains("has two columns `file`"));
    assert!(said(&folder, "file,accuracy\n\"vgg16,1\n", "accuracy").contains("my.csv:2: the quoted cell"));
    assert!(said(&folder, "file,accuracy\n1,1\n", "accuracy").contains("column `file` holds no names"));
    let other = |name: &str| {
        let path = folder.join(name);
        fs::write(&path, b"PAR1 and no more").unwrap();
        LabelledFamily::from_table(path, "accuracy", Goal::Maximise).unwrap_err().to_string()
    };
    assert!(other("my.xlsx").ends_with("my.xlsx: is no table; accepted: .csv, .csv.gz, .parquet"));
    assert!(other("my.parquet").contains("my.parquet: is no whole Parquet file: "));
    let truths = df!("spec" => ["vgg16"], "good" => [true]).unwrap();
    let error = LabelledFamily::from_table(truths, "good", Goal::Maximise).unwrap_err().to_string();
    assert_eq!(error, "table: column `good` is of bool; accepted: numbers");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn refused_rows_are_left_out_and_counted() {
    let folder = folder("skipped");
    let text = format!("{WHOLE}gone.onnx,1,f\nalso_gone.onnx,1,g\nvgg16,2,h\nresnet50,x,i\n");
    let table = LabelTable::read(written(&folder, &text)).unwrap();
    let (family, refused) = table.labelled_skipping("accuracy", Goal::Maximise, Progress::Silent).unwrap();
    assert_eq!((family.len(), refused.rows.len()), (5, 4));
    let wanted = "4 of 9 rows refused: 2 that cannot be read, 1 twice, 1 without a number";
    assert_eq!(refused.to_string(), wanted);
    assert!(refused.rows[2].place.ends_with("my.csv:9"));
    let none = LabelTable::read(written(&folder, "spec,a\nx.onnx,1\n")).unwrap();
    let error = none.labelled_skipping("a", Goal::Maximise, Progress::Silent).unwrap_err().to_string();
    assert!(error.contains("no row is left: 1 of 1 rows refused: 1 that cannot be read; the first: "), "{error}");
    let named = LabelTable::read(written(&folder, "net,a\nvgg16,1\n")).unwrap().networks("net");
    assert_eq!(named.labelled("a", Goal::Maximise, Progress::Silent).unwrap().len(), 1);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn one_thread_and_many_read_the_same() {
    let specs: Vec<String> = (0..600).map(|at| crate::families::FamilyName::Hiaml.sample(3, at)).collect();
    let labels: Vec<f64> = (0..600).map(f64::from).collect();
    let table = LabelTable::of(df!("spec" => specs, "l" => labels).unwrap(), "");
    let read = || table.labelled_skipping("l", Goal::Maximise, Progress::Silent).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let ((one, refused), (many, same)) = (pool.install(read), read());
    assert!(one.frame().equals(&many.frame()));
    assert_eq!(refused, same);
}

#[test]
fn damaged_parquet_files_are_errors_of_one_line_or_frames() {
    let folder = folder("damaged");
    let path = folder.join("my.parquet");
    let names: Vec<String> = (0..300).map(|at| format!("nets/{}.onnx", at % 7)).collect();
    let labels: Vec<f64> = (0..300).map(f64::from).collect();
    write_parquet(&mut df!("file" => names, "accuracy" => labels).unwrap(), &path).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut state = 7u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            bytes[at] = next(256) as u8;
        }
        fs::write(&path, bytes).unwrap();
        if let Err(error) = LabelTable::read(&path) {
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }
    fs::remove_dir_all(folder).unwrap();
}
