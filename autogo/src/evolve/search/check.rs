//! Whether the settings of a search make sense.

use super::settings::Evolution;
use crate::error::Error;
use crate::evolve::mutate::{MOST, Mutator};
use crate::evolve::objectives::{CostWindow, Needs, OwnColumn, RunColumn};

impl Evolution {
    /// Refuses settings that make no sense, and names the setting.
    pub(in crate::evolve) fn check(&self) -> Result<(), Error> {
        if self.objectives.is_empty() {
            return Err(Error::setting("objectives", "none given", "one or more"));
        }
        if let Some(constant) = self.objectives.iter().find(|objective| objective.formula().columns().is_empty()) {
            let reason = format!("`{}` names no figure", constant.formula());
            return Err(Error::setting("objectives", reason, "formulas of score, cycles, flops, params, …"));
        }
        if !(1..=MOST).contains(&self.parents) {
            return Err(Error::setting("parents", format!("is {}", self.parents), &format!("1 to {MOST}")));
        }
        self.check_columns()?;
        self.mutation.check()?;
        self.windows.iter().try_for_each(CostWindow::check)
    }

    /// Refuses own columns that are there twice, and columns that are read and are not there.
    fn check_columns(&self) -> Result<(), Error> {
        for (at, column) in self.columns.iter().enumerate() {
            column.check()?;
            if self.columns[..at].iter().any(|other| other.name() == column.name()) {
                let reason = format!("`{}` is there twice", RunColumn::Own(column.name()));
                return Err(Error::setting("column", reason, "names of their own"));
            }
        }
        let is_there = |name| self.columns.iter().any(|column| column.name() == name);
        match self.reads().find(|column| matches!(column, RunColumn::Own(name) if !is_there(*name))) {
            Some(missing) => {
                let accepted = format!("a search with it, by Evolution::with_column({:?}, …)", missing.name());
                Err(Error::setting("column", format!("`{missing}` is none of the search's"), &accepted))
            }
            None => Ok(()),
        }
    }

    /// Refuses a search whose columns cannot be known: energy without a table, an own column without its function.
    pub(in crate::evolve) fn check_sources(&self, mutator: &Mutator) -> Result<(), Error> {
        self.columns.iter().try_for_each(OwnColumn::check_function)?;
        match self.reads().find(|column| column.needs() == Needs::EnergyTable) {
            Some(column) if mutator.energy().is_none() => {
                let reason = "is asked for, but there is no table of energies";
                Err(Error::setting(column.name(), reason, "a mutator with Mutator::with_energy"))
            }
            _ => Ok(()),
        }
    }
}
