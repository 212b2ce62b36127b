//! HiAML: four stages of hand-made blocks, 38,416 networks ([release §2.3](crate::doc::release#s2-3)).

use super::text::body;
use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Graph, GraphError, Op, Shape};
use crate::rng::Stream;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The fourteen blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Z,
    A22,
    B23,
    J30,
    G30,
    R30,
    L20,
    T20,
    T31,
    Src0,
    Src1,
    Src3,
    Src7,
    Src8,
}

/// The fourteen blocks with their names, in the order of the enumeration.
const KINDS: [(Kind, &str); 14] = [
    (Kind::Z, "z"),
    (Kind::A22, "a22"),
    (Kind::B23, "b23"),
    (Kind::J30, "j30"),
    (Kind::G30, "g30"),
    (Kind::R30, "r30"),
    (Kind::L20, "l20"),
    (Kind::T20, "t20"),
    (Kind::T31, "t31"),
    (Kind::Src0, "src0"),
    (Kind::Src1, "src1"),
    (Kind::Src3, "src3"),
    (Kind::Src7, "src7"),
    (Kind::Src8, "src8"),
];

/// Their names.
const BLOCKS: [&str; 14] = {
    let mut names = [""; 14];
    let mut at = 0;
    while at < names.len() {
        names[at] = KINDS[at].1;
        at += 1;
    }
    names
};
const STAGES: usize = 4;
/// Stages that halve the resolution and double the channels in their first block.
const HALVES: [bool; STAGES] = [false, true, false, true];
/// The number of times that a stage has its block.
const REPEATS: usize = 2;
const STEM: u32 = 64;
const CLASSES: u32 = 10;

/// One architecture of HiAML: the block of each of the four stages, as its place in [`Hiaml::BLOCKS`].
///
/// ```
/// use autogo::families::{Family, Hiaml};
/// let best: Hiaml = "hiaml:src1,src1,r30,src3".parse()?;
/// assert_eq!(best.build()?.cost().flops_original, 246_314_516); // release §1.5
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Hiaml {
    stages: [u8; STAGES],
}

impl Hiaml {
    /// Names of the fourteen blocks.
    pub const BLOCKS: [&str; 14] = BLOCKS;
    /// Number of architectures.
    pub const COUNT: usize = 38_416;

    /// All architectures, the last stage varying fastest.
    pub fn all() -> Vec<Hiaml> {
        (0..Self::COUNT).map(Self::at).collect()
    }

    /// Architecture number `index` of [`Hiaml::all`], modulo their number.
    pub fn at(index: usize) -> Hiaml {
        let mut rest = index % Self::COUNT;
        let mut stages = [0; STAGES];
        for stage in stages.iter_mut().rev() {
            *stage = (rest % BLOCKS.len()) as u8;
            rest /= BLOCKS.len();
        }
        Hiaml { stages }
    }

    /// Names of the four blocks.
    pub fn blocks(&self) -> [&'static str; STAGES] {
        self.stages.map(|block| BLOCKS[usize::from(block)])
    }

    /// The network with `repeats` blocks a stage.
    fn stacked(&self, repeats: usize) -> Result<Graph, GraphError> {
        let mut layers = Layers::new(&self.to_string());
        let mut x = layers.add(Op::Input(Shape::new(32, 32, 3)), &[])?;
        layers.scope("stem");
        x = layers.conv_bn((3, 3), STEM, (2, 2), Some(Op::Relu), x)?;
        let mut channels = STEM;
        for (stage, block) in self.stages.into_iter().enumerate() {
            let (kind, name) = KINDS[usize::from(block)];
            for repeat in 0..repeats {
                let halves = HALVES[stage] && repeat == 0;
                let c_out = if halves { 2 * channels } else { channels };
                layers.scope(format!("stage_{stage}_{repeat}/{name}"));
                let stride = if halves { 2 } else { 1 };
                x = Block { layers: &mut layers, x, c_in: channels, c_out, stride }.build(kind)?;
                channels = c_out;
            }
        }
        layers.scope("head");
        x = layers.add(Op::Mean, &[x])?;
        x = layers.add(Op::Dense { features: CLASSES, bias: true }, &[x])?;
        layers.finish(x)
    }
}

/// A block being built: what it reads, what it makes, by which stride.
struct Block<'a> {
    layers: &'a mut Layers,
    x: usize,
    c_in: u32,
    c_out: u32,
    stride: u32,
}

impl Block<'_> {
    fn conv(&mut self, kernel: u32, filters: u32, stride: u32, act: Option<Op>, x: usize) -> Result<usize, GraphError> {
        self.layers.conv_bn((kernel, kernel), filters, (stride, stride), act, x)
    }

    /// 1×3 then 3×1, each with batch norm and ReLU6; the first strides.
    fn factorised(&mut self, stride: u32, x: usize) -> Result<usize, GraphError> {
        let c = self.c_out;
        let x = self.layers.conv_bn((1, 3), c, (stride, stride), Some(Op::Relu6), x)?;
        self.layers.conv_bn((3, 1), c, (1, 1), Some(Op::Relu6), x)
    }

    /// The block's input, projected when its shape differs from the block's output.
    fn shortcut(&mut self) -> Result<usize, GraphError> {
        if self.stride == 2 || self.c_in != self.c_out {
            self.conv(1, self.c_out, self.stride, None, self.x)
        } else {
            Ok(self.x)
        }
    }

    fn add(&mut self, a: usize, b: usize) -> Result<usize, GraphError> {
        self.layers.add(Op::Add, &[a, b])
    }

    fn build(&mut self, kind: Kind) -> Result<usize, GraphError> {
        let (x, s, c_in, c_out) = (self.x, self.stride, self.c_in, self.c_out);
        let relu = Some(Op::Relu);
        let last = match kind {
            Kind::Z => {
                let c1 = self.conv(3, c_out, s, relu, x)?;
                let i = self.factorised(1, c1)?;
                self.add(c1, i)?
            }
            Kind::A22 => {
                let c1 = self.conv(3, c_out, s, relu, x)?;
                let c2 = self.conv(1, c_out, 1, relu, c1)?;
                let c3 = self.conv(1, c_out, 1, None, c2)?;
                self.add(c1, c3)?
            }
            Kind::B23 => {
                let p = self.shortcut()?;
                let i1 = self.factorised(s, x)?;
                let i2 = self.factorised(1, i1)?;
                self.add(p, i2)?
            }
            Kind::J30 => {
                let p = self.shortcut()?;
                let c1 = self.conv(3, c_out, s, relu, x)?;
                let i = self.factorised(1, c1)?;
                self.add(p, i)?
            }
            Kind::G30 => {
                let p = self.shortcut()?;
                let i1 = self.factorised(s, x)?;
                let sum = self.add(p, i1)?;
                let i2 = self.factorised(1, sum)?;
                let c = self.conv(1, c_out, 1, None, i2)?;
                self.add(i1, c)?
            }
            Kind::R30 => {
                let p2 = self.shortcut()?;
                let p4 = self.shortcut()?;
                let i1 = self.factorised(s, x)?;
                let sum = self.add(p2, i1)?;
                let c = self.conv(1, c_out, 1, None, sum)?;
                let i3 = self.factorised(1, i1)?;
                let sum = self.add(p4, c)?;
                self.add(sum, i3)?
            }
            Kind::L20 => {
                let c = self.conv(3, c_out, s, relu, x)?;
                self.conv(1, c_out, 1, None, c)?
            }
            Kind::T20 => {
                let c = self.conv(1, c_out, s, None, x)?;
                let i = self.factorised(s, x)?;
                self.add(c, i)?
            }
            Kind::T31 => {
                let p3 = self.shortcut()?;
                let p4 = self.shortcut()?;
                let i1 = self.factorised(s, x)?;
                let c = self.conv(1, c_out, 1, relu, i1)?;
                let sum = self.add(p3, c)?;
                let i3 = self.factorised(1, sum)?;
                let sum = self.add(p4, c)?;
                self.add(sum, i3)?
            }
            Kind::Src0 => {
                let y = self.conv(1, c_out, s, relu, x)?;
                let a = self.conv(3, c_out, 1, relu, y)?;
                let b = self.conv(3, c_out, 1, None, a)?;
                self.add(y, b)?
            }
            Kind::Src1 => {
                let c = self.conv(1, c_out, s, relu, x)?;
                let a = self.conv(3, c_in, 1, relu, x)?;
                let b = self.conv(3, c_out, s, None, a)?;
                self.add(c, b)?
            }
            Kind::Src3 => {
                let c = self.conv(1, c_out, s, None, x)?;
                let a = self.conv(1, c_in, 1, relu, x)?;
                let b = self.conv(3, c_out, s, relu, a)?;
                let d = self.conv(1, c_out, 1, None, b)?;
                self.add(c, d)?
            }
            Kind::Src7 => {
                let y = self.conv(1, c_out, s, None, x)?;
                let i1 = self.factorised(1, y)?;
                let i2 = self.factorised(1, i1)?;
                self.add(y, i2)?
            }
            Kind::Src8 => {
                let y = self.conv(1, c_out, s, None, x)?;
                let i = self.factorised(1, y)?;
                let c = self.conv(1, c_out, 1, None, i)?;
                self.add(y, c)?
            }
        };
        self.layers.add(Op::Relu, &[last])
    }
}

impl Family for Hiaml {
    const NAME: &'static str = "hiaml";
    const ACCEPTED: &'static str = "hiaml:B,B,B,B";
    const SIZE: Option<usize> = Some(Self::COUNT);
    const BEST: Option<&'static str> = Some("hiaml:src1,src1,r30,src3");

    fn build(&self) -> Result<Graph, GraphError> {
        self.stacked(REPEATS)
    }

    fn build_shallow(&self) -> Result<Graph, GraphError> {
        self.stacked(1)
    }

    /// The `index`-th uniform sample under `seed`: each stage draws one of the fourteen blocks.
    fn sample(seed: u64, index: u64) -> Self {
        Hiaml::at(Stream::new(seed, "hiaml sample").at(index).random_range(0..Self::COUNT))
    }
}

impl fmt::Display for Hiaml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", Self::NAME, self.blocks().join(","))
    }
}

impl FromStr for Hiaml {
    type Err = Error;

    /// Four comma-separated blocks, with or without the prefix `hiaml:`; a block may carry the prefix `hiaml_`.
    fn from_str(spec: &str) -> Result<Self, Error> {
        let wrong = |part: &str, reason: String| {
            let accepted = format!("hiaml:B,B,B,B with B one of {}", BLOCKS.join(", "));
            Error::spec(spec, part, reason, &accepted)
        };
        let body = body(spec, Self::NAME);
        let names: Vec<&str> = body.split(',').map(str::trim).collect();
        if names.len() != STAGES {
            return Err(wrong(body, format!("has {} blocks instead of {STAGES}", names.len())));
        }
        let mut stages = [0; STAGES];
        for (stage, part) in names.iter().enumerate() {
            let name = part.strip_prefix("hiaml_").unwrap_or(part);
            let place = BLOCKS.iter().position(|block| *block == name);
            stages[stage] =
                place.ok_or_else(|| wrong(part, format!("block {} `{part}` is not known", stage + 1)))? as u8;
        }
        Ok(Hiaml { stages })
    }
}

impl TryFrom<Vec<String>> for Hiaml {
    type Error = Error;

    fn try_from(blocks: Vec<String>) -> Result<Self, Error> {
        blocks.join(",").parse()
    }
}

impl From<Hiaml> for Vec<String> {
    fn from(arch: Hiaml) -> Vec<String> {
        arch.blocks().map(|block| format!("hiaml_{block}")).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_round_trip_and_errors_say_where() {
        for index in (0..Hiaml::COUNT).step_by(397) {
            let arch = Hiaml::at(index);
            assert_eq!(arch.to_string().parse::<Hiaml>().unwrap(), arch);
        }
        assert_eq!(Hiaml::all().len(), Hiaml::COUNT);
        let error = "hiaml:z,z,zz,z".parse::<Hiaml>().unwrap_err().to_string();
        assert!(error.contains("character 11: block 3 `zz` is not known; accepted: hiaml:B,B,B,B"), "{error}");
    }

    #[test]
    fn every_block_builds_and_ends_at_256_channels() {
        for block in 0..BLOCKS.len() {
            let graph = Hiaml::at(block * (14 * 14 * 14 + 14 * 14 + 14 + 1)).build().unwrap();
            let mean = graph.nodes().find(|node| node.op == Op::Mean).unwrap();
            assert_eq!(mean.shape, Shape::new(1, 1, 256));
        }
    }
}
