//! A segment in the release's form, and how the release makes its sizes follow a new place before its program sees
//! them.

use super::super::error::RepairError;
use crate::graph::{Conv, Node, Op, Padding, Pool, Shape, Window};
use crate::segment::{Segment, Source};
use std::collections::{BTreeSet, VecDeque};

/// A node of a part in the release's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartNode {
    /// The op's name ([release §1.7](crate::doc::release#s1-7)): `conv2d`, `relu`, `fusedbatchnorm`.
    pub op: String,
    /// Shape of the tensor that the node reads, as the node itself knows it.
    pub input: Shape,
    /// Shape of the tensor that the node makes.
    pub output: Shape,
    /// Kernel of convolutions and pools. The release's program does not look at it.
    pub kernel: Option<(u32, u32)>,
    /// Strides of convolutions and pools.
    pub strides: Option<(u32, u32)>,
    /// Whether a window pads by SAME: the release gives up on others that read from outside.
    pub is_same: bool,
}

/// A part of a network in the release's form, on which the release's repair works ([release §4.4], [release §5]).
/// Operands have no order. A node stores the sizes it reads and makes; the sizes it reads may differ from those its
/// operands make.
///
/// [release §4.4]: crate::doc::release#s4-4
/// [release §5]: crate::doc::release#s5
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleasePart {
    /// The nodes.
    pub nodes: Vec<PartNode>,
    /// Source and target of every edge.
    pub edges: Vec<(usize, usize)>,
}

/// Height, width and channels.
fn sizes(shape: Shape) -> [u32; 3] {
    [shape.h, shape.w, shape.c]
}

impl PartNode {
    pub(super) fn read(&self) -> [i64; 3] {
        sizes(self.input).map(i64::from)
    }

    pub(super) fn made(&self) -> [i64; 3] {
        sizes(self.output).map(i64::from)
    }

    pub(super) fn is_concat(&self) -> bool {
        self.op == "concat"
    }

    /// Whether the release's program may change its sizes.
    pub(super) fn is_sized(&self) -> bool {
        matches!(self.op.as_str(), "conv2d" | "avgpool" | "maxpool")
    }

    pub(super) fn is_pool(&self) -> bool {
        matches!(self.op.as_str(), "avgpool" | "maxpool")
    }

    fn joins(&self) -> bool {
        matches!(self.op.as_str(), "add" | "mul" | "concat")
    }

    fn to_op(&self, at: usize) -> Result<Op, RepairError> {
        let window = || {
            let padding = if self.is_same { Padding::Same } else { Padding::Valid };
            let window = self.kernel.zip(self.strides).map(|(kernel, stride)| Window { kernel, stride, padding });
            window.ok_or_else(|| RepairError::Part(format!("node {at} ({}) has no kernel or no strides", self.op)))
        };
        let conv = |groups: u32, filters: u32| Ok(Op::Conv(Conv { filters, window: window()?, groups, bias: false }));
        Ok(match self.op.as_str() {
            "conv2d" => conv(1, self.output.c)?,
            "depthwise" => conv(self.input.c, self.input.c)?,
            "maxpool" => Op::Pool(Pool::Max, window()?),
            "avgpool" => Op::Pool(Pool::Avg, window()?),
            "fusedbatchnorm" => Op::BatchNorm,
            "relu" => Op::Relu,
            "sigmoid" => Op::Sigmoid,
            "tanh" => Op::Tanh,
            "identity" => Op::Identity,
            "zero" => Op::Zero,
            "add" => Op::Add,
            "mul" => Op::Mul,
            "concat" => Op::Concat,
            other => return Err(RepairError::Part(format!("node {at}: `{other}` is no op of a segment"))),
        })
    }

    fn set_read(&mut self, [h, w, c]: [u32; 3]) {
        self.input = Shape::new(h, w, c);
    }

    fn set_made(&mut self, [h, w, c]: [u32; 3]) {
        self.output = Shape::new(h, w, c);
    }

    fn sizes_made(&self) -> [u32; 3] {
        sizes(self.output)
    }
}

impl ReleasePart {
    /// A segment in the release's form: node for node, without the edges from outside, and with operands as a set.
    pub fn of(segment: &Segment) -> ReleasePart {
        let node = |at: usize| {
            let node = &segment.nodes[at];
            let read = segment.operand_shapes(at).first().copied().unwrap_or(node.shape);
            let window = node.op.window();
            let name = if node.op == Op::Relu6 { "relu" } else { node.op.name() };
            PartNode {
                op: name.into(),
                input: read,
                output: node.shape,
                kernel: window.map(|window| window.kernel),
                strides: window.map(|window| window.stride),
                is_same: window.is_none_or(|window| window.padding == Padding::Same),
            }
        };
        let mut edges = BTreeSet::new();
        for (at, sources) in segment.operands.iter().enumerate() {
            edges.extend(sources.iter().filter_map(|source| match *source {
                Source::Inner(inner) => Some((inner, at)),
                Source::Input(_) => None,
            }));
        }
        ReleasePart { nodes: (0..segment.nodes.len()).map(node).collect(), edges: edges.into_iter().collect() }
    }

    /// The part as a [`Segment`], and for every node of the part its index in the segment. Every node without operands
    /// reads an input of its own, in execution order. Implicit sums become nodes; a sum, product or concat of one
    /// operand passes its operand on. Nodes keep the sizes they store, which need not agree: a repair infers sizes
    /// anew. An error names an op that a segment cannot hold, or a window without kernel or strides.
    pub fn to_segment(&self, outputs: &[usize]) -> Result<(Segment, Vec<usize>), RepairError> {
        self.check(outputs.iter().copied())?;
        let operands = self.operands();
        let mut segment = Segment { nodes: vec![], operands: vec![], inputs: vec![], outputs: vec![] };
        let mut numbers = vec![0; self.nodes.len()];
        for at in self.topological_order() {
            let node = &self.nodes[at];
            let (read, made) = (node.input, node.output);
            let mut sources: Vec<Source> = operands[at].iter().map(|&from| Source::Inner(numbers[from])).collect();
            if sources.is_empty() {
                sources.push(Source::Input(segment.inputs.len()));
                segment.inputs.push(read);
            }
            let mut push = |name: String, op: Op, sources: Vec<Source>, shape: Shape| {
                segment.nodes.push(Node { name, op, shape });
                segment.operands.push(sources);
                segment.nodes.len() - 1
            };
            if sources.len() > 1 && !node.joins() {
                sources = vec![Source::Inner(push(format!("{at}/sum"), Op::Add, sources, read))];
            }
            let op = if sources.len() == 1 && node.joins() { Op::Identity } else { node.to_op(at)? };
            numbers[at] = push(at.to_string(), op, sources, made);
        }
        segment.outputs = outputs.iter().map(|&node| numbers[node]).collect();
        segment.outputs.sort_unstable();
        Ok((segment, numbers))
    }

    /// Whether edges and the `named` nodes are there, and nothing lies on a cycle.
    pub(super) fn check(&self, mut named: impl Iterator<Item = usize>) -> Result<(), RepairError> {
        let count = self.nodes.len();
        if let Some((from, to)) = self.edges.iter().find(|(from, to)| *from >= count || *to >= count) {
            return Err(RepairError::Part(format!("edge {from} to {to} among {count} nodes")));
        }
        if let Some(node) = named.find(|node| *node >= count) {
            return Err(RepairError::Part(format!("node {node} of {count}")));
        }
        let ordered = self.topological_order().len();
        if ordered < count {
            return Err(RepairError::Part(format!("{} nodes lie on a cycle or behind one", count - ordered)));
        }
        Ok(())
    }

    /// Sources of every node, ascending; edges to nodes that are not there are left out.
    pub fn operands(&self) -> Vec<Vec<usize>> {
        let mut operands = vec![Vec::new(); self.nodes.len()];
        let count = self.nodes.len();
        for &(from, to) in self.edges.iter().filter(|(from, to)| *from < count && *to < count) {
            operands[to].push(from);
        }
        operands.iter_mut().for_each(|sources| {
            sources.sort_unstable();
            sources.dedup();
        });
        operands
    }

    /// Nodes in an order in which every edge goes forward; those on a cycle are left out.
    pub fn topological_order(&self) -> Vec<usize> {
        let operands = self.operands();
        let mut waiting: Vec<usize> = operands.iter().map(Vec::len).collect();
        let mut queue: VecDeque<usize> = (0..self.nodes.len()).filter(|&node| waiting[node] == 0).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(node) = queue.pop_front() {
            order.push(node);
            for reader in (0..self.nodes.len()).filter(|&reader| operands[reader].binary_search(&node).is_ok()) {
                waiting[reader] -= 1;
                if waiting[reader] == 0 {
                    queue.push_back(reader);
                }
            }
        }
        order
    }

    /// Virtual forward propagation ([release §4.4](crate::doc::release#s4-4) (a), (b)): the given nodes read these
    /// shapes, and the nodes behind them take the sizes that follow. A window divides a size by its stride and rounds
    /// down. Channels do not change, not even behind a convolution. A node that is reached with two different sizes
    /// ends the walk from one input; the edges left in the queue are walked from the next input, as in the release.
    pub fn propagate(&mut self, inputs: &[(usize, Shape)]) -> Result<(), RepairError> {
        self.check(inputs.iter().map(|(node, _)| *node))?;
        let operands = self.operands();
        let mut is_fixed = vec![false; self.nodes.len()];
        for &(at, shape) in inputs {
            let node = &mut self.nodes[at];
            let read = [shape.h, shape.w, shape.c];
            let mut made = read;
            match node.op.as_str() {
                "mean" => made = [1, 1, shape.c],
                "matmul" => made[2] = 10,
                "conv2d" | "depthwise" | "avgpool" | "maxpool" => {
                    if !node.is_same {
                        let reason = format!("a {} of the segment does not pad by SAME", node.op);
                        return Err(RepairError::Part(reason));
                    }
                    made = strided(read, node.strides);
                    if made.contains(&0) {
                        return Err(RepairError::Infeasible { inputs: vec![shape], outputs: Vec::new() });
                    }
                }
                // Every other op keeps the size that it reads, as there.
                known if Op::NAMES.contains(&known) => {}
                other => return Err(RepairError::Part(format!("node {at}: `{other}` is no op"))),
            }
            node.set_read(read);
            node.set_made(made);
            is_fixed[at] = true;
        }
        let mut readers: Vec<Vec<usize>> = vec![Vec::new(); operands.len()];
        for (reader, sources) in operands.iter().enumerate() {
            sources.iter().for_each(|&node| readers[node].push(reader));
        }
        let mut queue: VecDeque<(usize, usize)> = VecDeque::new();
        for &(input, _) in inputs {
            queue.extend(readers[input].iter().map(|&reader| (input, reader)));
            while let Some((from, to)) = queue.pop_front() {
                let made = self.nodes[from].sizes_made();
                let read = self.nodes[to].read().map(|size| size as u32);
                let compared = if self.nodes[to].is_concat() { 2 } else { 3 };
                if made[..compared] == read[..compared] {
                    continue;
                }
                if is_fixed[to] {
                    break;
                }
                if self.nodes[to].is_concat() {
                    let first = operands[to].first().map_or(made, |&first| self.nodes[first].sizes_made());
                    let channels = operands[to].iter().map(|&node| self.nodes[node].sizes_made()[2]);
                    let sum = channels.fold(0, u32::saturating_add);
                    self.nodes[to].set_read([first[0], first[1], sum]);
                    self.nodes[to].set_made([first[0], first[1], sum]);
                } else {
                    self.nodes[to].set_read(made);
                    let strides = self.nodes[to].strides;
                    self.nodes[to].set_made(strided(made, strides));
                }
                is_fixed[to] = true;
                queue.extend(readers[to].iter().map(|&reader| (to, reader)));
            }
        }
        Ok(())
    }
}

fn strided([h, w, c]: [u32; 3], strides: Option<(u32, u32)>) -> [u32; 3] {
    let (down, across) = strides.unwrap_or((1, 1));
    [h / down.max(1), w / across.max(1), c]
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{X, conv, segment};
    use super::*;

    #[test]
    fn channels_pass_through_convolutions_and_strides_round_down() {
        let inner = [Source::Inner(0)];
        let chain = segment(&[Shape::new(8, 8, 4)], &[(conv(3, 16, 2), &[X]), (Op::Relu, &inner)], &[1]);
        let mut part = ReleasePart::of(&chain);
        assert_eq!((part.nodes[0].input, part.nodes[0].output), (Shape::new(8, 8, 4), Shape::new(4, 4, 16)));
        part.propagate(&[(0, Shape::new(7, 6, 5))]).unwrap();
        assert_eq!((part.nodes[0].input, part.nodes[0].output), (Shape::new(7, 6, 5), Shape::new(3, 3, 5)));
        assert_eq!((part.nodes[1].input, part.nodes[1].output), (Shape::new(3, 3, 5), Shape::new(3, 3, 5)));
        assert!(part.propagate(&[(0, Shape::new(1, 6, 5))]).is_err());
        part.nodes[0].op = "swirl".into();
        let error = part.propagate(&[(0, Shape::new(7, 6, 5))]).unwrap_err().to_string();
        assert!(error.contains("node 0: `swirl` is no op"), "{error}");
    }

    #[test]
    fn a_segment_comes_back() {
        let inner = [Source::Inner(0)];
        let chain = segment(&[Shape::new(8, 8, 4)], &[(conv(3, 16, 2), &[X]), (Op::Relu, &inner)], &[1]);
        let (back, numbers) = ReleasePart::of(&chain).to_segment(&[1]).unwrap();
        assert_eq!(numbers, [0, 1]);
        assert_eq!(
            back.nodes.iter().map(|node| (node.op, node.shape)).collect::<Vec<_>>(),
            chain.nodes.iter().map(|node| (node.op, node.shape)).collect::<Vec<_>>()
        );
        assert_eq!((back.operands, back.inputs, back.outputs), (chain.operands, chain.inputs, chain.outputs));
    }

    #[test]
    fn a_concat_adds_what_it_reads() {
        let (a, b) = (Source::Inner(0), Source::Inner(1));
        let fork =
            segment(&[Shape::new(8, 8, 4)], &[(Op::Relu, &[X]), (conv(1, 6, 1), &[a]), (Op::Concat, &[a, b])], &[2]);
        let mut part = ReleasePart::of(&fork);
        part.propagate(&[(0, Shape::new(4, 4, 5))]).unwrap();
        // The walk is breadth first: the convolution has let its five channels through before the concat is reached.
        assert_eq!((part.nodes[2].input, part.nodes[2].output), (Shape::new(4, 4, 10), Shape::new(4, 4, 10)));
    }
}
