//! Searches that are killed at random moments and taken up, and two searches on one folder.
//!
//! `AUTOGO_KILLS` says how many are killed; without it a handful.
#![allow(clippy::unwrap_used)]

mod command;

use command::files;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const INPUT: &str = "nb201:nor_conv_3x3,none,none,skip_connect,nor_conv_1x1,none";

/// Small, so that much of a run is writing.
const CONFIG: &str = r#"
[segments]
families = [{ family = "nb201", count = 6 }]
mining = { trainer = { model = "bpe", merges = 30, limit = "soft" } }
[predictor]
train = 8
settings = { epochs = 1 }
[evolution]
generations = 8
parents = 3
mutation = { places = 3, donors = 4 }
"#;

fn autogo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogo"));
    command.args(arguments).env_remove("AUTOGO_DATA").stdout(Stdio::null());
    command
}

fn succeeds(mut command: Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn is_left_over(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "part") || path.ends_with("lock")
}

/// A folder for a test, and the configuration of its searches.
fn prepared(name: &str) -> (PathBuf, String) {
    let root = std::env::temp_dir().join(format!("autogo-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    let config = root.join("search.toml");
    std::fs::write(&config, CONFIG).unwrap();
    (root, config.to_str().unwrap().into())
}

#[test]
fn searches_that_are_killed_at_random_moments_leave_nothing_over() {
    let kills: u32 = std::env::var("AUTOGO_KILLS").map_or(6, |count| count.parse().unwrap());
    let (root, config) = prepared("kills");
    let begin = |out: &Path| autogo(&["search", INPUT, "--config", &config, "--out", out.to_str().unwrap()]);
    let whole = root.join("whole");
    succeeds(begin(&whole));
    let expected = files(&whole);
    assert!(expected.contains_key(Path::new("report.html")) && !expected.keys().any(|path| is_left_over(path)));
    let start = Instant::now();
    succeeds(begin(&root.join("again")));
    let mut lasts = start.elapsed();
    // Which moments: any, but spread over the whole run.
    let mut state = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos() | 1;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f64::from(state) / f64::from(u32::MAX)
    };
    let (mut killed, mut found_half, mut tried) = (0, 0, 0);
    while killed < kills {
        tried += 1;
        assert!(tried < 10 * (kills + 1), "{killed} of {tried} were killed before they ended");
        let out = root.join(format!("killed-{tried}"));
        let mut child = begin(&out).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(lasts.mul_f64((f64::from(killed) + random()) / f64::from(kills)));
        match child.try_wait().unwrap() {
            None => killed += 1,
            // It was over sooner than the one that was timed.
            Some(_) => lasts = lasts.mul_f64(0.9),
        }
        // SIGKILL on Unix.
        child.kill().ok();
        child.wait().unwrap();
        found_half += u32::from(files(&out).keys().any(|path| is_left_over(path)));
        match out.join("search.toml").is_file() {
            true => succeeds(autogo(&["search", "--resume", out.to_str().unwrap()])),
            // Killed before it was told anything.
            false => succeeds(begin(&out)),
        }
        let found = files(&out);
        let differ: Vec<&PathBuf> =
            expected.keys().chain(found.keys()).filter(|path| expected.get(*path) != found.get(*path)).collect();
        assert!(differ.is_empty(), "kill {killed}: {differ:?}");
        std::fs::remove_dir_all(out).unwrap();
    }
    let said =
        format!("{killed} killed within {lasts:.1?}, {found_half} held a lock or a draft; nothing was left over");
    // Not `println!`: the test runner would swallow it.
    let _ = writeln!(std::io::stderr(), "{said}");
    std::fs::remove_dir_all(root).unwrap();
}

/// Ends a process when the test does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn of_two_searches_on_one_folder_the_second_is_told_who_holds_it() {
    let (root, config) = prepared("two");
    let out = root.join("run");
    let out_text = out.to_str().unwrap();
    let search = ["search", INPUT, "--config", &config, "--out", out_text];
    // Long enough to be there when the second begins.
    let long = CONFIG.replace("generations = 8", "generations = 5000");
    std::fs::write(&config, long).unwrap();
    let first = Running(autogo(&search).stderr(Stdio::null()).spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(60);
    let is_named = || std::fs::read_to_string(out.join("lock")).is_ok_and(|text| text.starts_with("process "));
    while !(is_named() && out.join("search.toml").is_file()) {
        assert!(Instant::now() < deadline, "the first search takes no lock");
        std::thread::sleep(Duration::from_millis(2));
    }
    for second in [&search[..], &["search", "--resume", out_text]] {
        let output = autogo(second).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.trim_end().lines().count()), (Some(2), 1), "{said}");
        let holder = format!("{out_text}: process {} is writing in this folder; accepted: ", first.0.id());
        assert!(said.contains(&holder), "{said}");
    }
    // The lock dies with its holder.
    drop(first);
    assert!(out.join("lock").is_file());
    let mut taken_up = Running(autogo(&["search", "--resume", out_text]).stderr(Stdio::null()).spawn().unwrap());
    let holder = format!("process {}", taken_up.0.id());
    while std::fs::read_to_string(out.join("lock")).is_ok_and(|text| text != holder) {
        assert!(taken_up.0.try_wait().unwrap().is_none(), "a killed search cannot be taken up");
        assert!(Instant::now() < deadline, "the lock outlives its holder");
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(taken_up);
    std::fs::remove_dir_all(root).unwrap();
}
