//! Table 1: predictors on labelled families, beside the paper's numbers.

mod page;

use super::Experiment;
use crate::failure::Failure;
use crate::inputs::{LabelOrigin, labels, toml_file};
use autogo::Progress;
use autogo::data::{DATA_VARIABLE, LabelledFamily, write_parquet};
use autogo::families::FamilyName;
use autogo::files::write;
use autogo::polars::prelude::{DataFrame, PolarsError};
use autogo::predict::{Comparison, Contender, Share, train_together};
use autogo::report::srcc_bars;
use autogo::segment::Mining;
use serde::Deserialize;

/// A comparison of the same contenders on several families.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    seeds: Vec<u64>,
    #[serde(default)]
    mining: Mining,
    families: Vec<Size>,
    contenders: Vec<Contender>,
    /// The origin of the labels, if it is not the usual one.
    #[serde(default)]
    origin: Option<LabelOrigin>,
    /// Predictors that learn from all families together.
    #[serde(default)]
    together: Vec<Contender>,
}

/// The numbers of networks of a family to learn from, and to rank; of a smaller family, all it has in this proportion.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    family: FamilyName,
    train: usize,
    test: usize,
}

/// Compares the contenders; writes every run as Parquet, the means as Markdown and a chart a family.
pub fn reproduce(experiment: &Experiment) -> Result<(), Failure> {
    let (config, out) = (&experiment.config, &experiment.out);
    let table: Table = toml_file(config)?;
    let families = table.families()?;
    if families.is_empty() {
        return Err(super::no_labels(config));
    }
    let mut frames =
        families.iter().map(|(size, family)| table.compare(size, family)).collect::<Result<Vec<_>, _>>()?;
    frames.extend(table.together(&families)?);
    if autogo::interrupt::is_asked() {
        return Err(Failure::Work(format!("{} was interrupted; nothing was written", config.display())));
    }
    let (first, others) = frames.split_first().ok_or_else(|| Failure::Work("no runs".into()))?;
    let mut runs = others.iter().try_fold(first.clone(), |whole, frame| whole.vstack(frame)).map_err(failed)?;
    let name = config.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (path, page) = (out.join(format!("{name}.parquet")), out.join(format!("{name}.md")));
    write_parquet(&mut runs, &path)?;
    let text = page::markdown(&name, table.seeds.len(), &families, &runs).map_err(failed)?;
    write(&page, text.as_bytes())?;
    say!("{text}");
    say!("every run: {}; this table: {}", path.display(), page.display());
    for (Size { family, .. }, _) in families {
        let chart = out.join(format!("{name}_{family}.svg"));
        write(&chart, srcc_bars(&runs, family)?.svg().as_bytes())?;
        say!("chart: {}", chart.display());
    }
    Ok(())
}

impl Table {
    /// The families that have labels here, with as many networks as there are.
    fn families(&self) -> Result<Vec<(Size, LabelledFamily)>, Failure> {
        let mut families = Vec::new();
        for size in &self.families {
            let Some(family) = labels(size.family, self.origin)? else {
                say!("{}: no such labels ({DATA_VARIABLE} decides)", size.family);
                continue;
            };
            let (train, test) = family.shares(size.train, size.test)?;
            families.push((Size { family: size.family, train, test }, family));
        }
        Ok(families)
    }

    /// Every run of every contender on one family.
    fn compare(&self, size: &Size, family: &LabelledFamily) -> Result<DataFrame, Failure> {
        say!("{}: {} to learn from, {} to be ranked. {}", size.family, size.train, size.test, family.banner());
        if let Some(again) = family.reliability() {
            say!("The labels of two trainings of one network agree with {again}.");
        }
        let comparison = Comparison {
            train: size.train,
            test: size.test,
            seeds: self.seeds.clone(),
            mining: self.mining,
            contenders: self.contenders.clone(),
        };
        Ok(comparison.run(family, Progress::Live)?)
    }

    /// Every run of the predictors that learn from all families together.
    fn together(&self, families: &[(Size, LabelledFamily)]) -> Result<Option<DataFrame>, Failure> {
        if self.together.is_empty() {
            return Ok(None);
        }
        let shares: Vec<Share<'_>> =
            families.iter().map(|(size, family)| Share { family, train: size.train, test: size.test }).collect();
        Ok(Some(train_together(&shares, &self.seeds, self.mining, &self.together, Progress::Live)?))
    }
}

fn failed(error: PolarsError) -> Failure {
    Failure::Work(error.to_string())
}
