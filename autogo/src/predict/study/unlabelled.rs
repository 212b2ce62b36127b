//! Sampled networks without labels.

use super::form::Form;
use crate::data::Example;
use crate::error::Error;
use crate::families::FamilyName;
use crate::graph::{FormulaId, Graph, Zeros};
use rayon::prelude::*;
use std::collections::HashSet;
use std::ops::Range;

/// The least number of networks that are drawn at once.
const LEAST: usize = 1_000;
/// The greatest number of networks that are drawn at once: a bound of the memory.
const MOST: usize = 20_000;
/// Sampling ends when fewer than one of so many draws is new.
const RARE: usize = 100;

/// Some sampled networks of these families, of each in turn, in this form. Of networks with one formula one is taken.
///
/// # Errors
/// None that a family's own samples give.
pub(super) fn sampled(families: &[FamilyName], networks: usize, form: Form, seed: u64) -> Result<Vec<Graph>, Error> {
    let mut seen = HashSet::new();
    let built = built(specs(families, 0..networks as u64, seed), form)?;
    Ok(built.into_iter().filter(|(id, _)| seen.insert(*id)).map(|(_, graph)| graph).collect())
}

/// Sampled networks like those of [`sampled`], as many as `networks` says, each with a formula of its own that is none of
/// `known`. Fewer where draws hardly bring new networks. O(draws).
///
/// # Errors
/// None that a family's own samples give.
pub(super) fn fresh(
    families: &[FamilyName],
    networks: usize,
    form: Form,
    mut known: HashSet<FormulaId>,
    seed: u64,
) -> Result<Vec<Graph>, Error> {
    let round = networks.clamp(LEAST, MOST);
    let (mut seen, mut fresh, mut drawn) = (HashSet::new(), Vec::new(), 0);
    while fresh.len() < networks {
        let mut specs = specs(families, drawn..drawn + round as u64, seed);
        specs.retain(|(_, spec)| seen.insert(spec.clone()));
        let is_over = specs.len() * RARE < round;
        let new = built(specs, form)?.into_iter().filter(|(id, _)| known.insert(*id));
        fresh.extend(new.map(|(_, graph)| graph));
        if is_over {
            break;
        }
        drawn += round as u64;
    }
    fresh.truncate(networks);
    Ok(fresh)
}

/// The samples with these numbers, of each family in turn.
fn specs(families: &[FamilyName], numbers: Range<u64>, seed: u64) -> Vec<(FamilyName, String)> {
    let of = |at: u64| families[(at % families.len() as u64) as usize];
    let numbers = if families.is_empty() { 0..0 } else { numbers };
    numbers.into_par_iter().map(|at| (of(at), of(at).sample(seed, at))).collect()
}

fn built(specs: Vec<(FamilyName, String)>, form: Form) -> Result<Vec<(FormulaId, Graph)>, Error> {
    let build = |(family, spec): (FamilyName, String)| {
        let graph = match form {
            Form::Whole => family.build(&spec)?,
            Form::Shallow => family.build_shallow(&spec)?,
        };
        Ok((graph.formula_id(Zeros::Dropped), graph))
    };
    specs.into_par_iter().map(build).collect()
}

/// The family of each of these networks.
///
/// # Errors
/// A network of no family.
pub(super) fn families_of(labelled: &[Example]) -> Result<Vec<FamilyName>, Error> {
    labelled.iter().map(family_of).collect()
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
    fn sampled_networks_are_of_the_families_of_the_labelled_ones() {
        let labelled = LabelledFamily::nb201_computed(5).unwrap().split(4, 1, 0).unwrap().train;
        let sampled = sampled(&families_of(&labelled).unwrap(), 40, Form::Shallow, 7).unwrap();
        let formulas: HashSet<_> = sampled.iter().map(|graph| graph.formula_id(Zeros::Dropped)).collect();
        assert!(formulas.len() == sampled.len() && (30..=40).contains(&sampled.len()));
        assert!(sampled.iter().all(|graph| FamilyName::of(graph.name()) == Some(FamilyName::Nb201)));
    }

    #[test]
    fn fresh_networks_are_as_many_as_asked_for_and_none_of_them_is_known() {
        let families = [FamilyName::Nb101];
        let formulas = |graphs: &[Graph]| {
            graphs.iter().map(|graph| graph.formula_id(Zeros::Dropped)).collect::<HashSet<FormulaId>>()
        };
        // Three draws for a network, as it happens, do not give so many.
        let first = fresh(&families, 1_200, Form::Shallow, HashSet::new(), 0).unwrap();
        let known = formulas(&first);
        assert_eq!(known.len(), 1_200);
        assert!(formulas(&sampled(&families, 2_400, Form::Shallow, 0).unwrap()).len() < 1_200);
        let second = fresh(&families, 100, Form::Shallow, known.clone(), 0).unwrap();
        assert!(second.len() == 100 && formulas(&second).is_disjoint(&known));
        // Where there are no more, it ends.
        assert_eq!(fresh(&[FamilyName::Vgg16], 5, Form::Whole, HashSet::new(), 0).unwrap().len(), 1);
        assert!(fresh(&[], 5, Form::Whole, HashSet::new(), 0).unwrap().is_empty());
    }

    #[test]
    fn networks_of_no_family_cannot_be_sampled() {
        let mut build = GraphBuilder::new("mine");
        let x = build.add("x", Op::Input(Shape::new(8, 8, 3)), &[]).unwrap();
        build.add("out", Op::Output, &[x]).unwrap();
        let mine = [Example { graph: build.finish().unwrap(), value: 1.0 }];
        let error = families_of(&mine).unwrap_err().to_string();
        let told = "unlabelled networks: cannot sample networks like `mine`; accepted: networks of a known family";
        assert_eq!(error, told);
    }
}
