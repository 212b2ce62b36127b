//! Runs of a comparison as a table of means.

use crate::error::Error;
use polars::prelude::*;

/// Means over seeds, by family, label and contender in the order in which the contenders took part: `srcc` with its
/// deviation over seeds, `fold_srcc`, `kendall_tau`, `top_20_overlap`, `ndcg_20`, `seconds`, `seeds`.
///
/// ```
/// use autogo::prelude::*;
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
        .group_by_stable(["family", "label", "measured", "contender"].map(col))
        .agg(columns)
        .collect()?)
}
