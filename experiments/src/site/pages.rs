//! Pages that are written from Markdown files, beginning with one and following its links.

use super::markdown::render;
use super::put::put;
use super::shell;
use crate::failure::Failure;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Writes a Markdown file of a repository as a page, and every file that it links to, and so on: Markdown as pages, a
/// folder as a list of its files, anything else as it is. Places on the site are those in the repository.
pub fn write_from(repository: &Path, first: &Path, site: &Path) -> Result<(), Failure> {
    let mut waiting = vec![first.to_path_buf()];
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    while let Some(file) = waiting.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        let path = repository.join(&file);
        if path.is_dir() {
            waiting.extend(write_list(&path, &file, site)?);
        } else if is_markdown(&file) {
            waiting.extend(write_page(repository, &file, site)?);
        } else {
            let made = site.join(&file);
            let content = std::fs::read(&path).map_err(|error| Failure::work(&path, error))?;
            put(&made, &content)?;
        }
    }
    Ok(())
}

/// Writes one Markdown file as a page; returns the files that it links to.
fn write_page(repository: &Path, file: &Path, site: &Path) -> Result<Vec<PathBuf>, Failure> {
    let path = repository.join(file);
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::work(&path, error))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let depth = folder.components().count();
    let mut found = Vec::new();
    let (body, title) = render(&text, |link| {
        let (target, fragment) = link.split_once('#').map_or((link, String::new()), |(t, f)| (t, format!("#{f}")));
        let target = inside(folder, target).filter(|target| repository.join(target).exists());
        let target = target.ok_or_else(|| Failure::work(&path, format!("links to `{link}`, which is not there")))?;
        let place = place_of(&target, repository.join(&target).is_dir());
        if !is_of_the_api(&target) {
            found.push(target);
        }
        Ok::<String, Failure>(format!("{}{}{fragment}", "../".repeat(depth), place.display()))
    })?;
    put(&site.join(place_of(file, false)), shell::page(&title, &body, depth).as_bytes())?;
    Ok(found)
}

/// Writes a page that lists the files of a folder; returns them.
fn write_list(path: &Path, folder: &Path, site: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(path).map_err(|error| Failure::work(path, error))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Failure::work(path, error))?;
        names.extend(entry.file_name().to_str().filter(|_| entry.path().is_file()).map(String::from));
    }
    names.sort();
    let item = |name: &String| format!("<li><a href=\"{0}\">{0}</a></li>\n", shell::escape(name));
    let title = folder.display().to_string();
    let items: String = names.iter().map(item).collect();
    let body = format!("<h1>{}</h1>\n<ul>\n{items}</ul>", shell::escape(&title));
    let page = shell::page(&title, &body, folder.components().count());
    put(&site.join(place_of(folder, true)), page.as_bytes())?;
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// A linked path, seen from the top of the repository; nothing for one that leads out of it.
fn inside(folder: &Path, link: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in folder.join(link).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::ParentDir => path.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// The place of a file or folder of the repository on the site. The notes beside the library are part of its API.
fn place_of(file: &Path, is_folder: bool) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default();
    if is_folder {
        file.join("index.html")
    } else if is_of_the_api(file) {
        Path::new("api/autogo/doc").join(stem).join("index.html")
    } else if file.file_name().is_some_and(|name| name == "README.md") {
        file.with_file_name("index.html")
    } else if is_markdown(file) {
        file.with_extension("html")
    } else {
        file.to_path_buf()
    }
}

fn is_markdown(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "md")
}

fn is_of_the_api(file: &Path) -> bool {
    file.starts_with("autogo/doc") && is_markdown(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_and_a_broken_one_is_told() {
        let folder = std::env::temp_dir().join(format!("autogo-pages-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        std::fs::create_dir_all(from.join("a/examples")).unwrap();
        std::fs::create_dir_all(from.join("autogo/doc")).unwrap();
        std::fs::create_dir_all(&to).unwrap();
        std::fs::write(from.join("README.md"), "# Top\n[a](a/b.md#c) [n](autogo/doc/npu.md) [x](a/examples)").unwrap();
        std::fs::write(from.join("a/b.md"), "# B\n## C\n[up](../README.md)").unwrap();
        std::fs::write(from.join("autogo/doc/npu.md"), "# NPU").unwrap();
        std::fs::write(from.join("a/examples/one.rs"), "fn main() {}").unwrap();
        write_from(&from, Path::new("README.md"), &to).unwrap();
        let page = std::fs::read_to_string(to.join("index.html")).unwrap();
        for link in ["a/b.html#c", "api/autogo/doc/npu/index.html", "a/examples/index.html"] {
            assert!(page.contains(&format!("href=\"{link}\"")), "{link}: {page}");
        }
        assert!(std::fs::read_to_string(to.join("a/b.html")).unwrap().contains("href=\"../index.html\""));
        assert!(to.join("a/examples/one.rs").is_file() && !to.join("autogo/doc").exists());
        for link in ["gone.md", "../../etc/passwd", "/etc/passwd"] {
            std::fs::write(from.join("README.md"), format!("[x]({link})")).unwrap();
            let error = write_from(&from, Path::new("README.md"), &to).unwrap_err().to_string();
            assert!(error.ends_with(&format!("README.md: links to `{link}`, which is not there")), "{error}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
