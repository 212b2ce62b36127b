//! The derivation of a child from its parent, and its replay.

use super::splice::splice;
use crate::error::Error;
use crate::graph::{ContentId, Graph, Shape};
use crate::repair::{Change, infer};
use crate::segment::{Segment, SegmentDb};
use serde::{Deserialize, Serialize};

/// The derivation of a child: enough to make the child again from its parent, without solving or drawing anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// The parent's nodes that were replaced, ascending.
    pub place: Vec<usize>,
    /// Content id of the segment that took their place, in the segment database.
    pub donor: ContentId,
    /// For every input of the donor the input of the place that it took over.
    pub inputs: Vec<usize>,
    /// For every output of the place the output of the donor that took it over.
    pub outputs: Vec<usize>,
    /// The ops of the donor that the repair changed.
    pub repair: Vec<Change>,
    /// The beginning of the names of the new nodes.
    pub scope: String,
}

impl Derivation {
    /// Makes the child again. Every shape is inferred anew. O(nodes).
    ///
    /// # Errors
    /// A donor that is not in `db`, a place or tensors that `parent` does not have, and a donor that does not fit.
    pub fn replay(&self, parent: &Graph, db: &SegmentDb) -> Result<Graph, Error> {
        let wrong = |reason: String, accepted: &str| Error::setting("derivation", reason, accepted);
        let row = db.with_id(self.donor).ok_or_else(|| {
            wrong(format!("segment {} is not in the database", self.donor), "the database of the run")
        })?;
        if self.place.iter().any(|&node| node >= parent.len()) {
            return Err(wrong(format!("replaces node {:?} of {}", self.place, parent.len()), "its own parent"));
        }
        let placed = Segment::cut(parent, &self.place);
        let mut donor = row.segment.clone();
        let fits = self.inputs.len() == donor.inputs.len()
            && self.outputs.len() == placed.segment.outputs.len()
            && self.inputs.iter().all(|&input| input < placed.inputs.len())
            && self.outputs.iter().all(|&output| output < donor.outputs.len())
            && self.repair.iter().all(|change| change.node < donor.nodes.len());
        if !fits {
            return Err(wrong("maps tensors that are not there".into(), "its own parent and database"));
        }
        self.repair.iter().for_each(|change| donor.nodes[change.node].op = change.after);
        let reads: Vec<Shape> = self.inputs.iter().map(|&at| placed.segment.inputs[at]).collect();
        infer(&mut donor, &reads).map_err(|reason| wrong(reason, "its own parent and database"))?;
        let order = parent.topological_order();
        Ok(splice(parent, &order, &placed, &donor, &self.inputs, &self.outputs, &self.scope)?)
    }
}
