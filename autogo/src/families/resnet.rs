//! ResNet-50 and ResNet-101 as the release holds them ([release §2.6](crate::doc::release#s2-6)).

use super::layers::valid;
use super::text::body;
use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Conv, Graph, GraphError, Op, Padding, Pool, Shape, Window};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// ResNet with bottleneck units on 224×224×3, as the release's graphs are. Not quite the usual network: the first three
/// stages have one unit less (2, 3, 5 and 3 instead of 3, 4, 6 and 3), the stem is VALID, stages halve by a strided 1×1 max
/// pool and a ReLU, and the classifier is a 1×1 convolution.
///
/// ```
/// use autogo::families::{Family, ResNet};
/// assert_eq!("resnet50".parse::<ResNet>()?, ResNet { depth: 50 });
/// assert_eq!(ResNet { depth: 50 }.build()?.cost().flops_original, 6_306_482_512); // release §1.5
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResNet {
    /// 50 or 101, the layers of the usual networks of that name.
    pub depth: u32,
}

const WIDTHS: [u32; 4] = [64, 128, 256, 512];
const CLASSES: u32 = 1000;

impl Family for ResNet {
    const NAME: &'static str = "resnet";
    const ACCEPTED: &'static str = "resnet50, resnet101";
    const SIZE: Option<usize> = Some(2);

    fn build(&self) -> Result<Graph, GraphError> {
        let units = match self.depth {
            50 => [2, 3, 5, 3],
            101 => [2, 3, 22, 3],
            depth => {
                let reason = format!("depth {depth}; accepted: 50, 101");
                return Err(GraphError::Config { family: Self::NAME, reason });
            }
        };
        let mut layers = Layers::new(&self.to_string());
        layers.bias = true;
        let relu = Some(Op::Relu);
        let mut x = layers.add(Op::Input(Shape::new(224, 224, 3)), &[])?;
        layers.scope("stem");
        x = layers.add(Op::Conv(Conv { filters: 64, window: valid(7, 2), groups: 1, bias: true }), &[x])?;
        x = layers.norm(relu, x)?;
        x = layers.add(Op::Pool(Pool::Max, valid(3, 2)), &[x])?;
        for (stage, (&width, units)) in WIDTHS.iter().zip(units).enumerate() {
            if stage > 0 {
                layers.scope(format!("downsample_{stage}"));
                x = layers.add(Op::Pool(Pool::Max, valid(1, 2)), &[x])?;
                x = layers.add(Op::Relu, &[x])?;
            }
            for unit in 0..units {
                layers.scope(format!("stage_{stage}/unit_{unit}"));
                let shortcut = if unit == 0 { Some(layers.conv(1, 4 * width, 1, x)?) } else { None };
                let y = layers.conv_bn((1, 1), width, (1, 1), relu, x)?;
                let y = layers.conv_bn((3, 3), width, (1, 1), relu, y)?;
                let y = layers.conv_bn((1, 1), 4 * width, (1, 1), None, y)?;
                let skip = match shortcut {
                    Some(shortcut) => layers.norm(None, shortcut)?,
                    None => x,
                };
                x = layers.add(Op::Add, &[y, skip])?;
                x = layers.add(Op::Relu, &[x])?;
            }
        }
        layers.scope("head");
        let window = Window { kernel: (7, 7), stride: (1, 1), padding: Padding::Valid };
        x = layers.add(Op::Pool(Pool::Avg, window), &[x])?;
        x = layers.conv(1, CLASSES, 1, x)?;
        layers.finish(x)
    }

    fn sample(_: u64, index: u64) -> Self {
        ResNet { depth: if index.is_multiple_of(2) { 50 } else { 101 } }
    }

    fn is_named(head: &str) -> bool {
        matches!(head, "resnet" | "resnet50" | "resnet101")
    }
}

impl fmt::Display for ResNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::NAME, self.depth)
    }
}

impl FromStr for ResNet {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self, Error> {
        match body(spec, Self::NAME) {
            "50" => Ok(ResNet { depth: 50 }),
            "101" => Ok(ResNet { depth: 101 }),
            other => Err(Error::spec(spec, other, format!("depth `{other}` is not known"), "resnet50, resnet101")),
        }
    }
}
