//! Predictors that learn from several families at once, tried on each.

use super::outcome::{Outcome, Scores, frame, learned};
use super::{Contender, Method};
use crate::data::{Example, LabelledFamily, Split};
use crate::error::Error;
use crate::graph::Graph;
use crate::interrupt;
use crate::progress::Progress;
use crate::segment::Mining;
use crate::stats::rank_percents;
use polars::prelude::*;
use std::time::Instant;

/// A family of a joint comparison, with the networks to learn from and to be ranked.
#[derive(Clone, Debug)]
pub struct Share<'a> {
    /// The family.
    pub family: &'a LabelledFamily,
    /// Networks to learn from.
    pub train: usize,
    /// Networks to be ranked.
    pub test: usize,
}

/// Trains every contender once a seed on the networks of all families together, as the paper does, and tries the
/// contender on each family. The splits are those of a [`Comparison`](super::Comparison) of one family, so the rows
/// stand beside each other. Labels of different families differ in scale and meaning: what is learned is a network's
/// rank within its family, in percent. More must be better in all of them, or in none.
///
/// One row for each family, contender and seed, with the columns of [`Comparison::run`](super::Comparison::run). The
/// name of a contender is followed by ", all families".
///
/// ```
/// use autogo::families::FamilyName;
/// use autogo::predict::{Contender, Method, Share, TrainSettings, train_together};
/// use autogo::prelude::*;
/// let families = [LabelledFamily::mini(FamilyName::Nb101)?, LabelledFamily::mini(FamilyName::Hiaml)?];
/// let shares = [Share { family: &families[0], train: 4, test: 3 }, Share { family: &families[1], train: 4, test: 3 }];
/// let method = Method::Predictor(TrainSettings { epochs: 2, ..Default::default() });
/// let contender = Contender { name: "PSC".into(), method };
/// let runs = train_together(&shares, &[0], Mining::bpe(20), &[contender], Progress::Silent)?;
/// assert_eq!(runs.height(), 2);
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// No families, seeds or contenders, a contender that is no predictor, fewer networks than a split needs, settings out
/// of range.
pub fn train_together(
    shares: &[Share<'_>],
    seeds: &[u64],
    mining: Mining,
    contenders: &[Contender],
    progress: Progress,
) -> Result<DataFrame, Error> {
    let mut rows: Vec<Vec<Outcome>> = shares.iter().map(|_| Vec::new()).collect();
    let mut bar = progress.start("all families", 0, seeds.len() * contenders.len());
    'seeds: for (at, &seed) in seeds.iter().enumerate() {
        let splits = shares
            .iter()
            .map(|share| share.family.split(share.train, share.test, seed))
            .collect::<Result<Vec<Split>, Error>>()?;
        let train: Vec<Example> = splits.iter().flat_map(by_rank).collect();
        let graphs: Vec<Graph> = train.iter().map(|example| example.graph.clone()).collect();
        let segmenter = mining.segmenter(&graphs)?;
        for (number, contender) in contenders.iter().enumerate() {
            let Method::Predictor(settings) = &contender.method else {
                let reason = format!("`{}` is none", contender.name);
                return Err(Error::setting("contender of all families", reason, "a predictor"));
            };
            let start = Instant::now();
            let predictor = learned(settings, &train, Some(&segmenter), seed)?;
            let seconds = start.elapsed().as_secs_f64();
            let name = format!("{}, all families", contender.name);
            for (split, rows) in splits.iter().zip(&mut rows) {
                let truth = split.test_values();
                let scores = Scores::of(&predictor, settings, &split.test_graphs(), &truth, seconds)?;
                rows.push(Outcome::of(&name, seed, &scores, &truth));
            }
            bar.report(at * contenders.len() + number + 1, &name);
            if interrupt::is_asked() {
                break 'seeds;
            }
        }
    }
    let mut frames = shares.iter().zip(&rows).map(|(share, rows)| frame(share.family, share.train, share.test, rows));
    let reason = || format!("{} families, {} seeds, {} contenders", shares.len(), seeds.len(), contenders.len());
    let nothing = || Error::setting("comparison of all families", reason(), "at least 1 of each");
    let first = frames.next().filter(|_| !seeds.is_empty() && !contenders.is_empty()).ok_or_else(nothing)??;
    frames.try_fold(first, |whole, frame| Ok(whole.vstack(&frame?)?))
}

/// The networks to learn from, each with its rank within the family, in percent.
fn by_rank(split: &Split) -> Vec<Example> {
    let values: Vec<f64> = split.train.iter().map(|example| example.value).collect();
    let examples = split.train.iter().zip(rank_percents(&values));
    examples.map(|(example, value)| Example { graph: example.graph.clone(), value }).collect()
}
