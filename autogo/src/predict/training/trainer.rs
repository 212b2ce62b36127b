//! The loop of a training.

use super::adam::StepSize;
use super::examples::{DevFigures, Examples, fingerprint};
use super::log::{Epoch, TrainLog};
use super::reports::Reports;
use super::scale::Scale;
use super::settings::TrainSettings;
use super::state::State;
use super::state_file;
use super::step::{Case, cases, gradient};
use crate::data::Example;
use crate::error::Error;
use crate::interrupt;
use crate::predict::network::Model;
use crate::rng::Stream;
use crate::segment::Segmenter;
use rand::seq::SliceRandom;

/// The outcome of a training.
#[derive(Clone, Debug)]
pub(crate) struct Learned {
    /// The model of the epoch that was kept.
    pub(crate) model: Model,
    /// The scale of targets.
    pub(crate) scale: Scale,
    /// The record.
    pub(crate) log: TrainLog,
}

/// Trains a model on labelled networks, cut at the segments of `segmenter` if the architecture reads parts of a cut.
/// Weights start as those of `from`, or at random. An interrupt ends the training after the epoch that runs.
///
/// # Errors
/// Settings out of range, fewer than two examples to train on, labels that are not finite, kernels that the network
/// refuses, a loss that stops being finite; errors of the file of the state and of the watcher.
pub(crate) fn train(
    examples: &[Example],
    segmenter: Option<&Segmenter>,
    settings: &TrainSettings,
    from: Option<&Model>,
    reports: Reports<'_>,
) -> Result<Learned, Error> {
    train_until(examples, segmenter, settings, from, reports, settings.epochs)
}

/// Trains a model as [`train`] does, and leaves off after epoch `last` as if the training had been interrupted there.
fn train_until(
    examples: &[Example],
    segmenter: Option<&Segmenter>,
    settings: &TrainSettings,
    from: Option<&Model>,
    mut reports: Reports<'_>,
    last: usize,
) -> Result<Learned, Error> {
    settings.check()?;
    let prepared = Examples::prepare(examples, segmenter, settings)?;
    let fingerprint = fingerprint(examples, settings);
    let mut state = begin(settings, from, &fingerprint, &reports)?;
    let mut bar = reports.bar(state.log.epochs.len(), settings.epochs);
    while state.log.epochs.len() < last.min(settings.epochs) && !state.is_stale(settings.patience) {
        let epoch = run_epoch(&mut state, &prepared, settings)?;
        bar.report(epoch.epoch, &note(&epoch));
        if let Some(path) = reports.path() {
            state_file::save(&state, path, settings, &fingerprint)?;
        }
        reports.show(&state.log)?;
        if interrupt::is_asked() {
            bar.report(epoch.epoch, "interrupted");
            break;
        }
    }
    Ok(Learned { model: state.best, scale: prepared.scale, log: state.log })
}

/// The state that a training begins with: that of its file, if the file is there; otherwise one of fresh or given
/// weights.
fn begin(
    settings: &TrainSettings,
    from: Option<&Model>,
    fingerprint: &str,
    reports: &Reports<'_>,
) -> Result<State, Error> {
    match reports.path() {
        Some(path) if path.exists() => state_file::load(path, settings, fingerprint),
        _ => Ok(State::new(from.cloned().unwrap_or_else(|| Model::new(settings.architecture, settings.seed)))),
    }
}

/// One pass over the examples: steps, figures on the networks held out, and an entry in the log.
fn run_epoch(state: &mut State, examples: &Examples, settings: &TrainSettings) -> Result<Epoch, Error> {
    let (loss, learning_rate) = run_steps(state, examples, settings)?;
    let model = state.predicting(settings.average > 0.0);
    let DevFigures { srcc: dev_srcc, mape: dev_mape } = examples.try_on_held_out(&model)?;
    let epoch = Epoch { epoch: state.log.epochs.len() + 1, loss, learning_rate, dev_srcc, dev_mape };
    state.log.epochs.push(epoch);
    state.keep_if_better(model, settings.selection);
    Ok(epoch)
}

/// The steps of one pass in random order; the mean loss, and the learning rate of the last step.
fn run_steps(state: &mut State, examples: &Examples, settings: &TrainSettings) -> Result<(f64, f64), Error> {
    let epoch = state.log.epochs.len();
    let count = examples.train.len();
    let steps = settings.epochs * count.div_ceil(settings.batch);
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut Stream::new(settings.seed, "training order").at(epoch as u64));
    let (mut loss, mut rate) = (0.0, 0.0);
    for batch in order.chunks(settings.batch) {
        let of = |&at: &usize| cases(&examples.train[at], at, examples.targets[at], epoch, settings);
        let cases: Vec<Case> = batch.iter().flat_map(of).collect();
        let (step_loss, gradient) = gradient(&state.model, &examples.table, &cases, settings.loss)?;
        if !step_loss.is_finite() {
            return Err(Error::NotFinite { what: "the loss", place: format!("in epoch {}", epoch + 1) });
        }
        loss += step_loss * batch.len() as f64 / count as f64;
        rate = settings.schedule.rate(settings.learning_rate, state.adam.steps, steps);
        let size = StepSize { rate, clip: settings.clip, weight_decay: settings.weight_decay };
        state.step(gradient, &size, settings.average);
    }
    Ok((loss, rate))
}

/// The words of a bar about an epoch.
fn note(epoch: &Epoch) -> String {
    let detail = epoch.dev_srcc.map_or(String::new(), |srcc| format!(", dev SRCC {srcc:.4}"));
    format!("loss {:.4}{detail}", epoch.loss)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::fixtures::examples;
    use crate::predict::{Architecture, Gnn, Predictor, Psc, Selection, Target};
    use crate::progress::Progress;
    use std::path::Path;

    #[test]
    fn training_learns_and_does_not_depend_on_the_threads() {
        let (examples, segmenter) = examples(48);
        let settings = TrainSettings { epochs: 12, batch: 8, average: 0.9, ..TrainSettings::default() };
        let graphs: Vec<_> = examples.iter().take(6).map(|example| example.graph.clone()).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (psc, log) = Psc::train(&examples, &segmenter, &settings, Progress::Silent).unwrap();
                (psc.score(&graphs).unwrap(), log)
            })
        };
        let (one, two) = (run(1), run(2));
        assert_eq!(one, two);
        let losses: Vec<f64> = one.1.epochs.iter().map(|epoch| epoch.loss).collect();
        assert!(losses[11] < 0.5 * losses[0], "{losses:?}");
    }

    #[test]
    fn a_training_that_was_interrupted_ends_with_the_same_bytes() {
        let (examples, segmenter) = examples(30);
        let folder = std::env::temp_dir().join(format!("autogo-resume-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("training");
        let settings = TrainSettings {
            epochs: 6,
            batch: 8,
            dev_share: 0.2,
            average: 0.9,
            target: Target::ZScore,
            ..TrainSettings::default()
        };
        let train =
            |settings: &TrainSettings, reports: Reports<'_>| Psc::train(&examples, &segmenter, settings, reports);
        let silent = || Reports::new(Progress::Silent);
        let saved = |psc: &Psc, name: &str| {
            psc.save(folder.join(name)).unwrap();
            std::fs::read(folder.join(name)).unwrap()
        };
        let (whole, log) = train(&settings, silent()).unwrap();
        let learned = super::train(&examples, Some(&segmenter), &settings, None, silent().resumable(&path)).unwrap();
        let mut state = state_file::load(&path, &settings, &fingerprint(&examples, &settings)).unwrap();
        assert_eq!(state.log, log);
        assert_eq!(learned.model.numbers(), state.best.numbers());
        std::fs::remove_file(&path).unwrap();
        // Stopped after three epochs: as if the process had died, the file of the third is what is left.
        state = interrupted(&examples, &segmenter, &settings, 3, &path);
        assert_eq!(state.log.epochs.len(), 3);
        let (resumed, resumed_log) = train(&settings, silent().resumable(&path)).unwrap();
        assert_eq!(resumed_log, log);
        assert!(saved(&whole, "whole") == saved(&resumed, "resumed"));
        assert_eq!(saved(&Psc::load(folder.join("whole")).unwrap(), "again"), saved(&whole, "whole"));

        let other = TrainSettings { batch: 4, ..settings };
        let error = train(&other, silent().resumable(&path)).unwrap_err().to_string();
        assert!(error.contains("is of a training with other settings"), "{error}");
        let error = Gnn::load(folder.join("whole")).unwrap_err().to_string();
        assert!(error.ends_with("reads Psc; accepted: a GNN"), "{error}");
        std::fs::write(&path, b"nothing").unwrap();
        let error = train(&settings, silent().resumable(&path)).unwrap_err().to_string();
        assert!(error.contains("training: is no file of tensors"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// The state that a process which dies after `epochs` epochs leaves behind.
    fn interrupted(
        examples: &[Example],
        segmenter: &Segmenter,
        settings: &TrainSettings,
        epochs: usize,
        path: &Path,
    ) -> State {
        let reports = Reports::new(Progress::Silent).resumable(path);
        train_until(examples, Some(segmenter), settings, None, reports, epochs).unwrap();
        state_file::load(path, settings, &fingerprint(examples, settings)).unwrap()
    }

    #[test]
    fn early_stopping_keeps_the_best_epoch() {
        let (examples, _) = examples(40);
        let architecture = Architecture::gnn();
        let settings =
            TrainSettings { architecture, epochs: 30, patience: 2, dev_share: 0.3, ..TrainSettings::default() };
        let (_, log) = Gnn::train(&examples, &settings, Progress::Silent).unwrap();
        let dev: Vec<f64> = log.epochs.iter().map(|epoch| epoch.dev_srcc.unwrap()).collect();
        let best = dev.iter().copied().fold(f64::MIN, f64::max);
        assert_eq!(dev[log.kept - 1], best);
        assert!(log.epochs.len() < 30 && log.epochs.len() == log.kept + 3, "{dev:?}");
    }

    #[test]
    fn percentage_errors_choose_another_epoch_when_they_are_asked() {
        let (examples, _) = examples(40);
        let settings = TrainSettings {
            architecture: Architecture::gnn(),
            epochs: 12,
            dev_share: 0.3,
            selection: Selection::Mape,
            ..TrainSettings::default()
        };
        let (_, log) = Gnn::train(&examples, &settings, Progress::Silent).unwrap();
        let mape: Vec<f64> = log.epochs.iter().map(|epoch| epoch.dev_mape.unwrap()).collect();
        assert_eq!(mape[log.kept - 1], mape.iter().copied().fold(f64::MAX, f64::min));
    }

    #[test]
    fn fine_tuning_starts_from_what_was_learned() {
        let (examples, segmenter) = examples(60);
        let settings = TrainSettings { epochs: 15, batch: 8, ..TrainSettings::default() };
        let (psc, _) = Psc::train(&examples[..40], &segmenter, &settings, Progress::Silent).unwrap();
        let few = TrainSettings { epochs: 2, learning_rate: 3e-4, ..settings };
        let (_, fresh) = Psc::train(&examples[40..], &segmenter, &few, Progress::Silent).unwrap();
        let (_, tuned) = psc.fine_tune(&examples[40..], &few, Progress::Silent).unwrap();
        assert!(tuned.epochs[0].loss < 0.7 * fresh.epochs[0].loss, "{tuned:?} {fresh:?}");
    }

    #[test]
    fn wrong_input_is_refused() {
        let (mut examples, segmenter) = examples(3);
        let settings = TrainSettings::default();
        let said = |examples: &[Example], settings: &TrainSettings| {
            Psc::train(examples, &segmenter, settings, Progress::Silent).unwrap_err().to_string()
        };
        let error = said(&examples[..1], &settings);
        assert_eq!(error, "training examples: 1 given, 0 of them held out; accepted: 2 or more to train on");
        let narrow = Architecture { hidden: 8, ..Architecture::default() };
        let error = said(&examples, &TrainSettings { architecture: narrow, ..settings });
        assert!(error.starts_with("hidden: is 8; accepted: 20 to 1024"), "{error}");
        let error = said(&examples, &TrainSettings { architecture: Architecture::gnn(), ..settings });
        assert_eq!(error, "reads: asks for whole graphs; accepted: `psc` or a part of it");
        let error = said(&examples, &TrainSettings { learning_rate: f64::NAN, ..settings });
        assert_eq!(error, "learning_rate: is NaN; accepted: a positive number");
        let error = said(&examples, &TrainSettings { learning_rate: 1e30, clip: 1e30, ..settings });
        assert!(error.contains("the loss is not finite in epoch"), "{error}");
        examples[1].value = f64::NAN;
        assert!(said(&examples, &settings).contains("label 1 (`nb201:"), "{}", said(&examples, &settings));
    }
}
