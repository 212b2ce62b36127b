//! This program in the places of `cargo` and `rustup`, as evcxr and rust-analyzer call them.

use crate::cells_crate;
use crate::compile;
use crate::prune::prune;
use crate::workplace::Workplace;
use anyhow::{Context, Result};
use std::io::Write;
use std::process::{Command, ExitStatus, Stdio, exit};

/// Does what the tool `name` was asked for.
pub fn run(name: &str) -> ! {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(workplace) = Workplace::of_this_process() else {
        eprintln!("{name}: this program stands in for {name} only for a kernel that started it");
        exit(2)
    };
    let outcome = match name {
        "rustup" => rustup(&workplace, &arguments),
        "record-rustc" => compile::record(&workplace, &arguments),
        "link-cell" => compile::link(&workplace, arguments),
        _ => cargo(&workplace, &arguments),
    };
    match outcome {
        Ok(code) => exit(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            exit(1)
        }
    }
}

fn rustup(workplace: &Workplace, arguments: &[String]) -> Result<i32> {
    if let [which, tool] = arguments
        && which == "which"
    {
        let path = if tool == "cargo" { workplace.stand_in("cargo") } else { workplace.tool(tool) };
        println!("{}", path.display());
        return Ok(0);
    }
    let mut command = Command::new("rustup");
    command.args(arguments);
    workplace.without_stand_ins(&mut command);
    Ok(code(command.status().context("rustup")?))
}

fn cargo(workplace: &Workplace, arguments: &[String]) -> Result<i32> {
    let verb = arguments.iter().find(|argument| !argument.starts_with('-')).map_or("", String::as_str);
    let is_of_cells = std::env::current_dir().is_ok_and(|folder| folder == workplace.folder());
    match verb {
        "build" if is_of_cells => compile::build(workplace, arguments),
        "check" if is_of_cells => compile::check(workplace),
        // It would remove what all kernels share.
        "clean" => Ok(0),
        "metadata" => metadata(workplace, arguments),
        _ => Ok(code(real_cargo(workplace, arguments).status()?)),
    }
}

fn metadata(workplace: &Workplace, arguments: &[String]) -> Result<i32> {
    restore_lock(workplace)?;
    let mut command = real_cargo(workplace, arguments);
    // Only rust-analyzer asks for one platform. For every platform, cargo would want the sources of crates that were never
    // needed here, and the kernel works without a network.
    let is_analysis = arguments.iter().any(|argument| argument == "--filter-platform");
    if !is_analysis && !arguments.iter().any(|argument| argument == "--no-deps") {
        command.args(["--filter-platform", &workplace.host()?]);
    }
    if !is_analysis || workplace.every_crate().exists() {
        return Ok(code(command.status()?));
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    // evcxr analyses a first cell of its own, without dependencies; its crates are read again when the user's are.
    let own = cells_crate::dependencies_in(workplace.folder()).unwrap_or_default();
    let is_users = own.is_empty() || !compile::dependencies(workplace)?.is_empty();
    let pruned = prune(&output.stdout, is_users).unwrap_or(output.stdout);
    std::io::stdout().write_all(&pruned)?;
    Ok(code(output.status))
}

/// The toolchain's own cargo.
pub fn real_cargo(workplace: &Workplace, arguments: &[String]) -> Command {
    let mut command = Command::new(workplace.tool("cargo"));
    command.args(arguments);
    workplace.without_stand_ins(&mut command);
    command
}

/// Puts the library's lock file beside the cells' manifest. evcxr first builds a cell without dependencies, for which cargo
/// takes everything out of the lock; what it resolves afterwards is whatever version was published or downloaded last.
fn restore_lock(workplace: &Workplace) -> Result<()> {
    let lock = workplace.folder().join("library.lock");
    if lock.is_file() {
        std::fs::copy(&lock, workplace.folder().join("Cargo.lock")).with_context(|| lock.display().to_string())?;
    }
    Ok(())
}

/// What a process that ended with `status` told its caller.
pub fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}
