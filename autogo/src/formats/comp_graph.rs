//! The release's own form of a network: a computation graph of weighted and regular nodes
//! ([release §1](crate::doc::release#s1)).

use super::FormatError;
use crate::graph::{Conv, Graph, GraphBuilder, Op, Padding, Pool, Shape, Window};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// The op vocabulary by index ([release §1.2](crate::doc::release#s1-2)); 0 is out of vocabulary.
pub const OP_VOCABULARY: [&str; 32] = [
    "<oov>",
    "input",
    "output",
    "conv",
    "depthwise",
    "batchnorm",
    "relu",
    "relu6",
    "matmul",
    "add",
    "mul",
    "concat",
    "maxpool",
    "avgpool",
    "sigmoid",
    "tanh",
    "swish",
    "gelu",
    "paddings",
    "mean",
    "spacetobatchnd",
    "batchtospacend",
    "spacetodepthnd",
    "depthtospacend",
    "global",
    "identity",
    "zero",
    "reserved1",
    "reserved2",
    "reserved3",
    "reserved4",
    "reserved5",
];

const INPUT: usize = 1;
const OUTPUT: usize = 2;
const CONV: usize = 3;
const DEPTHWISE: usize = 4;
const BATCHNORM: usize = 5;
const MATMUL: usize = 8;
const ADD: usize = 9;
const MUL: usize = 10;
const CONCAT: usize = 11;
const MAXPOOL: usize = 12;
const AVGPOOL: usize = 13;
const MEAN: usize = 19;
const DEPTH_TO_SPACE: usize = 23;
const GLOBAL: usize = 24;
const IDENTITY: usize = 25;

/// The padding rules that this form knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FramePadding {
    /// TensorFlow's SAME.
    Same,
    /// TensorFlow's VALID.
    Valid,
}

/// Constants that predictor features are divided by ([release §1.4](crate::doc::release#s1-4)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limits {
    /// Largest number of channels.
    pub hidden: u32,
    /// Largest kernel.
    pub kernel: u32,
    /// Largest height.
    pub height: u32,
    /// Largest width.
    pub width: u32,
}

impl Default for Limits {
    /// The constants of the five families' caches.
    fn default() -> Self {
        Limits { hidden: 512, kernel: 7, height: 256, width: 256 }
    }
}

/// A node of the release's form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CompNode {
    /// Unique name: `graph position|path`, or a number after a mutation.
    pub str_id: String,
    /// Last part of the path in lower case, possibly with a suffix, such as `fusedbatchnormv3` or `addn_3`.
    pub label: String,
    /// Place in [`OP_VOCABULARY`].
    pub op: usize,
    /// Height in and out, width in and out, channels in and out, interleaved so.
    pub resolution: [u32; 6],
    /// Height and width of the kernel; 0 × 0 for a dense layer, nothing for regular nodes.
    pub kernel: Option<(u32, u32)>,
    /// Strides of convolutions and pools.
    pub strides: Option<(u32, u32)>,
    /// Padding of convolutions and pools.
    pub padding: Option<FramePadding>,
    /// Window of a pool.
    pub window: Option<(u32, u32)>,
    /// Whether a bias was merged into the node.
    pub bias: bool,
}

/// A network in the release's form. Weighted nodes (convolutions, dense layers) come first, then the regular ones; edges
/// are sorted pairs without repetition, so operands have no order and `x + x` is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompGraph {
    /// Name of the network.
    pub name: String,
    /// Normalisation constants.
    pub limits: Limits,
    /// Number of weighted nodes.
    pub weighted: usize,
    /// All nodes.
    pub nodes: Vec<CompNode>,
    /// Source and target of every edge, sorted.
    pub edges: Vec<(usize, usize)>,
}

/// A graph that was made of the release's form.
#[derive(Clone, Debug)]
pub struct Executable {
    /// The graph. Implicit sums and channel cuts are nodes of it.
    pub graph: Graph,
    /// For every node of the graph the node it was made of; none for sums and cuts that were implicit.
    pub source: Vec<Option<usize>>,
}

impl CompNode {
    /// The name that tokens and the database use ([release §1.7](crate::doc::release#s1-7)).
    pub fn op_name(&self) -> &str {
        let label = self.label.as_str();
        let is_numbered =
            label.rsplit_once('_').is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit()));
        let stem = if is_numbered { label.split('_').next().unwrap_or(label) } else { label };
        match stem {
            _ if stem.contains("relu6") => "relu",
            _ if stem.contains("add") => "add",
            _ if stem.contains("fusedbatchnorm") => "fusedbatchnorm",
            other => other,
        }
    }

    fn input(&self) -> Shape {
        Shape::new(self.resolution[0], self.resolution[2], self.resolution[4])
    }

    fn output(&self) -> Shape {
        Shape::new(self.resolution[1], self.resolution[3], self.resolution[5])
    }

    /// Multiply-adds for one operand by the release's counter ([release §1.5](crate::doc::release#s1-5)).
    fn macs(&self) -> u64 {
        let (i, o) = (self.input(), self.output());
        let taps = self.kernel.map_or(0, |(h, w)| u64::from(h) * u64::from(w));
        let bias = if self.bias { o.elements() } else { 0 };
        match OP_VOCABULARY.get(self.op).copied().unwrap_or_default() {
            "conv" => taps * u64::from(i.c) * o.elements() + bias,
            "depthwise" => taps * u64::from(i.c) * u64::from(o.h) * u64::from(o.w) + bias,
            "matmul" => i.elements() * u64::from(o.c) + u64::from(o.c),
            "batchnorm" => 2 * i.elements(),
            "relu" | "relu6" | "sigmoid" | "tanh" | "swish" => o.elements(),
            "maxpool" | "avgpool" | "mean" | "global" | "add" | "mul" => o.elements(),
            _ => 0,
        }
    }
}

impl CompGraph {
    /// The release's form of a graph. Zeros and channel cuts vanish, as in the release; a sum whose operands become one
    /// node vanishes too; operands lose their order. O(nodes + edges · log edges).
    ///
    /// ```
    /// use autogo::formats::CompGraph;
    /// let graph = autogo::families::graph("hiaml:src1,src1,r30,src3")?;
    /// let form = CompGraph::from_graph(&graph)?;
    /// assert_eq!((form.nodes.len(), form.weighted, form.macs() * 2), (107, 32, 246_314_516));
    /// assert_eq!(form.to_graph()?.graph.content_id(), graph.content_id());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn from_graph(graph: &Graph) -> Result<CompGraph, FormatError> {
        // For every node the nodes that stand for it: itself, or what it vanished into.
        let mut stands: Vec<Vec<usize>> = Vec::with_capacity(graph.len());
        let mut kept: Vec<(CompNode, Vec<usize>)> = Vec::with_capacity(graph.len());
        for (index, node) in graph.nodes().enumerate() {
            let mut sources: Vec<usize> =
                graph.operands(index).iter().flat_map(|&operand| stands[operand].iter().copied()).collect();
            sources.sort_unstable();
            sources.dedup();
            let vanishes = match node.op {
                Op::Zero | Op::Slice { .. } => true,
                Op::Add | Op::Mul | Op::Concat => sources.len() < 2,
                Op::Input(_)
                | Op::Output
                | Op::Conv(_)
                | Op::ConvTranspose(_)
                | Op::Dense { .. }
                | Op::BatchNorm
                | Op::Relu
                | Op::Relu6
                | Op::PRelu
                | Op::Sigmoid
                | Op::Tanh
                | Op::Pool(..)
                | Op::Mean
                | Op::Identity
                | Op::Pad(_)
                | Op::DepthToSpace { .. }
                | Op::Resize { .. } => false,
            };
            if vanishes {
                stands.push(sources);
                continue;
            }
            stands.push(vec![kept.len()]);
            let first = graph.operands(index).first().map_or(node.shape, |&operand| graph.node(operand).shape);
            kept.push((comp_node(kept.len(), &node.name, &node.op, first, node.shape)?, sources));
        }
        let is_weighted = |node: &CompNode| node.kernel.is_some();
        let weighted = kept.iter().filter(|(node, _)| is_weighted(node)).count();
        let mut number = Vec::with_capacity(kept.len());
        let (mut next_weighted, mut next_regular) = (0, weighted);
        for (node, _) in &kept {
            let next = if is_weighted(node) { &mut next_weighted } else { &mut next_regular };
            number.push(*next);
            *next += 1;
        }
        let mut edges: Vec<(usize, usize)> = Vec::with_capacity(kept.len() * 5 / 4);
        for (at, (_, sources)) in kept.iter().enumerate() {
            edges.extend(sources.iter().map(|&source| (number[source], number[at])));
        }
        edges.sort_unstable();
        let mut nodes: Vec<(usize, CompNode)> =
            number.iter().copied().zip(kept.into_iter().map(|(node, _)| node)).collect();
        nodes.sort_unstable_by_key(|(number, _)| *number);
        let nodes = nodes.into_iter().map(|(_, node)| node).collect();
        Ok(CompGraph { name: graph.name().into(), limits: Limits::default(), weighted, nodes, edges })
    }

    /// Sources of every node, ascending.
    pub fn operands(&self) -> Vec<Vec<usize>> {
        let mut operands = vec![Vec::new(); self.nodes.len()];
        for &(from, to) in &self.edges {
            operands[to].push(from);
        }
        operands
    }

    /// Checks what every reader relies on: numbers of nodes and edges, one input, one output.
    pub(super) fn check(&self) -> Result<(), FormatError> {
        let count = self.nodes.len();
        if self.weighted > count {
            return Err(FormatError::content("weighted nodes", format!("{} of {count} nodes", self.weighted)));
        }
        if let Some((from, to)) = self.edges.iter().find(|(from, to)| *from >= count || *to >= count || from == to) {
            return Err(FormatError::content("edges", format!("{from} to {to} among {count} nodes")));
        }
        if !self.edges.is_sorted_by(|a, b| a < b) {
            return Err(FormatError::content("edges", "are not sorted, or repeat"));
        }
        if let Some(node) = self.nodes.iter().find(|node| node.op >= OP_VOCABULARY.len()) {
            return Err(FormatError::content(
                format!("node `{}`", node.str_id),
                format!("op {} is not in the vocabulary", node.op),
            ));
        }
        let large = |node: &&CompNode| {
            let kernel = [node.kernel, node.strides, node.window].into_iter().flatten();
            let sizes = node.resolution.into_iter().chain(kernel.flat_map(|(h, w)| [h, w]));
            sizes.into_iter().any(|size| size > Shape::LIMIT)
        };
        match self.nodes.iter().find(large) {
            Some(node) => {
                Err(FormatError::content(format!("node `{}`", node.str_id), format!("a size above {}", Shape::LIMIT)))
            }
            None => Ok(()),
        }
    }

    /// The first-in-first-out topological order by which tokens are written ([release §3.3](crate::doc::release#s3-3)).
    /// Nodes on a cycle are left out.
    pub fn topological_order(&self) -> Vec<usize> {
        let mut readers = vec![Vec::new(); self.nodes.len()];
        let mut waiting = vec![0usize; self.nodes.len()];
        for &(from, to) in &self.edges {
            readers[from].push(to);
            waiting[to] += 1;
        }
        let mut queue: VecDeque<usize> = (0..self.nodes.len()).filter(|&node| waiting[node] == 0).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(node) = queue.pop_front() {
            order.push(node);
            for &reader in &readers[node] {
                waiting[reader] -= 1;
                if waiting[reader] == 0 {
                    queue.push_back(reader);
                }
            }
        }
        order
    }

    /// The topological order, and the tokens of the nodes in this order ([release §3.1](crate::doc::release#s3-1)). For
    /// a [`Graph`] with cut channels or zeros, these tokens differ from those of [`crate::segment::TokenForm`], because
    /// the release's form has no such nodes.
    pub fn tokens(&self) -> (Vec<usize>, Vec<String>) {
        let names: Vec<&str> = self.nodes.iter().map(CompNode::op_name).collect();
        let mut around = vec![(String::new(), String::new()); self.nodes.len()];
        for &(from, to) in &self.edges {
            // Sorted by source, then target: both lists come out in node order.
            around[to].0.extend([names[from], ","]);
            around[from].1.extend([names[to], ","]);
        }
        let order = self.topological_order();
        let token = |&node: &usize| {
            let kernel = self.nodes[node].kernel.map_or(String::new(), |(_, width)| format!(",{width}"));
            let (before, behind) = &around[node];
            format!("{}{kernel},in,{before},out,{behind}", names[node])
        };
        let tokens = order.iter().map(token).collect();
        (order, tokens)
    }

    /// Multiply-adds of every node by the release's counter: each node counts once for every distinct operand
    /// ([release §1.5](crate::doc::release#s1-5)).
    pub fn macs_per_node(&self) -> Vec<u64> {
        let mut operands = vec![0u64; self.nodes.len()];
        self.edges.iter().for_each(|&(_, to)| operands[to] += 1);
        self.nodes.iter().zip(operands).map(|(node, operands)| node.macs() * operands.max(1)).collect()
    }

    /// All multiply-adds by the release's counter. FLOPs are twice as many.
    pub fn macs(&self) -> u64 {
        self.macs_per_node().into_iter().sum()
    }

    /// The network as the release executes it ([release §8.2](crate::doc::release#s8-2)): several operands are cut to
    /// the smallest channel count among them and summed; a single operand with more channels than its reader takes is
    /// cut to its first channels. The first operand of a concat is the one whose channels the concat stores as `C_in`;
    /// the others follow in node order.
    pub fn to_graph(&self) -> Result<Executable, FormatError> {
        self.to_graph_with(&|_| None)
    }

    /// As [`CompGraph::to_graph`], with the operand order of some nodes given: the form itself does not keep it.
    pub fn to_graph_with(&self, order_of: &dyn Fn(usize) -> Option<Vec<usize>>) -> Result<Executable, FormatError> {
        self.check()?;
        let operands = self.operands();
        let mut readers = vec![Vec::new(); self.nodes.len()];
        for &(from, to) in &self.edges {
            readers[from].push(to);
        }
        let mut waiting: Vec<usize> = operands.iter().map(Vec::len).collect();
        let position = |node: usize| {
            let front = self.nodes[node].str_id.split_once('|').and_then(|(front, _)| front.parse::<u64>().ok());
            (front.unwrap_or(u64::MAX), node)
        };
        let ready = (0..self.nodes.len()).filter(|&node| waiting[node] == 0);
        let mut queue: BinaryHeap<Reverse<(u64, usize)>> = ready.map(|node| Reverse(position(node))).collect();
        let mut build = GraphBuilder::new(&self.name);
        let mut source: Vec<Option<usize>> = Vec::with_capacity(self.nodes.len());
        let mut made: Vec<Option<usize>> = vec![None; self.nodes.len()];
        let mut done = 0;
        while let Some(Reverse((_, at))) = queue.pop() {
            let mut inputs = Vec::with_capacity(operands[at].len());
            let mut given = order_of(at).unwrap_or_default();
            given.retain(|operand| operands[at].contains(operand));
            let rest = operands[at].iter().copied().filter(|operand| !given.contains(operand)).collect::<Vec<_>>();
            for operand in given.into_iter().chain(rest) {
                inputs.extend(made[operand]);
            }
            made[at] = Some(self.execute(at, inputs, &mut build, &mut source)?);
            done += 1;
            for &reader in &readers[at] {
                waiting[reader] -= 1;
                if waiting[reader] == 0 {
                    queue.push(Reverse(position(reader)));
                }
            }
        }
        if done < self.nodes.len() {
            let stuck = self.nodes.iter().zip(&waiting).find(|(_, waiting)| **waiting > 0);
            let name = stuck.map_or("", |(node, _)| node.str_id.as_str());
            return Err(FormatError::content(format!("node `{name}`"), "lies on a cycle"));
        }
        Ok(Executable { graph: build.finish()?, source })
    }

    /// Appends node `at`, with what is implicit in front of it, and returns its place.
    fn execute(
        &self,
        at: usize,
        mut inputs: Vec<usize>,
        build: &mut GraphBuilder,
        source: &mut Vec<Option<usize>>,
    ) -> Result<usize, FormatError> {
        let node = &self.nodes[at];
        let mut add = |build: &mut GraphBuilder, name: String, op: Op, operands: &[usize], of: Option<usize>| {
            source.push(of);
            build.add(&name, op, operands).map_err(FormatError::from)
        };
        if node.op == CONCAT {
            // The form keeps the channels of a concat's first operand, not which one it is.
            if let Some(first) = inputs.iter().position(|&input| build.shape(input).c == node.resolution[4]) {
                inputs[..=first].rotate_right(1);
            }
        } else if inputs.len() > 1 {
            // What the reader takes is less than any of them where NB-101 cuts every operand of a sum.
            let fewest = inputs.iter().map(|&input| build.shape(input).c).min().unwrap_or(0).min(node.resolution[4]);
            for (slot, input) in inputs.iter_mut().enumerate() {
                if build.shape(*input).c > fewest {
                    let name = format!("{}/cut_{slot}", node.str_id);
                    *input = add(build, name, Op::Slice { channels: fewest }, &[*input], None)?;
                }
            }
            if node.op != ADD && node.op != MUL {
                inputs = vec![add(build, format!("{}/sum", node.str_id), Op::Add, &inputs, None)?];
            }
        } else if let [input] = inputs[..] {
            let (has, takes) = (build.shape(input).c, node.resolution[4]);
            if matches!(node.op, ADD | MUL) {
                return Ok(input);
            }
            if has > takes {
                inputs =
                    vec![add(build, format!("{}/cut", node.str_id), Op::Slice { channels: takes }, &[input], None)?];
            } else if has < takes {
                return Err(FormatError::content(
                    format!("node `{}`", node.str_id),
                    format!("takes {takes} channels, gets {has}"),
                ));
            }
        }
        if node.op == CONCAT && inputs.len() == 1 {
            return Ok(inputs[0]);
        }
        let op = self.op(node)?;
        let index = add(build, node.str_id.clone(), op, &inputs, Some(at))?;
        let (made, declared) = (build.shape(index), node.output());
        if made == declared || node.op == OUTPUT {
            Ok(index)
        } else {
            Err(FormatError::content(
                format!("node `{}`", node.str_id),
                format!("makes {made} but declares {declared}"),
            ))
        }
    }

    fn op(&self, node: &CompNode) -> Result<Op, FormatError> {
        let missing = |what: &str| {
            FormatError::content(format!("node `{}` ({})", node.str_id, node.label), format!("has no {what}"))
        };
        let padding = match node.padding {
            Some(FramePadding::Valid) => Padding::Valid,
            Some(FramePadding::Same) | None => Padding::Same,
        };
        let window = |kernel: Option<(u32, u32)>| {
            let kernel = kernel.ok_or_else(|| missing("kernel"))?;
            Ok::<_, FormatError>(Window { kernel, stride: node.strides.ok_or_else(|| missing("strides"))?, padding })
        };
        let filters = node.resolution[5];
        Ok(match node.op {
            INPUT => Op::Input(node.output()),
            OUTPUT => Op::Output,
            CONV => Op::Conv(Conv { filters, window: window(node.kernel)?, groups: 1, bias: node.bias }),
            DEPTHWISE => {
                Op::Conv(Conv { filters, window: window(node.kernel)?, groups: node.resolution[4], bias: node.bias })
            }
            BATCHNORM => Op::BatchNorm,
            6 => Op::Relu,
            7 => Op::Relu6,
            // The release builds every dense layer with a bias.
            MATMUL => Op::Dense { features: filters, bias: true },
            ADD => Op::Add,
            MUL => Op::Mul,
            CONCAT => Op::Concat,
            MAXPOOL => Op::Pool(Pool::Max, window(node.window)?),
            AVGPOOL => Op::Pool(Pool::Avg, window(node.window)?),
            14 => Op::Sigmoid,
            15 => Op::Tanh,
            MEAN | GLOBAL => Op::Mean,
            IDENTITY => Op::Identity,
            26 => Op::Zero,
            DEPTH_TO_SPACE => Op::DepthToSpace { block: node.resolution[1] / node.resolution[0].max(1) },
            other => {
                let op = OP_VOCABULARY.get(other).copied().unwrap_or("an unknown op");
                return Err(FormatError::unsupported(&node.str_id, op, "this library has no such operation"));
            }
        })
    }
}

/// A node of the release's form at execution position `at`.
fn comp_node(at: usize, name: &str, op: &Op, first: Shape, shape: Shape) -> Result<CompNode, FormatError> {
    let index = match op {
        Op::Input(_) => INPUT,
        Op::Output => OUTPUT,
        Op::Conv(conv) if conv.groups == 1 => CONV,
        Op::Conv(conv) if conv.groups == first.c && conv.filters == first.c => DEPTHWISE,
        Op::BatchNorm => BATCHNORM,
        Op::Relu => 6,
        Op::Relu6 => 7,
        Op::Dense { .. } => MATMUL,
        Op::Add => ADD,
        Op::Mul => MUL,
        Op::Concat => CONCAT,
        Op::Pool(Pool::Max, _) => MAXPOOL,
        Op::Pool(Pool::Avg, _) => AVGPOOL,
        Op::Sigmoid => 14,
        Op::Tanh => 15,
        Op::Mean => MEAN,
        Op::DepthToSpace { .. } => DEPTH_TO_SPACE,
        Op::Identity => IDENTITY,
        Op::Conv(_)
        | Op::ConvTranspose(_)
        | Op::PRelu
        | Op::Zero
        | Op::Slice { .. }
        | Op::Pad(_)
        | Op::Resize { .. } => {
            return Err(FormatError::unsupported(name, op.name(), "the release's form has no such operation"));
        }
    };
    let window = op.window();
    let padding = match window.map(|window| window.padding) {
        None => None,
        Some(Padding::Same) => Some(FramePadding::Same),
        Some(Padding::Valid) => Some(FramePadding::Valid),
        Some(Padding::Explicit(_)) => {
            return Err(FormatError::unsupported(name, op.name(), "the release's form pads by SAME or VALID only"));
        }
    };
    let is_pool = matches!(op, Op::Pool(..));
    Ok(CompNode {
        str_id: format!("{at}|{name}"),
        label: op.name().into(),
        op: index,
        resolution: [first.h, shape.h, first.w, shape.w, first.c, shape.c],
        kernel: match op {
            Op::Conv(conv) => Some(conv.window.kernel),
            Op::Dense { .. } => Some((0, 0)),
            Op::Input(_)
            | Op::Output
            | Op::ConvTranspose(_)
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Pool(..)
            | Op::Mean
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::Resize { .. } => None,
        },
        strides: window.map(|window| window.stride),
        padding,
        window: window.filter(|_| is_pool).map(|window| window.kernel),
        bias: matches!(op, Op::Conv(conv) if conv.bias) || matches!(op, Op::Dense { bias: true, .. }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb101, Nb201};

    #[test]
    fn a_sum_of_a_node_with_itself_vanishes() {
        // All edges `none`: every sum adds what is one node in this form.
        let graph = Nb201::at(0).build().unwrap();
        let form = CompGraph::from_graph(&graph).unwrap();
        assert!(form.nodes.iter().filter(|node| node.op == ADD).count() == 2, "only the reductions add");
    }

    #[test]
    fn cells_with_cut_channels_come_back() {
        for index in 0..40 {
            let graph = Nb101::sample(2, index).build().unwrap();
            let form = CompGraph::from_graph(&graph).unwrap();
            let back = form.to_graph().unwrap().graph;
            assert_eq!(back.cost().params, graph.cost().params);
            assert_eq!(CompGraph::from_graph(&back).unwrap().macs(), form.macs());
        }
    }

    #[test]
    fn wrong_forms_are_refused_by_name() {
        let graph = Nb201::at(15_000).build().unwrap();
        let form = CompGraph::from_graph(&graph).unwrap();
        let refused = |edit: &dyn Fn(&mut CompGraph)| {
            let mut form = form.clone();
            edit(&mut form);
            form.to_graph().unwrap_err().to_string()
        };
        let last = form.nodes.len() - 1;
        assert!(refused(&|form| form.edges.push((last, last + 1))).contains("among"));
        let reversed = refused(&|form| {
            let edge =
                form.edges.iter().copied().find(|(from, to)| form.nodes[*from].op == 6 && form.nodes[*to].op == CONV);
            let (from, to) = edge.unwrap();
            form.edges.push((to, from));
            form.edges.sort_unstable();
        });
        assert!(reversed.contains("lies on a cycle"), "{reversed}");
        assert!(refused(&|form| form.nodes[1].resolution[1] = 17).contains("declares 17×"));
        assert!(refused(&|form| form.nodes[0].strides = None).contains("has no strides"));
        assert!(refused(&|form| form.nodes[last].op = 17).contains("gelu is not supported"));
    }
}
