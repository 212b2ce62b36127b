//! `autogo label`: workers that share a folder, one of them killed in the middle of a training.
#![allow(clippy::unwrap_used)]

mod command;

use autogo::data::read_parquet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn autogo() -> Command {
    Command::new(env!("CARGO_BIN_EXE_autogo"))
}

fn said(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("autogo-label-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder of four trainings, each of a second or two.
fn planned(scratch: &Path, name: &str) -> PathBuf {
    let (folder, recipe) = (scratch.join(name), scratch.join("recipe.toml"));
    std::fs::write(&recipe, "batch = 64\nimages = 3000\n").unwrap();
    let mut plan = autogo();
    plan.args(["label", "plan"]).arg(&folder).arg("--recipe").arg(&recipe);
    plan.args(["--family", "nb201=3", "--repeat-every", "3", "--seeds", "2", "--expiry", "2"]);
    assert!(said(&mut plan).contains("4 items: 0 done"));
    folder
}

fn worker(folder: &Path) -> Child {
    autogo().args(["label", "work"]).arg(folder).stdout(Stdio::null()).spawn().unwrap()
}

fn count(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// The table of a folder's results without the column that depends on the machine's mood.
fn table(folder: &Path, out: &Path) -> autogo::polars::prelude::DataFrame {
    said(autogo().args(["label", "collect"]).arg(folder).arg("--out").arg(out));
    read_parquet(out).unwrap().drop("seconds").unwrap()
}

#[test]
fn a_worker_that_is_killed_costs_time_and_nothing_else() {
    if command::data().is_none() {
        return;
    }
    let scratch = folder("kill");
    let (calm, rough) = (planned(&scratch, "calm"), planned(&scratch, "rough"));
    said(autogo().args(["label", "run"]).arg(&calm).args(["--workers", "1"]));

    // Killed in the middle of an item, and again should it have been between two.
    let begun = Instant::now();
    while count(&rough.join("leases")) == 0 {
        let mut first = worker(&rough);
        while count(&rough.join("leases")) == 0 {
            assert!(first.try_wait().unwrap().is_none(), "it was over before it was killed");
            assert!(begun.elapsed() < Duration::from_secs(120), "no lease appears");
            std::thread::sleep(Duration::from_millis(5));
        }
        first.kill().unwrap();
        first.wait().unwrap();
    }
    assert_eq!(count(&rough.join("leases")), 1);
    let done = count(&rough.join("results"));
    said(autogo().args(["label", "run"]).arg(&rough).args(["--workers", "2"]));
    assert!(done < 4 && count(&rough.join("results")) == 4);
    assert!(said(autogo().args(["label", "status"]).arg(&rough)).starts_with("4 items: 4 done, 0 running"));

    let tables = [table(&calm, &scratch.join("calm.parquet")), table(&rough, &scratch.join("rough.parquet"))];
    assert!(tables[0].equals(&tables[1]), "{tables:?}");
    // What was collected once need not be trained again.
    let other = planned(&scratch, "other");
    let recipe = scratch.join("recipe.toml");
    let mut plan = autogo();
    plan.args(["label", "plan"]).arg(&other).arg("--recipe").arg(&recipe).args(["--family", "nb201=2"]);
    plan.args(["--seeds", "1", "--table"]).arg(scratch.join("calm.parquet"));
    assert!(said(&mut plan).contains("4 items: 4 done"));
    let before = std::fs::read(scratch.join("calm.parquet")).unwrap();
    table(&other, &scratch.join("again.parquet"));
    assert!(before == std::fs::read(scratch.join("again.parquet")).unwrap(), "equal results make equal bytes");
    zero_cost_scores_are_the_shipped_ones(&scratch);
    std::fs::remove_dir_all(scratch).unwrap();
}

/// The networks of `calm.parquet` begin the plan of the shipped table, so their scores are there.
fn zero_cost_scores_are_the_shipped_ones(scratch: &Path) {
    let (table, out) = (scratch.join("calm.parquet"), scratch.join("scores.parquet"));
    said(autogo().args(["label", "zero-cost"]).arg(table).arg("--out").arg(&out));
    let rows = |path: &Path| -> Vec<String> {
        let frame = read_parquet(path).unwrap();
        (0..frame.height()).map(|row| format!("{:?}", frame.get_row(row).unwrap())).collect()
    };
    let (own, shipped) = (rows(&out), rows(&shipped().join("zero_cost.parquet")));
    assert_eq!(own.len(), 3);
    assert!(own.iter().all(|row| shipped.contains(row)), "{own:#?}");
}

/// The folder of labels that the project ships.
fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/mini")
}

#[test]
fn the_shipped_description_fits_the_shipped_tables() {
    let scratch = folder("describe");
    for file in ["labels.parquet", "zero_cost.parquet", "recipe.parquet"] {
        std::fs::copy(shipped().join(file), scratch.join(file)).unwrap();
    }
    assert!(said(autogo().args(["label", "describe"]).arg(&scratch)).ends_with("3 tables\n"));
    let text = |folder: &Path| std::fs::read_to_string(folder.join("croissant.json")).unwrap();
    assert_eq!(text(&scratch), text(&shipped()), "`autogo label describe datasets/mini` writes it again");
    assert!(!text(&scratch).contains("\"description\": \"\""), "a column without a description");
    std::fs::remove_dir_all(&scratch).unwrap();
    let empty = folder("empty");
    let output = autogo().args(["label", "describe"]).arg(&empty).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("accepted: labels.parquet"), "{said}");
    std::fs::remove_dir_all(&empty).unwrap();
}

#[test]
fn another_task_has_its_own_jobs_and_columns() {
    if command::data().is_none() {
        return;
    }
    let scratch = folder("task");
    let recipe = scratch.join("recipe.toml");
    std::fs::write(&recipe, "batch = 8\nimages = 40\n").unwrap();
    let plan = |task: &str| {
        let mut plan = autogo();
        plan.args(["label", "plan"]).arg(scratch.join(task)).args(["--task", task, "--recipe"]).arg(&recipe);
        plan.args(["--family", "hiaml=1", "--seeds", "1"]);
        let text = said(&mut plan);
        text.split_once(": job ").unwrap().1.split(',').next().unwrap().to_string()
    };
    let (faces, classes) = (plan("faces"), plan("cifar10"));
    assert_ne!(faces, classes);
    let manifest = |task: &str| std::fs::read_to_string(scratch.join(task).join("work.toml")).unwrap();
    assert!(manifest("faces").contains("task = \"faces\"") && !manifest("cifar10").contains("task"));
    assert!(manifest("faces").contains("adamw") && manifest("cifar10").contains("sgd"));
    said(autogo().args(["label", "work"]).arg(scratch.join("faces")));
    let table = table(&scratch.join("faces"), &scratch.join("faces.parquet"));
    let number = |name: &str| table.column(name).unwrap().f64().unwrap().get(0).unwrap();
    assert!((0.0..=1.0).contains(&number("pck_test")) && number("nme_test") > 0.0);
    assert!(table.column("test_accuracy").is_err() && table.height() == 1);
    let refused = |arguments: &[&str]| {
        let output = autogo().arg("label").args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.trim_end().lines().count()), (Some(2), 1), "{said}");
        said
    };
    let (new, parquet) = (scratch.join("new"), scratch.join("faces.parquet"));
    let (new, parquet) = (new.to_str().unwrap(), parquet.to_str().unwrap());
    assert!(refused(&["check", parquet]).contains("holds results of task faces; accepted: a table of cifar10"));
    let unknown = refused(&["plan", new, "--task", "sr3", "--family", "edsr=1"]);
    assert!(unknown.contains("`sr3` is not known; accepted: camvid, faces, sr2, denoise25, cifar10"), "{unknown}");
    let headless = refused(&["plan", new, "--task", "sr2", "--family", "resnet=1"]);
    assert!(headless.contains("no answer to `sr2`; accepted: 32×32×C"), "{headless}");
    std::fs::remove_dir_all(scratch).unwrap();
}

#[test]
fn folders_of_other_work_are_refused() {
    let scratch = folder("refused");
    let refused = |arguments: &[&str]| {
        let output = autogo().arg("label").args(arguments).arg(&scratch).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    for verb in ["status", "run", "work", "retry"] {
        let said = refused(&[verb]);
        assert!(said.contains("is no folder of work") && said.contains("accepted: "), "{said}");
    }
    let said = refused(&["plan", "--family", "nb202=3"]);
    assert!(said.contains("nb202"), "{said}");
    std::fs::remove_dir_all(scratch).unwrap();
}

#[test]
fn networks_of_ones_own_are_trained_in_a_form() {
    let scratch = folder("own");
    let (work, network, recipe) = (scratch.join("work"), scratch.join("own.json"), scratch.join("recipe.toml"));
    said(autogo().args(["graph", "hiaml:src1,src1,r30,src3", "--save"]).arg(&network));
    std::fs::write(&recipe, "batch = 16\nimages = 64\n").unwrap();
    let plan = |form: &[&str]| {
        let mut plan = autogo();
        plan.args(["label", "plan"]).arg(&work).arg("--recipe").arg(&recipe).arg("--network").arg(&network).args(form);
        plan
    };
    let refused = plan(&[]).output().unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("--form"));
    if command::data().is_none() {
        std::fs::remove_dir_all(scratch).unwrap();
        return;
    }
    let refused = plan(&["--task", "faces", "--form", "64x64:1/8"]).output().unwrap();
    let told = "faces: cannot give pictures of 64×64×3; accepted: 96×96×3";
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains(told), "{refused:?}");
    assert!(said(&mut plan(&["--form", "16x16:1/8", "--seeds", "2"])).contains("2 items: 0 done"));
    // A file that was exchanged is no result of the network that was planned.
    let kept = std::fs::read_dir(work.join("networks")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&kept).unwrap();
    said(autogo().args(["graph", "hiaml:z,z,z,z", "--save"]).arg(&kept));
    said(autogo().args(["label", "work"]).arg(&work).args(["--limit", "1"]));
    let status = said(autogo().args(["label", "status"]).arg(&work));
    assert!(status.contains("holds another network; accepted: the one that was planned"), "{status}");
    std::fs::write(&kept, text).unwrap();
    said(autogo().args(["label", "retry"]).arg(&work));
    said(autogo().args(["label", "run"]).arg(&work).args(["--workers", "1"]));
    let table = table(&work, &scratch.join("table.parquet"));
    assert_eq!(table.height(), 2);
    let spec = table.column("spec").unwrap().str().unwrap().get(0).unwrap().to_string();
    assert!(spec.starts_with("networks/") && spec.ends_with(".json"), "{spec}");
    std::fs::remove_dir_all(scratch).unwrap();
}
