//! How a cell is compiled.
//!
//! Cargo looks at every crate for each cell, although a cell changes one file, so most cells are handed to rustc directly.
//! By which line depends on what they link to:
//!
//! - nothing: the line is known;
//! - dynamic libraries in folders of this machine, such as `notebooks/kernel`: cargo builds the libraries, in their own
//!   workspaces and by their own locks, and says where they lie;
//! - other crates (`:dep`): cargo builds an empty cell with them; the line by which it calls rustc is recorded for the next ones.

use crate::cells_crate;
use crate::display;
use crate::frame::{self, Frame};
use crate::rewrite;
use crate::stand_in::{code, real_cargo};
use crate::workplace::Workplace;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use toml::Table;

/// What evcxr calls the crate of a cell, and the library that comes of it.
const CELL: &str = "ctx";
const CELL_LIBRARY: &str = "libctx.so";
/// The file in which evcxr wants the path of a compiled cell.
const LIBRARY_PATH_FILE: &str = "EVCXR_EXECUTION_SO_PATH";

/// The line that compiles cells, and what they depend on.
#[derive(Serialize, Deserialize)]
struct Line {
    dependencies: Table,
    rustc: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

/// What the manifest of the cells says: their dependencies, and the optimisation level that `:opt` set.
fn manifest(workplace: &Workplace) -> Result<(Table, String)> {
    let path = workplace.folder().join("Cargo.toml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let manifest: Table = toml::from_str(&text).with_context(|| path.display().to_string())?;
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let level = manifest.get("profile").and_then(|profiles| profiles.get("dev")?.get("opt-level"));
    Ok((dependencies, level.map_or("0".into(), ToString::to_string).replace('"', "")))
}

/// The dependencies of the cell that is compiled now.
pub fn dependencies(workplace: &Workplace) -> Result<Table> {
    Ok(manifest(workplace)?.0)
}

/// Builds the libraries that cells will link to, before the first cell asks for them.
pub fn build_early(workplace: &Workplace) -> Result<()> {
    let dependencies = cells_crate::dependencies_in(workplace.folder())?;
    if !dependencies.is_empty() && dependencies.iter().all(|(name, dependency)| is_library(name, dependency)) {
        let told = |line: &str| announce(workplace, line);
        build_libraries(workplace, &dependencies, told)?.map_err(|code| anyhow::anyhow!("cargo ended with {code}"))?;
    }
    Ok(())
}

/// Compiles the cell, and what it links to if that is new. Returns an exit code.
pub fn build(workplace: &Workplace, arguments: &[String]) -> Result<i32> {
    let source = workplace.folder().join("src/lib.rs");
    let text = std::fs::read_to_string(&source).with_context(|| source.display().to_string())?;
    let text = rewrite::with_places(&text);
    std::fs::create_dir_all(workplace.cells())?;
    let (dependencies, level) = manifest(workplace)?;
    let known = known_line(workplace, &dependencies);
    let line = match known {
        Some(line) => Ok(line),
        None => build_dependencies(workplace, arguments, &dependencies)?,
    };
    let line = match line {
        Ok(line) => line,
        Err(code) => return Ok(code),
    };
    let status = compile(workplace, &text, || rustc(workplace, &line, &level, "link"))?;
    if status.success()
        && let Some(file) = std::env::var_os(LIBRARY_PATH_FILE)
    {
        std::fs::write(file, workplace.cells().join(CELL_LIBRARY).display().to_string())?;
    }
    Ok(code(status))
}

/// Compiles a cell's source. Its last expression is printed only if its value has no display method: see [`display`].
fn compile(workplace: &Workplace, text: &str, rustc: impl Fn() -> Command) -> Result<ExitStatus> {
    let attempt = |text: &str| {
        std::fs::write(workplace.folder().join("src/lib.rs"), text)?;
        let mut lines = Vec::new();
        let status = run_watched(workplace, rustc(), |line| lines.push(line.to_owned()))?;
        anyhow::Ok((status, display::read(text, lines)))
    };
    let known = std::fs::read_to_string(workplace.without_display()).unwrap_or_default();
    if let Some(displayed) = display::displayed(text)
        && !display::is_printed_for(text, &known)
    {
        let (status, said) = attempt(&displayed)?;
        if status.success() || !said.lacks_display_alone {
            said.lines.iter().for_each(|line| pass_on(&display::in_expression(line, text)));
            return Ok(status);
        }
    }
    let (status, said) = attempt(text)?;
    // Every cell is displayed before it is printed, so this is never that of an earlier cell.
    std::fs::write(workplace.without_display(), if said.lacks_display_alone { text } else { "" })?;
    said.lines.iter().for_each(|line| pass_on(line));
    Ok(status)
}

/// Looks for errors in the cell. Returns an exit code.
pub fn check(workplace: &Workplace) -> Result<i32> {
    std::fs::create_dir_all(workplace.cells())?;
    let (dependencies, level) = manifest(workplace)?;
    // Before anything was built nothing can be checked; evcxr then shows its own message.
    let Some(line) = known_line(workplace, &dependencies) else { return Ok(0) };
    Ok(code(run_watched(workplace, rustc(workplace, &line, &level, "metadata"), pass_on)?))
}

/// The line for these dependencies, if nothing has to be built for it.
fn known_line(workplace: &Workplace, dependencies: &Table) -> Option<Line> {
    if dependencies.is_empty() {
        return Some(plain_line(workplace, dependencies));
    }
    let line: Line = serde_json::from_slice(&std::fs::read(workplace.line()).ok()?).ok()?;
    (line.dependencies == *dependencies).then_some(line)
}

fn plain_line(workplace: &Workplace, dependencies: &Table) -> Line {
    let arguments = "--crate-name ctx --edition=2024 src/lib.rs --error-format=json \
                     --json=diagnostic-rendered-ansi,artifacts,future-incompat --crate-type cdylib \
                     -C prefer-dynamic -C rpath -C codegen-units=16 -C debug-assertions=on -C overflow-checks=on";
    Line {
        dependencies: dependencies.clone(),
        rustc: workplace.tool("rustc"),
        arguments: arguments.split_whitespace().map(String::from).collect(),
        environment: Vec::new(),
    }
}

fn keep(workplace: &Workplace, line: Line) -> Result<Line> {
    // Whole or not at all: another process may read it now.
    let draft = workplace.line().with_extension(std::process::id().to_string());
    std::fs::write(&draft, serde_json::to_vec(&line)?)?;
    std::fs::rename(draft, workplace.line())?;
    Ok(line)
}

/// rustc for a cell, but for what is the kernel's own: where its output goes, and how much it optimises.
fn rustc(workplace: &Workplace, line: &Line, level: &str, emit: &str) -> Command {
    let mut command = Command::new(&line.rustc);
    let is_ours = |option: &str| {
        ["incremental=", "opt-level=", "strip=", "debuginfo="].iter().any(|start| option.starts_with(start))
    };
    let mut arguments = line.arguments.iter().peekable();
    while let Some(argument) = arguments.next() {
        let next = arguments.peek().map_or("", |next| next.as_str());
        if argument == "--out-dir" || (argument == "-C" && is_ours(next)) {
            arguments.next();
        } else if !argument.starts_with("--emit=") && !argument.strip_prefix("-C").is_some_and(is_ours) {
            command.arg(argument);
        }
    }
    command
        .arg(format!("--emit={emit}"))
        .arg("--out-dir")
        .arg(workplace.cells())
        .args(["-C".into(), format!("opt-level={level}")])
        // Lines alone, so that a panic inside the library can say which line of the cell led there.
        .args(["-C", "debuginfo=line-tables-only"])
        .args(["-C".into(), format!("incremental={}", workplace.folder().join("incremental").display())])
        .envs(line.environment.iter().map(|(name, value)| (name, value)));
    workplace.without_stand_ins(&mut command);
    // For the stand-in that links.
    workplace.name_to(&mut command);
    command
}

/// A dependency's folder, and the name of its package.
fn folder_of<'a>(name: &'a str, dependency: &'a toml::Value) -> Option<(&'a Path, &'a str)> {
    let path = dependency.get("path")?.as_str()?;
    Some((Path::new(path), dependency.get("package").and_then(toml::Value::as_str).unwrap_or(name)))
}

/// Whether a dependency is a dynamic library in a folder of this machine.
fn is_library(name: &str, dependency: &toml::Value) -> bool {
    let manifest = folder_of(name, dependency).map(|(folder, _)| folder.join("Cargo.toml"));
    let manifest = manifest.and_then(|path| std::fs::read_to_string(path).ok());
    let manifest: Option<Table> = manifest.and_then(|text| toml::from_str(&text).ok());
    let types = manifest.as_ref().and_then(|manifest| manifest.get("lib")?.get("crate-type")?.as_array());
    types.is_some_and(|types| types.iter().any(|kind| kind.as_str() == Some("dylib")))
}

/// The shared folder of compiled crates.
fn target_folder(workplace: &Workplace) -> Result<PathBuf> {
    Ok(workplace.folder().ancestors().nth(2).context("a kernel's folder has two above it")?.join("target"))
}

/// Makes `command`, a cargo, compile for cells: into the shared folder, with the flags that evcxr gives.
fn for_cells(workplace: &Workplace, command: &mut Command) -> Result<()> {
    let target = target_folder(workplace)?;
    command
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_BUILD_BUILD_DIR", &target)
        .env("RUSTFLAGS", "-Cprefer-dynamic")
        .env("CARGO_BUILD_TARGET", workplace.host()?)
        .env_remove(LIBRARY_PATH_FILE);
    Ok(())
}

/// Builds the libraries that cells link to, each in its own workspace, so that nothing that the workspace has compiled
/// already is compiled again; returns the line that links to them, or cargo's exit code.
fn build_libraries(workplace: &Workplace, dependencies: &Table, hear: impl Fn(&str)) -> Result<Result<Line, i32>> {
    let mut line = plain_line(workplace, dependencies);
    let mut libraries = Vec::new();
    for (name, dependency) in dependencies {
        let (folder, package) = folder_of(name, dependency).context("a dependency without a folder")?;
        let mut command = real_cargo(workplace, &["build".into(), "--message-format=json-render-diagnostics".into()]);
        command.args(["--package", package]).current_dir(folder).stdout(Stdio::piped());
        for_cells(workplace, &mut command)?;
        // The kernel works without a network, and with the versions of the lock.
        command.env("CARGO_NET_OFFLINE", "true");
        let mut artifacts = Vec::new();
        let status = run_heard(workplace, command, &hear, &mut artifacts)?;
        if !status.success() {
            return Ok(Err(code(status)));
        }
        let library = library_in(&artifacts, &folder.join("Cargo.toml"))
            .with_context(|| format!("cargo built no dynamic library of {package}"))?;
        line.arguments.extend(["--extern".into(), format!("{}={}", name.replace('-', "_"), library.display())]);
        libraries.push(library);
    }
    let folders: std::collections::BTreeSet<&Path> = libraries.iter().filter_map(|library| library.parent()).collect();
    for folder in folders {
        line.arguments.extend(["-L".into(), format!("dependency={}", folder.display())]);
    }
    let host = target_folder(workplace)?.join("debug/deps");
    line.arguments.extend(["-L".into(), format!("dependency={}", host.display())]);
    line.arguments.extend(["-C".into(), format!("linker={}", workplace.stand_in("link-cell").display())]);
    write_libraries(workplace, &libraries)?;
    keep(workplace, line).map(Ok)
}

/// As rustc's linker for cells: leaves out the libraries that the process which runs cells has loaded for all of them already.
/// A linker would read their several hundred thousand symbols for every cell. Returns an exit code.
pub fn link(workplace: &Workplace, arguments: Vec<String>) -> Result<i32> {
    let libraries = std::fs::read_to_string(workplace.libraries())?;
    let loaded: Vec<&std::ffi::OsStr> = libraries.lines().filter_map(|path| Path::new(path).file_name()).collect();
    let is_loaded = |argument: &String| Path::new(argument).file_name().is_some_and(|name| loaded.contains(&name));
    let mut command = Command::new("cc");
    command.args(arguments.into_iter().filter(|argument| !is_loaded(argument)));
    workplace.without_stand_ins(&mut command);
    Ok(code(command.status().context("cc, the C compiler by which Rust links")?))
}

/// The dynamic library of the package with this manifest, by what cargo said; beside the crates it was linked from.
fn library_in(messages: &[u8], manifest: &Path) -> Option<PathBuf> {
    let messages = messages.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let mut own = messages.filter(|message| {
        message["reason"] == "compiler-artifact" && message["manifest_path"].as_str().map(Path::new) == Some(manifest)
    });
    let files = own.find_map(|message| {
        let files = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
        files.map(PathBuf::from).find(|file| file.extension().is_some_and(|kind| kind == "so"))
    });
    let file = files?;
    let beside = file.parent()?.join("deps").join(file.file_name()?);
    Some(if beside.is_file() { beside } else { file })
}

fn write_libraries(workplace: &Workplace, libraries: &[PathBuf]) -> Result<()> {
    let list: Vec<String> = libraries.iter().map(|library| library.display().to_string()).collect();
    Ok(std::fs::write(workplace.libraries(), list.join("\n"))?)
}

/// Builds what cells link to, libraries and other crates apart, and returns the line that links to both; or cargo's exit code.
fn build_dependencies(workplace: &Workplace, arguments: &[String], dependencies: &Table) -> Result<Result<Line, i32>> {
    let hear = |line: &str| {
        announce(workplace, line);
        pass_on(line);
    };
    let (libraries, others): (Table, Table) =
        dependencies.clone().into_iter().partition(|(name, dependency)| is_library(name, dependency));
    let libraries = match build_libraries(workplace, &libraries, hear)? {
        Ok(line) if others.is_empty() => return Ok(Ok(line)),
        Ok(line) => line,
        Err(code) => return Ok(Err(code)),
    };
    let others = match build_with_cargo(workplace, arguments, &others, hear)? {
        Ok(line) => line,
        Err(code) => return Ok(Err(code)),
    };
    // The other crates' line, and what the libraries' line has beyond the plain one.
    let plain = plain_line(workplace, dependencies).arguments.len();
    let mut line = Line { dependencies: dependencies.clone(), ..others };
    line.arguments.extend_from_slice(&libraries.arguments[plain..]);
    keep(workplace, line).map(Ok)
}

/// Lets cargo build an empty cell with these crates, by the library's lock, and returns the line it used; or cargo's exit code.
fn build_with_cargo(
    workplace: &Workplace,
    arguments: &[String],
    crates: &Table,
    hear: impl Fn(&str),
) -> Result<Result<Line, i32>> {
    let folder = workplace.folder().join("others");
    let source = folder.join("src/lib.rs");
    std::fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"{CELL}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\n{}",
        toml::to_string(crates)?
    );
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    std::fs::write(&source, "")?;
    let lock = workplace.folder().join("library.lock");
    if lock.is_file() {
        std::fs::copy(&lock, folder.join("Cargo.lock")).with_context(|| lock.display().to_string())?;
    }
    for _ in 0..2 {
        // Gone already at the first build.
        let _ = std::fs::remove_file(workplace.line());
        let mut command = real_cargo(workplace, arguments);
        for_cells(workplace, command.current_dir(&folder))?;
        command.env("RUSTC_WRAPPER", workplace.stand_in("record-rustc"));
        workplace.name_to(&mut command);
        let status = run_watched(workplace, command, &hear)?;
        if !status.success() {
            return Ok(Err(code(status)));
        }
        if let Ok(text) = std::fs::read(workplace.line()) {
            return Ok(Ok(serde_json::from_slice(&text)?));
        }
        // Another kernel's cell of the same text is newer, so cargo had nothing to do.
        std::fs::File::options().write(true).open(&source)?.set_modified(std::time::SystemTime::now())?;
    }
    anyhow::bail!("cargo did not compile the cell")
}

/// As cargo's rustc wrapper: notes the line that compiles a cell. Returns an exit code.
pub fn record(workplace: &Workplace, arguments: &[String]) -> Result<i32> {
    let (rustc, arguments) = arguments.split_first().context("rustc's path is missing")?;
    if arguments.windows(2).any(|pair| pair[0] == "--crate-name" && pair[1] == CELL) {
        let is_wanted = |name: &str| (name.starts_with("CARGO") && name != "CARGO_HOME") || name == "LD_LIBRARY_PATH";
        let line = Line {
            dependencies: Table::new(),
            rustc: rustc.into(),
            arguments: arguments.to_vec(),
            environment: std::env::vars().filter(|(name, _)| is_wanted(name)).collect(),
        };
        std::fs::write(workplace.line(), serde_json::to_vec(&line)?)?;
    }
    let mut command = Command::new(rustc);
    workplace.without_stand_ins(command.args(arguments));
    Ok(code(command.status().with_context(|| rustc.clone())?))
}

/// Passes on what a compiler says to evcxr, which reads this process's standard error.
fn pass_on(line: &str) {
    eprintln!("{line}");
}

/// Runs a command in a process group of its own, which an interrupt can end; `hear` gets what it says.
fn run_watched(workplace: &Workplace, command: Command, hear: impl FnMut(&str)) -> Result<ExitStatus> {
    run_heard(workplace, command, hear, &mut Vec::new())
}

/// The same, with what the command writes on a piped standard output.
fn run_heard(
    workplace: &Workplace,
    mut command: Command,
    mut hear: impl FnMut(&str),
    output: &mut Vec<u8>,
) -> Result<ExitStatus> {
    let mut process = command.process_group(0).stderr(Stdio::piped()).spawn().context("the Rust toolchain")?;
    std::fs::write(workplace.compiling(), process.id().to_string())?;
    let stdout = process.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.map(|mut stdout| stdout.read_to_end(&mut bytes)).transpose().map(|_| bytes)
    });
    if let Some(said) = process.stderr.take() {
        for line in BufReader::new(said).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            hear(&line);
        }
    }
    let status = process.wait();
    // An interrupt that finds no file has come too late.
    let _ = std::fs::remove_file(workplace.compiling());
    output.extend(reader.join().map_err(|_| anyhow::anyhow!("a reader panicked"))??);
    Ok(status?)
}

/// Tells the notebook that a crate is being compiled: the first time that takes minutes.
fn announce(workplace: &Workplace, line: &str) {
    let Some(name) = line.trim().strip_prefix("Compiling ").filter(|name| !name.starts_with("ctx ")) else { return };
    let name = name.split(" (").next().unwrap_or(name);
    if let Ok(kernel) = UnixStream::connect(workplace.socket()) {
        // Nobody reads it: nothing is lost but a remark.
        let _ = frame::write(kernel, &Frame::Stream { stdout: false, text: format!("compiling {name}\n") });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_the_one_of_its_manifest() {
        let message = |manifest: &str, file: &str| serde_json::json!({"reason": "compiler-artifact", "manifest_path": manifest, "filenames": [file, "x.rlib"]});
        let said =
            format!("{}\nnoise\n{}\n", message("/a/Cargo.toml", "/t/liba.so"), message("/b/Cargo.toml", "/t/libb.so"));
        assert_eq!(library_in(said.as_bytes(), Path::new("/b/Cargo.toml")), Some("/t/libb.so".into()));
        assert_eq!(library_in(said.as_bytes(), Path::new("/c/Cargo.toml")), None);
    }

    #[test]
    fn only_dynamic_libraries_in_folders_are_libraries() {
        let is_library = |text: &str| {
            let table = toml::from_str::<Table>(text).expect("TOML");
            table.iter().all(|(name, dependency)| super::is_library(name, dependency))
        };
        assert!(!is_library("serde = '1'"));
        let here = env!("CARGO_MANIFEST_DIR");
        assert!(!is_library(&format!("a = {{ path = '{here}' }}")));
        assert!(is_library(&format!("a = {{ path = '{here}/../kernel' }}")));
    }
}
