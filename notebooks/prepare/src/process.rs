//! Other programs.

use crate::environment::forget_cargo;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

/// Lines of a failed program that are shown.
const TAIL: usize = 15;

/// The cargo that started this program, or the one on the path.
pub fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// Runs a program in the foreground.
pub fn run(command: &mut Command) -> io::Result<ExitStatus> {
    forget_cargo(command).status()
}

/// Runs a program in the background; `hear` gets every line it writes. Fails with its last lines.
pub fn run_heard(command: &mut Command, mut hear: impl FnMut(&str)) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| format!("{name}: {error}");
    let mut process = forget_cargo(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let output = process.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        // What could not be read is not shown.
        let _ = output.map(|mut output| output.read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut tail = VecDeque::new();
    if let Some(errors) = process.stderr.take() {
        for line in BufReader::new(errors).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            hear(&line);
            tail.push_back(line);
            if tail.len() > TAIL {
                tail.pop_front();
            }
        }
    }
    let status = process.wait().map_err(failed)?;
    let said = reader.join().unwrap_or_default();
    if status.success() {
        return Ok(());
    }
    if tail.is_empty() {
        tail.extend(said.lines().rev().take(TAIL).map(String::from));
        tail.make_contiguous().reverse();
    }
    Err(format!("{name} ended with {status}:\n{}", Vec::from(tail).join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_shown_with_its_last_lines() {
        let mut heard = Vec::new();
        let script = "for i in $(seq 30); do echo line $i >&2; done; exit 3";
        let error =
            run_heard(Command::new("sh").args(["-c", script]), |line| heard.push(line.to_string())).unwrap_err();
        assert_eq!(heard.len(), 30);
        assert!(
            error.contains("line 30") && !error.contains("line 15\n") && error.contains("exit status: 3"),
            "{error}"
        );
        let quiet = run_heard(Command::new("sh").args(["-c", "echo told; exit 1"]), |_| {}).unwrap_err();
        assert!(quiet.contains("told"), "{quiet}");
        assert!(run_heard(&mut Command::new("/no/such/program"), |_| {}).unwrap_err().contains("/no/such/program"));
        assert_eq!(run_heard(&mut Command::new("true"), |_| {}), Ok(()));
    }
}
