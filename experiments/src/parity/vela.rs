//! Whole graphs: our cycles against those that Vela 5.2.0 estimates for Ethos-U55-256 and Ethos-U65-512.

use super::Outcome;
use crate::failure::Failure;
use autogo::Error;
use autogo::graph::{Conv, Graph, GraphBuilder, GraphError, Interpolation, Op, Pool, Shape, Window};
use autogo::prelude::srcc;
use autogo::profile::{Npu, NpuProfile};
use std::path::Path;

/// A machine of Vela's: its name in the files, our machine, and the largest relative error of a total.
type Machine = (&'static str, fn() -> Npu, f64);

const MACHINES: [Machine; 2] = [("u55", Npu::n256, 0.05), ("u65", Npu::n512, 0.08)];
/// Least rank correlation of the layers' cycles.
const LEAST_SRCC: f64 = 0.9;
/// The largest relative error of one op alone.
const OP_BOUND: f64 = 0.15;

/// A network that Vela ran: its name in the files and the function that builds it.
type Network = (&'static str, fn() -> Result<Graph, GraphError>);

const NETWORKS: [Network; 5] =
    [("edsr32", || edsr(32)), ("edsr64", || edsr(64)), ("unet128", unet), ("resnet50", resnet50), ("vgg16", vgg16)];

pub fn run(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let folder = folder.join("npu/vela");
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut outcome = Outcome::default();
    for (name, build) in NETWORKS {
        let graph = build().map_err(|error| Failure::Work(format!("{name}: {error}")))?;
        for (suffix, machine, bound) in MACHINES {
            let case = format!("{name} on {suffix}");
            let result = Layers::read(&folder.join(format!("{name}_{suffix}_per-layer.csv"))).and_then(|layers| {
                let profile = machine().profile(&graph).map_err(|error| error.to_string())?;
                compare(&case, &profile, &layers, bound, &mut outcome.notes)
            });
            outcome.count(&case, result);
        }
    }
    for (suffix, machine, _) in MACHINES {
        let layers = match Layers::read(&folder.join(format!("micro_{suffix}_per-layer.csv"))) {
            Ok(layers) => layers,
            Err(reason) => {
                outcome.skipped.push(reason);
                continue;
            }
        };
        for (original, op, input) in single_ops() {
            let case = format!("{original} alone on {suffix}");
            let result = single(&case, &machine(), original, op, input, &layers, &mut outcome.notes);
            outcome.count(&case, result);
        }
    }
    Ok(Some(outcome))
}

/// Layers as Vela lists them: the op before and after its own rewriting, and its cycles with and without memory.
struct Layers(Vec<Layer>);

struct Layer {
    original: String,
    op: String,
    total: f64,
    npu: f64,
}

impl Layers {
    fn read(path: &Path) -> Result<Layers, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
        let column = |name: &str| {
            header.iter().position(|other| *other == name).ok_or(format!("{}: no column `{name}`", path.display()))
        };
        let at = [column("Original Operator")?, column("NNG Operator")?, column("Op Cycles")?, column("NPU")?];
        let layer = |(number, line): (usize, &str)| {
            let cells: Vec<&str> = line.split(',').collect();
            let cell =
                |at: usize| cells.get(at).copied().ok_or(format!("{}:{}: too short", path.display(), number + 2));
            let cycles = |at: usize| {
                cell(at)?.parse::<f64>().map_err(|error| format!("{}:{}: {error}", path.display(), number + 2))
            };
            let (original, op) = (cell(at[0])?.to_string(), cell(at[1])?.to_string());
            Ok(Layer { original, op, total: cycles(at[2])?, npu: cycles(at[3])? })
        };
        lines.enumerate().map(layer).collect::<Result<Vec<Layer>, String>>().map(Layers)
    }
}

/// Compares totals and the order of the layers; activations are fused on both sides.
fn compare(
    case: &str,
    profile: &NpuProfile,
    layers: &Layers,
    bound: f64,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    let theirs: Vec<f64> = layers.0.iter().filter(|layer| layer.op != "Relu").map(|layer| layer.total).collect();
    let ours: Vec<f64> = profile.rows.iter().map(|row| row.cycles as f64).collect();
    if ours.len() != theirs.len() {
        return Err(format!("{} kernels; Vela: {}", ours.len(), theirs.len()));
    }
    let ratio = profile.cycles() as f64 / theirs.iter().sum::<f64>();
    let srcc = srcc(&ours, &theirs).unwrap_or(f64::NAN);
    notes.push(format!(
        "{case}: {} cycles, {ratio:.4} of Vela's; SRCC of {} layers {srcc:.4}",
        profile.cycles(),
        ours.len()
    ));
    if (ratio - 1.0).abs() <= bound && srcc >= LEAST_SRCC {
        Ok(())
    } else {
        Err(format!("ratio {ratio:.4}, SRCC {srcc:.4}; accepted: 1 ± {bound} and {LEAST_SRCC} or more"))
    }
}

/// The ops of Vela's micro-benchmark: the name they had, the op, and its input.
fn single_ops() -> Vec<(&'static str, Op, Shape)> {
    let conv = |filters, kernel, groups| Conv { filters, window: Window::same(kernel, 1), groups, bias: true };
    let small = Shape::new(32, 32, 32);
    let up = |interpolation| Op::Resize { factor: 2, interpolation };
    vec![
        ("Conv2D", Op::Conv(conv(32, 3, 1)), Shape::new(32, 32, 16)),
        ("DepthwiseConv2D", Op::Conv(conv(32, 3, 32)), small),
        ("Add", Op::Add, small),
        ("MaxPool", Op::Pool(Pool::Max, Window::same(2, 2)), small),
        ("ResizeNearestNeighbor", up(Interpolation::Nearest), Shape::new(16, 16, 32)),
        ("ResizeBilinear", up(Interpolation::Bilinear), small),
        ("Concat", Op::Concat, Shape::new(64, 64, 32)),
        (
            "TransposeConv2D",
            Op::ConvTranspose(Conv { filters: 64, window: Window::same(2, 2), groups: 1, bias: true }),
            Shape::new(32, 32, 64),
        ),
    ]
}

/// Compares the cycles of one op apart from memory.
fn single(
    case: &str,
    npu: &Npu,
    original: &str,
    op: Op,
    input: Shape,
    layers: &Layers,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    // The first of its name, with all that it was rewritten into; two convolutions are told apart by their place.
    let mut theirs = layers.0.iter().skip_while(|layer| layer.original != original);
    let is_rewritten = matches!(original, "ResizeBilinear" | "Concat");
    let theirs: f64 = match is_rewritten {
        true => theirs.take_while(|layer| layer.original == original).map(|layer| layer.total).sum(),
        false => theirs.next().map_or(0.0, |layer| layer.npu),
    };
    // Vela's first op waits for its weights.
    let profile = alone(op, input, original == "Conv2D")
        .and_then(|graph| npu.profile(&graph))
        .map_err(|error| error.to_string())?;
    let row = profile.rows.iter().find(|row| row.node == "op").ok_or("no such kernel")?;
    let ours = row.compute_cycles.max(row.vector_cycles);
    let ratio = ours / theirs;
    notes.push(format!("{case}: {ours:.0} cycles, {ratio:.4} of Vela's"));
    if (ratio - 1.0).abs() <= OP_BOUND { Ok(()) } else { Err(format!("ratio {ratio:.4}; accepted: 1 ± {OP_BOUND}")) }
}

/// A graph in which the node `op` stands first or behind another.
fn alone(op: Op, input: Shape, is_first: bool) -> Result<Graph, Error> {
    let mut build = GraphBuilder::new("alone");
    let x = build.add("x", Op::Input(input), &[])?;
    let before = if is_first { x } else { build.add("before", Op::Relu, &[x])? };
    let operands = if matches!(op, Op::Add | Op::Concat) { vec![before, before] } else { vec![before] };
    let y = build.add("op", op, &operands)?;
    let after = build.add("after", Op::Mean, &[y])?;
    build.add("out", Op::Output, &[after])?;
    Ok(build.finish()?)
}

/// Builds networks layer by layer; every node has a name of its own.
struct Net {
    build: GraphBuilder,
    x: usize,
}

impl Net {
    fn new(name: &str, input: Shape) -> Result<Net, GraphError> {
        let mut build = GraphBuilder::new(name);
        let x = build.add("input", Op::Input(input), &[])?;
        Ok(Net { build, x })
    }

    fn add(&mut self, op: Op, operands: &[usize]) -> Result<usize, GraphError> {
        self.x = self.build.add(op.name(), op, operands)?;
        Ok(self.x)
    }

    fn conv(&mut self, x: usize, kernel: u32, stride: u32, filters: u32) -> Result<usize, GraphError> {
        self.add(Op::Conv(Conv { filters, window: Window::same(kernel, stride), groups: 1, bias: true }), &[x])
    }

    fn conv_relu(&mut self, x: usize, kernel: u32, stride: u32, filters: u32) -> Result<usize, GraphError> {
        let y = self.conv(x, kernel, stride, filters)?;
        self.add(Op::Relu, &[y])
    }

    fn twice(&mut self, x: usize) -> Result<usize, GraphError> {
        self.add(Op::Resize { factor: 2, interpolation: Interpolation::Nearest }, &[x])
    }

    fn finish(mut self) -> Result<Graph, GraphError> {
        self.build.add("output", Op::Output, &[self.x])?;
        self.build.finish()
    }
}

/// EDSR with 16 units of 64 channels, enlarged twice by repeating pixels.
fn edsr(size: u32) -> Result<Graph, GraphError> {
    let mut net = Net::new("edsr", Shape::new(size, size, 3))?;
    let head = net.conv(net.x, 3, 1, 64)?;
    let mut x = head;
    for _ in 0..16 {
        let y = net.conv_relu(x, 3, 1, 64)?;
        let y = net.conv(y, 3, 1, 64)?;
        x = net.add(Op::Add, &[y, x])?;
    }
    let y = net.conv(x, 3, 1, 64)?;
    let y = net.add(Op::Add, &[y, head])?;
    let y = net.twice(y)?;
    let y = net.conv(y, 3, 1, 64)?;
    net.conv(y, 3, 1, 3)?;
    net.finish()
}

/// A U-Net on a colour picture: 32 to 256 channels on the way down, 512 at the bottom; it adds what it finds to its
/// input.
fn unet() -> Result<Graph, GraphError> {
    let mut net = Net::new("unet", Shape::new(128, 128, 3))?;
    let input = net.x;
    let mut skips = Vec::new();
    for channels in [32, 64, 128, 256] {
        let y = net.conv_relu(net.x, 3, 1, channels)?;
        let y = net.conv_relu(y, 3, 1, channels)?;
        skips.push((y, channels));
        net.add(Op::Pool(Pool::Max, Window::same(2, 2)), &[y])?;
    }
    net.conv_relu(net.x, 3, 1, 512)?;
    for (skip, channels) in skips.into_iter().rev() {
        let y = net.twice(net.x)?;
        let y = net.add(Op::Concat, &[y, skip])?;
        let y = net.conv_relu(y, 3, 1, channels)?;
        net.conv_relu(y, 3, 1, channels)?;
    }
    let y = net.conv(net.x, 3, 1, 3)?;
    net.add(Op::Add, &[y, input])?;
    net.finish()
}

/// The usual ResNet-50: stride in the 3 × 3 convolutions, projections before the units' own layers.
fn resnet50() -> Result<Graph, GraphError> {
    let mut net = Net::new("resnet50", Shape::new(224, 224, 3))?;
    net.conv_relu(net.x, 7, 2, 64)?;
    let mut x = net.add(Op::Pool(Pool::Max, Window::same(3, 2)), &[net.x])?;
    for (stage, (width, units)) in [(64, 3), (128, 4), (256, 6), (512, 3)].into_iter().enumerate() {
        for unit in 0..units {
            let stride = if unit == 0 && stage > 0 { 2 } else { 1 };
            let shortcut = if unit == 0 { net.conv(x, 1, stride, 4 * width)? } else { x };
            let y = net.conv_relu(x, 1, 1, width)?;
            let y = net.conv_relu(y, 3, stride, width)?;
            let y = net.conv(y, 1, 1, 4 * width)?;
            let y = net.add(Op::Add, &[y, shortcut])?;
            x = net.add(Op::Relu, &[y])?;
        }
    }
    let y = net.add(Op::Mean, &[x])?;
    net.add(Op::Dense { features: 1000, bias: true }, &[y])?;
    net.finish()
}

/// The convolutions and pools of VGG-16.
fn vgg16() -> Result<Graph, GraphError> {
    let mut net = Net::new("vgg16", Shape::new(224, 224, 3))?;
    for (channels, convs) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
        for _ in 0..convs {
            net.conv_relu(net.x, 3, 1, channels)?;
        }
        net.add(Op::Pool(Pool::Max, Window::same(2, 2)), &[net.x])?;
    }
    net.finish()
}
