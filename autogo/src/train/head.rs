//! A network for another number of classes.

use crate::error::{Error, TrainError};
use crate::graph::{Graph, GraphBuilder, Op, Shape};

impl Graph {
    /// The same graph with another number of classes: the last dense layer, or convolution, makes that many numbers.
    ///
    /// ```
    /// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
    /// let three = graph.with_classes(3)?;
    /// assert_eq!(three.node(three.len() - 1).shape.c, 3);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TrainError::Head`] when that does not make one number a class, such as a graph whose output is a picture.
    /// O(nodes).
    pub fn with_classes(&self, classes: u32) -> Result<Graph, Error> {
        let head = (0..self.len()).rev().find(|&index| matches!(self.node(index).op, Op::Dense { .. } | Op::Conv(_)));
        let mut build = GraphBuilder::new(self.name());
        for index in 0..self.len() {
            let node = self.node(index);
            let mut op = node.op;
            if head == Some(index) {
                if let Op::Dense { features, .. } = &mut op {
                    *features = classes;
                } else if let Op::Conv(conv) = &mut op {
                    conv.filters = classes;
                }
            }
            build.add(&node.name, op, self.operands(index))?;
        }
        let graph = build.finish()?;
        let made = graph.node(graph.len() - 1).shape;
        if made != Shape::new(1, 1, classes) {
            let task = format!("a task of {classes} classes");
            let found = made.to_string();
            return Err(TrainError::Head { graph: self.name().into(), found, task, classes: classes as usize }.into());
        }
        Ok(graph)
    }
}
