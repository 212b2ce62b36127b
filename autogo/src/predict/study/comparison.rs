//! Several ways to score networks, trained and tried on the same networks.

use super::Method;
use super::outcome::{Outcome, Scores, frame, learned};
use crate::data::{LabelledFamily, Split};
use crate::error::Error;
use crate::graph::Graph;
use crate::interrupt;
use crate::progress::Progress;
use crate::segment::{Mining, Segmenter};
use polars::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// A comparison of ways to score the networks of one family: every one is trained on the same networks and tried on the
/// same others, once for each seed. A seed draws the split, too; both halves are disjoint by content id.
///
/// ```
/// use autogo::prelude::*;
/// let comparison = Comparison::from_toml(r#"
///     train = 20
///     test = 10
///     seeds = [0, 1]
///     mining = { trainer = { model = "bpe", merges = 20 } }
///     contenders = [{ name = "FLOPs", baseline = "flops" }, { name = "nodes", baseline = "nodes" }]
/// "#)?;
/// let runs = comparison.run(&LabelledFamily::nb201_computed(40)?, Progress::Silent)?;
/// assert_eq!(runs.height(), 4);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Networks to learn from.
    pub train: usize,
    /// Networks to be ranked.
    pub test: usize,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// The stages of mining; segments are mined from the networks to learn from.
    #[serde(default)]
    pub mining: Mining,
    /// The ways to score networks that are compared.
    pub contenders: Vec<Contender>,
}

/// A way to score networks, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contender {
    /// Its name in tables.
    pub name: String,
    /// The way itself.
    #[serde(flatten)]
    pub method: Method,
}

impl Comparison {
    /// A comparison in TOML: `train`, `test`, `seeds`, a table `mining` as in [`Mining::from_file`], and for each of
    /// the `contenders` a `name` and what [`Method`] says: a `predictor` (a table of
    /// [`TrainSettings`](crate::predict::TrainSettings)), a `gaussian` process
    /// ([`GaussianSettings`](crate::predict::GaussianSettings)), an `ensemble` of these ([`Ensemble`](super::Ensemble)),
    /// one that is `distilled` from these ([`Distilled`](super::Distilled)), a `baseline`
    /// ([`Baseline`](super::Baseline)), a `column` of the family's frame, or `columns` of it
    /// ([`ColumnForest`](super::ColumnForest)).
    ///
    /// # Errors
    /// Text that is no such TOML; the error names the line.
    ///
    /// ```
    /// use autogo::predict::Comparison;
    /// let text = r#"
    ///     train = 100
    ///     test = 50
    ///     seeds = [0, 1]
    ///     contenders = [
    ///         { name = "FLOPs", baseline = "flops" },
    ///         { name = "GIN", predictor = { epochs = 5, architecture = { reads = "graph", convolution = "gin" } } },
    ///     ]
    /// "#;
    /// assert_eq!(Comparison::from_toml(text)?.contenders.len(), 2);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let accepted = "train, test, seeds, mining and contenders";
        toml::from_str(text).map_err(|error| Error::toml("comparison", text, &error, accepted))
    }

    /// The comparison with as many networks as a family has: its own numbers, or all there are in their proportion
    /// ([`LabelledFamily::shares`]).
    ///
    /// # Errors
    /// As for [`LabelledFamily::shares`].
    ///
    /// ```
    /// use autogo::prelude::*;
    /// let text = "train = 400\ntest = 200\nseeds = [0]\ncontenders = [{ name = 'FLOPs', baseline = 'flops' }]";
    /// let comparison = Comparison::from_toml(text)?.within(&LabelledFamily::nb201_computed(30)?)?;
    /// assert_eq!((comparison.train, comparison.test), (20, 10));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn within(self, family: &LabelledFamily) -> Result<Self, Error> {
        let (train, test) = family.shares(self.train, self.test)?;
        Ok(Comparison { train, test, ..self })
    }

    /// Runs the comparison on a family. One row for each contender and seed: `family`, the `label` that is ranked and
    /// whether a benchmark `published` it, `contender`, `seed`, `srcc` of scores of whole networks with its 95 %
    /// bootstrap interval (`low`, `high`), `fold_srcc` (see [`fold_srcc`](super::fold_srcc); empty for a contender that reads whole
    /// networks), `kendall_tau`, `top_20_overlap`, `ndcg_20`, `seconds` to train, `train` and `test` networks. An
    /// interrupt ends the comparison after the contender that runs, with the rows so far.
    ///
    /// # Errors
    /// No seeds or no contenders, fewer networks than the split needs, settings out of range, networks that a contender
    /// cannot read.
    pub fn run(&self, family: &LabelledFamily, progress: Progress) -> Result<DataFrame, Error> {
        if self.seeds.is_empty() || self.contenders.is_empty() {
            let reason = format!("{} seeds and {} contenders", self.seeds.len(), self.contenders.len());
            return Err(Error::setting("comparison", reason, "at least 1 of each"));
        }
        let mut rows = Vec::new();
        let mut bar = progress.start(family.family(), 0, self.seeds.len() * self.contenders.len());
        for &seed in &self.seeds {
            let trial = Trial::new(self, family, seed)?;
            for contender in &self.contenders {
                let row = trial.run(contender)?;
                bar.report(rows.len() + 1, &row.note());
                rows.push(row);
                if interrupt::is_asked() {
                    bar.report(rows.len(), "interrupted");
                    return frame(family, self.train, self.test, &rows);
                }
            }
        }
        frame(family, self.train, self.test, &rows)
    }
}

/// The networks of one seed.
struct Trial<'a> {
    seed: u64,
    family: &'a LabelledFamily,
    split: Split,
    segmenter: Segmenter,
    /// Networks to be ranked.
    unseen: Vec<Graph>,
    /// The labels of the networks to be ranked.
    truth: Vec<f64>,
}

impl<'a> Trial<'a> {
    fn new(comparison: &Comparison, family: &'a LabelledFamily, seed: u64) -> Result<Self, Error> {
        let split = family.split(comparison.train, comparison.test, seed)?;
        let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
        let segmenter = comparison.mining.segmenter(&graphs)?;
        let unseen = split.test.iter().map(|example| example.graph.clone()).collect();
        let truth = split.test.iter().map(|example| example.value).collect();
        Ok(Trial { seed, family, split, segmenter, unseen, truth })
    }

    fn run(&self, contender: &Contender) -> Result<Outcome, Error> {
        Ok(Outcome::of(&contender.name, self.seed, &self.scores(&contender.method)?, &self.truth))
    }

    fn scores(&self, method: &Method) -> Result<Scores, Error> {
        let start = Instant::now();
        let whole = match method {
            Method::Baseline(baseline) => {
                baseline.score(&self.split.train, &self.unseen, &self.segmenter, self.seed)?
            }
            Method::Column(name) => self.family.numbers_of(name, &self.unseen)?,
            Method::Columns(forest) => forest.score(self.family, &self.split, &self.unseen, self.seed)?,
            Method::Gaussian(_) | Method::Ensemble(_) | Method::Distilled(_) | Method::Pretrained(_) => {
                let predictor = method.learn(&self.split.train, Some(&self.segmenter), self.seed)?;
                let seconds = start.elapsed().as_secs_f64();
                return Ok(Scores { whole: predictor.score(&self.unseen)?, folds: None, seconds });
            }
            Method::Predictor(settings) => {
                let predictor = learned(settings, &self.split.train, Some(&self.segmenter), self.seed)?;
                let seconds = start.elapsed().as_secs_f64();
                return Scores::of(&predictor, settings, &self.unseen, &self.truth, seconds);
            }
        };
        Ok(Scores { whole, folds: None, seconds: start.elapsed().as_secs_f64() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::summary;

    #[test]
    fn contenders_are_lines_of_toml_and_the_same_comparison_gives_the_same_numbers() {
        let text = "train = 60\ntest = 40\nseeds = [0, 1]\n[mining.trainer]\nmodel = \"bpe\"\nmerges = 40\nlimit = \"soft\"\n\
            [[contenders]]\nname = \"FLOPs\"\nbaseline = \"flops\"\n\
            [[contenders]]\nname = \"segments\"\nbaseline = { segment_counts = { alpha = 0.1 } }\n\
            [[contenders]]\nname = \"forest\"\nbaseline = { forest = { trees = 20 } }\n\
            [[contenders]]\nname = \"column\"\ncolumn = \"flops\"\n\
            [[contenders]]\nname = \"columns\"\ncolumns = { names = [\"flops\", \"params\"], trees = 20 }\n\
            [[contenders]]\nname = \"process\"\ngaussian = { steps = 10 }\n\
            [[contenders]]\nname = \"GNN\"\npredictor = { epochs = 4, architecture = { reads = \"graph\" } }\n\
            [[contenders]]\nname = \"PSC\"\npredictor = { epochs = 4 }\n";
        let comparison: Comparison = toml::from_str(text).unwrap();
        let family = LabelledFamily::nb201_computed(140).unwrap();
        let run = || comparison.run(&family, Progress::Silent).unwrap().drop("seconds").unwrap();
        let runs = run();
        assert!(runs.equals_missing(&run()));
        assert_eq!(runs.height(), 16);
        let summary = summary(&comparison.run(&family, Progress::Silent).unwrap()).unwrap();
        assert_eq!(summary.height(), 8);
        let srcc_of = |at: usize| summary.column("srcc").unwrap().f64().unwrap().get(at).unwrap();
        // Cycles add up over segments; FLOPs say less.
        assert!(srcc_of(0) > 0.5 && srcc_of(1) > 0.9 && srcc_of(2) > 0.5 && srcc_of(7) > 0.5, "{summary}");
        assert!(srcc_of(3) == srcc_of(0) && srcc_of(4) > 0.5 && srcc_of(5) > 0.9, "{summary}");
    }
}
