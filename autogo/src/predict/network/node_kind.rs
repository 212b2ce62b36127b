//! The number of a node's kind: its row in the table of embeddings.

use crate::graph::{Activation, Op, Pool};
use serde::{Deserialize, Serialize};

/// Rows of the table of ops ([release §1.2](crate::doc::release#s1-2)).
const OPS: usize = 32;
/// Rows of the table of tokens.
const TOKENS: usize = 256;

/// The name of a node's kind.
///
/// ```
/// use autogo::predict::{Architecture, NodeKind};
/// let by_token = Architecture { nodes: NodeKind::Token, ..Architecture::gnn() };
/// assert_ne!(by_token, Architecture::gnn());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// The node's op: one of the paper's 32.
    #[default]
    Op,
    /// The node's segment token, which knows the ops around the node: one of 256 by a hash of the token's text.
    Token,
}

impl NodeKind {
    /// The number of kinds.
    pub(super) fn count(self) -> usize {
        match self {
            NodeKind::Op => OPS,
            NodeKind::Token => TOKENS,
        }
    }
}

/// The number of an op among 32 ([release §1.2](crate::doc::release#s1-2)); 0 stands for the ops that the release does
/// not know.
pub(super) fn op_number(op: &Op) -> usize {
    match op {
        Op::Input(_) => 1,
        Op::Output => 2,
        Op::Conv(conv) if conv.groups > 1 => 4,
        Op::Conv(_) | Op::ConvTranspose(_) => 3,
        Op::BatchNorm => 5,
        Op::Relu | Op::PRelu => 6,
        Op::Relu6 => 7,
        Op::Dense { .. } => 8,
        Op::Add => 9,
        Op::Mul => 10,
        Op::Concat => 11,
        Op::Pool(Pool::Max, _) => 12,
        Op::Pool(Pool::Avg | Pool::AvgWithBorder, _) => 13,
        Op::Sigmoid => 14,
        Op::Tanh => 15,
        Op::Activation(Activation::Swish) => 16,
        Op::Activation(Activation::Gelu | Activation::GeluTanh) => 17,
        Op::Pad(_) => 18,
        Op::Mean => 19,
        Op::SpaceToDepth { .. } => 22,
        Op::DepthToSpace { .. } => 23,
        Op::Identity => 25,
        Op::Zero => 26,
        Op::Slice { .. } | Op::Resize { .. } | Op::Crop(_) | Op::ChannelShuffle { .. } => 0,
        Op::Activation(_) | Op::ChannelAffine { .. } | Op::Affine { .. } | Op::Max => 0,
    }
}

/// The number of a token among 256: FNV-1a in 32 bits, the same on every machine.
pub(super) fn token_number(token: &str) -> usize {
    let hash = token.bytes().fold(0xcbf2_9ce4u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as usize % TOKENS
}
