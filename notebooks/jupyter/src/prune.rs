//! Which crates rust-analyzer is shown.
//!
//! evcxr asks it for the types of variables. It reads every crate that `cargo metadata` names, which takes 25 s for polars
//! and what polars needs; nearly all variables have types of a few crates that a user knows by name.

use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Crates of the standard library that variables' types come from. The others are its own dependencies.
const STANDARD: [&str; 4] = ["core", "alloc", "std", "proc_macro"];

/// Takes out of the answer of `cargo metadata` what no variable's type is likely to need. Kept are crates of this machine's
/// folders (the cells, the library and what it is made of), what the library that cells link to names as its own dependencies,
/// and the parts of the latter: `polars-core` is a part of `polars`. `None` if the answer is not what cargo prints.
///
/// `with_standard` is false for a cell that is not analysed for anybody: then the standard library is not read either.
pub fn prune(metadata: &[u8], with_standard: bool) -> Option<Vec<u8>> {
    let mut metadata: Value = serde_json::from_slice(metadata).ok()?;
    let kept = match is_standard_library(&metadata) {
        true if with_standard => standard(&metadata)?,
        true => HashSet::new(),
        false => near(&metadata)?,
    };
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
    let nodes = metadata["resolve"]["nodes"].as_array()?;
    let needs = |of: &str| {
        let node = nodes.iter().find(|node| node["id"] == of);
        let needs = node.and_then(|node| node["dependencies"].as_array()).into_iter().flatten();
        needs.filter_map(|id| id.as_str()).collect::<Vec<&str>>()
    };
    // From the cells downwards, crates in folders, until one names dependencies from elsewhere.
    let mut families = HashSet::new();
    let mut libraries: Vec<&str> = metadata["workspace_members"].as_array()?.iter().filter_map(Value::as_str).collect();
    while families.is_empty() && !libraries.is_empty() {
        let below: Vec<&str> = libraries.iter().flat_map(|library| needs(library)).collect();
        let (local, others): (Vec<&str>, Vec<&str>) = below.into_iter().partition(|id| kept.contains(*id));
        families.extend(others.into_iter().filter_map(|id| names.get(id).map(|name| family(name))));
        libraries = local;
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
        let pruned = prune(metadata.to_string().as_bytes(), true).expect("what cargo prints");
        let pruned: Value = serde_json::from_slice(&pruned).expect("JSON");
        let nodes = pruned["resolve"]["nodes"].as_array().expect("nodes");
        assert_eq!(nodes.len(), pruned["packages"].as_array().expect("packages").len());
        let known: Vec<&str> = nodes.iter().filter_map(|node| node["id"].as_str()).collect();
        let dependencies = nodes.iter().flat_map(|node| node["dependencies"].as_array().expect("a list"));
        dependencies.for_each(|id| assert!(known.contains(&id.as_str().expect("an id")), "{id} is gone"));
        known.into_iter().map(String::from).collect()
    }

    fn metadata(root: &str, crates: &[(&str, bool, &[&str])]) -> Value {
        let package = |(name, local, _): &(&str, bool, &[&str])| json!({"id": name, "name": name, "source": if *local { Value::Null } else { "registry".into() }});
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
            ("ctx", true, &["library"]),
            ("library", true, &["autogo", "polars", "serde_json"]),
            ("autogo", true, &["polars", "sha2"]),
            ("sha2", false, &[]),
            ("polars", false, &["polars-core", "hashbrown"]),
            ("polars-core", false, &["hashbrown", "libm"]),
            ("hashbrown", false, &[]),
            ("libm", false, &[]),
            ("serde_json", false, &["serde"]),
            ("serde", false, &[]),
        ];
        assert_eq!(
            names(&metadata("/notebooks", crates)),
            ["ctx", "library", "autogo", "polars", "polars-core", "serde_json", "serde"]
        );
        let plain: &[(&str, bool, &[&str])] =
            &[("ctx", true, &["wrapper"]), ("wrapper", true, &["own"]), ("own", true, &["itoa"]), ("itoa", false, &[])];
        assert_eq!(names(&metadata("/elsewhere", plain)), ["ctx", "wrapper", "own", "itoa"]);
    }

    #[test]
    fn the_standard_library_loses_its_own_dependencies() {
        let crates: &[(&str, bool, &[&str])] = &[
            ("core", true, &[]),
            ("std", true, &["core", "hashbrown"]),
            ("hashbrown", false, &[]),
            ("sysroot", true, &[]),
        ];
        assert_eq!(names(&metadata("/lib/rustlib/src/rust/library", crates)), ["core", "std"]);
        assert!(prune(b"error", true).is_none());
        let none = prune(metadata("/lib/rustlib/src/rust/library", crates).to_string().as_bytes(), false);
        let none: Value = serde_json::from_slice(&none.expect("what cargo prints")).expect("JSON");
        assert_eq!(none["packages"], json!([]));
    }
}
