//! The segments and the predictor of a search, mined, trained or read before the search starts.

use super::{PREDICTOR, SEGMENTS, SearchSettings};
use crate::failure::Failure;
use crate::inputs::{corpus, labelled, machine, quirks};
use autogo::Progress;
use autogo::data::{Example, Label};
use autogo::evolve::{Evolution, Formula, Mutator, Objective, RunColumn, RunFolder};
use autogo::predict::{GaussianProcess, SavedPredictor, Trained};
use autogo::profile::{EnergyTable, Npu};
use autogo::segment::Mined;
use std::path::Path;

/// A search that is ready to run.
pub struct Prepared {
    /// Makes children.
    pub mutator: Mutator,
    /// The settings, with the score in the direction of the labels.
    pub evolution: Evolution,
    /// The label that the predictor learned to predict, in words.
    pub learned: String,
}

impl SearchSettings {
    /// Mines the segments and trains or reads the predictor; both are kept in `folder`, so that a run in it can be
    /// taken up.
    pub fn prepare(&self, folder: &Path) -> Result<Prepared, Failure> {
        let lessons = match &self.predictor.file {
            Some(_) => None,
            None => Some(self.lessons()?),
        };
        let mined = self.mine(lessons.as_ref())?;
        mined.save(folder.join(SEGMENTS))?;
        let mut evolution = self.evolution.clone();
        let (predictor, learned) = match (&self.predictor.file, lessons) {
            (Some(file), _) => (SavedPredictor::load(file)?, learned_by(file)),
            (None, Some(lessons)) => {
                ask_for(&mut evolution, &lessons.label);
                let learned = format!("{} of {}", lessons.label.title, lessons.family);
                (self.train(&mined, &lessons)?, learned)
            }
            (None, None) => return Err(Failure::Work("no predictor".into())),
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

    /// The segments of the sampled networks, and of one's own that the predictor learns from.
    fn mine(&self, lessons: Option<&Lessons>) -> Result<Mined, Failure> {
        let mut graphs = corpus(&self.segments.families, self.segments.seed)?;
        if let Some(lessons) = lessons.filter(|lessons| lessons.are_own) {
            graphs.extend(lessons.examples.iter().map(|example| example.graph.clone()));
        }
        let mut mined = self.segments.mining.run(&graphs)?;
        if self.release {
            mined.segmenter.unknown = quirks(true).unknown;
        }
        say!("{} segments of {} networks", mined.db.len(), graphs.len());
        Ok(mined)
    }

    /// The networks that the predictor learns from.
    fn lessons(&self) -> Result<Lessons, Failure> {
        let wanted = &self.predictor;
        let family = match &wanted.labels {
            Some(table) => table.read()?,
            None => labelled(wanted.family.prefix(), wanted.origin)?,
        };
        let are_own = wanted.labels.is_some();
        let examples = match family.label().published {
            true => family.split(wanted.train, 0, wanted.settings.seed)?.train,
            false => family.draw(wanted.train, wanted.settings.seed)?,
        };
        say!("Predictor: {} networks. {}", examples.len(), family.banner());
        Ok(Lessons { examples, are_own, label: family.label().clone(), family: family.family().into() })
    }

    /// A predictor that learned from these networks.
    fn train(&self, mined: &Mined, lessons: &Lessons) -> Result<SavedPredictor, Failure> {
        let mut settings = self.predictor.settings;
        if let Some(gaussian) = &self.predictor.gaussian {
            return Ok(GaussianProcess::train(&lessons.examples, gaussian, settings.seed)?.into());
        }
        if self.release {
            settings.selection = quirks(true).selection;
        }
        let (trained, _) = Trained::train(&lessons.examples, Some(&mined.segmenter), &settings, Progress::Live)?;
        Ok(trained.into())
    }
}

/// Networks that a predictor learns from.
struct Lessons {
    examples: Vec<Example>,
    label: Label,
    family: String,
    /// Whether the networks come from a table of one's own.
    are_own: bool,
}

impl Prepared {
    /// The search of a run's folder, as it was prepared before.
    pub fn reopen(folder: &RunFolder) -> Result<Prepared, Failure> {
        let mined = Mined::load(folder.path().join(SEGMENTS))?;
        let file = folder.path().join(PREDICTOR);
        let predictor = SavedPredictor::load(&file)?;
        let settings = folder.settings()?;
        let mutator = mutator(predictor, mined, settings.machine, settings.energy)?;
        Ok(Prepared { mutator, evolution: settings.evolution, learned: learned_by(&file) })
    }
}

/// Makes children from mined segments; the predictor scores the children, the machine times them.
fn mutator(predictor: SavedPredictor, mined: Mined, npu: Npu, energy: Option<EnergyTable>) -> Result<Mutator, Failure> {
    let mutator = Mutator::new(mined, predictor, npu)?;
    Ok(match energy {
        Some(table) => mutator.with_energy(table),
        None => mutator,
    })
}

/// Turns the search towards the meaning of the label: objectives and windows that are not set are those of the label,
/// and a score alone is minimised where less of the label is better.
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

/// The label that a predictor of a file learned, in words: the file does not name it.
fn learned_by(file: &Path) -> String {
    format!("what {} was trained on", file.display())
}
