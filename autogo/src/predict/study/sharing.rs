//! The share of the message passing over some networks that is the same.

use crate::error::Error;
use crate::graph::Graph;
use crate::predict::network::{Architecture, Prepared, TermTable, spread};
use crate::segment::Segmenter;
use polars::prelude::{DataFrame, df};

/// The share of the message passing over some networks that is the same: for every layer `layer`, all `nodes`, and the
/// `distinct` computations among them. Only the distinct computations are done. O(layers · edges).
///
/// # Errors
/// A network with a kernel wider than 7.
///
/// ```
/// let graphs = (0..20).map(|at| autogo::families::network(&autogo::families::FamilyName::Nb201.sample(0, at)));
/// let table = autogo::predict::sharing(&graphs.collect::<Result<Vec<_>, _>>()?, 6)?;
/// let distinct = table.column("distinct")?.u64()?;
/// assert!(distinct.get(0) < distinct.get(6));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn sharing(graphs: &[Graph], layers: usize) -> Result<DataFrame, Error> {
    let mut table = TermTable::new(layers);
    let mut nodes = 0;
    for graph in graphs {
        nodes += graph.len() as u64;
        Prepared::graph(graph, &Architecture::default(), &mut table)?;
    }
    Ok(df!(
        "layer" => (0..=layers as u32).collect::<Vec<_>>(),
        "nodes" => vec![nodes; layers + 1],
        "distinct" => table.distinct(),
    )?)
}

/// Makes all partitions of some networks ready, as training does, and says how many there are: for measuring.
///
/// # Errors
/// A network with a kernel wider than 7.
pub fn triples(graphs: &[Graph], segmenter: &Segmenter, layers: usize) -> Result<usize, Error> {
    let mut table = TermTable::new(layers);
    let mut count = 0;
    for graph in graphs {
        let all = |all| spread(all, 0);
        count += Prepared::partitions(graph, &Architecture::default(), segmenter, &mut table, all)?.cuts.len();
    }
    Ok(count)
}
