//! The examples of a training, made ready: terms, targets, and the networks that are held out.

use super::scale::Scale;
use super::settings::TrainSettings;
use crate::data::Example;
use crate::error::Error;
use crate::predict::network::{Model, Prepared, TermTable, predict, spread};
use crate::rng::Stream;
use crate::segment::Segmenter;
use crate::stats::srcc;
use rand::seq::SliceRandom;
use sha2::{Digest, Sha256};

/// Partitions over which a prediction for a network that is held out is averaged.
const DEV_CUTS: usize = 8;

/// The examples of a training, made ready.
pub(super) struct Examples {
    /// The distinct computations of all networks.
    pub(super) table: TermTable,
    /// Networks to learn from, with all partitions.
    pub(super) train: Vec<Prepared>,
    /// Their targets.
    pub(super) targets: Vec<f32>,
    /// The networks that are held out.
    dev: Vec<Prepared>,
    dev_labels: Vec<f64>,
    /// The scale of targets, from the labels to learn from.
    pub(super) scale: Scale,
}

/// Figures on the networks that are held out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DevFigures {
    /// Rank correlation of predictions and labels.
    pub(super) srcc: Option<f64>,
    /// Mean absolute percentage error of targets.
    pub(super) mape: Option<f64>,
}

impl Examples {
    /// Makes labelled networks ready, cut at the segments of `segmenter` if the architecture reads parts of a cut.
    pub(super) fn prepare(
        examples: &[Example],
        segmenter: Option<&Segmenter>,
        settings: &TrainSettings,
    ) -> Result<Self, Error> {
        check(examples, settings)?;
        let architecture = &settings.architecture;
        let segmenter = segmenter.filter(|_| architecture.reads.is_cut());
        let (kept, held_out) = hold_out(examples.len(), settings);
        let labels = |numbers: &[usize]| numbers.iter().map(|&at| examples[at].value).collect::<Vec<f64>>();
        let scale = Scale::of(&labels(&kept), settings.target);
        let mut table = TermTable::new(architecture.layers);
        let mut prepare = |at: &usize, cuts: usize| match (segmenter, &examples[*at].graph) {
            (Some(segmenter), graph) => {
                Prepared::partitions(graph, architecture, segmenter, &mut table, |all| spread(all, cuts))
            }
            (None, graph) => Prepared::graph(graph, architecture, &mut table),
        };
        let dev = held_out.iter().map(|at| prepare(at, DEV_CUTS)).collect::<Result<Vec<_>, Error>>()?;
        let train = kept.iter().map(|at| prepare(at, 0)).collect::<Result<Vec<_>, Error>>()?;
        let targets = labels(&kept).into_iter().map(|label| scale.target(label) as f32).collect();
        Ok(Examples { table, train, targets, dev, dev_labels: labels(&held_out), scale })
    }

    /// Figures of a model on the networks that are held out, if any are.
    pub(super) fn try_on_held_out(&self, model: &Model) -> Result<DevFigures, Error> {
        if self.dev.is_empty() {
            return Ok(DevFigures::default());
        }
        let predicted = predict(model, &self.table, &self.dev)?;
        let targets = self.dev_labels.iter().map(|&label| self.scale.target(label));
        let errors = predicted.iter().zip(targets).map(|(one, target)| ((one - target) / target).abs());
        let mape = 100.0 * errors.sum::<f64>() / predicted.len() as f64;
        Ok(DevFigures { srcc: srcc(&predicted, &self.dev_labels), mape: Some(mape) })
    }
}

/// Refuses examples that nothing can be learned from.
fn check(examples: &[Example], settings: &TrainSettings) -> Result<(), Error> {
    let held = (examples.len() as f64 * settings.dev_share) as usize;
    if examples.len() - held < 2 {
        let reason = format!("{} given, {held} of them held out", examples.len());
        return Err(Error::predictor("training examples", reason, "2 or more to train on"));
    }
    if let Some(at) = examples.iter().position(|example| !example.value.is_finite()) {
        let reason = format!("label {at} (`{}`) is {}", examples[at].graph.name(), examples[at].value);
        return Err(Error::predictor("training examples", reason, "finite labels"));
    }
    Ok(())
}

/// Indices to train on and indices held out, both ascending.
fn hold_out(count: usize, settings: &TrainSettings) -> (Vec<usize>, Vec<usize>) {
    let held = (count as f64 * settings.dev_share) as usize;
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut Stream::new(settings.seed, "held out").at(0));
    let mut held_out = order.split_off(count - held);
    order.sort_unstable();
    held_out.sort_unstable();
    (order, held_out)
}

/// The SHA-256 of settings and examples: trainings of one fingerprint are the same training.
pub(super) fn fingerprint(examples: &[Example], settings: &TrainSettings) -> String {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_string(settings).unwrap_or_default());
    for example in examples {
        hash.update(example.graph.content_id().to_string());
        hash.update(example.value.to_le_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
