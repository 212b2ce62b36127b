//! The parameters of a network by name: sizes, first values, and how a part of the network finds its own.

use super::matrix::Matrix;
use crate::error::Error;
use rand::Rng;
use std::collections::HashMap;

/// A parameter: a matrix with a name. A bias is a matrix of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) start: Start,
}

/// The distribution from which the first values of a parameter are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Start {
    /// Standard normal: a table of embeddings.
    Normal,
    /// Uniform within 1/√inputs, as PyTorch draws linear layers.
    Uniform {
        /// Inputs of the linear layer.
        inputs: usize,
    },
    /// All zero.
    Zero,
}

impl Parameter {
    /// The first values, by rows.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Vec<f32> {
        let count = 0..self.rows * self.columns;
        match self.start {
            Start::Normal => count.map(|_| normal(rng)).collect(),
            Start::Uniform { inputs } => {
                let bound = 1.0 / (inputs as f32).sqrt();
                count.map(|_| rng.random_range(-bound..bound)).collect()
            }
            Start::Zero => count.map(|_| 0.0).collect(),
        }
    }
}

/// A standard normal number (Box-Muller).
fn normal(rng: &mut impl Rng) -> f32 {
    let (radius, angle): (f32, f32) = (rng.random_range(f32::MIN_POSITIVE..1.0), rng.random_range(0.0..1.0));
    (-2.0 * radius.ln()).sqrt() * (std::f32::consts::TAU * angle).cos()
}

/// Parameters in the order in which they are drawn, trained and saved.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout(Vec<Parameter>);

impl Layout {
    /// Adds a table of embeddings (rows × columns).
    pub(super) fn table(mut self, name: &str, rows: usize, columns: usize) -> Self {
        self.0.push(Parameter { name: name.into(), rows, columns, start: Start::Normal });
        self
    }

    /// Adds a matrix (inputs × outputs) that rows are multiplied with.
    pub(super) fn matrix(mut self, name: &str, inputs: usize, outputs: usize) -> Self {
        self.0.push(Parameter { name: name.into(), rows: inputs, columns: outputs, start: Start::Uniform { inputs } });
        self
    }

    /// Adds a single number that starts at zero (1 × 1).
    pub(super) fn number(mut self, name: &str) -> Self {
        self.0.push(Parameter { name: name.into(), rows: 1, columns: 1, start: Start::Zero });
        self
    }

    /// Adds a linear layer: `name.weight` (inputs × outputs) and `name.bias` (1 × outputs). With an empty name the two
    /// are `weight` and `bias`.
    pub(super) fn linear(mut self, name: &str, inputs: usize, outputs: usize) -> Self {
        let start = Start::Uniform { inputs };
        self.0.push(Parameter { name: join(name, "weight"), rows: inputs, columns: outputs, start });
        self.0.push(Parameter { name: join(name, "bias"), rows: 1, columns: outputs, start });
        self
    }

    /// Adds the parameters of a part of the network; `name` goes before their names.
    pub(super) fn part(mut self, name: &str, part: Layout) -> Self {
        self.0.extend(part.0.into_iter().map(|one| Parameter { name: join(name, &one.name), ..one }));
        self
    }

    pub(super) fn into_parameters(self) -> Vec<Parameter> {
        self.0
    }
}

/// `part.name`; an empty one of the two is left out with the dot.
fn join(part: &str, name: &str) -> String {
    let dot = if part.is_empty() || name.is_empty() { "" } else { "." };
    format!("{part}{dot}{name}")
}

/// The values of a network's parameters by name, seen from one part of the network: the part uses the names of its own
/// layout.
pub(super) struct Named<'a, V> {
    part: String,
    values: &'a HashMap<String, V>,
}

/// The weights of a network, as its parts see them.
pub(super) type Weights<'a> = Named<'a, Matrix>;

impl<'a, V> Named<'a, V> {
    /// The values as the whole network sees them.
    pub(super) fn new(values: &'a HashMap<String, V>) -> Self {
        Named { part: String::new(), values }
    }

    /// The values as a part of this part sees them.
    pub(super) fn part(&self, name: &str) -> Self {
        Named { part: join(&self.part, name), values: self.values }
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// A name that the layout does not hold.
    pub(super) fn get(&self, name: &str) -> Result<&'a V, Error> {
        let name = join(&self.part, name);
        let missing = || Error::predictor(&format!("parameter `{name}`"), "is missing", "the parameters of the layout");
        self.values.get(&name).ok_or_else(missing)
    }
}

impl Weights<'_> {
    /// A matrix by name. Gradients of the copy are gradients of the parameter.
    pub(super) fn matrix(&self, name: &str) -> Result<Matrix, Error> {
        self.get(name).cloned()
    }

    /// Weight and bias of a linear layer by name.
    pub(super) fn linear(&self, name: &str) -> Result<(Matrix, Matrix), Error> {
        Ok((self.matrix(&join(name, "weight"))?, self.matrix(&join(name, "bias"))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_finds_its_parameters_by_its_own_names() {
        let layout = Layout::default().part("conv3", Layout::default().matrix("self", 2, 3).linear("", 3, 1));
        let names: Vec<String> = layout.into_parameters().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["conv3.self", "conv3.weight", "conv3.bias"]);
        let values: HashMap<String, usize> = names.into_iter().zip(0..).collect();
        let part = Named::new(&values).part("conv3");
        assert_eq!(part.get("bias").unwrap(), &2);
        let error = part.get("other").unwrap_err().to_string();
        assert_eq!(error, "parameter `conv3.other`: is missing; accepted: the parameters of the layout");
    }
}
