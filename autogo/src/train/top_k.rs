//! How often the right class is among the likeliest.

use super::network::Network;
use super::task::{Part, Task};
use crate::error::Error;

/// The share of a part's pictures whose class is among the `k` classes that a network gives the highest probability. Of
/// classes with one probability the first counts as higher, so that `k = 1` is the accuracy. O(pictures ·
/// multiply-adds).
///
/// ```
/// use autogo::train::{Confusion, Network, Part, Pictures, top_k_accuracy};
/// let task = Pictures::shapes((16, 16), 0)?.first(100, 50);
/// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,none,none,none")?;
/// let mut network = Network::new(&graph.mini(&"16x16:1/4".parse()?)?.graph, 0)?;
/// let accuracy = Confusion::of(&mut network, &task, Part::Test)?.accuracy();
/// assert_eq!(top_k_accuracy(&mut network, &task, Part::Test, 1)?, accuracy);
/// assert_eq!(top_k_accuracy(&mut network, &task, Part::Test, 10)?, 1.0);
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// A network that does not fit the task or whose answer is not finite, a task without pictures in this part, pictures that
/// cannot be read.
pub fn top_k_accuracy(network: &mut Network, task: &dyn Task, part: Part, k: usize) -> Result<f64, Error> {
    let (floats, batch) = (task.shape().elements() as usize, network.plan().batch());
    let (mut images, mut labels) = (vec![0.0; batch * floats], vec![0; batch]);
    let pictures: Vec<usize> = (0..task.len(part)).collect();
    if pictures.is_empty() {
        return Err(Error::setting(task.name(), "has no pictures in this part", "1 or more"));
    }
    let mut hits = 0u64;
    for pictures in pictures.chunks(batch) {
        let (images, labels) = (&mut images[..pictures.len() * floats], &mut labels[..pictures.len()]);
        task.batch(part, pictures, images, labels)?;
        for (&label, chances) in labels.iter().zip(network.probabilities(images)?) {
            let class = label as usize;
            let own = chances.get(class).ok_or_else(|| {
                let accepted = format!("0 to {}", chances.len().max(1) - 1);
                Error::setting(task.name(), format!("has a picture of class {class}"), &accepted)
            })?;
            if !own.is_finite() {
                let place = "on pictures that are asked about".to_string();
                return Err(Error::NotFinite { what: "a probability", place });
            }
            let is_ahead = |(at, chance): (usize, &f32)| chance > own || (chance == own && at < class);
            hits += u64::from(chances.iter().enumerate().filter(|&one| is_ahead(one)).count() < k);
        }
    }
    Ok(hits as f64 / pictures.len() as f64)
}
