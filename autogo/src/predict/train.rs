//! Training: mean squared error on z-scored labels, Adam, gradient clipping, a one-cycle learning rate.

use super::batch::{Batch, Case};
use super::features::GraphFeatures;
use super::model::Model;
use super::psc::{Example, Psc};
use crate::error::Error;
use crate::partition::Partition;
use crate::progress::Progress;
use crate::rng::Stream;
use crate::segment::Segmenter;
use dfdx::prelude::*;
use polars::prelude::{DataFrame, PolarsResult, df};
use rand::Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How a predictor is trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainSettings {
    /// Passes over the examples; each pass cuts every graph at one random segment.
    pub epochs: usize,
    /// Examples in one step.
    pub batch: usize,
    /// Peak of the learning rate: it rises over the first 20 % of the steps and falls along a cosine.
    pub learning_rate: f64,
    /// Largest norm of the gradient.
    pub clip: f64,
    /// Seed of parameters, order and cuts.
    pub seed: u64,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings { epochs: 40, batch: 32, learning_rate: 3e-3, clip: 5.0, seed: 0 }
    }
}

/// What one pass over the examples did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Number of the pass, from 1.
    pub epoch: usize,
    /// Mean squared error on z-scored labels, averaged over the pass.
    pub loss: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
}

/// The record of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainLog {
    /// One entry a pass.
    pub epochs: Vec<Epoch>,
}

impl TrainLog {
    /// The record as a frame: `epoch`, `loss`, `learning_rate`.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        df!(
            "epoch" => self.epochs.iter().map(|epoch| epoch.epoch as u32).collect::<Vec<_>>(),
            "loss" => self.epochs.iter().map(|epoch| epoch.loss).collect::<Vec<_>>(),
            "learning_rate" => self.epochs.iter().map(|epoch| epoch.learning_rate).collect::<Vec<_>>(),
        )
    }
}

/// Examples a thread differentiates at once. The gradient of a step is the sum of these pieces in order, so it does not
/// depend on the number of threads.
const PIECE: usize = 8;

/// A training example, prepared once.
struct Prepared {
    features: GraphFeatures,
    partitions: Vec<Partition>,
    target: f32,
}

pub(super) fn train(
    examples: &[Example],
    segmenter: &Segmenter,
    settings: &TrainSettings,
    progress: Progress,
) -> Result<(Psc, TrainLog), Error> {
    check(examples, settings)?;
    let count = examples.len() as f64;
    let mean = examples.iter().map(|example| example.value).sum::<f64>() / count;
    let deviation = (examples.iter().map(|example| (example.value - mean).powi(2)).sum::<f64>() / count).sqrt();
    let deviation = if deviation > 0.0 { deviation } else { 1.0 };
    let prepared = examples
        .par_iter()
        .map(|example| {
            Ok(Prepared {
                features: GraphFeatures::new(&example.graph)?,
                partitions: Partition::all(&segmenter.groups(&example.graph, |_| true)),
                target: ((example.value - mean) / deviation) as f32,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;

    let device = Cpu::default();
    let mut model = Model::new(settings.seed, &device);
    let mut adam = Adam::new(&model);
    let steps = settings.epochs * prepared.len().div_ceil(settings.batch);
    let mut log = TrainLog::default();
    let mut step = 0;
    for epoch in 0..settings.epochs {
        let mut order: Vec<usize> = (0..prepared.len()).collect();
        order.shuffle(&mut Stream::new(settings.seed, "psc order").at(epoch as u64));
        let cuts = Stream::new(settings.seed, "psc cuts");
        let (mut loss, mut rate) = (0.0, 0.0);
        for batch in order.chunks(settings.batch) {
            let cases: Vec<(Case<'_>, f32)> = batch
                .iter()
                .map(|&at| {
                    let example = &prepared[at];
                    let cut = cuts.at2(epoch as u64, at as u64).random_range(0..example.partitions.len());
                    (Case { graph: &example.features, partition: &example.partitions[cut] }, example.target)
                })
                .collect();
            let pieces = cases
                .par_chunks(PIECE)
                .map(|piece| gradient(&model, piece, batch.len(), &device))
                .collect::<Result<Vec<_>, CpuError>>()
                .map_err(dfdx_error)?;
            let mut pieces = pieces.into_iter();
            let (mut piece_loss, mut gradient) = pieces.next().unwrap_or_default();
            for (other_loss, other) in pieces {
                piece_loss += other_loss;
                for (sum, part) in gradient.iter_mut().zip(other) {
                    sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
                }
            }
            if !piece_loss.is_finite() {
                return Err(Error::NotFinite { what: "the loss", place: format!("in epoch {}", epoch + 1) });
            }
            loss += piece_loss * batch.len() as f64 / count;
            rate = learning_rate(settings.learning_rate, step, steps);
            adam.step(&mut model, gradient, rate, settings.clip, &device);
            step += 1;
        }
        log.epochs.push(Epoch { epoch: epoch + 1, loss, learning_rate: rate });
        progress.report("training", epoch + 1, settings.epochs, &format!("loss {loss:.4}"));
    }
    Ok((Psc::new(model, segmenter.clone(), mean, deviation), log))
}

pub(super) fn dfdx_error(error: CpuError) -> Error {
    Error::setting("dfdx", format!("{error:?}"), "enough memory for the batch")
}

fn check(examples: &[Example], settings: &TrainSettings) -> Result<(), Error> {
    if examples.len() < 2 {
        return Err(Error::setting("training examples", format!("{} given", examples.len()), "2 or more"));
    }
    if let Some(at) = examples.iter().position(|example| !example.value.is_finite()) {
        let reason = format!("label {at} (`{}`) is {}", examples[at].graph.name(), examples[at].value);
        return Err(Error::setting("training examples", reason, "finite labels"));
    }
    if settings.epochs == 0 || settings.batch == 0 {
        let reason = format!("{} epochs of batches of {}", settings.epochs, settings.batch);
        return Err(Error::setting("train settings", reason, "at least 1 of each"));
    }
    Ok(())
}

/// Rises linearly over the first fifth of the steps, falls along a cosine to zero.
fn learning_rate(peak: f64, step: usize, steps: usize) -> f64 {
    let warm = (steps / 5).max(1);
    if step < warm {
        peak * (step + 1) as f64 / warm as f64
    } else {
        let done = (step - warm) as f64 / (steps - warm).max(1) as f64;
        peak * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
    }
}

/// Loss and gradient of a piece of a batch of `total` examples.
fn gradient(
    model: &Model,
    piece: &[(Case<'_>, f32)],
    total: usize,
    device: &Cpu,
) -> Result<(f64, Vec<Vec<f32>>), CpuError> {
    let cases: Vec<Case<'_>> = piece.iter().map(|(case, _)| *case).collect();
    let targets: Vec<f32> = piece.iter().map(|(_, target)| *target).collect();
    let targets = device.tensor_from_vec(targets, (piece.len(), 1usize));
    let predictions = model.forward::<OwnedTape<f32, Cpu>>(&Batch::new(&cases, device))?;
    let loss = predictions.try_sub(targets)?.try_square()?.try_sum()?.try_div(total as f32)?;
    let value = f64::from(loss.array());
    let mut gradients = loss.try_backward()?;
    let parameters = model.values.iter();
    let gradient = parameters.map(|value| Ok(std::mem::take(&mut **gradients.get_or_alloc_mut(value)?)));
    Ok((value, gradient.collect::<Result<_, CpuError>>()?))
}

/// Adam with the usual decay rates 0.9 and 0.999.
struct Adam {
    steps: i32,
    first: Vec<Vec<f32>>,
    second: Vec<Vec<f32>>,
}

impl Adam {
    fn new(model: &Model) -> Self {
        let zeros: Vec<Vec<f32>> =
            model.values.iter().map(|value| vec![0.0; value.shape().0 * value.shape().1]).collect();
        Adam { steps: 0, first: zeros.clone(), second: zeros }
    }

    fn step(&mut self, model: &mut Model, gradient: Vec<Vec<f32>>, rate: f64, clip: f64, device: &Cpu) {
        const DECAY: (f32, f32) = (0.9, 0.999);
        self.steps += 1;
        let norm = gradient.iter().flatten().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        let scale = if norm > clip { (clip / norm) as f32 } else { 1.0 };
        let correction = (1.0 - DECAY.0.powi(self.steps), (1.0 - DECAY.1.powi(self.steps)).sqrt());
        let rate = rate as f32 * correction.1 / correction.0;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((value, gradient), (first, second)) in model.values.iter_mut().zip(gradient).zip(moments) {
            let mut data = value.as_vec();
            for (((x, g), m), v) in data.iter_mut().zip(gradient).zip(first).zip(second) {
                let g = g * scale;
                *m = DECAY.0 * *m + (1.0 - DECAY.0) * g;
                *v = DECAY.1 * *v + (1.0 - DECAY.1) * g * g;
                *x -= rate * *m / (v.sqrt() + 1e-8);
            }
            *value = device.tensor_from_vec(data, *value.shape());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::predict::Predictor;
    use crate::predict::model::layout;
    use crate::segment::Mining;

    fn examples(count: u64) -> (Vec<Example>, Segmenter) {
        let examples: Vec<Example> = (0..count)
            .map(|i| {
                let graph = Nb201::sample(5, i).build().unwrap();
                Example { value: graph.cost().multiply_adds as f64, graph }
            })
            .collect();
        let graphs: Vec<_> = examples.iter().map(|example| example.graph.clone()).collect();
        let segmenter = Mining::bpe(60).segmenter(&graphs).unwrap();
        (examples, segmenter)
    }

    #[test]
    fn gradients_equal_finite_differences() {
        let (examples, segmenter) = examples(2);
        let device = Cpu::default();
        let model = Model::new(1, &device);
        let prepared: Vec<_> = examples
            .iter()
            .map(|example| {
                let groups = segmenter.groups(&example.graph, |_| true);
                (GraphFeatures::new(&example.graph).unwrap(), Partition::at(&groups, groups.len() / 2, 1))
            })
            .collect();
        let piece: Vec<(Case<'_>, f32)> =
            prepared.iter().map(|(graph, partition)| (Case { graph, partition }, 0.5)).collect();
        let (_, exact) = gradient(&model, &piece, 2, &device).unwrap();
        for (at, (name, ..)) in layout().into_iter().enumerate() {
            // The entry with the largest derivative of each parameter: small ones drown in f32.
            let (entry, derivative) =
                exact[at].iter().copied().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap();
            let shifted = |by: f32| {
                let mut model = model.clone();
                let mut data = model.values[at].as_vec();
                data[entry] += by;
                model.values[at] = device.tensor_from_vec(data, *model.values[at].shape());
                gradient(&model, &piece, 2, &device).unwrap().0
            };
            let step = 2e-3;
            let numeric = (shifted(step) - shifted(-step)) / f64::from(2.0 * step);
            let tolerance = 0.02 * numeric.abs().max(0.01);
            assert!((numeric - f64::from(derivative)).abs() < tolerance, "{name}: {derivative} against {numeric}");
        }
    }

    #[test]
    fn training_learns_and_does_not_depend_on_the_threads() {
        let (examples, segmenter) = examples(48);
        let settings = TrainSettings { epochs: 12, batch: 8, ..TrainSettings::default() };
        let graphs: Vec<_> = examples.iter().take(6).map(|example| example.graph.clone()).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (psc, log) = train(&examples, &segmenter, &settings, Progress::Silent).unwrap();
                (psc.score(&graphs).unwrap(), log)
            })
        };
        let (one, two) = (run(1), run(2));
        assert_eq!(one, two);
        let losses: Vec<f64> = one.1.epochs.iter().map(|epoch| epoch.loss).collect();
        assert!(losses[11] < 0.5 * losses[0], "{losses:?}");
    }

    #[test]
    fn wrong_input_is_refused() {
        let (mut examples, segmenter) = examples(3);
        examples[1].value = f64::NAN;
        let error = train(&examples, &segmenter, &TrainSettings::default(), Progress::Silent).unwrap_err();
        assert!(error.to_string().contains("label 1 (`nb201:"), "{error}");
        let error = train(&examples[..1], &segmenter, &TrainSettings::default(), Progress::Silent).unwrap_err();
        assert_eq!(error.to_string(), "training examples: 1 given; accepted: 2 or more");
    }
}
