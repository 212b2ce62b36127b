//! `autogo graph SPEC|FILE`: a network's shapes, FLOPs and parameters, and other forms of it.

use crate::failure::Failure;
use crate::inputs::{configured, network_with, onnx_file, picture, quirks};
use crate::say::json;
use autogo::Error;
use autogo::files::{read_weights, write};
use autogo::formats::onnx::{ReadOptions, Weights, export};
use autogo::formats::to_json;
use autogo::formats::torch::check_weights;
use autogo::graph::{Cost, Graph, Op, Shape};
use autogo::release::Quirks;
use autogo::train::Mini;
use clap::Parser;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Arguments of `autogo graph`.
#[derive(Parser)]
#[command(group(clap::ArgGroup::new("form").multiple(false)))]
#[command(after_help = "Example:\n  cargo autogo graph resnet50 --svg resnet50.svg")]
pub struct Args {
    /// The network: a compact string such as nb201:OP,OP,OP,OP,OP,OP or resnet50, a family's name with --config, or a
    /// file (.onnx, .json of --save, .pkl of the original release).
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
    /// Writes PyTorch source: a module `Network` for PyTorch 1.13 or newer.
    #[arg(long, group = "form", value_name = "FILE.py")]
    torch: Option<PathBuf>,
    /// Weights of the ONNX file instead, or those that the PyTorch module loads from beside its source: safetensors of
    /// `autogo fit` or of the module, or with the same names and sizes. For ONNX also the ONNX file that NETWORK is,
    /// whose values the new file then has.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Writes the graph in this library's own JSON, to be read again.
    #[arg(long, group = "form", value_name = "FILE")]
    save: Option<PathBuf>,
    /// Of an ONNX file with several outputs, the one to read.
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// Of an ONNX file whose picture has sizes with names, its height and width.
    #[arg(long, value_name = "HxW", value_parser = picture)]
    input: Option<(u32, u32)>,
    /// Prints the decisions of the reader of an ONNX file: a batch that counts as 1, nodes without a reader.
    #[arg(long)]
    verbose: bool,
    /// The mini form: height, width and the factor of filters, such as 16x16:1/2.
    #[arg(long, value_name = "HxW:FACTOR")]
    mini: Option<Mini>,
    /// As the original release has it: a skip_connect of NAS-Bench-201 is an identity, and pools of an ONNX file see
    /// zeros around a picture.
    #[arg(long)]
    release: bool,
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
    let quirks = quirks(args.release);
    let graph = match &args.config {
        Some(config) => configured(&args.network, config, &quirks)?,
        None => read(args, &quirks)?,
    };
    let graph = match &args.mini {
        Some(mini) => graph.mini(mini).map_err(Error::from)?.graph,
        None => graph,
    };
    if args.weights.is_some() && args.onnx.is_none() && args.torch.is_none() {
        return Err(Failure::Input("--weights is for --onnx and --torch".into()));
    }
    match (&args.svg, &args.onnx, &args.torch, &args.save) {
        (Some(path), _, _, _) => Ok(write(path, graph.draw().svg().as_bytes())?),
        (_, Some(path), _, _) => {
            let written = |weights: Weights<'_>| export(&graph, weights, quirks.pooling).map_err(Error::from);
            let bytes = match args.weights.as_deref() {
                None => written(Weights::Seeded(0)),
                Some(file) if is_onnx(file) => {
                    let loaded = onnx_file(file, args.options())?.weights.load();
                    written(Weights::Given(&loaded.map_err(|error| Failure::input(file, error))?))
                }
                Some(file) => written(Weights::Named(&read_weights(file)?)),
            };
            Ok(write(path, &bytes?)?)
        }
        (_, _, Some(path), _) => torch(&graph, path, args.weights.as_deref()),
        (_, _, _, Some(path)) => Ok(write(path, to_json(&graph).as_bytes())?),
        _ => {
            let text = match (args.json, args.dot) {
                (true, _) => json(&Description::new(&graph))?,
                (_, true) => graph.dot(),
                _ => table(&graph),
            };
            say!("{text}");
            Ok(())
        }
    }
}

fn is_onnx(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "onnx")
}

impl Args {
    /// The caller's decisions about an ONNX file.
    fn options(&self) -> ReadOptions {
        ReadOptions { input: self.input, output: self.output.clone(), ..ReadOptions::default() }
    }
}

/// Writes PyTorch source and, beside it, its weights, whose names and sizes must be the network's.
fn torch(graph: &Graph, path: &Path, weights: Option<&Path>) -> Result<(), Failure> {
    if path.extension().is_none_or(|extension| extension != "py") {
        return Err(Failure::Input(format!("--torch {}: accepted: a file FILE.py", path.display())));
    }
    let source = graph.to_torch().map_err(Error::from)?;
    if let Some(from) = weights {
        check_weights(graph, &read_weights(from)?).map_err(Error::from)?;
        let refused = |error: std::io::Error| Error::File { path: from.into(), reason: error.to_string() };
        write(&path.with_extension("safetensors"), &std::fs::read(from).map_err(refused)?)?;
    }
    Ok(write(path, source.as_bytes())?)
}

/// The network that the arguments name.
fn read(args: &Args, quirks: &Quirks) -> Result<Graph, Failure> {
    let path = Path::new(&args.network);
    let is_onnx = is_onnx(path);
    if !is_onnx && (args.output.is_some() || args.input.is_some()) {
        return Err(Failure::Input("--output and --input are for ONNX files".into()));
    }
    if !is_onnx {
        return network_with(&args.network, quirks);
    }
    let read = onnx_file(path, args.options())?;
    if args.verbose {
        read.notes.iter().for_each(|note| eprintln!("{note}"));
        let (own, counted) = (read.graph.cost().params, read.weights.parameters());
        if own != counted {
            eprintln!("{counted} parameters in the file; the nodes have {own}, each its own");
        }
    }
    Ok(read.graph)
}

impl Description {
    fn new(graph: &Graph) -> Description {
        let node = |index: usize| NodeDescription {
            name: graph.node(index).name.clone(),
            op: graph.node(index).op,
            operands: graph.operands(index).to_vec(),
            shape: graph.node(index).shape,
            cost: graph.node_cost(index),
        };
        Description {
            name: graph.name().into(),
            content_id: graph.content_id().to_string(),
            input: graph.input_shape(),
            cost: graph.cost(),
            nodes: (0..graph.len()).map(node).collect(),
        }
    }
}

/// A line a node, and totals.
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
