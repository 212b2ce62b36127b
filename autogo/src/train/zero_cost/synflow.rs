//! Synaptic flow (Tanaka et al. 2020).

use super::Network;
use crate::error::Error;
use crate::graph::{Graph, GraphBuilder, GraphError, Op};
use crate::train::NetworkSettings;

/// Factors of picture and sum of outputs, tried in this order: without batch norms a deep network's numbers leave the
/// range of `f32`. The flow is linear in both, so the logarithm takes the factors back.
const FACTORS: [f32; 3] = [1.0, 1e-15, 1e-30];

/// ln Σ|θ · ∂R/∂θ| for a picture of ones, R the sum of outputs of the network without batch norms, with the absolute
/// values of the start's weights.
pub(super) fn score(graph: &Graph, seed: u64) -> Result<Option<f64>, Error> {
    let graph = without_norms(graph)?;
    let settings = NetworkSettings { batch: 1, ..NetworkSettings::default() };
    let mut network = Network::with(&graph, seed, settings)?;
    let mut tensors = network.tensors();
    tensors.values_mut().for_each(|(_, values)| values.iter_mut().for_each(|value| *value = value.abs()));
    network.set_tensors(&tensors)?;
    let (input, output) =
        (graph.input_shape().elements() as usize, graph.node(graph.len() - 1).shape.elements() as usize);
    for factor in FACTORS {
        network.gradient_of_sum(&vec![factor; input], &vec![factor; output])?;
        let flow = |(name, gradient): &(String, Vec<f32>)| -> f64 {
            let weights = tensors.get(name).map(|(_, values)| &values[..]).unwrap_or_default();
            weights.iter().zip(gradient).map(|(&weight, &slope)| (f64::from(weight) * f64::from(slope)).abs()).sum()
        };
        let sum: f64 = network.gradients().iter().map(flow).sum();
        if sum.is_finite() {
            return Ok(Some(sum.ln() - 2.0 * f64::from(factor).ln()).filter(|score| score.is_finite()));
        }
    }
    Ok(None)
}

/// The graph whose batch norms pass on what they read.
fn without_norms(graph: &Graph) -> Result<Graph, GraphError> {
    let mut build = GraphBuilder::new(graph.name());
    for (index, node) in graph.nodes().enumerate() {
        let op = if node.op == Op::BatchNorm { Op::Identity } else { node.op };
        build.add(&node.name, op, graph.operands(index))?;
    }
    build.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, Shape, Window};

    /// Of a chain of linear layers every layer has the same flow: the output itself.
    #[test]
    fn the_flow_of_a_chain_is_its_output_times_its_layers() {
        let conv =
            |kernel, filters| Op::Conv(Conv { filters, window: Window::same(kernel, 1), groups: 1, bias: false });
        let mut build = GraphBuilder::new("chain");
        let x = build.add("x", Op::Input(Shape::new(4, 4, 3)), &[]).unwrap();
        let a = build.add("a", conv(3, 8), &[x]).unwrap();
        let norm = build.add("norm", Op::BatchNorm, &[a]).unwrap();
        let relu = build.add("relu", Op::Relu, &[norm]).unwrap();
        let b = build.add("b", conv(1, 5), &[relu]).unwrap();
        build.add("out", Op::Output, &[b]).unwrap();
        let graph = build.finish().unwrap();

        let plain = without_norms(&graph).unwrap();
        let mut network = Network::new(&plain, 7).unwrap();
        let mut tensors = network.tensors();
        tensors.values_mut().for_each(|(_, values)| values.iter_mut().for_each(|value| *value = value.abs()));
        network.set_tensors(&tensors).unwrap();
        let output: f64 = network.forward(&[1.0; 48]).unwrap().iter().map(|&value| f64::from(value)).sum();
        let score = score(&graph, 7).unwrap().unwrap();
        assert!((score - (2.0 * output).ln()).abs() < 1e-5, "{score} instead of {}", (2.0 * output).ln());
    }

    #[test]
    fn a_deep_network_has_a_flow() {
        // Fifteen cells: more than f32 holds, or nearly so.
        let graph =
            crate::families::network("nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1").unwrap();
        let score = score(&graph.mini(&"8x8:1/4".parse().unwrap()).unwrap().graph, 0).unwrap().unwrap();
        assert!(score > 80.0, "{score}");
    }
}
