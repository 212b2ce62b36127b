//! The variants of an ablation that differ from the base by more than chance.

use super::ablation::BASE;
use crate::error::Error;
use crate::stats::{Verdict, deviation, holm, mean, paired_t_test};
use polars::prelude::*;

/// The variants of an ablation beside its base, the best first: `variant`, mean `srcc` over seeds and its `deviation`,
/// the mean `difference` from the base with its 95 % interval (`low`, `high`) and `p` of a paired t-test, pairs being
/// seeds that both finished; `p_holm`, corrected for the number of variants; `verdict`: `better` or `worse` where
/// `p_holm` is below 0.05, `not told apart` elsewhere, `base` for the base; the number of `seeds`; mean `seconds`.
///
/// O(rows · variants).
///
/// # Errors
/// A frame that lacks one of the columns of [`Ablation::run`](super::Ablation::run), or the base.
///
/// ```
/// use autogo::{polars::prelude::df, predict::verdicts};
/// let runs = df!(
///     "contender" => ["base", "loss = huber", "base", "loss = huber", "base", "loss = huber"],
///     "seed" => [0u64, 0, 1, 1, 2, 2],
///     "srcc" => [0.80, 0.85, 0.82, 0.86, 0.79, 0.84],
///     "seconds" => [1.0; 6],
/// )?;
/// let table = verdicts(&runs)?;
/// assert_eq!(table.column("verdict")?.str()?.get(0), Some("better"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn verdicts(runs: &DataFrame) -> Result<DataFrame, Error> {
    let variants = by_variant(runs)?;
    let base = variants.iter().find(|variant| variant.name == BASE).cloned();
    let base = base.ok_or_else(|| Error::setting("runs", "have no variant `base`", "runs of an ablation"))?;
    let mut rows: Vec<Row> = variants.into_iter().map(|variant| Row::of(variant, &base)).collect();
    let tested: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].test.is_some()).collect();
    let p: Vec<f64> = tested.iter().filter_map(|&at| rows[at].test.map(|test| test.p)).collect();
    tested.iter().zip(holm(&p)).for_each(|(&at, corrected)| rows[at].p_holm = Some(corrected));
    rows.sort_by(|a, b| b.srcc().total_cmp(&a.srcc()));
    let numbers = |of: &dyn Fn(&Row) -> Option<f64>| rows.iter().map(of).collect::<Vec<Option<f64>>>();
    Ok(df!(
        "variant" => rows.iter().map(|row| row.variant.name.as_str()).collect::<Vec<_>>(),
        "srcc" => numbers(&|row| mean(&row.variant.srcc())),
        "deviation" => numbers(&|row| deviation(&row.variant.srcc())),
        "difference" => numbers(&|row| row.test.map(|test| test.difference)),
        "low" => numbers(&|row| row.test.map(|test| test.low)),
        "high" => numbers(&|row| row.test.map(|test| test.high)),
        "p" => numbers(&|row| row.test.map(|test| test.p)),
        "p_holm" => numbers(&|row| row.p_holm),
        "verdict" => rows.iter().map(Row::verdict).collect::<Vec<_>>(),
        "seeds" => rows.iter().map(|row| row.variant.runs.len() as u32).collect::<Vec<_>>(),
        "seconds" => numbers(&|row| mean(&row.variant.runs.iter().map(|run| run.2).collect::<Vec<f64>>())),
    )?)
}

/// The runs of one variant: seed, SRCC, seconds.
#[derive(Clone)]
struct Runs {
    name: String,
    runs: Vec<(u64, f64, f64)>,
}

impl Runs {
    fn srcc(&self) -> Vec<f64> {
        self.runs.iter().map(|run| run.1).collect()
    }
}

/// The runs of every variant, in the order of their first rows. A run without an SRCC is left out.
fn by_variant(runs: &DataFrame) -> Result<Vec<Runs>, Error> {
    let (names, seeds) = (runs.column("contender")?.str()?, runs.column("seed")?.u64()?);
    let (srcc, seconds) = (runs.column("srcc")?.f64()?, runs.column("seconds")?.f64()?);
    let mut variants: Vec<Runs> = Vec::new();
    for at in 0..runs.height() {
        let (Some(name), Some(seed), Some(srcc), Some(seconds)) =
            (names.get(at), seeds.get(at), srcc.get(at), seconds.get(at))
        else {
            continue;
        };
        match variants.iter_mut().find(|variant| variant.name == name) {
            Some(variant) => variant.runs.push((seed, srcc, seconds)),
            None => variants.push(Runs { name: name.into(), runs: vec![(seed, srcc, seconds)] }),
        }
    }
    Ok(variants)
}

/// A variant beside the base.
struct Row {
    variant: Runs,
    /// The test against the base, where both finished at least two seeds.
    test: Option<crate::stats::PairedTest>,
    /// The test's p-value, corrected by Holm's method for all variants.
    p_holm: Option<f64>,
}

impl Row {
    fn of(variant: Runs, base: &Runs) -> Row {
        let of_base = |seed: u64| base.runs.iter().find(|run| run.0 == seed).map(|run| run.1);
        let pairs = variant.runs.iter().filter_map(|run| Some((run.1, of_base(run.0)?)));
        let (own, of_base): (Vec<f64>, Vec<f64>) = pairs.unzip();
        let test = if variant.name == BASE { None } else { paired_t_test(&own, &of_base) };
        Row { variant, test, p_holm: None }
    }

    fn srcc(&self) -> f64 {
        mean(&self.variant.srcc()).unwrap_or(f64::NEG_INFINITY)
    }

    fn verdict(&self) -> String {
        match (&self.test, self.p_holm) {
            _ if self.variant.name == BASE => BASE.into(),
            (Some(test), Some(p)) => Verdict::of(test.difference, p).to_string(),
            _ => Verdict::Undecided.to_string(),
        }
    }
}
