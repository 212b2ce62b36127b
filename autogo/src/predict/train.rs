//! Training a predictor.

use super::Reads;
use super::adam::{follow, one_cycle};
use super::batch::Batch;
use super::checkpoint::Progressed;
use super::model::Model;
use super::prepared::{Prepared, Row, spread};
use super::scale::Scale;
use super::settings::{Loss, Schedule, TrainSettings};
use super::sparse::{Sparse, SparsePair};
use super::terms::TermTable;
use crate::data::Example;
use crate::error::Error;
use crate::interrupt;
use crate::progress::Progress;
use crate::rng::Stream;
use crate::segment::Segmenter;
use crate::stats::srcc;
use dfdx::prelude::*;
use polars::prelude::{DataFrame, PolarsResult, df};
use rand::Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What one pass over the examples did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Number of the pass, from 1.
    pub epoch: usize,
    /// The loss on targets, averaged over the pass.
    pub loss: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// SRCC on what is held out of training, if anything is.
    pub dev_srcc: Option<f64>,
    /// Mean absolute percentage error of its targets.
    pub dev_mape: Option<f64>,
}

/// The record of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainLog {
    /// One entry a pass.
    pub epochs: Vec<Epoch>,
    /// The pass whose weights were kept.
    pub kept: usize,
}

impl TrainLog {
    /// The record as a frame: `epoch`, `loss`, `learning_rate`, `dev_srcc`, `dev_mape`.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        df!(
            "epoch" => self.epochs.iter().map(|epoch| epoch.epoch as u32).collect::<Vec<_>>(),
            "loss" => self.epochs.iter().map(|epoch| epoch.loss).collect::<Vec<_>>(),
            "learning_rate" => self.epochs.iter().map(|epoch| epoch.learning_rate).collect::<Vec<_>>(),
            "dev_srcc" => self.epochs.iter().map(|epoch| epoch.dev_srcc).collect::<Vec<_>>(),
            "dev_mape" => self.epochs.iter().map(|epoch| epoch.dev_mape).collect::<Vec<_>>(),
        )
    }
}

/// Parts of a step that are differentiated side by side. Their gradients are added in order, so the bytes do not depend on
/// the number of threads.
const PIECES: usize = 2;
/// Partitions over which a prediction for a held-out network is averaged.
const DEV_CUTS: usize = 8;
/// Networks that are predicted at once.
const CHUNK: usize = 16;

/// Trains a model on labelled networks, cut at the segments of `segmenter` if the architecture reads parts. With a path,
/// progress is kept there after every epoch, and taken up from there. Weights start as those of `from`, or at random. An
/// interrupt ends the training after the epoch that runs.
pub(super) fn train(
    examples: &[Example],
    segmenter: Option<&Segmenter>,
    settings: &TrainSettings,
    from: Option<&Model>,
    reports: Reports<'_>,
) -> Result<(Model, Scale, TrainLog), Error> {
    train_until(examples, segmenter, settings, from, reports, settings.epochs)
}

/// Sees the log of a training after every epoch.
pub(super) type Watch<'a> = &'a mut dyn FnMut(&TrainLog) -> Result<(), Error>;

/// Where a training reports, and where it keeps its progress.
pub(super) struct Reports<'a> {
    pub(super) progress: Progress,
    pub(super) path: Option<&'a Path>,
    pub(super) watch: Watch<'a>,
}

/// The same, which leaves off after epoch `last` as if it had been interrupted there.
fn train_until(
    examples: &[Example],
    segmenter: Option<&Segmenter>,
    settings: &TrainSettings,
    from: Option<&Model>,
    Reports { progress, path, watch }: Reports<'_>,
    last: usize,
) -> Result<(Model, Scale, TrainLog), Error> {
    settings.check()?;
    check(examples, settings)?;
    let labels: Vec<f64> = examples.iter().map(|example| example.value).collect();
    let (kept, held_out) = hold_out(examples.len(), settings);
    let scale = Scale::of(&kept.iter().map(|&at| labels[at]).collect::<Vec<_>>(), settings.target);
    let mut table = TermTable::new(settings.architecture.layers);
    let by = &settings.architecture;
    let mut prepare = |at: &usize, cuts: usize| match segmenter {
        Some(segmenter) if settings.architecture.reads != Reads::Graph => {
            Prepared::partitions(&examples[*at].graph, by, segmenter, &mut table, |all| spread(all, cuts))
        }
        _ => Prepared::graph(&examples[*at].graph, by, &mut table),
    };
    let dev = held_out.iter().map(|at| prepare(at, DEV_CUTS)).collect::<Result<Vec<_>, Error>>()?;
    let train = kept.iter().map(|at| prepare(at, 0)).collect::<Result<Vec<_>, Error>>()?;
    let targets: Vec<f32> = kept.iter().map(|&at| scale.target(labels[at]) as f32).collect();
    let dev_labels: Vec<f64> = held_out.iter().map(|&at| labels[at]).collect();

    let device = Cpu::default();
    let start = || from.cloned().unwrap_or_else(|| Model::new(settings.architecture, settings.seed, &device));
    let fingerprint = fingerprint(examples, settings);
    let mut state = match path {
        Some(path) if path.exists() => Progressed::load(path, settings, &fingerprint, &device)?,
        _ => Progressed::new(start()),
    };
    let steps = settings.epochs * train.len().div_ceil(settings.batch);
    let mut bar = progress.start("training", state.log.epochs.len(), settings.epochs);
    while state.log.epochs.len() < last.min(settings.epochs) && !state.is_stale(settings.patience) {
        let epoch = state.log.epochs.len();
        let mut order: Vec<usize> = (0..train.len()).collect();
        order.shuffle(&mut Stream::new(settings.seed, "training order").at(epoch as u64));
        let (mut loss, mut rate) = (0.0, 0.0);
        for batch in order.chunks(settings.batch) {
            let cases = batch.iter().flat_map(|&at| cases(&train[at], at, targets[at], epoch, settings)).collect();
            let (step_loss, gradient) = gradient(&state.model, &table, cases, settings.loss, &device)?;
            if !step_loss.is_finite() {
                return Err(Error::NotFinite { what: "the loss", place: format!("in epoch {}", epoch + 1) });
            }
            loss += step_loss * batch.len() as f64 / train.len() as f64;
            rate = match settings.schedule {
                Schedule::OneCycle => one_cycle(settings.learning_rate, state.adam.steps, steps),
                Schedule::Constant => settings.learning_rate,
            };
            state.adam.step(&mut state.model, gradient, rate, settings, &device);
            if settings.average > 0.0 {
                follow(&mut state.mean, &state.model, settings.average, state.adam.steps);
            }
        }
        let best = state.predicting(settings.average > 0.0, &device);
        let (mut dev_srcc, mut dev_mape) = (None, None);
        if !dev.is_empty() {
            let predicted = predict(&best, &table, &dev)?;
            dev_srcc = srcc(&predicted, &dev_labels);
            let targets = dev_labels.iter().map(|&label| scale.target(label));
            let errors = predicted.iter().zip(targets).map(|(one, target)| ((one - target) / target).abs());
            dev_mape = Some(100.0 * errors.sum::<f64>() / predicted.len() as f64);
        }
        state.log.epochs.push(Epoch { epoch: epoch + 1, loss, learning_rate: rate, dev_srcc, dev_mape });
        state.keep_if_better(best, settings.selection);
        let detail = dev_srcc.map_or(String::new(), |srcc| format!(", dev SRCC {srcc:.4}"));
        bar.report(epoch + 1, &format!("loss {loss:.4}{detail}"));
        if let Some(path) = path {
            state.save(path, settings, &fingerprint)?;
        }
        watch(&state.log)?;
        if interrupt::is_asked() {
            bar.report(epoch + 1, "interrupted");
            break;
        }
    }
    Ok((state.best, scale, state.log))
}

/// A question, its rows, and its target.
type Case = (Vec<Row>, f32);

/// The questions about an example in one epoch.
fn cases(example: &Prepared, at: usize, target: f32, epoch: usize, settings: &TrainSettings) -> Vec<Case> {
    let reads = settings.architecture.reads;
    if reads == Reads::Graph {
        return vec![(example.rows(reads, None), target)];
    }
    let all = example.cuts.len();
    let mut draw = Stream::new(settings.seed, "training cuts").at2(epoch as u64, at as u64);
    let chosen: Vec<usize> = match settings.cuts {
        count if count == 0 || count >= all => (0..all).collect(),
        count => (0..count).map(|_| draw.random_range(0..all)).collect(),
    };
    chosen.into_iter().map(|cut| (example.rows(reads, Some(&example.cuts[cut])), target)).collect()
}

/// Indices to train on and indices held out, both ascending.
fn hold_out(count: usize, settings: &TrainSettings) -> (Vec<usize>, Vec<usize>) {
    let held = (count as f64 * settings.dev_share) as usize;
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut Stream::new(settings.seed, "held out").at(0));
    let mut held_out = order.split_off(count - held);
    order.sort_unstable();
    held_out.sort_unstable();
    (order, held_out)
}

/// Predictions for prepared networks, each the mean over its partitions.
pub(super) fn predict(model: &Model, table: &TermTable, networks: &[Prepared]) -> Result<Vec<f64>, Error> {
    let mean = |own: &Vec<f64>| own.iter().sum::<f64>() / own.len() as f64;
    Ok(predict_each(model, table, networks)?.iter().map(mean).collect())
}

/// Predictions for prepared networks, one for each partition, or a single one for a network without.
pub(super) fn predict_each(model: &Model, table: &TermTable, networks: &[Prepared]) -> Result<Vec<Vec<f64>>, Error> {
    let reads = model.architecture.reads;
    let device = Cpu::default();
    let chunks = networks
        .par_chunks(CHUNK)
        .map(|chunk| {
            let questions = |network: &Prepared| match network.cuts.as_slice() {
                [] => vec![network.rows(reads, None)],
                cuts => cuts.iter().map(|cut| network.rows(reads, Some(cut))).collect(),
            };
            let asked: Vec<Vec<Vec<Row>>> = chunk.iter().map(questions).collect();
            let counts: Vec<usize> = asked.iter().map(Vec::len).collect();
            let rows: Vec<Row> = asked.into_iter().flatten().flatten().collect();
            let batch = Batch::new(table, &rows, &model.architecture, &device);
            let predictions = model.forward::<NoneTape>(&batch).map_err(dfdx_error)?.as_vec();
            let mut rest = predictions.as_slice();
            Ok(counts
                .into_iter()
                .map(|count| {
                    let (own, others) = rest.split_at(count);
                    rest = others;
                    own.iter().map(|&one| f64::from(one)).collect()
                })
                .collect())
        })
        .collect::<Result<Vec<Vec<Vec<f64>>>, Error>>()?;
    Ok(chunks.concat())
}

pub(super) fn dfdx_error(error: CpuError) -> Error {
    Error::setting("dfdx", format!("{error:?}"), "enough memory for the batch")
}

fn check(examples: &[Example], settings: &TrainSettings) -> Result<(), Error> {
    let held = (examples.len() as f64 * settings.dev_share) as usize;
    if examples.len() - held < 2 {
        let reason = format!("{} given, {held} of them held out", examples.len());
        return Err(Error::setting("training examples", reason, "2 or more to train on"));
    }
    if let Some(at) = examples.iter().position(|example| !example.value.is_finite()) {
        let reason = format!("label {at} (`{}`) is {}", examples[at].graph.name(), examples[at].value);
        return Err(Error::setting("training examples", reason, "finite labels"));
    }
    Ok(())
}

/// Tells apart trainings on other data or with other settings.
fn fingerprint(examples: &[Example], settings: &TrainSettings) -> String {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    hash.update(serde_json::to_string(settings).unwrap_or_default());
    for example in examples {
        hash.update(example.graph.content_id().to_string());
        hash.update(example.value.to_le_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Loss and gradient of a step: the means over its questions.
fn gradient(
    model: &Model,
    table: &TermTable,
    cases: Vec<Case>,
    loss: Loss,
    device: &Cpu,
) -> Result<(f64, Vec<Vec<f32>>), Error> {
    let total = cases.len();
    let pieces = cases
        .par_chunks(total.div_ceil(PIECES).max(1))
        .map(|piece| piece_gradient(model, table, piece, total, loss, device))
        .collect::<Result<Vec<_>, CpuError>>()
        .map_err(dfdx_error)?;
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

/// The share of a piece of a step of `total` questions in loss and gradient.
fn piece_gradient(
    model: &Model,
    table: &TermTable,
    piece: &[Case],
    total: usize,
    loss: Loss,
    device: &Cpu,
) -> Result<(f64, Vec<Vec<f32>>), CpuError> {
    let rows: Vec<Row> = piece.iter().flat_map(|(rows, _)| rows.iter().cloned()).collect();
    let targets: Vec<f32> = piece.iter().map(|(_, target)| *target).collect();
    let batch = Batch::new(table, &rows, &model.architecture, device);
    let predictions = model.forward::<OwnedTape<f32, Cpu>>(&batch)?;
    let share = piece.len() as f32 / total as f32;
    let loss = match loss {
        Loss::Mse => {
            let targets = device.tensor_from_vec(targets, (piece.len(), 1usize));
            predictions.try_sub(targets)?.try_square()?.try_mean()?.try_mul(share)?
        }
        Loss::Huber => {
            let targets = device.tensor_from_vec(targets, (piece.len(), 1usize));
            predictions.try_huber_error(targets, 1.0)?.try_mean()?.try_mul(share)?
        }
        Loss::Hinge { margin, noise } => {
            let (pairs, wanted) = pairs(&targets, noise as f32);
            let wanted = wanted.into_iter().map(|distance| margin as f32 * distance.min(1.0)).collect::<Vec<f32>>();
            let wanted = device.tensor_from_vec(wanted, (pairs.rows(), 1usize));
            let lead = pairs.multiply(predictions)?;
            lead.try_negate()?.try_add(wanted)?.try_relu()?.try_mean()?.try_mul(share)?
        }
        Loss::Difference => {
            let (pairs, wanted) = pairs(&targets, 0.0);
            let wanted = device.tensor_from_vec(wanted, (pairs.rows(), 1usize));
            pairs.multiply(predictions)?.try_sub(wanted)?.try_square()?.try_mean()?.try_mul(share)?
        }
    };
    let value = f64::from(loss.array());
    let mut gradients = loss.try_backward()?;
    let parameters = model.values.iter();
    let gradient = parameters.map(|value| Ok(std::mem::take(&mut **gradients.get_or_alloc_mut(value)?)));
    Ok((value, gradient.collect::<Result<_, CpuError>>()?))
}

/// For every two questions whose targets differ by more than `noise`: by how much the better one leads, and the distance of their
/// targets.
fn pairs(targets: &[f32], noise: f32) -> (SparsePair, Vec<f32>) {
    let mut matrix = Sparse::new(targets.len());
    let mut wanted = Vec::new();
    for (a, x) in targets.iter().enumerate() {
        for (b, y) in targets.iter().enumerate() {
            if x - y > noise {
                matrix.push_row([(a, 1.0), (b, -1.0)]);
                wanted.push(x - y);
            }
        }
    }
    if wanted.is_empty() {
        // Nothing to tell apart: no loss.
        matrix.push_row([]);
        wanted.push(0.0);
    }
    (matrix.into(), wanted)
}

#[cfg(test)]
mod tests {
    use super::super::features::GraphFeatures;
    use super::super::model::layout;
    use super::super::reference;
    use super::super::{Architecture, Convolution, Gnn, NodeKind, Predictor, Psc, Readout, Selection, Target};
    use super::*;
    use crate::families::{Family, FamilyName, Nb201};
    use crate::partition::Partition;
    use crate::segment::Mining;
    use proptest::prelude::*;

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

    fn architectures() -> Vec<Architecture> {
        let base = Architecture { layers: 3, hidden: 24, ..Architecture::default() };
        let convolutions = [Convolution::GraphConv, Convolution::Gin, Convolution::Gcn, Convolution::Gat];
        let readouts = [Readout::Mean, Readout::Sum, Readout::Attention];
        let reads = [Reads::Psc, Reads::Graph, Reads::WithoutPredecessor, Reads::WithoutSuccessor, Reads::SegmentOnly];
        let mut all: Vec<Architecture> = convolutions.map(|convolution| Architecture { convolution, ..base }).into();
        all.extend(readouts.map(|readout| Architecture { readout, ..base }));
        all.extend(reads.map(|reads| Architecture { reads, ..base }));
        all.push(Architecture { nodes: NodeKind::Token, ..base });
        all
    }

    fn silent<'a>(path: &'a Path, watch: Watch<'a>) -> Reports<'a> {
        Reports { progress: Progress::Silent, path: Some(path), watch }
    }

    #[test]
    fn gradients_equal_finite_differences() {
        let (examples, segmenter) = examples(2);
        let device = Cpu::default();
        for architecture in architectures() {
            let model = Model::new(architecture, 1, &device);
            let mut table = TermTable::new(architecture.layers);
            let cases: Vec<Case> = examples
                .iter()
                .zip([0.5, -0.7])
                .map(|(example, target)| {
                    let all = |all| spread(all, 0);
                    let prepared =
                        Prepared::partitions(&example.graph, &Architecture::default(), &segmenter, &mut table, all)
                            .unwrap();
                    (prepared.rows(architecture.reads, prepared.cuts.get(prepared.cuts.len() / 2)), target)
                })
                .collect();
            let hinge = Loss::Hinge { margin: 1.0, noise: 0.1 };
            for loss in [Loss::Mse, hinge, Loss::Difference, Loss::Huber] {
                let of = |model: &Model| piece_gradient(model, &table, &cases, 2, loss, &device).unwrap();
                let (_, exact) = of(&model);
                for (at, (name, ..)) in layout(&architecture).into_iter().enumerate() {
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// The exact shortcut: every partition of a network, computed without repetition, against the plain computation of its
        /// three parts.
        #[test]
        fn all_partitions_equal_the_plain_computation(seed in 0u64..1000, family in 0usize..5, kind in 0usize..13) {
            let graph = crate::families::network(&FamilyName::ALL[family].sample(seed, 0)).unwrap();
            let architecture = architectures()[kind];
            let segmenter = Mining::bpe(50).segmenter(std::slice::from_ref(&graph)).unwrap();
            let features = GraphFeatures::read_by(&architecture, &graph).unwrap();
            let model = Model::new(architecture, seed, &Cpu::default());
            let mut table = TermTable::new(architecture.layers);
            let prepared = Prepared::partitions(&graph, &architecture, &segmenter, &mut table, |all| spread(all, 0)).unwrap();
            let fast = predict_each(&model, &table, &[prepared]).unwrap().concat();
            let groups = segmenter.groups(&graph);
            prop_assert_eq!(fast.len(), groups.len());
            let every = groups.len().div_ceil(12);
            for (partition, fast) in Partition::all(&groups).iter().zip(fast).step_by(every) {
                let parts: Vec<GraphFeatures> = match architecture.reads.parts() {
                    None => vec![features.clone()],
                    Some(is_read) => {
                        let parts = partition.parts().into_iter().zip(is_read);
                        parts.filter(|(_, is_read)| *is_read).map(|(nodes, _)| features.part(nodes)).collect()
                    }
                };
                let slow = reference::predict(&model, &parts);
                prop_assert!((fast - slow).abs() < 1e-5, "{:?}: {fast} against {slow}", architecture);
            }
        }
    }

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
        let train = |settings: &TrainSettings, path: Option<&Path>| {
            Psc::train_at(&examples, &segmenter, settings, path, Progress::Silent)
        };
        let saved = |psc: &Psc, name: &str| {
            psc.save(folder.join(name)).unwrap();
            std::fs::read(folder.join(name)).unwrap()
        };
        let (whole, log) = train(&settings, None).unwrap();
        // Stopped after three epochs: as if the process had died, the file of the third is what is left.
        let (model, _, _) =
            super::train(&examples, Some(&segmenter), &settings, None, silent(&path, &mut |_| Ok(()))).unwrap();
        let print = fingerprint(&examples, &settings);
        let mut state = Progressed::load(&path, &settings, &print, &Cpu::default()).unwrap();
        assert_eq!(state.log, log);
        assert_eq!(model.values[0].as_vec(), state.best.values[0].as_vec());
        std::fs::remove_file(&path).unwrap();
        state = interrupted(&examples, &segmenter, &settings, 3, &path);
        assert_eq!(state.log.epochs.len(), 3);
        let (resumed, resumed_log) = train(&settings, Some(&path)).unwrap();
        assert_eq!(resumed_log, log);
        assert!(saved(&whole, "whole") == saved(&resumed, "resumed"));
        assert_eq!(saved(&Psc::load(folder.join("whole")).unwrap(), "again"), saved(&whole, "whole"));

        let other = TrainSettings { batch: 4, ..settings };
        let error = train(&other, Some(&path)).unwrap_err().to_string();
        assert!(error.contains("is of a training with other settings"), "{error}");
        let error = Gnn::load(folder.join("whole")).unwrap_err().to_string();
        assert!(error.ends_with("reads Psc; accepted: a GNN"), "{error}");
        std::fs::write(&path, b"nothing").unwrap();
        let error = train(&settings, Some(&path)).unwrap_err().to_string();
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
    ) -> Progressed {
        train_until(examples, Some(segmenter), settings, None, silent(path, &mut |_| Ok(())), epochs).unwrap();
        Progressed::load(path, settings, &fingerprint(examples, settings), &Cpu::default()).unwrap()
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
