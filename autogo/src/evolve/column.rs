//! The figures of an individual, and what a search wants of them.

use super::Formula;
use crate::error::Error;
use crate::goal::Goal;
use crate::graph::{Cost, Graph};
use crate::profile::{CycleCounter, EnergyTable};
use serde::{Deserialize, Serialize};

/// A figure of an individual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The predictor's score, in the unit of its labels.
    Score,
    /// Cycles on the machine.
    Cycles,
    /// Milliseconds on the machine.
    Milliseconds,
    /// Energy of one inference in nJ; the mutator must have a table of energies.
    Nanojoules,
    /// Power in mW while the network runs again and again; the mutator must have a table of energies.
    Milliwatts,
    /// Multiply-adds.
    MultiplyAdds,
    /// FLOPs, twice the multiply-adds.
    Flops,
    /// FLOPs by the release's counter ([release §1.5](crate::doc::release#s1-5)).
    FlopsOriginal,
    /// Parameters.
    Params,
    /// Bytes of all results at one byte an element.
    ActivationBytes,
    /// Nodes of the graph.
    Nodes,
}

impl Column {
    /// All of them.
    pub const ALL: [Column; 11] = [
        Column::Score,
        Column::Cycles,
        Column::Milliseconds,
        Column::Nanojoules,
        Column::Milliwatts,
        Column::MultiplyAdds,
        Column::Flops,
        Column::FlopsOriginal,
        Column::Params,
        Column::ActivationBytes,
        Column::Nodes,
    ];

    /// Its name in formulas, files and frames.
    pub fn name(self) -> &'static str {
        match self {
            Column::Score => "score",
            Column::Cycles => "cycles",
            Column::Milliseconds => "milliseconds",
            Column::Nanojoules => "nanojoules",
            Column::Milliwatts => "milliwatts",
            Column::MultiplyAdds => "multiply_adds",
            Column::Flops => "flops",
            Column::FlopsOriginal => "flops_original",
            Column::Params => "params",
            Column::ActivationBytes => "activation_bytes",
            Column::Nodes => "nodes",
        }
    }

    /// The column of this name.
    pub fn named(name: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Whether it takes a predictor to know it.
    pub fn is_expensive(self) -> bool {
        self == Column::Score
    }
}

/// What is known of a network without asking a predictor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
}

impl Figures {
    /// Counts and times a network, and its energy if there is a table. O(nodes).
    pub fn of(graph: &Graph, counter: &CycleCounter, table: Option<&EnergyTable>) -> Result<Self, Error> {
        let cycles = counter.cycles(graph)?;
        let energy = |table| Ok::<f64, Error>(counter.npu().profile(graph)?.energy(table)?.total());
        Ok(Figures {
            cycles,
            milliseconds: counter.npu().milliseconds(cycles),
            nanojoules: table.map(energy).transpose()?,
            nodes: graph.len(),
            cost: graph.cost(),
        })
    }

    /// The figure of a column; the score is not among them, and energy is no number where it is not counted.
    pub fn value(&self, column: Column) -> Option<f64> {
        Some(match column {
            Column::Score => return None,
            Column::Cycles => self.cycles as f64,
            Column::Milliseconds => self.milliseconds,
            Column::Nanojoules => self.nanojoules.unwrap_or(f64::NAN),
            // nJ / ms is µW.
            Column::Milliwatts => self.nanojoules.unwrap_or(f64::NAN) / self.milliseconds / 1e3,
            Column::MultiplyAdds => self.cost.multiply_adds as f64,
            Column::Flops => self.cost.flops as f64,
            Column::FlopsOriginal => self.cost.flops_original as f64,
            Column::Params => self.cost.params as f64,
            Column::ActivationBytes => self.cost.activation_bytes as f64,
            Column::Nodes => self.nodes as f64,
        })
    }
}

/// What a search wants more, or less, of. In TOML: `{ maximise = "score" }`, `{ minimise = "cycles * params" }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// More of it is better.
    Maximise(Formula),
    /// Less of it is better.
    Minimise(Formula),
}

impl Objective {
    /// More of this figure is better.
    pub fn maximise(of: impl Into<Formula>) -> Self {
        Objective::Maximise(of.into())
    }

    /// Less of this figure is better.
    pub fn minimise(of: impl Into<Formula>) -> Self {
        Objective::Minimise(of.into())
    }

    /// The score, in the direction in which the labels of the predictor are better.
    pub fn score(goal: Goal) -> Self {
        match goal {
            Goal::Maximise => Objective::maximise(Column::Score),
            Goal::Minimise => Objective::minimise(Column::Score),
        }
    }

    /// What it is of.
    pub fn formula(&self) -> &Formula {
        match self {
            Objective::Maximise(formula) | Objective::Minimise(formula) => formula,
        }
    }

    /// Which end is better.
    pub fn goal(&self) -> Goal {
        match self {
            Objective::Maximise(_) => Goal::Maximise,
            Objective::Minimise(_) => Goal::Minimise,
        }
    }

    /// Whether it takes a predictor to know it.
    pub fn is_expensive(&self) -> bool {
        self.formula().is_expensive()
    }
}

/// A child is kept when a figure falls by a percentage of the input's between two bounds, both excluded
/// ([release §4.5](crate::doc::release#s4-5)). In TOML: `{ column = "flops", decrease = [-10, 100] }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The figure.
    pub column: Column,
    /// Smallest and largest decrease, in percent; a negative decrease is an increase.
    pub decrease: (f64, f64),
}

impl Window {
    /// Whether a value is inside when the input network has `base`.
    pub fn admits(&self, base: f64, value: f64) -> bool {
        // A figure that is zero to begin with, such as the parameters of a network without weights, stays where it is.
        let decrease = if base == value { 0.0 } else { 100.0 * (base - value) / base.abs() };
        self.decrease.0 < decrease && decrease < self.decrease.1
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let (low, high) = self.decrease;
        if low < high {
            return Ok(());
        }
        let what = format!("window of {}", self.column.name());
        Err(Error::setting(&what, format!("is {low} to {high} %"), "a lower and an upper percentage"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name_of_its_own() {
        for column in Column::ALL {
            assert_eq!(Column::named(column.name()), Some(column));
            assert_eq!(serde_json::to_string(&column).unwrap(), format!("{:?}", column.name()));
        }
        assert_eq!(Column::named("speed"), None);
    }

    #[test]
    fn a_window_excludes_its_bounds() {
        let window = Window { column: Column::Flops, decrease: (-10.0, 100.0) };
        assert!(window.admits(200.0, 200.0) && window.admits(200.0, 219.0) && window.admits(200.0, 1.0));
        assert!(!window.admits(200.0, 220.0) && !window.admits(200.0, 0.0));
        assert!(window.admits(0.0, 0.0) && !window.admits(0.0, 1.0));
        assert!(!window.admits(200.0, f64::NAN));
        let error = Window { decrease: (5.0, 5.0), ..window }.check().unwrap_err().to_string();
        assert_eq!(error, "window of flops: is 5 to 5 %; accepted: a lower and an upper percentage");
    }

    #[test]
    fn objectives_are_lines_of_toml() {
        #[derive(Deserialize, Debug)]
        struct File {
            objectives: Vec<Objective>,
        }
        let text = "objectives = [{ maximise = \"score\" }, { minimise = \"cycles / 1e6 + params\" }]";
        let file: File = toml::from_str(text).unwrap();
        assert!(file.objectives[0].is_expensive() && !file.objectives[1].is_expensive());
        assert_eq!(file.objectives[1].goal(), Goal::Minimise);
        let error = toml::from_str::<File>("objectives = [{ maximise = \"speed\" }]").unwrap_err().to_string();
        assert!(error.contains("no figure is called `speed`"), "{error}");
    }
}
