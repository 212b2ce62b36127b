//! Lesson 7: a graph learns.
//!
//! A graph says what is computed, not with which weights. A [`Network`](crate::train::Network) is a graph with weights,
//! a [`Task`](crate::train::Task) is pictures with labels, a [`Recipe`](crate::train::Recipe) says how long and how
//! fast to learn, and [`Fit`](crate::train::Fit) does it.
//!
//! The toy makes 8×8 pixels of four channels. With a mean behind the sum it makes four numbers, one a class, so it can
//! tell four colours apart:
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
//! A network that knows nothing has the loss ln 4 = 1.386: all four classes are equally likely. The loss of a step is
//! that before the step, so the first of them is the loss of random weights.
//!
//! Run it again, or on another machine with fused arithmetic, and every digit is the same: the weights are drawn by the
//! recipe's seed and by each node's name, every sum has a fixed order.
//!
//! # Pictures of one's own
//!
//! A folder with a folder of PNG or JPEG files for every class is a task,
//! [`Pictures::from_folder`](crate::train::Pictures::from_folder); every picture is brought to the network's shape. A
//! trained network with the names of its classes is a [`Classifier`](crate::train::Classifier), which takes pictures of
//! any size, in colour or grey. Without any pictures there is a toy,
//! [`Pictures::shapes`](crate::train::Pictures::shapes).
//!
//! ```
//! use autogo::data::Picture;
//! use autogo::graph::Shape;
//! use autogo::prelude::*;
//! use autogo::train::{Confusion, Fit, Part, Pictures, Recipe, Task};
//!
//! // Drawings of ten shapes, and a network for pictures of 8×8 that makes ten numbers.
//! let toy = Pictures::shapes((8, 8), 0)?.first(400, 100);
//! let full = network("nb201:nor_conv_3x3,none,none,skip_connect,none,nor_conv_1x1")?;
//! let graph = full.mini(&"8x8:1/4".parse()?)?.graph;
//! let recipe = Recipe { batch: 20, images: 800, ..Recipe::default() };
//! let mut run = Fit::new(&graph, &toy, &recipe).run(Progress::Silent)?;
//!
//! // Which classes are taken for which.
//! let confusion = Confusion::of(&mut run.network, &toy, Part::Test)?;
//! assert_eq!(confusion.total(), 100);
//! assert_eq!(confusion.accuracy() as f32, run.log.last().map_or(0.0, |end| end.test_accuracy));
//!
//! // A large grey picture: ten probabilities, which sum to 1.
//! let grey = Picture { shape: Shape::new(50, 80, 1), bytes: vec![90; 4000] };
//! let said = run.classifier()?.predict(&[grey])?;
//! assert_eq!(said[0].classes.len(), 10);
//! assert_eq!(said[0].class(), said[0].classes[0].0);
//! # Ok::<(), Error>(())
//! ```
//!
//! The folder of [`Fit::into_folder`](crate::train::Fit::into_folder) holds all of this:
//! [`Classifier::open`](crate::train::Classifier::open) reads it, `cargo autogo predict DIR PICTURES…` asks it, and
//! [`report::fit_page`](crate::report::fit_page) shows it.
//!
//! # Weights from elsewhere
//!
//! [`Network::of_file`](crate::train::Network::of_file) takes the weights of an ONNX file, so a network that another
//! tool trained computes here what it computes there. [`Fit::inherit`](crate::train::Fit::inherit) begins with the
//! weights of a parent where a derivation kept the nodes.
//!
//! **Try it**: in the first program, replace `Op::Mean` by `Op::Identity`. Which sentence does `Fit` refuse the graph
//! with?
