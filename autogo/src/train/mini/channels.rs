//! The number of channels of every node of a mini form.

use super::ratio::Ratio;
use crate::graph::{Class, Conv, Graph, Op, Shape};

/// The channel counts of the full graph that stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::train) struct Kept {
    /// Whether the channel count of the input stays.
    pub input: bool,
    /// Whether the channel count of the output stays.
    pub output: bool,
}

impl Kept {
    /// The channel counts of both ends stay.
    pub const BOTH: Kept = Kept { input: true, output: true };
}

/// The channel counts of a mini form, by classes of nodes that must have equal counts.
pub(super) struct Channels {
    counts: Vec<u32>,
}

/// Nodes in classes; every node names its class's first node.
struct Classes(Vec<usize>);

impl Classes {
    fn first(&self, mut node: usize) -> usize {
        while self.0[node] != node {
            node = self.0[node];
        }
        node
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        self.0[a.max(b)] = a.min(b);
    }
}

/// Whether the op makes as many channels as it reads.
fn passes(op: &Op, input: Shape) -> bool {
    match op {
        Op::Conv(conv) => conv.groups > 1 && conv.groups == input.c && conv.filters == input.c,
        Op::Output
        | Op::BatchNorm
        | Op::ChannelAffine { .. }
        | Op::Affine { .. }
        | Op::Activation(_)
        | Op::Max
        | Op::Crop(_)
        | Op::ChannelShuffle { .. }
        | Op::Relu
        | Op::Relu6
        | Op::PRelu
        | Op::Sigmoid
        | Op::Tanh
        | Op::Add
        | Op::Mul
        | Op::Pool(..)
        | Op::Mean
        | Op::Identity
        | Op::Zero
        | Op::Pad(_)
        | Op::Resize { .. } => true,
        Op::Input(_)
        | Op::ConvTranspose(_)
        | Op::Dense { .. }
        | Op::Concat
        | Op::Slice { .. }
        | Op::SpaceToDepth { .. }
        | Op::DepthToSpace { .. } => false,
    }
}

impl Channels {
    pub fn of(graph: &Graph, width: Ratio, kept: Kept) -> Channels {
        let n = graph.len();
        let mut classes = Classes((0..n).collect());
        for index in 1..n {
            let input = graph.node(graph.operands(index)[0]).shape;
            if passes(&graph.node(index).op, input) {
                graph.operands(index).iter().for_each(|&operand| classes.join(operand, index));
            }
        }
        let class: Vec<usize> = (0..n).map(|index| classes.first(index)).collect();
        let mut find = Find {
            graph,
            width,
            kept,
            members: vec![Vec::new(); n],
            multiple: vec![1; n],
            found: vec![None; n],
            class,
        };
        find.gather();
        Channels { counts: (0..n).map(|index| find.count(find.class[index])).collect() }
    }

    /// The op with the channels of the mini form.
    pub fn adapt(&self, op: Op, index: usize, graph: &Graph, inputs: &[Shape]) -> Result<Op, String> {
        let filters = self.counts[index];
        Ok(match op {
            Op::Input(shape) => Op::Input(Shape { c: filters, ..shape }),
            Op::Conv(conv) => {
                let first = graph.node(graph.operands(index)[0]).shape;
                let own = inputs.first().map_or(1, |shape| shape.c);
                let groups = if passes(&op, first) { own } else { conv.groups };
                Op::Conv(Conv { filters, groups, ..conv })
            }
            Op::ConvTranspose(conv) => Op::ConvTranspose(Conv { filters, ..conv }),
            Op::Dense { bias, .. } => Op::Dense { features: filters, bias },
            Op::Slice { start: 0, .. } => Op::Slice { start: 0, channels: filters },
            Op::Slice { .. } | Op::SpaceToDepth { .. } => {
                return Err("has no mini form: which of fewer channels are its own is not known".into());
            }
            Op::Add | Op::Mul
                if graph.operands(index).iter().any(|&at| graph.node(at).shape.c != graph.node(index).shape.c) =>
            {
                return Err("has no mini form: it repeats an operand along the channels".into());
            }
            Op::Output
            | Op::BatchNorm
            | Op::ChannelAffine { .. }
            | Op::Affine { .. }
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Activation(_)
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Pool(..)
            | Op::Mean
            | Op::Max
            | Op::Identity
            | Op::Zero
            | Op::Crop(_)
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::ChannelShuffle { .. }
            | Op::Resize { .. } => op,
        })
    }
}

struct Find<'a> {
    graph: &'a Graph,
    width: Ratio,
    kept: Kept,
    class: Vec<usize>,
    members: Vec<Vec<usize>>,
    /// The number that the class's count must be a multiple of.
    multiple: Vec<u32>,
    /// The counts that are known; 0 while a count is looked for.
    found: Vec<Option<u32>>,
}

impl Find<'_> {
    fn gather(&mut self) {
        for index in 0..self.graph.len() {
            let class = self.class[index];
            self.members[class].push(index);
            let operand = self
                .graph
                .operands(index)
                .first()
                .map(|&operand| (self.class[operand], self.graph.node(operand).shape));
            let Some((before, input)) = operand else { continue };
            let op = &self.graph.node(index).op;
            if let Some(conv) = op.conv().filter(|_| !passes(op, input)) {
                self.multiple[class] = least_common(self.multiple[class], conv.groups);
                self.multiple[before] = least_common(self.multiple[before], conv.groups);
            }
            if let Some(block) = op.unpacks() {
                self.multiple[before] = least_common(self.multiple[before], block * block);
            }
            if let Op::ChannelShuffle { groups } = *op {
                self.multiple[class] = least_common(self.multiple[class], groups);
            }
        }
    }

    fn count(&mut self, class: usize) -> u32 {
        if let Some(count) = self.found[class].filter(|&count| count > 0) {
            return count;
        }
        let (graph, members) = (self.graph, self.members[class].clone());
        let full = graph.node(class).shape.c;
        let ends = self.kept;
        let is_kept = |op: &Op| matches!(op, Op::Input(_)) && ends.input || *op == Op::Output && ends.output;
        let kept = members.iter().any(|&member| is_kept(&graph.node(member).op));
        let gathers = |op: &Op| op.class() == Class::Concat || op.unpacks().is_some();
        let follows = members.iter().find(|&&member| gathers(&graph.node(member).op));
        let is_asked = self.found[class].is_some();
        self.found[class] = Some(0);
        let count = match follows {
            Some(&member) if !kept && !is_asked => {
                let parts: u32 = graph.operands(member).iter().map(|&operand| self.count(self.class[operand])).sum();
                graph.node(member).op.unpacks().map_or(parts, |block| (parts / (block * block)).max(1))
            }
            _ if kept => full,
            _ => {
                let multiple = self.multiple[class];
                self.width.of(full).div_ceil(multiple) * multiple
            }
        };
        self.found[class] = Some(count);
        count
    }
}

fn least_common(a: u32, b: u32) -> u32 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x.max(1) * b
}
