//! Tests of trainings.

use super::alone::alone;
use super::{chain, numbers};
use crate::data::LabelledPictures;
use crate::error::{Error, TrainError};
use crate::graph::{Graph, Shape};
use crate::interrupt;
use crate::progress::Progress;
use crate::rng::Stream;
use crate::train::{Fit, FitEnd, Method, Network, NetworkSettings, Optimiser, Part, Pictures, Recipe, Schedule, Task};
use rand::Rng;

/// Pictures of 8×8: noise, with a bright square whose corner of the picture is the class.
pub fn corners(classes: usize, train: usize, test: usize) -> Pictures {
    let part = |count: usize, purpose: &str| {
        let mut part = LabelledPictures { shape: Shape::new(8, 8, 3), bytes: vec![], labels: vec![] };
        for picture in 0..count {
            let mut draw = Stream::new(1, purpose).at(picture as u64);
            let class = picture as u32 % 4;
            part.labels.push(class);
            for at in 0..64 {
                let quarter = at / 8 / 4 * 2 + at % 8 / 4;
                let light = if quarter == class { 120 } else { 60 };
                part.bytes.extend((0..3).map(|_| light + draw.random_range(0..100)));
            }
        }
        part
    };
    Pictures::new("corners", classes, part(train, "train"), part(test, "test")).unwrap()
}

pub fn short() -> Recipe {
    Recipe { batch: 16, images: 1_000, flips: false, shifts: 1, ..Recipe::default() }
}

pub fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("autogo-fit-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    folder
}

#[test]
fn a_simple_task_is_learned_by_every_method() {
    let (task, graph) = (corners(4, 256, 64), chain(4));
    let rms = Method::Rmsprop { keep: 0.9, momentum: 0.9, epsilon: 1e-2 };
    let adam = Method::Adamw { keep: 0.9, keep_square: 0.999, epsilon: 1e-8 };
    for (method, rate) in [(Method::default(), 0.05), (rms, 0.01), (adam, 0.01)] {
        let recipe = Recipe { method, rate, images: 2_000, mean: 0.9, schedule: Schedule::Cosine, ..short() };
        let run = Fit::new(&graph, &task, &recipe).run(Progress::Silent).unwrap();
        let last = run.log.last().unwrap();
        assert!(last.test_accuracy > 0.9, "{method:?}:\n{}", run.log);
        assert_eq!((run.end, run.log.losses.len(), last.images), (FitEnd::Done, 125, 2_000));
    }
}

#[test]
fn a_long_gradient_is_shortened_and_a_short_one_is_left() {
    let (graph, images, labels) = (chain(4), numbers(16 * 192, "clipped"), [0, 1, 2, 3].repeat(4));
    let network = |threads: usize| {
        let settings = NetworkSettings { batch: 16, threads, ..NetworkSettings::default() };
        Network::with(&graph, 0, settings).unwrap()
    };
    let mut plain = network(1);
    plain.gradient(&images, &labels, 0.1).unwrap();
    let squares = |(_, values): &(String, Vec<f32>)| values.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>();
    let length = plain.gradients().iter().map(squares).sum::<f64>().sqrt() as f32;
    let step = |threads: usize, clip: f32| {
        let mut network = network(threads);
        let before = network.named();
        let sgd = Method::Sgd { momentum: 0.0, nesterov: false };
        let mut optimiser = Optimiser::new(&network, sgd, 0.0, 0.0).clip(clip);
        network.step(&images, &labels, 0.1, &mut optimiser, 0.1).unwrap();
        (before, network.named())
    };
    let (before, free) = step(1, 0.0);
    assert_eq!(step(1, 1.01 * length).1, free);
    let (_, bound) = step(1, 0.25 * length);
    assert_ne!(bound, free);
    assert_eq!(step(2, 0.25 * length).1, bound);
    for ((before, free), bound) in before.iter().zip(&free).zip(&bound).filter(|((_, free), _)| !is_running(&free.0)) {
        for ((start, free), bound) in before.2.iter().zip(&free.2).zip(&bound.2) {
            // A quarter of the way, up to the rounding of the weights.
            let wanted = f64::from(*start) + 0.25 * (f64::from(*free) - f64::from(*start));
            assert!((f64::from(*bound) - wanted).abs() < 1e-7 * (1.0 + wanted.abs()), "{}", before.0);
        }
    }
}

/// Whether a tensor is a batch norm's running statistics, which no optimiser moves.
fn is_running(name: &str) -> bool {
    name.ends_with(".mean") || name.ends_with(".variance")
}

#[test]
fn a_bound_holds_a_training_that_would_diverge() {
    let (task, graph) = (corners(4, 256, 64), chain(4));
    let worst = |recipe: Recipe| {
        let run = Fit::new(&graph, &task, &recipe).run(Progress::Silent);
        run.map_or(f32::INFINITY, |run| run.log.losses.into_iter().fold(0.0, f32::max))
    };
    let free = Recipe { rate: 100.0, decay: 0.0, images: 2_000, ..short() };
    let bound = Recipe { clip: 1e-4, ..free };
    assert!(worst(free) > 100.0 && worst(bound) < 10.0, "{} {}", worst(free), worst(bound));
}

#[test]
fn a_recipe_without_a_bound_has_the_text_it_always_had() {
    let text = |recipe: Recipe| serde_json::to_string(&recipe).unwrap();
    assert!(!text(Recipe::default()).contains("clip"), "{}", text(Recipe::default()));
    let bound = Recipe { clip: 2.5, ..Recipe::default() };
    assert!(text(bound).contains("\"clip\":2.5"), "{}", text(bound));
    assert_eq!(serde_json::from_str::<Recipe>(&text(bound)).unwrap(), bound);
    assert_eq!(serde_json::from_str::<Recipe>(&text(Recipe::default())).unwrap(), Recipe::default());
}

#[test]
fn two_threads_make_the_bytes_of_one() {
    let (task, graph) = (corners(4, 64, 16), chain(4));
    let train = || Fit::new(&graph, &task, &short()).run(Progress::Silent).unwrap();
    let alone = train();
    let (a, b) = rayon::join(train, train);
    for run in [a, b] {
        assert_eq!(run.log.losses, alone.log.losses);
        assert_eq!(run.network.tensors(), alone.network.tensors());
    }
    let other = Fit::new(&graph, &task, &Recipe { seed: 1, ..short() }).run(Progress::Silent).unwrap();
    assert_ne!(other.log.losses, alone.log.losses);
}

/// A task that asks for an end when `left` batches were drawn.
struct Impatient {
    task: Pictures,
    left: std::sync::atomic::AtomicUsize,
}

impl Task for Impatient {
    fn name(&self) -> &str {
        self.task.name()
    }
    fn shape(&self) -> Shape {
        self.task.shape()
    }
    fn classes(&self) -> usize {
        self.task.classes()
    }
    fn len(&self, part: Part) -> usize {
        self.task.len(part)
    }
    fn batch(&self, part: Part, pictures: &[usize], images: &mut [f32], labels: &mut [u32]) -> Result<(), Error> {
        if self.left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) == 1 {
            interrupt::ask();
        }
        self.task.batch(part, pictures, images, labels)
    }
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_bytes() {
    alone(|| {
        let (graph, recipe) = (chain(4), Recipe { mean: 0.9, ..short() });
        let (whole, parts) = (folder("whole"), folder("parts"));
        let task = corners(4, 100, 16);
        Fit::new(&graph, &task, &recipe).into_folder(&whole).run(Progress::Silent).unwrap();
        for batches in [24, 9, 1_000] {
            let task = Impatient { task: task.clone(), left: batches.into() };
            let run = Fit::new(&graph, &task, &recipe).into_folder(&parts).resume(true).run(Progress::Silent).unwrap();
            assert_eq!(run.end, if batches < 1_000 { FitEnd::Interrupted } else { FitEnd::Done });
            interrupt::forget();
        }
        for name in ["weights.safetensors", "checkpoint.safetensors", "log.csv"] {
            let bytes = |folder: &std::path::Path| std::fs::read(folder.join(name)).unwrap();
            assert!(bytes(&whole) == bytes(&parts), "{name}");
        }
        // The state of one training is not that of another.
        let other = Recipe { rate: 0.05, ..recipe };
        let error = Fit::new(&graph, &task, &other).into_folder(&parts).resume(true).run(Progress::Silent).unwrap_err();
        assert!(error.to_string().contains("is the state of another training"), "{error}");
        std::fs::remove_dir_all(whole).unwrap();
        std::fs::remove_dir_all(parts).unwrap();
    });
}

#[test]
fn a_loss_that_is_no_number_ends_the_training_and_keeps_the_checkpoint() {
    let (graph, task, parts) = (chain(4), corners(4, 32, 16), folder("nan"));
    let recipe = Recipe { rate: 1e30, warm_up: 0.9, images: 3_200, ..short() };
    let error = Fit::new(&graph, &task, &recipe).into_folder(&parts).run(Progress::Silent).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
    std::fs::remove_dir_all(parts).unwrap();
}

#[test]
fn what_does_not_fit_is_refused_on_one_line() {
    let task = corners(4, 8, 8);
    let refuse = |graph: &Graph, recipe: Recipe| Fit::new(graph, &task, &recipe).run(Progress::Silent).unwrap_err();
    let error = refuse(&chain(10), short());
    assert!(matches!(error, Error::Train(TrainError::Head { classes: 4, .. })), "{error}");
    assert!(error.to_string().contains("makes 1×1×10, `corners` has 4 classes"), "{error}");
    let graph = crate::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none").unwrap();
    assert!(matches!(refuse(&graph, short()), Error::Train(TrainError::Picture { .. })));
    let graph = chain(4);
    let refused = |recipe: Recipe| refuse(&graph, recipe).to_string();
    assert_eq!(refused(Recipe { rate: -1.0, ..short() }), "rate: is -1; accepted: a number above 0");
    assert_eq!(refused(Recipe { batch: 0, ..short() }), "batch: is 0; accepted: 1 to 2^40");
    assert_eq!(refused(Recipe { smoothing: 1.5, ..short() }), "smoothing: is 1.5; accepted: 0 to below 1");
    let clip = |clip: f32| refused(Recipe { clip, ..short() });
    assert_eq!(clip(-1.0), "clip: is -1; accepted: 0 (off) or a number above 0");
    assert_eq!(clip(f32::INFINITY), "clip: is inf; accepted: 0 (off) or a number above 0");
    let text = "rate = 0.2\nimagess = 4\n";
    let error = toml::from_str::<Recipe>(text).unwrap_err().to_string();
    assert!(error.contains("imagess"), "{error}");
    let recipe: Recipe =
        toml::from_str("schedule = 'cosine'\nmethod = { sgd = { momentum = 0.8, nesterov = false } }").unwrap();
    assert_eq!(recipe.method, Method::Sgd { momentum: 0.8, nesterov: false });
}
