//! The skeleton of a network: the terms that it computes, and which of them add up to what each term reads.

use crate::graph::{Class, Graph, Op, Pool, Weighted, Window, mix};

/// Summands up to which a sum is read as its summands. A longer sum stands as a term of its own.
const SUMMANDS: usize = 64;

/// The class of a term, for lengths of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TermClass {
    /// A convolution whose window is larger than one pixel.
    Spatial,
    /// A convolution of single pixels, or a dense layer.
    Pointwise,
    /// A pool.
    Pool,
    /// Anything else.
    Other,
}

/// The terms of a network in execution order. The network's input is the first; its output is the last.
///
/// Batch norms, activations and identities belong to the term that they follow, and sums to their readers: a sum is read
/// as the multiset of its summands, so the way in which sums are nested does not count. Terms that are zero, that are
/// computed from nothing but zeros, or that nothing reads, are left out.
pub(super) struct Skeleton {
    /// The name of each term's op, hashed: its kind, its window, its stride, whether it is depth-wise. Channels are not
    /// in it.
    pub kinds: Vec<u64>,
    /// The class of each term.
    pub classes: Vec<TermClass>,
    /// The terms that each term reads, as often as it reads them, ascending.
    pub operands: Vec<Vec<usize>>,
}

impl Skeleton {
    /// The skeleton of a network. O((nodes + edges) · summands), of at most [`SUMMANDS`].
    pub(super) fn of(graph: &Graph) -> Skeleton {
        let mut skeleton = Skeleton { kinds: Vec::new(), classes: Vec::new(), operands: Vec::new() };
        // For every node the terms that it adds up; none for a node that is zero.
        let mut values: Vec<Vec<usize>> = Vec::with_capacity(graph.len());
        for (index, node) in graph.nodes().enumerate() {
            let operands = graph.operands(index);
            let is_zero = |operand: &usize| values[*operand].is_empty();
            let mut read: Vec<usize> = operands.iter().flat_map(|&operand| values[operand].iter().copied()).collect();
            read.sort_unstable();
            let value = match node.op.class() {
                Class::Zero => Vec::new(),
                Class::Product if operands.iter().any(is_zero) => Vec::new(),
                Class::Sum if read.len() <= SUMMANDS => read,
                Class::Element | Class::Identity => read,
                Class::Input | Class::Output => vec![skeleton.push(&node.op, read)],
                Class::Sum
                | Class::Product
                | Class::Weighted(_)
                | Class::Concat
                | Class::Pool(..)
                | Class::Reduction
                | Class::Slice
                | Class::Moved
                | Class::Resize(_) => match read.is_empty() {
                    true => Vec::new(),
                    false => vec![skeleton.push(&node.op, read)],
                },
            };
            values.push(value);
        }
        skeleton.live()
    }

    /// Number of terms.
    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The terms that read each term, as often as they read it, ascending.
    pub(super) fn readers(&self) -> Vec<Vec<usize>> {
        let mut readers = vec![Vec::new(); self.len()];
        for (term, operands) in self.operands.iter().enumerate() {
            operands.iter().for_each(|&operand| readers[operand].push(term));
        }
        readers
    }

    fn push(&mut self, op: &Op, operands: Vec<usize>) -> usize {
        self.kinds.push(kind(op));
        self.classes.push(class(op));
        self.operands.push(operands);
        self.len() - 1
    }

    /// The input, the output, and the terms between them that the output is computed from.
    fn live(self) -> Skeleton {
        let mut is_live = vec![false; self.len()];
        let ends = [0, self.len() - 1];
        ends.iter().for_each(|&end| is_live[end] = true);
        for term in (0..self.len()).rev() {
            if is_live[term] {
                self.operands[term].iter().for_each(|&operand| is_live[operand] = true);
            }
        }
        let mut place = vec![0; self.len()];
        let mut live = Skeleton { kinds: Vec::new(), classes: Vec::new(), operands: Vec::new() };
        for term in (0..self.len()).filter(|&term| is_live[term]) {
            place[term] = live.len();
            live.kinds.push(self.kinds[term]);
            live.classes.push(self.classes[term]);
            live.operands.push(self.operands[term].iter().map(|&operand| place[operand]).collect());
        }
        live
    }
}

/// A hash of an op's kind. The numbers of the kinds are part of saved predictors and never change.
fn kind(op: &Op) -> u64 {
    let window = |number: u64, window: Window| {
        let sizes = [window.kernel.0, window.kernel.1, window.stride.0, window.stride.1];
        sizes.iter().fold(number, |hash, &size| mix(hash, u64::from(size)))
    };
    match op.class() {
        Class::Input => 1,
        Class::Output => 2,
        Class::Weighted(Weighted::Conv(conv)) => window(if conv.groups > 1 { 4 } else { 3 }, conv.window),
        Class::Weighted(Weighted::Transposed(conv)) => window(5, conv.window),
        Class::Weighted(Weighted::Dense { .. }) => 6,
        Class::Sum => 7,
        Class::Product => 8,
        Class::Concat => 9,
        Class::Pool(Pool::Max, own) => window(10, own),
        Class::Pool(Pool::Avg | Pool::AvgWithBorder, own) => window(11, own),
        Class::Reduction => 12,
        Class::Slice => 13,
        Class::Moved => 14,
        Class::Resize(_) => 15,
        // These are no terms.
        Class::Element | Class::Identity | Class::Zero => 0,
    }
}

fn class(op: &Op) -> TermClass {
    match op.class() {
        Class::Weighted(Weighted::Conv(conv) | Weighted::Transposed(conv)) if conv.window.kernel != (1, 1) => {
            TermClass::Spatial
        }
        Class::Weighted(_) => TermClass::Pointwise,
        Class::Pool(..) => TermClass::Pool,
        Class::Input
        | Class::Output
        | Class::Element
        | Class::Sum
        | Class::Product
        | Class::Concat
        | Class::Reduction
        | Class::Identity
        | Class::Zero
        | Class::Slice
        | Class::Moved
        | Class::Resize(_) => TermClass::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::network;

    fn skeleton(spec: &str) -> Skeleton {
        Skeleton::of(&network(spec).unwrap())
    }

    #[test]
    fn what_is_computed_counts_and_not_how_it_is_written_down() {
        // An edge of zeros, a convolution of zeros, and a result that only zeros read.
        let plain = skeleton("nb201:none,none,none,nor_conv_3x3,none,none");
        for same in [
            "nb201:none,none,none,nor_conv_3x3,nor_conv_1x1,none",
            "nb201:nor_conv_1x1,none,none,nor_conv_3x3,none,none",
        ] {
            let other = skeleton(same);
            assert_eq!((&other.kinds, &other.operands), (&plain.kinds, &plain.operands), "{same}");
        }
        let other = skeleton("nb201:none,none,none,nor_conv_1x1,none,none");
        assert_ne!(other.kinds, plain.kinds);
    }

    #[test]
    fn a_sum_is_its_summands_and_a_network_of_zeros_is_its_head() {
        // Convolution and shortcut around it: the next reader reads both.
        let shortcut = skeleton("nb201:nor_conv_3x3,none,none,skip_connect,none,skip_connect");
        assert!(shortcut.kinds.iter().all(|&kind| kind != 7));
        assert!(shortcut.operands.iter().any(|operands| operands.len() == 2));
        let zeros = skeleton("nb201:none,none,none,none,none,none");
        assert_eq!(zeros.operands.last().unwrap(), &Vec::<usize>::new());
    }
}
