//! Labelled families as polars frames, and where their data comes from.

mod arch;
mod cache;
mod gennape;
mod gzip;
mod hardware;
mod lookup;
mod nb101;
mod nb201;
mod registry;
mod split;
mod tfrecord;

pub use crate::files::{read_parquet, write_parquet};
pub use arch::{Arch, figures, sampled};
pub use cache::cached;
pub use hardware::{hardware_agreement, hardware_latencies};
pub use registry::{Dataset, Registry, Source};
pub use split::Split;
pub use tfrecord::records;

use crate::error::Error;
use crate::families::FamilyName;
use crate::graph::Graph;
use polars::prelude::{Column, DataFrame, DataType, PlSmallStr, Scalar};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;

/// The environment variable that names the folder with the public benchmark data.
pub const DATA_VARIABLE: &str = "AUTOGO_DATA";

/// Whether more or less of a quantity is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Goal {
    /// More is better.
    Maximise,
    /// Less is better.
    Minimise,
}

/// What a family's networks are labelled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Column of the frame.
    pub column: String,
    /// What it is, with its unit, for axes and headings.
    pub title: String,
    /// Which end is better.
    pub goal: Goal,
    /// Where the labels come from.
    pub source: String,
    /// Whether they were measured (real benchmark labels) rather than computed here.
    pub measured: bool,
}

/// A family with its labels: a frame, and the architecture behind every row.
#[derive(Clone, Debug)]
pub struct LabelledFamily {
    family: FamilyName,
    label: Label,
    frame: DataFrame,
    /// The architecture of every row and its label, if it has one.
    values: Vec<(Arch, Option<f64>)>,
    /// Where an architecture stands in `values`.
    places: HashMap<Arch, usize>,
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
    /// NB-201 with the labels of `$AUTOGO_DATA/nasbench/nb201.csv`. Without the variable, `computed` networks are
    /// labelled on the spot with their NPU cycles; [`LabelledFamily::banner`] says which. A variable that names a wrong
    /// folder is an error.
    pub fn nb201_from_env(computed: usize) -> Result<Self, Error> {
        match std::env::var_os(DATA_VARIABLE) {
            Some(folder) if !folder.is_empty() => Self::nb201(PathBuf::from(folder)),
            _ => Self::nb201_computed(computed),
        }
    }

    /// NB-201 with real labels from a data folder: 15,625 rows.
    pub fn nb201(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = folder.into().join("nasbench").join("nb201.csv");
        nb201::read(&path)
    }

    /// `count` networks of NB-201 without `none`, sampled uniformly, one of each formula, and labelled with their cycles on
    /// [`crate::profile::Npu::n256`].
    pub fn nb201_computed(count: usize) -> Result<Self, Error> {
        nb201::compute(count)
    }

    /// NB-101 with real labels from a data folder: `nasbench/nb101_full.csv.gz`, 423,624 rows by ascending module hash.
    /// Graphs are built when they are asked for.
    pub fn nb101(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        nb101::read_csv(&folder.into().join("nasbench").join("nb101_full.csv.gz"))
    }

    /// NB-101 from the benchmark's own `nasbench_only108.tfrecord`; the label is the mean test accuracy of the three runs.
    pub fn nb101_tfrecord(path: impl Into<PathBuf>) -> Result<Self, Error> {
        nb101::read_tfrecord(&path.into())
    }

    /// HiAML, Inception or Two-Path with the labels of one of GENNAPE's JSON files (`{key: {net_config, max_perf, cg}}`).
    pub fn gennape(path: impl Into<PathBuf>, family: FamilyName) -> Result<Self, Error> {
        gennape::read(&path.into(), family)
    }

    fn new(
        family: FamilyName,
        label: Label,
        mut frame: DataFrame,
        values: Vec<(Arch, Option<f64>)>,
    ) -> Result<Self, Error> {
        for (name, value) in [("family", family.prefix()), ("source", label.source.as_str())] {
            let scalar = Scalar::from(PlSmallStr::from_str(value));
            frame.with_column(Column::new_scalar(name.into(), scalar, values.len()))?;
        }
        let places = values.iter().enumerate().map(|(place, (arch, _))| (arch.clone(), place)).collect();
        Ok(LabelledFamily { family, label, frame, values, places })
    }

    /// Which family it is.
    pub fn family(&self) -> FamilyName {
        self.family
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
    pub fn graph(&self, row: usize) -> Result<Graph, Error> {
        match self.arch(row) {
            Some(arch) => Ok(arch.build()?),
            None => Err(Error::setting("row", row.to_string(), &format!("0 to {}", self.len().saturating_sub(1)))),
        }
    }

    /// [`LabelledFamily::figures`] of all rows, computed once and kept in a folder of Parquet files; another library
    /// version, family or row computes anew.
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
    pub fn figures(&self, rows: &[usize]) -> Result<DataFrame, Error> {
        let archs = rows
            .iter()
            .map(|&row| self.arch(row).ok_or_else(|| Error::setting("row", row.to_string(), "a row of the frame")))
            .collect::<Result<Vec<_>, Error>>()?;
        arch::figures(&archs)
    }

    /// What the networks are labelled with.
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// The table: `spec`, `family`, the labels and their `source`; beside them what our graphs say (`content_id`, `formula_id`,
    /// `nodes`, `flops`, `params`, …) and what the benchmark itself says (`benchmark_params`). For NB-101 the table holds what the
    /// benchmark says alone (`benchmark_params`, `benchmark_multiply_adds`): its 423,624 graphs are built by
    /// [`LabelledFamily::all_figures`], in the same order.
    pub fn frame(&self) -> DataFrame {
        self.frame.clone()
    }

    /// A column of numbers against the label: (column, label) of every row that has both, for charts.
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

    /// One sentence on where the labels come from.
    pub fn banner(&self) -> String {
        if self.label.measured {
            format!("Labels: {}, {}.", self.label.title, self.label.source)
        } else {
            format!(
                "{DATA_VARIABLE} is not set: no benchmark labels. Labels computed on the spot instead: {}, {}.",
                self.label.title, self.label.source
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computed_labels_say_so_and_are_the_cycles() {
        let family = LabelledFamily::nb201_computed(40).unwrap();
        assert!(family.banner().starts_with("AUTOGO_DATA is not set"), "{}", family.banner());
        assert_eq!(family.label_ceiling(), None);
        let example = &family.split(1, 1, 0).unwrap().train[0];
        let cycles = crate::profile::Npu::n256().cycles(&example.graph).unwrap();
        assert_eq!(example.value, cycles as f64 / 1e6);
    }
}
