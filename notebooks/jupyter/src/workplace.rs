//! The folder in which one kernel compiles its cells.
//!
//! Every kernel has a folder of its own, `BUILDS/kernels/PID`, so that two open notebooks do not write into each other's
//! cells; the crates that cells link to are compiled once, into `BUILDS/target`.

use crate::cells_crate::CellsCrate;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the folder of this kernel to every process that the kernel starts.
const FOLDER: &str = "AUTOGO_KERNEL_FOLDER";
/// The caller's own search path and cargo home, for cells and for the real cargo.
const OWN_PATH: &str = "AUTOGO_KERNEL_OWN_PATH";
const OWN_CARGO_HOME: &str = "AUTOGO_KERNEL_OWN_CARGO_HOME";
/// The folder of the Rust toolchain.
const SYSROOT: &str = "AUTOGO_KERNEL_SYSROOT";

/// The names under which this program stands in for a tool.
pub const STAND_INS: [&str; 4] = ["cargo", "rustup", "record-rustc", "link-cell"];

/// One kernel's folder and what belongs to it.
#[derive(Clone, Debug)]
pub struct Workplace {
    folder: PathBuf,
    sysroot: PathBuf,
    path: OsString,
    cargo_home: PathBuf,
}

impl Workplace {
    /// Makes a folder for this process, and removes those of kernels that are gone.
    pub fn create(cells: &CellsCrate) -> Result<Self> {
        let kernels = cells.builds.join("kernels");
        std::fs::create_dir_all(&kernels).with_context(|| kernels.display().to_string())?;
        sweep(&kernels);
        let folder = kernels.join(std::process::id().to_string());
        // What is there belonged to a process of the same number.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::DirBuilder::new().mode(0o700).create(&folder).with_context(|| folder.display().to_string())?;
        let folder = folder.canonicalize()?;
        std::fs::create_dir_all(folder.join("bin"))?;
        let program = std::env::current_exe().context("this program's own path")?;
        for name in STAND_INS {
            symlink(&program, folder.join("bin").join(name))?;
        }
        cells.write_to(&folder)?;
        let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().context(NO_RUST)?;
        anyhow::ensure!(sysroot.status.success(), NO_RUST);
        let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = || std::env::home_dir().map(|home| home.join(".cargo"));
        Ok(Workplace {
            folder,
            sysroot: String::from_utf8(sysroot.stdout)?.trim().into(),
            path: std::env::var_os("PATH").unwrap_or_default(),
            cargo_home: cargo_home.or_else(home).context("neither CARGO_HOME nor HOME is set")?,
        })
    }

    /// The workplace of the kernel that started this process; `None` outside a kernel.
    pub fn of_this_process() -> Option<Self> {
        let variable = |name: &str| std::env::var_os(name);
        Some(Workplace {
            folder: variable(FOLDER)?.into(),
            sysroot: variable(SYSROOT)?.into(),
            path: variable(OWN_PATH)?,
            cargo_home: variable(OWN_CARGO_HOME)?.into(),
        })
    }

    /// Makes `command` see this program in the places of cargo and rustup. evcxr asks `rustup which cargo`; rust-analyzer
    /// looks for `$CARGO_HOME/bin/cargo`.
    pub fn with_stand_ins(&self, command: &mut Command) -> Result<()> {
        let mut folders = vec![self.folder.join("bin")];
        folders.extend(std::env::split_paths(&self.path));
        command.env("PATH", std::env::join_paths(folders)?).env("CARGO_HOME", &self.folder);
        self.name_to(command);
        Ok(())
    }

    /// Lets `command` know the workplace, but not see its stand-ins.
    pub fn name_to(&self, command: &mut Command) {
        command
            .env(FOLDER, &self.folder)
            .env(SYSROOT, &self.sysroot)
            .env(OWN_PATH, &self.path)
            .env(OWN_CARGO_HOME, &self.cargo_home);
    }

    /// Makes `command` see the tools that the user has.
    pub fn without_stand_ins(&self, command: &mut Command) {
        command.env("PATH", &self.path).env("CARGO_HOME", &self.cargo_home);
        for name in [FOLDER, SYSROOT, OWN_PATH, OWN_CARGO_HOME] {
            command.env_remove(name);
        }
    }

    /// The crate of the cells.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A tool of the toolchain itself, past rustup.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.folder_of_tools().join(name)
    }

    fn folder_of_tools(&self) -> PathBuf {
        self.sysroot.join("bin")
    }

    /// The stand-in for `name`.
    pub fn stand_in(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Where compiled cells lie.
    pub fn cells(&self) -> PathBuf {
        self.folder.join("cells")
    }

    /// The line that compiles a cell.
    pub fn line(&self) -> PathBuf {
        self.folder.join("rustc.json")
    }

    /// The toolchain's own platform, such as `x86_64-unknown-linux-gnu`.
    pub fn host(&self) -> Result<String> {
        let said = Command::new(self.tool("rustc")).arg("-vV").output().context(NO_RUST)?;
        let said = String::from_utf8(said.stdout)?;
        let host = said.lines().find_map(|line| line.strip_prefix("host: "));
        Ok(host.context("rustc does not say its platform")?.into())
    }

    /// The last source whose expression has a value without a display method.
    pub fn without_display(&self) -> PathBuf {
        self.folder.join("without-display")
    }

    /// The libraries that cells link to, a path each line.
    pub fn libraries(&self) -> PathBuf {
        self.folder.join("libraries")
    }

    /// The process group that compiles at the moment.
    pub fn compiling(&self) -> PathBuf {
        self.folder.join("compiling")
    }

    /// Exists once rust-analyzer is to be shown every crate.
    pub fn every_crate(&self) -> PathBuf {
        self.folder.join("every-crate")
    }

    /// Where the process that runs cells sends its frames. In the system's folder for temporary files: the path of a socket
    /// may have a hundred bytes at most.
    pub fn socket(&self) -> PathBuf {
        let number = self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        std::env::temp_dir().join(format!("autogo-kernel-{number}")).join("frames")
    }

    /// Removes the folder.
    pub fn remove(&self) {
        // Both are swept by the next kernel if they cannot be removed now.
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Some(folder) = self.socket().parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

const NO_RUST: &str = "rustc does not run; Rust 1.95 or newer must be on the path (https://rustup.rs)";

/// Removes the folders of kernels whose processes are gone.
fn sweep(kernels: &Path) {
    let Ok(entries) = std::fs::read_dir(kernels) else { return };
    for entry in entries.flatten() {
        let number =
            entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(rustix::process::Pid::from_raw);
        let Some(process) = number else { continue };
        if rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_dead_kernels_are_swept() {
        let kernels = std::env::temp_dir().join(format!("autogo-sweep-{}", std::process::id()));
        // No process has this number: the largest possible one is smaller.
        for name in ["99999999", &std::process::id().to_string(), "notes"] {
            std::fs::create_dir_all(kernels.join(name)).expect("a folder for this test");
        }
        sweep(&kernels);
        assert!(!kernels.join("99999999").exists());
        assert!(kernels.join(std::process::id().to_string()).exists() && kernels.join("notes").exists());
        std::fs::remove_dir_all(&kernels).expect("the folder of this test");
    }
}
