//! The tasks that networks are labelled by.

use crate::failure::Failure;
use autogo::Error;
use autogo::graph::{Graph, Shape};
use autogo::train::tasks::{DenseName, DenseTask};
use autogo::train::{Mini, MiniForm, Pictures, mini_network};

/// The name of the task of the mini benchmark.
const CIFAR10: &str = "cifar10";
/// The classes of CIFAR-10.
const CLASSES: u32 = 10;
/// Height and width of a picture of the mini benchmark.
const MINI: (u32, u32) = (16, 16);

/// A task with its pictures.
pub enum LabelTask {
    /// CIFAR-10, scaled.
    Cifar10(Box<Pictures>),
    /// A task whose answer is a mask, points or a picture.
    Dense(DenseName, Box<dyn DenseTask>),
}

impl LabelTask {
    /// The task of a name; nothing is CIFAR-10.
    pub fn named(name: &str) -> Result<Option<DenseName>, Failure> {
        if name == CIFAR10 {
            return Ok(None);
        }
        name.parse().map(Some).map_err(|error: autogo::Error| Failure::Input(format!("{error}, {CIFAR10}")))
    }

    /// The pictures of the mini benchmark.
    pub fn cifar10() -> Result<Pictures, Failure> {
        Ok(Pictures::cifar10(MINI)?)
    }

    /// Reads the pictures of a task, those of CIFAR-10 in the size of a form; without one in the mini benchmark's.
    pub fn open(name: Option<DenseName>, form: Option<&Mini>) -> Result<LabelTask, Failure> {
        Ok(match name {
            None => LabelTask::Cifar10(Box::new(Pictures::cifar10(form.map_or(MINI, |form| form.input))?)),
            Some(name) => LabelTask::Dense(name, name.from_env()?),
        })
    }

    /// The form of a network that is trained. Without a form that was asked for it is the benchmark's own, which
    /// compact strings alone have.
    pub fn form(name: Option<DenseName>, spec: &str, full: &Graph, form: Option<&Mini>) -> Result<MiniForm, Error> {
        match (name, form) {
            (None, None) => mini_network(spec),
            (Some(name), None) => name.network_form(spec),
            (Some(name), Some(form)) => name.form(full, form),
            (None, Some(form)) => {
                let small = full.mini(form)?;
                let graph = small.graph.with_classes(CLASSES)?;
                Ok(MiniForm { mini: graph.content_id(), graph, ..small })
            }
        }
    }

    /// Refuses pictures that the task cannot give.
    pub fn check(&self, input: Shape) -> Result<(), Error> {
        match self {
            LabelTask::Cifar10(_) => Ok(()),
            LabelTask::Dense(_, task) => task.reading(input).map(|_| ()),
        }
    }

    /// The name; nothing is CIFAR-10.
    pub fn name(&self) -> Option<DenseName> {
        match self {
            LabelTask::Cifar10(_) => None,
            LabelTask::Dense(name, _) => Some(*name),
        }
    }

    /// Name, counts and hashes of the pictures.
    pub fn record(&self) -> String {
        match self {
            LabelTask::Cifar10(pictures) => pictures.record(),
            LabelTask::Dense(_, task) => task.record(),
        }
    }
}
