//! Tells Jupyter of this kernel.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Writes a kernel description called `name` for the crate in the folder `library`, and returns its folder. Jupyter finds
/// it in `prefix`, a virtual environment for example, or in the user's own folder.
pub fn install(name: &str, library: Option<&Path>, prefix: Option<&Path>) -> Result<PathBuf> {
    let is_good =
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    ensure!(is_good, "kernel name `{name}`; accepted: letters, digits, `-`, `_` and `.`");
    let folder = match prefix {
        Some(prefix) => prefix.join("share/jupyter"),
        None => user_folder()?,
    };
    let folder = folder.join("kernels").join(name);
    let program = std::env::current_exe().context("this program's own path")?;
    let mut arguments = vec![program.display().to_string(), "--control_file".into(), "{connection_file}".into()];
    let mut title = "Rust".to_string();
    if let Some(library) = library {
        let library = library.canonicalize().with_context(|| library.display().to_string())?;
        // Says now what would otherwise be found out in a notebook.
        crate::cells_crate::CellsCrate::around(&library)?;
        title = format!("Rust ({name})");
        arguments.extend(["--crate".into(), library.display().to_string()]);
    }
    let description =
        json!({"argv": arguments, "display_name": title, "language": "rust", "interrupt_mode": "message"});
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    std::fs::write(folder.join("kernel.json"), serde_json::to_string_pretty(&description)?)
        .with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// Where Jupyter looks for what a user installed.
fn user_folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("JUPYTER_DATA_DIR").filter(|folder| !folder.is_empty()) {
        return Ok(folder.into());
    }
    let home = std::env::home_dir().context("HOME is not set")?;
    if cfg!(target_os = "macos") {
        return Ok(home.join("Library/Jupyter"));
    }
    let data = std::env::var_os("XDG_DATA_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    Ok(data.unwrap_or_else(|| home.join(".local/share")).join("jupyter"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_descriptions_written() {
        let prefix = std::env::temp_dir().join(format!("autogo-install-{}", std::process::id()));
        assert!(install("a b", None, Some(&prefix)).is_err() && install("../x", None, Some(&prefix)).is_err());
        let folder = install("mine", None, Some(&prefix)).expect("a good name");
        let text = std::fs::read_to_string(folder.join("kernel.json")).expect("written");
        let description: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(description["argv"][1], "--control_file");
        assert_eq!(description["interrupt_mode"], "message");
        let error = install("mine", Some(&prefix), Some(&prefix)).expect_err("no crate there").to_string();
        assert!(error.contains("accepted: the folder of a crate"), "{error}");
        std::fs::remove_dir_all(&prefix).expect("the folder of this test");
    }
}
