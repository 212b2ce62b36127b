//! Tasks that a network learns: pictures with labels.

use super::preparation::Preparation;
use crate::data::{ClassFolder, DATA_VARIABLE, LabelledPictures, Picture, folder_from_env};
use crate::error::{Error, TrainError};
use crate::graph::{Graph, Shape};
use std::path::{Path, PathBuf};

/// A part of a task's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The pictures that the network learns from.
    Train,
    /// The pictures that the network is measured with.
    Test,
}

/// Classification: pictures of one shape, each with one of some classes.
///
/// The pictures are already as the network reads them: floats around 0.
pub trait Task: Sync {
    /// A name for messages and records.
    fn name(&self) -> &str;

    /// Shape of a picture.
    fn shape(&self) -> Shape;

    /// Number of classes.
    fn classes(&self) -> usize;

    /// Number of pictures.
    fn len(&self, part: Part) -> usize;

    /// Writes pictures and labels: `images` is `[picture][row][column][channel]`, one entry of `labels` a picture.
    ///
    /// # Errors
    /// A picture that does not exist or cannot be read.
    fn batch(&self, part: Part, pictures: &[usize], images: &mut [f32], labels: &mut [u32]) -> Result<(), Error>;

    /// The name of a class; its number where the classes have no names.
    fn class_name(&self, class: usize) -> String {
        class.to_string()
    }

    /// The preparation by which pictures become the floats that [`Task::batch`] writes; a task without one has no
    /// predictions of other pictures.
    fn preparation(&self) -> Option<&Preparation> {
        None
    }

    /// One line for the record that identifies the pictures.
    fn record(&self) -> String {
        self.name().into()
    }

    /// Whether there are no pictures.
    fn is_empty(&self, part: Part) -> bool {
        self.len(part) == 0
    }
}

/// Refuses a graph that does not read the task's pictures or has another number of classes.
pub(super) fn check(graph: &Graph, task: &dyn Task) -> Result<(), Error> {
    let (graph_name, task_name) = (graph.name().to_string(), task.name().to_string());
    let (reads, makes, shape) = (graph.input_shape(), graph.node(graph.len() - 1).shape, task.shape());
    if reads != shape {
        let (found, wanted) = (reads.to_string(), shape.to_string());
        return Err(TrainError::Picture { graph: graph_name, found, task: task_name, wanted }.into());
    }
    if (makes.h, makes.w, makes.c as usize) != (1, 1, task.classes()) {
        let (found, classes) = (makes.to_string(), task.classes());
        return Err(TrainError::Head { graph: graph_name, found, task: task_name, classes }.into());
    }
    for part in [Part::Train, Part::Test] {
        if task.is_empty(part) {
            return Err(Error::setting(task.name(), format!("has no pictures in part {part:?}"), "at least one"));
        }
    }
    Ok(())
}

/// Pictures in memory, one byte a channel.
///
/// ```
/// use autogo::graph::Shape;
/// use autogo::data::LabelledPictures;
/// use autogo::train::{Part, Pictures, Task};
/// let two = LabelledPictures { shape: Shape::new(1, 1, 1), bytes: vec![0, 255], labels: vec![0, 1] };
/// let task = Pictures::new("two", 2, two.clone(), two)?;
/// let (mut image, mut label) = ([0.0], [0]);
/// task.batch(Part::Test, &[1], &mut image, &mut label)?;
/// assert_eq!((image, label), ([1.0], [1])); // the mean of the channel is 0, its spread 1
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pictures {
    preparation: Preparation,
    train: LabelledPictures,
    test: LabelledPictures,
}

impl Pictures {
    /// A task of some pictures. Channels are normalised: mean 0, spread 1 over the training pictures.
    ///
    /// # Errors
    /// Bytes that are not one picture a label, a label that is no class. O(bytes).
    pub fn new(name: &str, classes: usize, train: LabelledPictures, test: LabelledPictures) -> Result<Pictures, Error> {
        let shape = train.shape;
        if test.shape != shape {
            return Err(Error::setting(name, format!("has pictures of {shape} and {}", test.shape), "one shape"));
        }
        for part in [&train, &test] {
            let wanted = part.labels.len() as u64 * shape.elements();
            if part.bytes.len() as u64 != wanted {
                let reason = format!("has {} bytes for {} labels", part.bytes.len(), part.labels.len());
                return Err(Error::setting(name, reason, &format!("{wanted} bytes")));
            }
            if let Some(label) = part.labels.iter().find(|&&label| label as usize >= classes) {
                return Err(Error::setting(
                    name,
                    format!("has a label {label}"),
                    &format!("0 to {}", classes.max(1) - 1),
                ));
            }
        }
        let names = (0..classes).map(|class| class.to_string()).collect();
        Ok(Pictures { preparation: Preparation::of(name, shape, names, &train.bytes), train, test })
    }

    /// Gives the classes names.
    ///
    /// # Errors
    /// Another number of names than classes.
    pub fn named<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Result<Pictures, Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let (found, wanted) = (names.len(), self.preparation.classes.len());
        if found != wanted {
            return Err(Error::setting(
                &self.preparation.task,
                format!("has {found} names of classes"),
                &wanted.to_string(),
            ));
        }
        self.preparation.classes = names;
        Ok(self)
    }

    /// One line for the record: name, counts, and the first digits of the pictures' hashes.
    pub fn record(&self) -> String {
        let digest = |part: &LabelledPictures| part.digest().chars().take(16).collect::<String>();
        let (train, test) = (&self.train, &self.test);
        let name = &self.preparation.task;
        format!("{name}: {} pictures {}, {} to test {}", train.len(), digest(train), test.len(), digest(test))
    }

    /// The first pictures of each part, for a quick look; channels stay normalised as they were.
    pub fn first(self, train: usize, test: usize) -> Pictures {
        Pictures { train: self.train.first(train), test: self.test.first(test), ..self }
    }

    fn part(&self, part: Part) -> &LabelledPictures {
        match part {
            Part::Train => &self.train,
            Part::Test => &self.test,
        }
    }

    /// CIFAR-10 from the data folder that `AUTOGO_DATA` names, at 32×32 or made smaller by a box filter.
    ///
    /// # Errors
    /// A folder that is not set, files that are missing or damaged, a size that does not divide 32.
    pub fn cifar10(size: (u32, u32)) -> Result<Pictures, Error> {
        let (train, test) = LabelledPictures::cifar10(data_folder()?)?;
        let name = format!("cifar10@{}x{}", size.0, size.1);
        Pictures::new(&name, 10, train.shrunk(size)?, test.shrunk(size)?)?.named(CIFAR10)
    }

    /// Fashion-MNIST from the data folder that `AUTOGO_DATA` names, in a shape such as 28×28×1 or 32×32×3: resized, and
    /// grey in every channel.
    ///
    /// # Errors
    /// A folder that is not set, files that are missing or damaged, a shape with other channels than one or three.
    pub fn fashion_mnist(shape: Shape) -> Result<Pictures, Error> {
        let (train, test) = LabelledPictures::fashion_mnist(data_folder()?)?;
        let name = format!("fashion-mnist@{}x{}x{}", shape.h, shape.w, shape.c);
        Pictures::new(&name, 10, fitted(train, shape)?, fitted(test, shape)?)?.named(FASHION_MNIST)
    }

    /// A folder of class folders with PNG and JPEG files, as [`ClassFolder::read`] reads it, in a shape such as
    /// 32×32×3.
    ///
    /// # Errors
    /// Those of [`ClassFolder::read`].
    pub fn from_folder(folder: impl AsRef<Path>, shape: Shape) -> Result<Pictures, Error> {
        let ClassFolder { path, classes, train, test } = ClassFolder::read(folder, shape)?;
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        let name = format!("{name}@{}x{}x{}", shape.h, shape.w, shape.c);
        Pictures::new(&name, classes.len(), train, test)?.named(classes)
    }
}

/// The classes of CIFAR-10.
const CIFAR10: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
/// The classes of Fashion-MNIST.
const FASHION_MNIST: [&str; 10] =
    ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

fn data_folder() -> Result<PathBuf, Error> {
    folder_from_env().ok_or_else(|| Error::setting(DATA_VARIABLE, "is not set", "a folder with images/"))
}

/// All pictures in another shape.
fn fitted(pictures: LabelledPictures, shape: Shape) -> Result<LabelledPictures, Error> {
    if pictures.shape == shape {
        return Ok(pictures);
    }
    let mut bytes = Vec::with_capacity(pictures.len().saturating_mul(shape.elements() as usize));
    for index in 0..pictures.len() {
        let Some(picture) = Picture::of(&pictures, index) else { break };
        bytes.extend(picture.fitted(shape)?.bytes);
    }
    Ok(LabelledPictures { shape, bytes, labels: pictures.labels })
}

impl Task for Pictures {
    fn name(&self) -> &str {
        &self.preparation.task
    }

    fn shape(&self) -> Shape {
        self.preparation.shape
    }

    fn classes(&self) -> usize {
        self.preparation.classes.len()
    }

    fn class_name(&self, class: usize) -> String {
        self.preparation.classes.get(class).cloned().unwrap_or_default()
    }

    fn preparation(&self) -> Option<&Preparation> {
        Some(&self.preparation)
    }

    fn record(&self) -> String {
        Pictures::record(self)
    }

    fn len(&self, part: Part) -> usize {
        self.part(part).labels.len()
    }

    fn batch(&self, part: Part, pictures: &[usize], images: &mut [f32], labels: &mut [u32]) -> Result<(), Error> {
        let (own, floats) = (self.part(part), self.preparation.shape.elements() as usize);
        let images = images.chunks_exact_mut(floats.max(1));
        for ((&picture, image), label) in pictures.iter().zip(images).zip(labels) {
            let Some(&found) = own.labels.get(picture) else {
                let reason = format!("has no picture {picture}");
                return Err(Error::setting(self.name(), reason, &format!("0 to {}", own.labels.len())));
            };
            *label = found;
            self.preparation.floats(&own.bytes[picture * floats..][..floats], image);
        }
        Ok(())
    }
}
