//! Which crates rust-analyzer is shown.
//!
//! evcxr asks it for the types of variables. It reads every crate that `cargo metadata` names, which takes 25 s for polars
//! and what polars needs; nearly all variables have types of a few crates that a user knows by name.

use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Crates of the standard library that variables' types come from. The others are its own dependencies.
const STANDARD: [&str; 4] = ["core", "alloc", "std", "proc_macro"];

/// Takes out of the answer of `cargo metadata` what no variable's type is likely to need. Kept are crates of this machine's
/// folders (the cells, the library), crates that these depend on directly, and the parts of the latter: `polars-core` is a
/// part of `polars`. `None` if the answer is not what cargo prints.
pub fn prune(metadata: &[u8]) -> Option<Vec<u8>> {
    let mut metadata: Value = serde_json::from_slice(metadata).ok()?;
    let kept = if is_standard_library(&metadata) { standard(&metadata)? } else { near(&metadata)? };
    let is_kept = |id: &Value| id.as_str().is_some_and(|id| kept.contains(id));
    metadata["packages"].as_array_mut()?.retain(|package| is_kept(&package["id"]));
    for members in ["workspace_members", "workspace_default_members"] {
        if let Some(members) = metadata[members].as_array_mut() {
            members.retain(is_kept);
        }
    }
    let nodes = metadata["resolve"]["nodes"].as_array_mut()?;
    nodes.retain(|node| is_kept(&node["id"]));
    for node in nodes {
        if let Some(dependencies) = node["dependencies"].as_array_mut() {
            dependencies.retain(is_kept);
        }
        if let Some(dependencies) = node["deps"].as_array_mut() {
            dependencies.retain(|dependency| is_kept(&dependency["pkg"]));
        }
    }
    serde_json::to_vec(&metadata).ok()
}

fn is_standard_library(metadata: &Value) -> bool {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    root.ends_with("rust/library")
}

fn standard(metadata: &Value) -> Option<HashSet<String>> {
    let packages = metadata["packages"].as_array()?.iter();
    let kept = packages.filter(|package| package["name"].as_str().is_some_and(|name| STANDARD.contains(&name)));
    Some(kept.filter_map(|package| Some(package["id"].as_str()?.to_owned())).collect())
}

fn near(metadata: &Value) -> Option<HashSet<String>> {
    let mut names = HashMap::new();
    let mut kept = HashSet::new();
    for package in metadata["packages"].as_array()? {
        let (id, name) = (package["id"].as_str()?, package["name"].as_str()?);
        names.insert(id, name);
        // A crate that comes from no registry lies in a folder.
        if package["source"].is_null() {
            kept.insert(id.to_owned());
        }
    }
    let mut families = HashSet::new();
    for node in metadata["resolve"]["nodes"].as_array()? {
        if !node["id"].as_str().is_some_and(|id| kept.contains(id)) {
            continue;
        }
        for dependency in node["dependencies"].as_array()?.iter().filter_map(Value::as_str) {
            families.extend(names.get(dependency).map(|name| family(name)));
        }
    }
    kept.extend(names.iter().filter(|(_, name)| families.contains(family(name))).map(|(id, _)| (*id).to_owned()));
    Some(kept)
}

/// What the parts of a crate have in common: `polars` of `polars-core`, `serde` of `serde_json`.
fn family(name: &str) -> &str {
    name.split(['-', '_']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(metadata: &Value) -> Vec<String> {
        let pruned = prune(metadata.to_string().as_bytes()).expect("what cargo prints");
        let pruned: Value = serde_json::from_slice(&pruned).expect("JSON");
        let nodes = pruned["resolve"]["nodes"].as_array().expect("nodes");
        assert_eq!(nodes.len(), pruned["packages"].as_array().expect("packages").len());
        let known: Vec<&str> = nodes.iter().filter_map(|node| node["id"].as_str()).collect();
        let dependencies = nodes.iter().flat_map(|node| node["dependencies"].as_array().expect("a list"));
        dependencies.for_each(|id| assert!(known.contains(&id.as_str().expect("an id")), "{id} is gone"));
        known.into_iter().map(String::from).collect()
    }

    fn metadata(root: &str, crates: &[(&str, bool, &[&str])]) -> Value {
        let package = |(name, local, _): &(&str, bool, &[&str])| {
            json!({"id": name, "name": name, "source": if *local { Value::Null } else { "registry".into() }})
        };
        let node = |(name, _, needs): &(&str, bool, &[&str])| {
            let deps: Vec<Value> = needs.iter().map(|need| json!({"pkg": need})).collect();
            json!({"id": name, "dependencies": needs, "deps": deps})
        };
        json!({
            "workspace_root": root, "workspace_members": ["ctx"],
            "packages": crates.iter().map(package).collect::<Vec<_>>(),
            "resolve": {"nodes": crates.iter().map(node).collect::<Vec<_>>()},
        })
    }

    #[test]
    fn local_crates_their_dependencies_and_the_parts_of_those_are_kept() {
        let crates: &[(&str, bool, &[&str])] = &[
            ("ctx", true, &["autogo"]),
            ("autogo", true, &["polars", "serde_json"]),
            ("polars", false, &["polars-core", "hashbrown"]),
            ("polars-core", false, &["hashbrown", "libm"]),
            ("hashbrown", false, &[]),
            ("libm", false, &[]),
            ("serde_json", false, &["serde"]),
            ("serde", false, &[]),
        ];
        assert_eq!(
            names(&metadata("/notebooks", crates)),
            ["ctx", "autogo", "polars", "polars-core", "serde_json", "serde"]
        );
    }

    #[test]
    fn the_standard_library_loses_its_own_dependencies() {
        let crates: &[(&str, bool, &[&str])] =
            &[("core", true, &[]), ("std", true, &["core", "hashbrown"]), ("hashbrown", false, &[]), ("sysroot", true, &[])];
        assert_eq!(names(&metadata("/lib/rustlib/src/rust/library", crates)), ["core", "std"]);
        assert!(prune(b"error").is_none());
    }
}
