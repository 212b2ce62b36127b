//! A graph with weights, and the memory of one step.

use super::piece::{Board, Piece};
use super::plan::kernel::{Kernel, refused};
use super::plan::parameters::{Parameter, Role, places};
use super::plan::{NetworkSettings, Plan};
use crate::error::Error;
use crate::files::{Tensors, read_weights, take_sized, write_sized};
use crate::graph::Graph;
use crate::rng::Stream;
use autogo_engine::Buffer;
use rand::Rng;
use sha2::{Digest, Sha256};
use std::path::Path;

/// The name and the version of the files of weights.
const FORMAT: &str = "autogo weights 1";

/// A graph that computes: weights, and one place for all activations and gradients of a step. A step on one thread
/// allocates nothing; the others are made anew for every step.
///
/// ```
/// use autogo::train::Network;
/// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
/// let mut network = Network::new(&graph, 0)?;
/// let images = vec![0.5; 2 * 32 * 32 * 3]; // two grey pictures, [image][row][column][channel]
/// assert_eq!(network.forward(&images)?.len(), 2 * 10);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    pub(super) name: String,
    pub(super) plan: Plan,
    pub(super) weights: Buffer,
    pub(super) running: Vec<f32>,
    pub(super) packed: Buffer,
    pub(super) logits: Vec<f32>,
    /// The memory of every piece of a batch. After a step the first has the gradient of the whole batch.
    pub(super) pieces: Vec<Piece>,
    pub(super) board: Board,
}

impl Network {
    /// A network with new weights under a seed: normal weights, of variance 2 / n for convolutions and 1 / 3n for dense
    /// layers whose outputs read n inputs, zero biases, neutral batch norms. The weights of a node depend on the seed
    /// and on the node's place and name alone.
    ///
    /// # Errors
    /// A graph that cannot be trained, see [`TrainError`](super::TrainError).
    pub fn new(graph: &Graph, seed: u64) -> Result<Network, Error> {
        Network::with(graph, seed, NetworkSettings::default())
    }

    /// As [`Network::new`], with settings.
    ///
    /// # Errors
    /// A graph that cannot be trained, or one that needs more memory than is allowed; see [`TrainError`](super::TrainError).
    pub fn with(graph: &Graph, seed: u64, settings: NetworkSettings) -> Result<Network, Error> {
        let mut network = Network::blank(graph, settings)?;
        network.start(seed);
        network.pack()?;
        Ok(network)
    }

    /// A network whose weights are all zero, and not packed.
    pub(super) fn blank(graph: &Graph, settings: NetworkSettings) -> Result<Network, Error> {
        let plan = Plan::new(graph, settings)?;
        Ok(Network {
            name: graph.name().into(),
            weights: Buffer::zeros(plan.parameters.len),
            running: vec![0.0; plan.parameters.running],
            packed: Buffer::zeros(plan.packed),
            logits: vec![0.0; plan.batch * plan.output.elements() as usize],
            pieces: (0..plan.pieces()).map(|number| Piece::new(&plan, number)).collect(),
            board: Board::new(&plan),
            plan,
        })
    }

    /// Draws the weights.
    fn start(&mut self, seed: u64) {
        for parameter in &self.plan.parameters.all {
            let range = parameter.range.clone();
            match parameter.role {
                Role::Matrix { gain, fan_in } => {
                    let mut draw = Stream::new(seed, &format!("weights of {}", parameter.name)).at(0);
                    let spread = (gain / fan_in.max(1) as f64).sqrt();
                    let weights = &mut self.weights[range];
                    places(&parameter.sizes, |_, place| {
                        let (u, v): (f64, f64) = (1.0 - draw.random::<f64>(), draw.random());
                        let normal = (-2.0 * libm::log(u)).sqrt() * libm::cos(std::f64::consts::TAU * v);
                        weights[place] = (spread * normal) as f32;
                    });
                }
                Role::Channels { start } => self.weights[range].fill(start),
                Role::Running { start } => self.running[range].fill(start),
            }
        }
    }

    /// Packs all weights for the kernels, after they have changed.
    pub(super) fn pack(&mut self) -> Result<(), Error> {
        for step in &self.plan.steps {
            let Some(parameter) = step.parameter else { continue };
            let weights = &self.weights[self.plan.parameters.range(parameter)];
            match &step.kernel {
                Kernel::Conv(conv) => conv.pack(weights, &mut self.packed[step.packed..][..conv.packed_len()]),
                Kernel::Transpose(conv) => conv.pack(weights, &mut self.packed[step.packed..][..conv.packed_len()]),
                _ => Ok(()),
            }
            .map_err(|error| refused(&step.node, &error))?;
        }
        Ok(())
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The weights by name, in the sizes and with the names of an exported ONNX file: filters × inputs × height × width
    /// for a convolution `INDEX:NODE.weight`.
    pub fn tensors(&self) -> Tensors {
        self.named().into_iter().map(|(name, sizes, values)| (name, (sizes, values))).collect()
    }

    /// The weights in the order of nodes.
    pub(super) fn named(&self) -> Vec<(String, Vec<usize>, Vec<f32>)> {
        let value = |parameter: &Parameter| {
            let own = match parameter.role {
                Role::Running { .. } => &self.running[parameter.range.clone()],
                Role::Matrix { .. } | Role::Channels { .. } => &self.weights[parameter.range.clone()],
            };
            let mut values = own.to_vec();
            if matches!(parameter.role, Role::Matrix { .. }) {
                places(&parameter.sizes, |at, place| values[at] = own[place]);
            }
            (parameter.name.clone(), parameter.sizes.clone(), values)
        };
        self.plan.parameters.all.iter().map(value).collect()
    }

    /// The first digits of the weights' SHA-256: names, sizes and numbers. O(weights).
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, sizes, values) in self.named() {
            hash.update(format!("{name} {sizes:?}"));
            values.iter().for_each(|value| hash.update(value.to_le_bytes()));
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The gradient of the last batch by the name of its weights, in the sizes of [`Network::tensors`].
    pub fn gradients(&self) -> Vec<(String, Vec<f32>)> {
        let trained = self.plan.parameters.all.iter().filter(|one| !matches!(one.role, Role::Running { .. }));
        let value = |parameter: &Parameter| {
            let own = &self.pieces[0].gradient[parameter.range.clone()];
            let mut values = own.to_vec();
            if matches!(parameter.role, Role::Matrix { .. }) {
                places(&parameter.sizes, |at, place| values[at] = own[place]);
            }
            (parameter.name.clone(), values)
        };
        trained.map(value).collect()
    }

    /// Takes weights by name; further tensors are left alone.
    ///
    /// # Errors
    /// A tensor that is missing, has other sizes or holds a number that is not finite: the weights stay as they were.
    pub fn set_tensors(&mut self, tensors: &Tensors) -> Result<(), Error> {
        let all = &self.plan.parameters.all;
        let found = all.iter().map(|parameter| take_sized(tensors, &parameter.name, &parameter.sizes));
        let found = found.collect::<Result<Vec<_>, String>>();
        let found = found.map_err(|reason| Error::setting(&self.name, reason, "the weights of this graph"))?;
        for (parameter, values) in all.iter().zip(found) {
            let range = parameter.range.clone();
            match parameter.role {
                Role::Matrix { .. } => {
                    let own = &mut self.weights[range];
                    places(&parameter.sizes, |at, place| own[place] = values[at]);
                }
                Role::Channels { .. } => self.weights[range].copy_from_slice(&values),
                Role::Running { .. } => self.running[range].copy_from_slice(&values),
            }
        }
        self.pack()
    }

    /// Writes the weights in the safetensors format, with the names and sizes of [`Network::tensors`]; the file appears
    /// whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        write_sized(path, self.named(), FORMAT.into())
    }

    /// Reads weights that [`Network::save`] wrote, or those of another program with the same names and sizes.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or holds the weights of another graph.
    pub fn load(&mut self, path: &Path) -> Result<(), Error> {
        let tensors = read_weights(path)?;
        self.set_tensors(&tensors).map_err(|error| Error::file(path, error))
    }
}
