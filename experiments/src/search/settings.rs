//! The settings of a search, as a TOML file holds them.

use crate::inputs::{LabelOrigin, Sample};
use crate::own_labels::LabelSource;
use autogo::evolve::Evolution;
use autogo::families::FamilyName;
use autogo::predict::{GaussianSettings, TrainSettings};
use autogo::profile::Npu;
use autogo::segment::Mining;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The settings of a search. A setting that the file leaves out is the default.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSettings {
    /// Whether the search has the original release's peculiarities.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub release: bool,
    /// The origin of the segments.
    pub segments: SegmentSettings,
    /// The predictor that scores.
    pub predictor: PredictorSettings,
    /// The machine: N256, N512, N1024, or a TOML file.
    pub machine: String,
    /// The table by which energy and power are counted, if they are wanted.
    pub energy: Option<String>,
    /// The search itself.
    pub evolution: Evolution,
}

/// Segments are mined from samples of families.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SegmentSettings {
    /// The stages of mining.
    pub mining: Mining,
    /// The families that are mined, each with its number of networks.
    pub families: Vec<Sample>,
    /// Seed of the samples.
    pub seed: u64,
}

/// A predictor: a file that `autogo train` wrote, or labels to train on: one's own, or a family's.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PredictorSettings {
    /// The name of a predictor that comes with the library (mini, nb101, nb201); the other fields then say nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The file of a predictor; the other fields but `cuts` then say nothing.
    pub file: Option<PathBuf>,
    /// A table of one's own networks and labels, instead of a family. Segments are mined from these networks, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelSource>,
    /// The labelled family.
    pub family: FamilyName,
    /// The origin of the family's labels, if it is not the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<LabelOrigin>,
    /// The number of networks to learn from: of a public benchmark exactly as many, otherwise at most.
    pub train: usize,
    /// Partitions over which a PSC averages the score of a network; 0 for all of them.
    pub cuts: usize,
    /// The settings of the predictor and its training.
    pub settings: TrainSettings,
    /// The settings of a Gaussian process, which then scores instead of a trained network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaussian: Option<GaussianSettings>,
}

/// Two partitions rank as well as sixteen, in a third of the time.
const CUTS: usize = 2;

impl Default for SearchSettings {
    fn default() -> Self {
        SearchSettings {
            release: false,
            segments: SegmentSettings::default(),
            predictor: PredictorSettings::default(),
            machine: Npu::n256().name,
            energy: None,
            evolution: Evolution::default(),
        }
    }
}

impl Default for SegmentSettings {
    fn default() -> Self {
        SegmentSettings { mining: Mining::bpe(813), families: Sample::of_five(200), seed: 0 }
    }
}

impl Default for PredictorSettings {
    fn default() -> Self {
        let settings = TrainSettings { epochs: 30, average: 0.98, ..TrainSettings::default() };
        PredictorSettings {
            name: None,
            file: None,
            labels: None,
            family: FamilyName::Nb201,
            origin: None,
            train: 800,
            cuts: CUTS,
            settings,
            gaussian: None,
        }
    }
}
