//! What is mined, trained or read before a search starts.

use super::{PREDICTOR, SEGMENTS, SearchSettings};
use crate::failure::Failure;
use crate::inputs::{corpus, labelled, machine, quirks};
use autogo::Progress;
use autogo::data::{Label, LabelledFamily};
use autogo::evolve::{Evolution, Formula, Mutator, Objective, RunColumn, RunFolder};
use autogo::predict::Trained;
use autogo::profile::{EnergyTable, Npu};
use autogo::segment::Mined;
use std::path::Path;

/// A search that is ready to run.
pub struct Prepared {
    /// Makes children.
    pub mutator: Mutator,
    /// The settings, with the score in the direction of the labels.
    pub evolution: Evolution,
    /// What the predictor learned to predict, in words.
    pub learned: String,
}

impl SearchSettings {
    /// Mines the segments and trains or reads the predictor; both are kept in `folder`, so that a run in it can be taken up.
    pub fn prepare(&self, folder: &Path) -> Result<Prepared, Failure> {
        let mined = self.mine()?;
        mined.save(folder.join(SEGMENTS))?;
        let mut evolution = self.evolution.clone();
        let (predictor, learned) = match &self.predictor.file {
            Some(file) => (Trained::load(file)?, learned_by(file)),
            None => {
                let (trained, family) = self.train(&mined)?;
                let label = family.label();
                ask_for(&mut evolution, label);
                (trained, format!("{} of {}", label.title, family.family()))
            }
        };
        let predictor = predictor.with_cuts(self.predictor.cuts);
        predictor.save(folder.join(PREDICTOR))?;
        if self.release {
            evolution = quirks(true).in_search(&evolution);
        }
        let energy = self.energy.as_deref().map(EnergyTable::named).transpose()?;
        let mutator = mutator(predictor, mined, machine(&self.machine)?, energy)?;
        Ok(Prepared { mutator, evolution, learned })
    }

    /// The segments of the sampled networks.
    fn mine(&self) -> Result<Mined, Failure> {
        let graphs = corpus(&self.segments.families, self.segments.seed)?;
        let mut mined = self.segments.mining.run(&graphs)?;
        if self.release {
            mined.segmenter.unknown = quirks(true).unknown;
        }
        say!("{} segments of {} networks", mined.db.len(), graphs.len());
        Ok(mined)
    }

    /// A predictor that learned from a labelled family, and that family.
    fn train(&self, mined: &Mined) -> Result<(Trained, LabelledFamily), Failure> {
        let wanted = &self.predictor;
        let family = labelled(wanted.family.prefix())?;
        say!("Predictor: {} networks. {}", wanted.train, family.banner());
        let split = family.split(wanted.train, 0, wanted.settings.seed)?;
        let mut settings = wanted.settings;
        if self.release {
            settings.selection = quirks(true).selection;
        }
        let (trained, _) = Trained::train(&split.train, Some(&mined.segmenter), &settings, Progress::Live)?;
        Ok((trained, family))
    }
}

impl Prepared {
    /// The search of a run's folder, as it was prepared before.
    pub fn reopen(folder: &RunFolder) -> Result<Prepared, Failure> {
        let mined = Mined::load(folder.path().join(SEGMENTS))?;
        let file = folder.path().join(PREDICTOR);
        let trained = Trained::load(&file)?;
        let settings = folder.settings()?;
        let mutator = mutator(trained, mined, settings.machine, settings.energy)?;
        Ok(Prepared { mutator, evolution: settings.evolution, learned: learned_by(&file) })
    }
}

/// Makes children from mined segments; the predictor scores the children, the machine times them.
fn mutator(predictor: Trained, mined: Mined, npu: Npu, energy: Option<EnergyTable>) -> Result<Mutator, Failure> {
    let mutator = Mutator::new(mined, predictor, npu)?;
    Ok(match energy {
        Some(table) => mutator.with_energy(table),
        None => mutator,
    })
}

/// Turns the search towards what the label means: objectives and windows that nobody set are those of the label, and a score
/// alone is minimised where less of the label is better.
fn ask_for(evolution: &mut Evolution, label: &Label) {
    let plain = Evolution::default();
    if (&evolution.objectives, &evolution.windows) == (&plain.objectives, &plain.windows) {
        let asked = Evolution::for_label(label, RunColumn::Cycles);
        (evolution.objectives, evolution.windows) = (asked.objectives, asked.windows);
    }
    let score = Formula::from(RunColumn::Score);
    for objective in evolution.objectives.iter_mut().filter(|objective| *objective.formula() == score) {
        *objective = Objective::score(label.goal);
    }
}

/// What a predictor that is read from a file learned: the file does not say.
fn learned_by(file: &Path) -> String {
    format!("what {} was trained on", file.display())
}
