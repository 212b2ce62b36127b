//! Which library the cells of a notebook use.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What `evcxr.toml` is called; the notebooks' folder holds one.
const SETTINGS: &str = "evcxr.toml";

/// The crates that cells can name, and where they are built.
#[derive(Clone, Debug)]
pub struct CellsCrate {
    /// The folder for everything that is compiled.
    pub builds: PathBuf,
    /// Dependencies of every cell, with absolute paths.
    dependencies: Table,
    /// Code that runs before the first cell.
    prelude: String,
    /// The library's lock file: the versions that it was built and tested with.
    lock: Option<PathBuf>,
}

impl CellsCrate {
    /// What the nearest `evcxr.toml` says, in the folder of a notebook or above it; without one, cells have the standard
    /// library alone.
    pub fn of_notebooks(folder: &Path) -> Result<Self> {
        let folder = folder.canonicalize()?;
        let Some(notebooks) = folder.ancestors().find(|folder| folder.join(SETTINGS).is_file()) else {
            let builds = cache_folder()?.join("plain");
            return Ok(CellsCrate { builds, dependencies: Table::new(), prelude: String::new(), lock: None });
        };
        let file = notebooks.join(SETTINGS);
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let settings: Table = toml::from_str(&text).with_context(|| file.display().to_string())?;
        let own = settings.get("evcxr").and_then(Value::as_table).cloned().unwrap_or_default();
        let text_of = |name: &str| own.get(name).and_then(Value::as_str);
        let mut dependencies = settings.get("dependencies").and_then(Value::as_table).cloned().unwrap_or_default();
        let mut lock = None;
        for (name, dependency) in &mut dependencies {
            let Some(path) = dependency.get("path").and_then(Value::as_str) else { continue };
            let path = notebooks.join(path);
            let path =
                path.canonicalize().with_context(|| format!("{}: {name}: {}", file.display(), path.display()))?;
            lock = lock.or_else(|| lock_above(&path));
            if let Some(table) = dependency.as_table_mut() {
                table.insert("path".into(), Value::String(path.display().to_string()));
            }
        }
        let builds = text_of("tmpdir").map_or_else(|| notebooks.join(".evcxr"), |folder| notebooks.join(folder));
        Ok(CellsCrate { builds, dependencies, prelude: text_of("prelude").unwrap_or_default().into(), lock })
    }

    /// The crate in the folder `path`, whatever it is. Cells link to a dynamic library around it, so that its code is
    /// compiled once and its statics live as long as the kernel; the library also holds the kernel's hooks.
    pub fn around(path: &Path) -> Result<Self> {
        let path = path.canonicalize().with_context(|| format!("{}", path.display()))?;
        let manifest = path.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest)
            .with_context(|| format!("{}; accepted: the folder of a crate", manifest.display()))?;
        let manifest_table: Table = toml::from_str(&text).with_context(|| manifest.display().to_string())?;
        let Some(package) = manifest_table.get("package").and_then(|package| package.get("name")?.as_str()) else {
            bail!("{} has no [package] name; accepted: the folder of a library crate", manifest.display());
        };
        let library = manifest_table.get("lib").and_then(|library| library.get("name")?.as_str());
        let library = library.map_or_else(|| package.replace('-', "_"), String::from);
        let builds = cache_folder()?.join(format!("{package}-{:016x}", fingerprint(&path.display().to_string())));
        let wrapper = builds.join("library");
        std::fs::create_dir_all(wrapper.join("src")).with_context(|| wrapper.display().to_string())?;
        let mut wanted = Table::new();
        wanted.insert("package".into(), package.into());
        wanted.insert("path".into(), path.display().to_string().into());
        let inner = format!("[dependencies]\nwrapped = {}", inline(&wanted));
        write_if_changed(
            &wrapper.join("Cargo.toml"),
            &format!(
                "[package]\nname = \"cells-library\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
                 [lib]\ncrate-type = [\"dylib\"]\n\n\
                 [profile.dev]\nopt-level = 1\ndebug = false\nrpath = true\n\n{inner}\n"
            ),
        )?;
        write_if_changed(&wrapper.join("src/lib.rs"), "pub use wrapped::*;\npub mod hooks;\npub mod interrupt;\n")?;
        write_if_changed(&wrapper.join("src/interrupt.rs"), include_str!("../../../autogo/src/interrupt.rs"))?;
        write_if_changed(&wrapper.join("src/hooks.rs"), include_str!("../../kernel/src/hooks.rs"))?;
        let mut dependency = Table::new();
        dependency.insert("package".into(), "cells-library".into());
        dependency.insert("path".into(), wrapper.display().to_string().into());
        let dependencies = [(library, Value::Table(dependency))].into_iter().collect();
        Ok(CellsCrate { builds, dependencies, prelude: String::new(), lock: lock_above(&path) })
    }

    /// Writes what evcxr reads when it starts in `folder`.
    ///
    /// The prelude ends with a `?`: evcxr compiles the first cell that has one twice, and this one is the first.
    pub fn write_to(&self, folder: &Path) -> Result<()> {
        let mut evcxr = Table::new();
        evcxr.insert("tmpdir".into(), folder.display().to_string().into());
        evcxr.insert("preserve_vars_on_panic".into(), true.into());
        evcxr.insert("offline_mode".into(), true.into());
        evcxr.insert("opt_level".into(), "0".into());
        evcxr.insert("prelude".into(), format!("{}\nOk::<(), std::fmt::Error>(())?;", self.prelude).into());
        let mut settings = Table::new();
        settings.insert("evcxr".into(), evcxr.into());
        settings.insert("dependencies".into(), self.dependencies.clone().into());
        std::fs::write(folder.join(SETTINGS), toml::to_string(&settings)?)?;
        if let Some(lock) = &self.lock {
            std::fs::copy(lock, folder.join("library.lock")).with_context(|| lock.display().to_string())?;
        }
        Ok(())
    }
}

/// The dependencies of every cell, in the settings that lie in a kernel's folder.
pub fn dependencies_in(folder: &Path) -> Result<Table> {
    let settings: Table = toml::from_str(&std::fs::read_to_string(folder.join(SETTINGS))?)?;
    Ok(settings.get("dependencies").and_then(Value::as_table).cloned().unwrap_or_default())
}

/// A table on one line, as evcxr wants its dependencies and cargo takes them.
fn inline(table: &Table) -> String {
    let fields: Vec<String> = table.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("{{ {} }}", fields.join(", "))
}

/// The nearest lock file in `folder` or above it.
fn lock_above(folder: &Path) -> Option<PathBuf> {
    let mut locks = folder.ancestors().map(|folder| folder.join("Cargo.lock"));
    locks.find(|lock| lock.is_file() && lock.parent().is_some_and(|folder| folder.join("Cargo.toml").is_file()))
}

/// `$XDG_CACHE_HOME/autogo-kernel`, or what the system uses in its place.
fn cache_folder() -> Result<PathBuf> {
    let folder = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = folder.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    let folder = folder.context("neither XDG_CACHE_HOME nor HOME is set")?.join("autogo-kernel");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder.canonicalize()?)
}

/// FNV-1a: the same in every version of this program, unlike the standard library's.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Leaves a file alone that is right, so that cargo does not compile it again.
fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_become_absolute_and_the_prelude_has_a_question_mark() {
        let folder = std::env::temp_dir().join(format!("autogo-cells-crate-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("library")).expect("a folder for this test");
        std::fs::write(folder.join("Cargo.toml"), "[workspace]").expect("a file of this test");
        std::fs::write(folder.join("Cargo.lock"), "version = 4").expect("a file of this test");
        let settings =
            "[evcxr]\ntmpdir = 'b'\nprelude = 'use x::*;'\n[dependencies]\nx = { path = 'library' }\ny = '1'";
        std::fs::write(folder.join(SETTINGS), settings).expect("a file of this test");
        let cells = CellsCrate::of_notebooks(&folder).expect("good settings");
        cells.write_to(&folder).expect("a folder that can be written");
        let written: Table =
            toml::from_str(&std::fs::read_to_string(folder.join(SETTINGS)).expect("written")).expect("TOML");
        let folder = folder.canonicalize().expect("it exists");
        assert_eq!(written["dependencies"]["x"]["path"].as_str(), folder.join("library").to_str());
        assert_eq!(written["dependencies"]["y"].as_str(), Some("1"));
        assert!(
            written["evcxr"]["prelude"]
                .as_str()
                .is_some_and(|code| code.starts_with("use x::*;") && code.contains(")?;"))
        );
        assert!(folder.join("library.lock").is_file());
        assert!(CellsCrate::around(&folder).expect_err("a workspace alone").to_string().contains("[package]"));
        std::fs::remove_dir_all(&folder).expect("the folder of this test");
    }
}
