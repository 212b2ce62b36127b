//! `autogo reproduce predictors`, and Gaussian processes from the command line.
#![allow(clippy::unwrap_used)]

mod command;

use command::{data, refused, said, scratch, text};
use std::fs;

const TABLE: &str = r#"
seeds = [0, 1]
ranked = 300
form = "shallow"
families = [{ family = "nb201", labels = [30, 60] }]
base = "FLOPs"
[[contenders]]
name = "FLOPs"
baseline = "flops"
[[contenders]]
name = "process"
gaussian = { steps = 5 }
[[published]]
family = "nb201"
name = "others"
labels = [60]
kendall_tau = [0.5]
source = "a paper"
"#;

#[test]
fn a_table_of_few_labels_goes_on_where_it_was_and_gives_the_same_bytes() {
    let scratch = scratch("predictors-table");
    let (config, out) = (scratch.join("few.toml"), scratch.join("out"));
    fs::write(&config, TABLE).unwrap();
    let command = ["reproduce", "predictors", "--config", text(&config), "--out", text(&out)];
    for (from, to, wrong) in [
        ("[0, 1]", "[]", "has no seeds"),
        ("[0.5]", "[]", "others has 0 correlations for 1"),
        ("base = \"FLOPs\"", "base = \"GNN\"", "base is `GNN`; accepted: a contender's name, FLOPs, process"),
    ] {
        let config = scratch.join("wrong.toml");
        fs::write(&config, TABLE.replace(from, to)).unwrap();
        let error = refused(&["reproduce", "predictors", "--config", text(&config), "--out", text(&out)], None);
        assert!(error.contains(wrong) && error.trim_end().lines().count() == 1, "{error}");
    }
    // Without the benchmarks there is nothing to rank.
    let error = refused(&command, None);
    assert!(
        error.contains("has labels here; accepted: AUTOGO_DATA, a folder") && error.trim_end().lines().count() == 1,
        "{error}"
    );
    let Some(data) = data() else {
        return;
    };
    let data = Some(data.as_path());
    let first = said(&command, data);
    assert!(first.contains("2 of 2 pieces are left"), "{first}");
    assert!(first.contains("| others (a paper) | – | 0.500 |") && first.contains("| process | 0."), "{first}");
    assert!(first.contains("Gain in τ over *FLOPs* from 60 labels") && first.contains("| process | +0."), "{first}");
    let bytes = |name: &str| fs::read(out.join(name)).unwrap();
    let before = (bytes("few.parquet"), bytes("few.md"));
    // What is done is not done again: the seconds are those of the first time.
    let again = said(&command, data);
    assert!(!again.contains("pieces are left"), "{again}");
    assert!(before == (bytes("few.parquet"), bytes("few.md")));
    // A piece that is missing is made anew; its numbers are the same, its seconds are not.
    let done = fs::read_dir(out.join("few.work/results")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(done).unwrap();
    let third = said(&command, data);
    assert!(third.contains("1 of 2 pieces are left"), "{third}");
    let taus = |page: &[u8]| {
        let page = String::from_utf8(page.to_vec()).unwrap();
        page.split("\nFrom 60 labels").next().unwrap().to_string()
    };
    assert_eq!(taus(&bytes("few.md")), taus(&before.1));
    // Another table does not go on in this folder.
    fs::write(&config, TABLE.replace("ranked = 300", "ranked = 200")).unwrap();
    let error = refused(&command, data);
    assert!(error.contains("holds other work: `ranked = 300` where `ranked = 200` is wanted"), "{error}");
    // More labels than there are.
    let config = scratch.join("many.toml");
    fs::write(&config, TABLE.replace("[30, 60]", "[20000]")).unwrap();
    let many = ["reproduce", "predictors", "--config", text(&config), "--out", text(&out)];
    let error = refused(&many, data);
    assert!(error.contains("labels: asks for 20000; accepted: at most 15625, as many as nb201 has"), "{error}");
    fs::remove_dir_all(scratch).unwrap();
}

const SCORED: &str = r#"
seeds = [0]
ranked = 40
form = "shallow"
families = [{ family = "nb201", labels = [20] }, { family = "nb101", labels = [20] }]
[[contenders]]
name = "gradients"
column = "jacob_cov"
[[contenders]]
name = "forest"
columns = { names = ["synflow", "nwot", "params"], trees = 50 }
[[contenders]]
name = "depths first"
pretrained = { first = { on = "depth", networks = 30, epochs = 2 }, then = { epochs = 2, architecture = { reads = "graph" } }, form = "shallow" }
"#;

#[test]
fn zero_cost_scores_are_made_once_for_the_networks_of_a_table() {
    let Some(data) = data() else {
        return;
    };
    let scratch = scratch("predictors-scored");
    let (config, out) = (scratch.join("scored.toml"), scratch.join("out"));
    fs::write(&config, SCORED).unwrap();
    let command = ["reproduce", "predictors", "--config", text(&config), "--out", text(&out)];
    let run = || {
        let page = said(&command, Some(&data));
        assert_eq!(page.matches("| forest | ").count(), 4, "{page}");
    };
    run();
    let kept = || fs::read_dir(out.join("scored.work/zero_cost")).unwrap().map(|file| file.unwrap().path());
    let times = || kept().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect::<Vec<_>>();
    let before = times();
    assert_eq!(before.len(), 2);
    let done = fs::read_dir(out.join("scored.work/results")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(done).unwrap();
    run();
    assert_eq!(times(), before);
    fs::remove_dir_all(scratch).unwrap();
}

#[test]
fn a_gaussian_process_is_trained_and_ranks_and_guides_a_search() {
    let scratch = scratch("predictors-process");
    let (file, config, run) = (scratch.join("process.safetensors"), scratch.join("search.toml"), scratch.join("run"));
    let split = ["--family", "nb201", "--origin", "cycles", "--train", "40", "--test", "20"];
    let trained = said(&[&["train", "--gaussian", "--out", text(&file)], &split[..]].concat(), None);
    assert!(trained.contains("a Gaussian process of 40 networks"), "{trained}");
    let ranked = said(&[&["evaluate", text(&file)], &split[..]].concat(), None);
    assert!(ranked.contains("SRCC 0.9") && ranked.contains("on 20 unseen networks"), "{ranked}");
    let settings = |predictor: &str| {
        format!(
            "predictor = {{ {predictor} }}\n[segments]\nfamilies = [{{ family = \"nb201\", count = 8 }}]\n\
             mining = {{ trainer = {{ model = \"bpe\", merges = 40, limit = \"soft\" }} }}\n\
             [evolution]\ngenerations = 1\nparents = 2\nmutation = {{ places = 3, donors = 4 }}\n"
        )
    };
    let search = ["search", "nb201", "--config", text(&config), "--out", text(&run)];
    let network = "nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_3x3";
    let search = [&[search[0], network], &search[2..]].concat();
    for predictor in
        [format!("file = {:?}", text(&file)), "origin = \"cycles\", train = 30, gaussian = { steps = 5 }".into()]
    {
        fs::write(&config, settings(&predictor)).unwrap();
        said(&search, None);
        let resumed = said(&["search", "--resume", text(&run)], None);
        assert!(!resumed.is_empty());
        fs::remove_dir_all(&run).unwrap();
    }
    fs::remove_dir_all(scratch).unwrap();
}
