//! Labels by network: of an architecture, of a graph, of one network that was trained twice.

use super::arch::Arch;
use super::labelled::LabelledFamily;
use super::readers::AGAIN;
use crate::error::Error;
use crate::families::{Family, Nb101};
use crate::graph::{ContentId, Graph};
use crate::stats::{interval, srcc};
use polars::prelude::DataType;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::fmt;

impl LabelledFamily {
    /// The label of an architecture, if it has one. A cell of NAS-Bench-101 is found under every spelling: all cells
    /// with its module hash have its label.
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
            Arch::Other(_) | Arch::Listed(_) => None,
        });
        self.values[place?].1
    }

    /// The labels of networks that are themselves in the family, under whatever name. Networks of NAS-Bench-101 are
    /// found by the benchmark's own name of their cell, the module hash: it covers several graphs, which split channels
    /// differently among the vertices that feed the output. Networks of the other families are found by content id,
    /// among the rows with as many parameters. Nothing for those that are not in the family. O(rows with the same
    /// parameters).
    ///
    /// # Errors
    /// A row with as many parameters as one of the graphs makes no valid graph, or the frame of a family other than
    /// NB-101 has no column `params`.
    ///
    /// ```
    /// use autogo::data::LabelledFamily;
    /// let data = LabelledFamily::nb201_computed(20)?;
    /// let other = autogo::families::network("hiaml:z,z,z,z")?;
    /// let labels = data.labels_of(&[data.graph(3)?, other])?;
    /// assert!(labels[0].is_some() && labels[1].is_none());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn labels_of(&self, graphs: &[Graph]) -> Result<Vec<Option<f64>>, Error> {
        if self.family == Nb101::NAME {
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

    /// The numbers of a column beside networks that were drawn from this family, found by their compact strings.
    /// O(rows).
    ///
    /// # Errors
    /// A column that the frame does not have or that holds no numbers, a network that is not in the family, a number
    /// that is missing.
    ///
    /// ```
    /// let data = autogo::data::LabelledFamily::nb201_computed(20)?;
    /// let graphs = data.split(12, 8, 0)?.test_graphs();
    /// let params = data.numbers_of("params", &graphs)?;
    /// assert_eq!(params[0], graphs[0].cost().params as f64);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn numbers_of(&self, column: &str, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        let numbers = self.frame.column(column)?.strict_cast(&DataType::Float64)?;
        let numbers = numbers.f64()?;
        let rows: HashMap<String, usize> =
            self.values.iter().enumerate().map(|(row, (arch, _))| (arch.to_string(), row)).collect();
        let number = |graph: &Graph| {
            let missing = || {
                let reason = format!("has no number for {}", graph.name());
                Error::setting(&format!("column `{column}`"), reason, "a column with a number in every row")
            };
            rows.get(graph.name()).and_then(|&row| numbers.get(row)).ok_or_else(missing)
        };
        graphs.iter().map(number).collect()
    }

    /// How far the labels of two trainings of one network agree.
    ///
    /// Where the frame has a column `again`, the two trainings of a network are its label and its number in this
    /// column. Otherwise they are the labels of two rows with one `content_id`, one graph under two names; each pair
    /// counts both ways round.
    ///
    /// `None` for labels that were computed, which are equal for equal graphs; for a frame with neither column; and
    /// where there are too few pairs for an SRCC ([`stats::srcc`](crate::stats::srcc)), as in a family whose networks
    /// are all different. O(rows · log rows).
    pub fn reliability(&self) -> Option<Reliability> {
        if !self.label.measured {
            return None;
        }
        if let Ok(pairs) = self.against(AGAIN) {
            let (again, first): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            return Reliability::of(&again, &first, srcc);
        }
        let ids = self.frame.column("content_id").ok()?.str().ok()?.clone();
        let mut first: HashMap<&str, f64> = HashMap::new();
        let (mut earlier_ones, mut later_ones) = (Vec::new(), Vec::new());
        for (id, (arch, value)) in ids.iter().zip(&self.values) {
            let (Some(id), Some(value), true) = (id, value, arch.is_usable()) else { continue };
            // A class of more than two gives one pair for each further member.
            if let Some(earlier) = first.insert(id, *value) {
                earlier_ones.push(earlier);
                later_ones.push(*value);
            }
        }
        // Which of the two rows comes first says nothing.
        let both_ways = |a: &[f64], b: &[f64]| srcc(&[a, b].concat(), &[b, a].concat());
        Reliability::of(&earlier_ones, &later_ones, both_ways)
    }
}

/// How far the labels of two trainings of one network agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reliability {
    /// SRCC of the two.
    pub srcc: f64,
    /// Its 95 % interval over pairs.
    pub interval: (f64, f64),
    /// The number of pairs.
    pub pairs: usize,
}

/// Resamples behind an interval.
const RESAMPLES: usize = 1000;

impl Reliability {
    fn of(first: &[f64], second: &[f64], srcc: impl Fn(&[f64], &[f64]) -> Option<f64> + Sync) -> Option<Reliability> {
        let interval = interval(&[first, second], RESAMPLES, 0, |columns| srcc(&columns[0], &columns[1]))?;
        Some(Reliability { srcc: srcc(first, second)?, interval, pairs: first.len() })
    }

    /// About the best SRCC with single labels that a predictor can have: that of the mean over all trainings. Two single labels
    /// share their noise with nobody, such a predictor has none of its own, so it is the root of what two labels
    /// have (C. Spearman, *The proof and measurement of association between two things*, 1904).
    pub fn ceiling(&self) -> f64 {
        self.srcc.max(0.0).sqrt()
    }
}

impl fmt::Display for Reliability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reliability { srcc, interval: (low, high), pairs } = self;
        write!(f, "SRCC {srcc:.3} [{low:.3}, {high:.3}], {pairs} pairs")
    }
}
