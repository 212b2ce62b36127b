//! Runs that are killed, taken up, tampered with.

use super::RunFolder;
use crate::evolve::{CostWindow, Evolution, Formula, Mutator, Objective, RunColumn};
use crate::families::{Family, Nb201};
use crate::files::{read_parquet, write_parquet};
use crate::formats::to_json;
use crate::graph::{Graph, Op};
use crate::profile::Npu;
use crate::progress::Progress;
use crate::segment::{Mining, SegmentDb};
use polars::prelude::{Column, DataFrame};
use std::fs;

fn setting(name: &str) -> (RunFolder, Evolution, Graph, Mutator) {
    let graphs: Vec<Graph> = (0..12).map(|i| Nb201::sample(11, i).build().unwrap()).collect();
    let predictor = |graph: &Graph| graph.len() as f64;
    let mutator = Mutator::new(Mining::bpe(60).run(&graphs).unwrap(), predictor, Npu::n256()).unwrap();
    let folder = std::env::temp_dir().join(format!("autogo-folder-{name}-{}", std::process::id()));
    let evolution = Evolution { generations: 4, parents: 3, ..Evolution::default() };
    (RunFolder::new(folder), evolution, graphs[0].clone(), mutator)
}

fn bytes(folder: &RunFolder) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_run_cut_off_at_any_write_ends_with_the_same_bytes() {
    let (whole, evolution, input, mutator) = setting("whole");
    let run = whole.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
    assert!(run.stop.is_some() && run.individuals.len() > 20);
    let expected = bytes(&whole);
    let events = fs::read_to_string(whole.path().join("events.jsonl")).unwrap();
    for kept in 0..events.lines().count() {
        // Killed after generation `kept`; with a population that is one generation ahead of the events, or not.
        for is_ahead in [false, true] {
            let cut = RunFolder::new(whole.path().with_extension(format!("{kept}-{is_ahead}")));
            fs::create_dir_all(cut.path()).unwrap();
            for (name, content) in &expected {
                fs::write(cut.path().join(name), content).unwrap();
            }
            let lines: String = events.lines().take(kept).map(|line| format!("{line}\n")).collect();
            fs::write(cut.path().join("events.jsonl"), lines).unwrap();
            if kept == 0 {
                fs::remove_file(cut.path().join("events.jsonl")).unwrap();
                if !is_ahead {
                    fs::remove_file(cut.path().join("population.parquet")).unwrap();
                }
            }
            // What the killed process was writing, and its lock.
            for draft in ["population.parquet.17.4.part", "population.17.part", "lock"] {
                fs::write(cut.path().join(draft), b"process 17").unwrap();
            }
            let again = cut.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
            assert_eq!((again.individuals.len(), again.stop), (run.individuals.len(), run.stop));
            assert_eq!(bytes(&cut), expected, "{kept} {is_ahead}");
            fs::remove_dir_all(cut.path()).unwrap();
        }
    }
    fs::remove_dir_all(whole.path()).unwrap();
}

#[test]
fn another_run_in_the_same_folder_is_refused_by_name() {
    let (folder, evolution, input, mutator) = setting("refused");
    let evolution = Evolution { generations: 1, ..evolution };
    folder.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
    let other = Evolution { seed: 9, ..evolution.clone() };
    let error = folder.run(&other, &input, &mutator, Progress::Silent).unwrap_err().to_string();
    assert!(
        error.ends_with("run.toml: was begun with another set of settings; accepted: the same, or a new folder"),
        "{error}"
    );
    fs::remove_dir_all(folder.path()).unwrap();
}

/// Sums in a network.
fn sums(graph: &Graph) -> f64 {
    graph.nodes().filter(|node| node.op == Op::Add).count() as f64
}

#[test]
fn a_column_of_its_own_is_searched_by_drawn_and_asked_for_again() {
    let (folder, evolution, input, mutator) = setting("own");
    let column = RunColumn::own("sums").unwrap();
    let wanted =
        vec![Objective::maximise("score - 0.5 * @sums".parse::<Formula>().unwrap()), Objective::minimise(column)];
    let windows = vec![CostWindow { column, decrease: (-1.0, 100.0) }];
    let plain = Evolution { generations: 2, objectives: wanted, windows, ..evolution };
    let refusal =
        |evolution: &Evolution| folder.run(evolution, &input, &mutator, Progress::Silent).unwrap_err().to_string();
    let error = refusal(&plain);
    assert_eq!(
        error,
        "column: `@sums` is none of the search's; accepted: a search with it, by Evolution::with_column(\"sums\", …)"
    );
    let evolution = plain.clone().with_column("sums", "sums in the network", sums).unwrap();
    let run = folder.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
    assert!(run.individuals.len() > 10 && run.front().len() > 1, "{:?}", run.iterations);
    for one in &run.individuals {
        let graph = run.graph(one.id, mutator.db()).unwrap();
        assert_eq!(one.value(column), sums(&graph));
        assert!(one.value(column) <= sums(&input));
    }
    assert_eq!(run.frame().unwrap().column("sums").unwrap().f64().unwrap().get(0), Some(sums(&input)));
    let chart = crate::report::front_chart(&run, column, RunColumn::Score).svg().unwrap();
    assert!(chart.contains("sums in the network"));
    // The folder holds the values: opened, it is the same run. It does not hold the function.
    let opened = folder.open(mutator.db()).unwrap();
    assert_eq!((&opened.individuals, &opened.settings), (&run.individuals, &run.settings));
    let again = folder.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
    assert_eq!(again.individuals, run.individuals);
    let wanted = "the same column by Evolution::with_column(\"sums\", \"sums in the network\", …)";
    let error = refusal(&opened.settings);
    assert_eq!(error, format!("column `@sums`: has no function: a file does not hold it; accepted: {wanted}"));
    let error = refusal(&Evolution { seed: evolution.seed, ..Evolution::default() });
    assert!(error.ends_with(&format!("run.toml: was begun with column `@sums`; accepted: {wanted}")), "{error}");
    let resumed = opened.settings.with_column("sums", "sums in the network", sums).unwrap();
    assert_eq!(folder.run(&resumed, &input, &mutator, Progress::Silent).unwrap().individuals, run.individuals);
    fs::remove_dir_all(folder.path()).unwrap();
}

#[test]
fn a_folder_that_was_tampered_with_is_refused() {
    let (folder, evolution, input, mutator) = setting("tampered");
    folder.run(&Evolution { generations: 2, ..evolution }, &input, &mutator, Progress::Silent).unwrap();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let refusal = |name: &str, content: &[u8]| {
        let kept = read(name);
        fs::write(folder.path().join(name), content).unwrap();
        let error = folder.open(mutator.db()).unwrap_err().to_string();
        fs::write(folder.path().join(name), kept).unwrap();
        error
    };
    let events = String::from_utf8(read("events.jsonl")).unwrap();
    let error = refusal("events.jsonl", events.replace("scored", "scores").as_bytes());
    assert!(error.contains("events.jsonl:1: ") && error.contains("score"), "{error}");
    let error = refusal("events.jsonl", events.lines().nth(1).unwrap().as_bytes());
    assert!(error.contains("events.jsonl: line 1 tells of "), "{error}");
    let error = refusal("events.jsonl", events.repeat(2).as_bytes());
    assert!(error.contains("goes on after its end"), "{error}");
    assert!(refusal("population.parquet", b"PAR1").contains("population.parquet: "));
    let rows = |change: &dyn Fn(&mut DataFrame)| {
        let mut frame = read_parquet(&folder.path().join("population.parquet")).unwrap();
        change(&mut frame);
        let other = folder.path().with_extension("other.parquet");
        write_parquet(&mut frame, &other).unwrap();
        let bytes = fs::read(&other).unwrap();
        fs::remove_file(other).unwrap();
        bytes
    };
    let ring = rows(&|frame| {
        let parents: Vec<Option<u32>> = (0..frame.height()).map(|at| (at > 0).then_some(at as u32)).collect();
        frame.with_column(Column::new("parent".into(), parents)).unwrap();
    });
    assert!(refusal("population.parquet", &ring).contains("of no parent that was there before"));
    let fewer = rows(&|frame| *frame = frame.head(Some(5)));
    assert!(refusal("population.parquet", &fewer).contains("events.jsonl: line 1 tells of "));
    let nobody = rows(&|frame| *frame = frame.head(Some(0)));
    assert!(refusal("population.parquet", &nobody).contains("does not begin with the input network"));
    let nothing = rows(&|frame| *frame = DataFrame::empty());
    assert!(refusal("population.parquet", &nothing).contains("population.parquet: "));
    let mut damaged = read("population.parquet");
    damaged[100] ^= 4;
    assert!(refusal("population.parquet", &damaged).contains("is damaged: its checksum is wrong; accepted: "));
    let other = to_json(&Nb201::sample(1, 1).build().unwrap());
    assert!(refusal("input.json", other.as_bytes()).contains("does not begin with the input network"));
    let settings = String::from_utf8(read("run.toml")).unwrap();
    assert!(
        refusal("run.toml", settings.replace("autogo run 1", "autogo run 0").as_bytes())
            .contains("accepted: `autogo run 1`")
    );
    assert!(folder.open(&SegmentDb::default()).unwrap_err().to_string().contains("another segment database"));
    fs::remove_dir_all(folder.path()).unwrap();
}
