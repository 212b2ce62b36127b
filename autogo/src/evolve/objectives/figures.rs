//! Figures of a network that need no predictor.

use super::column_name::ColumnName;
use crate::error::Error;
use crate::graph::{Cost, Graph};
use crate::profile::{CycleCounter, EnergyTable};
use serde::{Deserialize, Serialize};

/// The figures of a network that need no predictor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Cycles on the machine.
    pub cycles: u64,
    /// Milliseconds on the machine.
    pub milliseconds: f64,
    /// Energy of one inference in nJ, if it is counted.
    pub nanojoules: Option<f64>,
    /// Nodes of the graph.
    pub nodes: usize,
    /// FLOPs, parameters and activations.
    pub cost: Cost,
    /// Values of the search's own columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<(ColumnName, f64)>,
}

impl Figures {
    /// Counts and times a network, and its energy if there is a table. O(nodes).
    ///
    /// # Errors
    /// A network that the machine cannot run ([`ProfileError`](crate::profile::ProfileError)), and a table of energies
    /// with a constant that is negative or no number.
    pub fn of(graph: &Graph, counter: &CycleCounter, table: Option<&EnergyTable>) -> Result<Self, Error> {
        let cycles = counter.cycles(graph)?;
        let energy = |table| Ok::<f64, Error>(counter.npu().profile(graph)?.energy(table)?.total());
        Ok(Figures {
            cycles,
            milliseconds: counter.npu().milliseconds(cycles),
            nanojoules: table.map(energy).transpose()?,
            nodes: graph.len(),
            cost: graph.cost(),
            own: Vec::new(),
        })
    }
}
