//! `autogo families`: the systems this library builds.

use crate::Failure;
use autogo::data::{DATA_VARIABLE, LabelledFamily};
use autogo::families::{Edsr, Family, FamilyName, Fsrcnn, Hiaml, Inception, InceptionSampler, Nb101, Nb201};
use autogo::families::{ResNet, TwoPath, UNet, Vgg16};
use autogo::graph::{Graph, GraphError};
use std::path::{Path, PathBuf};

/// Networks that the medians are taken over.
const SAMPLES: u64 = 501;

/// Runs the command.
pub fn run() -> Result<(), Failure> {
    let data = std::env::var_os(DATA_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    println!("{:<10} {:>12} {:>9} {:>15} {:>13}", "family", "networks", "labels", "median MFLOPs", "median nodes");
    for family in FamilyName::ALL {
        let graphs = sample(family).map_err(autogo::Error::from)?;
        let flops = median(graphs.iter().map(|graph| graph.cost().flops));
        let nodes = median(graphs.iter().map(|graph| graph.len() as u64));
        let labels = match &data {
            Some(data) => labels(family, data)?,
            None => "-".into(),
        };
        println!("{:<10} {:>12} {labels:>9} {:>15.1} {nodes:>13}", family.prefix(), size(family), flops as f64 / 1e6);
    }
    println!(
        "\nmedians over {SAMPLES} samples by the published rules, or over the networks named; FLOPs by the usual convention"
    );
    if data.is_none() {
        println!("labels: {DATA_VARIABLE} is not set");
    }
    Ok(())
}

/// How many networks a family has, as text.
fn size(family: FamilyName) -> String {
    match family {
        FamilyName::Nb101 => Nb101::COUNT.to_string(),
        FamilyName::Nb201 => Nb201::COUNT.to_string(),
        FamilyName::Hiaml => Hiaml::COUNT.to_string(),
        FamilyName::Inception | FamilyName::TwoPath => "sampled".into(),
        FamilyName::ResNet => "2".into(),
        FamilyName::Vgg16 | FamilyName::Edsr | FamilyName::Fsrcnn | FamilyName::UNet => "1".into(),
    }
}

fn labels(family: FamilyName, data: &Path) -> Result<String, Failure> {
    Ok(match family {
        FamilyName::Nb101 => LabelledFamily::nb101(data)?.len().to_string(),
        FamilyName::Nb201 => LabelledFamily::nb201(data)?.len().to_string(),
        _ => "-".into(),
    })
}

fn sample(family: FamilyName) -> Result<Vec<Graph>, GraphError> {
    let draw = |build: &dyn Fn(u64) -> Result<Graph, GraphError>| (0..SAMPLES).map(build).collect();
    match family {
        FamilyName::Nb101 => draw(&|index| Nb101::sample(0, index).build()),
        FamilyName::Nb201 => draw(&|index| Nb201::sample(0, index).build()),
        FamilyName::Hiaml => draw(&|index| Hiaml::sample(0, index).build()),
        FamilyName::Inception => draw(&|index| Inception::sample(0, index, InceptionSampler::Published).build()),
        FamilyName::TwoPath => draw(&|index| TwoPath::sample(0, index).build()),
        FamilyName::ResNet => [50, 101].into_iter().map(|depth| ResNet { depth }.build()).collect(),
        FamilyName::Vgg16 => Ok(vec![Vgg16 {}.build()?]),
        FamilyName::Edsr => Ok(vec![Edsr::default().build()?]),
        FamilyName::Fsrcnn => Ok(vec![Fsrcnn::default().build()?]),
        FamilyName::UNet => Ok(vec![UNet::default().build()?]),
    }
}

fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}
