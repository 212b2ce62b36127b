//! EDSR's encoder for super-resolution ([release §2.6](crate::doc::release#s2-6)).

use super::text::pixels;
use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Graph, GraphError, Op, Shape};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// EDSR's residual body: 16 units of convolution, ReLU, convolution and a skip, then one convolution; 64 channels
/// throughout, no batch norm. The base network is not in the release; its mutants' untouched parts show it.
///
/// ```
/// use autogo::families::{Edsr, Family};
/// let graph = Edsr::default().build()?;
/// assert_eq!(graph.input_shape().to_string(), "320×180×64");
/// assert_eq!("edsr:48x48".parse::<Edsr>()?.height, 48);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Edsr {
    /// Height of the feature maps.
    pub height: u32,
    /// Width of the feature maps.
    pub width: u32,
    /// Residual units.
    pub units: u32,
}

const CHANNELS: u32 = 64;

impl Default for Edsr {
    fn default() -> Self {
        Edsr { height: 320, width: 180, units: 16 }
    }
}

impl Family for Edsr {
    const NAME: &'static str = "edsr";
    const ACCEPTED: &'static str = "edsr";
    const SIZE: Option<usize> = Some(1);

    fn build(&self) -> Result<Graph, GraphError> {
        if self.units > 1024 {
            let reason = format!("{} units; accepted: up to 1024", self.units);
            return Err(GraphError::Config { family: Self::NAME, reason });
        }
        let mut layers = Layers::new(&self.to_string());
        layers.bias = true;
        let mut x = layers.add(Op::Input(Shape::new(self.height, self.width, CHANNELS)), &[])?;
        for unit in 0..self.units {
            layers.scope(format!("unit_{unit}"));
            let y = layers.conv(3, CHANNELS, 1, x)?;
            let y = layers.add(Op::Relu, &[y])?;
            let y = layers.conv(3, CHANNELS, 1, y)?;
            x = layers.add(Op::Add, &[y, x])?;
        }
        layers.scope("tail");
        x = layers.conv(3, CHANNELS, 1, x)?;
        layers.finish(x)
    }

    fn sample(_: u64, _: u64) -> Self {
        Edsr::default()
    }
}

impl fmt::Display for Edsr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}x{}", Self::NAME, self.height, self.width)
    }
}

impl FromStr for Edsr {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self, Error> {
        let default = Edsr::default();
        let (height, width) = pixels(spec, Self::NAME, (default.height, default.width))?;
        Ok(Edsr { height, width, ..default })
    }
}
