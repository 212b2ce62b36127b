//! A U-Net that removes noise from grey pictures: a design of this library.

use super::text::pixels;
use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Conv, Graph, GraphError, Op, Pool, Shape, Window};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A light U-Net on a grey picture: four levels of 32, 64, 128 and 256 channels, two 3×3 convolutions with ReLU a level and
/// direction (one at the bottom), 2×2 max pools down, 2×2 transposed convolutions up, skips by concatenation, and the
/// noise it finds is added to its input. At 256×256 it costs 17 GFLOPs, as the denoiser of the paper's table 6.
///
/// ```
/// use autogo::families::{Family, UNet};
/// let giga = UNet::default().build()?.cost().flops as f64 / 1e9;
/// assert!((giga - 17.0).abs() < 0.3, "{giga}");
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct UNet {
    /// Height of the picture, a multiple of 8.
    pub height: u32,
    /// Width of the picture, a multiple of 8.
    pub width: u32,
}

const CHANNELS: [u32; 4] = [32, 64, 128, 256];

impl Default for UNet {
    fn default() -> Self {
        UNet { height: 256, width: 256 }
    }
}

impl UNet {
    fn convs(layers: &mut Layers, count: usize, channels: u32, mut x: usize) -> Result<usize, GraphError> {
        for _ in 0..count {
            x = layers.conv(3, channels, 1, x)?;
            x = layers.add(Op::Relu, &[x])?;
        }
        Ok(x)
    }
}

impl Family for UNet {
    const NAME: &'static str = "unet";
    const ACCEPTED: &'static str = "unet";
    const SIZE: Option<usize> = Some(1);

    fn build(&self) -> Result<Graph, GraphError> {
        let mut layers = Layers::new(&self.to_string());
        layers.bias = true;
        let input = layers.add(Op::Input(Shape::new(self.height, self.width, 1)), &[])?;
        let bottom = CHANNELS.len() - 1;
        let mut x = input;
        let mut skips = Vec::with_capacity(bottom);
        for (level, &channels) in CHANNELS.iter().enumerate() {
            layers.scope(format!("down_{level}"));
            x = Self::convs(&mut layers, if level == bottom { 1 } else { 2 }, channels, x)?;
            if level < bottom {
                skips.push(x);
                x = layers.pool(Pool::Max, 2, 2, x)?;
            }
        }
        for (level, &skip) in skips.iter().enumerate().rev() {
            layers.scope(format!("up_{level}"));
            let filters = CHANNELS[level];
            let conv = Conv { filters, window: Window::same(2, 2), groups: 1, bias: true };
            x = layers.add(Op::ConvTranspose(conv), &[x])?;
            x = layers.add(Op::Concat, &[x, skip])?;
            x = Self::convs(&mut layers, 2, filters, x)?;
        }
        layers.scope("noise");
        x = layers.conv(3, 1, 1, x)?;
        x = layers.add(Op::Add, &[x, input])?;
        layers.finish(x)
    }

    fn sample(_: u64, _: u64) -> Self {
        UNet::default()
    }
}

impl fmt::Display for UNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}x{}", Self::NAME, self.height, self.width)
    }
}

impl FromStr for UNet {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self, Error> {
        let default = UNet::default();
        let (height, width) = pixels(spec, Self::NAME, (default.height, default.width))?;
        if height % 8 != 0 || width % 8 != 0 {
            return Err(Error::spec(
                spec,
                spec,
                format!("{height}x{width} does not halve three times"),
                "multiples of 8",
            ));
        }
        Ok(UNet { height, width })
    }
}
