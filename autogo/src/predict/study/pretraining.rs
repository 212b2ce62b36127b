//! Learning from networks without labels first.

use super::outcome::learned;
use crate::data::{Example, Split};
use crate::error::Error;
use crate::families::{FamilyName, corpus};
use crate::graph::{Graph, Zeros};
use crate::predict::scoring::Trained;
use crate::predict::training::TrainSettings;
use crate::progress::Progress;
use crate::segment::Segmenter;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Networks sampled for each one that is asked for: some are in the split, some come twice.
const SPARE: usize = 3;

/// A first training on a number that is counted on the graph, of freshly sampled networks without labels. The
/// weights then go on with the labelled networks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pretraining {
    /// The number that is learned.
    pub on: GraphCount,
    /// The number of networks.
    pub networks: usize,
    /// Passes over these networks.
    pub epochs: usize,
}

/// A number that is counted on a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphCount {
    /// FLOPs.
    Flops,
    /// Parameters.
    Params,
    /// Number of nodes.
    Nodes,
}

impl GraphCount {
    /// The number of one graph.
    fn of(self, graph: &Graph) -> f64 {
        match self {
            GraphCount::Flops => graph.cost().flops as f64,
            GraphCount::Params => graph.cost().params as f64,
            GraphCount::Nodes => graph.len() as f64,
        }
    }
}

impl Pretraining {
    /// A predictor that learned the cheap number of sampled networks, and then the labels of the split's networks. The
    /// sampled networks share no formula with either half of the split.
    ///
    /// # Errors
    /// A family that cannot be sampled, fewer distinct networks than are asked for, those of [`Trained::train`].
    pub(super) fn then(
        self,
        settings: &TrainSettings,
        family: &str,
        split: &Split,
        segmenter: Option<&Segmenter>,
        seed: u64,
    ) -> Result<Trained, Error> {
        let examples = self.examples(FamilyName::named(family)?, split, seed)?;
        let first = TrainSettings { epochs: self.epochs, ..*settings };
        let pretrained = learned(&first, &examples, segmenter, seed)?;
        Ok(pretrained.fine_tune(&split.train, &TrainSettings { seed, ..*settings }, Progress::Silent)?.0)
    }

    /// Sampled networks with the number that is learned.
    fn examples(self, family: FamilyName, split: &Split, seed: u64) -> Result<Vec<Example>, Error> {
        let formula = |graph: &Graph| graph.formula_id(Zeros::Dropped);
        let halves = split.train.iter().chain(&split.test);
        let mut seen: HashSet<_> = halves.map(|example| formula(&example.graph)).collect();
        let sampled = corpus(&[(family, self.networks.saturating_mul(SPARE))], seed)?;
        let fresh = sampled.into_iter().filter(|graph| seen.insert(formula(graph)));
        let examples: Vec<Example> =
            fresh.take(self.networks).map(|graph| Example { value: self.on.of(&graph), graph }).collect();
        if examples.len() < self.networks {
            let accepted = format!("at most {} of {family}", examples.len());
            return Err(Error::setting("pretraining", format!("asks for {} networks", self.networks), &accepted));
        }
        Ok(examples)
    }
}
