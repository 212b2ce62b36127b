//! Predictions of a trained network about pictures.

use super::network::Network;
use super::plan::NetworkSettings;
use super::preparation::Preparation;
use crate::data::Picture;
use crate::error::{Error, TrainError};
use crate::formats::from_json;
use std::path::Path;

/// The name of the graph in the folder of a training.
pub(super) const GRAPH: &str = "graph.json";
/// The name of the preparation there.
pub(super) const PREPARATION: &str = "preparation.json";
/// The name of the trained weights there.
pub(super) const WEIGHTS: &str = "weights.safetensors";
/// The most bytes that a text file of that folder may have.
const LARGEST: u64 = 256 << 20;

impl Network {
    /// The probability of every class for some images: `[image][row][column][channel]` in, as the network learned to
    /// read them; the softmax of its outputs, an entry an image, out. There may be any number of images.
    ///
    /// ```
    /// use autogo::train::Network;
    /// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
    /// let mut network = Network::new(&graph, 0)?;
    /// let chances = network.probabilities(&vec![0.5; 3 * 32 * 32 * 3])?;
    /// assert_eq!((chances.len(), chances[0].len()), (3, 10));
    /// assert!((chances[0].iter().sum::<f32>() - 1.0).abs() < 1e-5);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TrainError::Batch`] when the images are not whole. O(images · multiply-adds).
    pub fn probabilities(&mut self, images: &[f32]) -> Result<Vec<Vec<f32>>, Error> {
        let floats = self.plan.input.elements() as usize;
        if !images.len().is_multiple_of(floats) {
            return Err(TrainError::Batch { found: images.len(), labels: 0, batch: self.plan.batch, floats }.into());
        }
        let classes = self.plan.output.elements() as usize;
        let mut found = Vec::with_capacity(images.len() / floats);
        for some in images.chunks(floats * self.plan.batch) {
            found.extend(self.forward(some)?.chunks_exact(classes).map(softmax));
        }
        Ok(found)
    }
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&logit| libm::exp(f64::from(logit - most))).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| (power / sum) as f32).collect()
}

/// A trained network with the names of its classes, and how it reads a picture.
///
/// ```
/// use autogo::train::{Classifier, Fit, Pictures, Recipe};
/// use autogo::{Progress, data::Picture, graph::Shape};
/// # use autogo::{data::LabelledPictures, graph::{GraphBuilder, Op}};
/// # let shape = Shape::new(1, 1, 1);
/// # let labels = (0..200).map(|grey| (grey >= 100).into()).collect();
/// # let grey = LabelledPictures { shape, bytes: (0..200).collect(), labels };
/// # let mut build = GraphBuilder::new("line");
/// # let x = build.add("in", Op::Input(shape), &[])?;
/// # let x = build.add("head", Op::Dense { features: 2, bias: true }, &[x])?;
/// # build.add("out", Op::Output, &[x])?;
/// # let graph = build.finish()?;
/// # let task = Pictures::new("grey", 2, grey.clone(), grey)?.named(["dark", "bright"])?;
/// # let recipe = Recipe { batch: 20, images: 2_000, ..Recipe::default() };
/// // `task` has dark and bright pictures of one grey pixel, `graph` is one dense layer.
/// let run = Fit::new(&graph, &task, &recipe).run(Progress::Silent)?;
/// let mut classifier = run.classifier()?;
/// // A picture of any size, in colour or grey.
/// let sky = Picture { shape: Shape::new(2, 3, 3), bytes: [150, 190, 220].repeat(6) };
/// let said = classifier.predict(&[sky])?;
/// assert_eq!(said[0].class(), "bright");
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Classifier {
    network: Network,
    preparation: Preparation,
}

/// The prediction of a network about a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Every class with its probability, the most probable first.
    pub classes: Vec<(String, f32)>,
}

impl Prediction {
    /// The most probable class.
    pub fn class(&self) -> &str {
        self.classes.first().map_or("", |(class, _)| class)
    }

    /// The probability of the most probable class.
    pub fn probability(&self) -> f32 {
        self.classes.first().map_or(0.0, |(_, probability)| *probability)
    }
}

impl Classifier {
    /// A network with what belongs to it.
    ///
    /// # Errors
    /// A network that reads other pictures than the preparation makes, or has another number of outputs than there are
    /// classes.
    pub fn new(network: Network, preparation: Preparation) -> Result<Classifier, Error> {
        preparation.check()?;
        let (found, made) = (network.plan.input, network.plan.output);
        let Preparation { task, shape, classes, .. } = &preparation;
        if found != *shape {
            let (found, wanted) = (found.to_string(), shape.to_string());
            return Err(TrainError::Picture { graph: network.name, found, task: task.clone(), wanted }.into());
        }
        if made.elements() != classes.len() as u64 {
            let (found, classes) = (made.to_string(), classes.len());
            return Err(TrainError::Head { graph: network.name, found, task: task.clone(), classes }.into());
        }
        Ok(Classifier { network, preparation })
    }

    /// Opens the folder of a training: its graph, its weights, its preparation.
    ///
    /// # Errors
    /// A file that is missing or damaged, or files that do not belong together.
    pub fn open(folder: impl AsRef<Path>) -> Result<Classifier, Error> {
        let folder = folder.as_ref();
        let text = |name: &str| {
            let path = folder.join(name);
            let failed = |reason: String| Error::File { path: path.clone(), reason };
            let size = std::fs::metadata(&path).map_err(|error| failed(error.to_string()))?.len();
            if size > LARGEST {
                return Err(failed(format!("has {size} bytes; accepted: at most {LARGEST}")));
            }
            std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))
        };
        let refused = |name: &str, reason: String| Error::File { path: folder.join(name), reason };
        let graph = from_json(&text(GRAPH)?).map_err(|error| refused(GRAPH, error.to_string()))?;
        let preparation: Preparation =
            serde_json::from_str(&text(PREPARATION)?).map_err(|error| refused(PREPARATION, error.to_string()))?;
        let mut network = Network::with(&graph, 0, NetworkSettings { batch: 64, ..NetworkSettings::default() })?;
        network.load(&folder.join(WEIGHTS))?;
        Classifier::new(network, preparation)
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The preparation of pictures, and the names of the classes.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// The predictions about pictures of any size, in colour or grey: each picture is brought to the network's shape by
    /// [`Picture::fitted`].
    ///
    /// # Errors
    /// Bytes that are not those of a picture's shape. O(pixels + pictures · multiply-adds).
    pub fn predict(&mut self, pictures: &[Picture]) -> Result<Vec<Prediction>, Error> {
        let shape = self.preparation.shape;
        let floats = shape.elements() as usize;
        let mut found = Vec::with_capacity(pictures.len());
        for some in pictures.chunks(self.network.plan.batch) {
            let mut images = vec![0.0; some.len() * floats];
            for (picture, image) in some.iter().zip(images.chunks_exact_mut(floats)) {
                self.preparation.floats(&picture.fitted(shape)?.bytes, image);
            }
            for chances in self.network.probabilities(&images)? {
                let mut classes: Vec<(String, f32)> = self.preparation.classes.iter().cloned().zip(chances).collect();
                classes.sort_by(|a, b| b.1.total_cmp(&a.1));
                found.push(Prediction { classes });
            }
        }
        Ok(found)
    }
}
