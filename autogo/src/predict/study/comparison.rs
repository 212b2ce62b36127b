//! Several ways to score networks, trained and tried on the same networks.

use super::{Baseline, fold_srcc};
use crate::data::{LabelledFamily, Split};
use crate::error::Error;
use crate::graph::Graph;
use crate::interrupt;
use crate::predict::scoring::{Predictor, Trained};
use crate::predict::training::TrainSettings;
use crate::progress::Progress;
use crate::segment::{Mining, Segmenter};
use crate::stats::{kendall_tau, ndcg, srcc, srcc_interval, top_k_overlap};
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
    /// How segments are mined, from the networks to learn from.
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

/// A way to score networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A predictor that is trained with these settings; the comparison's seed takes the place of theirs.
    Predictor(TrainSettings),
    /// Something that needs no training.
    Baseline(Baseline),
}

/// Bootstrap draws of a confidence interval.
const DRAWS: usize = 1000;
/// Networks of the top that are asked for.
const TOP: usize = 20;

impl Comparison {
    /// A comparison in TOML: `train`, `test`, `seeds`, a table `mining` as in [`Mining::from_file`], and for each of the
    /// `contenders` a `name` and a `predictor` (a table of [`TrainSettings`]) or a `baseline` ([`Baseline`]).
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
        toml::from_str(text).map_err(|error| {
            let line = 1 + error.span().map_or(0, |span| text[..span.start].matches('\n').count());
            let reason = format!("line {line}: {}", error.message());
            Error::setting("comparison", reason, "train, test, seeds, mining and contenders")
        })
    }

    /// Runs the comparison on a family. One row for each contender and seed: `family`, the `label` that is ranked and
    /// whether it was `measured`, `contender`, `seed`, `srcc` of scores of whole networks with its 95 % bootstrap
    /// interval (`low`, `high`), `fold_srcc` (see [`fold_srcc`]; empty for a contender that reads whole networks),
    /// `kendall_tau`, `top_20_overlap`, `ndcg_20`, `seconds` to train, `train` and `test` networks. An interrupt ends
    /// the comparison after the contender that runs, with the rows so far.
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
                    return self.frame(family, &rows);
                }
            }
        }
        self.frame(family, &rows)
    }

    fn frame(&self, family: &LabelledFamily, rows: &[Outcome]) -> Result<DataFrame, Error> {
        let numbers = |of: &dyn Fn(&Outcome) -> Option<f64>| rows.iter().map(of).collect::<Vec<Option<f64>>>();
        Ok(df!(
            "family" => vec![family.family(); rows.len()],
            "label" => vec![family.label().title.as_str(); rows.len()],
            "measured" => vec![family.label().measured; rows.len()],
            "contender" => rows.iter().map(|row| row.contender.as_str()).collect::<Vec<_>>(),
            "seed" => rows.iter().map(|row| row.seed).collect::<Vec<_>>(),
            "srcc" => numbers(&|row| row.srcc),
            "low" => numbers(&|row| row.interval.map(|interval| interval.0)),
            "high" => numbers(&|row| row.interval.map(|interval| interval.1)),
            "fold_srcc" => numbers(&|row| row.folds),
            "kendall_tau" => numbers(&|row| row.kendall),
            "top_20_overlap" => numbers(&|row| row.top),
            "ndcg_20" => numbers(&|row| row.ndcg),
            "seconds" => rows.iter().map(|row| row.seconds).collect::<Vec<_>>(),
            "train" => vec![self.train as u64; rows.len()],
            "test" => vec![self.test as u64; rows.len()],
        )?)
    }
}

/// The networks of one seed.
struct Trial {
    seed: u64,
    split: Split,
    segmenter: Segmenter,
    /// Networks to be ranked, and their labels.
    unseen: Vec<Graph>,
    truth: Vec<f64>,
}

/// Scores of a contender: those of whole networks, the mean SRCC over folds if it cuts networks, and the seconds it
/// trained for.
struct Scores {
    whole: Vec<f64>,
    folds: Option<f64>,
    seconds: f64,
}

impl Trial {
    fn new(comparison: &Comparison, family: &LabelledFamily, seed: u64) -> Result<Self, Error> {
        let split = family.split(comparison.train, comparison.test, seed)?;
        let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
        let segmenter = comparison.mining.segmenter(&graphs)?;
        let unseen = split.test.iter().map(|example| example.graph.clone()).collect();
        let truth = split.test.iter().map(|example| example.value).collect();
        Ok(Trial { seed, split, segmenter, unseen, truth })
    }

    fn run(&self, contender: &Contender) -> Result<Outcome, Error> {
        let Scores { whole, folds, seconds } = self.scores(&contender.method)?;
        Ok(Outcome {
            contender: contender.name.clone(),
            seed: self.seed,
            srcc: srcc(&whole, &self.truth),
            interval: srcc_interval(&whole, &self.truth, DRAWS, self.seed),
            folds,
            kendall: kendall_tau(&whole, &self.truth),
            top: top_k_overlap(&whole, &self.truth, TOP),
            ndcg: ndcg(&whole, &self.truth, TOP),
            seconds,
        })
    }

    fn scores(&self, method: &Method) -> Result<Scores, Error> {
        let start = Instant::now();
        match method {
            Method::Baseline(baseline) => {
                let whole = baseline.score(&self.split.train, &self.unseen, &self.segmenter, self.seed)?;
                Ok(Scores { whole, folds: None, seconds: start.elapsed().as_secs_f64() })
            }
            Method::Predictor(settings) => {
                let settings = TrainSettings { seed: self.seed, ..*settings };
                let (predictor, _) =
                    Trained::train(&self.split.train, Some(&self.segmenter), &settings, Progress::Silent)?;
                let seconds = start.elapsed().as_secs_f64();
                let folds = match settings.architecture.reads.is_cut() {
                    true => fold_srcc(&predictor, &self.unseen, &self.truth)?,
                    false => None,
                };
                Ok(Scores { whole: predictor.score(&self.unseen)?, folds, seconds })
            }
        }
    }
}

/// A contender's figures under one seed.
struct Outcome {
    contender: String,
    seed: u64,
    srcc: Option<f64>,
    interval: Option<(f64, f64)>,
    folds: Option<f64>,
    kendall: Option<f64>,
    top: Option<f64>,
    ndcg: Option<f64>,
    seconds: f64,
}

impl Outcome {
    /// The words of a bar about this contender.
    fn note(&self) -> String {
        let srcc = self.srcc.map_or("none".into(), |srcc| format!("{srcc:.4}"));
        format!("{}: SRCC {srcc} in {:.0} s", self.contender, self.seconds)
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
            [[contenders]]\nname = \"GNN\"\npredictor = { epochs = 4, architecture = { reads = \"graph\" } }\n\
            [[contenders]]\nname = \"PSC\"\npredictor = { epochs = 4 }\n";
        let comparison: Comparison = toml::from_str(text).unwrap();
        let family = LabelledFamily::nb201_computed(140).unwrap();
        let run = || comparison.run(&family, Progress::Silent).unwrap().drop("seconds").unwrap();
        let runs = run();
        assert!(runs.equals_missing(&run()));
        assert_eq!(runs.height(), 10);
        let summary = summary(&comparison.run(&family, Progress::Silent).unwrap()).unwrap();
        assert_eq!(summary.height(), 5);
        let srcc_of = |at: usize| summary.column("srcc").unwrap().f64().unwrap().get(at).unwrap();
        // Cycles add up over segments; FLOPs say less.
        assert!(srcc_of(0) > 0.5 && srcc_of(1) > 0.9 && srcc_of(2) > 0.5 && srcc_of(4) > 0.5, "{summary}");
    }
}
