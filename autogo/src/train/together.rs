//! Several trainings at the same time, one on each core.

use super::fit::Fit;
use super::run::FitRun;
use crate::error::Error;
use crate::progress::Progress;
use rayon::prelude::*;
use std::sync::Mutex;

/// Trains several networks at the same time: one training a thread, as many as rayon has threads. Every training has
/// the bytes that it has alone. The bar counts trainings.
///
/// ```
/// use autogo::Progress;
/// use autogo::train::{Fit, Pictures, Recipe, fit_all};
/// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
/// let graph = graph.mini(&"8x8:1/4".parse()?)?.graph;
/// let toy = Pictures::shapes((8, 8), 0)?.first(32, 10);
/// // The same network under two seeds.
/// let recipe = Recipe { batch: 16, images: 32, ..Recipe::default() };
/// let fits: Vec<Fit> = [0, 1].map(|seed| Fit::new(&graph, &toy, &Recipe { seed, ..recipe })).into();
/// let runs = fit_all(&fits, Progress::Silent)?;
/// assert_ne!(runs[0].log.losses, runs[1].log.losses);
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// The error of the first training that fails, in the order of `fits`.
pub fn fit_all(fits: &[Fit<'_>], progress: Progress) -> Result<Vec<FitRun>, Error> {
    let bar = Mutex::new((0, progress.start("trainings", 0, fits.len())));
    let train = |fit: &Fit<'_>| {
        let run = fit.run(Progress::Silent);
        if let (Ok(run), Ok(mut bar)) = (&run, bar.lock()) {
            bar.0 += 1;
            let (done, note) =
                (bar.0, run.log.last().map_or_else(String::new, |end| format!("test loss {:.3}", end.test_loss)));
            bar.1.report(done, &note);
        }
        run
    };
    let runs: Vec<Result<FitRun, Error>> = fits.par_iter().with_max_len(1).map(train).collect();
    runs.into_iter().collect()
}
