//! Few labels to learn from, and every network of a family to be ranked: the protocol of papers on neural predictors.

use super::columns::column;
use super::form::Form;
use super::front::front_regret;
use super::{Contender, Method};
use crate::data::{Example, LabelledFamily};
use crate::error::Error;
use crate::graph::{FormulaId, Graph, Zeros};
use crate::interrupt;
use crate::predict::scoring::Predictor;
use crate::progress::{Bar, Progress};
use crate::rng::Stream;
use crate::segment::Mining;
use crate::stats::{best_of_first, kendall_tau, srcc, top_k_overlap};
use polars::prelude::*;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};
use std::time::Instant;

/// Networks that are built and scored at a time: all of a family would not fit into memory.
const BLOCK: usize = 4096;
/// The overlap is reported of the best network in so many.
const TOP_ONE_IN: usize = 100;
/// The predictions of which the best network counts.
const FIRST: usize = 10;
/// Networks that a search may train.
const TRAINED: usize = 100;

/// A study of few labels: contenders learn from networks that are drawn from a whole family, and rank all of it.
///
/// ```
/// use autogo::{predict::WholeSpace, prelude::*};
/// let study = WholeSpace::from_toml(r#"
///     labels = [20, 40]
///     seeds = [0]
///     contenders = [{ name = "FLOPs", baseline = "flops" }, { name = "process", gaussian = { steps = 5 } }]
/// "#)?;
/// let runs = study.run(&LabelledFamily::nb201_computed(120)?, 0, Progress::Silent)?;
/// assert_eq!(runs.height(), 4);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WholeSpace {
    /// Numbers of labels to learn from. The networks of a smaller number are among those of a larger one.
    pub labels: Vec<usize>,
    /// Seeds. A seed draws the networks to learn from.
    pub seeds: Vec<u64>,
    /// The most networks that are ranked, spread evenly over the family; all of them without a number.
    #[serde(default)]
    pub ranked: Option<usize>,
    /// The column of the family's frame that is learned from, such as validation accuracies, where it is not the label
    /// that is ranked by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learn_from: Option<String>,
    /// The form in which networks are read.
    #[serde(default)]
    pub form: Form,
    /// The stages of mining; segments are mined from the networks to learn from.
    #[serde(default)]
    pub mining: Mining,
    /// The ways to score networks that are compared. Columns of the family's frame must have a number for all of
    /// [`WholeSpace::rows`].
    pub contenders: Vec<Contender>,
}

/// How well a contender ranks a family after learning from some labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    /// The family.
    pub family: String,
    /// The label that is ranked, with its unit.
    pub label: String,
    /// The contender's name.
    pub contender: String,
    /// The seed of the networks that were learned from, and of the training.
    pub seed: u64,
    /// The number of labels that were learned from.
    pub labels: usize,
    /// The number of networks that were ranked; those that were learned from are among them.
    pub ranked: usize,
    /// Kendall's tau of scores and labels. Nothing where all scores or all labels are equal, as for the other figures.
    pub kendall_tau: Option<f64>,
    /// The same over the networks whose formula is that of no network that was learned from.
    pub kendall_tau_unseen: Option<f64>,
    /// Spearman's rank correlation.
    pub srcc: Option<f64>,
    /// The share of the best hundredth that stands in the first hundredth.
    pub top_percent_overlap: Option<f64>,
    /// The true rank, from 1, of the best network among the first ten.
    pub best_of_10: Option<f64>,
    /// What a search would regret that takes these scores and FLOPs for all it knows, and may train a hundred networks:
    /// at the FLOPs of each network of the true front of labels and FLOPs, its label less the best label that was
    /// trained at no more FLOPs, on average, in the label's unit; the least of all labels where nothing as cheap was
    /// trained. The hundred are the front of scores and FLOPs, then the front of the rest, and so on; of a front that is
    /// larger than what is left, networks from its cheapest to its dearest. FLOPs are those of the form that is read.
    pub front_regret: Option<f64>,
    /// Seconds of learning, without the mining of segments, which contenders share.
    pub train_seconds: f64,
    /// Seconds of scoring all ranked networks, without building them.
    pub score_seconds: f64,
}

/// A contender that has learned, and its scores so far.
struct Entrant<'a> {
    name: &'a str,
    labels: usize,
    predictor: Box<dyn Predictor + 'a>,
    train_seconds: f64,
    score_seconds: f64,
    scores: Vec<f64>,
}

impl WholeSpace {
    /// A study in TOML: `labels`, `seeds`, `contenders` as in [`Comparison::from_toml`](super::Comparison::from_toml),
    /// and, if they are not the usual ones, `ranked`, `learn_from`, `form` and `mining`.
    ///
    /// # Errors
    /// Text that is no such TOML; the error names the line.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let accepted = "labels, seeds, ranked, learn_from, form, mining and contenders";
        toml::from_str(text).map_err(|error| Error::toml("whole space", text, &error, accepted))
    }

    /// Runs the study on a family under one of its seeds: a [`Ranking`] for each number of labels and contender, as
    /// [`rankings`] makes a frame of them.
    ///
    /// # Errors
    /// Those of [`WholeSpace::rankings`].
    pub fn run(&self, family: &LabelledFamily, seed: u64, progress: Progress) -> Result<DataFrame, Error> {
        rankings(&self.rankings(family, seed, progress)?)
    }

    /// As [`WholeSpace::run`], as plain data.
    ///
    /// Networks are built, scored and dropped block by block. O(networks · (nodes + contenders · scoring)), on all
    /// cores.
    ///
    /// # Errors
    /// A seed that is none of the study's, no contenders, more labels than the family has, a column to learn from that
    /// is not there or holds no numbers, a contender that is no function of a network, settings out of range, an interrupt.
    pub fn rankings(&self, family: &LabelledFamily, seed: u64, progress: Progress) -> Result<Vec<Ranking>, Error> {
        let (rows, most) = self.check(family, seed)?;
        let known = self.lessons(family, &rows, most, seed)?;
        let ranked = self.ranked_of(&rows);
        let mut bar = progress.start(family.family(), 0, self.labels.len() * self.contenders.len() + ranked.len());
        let mut entrants = self.learn(family, &known, seed, &mut bar)?;
        let (mut truth, mut flops, mut formulas) = (Vec::new(), Vec::new(), Vec::new());
        let trainings = entrants.len();
        for block in ranked.chunks(BLOCK) {
            if interrupt::is_asked() {
                return Err(Error::predictor("study", "was interrupted", "the same study again"));
            }
            let examples = self.build(family, block)?;
            truth.extend(examples.iter().map(|example| example.value));
            flops.par_extend(examples.par_iter().map(|example| example.graph.cost().flops as f64));
            formulas.par_extend(examples.par_iter().map(|example| example.graph.formula_id(Zeros::Dropped)));
            let graphs: Vec<Graph> = examples.into_iter().map(|example| example.graph).collect();
            for entrant in &mut entrants {
                let begun = Instant::now();
                entrant.scores.extend(entrant.predictor.score(&graphs)?);
                entrant.score_seconds += begun.elapsed().as_secs_f64();
            }
            bar.report(trainings + truth.len(), "ranking");
        }
        let known: Vec<FormulaId> = known.iter().map(|example| example.graph.formula_id(Zeros::Dropped)).collect();
        let ranked = Ranked { labels: truth, flops, formulas };
        Ok(judged(family, seed, &entrants, &ranked, &known))
    }

    /// The rows of a family that are learned from under any seed, or ranked; ascending.
    ///
    /// # Errors
    /// No contenders, more labels than the family has.
    pub fn rows(&self, family: &LabelledFamily) -> Result<Vec<usize>, Error> {
        let mut rows = BTreeSet::new();
        for &seed in &self.seeds {
            let (labelled, most) = self.check(family, seed)?;
            rows.extend(self.drawn(&self.lessons_of(family, labelled.clone(), most)?, most, seed));
            rows.extend(self.ranked_of(&labelled));
        }
        Ok(rows.into_iter().collect())
    }

    /// The rows that are ranked, of those that have a label.
    fn ranked_of(&self, labelled: &[usize]) -> Vec<usize> {
        labelled.iter().step_by(self.step(labelled.len())).copied().collect()
    }

    /// The rows of the family that have a label, and the largest number of labels.
    fn check(&self, family: &LabelledFamily, seed: u64) -> Result<(Vec<usize>, usize), Error> {
        let wrong = |what: &str, reason: String, accepted: &str| Err(Error::setting(what, reason, accepted));
        if !self.seeds.contains(&seed) {
            return wrong("seed", format!("is {seed}"), &format!("one of {:?}", self.seeds));
        }
        let rows = family.labelled_rows();
        let most = self.labels.iter().copied().max().unwrap_or(0);
        if self.contenders.is_empty() || self.labels.contains(&0) || most == 0 || self.ranked == Some(0) {
            let ranked = self.ranked.map_or("all".into(), |ranked| ranked.to_string());
            let reason = format!("{} contenders, labels {:?}, {ranked} ranked", self.contenders.len(), self.labels);
            return wrong("whole space", reason, "at least 1 of each");
        }
        if most > rows.len() {
            let accepted = format!("at most {}, as many as {} has", rows.len(), family.family());
            return wrong("labels", format!("asks for {most}"), &accepted);
        }
        Ok((rows, most))
    }

    /// The networks to learn from under a seed, with what is learned of each.
    fn lessons(&self, family: &LabelledFamily, rows: &[usize], most: usize, seed: u64) -> Result<Vec<Example>, Error> {
        let drawn = self.drawn(&self.lessons_of(family, rows.to_vec(), most)?, most, seed);
        let known = self.build(family, &drawn)?;
        let Some(name) = &self.learn_from else { return Ok(known) };
        let numbers = numbers(family, name)?;
        let valued = known.into_iter().zip(&drawn);
        Ok(valued.filter_map(|(example, &row)| Some(Example { value: numbers.get(row)?, ..example })).collect())
    }

    /// Those of the rows that have what is learned from.
    fn lessons_of(&self, family: &LabelledFamily, mut rows: Vec<usize>, most: usize) -> Result<Vec<usize>, Error> {
        let Some(name) = &self.learn_from else { return Ok(rows) };
        let numbers = numbers(family, name)?;
        rows.retain(|&row| numbers.get(row).is_some());
        if most > rows.len() {
            let accepted = format!("at most {}, as many as have `{name}`", rows.len());
            return Err(Error::setting("labels", format!("asks for {most}"), &accepted));
        }
        Ok(rows)
    }

    /// The rows to learn from under a seed.
    fn drawn(&self, rows: &[usize], most: usize, seed: u64) -> Vec<usize> {
        let mut drawn = rows.to_vec();
        let mut draw = Stream::new(seed, "labels of a whole space").at(0);
        drawn.partial_shuffle(&mut draw, most).0.to_vec()
    }

    fn step(&self, rows: usize) -> usize {
        rows.div_ceil(self.ranked.unwrap_or(rows).max(1)).max(1)
    }

    /// The networks of some rows in the study's form, with their labels.
    fn build(&self, family: &LabelledFamily, rows: &[usize]) -> Result<Vec<Example>, Error> {
        rows.par_iter().map(|&row| family.example(row, self.form == Form::Shallow)).collect()
    }

    /// Every contender after it has learned from each number of labels.
    fn learn<'a>(
        &'a self,
        family: &'a LabelledFamily,
        known: &[Example],
        seed: u64,
        bar: &mut Bar,
    ) -> Result<Vec<Entrant<'a>>, Error> {
        let mut entrants = Vec::new();
        for &labels in &self.labels {
            let train = &known[..labels];
            let graphs: Vec<Graph> = train.iter().map(|example| example.graph.clone()).collect();
            let segmenter = match self.contenders.iter().any(|contender| contender.method.reads_segments()) {
                true => Some(self.mining.segmenter(&graphs)?),
                false => None,
            };
            for Contender { name, method } in &self.contenders {
                let begun = Instant::now();
                let predictor: Box<dyn Predictor + 'a> = match method {
                    Method::Column(name) => Box::new(column(family, name)),
                    Method::Columns(forest) => Box::new(forest.learn(family, train, seed)?),
                    _ => method.learn(train, segmenter.as_ref(), seed)?,
                };
                let train_seconds = begun.elapsed().as_secs_f64();
                if interrupt::is_asked() {
                    return Err(Error::predictor("study", "was interrupted", "the same study again"));
                }
                entrants.push(Entrant { name, labels, predictor, train_seconds, score_seconds: 0.0, scores: vec![] });
                bar.report(entrants.len(), &format!("{name} from {labels} labels"));
            }
        }
        Ok(entrants)
    }
}

/// A column of a family's frame.
fn numbers(family: &LabelledFamily, name: &str) -> Result<Float64Chunked, Error> {
    Ok(family.frame().column(name)?.strict_cast(&DataType::Float64)?.f64()?.clone())
}

/// The networks that are ranked, a number each.
struct Ranked {
    labels: Vec<f64>,
    flops: Vec<f64>,
    formulas: Vec<FormulaId>,
}

impl Ranked {
    /// The values of the networks whose formula is none of the known ones.
    fn unseen(&self, values: &[f64], known: &[FormulaId]) -> Vec<f64> {
        let known: HashSet<&FormulaId> = known.iter().collect();
        values.iter().zip(&self.formulas).filter(|(_, id)| !known.contains(id)).map(|(value, _)| *value).collect()
    }
}

/// How well each entrant ranks the networks; `known` are the formulas of those to learn from, in the order in which they
/// were drawn.
fn judged(
    family: &LabelledFamily,
    seed: u64,
    entrants: &[Entrant<'_>],
    ranked: &Ranked,
    known: &[FormulaId],
) -> Vec<Ranking> {
    // Turned so that more is better: the ends of both lists then are the best. Correlations stay as they are.
    let goal = family.label().goal;
    let better = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| goal.upwards(*value)).collect() };
    let truth = better(&ranked.labels);
    let judge = |entrant: &Entrant<'_>| {
        let scores = better(&entrant.scores);
        let unseen = |values: &[f64]| ranked.unseen(values, &known[..entrant.labels]);
        Ranking {
            family: family.family().into(),
            label: family.label().title.clone(),
            contender: entrant.name.into(),
            seed,
            labels: entrant.labels,
            ranked: truth.len(),
            kendall_tau: kendall_tau(&scores, &truth),
            kendall_tau_unseen: kendall_tau(&unseen(&scores), &unseen(&truth)),
            srcc: srcc(&scores, &truth),
            top_percent_overlap: top_k_overlap(&scores, &truth, truth.len().div_ceil(TOP_ONE_IN)),
            best_of_10: best_of_first(&scores, &truth, FIRST),
            front_regret: front_regret(&scores, &truth, &ranked.flops, TRAINED),
            train_seconds: entrant.train_seconds,
            score_seconds: entrant.score_seconds,
        }
    };
    entrants.par_iter().map(judge).collect()
}

/// Rankings as a frame: a row for each, a column for each field.
///
/// # Errors
/// Too little memory for the frame.
pub fn rankings(all: &[Ranking]) -> Result<DataFrame, Error> {
    fn column<T>(all: &[Ranking], of: impl Fn(&Ranking) -> T) -> Vec<T> {
        all.iter().map(of).collect()
    }
    Ok(df!(
        "family" => column(all, |one| one.family.clone()),
        "label" => column(all, |one| one.label.clone()),
        "contender" => column(all, |one| one.contender.clone()),
        "seed" => column(all, |one| one.seed),
        "labels" => column(all, |one| one.labels as u64),
        "ranked" => column(all, |one| one.ranked as u64),
        "kendall_tau" => column(all, |one| one.kendall_tau),
        "kendall_tau_unseen" => column(all, |one| one.kendall_tau_unseen),
        "srcc" => column(all, |one| one.srcc),
        "top_percent_overlap" => column(all, |one| one.top_percent_overlap),
        "best_of_10" => column(all, |one| one.best_of_10),
        "front_regret" => column(all, |one| one.front_regret),
        "train_seconds" => column(all, |one| one.train_seconds),
        "score_seconds" => column(all, |one| one.score_seconds),
    )?)
}

#[cfg(test)]
mod tests {
    use super::super::Method;
    use super::*;

    const TEXT: &str = "labels = [20, 30]\nseeds = [0, 3]\nform = \"shallow\"\n\
        mining = { trainer = { model = \"bpe\", merges = 10, limit = \"soft\" } }\n\
        contenders = [{ name = \"FLOPs\", baseline = \"flops\" }, { name = \"process\", gaussian = { steps = 5 } },\n\
        { name = \"GNN\", predictor = { epochs = 1, architecture = { reads = \"graph\" } } },\n\
        { name = \"PSC\", predictor = { epochs = 1 } },\n\
        { name = \"segments\", baseline = { segment_counts = { alpha = 0.1 } } }]\n";

    #[test]
    fn every_contender_ranks_every_network_and_the_numbers_come_again() {
        let study = WholeSpace::from_toml(TEXT).unwrap();
        let family = LabelledFamily::nb201_computed(80).unwrap();
        let run = || study.run(&family, 3, Progress::Silent).unwrap().drop_many(["train_seconds", "score_seconds"]);
        let runs = run();
        assert!(runs.equals_missing(&run()));
        assert_eq!(runs.height(), 10);
        let column = |name: &str| runs.column(name).unwrap().f64().unwrap().clone();
        assert!(runs.column("ranked").unwrap().u64().unwrap().iter().all(|ranked| ranked == Some(80)));
        // More FLOPs make more cycles.
        assert!(column("kendall_tau").get(0).unwrap() > 0.3);
        assert!(column("kendall_tau").get(1).unwrap() > 0.7);
        assert!(column("best_of_10").iter().flatten().all(|rank| (1.0..=71.0).contains(&rank)));
        // A hundred trainings of eighty networks find everything.
        assert!(column("front_regret").iter().all(|regret| regret == Some(0.0)));
        assert_ne!(column("kendall_tau_unseen").get(1), column("kendall_tau").get(1));
    }

    #[test]
    fn columns_of_the_frame_are_contenders_where_they_have_numbers() {
        let text = "labels = [20]\nseeds = [0, 1]\nranked = 30\nform = \"shallow\"\n\
            [[contenders]]\nname = \"label\"\ncolumn = \"known\"\n\
            [[contenders]]\nname = \"forest\"\ncolumns = { names = [\"known\", \"params\"], trees = 20 }\n";
        let study = WholeSpace::from_toml(text).unwrap();
        let data = LabelledFamily::nb201_computed(80).unwrap();
        let rows = study.rows(&data).unwrap();
        assert!(rows.is_sorted() && rows.len() > 30 && rows.len() < 80);
        let labels = data.frame().column(&data.label().column).unwrap().f64().unwrap().clone();
        // No row that the study does not ask for has a number.
        let number = |row: usize| rows.binary_search(&row).ok().and_then(|_| Some(-labels.get(row)?));
        let known = data.clone().with_numbers("known", (0..80).map(number).collect()).unwrap();
        let tau = |runs: &DataFrame, at: usize| runs.column("kendall_tau").unwrap().f64().unwrap().get(at).unwrap();
        for seed in [0, 1] {
            let runs = study.run(&known, seed, Progress::Silent).unwrap();
            assert!(tau(&runs, 0) < -0.999, "{}", tau(&runs, 0));
            assert!(tau(&runs, 1) > 0.8, "{}", tau(&runs, 1));
        }
        assert!(study.run(&data, 0, Progress::Silent).unwrap_err().to_string().contains("known"));
        let holes = data.with_numbers("known", vec![None; 80]).unwrap();
        let error = study.run(&holes, 0, Progress::Silent).unwrap_err().to_string();
        assert!(error.ends_with("accepted: a column with a number in every row"), "{error}");
    }

    #[test]
    fn what_is_learned_from_need_not_be_what_is_ranked_by() {
        let family = LabelledFamily::nb201_computed(80).unwrap();
        let study = WholeSpace::from_toml(TEXT).unwrap();
        let by = |column: &str| {
            let study = WholeSpace { learn_from: Some(column.into()), ..study.clone() };
            study.run(&family, 0, Progress::Silent).unwrap().drop_many(["train_seconds", "score_seconds"])
        };
        let usual = study.run(&family, 0, Progress::Silent).unwrap().drop_many(["train_seconds", "score_seconds"]);
        assert!(by("npu_megacycles").equals_missing(&usual));
        // Who learned parameters ranks by parameters.
        let tau = |runs: &DataFrame| runs.column("kendall_tau").unwrap().f64().unwrap().get(6).unwrap();
        assert!(tau(&by("params")) < tau(&usual));
    }

    #[test]
    fn mistakes_are_told() {
        let family = LabelledFamily::nb201_computed(25).unwrap();
        let study = WholeSpace::from_toml(TEXT).unwrap();
        let said = |study: &WholeSpace, seed| study.run(&family, seed, Progress::Silent).unwrap_err().to_string();
        assert_eq!(said(&study, 0), "labels: asks for 30; accepted: at most 25, as many as nb201 has");
        assert_eq!(said(&study, 1), "seed: is 1; accepted: one of [0, 3]");
        let error = WholeSpace::from_toml(&TEXT.replace("form", "from")).unwrap_err().to_string();
        assert!(error.starts_with("whole space: line 3: unknown field `from`"), "{error}");
        let contenders =
            vec![Contender { name: "chance".into(), method: Method::Baseline(super::super::Baseline::Random) }];
        let unknown = WholeSpace { learn_from: Some("accuracy".into()), labels: vec![5], ..study.clone() };
        assert!(said(&unknown, 0).contains("accuracy"));
        let chance = WholeSpace { labels: vec![5], contenders, ..study };
        assert_eq!(said(&chance, 0), "random: is no function of a network; accepted: any other baseline");
    }
}
