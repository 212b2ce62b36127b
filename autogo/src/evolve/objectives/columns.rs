//! The table of columns: what is known of every individual of a run, a row for each.

use super::column_name::ColumnName;
use super::figures::Figures;
use crate::error::Error;
use crate::goal::Goal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The source of a column's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Needs {
    /// The graph.
    Graph,
    /// A machine, which every mutator has.
    Machine,
    /// A table of energies ([`Mutator::with_energy`](crate::evolve::Mutator::with_energy)).
    EnergyTable,
    /// A predictor: the costly source.
    Predictor,
    /// A function that the search was given ([`Evolution::with_column`](crate::evolve::Evolution::with_column)).
    Function,
}

/// A row of the table.
pub(in crate::evolve) struct Row {
    pub(in crate::evolve) column: RunColumn,
    /// The column's name in formulas, files and frames.
    pub(in crate::evolve) name: &'static str,
    /// The column's title on an axis.
    title: &'static str,
    /// The unit of an axis: how many of the column's own it stands for, and its name.
    unit: (f64, &'static str),
    needs: Needs,
    /// The better end, where the column alone says so.
    better: Option<Goal>,
    pub(in crate::evolve) value: Stored,
}

/// The functions that read a column's value from the figures of an individual, and that put the value back when a run
/// is read from a file.
pub(in crate::evolve) enum Stored {
    /// It stands beside the figures.
    Score,
    /// A whole number, of 64 bits in frames.
    Count(fn(&Figures) -> u64, fn(&mut Figures, u64)),
    /// A whole number, of 32 bits in frames.
    Size(fn(&Figures) -> u32, fn(&mut Figures, u32)),
    /// A number.
    Real(fn(&Figures) -> f64, fn(&mut Figures, f64)),
    /// A number that is not always counted.
    Counted(fn(&Figures) -> Option<f64>, fn(&mut Figures, Option<f64>)),
    /// It follows from the others, and is in no frame.
    Derived(fn(&Figures) -> f64),
}

macro_rules! columns {
    ($($(#[$doc:meta])* $column:ident: ($name:literal, $title:literal, $unit:expr, $needs:ident, $better:expr, $value:expr),)+) => {
        /// A column of a run: a figure that every individual has.
        ///
        /// In formulas and files a column of the search's own is written with an `@`, so that a name which this library
        /// gives to a column later does not change what a formula means.
        ///
        /// ```
        /// use autogo::evolve::{Needs, RunColumn};
        /// assert_eq!((RunColumn::Cycles.name(), RunColumn::Cycles.needs()), ("cycles", Needs::Machine));
        /// assert_eq!("params".parse::<RunColumn>()?, RunColumn::Params);
        /// assert_eq!(RunColumn::own("depth")?.to_string(), "@depth");
        /// assert_eq!(RunColumn::own("depth")?.name(), "depth");
        /// # Ok::<(), autogo::Error>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum RunColumn {
            $($(#[$doc])* $column,)+
            /// A column of the search's own, by its name.
            Own(ColumnName),
        }

        impl RunColumn {
            /// All that every run has.
            pub const ALL: [RunColumn; TABLE.len()] = [$(RunColumn::$column),+];
        }

        /// The table.
        pub(in crate::evolve) static TABLE: [Row; [$($name),+].len()] = [$(Row {
            column: RunColumn::$column,
            name: $name,
            title: $title,
            unit: $unit,
            needs: Needs::$needs,
            better: $better,
            value: $value,
        }),+];
    };
}

const LESS: Option<Goal> = Some(Goal::Minimise);
const ONE: (f64, &str) = (1.0, "");
const MILLIONS: (f64, &str) = (1e6, "millions");

// Name, title, unit of an axis (how many, its name), what it takes, which end is better, and the value.
columns! {
    /// The predictor's score, in the unit of its labels, which also say which end is better.
    Score: ("score", "predicted score", ONE, Predictor, None, Stored::Score),
    /// Cycles on the machine.
    Cycles: ("cycles", "cycles on the machine", MILLIONS, Machine, LESS, Stored::Count(|f| f.cycles, |f, x| f.cycles = x)),
    /// Milliseconds on the machine.
    Milliseconds: (
        "milliseconds", "milliseconds on the machine", ONE, Machine, LESS,
        Stored::Real(|f| f.milliseconds, |f, x| f.milliseconds = x)
    ),
    /// Energy of one inference in nJ; the mutator must have a table of energies.
    Nanojoules: (
        "nanojoules", "energy of an inference", (1e6, "mJ"), EnergyTable, LESS,
        Stored::Counted(|f| f.nanojoules, |f, x| f.nanojoules = x)
    ),
    /// Power in mW while the network runs again and again; the mutator must have a table of energies.
    Milliwatts: (
        "milliwatts", "power", (1.0, "mW"), EnergyTable, LESS,
        // nJ / ms is µW.
        Stored::Derived(|f| f.nanojoules.unwrap_or(f64::NAN) / f.milliseconds / 1e3)
    ),
    /// Multiply-adds.
    MultiplyAdds: (
        "multiply_adds", "multiply adds", MILLIONS, Graph, LESS,
        Stored::Count(|f| f.cost.multiply_adds, |f, x| f.cost.multiply_adds = x)
    ),
    /// FLOPs, twice the multiply-adds.
    Flops: ("flops", "flops", MILLIONS, Graph, LESS, Stored::Count(|f| f.cost.flops, |f, x| f.cost.flops = x)),
    /// FLOPs by the release's counter ([release §1.5](crate::doc::release#s1-5)).
    FlopsOriginal: (
        "flops_original", "flops original", MILLIONS, Graph, LESS,
        Stored::Count(|f| f.cost.flops_original, |f, x| f.cost.flops_original = x)
    ),
    /// Parameters.
    Params: ("params", "parameters", MILLIONS, Graph, LESS, Stored::Count(|f| f.cost.params, |f, x| f.cost.params = x)),
    /// Bytes of all results at one byte an element.
    ActivationBytes: (
        "activation_bytes", "activations", (1e6, "MB"), Graph, LESS,
        Stored::Count(|f| f.cost.activation_bytes, |f, x| f.cost.activation_bytes = x)
    ),
    /// Nodes of the graph.
    Nodes: ("nodes", "nodes", ONE, Graph, LESS, Stored::Size(|f| f.nodes as u32, |f, x| f.nodes = x as usize)),
}

/// The mark in front of the name of a search's own column.
const OWN: char = '@';

impl RunColumn {
    /// The column's row; none for a search's own columns.
    fn row(&self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.column == *self)
    }

    /// The search's own column of this name; the search must have one
    /// ([`Evolution::with_column`](crate::evolve::Evolution::with_column)).
    ///
    /// # Errors
    /// A text that is no [`ColumnName`].
    pub fn own(name: &str) -> Result<Self, Error> {
        ColumnName::new(name).map(RunColumn::Own)
    }

    /// The column's name in frames.
    pub fn name(&self) -> &str {
        match (self, self.row()) {
            (_, Some(row)) => row.name,
            (RunColumn::Own(name), None) => name.as_str(),
            (_, None) => "",
        }
    }

    /// The column that every run has under this name; `None` if there is none.
    pub fn named(name: &str) -> Option<RunColumn> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.column)
    }

    /// The source of the column's value.
    pub fn needs(&self) -> Needs {
        self.row().map_or(Needs::Function, |row| row.needs)
    }

    /// Whether it takes a predictor to know the column's value.
    pub fn is_expensive(&self) -> bool {
        self.needs() == Needs::Predictor
    }

    /// The better end; `None` for the score, whose labels say so, and for a search's own columns.
    pub fn better(&self) -> Option<Goal> {
        self.row().and_then(|row| row.better)
    }

    /// The unit of an axis, in the column's own unit, and the axis's title; `None` for a search's own columns.
    pub(in crate::evolve) fn axis(&self) -> Option<(f64, String)> {
        let Row { title, unit: (size, unit), .. } = self.row()?;
        Some((*size, if unit.is_empty() { (*title).into() } else { format!("{title} [{unit}]") }))
    }
}

impl Figures {
    /// The value of a column. The score is not among the figures; energy is no number where it is not counted, nor is a
    /// column of another search's.
    pub fn value(&self, column: RunColumn) -> Option<f64> {
        let Some(row) = column.row() else {
            let own = self.own.iter().find(|(name, _)| column == RunColumn::Own(*name));
            return Some(own.map_or(f64::NAN, |(_, value)| *value));
        };
        match row.value {
            Stored::Score => None,
            Stored::Count(value, _) => Some(value(self) as f64),
            Stored::Size(value, _) => Some(f64::from(value(self))),
            Stored::Real(value, _) | Stored::Derived(value) => Some(value(self)),
            Stored::Counted(value, _) => Some(value(self).unwrap_or(f64::NAN)),
        }
    }
}

impl fmt::Display for RunColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunColumn::Own(name) => write!(f, "{OWN}{name}"),
            known => f.write_str(known.name()),
        }
    }
}

impl FromStr for RunColumn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.strip_prefix(OWN) {
            Some(name) => RunColumn::own(name),
            None => RunColumn::named(text)
                .ok_or_else(|| Error::setting("column", format!("`{text}` is not known"), &RunColumn::accepted())),
        }
    }
}

impl RunColumn {
    /// The names that are accepted for a column, for messages.
    pub(super) fn accepted() -> String {
        format!("{}, {OWN}name for a column of the search's own", TABLE.each_ref().map(|row| row.name).join(", "))
    }
}

impl From<RunColumn> for String {
    fn from(column: RunColumn) -> String {
        column.to_string()
    }
}

impl TryFrom<String> for RunColumn {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name_of_its_own() {
        for column in RunColumn::ALL {
            assert_eq!(RunColumn::named(column.name()), Some(column));
            assert_eq!(serde_json::to_string(&column).unwrap(), format!("{:?}", column.name()));
            assert!(column.axis().is_some() && ColumnName::new(column.name()).is_ok());
        }
        assert_eq!(RunColumn::named("speed"), None);
        let error = serde_json::from_str::<RunColumn>("\"speed\"").unwrap_err().to_string();
        assert!(error.starts_with("column: `speed` is not known; accepted: score, cycles, "), "{error}");
    }

    #[test]
    fn a_value_that_is_stored_is_read_back() {
        for row in &TABLE {
            let mut figures = Figures::default();
            match row.value {
                Stored::Count(_, set) => set(&mut figures, 7),
                Stored::Size(_, set) => set(&mut figures, 7),
                Stored::Real(_, set) => set(&mut figures, 7.0),
                Stored::Counted(_, set) => set(&mut figures, Some(7.0)),
                Stored::Score | Stored::Derived(_) => continue,
            }
            assert_eq!(figures.value(row.column), Some(7.0), "{}", row.name);
        }
        let own = Figures { own: vec![(ColumnName::new("depth").unwrap(), 5.0)], ..Figures::default() };
        assert_eq!(own.value(RunColumn::own("depth").unwrap()), Some(5.0));
        assert!(own.value(RunColumn::own("width").unwrap()).unwrap().is_nan());
    }
}
