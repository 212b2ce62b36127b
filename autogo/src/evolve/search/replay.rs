//! The networks of a run, made again from its derivations.

use super::individual::Individual;
use super::run::EvolutionRun;
use crate::error::Error;
use crate::graph::Graph;
use crate::segment::SegmentDb;
use std::collections::BTreeMap;

impl EvolutionRun {
    /// The network of an individual: at hand if it is the input or on the front, otherwise made again from its nearest
    /// ancestor that is. O(nodes · ancestors).
    ///
    /// # Errors
    /// No such individual, another database than that of the run, and a network that does not come out under the content id
    /// that was recorded.
    pub fn graph(&self, id: usize, db: &SegmentDb) -> Result<Graph, Error> {
        self.regrow(id, db, &mut BTreeMap::new())
    }

    /// As [`EvolutionRun::graph`], keeping what is made on the way.
    pub(in crate::evolve) fn regrow(
        &self,
        id: usize,
        db: &SegmentDb,
        grown: &mut BTreeMap<usize, Graph>,
    ) -> Result<Graph, Error> {
        let mut line = Vec::new();
        let mut at = id;
        let mut graph = loop {
            if let Some(graph) = self.graphs.get(&at).or_else(|| grown.get(&at)) {
                break graph.clone();
            }
            let individual = self.known(at)?;
            let origin = individual.parent.filter(|parent| *parent < at).zip(individual.derivation.as_ref());
            let Some((parent, derivation)) = origin else {
                return Err(Error::setting("individual", format!("{at} has no parent"), "a run with its input"));
            };
            line.push((individual, derivation));
            at = parent;
        };
        for (individual, derivation) in line.into_iter().rev() {
            graph = derivation.replay(&graph, db)?;
            if graph.content_id() != individual.content_id {
                let reason = format!("{} comes out as another network when it is made again", individual.id);
                return Err(Error::setting("individual", reason, "the run's own database"));
            }
            grown.insert(individual.id, graph.clone());
        }
        Ok(graph)
    }

    fn known(&self, id: usize) -> Result<&Individual, Error> {
        self.individuals.get(id).ok_or_else(|| {
            Error::setting("individual", format!("is {id}"), &format!("0 to {}", self.individuals.len() - 1))
        })
    }

    /// Makes individual `id` again from its parent and says whether the same network comes out; of the input network, whether
    /// it is the one that was recorded.
    ///
    /// # Errors
    /// There is no such individual, or it has no derivation, or that does not fit its parent and `db`.
    pub fn replay(&self, id: usize, db: &SegmentDb) -> Result<bool, Error> {
        let individual = self.known(id)?;
        match (individual.parent, &individual.derivation) {
            (Some(parent), Some(derivation)) => {
                let again = derivation.replay(&self.graph(parent, db)?, db)?;
                Ok(again.content_id() == individual.content_id)
            }
            _ if id == 0 => Ok(self.graph(0, db)?.content_id() == individual.content_id),
            _ => Err(Error::setting("individual", format!("{id} has no derivation"), "a run as it was written")),
        }
    }

    /// Nodes of an individual's network that none of its ancestors had, by index.
    ///
    /// # Errors
    /// Those of [`EvolutionRun::graph`].
    pub fn new_nodes(&self, id: usize, db: &SegmentDb) -> Result<Vec<usize>, Error> {
        let graph = self.graph(id, db)?;
        let Some(derivation) = &self.known(id)?.derivation else { return Ok(Vec::new()) };
        let start = format!("{}/", derivation.scope);
        Ok((0..graph.len()).filter(|&node| graph.node(node).name.starts_with(&start)).collect())
    }
}
