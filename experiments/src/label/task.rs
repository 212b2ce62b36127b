//! The tasks that networks are labelled by.

use crate::failure::Failure;
use autogo::train::Pictures;
use autogo::train::tasks::{DenseName, DenseTask};

/// The name of the task of the mini benchmark.
const CIFAR10: &str = "cifar10";

/// A task with its pictures.
pub enum LabelTask {
    /// CIFAR-10 at 16×16.
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
        Ok(Pictures::cifar10((16, 16))?)
    }

    /// Reads the pictures of a task.
    pub fn open(name: Option<DenseName>) -> Result<LabelTask, Failure> {
        Ok(match name {
            None => LabelTask::Cifar10(Box::new(LabelTask::cifar10()?)),
            Some(name) => LabelTask::Dense(name, name.from_env()?),
        })
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
