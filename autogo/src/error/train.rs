//! Errors of networks that are to be trained.

use thiserror::Error;

/// The reason why a graph cannot be trained, or not with these settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// No weight lies on a path to the output.
    #[error(
        "graph `{graph}` has no weights that its output depends on; accepted: at least one on a path to the output"
    )]
    Untrainable {
        /// Name of the graph.
        graph: String,
    },
    /// The output is not one number a class.
    #[error("graph `{graph}` makes {found}, `{task}` has {classes} classes; accepted: a head that makes 1×1×{classes}")]
    Head {
        /// Name of the graph.
        graph: String,
        /// Shape of the graph's output.
        found: String,
        /// Name of the task.
        task: String,
        /// Classes of the task.
        classes: usize,
    },
    /// The input is not a picture of the task.
    #[error("graph `{graph}` reads {found}, `{task}` has pictures of {wanted}; accepted: a graph that reads {wanted}")]
    Picture {
        /// Name of the graph.
        graph: String,
        /// Shape that the graph reads.
        found: String,
        /// Name of the task.
        task: String,
        /// Shape of the task's pictures.
        wanted: String,
    },
    /// The output is no answer to a task.
    #[error("graph `{graph}` makes {found}, which is no answer to `{task}`; accepted: {wanted}")]
    Answer {
        /// Name of the graph.
        graph: String,
        /// Shape of what the graph makes.
        found: String,
        /// Name of the task.
        task: String,
        /// The shapes that are accepted.
        wanted: String,
    },
    /// The plan needs more memory than is allowed.
    #[error(
        "graph `{graph}` needs {needed} bytes for batches of {batch}, {limit} are allowed; accepted: smaller batches"
    )]
    Memory {
        /// Name of the graph.
        graph: String,
        /// Images of a batch.
        batch: usize,
        /// Bytes that the plan needs.
        needed: u64,
        /// Bytes that are allowed.
        limit: u64,
    },
    /// A node that no kernel computes.
    #[error("node `{node}` cannot be computed: {reason}")]
    Node {
        /// Name of the node.
        node: String,
        /// The reason.
        reason: String,
    },
    /// Images or labels that do not fit the network.
    #[error(
        "a batch of {found} floats and {labels} labels; accepted: 1 to {batch} images of {floats} floats, a label each"
    )]
    Batch {
        /// Floats that were given.
        found: usize,
        /// Labels that were given.
        labels: usize,
        /// Images that the network was planned for.
        batch: usize,
        /// Floats of an image.
        floats: usize,
    },
    /// A graph has no smaller form.
    #[error("node `{node}` has no mini form: {reason}")]
    Mini {
        /// Name of the node.
        node: String,
        /// The reason.
        reason: String,
    },
}
