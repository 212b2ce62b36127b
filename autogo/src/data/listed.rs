//! A network that a table of one's own names: a compact string, or a file.

use crate::error::Error;
use crate::families::{FamilyName, network};
use crate::formats::{NETWORK_FILES, read_network};
use crate::graph::{ContentId, Graph};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

/// A network of a table. Its graph is built, or its file read, whenever it is asked for: ten thousand graphs in memory
/// would take half a gigabyte.
#[derive(Clone, Debug)]
pub struct ListedNetwork {
    name: Box<str>,
    file: Option<PathBuf>,
    content_id: ContentId,
}

impl ListedNetwork {
    /// The network that a table in `folder` names, and its graph.
    ///
    /// # Errors
    /// The name is no compact string and no file of a network, or the file is refused.
    pub(super) fn read(name: &str, folder: &Path) -> Result<(Self, Graph), Error> {
        let file = file_of(name, folder)?;
        let graph = graph_of(name, file.as_deref())?;
        let content_id = graph.content_id();
        Ok((ListedNetwork { name: name.into(), file, content_id }, graph))
    }

    /// The name in the table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The graph, read again.
    ///
    /// # Errors
    /// The file is gone, or another network than when the table was read.
    pub(super) fn build(&self) -> Result<Graph, Error> {
        let graph = graph_of(&self.name, self.file.as_deref())?;
        if graph.content_id() != self.content_id {
            let path = self.file.clone().unwrap_or_default();
            return Err(Error::File { path, reason: "is another network than when its table was read".into() });
        }
        Ok(graph)
    }
}

impl PartialEq for ListedNetwork {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.file) == (&other.name, &other.file)
    }
}

impl Eq for ListedNetwork {}

impl Hash for ListedNetwork {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, &self.file).hash(state);
    }
}

impl fmt::Display for ListedNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The file that a name stands for; none of a compact string.
fn file_of(name: &str, folder: &Path) -> Result<Option<PathBuf>, Error> {
    if FamilyName::of(name).is_some() {
        return Ok(None);
    }
    match Path::new(name).extension().and_then(|end| end.to_str()) {
        Some(end) if NETWORK_FILES.contains(&end) => Ok(Some(folder.join(name))),
        Some(end) => {
            let reason = format!("ends in `{end}`; accepted: .onnx, .json, or a compact string such as resnet50");
            Err(Error::File { path: name.into(), reason })
        }
        None => Ok(None),
    }
}

fn graph_of(name: &str, file: Option<&Path>) -> Result<Graph, Error> {
    match file {
        Some(path) => read_network(path),
        None => network(name),
    }
}
