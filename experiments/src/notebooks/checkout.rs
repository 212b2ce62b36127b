//! Where notebooks and their tools lie.

use crate::failure::Failure;
use autogo::data::{DATA_VARIABLE, folder_from_env};
use std::fmt::Display;
use std::path::PathBuf;

/// The folders of a checkout.
pub struct Checkout {
    /// Its `notebooks` folder.
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
        Ok(Checkout { notebooks: root.join("notebooks") })
    }

    /// The file of a notebook.
    pub fn notebook(&self, name: &str) -> PathBuf {
        self.notebooks.join(format!("{name}.ipynb"))
    }

    /// Whether there is such a notebook; those in a folder are named `FOLDER/NAME`.
    pub fn has(&self, name: &str) -> bool {
        !name.split('/').any(|part| part.is_empty() || part.starts_with('.')) && self.notebook(name).is_file()
    }

    /// Names of the notebooks that stand in no folder, sorted.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        let entries = std::fs::read_dir(&self.notebooks).map_err(|error| Failure::work(&self.notebooks, error))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".ipynb").map(String::from))
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        Ok(names)
    }
}

/// `$AUTOGO_DATA` as an absolute path, because kernels run in another folder.
pub fn checked_data() -> Result<Option<PathBuf>, Failure> {
    let Some(folder) = folder_from_env() else { return Ok(None) };
    let wrong = |reason: &dyn Display| {
        let folder = folder.display();
        let accepted = "a folder that holds nasbench/nb201.csv";
        Failure::Input(format!("{DATA_VARIABLE}={folder}: {reason}; accepted: {accepted}"))
    };
    if folder.is_dir() && !folder.join("nasbench/nb201.csv").is_file() {
        return Err(wrong(&"nasbench/nb201.csv is not in it"));
    }
    folder.canonicalize().map(Some).map_err(|error| wrong(&error))
}
