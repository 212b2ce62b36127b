//! The state of a training between two epochs.

use super::adam::{Adam, StepSize};
use super::log::{Selection, TrainLog};
use crate::predict::network::Model;

/// A training between two epochs.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The model as it is trained.
    pub(super) model: Model,
    /// The optimiser.
    pub(super) adam: Adam,
    /// The running mean of the weights, by rows.
    pub(super) mean: Vec<Vec<f32>>,
    /// The model of the epoch that is kept.
    pub(super) best: Model,
    /// The record.
    pub(super) log: TrainLog,
}

impl State {
    /// The state before the first epoch.
    pub(super) fn new(model: Model) -> Self {
        State { mean: model.numbers(), adam: Adam::new(&model), best: model.clone(), model, log: TrainLog::default() }
    }

    /// One step of the model against a gradient. The running mean of the weights keeps a share `average` of itself;
    /// with 0 there is no mean.
    pub(super) fn step(&mut self, gradient: Vec<Vec<f32>>, size: &StepSize, average: f64) {
        self.adam.step(&mut self.model, gradient, size);
        if average > 0.0 {
            self.follow(average);
        }
    }

    /// Moves the running mean towards the model's weights. The mean starts at the first weights and forgets them as it
    /// goes on.
    fn follow(&mut self, average: f64) {
        let step = self.adam.steps as f64;
        // Early on the mean is over the steps so far.
        let keep = average.min(step / (step + 10.0)) as f32;
        for (mean, value) in self.mean.iter_mut().zip(&self.model.values) {
            mean.iter_mut().zip(value.as_vec()).for_each(|(mean, value)| *mean = keep * *mean + (1.0 - keep) * value);
        }
    }

    /// The model that predicts: the running mean of the weights, or the last weights.
    pub(super) fn predicting(&self, is_mean: bool) -> Model {
        match is_mean {
            true => Model::with_values(self.model.architecture, self.mean.clone()),
            false => self.model.clone(),
        }
    }

    /// Keeps a model if the epoch just logged is the best so far, or if no epoch has a merit.
    pub(super) fn keep_if_better(&mut self, model: Model, selection: Selection) {
        let merit =
            |number: usize| self.log.epochs.get(number.wrapping_sub(1)).and_then(|epoch| selection.merit(epoch));
        let last = self.log.epochs.len();
        let is_better = match (merit(last), merit(self.log.kept)) {
            (Some(now), Some(before)) => now > before,
            (None, Some(_)) => false,
            _ => true,
        };
        if is_better {
            self.best = model;
            self.log.kept = last;
        }
    }

    /// Whether the best epoch is more than `patience` epochs ago; never with 0.
    pub(super) fn is_stale(&self, patience: usize) -> bool {
        patience > 0 && self.log.epochs.len() > self.log.kept + patience
    }
}
