//! The plain computation of a predictor, node by node in 64 bits: the fast computation is compared with it.

use super::architecture::Architecture;
use super::features::GraphFeatures;
use super::layers::{embedding, head, position};
use super::model::{Model, layout, round_name};
use super::parameters::Named;
use super::plain::{Doubles, PlainWeights, Vector};
use crate::graph::Graph;
use crate::partition::Partition;
use dfdx::prelude::NoneTape;
use std::collections::HashMap;

/// The prediction for some parts, in the order in which they are read.
pub(crate) fn predict(model: &Model, parts: &[GraphFeatures]) -> f64 {
    let named = layout(&model.architecture).into_iter().zip(&model.values);
    let values: HashMap<String, Doubles> =
        named.map(|(parameter, value)| (parameter.name.clone(), Doubles::of(&parameter, value))).collect();
    let weights = Named::new(&values);
    let rows: Vec<Vector> = parts.iter().map(|part| row(model, part, &weights)).collect();
    let rows = model.architecture.mixing.reference(rows, &weights.part("mixing"));
    head::reference(rows.concat(), &weights)
}

/// The parts of a network that a predictor reads, each a graph of its own.
pub(crate) fn parts(architecture: &Architecture, graph: &Graph, partition: &Partition) -> Vec<GraphFeatures> {
    let features = architecture.features(graph).unwrap();
    let Some(is_read) = architecture.reads.parts() else { return vec![features] };
    let parts = partition.parts().into_iter().zip(is_read);
    parts.filter(|(_, is_read)| *is_read).map(|(nodes, _)| features.part(nodes)).collect()
}

/// The row of a part that is a graph of its own.
fn row(model: &Model, part: &GraphFeatures, weights: &PlainWeights<'_>) -> Vector {
    let architecture = model.architecture;
    let take_up = architecture.convolution.functions::<NoneTape>().reference;
    let embed = weights.part("embed");
    let mut nodes: Vec<Vector> = part.nodes.iter().map(|node| embedding::reference(node, &embed)).collect();
    if architecture.positions {
        let weights = weights.part("position");
        let placed = nodes.iter().zip(&part.nodes).map(|(x, node)| position::reference(x, node, &weights));
        nodes = placed.collect();
    }
    for round in 0..architecture.layers {
        let weights = weights.part(&round_name(round));
        nodes = (0..nodes.len())
            .map(|at| {
                let received: Vec<&[f64]> = part.senders[at].iter().map(|&sender| nodes[sender].as_slice()).collect();
                take_up(&nodes[at], &received, &weights)
            })
            .collect();
    }
    let nodes: Vec<&[f64]> = nodes.iter().map(Vec::as_slice).collect();
    let readout = architecture.readout.functions::<NoneTape>().reference;
    readout(architecture.hidden, &nodes, &weights.part("readout"))
}
