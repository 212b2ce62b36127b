//! The segments and the predictor of a search, mined, trained or read before the search starts.

use super::{PREDICTOR, PredictorSettings, SEGMENTS, SearchSettings};
use crate::failure::Failure;
use crate::inputs::{corpus, labelled, machine, quirks};
use autogo::Progress;
use autogo::data::{Example, Label};
use autogo::evolve::{Evolution, Formula, Mutator, Objective, RunColumn, RunFolder};
use autogo::graph::Graph;
use autogo::predict::{GaussianProcess, Predictor, SavedPredictor, Trained};
use autogo::profile::{EnergyTable, Npu};
use autogo::segment::Mined;
use std::path::Path;

/// A search that is ready to run.
pub struct Prepared {
    /// Makes children.
    pub mutator: Mutator,
    /// The settings, with the score in the direction of the labels.
    pub evolution: Evolution,
}

impl SearchSettings {
    /// Mines the segments and trains or reads the predictor; both are kept in `folder`, so that a run in it can be
    /// taken up.
    pub fn prepare(&self, folder: &Path) -> Result<Prepared, Failure> {
        let known = self.predictor.known()?;
        let lessons = if known.is_some() { None } else { Some(self.lessons()?) };
        let own = lessons.iter().filter(|lessons| lessons.are_own).flat_map(|lessons| &lessons.examples);
        let mined = self.mine(&own.map(|example| example.graph.clone()).collect::<Vec<Graph>>())?;
        mined.save(folder.join(SEGMENTS))?;
        let mut evolution = self.evolution.clone();
        let predictor = match (known, lessons) {
            (Some(known), _) => known,
            (None, Some(lessons)) => {
                ask_for(&mut evolution, &lessons.label);
                self.train(&mined, &lessons)?
            }
            (None, None) => return Err(Failure::Work("no predictor".into())),
        };
        let predictor = predictor.with_cuts(self.predictor.cuts);
        predictor.save(folder.join(PREDICTOR))?;
        if self.release {
            evolution = quirks(true).in_search(&evolution);
        }
        Ok(Prepared { mutator: self.mutator(predictor, mined)?, evolution })
    }

    /// Makes children from mined segments; the predictor scores the children, the machine times them.
    pub fn mutator(&self, predictor: impl Predictor + 'static, mined: Mined) -> Result<Mutator, Failure> {
        let energy = self.energy.as_deref().map(EnergyTable::named).transpose()?;
        mutator(predictor, mined, machine(&self.machine)?, energy)
    }

    /// The segments of the sampled networks, and of one's own.
    pub fn mine(&self, own: &[Graph]) -> Result<Mined, Failure> {
        let mut graphs = corpus(&self.segments.families, self.segments.seed)?;
        graphs.extend_from_slice(own);
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
        Ok(Lessons { examples, are_own, label: family.label().clone() })
    }

    /// A predictor that learned from these networks.
    fn train(&self, mined: &Mined, lessons: &Lessons) -> Result<SavedPredictor, Failure> {
        let mut predictor = self.predictor.clone();
        if self.release {
            predictor.settings.selection = quirks(true).selection;
        }
        fit(&predictor, mined, &lessons.examples, Progress::Live)
    }
}

impl PredictorSettings {
    /// The predictor that has a name or a file. Nothing where one is to be trained.
    fn known(&self) -> Result<Option<SavedPredictor>, Failure> {
        Ok(match (&self.name, &self.file) {
            (Some(_), Some(_)) => {
                return Err(Failure::Input("predictor: has a name and a file; accepted: one of the two".into()));
            }
            (Some(name), None) => Some(SavedPredictor::shipped(name)?),
            (None, Some(file)) => Some(SavedPredictor::load(file)?),
            (None, None) => None,
        })
    }
}

/// A predictor of these settings that learned from these networks.
pub fn fit(
    settings: &PredictorSettings,
    mined: &Mined,
    examples: &[Example],
    progress: Progress,
) -> Result<SavedPredictor, Failure> {
    if let Some(gaussian) = &settings.gaussian {
        return Ok(GaussianProcess::train(examples, gaussian, settings.settings.seed)?.into());
    }
    let (trained, _) = Trained::train(examples, Some(&mined.segmenter), &settings.settings, progress)?;
    Ok(trained.into())
}

/// Networks that a predictor learns from.
struct Lessons {
    examples: Vec<Example>,
    label: Label,
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
        Ok(Prepared { mutator, evolution: settings.evolution })
    }
}

fn mutator(
    predictor: impl Predictor + 'static,
    mined: Mined,
    npu: Npu,
    energy: Option<EnergyTable>,
) -> Result<Mutator, Failure> {
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
