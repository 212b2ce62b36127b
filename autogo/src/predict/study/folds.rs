//! The paper's protocol: every network is ranked by one of its partitions.

use crate::error::Error;
use crate::graph::Graph;
use crate::predict::scoring::Trained;
use crate::stats::srcc;
use rayon::prelude::*;

/// Most folds.
const FOLDS: usize = 10;

/// The mean SRCC over folds ([release §6.6](crate::doc::release#s6-6)): fold `k` takes of every network its partition
/// number `k`, modulo how many partitions the network has. Nothing where no fold has an SRCC.
///
/// # Errors
/// A network that the predictor cannot read.
///
/// ```
/// use autogo::prelude::*;
/// let split = LabelledFamily::nb201_computed(40)?.split(20, 10, 0)?;
/// let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
/// let labels: Vec<f64> = split.train.iter().map(|example| example.value).collect();
/// let segmenter = Mining::bpe(30).segmenter(&graphs)?;
/// let settings = TrainSettings { epochs: 1, ..TrainSettings::default() };
/// let (psc, _) = Psc::train(&split.train, &segmenter, &settings, Progress::Silent)?;
/// assert!(fold_srcc(&psc, &graphs, &labels)?.is_some());
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn fold_srcc(predictor: &Trained, graphs: &[Graph], truth: &[f64]) -> Result<Option<f64>, Error> {
    let each = graphs.par_iter().map(|graph| predictor.predict_partitions(graph)).collect::<Result<Vec<_>, Error>>()?;
    let most = each.iter().map(Vec::len).max().unwrap_or(0);
    let least = each.iter().map(Vec::len).min().unwrap_or(0);
    let folds = FOLDS.min(most).max(least.min(FOLDS));
    let fold = |k: usize| srcc(&each.iter().map(|own| own[k % own.len()]).collect::<Vec<f64>>(), truth);
    let found: Vec<f64> = (0..folds).filter_map(fold).collect();
    Ok((!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64))
}
