//! The segments that a database keeps.

use super::pipeline::SegmentFilter;
use super::segment::Segment;
use serde::{Deserialize, Serialize};

/// Keeps segments by what can be done with them and by their size. The default keeps all that can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keep {
    /// Only segments that may stand elsewhere ([`Segment::is_movable`]).
    pub movable: bool,
    /// Only connected segments. The nodes of the release's pieces are neighbours in the line, but not always in the
    /// graph.
    pub connected: bool,
    /// Fewest nodes.
    pub min_nodes: usize,
    /// Most nodes.
    pub max_nodes: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Keep { movable: true, connected: false, min_nodes: 1, max_nodes: usize::MAX }
    }
}

impl SegmentFilter for Keep {
    fn keeps(&self, segment: &Segment) -> bool {
        (self.min_nodes..=self.max_nodes).contains(&segment.nodes.len())
            && (!self.movable || segment.is_movable())
            && (!self.connected || segment.is_connected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_is_checked() {
        let graph = crate::families::network("nb201:none,none,none,nor_conv_1x1,none,none").unwrap();
        let place = |name: &str| graph.nodes().position(|node| node.name == name).unwrap();
        let zeros = ["cell_0_0/none_0/zero", "cell_0_0/none_5/zero"].map(place);
        let apart = Segment::cut(&graph, &zeros).segment;
        assert!(Keep::default().keeps(&apart));
        assert!(!Keep { connected: true, ..Keep::default() }.keeps(&apart));
        assert!(!Keep { min_nodes: 3, ..Keep::default() }.keeps(&apart));
        assert!(!Keep { max_nodes: 1, ..Keep::default() }.keeps(&apart));
        let input = Segment::cut(&graph, &[0]).segment;
        assert!(!Keep::default().keeps(&input) && Keep { movable: false, ..Keep::default() }.keeps(&input));
    }
}
