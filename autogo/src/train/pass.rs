//! A batch on one thread or several.
//!
//! A batch is cut into pieces, whose number and sizes follow from the plan alone. Every thread computes some
//! neighbouring pieces, step by step. Batch norms use the statistics of the whole batch: before a batch norm, all
//! threads meet, and every thread joins the pieces' statistics in the order of the pieces. The pieces' gradients are
//! joined in this order as well. Nothing depends on the number of threads.

use super::meeting::{Meeting, Off, Seat};
use super::network::Network;
use super::piece::{Loss, Mode, Piece, Shared};
use super::plan::kernel::refused;
use super::targets::Targets;
use crate::error::{Error, TrainError};
use autogo_engine::loss::{CrossEntropy, Scores};
use autogo_engine::{Write, copy};

/// The part of the way to the batch's statistics that a step moves the running statistics of batch norms.
const FOLLOW: f32 = 0.1;

/// The reason why a thread's work ended.
enum Left {
    /// An error of this thread.
    Failed(TrainError),
    /// Another thread's failure.
    Off,
}

impl From<TrainError> for Left {
    fn from(error: TrainError) -> Left {
        Left::Failed(error)
    }
}

impl From<Off> for Left {
    fn from(_: Off) -> Left {
        Left::Off
    }
}

impl Network {
    /// The logits of some images: `[image][row][column][channel]` in, `[image][class]` out. Batch norms use their
    /// running statistics, so every image is computed for itself.
    ///
    /// # Errors
    /// [`TrainError::Batch`] when the images are none, not whole, or more than a batch.
    pub fn forward(&mut self, images: &[f32]) -> Result<&[f32], Error> {
        self.pass(images, Mode::Evaluation, None)?;
        let mut at = 0;
        for piece in &self.pieces {
            let logits = piece.arena.get(self.plan.logits);
            self.logits[at..at + logits.len()].copy_from_slice(logits);
            at += logits.len();
        }
        Ok(&self.logits[..at])
    }

    /// Computes the mean cross-entropy of a batch and its gradient by every weight, without changing the weights. Batch
    /// norms use the statistics of the batch; their running statistics follow.
    ///
    /// `images` are `[image][row][column][channel]`, `smoothing` spreads so much of a label over all classes.
    ///
    /// # Errors
    /// [`TrainError::Batch`] when images and labels do not fit, a label that is no class.
    pub fn gradient(&mut self, images: &[f32], labels: &[u32], smoothing: f32) -> Result<Scores, Error> {
        self.check_labels(images, labels)?;
        let classes = self.plan.output.elements() as usize;
        let loss = CrossEntropy { classes, smoothing, ignored: None };
        Ok(self.pass(
            images,
            Mode::Training,
            Some(Loss::Classes { loss, labels, factor: 1.0 / labels.len() as f32 }),
        )?)
    }

    /// Computes the mean loss of a batch against targets of any kind and its gradient by every weight, as
    /// [`Network::gradient`] does for labels. The mean is over all elements that count: labels that are not ignored,
    /// values, coordinates.
    ///
    /// ```
    /// use autogo::train::{Network, Targets};
    /// use autogo_engine::loss::Regression;
    /// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
    /// let mut network = Network::new(&graph, 0)?;
    /// let (image, wanted) = (vec![0.5; 32 * 32 * 3], [0.0; 10]);
    /// let scores = network.gradient_of(&image, Targets::Values { loss: Regression::Squared, wanted: &wanted })?;
    /// assert_eq!(scores.counted, 10);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TrainError::Batch`] when images and targets do not fit, a label that is no class.
    pub fn gradient_of(&mut self, images: &[f32], targets: Targets<'_>) -> Result<Scores, Error> {
        let loss = targets.loss(&self.plan, images.len())?;
        Ok(self.pass(images, Mode::Training, Some(loss))?)
    }

    /// Computes the gradient of a weighted sum of logits, `Σ weight·logit`, by every weight. `weights` are
    /// `[image][class]`. Batch norms use the statistics of the batch.
    pub(super) fn gradient_of_sum(&mut self, images: &[f32], weights: &[f32]) -> Result<(), Error> {
        self.pass(images, Mode::Training, Some(Loss::Weighted(weights)))?;
        Ok(())
    }

    /// The gradient of the last batch by its images, `[image][row][column][channel]`: nothing unless the settings ask
    /// for it ([`NetworkSettings::reaches_images`](super::NetworkSettings::reaches_images)), nor where the output does
    /// not depend on the images.
    ///
    /// ```
    /// use autogo::train::{Network, NetworkSettings};
    /// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
    /// let settings = NetworkSettings { batch: 2, reaches_images: true, ..NetworkSettings::default() };
    /// let mut network = Network::with(&graph, 0, settings)?;
    /// let images: Vec<f32> = (0..2 * 32 * 32 * 3).map(|at| (at % 7) as f32).collect();
    /// network.gradient(&images, &[0, 1], 0.0)?;
    /// assert_eq!(network.image_gradient().map(|gradient| gradient.len()), Some(images.len()));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn image_gradient(&self) -> Option<Vec<f32>> {
        let gradient = self.plan.image_gradient?;
        Some(self.pieces.iter().flat_map(|piece| piece.arena.get(gradient).iter().copied()).collect())
    }

    /// Computes a batch forward as in training: batch norms use the statistics of the batch.
    pub(super) fn forward_in_training(&mut self, images: &[f32]) -> Result<(), Error> {
        self.pass(images, Mode::Training, None)?;
        Ok(())
    }

    pub(super) fn check_labels(&self, images: &[f32], labels: &[u32]) -> Result<(), TrainError> {
        let (floats, batch) = (self.plan.input.elements() as usize, self.plan.batch);
        if labels.is_empty() || labels.len() > batch || labels.len() * floats != images.len() {
            return Err(TrainError::Batch { found: images.len(), labels: labels.len(), batch, floats });
        }
        Ok(())
    }

    /// Computes a batch: forward, and with a loss backward as well.
    fn pass(&mut self, images: &[f32], mode: Mode, loss: Option<Loss<'_>>) -> Result<Scores, TrainError> {
        let plan = &self.plan;
        let floats = plan.input.elements() as usize;
        let count = images.len() / floats;
        if count == 0 || count > plan.batch || !images.len().is_multiple_of(floats) {
            return Err(TrainError::Batch { found: images.len(), labels: count, batch: plan.batch, floats });
        }
        let pieces = count.div_ceil(plan.piece);
        let (weights, packed, running) = (&self.weights[..], &self.packed[..], &self.running[..]);
        let shared = Shared { plan, weights, packed, running, board: &self.board, pieces, mode };
        for piece in &mut self.pieces[pieces..] {
            piece.arena.images = 0;
        }
        let job = Job { shared, images, loss };
        job.share(&mut self.pieces[..pieces])?;
        let mut scores = Scores::default();
        self.pieces[..pieces].iter().for_each(|piece| scores.merge(piece.scores));
        if loss.is_some() {
            self.add_gradients(pieces)?;
        }
        if mode == Mode::Training {
            self.follow()?;
        }
        Ok(scores)
    }

    /// Adds the pieces' gradients, in the order of the pieces, to that of the first.
    fn add_gradients(&mut self, pieces: usize) -> Result<(), TrainError> {
        if let Some((first, others)) = self.pieces[..pieces].split_first_mut() {
            for other in others {
                copy(&self.plan.engine, &other.gradient, &mut first.gradient, Write::Add)
                    .map_err(|error| refused("the gradient", &error))?;
            }
        }
        Ok(())
    }

    /// Moves the running statistics of batch norms towards those of the batch.
    fn follow(&mut self) -> Result<(), TrainError> {
        for step in self.plan.steps.iter().filter(|step| step.norm) {
            let (Some(map), Some(parameter)) = (step.map, step.parameter) else { continue };
            let (mean, variance) =
                (self.plan.parameters.range(parameter + 2), self.plan.parameters.range(parameter + 3));
            // The mean's line ends before the variance's begins.
            let (before, after) = self.running.split_at_mut(variance.start);
            let done = self.pieces[0].moments[map].follow(FOLLOW, &mut before[mean], &mut after[..variance.len()]);
            done.map_err(|error| refused(&step.node, &error))?;
        }
        Ok(())
    }
}

/// A batch and the work on it.
#[derive(Clone, Copy)]
struct Job<'a> {
    shared: Shared<'a>,
    images: &'a [f32],
    loss: Option<Loss<'a>>,
}

impl Job<'_> {
    /// Computes all pieces, on as many threads as there are pieces for.
    fn share(self, pieces: &mut [Piece]) -> Result<(), TrainError> {
        let each = pieces.len().div_ceil(self.shared.plan.threads);
        let meeting = Meeting::of(pieces.len().div_ceil(each));
        let mut parts = pieces.chunks_mut(each);
        let Some(own) = parts.next() else { return Ok(()) };
        let found = if parts.len() == 0 {
            self.work(own, meeting.seat()) // a scope would allocate
        } else {
            std::thread::scope(|scope| {
                let meeting = &meeting;
                let others: Vec<_> = parts.map(|part| scope.spawn(move || self.work(part, meeting.seat()))).collect();
                let own = self.work(own, meeting.seat());
                others.into_iter().fold(own, |found, other| {
                    let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                    match (found, other) {
                        (Ok(()) | Err(Left::Off), Err(error)) => Err(error),
                        (found, _) => found,
                    }
                })
            })
        };
        match found {
            Ok(()) => Ok(()),
            Err(Left::Failed(error)) => Err(error),
            Err(Left::Off) => Err(TrainError::Node { node: "the batch".into(), reason: "a thread has ended".into() }),
        }
    }

    /// Computes some neighbouring pieces.
    fn work(self, pieces: &mut [Piece], seat: Seat<'_>) -> Result<(), Left> {
        let (shared, plan) = (&self.shared, self.shared.plan);
        let floats = plan.input.elements() as usize * plan.piece;
        for piece in pieces.iter_mut() {
            let from = piece.number * floats;
            piece.take(plan, &self.images[from..self.images.len().min(from + floats)]);
        }
        for (index, step) in plan.steps.iter().enumerate() {
            if step.norm && shared.mode == Mode::Training {
                pieces.iter_mut().try_for_each(|piece| piece.add_moments(shared, index))?;
                seat.wait()?;
            }
            pieces.iter_mut().try_for_each(|piece| piece.step_forward(shared, index))?;
        }
        if let Some(loss) = self.loss {
            for piece in pieces.iter_mut() {
                piece.score(plan, loss)?;
                piece.gradient.fill(0.0);
            }
            for (index, step) in plan.steps.iter().enumerate().rev().filter(|(_, step)| step.gradient.is_some()) {
                if step.norm {
                    pieces.iter_mut().try_for_each(|piece| piece.add_sums(shared, index))?;
                    seat.wait()?;
                }
                pieces.iter_mut().try_for_each(|piece| piece.step_backward(shared, index))?;
            }
        }
        seat.finish();
        Ok(())
    }
}
