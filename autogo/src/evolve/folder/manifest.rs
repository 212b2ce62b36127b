//! `run.toml`: the settings of a run and what it depends on, so that a run that is taken up is the same run.

use super::run_folder::RunFolder;
use crate::error::Error;
use crate::evolve::mutate::Mutator;
use crate::evolve::objectives::RunColumn;
use crate::evolve::search::{Evolution, EvolutionRun};
use crate::graph::Graph;
use crate::profile::{EnergyTable, Npu};
use crate::segment::SegmentDb;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The first line of `run.toml`.
pub(super) const FORMAT: &str = "autogo run 1";

/// The settings of a run and what it depends on: `run.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: String,
    /// This library's version.
    pub(super) autogo: String,
    /// The solver that repairs segments, with its version.
    pub(super) solver: String,
    /// Content id of the input network.
    pub(super) input: String,
    /// SHA-256 over the ids of the segments, in order.
    pub(super) segments: String,
    /// SHA-256 of the segmenter.
    pub(super) segmenter: String,
    /// The predictor's fingerprint: a run with another predictor is another run.
    pub(super) predictor: String,
    /// The predictor's score of the input.
    pub(super) input_score: String,
    /// The machine.
    pub(super) machine: Npu,
    /// The table of energies, if energy is counted.
    pub(super) energy: Option<EnergyTable>,
    /// The settings of the search.
    pub(super) evolution: Evolution,
}

/// The settings of a run, as its folder holds them.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSettings {
    /// The machine.
    pub machine: Npu,
    /// The table of energies, if energy is counted.
    pub energy: Option<EnergyTable>,
    /// The settings of the search.
    pub evolution: Evolution,
}

impl Manifest {
    /// The manifest of a search from `input`; `start` is the run that holds the input alone.
    pub(super) fn of(evolution: &Evolution, start: &EvolutionRun, input: &Graph, mutator: &Mutator) -> Self {
        Manifest {
            format: FORMAT.into(),
            autogo: env!("CARGO_PKG_VERSION").into(),
            solver: evolution.mutation.repair.solver.version().into(),
            input: input.content_id().to_string(),
            segments: segments(mutator.db()),
            segmenter: sha256([serde_json::to_string(mutator.segmenter()).unwrap_or_default()]),
            predictor: mutator.predictor().fingerprint(),
            input_score: start.input().score.to_string(),
            machine: mutator.npu().clone(),
            energy: mutator.energy().cloned(),
            evolution: evolution.clone(),
        }
    }

    /// The manifest as TOML.
    pub(super) fn text(&self) -> Result<String, Error> {
        toml::to_string_pretty(self).map_err(|error| Error::setting("run.toml", error.to_string(), "plain settings"))
    }
}

impl RunFolder {
    /// The settings of the run.
    ///
    /// # Errors
    /// A folder without `run.toml`, or with another file under this name.
    pub fn settings(&self) -> Result<RunSettings, Error> {
        let Manifest { machine, energy, evolution, .. } = self.manifest()?;
        Ok(RunSettings { machine, energy, evolution })
    }

    pub(super) fn manifest(&self) -> Result<Manifest, Error> {
        let text = self.read("run.toml")?;
        let manifest: Manifest = toml::from_str(&text).map_err(|error| self.failed("run.toml", error.message()))?;
        match manifest.format == FORMAT {
            true => Ok(manifest),
            false => Err(self.failed("run.toml", format!("is `{}`; accepted: `{FORMAT}`", manifest.format))),
        }
    }

    /// Refuses to go on with a run of other settings, and names the part that differs.
    pub(super) fn check_same(&self, now: &Manifest) -> Result<(), Error> {
        let then = self.manifest()?;
        let columns = &now.evolution.columns;
        if let Some(missing) = then.evolution.columns.iter().find(|column| !columns.contains(column)) {
            let reason = format!("was begun with column `{}`", RunColumn::Own(missing.name()));
            return Err(self.failed("run.toml", format!("{reason}; accepted: {}", missing.accepted())));
        }
        let parts = [
            ("version of autogo", then.autogo == now.autogo),
            ("solver", then.solver == now.solver),
            ("input network", then.input == now.input),
            ("segment database", then.segments == now.segments),
            ("segmenter", then.segmenter == now.segmenter),
            ("predictor", then.predictor == now.predictor && then.input_score == now.input_score),
            ("machine", then.machine == now.machine),
            ("table of energies", then.energy == now.energy),
            ("set of settings", then.evolution == now.evolution),
        ];
        match parts.iter().find(|(_, is_same)| !is_same) {
            None => Ok(()),
            Some((what, _)) => {
                let reason = format!("was begun with another {what}; accepted: the same, or a new folder");
                Err(self.failed("run.toml", reason))
            }
        }
    }
}

/// A database by the ids of its segments.
pub(super) fn segments(db: &SegmentDb) -> String {
    sha256(db.rows().iter().map(|row| row.id.to_string()))
}

fn sha256(parts: impl IntoIterator<Item = String>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
