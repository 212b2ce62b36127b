//! A grid of predictor variants, trained side by side.

use super::Pretraining;
use super::form::Form;
use super::outcome::{Outcome, Scores, frame, learned};
use crate::data::{LabelledFamily, Split};
use crate::error::{Error, line_of};
use crate::families::FamilyName;
use crate::graph::{Graph, Zeros};
use crate::interrupt;
use crate::predict::training::TrainSettings;
use crate::progress::Progress;
use crate::segment::{Mining, Segmenter};
use polars::prelude::*;
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Instant;
use toml::{Spanned, Value};

/// The name of the settings that the variants depart from.
pub(super) const BASE: &str = "base";
/// The most variants of an ablation.
const MOST: usize = 1_000;

/// Variants of a predictor, each trained on the same networks and tried on the same others, once for each seed. A seed
/// draws the split, too, so that differences between variants are paired by seed.
///
/// ```
/// use autogo::{predict::Ablation, prelude::*};
/// let ablation = Ablation::from_toml(r#"
///     train = 20
///     test = 10
///     seeds = [0, 1]
///     base = { epochs = 1, architecture = { reads = "graph" } }
///     [vary]
///     convolution = ["gin", "gcn"]
///     learning_rate = [0.01]
/// "#)?;
/// let names: Vec<&str> = ablation.variants.iter().map(|variant| variant.name.as_str()).collect();
/// assert_eq!(names, ["base", "convolution = gin", "convolution = gcn", "learning_rate = 0.01"]);
/// let runs = ablation.run(&LabelledFamily::nb201_computed(40)?, Progress::Silent)?;
/// assert_eq!(runs.height(), 8);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ablation {
    /// Networks to learn from.
    pub train: usize,
    /// Networks to be ranked.
    pub test: usize,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// The variants, the base first.
    pub variants: Vec<Variant>,
}

/// One variant of a predictor.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The change that the variant makes, such as `loss = huber`; `base` for the variant that changes nothing.
    pub name: String,
    /// The predictor and its training; the ablation's seeds take the place of the settings' own.
    pub settings: TrainSettings,
    /// The stages of mining; segments are mined from the networks to learn from.
    pub mining: Mining,
    /// A first training of the predictor, before it sees labels.
    pub pretraining: Option<Pretraining>,
}

/// The text of an ablation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    train: usize,
    test: usize,
    seeds: Vec<u64>,
    #[serde(default)]
    base: TrainSettings,
    #[serde(default)]
    mining: Mining,
    #[serde(default)]
    combined: bool,
    #[serde(default)]
    vary: BTreeMap<String, Vec<Spanned<Value>>>,
}

impl Ablation {
    /// An ablation in TOML: `train`, `test` and `seeds`; `base`, the [`TrainSettings`] that variants depart from; a
    /// table `mining` as in [`Mining::from_file`]; and a table `vary` with a list of values for each setting that is
    /// varied. A setting is a field of [`TrainSettings`] (`loss`, `cuts`, …) or of its
    /// [`Architecture`](crate::predict::Architecture) (`layers`, `readout`, …), `mining`, or `pretraining`
    /// ([`Pretraining`], or `"none"`).
    ///
    /// Every value makes one variant that differs from the base in this setting alone. With `combined = true` every
    /// combination of values makes a variant instead. A value that is the base's own makes no second variant.
    ///
    /// # Errors
    /// Text that is no such TOML, a setting or a value that there is not, more than 1,000 variants; the error names the
    /// line.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let accepted = "train, test, seeds, base, mining, combined and vary";
        let read: Text = toml::from_str(text).map_err(|error| Error::toml("ablation", text, &error, accepted))?;
        let base = Variant { name: BASE.into(), settings: read.base, mining: read.mining, pretraining: None };
        let changes = |(key, values): (&String, &Vec<Spanned<Value>>)| {
            let one = |value: &Spanned<Value>| Change {
                key: key.clone(),
                value: value.get_ref().clone(),
                line: line_of(text, value.span().start),
            };
            values.iter().map(one).collect::<Vec<Change>>()
        };
        let axes: Vec<Vec<Change>> = read.vary.iter().map(changes).collect();
        let mut variants = vec![base.clone()];
        for changes in combinations(&axes, read.combined)? {
            let mut variant = base.clone();
            for change in &changes {
                change.apply(&mut variant)?;
            }
            if variants.iter().all(|earlier| !earlier.is_like(&variant)) {
                variant.name = changes.iter().map(Change::to_string).collect::<Vec<String>>().join(", ");
                variants.push(variant);
            }
        }
        Ok(Ablation { train: read.train, test: read.test, seeds: read.seeds, variants })
    }

    /// The ablation with as many networks as a family has: its own numbers, or all there are in their proportion
    /// ([`LabelledFamily::shares`]).
    ///
    /// # Errors
    /// As for [`LabelledFamily::shares`].
    pub fn within(self, family: &LabelledFamily) -> Result<Self, Error> {
        let (train, test) = family.shares(self.train, self.test)?;
        Ok(Ablation { train, test, ..self })
    }

    /// Trains every variant under every seed, several at once. One row for each variant and seed, with the columns of
    /// [`Comparison::run`](super::Comparison::run); `contender` is the variant's name. The number of threads and the
    /// order in which trainings end change nothing but the seconds. An interrupt ends the ablation with the rows
    /// of the trainings that had ended.
    ///
    /// # Errors
    /// No seeds, fewer networks than the split or a pretraining needs, networks that a variant cannot read.
    pub fn run(&self, family: &LabelledFamily, progress: Progress) -> Result<DataFrame, Error> {
        self.watch(family, progress, |_| Ok(()))
    }

    /// As [`Ablation::run`]; the rows so far are shown to `see` whenever a training ends. An error of `see` ends the
    /// ablation.
    ///
    /// # Errors
    /// Those of [`Ablation::run`] and of `see`.
    pub fn watch(
        &self,
        family: &LabelledFamily,
        progress: Progress,
        mut see: impl FnMut(&DataFrame) -> Result<(), Error>,
    ) -> Result<DataFrame, Error> {
        if self.seeds.is_empty() || self.variants.is_empty() {
            let reason = format!("{} seeds and {} variants", self.seeds.len(), self.variants.len());
            return Err(Error::setting("ablation", reason, "at least 1 of each"));
        }
        let trials =
            self.seeds.iter().map(|&seed| Trial::new(self, family, seed)).collect::<Result<Vec<Trial>, Error>>()?;
        let tasks: Vec<(&Trial, usize)> =
            trials.iter().flat_map(|trial| (0..self.variants.len()).map(move |at| (trial, at))).collect();
        let mut done: Vec<Option<Outcome>> = tasks.iter().map(|_| None).collect();
        let mut bar = progress.start(family.family(), 0, tasks.len());
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (sender, outcomes) = mpsc::channel();
            let (tasks, is_over) = (&tasks, &is_over);
            // Trainings run on the pool of threads; this thread draws, so that drawing never waits inside the pool.
            scope.spawn(move || {
                tasks.par_iter().enumerate().for_each_with(sender, |sender, (at, (trial, variant))| {
                    let is_wanted = || !is_over.load(Ordering::Relaxed) && !interrupt::is_asked();
                    if is_wanted() {
                        let outcome = trial.run(&self.variants[*variant]);
                        // A training that was interrupted ended early: its outcome is none of the variant's.
                        if is_wanted() {
                            // After an error the receiver is gone, and the outcome is not needed.
                            let _ = sender.send((at, outcome));
                        }
                    }
                });
            });
            let watched = outcomes.iter().enumerate().try_for_each(|(count, (at, outcome))| {
                let outcome = outcome?;
                bar.report(count + 1, &outcome.note());
                done[at] = Some(outcome);
                see(&self.frame(family, &done)?)
            });
            is_over.store(true, Ordering::Relaxed);
            watched
        })?;
        self.frame(family, &done)
    }

    /// The outcomes so far, by seed and then in the order of the variants.
    fn frame(&self, family: &LabelledFamily, done: &[Option<Outcome>]) -> Result<DataFrame, Error> {
        frame(family, self.train, self.test, done.iter().flatten())
    }
}

impl Variant {
    /// Whether two variants do the same, whatever their names.
    fn is_like(&self, other: &Variant) -> bool {
        let Variant { name: _, settings, mining, pretraining } = other;
        (&self.settings, &self.mining, &self.pretraining) == (settings, mining, pretraining)
    }
}

/// One setting with the value that a variant gives it, and the line of the text that says so.
#[derive(Clone)]
struct Change {
    key: String,
    value: Value,
    line: usize,
}

impl Change {
    /// Gives a variant this value.
    fn apply(&self, variant: &mut Variant) -> Result<(), Error> {
        match self.key.as_str() {
            "mining" => variant.mining = self.read(self.value.clone())?,
            "pretraining" if self.value.as_str() == Some("none") => variant.pretraining = None,
            "pretraining" => variant.pretraining = Some(self.read(self.value.clone())?),
            _ => {
                let mut settings = Value::try_from(variant.settings).map_err(|error| self.error(&error.to_string()))?;
                self.set(&mut settings)?;
                variant.settings = self.read(settings)?;
                variant.settings.check()?;
            }
        }
        Ok(())
    }

    /// Puts the value into the table of the settings, or into the architecture's in it.
    fn set(&self, settings: &mut Value) -> Result<(), Error> {
        let names = |table: &Value| -> Vec<String> {
            table.as_table().into_iter().flat_map(|table| table.keys().cloned()).collect()
        };
        let mut known = names(settings);
        known.extend(names(&settings["architecture"]));
        let slot = match settings.get_mut(&self.key).is_some() {
            true => settings.get_mut(&self.key),
            false => settings.get_mut("architecture").and_then(|architecture| architecture.get_mut(&self.key)),
        };
        match slot {
            Some(slot) => *slot = self.value.clone(),
            None => {
                let accepted = format!("mining, pretraining, {}", known.join(", "));
                let reason = format!("line {}: there is no setting `{}`", self.line, self.key);
                return Err(Error::setting("vary", reason, &accepted));
            }
        }
        Ok(())
    }

    fn read<T: serde::de::DeserializeOwned>(&self, value: Value) -> Result<T, Error> {
        value.try_into().map_err(|error: toml::de::Error| self.error(error.message()))
    }

    fn error(&self, reason: &str) -> Error {
        let reason = format!("line {}: {reason}", self.line);
        Error::setting(&format!("vary {}", self.key), reason, "values of this setting")
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} = {}", self.key, plain(&self.value))
    }
}

/// A value in plain words: `{ hinge = { margin = 1.0 } }` is `hinge margin 1`.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) => number.to_string(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<String>>().join(" "),
        Value::Table(table) => {
            let entry = |(key, value): (&String, &Value)| format!("{key} {}", plain(value));
            table.iter().map(entry).collect::<Vec<String>>().join(", ")
        }
        Value::Integer(_) | Value::Boolean(_) | Value::Datetime(_) => value.to_string(),
    }
}

/// The changes of every variant: one value of one axis each, or one value of every axis.
fn combinations(axes: &[Vec<Change>], combined: bool) -> Result<Vec<Vec<Change>>, Error> {
    let count = match combined {
        false => axes.iter().map(Vec::len).sum(),
        true => axes.iter().map(Vec::len).fold(1, usize::saturating_mul),
    };
    if count > MOST {
        return Err(Error::setting("vary", format!("makes {count} variants"), &format!("at most {MOST}")));
    }
    if !combined {
        return Ok(axes.iter().flatten().map(|change| vec![change.clone()]).collect());
    }
    let longer = |rows: Vec<Vec<Change>>, axis: &Vec<Change>| -> Vec<Vec<Change>> {
        let extended = |row: &Vec<Change>, change: &Change| row.iter().chain([change]).cloned().collect();
        rows.iter().flat_map(|row| axis.iter().map(move |change| extended(row, change))).collect()
    };
    Ok(axes.iter().fold(vec![Vec::new()], longer))
}

/// The networks of one seed.
struct Trial<'a> {
    seed: u64,
    family: &'a LabelledFamily,
    split: Split,
    /// The segmenters of all ways of mining among the variants.
    segmenters: Vec<(Mining, Segmenter)>,
    /// Networks to be ranked.
    unseen: Vec<Graph>,
    /// The labels of the networks to be ranked.
    truth: Vec<f64>,
}

impl<'a> Trial<'a> {
    fn new(ablation: &Ablation, family: &'a LabelledFamily, seed: u64) -> Result<Self, Error> {
        let split = family.split(ablation.train, ablation.test, seed)?;
        let graphs = split.train_graphs();
        let mut segmenters: Vec<(Mining, Segmenter)> = Vec::new();
        // A variant that reads whole networks needs no segments.
        for variant in ablation.variants.iter().filter(|variant| variant.settings.architecture.reads.is_cut()) {
            if segmenters.iter().all(|(mining, _)| *mining != variant.mining) {
                segmenters.push((variant.mining, variant.mining.segmenter(&graphs)?));
            }
        }
        let (unseen, truth) = (split.test_graphs(), split.test_values());
        Ok(Trial { seed, family, split, segmenters, unseen, truth })
    }

    fn run(&self, variant: &Variant) -> Result<Outcome, Error> {
        let start = Instant::now();
        let found = self.segmenters.iter().find(|(mining, _)| *mining == variant.mining);
        let segmenter = found.map(|(_, segmenter)| segmenter);
        let predictor = match &variant.pretraining {
            None => learned(&variant.settings, &self.split.train, segmenter, self.seed)?,
            Some(first) => {
                let halves = self.split.train.iter().chain(&self.split.test);
                let known = halves.map(|example| example.graph.formula_id(Zeros::Dropped)).collect();
                let families = [FamilyName::named(self.family.family())?];
                let lessons = first.lessons(&families, Form::Whole, known, self.seed)?;
                first.then(&variant.settings, &lessons, &self.split.train, segmenter, self.seed)?
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        let scores = Scores::of(&predictor, &variant.settings, &self.unseen, &self.truth, seconds)?;
        Ok(Outcome::of(&variant.name, self.seed, &scores, &self.truth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::{Loss, Pretext, Readout, verdicts};

    const TEXT: &str = "train = 40\ntest = 30\nseeds = [0, 1]\n\
        mining = { trainer = { model = \"bpe\", merges = 20, limit = \"soft\" } }\n\
        base = { epochs = 2 }\n\
        [vary]\n\
        readout = [\"mean\", \"sum\"]\n\
        loss = [\"huber\"]\n\
        mining = [{ trainer = { model = \"bpe\", merges = 5, limit = \"soft\" } }]\n\
        pretraining = [\"none\", { on = \"flops\", networks = 30, epochs = 1 }]\n";

    #[test]
    fn a_value_alone_makes_a_variant_and_the_base_s_own_makes_none() {
        let ablation = Ablation::from_toml(TEXT).unwrap();
        let names: Vec<&str> = ablation.variants.iter().map(|variant| variant.name.as_str()).collect();
        assert_eq!(names.len(), 5, "{names:?}");
        assert_eq!((names[0], names[1]), ("base", "loss = huber"));
        assert_eq!(ablation.variants[1].settings.loss, Loss::Huber);
        assert_eq!(ablation.variants[3].pretraining.map(|first| first.on), Some(Pretext::Flops));
        assert_eq!(ablation.variants[4].settings.architecture.readout, Readout::Sum);
    }

    #[test]
    fn combined_values_make_a_variant_of_every_combination() {
        let text = TEXT.replace("[vary]", "combined = true\n[vary]");
        let ablation = Ablation::from_toml(&text).unwrap();
        // 2 readouts × 1 loss × 1 way of mining × 2 ways of pre-training, and the base.
        assert_eq!(ablation.variants.len(), 5);
        let last = ablation.variants.last().unwrap();
        assert!(
            last.name.starts_with("loss = huber, mining = ") && last.name.ends_with("readout = sum"),
            "{}",
            last.name
        );
        assert_eq!((last.settings.loss, last.settings.architecture.readout), (Loss::Huber, Readout::Sum));
    }

    #[test]
    fn rows_come_in_order_whatever_ends_first_and_every_variant_has_a_verdict() {
        let ablation = Ablation::from_toml(TEXT).unwrap();
        let family = LabelledFamily::nb201_computed(90).unwrap();
        let mut sizes = Vec::new();
        let runs = ablation
            .watch(&family, Progress::Silent, |rows| {
                sizes.push(rows.height());
                Ok(())
            })
            .unwrap();
        assert_eq!(sizes, (1..=10).collect::<Vec<usize>>());
        let again = ablation.run(&family, Progress::Silent).unwrap();
        assert!(runs.drop("seconds").unwrap().equals_missing(&again.drop("seconds").unwrap()));
        let table = verdicts(&runs).unwrap();
        assert_eq!(table.height(), 5);
        let verdict = table.column("verdict").unwrap().str().unwrap();
        assert_eq!(verdict.iter().flatten().filter(|verdict| *verdict == "base").count(), 1);
    }

    #[test]
    fn an_error_of_the_watcher_ends_the_ablation() {
        let family = LabelledFamily::nb201_computed(90).unwrap();
        let stop = |_: &DataFrame| Err(Error::setting("watcher", "has seen enough", "more"));
        let error = Ablation::from_toml(TEXT).unwrap().watch(&family, Progress::Silent, stop).unwrap_err().to_string();
        assert_eq!(error, "watcher: has seen enough; accepted: more");
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let error = |from: &str, to: &str| Ablation::from_toml(&TEXT.replace(from, to)).unwrap_err().to_string();
        assert!(error("train = 40", "trian = 40").starts_with("ablation: line 1: unknown field `trian`"));
        let message = error("readout", "readuot");
        assert!(
            message.starts_with("vary: line 7: there is no setting `readuot`; accepted: mining, pretraining, "),
            "{message}"
        );
        assert!(message.contains("cuts") && message.contains("layers"), "{message}");
        let message = error("\"sum\"", "\"som\"");
        assert!(
            message.starts_with("vary readout: line 7: unknown variant `som`, expected one of `mean`"),
            "{message}"
        );
        let message = error("loss = [\"huber\"]", "layers = [99]");
        assert_eq!(message, "layers: is 99; accepted: 1 to 32");
        let many: Vec<String> = (0..1001).map(|number| number.to_string()).collect();
        let message = error("[\"huber\"]", &format!("[{}]", many.join(", ")));
        assert!(message.contains("vary: makes 1006 variants; accepted: at most 1000"), "{message}");
    }
}
