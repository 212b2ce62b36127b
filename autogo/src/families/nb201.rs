//! NAS-Bench-201: six operations on the edges of a four-node cell, 15,625 networks
//! ([release §2.2](crate::doc::release#s2-2)).

use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Graph, GraphError, Op, Pool, Shape, Window};
use crate::rng::Stream;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An operation on an edge of the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellOp {
    /// The edge carries zeros.
    None,
    /// The edge passes its input through: no node in the graph.
    SkipConnect,
    /// ReLU, 1×1 convolution, batch norm.
    #[serde(rename = "nor_conv_1x1")]
    Conv1x1,
    /// ReLU, 3×3 convolution, batch norm.
    #[serde(rename = "nor_conv_3x3")]
    Conv3x3,
    /// 3×3 average pooling, batch norm.
    #[serde(rename = "avg_pool_3x3")]
    AvgPool3x3,
}

impl CellOp {
    /// The five operations, in the order of the benchmark's enumeration.
    pub const ALL: [CellOp; 5] =
        [CellOp::None, CellOp::SkipConnect, CellOp::Conv1x1, CellOp::Conv3x3, CellOp::AvgPool3x3];

    /// The benchmark's name of the operation.
    pub fn name(self) -> &'static str {
        match self {
            CellOp::None => "none",
            CellOp::SkipConnect => "skip_connect",
            CellOp::Conv1x1 => "nor_conv_1x1",
            CellOp::Conv3x3 => "nor_conv_3x3",
            CellOp::AvgPool3x3 => "avg_pool_3x3",
        }
    }
}

/// One architecture of NAS-Bench-201: the operations on the edges (0→1), (0→2), (1→2), (0→3), (1→3), (2→3).
///
/// ```
/// use autogo::families::{CellOp, Family, Nb201};
/// let best: Nb201 = "nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1".parse()?;
/// assert_eq!(best.ops[3], CellOp::SkipConnect);
/// assert_eq!(
///     best.arch_string(),
///     "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"
/// );
/// assert_eq!(best.arch_string().parse::<Nb201>()?, best);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Nb201 {
    /// The six edge operations.
    pub ops: [CellOp; 6],
}

/// The form of a `skip_connect` in the graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipAs {
    /// No node: its reader reads what it reads.
    #[default]
    PassThrough,
    /// An identity node.
    Identity,
}

/// The accepted forms of a string, for messages.
const ACCEPTED: &str = "nb201:OP,OP,OP,OP,OP,OP or |OP~0|+|OP~0|OP~1|+|OP~0|OP~1|OP~2| with OP one of none, skip_connect, \
     nor_conv_1x1, nor_conv_3x3, avg_pool_3x3";
/// Source nodes of the six edges, as the benchmark's string writes them.
const SOURCES: [usize; 6] = [0, 0, 1, 0, 1, 2];
/// Cells of a stage.
pub(super) const CELLS: usize = 5;
/// Channels of the three stages.
pub(super) const CHANNELS: [u32; 3] = [16, 32, 64];
pub(super) const CLASSES: u32 = 10;

impl Nb201 {
    /// Number of architectures.
    pub const COUNT: usize = 15_625;

    /// Number of distinct formulas among the architectures without `none`; see [`Graph::formula_id`].
    pub const FORMULAS_WITHOUT_NONE: usize = 2_765;

    /// All architectures, the last edge varying fastest.
    ///
    /// ```
    /// use autogo::families::Nb201;
    /// assert_eq!(Nb201::all().len(), Nb201::COUNT);
    /// ```
    pub fn all() -> Vec<Nb201> {
        (0..Self::COUNT).map(Self::at).collect()
    }

    /// Architecture number `index` of [`Nb201::all`], modulo their number.
    pub fn at(index: usize) -> Nb201 {
        let mut rest = index % Self::COUNT;
        let mut ops = [CellOp::None; 6];
        for op in ops.iter_mut().rev() {
            *op = CellOp::ALL[rest % 5];
            rest /= 5;
        }
        Nb201 { ops }
    }

    /// The architecture's place in [`Nb201::all`].
    pub fn index(&self) -> usize {
        self.ops
            .iter()
            .fold(0, |index, &op| index * 5 + CellOp::ALL.iter().position(|&other| other == op).unwrap_or_default())
    }

    /// Whether no edge is `none`: the 4,096 networks that the release's experiments use.
    pub fn has_no_none(&self) -> bool {
        !self.ops.contains(&CellOp::None)
    }

    /// The benchmark's own string, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.
    pub fn arch_string(&self) -> String {
        let edge = |i: usize| format!("|{}~{}", self.ops[i].name(), SOURCES[i]);
        format!("{}|+{}{}|+{}{}{}|", edge(0), edge(1), edge(2), edge(3), edge(4), edge(5))
    }

    /// The architecture as a graph, with `skip_connect` shown as given.
    ///
    /// # Errors
    /// None that a cell of this benchmark meets: all its shapes agree.
    pub fn build_with(&self, skip: SkipAs) -> Result<Graph, GraphError> {
        self.stacked(CELLS, skip)
    }

    fn stacked(&self, cells: usize, skip: SkipAs) -> Result<Graph, GraphError> {
        let mut layers = Layers::new(&self.to_string());
        let mut x = layers.add(Op::Input(Shape::new(32, 32, 3)), &[])?;
        layers.scope("stem");
        x = layers.conv_bn((3, 3), CHANNELS[0], (1, 1), None, x)?;
        for (stage, &channels) in CHANNELS.iter().enumerate() {
            for cell in 0..cells {
                x = self.cell(&mut layers, &format!("cell_{stage}_{cell}"), channels, skip, x)?;
            }
            if stage + 1 < CHANNELS.len() {
                x = Self::reduction(&mut layers, &format!("reduction_{stage}"), channels, x)?;
            }
        }
        layers.scope("head");
        x = layers.add(Op::Mean, &[x])?;
        x = layers.add(Op::Identity, &[x])?;
        x = layers.add(Op::Dense { features: CLASSES, bias: true }, &[x])?;
        layers.finish(x)
    }

    fn edge(layers: &mut Layers, op: CellOp, channels: u32, skip: SkipAs, x: usize) -> Result<usize, GraphError> {
        match op {
            CellOp::None => layers.add(Op::Zero, &[x]),
            CellOp::SkipConnect => match skip {
                SkipAs::PassThrough => Ok(x),
                SkipAs::Identity => layers.add(Op::Identity, &[x]),
            },
            CellOp::Conv1x1 | CellOp::Conv3x3 => {
                let relu = layers.add(Op::Relu, &[x])?;
                let conv = layers.conv(if op == CellOp::Conv1x1 { 1 } else { 3 }, channels, 1, relu)?;
                layers.add(Op::BatchNorm, &[conv])
            }
            CellOp::AvgPool3x3 => {
                let pool = layers.add(Op::Pool(Pool::Avg, Window::same(3, 1)), &[x])?;
                layers.add(Op::BatchNorm, &[pool])
            }
        }
    }

    /// The cell's output is `(o6 + o5) + o4` with `o6` reading `o2 + o3`.
    fn cell(
        &self,
        layers: &mut Layers,
        name: &str,
        channels: u32,
        skip: SkipAs,
        x: usize,
    ) -> Result<usize, GraphError> {
        let edge = |layers: &mut Layers, i: usize, x: usize| {
            layers.scope(format!("{name}/{}_{i}", self.ops[i].name()));
            Self::edge(layers, self.ops[i], channels, skip, x)
        };
        let o1 = edge(layers, 0, x)?;
        let o2 = edge(layers, 1, x)?;
        let o3 = edge(layers, 2, o1)?;
        let o4 = edge(layers, 3, x)?;
        let o5 = edge(layers, 4, o1)?;
        layers.scope(name);
        let inner = layers.add(Op::Add, &[o2, o3])?;
        let o6 = edge(layers, 5, inner)?;
        layers.scope(name);
        let sum = layers.add(Op::Add, &[o6, o5])?;
        layers.add(Op::Add, &[sum, o4])
    }

    /// Halves the resolution and doubles the channels, with an average-pooled shortcut.
    fn reduction(layers: &mut Layers, name: &str, channels: u32, x: usize) -> Result<usize, GraphError> {
        layers.scope(format!("{name}/main"));
        let main = layers.conv(3, channels, 1, x)?;
        let main = layers.add(Op::Relu, &[main])?;
        let main = layers.conv(3, 2 * channels, 2, main)?;
        layers.scope(format!("{name}/shortcut"));
        let shortcut = layers.add(Op::Pool(Pool::Avg, Window::same(3, 2)), &[x])?;
        let shortcut = layers.conv(1, 2 * channels, 1, shortcut)?;
        layers.scope(name);
        let sum = layers.add(Op::Add, &[main, shortcut])?;
        layers.add(Op::Relu, &[sum])
    }
}

impl Family for Nb201 {
    const NAME: &'static str = "nb201";
    const ACCEPTED: &'static str = "nb201:OP,OP,OP,OP,OP,OP or |OP~0|+|OP~0|OP~1|+|OP~0|OP~1|OP~2|";
    const SIZE: Option<usize> = Some(Self::COUNT);
    const BEST: Option<&'static str> =
        Some("nb201:nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1");

    fn build(&self) -> Result<Graph, GraphError> {
        self.build_with(SkipAs::default())
    }

    fn build_shallow(&self) -> Result<Graph, GraphError> {
        self.stacked(1, SkipAs::default())
    }

    /// The `index`-th uniform sample under `seed`: each edge draws one of the five operations.
    fn sample(seed: u64, index: u64) -> Self {
        let mut rng = Stream::new(seed, "nb201 sample").at(index);
        Nb201::at(rng.random_range(0..Self::COUNT))
    }
}

impl fmt::Display for Nb201 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.ops.iter().map(|op| op.name()).collect();
        write!(f, "{}:{}", Self::NAME, names.join(","))
    }
}

impl FromStr for Nb201 {
    type Err = Error;

    /// Six comma-separated operations, with or without the prefix `nb201:`, or the benchmark's own string.
    fn from_str(spec: &str) -> Result<Self, Error> {
        let wrong = |at: usize, reason: String| Error::Spec {
            spec: spec.into(),
            at: spec[..at].chars().count() + 1,
            reason,
            accepted: ACCEPTED.into(),
        };
        let offset = |part: &str| part.as_ptr() as usize - spec.as_ptr() as usize;
        let body = spec.trim();
        let body = body.strip_prefix("nb201:").unwrap_or(body);
        let is_arch_string = body.starts_with('|');
        let names: Vec<&str> = if is_arch_string {
            body.split(['|', '+']).filter(|part| !part.is_empty()).collect()
        } else {
            body.split(',').map(str::trim).collect()
        };
        if names.len() != 6 {
            return Err(wrong(offset(body), format!("has {} operations instead of 6", names.len())));
        }
        let mut ops = [CellOp::None; 6];
        for (i, part) in names.iter().enumerate() {
            let (name, source) = match part.split_once('~') {
                Some((name, source)) if is_arch_string => (name, Some(source)),
                _ => (*part, None),
            };
            if is_arch_string && source != Some(SOURCES[i].to_string().as_str()) {
                return Err(wrong(offset(part), format!("edge {} must end in ~{}", i + 1, SOURCES[i])));
            }
            ops[i] = CellOp::ALL
                .into_iter()
                .find(|op| op.name() == name)
                .ok_or_else(|| wrong(offset(part), format!("operation {} `{name}` is not known", i + 1)))?;
        }
        let parsed = Nb201 { ops };
        if is_arch_string && parsed.arch_string() != body {
            return Err(wrong(offset(body), format!("the bars stand wrong, this would be `{}`", parsed.arch_string())));
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_enumeration_counts_itself_and_round_trips() {
        for (index, arch) in Nb201::all().into_iter().enumerate() {
            assert_eq!(arch.index(), index);
            assert_eq!(arch.to_string().parse::<Nb201>().unwrap(), arch);
            assert_eq!(arch.arch_string().parse::<Nb201>().unwrap(), arch);
        }
        assert_eq!(Nb201::all().into_iter().filter(Nb201::has_no_none).count(), 4_096);
    }

    #[test]
    fn wrong_strings_say_where_and_what_is_accepted() {
        let error = |spec: &str| spec.parse::<Nb201>().unwrap_err().to_string();
        let five = error("nb201:none,none,none,none,none");
        assert!(five.contains("character 7: has 5 operations instead of 6"), "{five}");
        let unknown = error("none,none,conv9x9,none,none,none");
        assert!(unknown.contains("character 11: operation 3 `conv9x9` is not known"), "{unknown}");
        let source = error("|none~1|+|none~0|none~1|+|none~0|none~1|none~2|");
        assert!(source.contains("character 2: edge 1 must end in ~0"), "{source}");
        let bars = error("|none~0|none~0|none~1|+|none~0|none~1|none~2|");
        assert!(bars.contains("bars"), "{bars}");
        for error in [five, unknown, source, bars] {
            assert!(error.contains("accepted: nb201:OP,OP,OP,OP,OP,OP"), "{error}");
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn samples_are_reproducible_and_spread() {
        let draw = |seed| (0..500).map(|i| Nb201::sample(seed, i)).collect::<Vec<_>>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).into_iter().collect::<HashSet<_>>().len() > 450);
    }

    #[test]
    fn skips_pass_through_and_none_stays_a_zero() {
        let graph = "skip_connect,none,none,none,none,none".parse::<Nb201>().unwrap().build().unwrap();
        let count = |name: &str| graph.nodes().filter(|node| node.op.name() == name).count();
        assert_eq!(count("zero"), 15 * 5);
        assert_eq!(count("identity"), 1);
        assert_eq!(count("conv2d"), 1 + 2 * 3);
    }
}
