//! AutoGO in Rust: neural networks evolve as graphs of primitive operations.
//!
//! AutoGO (Salameh et al., *Automated Computation Graph Optimization for Neural Network Evolution*, NeurIPS 2023)
//! improves a network that somebody has designed. The network is a graph whose nodes are convolutions, batch norms,
//! activations, sums. Subgraphs that occur again and again in a corpus are its *segments*. A segment of the network is
//! replaced by another, an integer program repairs channels and strides, a predictor says what the change does to
//! accuracy, a machine model says what it does to latency, and a front keeps what nothing else beats in both.
//!
//! # A first program
//!
//! ```
//! use autogo::prelude::*;
//! use autogo::families::{corpus, network};
//!
//! // 1. A corpus of networks, and the segments in it.
//! let graphs = corpus(&[(FamilyName::Nb201, 40), (FamilyName::Hiaml, 20)], 0)?;
//! let mined = Mining::bpe(100).run(&graphs)?;
//!
//! // 2. Labelled networks, and a predictor that learns to rank them.
//! let data = LabelledFamily::nb201_computed(60)?;
//! let split = data.split(50, 10, 0)?;
//! let settings = TrainSettings { epochs: 2, ..TrainSettings::default() };
//! let (psc, _) = Psc::train(&split.train, &mined.segmenter, &settings, Progress::Silent)?;
//!
//! // 3. A search from one network, with cycles on a machine beside the predicted score.
//! let parent = network("nb201:nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1")?;
//! let mutator = Mutator::new(mined, psc, Npu::n256())?;
//! let search = Evolution { generations: 2, ..Evolution::for_label(data.label(), RunColumn::Cycles) };
//! let run = search.run(&parent, &mutator, Progress::Silent)?;
//! assert!(run.individuals.len() > 10);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Where to go from here
//!
//! - [`tutorials`]: seven lessons from a toy of five nodes, with all numbers written out.
//! - [`exercises`]: rebuild it in six steps; a notebook asks, checks say what is wrong.
//! - [`prelude`]: the names that a notebook cell needs.
//! - [`doc::design`]: why it is built so. [`doc::contributing`]: how to add a family, a layer, a column, a machine.
//! - [`doc::release`] and [`doc::npu`]: what the published code and the machines do, paragraph by paragraph. Comments
//!   cite them.
//!
//! # The rooms
//!
//! The folders stand in the order in which data passes through them. A room looks at those before it, never at those
//! behind it; a test reads the `use` lines and says so.
//!
//! | room | what happens in it |
//! |---|---|
//! | [`graph`] | a network is a graph: shapes, order, costs, identity |
//! | [`families`] | a configuration becomes a graph: ten systems, and one's own |
//! | [`formats`] | a file becomes a graph, and back: ONNX, GENNAPE, our own JSON |
//! | [`data`] | a graph gets a label: what benchmarks publish, splits, look-up |
//! | [`segment`] | a graph becomes tokens, tokens become segments, segments fill a database |
//! | [`predict`] | a network, or a cut of it, is judged: PSC, GNN, Gaussian process, baselines, comparisons |
//! | [`repair`] | a segment is made to fit where it is put |
//! | [`profile`] | a network is timed on a machine that is a value: cycles, energy |
//! | [`evolve`] | a network has children, and a front grows |
//! | [`train`] | a network learns from pictures |
//! | [`release`] | everything that exists only to agree with the published code |
//! | [`report`] | all of it is shown: tables, charts, drawings, pages, claims |

mod csv;
pub mod data;
mod display;
pub mod doc;
mod error;
pub mod evolve;
pub mod exercises;
pub mod families;
pub mod files;
pub mod formats;
mod goal;
pub mod graph;
pub mod interrupt;
mod partition;
pub mod predict;
pub mod prelude;
pub mod profile;
mod progress;
pub mod release;
pub mod repair;
pub mod report;
mod rng;
pub mod segment;
pub mod stats;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod train;
pub mod tutorials;

pub use error::Error;
pub use goal::Goal;
pub use partition::Partition;
/// The polars this library is built with: frames that it returns are of this version.
pub use polars;
pub use progress::{Bar, Progress};
