//! The ways to score networks that studies compare.

use super::ensemble::Mean;
use super::form::Form;
use super::outcome::learned;
use super::unlabelled::{families_of, sampled};
use super::{Baseline, ColumnForest, Pretraining};
use crate::data::Example;
use crate::error::Error;
use crate::graph::Zeros;
use crate::predict::gaussian::{GaussianProcess, GaussianSettings};
use crate::predict::scoring::{Predictor, Trained};
use crate::predict::training::TrainSettings;
use crate::segment::Segmenter;
use serde::{Deserialize, Serialize};

/// A way to score networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A predictor that is trained with these settings; the comparison's seed takes the place of theirs.
    Predictor(TrainSettings),
    /// Something that needs no training.
    Baseline(Baseline),
    /// A column of the family's frame, such as a zero-cost score; more of it counts as better.
    Column(String),
    /// A random forest on columns of the family's frame.
    Columns(ColumnForest),
    /// A Gaussian process over the structure of networks.
    Gaussian(GaussianSettings),
    /// Several of these, asked as one.
    Ensemble(Ensemble),
    /// A predictor that learns what another of these knows.
    Distilled(Distilled),
    /// A predictor that learns something cheaper than labels first.
    Pretrained(Pretrained),
}

impl Method {
    /// Whether networks are cut into segments, or their segments counted.
    pub(super) fn reads_segments(&self) -> bool {
        match self {
            Method::Predictor(settings) => settings.architecture.reads.is_cut(),
            Method::Baseline(baseline) => baseline.counts_segments(),
            Method::Pretrained(pretrained) => pretrained.then.architecture.reads.is_cut(),
            Method::Ensemble(ensemble) => ensemble.members.iter().any(Method::reads_segments),
            Method::Distilled(distilled) => {
                distilled.student.architecture.reads.is_cut() || distilled.teacher.reads_segments()
            }
            Method::Column(_) | Method::Columns(_) | Method::Gaussian(_) => false,
        }
    }

    /// Whether what the method scores depends on labels.
    pub(super) fn learns(&self) -> bool {
        match self {
            Method::Predictor(_) | Method::Columns(_) | Method::Gaussian(_) => true,
            Method::Ensemble(_) | Method::Distilled(_) | Method::Pretrained(_) => true,
            Method::Baseline(baseline) => baseline.learns(),
            Method::Column(_) => false,
        }
    }

    /// The method after it has learned: a function of a network.
    pub(super) fn learn(
        &self,
        train: &[Example],
        segmenter: Option<&Segmenter>,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, Error> {
        let column = |name: &str| {
            let reason = format!("`{name}` is a column of a frame");
            Err(Error::predictor("contender", reason, "a predictor, a gaussian process or a baseline"))
        };
        Ok(match (self, segmenter) {
            (Method::Predictor(settings), segmenter) => Box::new(learned(settings, train, segmenter, seed)?),
            (Method::Gaussian(settings), _) => Box::new(GaussianProcess::train(train, settings, seed)?),
            (Method::Ensemble(ensemble), segmenter) => ensemble.learn(train, segmenter, seed)?,
            (Method::Distilled(distilled), segmenter) => distilled.learn(train, segmenter, seed)?,
            (Method::Pretrained(pretrained), segmenter) => Box::new(pretrained.learn(train, segmenter, seed)?),
            (Method::Baseline(baseline), segmenter) => baseline.learn(train, segmenter, seed)?,
            (Method::Column(name), _) => return column(name),
            (Method::Columns(forest), _) => return column(&forest.names.join(", ")),
        })
    }
}

/// The mean of what several ways to score networks say after they have learned from the same labels, each under several
/// seeds. What one of them gets wrong by chance, the others need not.
///
/// ```
/// use autogo::predict::Comparison;
/// let text = r#"
///     train = 100
///     test = 50
///     seeds = [0]
///     contenders = [{ name = "both", ensemble = { members = [{ gaussian = {} }, { predictor = { epochs = 20 } }], seeds = 3 } }]
/// "#;
/// assert_eq!(Comparison::from_toml(text)?.contenders[0].name, "both");
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensemble {
    /// The ways; each learns labels, so that all scores have the label's unit. (Scores that were learned with a ranking loss
    /// have a scale of their own, and the weight that comes with it.)
    pub members: Vec<Method>,
    /// Seeds of each.
    #[serde(default = "once")]
    pub seeds: u64,
}

fn once() -> u64 {
    1
}

impl Ensemble {
    /// All members after they have learned.
    ///
    /// # Errors
    /// No members, and a member that learns nothing.
    pub(super) fn learn(
        &self,
        train: &[Example],
        segmenter: Option<&Segmenter>,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, Error> {
        if self.members.is_empty() || self.seeds == 0 {
            let reason = format!("has {} members of {} seeds", self.members.len(), self.seeds);
            return Err(Error::predictor("ensemble", reason, "at least 1 of each"));
        }
        if self.members.iter().any(|method| !method.learns() || matches!(method, Method::Ensemble(_))) {
            let reason = "has a member whose scores are no labels, or an ensemble";
            return Err(Error::predictor("ensemble", reason, "members that learn from labels by themselves"));
        }
        let mut members = Vec::new();
        for method in &self.members {
            for number in 0..self.seeds {
                // The first seed is the ensemble's own; the others are no seed that a study counts up to.
                members.push(method.learn(train, segmenter, seed ^ (number << 32))?);
            }
        }
        Ok(Box::new(Mean(members)))
    }
}

/// A predictor, the student, that learns the scores which another way to score networks, the teacher, gives to sampled
/// networks after it has learned from the labels. No label of a sampled network is read, so networks to be ranked may be
/// among them (Hinton et al., 2015, for networks that are distilled).
///
/// ```
/// use autogo::predict::Comparison;
/// let text = r#"
///     train = 100
///     test = 50
///     seeds = [0]
///     [[contenders]]
///     name = "PSC, taught by a Gaussian process"
///     distilled = { teacher = { gaussian = {} }, student = { epochs = 20 }, networks = 500 }
/// "#;
/// assert_eq!(Comparison::from_toml(text)?.contenders.len(), 1);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distilled {
    /// The teacher, which learns from the labels: a predictor, a Gaussian process or an ensemble.
    pub teacher: Box<Method>,
    /// The student and its training.
    pub student: TrainSettings,
    /// Networks that are sampled, of each family in the proportion in which it stands among the networks with labels; of
    /// those with one formula one is taken.
    pub networks: usize,
    /// The form in which they are read: that of the networks to be ranked.
    #[serde(default)]
    pub form: Form,
}

impl Distilled {
    /// The student after its lessons.
    ///
    /// # Errors
    /// A teacher that does not learn from labels by itself, no networks, a labelled network of no family, those of teacher
    /// and student.
    pub(super) fn learn(
        &self,
        train: &[Example],
        segmenter: Option<&Segmenter>,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, Error> {
        if !self.teacher.learns() || matches!(*self.teacher, Method::Distilled(_)) {
            let reason = "is taught by what does not learn from labels by itself";
            return Err(Error::predictor("distilled", reason, "a predictor, a gaussian process or an ensemble"));
        }
        if self.networks == 0 {
            return Err(Error::setting("distilled", "asks for 0 networks", "at least 1"));
        }
        let sampled = sampled(&families_of(train)?, self.networks, self.form, seed)?;
        let scores = self.teacher.learn(train, segmenter, seed)?.score(&sampled)?;
        let lessons = sampled.into_iter().zip(scores).map(|(graph, value)| Example { graph, value });
        Ok(Box::new(learned(&self.student, &lessons.collect::<Vec<Example>>(), segmenter, seed)?))
    }
}

/// A predictor that learns something cheaper than labels first, of other networks than those with labels.
///
/// ```
/// use autogo::predict::Comparison;
/// let text = r#"
///     train = 100
///     test = 50
///     seeds = [0]
///     [[contenders]]
///     name = "PSC, cycles first"
///     pretrained = { first = { on = "cycles", networks = 1000, epochs = 5 }, then = { epochs = 20 } }
/// "#;
/// assert_eq!(Comparison::from_toml(text)?.contenders.len(), 1);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pretrained {
    /// What is learned first. Sampled networks are of the families of those with labels, in the same proportion.
    pub first: Pretraining,
    /// The predictor, and how it then learns the labels.
    pub then: TrainSettings,
    /// The form in which networks are read: that of the networks to be ranked.
    #[serde(default)]
    pub form: Form,
}

impl Pretrained {
    /// The predictor after both trainings.
    ///
    /// # Errors
    /// A labelled network of no family, fewer networks than are to be learned first, those of the predictor.
    pub(super) fn learn(&self, train: &[Example], segmenter: Option<&Segmenter>, seed: u64) -> Result<Trained, Error> {
        let known = train.iter().map(|example| example.graph.formula_id(Zeros::Dropped)).collect();
        let lessons = self.first.lessons(&families_of(train)?, self.form, known, seed)?;
        self.first.then(&self.then, &lessons, train, segmenter, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelledFamily;
    use crate::predict::{Architecture, Pretext};
    use crate::stats::srcc;

    #[test]
    fn an_ensemble_says_the_mean_of_what_its_members_say() {
        let split = LabelledFamily::nb201_computed(40).unwrap().split(25, 15, 0).unwrap();
        let unseen = split.test_graphs();
        let process = Method::Gaussian(GaussianSettings { steps: 5, ..GaussianSettings::default() });
        let settings = TrainSettings { epochs: 2, architecture: Architecture::gnn(), ..TrainSettings::default() };
        let network = Method::Predictor(settings);
        let said = |method: &Method| method.learn(&split.train, None, 3).unwrap().score(&unseen).unwrap();
        let both = Method::Ensemble(Ensemble { members: vec![process.clone(), network.clone()], seeds: 1 });
        assert!(!both.reads_segments() && both.learns());
        let (a, b) = (said(&process), said(&network));
        let mean: Vec<f64> = a.iter().zip(&b).map(|(a, b)| (a + b) / 2.0).collect();
        assert_eq!(said(&both), mean);
        // Other seeds are other members.
        assert_ne!(said(&Method::Ensemble(Ensemble { members: vec![network.clone()], seeds: 2 })), b);
        let refused = |members: Vec<Method>, seeds| {
            let ensemble = Method::Ensemble(Ensemble { members, seeds });
            ensemble.learn(&split.train, None, 0).err().unwrap().to_string()
        };
        assert_eq!(refused(vec![], 1), "ensemble: has 0 members of 1 seeds; accepted: at least 1 of each");
        let parameters = Method::Baseline(Baseline::Params);
        for wrong in [parameters, both] {
            assert!(refused(vec![process.clone(), wrong], 1).contains("accepted: members that learn from labels by"));
        }
    }

    fn taught_by(teacher: Method) -> Distilled {
        let student = TrainSettings { epochs: 20, architecture: Architecture::gnn(), ..TrainSettings::default() };
        Distilled { teacher: Box::new(teacher), student, networks: 200, form: Form::Whole }
    }

    #[test]
    fn a_student_ranks_as_its_teacher_does() {
        let split = LabelledFamily::nb201_computed(90).unwrap().split(50, 40, 0).unwrap();
        let unseen = split.test_graphs();
        let process = Method::Gaussian(GaussianSettings { steps: 5, ..GaussianSettings::default() });
        let said = |method: &Method| method.learn(&split.train, None, 3).unwrap().score(&unseen).unwrap();
        let student = Method::Distilled(taught_by(process.clone()));
        assert!(student.learns() && !student.reads_segments());
        let scores = said(&student);
        assert!(srcc(&scores, &said(&process)).unwrap() > 0.9);
        assert_eq!(said(&student), scores);
    }

    #[test]
    fn who_cannot_teach_is_told() {
        let split = LabelledFamily::nb201_computed(20).unwrap().split(10, 5, 0).unwrap();
        let refused = |distilled: Distilled| distilled.learn(&split.train, None, 0).err().unwrap().to_string();
        let process = Method::Gaussian(GaussianSettings::default());
        let told = "accepted: a predictor, a gaussian process or an ensemble";
        assert!(refused(taught_by(Method::Baseline(Baseline::Params))).ends_with(told));
        assert!(refused(taught_by(Method::Distilled(taught_by(process.clone())))).ends_with(told));
        let none = Distilled { networks: 0, ..taught_by(process) };
        assert_eq!(refused(none), "distilled: asks for 0 networks; accepted: at least 1");
    }

    #[test]
    fn what_is_learned_first_is_kept() {
        // Labels are cycles: who learned those of other networks first knows them after one step over six labels.
        let split = LabelledFamily::nb201_computed(60).unwrap().split(6, 40, 0).unwrap();
        let (unseen, truth) = (split.test_graphs(), split.test_values());
        let then = TrainSettings { epochs: 1, architecture: Architecture::gnn(), ..TrainSettings::default() };
        let rho = |method: &Method| srcc(&method.learn(&split.train, None, 3).unwrap().score(&unseen).unwrap(), &truth);
        let first = Pretraining { on: Pretext::Cycles, networks: 200, epochs: 30 };
        let pretrained = Method::Pretrained(Pretrained { first, then, form: Form::Whole });
        assert!(pretrained.learns() && !pretrained.reads_segments());
        let (with, without) = (rho(&pretrained).unwrap(), rho(&Method::Predictor(then)).unwrap_or(0.0));
        assert!(with > 0.8 && with > without + 0.1, "{with} {without}");
    }
}
