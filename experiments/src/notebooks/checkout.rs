//! The folders of notebooks and their tools.

use crate::failure::Failure;
use autogo::data::{DATA_VARIABLE, folder_from_env};
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// The folders of a checkout.
pub struct Checkout {
    /// The folder of the checkout.
    pub root: PathBuf,
    /// The folder `notebooks`.
    pub notebooks: PathBuf,
}

impl Checkout {
    /// The checkout that the current folder lies in.
    pub fn find() -> Result<Self, Failure> {
        let here = std::env::current_dir().map_err(|error| Failure::Work(format!("current folder: {error}")))?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("notebooks/evcxr.toml").is_file())
            .ok_or_else(|| Failure::Input(format!("{}: not inside a checkout of this repository", here.display())))?;
        Ok(Checkout { root: root.into(), notebooks: root.join("notebooks") })
    }

    /// The file of a notebook.
    pub fn notebook(&self, name: &str) -> PathBuf {
        self.notebooks.join(format!("{name}.ipynb"))
    }

    /// Whether the checkout has the notebook `name`; a notebook in a folder is named `FOLDER/NAME`.
    pub fn has(&self, name: &str) -> bool {
        !name.split('/').any(|part| part.is_empty() || part.starts_with('.')) && self.notebook(name).is_file()
    }

    /// Names of the notebooks that stand in no folder, sorted.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        names_in(&self.notebooks)
    }

    /// Names of the exercises and their solutions, each with its folder.
    pub fn exercises(&self) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for folder in ["exercises", "exercises/solutions"] {
            names.extend(names_in(&self.notebooks.join(folder))?.into_iter().map(|name| format!("{folder}/{name}")));
        }
        Ok(names)
    }
}

/// Names of the notebooks of a folder, sorted.
fn names_in(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::work(folder, error))?;
    let mut names: Vec<String> = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| Failure::work(folder, error))?.file_name();
        let name = file.to_str().and_then(|file| file.strip_suffix(".ipynb"));
        names.extend(name.filter(|name| !name.starts_with('.')).map(String::from));
    }
    names.sort();
    Ok(names)
}

/// The folder that `$AUTOGO_DATA` names, as an absolute path, because kernels run in another folder; nothing where the
/// variable is not set. A path that is not there, a file, and a folder without `nasbench/nb201.csv` are refused.
pub fn checked_data() -> Result<Option<PathBuf>, Failure> {
    let Some(folder) = folder_from_env() else { return Ok(None) };
    let wrong = |reason: &dyn Display| {
        let folder = folder.display();
        let accepted = "a folder that holds nasbench/nb201.csv";
        Failure::Input(format!("{DATA_VARIABLE}={folder}: {reason}; accepted: {accepted}"))
    };
    let path = folder.canonicalize().map_err(|error| wrong(&error))?;
    if !path.join("nasbench/nb201.csv").is_file() {
        return Err(wrong(&"nasbench/nb201.csv is not in it"));
    }
    Ok(Some(path))
}
