//! The ways to score networks that studies compare.

use super::distilled::Distilled;
use super::ensemble::Mean;
use super::outcome::learned;
use super::{Baseline, ColumnForest};
use crate::data::Example;
use crate::error::Error;
use crate::predict::gaussian::{GaussianProcess, GaussianSettings};
use crate::predict::scoring::Predictor;
use crate::predict::training::TrainSettings;
use crate::segment::Segmenter;
use serde::{Deserialize, Serialize};

/// A way to score networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A predictor that is trained with these settings; the comparison's seed takes the place of theirs.
    Predictor(TrainSettings),
    /// Something that needs no training.
    Baseline(Baseline),
    /// A column of the family's frame, such as a zero-cost score; more of it counts as better.
    Column(String),
    /// A random forest on columns of the family's frame.
    Columns(ColumnForest),
    /// A Gaussian process over the structure of networks.
    Gaussian(GaussianSettings),
    /// Several of these, asked as one.
    Ensemble(Ensemble),
    /// A predictor that learns what another of these knows.
    Distilled(Distilled),
}

impl Method {
    /// Whether networks are cut into segments, or their segments counted.
    pub(super) fn reads_segments(&self) -> bool {
        match self {
            Method::Predictor(settings) => settings.architecture.reads.is_cut(),
            Method::Baseline(baseline) => baseline.counts_segments(),
            Method::Ensemble(ensemble) => ensemble.members.iter().any(Method::reads_segments),
            Method::Distilled(distilled) => {
                distilled.student.architecture.reads.is_cut() || distilled.teacher.reads_segments()
            }
            Method::Column(_) | Method::Columns(_) | Method::Gaussian(_) => false,
        }
    }

    /// Whether what the method scores depends on labels.
    pub(super) fn learns(&self) -> bool {
        match self {
            Method::Predictor(_) | Method::Columns(_) | Method::Gaussian(_) => true,
            Method::Ensemble(_) | Method::Distilled(_) => true,
            Method::Baseline(baseline) => baseline.learns(),
            Method::Column(_) => false,
        }
    }

    /// The method after it has learned: a function of a network.
    pub(super) fn learn(
        &self,
        train: &[Example],
        segmenter: Option<&Segmenter>,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, Error> {
        let column = |name: &str| {
            let reason = format!("`{name}` is a column of a frame");
            Err(Error::predictor("contender", reason, "a predictor, a gaussian process or a baseline"))
        };
        Ok(match (self, segmenter) {
            (Method::Predictor(settings), segmenter) => Box::new(learned(settings, train, segmenter, seed)?),
            (Method::Gaussian(settings), _) => Box::new(GaussianProcess::train(train, settings, seed)?),
            (Method::Ensemble(ensemble), segmenter) => ensemble.learn(train, segmenter, seed)?,
            (Method::Distilled(distilled), segmenter) => distilled.learn(train, segmenter, seed)?,
            (Method::Baseline(baseline), segmenter) => baseline.learn(train, segmenter, seed)?,
            (Method::Column(name), _) => return column(name),
            (Method::Columns(forest), _) => return column(&forest.names.join(", ")),
        })
    }
}

/// The mean of what several ways to score networks say after they have learned from the same labels, each under several
/// seeds. What one of them gets wrong by chance, the others need not.
///
/// ```
/// use autogo::predict::Comparison;
/// let text = r#"
///     train = 100
///     test = 50
///     seeds = [0]
///     contenders = [{ name = "both", ensemble = { members = [{ gaussian = {} }, { predictor = { epochs = 20 } }], seeds = 3 } }]
/// "#;
/// assert_eq!(Comparison::from_toml(text)?.contenders[0].name, "both");
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensemble {
    /// The ways; each learns labels, so that all scores have the label's unit. (Scores that were learned with a ranking loss
    /// have a scale of their own, and the weight that comes with it.)
    pub members: Vec<Method>,
    /// Seeds of each.
    #[serde(default = "once")]
    pub seeds: u64,
}

fn once() -> u64 {
    1
}

impl Ensemble {
    /// All members after they have learned.
    ///
    /// # Errors
    /// No members, and a member that learns nothing.
    pub(super) fn learn(
        &self,
        train: &[Example],
        segmenter: Option<&Segmenter>,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, Error> {
        if self.members.is_empty() || self.seeds == 0 {
            let reason = format!("has {} members of {} seeds", self.members.len(), self.seeds);
            return Err(Error::predictor("ensemble", reason, "at least 1 of each"));
        }
        if self.members.iter().any(|method| !method.learns() || matches!(method, Method::Ensemble(_))) {
            let reason = "has a member whose scores are no labels, or an ensemble";
            return Err(Error::predictor("ensemble", reason, "members that learn from labels by themselves"));
        }
        let mut members = Vec::new();
        for method in &self.members {
            for number in 0..self.seeds {
                // The first seed is the ensemble's own; the others are no seed that a study counts up to.
                members.push(method.learn(train, segmenter, seed ^ (number << 32))?);
            }
        }
        Ok(Box::new(Mean(members)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelledFamily;
    use crate::predict::Architecture;

    #[test]
    fn an_ensemble_says_the_mean_of_what_its_members_say() {
        let split = LabelledFamily::nb201_computed(40).unwrap().split(25, 15, 0).unwrap();
        let unseen = split.test_graphs();
        let process = Method::Gaussian(GaussianSettings { steps: 5, ..GaussianSettings::default() });
        let settings = TrainSettings { epochs: 2, architecture: Architecture::gnn(), ..TrainSettings::default() };
        let network = Method::Predictor(settings);
        let said = |method: &Method| method.learn(&split.train, None, 3).unwrap().score(&unseen).unwrap();
        let both = Method::Ensemble(Ensemble { members: vec![process.clone(), network.clone()], seeds: 1 });
        assert!(!both.reads_segments() && both.learns());
        let (a, b) = (said(&process), said(&network));
        let mean: Vec<f64> = a.iter().zip(&b).map(|(a, b)| (a + b) / 2.0).collect();
        assert_eq!(said(&both), mean);
        // Other seeds are other members.
        assert_ne!(said(&Method::Ensemble(Ensemble { members: vec![network.clone()], seeds: 2 })), b);
        let refused = |members: Vec<Method>, seeds| {
            let ensemble = Method::Ensemble(Ensemble { members, seeds });
            ensemble.learn(&split.train, None, 0).err().unwrap().to_string()
        };
        assert_eq!(refused(vec![], 1), "ensemble: has 0 members of 1 seeds; accepted: at least 1 of each");
        let parameters = Method::Baseline(Baseline::Params);
        for wrong in [parameters, both] {
            assert!(refused(vec![process.clone(), wrong], 1).contains("accepted: members that learn from labels by"));
        }
    }
}
