//! Inception: four stages of repeated multi-path blocks ([release §2.5](crate::doc::release#s2-5)).

use super::text::body;
use super::two_path::sample_ops;
use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Conv, Graph, GraphError, Op, Padding, Pool, Shape, Window};
use crate::rng::{Draw, Stream};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Ops that may stride.
const CONV_OPS: [&str; 8] = [
    "conv3x3",
    "inception_s3x3",
    "inception_p3x3",
    "depthwise3x3",
    "conv5x5",
    "depthwise5x5",
    "inception_s5x5",
    "inception_p5x5",
];
/// Ops that stand beside them, at most one a path.
const SUPPORT_OPS: [&str; 4] = ["conv1x1", "avgpool3x3", "maxpool3x3", "double1x1"];
const STEM: u32 = 32;
const HEAD: u32 = 512;
const CLASSES: u32 = 10;
/// Channels of the four stages.
const CHANNELS: [u32; 4] = [32, 64, 128, 256];
/// First strides of the four stages.
const STRIDES: [u32; 4] = [1, 2, 2, 2];

/// A path of a block: ops one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(non_snake_case)] // the release's own field names
pub struct InceptionPath {
    /// Names of the ops.
    pub ops: Vec<String>,
    /// Channels between the first and the last op that can change them.
    pub C_internal: u32,
    /// Channels at the end.
    pub C_out: u32,
}

/// A block: one to four parallel paths whose results are concatenated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InceptionBlock {
    /// The paths.
    pub paths: Vec<InceptionPath>,
}

/// A stage: one block, repeated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InceptionStage {
    /// The block.
    pub block: InceptionBlock,
    /// The number of times that the block stands there.
    pub n_blocks: u32,
}

/// One architecture of Inception, in the fields of the release's own configurations.
///
/// As a string: stages joined by `;`, each `REPEATS*PATH|PATH…`, a path `op+op@INTERNAL>OUT` in channels.
///
/// ```
/// use autogo::families::{Family, Inception, InceptionSampler};
/// let arch = Inception::sample_by(0, 1, InceptionSampler::Published);
/// assert_eq!(arch.to_string().parse::<Inception>()?, arch);
/// assert_eq!(arch.build()?.input_shape().to_string(), "32×32×3");
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Inception {
    /// The four stages.
    pub stages: Vec<InceptionStage>,
}

/// The limits on the number of ops that the sampler keeps ([release §2.5](crate::doc::release#s2-5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InceptionSampler {
    /// The published constants.
    Published,
    /// The older constants, by which the labelled networks were evidently drawn.
    Dataset,
}

impl InceptionSampler {
    /// The most ops of a block of `paths` paths, and the fewest of a path.
    fn limits(self, paths: usize) -> (usize, usize) {
        match self {
            InceptionSampler::Published => ([3, 4, 8, 10][paths - 1], [1, 1, 2, 2][paths - 1]),
            InceptionSampler::Dataset => ([4, 8, 12, 16][paths - 1], 1),
        }
    }
}

fn is_conv(name: &str) -> bool {
    CONV_OPS.contains(&name)
}

fn changes_channels(name: &str) -> bool {
    is_conv(name) || name == "conv1x1" || name == "double1x1"
}

/// First and last op that can change the channels, and first op that can stride.
fn landmarks(ops: &[String]) -> Option<(usize, usize, usize)> {
    let first = ops.iter().position(|op| changes_channels(op))?;
    let last = ops.iter().rposition(|op| changes_channels(op))?;
    Some((first, last, ops.iter().position(|op| is_conv(op))?))
}

impl Inception {
    /// The `index`-th sample under `seed`, drawn by these rules.
    pub fn sample_by(seed: u64, index: u64, sampler: InceptionSampler) -> Inception {
        let mut rng = Stream::new(seed, "inception sample").at(index);
        let stages = CHANNELS
            .iter()
            .map(|&channels| {
                let block = sample_block(&mut rng, channels, sampler);
                InceptionStage { block, n_blocks: rng.random_range(2..=6) }
            })
            .collect();
        Inception { stages }
    }

    fn check(&self) -> Result<(), String> {
        if self.stages.len() != CHANNELS.len() {
            return Err(format!("has {} stages instead of {}", self.stages.len(), CHANNELS.len()));
        }
        for (at, stage) in self.stages.iter().enumerate() {
            let at = at + 1;
            if !(1..=64).contains(&stage.n_blocks) || !(1..=64).contains(&stage.block.paths.len()) {
                return Err(format!("stage {at} needs 1 to 64 blocks of 1 to 64 paths"));
            }
            for path in &stage.block.paths {
                let known = |op: &String| is_conv(op) || SUPPORT_OPS.contains(&op.as_str());
                if let Some(op) = path.ops.iter().find(|op| !known(op)) {
                    return Err(format!("stage {at} has the unknown op `{op}`"));
                }
                let Some((first, last, _)) = landmarks(&path.ops) else {
                    return Err(format!("stage {at} has a path without a convolution"));
                };
                if path.ops.len() > 64 || path.C_out < 2 || path.C_internal < 2 {
                    return Err(format!("stage {at} has a path with more than 64 ops or fewer than 2 channels"));
                }
                if first == last && path.C_internal != path.C_out {
                    let (inner, out) = (path.C_internal, path.C_out);
                    return Err(format!(
                        "stage {at} has a path of one channel-changing op with {inner} and {out} channels"
                    ));
                }
            }
        }
        Ok(())
    }

    fn block(
        layers: &mut Layers,
        block: &InceptionBlock,
        at: &str,
        c: (u32, u32),
        s: u32,
        x: usize,
    ) -> Result<usize, GraphError> {
        let (c_in, c_out) = c;
        let mut ends = Vec::with_capacity(block.paths.len());
        for (place, path) in block.paths.iter().enumerate() {
            let (first, last, strides) = landmarks(&path.ops).unwrap_or_default();
            let (mut y, mut channels) = (x, c_in);
            for (i, op) in path.ops.iter().enumerate() {
                let (made, stride) = match i {
                    _ if i == first && i == strides => (path.C_internal, s),
                    _ if i == strides && i == last => (path.C_out, s),
                    _ if i == first => (path.C_internal, 1),
                    _ if i == strides => (channels, s),
                    _ if i == last => (path.C_out, 1),
                    _ => (channels, 1),
                };
                layers.scope(format!("{at}/path_{place}/{i}_{op}"));
                y = path_op(layers, op, channels, made, stride, y)?;
                channels = made;
            }
            ends.push(y);
        }
        layers.scope(at);
        let mut y = if ends.len() > 1 { layers.add(Op::Concat, &ends)? } else { ends[0] };
        if layers.build.shape(y).c != c_out {
            layers.scope(format!("{at}/projection"));
            y = layers.conv_bn((1, 1), c_out, (1, 1), None, y)?;
        }
        layers.scope(at);
        if s == 1 && c_in == c_out { layers.add(Op::Add, &[y, x]) } else { Ok(y) }
    }
}

fn path_op(layers: &mut Layers, name: &str, c_in: u32, c: u32, s: u32, x: usize) -> Result<usize, GraphError> {
    let act = Some(Op::Relu6);
    let k = if name.ends_with("5x5") { 5 } else { 3 };
    match name {
        "conv1x1" => layers.conv_bn((1, 1), c, (s, s), act, x),
        "conv3x3" | "conv5x5" => layers.conv_bn((k, k), c, (s, s), act, x),
        "double1x1" => {
            let x = layers.conv_bn((1, 1), c, (1, 1), act, x)?;
            layers.conv_bn((1, 1), c, (s, s), act, x)
        }
        "inception_s3x3" | "inception_s5x5" => {
            let x = layers.conv_bn((1, k), c, (1, s), act, x)?;
            layers.conv_bn((k, 1), c, (s, 1), act, x)
        }
        "inception_p3x3" | "inception_p5x5" => {
            let (one, two) = (c / 2, c - c / 2);
            let (a, b) = if s == 1 {
                let a = layers.conv_bn((1, k), one, (1, 1), None, x)?;
                (a, layers.conv_bn((k, 1), two, (1, 1), None, x)?)
            } else {
                let a = layers.conv_bn((1, k), one, (1, s), None, x)?;
                let a = layers.conv_bn((k, 1), one, (s, 1), None, a)?;
                let b = layers.conv_bn((k, 1), two, (s, 1), None, x)?;
                (a, layers.conv_bn((1, k), two, (1, s), None, b)?)
            };
            let x = layers.add(Op::Concat, &[a, b])?;
            layers.add(Op::Relu6, &[x])
        }
        "depthwise3x3" | "depthwise5x5" => {
            let mut x = x;
            if c_in != c {
                let window = Window::same(1, 1);
                x = layers.add(Op::Conv(Conv { filters: c, window, groups: 1, bias: false }), &[x])?;
            }
            let window = Window::new((k, k), (s, s), Padding::Same);
            let x = layers.add(Op::Conv(Conv { filters: c, window, groups: c, bias: true }), &[x])?;
            layers.norm(act, x)
        }
        "avgpool3x3" | "maxpool3x3" => {
            let pool = if name == "avgpool3x3" { Pool::Avg } else { Pool::Max };
            let x = layers.pool(pool, 3, s, x)?;
            layers.norm(None, x)
        }
        other => Err(GraphError::Config { family: Inception::NAME, reason: format!("op `{other}` is not known") }),
    }
}

fn sample_block(rng: &mut Draw, channels: u32, sampler: InceptionSampler) -> InceptionBlock {
    let count = rng.random_range(1..=4usize);
    let mut widths = if count == 3 {
        let quarter = channels / 4;
        vec![2 * quarter, quarter, channels - 3 * quarter]
    } else {
        let share = channels / count as u32;
        let mut widths = vec![share; count];
        widths[count - 1] = channels - share * (count as u32 - 1);
        widths
    };
    widths.shuffle(rng);
    let (most, least) = sampler.limits(count);
    let mut used = 0;
    let paths = widths
        .into_iter()
        .enumerate()
        .map(|(at, width)| {
            let room = most.saturating_sub(used + least * (count - 1 - at)).max(least);
            let length = rng.random_range(least..=room);
            used += length;
            let ops = sample_ops(rng, length, &CONV_OPS, &SUPPORT_OPS);
            let c_io = width.max(16);
            let inner = match landmarks(&ops) {
                Some((first, last, _)) if first != last => match rng.random_range(0..10) {
                    0..3 => c_io / 2,
                    3..9 => c_io,
                    _ => 2 * c_io,
                }
                .max(16),
                _ => c_io,
            };
            InceptionPath { ops, C_internal: inner, C_out: c_io }
        })
        .collect();
    InceptionBlock { paths }
}

impl Family for Inception {
    const NAME: &'static str = "inception";
    const ACCEPTED: &'static str = "inception:STAGE;…";
    const BEST: Option<&'static str> = Some(
        "inception:6*depthwise5x5@16>16|inception_s3x3@16>16|depthwise5x5+conv5x5@16>16;\
                 2*conv5x5+double1x1@128>64;5*conv3x3@128>128;3*inception_s5x5@64>64|conv5x5+inception_p5x5+conv1x1+\
                 conv3x3+inception_s3x3+conv5x5+inception_s3x3+depthwise5x5+inception_p3x3+inception_s5x5+depthwise5x5\
                 @32>64|inception_p3x3+inception_s3x3@32>64|inception_s3x3@64>64",
    );

    fn build(&self) -> Result<Graph, GraphError> {
        self.check().map_err(|reason| GraphError::Config { family: Self::NAME, reason })?;
        let mut layers = Layers::new(&self.to_string());
        layers.bias = true;
        let mut x = layers.add(Op::Input(Shape::new(32, 32, 3)), &[])?;
        layers.scope("stem");
        x = layers.conv_bn((3, 3), STEM, (1, 1), Some(Op::Relu6), x)?;
        let mut c_in = STEM;
        for (at, stage) in self.stages.iter().enumerate() {
            for repeat in 0..stage.n_blocks {
                let stride = if repeat == 0 { STRIDES[at] } else { 1 };
                let name = format!("stage_{at}_{repeat}");
                x = Self::block(&mut layers, &stage.block, &name, (c_in, CHANNELS[at]), stride, x)?;
                c_in = CHANNELS[at];
            }
        }
        layers.scope("head");
        x = layers.conv_bn((3, 3), HEAD, (1, 1), Some(Op::Relu6), x)?;
        x = layers.add(Op::Mean, &[x])?;
        x = layers.add(Op::Identity, &[x])?;
        x = layers.add(Op::Dense { features: CLASSES, bias: true }, &[x])?;
        layers.finish(x)
    }

    fn build_shallow(&self) -> Result<Graph, GraphError> {
        let once = |stage: &InceptionStage| InceptionStage { n_blocks: 1, ..stage.clone() };
        Inception { stages: self.stages.iter().map(once).collect() }.build()
    }

    fn sample(seed: u64, index: u64) -> Self {
        Self::sample_by(seed, index, InceptionSampler::Published)
    }
}

impl fmt::Display for Inception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |path: &InceptionPath| format!("{}@{}>{}", path.ops.join("+"), path.C_internal, path.C_out);
        let stage = |stage: &InceptionStage| {
            let paths: Vec<String> = stage.block.paths.iter().map(path).collect();
            format!("{}*{}", stage.n_blocks, paths.join("|"))
        };
        write!(f, "{}:{}", Self::NAME, self.stages.iter().map(stage).collect::<Vec<_>>().join(";"))
    }
}

impl FromStr for Inception {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self, Error> {
        let accepted =
            "inception:STAGE;STAGE;STAGE;STAGE with STAGE = REPEATS*PATH|PATH… and PATH = op+op@INTERNAL>OUT";
        let wrong = |part: &str, reason: &str| Error::spec(spec, part, reason.into(), accepted);
        let body = body(spec, Self::NAME);
        let path = |text: &str| {
            let (ops, channels) = text.split_once('@').ok_or_else(|| wrong(text, "has no @ before its channels"))?;
            let (inner, out) =
                channels.split_once('>').ok_or_else(|| wrong(channels, "has no > between its channels"))?;
            let number = |part: &str| part.trim().parse::<u32>().map_err(|_| wrong(part, "is no number of channels"));
            let ops = ops.split('+').map(|op| op.trim().to_string()).collect();
            Ok::<_, Error>(InceptionPath { ops, C_internal: number(inner)?, C_out: number(out)? })
        };
        let stage = |text: &str| {
            let (repeats, paths) = text.split_once('*').ok_or_else(|| wrong(text, "has no * behind its repeats"))?;
            let n_blocks = repeats.trim().parse().map_err(|_| wrong(repeats, "is no number of repeats"))?;
            let paths = paths.split('|').map(path).collect::<Result<_, Error>>()?;
            Ok::<_, Error>(InceptionStage { block: InceptionBlock { paths }, n_blocks })
        };
        let arch = Inception { stages: body.split(';').map(stage).collect::<Result<_, Error>>()? };
        arch.check().map_err(|reason| wrong(body, &reason))?;
        Ok(arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_both_rules_build_and_round_trip() {
        for sampler in [InceptionSampler::Published, InceptionSampler::Dataset] {
            for index in 0..60 {
                let arch = Inception::sample_by(5, index, sampler);
                let graph = arch.build().unwrap();
                let mean = graph.nodes().find(|node| node.op == Op::Mean).unwrap();
                assert_eq!(mean.shape, Shape::new(1, 1, 512));
                assert_eq!(arch.to_string().parse::<Inception>().unwrap(), arch);
                for stage in &arch.stages {
                    let ops: usize = stage.block.paths.iter().map(|path| path.ops.len()).sum();
                    assert!(ops <= sampler.limits(stage.block.paths.len()).0);
                }
            }
        }
    }

    #[test]
    fn wrong_strings_say_where() {
        let error = "inception:2*conv3x3@32".parse::<Inception>().unwrap_err().to_string();
        assert!(error.contains("character 21: has no > between its channels"), "{error}");
        let error = "inception:2*conv3x3@32>32".parse::<Inception>().unwrap_err().to_string();
        assert!(error.contains("has 1 stages instead of 4"), "{error}");
    }
}
