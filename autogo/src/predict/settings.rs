//! What a predictor is made of and how it is trained: every choice is a field, so an ablation is a line of TOML.

use crate::error::Error;
use serde::{Deserialize, Serialize};

/// What a predictor reads of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// The whole graph, as the paper's GNN baseline.
    Graph,
    /// Predecessor, segment and successor of a cut, each by itself.
    #[default]
    Psc,
    /// Segment and successor.
    WithoutPredecessor,
    /// Predecessor and segment.
    WithoutSuccessor,
    /// The segment alone.
    SegmentOnly,
}

impl Reads {
    /// Which of predecessor, segment and successor are read; nothing for the whole graph.
    pub(super) fn parts(self) -> Option<[bool; 3]> {
        match self {
            Reads::Graph => None,
            Reads::Psc => Some([true, true, true]),
            Reads::WithoutPredecessor => Some([false, true, true]),
            Reads::WithoutSuccessor => Some([true, true, false]),
            Reads::SegmentOnly => Some([false, true, false]),
        }
    }

    /// Rows of node means that make one prediction.
    pub(super) fn rows(self) -> usize {
        self.parts().map_or(1, |parts| parts.iter().filter(|is_read| **is_read).count())
    }
}

/// How a node takes up what it receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Convolution {
    /// `tanh(W h + V Σ received + b)`: the paper's (Morris et al., 2019).
    #[default]
    GraphConv,
    /// `tanh(W₂ relu(W₁ ((1 + ε) h + Σ received) + b₁) + b₂)` (Xu et al., 2019).
    Gin,
    /// `tanh(W mean(h, received) + b)`: normalised by the receiver's degree alone (after Kipf and Welling, 2017).
    Gcn,
    /// `tanh(Σ αᵤ W hᵤ + b)` with attention α over a node and what it receives, one head (Veličković et al., 2018).
    Gat,
}

/// How the nodes of a part become one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readout {
    /// Their mean: the paper's.
    #[default]
    Mean,
    /// Their sum, in hundreds.
    Sum,
    /// Their mean with learned weights.
    Attention,
}

/// By what a node's kind is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Its op: the paper's 32.
    #[default]
    Op,
    /// Its segment token, which knows the ops around it: one of 256 by a hash of its text.
    Token,
}

impl NodeKind {
    /// Rows of the embedding.
    pub(super) fn count(self) -> usize {
        match self {
            NodeKind::Op => super::features::OPS,
            NodeKind::Token => super::features::TOKENS,
        }
    }
}

/// What becomes of kernels that the embedding does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LargeKernels {
    /// A network with one is refused by name.
    #[default]
    Refused,
    /// They count as the largest that it holds, 7.
    AsLargest,
}

/// The shape of a predictor's network. The default is the paper's PSC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Architecture {
    /// What it reads of a network.
    pub reads: Reads,
    /// Rounds of message passing.
    pub layers: usize,
    /// Width of a node's embedding; at least 20.
    pub hidden: usize,
    /// How a node takes up what it receives.
    pub convolution: Convolution,
    /// How nodes become one row.
    pub readout: Readout,
    /// By what a node's kind is told.
    pub nodes: NodeKind,
    /// What becomes of kernels wider than 7.
    pub large_kernels: LargeKernels,
}

impl Default for Architecture {
    fn default() -> Self {
        Architecture {
            reads: Reads::Psc,
            layers: 6,
            hidden: 32,
            convolution: Convolution::GraphConv,
            readout: Readout::Mean,
            nodes: NodeKind::Op,
            large_kernels: LargeKernels::Refused,
        }
    }
}

impl Architecture {
    /// The paper's GNN baseline.
    pub fn gnn() -> Self {
        Architecture { reads: Reads::Graph, ..Architecture::default() }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong =
            |what: &str, value: usize, accepted: &str| Err(Error::setting(what, format!("is {value}"), accepted));
        if !(20..=1024).contains(&self.hidden) {
            return wrong(
                "hidden",
                self.hidden,
                "20 to 1024: 18 are taken by kernel, bias and shape of a weighted node",
            );
        }
        if !(1..=32).contains(&self.layers) {
            return wrong("layers", self.layers, "1 to 32");
        }
        Ok(())
    }
}

/// What training minimises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Mean squared error: the paper's.
    #[default]
    Mse,
    /// Pairwise hinge: of every two networks of a step, the better one should score higher by `margin` times the distance of
    /// their targets, one deviation at most.
    Hinge {
        /// Wanted distance of two predictions, in units of the distance of their targets.
        margin: f64,
        /// Pairs whose targets are closer than this are not compared: their labels may be noise.
        #[serde(default)]
        noise: f64,
    },
    /// Mean squared error of differences: what is learned of every two networks of a step is by how much one is better, as of a
    /// segment that takes another's place. The level of all predictions is left open.
    Difference,
    /// Squared up to a distance of one deviation, straight beyond (Huber): a wrong label then pulls no harder than others.
    Huber,
}

/// What the network is to predict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The label less its mean, in deviations: the paper's.
    ZScore,
    /// The normal score of the label's rank: a few very bad networks then weigh no more than others, and close ones
    /// are told apart.
    #[default]
    Rank,
}

/// How the learning rate goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It rises over the first fifth of the steps and falls along a cosine.
    #[default]
    OneCycle,
    /// It stays: the paper's.
    Constant,
}

/// What chooses the epoch whose weights are kept, on the networks held out of training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// The largest rank correlation.
    #[default]
    Srcc,
    /// The smallest mean absolute percentage error of targets: the release's. Targets near zero decide it.
    Mape,
}

/// How a predictor is trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSettings {
    /// The network.
    pub architecture: Architecture,
    /// Passes over the examples.
    pub epochs: usize,
    /// Networks in one step.
    pub batch: usize,
    /// Random partitions of each network in a step; 0 for all of them. 1 is the paper's PSC 1:1.
    pub cuts: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// How the learning rate goes.
    pub schedule: Schedule,
    /// Largest norm of the gradient.
    pub clip: f64,
    /// Decay of the weights in each step, in units of the learning rate (decoupled, as in AdamW).
    pub weight_decay: f64,
    /// What is minimised.
    pub loss: Loss,
    /// What is predicted.
    pub target: Target,
    /// Share of the examples that is held out to choose the best epoch; 0 takes the last.
    pub dev_share: f64,
    /// By what the best epoch is chosen.
    pub selection: Selection,
    /// Epochs without a better one after which training stops; 0 never stops early.
    pub patience: usize,
    /// Share of the running mean of the weights that a step keeps; 0 keeps no mean. The mean is what predicts.
    pub average: f64,
    /// Seed of parameters, order, cuts and the choice of what is held out.
    pub seed: u64,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            architecture: Architecture::default(),
            epochs: 40,
            batch: 32,
            cuts: 2,
            learning_rate: 3e-3,
            schedule: Schedule::OneCycle,
            clip: 5.0,
            weight_decay: 0.0,
            loss: Loss::Mse,
            target: Target::Rank,
            dev_share: 0.0,
            selection: Selection::Srcc,
            patience: 0,
            average: 0.0,
            seed: 0,
        }
    }
}

impl TrainSettings {
    pub(super) fn check(&self) -> Result<(), Error> {
        self.architecture.check()?;
        let wrong = |what: &str, reason: String, accepted: &str| Err(Error::setting(what, reason, accepted));
        if self.epochs == 0 || self.batch == 0 {
            let reason = format!("{} epochs of batches of {}", self.epochs, self.batch);
            return wrong("train settings", reason, "at least 1 of each");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return wrong("learning_rate", format!("is {}", self.learning_rate), "a positive number");
        }
        if self.clip.is_nan() || self.clip <= 0.0 {
            return wrong("clip", format!("is {}", self.clip), "a positive number");
        }
        if !(0.0..0.9).contains(&self.dev_share) {
            return wrong("dev_share", format!("is {}", self.dev_share), "0 to 0.9");
        }
        if !(0.0..1.0).contains(&self.average) {
            return wrong("average", format!("is {}", self.average), "0 to 1, less than 1");
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            return wrong("weight_decay", format!("is {}", self.weight_decay), "0 or more");
        }
        match self.loss {
            Loss::Hinge { margin, .. } if !(margin > 0.0 && margin.is_finite()) => {
                wrong("margin", format!("is {margin}"), "a positive number")
            }
            Loss::Hinge { noise, .. } if !(noise >= 0.0 && noise.is_finite()) => {
                wrong("noise", format!("is {noise}"), "0 or more deviations")
            }
            Loss::Hinge { .. } | Loss::Difference if self.batch < 2 => {
                wrong("batch", "is 1".into(), "2 or more for a pairwise loss")
            }
            _ => Ok(()),
        }
    }
}
