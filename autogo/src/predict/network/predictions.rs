//! Predictions for networks that are made ready.

use super::batch::Batch;
use super::features::GraphFeatures;
use super::model::Model;
use super::prepared::{Prepared, Row};
use super::terms::TermTable;
use crate::error::Error;
use dfdx::prelude::NoneTape;
use rayon::prelude::*;

/// Networks that one batch holds.
const CHUNK: usize = 16;

/// One prediction for every network: the mean over its partitions.
pub(crate) fn predict(model: &Model, table: &TermTable, networks: &[Prepared]) -> Result<Vec<f64>, Error> {
    let mean = |own: &Vec<f64>| own.iter().sum::<f64>() / own.len() as f64;
    Ok(predict_each(model, table, networks)?.iter().map(mean).collect())
}

/// For every network the predictions for its partitions, or a single one for a network without partitions.
pub(crate) fn predict_each(model: &Model, table: &TermTable, networks: &[Prepared]) -> Result<Vec<Vec<f64>>, Error> {
    let chunks = networks.par_chunks(CHUNK).map(|chunk| predict_chunk(model, table, chunk));
    Ok(chunks.collect::<Result<Vec<Vec<Vec<f64>>>, Error>>()?.concat())
}

fn predict_chunk(model: &Model, table: &TermTable, networks: &[Prepared]) -> Result<Vec<Vec<f64>>, Error> {
    let reads = model.architecture.reads;
    let cases = |network: &Prepared| match network.cuts.as_slice() {
        [] => vec![network.rows(reads, None)],
        cuts => cuts.iter().map(|cut| network.rows(reads, Some(cut))).collect(),
    };
    let cases: Vec<Vec<Vec<Row>>> = networks.iter().map(cases).collect();
    let counts: Vec<usize> = cases.iter().map(Vec::len).collect();
    let rows: Vec<Row> = cases.into_iter().flatten().flatten().collect();
    let mut predictions = predict_rows(model, table, &rows)?.into_iter();
    Ok(counts.into_iter().map(|count| predictions.by_ref().take(count).collect()).collect())
}

/// The predictions for some cases, whose rows stand side by side.
pub(crate) fn predict_rows(model: &Model, table: &TermTable, rows: &[Row]) -> Result<Vec<f64>, Error> {
    let batch = Batch::new(table, rows, &model.architecture);
    let predictions = model.forward::<NoneTape>(&batch)?.as_vec();
    Ok(predictions.into_iter().map(f64::from).collect())
}

/// The rows that the encoder makes of some parts, one after the other: parts × hidden.
pub(crate) fn encode(model: &Model, parts: &[GraphFeatures]) -> Result<Vec<f32>, Error> {
    let mut table = TermTable::new(model.architecture.layers);
    let rows: Vec<Row> = parts.iter().map(|part| Prepared::of(part, &mut table).whole()).collect();
    Ok(model.encode(&Batch::new(&table, &rows, &model.architecture))?.as_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::FamilyName;
    use crate::partition::Partition;
    use crate::predict::fixtures::architectures;
    use crate::predict::network::{reference, spread};
    use crate::segment::Mining;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// The exact shortcut: every partition of a network, computed without repetition, against the plain computation
        /// of its three parts.
        #[test]
        fn all_partitions_equal_the_plain_computation(
            seed in 0u64..1000, family in 0usize..5, kind in any::<prop::sample::Index>(),
        ) {
            let graph = crate::families::network(&FamilyName::ALL[family].sample(seed, 0)).unwrap();
            let architecture = *kind.get(&architectures());
            let segmenter = Mining::bpe(50).segmenter(std::slice::from_ref(&graph)).unwrap();
            let model = Model::new(architecture, seed);
            let mut table = TermTable::new(architecture.layers);
            let prepared = Prepared::partitions(&graph, &architecture, &segmenter, &mut table, |all| spread(all, 0)).unwrap();
            let fast = predict_each(&model, &table, &[prepared]).unwrap().concat();
            let groups = segmenter.groups(&graph);
            prop_assert_eq!(fast.len(), groups.len());
            let every = groups.len().div_ceil(12);
            for (partition, fast) in Partition::all(&groups).iter().zip(fast).step_by(every) {
                let slow = reference::predict(&model, &reference::parts(&architecture, &graph, partition));
                prop_assert!((fast - slow).abs() < 1e-5, "{:?}: {fast} against {slow}", architecture);
            }
        }
    }
}
