//! FSRCNN for super-resolution (Dong et al., ECCV 2016).

use super::text::pixels;
use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Conv, Graph, GraphError, Op, Shape, Window};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// FSRCNN ×2 with d = 56, s = 12, m = 4 on a grey picture: feature extraction, shrinking, four mapping layers,
/// expanding, a PReLU behind each of them, and a 9×9 transposed convolution.
///
/// ```
/// use autogo::families::{Family, Fsrcnn};
/// let graph = Fsrcnn::default().build()?;
/// // 12,464 weights as published, 173 biases and 172 slopes beside them
/// assert_eq!(graph.cost().params, 12_464 + (56 + 12 + 4 * 12 + 56 + 1) + (56 + 12 + 4 * 12 + 56));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Fsrcnn {
    /// Height of the small picture.
    pub height: u32,
    /// Width of the small picture.
    pub width: u32,
}

const FEATURES: u32 = 56;
const SHRUNK: u32 = 12;
const MAPPINGS: usize = 4;

impl Default for Fsrcnn {
    fn default() -> Self {
        Fsrcnn { height: 320, width: 180 }
    }
}

impl Family for Fsrcnn {
    const NAME: &'static str = "fsrcnn";
    const ACCEPTED: &'static str = "fsrcnn";
    const SIZE: Option<usize> = Some(1);

    fn build(&self) -> Result<Graph, GraphError> {
        let mut layers = Layers::new(&self.to_string());
        layers.bias = true;
        let mut x = layers.add(Op::Input(Shape::new(self.height, self.width, 1)), &[])?;
        let mut parts = vec![("features".to_string(), 5, FEATURES), ("shrink".into(), 1, SHRUNK)];
        parts.extend((0..MAPPINGS).map(|at| (format!("map_{at}"), 3, SHRUNK)));
        parts.push(("expand".into(), 1, FEATURES));
        for (name, kernel, filters) in parts {
            layers.scope(name);
            x = layers.conv(kernel, filters, 1, x)?;
            x = layers.add(Op::PRelu, &[x])?;
        }
        layers.scope("enlarge");
        let window = Window::same(9, 2);
        x = layers.add(Op::ConvTranspose(Conv { filters: 1, window, groups: 1, bias: true }), &[x])?;
        layers.finish(x)
    }

    fn sample(_: u64, _: u64) -> Self {
        Fsrcnn::default()
    }
}

impl fmt::Display for Fsrcnn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}x{}", Self::NAME, self.height, self.width)
    }
}

impl FromStr for Fsrcnn {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self, Error> {
        let default = Fsrcnn::default();
        let (height, width) = pixels(spec, Self::NAME, (default.height, default.width))?;
        Ok(Fsrcnn { height, width })
    }
}
