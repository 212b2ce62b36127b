//! One step of a training: its cases, its loss, its gradient.

use super::losses::Loss;
use super::settings::TrainSettings;
use crate::error::Error;
use crate::predict::network::{Batch, Model, Prepared, Row, TermTable};
use crate::rng::Stream;
use dfdx::prelude::*;
use rand::Rng;
use rayon::prelude::*;

/// Pieces of a step that are differentiated side by side. Their gradients are added in order, so the bytes do not
/// depend on the number of threads.
const PIECES: usize = 2;

/// One prediction of a step: the rows that it reads, and its target.
pub(super) struct Case {
    pub(super) rows: Vec<Row>,
    pub(super) target: f32,
}

/// Loss and gradient; the gradient has the numbers of each parameter by rows.
pub(super) type LossAndGradient = (f64, Vec<Vec<f32>>);

/// The cases of example number `number` in epoch number `epoch`, counted from 0: the whole network, or some of its
/// partitions.
pub(super) fn cases(
    example: &Prepared,
    number: usize,
    target: f32,
    epoch: usize,
    settings: &TrainSettings,
) -> Vec<Case> {
    let reads = settings.architecture.reads;
    if !reads.is_cut() {
        return vec![Case { rows: example.rows(reads, None), target }];
    }
    let all = example.cuts.len();
    let mut draw = Stream::new(settings.seed, "training cuts").at2(epoch as u64, number as u64);
    let chosen: Vec<usize> = match settings.cuts {
        count if count == 0 || count >= all => (0..all).collect(),
        count => (0..count).map(|_| draw.random_range(0..all)).collect(),
    };
    chosen.into_iter().map(|cut| Case { rows: example.rows(reads, Some(&example.cuts[cut])), target }).collect()
}

/// Loss and gradient of a step: the means over its cases.
pub(super) fn gradient(model: &Model, table: &TermTable, cases: &[Case], loss: Loss) -> Result<LossAndGradient, Error> {
    let pieces = cases
        .par_chunks(cases.len().div_ceil(PIECES).max(1))
        .map(|piece| piece_gradient(model, table, piece, cases.len(), loss))
        .collect::<Result<Vec<_>, Error>>()?;
    let mut pieces = pieces.into_iter();
    let (mut sum, mut gradient) = pieces.next().unwrap_or_default();
    for (other_loss, other) in pieces {
        sum += other_loss;
        for (sum, part) in gradient.iter_mut().zip(other) {
            sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
    }
    Ok((sum, gradient))
}

/// The share of a piece in loss and gradient of a step of `total` cases.
pub(super) fn piece_gradient(
    model: &Model,
    table: &TermTable,
    piece: &[Case],
    total: usize,
    loss: Loss,
) -> Result<LossAndGradient, Error> {
    let rows: Vec<Row> = piece.iter().flat_map(|case| case.rows.iter().cloned()).collect();
    let targets: Vec<f32> = piece.iter().map(|case| case.target).collect();
    let batch = Batch::new(table, &rows, &model.architecture);
    let predictions = model.forward::<OwnedTape<f32, Cpu>>(&batch)?;
    let share = piece.len() as f32 / total as f32;
    let loss = loss.function().loss(predictions, &targets)?.try_mul(share)?;
    let value = f64::from(loss.array());
    let mut gradients = loss.try_backward()?;
    let parameters = model.values.iter();
    let gradient = parameters.map(|value| Ok(std::mem::take(&mut **gradients.get_or_alloc_mut(value)?)));
    Ok((value, gradient.collect::<Result<_, CpuError>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::Partition;
    use crate::predict::fixtures::{architectures, examples};
    use crate::predict::network::{Parameter, layout, reference, spread};
    use crate::predict::training::losses;

    /// Against differences of the plain computation in 64 bits, in which small ones do not drown.
    #[test]
    fn gradients_equal_finite_differences() {
        let (examples, segmenter) = examples(2);
        let targets = [0.5, -0.7];
        let device = Cpu::default();
        for architecture in architectures() {
            let model = Model::new(architecture, 1);
            let mut table = TermTable::new(architecture.layers);
            let (mut cases, mut parts) = (Vec::new(), Vec::new());
            for (example, target) in examples.iter().zip(targets) {
                let all = |all| spread(all, 0);
                let prepared =
                    Prepared::partitions(&example.graph, &architecture, &segmenter, &mut table, all).unwrap();
                let middle = prepared.cuts.len() / 2;
                let rows = prepared.rows(architecture.reads, prepared.cuts.get(middle));
                cases.push(Case { rows, target: target as f32 });
                let partition = &Partition::all(&segmenter.groups(&example.graph))[middle];
                parts.push(reference::parts(&architecture, &example.graph, partition));
            }
            let gradients =
                losses::all().map(|loss| (loss, piece_gradient(&model, &table, &cases, 2, loss).unwrap().1));
            for (at, Parameter { name, .. }) in layout(&architecture).into_iter().enumerate() {
                let largest = gradients[0].1[at].iter().copied().enumerate();
                let (entry, _) = largest.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap();
                // The parameter's value when it is shifted, and the predictions.
                let shifted = |by: f32| {
                    let mut model = model.clone();
                    let mut data = model.values[at].as_vec();
                    data[entry] += by;
                    let value = f64::from(data[entry]);
                    model.values[at] = device.tensor_from_vec(data, *model.values[at].shape());
                    (value, parts.iter().map(|parts| reference::predict(&model, parts)).collect::<Vec<f64>>())
                };
                // A ReLU has a kink: of several steps the best one counts.
                let pairs = [1e-4, 1e-5, 1e-6].map(|step| (shifted(step), shifted(-step)));
                for (loss, gradient) in &gradients {
                    let value = |predictions: &[f64]| loss.function().reference(predictions, &targets);
                    let derivative = f64::from(gradient[at][entry]);
                    let numeric = pairs.iter().map(|(up, down)| (value(&up.1) - value(&down.1)) / (up.0 - down.0));
                    let least = numeric.map(|numeric| (numeric - derivative).abs()).fold(f64::INFINITY, f64::min);
                    let tolerance = 0.01 * derivative.abs().max(0.01);
                    assert!(least < tolerance, "{architecture:?} {loss:?} {name}: {derivative}, off by {least}");
                }
            }
        }
    }
}
