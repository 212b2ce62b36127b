//! NAS-Bench-101: a cell of up to seven vertices and nine edges, 423,624 networks
//! ([release §2.1](crate::doc::release#s2-1)).

use super::text::body;
use super::{Family, Layers};
use crate::error::Error;
use crate::graph::{Graph, GraphError, Op, Pool, Shape};
use crate::rng::Stream;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The operation of an inner vertex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VertexOp {
    /// 3×3 convolution, batch norm, ReLU.
    #[serde(rename = "conv3x3-bn-relu")]
    Conv3x3,
    /// 1×1 convolution, batch norm, ReLU.
    #[serde(rename = "conv1x1-bn-relu")]
    Conv1x1,
    /// 3×3 max pooling.
    #[serde(rename = "maxpool3x3")]
    MaxPool3x3,
}

impl VertexOp {
    /// The three operations; the benchmark's hash numbers them so.
    pub const ALL: [VertexOp; 3] = [VertexOp::Conv3x3, VertexOp::Conv1x1, VertexOp::MaxPool3x3];

    /// The benchmark's name.
    pub fn name(self) -> &'static str {
        match self {
            VertexOp::Conv3x3 => "conv3x3-bn-relu",
            VertexOp::Conv1x1 => "conv1x1-bn-relu",
            VertexOp::MaxPool3x3 => "maxpool3x3",
        }
    }
}

/// One architecture of NAS-Bench-101: an upper-triangular adjacency over at most seven vertices, the first the cell's
/// input, the last its output. Vertices that lie on no path from input to output are dropped on construction.
///
/// As a string: `nb101:` + the upper triangle row by row as bits + `:` + one digit for each inner vertex (0 for a 3×3
/// convolution, 1 for 1×1, 2 for max pooling).
///
/// ```
/// use autogo::families::{Family, Nb101};
/// let arch: Nb101 = "nb101:100110100001001010101:02001".parse()?;
/// assert_eq!(arch.module_hash(), "00005c142e6f48ac74fdcf73e3439874"); // the benchmark's name of this cell
/// assert_eq!(arch.build()?.cost().params, 8_555_530);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Config", into = "Config")]
pub struct Nb101 {
    /// Number of vertices.
    vertices: u8,
    /// For every vertex the vertices it feeds, as bits.
    feeds: [u8; MAX_VERTICES],
    /// Operations of the inner vertices; those behind `vertices - 2` stay at the first.
    ops: [VertexOp; MAX_VERTICES - 2],
}

pub(super) const MAX_VERTICES: usize = 7;
/// The most edges of a cell.
pub(super) const MAX_EDGES: u32 = 9;
const STEM: u32 = 128;
const STACKS: usize = 3;
const MODULES: usize = 3;
const CLASSES: u32 = 10;

/// The release's fields: a square matrix, and op names with `input` first and `output` last.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Config {
    matrix: Vec<Vec<Bit>>,
    ops: Vec<String>,
}

/// An entry of the matrix. Written as 0 or 1; read from any way in which tools write the two: whole numbers, fractions,
/// truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "u8")]
struct Bit(bool);

impl From<Bit> for u8 {
    fn from(bit: Bit) -> u8 {
        u8::from(bit.0)
    }
}

impl<'de> Deserialize<'de> for Bit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = Bit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an entry of the matrix: 0, 1, 0.0, 1.0, false or true")
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Bit, E> {
                Ok(Bit(value))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Bit, E> {
                match value {
                    0.0 => Ok(Bit(false)),
                    1.0 => Ok(Bit(true)),
                    other => Err(E::invalid_value(serde::de::Unexpected::Float(other), &self)),
                }
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Bit, E> {
                match value {
                    0 => Ok(Bit(false)),
                    1 => Ok(Bit(true)),
                    other => Err(E::invalid_value(serde::de::Unexpected::Unsigned(other), &self)),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl Nb101 {
    /// Number of distinct architectures.
    pub const COUNT: usize = 423_624;

    /// A cell from the edges (source, target) among `ops.len() + 2` vertices, sources before targets.
    ///
    /// # Errors
    /// More than 7 vertices or 9 edges, an edge that does not lead forward, or no path from input to output.
    pub fn new(edges: &[(usize, usize)], ops: &[VertexOp]) -> Result<Self, Error> {
        let vertices = ops.len() + 2;
        let wrong = |reason: String| {
            Error::setting("nb101 cell", reason, "up to 7 vertices and 9 forward edges, input joined to output")
        };
        if vertices > MAX_VERTICES {
            return Err(wrong(format!("{vertices} vertices")));
        }
        Self::checked(vertices, edges.iter().copied(), ops).map_err(wrong)
    }

    /// The cell without the vertices that no path from input to output meets; `None` when there is no such path.
    fn pruned(vertices: usize, feeds: [u8; MAX_VERTICES], ops: &[VertexOp]) -> Option<Self> {
        let last = vertices - 1;
        let mut from_input = 1u8;
        for (v, row) in feeds.iter().enumerate().take(vertices) {
            if from_input >> v & 1 == 1 {
                from_input |= row;
            }
        }
        let mut to_output = 1u8 << last;
        for v in (0..last).rev() {
            if feeds[v] & to_output != 0 {
                to_output |= 1 << v;
            }
        }
        let kept = from_input & to_output;
        if kept & 1 == 0 || kept >> last & 1 == 0 {
            return None;
        }
        let places: Vec<usize> = (0..vertices).filter(|v| kept >> v & 1 == 1).collect();
        let mut arch = Nb101 {
            vertices: places.len() as u8,
            feeds: [0; MAX_VERTICES],
            ops: [VertexOp::Conv3x3; MAX_VERTICES - 2],
        };
        for (new, &old) in places.iter().enumerate() {
            for (target, &old_target) in places.iter().enumerate() {
                arch.feeds[new] |= (feeds[old] >> old_target & 1) << target;
            }
            if old != 0 && old != last {
                arch.ops[new - 1] = ops[old - 1];
            }
        }
        Some(arch)
    }

    /// The cell of an upper triangle row by row and one digit an inner vertex, or what is wrong with them.
    pub(crate) fn from_digits(bits: &str, digits: &str) -> Result<Self, String> {
        let mut ops = [VertexOp::Conv3x3; MAX_VERTICES - 2];
        let n = digits.len() + 2;
        if n > MAX_VERTICES {
            return Err(format!("{} operations, a cell has at most {}", digits.len(), MAX_VERTICES - 2));
        }
        for (op, digit) in ops.iter_mut().zip(digits.bytes()) {
            *op = match digit {
                b'0'..=b'2' => VertexOp::ALL[usize::from(digit - b'0')],
                _ => return Err(format!("operations `{digits}` are not digits 0 to 2")),
            };
        }
        let wanted = n * (n - 1) / 2;
        if bits.len() != wanted || !bits.bytes().all(|bit| bit == b'0' || bit == b'1') {
            return Err(format!("{n} vertices need {wanted} bits"));
        }
        let pairs = (0..n).flat_map(|from| (from + 1..n).map(move |to| (from, to)));
        let set = pairs.zip(bits.bytes()).filter(|(_, bit)| *bit == b'1').map(|(pair, _)| pair);
        Self::checked(n, set, &ops)
    }

    /// The cell of a whole adjacency matrix as digits, row by row, and operations joined by commas, `input` first and
    /// `output` last, or what is wrong with them.
    pub(crate) fn from_square(digits: &str, operations: &str) -> Result<Self, String> {
        let names: Vec<&str> = operations.split(',').collect();
        let n = names.len();
        if !(2..=MAX_VERTICES).contains(&n) || names[0] != "input" || names[n - 1] != "output" {
            return Err(format!("operations `{operations}` are not input, up to five more, output"));
        }
        if digits.len() != n * n || !digits.bytes().all(|bit| bit == b'0' || bit == b'1') {
            return Err(format!("{n} vertices need {} bits", n * n));
        }
        let mut ops = [VertexOp::Conv3x3; MAX_VERTICES - 2];
        for (op, name) in ops.iter_mut().zip(&names[1..n - 1]) {
            let named = VertexOp::ALL.into_iter().find(|op| op.name() == *name);
            *op = named.ok_or_else(|| format!("operation `{name}` is not known"))?;
        }
        let set = digits.bytes().enumerate().filter(|(_, bit)| *bit == b'1').map(|(at, _)| (at / n, at % n));
        Self::checked(n, set, &ops)
    }

    fn checked(vertices: usize, edges: impl Iterator<Item = (usize, usize)>, ops: &[VertexOp]) -> Result<Self, String> {
        let mut feeds = [0u8; MAX_VERTICES];
        for (from, to) in edges {
            if from >= to || to >= vertices {
                return Err(format!("edge {from} to {to} among {vertices} vertices"));
            }
            feeds[from] |= 1 << to;
        }
        match Self::pruned(vertices, feeds, ops) {
            None => Err("no path from input to output".into()),
            Some(arch) if arch.edge_count() > MAX_EDGES => Err(format!("{} edges", arch.edge_count())),
            Some(arch) => Ok(arch),
        }
    }

    pub(super) fn from_raw(vertices: usize, feeds: [u8; MAX_VERTICES], ops: [VertexOp; MAX_VERTICES - 2]) -> Self {
        Nb101 { vertices: vertices as u8, feeds, ops }
    }

    /// Number of vertices, input and output included.
    pub fn vertices(&self) -> usize {
        usize::from(self.vertices)
    }

    /// Number of edges.
    pub fn edge_count(&self) -> u32 {
        self.feeds.iter().map(|row| row.count_ones()).sum()
    }

    /// Whether vertex `from` feeds vertex `to`.
    pub fn has_edge(&self, from: usize, to: usize) -> bool {
        from < MAX_VERTICES && to < MAX_VERTICES && self.feeds[from] >> to & 1 == 1
    }

    /// Operations of the inner vertices.
    pub fn ops(&self) -> &[VertexOp] {
        &self.ops[..self.vertices() - 2]
    }

    /// Channels of every vertex in a cell that makes `c` channels; the input's own are not set.
    fn channels(&self, c: u32) -> [u32; MAX_VERTICES] {
        let last = self.vertices() - 1;
        let mut channels = [0; MAX_VERTICES];
        channels[last] = c;
        let ends: Vec<usize> = (1..last).filter(|&v| self.has_edge(v, last)).collect();
        let count = ends.len().max(1) as u32;
        for (at, &v) in ends.iter().enumerate() {
            channels[v] = c / count + u32::from((at as u32) < c % count);
        }
        for v in (1..last).rev().filter(|v| !ends.contains(v)).collect::<Vec<_>>() {
            channels[v] = (v + 1..last).filter(|&to| self.has_edge(v, to)).map(|to| channels[to]).max().unwrap_or(c);
        }
        channels
    }

    fn module(&self, layers: &mut Layers, name: &str, c: u32, x: usize) -> Result<usize, GraphError> {
        let last = self.vertices() - 1;
        let channels = self.channels(c);
        let relu = Some(Op::Relu);
        let mut made = [0usize; MAX_VERTICES];
        for t in 1..last {
            layers.scope(format!("{name}/vertex_{t}"));
            let mut inputs = Vec::with_capacity(t);
            for (from, &operand) in made.iter().enumerate().take(t).skip(1).filter(|(from, _)| self.has_edge(*from, t))
            {
                inputs.push(if channels[from] > channels[t] {
                    layers.add(Op::Slice { start: 0, channels: channels[t] }, &[operand])?
                } else {
                    operand
                });
            }
            if self.has_edge(0, t) {
                layers.scope(format!("{name}/vertex_{t}/projection"));
                inputs.push(layers.conv_bn((1, 1), channels[t], (1, 1), relu, x)?);
                layers.scope(format!("{name}/vertex_{t}"));
            }
            let input = if inputs.len() == 1 { inputs[0] } else { layers.add(Op::Add, &inputs)? };
            made[t] = match self.ops[t - 1] {
                VertexOp::Conv3x3 => layers.conv_bn((3, 3), channels[t], (1, 1), relu, input)?,
                VertexOp::Conv1x1 => layers.conv_bn((1, 1), channels[t], (1, 1), relu, input)?,
                VertexOp::MaxPool3x3 => layers.pool(Pool::Max, 3, 1, input)?,
            };
        }
        let ends: Vec<usize> = (1..last).filter(|&v| self.has_edge(v, last)).map(|v| made[v]).collect();
        layers.scope(name);
        let inner = match ends.as_slice() {
            [] => None,
            [one] => Some(*one),
            many => Some(layers.add(Op::Concat, many)?),
        };
        let outer = if self.has_edge(0, last) {
            layers.scope(format!("{name}/projection"));
            Some(layers.conv_bn((1, 1), c, (1, 1), relu, x)?)
        } else {
            None
        };
        layers.scope(name);
        match (inner, outer) {
            (Some(inner), Some(outer)) => layers.add(Op::Add, &[inner, outer]),
            // A cell has a path to its output, so one of the two is there.
            (inner, outer) => Ok(inner.or(outer).unwrap_or(x)),
        }
    }

    /// The network of `modules` cells a stack.
    fn stacked(&self, modules: usize) -> Result<Graph, GraphError> {
        let mut layers = Layers::new(&self.to_string());
        let mut x = layers.add(Op::Input(Shape::new(32, 32, 3)), &[])?;
        layers.scope("stem");
        x = layers.conv_bn((3, 3), STEM, (1, 1), Some(Op::Relu), x)?;
        let mut channels = STEM;
        for stack in 0..STACKS {
            if stack > 0 {
                layers.scope(format!("downsample_{stack}"));
                x = layers.pool(Pool::Max, 2, 2, x)?;
                channels *= 2;
            }
            for module in 0..modules {
                x = self.module(&mut layers, &format!("stack_{stack}_{module}"), channels, x)?;
            }
        }
        layers.scope("head");
        x = layers.add(Op::Mean, &[x])?;
        x = layers.add(Op::Dense { features: CLASSES, bias: true }, &[x])?;
        layers.finish(x)
    }

    /// The upper triangle row by row.
    fn bits(&self) -> String {
        let n = self.vertices();
        let pairs = (0..n).flat_map(|from| (from + 1..n).map(move |to| (from, to)));
        pairs.map(|(from, to)| if self.has_edge(from, to) { '1' } else { '0' }).collect()
    }
}

impl Family for Nb101 {
    const NAME: &'static str = "nb101";
    const ACCEPTED: &'static str = "nb101:ADJACENCY:OPS";
    const SIZE: Option<usize> = Some(Self::COUNT);
    const BEST: Option<&'static str> = Some("nb101:110001010100010100101:00200");

    fn build(&self) -> Result<Graph, GraphError> {
        self.stacked(MODULES)
    }

    fn build_shallow(&self) -> Result<Graph, GraphError> {
        self.stacked(1)
    }

    /// The `index`-th sample under `seed`: seven vertices, every possible edge with probability 1/2, uniform
    /// operations, drawn again until the pruned cell has an input-output path and at most nine edges.
    fn sample(seed: u64, index: u64) -> Self {
        let mut rng = Stream::new(seed, "nb101 sample").at(index);
        loop {
            let mut feeds = [0u8; MAX_VERTICES];
            for (from, row) in feeds.iter_mut().enumerate() {
                for to in from + 1..MAX_VERTICES {
                    *row |= u8::from(rng.random_bool(0.5)) << to;
                }
            }
            let ops: [VertexOp; MAX_VERTICES - 2] = std::array::from_fn(|_| VertexOp::ALL[rng.random_range(0..3)]);
            if let Some(arch) = Self::pruned(MAX_VERTICES, feeds, &ops).filter(|arch| arch.edge_count() <= MAX_EDGES) {
                return arch;
            }
        }
    }
}

impl fmt::Display for Nb101 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String = self.ops().iter().map(|op| char::from(b'0' + *op as u8)).collect();
        write!(f, "{}:{}:{digits}", Self::NAME, self.bits())
    }
}

impl FromStr for Nb101 {
    type Err = Error;

    fn from_str(spec: &str) -> Result<Self, Error> {
        let accepted = "nb101:BITS:OPS with the upper triangle of the adjacency row by row as 0 and 1, and one digit 0 \
                        (conv3x3), 1 (conv1x1) or 2 (maxpool3x3) for each inner vertex";
        let body = body(spec, Self::NAME);
        let wrong = |reason: String| Error::spec(spec, body, reason, accepted);
        let (bits, digits) = body.split_once(':').ok_or_else(|| wrong("has no `:` before its operations".into()))?;
        Nb101::from_digits(bits, digits).map_err(wrong)
    }
}

impl TryFrom<Config> for Nb101 {
    type Error = Error;

    fn try_from(config: Config) -> Result<Self, Error> {
        let wrong = |reason: String| {
            Error::setting(
                "nb101 configuration",
                reason,
                "a square 0/1 matrix and as many ops, `input` first, `output` last",
            )
        };
        let n = config.ops.len();
        if n < 2 || config.matrix.len() != n || config.matrix.iter().any(|row| row.len() != n) {
            return Err(wrong(format!("{} rows for {n} ops", config.matrix.len())));
        }
        let named = |name: &String| VertexOp::ALL.into_iter().find(|op| op.name() == name);
        let ops = config.ops[1..n - 1]
            .iter()
            .map(|name| named(name).ok_or_else(|| wrong(format!("operation `{name}`"))))
            .collect::<Result<Vec<_>, Error>>()?;
        let pairs = (0..n).flat_map(|from| (0..n).map(move |to| (from, to)));
        let edges: Vec<(usize, usize)> = pairs.filter(|&(from, to)| config.matrix[from][to].0).collect();
        Nb101::new(&edges, &ops)
    }
}

impl From<Nb101> for Config {
    fn from(arch: Nb101) -> Config {
        let n = arch.vertices();
        let matrix = (0..n).map(|from| (0..n).map(|to| Bit(arch.has_edge(from, to))).collect()).collect();
        let inner = arch.ops().iter().map(|op| op.name().to_string());
        let ops = std::iter::once("input".to_string()).chain(inner).chain(["output".to_string()]).collect();
        Config { matrix, ops }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vertices_off_the_path_are_dropped() {
        let ops = [VertexOp::Conv3x3, VertexOp::MaxPool3x3];
        let arch = Nb101::new(&[(0, 1), (1, 3), (0, 2)], &ops).unwrap();
        assert_eq!((arch.vertices(), arch.ops()), (3, &ops[..1]));
        let error = Nb101::new(&[(0, 1)], &ops).unwrap_err().to_string();
        assert!(error.contains("no path from input to output"), "{error}");
    }

    #[test]
    fn channels_are_split_among_the_ends() {
        // Three vertices feed the output: 128 = 43 + 43 + 42, and the one before them takes the largest.
        let ops = [VertexOp::Conv1x1; 4];
        let arch = Nb101::new(&[(0, 1), (1, 2), (1, 4), (0, 3), (2, 5), (3, 5), (4, 5)], &ops).unwrap();
        assert_eq!(arch.channels(128)[1..6], [43, 43, 43, 42, 128]);
        let graph = arch.build().unwrap();
        let slices = graph.nodes().filter(|node| matches!(node.op, Op::Slice { .. })).count();
        assert_eq!(slices, STACKS * MODULES);
    }

    #[test]
    fn a_matrix_is_read_in_whatever_way_its_zeros_and_ones_were_written() {
        let json = |zero: &str, one: &str| {
            let matrix = [[0, 1, 1], [0, 0, 1], [0, 0, 0]].map(|row| row.map(|bit| [zero, one][bit]).join(", "));
            let ops = "\"input\", \"conv1x1-bn-relu\", \"output\"";
            format!("{{\"matrix\": [[{}]], \"ops\": [{ops}]}}", matrix.join("], ["))
        };
        let arch: Nb101 = "nb101:111:1".parse().unwrap();
        for (zero, one) in [("0", "1"), ("0.0", "1.0"), ("false", "true"), ("0e0", "1"), ("-0.0", "true")] {
            assert_eq!(serde_json::from_str::<Nb101>(&json(zero, one)).unwrap(), arch, "{zero} {one}");
        }
        assert_eq!(serde_json::to_string(&arch).unwrap(), json("0", "1").replace(' ', ""));
        for one in ["2", "0.5", "-1", "\"1\"", "null", "[1]"] {
            let error = serde_json::from_str::<Nb101>(&json("0", one)).unwrap_err().to_string();
            assert!(error.contains("an entry of the matrix: 0, 1, 0.0, 1.0, false or true at line 1"), "{error}");
        }
    }

    #[test]
    fn strings_round_trip() {
        for index in 0..300 {
            let arch = Nb101::sample(1, index);
            assert_eq!(arch.to_string().parse::<Nb101>().unwrap(), arch);
            let json = serde_json::to_string(&arch).unwrap();
            assert_eq!(serde_json::from_str::<Nb101>(&json).unwrap(), arch);
        }
        let error = "nb101:10:0".parse::<Nb101>().unwrap_err().to_string();
        assert!(error.contains("character 7: 3 vertices need 3 bits"), "{error}");
    }
}
