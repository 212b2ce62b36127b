//! Two-Path: two parallel chains of blocks ([release §2.4](crate::doc::release#s2-4)).

use super::text::body;
use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Graph, GraphError, Op, Pool, Shape};
use crate::rng::{Draw, Stream};
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Ops that may stride and change the channels.
const CONV_OPS: [&str; 8] = [
    "conv3x3",
    "double3x3",
    "conv5x5",
    "bottleneck-r2-k3",
    "bottleneck-r4-k3",
    "bottleneck-e2-k3",
    "inception_s3x3",
    "inception_s5x5",
];
/// Ops that stand beside them, at most one a block.
const SUPPORT_OPS: [&str; 5] = ["conv1x1", "bottleneck-r2-k1", "bottleneck-e2-k1", "avgpool3x3", "maxpool3x3"];
const STEM: u32 = 32;
const HEAD: u32 = 512;
const CLASSES: u32 = 10;

/// A block: one to three ops, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TwoPathBlock {
    /// Names of the ops.
    pub op_names: Vec<String>,
}

/// One architecture of Two-Path, in the fields of the release's own configurations.
///
/// As a string: blocks are joined by `/`, ops by `+`, the two paths by `;`, and a block that halves the resolution ends
/// in `*`.
///
/// ```
/// use autogo::families::{Family, TwoPath};
/// let arch: TwoPath = "two_path:conv5x5*/conv5x5*;double3x3*/conv1x1+bottleneck-r2-k3/conv3x3*".parse()?;
/// assert_eq!(arch.path2_reduce_inds, [0, 2]);
/// assert_eq!(arch.build()?.input_shape().to_string(), "32×32×3");
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TwoPath {
    /// Blocks of the first path.
    pub path1: Vec<TwoPathBlock>,
    /// Blocks of the second path.
    pub path2: Vec<TwoPathBlock>,
    /// The two blocks of the first path that halve the resolution, ascending.
    pub path1_reduce_inds: Vec<usize>,
    /// The two blocks of the second path that halve the resolution, ascending.
    pub path2_reduce_inds: Vec<usize>,
}

fn is_conv(name: &str) -> bool {
    CONV_OPS.contains(&name)
}

impl TwoPath {
    /// Says what is wrong with a configuration, if anything is.
    fn check(&self) -> Result<(), String> {
        for (name, path, halves) in
            [("path1", &self.path1, &self.path1_reduce_inds), ("path2", &self.path2, &self.path2_reduce_inds)]
        {
            if path.is_empty() || path.len() > 16 {
                return Err(format!("{name} has {} blocks instead of 1 to 16", path.len()));
            }
            let is_right = halves.len() == 2 && halves[0] < halves[1] && halves[1] < path.len();
            if !is_right {
                return Err(format!(
                    "{name} halves in blocks {halves:?} instead of two ascending ones of {}",
                    path.len()
                ));
            }
            for (at, block) in path.iter().enumerate() {
                let known = |op: &String| is_conv(op) || SUPPORT_OPS.contains(&op.as_str());
                if let Some(op) = block.op_names.iter().find(|op| !known(op)) {
                    return Err(format!("block {} of {name} has the unknown op `{op}`", at + 1));
                }
                if !block.op_names.iter().any(|op| is_conv(op)) || block.op_names.len() > 16 {
                    return Err(format!("block {} of {name} needs 1 to 16 ops, one of them a convolution", at + 1));
                }
            }
        }
        Ok(())
    }

    fn path(
        layers: &mut Layers,
        name: &str,
        blocks: &[TwoPathBlock],
        halves: &[usize],
        mut x: usize,
    ) -> Result<usize, GraphError> {
        let mut channels = STEM;
        for (at, block) in blocks.iter().enumerate() {
            let stride = if halves.contains(&at) { 2 } else { 1 };
            let c_out = channels * stride;
            let input = x;
            let mut has_strided = false;
            for (place, op) in block.op_names.iter().enumerate() {
                layers.scope(format!("{name}/block_{at}/{place}_{op}"));
                let (s, made) = match (has_strided, is_conv(op)) {
                    (false, true) => (stride, c_out),
                    (false, false) => (1, channels),
                    (true, _) => (1, c_out),
                };
                let read = if has_strided { c_out } else { channels };
                has_strided |= is_conv(op);
                x = path_op(layers, op, read, made, s, x)?;
            }
            if stride == 1 {
                layers.scope(format!("{name}/block_{at}"));
                x = layers.add(Op::Add, &[x, input])?;
            }
            channels = c_out;
        }
        Ok(x)
    }
}

fn path_op(layers: &mut Layers, name: &str, c_in: u32, c: u32, s: u32, x: usize) -> Result<usize, GraphError> {
    let act = Some(Op::Relu6);
    let square = |k: u32| (k, k);
    let mut conv = |k: (u32, u32), c: u32, s: u32, act: Option<Op>, x: usize| layers.conv_bn(k, c, (s, s), act, x);
    match name {
        "conv1x1" => conv(square(1), c, s, act, x),
        "conv3x3" => conv(square(3), c, s, act, x),
        "conv5x5" => conv(square(5), c, s, act, x),
        "double3x3" => {
            let x = conv(square(3), c_in, s, act, x)?;
            conv(square(3), c, 1, act, x)
        }
        "inception_s3x3" | "inception_s5x5" => {
            let k = if name.ends_with("3x3") { 3 } else { 5 };
            let x = conv((1, k), c, s, act, x)?;
            conv((k, 1), c, 1, act, x)
        }
        "avgpool3x3" | "maxpool3x3" => {
            let pool = if name == "avgpool3x3" { Pool::Avg } else { Pool::Max };
            let x = layers.pool(pool, 3, s, x)?;
            layers.norm(None, x)
        }
        // A bottleneck: r divides the channels, e multiplies them, k is the kernel of both convolutions.
        other => {
            let unknown = || GraphError::Config { family: TwoPath::NAME, reason: format!("op `{other}` is not known") };
            let (width, kernel) = other.rsplit_once("-k").ok_or_else(unknown)?;
            let hidden = match width {
                "bottleneck-r2" => (c_in / 2).max(1),
                "bottleneck-r4" => (c_in / 4).max(1),
                "bottleneck-e2" => c_in * 2,
                _ => return Err(unknown()),
            };
            let k = match kernel {
                "1" => 1,
                "3" => 3,
                _ => return Err(unknown()),
            };
            let x = conv(square(k), hidden, s, None, x)?;
            conv(square(k), c, 1, None, x)
        }
    }
}

/// Up to three ops: the first a convolution, each further one a supporting op with probability 5/13 while there is none.
fn sample_path(rng: &mut Draw) -> (Vec<TwoPathBlock>, Vec<usize>) {
    let length = rng.random_range(2..=4usize);
    let blocks = (0..length)
        .map(|_| {
            let count = rng.random_range(1..=3usize);
            TwoPathBlock { op_names: sample_ops(rng, count, &CONV_OPS, &SUPPORT_OPS) }
        })
        .collect();
    let mut halves = rand::seq::index::sample(rng, length, 2).into_vec();
    halves.sort_unstable();
    (blocks, halves)
}

/// `count` shuffled op names: the first drawn is a convolution, at most one is a supporting op.
pub(super) fn sample_ops(rng: &mut Draw, count: usize, convs: &[&str], supports: &[&str]) -> Vec<String> {
    let share = supports.len() as f64 / (convs.len() + supports.len()) as f64;
    let mut names: Vec<String> = Vec::with_capacity(count);
    let mut has_support = false;
    for at in 0..count {
        let support = at > 0 && rng.random_bool(share) && !has_support;
        has_support |= support;
        names.extend((if support { supports } else { convs }).choose(rng).map(|name| name.to_string()));
    }
    names.shuffle(rng);
    names
}

impl Family for TwoPath {
    const NAME: &'static str = "two_path";
    const ACCEPTED: &'static str = "two_path:PATH;PATH";
    const BEST: Option<&'static str> = Some(
        "two_path:conv5x5*/conv5x5*;double3x3+bottleneck-e2-k3/conv1x1+bottleneck-r2-k3*/\
                 bottleneck-e2-k3+bottleneck-r2-k3+bottleneck-e2-k1/bottleneck-r2-k3*",
    );

    fn build(&self) -> Result<Graph, GraphError> {
        self.check().map_err(|reason| GraphError::Config { family: Self::NAME, reason })?;
        let mut layers = Layers::new(&self.to_string());
        let mut x = layers.add(Op::Input(Shape::new(32, 32, 3)), &[])?;
        let act = Some(Op::Relu6);
        layers.scope("stem");
        x = layers.conv_bn((3, 3), STEM, (1, 1), act, x)?;
        x = layers.conv_bn((3, 3), STEM, (2, 2), act, x)?;
        let one = Self::path(&mut layers, "path1", &self.path1, &self.path1_reduce_inds, x)?;
        let two = Self::path(&mut layers, "path2", &self.path2, &self.path2_reduce_inds, x)?;
        layers.scope("head");
        x = layers.add(Op::Concat, &[one, two])?;
        x = layers.conv_bn((3, 3), HEAD, (1, 1), act, x)?;
        x = layers.add(Op::Mean, &[x])?;
        x = layers.add(Op::Identity, &[x])?;
        x = layers.add(Op::Dense { features: CLASSES, bias: true }, &[x])?;
        layers.finish(x)
    }

    /// The `index`-th sample under `seed` by the published rules.
    fn sample(seed: u64, index: u64) -> Self {
        let mut rng = Stream::new(seed, "two_path sample").at(index);
        let (path1, path1_reduce_inds) = sample_path(&mut rng);
        let (path2, path2_reduce_inds) = sample_path(&mut rng);
        TwoPath { path1, path2, path1_reduce_inds, path2_reduce_inds }
    }
}

impl fmt::Display for TwoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |blocks: &[TwoPathBlock], halves: &[usize]| {
            let block = |(at, block): (usize, &TwoPathBlock)| {
                block.op_names.join("+") + if halves.contains(&at) { "*" } else { "" }
            };
            blocks.iter().enumerate().map(block).collect::<Vec<_>>().join("/")
        };
        let (one, two) = (path(&self.path1, &self.path1_reduce_inds), path(&self.path2, &self.path2_reduce_inds));
        write!(f, "{}:{one};{two}", Self::NAME)
    }
}

impl FromStr for TwoPath {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self, Error> {
        let accepted = "two_path:PATH;PATH with blocks joined by /, ops by +, and a * behind the two blocks of a path \
                        that halve the resolution";
        let body = body(spec, Self::NAME);
        let wrong = |reason: String| Error::spec(spec, body, reason, accepted);
        let (one, two) = body.split_once(';').ok_or_else(|| wrong("has one path instead of two".into()))?;
        let path = |text: &str| {
            let mut halves = Vec::new();
            let blocks = text.split('/').enumerate().map(|(at, block)| {
                let block = block.trim();
                let ops = block.strip_suffix('*').inspect(|_| halves.push(at)).unwrap_or(block);
                TwoPathBlock { op_names: ops.split('+').map(|op| op.trim().to_string()).collect() }
            });
            (blocks.collect::<Vec<_>>(), halves)
        };
        let ((path1, path1_reduce_inds), (path2, path2_reduce_inds)) = (path(one), path(two));
        let arch = TwoPath { path1, path2, path1_reduce_inds, path2_reduce_inds };
        arch.check().map_err(wrong)?;
        Ok(arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_keep_the_rules_build_and_round_trip() {
        for index in 0..200 {
            let arch = TwoPath::sample(3, index);
            for path in [&arch.path1, &arch.path2] {
                assert!((2..=4).contains(&path.len()));
                for block in path {
                    let supports = block.op_names.iter().filter(|op| !is_conv(op)).count();
                    assert!((1..=3).contains(&block.op_names.len()) && supports <= 1);
                }
            }
            let graph = arch.build().unwrap();
            let concat = graph.nodes().find(|node| node.op == Op::Concat).unwrap();
            assert_eq!(concat.shape, Shape::new(4, 4, 256));
            assert_eq!(arch.to_string().parse::<TwoPath>().unwrap(), arch);
        }
    }

    #[test]
    fn wrong_configurations_are_named() {
        let error = |spec: &str| spec.parse::<TwoPath>().unwrap_err().to_string();
        assert!(error("two_path:conv3x3*/conv3x3*").contains("one path instead of two"));
        assert!(error("two_path:conv3x3*/conv3x3*;conv3x3*").contains("path2 halves in blocks [0]"));
        assert!(
            error("two_path:conv3x3*/conv9x9*;conv3x3*/conv3x3*")
                .contains("block 2 of path1 has the unknown op `conv9x9`")
        );
    }
}
