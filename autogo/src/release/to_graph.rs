//! From the release's form to a graph of ours, by the rule by which the release executes it.

use super::comp_graph::{CompGraph, CompNode, FramePadding};
use super::ops::*;
use crate::error::FormatError;
use crate::graph::{Conv, Graph, GraphBuilder, Op, Padding, Pool, Window};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A graph that was made of the release's form.
#[derive(Clone, Debug)]
pub struct Executable {
    /// The graph. Implicit sums and channel cuts are nodes of it.
    pub graph: Graph,
    /// For every node of the graph the node it was made of; none for sums and cuts that were implicit.
    pub source: Vec<Option<usize>>,
}

impl CompGraph {
    /// The network as the release executes it ([release §8](crate::doc::release#s8)): several inputs are summed, all
    /// cut to the fewest channels; one with more channels than its reader takes is cut to the first of them. A concat's
    /// operands stand in node order, behind the one whose channels are the concat's own.
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
            if let Some(first) = inputs.iter().position(|&input| build.shape(input).c == node.input.c) {
                inputs[..=first].rotate_right(1);
            }
        } else if inputs.len() > 1 {
            // What the reader takes is less than any of them where NB-101 cuts every operand of a sum.
            let fewest = inputs.iter().map(|&input| build.shape(input).c).min().unwrap_or(0).min(node.input.c);
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
            let (has, takes) = (build.shape(input).c, node.input.c);
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
        let (made, declared) = (build.shape(index), node.output);
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
        let filters = node.output.c;
        Ok(match node.op {
            INPUT => Op::Input(node.output),
            OUTPUT => Op::Output,
            CONV => Op::Conv(Conv { filters, window: window(node.kernel)?, groups: 1, bias: node.bias }),
            DEPTHWISE => {
                Op::Conv(Conv { filters, window: window(node.kernel)?, groups: node.input.c, bias: node.bias })
            }
            BATCHNORM => Op::BatchNorm,
            RELU => Op::Relu,
            RELU6 => Op::Relu6,
            // The release builds every dense layer with a bias.
            MATMUL => Op::Dense { features: filters, bias: true },
            ADD => Op::Add,
            MUL => Op::Mul,
            CONCAT => Op::Concat,
            MAXPOOL => Op::Pool(Pool::Max, window(node.window)?),
            AVGPOOL => Op::Pool(Pool::Avg, window(node.window)?),
            SIGMOID => Op::Sigmoid,
            TANH => Op::Tanh,
            MEAN | GLOBAL => Op::Mean,
            IDENTITY => Op::Identity,
            ZERO => Op::Zero,
            DEPTH_TO_SPACE => Op::DepthToSpace { block: node.output.h / node.input.h.max(1) },
            other => {
                let op = OP_VOCABULARY.get(other).copied().unwrap_or("an unknown op");
                return Err(FormatError::unsupported(&node.str_id, op, "this library has no such operation"));
            }
        })
    }
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
            let edge = form
                .edges
                .iter()
                .copied()
                .find(|(from, to)| form.nodes[*from].op == RELU && form.nodes[*to].op == CONV);
            let (from, to) = edge.unwrap();
            form.edges.push((to, from));
            form.edges.sort_unstable();
        });
        assert!(reversed.contains("lies on a cycle"), "{reversed}");
        assert!(refused(&|form| form.nodes[1].output.h = 17).contains("declares 17×"));
        assert!(refused(&|form| form.nodes[0].strides = None).contains("has no strides"));
        assert!(refused(&|form| form.nodes[last].op = 17).contains("gelu is not supported"));
    }
}
