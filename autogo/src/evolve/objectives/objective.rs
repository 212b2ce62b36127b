//! Objectives: formulas that a search maximises or minimises.

use super::columns::RunColumn;
use super::formula::Formula;
use crate::goal::Goal;
use serde::{Deserialize, Serialize};

/// A formula that a search maximises or minimises. In TOML: `{ maximise = "score" }`,
/// `{ minimise = "cycles * params" }`.
///
/// ```
/// use autogo::Goal;
/// use autogo::evolve::{Formula, Objective, RunColumn};
/// let objective = Objective::minimise("cycles * params".parse::<Formula>()?);
/// assert_eq!(objective.goal(), Goal::Minimise);
/// assert_eq!(objective.formula().columns(), [RunColumn::Cycles, RunColumn::Params]);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// A larger value of the formula is better.
    Maximise(Formula),
    /// A smaller value of the formula is better.
    Minimise(Formula),
}

impl Objective {
    /// More of this column or formula is better.
    pub fn maximise(of: impl Into<Formula>) -> Self {
        Objective::Maximise(of.into())
    }

    /// Less of this column or formula is better.
    pub fn minimise(of: impl Into<Formula>) -> Self {
        Objective::Minimise(of.into())
    }

    /// The score, in the direction in which the labels of the predictor are better.
    pub fn score(goal: Goal) -> Self {
        match goal {
            Goal::Maximise => Objective::maximise(RunColumn::Score),
            Goal::Minimise => Objective::minimise(RunColumn::Score),
        }
    }

    /// The formula that is maximised or minimised.
    pub fn formula(&self) -> &Formula {
        match self {
            Objective::Maximise(formula) | Objective::Minimise(formula) => formula,
        }
    }

    /// The better end.
    pub fn goal(&self) -> Goal {
        match self {
            Objective::Maximise(_) => Goal::Maximise,
            Objective::Minimise(_) => Goal::Minimise,
        }
    }

    /// Whether it takes a predictor to know the formula's value.
    pub fn is_expensive(&self) -> bool {
        self.formula().is_expensive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
