//! The plain computation of a predictor, node by node: what the fast one is compared with.

use super::features::{GraphFeatures, NodeFeatures};
use super::model::{Model, layout};
use super::settings::{Convolution, Readout};
use std::collections::HashMap;

type Vector = Vec<f64>;

/// Parameters by name, in 64 bits.
struct Named(HashMap<String, (usize, Vec<f64>)>);

impl Named {
    fn of(model: &Model) -> Self {
        let named = layout(&model.architecture).into_iter().zip(&model.values);
        Named(
            named
                .map(|((name, _, columns), value)| {
                    (name, (columns, value.as_vec().into_iter().map(f64::from).collect()))
                })
                .collect(),
        )
    }

    fn row(&self, name: &str, at: usize) -> Vector {
        let (columns, values) = &self.0[name];
        values[at * columns..(at + 1) * columns].to_vec()
    }

    /// `x · W`.
    fn times(&self, x: &[f64], name: &str) -> Vector {
        let (columns, values) = &self.0[name];
        (0..*columns).map(|at| x.iter().enumerate().map(|(row, x)| x * values[row * columns + at]).sum()).collect()
    }

    fn linear(&self, x: &[f64], name: &str) -> Vector {
        plus(&self.times(x, &format!("{name}.weight")), &self.row(&format!("{name}.bias"), 0))
    }
}

fn plus(a: &[f64], b: &[f64]) -> Vector {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn scaled(a: &[f64], by: f64) -> Vector {
    a.iter().map(|a| a * by).collect()
}

fn embed(named: &Named, node: &NodeFeatures) -> Vector {
    let shape: Vector = node.shape.iter().map(|&x| f64::from(x)).collect();
    let shape = named.linear(&shape, "embed.shape");
    if !node.weighted {
        return [named.row("embed.regular_op", node.op), shape].concat();
    }
    let bias = plus(&named.row("embed.bias.weight", usize::from(node.bias)), &named.row("embed.bias.bias", 0));
    let kernel = [node.kernel.0, node.kernel.1].map(|size| named.row("embed.kernel", size)).concat();
    [named.row("embed.weighted_op", node.op), shape, kernel, bias].concat()
}

fn take_up(named: &Named, convolution: Convolution, layer: usize, own: &[f64], received: &[&Vector]) -> Vector {
    let sum = received.iter().fold(vec![0.0; own.len()], |sum, x| plus(&sum, x));
    let name = format!("conv{layer}");
    let mut made = match convolution {
        Convolution::GraphConv => {
            plus(&named.times(own, &format!("{name}.self")), &named.linear(&sum, &format!("{name}.neighbours")))
        }
        Convolution::Gin => {
            let epsilon = named.row(&format!("{name}.epsilon"), 0)[0];
            let mut x = named.linear(&plus(&scaled(own, 1.0 + epsilon), &sum), &format!("{name}.first"));
            x.iter_mut().for_each(|x| *x = x.max(0.0));
            named.linear(&x, &format!("{name}.second"))
        }
        Convolution::Gcn => named.linear(&scaled(&plus(own, &sum), 1.0 / (1 + received.len()) as f64), &name),
        Convolution::Gat => {
            let product = |x: &[f64]| named.times(x, &format!("{name}.weight"));
            let score = |x: &[f64], of: &str| named.times(&product(x), &format!("{name}.{of}"))[0];
            let senders: Vec<&[f64]> = std::iter::once(own).chain(received.iter().map(|x| x.as_slice())).collect();
            let weights: Vec<f64> = senders
                .iter()
                .map(|x| score(x, "sender") + score(own, "receiver"))
                .map(|score| if score > 0.0 { score.exp() } else { (0.2 * score).exp() })
                .collect();
            let total: f64 = weights.iter().sum();
            let sum = senders
                .iter()
                .zip(&weights)
                .fold(vec![0.0; own.len()], |sum, (x, weight)| plus(&sum, &scaled(&product(x), weight / total)));
            plus(&sum, &named.row(&format!("{name}.bias"), 0))
        }
    };
    made.iter_mut().for_each(|x| *x = x.tanh());
    made
}

/// The row of a part that is a graph of its own.
fn row(named: &Named, model: &Model, part: &GraphFeatures) -> Vector {
    let architecture = model.architecture;
    let mut nodes: Vec<Vector> = part.nodes.iter().map(|node| embed(named, node)).collect();
    for layer in 0..architecture.layers {
        nodes = (0..nodes.len())
            .map(|at| {
                let received: Vec<&Vector> = part.operands[at].iter().map(|&operand| &nodes[operand]).collect();
                take_up(named, architecture.convolution, layer, &nodes[at], &received)
            })
            .collect();
    }
    let weights: Vec<f64> = match architecture.readout {
        Readout::Mean => vec![1.0 / nodes.len().max(1) as f64; nodes.len()],
        Readout::Sum => vec![0.01; nodes.len()],
        Readout::Attention => {
            let raw: Vec<f64> = nodes.iter().map(|x| named.times(x, "readout.attention")[0].exp()).collect();
            let total: f64 = raw.iter().sum::<f64>() + 1e-6;
            raw.into_iter().map(|weight| weight / total).collect()
        }
    };
    nodes.iter().zip(weights).fold(vec![0.0; architecture.hidden], |sum, (x, weight)| plus(&sum, &scaled(x, weight)))
}

/// The prediction for some parts, in the order in which they are read.
pub(super) fn predict(model: &Model, parts: &[GraphFeatures]) -> f64 {
    let named = Named::of(model);
    let mut x: Vector = parts.iter().flat_map(|part| row(&named, model, part)).collect();
    for at in 0..5 {
        x = named.linear(&x, &format!("head{at}"));
        if at == 1 {
            x.iter_mut().for_each(|x| *x = x.max(0.0));
        }
    }
    x[0]
}
