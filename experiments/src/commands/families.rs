//! `autogo families`: the systems this library builds.

use crate::failure::Failure;
use crate::inputs::{LabelOrigin, labels};
use autogo::data::{DATA_VARIABLE, folder_from_env, sampled};
use autogo::families::FamilyName;
use clap::Parser;

/// Networks that the medians are taken over.
const SAMPLES: usize = 501;

/// Arguments of `autogo families`: none.
#[derive(Parser)]
#[command(after_help = "Example:\n  AUTOGO_DATA=data cargo autogo families")]
pub struct Args {}

/// Prints a line a family.
pub fn run(_: &Args) -> Result<(), Failure> {
    let has_data = folder_from_env().is_some();
    say!("{:<10} {:>12} {:>9} {:>15} {:>13}", "family", "networks", "labels", "median MFLOPs", "median nodes");
    for family in FamilyName::ALL {
        let frame = sampled(family, SAMPLES, 0)?;
        let median =
            |column: &str| frame.column(column).ok().and_then(|column| column.as_materialized_series().median());
        let (flops, nodes) = (median("flops").unwrap_or(f64::NAN), median("nodes").unwrap_or(f64::NAN));
        let size = family.size().map_or("sampled".into(), |size| size.to_string());
        let is_public = matches!(family, FamilyName::Nb101 | FamilyName::Nb201);
        let labelled = labels(family, (!has_data && is_public).then_some(LabelOrigin::Mini))?;
        let labelled = labelled.map_or("-".into(), |labelled| labelled.len().to_string());
        say!("{:<10} {size:>12} {labelled:>9} {:>15.1} {nodes:>13.0}", family.prefix(), flops / 1e6);
    }
    say!(
        "\nmedians over {SAMPLES} samples by the published rules, or over the networks named; FLOPs by the usual convention"
    );
    if !has_data {
        say!("labels: the project's own; {DATA_VARIABLE}, which names public ones, is not set");
    }
    Ok(())
}
