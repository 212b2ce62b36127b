//! The costs of the vector unit for an element, op by op.

use crate::graph::{Activation, Interpolation, Op};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Lane-cycles for every output element, by op name: a unit of eight lanes takes `costs / 8` cycles for an element. A
/// pool's cost counts once for every element under its window, at least [`least_taps`](super::Npu::least_taps) times.
/// For convolutions and dense layers the cost is that of writing a result.
///
/// ```
/// use autogo::profile::Npu;
/// let costs = Npu::n256().costs;
/// assert_eq!(costs.get("add"), Some(6.0));
/// assert_eq!(costs.with("add", 1.0).without("mul").get("mul"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VectorCosts(BTreeMap<String, f64>);

/// Every op that has a cost, and what it is on Ethos-U.
const ETHOS_U: [(&str, f64); 21] = [
    ("add", 6.0),
    ("avgpool", 1.0),
    ("concat", 4.0),
    ("conv2d", 2.0),
    ("conv2d_transpose", 2.0),
    ("depthtospace", 4.0),
    ("depthwise", 2.0),
    ("fusedbatchnorm", 4.0),
    ("matmul", 2.0),
    ("maxpool", 1.0),
    ("mean", 1.0),
    ("mul", 3.0),
    ("paddings", 4.0),
    ("prelu", 13.0),
    ("relu", 2.0),
    ("relu6", 2.0),
    ("resize", 4.0),
    ("resize_bilinear", 22.0),
    ("sigmoid", 8.0),
    ("tanh", 8.0),
    ("zero", 4.0),
];

/// Ops that may have a cost, but have none on Ethos-U.
const UNMEASURED: [&str; 3] = ["softmax", "logsoftmax", "lrn"];

impl VectorCosts {
    /// The costs of Ethos-U55-256 and U65-512 ([npu §B.5](crate::doc::npu#sb-5)): a sum takes 0.75 cycles an element
    /// on eight lanes, a pool a cycle for eight taps, a copy 0.5, bilinear enlarging with its intermediate copies 2.7,
    /// sigmoid and tanh 1. PReLU (minimum, product, ReLU, sum), `zero` and `fusedbatchnorm` (a copy each) are
    /// assumptions; they are not measured there.
    pub fn ethos_u() -> Self {
        VectorCosts(ETHOS_U.iter().map(|&(name, cost)| (name.to_string(), cost)).collect())
    }

    /// The cost under a name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    /// The same table with another cost for one op.
    pub fn with(mut self, name: &str, cost: f64) -> Self {
        self.0.insert(name.into(), cost);
        self
    }

    /// The same table without an op: networks that hold it are refused.
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// The name under which an op stands in the table. Activations of single elements are looked up in a table of 256
    /// entries, whichever they are: they cost as much as a sigmoid, bounds as much as ReLU6. A factor and a summand
    /// cost as much as a batch norm, a change of places as much as depth to space, a crop as much as a copy. Softmax
    /// and LRN have no kind there: they are refused unless a table names them.
    pub(super) fn key(op: &Op) -> &'static str {
        match op {
            Op::Resize { interpolation, .. } => match interpolation {
                Interpolation::Nearest => op.name(),
                Interpolation::Bilinear | Interpolation::BilinearCorners | Interpolation::BilinearAligned => {
                    "resize_bilinear"
                }
            },
            // A table of 256 entries, as that of the sigmoid.
            Op::Activation(Activation::Clip { .. }) => "relu6",
            Op::Activation(activation) if activation.is_elementwise() => "sigmoid",
            Op::ChannelAffine { .. } | Op::Affine { .. } => "fusedbatchnorm",
            Op::SpaceToDepth { .. } | Op::ChannelShuffle { .. } => "depthtospace",
            Op::Crop(_) => "paddings",
            Op::Max => "maxpool",
            Op::Activation(_)
            | Op::Input(_)
            | Op::Output
            | Op::Conv(_)
            | Op::ConvTranspose(_)
            | Op::Dense { .. }
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Pool(..)
            | Op::Mean
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Pad(_)
            | Op::DepthToSpace { .. } => op.name(),
        }
    }

    /// The first entry that cannot be: a name of no op, or no finite cost from 0 up.
    pub(super) fn wrong(&self) -> Option<String> {
        let known = |name: &str| ETHOS_U.iter().any(|(other, _)| *other == name) || UNMEASURED.contains(&name);
        self.0.iter().find_map(|(name, cost)| match (known(name), cost.is_finite() && *cost >= 0.0) {
            (false, _) => Some(format!("costs name `{name}`")),
            (_, false) => Some(format!("cost of `{name}` is {cost}")),
            _ => None,
        })
    }

    /// The names that are known, for messages.
    pub(super) fn accepted() -> String {
        let names = [&ETHOS_U.map(|(name, _)| name)[..], &UNMEASURED].concat();
        format!("costs from 0 up for {}", names.join(", "))
    }
}
