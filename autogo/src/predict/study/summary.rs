//! Runs of a comparison as a table of means.

use crate::error::Error;
use crate::stats::mean;
use polars::prelude::*;

/// Means over seeds, by family, label and contender in the order in which the contenders took part: `srcc` with its
/// deviation over seeds, `fold_srcc`, `kendall_tau`, `top_20_overlap`, `ndcg_20`, `seconds`, `seeds`.
///
/// ```
/// use autogo::{predict::summary, prelude::*};
/// let comparison = Comparison::from_toml(r#"
///     train = 20
///     test = 10
///     seeds = [0, 1]
///     mining = { trainer = { model = "bpe", merges = 20 } }
///     contenders = [{ name = "FLOPs", baseline = "flops" }]
/// "#)?;
/// let runs = comparison.run(&LabelledFamily::nb201_computed(40)?, Progress::Silent)?;
/// assert_eq!(summary(&runs)?.column("seeds")?.u32()?.get(0), Some(2));
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// A frame that lacks one of the columns of [`Comparison::run`](crate::predict::Comparison::run).
pub fn summary(runs: &DataFrame) -> Result<DataFrame, Error> {
    let means = ["fold_srcc", "kendall_tau", "top_20_overlap", "ndcg_20", "seconds"].map(|name| col(name).mean());
    let mut columns = vec![col("srcc").mean(), col("srcc").std(1).alias("deviation")];
    columns.extend(means);
    columns.push(len().alias("seeds"));
    Ok(runs
        .clone()
        .lazy()
        .group_by_stable(["family", "label", "published", "contender"].map(col))
        .agg(columns)
        .collect()?)
}

/// The mean SRCC of a contender over its runs; nothing for a contender that did not take part.
///
/// ```
/// use autogo::{polars::prelude::df, predict::mean_srcc};
/// let runs = df!("contender" => ["PSC", "GNN", "PSC"], "srcc" => [0.9, 0.5, 0.8])?;
/// assert!((mean_srcc(&runs, "PSC").unwrap() - 0.85).abs() < 1e-12);
/// assert_eq!(mean_srcc(&runs, "GIN"), None);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn mean_srcc(runs: &DataFrame, contender: &str) -> Option<f64> {
    let names = runs.column("contender").ok()?.str().ok()?;
    let values = runs.column("srcc").ok()?.f64().ok()?;
    let own =
        names.iter().zip(values.iter()).filter(|(name, _)| *name == Some(contender)).filter_map(|(_, value)| value);
    mean(&own.collect::<Vec<f64>>())
}
