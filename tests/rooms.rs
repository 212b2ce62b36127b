//! The order of the house: rooms look downwards only, and no two files look at each other in a circle.
//!
//! Both are read from the source: `use` lines and paths that begin with `crate` or `super`, followed through re-exports
//! to the file that holds the item. Test modules and documentation are left out.

#![allow(clippy::unwrap_used, clippy::panic)]

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// From the ground up: a room may look at those before it.
const ROOMS: [&str; 27] = [
    "error",
    "interrupt",
    "display",
    "rng",
    "stats",
    "goal",
    "files",
    "csv",
    "progress",
    "partition",
    "graph",
    "families",
    "formats",
    "data",
    "profile",
    "segment",
    "predict",
    "repair",
    "evolve",
    "train",
    "release",
    "report",
    "testing",
    "prelude",
    "doc",
    "tutorials",
    "exercises",
];

type Module = Vec<String>;

/// The library's files by module, without comments and test modules.
fn sources() -> BTreeMap<Module, String> {
    fn walk(folder: &Path, module: &[String], found: &mut BTreeMap<Module, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_string();
            if name == "tests" {
                continue;
            }
            if path.is_dir() {
                walk(&path, &[module, &[name]].concat(), found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let own = if name == "mod" || name == "lib" { module.to_vec() } else { [module, &[name]].concat() };
                found.insert(own, code(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../autogo/src"), &[], &mut found);
    found
}

fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines().map(|line| line.split("//").next().unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths of a `use` tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(tree: &str) -> Vec<Module> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or("");
        let parts: Module =
            path.split("::").map(|part| part.trim().to_string()).filter(|part| !part.is_empty()).collect();
        return if parts.is_empty() { vec![] } else { vec![parts] };
    };
    let before: Module =
        tree[..open].split("::").map(|part| part.trim().to_string()).filter(|p| !p.is_empty()).collect();
    let inside = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in inside.char_indices().chain([(inside.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.extend(paths(&inside[start..at]).into_iter().map(|path| [before.clone(), path].concat()));
                start = (at + 1).min(inside.len());
            }
            _ => {}
        }
    }
    found
}

/// `use` trees of a file, each with whether it is a re-export, and the rest of the file.
fn uses(code: &str) -> (Vec<(bool, &str)>, String) {
    let (mut trees, mut rest) = (Vec::new(), String::new());
    for statement in code.split_inclusive(';') {
        let head = statement.rfind("use ").filter(|&at| {
            let before = statement[..at].trim_end();
            before.is_empty() || before.ends_with(['\n', '}', '{', ';', ']', ')']) || before.ends_with("pub")
        });
        match head {
            Some(at) => {
                let before = statement[..at].trim_end();
                let is_public = before.ends_with("pub") || before.ends_with(')');
                trees.push((is_public, statement[at + 4..].trim_end_matches(';')));
                rest.push_str(&statement[..at]);
            }
            None => rest.push_str(statement),
        }
    }
    (trees, rest)
}

/// The module path that `path` names when it is written in `module`; nothing for other crates and local names.
fn absolute(path: &[String], module: &[String], sources: &BTreeMap<Module, String>) -> Option<Module> {
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            Some([&module[..module.len().checked_sub(up)?], &path[up..]].concat())
        }
        first => {
            let child = [module, &[first.to_string()]].concat();
            sources.contains_key(&child).then(|| [module, path].concat())
        }
    }
}

/// Which file uses which, by module.
fn edges() -> BTreeMap<Module, BTreeSet<Module>> {
    let sources = sources();
    let mut exports: BTreeMap<Module, BTreeMap<String, Module>> = BTreeMap::new();
    for (module, code) in &sources {
        for (_, tree) in uses(code).0.iter().filter(|(is_public, _)| *is_public) {
            for path in paths(tree) {
                if let (Some(target), Some(name)) = (absolute(&path, module, &sources), path.last()) {
                    exports.entry(module.clone()).or_default().insert(name.clone(), target);
                }
            }
        }
    }
    let resolve = |path: Module| -> Option<Module> {
        let mut path = path;
        for _ in 0..8 {
            let known = (0..=path.len()).rev().find(|&length| sources.contains_key(&path[..length]))?;
            let export = path.get(known).and_then(|name| exports.get(&path[..known])?.get(name));
            match export {
                Some(target) if target[..] != path[..known + 1] => path = [target, &path[known + 1..]].concat(),
                _ => return Some(path[..known].to_vec()),
            }
        }
        None
    };
    let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, code) in &sources {
        let (trees, rest) = uses(code);
        let mut used: Vec<Module> =
            trees.iter().filter(|(is_public, _)| !is_public).flat_map(|(_, tree)| paths(tree)).collect();
        let word = |text: &str| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).next().map(str::to_string)
        };
        for root in ["crate::", "super::"] {
            let starts = rest.match_indices(root).filter_map(|(at, _)| word(&rest[at..]));
            used.extend(starts.map(|path| path.split("::").map(str::to_string).collect::<Module>()));
        }
        for path in used {
            let target = absolute(&path, module, &sources).and_then(resolve);
            edges.entry(module.clone()).or_default().extend(target.filter(|target| target != module));
        }
    }
    edges
}

#[test]
fn no_room_looks_upwards() {
    let place = |module: &Module| {
        let room = module.first().map_or("lib", String::as_str);
        ROOMS
            .iter()
            .position(|name| *name == room)
            .unwrap_or_else(|| panic!("`{room}` has no place in the order of rooms"))
    };
    let mut upwards = Vec::new();
    for (from, targets) in edges().iter().filter(|(from, _)| !from.is_empty()) {
        let into = targets.iter().filter(|to| !to.is_empty() && place(to) > place(from));
        upwards.extend(into.map(|to| format!("{} uses {}", from.join("::"), to.join("::"))));
    }
    assert!(upwards.is_empty(), "{}", upwards.join("\n"));
}

#[test]
fn no_files_stand_in_a_circle() {
    let edges = edges();
    let mut graph: DiGraph<&Module, ()> = DiGraph::new();
    let nodes: BTreeMap<&Module, _> = edges.keys().map(|module| (module, graph.add_node(module))).collect();
    for (from, targets) in &edges {
        for to in targets.iter().filter_map(|to| nodes.get(to)) {
            graph.add_edge(nodes[from], *to, ());
        }
    }
    let name =
        |part: Vec<NodeIndex>| part.into_iter().map(|node| graph[node].join("::")).collect::<Vec<_>>().join(" - ");
    let circles: Vec<String> = tarjan_scc(&graph).into_iter().filter(|part| part.len() > 1).map(name).collect();
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn a_use_tree_is_taken_apart() {
    let joined = |tree: &str| paths(tree).iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(
        joined("crate::a::{b, c::{d, e as f}, self}"),
        ["crate::a::b", "crate::a::c::d", "crate::a::c::e", "crate::a::self"]
    );
    // What is read is the library itself, so a reader that reads nothing would pass.
    let edges = edges();
    assert!(edges.len() > 150 && edges.values().map(BTreeSet::len).sum::<usize>() > 500, "{}", edges.len());
}
