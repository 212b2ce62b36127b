//! The optimisers: the step that they make of a gradient, and their memory.

use super::network::Network;
use super::plan::kernel::refused;
use super::targets::Targets;
use crate::error::{Error, TrainError};
use autogo_engine::optimiser::{AdamW, RmsForm, RmsProp, Sgd, average, euclidean_norm};
use autogo_engine::{Buffer, Engine};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// An optimiser and its constants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Method {
    /// Stochastic gradient descent with momentum, as PyTorch computes it.
    Sgd {
        /// The part of the velocity that a step keeps.
        momentum: f32,
        /// Whether the step looks ahead along the velocity.
        nesterov: bool,
    },
    /// RMSprop with momentum, as TensorFlow computes it.
    Rmsprop {
        /// The part of the mean square that a step keeps.
        keep: f32,
        /// The part of the velocity that a step keeps.
        momentum: f32,
        /// Added to the mean square.
        epsilon: f32,
    },
    /// Adam; weights decay apart from the gradient.
    Adamw {
        /// The part of the gradient's mean that a step keeps.
        keep: f32,
        /// The part of the gradient's mean square that a step keeps.
        keep_square: f32,
        /// Added to the root of the mean square.
        epsilon: f32,
    },
}

impl Default for Method {
    /// SGD with Nesterov's momentum of 0.9.
    fn default() -> Self {
        Method::Sgd { momentum: 0.9, nesterov: true }
    }
}

impl Method {
    /// Refuses constants that are no part of a step.
    pub(super) fn check(&self) -> Result<(), Error> {
        let (parts, epsilon) = match *self {
            Method::Sgd { momentum, .. } => ([("momentum", momentum); 2], 1.0),
            Method::Rmsprop { keep, momentum, epsilon } => ([("keep", keep), ("momentum", momentum)], epsilon),
            Method::Adamw { keep, keep_square, epsilon } => ([("keep", keep), ("keep_square", keep_square)], epsilon),
        };
        for (name, value) in parts {
            if !(0.0..1.0).contains(&value) {
                return Err(Error::setting(name, format!("is {value}"), "0 to below 1"));
            }
        }
        if epsilon > 0.0 && epsilon.is_finite() {
            Ok(())
        } else {
            Err(Error::setting("epsilon", format!("is {epsilon}"), "a number above 0"))
        }
    }
}

/// An optimiser at work: two numbers for every weight, and a running mean of the weights if the recipe asks for one.
#[derive(Clone, Debug)]
pub struct Optimiser {
    method: Method,
    /// Weight decay of matrices; biases, batch norms and slopes do not decay.
    decay: f32,
    /// The part of the running mean of weights that a step keeps; 0 is no mean.
    keep: f32,
    /// The longest gradient; 0 is no bound.
    clip: f32,
    pub(super) first: Buffer,
    pub(super) second: Buffer,
    pub(super) mean: Buffer,
    pub(super) steps: u64,
}

impl Optimiser {
    /// An optimiser for a network, before its first step.
    pub fn new(network: &Network, method: Method, decay: f32, keep: f32) -> Optimiser {
        let len = network.weights.len();
        let second = if matches!(method, Method::Sgd { .. }) { 0 } else { len };
        let mean = if keep > 0.0 { network.weights.clone() } else { Buffer::zeros(0) };
        let (first, second) = (Buffer::zeros(len), Buffer::zeros(second));
        Optimiser { method, decay, keep, clip: 0.0, first, second, mean, steps: 0 }
    }

    /// Shortens every gradient that is longer than `clip` to this length, its Euclidean norm over all weights; 0
    /// shortens none. A step then costs one more read of the gradient.
    ///
    /// ```
    /// use autogo::train::{Method, Network, Optimiser};
    /// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
    /// let mut network = Network::new(&graph, 0)?;
    /// let mut optimiser = Optimiser::new(&network, Method::default(), 0.0, 0.0).clip(0.5);
    /// network.step(&vec![0.5; 32 * 32 * 3], &[3], 0.0, &mut optimiser, 0.1)?;
    /// let squares = network.gradients().into_iter().flat_map(|(_, values)| values).map(|g| f64::from(g) * f64::from(g));
    /// assert!((squares.sum::<f64>().sqrt() - 0.5).abs() < 1e-6);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn clip(mut self, clip: f32) -> Self {
        self.clip = clip;
        self
    }

    /// Changes the weights along the gradient that [`Network::gradient`] left, after it has shortened it where it is
    /// longer than [`Optimiser::clip`] allows.
    ///
    /// # Errors
    /// A network of another size; a gradient without a length, if there is a bound, before any weight has changed.
    pub fn step(&mut self, network: &mut Network, rate: f32) -> Result<(), Error> {
        self.shorten(network)?;
        self.steps += 1;
        let (engine, matrices, len) = (network.plan.engine, network.plan.parameters.matrices, network.weights.len());
        for (range, decay) in [(0..matrices, self.decay), (matrices..len, 0.0)] {
            self.part(&engine, network, range, rate, decay).map_err(|error| refused("the optimiser", &error))?;
        }
        if self.keep > 0.0 {
            // The mean of few steps is the mean of those: what is kept grows with their number.
            let keep = self.keep.min(self.steps as f32 / (self.steps as f32 + 10.0));
            let done = average(&engine, keep, &network.weights, &mut self.mean);
            done.map_err(|error| refused("the mean of weights", &error))?;
        }
        network.pack()
    }

    /// Keeps the gradient within its bound.
    fn shorten(&self, network: &mut Network) -> Result<(), Error> {
        if self.clip > 0.0 {
            let (engine, gradient) = (network.plan.engine, &mut network.pieces[0].gradient);
            let found = euclidean_norm(&engine, gradient);
            if !found.is_finite() {
                let place = format!("at step {}", self.steps + 1);
                return Err(Error::NotFinite { what: "the gradient", place });
            }
            if found > f64::from(self.clip) {
                let factor = (f64::from(self.clip) / found) as f32;
                gradient.iter_mut().for_each(|g| *g *= factor);
            }
        }
        Ok(())
    }

    fn part(
        &mut self,
        engine: &Engine,
        network: &mut Network,
        range: Range<usize>,
        rate: f32,
        decay: f32,
    ) -> Result<(), autogo_engine::Error> {
        let first = &mut self.first[range.clone()];
        let (weights, gradient) = (&mut network.weights[range.clone()], &network.pieces[0].gradient[range.clone()]);
        match self.method {
            Method::Sgd { momentum, nesterov } => {
                Sgd { rate, momentum, nesterov, decay }.step(engine, weights, first, gradient)
            }
            Method::Rmsprop { keep, momentum, epsilon } => {
                let form = RmsForm::TensorFlow;
                let rms = RmsProp { rate, keep, momentum, epsilon, decay, form };
                rms.step(engine, weights, first, &mut self.second[range], gradient)
            }
            Method::Adamw { keep, keep_square, epsilon } => {
                let adam = AdamW { rate, keep: (keep, keep_square), epsilon, decay };
                adam.step(engine, self.steps, weights, first, &mut self.second[range], gradient)
            }
        }
    }

    /// Exchanges the network's weights and their running mean, if there is one.
    pub(super) fn exchange(&mut self, network: &mut Network) -> Result<(), Error> {
        if self.keep > 0.0 {
            std::mem::swap(&mut self.mean, &mut network.weights);
            network.pack()?;
        }
        Ok(())
    }

    /// The memory of the optimiser, by name.
    pub(super) fn memory(&mut self) -> [(&'static str, &mut Buffer); 3] {
        [("first", &mut self.first), ("second", &mut self.second), ("mean", &mut self.mean)]
    }
}

impl Network {
    /// One training step: the gradient of a batch, then the optimiser. Returns the batch's loss and hits before the
    /// step.
    ///
    /// # Errors
    /// As [`Network::gradient`]; a loss that is not finite, before any weight has changed.
    pub fn step(
        &mut self,
        images: &[f32],
        labels: &[u32],
        smoothing: f32,
        optimiser: &mut Optimiser,
        rate: f32,
    ) -> Result<autogo_engine::loss::Scores, Error> {
        let scores = self.gradient(images, labels, smoothing)?;
        self.step_after(scores, optimiser, rate)
    }

    /// One training step on targets of any kind, as [`Network::step`] is one on labels.
    ///
    /// # Errors
    /// As [`Network::gradient_of`]; a loss that is not finite, before any weight has changed.
    pub fn step_on(
        &mut self,
        images: &[f32],
        targets: Targets<'_>,
        optimiser: &mut Optimiser,
        rate: f32,
    ) -> Result<autogo_engine::loss::Scores, Error> {
        let scores = self.gradient_of(images, targets)?;
        self.step_after(scores, optimiser, rate)
    }

    /// The optimiser's part of a step.
    fn step_after(
        &mut self,
        scores: autogo_engine::loss::Scores,
        optimiser: &mut Optimiser,
        rate: f32,
    ) -> Result<autogo_engine::loss::Scores, Error> {
        if !scores.loss.is_finite() {
            let place = format!("at step {}", optimiser.steps + 1);
            return Err(Error::NotFinite { what: "the loss", place });
        }
        optimiser.step(self, rate)?;
        Ok(scores)
    }

    /// Loss and hits of a batch; batch norms use their running statistics.
    ///
    /// # Errors
    /// [`TrainError::Batch`] when images and labels do not fit, a label that is no class.
    pub fn evaluate(&mut self, images: &[f32], labels: &[u32]) -> Result<autogo_engine::loss::Scores, Error> {
        self.check_labels(images, labels)?;
        let classes = self.plan.output.elements() as usize;
        let loss = autogo_engine::loss::CrossEntropy { classes, smoothing: 0.0, ignored: None };
        let scores = loss.scores(self.forward(images)?, labels);
        Ok(scores.map_err(|error| refused("the loss", &error))?)
    }

    /// The class with the largest logit, for every image.
    ///
    /// ```
    /// use autogo::train::Network;
    /// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
    /// let mut network = Network::new(&graph, 0)?;
    /// let classes = network.predict(&vec![0.5; 3 * 32 * 32 * 3])?;
    /// assert!(classes.len() == 3 && classes.iter().all(|&class| class < 10));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TrainError::Batch`] when the images are not whole.
    pub fn predict(&mut self, images: &[f32]) -> Result<Vec<u32>, Error> {
        let (floats, classes) = (self.plan.input.elements() as usize, self.plan.output.elements() as usize);
        if !images.len().is_multiple_of(floats) {
            return Err(TrainError::Batch { found: images.len(), labels: 0, batch: self.plan.batch, floats }.into());
        }
        let mut found = vec![0; images.len() / floats];
        let batch = self.plan.batch;
        for (images, found) in images.chunks(batch * floats).zip(found.chunks_mut(batch)) {
            let logits = self.forward(images)?;
            autogo_engine::loss::largest(logits, classes, found).map_err(|error| refused("the logits", &error))?;
        }
        Ok(found)
    }
}
