//! Labelled families as polars frames, and where their data comes from.

mod arch;
mod cache;
mod gennape;
mod gzip;
mod hardware;
mod nb101;
mod nb201;
mod registry;
mod released;
mod tfrecord;

pub use arch::{Arch, figures, sampled};
pub use cache::{cached, write_parquet};
pub use hardware::{hardware_agreement, hardware_latencies};
pub use registry::{Dataset, Registry, Source};
pub use released::released;
pub use tfrecord::records;

use crate::error::Error;
use crate::families::{FamilyName, Nb101};
use crate::graph::{ContentId, Graph, Zeros};
use crate::rng::Stream;
use polars::prelude::{Column, DataFrame, DataType, PlSmallStr, Scalar};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
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

/// Labelled networks for training and for testing, disjoint by content id and by formula.
#[derive(Clone, Debug)]
pub struct Split {
    /// Networks to train on.
    pub train: Vec<Example>,
    /// Networks the predictor has not seen, in any isomorphic form.
    pub test: Vec<Example>,
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

    /// `count` networks of NB-201 without `none`, sampled uniformly and labelled with their cycles on
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

    /// The labels of networks that are themselves in the family, under whatever name. Networks of NAS-Bench-101 are found by the
    /// benchmark's own name of their cell, the module hash: it covers several graphs, which split channels differently among the
    /// vertices that feed the output. Networks of the other families are found by content id, among the rows with as many
    /// parameters. Nothing for those that are not in the family. O(rows with the same parameters).
    ///
    /// ```
    /// use autogo::data::LabelledFamily;
    /// let data = LabelledFamily::nb201_computed(20)?;
    /// let other = autogo::families::graph("hiaml:z,z,z,z")?;
    /// let labels = data.labels_of(&[data.graph(3)?, other])?;
    /// assert!(labels[0].is_some() && labels[1].is_none());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn labels_of(&self, graphs: &[Graph]) -> Result<Vec<Option<f64>>, Error> {
        if self.family == FamilyName::Nb101 {
            let label = |graph: &Graph| Nb101::of_graph(graph).and_then(|cell| self.value(cell));
            return Ok(graphs.par_iter().map(label).collect());
        }
        let asked: HashMap<ContentId, usize> =
            graphs.iter().enumerate().map(|(at, graph)| (graph.content_id(), at)).collect();
        let sizes: HashSet<u64> = graphs.iter().map(|graph| graph.cost().params).collect();
        let params = self.frame.column("params")?.cast(&DataType::UInt64)?;
        let rows: Vec<usize> = params
            .u64()?
            .iter()
            .enumerate()
            .filter_map(|(row, params)| sizes.contains(&params?).then_some(row))
            .collect();
        let found = rows.par_iter().map(|&row| Ok((asked.get(&self.graph(row)?.content_id()).copied(), row)));
        let mut labels: HashMap<ContentId, f64> = HashMap::new();
        for (at, row) in found.collect::<Result<Vec<(Option<usize>, usize)>, Error>>()? {
            if let (Some(at), Some(label)) = (at, self.values[row].1) {
                labels.entry(graphs[at].content_id()).or_insert(label);
            }
        }
        Ok(graphs.iter().map(|graph| labels.get(&graph.content_id()).copied()).collect())
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

    /// Content id, formula id, nodes, edges, FLOPs (usual and original), parameters and spec of these rows, from their graphs.
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

    /// The label of an architecture, if it has one. A cell of NAS-Bench-101 is found under every spelling: all cells with its
    /// module hash have its label.
    ///
    /// ```no_run
    /// use autogo::{data::LabelledFamily, families::Nb101};
    /// let data = LabelledFamily::nb101("/path/to/data")?;
    /// let label = |spec: &str| Ok::<_, autogo::Error>(data.value(spec.parse::<Nb101>()?));
    /// assert_eq!(label("nb101:1111011111:200")?, label("nb101:1111011111:020")?);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn value(&self, arch: impl Into<Arch>) -> Option<f64> {
        let arch = arch.into();
        let place = self.places.get(&arch).copied().or_else(|| match arch {
            Arch::Nb101(cell) => {
                cell.spellings().into_iter().find_map(|cell| self.places.get(&Arch::Nb101(cell)).copied())
            }
            Arch::Nb201(_) | Arch::Hiaml(_) | Arch::TwoPath(_) | Arch::Inception(_) => None,
        });
        self.values[place?].1
    }

    /// How far the labels of two trainings of one network agree: the SRCC between the labels of networks that are one graph under
    /// two names, each pair both ways round. No predictor can be expected to rank single labels better than this.
    /// Nothing for a family whose networks are all different, or whose frame has no content ids. O(rows · log rows).
    pub fn label_ceiling(&self) -> Option<f64> {
        let ids = self.frame.column("content_id").ok()?.str().ok()?.clone();
        let mut first: HashMap<&str, f64> = HashMap::new();
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for (id, (arch, value)) in ids.iter().zip(&self.values) {
            let (Some(id), Some(value), true) = (id, value, arch.is_usable()) else { continue };
            // A class of more than two gives one pair for each further member.
            if let Some(earlier) = first.insert(id, *value) {
                a.extend([earlier, *value]);
                b.extend([*value, earlier]);
            }
        }
        crate::rank::srcc(&a, &b)
    }

    /// A uniform sample of `train` + `test` labelled networks, of NB-201 those without `none`. Of the networks with one formula,
    /// zeros aside ([`Graph::formula_id`], [`Zeros::Dropped`]), one is drawn: no network of one half then has a twin in the other,
    /// be it under the same content id, with other weights shared, or with other summands of zero. Deterministic in `seed`.
    pub fn split(&self, train: usize, test: usize, seed: u64) -> Result<Split, Error> {
        let mut usable: Vec<(Arch, f64)> = self
            .values
            .iter()
            .filter(|(arch, _)| arch.is_usable())
            .filter_map(|(arch, value)| value.map(|value| (arch.clone(), value)))
            .collect();
        usable.shuffle(&mut Stream::new(seed, "split").at(0));
        let mut seen = HashSet::new();
        let mut examples = Vec::new();
        for chunk in usable.chunks(256) {
            if examples.len() >= train + test {
                break;
            }
            let built = chunk
                .par_iter()
                .map(|(arch, value)| Ok(Example { graph: arch.build()?, value: *value }))
                .collect::<Result<Vec<Example>, Error>>()?;
            examples.extend(built.into_iter().filter(|example| seen.insert(example.graph.formula_id(Zeros::Dropped))));
        }
        if examples.len() < train + test {
            return Err(Error::setting(
                "split",
                format!("asks for {train} + {test} networks"),
                &format!("at most {} distinct ones", examples.len()),
            ));
        }
        examples.truncate(train + test);
        let test = examples.split_off(train);
        Ok(Split { train: examples, test })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_disjoint_and_reproducible() {
        let family = LabelledFamily::nb201_computed(300).unwrap();
        let ids = |seed: u64| {
            let split = family.split(100, 60, seed).unwrap();
            let ids = |examples: &[Example]| examples.iter().map(|e| e.graph.content_id()).collect::<Vec<_>>();
            (ids(&split.train), ids(&split.test))
        };
        let (train, test) = ids(1);
        assert_eq!((train.len(), test.len()), (100, 60));
        assert_eq!(train.iter().chain(&test).collect::<HashSet<_>>().len(), 160);
        assert_eq!(ids(1), (train, test));
        assert_ne!(ids(1), ids(2));
        let error = family.split(10_000, 1, 0).unwrap_err().to_string();
        assert!(error.starts_with("split: asks for 10000 + 1 networks; accepted: at most "), "{error}");
    }

    #[test]
    fn computed_labels_say_so_and_are_the_cycles() {
        let family = LabelledFamily::nb201_computed(40).unwrap();
        assert!(family.banner().starts_with("AUTOGO_DATA is not set"), "{}", family.banner());
        let example = &family.split(1, 1, 0).unwrap().train[0];
        let cycles = crate::profile::Npu::n256().cycles(&example.graph).unwrap();
        assert_eq!(example.value, cycles as f64 / 1e6);
    }
}
