//! The plain computation of a predictor, node by node in 64 bits: the fast computation is compared with it.

use super::features::GraphFeatures;
use super::layers::{embedding, head};
use super::model::{Model, layout, round_name};
use super::parameters::Named;
use super::plain::{Doubles, PlainWeights, Vector};
use dfdx::prelude::NoneTape;
use std::collections::HashMap;

/// The prediction for some parts, in the order in which they are read.
pub(crate) fn predict(model: &Model, parts: &[GraphFeatures]) -> f64 {
    let named = layout(&model.architecture).into_iter().zip(&model.values);
    let values: HashMap<String, Doubles> =
        named.map(|(parameter, value)| (parameter.name.clone(), Doubles::of(&parameter, value))).collect();
    let weights = Named::new(&values);
    let x: Vector = parts.iter().flat_map(|part| row(model, part, &weights)).collect();
    head::reference(x, &weights)
}

/// The row of a part that is a graph of its own.
fn row(model: &Model, part: &GraphFeatures, weights: &PlainWeights<'_>) -> Vector {
    let architecture = model.architecture;
    let take_up = architecture.convolution.functions::<NoneTape>().reference;
    let embed = weights.part("embed");
    let mut nodes: Vec<Vector> = part.nodes.iter().map(|node| embedding::reference(node, &embed)).collect();
    for round in 0..architecture.layers {
        let weights = weights.part(&round_name(round));
        nodes = (0..nodes.len())
            .map(|at| {
                let received: Vec<&[f64]> =
                    part.operands[at].iter().map(|&operand| nodes[operand].as_slice()).collect();
                take_up(&nodes[at], &received, &weights)
            })
            .collect();
    }
    let nodes: Vec<&[f64]> = nodes.iter().map(Vec::as_slice).collect();
    let readout = architecture.readout.functions::<NoneTape>().reference;
    readout(architecture.hidden, &nodes, &weights.part("readout"))
}
