//! What a training step does, found out once: which kernel runs when, where every tensor lies, what is fused.

pub(super) mod arena;
mod flow;
pub(super) mod kernel;
mod lower;
pub(super) mod parameters;
mod step;

pub(super) use step::{Give, Step};

use crate::error::TrainError;
use crate::graph::{Graph, Shape};
use arena::Places;
use autogo_engine::Engine;
use kernel::Kernel;
use parameters::Parameters;

/// The plan of a network for batches of a size: its kernels in execution order, its parameters, and one place in memory for
/// every activation and gradient.
///
/// A batch norm with its ReLU becomes a map; where only convolutions read the map's result, they apply the map themselves and
/// the result is never stored. A ReLU alone is such a map as well.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) engine: Engine,
    pub(super) batch: usize,
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) steps: Vec<Step>,
    pub(super) parameters: Parameters,
    pub(super) places: Places,
    /// Tensor of the images, of the logits, and of the logits' gradient.
    pub(super) images: usize,
    pub(super) logits: usize,
    pub(super) loss: usize,
    /// Channels of every map.
    pub(super) maps: Vec<usize>,
    pub(super) packed: usize,
    pub(super) scratch: usize,
}

impl Plan {
    /// Plans a network for batches of at most `batch` images. Nothing is allocated for the network itself.
    ///
    /// ```
    /// use autogo::train::Plan;
    /// use autogo_engine::{Arithmetic, Engine};
    /// let graph = autogo::families::network("nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1")?;
    /// let plan = Plan::new(&graph, 64, Engine::new(Arithmetic::Fused))?;
    /// assert!(plan.memory() < 300_000_000);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TrainError::Untrainable`] when no weight lies on a path to the output, [`TrainError::Node`] when the engine refuses a
    /// node. O(nodes²).
    pub fn new(graph: &Graph, batch: usize, engine: Engine) -> Result<Plan, TrainError> {
        let parameters = Parameters::of(graph);
        let lowered = lower::lower(graph, &parameters, engine)?;
        let flow = flow::flow(graph, lowered, &parameters)?;
        let places = Places::find(&flow.tensors, batch.max(1));
        let (mut packed, mut scratch) = (0, 0);
        for step in &flow.steps {
            let (pack, run) = match &step.kernel {
                Kernel::Conv(conv) => (conv.packed_len(), conv.scratch_len()),
                Kernel::Transpose(conv) => (conv.packed_len(), conv.scratch_len()),
                Kernel::Product | Kernel::PRelu => (0, batch.max(1) * step.floats),
                _ => (0, 0),
            };
            packed += pack.next_multiple_of(16);
            scratch = scratch.max(run);
        }
        Ok(Plan {
            engine,
            batch: batch.max(1),
            input: graph.input_shape(),
            output: graph.node(graph.len() - 1).shape,
            steps: flow.steps,
            parameters,
            places,
            images: flow.images,
            logits: flow.logits,
            loss: flow.loss,
            maps: flow.maps,
            packed,
            scratch,
        })
    }

    /// Bytes that a network of this plan takes: activations and gradients, weights and their gradients, and two numbers that
    /// an optimiser remembers of each weight.
    pub fn memory(&self) -> u64 {
        let weights = 4 * self.parameters.len + self.parameters.running;
        4 * (self.places.len + weights + self.packed + self.scratch) as u64
    }

    /// Bytes that a network of `graph` takes for batches of `batch` images, without making it.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn bytes(graph: &Graph, batch: usize) -> Result<u64, TrainError> {
        Ok(Plan::new(graph, batch, Engine::new(autogo_engine::Arithmetic::Fused))?.memory())
    }

    /// Images of a batch, at most.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Number of weights.
    pub fn weights(&self) -> usize {
        self.parameters.count()
    }
}
