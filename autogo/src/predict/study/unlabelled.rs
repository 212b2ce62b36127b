//! Sampled networks without labels.

use super::form::Form;
use crate::data::Example;
use crate::error::Error;
use crate::families::FamilyName;
use crate::graph::{Graph, Zeros};
use rayon::prelude::*;
use std::collections::HashSet;

/// Some sampled networks of the families of labelled ones, in this form: one of the family of each in turn. Of networks
/// with one formula one is taken.
///
/// # Errors
/// A labelled network of no family.
pub(super) fn like(labelled: &[Example], networks: usize, form: Form, seed: u64) -> Result<Vec<Graph>, Error> {
    let families = labelled.iter().map(family_of).collect::<Result<Vec<FamilyName>, Error>>()?;
    let build = |(at, family): (u64, FamilyName)| {
        let spec = family.sample(seed, at);
        let graph = match form {
            Form::Whole => family.build(&spec)?,
            Form::Shallow => family.build_shallow(&spec)?,
        };
        Ok((graph.formula_id(Zeros::Dropped), graph))
    };
    let turns: Vec<(u64, FamilyName)> = (0..).zip(families.iter().copied().cycle()).take(networks).collect();
    let built = turns.into_par_iter().map(build).collect::<Result<Vec<_>, Error>>()?;
    let mut seen = HashSet::new();
    Ok(built.into_iter().filter(|(id, _)| seen.insert(*id)).map(|(_, graph)| graph).collect())
}

/// The family of a network, which its name says.
fn family_of(example: &Example) -> Result<FamilyName, Error> {
    let name = example.graph.name();
    FamilyName::of(name).ok_or_else(|| {
        Error::predictor(
            "unlabelled networks",
            format!("cannot sample networks like `{name}`"),
            "networks of a known family",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelledFamily;
    use crate::graph::{GraphBuilder, Op, Shape};

    #[test]
    fn networks_are_sampled_from_the_families_of_the_labelled_ones() {
        let labelled = LabelledFamily::nb201_computed(5).unwrap().split(4, 1, 0).unwrap().train;
        let sampled = like(&labelled, 40, Form::Shallow, 7).unwrap();
        let formulas: HashSet<_> = sampled.iter().map(|graph| graph.formula_id(Zeros::Dropped)).collect();
        assert!(formulas.len() == sampled.len() && (30..=40).contains(&sampled.len()));
        assert!(sampled.iter().all(|graph| FamilyName::of(graph.name()) == Some(FamilyName::Nb201)));
    }

    #[test]
    fn networks_of_no_family_cannot_be_sampled() {
        let mut build = GraphBuilder::new("mine");
        let x = build.add("x", Op::Input(Shape::new(8, 8, 3)), &[]).unwrap();
        build.add("out", Op::Output, &[x]).unwrap();
        let mine = [Example { graph: build.finish().unwrap(), value: 1.0 }];
        let error = like(&mine, 5, Form::Whole, 0).unwrap_err().to_string();
        let told = "unlabelled networks: cannot sample networks like `mine`; accepted: networks of a known family";
        assert_eq!(error, told);
    }
}
