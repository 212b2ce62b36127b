//! Learning from networks without labels first.

use super::outcome::learned;
use crate::data::{Example, LabelledFamily};
use crate::error::Error;
use crate::graph::Graph;
use crate::predict::scoring::Trained;
use crate::predict::training::TrainSettings;
use crate::progress::Progress;
use crate::segment::Segmenter;
use serde::{Deserialize, Serialize};

/// A first training on a number that costs next to nothing, of networks whose labels are not looked at. The weights
/// then go on with the labelled networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pretraining {
    /// The number that is learned: `flops`, `params`, `nodes`, or a column of the family's frame.
    pub on: String,
    /// The number of networks. They are in neither half of the split.
    pub networks: usize,
    /// Passes over these networks.
    pub epochs: usize,
}

impl Pretraining {
    /// A predictor that learned the cheap number of some networks, and then the labels of `train`.
    ///
    /// # Errors
    /// Fewer networks outside of the split than are asked for, a column that the family's frame lacks, those of
    /// [`Trained::train`].
    pub(super) fn then(
        &self,
        settings: &TrainSettings,
        family: &LabelledFamily,
        halves: usize,
        train: &[Example],
        segmenter: &Segmenter,
        seed: u64,
    ) -> Result<Trained, Error> {
        // A longer draw begins with the networks of the split.
        let drawn = family.draw(halves + self.networks, seed)?;
        let others: Vec<Graph> = drawn.into_iter().skip(halves).map(|example| example.graph).collect();
        if others.len() < self.networks {
            let accepted = format!("at most {} outside of the split", others.len());
            return Err(Error::setting("pretraining", format!("asks for {} networks", self.networks), &accepted));
        }
        let values = match size_of(&self.on) {
            Some(size) => others.iter().map(size).collect(),
            None => family.numbers_of(&self.on, &others)?,
        };
        let examples: Vec<Example> =
            others.into_iter().zip(values).map(|(graph, value)| Example { graph, value }).collect();
        let first = TrainSettings { epochs: self.epochs, ..*settings };
        let pretrained = learned(&first, &examples, segmenter, seed)?;
        Ok(pretrained.fine_tune(train, &TrainSettings { seed, ..*settings }, Progress::Silent)?.0)
    }
}

/// A number of a graph itself; nothing for another name.
fn size_of(name: &str) -> Option<fn(&Graph) -> f64> {
    match name {
        "flops" => Some(|graph| graph.cost().flops as f64),
        "params" => Some(|graph| graph.cost().params as f64),
        "nodes" => Some(|graph| graph.len() as f64),
        _ => None,
    }
}
