//! VGG-16 with batch norm as the release holds it ([release §2.6](crate::doc::release#s2-6)).

use super::layers::valid;
use super::text::body;
use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Graph, GraphError, Op, Pool, Shape};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// VGG-16 on 224×224×3 with batch norm, global average pooling and one dense layer.
///
/// ```
/// use autogo::families::{Family, Vgg16};
/// assert_eq!(Vgg16 {}.build()?.cost().flops_original, 30_805_729_232); // release §1.5
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Vgg16 {}

/// Channels and number of convolutions of each block between the pools.
const BLOCKS: [(u32, usize); 5] = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)];
const CLASSES: u32 = 1000;

impl Family for Vgg16 {
    const NAME: &'static str = "vgg16";
    const ACCEPTED: &'static str = "vgg16";
    const SIZE: Option<usize> = Some(1);

    fn build(&self) -> Result<Graph, GraphError> {
        let mut layers = Layers::new(Self::NAME);
        layers.bias = true;
        let mut x = layers.add(Op::Input(Shape::new(224, 224, 3)), &[])?;
        for (at, (channels, convs)) in BLOCKS.into_iter().enumerate() {
            layers.scope(format!("block_{at}"));
            for _ in 0..convs {
                x = layers.conv_bn((3, 3), channels, (1, 1), Some(Op::Relu), x)?;
            }
            x = layers.add(Op::Pool(Pool::Max, valid(2, 2)), &[x])?;
        }
        layers.scope("head");
        x = layers.add(Op::Mean, &[x])?;
        x = layers.add(Op::Dense { features: CLASSES, bias: true }, &[x])?;
        layers.finish(x)
    }

    fn sample(_: u64, _: u64) -> Self {
        Vgg16 {}
    }
}

impl fmt::Display for Vgg16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAME)
    }
}

impl FromStr for Vgg16 {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self, Error> {
        match body(spec, Self::NAME) {
            "" => Ok(Vgg16 {}),
            other => Err(Error::spec(spec, other, "takes no settings".into(), "vgg16")),
        }
    }
}
