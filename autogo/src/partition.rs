//! Cutting a graph at a segment: predecessor, segment, successor.

use serde::{Deserialize, Serialize};

/// A graph cut in three along its topological order: the nodes before a segment, the segment, the nodes behind it.
///
/// ```
/// use autogo::Partition;
/// // A graph of five nodes, whose segmenter found three groups.
/// let cuts = Partition::all(&[vec![0, 1], vec![2], vec![3, 4]]);
/// assert_eq!(cuts.len(), 3);
/// assert_eq!(cuts[1].parts(), [&[0, 1][..], &[2], &[3, 4]]);
/// // The first node, the input, is never in a segment.
/// assert_eq!(cuts[0].parts(), [&[0][..], &[1], &[2, 3, 4]]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// Nodes before the segment.
    pub predecessor: Vec<usize>,
    /// Nodes of the segment.
    pub segment: Vec<usize>,
    /// Nodes behind the segment.
    pub successor: Vec<usize>,
}

impl Partition {
    /// The partition whose segment is the groups `first..first + count` of a segmented graph.
    ///
    /// A segment that reaches the first (last) node leaves that node to the predecessor (successor), as in
    /// [release §6.4](crate::doc::release#s6-4); the segment may then be empty.
    ///
    /// ```
    /// use autogo::Partition;
    /// let groups = [vec![0, 1], vec![2], vec![3, 4]];
    /// let cut = Partition::at(&groups, 1, 1);
    /// assert_eq!((cut.predecessor, cut.segment, cut.successor), (vec![0, 1], vec![2], vec![3, 4]));
    /// let cut = Partition::at(&groups, 0, 1);
    /// assert_eq!((cut.predecessor, cut.segment, cut.successor), (vec![0], vec![1], vec![2, 3, 4]));
    /// ```
    pub fn at(groups: &[Vec<usize>], first: usize, count: usize) -> Self {
        let first = first.min(groups.len());
        let end = first.saturating_add(count).min(groups.len());
        let mut predecessor = groups[..first].concat();
        let mut segment = groups[first..end].concat();
        let mut successor = groups[end..].concat();
        if predecessor.is_empty() && !segment.is_empty() {
            predecessor.push(segment.remove(0));
        }
        if successor.is_empty() {
            successor.extend(segment.pop());
        }
        Partition { predecessor, segment, successor }
    }

    /// One partition for every group.
    pub fn all(groups: &[Vec<usize>]) -> Vec<Self> {
        (0..groups.len()).map(|first| Partition::at(groups, first, 1)).collect()
    }

    /// The three parts in order.
    pub fn parts(&self) -> [&[usize]; 3] {
        [&self.predecessor, &self.segment, &self.successor]
    }
}
