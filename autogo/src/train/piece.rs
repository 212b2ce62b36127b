//! A piece of a batch: the memory of some images, and what the pieces tell each other.

use super::plan::Plan;
use super::plan::arena::Arena;
use super::plan::kernel::refused;
use crate::error::TrainError;
use autogo_engine::Buffer;
use autogo_engine::loss::{CrossEntropy, Places, Regression, Scores};
use autogo_engine::norm::{Folded, GradientSums, Moments, NormGradient};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The memory of a piece. All pieces are computed alike, so a result does not depend on the thread that computes it.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Its place among the pieces.
    pub number: usize,
    pub arena: Arena,
    pub scratch: Buffer,
    /// The piece's part of the gradient.
    pub gradient: Buffer,
    /// Batch norms with the statistics of the whole batch, or the running ones.
    pub folded: Vec<Folded>,
    pub norms: Vec<NormGradient>,
    /// The whole batch's statistics.
    pub moments: Vec<Moments>,
    pub sums: Vec<GradientSums>,
    /// The loss and the correct answers of the piece.
    pub scores: Scores,
}

impl Piece {
    /// The memory of a plan's piece.
    pub fn new(plan: &Plan, number: usize) -> Piece {
        Piece {
            number,
            arena: Arena::new(plan.places.clone()),
            scratch: Buffer::zeros(plan.scratch),
            gradient: Buffer::zeros(plan.parameters.len),
            folded: plan.maps.iter().map(|&channels| Folded::new(channels)).collect(),
            norms: plan.maps.iter().map(|&channels| NormGradient::new(channels)).collect(),
            moments: plan.maps.iter().map(|&channels| Moments::new(channels)).collect(),
            sums: plan.maps.iter().map(|&channels| GradientSums::new(channels)).collect(),
            scores: Scores::default(),
        }
    }
}

/// A place that one piece writes and, after a meeting, all pieces read.
#[derive(Debug)]
pub(super) struct Slot<T>(Mutex<T>);

impl<T> Slot<T> {
    /// The value of the slot. No thread waits for long: a meeting keeps the writer and the readers apart.
    pub fn open(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Slot(Mutex::new(self.open().clone()))
    }
}

/// The statistics of every piece for every batch norm, `[map][piece]`.
#[derive(Clone, Debug)]
pub(super) struct Board {
    pub moments: Vec<Vec<Slot<Moments>>>,
    pub sums: Vec<Vec<Slot<GradientSums>>>,
}

impl Board {
    /// The places of a plan.
    pub fn new(plan: &Plan) -> Board {
        fn slots<T>(plan: &Plan, one: fn(usize) -> T) -> Vec<Vec<Slot<T>>> {
            let row = |&channels: &usize| (0..plan.pieces()).map(|_| Slot(Mutex::new(one(channels)))).collect();
            plan.maps.iter().map(row).collect()
        }
        Board { moments: slots(plan, Moments::new), sums: slots(plan, GradientSums::new) }
    }
}

/// The statistics that batch norms use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The statistics of the batch; the running statistics follow.
    Training,
    /// The running statistics.
    Evaluation,
}

/// The data that all pieces read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared<'a> {
    pub plan: &'a Plan,
    pub weights: &'a [f32],
    pub packed: &'a [f32],
    pub running: &'a [f32],
    pub board: &'a Board,
    /// Pieces of this batch: a small batch has fewer than the plan.
    pub pieces: usize,
    pub mode: Mode,
}

/// The loss whose gradient is computed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loss<'a> {
    /// Softmax cross-entropy with a label an image, or one a pixel of the output, times a factor.
    Classes { loss: CrossEntropy, labels: &'a [u32], factor: f32 },
    /// Differences of the output from what is wanted, times a factor.
    Values { loss: Regression, wanted: &'a [f32], factor: f32 },
    /// Differences of the places that the output's maps say from those that are wanted, times a factor.
    Places { loss: Places, wanted: &'a [f32], factor: f32 },
    /// Σ weight·logit.
    Weighted(&'a [f32]),
}

impl Piece {
    /// Takes the piece's images out of the batch's.
    pub fn take(&mut self, plan: &Plan, images: &[f32]) {
        self.arena.images = images.len() / plan.input.elements() as usize;
        self.arena.get_mut(plan.images).copy_from_slice(images);
    }

    /// Computes the gradient of the logits.
    pub fn score(&mut self, plan: &Plan, loss: Loss<'_>) -> Result<(), TrainError> {
        let first = self.number * plan.piece;
        let [logits, gradient] = self.arena.views([Some(plan.logits), Some(plan.loss)])?;
        match loss {
            Loss::Classes { loss, labels, factor } => {
                let each = plan.output.elements() as usize / loss.classes;
                let labels = &labels[first * each..][..logits.len() / loss.classes];
                let scores = loss.gradient(logits, labels, factor, gradient);
                self.scores = scores.map_err(|error| refused("the loss", &error))?;
            }
            Loss::Values { loss, wanted, factor } => {
                let wanted = &wanted[first * plan.output.elements() as usize..][..logits.len()];
                let sum = loss.gradient(&plan.engine, logits, wanted, factor, gradient);
                let loss = sum.map_err(|error| refused("the loss", &error))?;
                self.scores = Scores { loss, correct: 0, counted: wanted.len() as u64 };
            }
            Loss::Places { loss, wanted, factor } => {
                let images = logits.len() / plan.output.elements() as usize;
                let wanted = &wanted[first * 2 * loss.points..][..images * 2 * loss.points];
                let sum = loss.gradient(logits, wanted, factor, gradient);
                let loss = sum.map_err(|error| refused("the loss", &error))?;
                self.scores = Scores { loss, correct: 0, counted: wanted.len() as u64 };
            }
            Loss::Weighted(weights) => {
                let floats = plan.output.elements() as usize;
                gradient.copy_from_slice(&weights[first * floats..][..logits.len()]);
            }
        }
        Ok(())
    }
}
