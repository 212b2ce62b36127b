//! `autogo families`: the systems this library builds.

use crate::Failure;
use autogo::data::sampled;
use autogo::data::{DATA_VARIABLE, LabelledFamily};
use autogo::families::FamilyName;
use std::path::{Path, PathBuf};

/// Networks that the medians are taken over.
const SAMPLES: usize = 501;

/// Runs the command.
pub fn run() -> Result<(), Failure> {
    let data = std::env::var_os(DATA_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    println!("{:<10} {:>12} {:>9} {:>15} {:>13}", "family", "networks", "labels", "median MFLOPs", "median nodes");
    for family in FamilyName::ALL {
        let frame = sampled(family, SAMPLES, 0)?;
        let median =
            |column: &str| frame.column(column).ok().and_then(|column| column.as_materialized_series().median());
        let (flops, nodes) = (median("flops").unwrap_or(f64::NAN), median("nodes").unwrap_or(f64::NAN));
        let labels = match &data {
            Some(data) => labels(family, data)?,
            None => "-".into(),
        };
        println!("{:<10} {:>12} {labels:>9} {:>15.1} {nodes:>13.0}", family.prefix(), size(family), flops / 1e6);
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
    family.size().map_or("sampled".into(), |size| size.to_string())
}

fn labels(family: FamilyName, data: &Path) -> Result<String, Failure> {
    Ok(match family {
        FamilyName::Nb101 => LabelledFamily::nb101(data)?.len().to_string(),
        FamilyName::Nb201 => LabelledFamily::nb201(data)?.len().to_string(),
        _ => "-".into(),
    })
}
