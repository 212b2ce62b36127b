//! The agreement of our labels with known accuracies of networks.

use super::record::LabelRecord;
use crate::failure::Failure;
use autogo::data::{Arch, LabelledFamily};
use autogo::stats::{interval, partial_srcc, srcc};
use std::collections::HashMap;
use std::fmt;

/// Draws of a bootstrap.
const DRAWS: usize = 1000;

/// A number that could be a network's label: its name, and the number, which is larger for better networks.
type Candidate = (&'static str, fn(&LabelRecord) -> f64);

/// The candidates.
const CANDIDATES: [Candidate; 6] = [
    ("test accuracy", |record| f64::from(record.test_accuracy)),
    ("test loss", |record| -f64::from(record.test_loss)),
    ("training loss, mean of all steps", |record| -f64::from(record.mean_train_loss)),
    ("training loss, mean of the last fifth", |record| {
        -record.curve.iter().rev().take(4).map(|&loss| f64::from(loss)).sum::<f64>()
    }),
    ("parameters", |record| record.params as f64),
    ("multiply-adds", |record| record.multiply_adds as f64),
];

/// A number with its 95 % interval; none where it is not defined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure(pub Option<(f64, f64, f64)>);

impl Figure {
    fn of(columns: &[&[f64]], statistic: impl Fn(&[Vec<f64>]) -> Option<f64> + Sync) -> Figure {
        let whole: Vec<Vec<f64>> = columns.iter().map(|column| column.to_vec()).collect();
        let value = statistic(&whole);
        let range = interval(columns, DRAWS, 0, statistic);
        Figure(value.zip(range).map(|(value, (low, high))| (value, low, high)))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((value, low, high)) => f.pad(&format!("{value:.3} [{low:.2}, {high:.2}]")),
            None => f.pad("-"),
        }
    }
}

/// The agreement of one candidate with the real accuracies of a family's networks.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// The candidate.
    pub name: &'static str,
    /// SRCC with the real accuracy.
    pub srcc: Figure,
    /// SRCC with the real accuracy at equal numbers of parameters.
    pub partial: Figure,
    /// SRCC within the tenth of the sample whose real accuracies are best.
    pub top: Figure,
}

/// The agreement of the candidates with the real accuracies of a family's networks.
#[derive(Clone, Debug)]
pub struct Check {
    /// The family.
    pub family: String,
    /// Sampled networks with a real accuracy.
    pub count: usize,
    /// Networks of the top twentieth, which are no part of the sample.
    pub top_count: usize,
    /// A row a candidate.
    pub rankings: Vec<Ranking>,
    /// Networks that were trained twice, and how the two accuracies and the two test losses agree.
    pub twice: Option<(usize, Figure, Figure)>,
}

/// Compares the labels of a family with its public ones. The sample alone counts; networks that were drawn from the top
/// are ranked among themselves.
pub fn check(records: &[LabelRecord], family: &LabelledFamily) -> Result<Check, Failure> {
    // A cell of NB-101 is found under every spelling.
    let accuracy = |record: &LabelRecord| family.value(Arch::parse(&record.spec).ok()?);
    let own = |record: &&LabelRecord| record.family == family.family();
    let first: Vec<(&LabelRecord, f64)> = records
        .iter()
        .filter(own)
        .filter(|record| record.seed == 0)
        .filter_map(|record| Some((record, accuracy(record)?)))
        .collect();
    let (top, sample): (Vec<_>, Vec<_>) = first.into_iter().partition(|(record, _)| record.top);
    let columns = |rows: &[(&LabelRecord, f64)], get: fn(&LabelRecord) -> f64| -> [Vec<f64>; 3] {
        [
            rows.iter().map(|(record, _)| get(record)).collect(),
            rows.iter().map(|(_, accuracy)| *accuracy).collect(),
            rows.iter().map(|(record, _)| record.params as f64).collect(),
        ]
    };
    let mut best = sample.clone();
    best.sort_by(|a, b| b.1.total_cmp(&a.1));
    best.truncate(sample.len().div_ceil(10));
    best.extend(&top);
    let ranking = |&(name, get): &Candidate| {
        let ([label, real, params], [best, best_real, _]) = (columns(&sample, get), columns(&best, get));
        Ranking {
            name,
            srcc: Figure::of(&[&label, &real], |columns| srcc(&columns[0], &columns[1])),
            partial: Figure::of(&[&label, &real, &params], |columns| {
                partial_srcc(&columns[0], &columns[1], &columns[2])
            }),
            top: Figure::of(&[&best, &best_real], |columns| srcc(&columns[0], &columns[1])),
        }
    };
    Ok(Check {
        family: family.family().into(),
        count: sample.len(),
        top_count: top.len(),
        rankings: CANDIDATES.iter().map(ranking).collect(),
        twice: twice(records, family.family()),
    })
}

/// The agreement of two trainings of one network.
pub fn twice(records: &[LabelRecord], family: &str) -> Option<(usize, Figure, Figure)> {
    let of_seed = |seed: u64| -> HashMap<&str, &LabelRecord> {
        let own = records.iter().filter(|record| record.family == family && record.seed == seed);
        own.map(|record| (record.spec.as_str(), record)).collect()
    };
    let (first, second) = (of_seed(0), of_seed(1));
    let mut pairs: Vec<(&LabelRecord, &LabelRecord)> =
        second.iter().filter_map(|(spec, &two)| Some((*first.get(spec)?, two))).collect();
    pairs.sort_by(|a, b| a.0.spec.cmp(&b.0.spec));
    let agree = |get: fn(&LabelRecord) -> f64| {
        let (one, two): (Vec<f64>, Vec<f64>) = pairs.iter().map(|(one, two)| (get(one), get(two))).unzip();
        Figure::of(&[&one, &two], |columns| srcc(&columns[0], &columns[1]))
    };
    (pairs.len() > 2).then(|| (pairs.len(), agree(CANDIDATES[0].1), agree(CANDIDATES[1].1)))
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, count, top) = (&self.family, self.count, self.top_count);
        writeln!(f, "{family}: {count} sampled networks against their real accuracy; {top} more of the top twentieth")?;
        let best = count.div_ceil(10) + top;
        writeln!(f, "{:<40}{:>22}{:>22}{:>26}", "", "SRCC", "given parameters", format!("best {best} networks"))?;
        for row in &self.rankings {
            writeln!(f, "{:<40}{:>22}{:>22}{:>26}", row.name, row.srcc, row.partial, row.top)?;
        }
        if let Some((pairs, accuracy, loss)) = &self.twice {
            write!(f, "two trainings of {pairs} networks agree: accuracy {accuracy}, test loss {loss}")?;
        }
        Ok(())
    }
}
