//! What a network learns: pictures with labels.

use crate::data::{DATA_VARIABLE, LabelledPictures, folder_from_env};
use crate::error::{Error, TrainError};
use crate::graph::{Graph, Shape};

/// Which pictures of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Those that the network learns from.
    Train,
    /// Those that it is measured with.
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
    name: String,
    shape: Shape,
    classes: usize,
    train: LabelledPictures,
    test: LabelledPictures,
    /// Every channel's mean and 1/spread over the training pictures.
    scale: Vec<(f32, f32)>,
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
        let scale = scale(&train.bytes, shape.c as usize);
        Ok(Pictures { name: name.into(), shape, classes, train, test, scale })
    }

    /// One line for the record: name, counts, and the first digits of the pictures' hashes.
    pub fn record(&self) -> String {
        let digest = |part: &LabelledPictures| part.digest().chars().take(16).collect::<String>();
        let (train, test) = (&self.train, &self.test);
        let name = &self.name;
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
        let folder =
            folder_from_env().ok_or_else(|| Error::setting(DATA_VARIABLE, "is not set", "a folder with images/"))?;
        let (train, test) = LabelledPictures::cifar10(folder)?;
        let name = format!("cifar10@{}x{}", size.0, size.1);
        Pictures::new(&name, 10, train.shrunk(size)?, test.shrunk(size)?)
    }
}

/// Mean and 1/spread of every channel.
fn scale(bytes: &[u8], channels: usize) -> Vec<(f32, f32)> {
    let count = (bytes.len() / channels.max(1)).max(1) as f64;
    let (mut sums, mut squares) = (vec![0u64; channels], vec![0u64; channels]);
    for pixel in bytes.chunks_exact(channels.max(1)) {
        for (&byte, (sum, square)) in pixel.iter().zip(sums.iter_mut().zip(&mut squares)) {
            *sum += u64::from(byte);
            *square += u64::from(byte) * u64::from(byte);
        }
    }
    let one = |(sum, square): (u64, u64)| {
        let mean = sum as f64 / count;
        let spread = (square as f64 / count - mean * mean).max(1.0).sqrt();
        (mean as f32, (1.0 / spread) as f32)
    };
    sums.into_iter().zip(squares).map(one).collect()
}

impl Task for Pictures {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn len(&self, part: Part) -> usize {
        self.part(part).labels.len()
    }

    fn batch(&self, part: Part, pictures: &[usize], images: &mut [f32], labels: &mut [u32]) -> Result<(), Error> {
        let (own, floats) = (self.part(part), self.shape.elements() as usize);
        let images = images.chunks_exact_mut(floats.max(1));
        for ((&picture, image), label) in pictures.iter().zip(images).zip(labels) {
            let Some(&found) = own.labels.get(picture) else {
                let reason = format!("has no picture {picture}");
                return Err(Error::setting(&self.name, reason, &format!("0 to {}", own.labels.len())));
            };
            *label = found;
            let bytes = &own.bytes[picture * floats..][..floats];
            let pixels = bytes.chunks_exact(self.scale.len()).zip(image.chunks_exact_mut(self.scale.len()));
            for (bytes, pixel) in pixels {
                for ((&byte, value), (mean, inverse)) in bytes.iter().zip(pixel).zip(&self.scale) {
                    *value = (f32::from(byte) - mean) * inverse;
                }
            }
        }
        Ok(())
    }
}
