//! Ten thousand mutants of all ten systems: each is a valid network, comes out again from its derivation, and shares its content
//! id with no network that computes something else.
#![allow(clippy::unwrap_used)]

use autogo::prelude::*;
use std::collections::{HashMap, HashSet};

const EACH: usize = 1000;

#[test]
fn ten_thousand_mutants_of_ten_systems_are_valid_and_replay() {
    let five = [FamilyName::Nb101, FamilyName::Nb201, FamilyName::Hiaml, FamilyName::Inception, FamilyName::TwoPath];
    let specs = five.iter().flat_map(|family| (0..30).map(|at| family.sample(3, at)));
    let graphs: Vec<Graph> = specs.map(|spec| autogo::families::network(&spec).unwrap()).collect();
    let mined = Mining::bpe(400).run(&graphs).unwrap();
    let mutator = Mutator::new(mined, |graph: &Graph| graph.len() as f64, Npu::n256()).unwrap();
    let settings = MutationSettings { places: 20, donors: 40, ..MutationSettings::default() };
    let mut repaired = 0;
    let mut classes = tests::exact::Classes::default();
    let (mut class_of, mut id_of) = (HashMap::new(), HashMap::new());
    for family in FamilyName::ALL {
        let spec = family.best().map_or_else(|| family.sample(0, 0), str::to_string);
        let mut parent = autogo::families::network(&spec).unwrap();
        let mut seen = HashSet::from([parent.content_id()]);
        for seed in 0.. {
            assert!(seed < 200, "{family}: only {} mutants", seen.len());
            let children = mutator.children(&parent, &settings, seed).unwrap();
            for (child, derivation) in &children {
                // Built again from plain data every shape is inferred anew and must be the declared one.
                assert_eq!(child.to_parts().build().unwrap().content_id(), child.content_id(), "{family} {seed}");
                let again = derivation.replay(&parent, mutator.db()).unwrap();
                assert_eq!(again.to_parts(), child.to_parts(), "{family} {seed}");
                assert_eq!(child.input_shape(), parent.input_shape());
                assert_eq!(child.node(child.len() - 1).shape, parent.node(parent.len() - 1).shape);
                repaired += usize::from(!derivation.repair.is_empty());
                seen.insert(child.content_id());
                // Its class says without hashing what a network computes.
                let class = classes.of(child);
                let known = class_of.entry(child.content_id()).or_insert_with(|| class.clone());
                assert_eq!(*known, class, "{family} {seed}: two networks with one id");
                let known = *id_of.entry(class).or_insert(child.content_id());
                assert_eq!(known, child.content_id(), "{family} {seed}: one network with two ids");
            }
            if seen.len() > EACH {
                break;
            }
            // Mutants of mutants, too.
            if let Some((child, _)) = children.into_iter().nth(seed as usize % 7) {
                parent = child;
            }
        }
    }
    assert!(repaired > 1000, "{repaired}");
}
