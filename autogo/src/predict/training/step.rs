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
    use crate::predict::fixtures::{architectures, examples};
    use crate::predict::network::{Architecture, Parameter, layout, spread};
    use crate::predict::training::losses;

    #[test]
    fn gradients_equal_finite_differences() {
        let (examples, segmenter) = examples(2);
        let device = Cpu::default();
        for architecture in architectures() {
            let model = Model::new(architecture, 1);
            let mut table = TermTable::new(architecture.layers);
            let cases: Vec<Case> = examples
                .iter()
                .zip([0.5, -0.7])
                .map(|(example, target)| {
                    let all = |all| spread(all, 0);
                    let prepared =
                        Prepared::partitions(&example.graph, &Architecture::default(), &segmenter, &mut table, all)
                            .unwrap();
                    Case { rows: prepared.rows(architecture.reads, prepared.cuts.get(prepared.cuts.len() / 2)), target }
                })
                .collect();
            for loss in losses::all() {
                let of = |model: &Model| piece_gradient(model, &table, &cases, 2, loss).unwrap();
                let (_, exact) = of(&model);
                for (at, Parameter { name, .. }) in layout(&architecture).into_iter().enumerate() {
                    // The entry with the largest derivative of each parameter: small ones drown in f32.
                    let largest = exact[at].iter().copied().enumerate();
                    let (entry, derivative) = largest.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap();
                    let shifted = |by: f32| {
                        let mut model = model.clone();
                        let mut data = model.values[at].as_vec();
                        data[entry] += by;
                        model.values[at] = device.tensor_from_vec(data, *model.values[at].shape());
                        of(&model).0
                    };
                    // A ReLU has a kink: of several steps the best one counts.
                    let numeric = |step: f32| (shifted(step) - shifted(-step)) / f64::from(2.0 * step);
                    let errors = [2e-3, 5e-4].map(|step| (numeric(step) - f64::from(derivative)).abs());
                    let tolerance = 0.03 * f64::from(derivative).abs().max(0.01);
                    let least = errors[0].min(errors[1]);
                    assert!(least < tolerance, "{architecture:?} {name}: {derivative}, off by {least}");
                }
            }
        }
    }
}
