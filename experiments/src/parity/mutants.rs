//! Our own mutants of all ten systems in ONNX Runtime: each runs, and makes the shape that its graph declares.

use super::Outcome;
use crate::failure::Failure;
use crate::host::{Input, Loaded, OnnxRuntime};
use crate::inputs::{Sample, corpus};
use autogo::evolve::{MutationSettings, Mutator};
use autogo::families::{FamilyName, network};
use autogo::formats::onnx::{Pooling, Weights, export};
use autogo::graph::Graph;
use autogo::profile::Npu;
use autogo::segment::Mining;
use ort::environment::Environment;
use std::collections::HashSet;
use std::path::Path;

/// Networks to mutate, and how many mutants of each: few of the large ones.
const CASES: [(&str, usize); 11] = [
    ("nb201", 140),
    ("hiaml", 100),
    ("two_path", 100),
    ("inception", 50),
    ("nb101", 10),
    ("edsr:32x32", 40),
    ("fsrcnn", 30),
    ("unet:64x64", 15),
    ("resnet50", 6),
    ("resnet101", 3),
    ("vgg16", 6),
];

/// Suite `mutants`. It compares with nothing but ONNX Runtime, so the folder is not read.
pub fn run(_: &Path) -> Result<Option<Outcome>, Failure> {
    let mut outcome = Outcome::default();
    let Some(runtime) = outcome.runtime() else { return Ok(Some(outcome)) };
    let mutator = mutator()?;
    for (name, count) in CASES {
        let spec = FamilyName::named(name).ok().and_then(FamilyName::best);
        let parent = network(spec.unwrap_or(name))?;
        let children = distinct(&mutator, &parent, 3 * count)?;
        // Spread over all places and donors that were drawn.
        for number in 0..count {
            let compared = match children.get(number * children.len() / count) {
                Some(child) if children.len() >= count => compare(&runtime, child),
                _ => Err(format!("only {} distinct mutants", children.len())),
            };
            outcome.count(&format!("{name} {number}"), compared);
        }
    }
    Ok(Some(outcome))
}

/// `wanted` distinct mutants of a network, or as many as twenty draws give.
fn distinct(mutator: &Mutator, parent: &Graph, wanted: usize) -> Result<Vec<Graph>, Failure> {
    let settings = MutationSettings { places: 12, donors: 24, ..MutationSettings::default() };
    let (mut known, mut children) = (HashSet::new(), Vec::new());
    for seed in 0..20 {
        if children.len() >= wanted {
            break;
        }
        let made = mutator.children(parent, &settings, seed)?.into_iter().map(|(child, _)| child);
        children.extend(made.filter(|child| known.insert(child.content_id())));
    }
    Ok(children)
}

/// Segments of the five families, as a search has them.
fn mutator() -> Result<Mutator, Failure> {
    let graphs = corpus(&Sample::of_five(40), 0)?;
    Ok(Mutator::new(Mining::bpe(400).run(&graphs)?, |graph: &Graph| graph.len() as f64, Npu::n256())?)
}

fn compare(runtime: &Environment, child: &Graph) -> Result<(), String> {
    let model = export(child, Weights::Seeded(0), Pooling::default()).map_err(|error| error.to_string())?;
    let (made, _) = OnnxRuntime::open(runtime, &model, Input::of(child.input_shape(), |_| 0.0), 2)?.output()?;
    let shape = child.node(child.len() - 1).shape;
    let declared = [1, shape.c, shape.h, shape.w].map(|size| size as usize);
    // A network that ends in one pixel may leave its height and width out.
    let is_vector = (shape.h, shape.w) == (1, 1) && made == declared[..2];
    if made == declared || is_vector { Ok(()) } else { Err(format!("makes {made:?}; declared: {declared:?}")) }
}
