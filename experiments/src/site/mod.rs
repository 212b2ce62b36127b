//! The documentation as one static folder: the front page and whatever it links to, the notebooks as pages, the API with
//! its lessons and notes, the results.
//!
//! `pages` turns Markdown into pages and follows their links; `shell` is the frame of every page; `links` checks that
//! every link of the finished folder leads somewhere.

mod links;
mod markdown;
mod pages;
mod put;
mod shell;

use crate::failure::Failure;
use crate::notebooks::{Checkout, Tools, forget_cargo, page_of};
use autogo::files::read_parquet;
use autogo::report::Table;
use put::put;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file that says what a folder is; a folder without it is not replaced.
const MARK: &str = "autogo-docs.txt";
/// The packages whose documentation is the API.
const PACKAGES: [&str; 2] = ["autogo", "autogo-engine"];

/// The size of a finished site.
pub struct Site {
    /// The number of pages, those of the API left out.
    pub pages: usize,
    /// The number of links that were followed on these pages.
    pub links: usize,
}

/// Writes the documentation of a checkout to a folder. The folder is replaced as a whole, and only if it is empty or an
/// earlier documentation.
pub fn write_site(checkout: &Checkout, tools: &Tools, folder: &Path) -> Result<Site, Failure> {
    refuse_other_files(folder)?;
    let draft = draft_of(folder)?;
    let _ = std::fs::remove_dir_all(&draft);
    say!("documentation of the library (two to five minutes the first time)");
    copy_folder(&api(checkout)?, &draft.join("api"))?;
    say!("pages");
    pages::write_from(&checkout.root, Path::new("README.md"), &draft)?;
    write_results(checkout, &draft)?;
    say!("notebooks");
    write_notebooks(checkout, tools, &draft)?;
    put(&draft.join(MARK), b"Written by `cargo autogo docs`, which may replace this folder.\n")?;
    let site = links::check(&draft)?;
    let _ = std::fs::remove_dir_all(folder);
    std::fs::rename(&draft, folder).map_err(|error| Failure::work(folder, error))?;
    Ok(site)
}

/// Refuses a folder that holds anything but an earlier documentation.
fn refuse_other_files(folder: &Path) -> Result<(), Failure> {
    let is_empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(Failure::input(folder, error)),
    };
    match is_empty || folder.join(MARK).is_file() {
        true => Ok(()),
        false => {
            Err(Failure::input(folder, "holds other files; accepted: an empty folder, or one of `cargo autogo docs`"))
        }
    }
}

/// The folder beside a folder in which its files are written first.
fn draft_of(folder: &Path) -> Result<PathBuf, Failure> {
    let name = folder.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::input(folder, "has no name; accepted: a folder to be made"))?;
    Ok(folder.with_file_name(format!(".{name}.draft")))
}

/// Builds the library's documentation and says where it lies.
fn api(checkout: &Checkout) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new("cargo");
    forget_cargo(&mut cargo);
    cargo.current_dir(&checkout.root).args(["doc", "--quiet", "--locked", "--no-deps"]);
    // Links of the API are rustdoc's to check.
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    PACKAGES.iter().for_each(|package| {
        cargo.args(["--package", package]);
    });
    match cargo.status() {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(Failure::Work(format!("cargo doc ended with {status}"))),
        Err(error) => return Err(Failure::Work(format!("cargo doc: {error}"))),
    }
    let target = checkout.notebooks.join(".evcxr/target");
    let entries = std::fs::read_dir(&target).map_err(|error| Failure::work(&target, error))?;
    let docs = entries.filter_map(|entry| Some(entry.ok()?.path().join("doc")));
    let found = docs
        .filter(|doc| doc.join("autogo/index.html").is_file())
        .max_by_key(|doc| doc.join("autogo/index.html").metadata().and_then(|file| file.modified()).ok());
    found.ok_or_else(|| Failure::work(&target, "holds no documentation of the library"))
}

/// Copies the folders of the packages and the files that all of them share.
fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to).map_err(|error| Failure::work(to, error))?;
    let entries = std::fs::read_dir(from).map_err(|error| Failure::work(from, error))?;
    for entry in entries {
        let path = entry.map_err(|error| Failure::work(from, error))?.path();
        let Some(name) = path.file_name() else { continue };
        let made = to.join(name);
        match path.is_dir() {
            true => copy_folder(&path, &made)?,
            false => std::fs::copy(&path, &made).map(|_| ()).map_err(|error| Failure::work(&made, error))?,
        }
    }
    Ok(())
}

/// Writes every notebook as a page, and a page that lists them with their questions.
fn write_notebooks(checkout: &Checkout, tools: &Tools, draft: &Path) -> Result<(), Failure> {
    let mut names = checkout.names()?;
    names.extend(checkout.exercises()?);
    let mut rows = String::new();
    for name in &names {
        page_of(checkout, tools, name, &draft.join(format!("notebooks/{name}.html")))?;
        let (title, question) = heading(&checkout.notebook(name))?;
        let kind = if name.contains("solutions/") { " (solved)" } else { "" };
        let (title, question) = (shell::escape(&title) + kind, shell::escape(&question));
        rows += &format!("<tr><td><a href=\"{name}.html\">{title}</a></td><td>{question}</td></tr>\n");
    }
    let body = format!("<h1>Notebooks</h1>\n<table><tr><th>notebook</th><th>question</th></tr>\n{rows}</table>");
    put(&draft.join("notebooks/index.html"), shell::page("Notebooks", &body, 1).as_bytes())?;
    Ok(())
}

/// The title of a notebook and its question: the first line of its first cell, and the line in italics behind it.
fn heading(notebook: &Path) -> Result<(String, String), Failure> {
    let text = std::fs::read_to_string(notebook).map_err(|error| Failure::work(notebook, error))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| Failure::work(notebook, error))?;
    let lines = value["cells"][0]["source"].as_array().cloned().unwrap_or_default();
    let lines: Vec<&str> =
        lines.iter().filter_map(Value::as_str).map(str::trim).filter(|line| !line.is_empty()).collect();
    let title = lines.first().map_or("", |line| line.trim_start_matches(['#', ' ']));
    let question = lines.get(1).filter(|line| line.starts_with('*')).map_or("", |line| line.trim_matches('*'));
    Ok((title.into(), question.into()))
}

/// Writes a page with the results that are committed: charts as they are, tables as tables.
fn write_results(checkout: &Checkout, draft: &Path) -> Result<(), Failure> {
    let results = checkout.root.join("experiments/results");
    let made = draft.join("experiments/results");
    let entries = std::fs::read_dir(&results).map_err(|error| Failure::work(&results, error))?;
    let mut files = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<PathBuf>, _>>()
        .map_err(|error| Failure::work(&results, error))?;
    files.sort();
    let mut body = String::from("<h1>Results</h1>\n");
    for file in files {
        let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
        put(&made.join(name), &std::fs::read(&file).map_err(|error| Failure::work(&file, error))?)?;
        let shown = shell::escape(name);
        body += &format!("<h2><a href=\"{shown}\">{shown}</a></h2>\n");
        match name.rsplit('.').next() {
            Some("svg") => body += &format!("<p><img src=\"{shown}\" alt=\"{shown}\"></p>\n"),
            Some("parquet") => body += &Table::of(&read_parquet(&file)?).rows(60).html(),
            _ => {}
        }
    }
    put(&made.join("index.html"), shell::page("Results", &body, 2).as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_other_files_is_not_replaced() {
        let folder = std::env::temp_dir().join(format!("autogo-site-{}", std::process::id()));
        assert!(refuse_other_files(&folder).is_ok());
        std::fs::create_dir_all(&folder).unwrap();
        assert!(refuse_other_files(&folder).is_ok());
        std::fs::write(folder.join("thesis.tex"), "x").unwrap();
        let error = refuse_other_files(&folder).unwrap_err().to_string();
        assert!(
            error.ends_with("holds other files; accepted: an empty folder, or one of `cargo autogo docs`"),
            "{error}"
        );
        std::fs::write(folder.join(MARK), "").unwrap();
        assert!(refuse_other_files(&folder).is_ok());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
