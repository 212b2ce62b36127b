//! Several ways to score networks, trained and tried on the same networks.

use super::{
    Baseline, Gnn, Predictor, Psc, Reads, TrainSettings, kendall_tau, ndcg, srcc, srcc_interval, top_k_overlap,
};
use crate::data::LabelledFamily;
use crate::error::Error;
use crate::graph::Graph;
use crate::interrupt;
use crate::progress::Progress;
use crate::segment::Mining;
use polars::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// A comparison of ways to score the networks of one family: every one is trained on the same networks and tried on the same
/// others, once for each seed. A seed draws the split, too; both halves are disjoint by content id.
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
    /// Who takes part.
    pub contenders: Vec<Contender>,
}

/// A way to score networks, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contender {
    /// Its name in tables.
    pub name: String,
    /// What it is.
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
    /// interval (`low`, `high`), `fold_srcc` (the paper's protocol, [release §6.6](crate::doc::release#s6-6): every
    /// network by one of its partitions; empty for what reads whole networks), `kendall_tau`, `top_20_overlap`,
    /// `ndcg_20`, `seconds` to train, `train` and `test` networks. An interrupt ends it after the contender that runs,
    /// with the rows so far.
    pub fn run(&self, family: &LabelledFamily, progress: Progress) -> Result<DataFrame, Error> {
        if self.seeds.is_empty() || self.contenders.is_empty() {
            let reason = format!("{} seeds and {} contenders", self.seeds.len(), self.contenders.len());
            return Err(Error::setting("comparison", reason, "at least 1 of each"));
        }
        let mut rows = Vec::new();
        let mut bar = progress.start(family.family(), 0, self.seeds.len() * self.contenders.len());
        'seeds: for &seed in &self.seeds {
            let split = family.split(self.train, self.test, seed)?;
            let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
            let segmenter = self.mining.segmenter(&graphs)?;
            let unseen: Vec<Graph> = split.test.iter().map(|example| example.graph.clone()).collect();
            let truth: Vec<f64> = split.test.iter().map(|example| example.value).collect();
            for contender in &self.contenders {
                let start = Instant::now();
                let (scores, folds, seconds) = match contender.method {
                    Method::Baseline(baseline) => {
                        (baseline.score(&split.train, &unseen, &segmenter, seed)?, None, start.elapsed())
                    }
                    Method::Predictor(settings) if settings.architecture.reads == Reads::Graph => {
                        let settings = TrainSettings { seed, ..settings };
                        let (gnn, _) = Gnn::train(&split.train, &settings, Progress::Silent)?;
                        let seconds = start.elapsed();
                        (gnn.score(&unseen)?, None, seconds)
                    }
                    Method::Predictor(settings) => {
                        let settings = TrainSettings { seed, ..settings };
                        let (psc, _) = Psc::train(&split.train, &segmenter, &settings, Progress::Silent)?;
                        let seconds = start.elapsed();
                        (psc.score(&unseen)?, fold_srcc(&psc, &unseen, &truth)?, seconds)
                    }
                };
                let found = srcc(&scores, &truth);
                let text = found.map_or("none".into(), |srcc| format!("{srcc:.4}"));
                let note = format!("{}: SRCC {text} in {:.0} s", contender.name, seconds.as_secs_f64());
                bar.report(rows.len() + 1, &note);
                rows.push(Scored {
                    contender: contender.name.clone(),
                    seed,
                    srcc: found,
                    interval: srcc_interval(&scores, &truth, DRAWS, seed),
                    folds,
                    kendall: kendall_tau(&scores, &truth),
                    top: top_k_overlap(&scores, &truth, TOP),
                    ndcg: ndcg(&scores, &truth, TOP),
                    seconds: seconds.as_secs_f64(),
                });
                if interrupt::is_asked() {
                    bar.report(rows.len(), "interrupted");
                    break 'seeds;
                }
            }
        }
        self.frame(family, &rows)
    }

    fn frame(&self, family: &LabelledFamily, rows: &[Scored]) -> Result<DataFrame, Error> {
        let numbers = |of: &dyn Fn(&Scored) -> Option<f64>| rows.iter().map(of).collect::<Vec<Option<f64>>>();
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

struct Scored {
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

/// Most folds of the paper's protocol.
const FOLDS: usize = 10;

/// The mean SRCC over folds ([release §6.6](crate::doc::release#s6-6)): fold k takes of every network its partition
/// number k, modulo how many it has.
pub fn fold_srcc(psc: &Psc, graphs: &[Graph], truth: &[f64]) -> Result<Option<f64>, Error> {
    use rayon::prelude::*;
    let each = graphs.par_iter().map(|graph| psc.predict_partitions(graph)).collect::<Result<Vec<_>, Error>>()?;
    let most = each.iter().map(Vec::len).max().unwrap_or(0);
    let least = each.iter().map(Vec::len).min().unwrap_or(0);
    let folds = FOLDS.min(most).max(least.min(FOLDS));
    let fold = |k: usize| srcc(&each.iter().map(|own| own[k % own.len()]).collect::<Vec<f64>>(), truth);
    let found: Vec<f64> = (0..folds).filter_map(fold).collect();
    Ok((!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64))
}

/// Means over seeds, by family, label and contender in the order in which they took part: `srcc` with its deviation over seeds,
/// `fold_srcc`, `kendall_tau`, `top_20_overlap`, `ndcg_20`, `seconds`, `seeds`.
pub fn summary(runs: &DataFrame) -> Result<DataFrame, Error> {
    let means = ["fold_srcc", "kendall_tau", "top_20_overlap", "ndcg_20", "seconds"].map(|name| col(name).mean());
    let mut columns = vec![col("srcc").mean(), col("srcc").std(1).alias("deviation")];
    columns.extend(means);
    columns.push(len().alias("seeds"));
    Ok(runs
        .clone()
        .lazy()
        .group_by_stable(["family", "label", "measured", "contender"].map(col))
        .agg(columns)
        .collect()?)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let srcc = |at: usize| summary.column("srcc").unwrap().f64().unwrap().get(at).unwrap();
        // Cycles add up over segments; FLOPs say less.
        assert!(srcc(0) > 0.5 && srcc(1) > 0.9 && srcc(2) > 0.5 && srcc(4) > 0.5, "{summary}");
    }
}
