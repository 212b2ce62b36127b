//! The project's own labels, which the library carries with it.

use super::super::arch::{self, Arch};
use super::super::labelled::{Label, LabelledFamily};
use crate::error::Error;
use crate::families::FamilyName;
use crate::files::parquet_of;
use crate::goal::Goal;
use crate::stats::rank_percents;
use polars::prelude::*;
use std::collections::HashMap;
use std::path::Path;

/// The table of `autogo label collect`, a row a training.
static LABELS: &[u8] = include_bytes!("../../../../datasets/mini/labels.parquet");
/// The table of `autogo label zero-cost`, a row a network.
static SCORES: &[u8] = include_bytes!("../../../../datasets/mini/zero_cost.parquet");
const LABELS_NAME: &str = "datasets/mini/labels.parquet";
const SCORES_NAME: &str = "datasets/mini/zero_cost.parquet";
/// Columns of the label table that a family's frame shows as they are.
const SHOWN: [&str; 6] =
    ["test_accuracy", "test_loss", "mean_train_loss", "mini_multiply_adds", "mini_params", "seconds"];
/// Columns of zero-cost scores.
const ZERO_COST: [&str; 4] = ["synflow", "jacob_cov", "nwot", "gradient_norm"];
/// The seed whose training is the label, and that of the second training.
const SEEDS: [u64; 2] = [0, 1];

/// The families that have labels of this project's own ([`LabelledFamily::mini`]), by name.
pub const MINI_FAMILIES: [FamilyName; 5] =
    [FamilyName::Hiaml, FamilyName::Inception, FamilyName::Nb101, FamilyName::Nb201, FamilyName::TwoPath];
/// The source of the labels.
const SOURCE: &str = "trained by this project on CIFAR-10 at 16×16 pixels (datasets/mini)";

/// The sampled networks of a family with their first training's label.
pub(super) fn read(family: FamilyName) -> Result<LabelledFamily, Error> {
    if !MINI_FAMILIES.contains(&family) {
        let accepted = MINI_FAMILIES.map(FamilyName::prefix).join(", ");
        return Err(Error::setting("labels of our own", format!("there are none of {family}"), &accepted));
    }
    let labels = parquet_of(LABELS.to_vec(), Path::new(LABELS_NAME))?;
    let scores = parquet_of(SCORES.to_vec(), Path::new(SCORES_NAME))?;
    joined(family, &labels, &scores)
}

/// The sampled networks of all families, each with its rank within its family.
pub(super) fn together() -> Result<LabelledFamily, Error> {
    let mut ranked: Vec<(Arch, Option<f64>)> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for family in MINI_FAMILIES {
        let family = read(family)?;
        let (archs, values): (Vec<Arch>, Vec<f64>) =
            family.values.iter().filter_map(|(arch, value)| Some((arch.clone(), (*value)?))).unzip();
        let percents = rank_percents(&values).into_iter().map(Some);
        names.extend(archs.iter().map(|_| family.family().to_string()));
        ranked.extend(archs.into_iter().zip(percents));
    }
    let archs: Vec<Arch> = ranked.iter().map(|(arch, _)| arch.clone()).collect();
    let mut frame = arch::figures(&archs)?;
    let label = Label {
        column: "rank_in_family".into(),
        title: "rank within its family, mini form [%]".into(),
        goal: Goal::Maximise,
        source: SOURCE.into(),
        measured: true,
        published: false,
    };
    frame.with_column(Column::new(
        label.column.as_str().into(),
        ranked.iter().map(|(_, value)| *value).collect::<Vec<Option<f64>>>(),
    ))?;
    let mut whole = LabelledFamily::new("mini", label, frame, ranked)?;
    whole.frame.with_column(Column::new("family".into(), names))?;
    Ok(whole)
}

/// The two tables as the family's frame.
fn joined(family: FamilyName, labels: &DataFrame, scores: &DataFrame) -> Result<LabelledFamily, Error> {
    let [first, second] = trainings(family, labels)?;
    let rows: Vec<usize> = first.iter().map(|(_, row)| *row).collect();
    let archs = first.iter().map(|(spec, _)| Arch::parse(spec)).collect::<Result<Vec<Arch>, Error>>()?;
    let mut frame = arch::figures(&archs)?;
    let loss = numbers(labels, "test_loss")?;
    let likelihood = |row: usize| loss[row].map(|loss| 100.0 * (-loss).exp());
    let own: Vec<Option<f64>> = rows.iter().map(|&row| likelihood(row)).collect();
    let again: HashMap<&String, usize> = second.iter().map(|(spec, row)| (spec, *row)).collect();
    let again: Vec<Option<f64>> = first.iter().map(|(spec, _)| likelihood(*again.get(spec)?)).collect();
    frame.with_column(Column::new("likelihood".into(), &own))?;
    frame.with_column(Column::new(AGAIN.into(), again))?;
    for name in SHOWN {
        let column = numbers(labels, name)?;
        frame
            .with_column(Column::new(name.into(), rows.iter().map(|&row| column[row]).collect::<Vec<Option<f64>>>()))?;
    }
    let scored: HashMap<&str, usize> =
        scores.column("spec")?.str()?.iter().enumerate().filter_map(|(row, spec)| Some((spec?, row))).collect();
    for name in ZERO_COST {
        let column = numbers(scores, name)?;
        let value = |(spec, _): &(String, usize)| column[*scored.get(spec.as_str())?];
        frame.with_column(Column::new(name.into(), first.iter().map(value).collect::<Vec<Option<f64>>>()))?;
    }
    let label = Label {
        column: "likelihood".into(),
        title: "likelihood of the right class, mini form [%]".into(),
        goal: Goal::Maximise,
        source: SOURCE.into(),
        measured: true,
        published: false,
    };
    LabelledFamily::new(family.prefix(), label, frame, archs.into_iter().zip(own).collect())
}

/// The column of a second training's label.
pub(in crate::data) const AGAIN: &str = "again";

/// Spec and row of a family's sampled networks under each of the two seeds. Networks that were drawn from the top of a
/// public benchmark are no part of the sample.
fn trainings(family: FamilyName, labels: &DataFrame) -> Result<[Vec<(String, usize)>; 2], Error> {
    let (specs, families) = (labels.column("spec")?.str()?, labels.column("family")?.str()?);
    let (seeds, top) = (labels.column("seed")?.u64()?, labels.column("top")?.bool()?);
    let mut found = [Vec::new(), Vec::new()];
    for row in 0..labels.height() {
        if families.get(row) != Some(family.prefix()) || top.get(row) != Some(false) {
            continue;
        }
        let under = SEEDS.iter().position(|&seed| seeds.get(row) == Some(seed));
        if let (Some(under), Some(spec)) = (under, specs.get(row)) {
            found[under].push((spec.to_string(), row));
        }
    }
    Ok(found)
}

fn numbers(frame: &DataFrame, name: &str) -> Result<Vec<Option<f64>>, Error> {
    Ok(frame.column(name)?.strict_cast(&DataType::Float64)?.f64()?.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ranks;

    fn tables() -> (DataFrame, DataFrame) {
        let specs = ["hiaml:z,z,z,z", "hiaml:z,z,z,z", "hiaml:t31,src1,z,z", "nb101:111:1"];
        let numbers = [1.0f32, 2.0, 0.5, 0.25];
        let labels = df!(
            "spec" => specs, "family" => ["hiaml", "hiaml", "hiaml", "nb101"], "seed" => [0u64, 1, 0, 0],
            "top" => [false; 4], "test_loss" => numbers, "test_accuracy" => numbers, "mean_train_loss" => numbers,
            "mini_multiply_adds" => [1u64, 1, 2, 3], "mini_params" => [1u64, 1, 2, 3], "seconds" => numbers,
        );
        let scores = df!(
            "spec" => ["hiaml:t31,src1,z,z"], "synflow" => [Some(3.0)], "jacob_cov" => [None::<f64>], "nwot" => [Some(4.0)],
            "gradient_norm" => [Some(5.0)],
        );
        (labels.unwrap(), scores.unwrap())
    }

    #[test]
    fn two_trainings_of_one_network_are_one_row() {
        let (labels, scores) = tables();
        let family = joined(FamilyName::Hiaml, &labels, &scores).unwrap();
        assert_eq!((family.len(), family.family()), (2, "hiaml"));
        let frame = family.frame();
        let cell = |name: &str, row: usize| frame.column(name).unwrap().f64().unwrap().get(row);
        assert!((cell("likelihood", 0).unwrap() - 100.0 * (-1f64).exp()).abs() < 1e-9);
        assert!((cell("again", 0).unwrap() - 100.0 * (-2f64).exp()).abs() < 1e-9);
        assert_eq!((cell("again", 1), cell("synflow", 0), cell("synflow", 1)), (None, None, Some(3.0)));
        assert_eq!((cell("jacob_cov", 1), cell("mini_params", 1)), (None, Some(2.0)));
        assert!(family.banner().starts_with("Labels: likelihood of the right class"));
    }

    #[test]
    fn the_shipped_tables_are_read_and_other_families_refused() {
        for family in MINI_FAMILIES {
            let data = LabelledFamily::mini(family).unwrap();
            assert!(!data.is_empty(), "{family}");
            let loss = data.against("test_loss").unwrap();
            assert!(loss.iter().all(|(loss, label)| (label - 100.0 * (-loss).exp()).abs() < 1e-9));
        }
        let together = LabelledFamily::mini_together().unwrap();
        let each: Vec<LabelledFamily> = MINI_FAMILIES.map(|family| LabelledFamily::mini(family).unwrap()).into();
        assert_eq!(together.len(), each.iter().map(LabelledFamily::len).sum::<usize>());
        // A rank orders a family as its own label does.
        let hiaml: Vec<f64> = each[0].values.iter().filter_map(|(arch, _)| together.value(arch.clone())).collect();
        let own: Vec<f64> = each[0].values.iter().filter_map(|(_, value)| *value).collect();
        assert_eq!(ranks(&hiaml), ranks(&own));
        assert!(hiaml.contains(&0.0) && hiaml.contains(&100.0));
        let error = LabelledFamily::mini(FamilyName::Vgg16).unwrap_err().to_string();
        assert!(error.ends_with("accepted: hiaml, inception, nb101, nb201, two_path"), "{error}");
    }
}
