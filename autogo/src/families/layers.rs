//! The layer sequences that families are written in.

use crate::graph::{Conv, Graph, GraphBuilder, GraphError, Op, Padding, Pool, Window};

/// Appends layers to a graph and gives every node a path-like name.
pub(crate) struct Layers {
    pub(crate) build: GraphBuilder,
    scope: String,
    /// Whether convolutions have a bias.
    pub(crate) bias: bool,
}

impl Layers {
    pub(crate) fn new(name: &str) -> Self {
        Layers { build: GraphBuilder::new(name), scope: String::new(), bias: false }
    }

    /// Starts a new scope: the prefix of the names that follow.
    pub(crate) fn scope(&mut self, scope: impl Into<String>) {
        self.scope = scope.into();
    }

    /// A node named after its scope and op.
    pub(crate) fn add(&mut self, op: Op, operands: &[usize]) -> Result<usize, GraphError> {
        let stem = op.name();
        let mut name = String::with_capacity(self.scope.len() + 1 + stem.len());
        if !self.scope.is_empty() {
            name += &self.scope;
            name.push('/');
        }
        name += stem;
        self.build.add_owned(name, op, operands)
    }

    /// A SAME convolution, square.
    pub(crate) fn conv(&mut self, kernel: u32, filters: u32, stride: u32, x: usize) -> Result<usize, GraphError> {
        self.add(Op::Conv(Conv { filters, window: Window::same(kernel, stride), groups: 1, bias: self.bias }), &[x])
    }

    /// A SAME convolution of any kernel, batch norm, and an activation if one is given.
    pub(crate) fn conv_bn(
        &mut self,
        kernel: (u32, u32),
        filters: u32,
        stride: (u32, u32),
        activation: Option<Op>,
        x: usize,
    ) -> Result<usize, GraphError> {
        let window = Window::new(kernel, stride, Padding::Same);
        let x = self.add(Op::Conv(Conv { filters, window, groups: 1, bias: self.bias }), &[x])?;
        self.norm(activation, x)
    }

    /// Batch norm, and an activation if one is given.
    pub(crate) fn norm(&mut self, activation: Option<Op>, x: usize) -> Result<usize, GraphError> {
        let x = self.add(Op::BatchNorm, &[x])?;
        match activation {
            Some(activation) => self.add(activation, &[x]),
            None => Ok(x),
        }
    }

    /// A SAME pool.
    pub(crate) fn pool(&mut self, pool: Pool, kernel: u32, stride: u32, x: usize) -> Result<usize, GraphError> {
        self.add(Op::Pool(pool, Window::same(kernel, stride)), &[x])
    }

    /// The output node, and the graph.
    pub(crate) fn finish(mut self, x: usize) -> Result<Graph, GraphError> {
        self.scope("");
        self.add(Op::Output, &[x])?;
        self.build.finish()
    }
}

/// A square VALID window.
pub(crate) const fn valid(kernel: u32, stride: u32) -> Window {
    Window::new((kernel, kernel), (stride, stride), Padding::Valid)
}
