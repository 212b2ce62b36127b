//! `cargo notebooks`: prepares what a fresh machine lacks, then hands over to `autogo notebooks`.
//!
//! Crates, kernel, Python environment and library sources need nothing of each other, so they are made at the same time.
//! What is there already is left alone.

mod environment;
mod process;
mod step;

use process::{cargo, run};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use step::{Step, steps};

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().unwrap_or(root);
    let mut out = std::io::stdout();
    match check_data().and_then(|()| prepare(&root, &mut out)).and_then(|()| hand_over(&root)) {
        Ok(code) => code,
        Err(problem) => {
            // There is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Says now that the folder with data is wrong, not when everything is built.
fn check_data() -> Result<(), String> {
    let Some(folder) = std::env::var_os("AUTOGO_DATA").filter(|folder| !folder.is_empty()) else { return Ok(()) };
    let folder = Path::new(&folder);
    if folder.join("nasbench/nb201.csv").is_file() {
        return Ok(());
    }
    Err(format!("AUTOGO_DATA={}: accepted: a folder that holds nasbench/nb201.csv, or nothing", folder.display()))
}

/// What a step has come to.
#[derive(Default)]
struct State {
    /// Crates or packages that are done.
    done: usize,
    /// How the step ended.
    outcome: Option<Result<Duration, String>>,
}

/// Takes all steps that are left, and says what they do and how far they are.
fn prepare(root: &Path, out: &mut impl Write) -> Result<(), String> {
    let steps = steps(root)?;
    if steps.is_empty() {
        return Ok(());
    }
    announce(&steps, out);
    let states: Vec<Mutex<State>> = steps.iter().map(|_| Mutex::default()).collect();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for (step, state) in steps.iter().zip(&states) {
            scope.spawn(move || {
                let begun = Instant::now();
                let outcome = step.take(&|done| lock(state).done = done);
                lock(state).outcome = Some(outcome.map(|()| begun.elapsed()));
            });
        }
        watch(&steps, &states, begun, out);
    });
    let mut problems = Vec::new();
    for (step, state) in steps.iter().zip(&states) {
        if let Some(Err(problem)) = &lock(state).outcome {
            problems.push(format!("{}: {problem}", step.name));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\nerror: ")) }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn announce(steps: &[Step], out: &mut impl Write) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let seconds: f64 = steps.iter().map(|step| step.processor_seconds).sum();
    // Compilers use up to about eight cores: some crates wait for others.
    let minutes = seconds / cores.min(8) as f64 / 0.9 / 60.0;
    let minutes = if minutes < 1.0 { "less than a minute".into() } else { format!("about {minutes:.0} minutes") };
    say(out, &format!("Preparing, once, all at the same time ({minutes} on {cores} cores):"));
    for step in steps {
        say(out, &format!("  {}: {}", step.name, step.what));
    }
}

/// Says how far the steps are until all have ended: in place on a terminal, otherwise a line every minute.
fn watch(steps: &[Step], states: &[Mutex<State>], begun: Instant, out: &mut impl Write) {
    let is_terminal = std::io::stdout().is_terminal();
    let mut told = vec![false; steps.len()];
    let mut next_line = Duration::from_secs(60);
    loop {
        for ((step, state), told) in steps.iter().zip(states).zip(&mut told) {
            if let Some(outcome) = lock(state).outcome.as_ref().filter(|_| !*told) {
                let erase = if is_terminal { "\r\x1b[K" } else { "" };
                match outcome {
                    Ok(time) => say(out, &format!("{erase}  {}: done after {}", step.name, text(*time))),
                    Err(_) => say(out, &format!("{erase}  {}: failed", step.name)),
                }
                *told = true;
            }
        }
        if told.iter().all(|told| *told) {
            return;
        }
        let running = steps.iter().zip(states).zip(&told).filter(|(_, told)| !**told);
        let running: Vec<String> = running.map(|((step, state), _)| step.progress(lock(state).done)).collect();
        let line = format!("  {} | {}", text(begun.elapsed()), running.join(" | "));
        if is_terminal {
            // A terminal that is gone needs no bar.
            let _ = write!(out, "\r{line}\x1b[K").and_then(|()| out.flush());
        } else if begun.elapsed() >= next_line {
            say(out, &line);
            next_line += Duration::from_secs(60);
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// Minutes and seconds.
fn text(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {:02} s", seconds / 60, seconds % 60) }
}

fn say(out: &mut impl Write, line: &str) {
    // Nobody who could read it: the work goes on.
    let _ = writeln!(out, "{line}");
}

/// Runs `autogo notebooks` with this program's own arguments.
fn hand_over(root: &Path) -> Result<ExitCode, String> {
    let mut command = Command::new(cargo());
    command
        .args(["run", "--quiet", "--locked", "--package", "experiments", "--bin", "autogo", "--", "notebooks"])
        .args(std::env::args_os().skip(1))
        .current_dir(root);
    let status = run(&mut command).map_err(|error| format!("cargo run: {error}"))?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// A folder below the repository's.
fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path)
}
