//! The inner loops of optimisers, on flat buffers: weights, their gradient, and the optimiser's memory of each weight.
//!
//! ```
//! use autogo_engine::{Arithmetic, Engine, optimiser::Sgd};
//! let (mut weights, mut velocity) = ([1.0], [0.0]);
//! let sgd = Sgd { rate: 0.1, momentum: 0.9, nesterov: true, decay: 0.0 };
//! sgd.step(&Engine::new(Arithmetic::Fused), &mut weights, &mut velocity, &[1.0])?;
//! assert_eq!(weights, [1.0 - 0.1 * 1.9]);
//! # Ok::<(), autogo_engine::Error>(())
//! ```

use crate::error::length;
use crate::lanes::Plain;
use crate::maps;
use crate::{Engine, Error};

/// Stochastic gradient descent with momentum, as PyTorch computes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub rate: f32,
    /// Momentum; 0 is none.
    pub momentum: f32,
    /// Whether the step looks ahead along the momentum.
    pub nesterov: bool,
    /// Weight decay: `decay·w` is added to the gradient.
    pub decay: f32,
}

impl Sgd {
    /// `v ← momentum·v + g`, `w ← w − rate·v`, or with Nesterov's look ahead `w ← w − rate·(g + momentum·v)`; `g` is
    /// the gradient with the decay. O(weights).
    ///
    /// # Errors
    /// The lengths differ.
    pub fn step(
        &self,
        engine: &Engine,
        weights: &mut [f32],
        velocity: &mut [f32],
        gradient: &[f32],
    ) -> Result<(), Error> {
        let n = weights.len();
        length("velocity", velocity.len(), n)?;
        length("gradient", gradient.len(), n)?;
        let Sgd { rate, momentum, nesterov, decay } = *self;
        let f = move |w: f32, [v, _]: [f32; 2], g: f32| {
            let g = g + decay * w;
            let v = momentum * v + g;
            let along = if nesterov { g + momentum * v } else { v };
            (w - rate * along, [v, 0.0])
        };
        engine.loops(Step { weights, first: velocity, second: &mut [], gradient, f });
        Ok(())
    }
}

/// The Euclidean norm of a gradient, for a caller that bounds it: the square root of the sum of squares.
///
/// A square of an `f32` is exact in `f64`. Sixteen sums take every sixteenth square each and are added in their order,
/// so the norm has the same bits for every width of the vectors and every arithmetic. O(weights).
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, optimiser::euclidean_norm};
/// assert_eq!(euclidean_norm(&Engine::new(Arithmetic::Fused), &[3.0, 0.0, -4.0]), 5.0);
/// ```
pub fn euclidean_norm(engine: &Engine, gradient: &[f32]) -> f64 {
    let mut sums = [0.0; 16];
    engine.loops(Squares { gradient, sums: &mut sums });
    sums.iter().sum::<f64>().sqrt()
}

struct Squares<'a> {
    gradient: &'a [f32],
    sums: &'a mut [f64; 16],
}

impl Plain for Squares<'_> {
    #[inline(always)]
    fn run(self) {
        let (whole, rest) = self.gradient.as_chunks::<16>();
        for part in whole {
            for (sum, &g) in self.sums.iter_mut().zip(part) {
                *sum += f64::from(g) * f64::from(g);
            }
        }
        for (sum, &g) in self.sums.iter_mut().zip(rest) {
            *sum += f64::from(g) * f64::from(g);
        }
    }
}

/// The framework whose form of RMSprop is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RmsForm {
    /// `v ← momentum·v + rate·g/√(s + ε)`, `w ← w − v`.
    TensorFlow,
    /// `v ← momentum·v + g/(√s + ε)`, `w ← w − rate·v`.
    PyTorch,
}

/// RMSprop: the step is divided by the running root of the squared gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    /// Learning rate.
    pub rate: f32,
    /// The part of the mean square `s` that a step keeps: `s ← keep·s + (1 − keep)·g²`.
    pub keep: f32,
    /// Momentum; 0 is none.
    pub momentum: f32,
    /// ε.
    pub epsilon: f32,
    /// Weight decay: `decay·w` is added to the gradient.
    pub decay: f32,
    /// The form of the step: it says where ε and the rate stand.
    pub form: RmsForm,
}

impl RmsProp {
    /// One step. `square` and `velocity` are the memory of each weight: `s` and `v`. O(weights).
    ///
    /// # Errors
    /// The lengths differ.
    pub fn step(
        &self,
        engine: &Engine,
        weights: &mut [f32],
        square: &mut [f32],
        velocity: &mut [f32],
        gradient: &[f32],
    ) -> Result<(), Error> {
        let n = weights.len();
        length("square", square.len(), n)?;
        length("velocity", velocity.len(), n)?;
        length("gradient", gradient.len(), n)?;
        let RmsProp { rate, keep, momentum, epsilon, decay, form } = *self;
        let tensorflow = form == RmsForm::TensorFlow;
        let f = move |w: f32, [s, v]: [f32; 2], g: f32| {
            let g = g + decay * w;
            let s = keep * s + (1.0 - keep) * (g * g);
            let along = if tensorflow { rate * g / (s + epsilon).sqrt() } else { g / (s.sqrt() + epsilon) };
            let v = momentum * v + along;
            (if tensorflow { w - v } else { w - rate * v }, [s, v])
        };
        engine.loops(Step { weights, first: square, second: velocity, gradient, f });
        Ok(())
    }
}

/// Adam with decoupled weight decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Learning rate.
    pub rate: f32,
    /// The parts of the gradient's mean and of its mean square that a step keeps.
    pub keep: (f32, f32),
    /// ε.
    pub epsilon: f32,
    /// Weight decay: the weights shrink by `rate·decay`.
    pub decay: f32,
}

impl AdamW {
    /// Step number `step`, the first being 1. `mean` and `square` are the memory of each weight: the running means of
    /// its gradient and of the gradient's square. O(weights).
    ///
    /// # Errors
    /// The lengths differ, or the step is 0.
    pub fn step(
        &self,
        engine: &Engine,
        step: u64,
        weights: &mut [f32],
        mean: &mut [f32],
        square: &mut [f32],
        gradient: &[f32],
    ) -> Result<(), Error> {
        let n = weights.len();
        length("mean", mean.len(), n)?;
        length("square", square.len(), n)?;
        length("gradient", gradient.len(), n)?;
        if step == 0 {
            return Err(Error::Setting { setting: "step" });
        }
        let AdamW { rate, keep, epsilon, decay } = *self;
        let missing = |keep: f32| 1.0 - libm::pow(f64::from(keep), step as f64);
        let (first, second) = ((f64::from(rate) / missing(keep.0)) as f32, (1.0 / missing(keep.1)) as f32);
        let shrink = 1.0 - rate * decay;
        let f = move |w: f32, [m, s]: [f32; 2], g: f32| {
            let m = keep.0 * m + (1.0 - keep.0) * g;
            let s = keep.1 * s + (1.0 - keep.1) * (g * g);
            (w * shrink - first * m / ((s * second).sqrt() + epsilon), [m, s])
        };
        engine.loops(Step { weights, first: mean, second: square, gradient, f });
        Ok(())
    }
}

/// Moves a running mean of weights: `mean ← keep·mean + (1 − keep)·weights`. O(weights).
///
/// # Errors
/// The lengths differ.
pub fn average(engine: &Engine, keep: f32, weights: &[f32], mean: &mut [f32]) -> Result<(), Error> {
    maps::update(engine, weights, mean, |mean, w| keep * mean + (1.0 - keep) * w)
}

/// One pass over weights and up to two memories.
struct Step<'a, F> {
    weights: &'a mut [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    gradient: &'a [f32],
    f: F,
}

impl<F: Fn(f32, [f32; 2], f32) -> (f32, [f32; 2])> Plain for Step<'_, F> {
    #[inline(always)]
    fn run(self) {
        let weights = self.weights.iter_mut().zip(self.gradient);
        if self.second.is_empty() {
            for ((w, &g), first) in weights.zip(self.first) {
                let (next, memory) = (self.f)(*w, [*first, 0.0], g);
                (*w, *first) = (next, memory[0]);
            }
        } else {
            for ((w, &g), (first, second)) in weights.zip(self.first.iter_mut().zip(self.second)) {
                let (next, memory) = (self.f)(*w, [*first, *second], g);
                (*w, *first, *second) = (next, memory[0], memory[1]);
            }
        }
    }
}
