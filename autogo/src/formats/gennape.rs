//! GENNAPE's labelled networks: a JSON object of `{key: {net_config, max_perf, cg}}` (Mills et al., AAAI 2023).

use super::FormatError;
use crate::families::FamilyName;
use crate::graph::Graph;
use serde_json::Value;

/// A labelled network of GENNAPE.
#[derive(Clone, Debug)]
pub struct GennapeEntry {
    /// Its key in the file.
    pub key: String,
    /// Its accuracy in percent.
    pub accuracy: f64,
    /// Its configuration in the family's JSON fields.
    pub config: String,
    /// Its graph, built from its configuration; the file's own computation graph is not read.
    pub graph: Graph,
}

/// Reads a labelled cache of HiAML, Inception or Two-Path.
///
/// # Errors
/// The text is no JSON object, or a network has no accuracy from 0 to 100 or no configuration that builds; the error
/// names the key.
///
/// ```
/// use autogo::{families::FamilyName, formats::read_gennape};
/// let config = r#"["hiaml_z", "hiaml_a22", "hiaml_z", "hiaml_l20"]"#;
/// let file = format!(r#"{{"net_7": {{"net_config": {config}, "max_perf": 91.5, "cg": {{}}}}}}"#);
/// let entries = read_gennape(&file, FamilyName::Hiaml)?;
/// assert_eq!((entries[0].key.as_str(), entries[0].accuracy), ("net_7", 91.5));
/// # Ok::<(), autogo::formats::FormatError>(())
/// ```
pub fn read_gennape(text: &str, family: FamilyName) -> Result<Vec<GennapeEntry>, FormatError> {
    let refused = |error: serde_json::Error| {
        FormatError::content(format!("line {}, column {}", error.line(), error.column()), error.to_string())
    };
    let file: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(refused)?;
    let mut entries = Vec::with_capacity(file.len());
    for (key, entry) in file {
        let wrong = |reason: String| FormatError::content(format!("network `{key}`"), reason);
        let accuracy = entry["max_perf"].as_f64().filter(|value| (0.0..=100.0).contains(value));
        let accuracy = accuracy.ok_or_else(|| wrong("its max_perf is no percentage".into()))?;
        let config = entry.get("net_config").ok_or_else(|| wrong("has no net_config".into()))?;
        let config = config.to_string();
        let graph = family.build_config(&config).map_err(|error| wrong(error.to_string()))?;
        entries.push(GennapeEntry { key, accuracy, config, graph });
    }
    Ok(entries)
}
