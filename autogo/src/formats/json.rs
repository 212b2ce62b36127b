//! Our own JSON of a graph.

use super::FormatError;
use crate::graph::{Graph, GraphParts};
use serde::{Deserialize, Serialize};

/// What a file says of itself.
const FORMAT: &str = "autogo-graph";
/// The version this library writes, and the only one so far.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u32,
    graph: GraphParts,
}

/// A graph as JSON: names, ops, shapes and operands of its nodes in execution order.
///
/// ```
/// let graph = autogo::families::network("vgg16")?;
/// let text = autogo::formats::to_json(&graph);
/// assert_eq!(autogo::formats::from_json(&text)?.content_id(), graph.content_id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_json(graph: &Graph) -> String {
    let file = File { format: FORMAT.into(), version: VERSION, graph: graph.to_parts() };
    // Plain data with text keys: there is nothing that could fail.
    serde_json::to_string(&file).unwrap_or_default()
}

/// Reads a graph that [`to_json`] wrote. Every declared shape is inferred again.
pub fn from_json(text: &str) -> Result<Graph, FormatError> {
    let refused = |error: serde_json::Error| {
        FormatError::content(format!("line {}, column {}", error.line(), error.column()), error.to_string())
    };
    #[derive(Deserialize)]
    struct Head {
        format: Option<String>,
        version: Option<u32>,
    }
    let head: Head = serde_json::from_str(text).map_err(refused)?;
    match (head.format.as_deref(), head.version) {
        (Some(FORMAT), Some(VERSION)) => {}
        (Some(FORMAT), version) => {
            let version = version.map_or("none".into(), |version| version.to_string());
            return Err(FormatError::content("version", format!("is {version}; accepted: {VERSION}")));
        }
        _ => return Err(FormatError::content("format", format!("is not \"{FORMAT}\""))),
    }
    let file: File = serde_json::from_str(text).map_err(refused)?;
    Ok(file.graph.build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_versions_and_wrong_shapes_are_refused() {
        let text = to_json(&crate::families::network("nb201:none,none,none,none,none,none").unwrap());
        let error = from_json(&text.replace("\"version\":1", "\"version\":2")).unwrap_err().to_string();
        assert_eq!(error, "version: is 2; accepted: 1");
        let error = from_json(&text.replacen("\"c\":16", "\"c\":17", 1)).unwrap_err().to_string();
        assert!(error.contains("is declared as 32×32×17 but makes 32×32×16"), "{error}");
        assert!(from_json(&text[..text.len() / 2]).unwrap_err().to_string().starts_with("line 1, column "));
        assert_eq!(from_json("{}").unwrap_err().to_string(), "format: is not \"autogo-graph\"");
    }
}
