//! Putting one segment in the place of another.

use crate::graph::{Graph, GraphBuilder, GraphError};
use crate::segment::{Placed, Segment, Source};
use std::collections::{BTreeSet, HashMap};

/// Replaces `place` in `graph` by `donor`, which must fit exactly (see [`crate::repair::repair`]).
///
/// Input `k` of the donor reads what input `inputs[k]` of the place read; the readers of output `j` of the place read
/// output `outputs[j]` of the donor. Both maps are one to one, so no tensor is left unread and none is read twice over.
/// New nodes are named `scope/…`. The place must be a run of consecutive nodes of `order`, the graph's topological
/// order. Every shape is inferred anew. O(nodes + edges).
///
/// # Errors
/// A donor whose inputs and outputs do not have the shapes that the place needs, and a network that is too large to
/// count.
pub fn splice(
    graph: &Graph,
    order: &[usize],
    place: &Placed,
    donor: &Segment,
    inputs: &[usize],
    outputs: &[usize],
    scope: &str,
) -> Result<Graph, GraphError> {
    let old: BTreeSet<usize> = place.nodes.iter().copied().collect();
    let first = order.iter().position(|node| old.contains(node)).unwrap_or_default();
    // Within each side the nodes keep their execution order.
    let mut before = order[..first].to_vec();
    let mut behind = order[(first + old.len()).min(order.len())..].to_vec();
    before.sort_unstable();
    behind.sort_unstable();

    let mut build = GraphBuilder::new(graph.name());
    // Where the result of an old node is found in the new graph.
    let mut at: HashMap<usize, usize> = HashMap::new();
    let copy = |build: &mut GraphBuilder, at: &mut HashMap<usize, usize>, node: usize| {
        let operands: Vec<usize> = graph.operands(node).iter().map(|operand| lookup(at, *operand)).collect();
        let made = build.add(&graph.node(node).name, graph.node(node).op, &operands)?;
        at.insert(node, made);
        Ok::<(), GraphError>(())
    };
    for node in before {
        copy(&mut build, &mut at, node)?;
    }
    let mut fresh: Vec<usize> = Vec::with_capacity(donor.nodes.len());
    for (node, sources) in donor.nodes.iter().zip(&donor.operands) {
        let operand = |source: &Source| match *source {
            Source::Inner(inner) => entry(&fresh, inner),
            Source::Input(input) => lookup(&at, entry(&place.inputs, entry(inputs, input))),
        };
        let operands: Vec<usize> = sources.iter().map(operand).collect();
        let name = node.name.rsplit('/').next().unwrap_or_default();
        let made = build.add(&format!("{scope}/{}_{name}", fresh.len()), node.op, &operands)?;
        fresh.push(made);
    }
    for (slot, &output) in place.segment.outputs.iter().enumerate() {
        let made = entry(&fresh, entry(&donor.outputs, entry(outputs, slot)));
        at.insert(entry(&place.nodes, output), made);
    }
    for node in behind {
        copy(&mut build, &mut at, node)?;
    }
    build.finish()
}

/// An entry of a list; a missing entry is an index that no node has, as in [`lookup`].
fn entry(list: &[usize], at: usize) -> usize {
    list.get(at).copied().unwrap_or(usize::MAX)
}

/// An operand that is gone reads as an index that no node has, which the builder refuses with the reader's name.
fn lookup(at: &HashMap<usize, usize>, node: usize) -> usize {
    at.get(&node).copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::segment::Mining;

    #[test]
    fn putting_a_segment_back_in_its_own_place_changes_nothing() {
        let graph = Nb201::at(9_876).build().unwrap();
        let segmenter = Mining::bpe(40).segmenter(std::slice::from_ref(&graph)).unwrap();
        let order = graph.topological_order();
        let mut tried = 0;
        for group in segmenter.groups(&graph) {
            let place = Segment::cut(&graph, &group);
            if !place.segment.is_movable() {
                continue;
            }
            tried += 1;
            let inputs: Vec<usize> = (0..place.inputs.len()).collect();
            let outputs: Vec<usize> = (0..place.segment.outputs.len()).collect();
            let copy = splice(&graph, &order, &place, &place.segment, &inputs, &outputs, "copy").unwrap();
            assert_eq!(copy.content_id(), graph.content_id());
        }
        assert!(tried > 5);
    }

    #[test]
    fn operands_and_results_that_are_not_there_are_refused() {
        let graph = Nb201::at(9_876).build().unwrap();
        let order = graph.topological_order();
        let node = (1..graph.len() - 1).find(|&node| graph.operands(node).len() == 1).unwrap();
        let place = Segment::cut(&graph, &[node]);
        let splice = |inputs: &[usize], outputs: &[usize]| {
            splice(&graph, &order, &place, &place.segment, inputs, outputs, "copy")
        };
        assert!(splice(&[0], &[0]).is_ok());
        for (inputs, outputs) in [(&[][..], &[0][..]), (&[1], &[0]), (&[0], &[]), (&[0], &[1])] {
            assert!(splice(inputs, outputs).is_err(), "{inputs:?} {outputs:?}");
        }
    }
}
