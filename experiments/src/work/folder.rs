//! The work folder: manifest, items, and where everything lies.

use super::record;
use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name and the version of work folders.
const FORMAT: &str = "autogo work 1";
/// Attempts that an item gets.
const ATTEMPTS: usize = 2;
/// Leases that die before an item counts as one that kills its workers.
pub(super) const MOST_LEASES: usize = 3;

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// A hash of the manifest's id and the text.
    pub id: String,
    /// One line, which the folder's job reads.
    pub text: String,
}

/// A folder of work.
#[derive(Clone, Debug)]
pub struct WorkFolder {
    path: PathBuf,
    manifest: String,
    manifest_id: String,
    items: Vec<Item>,
    expiry: Duration,
}

/// The first 16 digits of a hash.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What stands before the first empty line of `work.toml`. The manifest's own text follows, which is the job's to read.
#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    manifest: String,
    expiry_seconds: f64,
}

impl WorkFolder {
    /// Makes a folder, or adds items to one with the same manifest. Items that are there already keep their places.
    ///
    /// `manifest` is the text of a TOML table `[job]`. Leases are dead after `expiry` without a change.
    pub fn plan(path: &Path, manifest: &str, items: &[String], expiry: Duration) -> Result<WorkFolder, Failure> {
        let failed = |path: &Path, error: io::Error| Failure::work(path, error);
        let manifest_id = digest(&[manifest]);
        let mut folder = match WorkFolder::open(path) {
            Ok(there) if there.manifest_id == manifest_id => there,
            Ok(there) => return Err(Failure::input(path, there.differs(manifest))),
            Err(failure) if path.join("work.toml").exists() => return Err(failure),
            Err(_) => {
                WorkFolder { path: path.into(), manifest: manifest.into(), manifest_id, items: Vec::new(), expiry }
            }
        };
        for name in ["leases", "results", "failures"] {
            let path = path.join(name);
            fs::create_dir_all(&path).map_err(|error| failed(&path, error))?;
        }
        let mut known: HashSet<String> = folder.items.iter().map(|item| item.id.clone()).collect();
        for text in items {
            let item = folder.item(text);
            if known.insert(item.id.clone()) {
                folder.items.push(item);
            }
        }
        let lines: String = folder.items.iter().map(|item| format!("{}\n", item.text)).collect();
        autogo::files::write(&path.join("items.jsonl"), lines.as_bytes())?;
        let head = Head {
            format: FORMAT.into(),
            manifest: folder.manifest_id.clone(),
            expiry_seconds: folder.expiry.as_secs_f64(),
        };
        let file = path.join("work.toml");
        let head = toml::to_string(&head).map_err(|error| Failure::work(&file, error))?;
        autogo::files::write(&file, format!("{head}\n{manifest}").as_bytes())?;
        Ok(folder)
    }

    /// As [`WorkFolder::plan`], but with these items alone: others that were planned before are wanted no more. Their
    /// results stay, and count again when they are planned again.
    pub fn plan_only(path: &Path, manifest: &str, items: &[String], expiry: Duration) -> Result<WorkFolder, Failure> {
        WorkFolder::plan(path, manifest, &[], expiry)?;
        autogo::files::write(&path.join("items.jsonl"), b"")?;
        WorkFolder::plan(path, manifest, items, expiry)
    }

    /// Opens a folder that was planned.
    pub fn open(path: &Path) -> Result<WorkFolder, Failure> {
        let file = path.join("work.toml");
        let text = fs::read_to_string(&file).map_err(|error| {
            Failure::Input(format!(
                "{}: is no folder of work ({error}); accepted: one of `autogo label plan`",
                path.display()
            ))
        })?;
        let wrong = |reason: &str| Failure::input(&file, reason);
        let (head, manifest) = text.split_once("\n\n").unwrap_or((&text, ""));
        let head: Head = toml::from_str(head).map_err(|error| wrong(error.message()))?;
        if head.format != FORMAT {
            return Err(wrong(&format!("is of another version; accepted: {FORMAT}")));
        }
        let manifest_id = digest(&[manifest]);
        if head.manifest != manifest_id {
            return Err(wrong("was changed after it was planned; accepted: a new folder for a new job"));
        }
        let expiry = Duration::try_from_secs_f64(head.expiry_seconds).ok().filter(|expiry| !expiry.is_zero());
        let expiry = expiry.ok_or_else(|| wrong("has no time for `expiry_seconds`; accepted: seconds above 0"))?;
        let manifest = manifest.to_string();
        let mut folder = WorkFolder { path: path.into(), manifest, manifest_id, items: Vec::new(), expiry };
        let list = path.join("items.jsonl");
        let lines = fs::read_to_string(&list).map_err(|error| Failure::input(&list, error))?;
        folder.items = lines.lines().map(|line| folder.item(line)).collect();
        Ok(folder)
    }

    /// The error about another manifest, with the first line that differs.
    fn differs(&self, manifest: &str) -> String {
        let mut lines = self.manifest.lines().zip(manifest.lines());
        let (own, other) = lines.find(|(own, other)| own != other).unwrap_or(("shorter", "longer"));
        format!("holds other work: `{own}` where `{other}` is wanted; accepted: another folder")
    }

    fn item(&self, text: &str) -> Item {
        Item { id: digest(&[&self.manifest_id, text]), text: text.into() }
    }

    /// The manifest, which all items share.
    pub fn manifest(&self) -> &str {
        &self.manifest
    }

    /// A hash of the manifest.
    pub fn manifest_id(&self) -> &str {
        &self.manifest_id
    }

    /// The items, in the order in which they are wanted.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The time for which a lease may stay unchanged.
    pub fn expiry(&self) -> Duration {
        self.expiry
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn lease(&self, id: &str, number: usize) -> PathBuf {
        self.path.join("leases").join(format!("{id}.{number}"))
    }

    fn result_path(&self, id: &str) -> PathBuf {
        self.path.join("results").join(format!("{id}.json"))
    }

    fn failure_path(&self, id: &str, number: usize) -> PathBuf {
        self.path.join("failures").join(format!("{id}.{number}"))
    }

    /// Whether an item has a result.
    pub fn is_done(&self, id: &str) -> bool {
        self.result_path(id).exists()
    }

    /// The result of an item, if there is one.
    pub fn result(&self, id: &str) -> Result<Option<String>, Failure> {
        let path = self.result_path(id);
        match fs::read_to_string(&path) {
            Ok(text) => {
                record::unsealed(&text).map(|line| Some(line.into())).map_err(|error| Failure::work(&path, error))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::work(&path, error)),
        }
    }

    /// Keeps the result of an item, one line.
    pub fn keep(&self, id: &str, line: &str) -> Result<(), Failure> {
        autogo::files::write(&self.result_path(id), record::sealed(line).as_bytes())
            .map_err(|error| Failure::Work(error.to_string()))
    }

    /// The reasons why the attempts at an item failed; an item that has as many reasons as attempts is not tried again.
    pub fn failures(&self, id: &str) -> Vec<String> {
        (1..=ATTEMPTS).map_while(|number| fs::read_to_string(self.failure_path(id, number)).ok()).collect()
    }

    /// Whether an item is not tried again.
    pub fn is_given_up(&self, id: &str) -> bool {
        self.failure_path(id, ATTEMPTS).exists()
    }

    /// Keeps the reason of a failed attempt.
    pub(super) fn fail(&self, id: &str, reason: &str) -> Result<(), Failure> {
        let number = (1..=ATTEMPTS).find(|&number| !self.failure_path(id, number).exists()).unwrap_or(ATTEMPTS);
        autogo::files::write(&self.failure_path(id, number), reason.as_bytes())
            .map_err(|error| Failure::Work(error.to_string()))
    }

    /// Keeps the reason why an item is not tried again at all.
    pub(super) fn give_up(&self, id: &str, reason: &str) -> Result<(), Failure> {
        while !self.is_given_up(id) {
            self.fail(id, reason)?;
        }
        Ok(())
    }

    /// Lets failed items be tried again.
    pub fn retry(&self) -> Result<usize, Failure> {
        let failed: Vec<&Item> = self.items.iter().filter(|item| self.failure_path(&item.id, 1).exists()).collect();
        for item in &failed {
            for path in (1..=ATTEMPTS).map(|number| self.failure_path(&item.id, number)).filter(|path| path.exists()) {
                fs::remove_file(&path).map_err(|error| Failure::work(&path, error))?;
            }
        }
        Ok(failed.len())
    }
}
