//! The weights of a file, by the names of the nodes that own them.

use super::model::{Kind, Layer, Model};
use crate::formats::FormatError;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The weights of a file that was read. They are decoded when they are asked for.
#[derive(Clone, Debug)]
pub struct FileWeights {
    model: Model,
    /// The name of the node that was made of each layer.
    names: Vec<String>,
    /// The layer that a node was made of. Made when the first weights are asked for.
    layer_of: OnceLock<HashMap<String, usize>>,
}

/// The weights of one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeWeights {
    /// Sizes and elements in row-major order. Of a convolution: `[filters, channels / groups, h, w]`, then a bias; of a
    /// transposed one `[channels, filters / groups, h, w]`, then a bias; of a dense layer `[features, channels]`, then
    /// a bias; of a batch norm scale, shift, mean and variance; of a factor and summand a channel these; of a PReLU its
    /// slopes.
    pub tensors: Vec<(Vec<u64>, Vec<f32>)>,
    /// The constant against division by zero, of a batch norm.
    pub epsilon: Option<f32>,
}

impl FileWeights {
    pub(super) fn new(model: Model, names: Vec<String>) -> Self {
        FileWeights { model, names, layer_of: OnceLock::new() }
    }

    fn layer(&self, node: &str) -> Option<&Layer> {
        let places = || self.names.iter().enumerate().map(|(layer, name)| (name.clone(), layer)).collect();
        self.model.layers.get(*self.layer_of.get_or_init(places).get(node)?)
    }

    /// Trainable parameters: a tensor that several nodes read counts once, a bias of one number counts one. A graph
    /// counts every node's own ([`Graph::cost`](crate::graph::Graph::cost)).
    pub fn parameters(&self) -> u64 {
        self.model.cost().parameters
    }

    /// The program that wrote the file.
    pub fn producer(&self) -> &str {
        &self.model.producer
    }

    /// The weights of a node; none of a node without weights.
    ///
    /// # Errors
    /// When there is no such node, when the file does not have the elements (they were inputs or lie in another file
    /// that is not there), or when they contradict their sizes.
    pub fn of(&self, node: &str) -> Result<NodeWeights, FormatError> {
        let layer = self.layer(node).ok_or_else(|| FormatError::content(format!("node `{node}`"), "is not there"))?;
        let epsilon = match layer.kind {
            Kind::BatchNorm { epsilon } => Some(epsilon as f32),
            _ => None,
        };
        // The number of a factor and summand stands in the op.
        let weights = if matches!(layer.kind, Kind::Affine { .. }) { &[][..] } else { &layer.weights };
        let mut tensors = Vec::with_capacity(weights.len());
        for &weight in weights {
            let dims = self.model.weights.get(weight).map(|weight| weight.dims.clone()).unwrap_or_default();
            tensors.push((dims, self.model.values(weight)?));
        }
        Ok(NodeWeights { tensors, epsilon })
    }

    /// The weights of all nodes, by name.
    ///
    /// # Errors
    /// As [`FileWeights::of`].
    pub fn load(&self) -> Result<HashMap<String, NodeWeights>, FormatError> {
        // The first node without its weights is the one that is named.
        self.names.iter().map(|name| Ok((name.clone(), self.of(name)?))).collect()
    }
}
