//! A search from the command line: killed, taken up, on one thread and on four, made again.
#![allow(clippy::unwrap_used)]

mod command;

use command::files;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const BEST: &str = "nb201:nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1";

const CONFIG: &str = r#"
[segments]
families = [{ family = "nb201", count = 12 }, { family = "hiaml", count = 6 }]
mining = { trainer = { model = "bpe", merges = 60, limit = "soft" } }
[predictor]
train = 40
settings = { epochs = 2 }
[evolution]
generations = 12
parents = 4
mutation = { places = 4, donors = 6 }
"#;

fn autogo(arguments: &[&str], threads: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogo"));
    // The same predictor with and without published labels.
    command.args(arguments).env_remove("AUTOGO_DATA").env("RAYON_NUM_THREADS", threads.to_string());
    command
}

fn finish(mut command: Command) -> String {
    let output: Output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn refusal(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.trim_end().lines().count()), (Some(2), 1), "{said}");
    said
}

#[test]
fn a_killed_search_ends_with_the_bytes_of_one_that_ran_through_on_any_number_of_threads() {
    let root = std::env::temp_dir().join(format!("autogo-search-{}", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    let path = |name: &str| root.join(name).to_str().unwrap().to_string();
    let (config, whole, killed, wide) = (path("search.toml"), path("whole"), path("killed"), path("wide"));
    std::fs::write(&config, CONFIG).unwrap();

    let said = finish(autogo(&["search", BEST, "--config", &config, "--out", &whole], 1));
    assert!(
        said.contains("Labels: likelihood of the right class") && said.contains("The search ended because"),
        "{said}"
    );
    let expected = files(Path::new(&whole));
    for name in
        ["run.toml", "events.jsonl", "population.parquet", "report.html", "pictures/input.svg", "pictures/mutant_1.svg"]
    {
        assert!(expected.contains_key(Path::new(name)), "{name} is missing in {:?}", expected.keys());
    }

    let begin_and_kill = || {
        std::fs::remove_dir_all(&killed).ok();
        let mut search = autogo(&["search", BEST, "--config", &config, "--out", &killed], 2);
        let mut child = search.stdout(Stdio::null()).spawn().unwrap();
        while !Path::new(&killed).join("events.jsonl").is_file() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().ok();
        child.wait().unwrap();
        !std::fs::read_to_string(Path::new(&killed).join("events.jsonl")).unwrap().contains("stop")
    };
    // On a busy machine it may be over before this process has its turn.
    assert!((0..10).any(|_| begin_and_kill()), "it is always over before it is killed");
    finish(autogo(&["search", "--resume", &killed], 2));
    finish(autogo(&["search", BEST, "--config", &config, "--out", &wide], 4));
    for other in [&killed, &wide] {
        let found = files(Path::new(other));
        let differ: Vec<&PathBuf> =
            expected.keys().chain(found.keys()).filter(|path| expected.get(*path) != found.get(*path)).collect();
        assert!(differ.is_empty(), "{other}: {differ:?}");
    }

    // Killed while it was being prepared: nothing but what it was told.
    let early = path("early");
    std::fs::create_dir_all(&early).unwrap();
    for name in ["search.toml", "input.json"] {
        std::fs::copy(Path::new(&whole).join(name), Path::new(&early).join(name)).unwrap();
    }
    finish(autogo(&["search", "--resume", &early], 2));
    assert_eq!(files(Path::new(&early)), expected);

    let said = finish(autogo(&["replay", &whole], 2));
    assert!(said.contains("networks come out again under their content ids"), "{said}");
    assert!(finish(autogo(&["replay", &whole, "3"], 2)).starts_with("0 > "));
    let said = refusal(autogo(&["search", BEST, "--out", &whole], 1));
    assert!(said.contains("holds a run; accepted: --resume"), "{said}");
    assert!(refusal(autogo(&["search", "--resume", &config], 1)).contains("holds no run"));
    assert!(refusal(autogo(&["replay", &whole, "99999"], 1)).contains("individual: is 99999; accepted: 0 to "));
    std::fs::write(&config, "[evolution]\nobjectives = [{ maximise = \"speed\" }]\n").unwrap();
    let said = refusal(autogo(&["search", BEST, "--config", &config, "--out", &path("new")], 1));
    assert!(said.contains("search.toml:2: ") && said.contains("no figure is called `speed`"), "{said}");
    std::fs::remove_dir_all(root).unwrap();
}

#[test]
fn a_search_with_the_releases_peculiarities_keeps_them_when_it_is_taken_up() {
    let root = std::env::temp_dir().join(format!("autogo-search-release-{}", std::process::id()));
    std::fs::create_dir_all(root.join("early")).unwrap();
    let path = |name: &str| root.join(name).to_str().unwrap().to_string();
    let (config, whole, early) = (path("search.toml"), path("whole"), path("early"));
    std::fs::write(&config, CONFIG.replace("generations = 12", "generations = 2")).unwrap();
    finish(autogo(&["search", BEST, "--config", &config, "--out", &whole, "--release"], 2));
    let expected = files(Path::new(&whole));
    let text = |name: &str| String::from_utf8_lossy(&expected[Path::new(name)]).into_owned();
    let settings = text("run.toml");
    for chosen in
        ["scores = \"as_loaded\"", "sources = \"cheapest\"", "on_failure = \"give_up\"", "form = \"original\""]
    {
        assert!(settings.contains(chosen), "{chosen} is missing in\n{settings}");
    }
    assert!(text("segments/segmenter.json").contains("\"unknown\":\"fused\""));
    for name in ["search.toml", "input.json"] {
        std::fs::copy(Path::new(&whole).join(name), Path::new(&early).join(name)).unwrap();
    }
    finish(autogo(&["search", "--resume", &early], 2));
    assert_eq!(files(Path::new(&early)), expected);
    std::fs::remove_dir_all(root).unwrap();
}
