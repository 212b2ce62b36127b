//! Many spellings, one cell: the ways to number the vertices of a NAS-Bench-101 cell, and the cell of a graph.

use super::Family;
use super::nb101::{MAX_VERTICES, Nb101, VertexOp};
use crate::graph::{Class, Graph, Op, Pool, Weighted};

impl Nb101 {
    /// All numberings of the cell's inner vertices in which edges still go from smaller to larger numbers; the first is
    /// the cell itself. They have one [`Nb101::module_hash`], the benchmark's name of them all. Their graphs may
    /// differ: where channels do not divide evenly among the vertices that feed the output, the first of these get one
    /// more.
    ///
    /// ```
    /// use autogo::families::Nb101;
    /// let cell: Nb101 = "nb101:1111011111:200".parse()?;
    /// let spellings = cell.spellings();
    /// assert_eq!(spellings[0], cell);
    /// assert!(spellings.contains(&"nb101:1111011111:020".parse()?));
    /// assert!(spellings.iter().all(|other| other.module_hash() == cell.module_hash()));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn spellings(&self) -> Vec<Nb101> {
        let mut found = Vec::new();
        self.extend_order(&mut vec![0], &mut found);
        found
    }

    /// Continues `order`, the old numbers of the vertices that have new ones, in every way.
    fn extend_order(&self, order: &mut Vec<usize>, found: &mut Vec<Nb101>) {
        let last = self.vertices() - 1;
        if order.len() == last {
            order.push(last);
            let spelling = self.renumbered(order);
            order.pop();
            if !found.contains(&spelling) {
                found.push(spelling);
            }
            return;
        }
        for v in 1..last {
            let is_next = !order.contains(&v) && (1..v).all(|u| order.contains(&u) || !self.has_edge(u, v));
            if is_next {
                order.push(v);
                self.extend_order(order, found);
                order.pop();
            }
        }
    }

    /// The cell whose vertex `new` is this cell's vertex `order[new]`.
    fn renumbered(&self, order: &[usize]) -> Nb101 {
        let mut feeds = [0u8; MAX_VERTICES];
        let mut ops = [VertexOp::Conv3x3; MAX_VERTICES - 2];
        for (new, &old) in order.iter().enumerate() {
            for (new_target, &old_target) in order.iter().enumerate() {
                feeds[new] |= u8::from(self.has_edge(old, old_target)) << new_target;
            }
            if new > 0 && new + 1 < order.len() {
                ops[new - 1] = self.ops()[old - 1];
            }
        }
        Nb101::from_raw(order.len(), feeds, ops)
    }

    /// The cell of a graph that is a NAS-Bench-101 network, under whatever names, order and nesting of its nodes;
    /// nothing for other graphs. The cell's graph has the [`Graph::content_id`] of the graph asked about. O(nodes ·
    /// nodes of a cell).
    ///
    /// ```
    /// use autogo::families::{Family, Nb101};
    /// let cell: Nb101 = "nb101:1111011111:200".parse()?;
    /// let found = Nb101::of_graph(&cell.build()?);
    /// assert_eq!(found.map(|cell| cell.module_hash()), Some(cell.module_hash()));
    /// assert_eq!(Nb101::of_graph(&autogo::families::network("vgg16")?), None);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn of_graph(graph: &Graph) -> Option<Nb101> {
        // The first cell reads the stem's ReLU. Where it ends is tried out; its graph decides.
        let reading = Reading { graph };
        let relu = |at: &usize| graph.node(*at).op == Op::Relu;
        let stem = (0..graph.len()).find(relu)?;
        let id = graph.content_id();
        let params = graph.cost().params;
        reading.passes(stem).into_iter().find_map(|end| {
            let cell = reading.cell(stem, end)?;
            let built = cell.build().ok()?;
            (built.cost().params == params && built.content_id() == id).then_some(cell)
        })
    }
}

/// A graph that is read as a row of cells.
struct Reading<'a> {
    graph: &'a Graph,
}

impl Reading<'_> {
    /// The nodes behind `start` that every path from the input to the output meets, up to the first change of
    /// resolution.
    fn passes(&self, start: usize) -> Vec<usize> {
        let shape = self.graph.node(start).shape;
        let mut reach = self.graph.readers(start).last().copied().unwrap_or(start);
        let mut found = Vec::new();
        for v in start + 1..self.graph.len() {
            let node = self.graph.node(v);
            if (node.shape.h, node.shape.w) != (shape.h, shape.w) {
                break;
            }
            if reach <= v && node.shape == shape {
                found.push(v);
            }
            reach = reach.max(self.graph.readers(v).last().copied().unwrap_or(v));
        }
        found
    }

    /// Identities are what they read.
    fn root(&self, mut at: usize) -> usize {
        while let (Op::Identity, [operand]) = (self.graph.node(at).op, self.graph.operands(at)) {
            at = *operand;
        }
        at
    }

    /// The summands of a node, sums of sums being one sum; nothing when there are more than a vertex can have.
    fn summands(&self, at: usize) -> Option<Vec<usize>> {
        let (mut waiting, mut found) = (vec![at], Vec::new());
        while let Some(at) = waiting.pop() {
            let at = self.root(at);
            if self.graph.node(at).op == Op::Add {
                waiting.extend(self.graph.operands(at));
            } else {
                found.push(at);
            }
            if waiting.len() + found.len() > MAX_VERTICES {
                return None;
            }
        }
        Some(found)
    }

    /// The kernel and the operand of a convolution with a batch norm and a ReLU that ends in node `at`.
    fn convolution(&self, at: usize) -> Option<(u32, usize)> {
        let operand = |at: usize| self.graph.operands(at).first().map(|&operand| self.root(operand));
        let relu = (self.graph.node(at).op == Op::Relu).then_some(at)?;
        let norm = operand(relu).filter(|&at| self.graph.node(at).op == Op::BatchNorm)?;
        let conv = operand(norm)?;
        let Some(Weighted::Conv(found)) = self.graph.node(conv).op.weighted() else { return None };
        let (high, wide) = found.window.kernel;
        if high == wide { Some((high, operand(conv)?)) } else { None }
    }

    /// Whether node `at` is a projection of `input`: a 1×1 convolution with a batch norm and a ReLU.
    fn is_projection(&self, at: usize, input: usize) -> bool {
        self.convolution(at) == Some((1, input))
    }

    /// The cell between `input` and `end`, if the nodes between them are one.
    fn cell(&self, input: usize, end: usize) -> Option<Nb101> {
        let (outer, inner): (Vec<usize>, Vec<usize>) =
            self.summands(end)?.into_iter().partition(|&at| self.is_projection(at, input));
        let ends = match inner.as_slice() {
            [] => Vec::new(),
            [one] if self.graph.node(*one).op == Op::Concat => {
                self.graph.operands(*one).iter().map(|&operand| self.root(operand)).collect()
            }
            [one] => vec![*one],
            _ => return None,
        };
        let mut vertices = Vertices { reading: self, input, found: Vec::new() };
        for &at in &ends {
            vertices.visit(at)?;
        }
        vertices.cell(&ends, !outer.is_empty())
    }
}

/// A vertex: the node it ends in, its operation, the vertices it reads, whether it reads the cell's input.
struct Vertex {
    node: usize,
    op: VertexOp,
    reads: Vec<usize>,
    reads_input: bool,
}

/// The inner vertices of a cell, found from its end.
struct Vertices<'a> {
    reading: &'a Reading<'a>,
    input: usize,
    found: Vec<Vertex>,
}

impl Vertices<'_> {
    /// Finds the vertex that ends in node `at` and all that it reads.
    fn visit(&mut self, at: usize) -> Option<()> {
        if self.found.iter().any(|vertex| vertex.node == at) {
            return Some(());
        }
        let graph = self.reading.graph;
        let is_pool = |op: &Op| matches!(op, Op::Pool(Pool::Max, window) if window.kernel == (3, 3));
        let (op, operand) = if is_pool(&graph.node(at).op) {
            (VertexOp::MaxPool3x3, *graph.operands(at).first()?)
        } else {
            match self.reading.convolution(at)? {
                (1, operand) => (VertexOp::Conv1x1, operand),
                (3, operand) => (VertexOp::Conv3x3, operand),
                _ => return None,
            }
        };
        let mut vertex = Vertex { node: at, op, reads: Vec::new(), reads_input: false };
        for summand in self.reading.summands(operand)? {
            if self.reading.is_projection(summand, self.input) {
                vertex.reads_input = true;
                continue;
            }
            let source = if graph.node(summand).op.class() == Class::Slice {
                self.reading.root(*graph.operands(summand).first()?)
            } else {
                summand
            };
            vertex.reads.push(source);
        }
        let reads = vertex.reads.clone();
        // Before what it reads, so that a graph that is no cell cannot be walked for long.
        self.found.push(vertex);
        if self.found.len() > MAX_VERTICES - 2 {
            return None;
        }
        reads.into_iter().try_for_each(|source| self.visit(source))
    }

    /// The cell, its vertices numbered so that edges go from smaller to larger numbers and those that feed the output
    /// stand in the order in which they are joined.
    fn cell(&self, ends: &[usize], has_outer: bool) -> Option<Nb101> {
        let place = |node: usize| self.found.iter().position(|vertex| vertex.node == node);
        let ends = ends.iter().map(|&node| place(node)).collect::<Option<Vec<usize>>>()?;
        let mut order: Vec<usize> = Vec::new();
        while order.len() < self.found.len() {
            let is_next = |v: &usize| {
                let joined = ends.iter().position(|end| end == v).map_or(&[][..], |at| &ends[..at]);
                let reads = self.found[*v].reads.iter().filter_map(|&node| place(node));
                !order.contains(v) && reads.chain(joined.iter().copied()).all(|before| order.contains(&before))
            };
            let next = (0..self.found.len()).find(is_next)?;
            order.push(next);
        }
        let number = |v: usize| order.iter().position(|&other| other == v).map(|at| at + 1);
        let output = order.len() + 1;
        let mut edges: Vec<(usize, usize)> = Vec::new();
        for (at, &v) in order.iter().enumerate() {
            let vertex = &self.found[v];
            edges.extend(vertex.reads_input.then_some((0, at + 1)));
            edges.extend(vertex.reads.iter().filter_map(|&node| Some((number(place(node)?)?, at + 1))));
        }
        edges.extend(ends.iter().filter_map(|&end| Some((number(end)?, output))));
        edges.extend(has_outer.then_some((0, output)));
        let ops: Vec<VertexOp> = order.iter().map(|&v| self.found[v].op).collect();
        Nb101::new(&edges, &ops).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_cell_of_every_spellings_graph_is_found() {
        for index in 0..200 {
            let cell = Nb101::sample(5, index);
            let hash = cell.module_hash();
            let spellings = cell.spellings();
            assert_eq!(spellings.iter().collect::<HashSet<_>>().len(), spellings.len());
            for spelling in spellings.into_iter().take(6) {
                assert_eq!(spelling.module_hash(), hash, "{cell} {spelling}");
                let found = Nb101::of_graph(&spelling.build().unwrap()).unwrap();
                assert_eq!(found.module_hash(), hash, "{cell} {spelling}");
            }
        }
    }

    #[test]
    fn the_smallest_cells_are_found_and_other_networks_are_not() {
        for spec in ["nb101:1:", "nb101:101:0", "nb101:101:2", "nb101:111:1", "nb101:100101:22"] {
            let cell: Nb101 = spec.parse().unwrap();
            assert_eq!(Nb101::of_graph(&cell.build().unwrap()), Some(cell), "{spec}");
        }
        for spec in ["resnet50", "nb201:none,none,none,none,none,none", "hiaml:z,z,z,z"] {
            assert_eq!(Nb101::of_graph(&crate::families::network(spec).unwrap()), None, "{spec}");
        }
    }
}
