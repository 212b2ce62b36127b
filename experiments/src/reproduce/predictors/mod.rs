//! Predictors at the field's own protocol: few labels to learn from, whole benchmarks to be ranked.

mod columns;
mod cost;
mod gains;
mod summary;

use super::Experiment;
use crate::failure::Failure;
use crate::inputs::{LabelOrigin, labels, toml_file};
use crate::work::{Job, Outcome, Status, WorkFolder, work};
use autogo::Progress;
use autogo::data::{DATA_VARIABLE, LabelledFamily, write_parquet};
use autogo::families::FamilyName;
use autogo::files::write;
use autogo::predict::{Contender, Form, Ranking, WholeSpace, rankings};
use autogo::segment::Mining;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The time after which a process that holds an item and says nothing counts as dead.
const EXPIRY: Duration = Duration::from_secs(60);

/// The same contenders on several families, from several numbers of labels.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    seeds: Vec<u64>,
    /// The most networks that are ranked, spread evenly over a family; all of them without a number.
    #[serde(default)]
    ranked: Option<usize>,
    #[serde(default)]
    form: Form,
    #[serde(default)]
    mining: Mining,
    families: Vec<Few>,
    contenders: Vec<Contender>,
    /// The contender that the others are tested against, if any.
    #[serde(default, skip_serializing)]
    base: Option<String>,
    /// Results of others, to stand beside.
    #[serde(default, skip_serializing)]
    published: Vec<Published>,
}

/// A family and the numbers of labels to learn from.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Few {
    family: FamilyName,
    labels: Vec<usize>,
    /// The column that is learned from, where it is not the label that is ranked by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    learn_from: Option<String>,
}

/// What a paper reports of a predictor.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    family: FamilyName,
    name: String,
    labels: Vec<usize>,
    kendall_tau: Vec<f64>,
    source: String,
}

/// One piece of the work: a family under a seed.
#[derive(Deserialize, Serialize)]
struct Item {
    family: FamilyName,
    seed: u64,
}

/// What all items share, besides the table: the labels that are ranked.
#[derive(Serialize)]
struct Manifest<'a> {
    kind: &'a str,
    version: &'a str,
    labels: Vec<String>,
    table: &'a Table,
}

/// Runs the table as work that can be interrupted and taken up again, also by several processes at once, and writes
/// every run as Parquet and the means as Markdown.
pub fn reproduce(experiment: &Experiment) -> Result<(), Failure> {
    let (config, out) = (&experiment.config, &experiment.out);
    let table: Table = toml_file(config)?;
    table.check(config)?;
    let families = table.families()?;
    if families.is_empty() {
        return Err(super::no_labels(config));
    }
    let name = config.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let path = out.join(format!("{name}.work"));
    let folder = table.plan(&path, &families)?;
    let left = folder.items().iter().filter(|item| !folder.is_done(&item.id)).count();
    let mut families = families;
    if left > 0 {
        let keep = path.join("zero_cost");
        let wide = |(name, family)| Ok((name, columns::with_columns(&table, name, family, &keep)?));
        families = families.into_iter().map(wide).collect::<Result<_, Failure>>()?;
        cost::say(&table, &families, left)?;
    }
    let mut job = RankingJob { table: &table, families: &families };
    work(&folder, &mut job, &format!("process {}", std::process::id()), usize::MAX)?;
    let Some(all) = collected(&folder)? else {
        return Err(Failure::Work(format!("{}; the same command goes on from here", Status::of(&folder)?)));
    };
    let path = out.join(format!("{name}.parquet"));
    write_parquet(&mut rankings(&all)?, &path)?;
    let text = summary::markdown(&table, &all);
    let page = out.join(format!("{name}.md"));
    write(&page, text.as_bytes())?;
    say!("{text}");
    say!("every run: {}; this table: {}", path.display(), page.display());
    Ok(())
}

/// The results of all items in their order; nothing while one is missing.
fn collected(folder: &WorkFolder) -> Result<Option<Vec<Ranking>>, Failure> {
    let mut all = Vec::new();
    for item in folder.items() {
        let Some(line) = folder.result(&item.id)? else { return Ok(None) };
        let own: Vec<Ranking> = serde_json::from_str(&line).map_err(|error| Failure::work(folder.path(), error))?;
        all.extend(own);
    }
    Ok(Some(all))
}

impl Table {
    /// Refuses a table without seeds, a base that is no contender, and published results that do not belong to numbers of
    /// labels.
    fn check(&self, config: &std::path::Path) -> Result<(), Failure> {
        if self.seeds.is_empty() {
            return Err(Failure::input(config, "has no seeds; accepted: 1 or more"));
        }
        let names: Vec<&str> = self.contenders.iter().map(|contender| contender.name.as_str()).collect();
        if let Some(base) = self.base.as_deref().filter(|base| !names.contains(base)) {
            let accepted = format!("a contender's name, {}", names.join(", "));
            return Err(Failure::input(config, format!("base is `{base}`; accepted: {accepted}")));
        }
        match self.published.iter().find(|one| one.labels.len() != one.kendall_tau.len()) {
            None => Ok(()),
            Some(Published { name, labels, kendall_tau, .. }) => {
                let reason =
                    format!("{name} has {} correlations for {} numbers of labels", kendall_tau.len(), labels.len());
                Err(Failure::input(config, format!("{reason}; accepted: one for each")))
            }
        }
    }

    /// The families that have public labels here, as many as are asked for.
    fn families(&self) -> Result<Vec<(FamilyName, LabelledFamily)>, Failure> {
        let mut families = Vec::new();
        for Few { family, labels: numbers, .. } in &self.families {
            let Some(labelled) = labels(*family, Some(LabelOrigin::Public))? else {
                say!("{family}: no public labels ({DATA_VARIABLE} decides)");
                continue;
            };
            if let Some(most) = numbers.iter().max().filter(|most| **most > labelled.len()) {
                let accepted = format!("at most {}, as many as {family} has", labelled.len());
                return Err(Failure::Input(format!("labels: asks for {most}; accepted: {accepted}")));
            }
            families.push((*family, labelled));
        }
        Ok(families)
    }

    fn plan(&self, path: &std::path::Path, families: &[(FamilyName, LabelledFamily)]) -> Result<WorkFolder, Failure> {
        let failed = |error: String| Failure::Work(error);
        let labels = families.iter().map(|(name, family)| Ok(format!("{name} {}", digest(family)?)));
        let labels = labels.collect::<Result<Vec<String>, Failure>>()?;
        let manifest = Manifest { kind: "predictors", version: env!("CARGO_PKG_VERSION"), labels, table: self };
        let manifest = toml::to_string(&manifest).map_err(|error| failed(error.to_string()))?;
        let items =
            self.seeds.iter().flat_map(|&seed| families.iter().map(move |(family, _)| Item { family: *family, seed }));
        let items = items.map(|item| serde_json::to_string(&item).map_err(|error| failed(error.to_string())));
        WorkFolder::plan(path, &manifest, &items.collect::<Result<Vec<String>, Failure>>()?, EXPIRY)
    }

    /// The study of a family.
    fn study(&self, family: FamilyName) -> WholeSpace {
        let few = self.families.iter().find(|few| few.family == family);
        WholeSpace {
            labels: few.map_or(Vec::new(), |few| few.labels.clone()),
            seeds: self.seeds.clone(),
            ranked: self.ranked,
            learn_from: few.and_then(|few| few.learn_from.clone()),
            form: self.form,
            mining: self.mining,
            contenders: self.contenders.clone(),
        }
    }
}

/// A hash of a family's networks and labels, in their order.
fn digest(family: &LabelledFamily) -> Result<String, Failure> {
    let (frame, failed) =
        (family.frame(), |error: autogo::polars::prelude::PolarsError| Failure::Work(error.to_string()));
    let column = frame.column(&family.label().column).and_then(|column| column.f64().cloned()).map_err(failed)?;
    let mut hash = Sha256::new();
    for (row, value) in column.iter().enumerate() {
        hash.update(family.arch(row).map(|arch| arch.to_string()).unwrap_or_default());
        hash.update(value.unwrap_or(f64::NAN).to_le_bytes());
    }
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// Ranks a family under a seed.
struct RankingJob<'a> {
    table: &'a Table,
    families: &'a [(FamilyName, LabelledFamily)],
}

impl Job for RankingJob<'_> {
    fn run(&mut self, item: &str) -> Outcome {
        let Ok(Item { family, seed }) = serde_json::from_str(item) else {
            return Outcome::Failed(format!("`{item}` is no family with a seed"));
        };
        let Some((_, labelled)) = self.families.iter().find(|(name, _)| *name == family) else {
            return Outcome::Failed(format!("{family} has no labels here"));
        };
        match self.table.study(family).rankings(labelled, seed, Progress::Live) {
            Ok(all) => match serde_json::to_string(&all) {
                Ok(line) => Outcome::Done(line),
                Err(error) => Outcome::Failed(error.to_string()),
            },
            Err(_) if autogo::interrupt::is_asked() => Outcome::Interrupted,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}
