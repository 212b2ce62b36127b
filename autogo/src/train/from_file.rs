//! Weights of a network that another program trained.

use super::forward::EPSILON;
use super::inherit::node_part;
use super::network::Network;
use super::plan::NetworkSettings;
use super::plan::parameters::Parameter;
use crate::error::Error;
use crate::files::Tensors;
use crate::formats::FormatError;
use crate::formats::onnx::{Imported, NodeWeights};

impl Network {
    /// The network of an ONNX file with the file's weights: it computes what the file says, and can be trained further.
    ///
    /// Batch norms of the file may have another constant against division by zero than those here; their scale is
    /// changed so that they compute the same with their running statistics.
    ///
    /// ```
    /// use autogo::formats::onnx::{Pooling, ReadOptions, Weights, export, import_with};
    /// use autogo::train::{Network, NetworkSettings};
    /// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
    /// let mut written = Network::new(&graph, 7)?;
    /// let file = export(&graph, Weights::Named(&written.tensors()), Pooling::default())?;
    /// let read = import_with(file, &ReadOptions::default())?;
    /// let mut network = Network::of_file(&read, NetworkSettings::default())?;
    /// let image = vec![0.5; 32 * 32 * 3];
    /// assert_eq!(network.forward(&image)?, written.forward(&image)?);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// A graph that cannot be computed (see [`TrainError`](super::TrainError)), weights that the file lacks, that
    /// contradict their sizes or are not finite: with the node's name. O(weights).
    pub fn of_file(imported: &Imported, settings: NetworkSettings) -> Result<Network, Error> {
        let mut network = Network::blank(&imported.graph, settings)?;
        let mut tensors = Tensors::new();
        let mut rest = &network.plan().parameters.all[..];
        while let Some(first) = rest.first() {
            // The tensors of one node follow each other.
            let node = node_of(&first.name);
            let count = rest.iter().take_while(|parameter| node_of(&parameter.name) == node).count();
            let (own, others) = rest.split_at(count);
            rest = others;
            let mut weights = imported.weights.of(node)?;
            rescale(&mut weights);
            for (slot, Parameter { name, sizes, .. }) in own.iter().enumerate() {
                let values = values(&weights, slot, sizes)
                    .map_err(|reason| FormatError::content(format!("weights of node `{node}`"), reason))?;
                tensors.insert(name.clone(), (sizes.clone(), values));
            }
        }
        network.set_tensors(&tensors)?;
        Ok(network)
    }
}

/// `NODE` of `INDEX:NODE.PART`.
fn node_of(name: &str) -> &str {
    node_part(name).rsplit_once('.').map_or("", |(node, _)| node)
}

/// Tensor `slot` of a node in these sizes; one number stands for all.
fn values(weights: &NodeWeights, slot: usize, sizes: &[usize]) -> Result<Vec<f32>, String> {
    let (found, values) = weights.tensors.get(slot).ok_or_else(|| format!("lack tensor {slot}"))?;
    let count: usize = sizes.iter().product();
    match values.len() {
        1 => Ok(vec![values[0]; count]),
        length if length == count => Ok(values.clone()),
        length => Err(format!("tensor {slot} of sizes {found:?} has {length} elements; accepted: {count}")),
    }
}

/// Gives a batch norm the scale with which it computes the same under this library's constant against division by zero.
fn rescale(weights: &mut NodeWeights) {
    let Some(epsilon) = weights.epsilon.filter(|&epsilon| epsilon != EPSILON) else { return };
    let [(_, scale), _, _, (_, variance)] = &mut weights.tensors[..] else { return };
    if scale.len() == 1 {
        *scale = vec![scale[0]; variance.len()];
    }
    let under = |variance: f32, epsilon: f32| f64::from(variance) + f64::from(epsilon);
    for (scale, &variance) in scale.iter_mut().zip(variance.iter()) {
        *scale = (f64::from(*scale) * (under(variance, EPSILON) / under(variance, epsilon)).sqrt()) as f32;
    }
}
