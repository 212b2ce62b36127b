//! A new family: what labels of other families are worth where there are few of its own.

use super::{Contender, Method};
use crate::data::{Example, LabelledFamily};
use crate::error::Error;
use crate::graph::Graph;
use crate::interrupt;
use crate::predict::scoring::{Predictor, Trained};
use crate::predict::training::TrainSettings;
use crate::progress::Progress;
use crate::segment::{Mining, Segmenter};
use crate::stats::{kendall_tau, rank_percents, srcc};
use polars::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Instant;

/// Each of several families in turn is new: contenders learn from all networks of the others, from `few` of its own, or
/// from both, and rank the rest of it.
///
/// What is learned is a network's rank within its family in percent, since labels of different families differ in
/// scale. Of both, a trained predictor learns one after the other (it is fine-tuned for `tune_epochs` at a tenth of its
/// learning rate), everything else at once.
///
/// ```
/// use autogo::{families::FamilyName, predict::NewFamily, prelude::*};
/// let study = NewFamily::from_toml(r#"
///     few = 5
///     tune_epochs = 1
///     seeds = [0]
///     mining = { trainer = { model = "bpe", merges = 20, limit = "soft" } }
///     contenders = [{ name = "process", gaussian = { steps = 2 } }, { name = "FLOPs", baseline = "flops" }]
/// "#)?;
/// let families = [LabelledFamily::mini(FamilyName::Nb101)?, LabelledFamily::mini(FamilyName::Hiaml)?];
/// let runs = study.run(&families, Progress::Silent)?;
/// assert_eq!(runs.height(), 2 * (3 + 1)); // what learns nothing has one row a family
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFamily {
    /// Networks of the new family to learn from.
    pub few: usize,
    /// Epochs on them, for a predictor that has learned from the other families.
    pub tune_epochs: usize,
    /// Seeds; a seed draws the few networks, too.
    pub seeds: Vec<u64>,
    /// The stages of mining; segments are mined from the networks that are learned from first.
    #[serde(default)]
    pub mining: Mining,
    /// The ways to score networks that are compared.
    pub contenders: Vec<Contender>,
}

/// The networks that a contender learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lessons {
    Nothing,
    Others,
    Few,
    Both,
}

impl fmt::Display for Lessons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Lessons::Nothing => "nothing",
            Lessons::Others => "others",
            Lessons::Few => "few",
            Lessons::Both => "both",
        })
    }
}

/// One family that is new, under one seed.
struct Trial<'a> {
    family: &'a LabelledFamily,
    seed: u64,
    others: Vec<Example>,
    few: Vec<Example>,
    unseen: Vec<Graph>,
    truth: Vec<f64>,
    /// Segments of the other families, and of the few networks.
    segmenters: [Segmenter; 2],
}

/// How well a contender ranks the new family.
struct Row {
    family: String,
    label: String,
    contender: String,
    learned: Lessons,
    seed: u64,
    others: usize,
    few: usize,
    ranked: usize,
    kendall_tau: Option<f64>,
    srcc: Option<f64>,
    seconds: f64,
}

impl NewFamily {
    /// A study in TOML: `few`, `tune_epochs`, `seeds`, `contenders` as in
    /// [`Comparison::from_toml`](super::Comparison::from_toml) without forests on columns, and, if it is not the usual
    /// one, `mining`.
    ///
    /// # Errors
    /// Text that is no such TOML; the error names the line.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let accepted = "few, tune_epochs, seeds, mining and contenders";
        toml::from_str(text).map_err(|error| Error::toml("new family", text, &error, accepted))
    }

    /// Runs the study, every family new in its turn. One row for each family, contender, seed and kind of lessons:
    /// `family`, its `label`, `contender`, `learned` (`others`, `few`, `both`, or `nothing` for what learns nothing),
    /// `seed`, the numbers of networks of the `others`, of the `few` and of those `ranked`, `kendall_tau`, `srcc`,
    /// `seconds`. An interrupt ends the study with the rows so far.
    ///
    /// # Errors
    /// Fewer than two families, seeds or contenders that are missing, fewer than 2 networks to learn from or to rank, a
    /// contender that is a forest on columns, settings out of range, networks that a contender cannot read.
    pub fn run(&self, families: &[LabelledFamily], progress: Progress) -> Result<DataFrame, Error> {
        if families.len() < 2 || self.seeds.is_empty() || self.contenders.is_empty() {
            let sizes = (families.len(), self.seeds.len(), self.contenders.len());
            let reason = format!("{} families, {} seeds, {} contenders", sizes.0, sizes.1, sizes.2);
            return Err(Error::setting("new family", reason, "2 families, 1 seed, 1 contender at least"));
        }
        if let Some(forest) = self.contenders.iter().find(|one| matches!(one.method, Method::Columns(_))) {
            let reason = format!("`{}` is a forest on columns", forest.name);
            return Err(Error::predictor("contender", reason, "a predictor, a gaussian process, a baseline, a column"));
        }
        let mut rows = Vec::new();
        let steps = families.len() * self.seeds.len() * self.contenders.len();
        let (mut bar, mut done) = (progress.start("new family", 0, steps), 0);
        'all: for new in 0..families.len() {
            for &seed in &self.seeds {
                let trial = self.trial(families, new, seed)?;
                for contender in &self.contenders {
                    let own = trial.rows(contender, self.tune_epochs)?;
                    // What was learned under an interrupt was cut short.
                    if interrupt::is_asked() {
                        break 'all;
                    }
                    rows.extend(own);
                    done += 1;
                    bar.report(done, &format!("{}, {}", families[new].family(), contender.name));
                }
            }
        }
        frame(&rows)
    }

    fn trial<'a>(&self, families: &'a [LabelledFamily], new: usize, seed: u64) -> Result<Trial<'a>, Error> {
        let family = &families[new];
        let mut own = family.draw(usize::MAX, seed)?;
        if self.few < 2 || own.len() < self.few + 2 {
            let accepted =
                format!("2 to {}, so that 2 and more of {} are left", own.len().saturating_sub(2), family.family());
            return Err(Error::setting("few", format!("is {}", self.few), &accepted));
        }
        let rest = own.split_off(self.few);
        let mut others = Vec::new();
        for other in families[..new].iter().chain(&families[new + 1..]) {
            others.extend(by_rank(other.draw(usize::MAX, seed)?, other));
        }
        let graphs = |examples: &[Example]| examples.iter().map(|one| one.graph.clone()).collect::<Vec<Graph>>();
        let few = by_rank(own, family);
        let segmenters = [self.mining.segmenter(&graphs(&others))?, self.mining.segmenter(&graphs(&few))?];
        let truth = by_rank(rest, family);
        let (unseen, truth) = truth.into_iter().map(|one| (one.graph, one.value)).unzip();
        Ok(Trial { family, seed, others, few, unseen, truth, segmenters })
    }
}

/// Networks with their ranks among each other in percent, 100 for the best.
fn by_rank(examples: Vec<Example>, family: &LabelledFamily) -> Vec<Example> {
    let better = |example: &Example| family.label().goal.upwards(example.value);
    let values: Vec<f64> = examples.iter().map(better).collect();
    let ranked = examples.into_iter().zip(rank_percents(&values));
    ranked.map(|(example, value)| Example { value, ..example }).collect()
}

impl Trial<'_> {
    /// The rows of one contender.
    fn rows(&self, contender: &Contender, tune_epochs: usize) -> Result<Vec<Row>, Error> {
        let row = |learned: Lessons, scores: &[f64], seconds: f64| Row {
            family: self.family.family().into(),
            label: self.family.label().title.clone(),
            contender: contender.name.clone(),
            learned,
            seed: self.seed,
            others: if matches!(learned, Lessons::Others | Lessons::Both) { self.others.len() } else { 0 },
            few: if matches!(learned, Lessons::Few | Lessons::Both) { self.few.len() } else { 0 },
            ranked: self.truth.len(),
            kendall_tau: kendall_tau(scores, &self.truth),
            srcc: srcc(scores, &self.truth),
            seconds,
        };
        let [foreign, own] = &self.segmenters;
        if let Method::Column(name) = &contender.method {
            return Ok(vec![row(Lessons::Nothing, &self.family.numbers_of(name, &self.unseen)?, 0.0)]);
        }
        if !contender.method.learns() {
            let predictor = contender.method.learn(&self.few, Some(own), self.seed)?;
            return Ok(vec![row(Lessons::Nothing, &predictor.score(&self.unseen)?, 0.0)]);
        }
        let mut rows = Vec::new();
        for (lessons, train, segmenter) in [(Lessons::Others, &self.others, foreign), (Lessons::Few, &self.few, own)] {
            let begun = Instant::now();
            let predictor = contender.method.learn(train, Some(segmenter), self.seed)?;
            rows.push(row(lessons, &predictor.score(&self.unseen)?, begun.elapsed().as_secs_f64()));
        }
        let begun = Instant::now();
        let scores = match &contender.method {
            Method::Predictor(settings) => self.tuned(settings, tune_epochs)?.score(&self.unseen)?,
            method => {
                let both = [self.others.as_slice(), self.few.as_slice()].concat();
                method.learn(&both, Some(foreign), self.seed)?.score(&self.unseen)?
            }
        };
        rows.push(row(Lessons::Both, &scores, begun.elapsed().as_secs_f64()));
        Ok(rows)
    }

    /// A predictor that learned from the other families, and then from the few networks.
    fn tuned(&self, settings: &TrainSettings, epochs: usize) -> Result<Trained, Error> {
        let settings = TrainSettings { seed: self.seed, ..*settings };
        let (trained, _) = Trained::train(&self.others, Some(&self.segmenters[0]), &settings, Progress::Silent)?;
        let learning_rate = settings.learning_rate / 10.0;
        let tuning = TrainSettings { epochs, learning_rate, dev_share: 0.0, ..settings };
        Ok(trained.fine_tune(&self.few, &tuning, Progress::Silent)?.0)
    }
}

fn frame(rows: &[Row]) -> Result<DataFrame, Error> {
    fn column<T>(rows: &[Row], of: impl Fn(&Row) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    Ok(df!(
        "family" => column(rows, |row| row.family.clone()),
        "label" => column(rows, |row| row.label.clone()),
        "contender" => column(rows, |row| row.contender.clone()),
        "learned" => column(rows, |row| row.learned.to_string()),
        "seed" => column(rows, |row| row.seed),
        "others" => column(rows, |row| row.others as u64),
        "few" => column(rows, |row| row.few as u64),
        "ranked" => column(rows, |row| row.ranked as u64),
        "kendall_tau" => column(rows, |row| row.kendall_tau),
        "srcc" => column(rows, |row| row.srcc),
        "seconds" => column(rows, |row| row.seconds),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::FamilyName;
    use crate::predict::{Architecture, Baseline};

    #[test]
    fn each_family_is_new_in_its_turn() {
        let families = [FamilyName::Nb101, FamilyName::Hiaml].map(|family| LabelledFamily::mini(family).unwrap());
        let settings = TrainSettings { epochs: 2, architecture: Architecture::gnn(), ..TrainSettings::default() };
        let contender = |name: &str, method: Method| Contender { name: name.into(), method };
        let study = NewFamily {
            few: 6,
            tune_epochs: 1,
            seeds: vec![0, 1],
            mining: Mining::bpe(20),
            contenders: vec![
                contender("GNN", Method::Predictor(settings)),
                contender("counts", Method::Baseline(Baseline::SegmentCounts { alpha: 0.1 })),
                contender("parameters", Method::Baseline(Baseline::Params)),
                contender("jacob_cov", Method::Column("jacob_cov".into())),
            ],
        };
        let runs = study.run(&families, Progress::Silent).unwrap();
        assert_eq!(runs.height(), 2 * 2 * (3 + 3 + 1 + 1));
        let (others, ranked) =
            (runs.column("others").unwrap().u64().unwrap(), runs.column("ranked").unwrap().u64().unwrap());
        assert_eq!(others.get(0), Some(families[1].len() as u64));
        assert_eq!(ranked.get(0), Some(families[0].len() as u64 - 6));
        let again = study.run(&families, Progress::Silent).unwrap();
        assert_eq!(again.drop("seconds").unwrap(), runs.drop("seconds").unwrap());
        let refused = |study: NewFamily| study.run(&families, Progress::Silent).unwrap_err().to_string();
        assert!(refused(NewFamily { few: 10_000, ..study.clone() }).starts_with("few: is 10000; accepted: 2 to "));
        assert!(refused(NewFamily { seeds: vec![], ..study }).contains("0 seeds"));
    }
}
