//! The state of a training as a file: an interrupted training goes on from it and ends with the same weights.

use super::network::Network;
use super::optimiser::Optimiser;
use super::recipe::Recipe;
use crate::error::Error;
use crate::files::{read_tensors, take_sized, write_sized};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The name of the checkpoint in the folder of a training.
pub(super) const CHECKPOINT: &str = "checkpoint.safetensors";
/// The name and the version of the format.
const FORMAT: &str = "autogo fit 1";

/// Everything in a file besides its tensors.
#[derive(Serialize, Deserialize)]
struct About<L> {
    format: String,
    /// The graph and the task of the training.
    subject: String,
    recipe: Recipe,
    steps: u64,
    log: L,
}

/// Writes the state; the file appears whole or not at all.
pub(super) fn save<L: Clone + Serialize>(
    path: &Path,
    subject: &str,
    recipe: &Recipe,
    network: &Network,
    optimiser: &mut Optimiser,
    log: &L,
) -> Result<(), Error> {
    let (steps, log) = (optimiser.steps, log.clone());
    let about = About { format: FORMAT.into(), subject: subject.into(), recipe: *recipe, steps, log };
    let about = serde_json::to_string(&about).map_err(|error| Error::file(path, error))?;
    let mut tensors = network.named();
    for (name, memory) in optimiser.memory() {
        tensors.push((format!("optimiser.{name}"), vec![memory.len()], memory.to_vec()));
    }
    write_sized(path, tensors, about)
}

/// Reads the state of a training of the same graph, task and recipe into a network and an optimiser.
pub(super) fn load<L: DeserializeOwned>(
    path: &Path,
    subject: &str,
    recipe: &Recipe,
    network: &mut Network,
    optimiser: &mut Optimiser,
) -> Result<L, Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let (about, tensors) = read_tensors(path)?;
    let about: About<L> = serde_json::from_str(&about)
        .map_err(|error| failed(format!("is no state of a training: {error}; accepted: `{FORMAT}`")))?;
    if about.format != FORMAT || about.subject != subject || about.recipe != *recipe {
        let reason = format!("is the state of another training, {}; accepted: one of {subject}", about.subject);
        return Err(failed(reason));
    }
    network.set_tensors(&tensors).map_err(|error| failed(error.to_string()))?;
    for (name, memory) in optimiser.memory() {
        let values = take_sized(&tensors, &format!("optimiser.{name}"), &[memory.len()]).map_err(failed)?;
        memory.copy_from_slice(&values);
    }
    optimiser.steps = about.steps;
    Ok(about.log)
}
