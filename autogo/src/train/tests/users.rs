//! Tests of the uses of a trained network.

use super::fit::{corners, folder, short};
use super::{chain, numbers, stirred};
use crate::data::Picture;
use crate::error::{Error, TrainError};
use crate::evolve::{Evolution, Mutator};
use crate::families::{FamilyName, corpus, network};
use crate::formats::onnx::{Pooling, ReadOptions, Weights, export, import_with};
use crate::graph::{Graph, Shape};
use crate::profile::Npu;
use crate::progress::Progress;
use crate::segment::Mining;
use crate::train::{
    Classifier, Confusion, Fit, Mini, Network, NetworkSettings, Part, Pictures, Recipe, Task, evaluate,
};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn the_folder_of_a_training_is_a_classifier() {
    let task = corners(4, 256, 64).named(["a", "b", "c", "d"]).unwrap();
    let (graph, path) = (chain(4), folder("classifier"));
    let mut run = Fit::new(&graph, &task, &short()).into_folder(&path).run(Progress::Silent).unwrap();
    let mut opened = Classifier::open(&path).unwrap();
    assert_eq!(opened.network().tensors(), run.network.tensors());
    assert_eq!(opened.preparation(), task.preparation().unwrap());
    // Confusion, evaluation and the classifier find the same classes.
    let confusion = Confusion::of(&mut run.network, &task, Part::Test).unwrap();
    let scores = evaluate(&mut run.network, &task, Part::Test).unwrap();
    assert_eq!(confusion.total() - confusion.mistakes.len() as u64, scores.correct);
    assert_eq!(confusion.pairs().iter().map(|pair| pair.2).sum::<u64>(), confusion.mistakes.len() as u64);
    let (mut images, mut labels) = (vec![0.0; 64 * 192], vec![0; 64]);
    task.batch(Part::Test, &(0..64).collect::<Vec<_>>(), &mut images, &mut labels).unwrap();
    let pictures: Vec<Picture> =
        images.chunks_exact(192).map(|image| task.preparation().unwrap().picture(image)).collect();
    let said = opened.predict(&pictures).unwrap();
    let hits = said.iter().zip(&labels).filter(|(one, label)| one.class() == task.class_name(**label as usize)).count();
    assert_eq!(hits as u64, scores.correct);
    assert!(said.iter().all(|one| (one.classes.iter().map(|(_, part)| part).sum::<f32>() - 1.0).abs() < 1e-5));
    // A picture in another size, in grey.
    let grey = Picture { shape: Shape::new(50, 30, 1), bytes: vec![90; 1500] };
    assert_eq!(
        run.classifier().unwrap().predict(std::slice::from_ref(&grey)).unwrap(),
        opened.predict(&[grey]).unwrap()
    );
    std::fs::write(path.join("preparation.json"), "{}").unwrap();
    let error = Classifier::open(&path).unwrap_err().to_string();
    assert!(error.contains("preparation.json: missing field"), "{error}");
    std::fs::remove_dir_all(path).unwrap();
}

/// A task whose pictures hold no numbers from some batch on.
struct Spoiled {
    task: Pictures,
    left: AtomicUsize,
}

impl Task for Spoiled {
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
        self.task.batch(part, pictures, images, labels)?;
        if self.left.load(Ordering::Relaxed) == 0 {
            images.fill(f32::NAN);
        } else {
            self.left.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[test]
fn a_loss_that_is_no_number_leaves_the_last_good_checkpoint() {
    let (graph, path, task) = (chain(4), folder("spoiled"), corners(4, 64, 16));
    let fit = |task: &dyn Task, resume: bool| {
        Fit::new(&graph, task, &short()).into_folder(&path).resume(resume).run(Progress::Silent)
    };
    // Two passes of four batches, each with a batch of test pictures, are good.
    let error = fit(&Spoiled { task: task.clone(), left: 12.into() }, false).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }) && error.to_string().lines().count() == 1, "{error}");
    let resumed = fit(&task, true).unwrap();
    let whole = Fit::new(&graph, &task, &short()).run(Progress::Silent).unwrap();
    assert_eq!(resumed.log.losses, whole.log.losses);
    assert_eq!(resumed.network.tensors(), whole.network.tensors());
    std::fs::remove_dir_all(path).unwrap();
}

/// A parent and a child of a search, in their mini forms.
fn parent_and_child() -> (Graph, Graph) {
    let parent = network("nb201:nor_conv_3x3,none,none,skip_connect,nor_conv_3x3,nor_conv_1x1").unwrap();
    let mined = Mining::bpe(40).run(&corpus(&[(FamilyName::Nb201, 8)], 0).unwrap()).unwrap();
    let mutator = Mutator::new(mined, |graph: &Graph| graph.len() as f64, Npu::n256()).unwrap();
    let search = Evolution { generations: 1, ..Evolution::default() };
    let run = search.run(&parent, &mutator, Progress::Silent).unwrap();
    let mini: Mini = "8x8:1/2".parse().unwrap();
    let child = (1..run.individuals.len())
        .map(|id| run.graph(id, mutator.db()).unwrap())
        .find_map(|child| child.mini(&mini).ok().filter(|form| Network::new(&form.graph, 0).is_ok()));
    (parent.mini(&mini).unwrap().graph, child.unwrap().graph)
}

#[test]
fn a_child_inherits_what_its_derivation_kept() {
    let (parent, child) = parent_and_child();
    let (old, fresh) = (Network::new(&parent, 1).unwrap(), Network::new(&child, 2).unwrap());
    let mut heir = fresh.clone();
    let inherited = heir.inherit(&old).unwrap();
    assert!(inherited.taken > 10 && inherited.new > 0, "{inherited}");
    let (of_parent, of_fresh) = (old.named(), fresh.named());
    // Of nodes with one name the first belongs to the first, if there are as many.
    let named = |list: &[(String, Vec<usize>, Vec<f32>)], name: &str| -> Vec<usize> {
        let part = |name: &str| name.split_once(':').unwrap().1.to_string();
        (0..list.len()).filter(|&at| part(&list[at].0) == part(name)).collect()
    };
    let mut taken = 0;
    for (at, (name, sizes, values)) in heir.named().iter().enumerate() {
        let (olds, own) = (named(&of_parent, name), named(&of_fresh, name));
        let rank = own.iter().position(|&other| other == at).unwrap();
        let kept = (olds.len() == own.len()).then(|| &of_parent[olds[rank]]).filter(|old| old.1 == *sizes);
        assert!(values == kept.map_or(&of_fresh[at].2, |old| &old.2), "{name}");
        taken += usize::from(kept.is_some());
    }
    assert_eq!(taken, inherited.taken);
    // A training that inherits says so, goes on from its own checkpoint alone, and its first loss is another.
    let task = Pictures::shapes((8, 8), 0).unwrap().first(64, 20);
    let (recipe, path) = (Recipe { batch: 16, images: 64, ..Recipe::default() }, folder("heir"));
    let fit = Fit::new(&child, &task, &recipe);
    let run = fit.clone().inherit(&old).into_folder(&path).run(Progress::Silent).unwrap();
    assert_eq!(run.inherited, Some(inherited));
    let alone = fit.run(Progress::Silent).unwrap();
    assert!(alone.inherited.is_none() && alone.log.losses[0] != run.log.losses[0]);
    let error = fit.clone().into_folder(&path).resume(true).run(Progress::Silent).unwrap_err().to_string();
    assert!(error.contains("is the state of another training"), "{error}");
    assert!(fit.inherit(&old).into_folder(&path).resume(true).run(Progress::Silent).is_ok());
    std::fs::remove_dir_all(path).unwrap();
}

#[test]
fn weights_come_back_from_an_onnx_file() {
    let graph = chain(4);
    let mut written = stirred(&graph, 3).unwrap();
    let file = export(&graph, Weights::Named(&written.tensors()), Pooling::default()).unwrap();
    let read = import_with(file, &ReadOptions::default()).unwrap();
    let mut network = Network::of_file(&read, NetworkSettings { batch: 3, ..NetworkSettings::default() }).unwrap();
    let images = numbers(3 * 8 * 8 * 3, "images");
    assert_eq!(network.forward(&images).unwrap(), written.forward(&images).unwrap());
    // A file whose weights are inputs has none.
    let bare = import_with(export(&graph, Weights::None, Pooling::default()).unwrap(), &ReadOptions::default());
    if let Ok(bare) = bare {
        let error = Network::of_file(&bare, NetworkSettings::default()).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn another_number_of_classes_is_refused_or_made() {
    let task = Pictures::shapes((8, 8), 0).unwrap().first(32, 10);
    let error = Fit::new(&chain(4), &task, &short()).run(Progress::Silent).unwrap_err();
    assert!(matches!(error, Error::Train(TrainError::Head { classes: 10, .. })), "{error}");
    let ten = chain(4).with_classes(10).unwrap();
    assert_eq!(ten.content_id(), chain(10).content_id());
    let error = network("fsrcnn").unwrap().with_classes(10).unwrap_err().to_string();
    assert!(error.contains("accepted: a head that makes 1×1×10"), "{error}");
    let error = Pictures::shapes((8, 8), 0).unwrap().named(["a", "b"]).unwrap_err().to_string();
    assert!(error.contains("has 2 names of classes; accepted: 10"), "{error}");
}
