//! Labels of one's own and fronts as folders, from the command line.
#![allow(clippy::unwrap_used)]

use autogo::families::{FamilyName, network};
use autogo::formats::onnx::{Pooling, ReadOptions, Weights, export, import_with};
use autogo::formats::to_json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn autogo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_autogo")).args(arguments).env_remove("AUTOGO_DATA").output().unwrap()
}

/// What a command printed on standard output and standard error; it must have succeeded.
fn said(arguments: &[&str]) -> (String, String) {
    let output = autogo(arguments);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{complaint}");
    (String::from_utf8(output.stdout).unwrap(), complaint)
}

/// One line on standard error, nothing on standard output, exit code 2.
fn refusal(arguments: &[&str]) -> String {
    let output = autogo(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.trim_end().lines().count()), (Some(2), 1), "{said}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    said
}

/// A folder with 26 small networks, and a table of them: files of ONNX and JSON, and compact strings.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("autogo-labels-{name}-{}", std::process::id()));
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(folder.join("nets")).unwrap();
    let mut table = String::from("file,accuracy,seconds\n");
    for at in 0..26u64 {
        let spec = FamilyName::Hiaml.sample(8, at);
        let graph = network(&spec).unwrap();
        let file = match at % 3 {
            0 => format!("nets/{at}.onnx"),
            1 => format!("nets/{at}.json"),
            _ => format!("\"{spec}\""),
        };
        match at % 3 {
            0 => fs::write(folder.join(&file), export(&graph, Weights::None, Pooling::default()).unwrap()).unwrap(),
            1 => fs::write(folder.join(&file), to_json(&graph)).unwrap(),
            _ => {}
        }
        table += &format!("{file},{},{}\n", graph.len(), 1.0 / graph.len() as f64);
    }
    fs::write(folder.join("my.csv"), table).unwrap();
    fs::write(folder.join("quick.toml"), "epochs = 2\n").unwrap();
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_predictor_learns_from_a_table_and_ranks_the_rest_of_it() {
    let folder = folder("train");
    let (table, out, quick) = (folder.join("my.csv"), folder.join("psc.safetensors"), folder.join("quick.toml"));
    let split = ["--labels", text(&table), "--label", "accuracy", "--train", "18", "--test", "6"];
    let (done, _) = said(&[&["train", "--out", text(&out), "--settings", text(&quick)], &split[..]].concat());
    assert!(done.contains("2 epochs"), "{done}");
    let (ranked, _) = said(&[&["evaluate", text(&out)], &split[..]].concat());
    assert!(ranked.contains("Labels: accuracy, ") && ranked.contains("on 6 unseen networks"), "{ranked}");
    // Refused rows stop the work, or are left out and counted.
    let whole = fs::read_to_string(&table).unwrap();
    fs::write(&table, format!("{whole}gone.onnx,1,1\nnets/0.onnx,1,1\nresnet50,good,1\n")).unwrap();
    let train = [&["train", "--out", text(&out), "--settings", text(&quick)], &split[..]].concat();
    let stopped = refusal(&train);
    assert!(stopped.contains("my.csv:28: `gone.onnx`: No such file"), "{stopped}");
    let (_, complaint) = said(&[&train[..], &["--skip-refused"]].concat());
    let lines: Vec<&str> = complaint.lines().collect();
    assert_eq!(lines.len(), 4, "{complaint}");
    assert!(lines[1].ends_with("my.csv:2 already") && lines[2].contains("accuracy is `good`"), "{complaint}");
    assert_eq!(lines[3], "3 of 29 rows refused: 1 that cannot be read, 1 twice, 1 without a number");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn tables_that_cannot_be_used_are_refused_on_one_line() {
    let folder = folder("refused");
    let (table, out) = (folder.join("my.csv"), folder.join("psc.safetensors"));
    let refused = |table: &Path, more: &[&str]| {
        refusal(&[&["train", "--out", text(&out), "--labels", text(table)], more].concat())
    };
    let label = ["--label", "accuracy"];
    assert!(
        refused(&table, &["--label", "top1"]).contains("no column `top1`; accepted: `file`, `accuracy`, `seconds`")
    );
    let many = ["--label", "accuracy", "--train", "400"];
    assert!(refused(&table, &many).contains("split: asks for 400 + 200 networks; accepted: at most "));
    assert!(refused(&table, &["--label", "accuracy", "--networks", "net"]).contains("no column `net`"));
    assert!(refused(&folder.join("gone.csv"), &label).contains("gone.csv: No such file"));
    assert!(refused(&folder.join("quick.toml"), &label).contains("is no table; accepted: .csv, .csv.gz, .parquet"));
    let written = |text: &str| {
        let path = folder.join("other.csv");
        fs::write(&path, text).unwrap();
        path
    };
    assert!(refused(&written("file,accuracy\n"), &label).contains("has no row; accepted: a row a network"));
    let few = "file,accuracy\nnets/0.onnx,1\nmodel.pt,1\n";
    assert!(refused(&written(few), &label).contains("other.csv:3: `model.pt`: ends in `pt`; accepted: .onnx, .json"));
    assert!(refused(&written("spec,accuracy\nvgg16,high\n"), &label).contains(":2: `vgg16`: accuracy is `high`"));
    fs::write(folder.join("other.parquet"), b"PAR1").unwrap();
    assert!(refused(&folder.join("other.parquet"), &label).contains("is no whole Parquet file"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_onnx_file_is_written_again_with_its_own_weights() {
    let folder = folder("again");
    let (first, second) = (folder.join("first.onnx"), folder.join("second.onnx"));
    let graph = network("fsrcnn:8x8").unwrap();
    fs::write(&first, export(&graph, Weights::Seeded(5), Pooling::default()).unwrap()).unwrap();
    said(&["graph", text(&first), "--onnx", text(&second), "--weights", text(&first)]);
    let values = |path: &Path| -> Vec<Vec<f32>> {
        let read = import_with(fs::read(path).unwrap(), &ReadOptions::default()).unwrap();
        let nodes = read.graph.nodes().map(|node| read.weights.of(&node.name).unwrap().tensors);
        nodes.flatten().map(|(_, values)| values).collect()
    };
    assert!(values(&first) == values(&second) && values(&first).len() > 10);
    let bare = folder.join("nets/0.onnx");
    let refused = refusal(&["graph", text(&bare), "--onnx", text(&second), "--weights", text(&bare)]);
    assert!(refused.contains("nets/0.onnx: weight `"), "{refused}");
    let other = refusal(&["graph", text(&first), "--onnx", text(&second), "--weights", text(&bare)]);
    assert!(!other.is_empty());
    fs::remove_dir_all(folder).unwrap();
}

const CONFIG: &str = r#"
[segments]
families = [{ family = "hiaml", count = 6 }]
mining = { trainer = { model = "bpe", merges = 40, limit = "soft" } }
[predictor]
settings = { epochs = 2 }
[evolution]
generations = 2
parents = 2
mutation = { places = 3, donors = 4 }
"#;

#[test]
fn a_search_learns_from_a_table_and_its_front_is_a_folder() {
    let folder = folder("search");
    let (table, config, run) = (folder.join("my.csv"), folder.join("search.toml"), folder.join("run"));
    let (front, network_file) = (folder.join("front"), folder.join("nets/0.onnx"));
    fs::write(&config, CONFIG).unwrap();
    let search = ["search", text(&network_file), "--config", text(&config), "--out", text(&run)];
    let own = ["--labels", text(&table), "--label", "seconds", "--minimise", "--export", text(&front)];
    let (done, _) = said(&[&search[..], &own[..]].concat());
    assert!(done.contains("of 32 networks") && done.contains("front.csv"), "{done}");
    assert!(fs::read_to_string(run.join("run.toml")).unwrap().contains("minimise = \"score\""));
    // Every network in every form, and a row each; the folder is a table of networks itself.
    let rows = fs::read_to_string(front.join("front.csv")).unwrap();
    let names: Vec<&str> = rows.lines().skip(1).filter_map(|row| row.split(',').next()).collect();
    assert!(names.len() > 1 && names[0] == "input.onnx" && names[1] == "rank_01.onnx", "{rows}");
    for name in &names {
        let stem = name.strip_suffix(".onnx").unwrap();
        let id = |end: &str| {
            let (json, _) = said(&["graph", text(&front.join(format!("{stem}.{end}"))), "--json"]);
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            json["content_id"].as_str().unwrap().to_string()
        };
        assert_eq!(id("onnx"), id("json"));
        assert!(rows.contains(&id("onnx")));
        assert!(fs::read_to_string(front.join(format!("{stem}.svg"))).unwrap().starts_with("<svg"));
    }
    assert!(fs::read_to_string(front.join("input.py")).unwrap().contains("class Network(nn.Module)"));
    assert_eq!(fs::read_dir(&front).unwrap().count(), 4 * names.len() + 1);
    // What is there is not written over, and known before anything is searched.
    let full = refusal(&[&search[..], &["--export", text(&front)]].concat());
    assert!(full.contains("front: holds files; accepted: a new or empty folder"), "{full}");
    let (again, bare) = (folder.join("again"), folder.join("bare"));
    said(&["search", "--resume", text(&run), "--export", text(&again)]);
    let table_of = |folder: &Path| fs::read(folder.join("front.csv")).unwrap();
    assert_eq!(table_of(&again), table_of(&front));
    said(&["search", "--resume", text(&run), "--export", text(&bare), "--no-weights"]);
    let size = |folder: &Path| fs::metadata(folder.join("input.onnx")).unwrap().len();
    assert!(10 * size(&bare) < size(&again));
    let old = refusal(&["search", "--resume", text(&run), "--labels", text(&table), "--label", "accuracy"]);
    assert!(old.contains("--labels is for a new run"), "{old}");
    fs::remove_dir_all(folder).unwrap();
}
