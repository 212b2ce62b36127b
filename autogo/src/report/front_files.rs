//! The front of a search as a folder of files: every network in every form, and one table.

use crate::error::Error;
use crate::evolve::{EvolutionRun, Individual, Mutator};
use crate::files::{replace, write};
use crate::formats::onnx::{Pooling, Weights, export};
use crate::formats::to_json;
use crate::graph::Graph;
use polars::prelude::{Column, CsvWriter, DataFrame, IdxCa, IdxSize, SerWriter};
use std::path::Path;

/// The table of a folder.
const TABLE: &str = "front.csv";

/// Rows of a drawing.
const ROWS: usize = 24;

/// A form of a network: how its file's name ends, and its bytes.
struct Form {
    end: &'static str,
    bytes: fn(&Graph, Weights<'_>) -> Result<Vec<u8>, Error>,
}

/// Every form that a network is written in. A further one is a line here.
const FORMS: [Form; 4] = [
    Form { end: "onnx", bytes: |graph, weights| Ok(export(graph, weights, Pooling::default())?) },
    Form { end: "py", bytes: |graph, _| Ok(graph.to_torch()?.into_bytes()) },
    Form { end: "json", bytes: |graph, _| Ok(to_json(graph).into_bytes()) },
    Form { end: "svg", bytes: |graph, _| Ok(graph.draw().rows(ROWS).svg().into_bytes()) },
];

/// Writes the front of a run into a new folder: of the input and of every member an ONNX file, PyTorch source,
/// this library's JSON and a drawing (`input.onnx`, `rank_01.onnx`, `rank_01.py`, `rank_01.json`, `rank_01.svg`, …),
/// and `front.csv`, a row a network with all figures of the run. Ranks are those of [`EvolutionRun::front`]. The column
/// `network` of the table names the ONNX files: with a column of measured accuracies beside it, the folder is a
/// [`LabelTable`](crate::data::LabelTable).
///
/// A network of p parameters takes 4·p bytes, unless the [`Weights`] are none; given weights belong to other networks.
/// O(networks · bytes).
///
/// # Errors
/// The folder holds files already, or a file cannot be written; the mutator has another database than the run.
///
/// ```
/// use autogo::prelude::*;
/// use autogo::formats::onnx::Weights;
/// use autogo::report::write_front;
/// let graphs = corpus(&[(FamilyName::Nb201, 8)], 0)?;
/// let mutator = Mutator::new(Mining::bpe(40).run(&graphs)?, |graph: &Graph| graph.len() as f64, Npu::n256())?;
/// let run = Evolution { generations: 1, ..Evolution::default() }.run(&graphs[0], &mutator, Progress::Silent)?;
/// let folder = std::env::temp_dir().join(format!("autogo-doc-front-{}", std::process::id()));
/// let written = write_front(&run, &mutator, Weights::None, &folder)?;
/// assert_eq!(written, 1 + run.front().iter().filter(|one| one.id != 0).count());
/// let back = LabelledFamily::from_table(folder.join("front.csv"), "score", Goal::Maximise)?;
/// assert_eq!(back.len(), written);
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub fn write_front(run: &EvolutionRun, mutator: &Mutator, weights: Weights<'_>, folder: &Path) -> Result<usize, Error> {
    check_export_folder(folder)?;
    std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    let front: Vec<Individual> = run.front().into_iter().filter(|one| one.id != 0).collect();
    let digits = front.len().to_string().len().max(2);
    let mut names = vec![(0, "input".to_string())];
    names.extend(front.iter().enumerate().map(|(at, one)| (one.id, format!("rank_{:0digits$}", at + 1))));
    for (id, name) in &names {
        let graph = run.graph(*id, mutator.db())?;
        for form in &FORMS {
            write(&folder.join(format!("{name}.{}", form.end)), &(form.bytes)(&graph, weights)?)?;
        }
    }
    let mut table = table(run, &names)?;
    replace(&folder.join(TABLE), |file| Ok(CsvWriter::new(file).finish(&mut table)?))?;
    Ok(names.len())
}

/// Looks whether [`write_front`] may write into a folder: it is new or empty.
///
/// # Errors
/// The folder holds files, cannot be listed, or is none.
pub fn check_export_folder(folder: &Path) -> Result<(), Error> {
    let refused = |reason: String| Err(Error::File { path: folder.into(), reason });
    match std::fs::read_dir(folder).map(Iterator::count) {
        Ok(1..) => refused("holds files; accepted: a new or empty folder".into()),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => refused(error.to_string()),
    }
}

/// The rows of these individuals, each with the name of its ONNX file.
fn table(run: &EvolutionRun, names: &[(usize, String)]) -> Result<DataFrame, Error> {
    let rows = names.iter().map(|(id, _)| *id as IdxSize).collect();
    let mut found = run.frame()?.take(&IdxCa::from_vec("id".into(), rows))?;
    found.rename("network", "content_id".into())?;
    let files: Vec<String> = names.iter().map(|(_, name)| format!("{name}.onnx")).collect();
    let mut columns = vec![Column::new("network".into(), files)];
    columns.extend(found.columns().iter().cloned());
    Ok(DataFrame::new(names.len(), columns)?)
}
