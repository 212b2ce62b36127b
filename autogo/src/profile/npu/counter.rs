//! Cycles of many similar graphs: what was costed once is not costed again.

use super::fusion::Plan;
use super::kernel::Cost;
use super::key::Key;
use super::machine::Npu;
use super::timing::{Timed, time};
use crate::error::Error;
use crate::graph::Graph;
use crate::profile::ProfileError;
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A machine that remembers what kernels cost, by their op, shapes and what is fused. For a mutant only kernels that are
/// new anywhere are costed; placing tensors and adding up is done anew, in one pass over the nodes. The numbers are those of
/// [`Npu::cycles`] exactly, on any number of threads; clones share the memory.
///
/// ```
/// use autogo::profile::{CycleCounter, Npu};
/// let counter = CycleCounter::new(Npu::n256())?;
/// let graph = autogo::families::network("resnet50")?;
/// assert_eq!(counter.cycles(&graph)?, Npu::n256().cycles(&graph)?);
/// assert!(counter.known() < graph.len());
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CycleCounter {
    npu: Npu,
    costs: Arc<RwLock<HashMap<Key, Cost, FixedState>>>,
}

impl CycleCounter {
    /// A counter that knows nothing yet.
    ///
    /// # Errors
    /// A machine that cannot exist.
    pub fn new(npu: Npu) -> Result<Self, Error> {
        npu.check()?;
        Ok(CycleCounter { npu, costs: Arc::default() })
    }

    /// The machine.
    pub fn npu(&self) -> &Npu {
        &self.npu
    }

    /// Number of distinct kernels that are known.
    pub fn known(&self) -> usize {
        // A cost is a pure function of its key, so what a thread wrote before it failed is still right.
        self.costs.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Cycles of a whole network. O(nodes + edges), and O(blocks) for each kernel that is new.
    ///
    /// # Errors
    /// Those of [`Npu::cycles`].
    pub fn cycles(&self, graph: &Graph) -> Result<u64, Error> {
        let plan = Plan::new(graph, self.npu.fusion);
        let mut costs: Vec<(Key, Option<Cost>)> = Vec::with_capacity(plan.kernels.len());
        {
            let known = self.costs.read().unwrap_or_else(PoisonError::into_inner);
            costs.extend(plan.kernels.iter().map(|kernel| {
                let key = Key::of(graph, &plan, kernel);
                (key, known.get(&key).copied())
            }));
        }
        if costs.iter().any(|(_, cost)| cost.is_none()) {
            let mut fresh: HashMap<Key, Cost, FixedState> = HashMap::default();
            for ((key, cost), kernel) in costs.iter_mut().zip(&plan.kernels).filter(|((_, cost), _)| cost.is_none()) {
                let made = match fresh.get(key) {
                    Some(made) => *made,
                    None => key.cost(&self.npu, &graph.node(kernel.anchor).name)?,
                };
                fresh.insert(*key, made);
                *cost = Some(made);
            }
            self.costs.write().unwrap_or_else(PoisonError::into_inner).extend(fresh);
        }
        let costs: Vec<(Key, Cost)> = costs.into_iter().filter_map(|(key, cost)| Some((key, cost?))).collect();
        Ok(time(&self.npu, graph, &plan, &costs, |_, _: &Timed| {})?)
    }
}

/// The kernels of a graph with their costs; equal ones are costed once.
pub(super) fn costs(npu: &Npu, graph: &Graph, plan: &Plan) -> Result<Vec<(Key, Cost)>, ProfileError> {
    let mut known: HashMap<Key, Cost, FixedState> = HashMap::default();
    let cost = |kernel| {
        let key = Key::of(graph, plan, kernel);
        let cost = match known.get(&key) {
            Some(cost) => *cost,
            None => key.cost(npu, &graph.node(kernel.anchor).name)?,
        };
        known.insert(key, cost);
        Ok((key, cost))
    };
    plan.kernels.iter().map(cost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};
    use rayon::prelude::*;

    #[test]
    fn a_mutant_costs_only_what_is_new_and_threads_agree() {
        let counter = CycleCounter::new(Npu::n512()).unwrap();
        let graphs: Vec<Graph> = (0..12).map(|index| Nb201::sample(3, index).build().unwrap()).collect();
        let alone: Vec<u64> = graphs.iter().map(|graph| Npu::n512().cycles(graph).unwrap()).collect();
        let together: Vec<u64> = graphs.par_iter().map(|graph| counter.clone().cycles(graph).unwrap()).collect();
        assert_eq!(alone, together);
        let known = counter.known();
        let again: Vec<u64> = graphs.iter().map(|graph| counter.cycles(graph).unwrap()).collect();
        assert_eq!((again, counter.known()), (alone, known));
    }
}
