//! Lesson 1: a network is a graph.
//!
//! A [`Graph`](crate::graph::Graph) has nodes, and each node has a name, an op and a shape. A node stands behind the nodes
//! that it reads. The toy has five nodes:
//!
//! | index | name | op | reads | makes (height × width × channels) |
//! |---|---|---|---|---|
//! | 0 | `in` | input | | 8×8×3 |
//! | 1 | `conv` | convolution 3×3, 4 filters, bias | 0 | 8×8×4 |
//! | 2 | `relu` | ReLU | 1 | 8×8×4 |
//! | 3 | `add` | sum | 1, 2 | 8×8×4 |
//! | 4 | `out` | output | 3 | 8×8×4 |
//!
//! ```
//! let toy = autogo::tutorials::toy()?;
//! assert_eq!(toy.node(1).name, "conv");
//! assert_eq!(toy.operands(3), [1, 2]);
//! assert_eq!(toy.readers(1), [2, 3]);
//! assert_eq!(toy.node(3).shape.to_string(), "8×8×4");
//! # Ok::<(), autogo::Error>(())
//! ```
//!
//! # A graph that exists is valid
//!
//! [`GraphBuilder`](crate::graph::GraphBuilder) infers the shape of every node while it is added. A node that its operands
//! do not fit is refused by name, and nothing downstream checks again.
//!
//! ```
//! use autogo::graph::{Conv, GraphBuilder, Op, Shape, Window};
//! let mut build = GraphBuilder::new("wrong");
//! let input = build.add("in", Op::Input(Shape::new(8, 8, 3)), &[])?;
//! let conv = Conv { filters: 4, window: Window::same(3, 2), groups: 1, bias: true };
//! let half = build.add("half", Op::Conv(conv), &[input])?;
//! let error = build.add("sum", Op::Add, &[input, half]).unwrap_err();
//! assert!(error.to_string().starts_with("node `sum` (add)"));
//! # Ok::<(), autogo::Error>(())
//! ```
//!
//! # What it costs
//!
//! The convolution multiplies 3×3 pixels of 3 channels for each of 8×8×4 results: 3·3·3·8·8·4 = 6,912 multiply-adds. Its
//! weights are 3·3·3·4 = 108 numbers, and 4 more for the bias. Papers count two FLOPs a multiply-add. The release also
//! counts activations and sums ([release §1.5](crate::doc::release#s1-5)); its figure stands beside.
//!
//! ```
//! let cost = autogo::tutorials::toy()?.cost();
//! assert_eq!((cost.multiply_adds, cost.params), (6_912, 112));
//! assert_eq!((cost.flops, cost.flops_original), (13_824, 15_872));
//! # Ok::<(), autogo::Error>(())
//! ```
//!
//! # What it is called
//!
//! The content id of a graph depends on what is computed, not on names, on the order of nodes or on how sums are nested.
//! Two graphs with one id are one network.
//!
//! ```
//! let toy = autogo::tutorials::toy()?;
//! assert_eq!(toy.content_id().to_string(), "f40025d28bdaba6621fcb4839c5355e2");
//! # Ok::<(), autogo::Error>(())
//! ```
//!
//! **Try it**: give the convolution 5 filters. Which shapes, costs and ids change? Next: [`segments`](super::segments).
