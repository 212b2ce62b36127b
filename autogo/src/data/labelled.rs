//! A family with its labels: a frame, and the architecture behind every row.

use super::arch::{self, Arch};
use super::cache::cached;
use crate::error::Error;
use crate::families::Family;
use crate::goal::Goal;
use crate::graph::Graph;
use polars::prelude::{Column, DataFrame, DataType, PlSmallStr, Scalar};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;

/// The label of a family's networks.
///
/// ```
/// use autogo::{Goal, data::Label};
/// let label = Label {
///     column: "latency".into(),
///     title: "latency on my phone [ms]".into(),
///     goal: Goal::Minimise,
///     source: "measured in May".into(),
///     measured: true,
///     published: false,
/// };
/// assert_eq!(label.goal, Goal::Minimise);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Column of the frame.
    pub column: String,
    /// The title of the label, with its unit, for axes and headings.
    pub title: String,
    /// The better end.
    pub goal: Goal,
    /// The source of the labels.
    pub source: String,
    /// Whether networks were trained or run for the labels, rather than computed on paper.
    pub measured: bool,
    /// Whether a benchmark published them, for networks in full size: the paper's numbers stand beside such labels
    /// alone.
    pub published: bool,
}

/// A family with its labels: a frame, and the architecture behind every row.
///
/// ```
/// use autogo::prelude::*;
/// let data = LabelledFamily::nb201_computed(20)?;
/// assert_eq!((data.family(), data.len(), data.label().goal), ("nb201", 20, Goal::Minimise));
/// let split = data.split(15, 5, 0)?;
/// assert_eq!((split.train.len(), split.test_values().len()), (15, 5));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LabelledFamily {
    pub(super) family: String,
    pub(super) label: Label,
    pub(super) frame: DataFrame,
    /// The architecture of every row and its label, if it has one.
    pub(super) values: Vec<(Arch, Option<f64>)>,
    /// The place of an architecture in `values`.
    pub(super) places: HashMap<Arch, usize>,
}

/// A labelled network.
#[derive(Clone, Debug)]
pub struct Example {
    /// The network.
    pub graph: Graph,
    /// Its label, in whatever unit.
    pub value: f64,
}

impl LabelledFamily {
    /// A family of one's own with labels: networks with a value each, or none.
    ///
    /// # Errors
    /// A network that cannot be built, and two networks that are equal.
    pub fn of<F: Family>(networks: Vec<(F, Option<f64>)>, label: Label) -> Result<Self, Error> {
        let values: Vec<(Arch, Option<f64>)> =
            networks.iter().map(|(network, value)| (Arch::of(network), *value)).collect();
        let archs: Vec<Arch> = values.iter().map(|(arch, _)| arch.clone()).collect();
        let mut frame = arch::figures(&archs)?;
        let column = values.iter().map(|(_, value)| *value).collect::<Vec<Option<f64>>>();
        frame.with_column(Column::new(label.column.as_str().into(), column))?;
        Self::new(F::NAME, label, frame, values)
    }

    pub(crate) fn new(
        family: &str,
        label: Label,
        mut frame: DataFrame,
        values: Vec<(Arch, Option<f64>)>,
    ) -> Result<Self, Error> {
        for (name, value) in [("family", family), ("source", label.source.as_str())] {
            let scalar = Scalar::from(PlSmallStr::from_str(value));
            frame.with_column(Column::new_scalar(name.into(), scalar, values.len()))?;
        }
        let places: HashMap<Arch, usize> =
            values.iter().enumerate().map(|(place, (arch, _))| (arch.clone(), place)).collect();
        if places.len() < values.len() {
            let accepted = "every network once";
            return Err(Error::setting("labelled networks", "one of them stands there twice", accepted));
        }
        Ok(LabelledFamily { family: family.into(), label, frame, values, places })
    }

    /// The family's name: the prefix of its compact strings.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The architecture of a row.
    pub fn arch(&self, row: usize) -> Option<Arch> {
        self.values.get(row).map(|(arch, _)| arch.clone())
    }

    /// The graph of a row, built now.
    ///
    /// # Errors
    /// There is no such row, or its architecture makes no valid graph.
    pub fn graph(&self, row: usize) -> Result<Graph, Error> {
        match self.arch(row) {
            Some(arch) => Ok(arch.build()?),
            None => Err(Error::setting("row", row.to_string(), &format!("0 to {}", self.len().saturating_sub(1)))),
        }
    }

    /// The family with a column of numbers more, or in the place of one of that name; a number for every row, or none.
    /// Contenders of a study may read it.
    ///
    /// ```
    /// use autogo::data::LabelledFamily;
    /// let data = LabelledFamily::nb201_computed(3)?.with_numbers("mine", vec![Some(1.0), None, Some(3.0)])?;
    /// assert_eq!(data.frame().column("mine")?.null_count(), 1);
    /// assert!(data.with_numbers("mine", vec![]).is_err());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// Another number of numbers than of rows, and the name of the label's column.
    pub fn with_numbers(mut self, column: &str, numbers: Vec<Option<f64>>) -> Result<Self, Error> {
        if numbers.len() != self.len() || column == self.label.column {
            let reason = format!("{} numbers for column `{column}`", numbers.len());
            let accepted = format!("{}, one for each row, in a column other than `{}`", self.len(), self.label.column);
            return Err(Error::setting("numbers", reason, &accepted));
        }
        self.frame.with_column(Column::new(column.into(), numbers))?;
        Ok(self)
    }

    /// The rows that have a label, ascending.
    pub(crate) fn labelled_rows(&self) -> Vec<usize> {
        (0..self.len()).filter(|&row| self.values[row].1.is_some()).collect()
    }

    /// The network of a row with its label, whole or with one cell or block wherever the family repeats the same one.
    ///
    /// # Errors
    /// There is no such row, the row has no label, or its architecture makes no valid graph.
    pub(crate) fn example(&self, row: usize, shallow: bool) -> Result<Example, Error> {
        let labelled = self.values.get(row).and_then(|(arch, value)| Some((arch, (*value)?)));
        let (arch, value) = labelled.ok_or_else(|| Error::setting("row", row.to_string(), "a row with a label"))?;
        Ok(Example { graph: if shallow { arch.build_shallow()? } else { arch.build()? }, value })
    }

    /// [`LabelledFamily::figures`] of all rows, computed once and kept in a folder of Parquet files; another library
    /// version, family or row computes anew.
    ///
    /// # Errors
    /// As for [`LabelledFamily::figures`], and the folder or a file in it cannot be read or written.
    pub fn all_figures(&self, folder: impl Into<PathBuf>) -> Result<DataFrame, Error> {
        let specs: String = self.values.iter().map(|(arch, _)| format!("{arch}\n")).collect();
        let version = concat!("figures 2, autogo ", env!("CARGO_PKG_VERSION"));
        cached(&folder.into(), &[version.as_bytes(), specs.as_bytes()], || {
            self.figures(&(0..self.len()).collect::<Vec<_>>())
        })
    }

    /// Content id, formula id, nodes, edges, FLOPs (usual and the release's), parameters and spec of these rows, from
    /// their graphs.
    /// O(rows · nodes), on all cores.
    ///
    /// # Errors
    /// One of the rows does not exist, or its architecture makes no valid graph.
    pub fn figures(&self, rows: &[usize]) -> Result<DataFrame, Error> {
        let archs = rows
            .iter()
            .map(|&row| self.arch(row).ok_or_else(|| Error::setting("row", row.to_string(), "a row of the frame")))
            .collect::<Result<Vec<_>, Error>>()?;
        arch::figures(&archs)
    }

    /// The label of the networks.
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// The table: `spec`, `family`, the labels and their `source`; beside them what our graphs say (`content_id`,
    /// `formula_id`, `nodes`, `flops`, `params`, …) and what the benchmark itself says (`benchmark_params`). For NB-101
    /// the table holds what the benchmark says alone (`benchmark_params`, `benchmark_multiply_adds`): its 423,624
    /// graphs are built by [`LabelledFamily::all_figures`], in the same order.
    pub fn frame(&self) -> DataFrame {
        self.frame.clone()
    }

    /// A column of numbers against the label: (column, label) of every row that has both, for charts.
    ///
    /// # Errors
    /// The frame has no such column, or the column cannot be read as numbers.
    ///
    /// ```
    /// let data = autogo::data::LabelledFamily::nb201_computed(30)?;
    /// assert_eq!(data.against("flops")?.len(), 30);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn against(&self, column: &str) -> Result<Vec<(f64, f64)>, Error> {
        let numbers = self.frame.column(column)?.cast(&DataType::Float64)?;
        let labels = self.values.iter().map(|(_, value)| *value);
        Ok(numbers.f64()?.iter().zip(labels).filter_map(|(number, label)| Some((number?, label?))).collect())
    }

    /// A figure of the graphs against the label, for about `count` rows spread evenly: (figure, label) of every row
    /// that has a label. For families whose frame does not hold the figure. O(count · nodes), on all cores.
    ///
    /// # Errors
    /// A column that [`figures`](crate::data::figures) does not have.
    pub fn sampled_against(&self, column: &str, count: usize) -> Result<Vec<(f64, f64)>, Error> {
        let rows: Vec<usize> = (0..self.len()).step_by((self.len() / count.max(1)).max(1)).collect();
        let figures = self.figures(&rows)?.column(column)?.cast(&DataType::Float64)?;
        let labels = rows.iter().map(|&row| self.values[row].1);
        Ok(figures.f64()?.iter().zip(labels).filter_map(|(figure, label)| Some((figure?, label?))).collect())
    }

    /// One sentence on where the labels come from.
    pub fn banner(&self) -> String {
        let origin = if self.label.measured { "Labels" } else { "Labels computed on the spot" };
        format!("{origin}: {}, {}.", self.label.title, self.label.source)
    }
}

/// Two columns of numbers as points, for charts: (x, y) of every row that has both.
///
/// # Errors
/// A column that the frame does not have, or that holds no numbers.
///
/// ```
/// use autogo::{data::pairs, polars::prelude::df};
/// let frame = df!("flops" => [1u64, 2], "params" => [Some(10u64), None])?;
/// assert_eq!(pairs(&frame, "flops", "params")?, [(1.0, 10.0)]);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn pairs(frame: &DataFrame, x: &str, y: &str) -> Result<Vec<(f64, f64)>, Error> {
    let numbers = |name: &str| frame.column(name)?.strict_cast(&DataType::Float64);
    let (x, y) = (numbers(x)?, numbers(y)?);
    Ok(x.f64()?.iter().zip(y.f64()?.iter()).filter_map(|(x, y)| Some((x?, y?))).collect())
}
