//! Lesson 7: a graph learns.
//!
//! A graph says what is computed, not with which weights. A [`Network`](crate::train::Network) is a graph with weights, a
//! [`Task`](crate::train::Task) is pictures with labels, a [`Recipe`](crate::train::Recipe) says how long and how fast to learn,
//! and [`Fit`](crate::train::Fit) does it.
//!
//! The toy makes 8×8 pixels of four channels. With a mean behind the sum it makes four numbers, one a class, so it can tell four
//! colours apart:
//!
//! | class | 0 | 1 | 2 | 3 |
//! |---|---|---|---|---|
//! | picture | dark | red | green | blue |
//!
//! ```
//! use autogo::data::LabelledPictures;
//! use autogo::graph::{GraphBuilder, Op};
//! use autogo::prelude::*;
//! use autogo::train::{Fit, Network, Pictures, Recipe};
//!
//! let toy = autogo::tutorials::toy()?;
//! let mut build = GraphBuilder::new("toy with a mean");
//! for node in 0..toy.len() - 1 {
//!     build.add(&toy.node(node).name, toy.node(node).op, toy.operands(node))?;
//! }
//! build.add("mean", Op::Mean, &[3])?;
//! build.add("out", Op::Output, &[4])?;
//! let graph = build.finish()?;
//!
//! // 3·3·3·4 weights of the convolution and four biases.
//! let network = Network::new(&graph, 0)?;
//! assert_eq!(network.plan().weights(), 112);
//!
//! // One picture a class: the same to learn from and to be measured with.
//! let colours = [[40, 40, 40], [200, 40, 40], [40, 200, 40], [40, 40, 200]];
//! let bytes = colours.iter().flat_map(|colour| colour.repeat(64)).collect();
//! let four = LabelledPictures { shape: graph.input_shape(), bytes, labels: vec![0, 1, 2, 3] };
//! let task = Pictures::new("colours", 4, four.clone(), four)?;
//!
//! // Twenty steps of four pictures.
//! let recipe = Recipe { batch: 4, images: 80, flips: false, smoothing: 0.0, ..Recipe::default() };
//! let run = Fit::new(&graph, &task, &recipe).run(Progress::Silent)?;
//! let losses: Vec<String> = run.log.losses[..5].iter().map(|loss| format!("{loss:.3}")).collect();
//! assert_eq!(losses, ["1.304", "0.992", "0.396", "0.051", "0.013"]);
//! assert_eq!(run.log.last().map(|end| end.test_accuracy), Some(1.0));
//! # Ok::<(), Error>(())
//! ```
//!
//! A network that knows nothing has the loss ln 4 = 1.386: all four classes are equally likely. The loss of a step is that before
//! the step, so the first of them is the loss of random weights.
//!
//! Run it again, or on another machine with fused arithmetic, and every digit is the same: the weights are drawn by the
//! recipe's seed and by each node's name, every sum has a fixed order.
//!
//! **Try it**: replace `Op::Mean` by `Op::Identity`. Which sentence does `Fit` refuse the graph with?
