//! `autogo graph SPEC|FILE`: a network's shapes, FLOPs and parameters, and other forms of it.

use crate::Failure;
use autogo::families::FamilyName;
use autogo::files::write;
use autogo::formats::onnx::{self, Pooling, Weights};
use autogo::formats::{from_json, to_json};
use autogo::graph::{Cost, Graph, Op, Shape};
use autogo::release::read_graph;
use clap::Parser;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Arguments of `autogo graph`.
#[derive(Parser)]
#[command(group(clap::ArgGroup::new("form").multiple(false)))]
pub struct Args {
    /// The network: a compact string such as nb201:OP,OP,OP,OP,OP,OP or resnet50, a family's name with --config, or a
    /// file (.onnx, .json of --save, .pkl of AutoGO's release).
    network: String,
    /// The configuration in the release's JSON fields, or a file that holds it; then NETWORK is the family's name.
    #[arg(long)]
    config: Option<String>,
    /// Prints JSON for machines instead of a table.
    #[arg(long, group = "form")]
    json: bool,
    /// Prints the graph in Graphviz's language.
    #[arg(long, group = "form")]
    dot: bool,
    /// Writes a drawing.
    #[arg(long, group = "form", value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Writes ONNX, opset 17, with He-uniform weights under seed 0.
    #[arg(long, group = "form", value_name = "FILE")]
    onnx: Option<PathBuf>,
    /// Writes the graph in this library's own JSON, to be read again.
    #[arg(long, group = "form", value_name = "FILE")]
    save: Option<PathBuf>,
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
    let graph = read(args)?;
    match (&args.svg, &args.onnx, &args.save) {
        (Some(path), _, _) => Ok(write(path, graph.draw().svg().as_bytes())?),
        (_, Some(path), _) => {
            let bytes = onnx::export(&graph, Weights::Seeded(0), Pooling::default()).map_err(autogo::Error::from)?;
            Ok(write(path, &bytes)?)
        }
        (_, _, Some(path)) => Ok(write(path, to_json(&graph).as_bytes())?),
        _ => {
            let text = match (args.json, args.dot) {
                (true, _) => json(&graph)?,
                (_, true) => graph.dot(),
                _ => table(&graph),
            };
            crate::say(&text);
            Ok(())
        }
    }
}

/// The graph that was asked for.
fn read(args: &Args) -> Result<Graph, Failure> {
    if let Some(config) = &args.config {
        let family = FamilyName::ALL.into_iter().find(|family| family.prefix() == args.network);
        let family = family.ok_or_else(|| {
            let names: Vec<&str> = FamilyName::ALL.iter().map(|family| family.prefix()).collect();
            Failure::Input(format!(
                "family `{}` is not known; accepted with --config: {}",
                args.network,
                names.join(", ")
            ))
        })?;
        let is_inline = config.trim_start().starts_with(['{', '[']);
        let text = if is_inline { config.clone() } else { text(Path::new(config))? };
        return Ok(family.build_config(&text)?);
    }
    open(&args.network)
}

/// The graph of a compact string, or of a file by its extension.
pub fn open(network: &str) -> Result<Graph, Failure> {
    let path = Path::new(network);
    let in_file = |error: autogo::formats::FormatError| Failure::Input(format!("{}: {error}", path.display()));
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("onnx") => onnx::import(&bytes(path)?).map_err(in_file),
        Some("pkl") => read_graph(&bytes(path)?).and_then(|form| Ok(form.to_graph()?.graph)).map_err(in_file),
        Some("json") => from_json(&text(path)?).map_err(in_file),
        _ => Ok(autogo::families::network(network)?),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))
}

/// The text of a file, without a byte-order mark.
fn text(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
    Ok(text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text))
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
