//! The classes that a network confuses.

use super::network::Network;
use super::task::{Part, Task};
use crate::error::Error;

/// The number of pictures of every class that a network predicts to be of every class.
///
/// ```
/// use autogo::train::{Confusion, Network, Part, Pictures, Recipe, Fit};
/// use autogo::Progress;
/// # use autogo::{data::LabelledPictures, graph::{GraphBuilder, Op, Shape}};
/// # let shape = Shape::new(1, 1, 1);
/// # let labels = (0..200).map(|grey| (grey >= 100).into()).collect();
/// # let grey = LabelledPictures { shape, bytes: (0..200).collect(), labels };
/// # let mut build = GraphBuilder::new("line");
/// # let x = build.add("in", Op::Input(shape), &[])?;
/// # let x = build.add("head", Op::Dense { features: 2, bias: true }, &[x])?;
/// # build.add("out", Op::Output, &[x])?;
/// # let graph = build.finish()?;
/// # let task = Pictures::new("grey", 2, grey.clone(), grey)?;
/// # let recipe = Recipe { batch: 20, images: 2_000, ..Recipe::default() };
/// // `task` has 100 dark and 100 bright pictures, `graph` is one dense layer.
/// let mut run = Fit::new(&graph, &task, &recipe).run(Progress::Silent)?;
/// let confusion = Confusion::of(&mut run.network, &task, Part::Test)?;
/// assert_eq!(confusion.counts[0].iter().sum::<u64>(), 100);
/// assert!(confusion.counts[0][0] > 90 && confusion.accuracy() > 0.9);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// `counts[class][said]`: the number of pictures of class `class` that the network predicts to be of class `said`.
    pub counts: Vec<Vec<u64>>,
    /// The pictures with a wrong prediction, the surest predictions first.
    pub mistakes: Vec<Mistake>,
}

/// A picture with a wrong prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// The picture's number in its part of the task.
    pub picture: usize,
    /// The picture's class.
    pub class: usize,
    /// The predicted class.
    pub said: usize,
    /// The probability that the network gives to the predicted class.
    pub probability: f32,
}

impl Confusion {
    /// Asks a network about all pictures of a part of a task. O(pictures · multiply-adds).
    ///
    /// # Errors
    /// A network that does not fit the task, pictures that cannot be read.
    pub fn of(network: &mut Network, task: &dyn Task, part: Part) -> Result<Confusion, Error> {
        let (classes, floats, batch) = (task.classes(), task.shape().elements() as usize, network.plan().batch());
        let (mut images, mut labels) = (vec![0.0; batch * floats], vec![0; batch]);
        let mut found = Confusion {
            classes: (0..classes).map(|class| task.class_name(class)).collect(),
            counts: vec![vec![0; classes]; classes],
            mistakes: Vec::new(),
        };
        let pictures: Vec<usize> = (0..task.len(part)).collect();
        for pictures in pictures.chunks(batch) {
            let (images, labels) = (&mut images[..pictures.len() * floats], &mut labels[..pictures.len()]);
            task.batch(part, pictures, images, labels)?;
            for ((&picture, &label), chances) in pictures.iter().zip(labels.iter()).zip(network.probabilities(images)?)
            {
                let class = label as usize;
                // The first of the most probable, as where hits are counted.
                let (said, probability) =
                    chances.iter().copied().enumerate().fold((0, f32::NEG_INFINITY), |most, (at, chance)| {
                        if chance > most.1 { (at, chance) } else { most }
                    });
                let count = found.counts.get_mut(class).and_then(|row| row.get_mut(said)).ok_or_else(|| {
                    Error::setting(
                        task.name(),
                        format!("has a picture of class {class}, said to be of {said}"),
                        &format!("0 to {}", classes.max(1) - 1),
                    )
                })?;
                *count += 1;
                if said != class {
                    found.mistakes.push(Mistake { picture, class, said, probability });
                }
            }
        }
        found.mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        Ok(found)
    }

    /// The number of pictures.
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// The part of the pictures with a right prediction.
    pub fn accuracy(&self) -> f64 {
        let hits: u64 = self.counts.iter().enumerate().filter_map(|(class, row)| row.get(class)).sum();
        hits as f64 / self.total().max(1) as f64
    }

    /// The part of the pictures of class `class` that are predicted to be of class `said`; not a number for a class
    /// without a picture, and where `class` or `said` is no class.
    pub fn share(&self, class: usize, said: usize) -> f64 {
        let Some(row) = self.counts.get(class) else { return f64::NAN };
        row.get(said).map_or(f64::NAN, |&count| count as f64 / row.iter().sum::<u64>() as f64)
    }

    /// Pairs of classes, the most frequently confused first: class, predicted class, and number of pictures.
    pub fn pairs(&self) -> Vec<(usize, usize, u64)> {
        let all = self
            .counts
            .iter()
            .enumerate()
            .flat_map(|(class, row)| row.iter().enumerate().map(move |(said, &count)| (class, said, count)));
        let mut pairs: Vec<_> = all.filter(|&(class, said, count)| class != said && count > 0).collect();
        pairs.sort_by_key(|&(class, said, count)| (std::cmp::Reverse(count), class, said));
        pairs
    }
}
