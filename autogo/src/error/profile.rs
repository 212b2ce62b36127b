//! Errors of profiles.

use thiserror::Error;

/// The reason why a machine cannot run a network, or cannot be timed on it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The machine's table of costs says nothing about an op.
    #[error(
        "machine {machine} has no cost for `{op}`, which node `{node}` computes; accepted: a value for it in its costs"
    )]
    NoRule {
        /// Name of the machine.
        machine: String,
        /// Name of the node.
        node: String,
        /// Key of the op in the table.
        op: String,
    },
    /// A tensor or a layer's weights do not fit into the machine's DRAM.
    #[error("node `{node}` needs {bytes} bytes for its {what}; machine {machine} has {dram} bytes of DRAM")]
    TooLarge {
        /// Name of the machine.
        machine: String,
        /// Name of the node.
        node: String,
        /// Result or weights.
        what: &'static str,
        /// Bytes it needs.
        bytes: u64,
        /// Bytes there are.
        dram: u64,
    },
    /// A count does not fit into 64 bits.
    #[error("node `{node}`: {what} pass the largest number that is counted exactly")]
    Overflow {
        /// Name of the node.
        node: String,
        /// The quantity that was counted.
        what: &'static str,
    },
}
