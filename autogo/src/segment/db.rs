//! The distinct segments of many graphs, indexed by what they connect.

use super::{Segment, Vocabulary};
use crate::graph::{ContentId, Graph, Shape};
use polars::prelude::*;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A distinct segment and where it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    /// Content id of the segment.
    pub id: ContentId,
    /// The segment as it stood where it was first found.
    pub segment: Segment,
    /// How often it was found.
    pub count: u64,
    /// The graph it was first found in.
    pub example: String,
}

/// Sorted shapes of the inputs and of the outputs.
type Boundary = (Vec<Shape>, Vec<Shape>);

/// A database of segments, in the order in which they were first found.
#[derive(Clone, Debug, Default)]
pub struct SegmentDb {
    rows: Vec<SegmentRow>,
    by_boundary: HashMap<Boundary, Vec<usize>>,
    by_arity: HashMap<(usize, usize), Vec<usize>>,
}

fn boundary(inputs: &[Shape], outputs: &[Shape]) -> Boundary {
    let sorted = |shapes: &[Shape]| {
        let mut shapes = shapes.to_vec();
        shapes.sort_unstable();
        shapes
    };
    (sorted(inputs), sorted(outputs))
}

impl SegmentDb {
    /// Cuts every graph into the pieces of a vocabulary and keeps the distinct movable segments (specification §3.5;
    /// unlike the original's, the id also compares kernels, strides and biases). O(nodes); deterministic.
    pub fn mine(graphs: &[Graph], vocabulary: &Vocabulary) -> Self {
        let cut = |graph: &Graph| -> Vec<(ContentId, Segment)> {
            let groups = vocabulary.groups(graph, |_| true);
            let segments = groups.iter().map(|nodes| Segment::cut(graph, nodes).segment);
            segments.filter(Segment::is_movable).map(|segment| (segment.content_id(), segment)).collect()
        };
        let found: Vec<Vec<(ContentId, Segment)>> = graphs.par_iter().map(cut).collect();
        let mut db = SegmentDb::default();
        let mut known: HashMap<ContentId, usize> = HashMap::new();
        for (graph, segments) in graphs.iter().zip(found) {
            for (id, segment) in segments {
                match known.get(&id) {
                    Some(&row) => db.rows[row].count += 1,
                    None => {
                        known.insert(id, db.rows.len());
                        db.push(SegmentRow { id, segment, count: 1, example: graph.name().into() });
                    }
                }
            }
        }
        db
    }

    pub(super) fn from_rows(rows: Vec<SegmentRow>) -> Self {
        let mut db = SegmentDb::default();
        rows.into_iter().for_each(|row| db.push(row));
        db
    }

    fn push(&mut self, row: SegmentRow) {
        let at = self.rows.len();
        let outputs = row.segment.output_shapes();
        self.by_arity.entry((row.segment.inputs.len(), outputs.len())).or_default().push(at);
        self.by_boundary.entry(boundary(&row.segment.inputs, &outputs)).or_default().push(at);
        self.rows.push(row);
    }

    /// The segments.
    pub fn rows(&self) -> &[SegmentRow] {
        &self.rows
    }

    /// Number of segments.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows that read and make tensors of just these shapes, in whatever order.
    pub fn with_boundary(&self, inputs: &[Shape], outputs: &[Shape]) -> &[usize] {
        self.by_boundary.get(&boundary(inputs, outputs)).map_or(&[], Vec::as_slice)
    }

    /// The rows that read and make as many tensors as this.
    pub fn with_arity(&self, inputs: usize, outputs: usize) -> &[usize] {
        self.by_arity.get(&(inputs, outputs)).map_or(&[], Vec::as_slice)
    }

    /// The `count` segments that were found most often, the longer first on ties.
    pub fn most_frequent(&self, count: usize) -> Vec<SegmentRow> {
        let mut rows: Vec<&SegmentRow> = self.rows.iter().collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.count), std::cmp::Reverse(row.segment.nodes.len())));
        rows.into_iter().take(count).cloned().collect()
    }

    /// The database as a polars frame: `segment`, `ops`, `nodes`, `inputs`, `outputs`, `input_shapes`, `output_shapes`,
    /// `count`, `example`.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let shapes = |shapes: &[Shape]| shapes.iter().map(Shape::to_string).collect::<Vec<_>>().join(" ");
        let text = |of: &dyn Fn(&SegmentRow) -> String| self.rows.iter().map(of).collect::<Vec<String>>();
        let count =
            |of: &dyn Fn(&SegmentRow) -> usize| self.rows.iter().map(|row| of(row) as u32).collect::<Vec<u32>>();
        df!(
            "segment" => text(&|row| row.id.to_string()),
            "ops" => text(&|row| row.segment.describe()),
            "nodes" => count(&|row| row.segment.nodes.len()),
            "inputs" => count(&|row| row.segment.inputs.len()),
            "outputs" => count(&|row| row.segment.outputs.len()),
            "input_shapes" => text(&|row| shapes(&row.segment.inputs)),
            "output_shapes" => text(&|row| shapes(&row.segment.output_shapes())),
            "count" => self.rows.iter().map(|row| row.count).collect::<Vec<u64>>(),
            "example" => text(&|row| row.example.clone()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::segment::BpeTrainer;

    #[test]
    fn mining_finds_what_the_queries_return() {
        let graphs: Vec<Graph> = (0..12).map(|i| Nb201::sample(3, i).build().unwrap()).collect();
        let vocabulary = BpeTrainer { merges: 80, ..BpeTrainer::default() }.train(&graphs).unwrap();
        let db = SegmentDb::mine(&graphs, &vocabulary);
        assert!(db.len() > 20, "{}", db.len());
        for (at, row) in db.rows().iter().enumerate() {
            let outputs = row.segment.output_shapes();
            assert!(db.with_boundary(&row.segment.inputs, &outputs).contains(&at));
            assert!(db.with_arity(row.segment.inputs.len(), outputs.len()).contains(&at));
        }
        let total: u64 = db.rows().iter().map(|row| row.count).sum();
        let pieces: usize = graphs.iter().map(|graph| vocabulary.groups(graph, |_| true).len()).sum();
        assert!(total < pieces as u64 && total > pieces as u64 / 2, "{total} of {pieces}");
        assert_eq!(db.frame().unwrap().height(), db.len());
    }
}
