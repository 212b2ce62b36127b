//! The networks that come with the release.

use super::read_graph;
use crate::error::Error;
use crate::graph::Graph;
use std::path::PathBuf;

/// A network of the release under its samples, such as `edsr/autogo_arch3`, from
/// `autogo/architectures/samples/NAME.pkl` of a data folder.
///
/// # Errors
/// The file cannot be read, or it holds no graph of the release that can be executed.
pub fn released(folder: impl Into<PathBuf>, name: &str) -> Result<Graph, Error> {
    let samples = folder.into().join("autogo").join("architectures").join("samples");
    let path = samples.join(format!("{name}.pkl"));
    let bytes = std::fs::read(&path).map_err(|error| Error::file(&path, error))?;
    Ok(read_graph(&bytes)?.to_graph()?.graph)
}
