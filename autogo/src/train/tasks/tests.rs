//! Tests of trainings on tasks of masks, points and pictures.

use super::*;
use crate::error::{Error, TrainError};
use crate::goal::Goal;
use crate::graph::{Conv, Graph, GraphBuilder, Op, Shape, Window};
use crate::interrupt;
use crate::progress::Progress;
use crate::rng::{Draw, Stream};
use crate::train::tests::{alone::alone, fit::folder};
use crate::train::{FitEnd, Network, NetworkSettings, Optimiser, Recipe, Targets};
use autogo_engine::loss::{Places, Regression};
use rand::Rng;
use std::sync::atomic::{AtomicUsize, Ordering};

const METRICS: [Metric; 1] = [Metric { name: "error", unit: "", goal: Goal::Minimise }];

/// Numbers of 6×6 whose negatives are wanted. Asks for an end when `left` pictures were drawn.
struct Negatives {
    left: AtomicUsize,
    /// Multiplies what is wanted.
    scale: f32,
}

fn negatives() -> Negatives {
    Negatives { left: AtomicUsize::new(usize::MAX), scale: 1.0 }
}

impl Negatives {
    fn numbers(&self, draw: &mut Draw) -> Vec<f32> {
        (0..36).map(|_| draw.random_range(-1.0..1.0)).collect()
    }
}

impl DenseTask for Negatives {
    fn name(&self) -> &str {
        "negatives"
    }
    fn record(&self) -> String {
        "negatives".into()
    }
    fn input(&self) -> Shape {
        Shape::new(6, 6, 1)
    }
    fn loss(&self, output: Shape) -> Option<DenseLoss> {
        (output == self.input()).then_some(DenseLoss::Values(Regression::Squared))
    }
    fn wanted(&self) -> String {
        "6×6×1".into()
    }
    fn len(&self) -> usize {
        40
    }
    fn sample(&self, _: usize, draw: &mut Draw, _: &Recipe, sample: Sample<'_>) -> Result<(), Error> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            interrupt::ask();
        }
        sample.image.copy_from_slice(&self.numbers(draw));
        sample.values.iter_mut().zip(sample.image.iter()).for_each(|(wanted, own)| *wanted = -self.scale * own);
        Ok(())
    }
    fn check(&self, _: &Recipe) -> Result<(), Error> {
        Ok(())
    }
    fn sets(&self) -> Vec<String> {
        vec!["small".into(), "large".into()]
    }
    fn metrics(&self) -> &'static [Metric] {
        &METRICS
    }
    fn measure(&self, network: &mut AnySize, set: usize) -> Result<Vec<f64>, Error> {
        // The second set has larger pictures.
        let side = 6 + 4 * set as u32;
        let mut draw = Stream::new(9, "test").at(set as u64);
        let image: Vec<f32> = (0..side * side).map(|_| draw.random_range(-1.0..1.0)).collect();
        let (found, _) = network.forward(&image, (side, side))?;
        let sum: f64 = found.iter().zip(&image).map(|(found, own)| f64::from(found + own).powi(2)).sum();
        Ok(vec![sum / image.len() as f64])
    }
    fn baseline(&self, _: usize) -> Result<Vec<f64>, Error> {
        Ok(vec![1.0 / 3.0])
    }
    fn examples(&self, _: &mut AnySize, _: usize) -> Result<Vec<Example>, Error> {
        Ok(Vec::new())
    }
    fn reading(&self, _: Shape) -> Result<Box<dyn DenseTask>, Error> {
        Ok(Box::new(negatives()))
    }
    fn first(&self, _: usize) -> Box<dyn DenseTask> {
        Box::new(negatives())
    }
}

/// Two convolutions, a batch norm and a sum between them.
fn graph(channels: u32) -> Graph {
    let mut build = GraphBuilder::new("picture");
    let conv = |filters| Op::Conv(Conv { filters, window: Window::same(3, 1), groups: 1, bias: true });
    let x = build.add("in", Op::Input(Shape::new(6, 6, 1)), &[]).unwrap();
    let y = build.add("a", conv(8), &[x]).unwrap();
    let y = build.add("norm", Op::BatchNorm, &[y]).unwrap();
    let y = build.add("relu", Op::Relu, &[y]).unwrap();
    let y = build.add("b", conv(channels), &[y]).unwrap();
    let y = if channels == 1 { build.add("sum", Op::Add, &[y, x]).unwrap() } else { y };
    build.add("out", Op::Output, &[y]).unwrap();
    build.finish().unwrap()
}

fn short() -> Recipe {
    Recipe { batch: 40, images: 8_000, rate: 0.05, smoothing: 0.0, mean: 0.9, ..Recipe::default() }
}

#[test]
fn a_picture_is_learned_and_every_set_is_scored() {
    let (graph, task) = (graph(1), negatives());
    let run = DenseFit::new(&graph, &task, &short()).run(Progress::Silent).unwrap();
    assert_eq!((run.end, run.log.losses.len(), run.log.measures.len()), (FitEnd::Done, 200, 5));
    assert!(run.log.scores.iter().all(|one| one.values[0] < 0.1 * one.baseline[0]), "{}", run.log);
    assert_eq!(run.log.columns()[1].0, "error_large");
    assert!(run.log.csv().starts_with("images,train_loss,error\n1600,"), "{}", run.log.csv());
    assert!(run.log.scores_csv().contains("\nlarge,error,0.0"), "{}", run.log.scores_csv());
    assert_eq!(run.log.to_string().lines().count(), 1 + 5 + 4);
}

#[test]
fn two_threads_make_the_bytes_of_one() {
    let (graph, task, recipe) = (graph(1), negatives(), Recipe { images: 400, ..short() });
    let train = |threads| DenseFit::new(&graph, &task, &recipe).threads(threads).run(Progress::Silent).unwrap();
    let (one, two) = (train(1), train(2));
    assert_eq!(one.network.tensors(), two.network.tensors());
    assert_eq!(one.log, two.log);
    let other = Recipe { seed: 1, ..recipe };
    let other = DenseFit::new(&graph, &task, &other).run(Progress::Silent).unwrap();
    assert_ne!(one.log.losses, other.log.losses);
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_bytes() {
    alone(|| {
        let (graph, recipe) = (graph(1), Recipe { images: 1_000, ..short() });
        let (whole, parts) = (folder("dense-whole"), folder("dense-parts"));
        DenseFit::new(&graph, &negatives(), &recipe).into_folder(&whole).run(Progress::Silent).unwrap();
        for pictures in [450, 90, usize::MAX] {
            let task = Negatives { left: pictures.into(), scale: 1.0 };
            let fit = DenseFit::new(&graph, &task, &recipe).into_folder(&parts).resume(true);
            let end = fit.run(Progress::Silent).unwrap().end;
            assert_eq!(end, if pictures < usize::MAX { FitEnd::Interrupted } else { FitEnd::Done });
            interrupt::forget();
        }
        for name in ["weights.safetensors", "checkpoint.safetensors", "log.csv", "scores.csv"] {
            let bytes = |folder: &std::path::Path| std::fs::read(folder.join(name)).unwrap();
            assert!(bytes(&whole) == bytes(&parts), "{name}");
        }
        std::fs::remove_dir_all(whole).unwrap();
        std::fs::remove_dir_all(parts).unwrap();
    });
}

#[test]
fn what_does_not_fit_or_runs_away_is_refused_on_one_line() {
    let refused = |graph: &Graph, task: &Negatives, recipe: &Recipe| {
        let error = DenseFit::new(graph, task, recipe).run(Progress::Silent).unwrap_err();
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
        error
    };
    let error = refused(&graph(2), &negatives(), &short());
    assert!(error.to_string().contains("makes 6×6×2, which is no answer to `negatives`; accepted: 6×6×1"), "{error}");
    let large = any_size::at_size(&graph(1), (8, 8)).unwrap();
    assert!(matches!(refused(&large, &negatives(), &short()), Error::Train(TrainError::Picture { .. })));
    let wild = Negatives { scale: f32::NAN, ..negatives() };
    assert!(matches!(refused(&graph(1), &wild, &short()), Error::NotFinite { what: "the loss", .. }));
    let error = refused(&graph(1), &negatives(), &Recipe { batch: 0, ..short() });
    assert!(error.to_string().starts_with("batch: is 0"), "{error}");
}

/// The gradient of every kind of target against differences of the loss, on one thread and on several.
#[test]
fn targets_have_gradients_that_differences_confirm() {
    let graph = graph(3);
    let mut draw = Stream::new(5, "targets").at(0);
    let mut numbers = |count: usize| -> Vec<f32> { (0..count).map(|_| draw.random_range(-1.0..1.0)).collect() };
    let (images, values, places) = (numbers(40 * 36), numbers(40 * 36 * 3), numbers(40 * 6));
    let labels: Vec<u32> = (0..40 * 36).map(|at| at % 4).collect();
    let map = Places { map: (6, 6), points: 3, span: (1.0, 1.0), beta: 0.2 };
    let all = [
        Targets::Classes { labels: &labels, smoothing: 0.1, ignored: Some(3) },
        Targets::Values { wanted: &values, loss: Regression::Smooth { beta: 0.3 } },
        Targets::Values { wanted: &values, loss: Regression::Squared },
        Targets::Places { wanted: &places, loss: map },
    ];
    for targets in all {
        let network = |threads| {
            let settings = NetworkSettings { batch: 40, threads, ..NetworkSettings::default() };
            Network::with(&graph, 1, settings).unwrap()
        };
        let (mut one, mut two) = (network(1), network(2));
        let loss = |network: &mut Network| {
            let scores = network.gradient_of(&images, targets).unwrap();
            scores.loss / scores.counted as f64
        };
        assert_eq!(loss(&mut one).to_bits(), loss(&mut two).to_bits());
        assert_eq!(one.gradients(), two.gradients());
        let (name, gradient) = one.gradients().into_iter().find(|(name, _)| name == "4:b.weight").unwrap();
        for at in [0, 17, 40] {
            let moved = |by: f32| {
                let mut tensors = one.tensors();
                tensors.get_mut(&name).unwrap().1[at] += by;
                let mut network = network(1);
                network.set_tensors(&tensors).unwrap();
                loss(&mut network)
            };
            let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            let own = f64::from(gradient[at]);
            assert!((slope - own).abs() < 2e-3 * own.abs().max(0.02), "{targets:?} {at}: {own} {slope}");
        }
    }
    let mut network = Network::new(&graph, 1).unwrap();
    let mut optimiser = Optimiser::new(&network, Default::default(), 0.0, 0.0);
    let few = Targets::Values { wanted: &values[1..], loss: Regression::Squared };
    let error = network.step_on(&images, few, &mut optimiser, 0.1).unwrap_err();
    assert!(matches!(error, Error::Train(TrainError::Batch { .. })), "{error}");
}

#[test]
fn names_are_read_and_written() {
    for name in DenseName::ALL {
        assert_eq!(name.to_string().parse::<DenseName>().unwrap(), name);
    }
    let error = "sr3".parse::<DenseName>().unwrap_err().to_string();
    assert_eq!(error, "task: `sr3` is not known; accepted: camvid, faces, sr2, denoise25");
}

#[test]
fn every_family_has_a_form_for_what_it_can_do() {
    let mini = |spec: &str, task: DenseName| task.network_form(spec).map(|form| form.graph.cost().params);
    for spec in ["resnet50", "vgg16", "nb101:1111011111:200", "hiaml:z,z,z,z", "two_path"] {
        for task in [DenseName::Camvid, DenseName::Faces] {
            let spec = if spec == "two_path" { crate::families::FamilyName::TwoPath.sample(0, 0) } else { spec.into() };
            assert!(mini(&spec, task).is_ok_and(|params| params < 1_000_000), "{spec} {task}");
        }
    }
    assert!(mini("edsr", DenseName::Sr2).is_ok() && mini("fsrcnn", DenseName::Sr2).is_ok());
    assert!(mini("unet", DenseName::Denoise25).is_ok() && mini("hiaml:z,z,z,z", DenseName::Denoise25).is_ok());
    let error = mini("resnet50", DenseName::Sr2).unwrap_err().to_string();
    assert!(error.contains("no answer to `sr2`; accepted: 32×32×C with C a multiple of 4"), "{error}");
}

/// Data of all four tasks: counts, samples, baselines.
#[test]
fn the_data_folder_has_all_tasks() {
    let Some(data) = crate::data::folder_from_env() else {
        println!("skipped: AUTOGO_DATA is not set");
        return;
    };
    for (name, len, sets, first) in [
        (DenseName::Camvid, 367, 2, "camvid@96x96: 367 pictures, 101 of val, 233 of test, archive 0b8aa113e5b94e26"),
        (DenseName::Faces, 3_462, 1, "faces@96x96: 3462 pictures, 770 of test, archive 23744f98d1d0e777"),
        (DenseName::Denoise25, 400, 2, "denoise25@40x40: 400 of train400"),
    ] {
        let task = name.open(&data).unwrap();
        assert_eq!((task.len(), task.sets().len()), (len, sets));
        assert!(task.record().starts_with(&first[..first.len().min(60)]), "{}", task.record());
        let (input, recipe) = (task.input(), name.recipe());
        assert_eq!((input.h, input.w), name.picture());
        assert!(task.check(&recipe).is_ok());
        let few = task.first(8);
        assert_eq!(few.len(), 8);
        let baseline = few.baseline(0).unwrap();
        assert_eq!(baseline.len(), task.metrics().len());
        assert!(baseline.iter().all(|value| value.is_finite()), "{baseline:?}");
        assert!(task.reading(Shape::new(4_000, 4, 3)).is_err());
        let output = match name {
            DenseName::Camvid => Shape::new(96, 96, 11),
            DenseName::Faces => Shape::new(12, 12, 68),
            DenseName::Sr2 | DenseName::Denoise25 => input,
        };
        let (labels, values) = task.loss(output).unwrap().counts(output);
        let read = |turn: u64| {
            let (mut image, mut classes, mut wanted) =
                (vec![0.0; input.elements() as usize], vec![0; labels], vec![0.0; values]);
            let sample = Sample { image: &mut image, labels: &mut classes, values: &mut wanted };
            task.sample(3, &mut Stream::new(0, "crops").at(turn), &recipe, sample).unwrap();
            (image, classes, wanted)
        };
        assert!(read(1) == read(1) && read(1) != read(2));
    }
}
