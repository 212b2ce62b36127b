//! What must hold of trainings.

use super::chain;
use crate::data::LabelledPictures;
use crate::error::{Error, TrainError};
use crate::graph::{Graph, Shape};
use crate::interrupt;
use crate::progress::Progress;
use crate::rng::Stream;
use crate::train::{Fit, FitEnd, Method, Part, Pictures, Recipe, Schedule, Task};
use rand::Rng;
use std::sync::Mutex;

/// Interrupts belong to the process: trainings that look for them do not run side by side.
pub static TURN: Mutex<()> = Mutex::new(());

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
    let _turn = TURN.lock();
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
fn two_threads_make_the_bytes_of_one() {
    let _turn = TURN.lock();
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

/// A task that asks for an end when so many batches were drawn.
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
    let _turn = TURN.lock();
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
}

#[test]
fn a_loss_that_is_no_number_ends_the_training_and_keeps_the_checkpoint() {
    let _turn = TURN.lock();
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
    let text = "rate = 0.2\nimagess = 4\n";
    let error = toml::from_str::<Recipe>(text).unwrap_err().to_string();
    assert!(error.contains("imagess"), "{error}");
    let recipe: Recipe =
        toml::from_str("schedule = 'cosine'\nmethod = { sgd = { momentum = 0.8, nesterov = false } }").unwrap();
    assert_eq!(recipe.method, Method::Sgd { momentum: 0.8, nesterov: false });
}
