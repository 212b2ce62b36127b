//! Trained on one family, tried on another.

use crate::data::{Example, LabelledFamily, Split};
use crate::error::Error;
use crate::graph::Graph;
use crate::predict::scoring::{Predictor, Trained};
use crate::predict::training::TrainSettings;
use crate::progress::Progress;
use crate::segment::Mining;
use crate::stats::srcc;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

/// A matrix of families: a predictor is trained on each and ranks unseen networks of every one, as it is and after some
/// epochs on a few networks of that family (the `family#50` of the literature).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Networks of each family to learn from.
    pub train: usize,
    /// Networks of each family to be ranked.
    pub test: usize,
    /// Networks of the other family to fine-tune on.
    pub few: usize,
    /// Epochs of fine-tuning, at a tenth of the learning rate.
    pub tune_epochs: usize,
    /// The predictor.
    pub predictor: TrainSettings,
    /// The stages of mining; segments are mined from the first family's networks.
    #[serde(default)]
    pub mining: Mining,
}

impl Transfer {
    /// One row for each pair of families: `trained_on`, `tried_on`, `srcc` as trained, `tuned_srcc` after fine-tuning
    /// on `few` networks, `few_srcc` of a predictor that learned from those few alone.
    ///
    /// # Errors
    /// Fewer than 2 or more than `train` networks to fine-tune on, fewer networks than the splits need, settings out of
    /// range, networks that the predictor cannot read.
    pub fn run(&self, families: &[LabelledFamily], progress: Progress) -> Result<DataFrame, Error> {
        if self.few < 2 || self.few > self.train {
            let accepted = format!("2 to {} (train)", self.train);
            return Err(Error::setting("few", format!("is {}", self.few), &accepted));
        }
        let split = |family: &LabelledFamily| family.split(self.train, self.test, self.predictor.seed);
        let splits = families.iter().map(split).collect::<Result<Vec<_>, Error>>()?;
        let alone = splits
            .iter()
            .map(|split| quality(&self.train_on(self.few_of(split))?, split))
            .collect::<Result<Vec<_>, Error>>()?;
        let mut rows: Vec<Pair> = Vec::new();
        for (source, learned) in families.iter().zip(&splits) {
            let trained = self.train_on(&learned.train)?;
            for ((target, split), alone) in families.iter().zip(&splits).zip(&alone) {
                let tuned = match source.family() == target.family() {
                    true => None,
                    false => self.tuned_quality(&trained, split)?,
                };
                let (trained_on, tried_on) = (source.family(), target.family());
                rows.push(Pair { trained_on, tried_on, as_it_is: quality(&trained, split)?, tuned, few: *alone });
                progress.say(&format!("{trained_on} to {tried_on}: done"));
            }
        }
        frame(&rows)
    }

    /// A predictor that learned from some examples, with segments mined from them.
    fn train_on(&self, examples: &[Example]) -> Result<Trained, Error> {
        let mut segmenter = None;
        if self.predictor.architecture.reads.is_cut() {
            let graphs: Vec<Graph> = examples.iter().map(|example| example.graph.clone()).collect();
            segmenter = Some(self.mining.segmenter(&graphs)?);
        }
        Ok(Trained::train(examples, segmenter.as_ref(), &self.predictor, Progress::Silent)?.0)
    }

    /// The rank correlation on a family of which the predictor saw a few networks after training.
    fn tuned_quality(&self, trained: &Trained, split: &Split) -> Result<Option<f64>, Error> {
        let settings = TrainSettings {
            epochs: self.tune_epochs,
            learning_rate: self.predictor.learning_rate / 10.0,
            dev_share: 0.0,
            ..self.predictor
        };
        let (tuned, _) = trained.fine_tune(self.few_of(split), &settings, Progress::Silent)?;
        quality(&tuned, split)
    }

    /// The few networks of a split to fine-tune on.
    fn few_of<'a>(&self, split: &'a Split) -> &'a [Example] {
        &split.train[..self.few.min(split.train.len())]
    }
}

/// One pair of families: rank correlations on the second.
struct Pair<'a> {
    trained_on: &'a str,
    tried_on: &'a str,
    as_it_is: Option<f64>,
    tuned: Option<f64>,
    few: Option<f64>,
}

fn frame(rows: &[Pair]) -> Result<DataFrame, Error> {
    Ok(df!(
        "trained_on" => rows.iter().map(|row| row.trained_on).collect::<Vec<_>>(),
        "tried_on" => rows.iter().map(|row| row.tried_on).collect::<Vec<_>>(),
        "srcc" => rows.iter().map(|row| row.as_it_is).collect::<Vec<_>>(),
        "tuned_srcc" => rows.iter().map(|row| row.tuned).collect::<Vec<_>>(),
        "few_srcc" => rows.iter().map(|row| row.few).collect::<Vec<_>>(),
    )?)
}

/// The rank correlation on a split's unseen networks.
fn quality(trained: &Trained, split: &Split) -> Result<Option<f64>, Error> {
    let unseen: Vec<Graph> = split.test.iter().map(|example| example.graph.clone()).collect();
    let truth: Vec<f64> = split.test.iter().map(|example| example.value).collect();
    Ok(srcc(&trained.score(&unseen)?, &truth))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::Architecture;

    #[test]
    fn every_pair_of_families_has_a_row() {
        let families = [LabelledFamily::nb201_computed(120).unwrap()];
        for architecture in [Architecture::gnn(), Architecture::default()] {
            let predictor = TrainSettings { epochs: 6, architecture, ..TrainSettings::default() };
            let mining = Mining::bpe(40);
            let transfer = Transfer { train: 50, test: 30, few: 10, tune_epochs: 2, predictor, mining };
            let table = transfer.run(&families, Progress::Silent).unwrap();
            assert_eq!(table.height(), 1);
            assert!(table.column("srcc").unwrap().f64().unwrap().get(0).unwrap() > 0.3, "{table}");
            assert_eq!(table.column("tuned_srcc").unwrap().null_count(), 1);
            let error = Transfer { few: 60, ..transfer }.run(&families, Progress::Silent).unwrap_err().to_string();
            assert_eq!(error, "few: is 60; accepted: 2 to 50 (train)");
        }
    }
}
