//! `autogo reproduce table6` in small: a search for a task, graded by training what it finds.
#![allow(clippy::unwrap_used)]

mod command;

use autogo::data::read_parquet;
use autogo::report::TrainedTable;
use command::{data, refused, said, scratch, text};
use std::fs;

const TABLE: &str = r#"
mutants = 6
finalists = 2
choice = "spread"
seeds = 2
[[inputs]]
network = "unet:64x64"
windows = [{ column = "flops", decrease = [0, 30] }]
[[tasks]]
task = "denoise25"
form = "16x16:1/16"
label = "psnr_set12"
shown = ["psnr_set12", "psnr_bsd68"]
recipe = { images = 64 }
[search]
segments = { families = [{ family = "nb201", count = 10 }], mining = { trainer = { model = "bpe", merges = 60, limit = "soft" } } }
predictor = { gaussian = { steps = 5 } }
[search.evolution]
generations = 2
parents = 3
[search.evolution.mutation]
places = 3
donors = 6
ops = ["conv2d", "relu", "add", "concat", "identity"]
"#;

#[test]
fn what_a_search_finds_is_trained_beside_its_input_and_goes_on_where_it_was() {
    let scratch = scratch("trained-table");
    let (config, out) = (scratch.join("small.toml"), scratch.join("out"));
    fs::write(&config, TABLE).unwrap();
    let command = ["reproduce", "table6", "--config", text(&config), "--out", text(&out)];
    let wrong = [
        ("seeds = 2", "seeds = 1", "fewer than 2 seeds"),
        ("mutants = 6", "mutants = 5", "too few mutants"),
        ("[search]\n", "[search]\nrelease = true\n", "accepted: a predictor's settings alone"),
        ("\"denoise25\"", "\"noise\"", "task: `noise` is not known; accepted: camvid, faces, sr2, denoise25, cifar10"),
        ("16x16:1/16", "16", "mini form: is `16`"),
        ("images = 64", "pictures = 64", "recipe of denoise25: unknown field `pictures`"),
    ];
    for (from, to, wanted) in wrong {
        let config = scratch.join("wrong.toml");
        fs::write(&config, TABLE.replace(from, to)).unwrap();
        let error = refused(&["reproduce", "table6", "--config", text(&config), "--out", text(&out)], None);
        assert!(error.contains(wanted), "{error}");
    }
    let error = refused(&command, None);
    assert!(error.contains("AUTOGO_DATA is not set; accepted: "), "{error}");
    assert!(!out.exists(), "nothing is left of what was refused");
    let Some(data) = data() else {
        fs::remove_dir_all(scratch).unwrap();
        return;
    };
    let data = Some(data.as_path());
    // A measure that there is not is told before anything is trained.
    fs::write(&config, TABLE.replace("label = \"psnr_set12\"", "label = \"psnr\"")).unwrap();
    let error = refused(&command, data);
    assert!(
        error.contains("measure `psnr` is not known; accepted: psnr_set12, psnr_bsd68, negative_training_loss"),
        "{error}"
    );
    // So are pictures of another size than the task's, also those of the last task of several.
    let more = TABLE.replace(
        "[search]\n",
        "[[tasks]]\ntask = \"faces\"\nform = \"64x64:1/16\"\nlabel = \"pck_test\"\nshown = [\"pck_test\"]\n[search]\n",
    );
    fs::write(&config, more).unwrap();
    let error = refused(&command, data);
    assert!(error.contains("faces: cannot give pictures of 64×64×3; accepted: "), "{error}");
    fs::write(&config, TABLE).unwrap();
    let first = said(&command, data);
    // The input and six mutants once; then the input and what was found under the seeds that are left.
    for stage in ["denoise25: 7 trainings of this stage", "denoise25: 5 trainings of this stage"] {
        assert!(first.contains(stage), "{first}");
    }
    let rows = [
        "| unet:64x64 | input | 2 |",
        "| ours 1 | 2 |",
        "| ours 2 | 2 |",
        "| mutants | 6 |",
        "| no network | 1 | 20.17 |",
    ];
    for told in rows.into_iter().chain(["others evenly along the front"]) {
        assert!(first.contains(told), "{first}");
    }
    let table = read_parquet(&out.join("small.parquet")).unwrap();
    assert_eq!(table.height(), 10);
    let table = TrainedTable::read(&out, "small").unwrap();
    let (input, ours) = table.best("denoise25").unwrap();
    assert_eq!((input.as_str(), ours.as_str()), ("unet:64x64", "ours 2"));
    assert!(table.drawings("denoise25", &input, &ours).unwrap()[1].svg().contains("new"));
    assert!(table.value("denoise25", &input, &ours, "flops_percent").unwrap() <= 0.0);
    assert!(table.differences("denoise25").unwrap().svg().contains("unet:64x64: ours 1"));
    let bytes = || {
        let files = ["small.parquet", "small_networks.parquet", "small.md", "small_denoise25_runs.parquet"];
        files.map(|name| fs::read(out.join(name)).unwrap())
    };
    let before = bytes();
    // What is trained is not trained again, also where the folder of work is gone.
    fs::remove_dir_all(out.join("small/denoise25/work")).unwrap();
    let again = said(&command, data);
    assert!(!again.contains("of this stage are left"), "{again}");
    assert!(before == bytes());
    // Or where the table of trainings is.
    fs::remove_file(out.join("small_denoise25_runs.parquet")).unwrap();
    assert!(!said(&command, data).contains("of this stage are left"));
    assert!(before == bytes());
    // Another number of mutants is another predictor, hence another search; trainings that there are count.
    fs::write(&config, TABLE.replace("mutants = 6", "mutants = 7")).unwrap();
    assert!(said(&command, data).contains("| mutants | 7 |"));
    // Another recipe does not write over the results of this one.
    let runs = fs::read(out.join("small_denoise25_runs.parquet")).unwrap();
    fs::write(&config, TABLE.replace("images = 64", "images = 96")).unwrap();
    let error = refused(&command, data);
    assert!(error.contains("holds other work: `images = 64` where `images = 96` is wanted"), "{error}");
    fs::remove_dir_all(out.join("small")).unwrap();
    let error = refused(&command, data);
    assert!(error.contains("small_denoise25_runs.parquet: holds trainings of job "), "{error}");
    assert!(runs == fs::read(out.join("small_denoise25_runs.parquet")).unwrap());
    fs::remove_dir_all(scratch).unwrap();
}
