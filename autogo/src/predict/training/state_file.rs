//! The state of a training as a file of tensors: an interrupted training goes on from it.

use super::adam::Adam;
use super::exact::Exact;
use super::log::{Epoch, TrainLog};
use super::settings::TrainSettings;
use super::state::State;
use crate::error::Error;
use crate::files::{Tensors, read_tensors, take, write_tensors};
use crate::predict::network::{Model, Parameter, layout};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The name and the version of the format.
const FORMAT: &str = "autogo training 2";

/// Everything in a file besides its tensors.
#[derive(Serialize, Deserialize)]
struct About {
    format: String,
    fingerprint: String,
    steps: usize,
    epochs: Vec<LoggedEpoch>,
    kept: usize,
    settings: TrainSettings,
}

/// An epoch of the log: number, loss, learning rate, SRCC and percentage error on the networks held out.
type LoggedEpoch = (usize, Exact, Exact, Option<Exact>, Option<Exact>);

impl From<&Epoch> for LoggedEpoch {
    fn from(epoch: &Epoch) -> Self {
        let Epoch { epoch, loss, learning_rate, dev_srcc, dev_mape } = *epoch;
        (epoch, Exact(loss), Exact(learning_rate), dev_srcc.map(Exact), dev_mape.map(Exact))
    }
}

impl From<LoggedEpoch> for Epoch {
    fn from((epoch, loss, learning_rate, dev_srcc, dev_mape): LoggedEpoch) -> Self {
        let number = |exact: Exact| exact.0;
        Epoch {
            epoch,
            loss: loss.0,
            learning_rate: learning_rate.0,
            dev_srcc: dev_srcc.map(number),
            dev_mape: dev_mape.map(number),
        }
    }
}

/// Writes the state of the training with this fingerprint; the file appears whole or not at all.
pub(super) fn save(state: &State, path: &Path, settings: &TrainSettings, fingerprint: &str) -> Result<(), Error> {
    let about = About {
        format: FORMAT.into(),
        fingerprint: fingerprint.into(),
        steps: state.adam.steps,
        epochs: state.log.epochs.iter().map(LoggedEpoch::from).collect(),
        kept: state.log.kept,
        settings: *settings,
    };
    let about = serde_json::to_string(&about).map_err(|error| Error::file(path, error))?;
    let groups = [
        ("value", state.model.numbers()),
        ("first", state.adam.first.clone()),
        ("second", state.adam.second.clone()),
        ("mean", state.mean.clone()),
        ("best", state.best.numbers()),
    ];
    let layout = layout(&state.model.architecture);
    let tensors = groups.into_iter().flat_map(|(group, tensors)| {
        let named = layout.iter().zip(tensors);
        named.map(move |(one, tensor)| (format!("{group}.{}", one.name), (one.rows, one.columns), tensor))
    });
    write_tensors(path, tensors.collect(), about)
}

/// Reads a state that [`save`] wrote of the training with these settings and this fingerprint.
pub(super) fn load(path: &Path, settings: &TrainSettings, fingerprint: &str) -> Result<State, Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let (about, tensors) = read_tensors(path)?;
    let about = about_of(&about, settings, fingerprint).map_err(failed)?;
    let layout = layout(&settings.architecture);
    let group = |name: &str| group_of(&tensors, name, &layout).map_err(failed);
    let model = |values: Vec<Vec<f32>>| Model::with_values(settings.architecture, values);
    Ok(State {
        model: model(group("value")?),
        adam: Adam { steps: about.steps, first: group("first")?, second: group("second")? },
        mean: group("mean")?,
        best: model(group("best")?),
        log: TrainLog { epochs: about.epochs.into_iter().map(Epoch::from).collect(), kept: about.kept },
    })
}

/// Reads a file's text about itself, or says why the file is none of this training.
fn about_of(text: &str, settings: &TrainSettings, fingerprint: &str) -> Result<About, String> {
    let about: About =
        serde_json::from_str(text).map_err(|error| format!("is no training: {error}; accepted: `{FORMAT}`"))?;
    if about.format != FORMAT {
        return Err(format!("is `{}`; accepted: `{FORMAT}`", about.format));
    }
    if about.fingerprint != fingerprint {
        let what = if about.settings == *settings { "on other examples" } else { "with other settings" };
        return Err(format!("is of a training {what}; accepted: the same training, or no file"));
    }
    Ok(about)
}

/// A number for every entry of every parameter, from the tensors `group.name`.
fn group_of(tensors: &Tensors, group: &str, layout: &[Parameter]) -> Result<Vec<Vec<f32>>, String> {
    let read = |one: &Parameter| take(tensors, &format!("{group}.{}", one.name), (one.rows, one.columns));
    layout.iter().map(read).collect()
}
