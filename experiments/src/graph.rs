//! `autogo graph SPEC`: a network's shapes, FLOPs and parameters.

use crate::Failure;
use autogo::graph::{Cost, Graph, Op, Shape};
use clap::Parser;
use serde::Serialize;
use std::fmt::Write;

/// Arguments of `autogo graph`.
#[derive(Parser)]
pub struct Args {
    /// The network: nb201:OP,OP,OP,OP,OP,OP or a NAS-Bench-201 string.
    spec: String,
    /// Prints JSON for machines instead of a table.
    #[arg(long)]
    json: bool,
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct Description {
    name: String,
    content_id: String,
    input: Shape,
    cost: Cost,
    nodes: Vec<NodeDescription>,
}

#[derive(Serialize)]
struct NodeDescription {
    name: String,
    op: Op,
    operands: Vec<usize>,
    shape: Shape,
    cost: Cost,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let graph = autogo::families::graph(&args.spec)?;
    let text = if args.json { json(&graph)? } else { table(&graph) };
    println!("{text}");
    Ok(())
}

fn json(graph: &Graph) -> Result<String, Failure> {
    let node = |index: usize| NodeDescription {
        name: graph.node(index).name.clone(),
        op: graph.node(index).op,
        operands: graph.operands(index).to_vec(),
        shape: graph.node(index).shape,
        cost: graph.node_cost(index),
    };
    let description = Description {
        name: graph.name().into(),
        content_id: graph.content_id().to_string(),
        input: graph.input_shape(),
        cost: graph.cost(),
        nodes: (0..graph.len()).map(node).collect(),
    };
    serde_json::to_string_pretty(&description).map_err(|error| Failure::Work(error.to_string()))
}

fn table(graph: &Graph) -> String {
    let mut text = format!(
        "{:>5}  {:<38} {:<15} {:<12} {:>14} {:>10}\n",
        "node", "name", "op", "shape", "multiply-adds", "params"
    );
    for index in 0..graph.len() {
        let (node, cost) = (graph.node(index), graph.node_cost(index));
        let _ = writeln!(
            text,
            "{index:>5}  {:<38} {:<15} {:<12} {:>14} {:>10}",
            node.name,
            node.op.name(),
            node.shape.to_string(),
            cost.multiply_adds,
            cost.params
        );
    }
    let cost = graph.cost();
    let _ = write!(
        text,
        "\n{}\ncontent id      {}\nnodes, edges    {}, {}\nmultiply-adds   {}\nFLOPs           {} (usual), {} (original \
         counter)\nparameters      {}\nactivations     {} bytes at one byte an element",
        graph.name(),
        graph.content_id(),
        graph.len(),
        graph.edge_count(),
        cost.multiply_adds,
        cost.flops,
        cost.flops_original,
        cost.params,
        cost.activation_bytes
    );
    text
}
