//! A network of a run, with what is known of it.

use crate::evolve::mutate::Derivation;
use crate::evolve::objectives::{Figures, Objective, RunColumn};
use crate::graph::ContentId;
use serde::{Deserialize, Serialize};

/// A network of a run.
///
/// ```
/// use autogo::prelude::*;
/// use autogo::families::{corpus, network};
/// let mined = Mining::bpe(40).run(&corpus(&[(FamilyName::Nb201, 8)], 0)?)?;
/// let mutator = Mutator::new(mined, |graph: &Graph| graph.len() as f64, Npu::n256())?;
/// let parent = network("nb201:nor_conv_3x3,none,none,skip_connect,nor_conv_3x3,nor_conv_1x1")?;
/// let run = Evolution { generations: 1, ..Evolution::default() }.run(&parent, &mutator, Progress::Silent)?;
/// let child = &run.individuals[1];
/// assert_eq!((child.parent, child.generation), (Some(0), 1));
/// assert!(child.change(RunColumn::Cycles, run.input()).is_finite()); // in %
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Individual {
    /// Number in the run; the input network is 0.
    pub id: usize,
    /// The individual it was made from.
    pub parent: Option<usize>,
    /// The derivation of the individual from its parent.
    pub derivation: Option<Derivation>,
    /// The round it was made in; the input network is of round 0.
    pub generation: usize,
    /// Its content id.
    pub content_id: ContentId,
    /// Whether it may stand on the front: inside every window and, if that is asked for, better than the input.
    pub is_eligible: bool,
    /// The predictor's score.
    pub score: f64,
    /// The figures that are known without a predictor.
    pub figures: Figures,
}

impl Individual {
    /// The figure of a column.
    pub fn value(&self, column: RunColumn) -> f64 {
        self.figures.value(column).unwrap_or(self.score)
    }

    /// By how many percent of `from`'s figure this individual's figure is larger; less than 0 where it is smaller, also
    /// among negative figures.
    pub fn change(&self, column: RunColumn, from: &Individual) -> f64 {
        let base = from.value(column);
        let change = 100.0 * (self.value(column) / base - 1.0);
        if base < 0.0 { -change } else { change }
    }

    /// Its value in each objective.
    pub fn point(&self, objectives: &[Objective]) -> Vec<f64> {
        objectives.iter().map(|objective| objective.formula().value(&|column| self.value(column))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_a_rise_also_among_negative_figures() {
        let scored = |score: f64| Individual {
            id: 0,
            parent: None,
            derivation: None,
            generation: 0,
            content_id: crate::families::network("vgg16").unwrap().content_id(),
            is_eligible: true,
            score,
            figures: Figures::default(),
        };
        let change = |score: f64, from: f64| scored(score).change(RunColumn::Score, &scored(from));
        assert_eq!((change(150.0, 100.0), change(50.0, 100.0)), (50.0, -50.0));
        assert_eq!((change(-50.0, -100.0), change(-150.0, -100.0)), (50.0, -50.0));
    }
}
