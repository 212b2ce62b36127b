//! A predictor that learns what another one knows.

use super::Method;
use super::outcome::learned;
use super::whole_space::Form;
use crate::data::Example;
use crate::error::Error;
use crate::families::FamilyName;
use crate::graph::{Graph, Zeros};
use crate::predict::scoring::Predictor;
use crate::predict::training::TrainSettings;
use crate::segment::Segmenter;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

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
        let families = train.iter().map(family_of).collect::<Result<Vec<FamilyName>, Error>>()?;
        let sampled = self.sampled(&families, seed)?;
        let scores = self.teacher.learn(train, segmenter, seed)?.score(&sampled)?;
        let lessons = sampled.into_iter().zip(scores).map(|(graph, value)| Example { graph, value });
        Ok(Box::new(learned(&self.student, &lessons.collect::<Vec<Example>>(), segmenter, seed)?))
    }

    /// The networks without labels, each formula once: one of each of these families in turn.
    fn sampled(&self, families: &[FamilyName], seed: u64) -> Result<Vec<Graph>, Error> {
        let build = |(at, family): (u64, FamilyName)| {
            let spec = family.sample(seed, at);
            let graph = match self.form {
                Form::Whole => family.build(&spec)?,
                Form::Shallow => family.build_shallow(&spec)?,
            };
            Ok((graph.formula_id(Zeros::Dropped), graph))
        };
        let turns: Vec<(u64, FamilyName)> = (0..).zip(families.iter().copied().cycle()).take(self.networks).collect();
        let built = turns.into_par_iter().map(build).collect::<Result<Vec<_>, Error>>()?;
        let mut seen = HashSet::new();
        Ok(built.into_iter().filter(|(id, _)| seen.insert(*id)).map(|(_, graph)| graph).collect())
    }
}

/// The family of a network, which its name says.
fn family_of(example: &Example) -> Result<FamilyName, Error> {
    let name = example.graph.name();
    FamilyName::of(name).ok_or_else(|| {
        Error::predictor("distilled", format!("cannot sample networks like `{name}`"), "networks of a known family")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelledFamily;
    use crate::graph::{GraphBuilder, Op, Shape};
    use crate::predict::{Architecture, Baseline, GaussianSettings};
    use crate::stats::srcc;

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
    fn networks_of_no_family_cannot_be_sampled() {
        let mut build = GraphBuilder::new("mine");
        let x = build.add("x", Op::Input(Shape::new(8, 8, 3)), &[]).unwrap();
        build.add("out", Op::Output, &[x]).unwrap();
        let mine = [Example { graph: build.finish().unwrap(), value: 1.0 }];
        let distilled = taught_by(Method::Gaussian(GaussianSettings::default()));
        let error = distilled.learn(&mine, None, 0).err().unwrap().to_string();
        let told = "distilled: cannot sample networks like `mine`; accepted: networks of a known family";
        assert_eq!(error, told);
    }
}
