//! The recipe of a training: everything that a result depends on besides graph and data.

use super::optimiser::Method;
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// The course of the learning rate from the first step to the last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Up in a straight line, then down to zero in a straight line.
    OneCycle,
    /// Up in a straight line, then down to zero along half a cosine.
    Cosine,
    /// Up in a straight line, then constant.
    Constant,
}

impl Schedule {
    /// The part of the highest rate at step `step` of `steps`, the first being 0, when the first `warm_up` of the steps
    /// lead up.
    ///
    /// ```
    /// use autogo::train::Schedule;
    /// let rates: Vec<f64> = (0..5).map(|step| Schedule::OneCycle.at(step, 5, 0.4)).collect();
    /// assert_eq!(rates, [0.5, 1.0, 0.75, 0.5, 0.25]);
    /// ```
    pub fn at(self, step: u64, steps: u64, warm_up: f64) -> f64 {
        let rising = (warm_up * steps as f64).round();
        let now = (step + 1) as f64;
        if now <= rising {
            return now / rising;
        }
        // From 1 right after the warm-up to 0 behind the last step.
        let left = (steps as f64 + 1.0 - now) / (steps as f64 + 1.0 - rising).max(1.0);
        match self {
            Schedule::OneCycle => left,
            Schedule::Cosine => 0.5 * (1.0 - libm::cos(std::f64::consts::PI * left)),
            Schedule::Constant => 1.0,
        }
    }
}

/// A recipe of a training. What a file leaves out is the default: SGD with Nesterov's momentum, one cycle of 50,000
/// images.
///
/// ```
/// use autogo::train::{Recipe, Schedule};
/// let recipe = Recipe { images: 10_000, schedule: Schedule::Cosine, ..Recipe::default() };
/// assert_eq!((recipe.batch, recipe.steps()), (128, 79));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// The optimiser.
    pub method: Method,
    /// The course of the learning rate.
    pub schedule: Schedule,
    /// The highest learning rate.
    pub rate: f64,
    /// Part of the steps in which the rate rises.
    pub warm_up: f64,
    /// Weight decay of convolutions and dense layers; biases, batch norms and slopes do not decay.
    pub decay: f32,
    /// A batch's gradient longer than this is shortened to this: the length is the Euclidean norm over all weights of
    /// the mean loss's gradient, decay apart. 0 changes nothing. A deep network of few filters at a high rate may
    /// diverge without it.
    #[serde(skip_serializing_if = "is_off")]
    pub clip: f32,
    /// This part of a label is spread over all classes.
    pub smoothing: f32,
    /// Whether every second picture, drawn anew each time, is mirrored.
    pub flips: bool,
    /// The most pixels by which a picture is shifted along each side, drawn anew each time; zeros move in.
    pub shifts: u32,
    /// Images of a step.
    pub batch: usize,
    /// Images that the network sees, each one as often as it is seen.
    pub images: u64,
    /// The part of the running mean of the weights that a step keeps; 0 evaluates the weights themselves.
    pub mean: f32,
    /// Seed of weights, order, flips and shifts.
    pub seed: u64,
    /// The same bits on every processor, at some cost in speed.
    pub portable: bool,
}

/// Whether a recipe says nothing about this setting: the recipe's text, and every name made of it, is that of a recipe
/// without it.
fn is_off(clip: &f32) -> bool {
    *clip == 0.0
}

impl Default for Recipe {
    fn default() -> Self {
        Recipe {
            method: Method::default(),
            schedule: Schedule::OneCycle,
            rate: 0.1,
            warm_up: 0.2,
            decay: 5e-4,
            clip: 0.0,
            smoothing: 0.1,
            flips: true,
            shifts: 0,
            batch: 128,
            images: 50_000,
            mean: 0.0,
            seed: 0,
            portable: false,
        }
    }
}

impl Recipe {
    /// Number of steps; the last one may have fewer images than a batch.
    pub fn steps(&self) -> u64 {
        self.images.div_ceil(self.batch.max(1) as u64)
    }

    /// Refuses values that no training can have.
    ///
    /// # Errors
    /// A setting that is out of range.
    pub fn check(&self) -> Result<(), Error> {
        let refuse =
            |name: &str, value: String, accepted: &str| Err(Error::setting(name, format!("is {value}"), accepted));
        self.method.check()?;
        if !(self.rate > 0.0 && self.rate.is_finite()) {
            return refuse("rate", self.rate.to_string(), "a number above 0");
        }
        for (name, value) in [("decay", self.decay), ("smoothing", self.smoothing), ("mean", self.mean)] {
            if !(0.0..1.0).contains(&value) {
                return refuse(name, value.to_string(), "0 to below 1");
            }
        }
        if !(self.clip >= 0.0 && self.clip.is_finite()) {
            return refuse("clip", self.clip.to_string(), "0 (off) or a number above 0");
        }
        if !(0.0..=1.0).contains(&self.warm_up) {
            return refuse("warm_up", self.warm_up.to_string(), "0 to 1");
        }
        for (name, value) in [("batch", self.batch as u64), ("images", self.images)] {
            if value == 0 || value > 1 << 40 {
                return refuse(name, value.to_string(), "1 to 2^40");
            }
        }
        Ok(())
    }
}
