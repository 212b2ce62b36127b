//! The mini form of a graph: smaller pictures, fewer filters, the same structure.

mod channels;
mod families;
mod levels;
mod ratio;

use crate::error::{Error, TrainError};
use crate::graph::{ContentId, Graph, GraphBuilder, GraphError, Shape};
use channels::Channels;
pub(super) use channels::Kept;
pub use families::mini_network;
pub(super) use levels::Floor;
use levels::Levels;
pub use ratio::Ratio;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The size of a mini form.
///
/// ```
/// use autogo::train::{Mini, Ratio};
/// let mini: Mini = "16x16:1/2".parse()?;
/// assert_eq!((mini.input, mini.width), ((16, 16), Ratio { over: 1, under: 2 }));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mini {
    /// Height and width of the pictures.
    pub input: (u32, u32),
    /// The factor of every filter count.
    pub width: Ratio,
}

impl FromStr for Mini {
    type Err = Error;

    /// Reads `HEIGHTxWIDTH:FACTOR`, with a factor such as `1/2` or `1`.
    fn from_str(text: &str) -> Result<Mini, Error> {
        let read = || {
            let (size, width) = text.split_once(':').unwrap_or((text, "1"));
            let (h, w) = size.split_once('x')?;
            let (over, under) = width.split_once('/').unwrap_or((width, "1"));
            let number = |text: &str| text.parse().ok().filter(|number| (1..=Shape::LIMIT).contains(number));
            Some(Mini { input: (number(h)?, number(w)?), width: Ratio { over: number(over)?, under: number(under)? } })
        };
        read()
            .ok_or_else(|| Error::setting("mini form", format!("is `{text}`"), "HEIGHTxWIDTH:FACTOR such as 16x16:1/2"))
    }
}

/// A graph in its mini form.
#[derive(Clone, Debug)]
pub struct MiniForm {
    /// The smaller graph. Its nodes have the names and the order of the full graph's; a form for a task may end before
    /// the full graph does and has nodes of its own, named `head/…`.
    pub graph: Graph,
    /// Nodes whose stride the small picture cannot afford, each with the change, a line each.
    pub dropped: Vec<String>,
    /// The full graph's id.
    pub full: ContentId,
    /// The smaller graph's id.
    pub mini: ContentId,
}

impl Graph {
    /// The mini form: the picture has another size, filters are multiplied by a factor and rounded, strides are dropped
    /// where a picture would have fewer than 4 pixels a side (or fewer than in the full graph, where it has fewer
    /// still).
    ///
    /// The channels of input and output stay. Sums and products still fit: their operands have one channel count; what
    /// follows from a concatenation or a depth-to-space is not rounded. Pictures that have equal sizes in the full
    /// graph have equal sizes in the mini form. Every shape is inferred anew.
    ///
    /// ```
    /// use autogo::train::{Mini, Ratio};
    /// use autogo::graph::Shape;
    /// let graph = autogo::families::network("nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1")?;
    /// let form = graph.mini(&Mini { input: (16, 16), width: Ratio { over: 1, under: 2 } })?;
    /// assert_eq!(form.graph.input_shape(), Shape::new(16, 16, 3));
    /// assert_eq!(form.graph.node(1).shape, Shape::new(16, 16, 8));
    /// assert!(form.dropped.is_empty()); // 16, 8, 4 pixels in the three stages
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TrainError::Mini`] with the node that does not fit. O(nodes + edges).
    pub fn mini(&self, mini: &Mini) -> Result<MiniForm, TrainError> {
        self.shrunk(mini, Floor::Usual, Kept::BOTH)
    }

    /// The mini form with a floor for the size of pictures, and with what stays of the channels at both ends.
    pub(super) fn shrunk(&self, mini: &Mini, floor: Floor, kept: Kept) -> Result<MiniForm, TrainError> {
        let channels = Channels::of(self, mini.width, kept);
        let mut levels = Levels::new(self, mini.input, floor);
        let mut build = GraphBuilder::new(self.name());
        for index in 0..self.len() {
            let node = self.node(index);
            let inputs: Vec<Shape> = self.operands(index).iter().map(|&operand| build.shape(operand)).collect();
            let op = levels.adapt(self, index, &inputs).and_then(|op| channels.adapt(op, index, self, &inputs));
            let refused = |reason: String| TrainError::Mini { node: node.name.clone(), reason };
            let op = op.map_err(refused)?;
            build.add(&node.name, op, self.operands(index)).map_err(|error| match error {
                GraphError::Shape { reason, .. } => refused(reason),
                other => refused(other.to_string()),
            })?;
            levels.made(self, index, build.shape(index));
        }
        let graph =
            build.finish().map_err(|error| TrainError::Mini { node: self.name().into(), reason: error.to_string() })?;
        Ok(MiniForm { dropped: levels.dropped, full: self.content_id(), mini: graph.content_id(), graph })
    }
}
