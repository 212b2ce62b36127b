//! Scores of networks that were not trained: four numbers from a few passes at the start.
//!
//! | score | formula | paper |
//! |---|---|---|
//! | `synflow` | ln Σ\|θ · ∂R/∂θ\|, R the sum of outputs for a picture of ones, weights replaced by their absolute values, no batch norms | Tanaka et al. 2020; as a score of architectures Abdelfattah et al. 2021 |
//! | `jacob_cov` | −Σ ln(λ + k) + 1/(λ + k), λ the eigenvalues of the correlations between the pictures' gradients, k = 10⁻⁵ | Mellor et al. 2020, first version |
//! | `nwot` | ln det K, K the number of ReLUs on whose side two pictures agree | Mellor et al. 2021 |
//! | `gradient_norm` | Σ ‖∂L/∂θ‖₂ over convolutions and dense layers, L the cross-entropy | Abdelfattah et al. 2021 |
//!
//! More counts as better in each of them. Weights are those of a seed ([`Network::new`]), batch norms use the
//! statistics of the batch.

mod codes;
mod jacobian;
mod symmetric;
mod synflow;

use super::network::Network;
use super::plan::NetworkSettings;
use crate::error::Error;
use crate::graph::Graph;

/// Scores of a network at its start. A score is none where its formula has no finite value: two pictures that no ReLU
/// tells apart, gradients that are zero or leave the range of `f32`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZeroCost {
    /// Natural logarithm of the synaptic flow.
    pub synflow: Option<f64>,
    /// A score that is larger where the pictures' gradients correlate less.
    pub jacob_cov: Option<f64>,
    /// Natural logarithm of a determinant that is larger where ReLUs tell the pictures apart better.
    pub nwot: Option<f64>,
    /// Norms of the layers' gradients, added.
    pub gradient_norm: Option<f64>,
}

impl ZeroCost {
    /// The names of the scores, in the order of [`ZeroCost::values`].
    pub const NAMES: [&str; 4] = ["synflow", "jacob_cov", "nwot", "gradient_norm"];

    /// Scores a graph on one batch: `images` are `[image][row][column][channel]`, one entry of `labels` an image.
    /// Deterministic in images and seed.
    ///
    /// Two passes forward and backward, and one forward; O(images³) for the eigenvalues, O(images² · ReLUs / 64) for
    /// the codes.
    ///
    /// # Errors
    /// A graph that cannot be trained ([`TrainError`](super::TrainError)), images and labels that do not fit the graph
    /// or each other.
    ///
    /// ```
    /// use autogo::train::{Part, Pictures, Task, ZeroCost};
    /// let graph = autogo::families::network("nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1")?;
    /// let graph = graph.mini(&"8x8:1/4".parse()?)?.graph;
    /// let toy = Pictures::shapes((8, 8), 0)?;
    /// let (mut images, mut labels) = (vec![0.0; 16 * 8 * 8 * 3], vec![0; 16]);
    /// toy.batch(Part::Train, &(0..16).collect::<Vec<usize>>(), &mut images, &mut labels)?;
    /// let scores = ZeroCost::of(&graph, &images, &labels, 0)?;
    /// assert!(scores.values().iter().all(|score| score.is_some_and(f64::is_finite)));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn of(graph: &Graph, images: &[f32], labels: &[u32], seed: u64) -> Result<ZeroCost, Error> {
        let batch = labels.len().max(1);
        let settings = NetworkSettings { batch, reaches_images: true, ..NetworkSettings::default() };
        let mut network = Network::with(graph, seed, settings)?;
        network.gradient(images, labels, 0.0)?;
        let gradient_norm = gradient_norm(&network);
        let jacob_cov = jacobian::score(&mut network, images, batch)?;
        let nwot = codes::score(&mut network, images)?;
        Ok(ZeroCost { synflow: synflow::score(graph, seed)?, jacob_cov, nwot, gradient_norm })
    }

    /// The scores in the order of [`ZeroCost::NAMES`].
    pub fn values(&self) -> [Option<f64>; 4] {
        [self.synflow, self.jacob_cov, self.nwot, self.gradient_norm]
    }
}

/// The norms of the gradients of all convolutions and dense layers, added.
fn gradient_norm(network: &Network) -> Option<f64> {
    let norm = |gradient: &[f32]| gradient.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    let layers = network.gradients().into_iter().filter(|(name, _)| name.ends_with(".weight"));
    let sum: f64 = layers.map(|(_, gradient)| norm(&gradient)).sum();
    sum.is_finite().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::network;
    use crate::rng::Stream;
    use crate::train::mini_network;
    use rand::Rng;

    fn pictures(graph: &Graph, count: usize) -> (Vec<f32>, Vec<u32>) {
        let mut draw = Stream::new(3, "pictures of a test").at(0);
        let floats = graph.input_shape().elements() as usize;
        let images = (0..count * floats).map(|_| draw.random_range(-1.0..1.0)).collect();
        (images, (0..count as u32).map(|at| at % 10).collect())
    }

    #[test]
    fn every_family_has_all_scores() {
        for spec in [
            "nb101:1111011111:200",
            "nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1",
            "hiaml:t31,src1,z,z",
        ] {
            let graph = mini_network(spec).unwrap().graph;
            let (images, labels) = pictures(&graph, 24);
            let scores = ZeroCost::of(&graph, &images, &labels, 0).unwrap();
            assert!(scores.values().iter().all(Option::is_some), "{spec}: {scores:?}");
            assert_eq!(scores, ZeroCost::of(&graph, &images, &labels, 0).unwrap());
        }
    }

    #[test]
    fn pictures_that_are_equal_cannot_be_told_apart() {
        let graph = network("nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1").unwrap();
        let graph = graph.mini(&"8x8:1/4".parse().unwrap()).unwrap().graph;
        let (mut images, labels) = pictures(&graph, 8);
        let floats = images.len() / 8;
        images.copy_within(0..floats, floats);
        let scores = ZeroCost::of(&graph, &images, &labels, 0).unwrap();
        assert_eq!(scores.nwot, None);
        // Two equal gradients leave an eigenvalue of zero, whose term is 1/k.
        assert!(scores.jacob_cov.unwrap() < -90_000.0, "{scores:?}");
    }

    #[test]
    fn a_network_that_no_picture_passes_has_no_score_that_reads_pictures() {
        let graph = mini_network("nb201:none,none,none,none,none,none").unwrap().graph;
        let (images, labels) = pictures(&graph, 8);
        let scores = ZeroCost::of(&graph, &images, &labels, 0).unwrap();
        assert_eq!((scores.jacob_cov, scores.synflow), (None, None), "{scores:?}");
    }

    #[test]
    fn images_that_do_not_fit_are_refused() {
        let graph = mini_network("nb101:111:1").unwrap().graph;
        let (images, labels) = pictures(&graph, 4);
        assert!(ZeroCost::of(&graph, &images[1..], &labels, 0).is_err());
        assert!(ZeroCost::of(&graph, &images, &labels[1..], 0).is_err());
        assert!(ZeroCost::of(&graph, &[], &[], 0).is_err());
    }
}
