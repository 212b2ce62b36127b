//! Documents say what is there: every name of the prelude has an example that runs, and the files that the chapter on
//! contributing names exist.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

/// The prelude's names of this library, each with the room it comes from; "" for those of the library's root.
fn names() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(library().join("prelude.rs")).unwrap();
    let mut found = Vec::new();
    for statement in text.split(';') {
        let Some((_, tree)) = statement.split_once("pub use crate::") else { continue };
        let (room, names) = match tree.split_once("::{").or_else(|| tree.rsplit_once("::")) {
            Some((room, names)) => (room, names),
            None => ("", tree),
        };
        let names = names.split([',', '{', '}']).map(str::trim).filter(|name| !name.is_empty());
        found.extend(names.map(|name| (room.to_string(), name.to_string())));
    }
    found
}

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../autogo/src")
}

/// Every file below `folder`.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The documentation above every public item `name` of a file.
fn documentation(text: &str, name: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_item = |line: &str| {
        ["struct", "enum", "trait", "fn", "type"].iter().any(|kind| {
            let rest = line.strip_prefix(&format!("pub {kind} {name}"));
            rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
        })
    };
    let items = lines.iter().enumerate().filter(|(_, line)| is_item(line));
    let above = items.map(|(at, _)| {
        let block = lines[..at].iter().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
        let block: Vec<&str> = block.filter_map(|line| line.strip_prefix("///")).map(str::trim).collect();
        block.into_iter().rev().collect::<Vec<_>>().join("\n")
    });
    above.collect()
}

/// Whether documentation holds a program that `cargo test` runs.
fn has_example(documentation: &str) -> bool {
    let fences = documentation.lines().filter_map(|line| line.strip_prefix("```"));
    fences.step_by(2).any(|kind| kind.is_empty() || kind == "rust")
}

#[test]
fn every_name_of_the_prelude_has_an_example_that_runs() {
    let names = names();
    assert!(names.len() >= 40, "the prelude's names are not read: {names:?}");
    let mut all = Vec::new();
    files(&library(), &mut all);
    all.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    let texts: Vec<(PathBuf, String)> =
        all.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();
    let mut without = Vec::new();
    for (room, name) in names {
        let is_of_room = |path: &Path| {
            let inside = path.strip_prefix(library()).unwrap();
            room.is_empty() || inside.starts_with(&room) || inside == Path::new(&format!("{room}.rs"))
        };
        let of_room = texts.iter().filter(|(path, _)| is_of_room(path));
        let items: Vec<String> = of_room.flat_map(|(_, text)| documentation(text, &name)).collect();
        assert!(!items.is_empty(), "{room}::{name} is not found");
        if !items.iter().any(|item| has_example(item)) {
            without.push(format!("{room}::{name}"));
        }
    }
    assert!(
        without.is_empty(),
        "these names of the prelude have no example on the item itself: {}",
        without.join(", ")
    );
}

#[test]
fn the_files_that_the_chapter_on_contributing_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for folder in
        ["autogo/src", "autogo/doc", "autogo/examples", "experiments", "tests", "datasets", "notebooks/kernel", ".ci"]
    {
        files(&root.join(folder), &mut all);
    }
    let paths: Vec<String> = all.iter().map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect();
    let text = std::fs::read_to_string(root.join("autogo/doc/contributing.md")).unwrap();
    let words = text.split('`').skip(1).step_by(2);
    let is_path = |word: &&str| word.contains('/') && !word.contains([' ', '<', ':', '\n']) && !word.contains("NN_");
    let named: Vec<&str> = words.filter(is_path).collect();
    assert!(named.len() > 30, "the chapter's paths are not read: {named:?}");
    let is_there = |name: &str| {
        let name = name.trim_end_matches('/');
        paths.iter().any(|path| {
            path.match_indices(name).any(|(at, _)| {
                let behind = &path[at + name.len()..];
                (at == 0 || path[..at].ends_with('/')) && (behind.is_empty() || behind.starts_with('/'))
            })
        })
    };
    let missing: Vec<&str> = named.into_iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "autogo/doc/contributing.md names what is not there: {missing:?}");
}

#[test]
fn an_example_is_one_that_runs() {
    assert!(has_example("One.\n\n```\nlet x = 1;\n```") && has_example("```text\n1\n```\n```rust\n1\n```"));
    assert!(!has_example("One.") && !has_example("```text\n1\n```") && !has_example("```no_run\n1\n```"));
    let text = "/// One.\n/// ```\n/// ```\n#[derive(Debug)]\npub struct A;\n/// Two.\npub struct Ab;\n";
    assert_eq!(documentation(text, "A"), ["One.\n```\n```"]);
    assert_eq!(documentation(text, "Ab"), ["Two."]);
}

/// A notebook can be read where nothing can be run: its outputs are in it, small enough, with pictures in the place of
/// drawings, which code hosts take out of HTML, and with numbers that a later run is compared with.
#[test]
fn notebooks_are_committed_with_the_outputs_of_a_run_without_data() {
    let all = notebooks();
    assert!(all.len() >= 10);
    for (name, text) in all {
        let notebook: serde_json::Value = serde_json::from_str(&text).unwrap();
        let cells = notebook["cells"].as_array().unwrap();
        let outputs: Vec<String> = cells.iter().map(|cell| cell["outputs"].to_string()).collect();
        let has_run = cells.iter().all(|cell| cell["cell_type"] != "code" || cell["execution_count"].is_number());
        assert!(
            has_run,
            "{name} has cells that were not run: `cargo notebooks --update {}`",
            name.trim_end_matches(".ipynb")
        );
        assert!(
            outputs.iter().all(|shown| !shown.contains("<svg")),
            "{name} was saved by hand: `cargo notebooks --update`"
        );
        assert!(outputs.iter().any(|shown| shown.contains("key-result")), "{name} marks no key result");
        assert!(outputs.iter().any(|shown| shown.contains("All claims hold:")), "{name}: its claims do not hold");
        let home = std::env::var("HOME").unwrap_or_default();
        let is_of_here = |shown: &String| home.len() > 1 && shown.contains(&format!("{home}/"));
        assert!(!outputs.iter().any(is_of_here), "{name} shows a path of this machine");
        assert!(text.len() < 1_000_000, "{name} has {} bytes", text.len());
    }
}

/// The names and texts of the notebooks, exercises aside.
fn notebooks() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(library().join("../../notebooks")).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_string(), path));
    let is_notebook = |name: &str| !name.starts_with('.') && name.ends_with(".ipynb");
    let named = named.filter(|(name, _)| is_notebook(name));
    named.map(|(name, path)| (name, std::fs::read_to_string(path).unwrap())).collect()
}

/// A notebook begins with its question, is made of short cells, and ends with what a reader can change. Raw text, such as
/// the lines of a grid in TOML, and the list of claims do not count.
#[test]
fn notebooks_ask_in_short_cells_and_end_with_experiments() {
    for (name, text) in notebooks() {
        let notebook: serde_json::Value = serde_json::from_str(&text).unwrap();
        let text_of = |cell: &serde_json::Value| -> String {
            cell["source"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect()
        };
        let cells: Vec<(bool, String)> = notebook["cells"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cell| (cell["cell_type"] == "code", text_of(cell)))
            .collect();
        let first: Vec<&str> = cells[0].1.lines().filter(|line| !line.is_empty()).collect();
        let asks =
            first.len() == 2 && first[0].starts_with("# ") && first[1].starts_with('*') && first[1].ends_with("?*");
        assert!(asks, "{name} begins without title and question: {first:?}");
        let change = cells.iter().find(|(is_code, text)| !is_code && text.starts_with("## Change this"));
        let (_, change) = change.unwrap_or_else(|| panic!("{name} has no section `Change this`"));
        for number in 1..=3 {
            let experiment = change.split(&format!("\n{number}. **")).nth(1);
            assert!(experiment.is_some_and(|text| text.contains('`')), "{name}: experiment {number} names no line");
        }
        for (_, code) in cells.iter().filter(|(is_code, text)| *is_code && !text.contains("Verify::new()")) {
            let code: String = code.split("r#\"").map(|part| part.split("\"#").last().unwrap_or(part)).collect();
            let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
            assert!(lines <= 10, "{name}: a cell of {lines} lines begins with `{}`", code.lines().next().unwrap());
        }
    }
}

/// An exercise and its solution differ in the cells that a student fills, which carry the tag `yours`, and in no other.
#[test]
fn an_exercise_is_its_solution_with_cells_to_fill() {
    let folder = library().join("../../notebooks/exercises");
    let read = |path: PathBuf| -> Vec<serde_json::Value> {
        let notebook: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        notebook["cells"].as_array().unwrap().clone()
    };
    let mut exercises = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "ipynb") {
            continue;
        }
        let (asked, solved) = (read(path.clone()), read(folder.join("solutions").join(path.file_name().unwrap())));
        assert_eq!(asked.len(), solved.len(), "{}", path.display());
        let mut filled = 0;
        for (asked, solved) in asked.iter().zip(&solved) {
            let is_filled = asked["metadata"]["tags"].as_array().is_some_and(|tags| tags.contains(&"yours".into()));
            assert_eq!(is_filled, asked["source"] != solved["source"], "{}: cell {}", path.display(), asked["id"]);
            assert!(asked["outputs"].as_array().is_none_or(Vec::is_empty), "a result gives the answer away");
            filled += usize::from(is_filled);
        }
        assert!(filled > 0, "{}: nothing to fill", path.display());
        exercises += 1;
    }
    assert!(exercises > 0);
}
