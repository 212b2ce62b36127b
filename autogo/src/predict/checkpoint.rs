//! The state of a training as a file of tensors.

use super::adam::Adam;
use super::model::{Model, layout};
use super::settings::{Selection, TrainSettings};
use super::tensors::{read_tensors, take, write_tensors};
use super::train::{Epoch, TrainLog};
use crate::error::Error;
use dfdx::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What the files say of themselves.
const TRAINING: &str = "autogo training 2";

/// A training between two epochs.
#[derive(Clone, Debug)]
pub(super) struct Progressed {
    pub(super) model: Model,
    pub(super) adam: Adam,
    /// Running mean of the weights.
    pub(super) mean: Vec<Vec<f32>>,
    /// The model of the epoch that is kept.
    pub(super) best: Model,
    pub(super) log: TrainLog,
}

#[derive(Serialize, Deserialize)]
struct About {
    format: String,
    fingerprint: String,
    steps: usize,
    epochs: Vec<LoggedEpoch>,
    kept: usize,
    settings: TrainSettings,
}

/// An epoch of the log: number, loss, learning rate, SRCC and percentage error on what is held out.
type LoggedEpoch = (usize, Exact, Exact, Option<Exact>, Option<Exact>);

/// A number that comes back from JSON as it was: written as text, which Rust reads back exactly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact(pub(super) f64);

impl Serialize for Exact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Exact).map_err(|_| serde::de::Error::custom(format!("`{text}` is no number")))
    }
}

fn logged(log: &TrainLog) -> Vec<LoggedEpoch> {
    let one = |epoch: &Epoch| {
        (
            epoch.epoch,
            Exact(epoch.loss),
            Exact(epoch.learning_rate),
            epoch.dev_srcc.map(Exact),
            epoch.dev_mape.map(Exact),
        )
    };
    log.epochs.iter().map(one).collect()
}

fn log_of(epochs: Vec<LoggedEpoch>, kept: usize) -> TrainLog {
    let one = |(epoch, loss, learning_rate, dev_srcc, dev_mape): LoggedEpoch| Epoch {
        epoch,
        loss: loss.0,
        learning_rate: learning_rate.0,
        dev_srcc: dev_srcc.map(|srcc| srcc.0),
        dev_mape: dev_mape.map(|mape| mape.0),
    };
    TrainLog { epochs: epochs.into_iter().map(one).collect(), kept }
}

impl Progressed {
    pub(super) fn new(model: Model) -> Self {
        let mean = model.values.iter().map(|value| value.as_vec()).collect();
        Progressed { adam: Adam::new(&model), best: model.clone(), model, mean, log: TrainLog::default() }
    }

    /// The model that predicts: the running mean, or the last weights.
    pub(super) fn predicting(&self, is_mean: bool, device: &Cpu) -> Model {
        if !is_mean {
            return self.model.clone();
        }
        let values = self.mean.iter().zip(&self.model.values);
        let values = values.map(|(mean, value)| device.tensor_from_vec(mean.clone(), *value.shape())).collect();
        Model { values, ..self.model.clone() }
    }

    /// Keeps a model if the epoch just logged is the best so far, or nothing tells which is.
    pub(super) fn keep_if_better(&mut self, model: Model, selection: Selection) {
        // Larger is better.
        let merit = |epoch: &Epoch| match selection {
            Selection::Srcc => epoch.dev_srcc,
            Selection::Mape => epoch.dev_mape.map(|mape| -mape),
        };
        let dev = |at: usize| self.log.epochs.get(at.wrapping_sub(1)).and_then(merit);
        let last = self.log.epochs.len();
        let is_better = match (dev(last), dev(self.log.kept)) {
            (Some(now), Some(before)) => now > before,
            (None, Some(_)) => false,
            _ => true,
        };
        if is_better {
            self.best = model;
            self.log.kept = last;
        }
    }

    /// Whether the best epoch is too long ago.
    pub(super) fn is_stale(&self, patience: usize) -> bool {
        patience > 0 && self.log.epochs.len() > self.log.kept + patience
    }

    /// Writes the state; the file appears whole or not at all.
    pub(super) fn save(&self, path: &Path, settings: &TrainSettings, fingerprint: &str) -> Result<(), Error> {
        let values = |model: &Model| model.values.iter().map(|value| value.as_vec()).collect::<Vec<_>>();
        let groups = [
            ("value", values(&self.model)),
            ("first", self.adam.first.clone()),
            ("second", self.adam.second.clone()),
            ("mean", self.mean.clone()),
            ("best", values(&self.best)),
        ];
        let about = About {
            format: TRAINING.into(),
            fingerprint: fingerprint.into(),
            steps: self.adam.steps,
            epochs: logged(&self.log),
            kept: self.log.kept,
            settings: *settings,
        };
        let about = serde_json::to_string(&about).unwrap_or_default();
        let layout = layout(&self.model.architecture);
        let tensors = groups.into_iter().flat_map(|(group, tensors)| {
            let named = layout.iter().zip(tensors);
            named.map(move |((name, rows, columns), tensor)| (format!("{group}.{name}"), (*rows, *columns), tensor))
        });
        write_tensors(path, tensors.collect(), about)
    }

    /// Reads a state that [`Progressed::save`] wrote of the same training.
    pub(super) fn load(path: &Path, settings: &TrainSettings, fingerprint: &str, device: &Cpu) -> Result<Self, Error> {
        let failed = |reason: String| Error::File { path: path.into(), reason };
        let (about, tensors) = read_tensors(path)?;
        let about: About = serde_json::from_str(&about)
            .map_err(|error| failed(format!("is no training: {error}; accepted: `{TRAINING}`")))?;
        if about.format != TRAINING {
            return Err(failed(format!("is `{}`; accepted: `{TRAINING}`", about.format)));
        }
        if about.fingerprint != fingerprint {
            let what = if about.settings == *settings { "on other examples" } else { "with other settings" };
            return Err(failed(format!("is of a training {what}; accepted: the same training, or no file")));
        }
        let layout = layout(&settings.architecture);
        let group = |group: &str| {
            let read = |(name, rows, columns): &(String, usize, usize)| {
                take(&tensors, &format!("{group}.{name}"), (*rows, *columns)).map_err(&failed)
            };
            layout.iter().map(read).collect::<Result<Vec<Vec<f32>>, Error>>()
        };
        let model = |tensors: Vec<Vec<f32>>| Model {
            architecture: settings.architecture,
            values: tensors
                .into_iter()
                .zip(&layout)
                .map(|(data, (_, rows, columns))| device.tensor_from_vec(data, (*rows, *columns)))
                .collect(),
        };
        Ok(Progressed {
            model: model(group("value")?),
            adam: Adam { steps: about.steps, first: group("first")?, second: group("second")? },
            mean: group("mean")?,
            best: model(group("best")?),
            log: log_of(about.epochs, about.kept),
        })
    }
}
