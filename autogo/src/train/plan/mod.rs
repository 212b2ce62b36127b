//! The plan of a training step, made once: the order of kernels, the place of every tensor, and the ops that are fused.

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
use autogo_engine::{Arithmetic, Engine};
use kernel::Kernel;
use parameters::Parameters;

/// The settings by which a network is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkSettings {
    /// Images of a batch, at most.
    pub batch: usize,
    /// Whether products are rounded before they are added: the same bits on every processor, at some cost in speed.
    pub portable: bool,
    /// Bytes that the network may take; `None` is no limit.
    pub memory: Option<u64>,
    /// Threads that compute a batch, at most as many as the batch has pieces. Results do not depend on the number of
    /// threads.
    pub threads: usize,
    /// Whether a backward pass goes on to the images: [`Network::image_gradient`](super::Network::image_gradient).
    pub reaches_images: bool,
}

/// The most pieces of a batch, and so the most threads that can share one network.
const PIECES: usize = 4;
/// The least images of a piece, if the batch has as many.
const LEAST: usize = 16;

impl Default for NetworkSettings {
    /// Batches of 128, fused arithmetic, no limit, one thread.
    fn default() -> Self {
        NetworkSettings { batch: 128, portable: false, memory: None, threads: 1, reaches_images: false }
    }
}

/// The plan of a network for batches of a size: its kernels in execution order, its parameters, and one place in memory
/// for every activation and gradient.
///
/// A batch norm with its ReLU becomes a map; where only convolutions read the map's result, they apply the map
/// themselves and the result is never stored. A ReLU alone is such a map as well.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) engine: Engine,
    pub(super) batch: usize,
    /// Images of a piece of a batch.
    pub(super) piece: usize,
    pub(super) threads: usize,
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) steps: Vec<Step>,
    pub(super) parameters: Parameters,
    pub(super) places: Places,
    /// Tensor of the images.
    pub(super) images: usize,
    /// Tensor of the logits.
    pub(super) logits: usize,
    /// Tensor of the logits' gradient.
    pub(super) loss: usize,
    /// Tensor of the images' gradient, where a backward pass reaches them.
    pub(super) image_gradient: Option<usize>,
    /// Channels of every map.
    pub(super) maps: Vec<usize>,
    pub(super) packed: usize,
    pub(super) scratch: usize,
}

impl Plan {
    /// Plans a network; nothing is allocated for the network itself.
    ///
    /// ```
    /// use autogo::train::{NetworkSettings, Plan};
    /// let graph = autogo::families::network("nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1")?;
    /// let plan = Plan::new(&graph, NetworkSettings { batch: 64, ..NetworkSettings::default() })?;
    /// assert!(plan.memory() < 300_000_000);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TrainError::Untrainable`] when no weight lies on a path to the output, [`TrainError::Node`] when the engine
    /// refuses a node, [`TrainError::Memory`] when the network takes more than the settings allow. O(nodes²).
    pub fn new(graph: &Graph, settings: NetworkSettings) -> Result<Plan, TrainError> {
        let arithmetic = if settings.portable { Arithmetic::Portable } else { Arithmetic::Fused };
        let (engine, batch) = (Engine::new(arithmetic), settings.batch.max(1));
        let parameters = Parameters::of(graph);
        let lowered = lower::lower(graph, &parameters, engine, settings.reaches_images)?;
        let flow = flow::flow(graph, lowered, &parameters)?;
        let piece = batch.div_ceil(PIECES).max(LEAST).min(batch);
        let places = Places::find(&flow.tensors, piece);
        let (mut packed, mut scratch) = (0, 0);
        for step in &flow.steps {
            let (pack, run) = match &step.kernel {
                Kernel::Conv(conv) => (conv.packed_len(), conv.scratch_len()),
                Kernel::Transpose(conv) => (conv.packed_len(), conv.scratch_len()),
                Kernel::Product | Kernel::PRelu => (0, piece * step.output.elements()),
                Kernel::Channelwise(function) => (0, function.scratch_len(step.output.c)),
                _ => (0, 0),
            };
            packed += pack.next_multiple_of(16);
            scratch = scratch.max(run);
        }
        let plan = Plan {
            engine,
            batch,
            piece,
            threads: settings.threads.max(1),
            input: graph.input_shape(),
            output: graph.node(graph.len() - 1).shape,
            steps: flow.steps,
            parameters,
            places,
            images: flow.images,
            logits: flow.logits,
            loss: flow.loss,
            image_gradient: flow.image_gradient,
            maps: flow.maps,
            packed,
            scratch,
        };
        match (plan.memory(), settings.memory) {
            (needed, Some(limit)) if needed > limit => {
                Err(TrainError::Memory { graph: graph.name().into(), batch, needed, limit })
            }
            _ => Ok(plan),
        }
    }

    /// Bytes that a network of this plan takes: activations and gradients, weights and every piece's gradient of the
    /// weights, and two numbers that an optimiser remembers of each weight.
    pub fn memory(&self) -> u64 {
        let weights = 3 * self.parameters.len + self.parameters.running;
        let logits = self.batch * self.output.elements() as usize;
        let piece = self.places.len + self.scratch + self.parameters.len;
        4 * (self.pieces() * piece + weights + self.packed + logits) as u64
    }

    /// Bytes that a network of `graph` takes for batches of `batch` images, without making it.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn bytes(graph: &Graph, batch: usize) -> Result<u64, TrainError> {
        Ok(Plan::new(graph, NetworkSettings { batch, ..NetworkSettings::default() })?.memory())
    }

    /// Images of a batch, at most.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The settings of a network of the same arithmetic for other batches.
    pub(super) fn settings_for(&self, batch: usize) -> NetworkSettings {
        let portable = self.engine.arithmetic() == Arithmetic::Portable;
        NetworkSettings { batch, portable, ..NetworkSettings::default() }
    }

    /// Pieces of a batch.
    pub(super) fn pieces(&self) -> usize {
        self.batch.div_ceil(self.piece)
    }

    /// Numbers that the network makes of an image.
    pub(super) fn outputs(&self) -> usize {
        self.output.elements() as usize
    }

    /// Number of weights.
    pub fn weights(&self) -> usize {
        self.parameters.count()
    }
}
