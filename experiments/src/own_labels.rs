//! Labels of one's own: the arguments and settings that name a table, and how it is read.

use crate::failure::Failure;
use crate::inputs::{LabelOrigin, labelled};
use autogo::data::{LabelTable, LabelledFamily, Split};
use autogo::{Goal, Progress};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Networks to learn from, and to rank, where a family has as many.
const TRAIN: usize = 400;
const TEST: usize = 200;

/// A table of one's own networks and labels, as arguments.
#[derive(Args, Clone, Debug)]
pub struct OwnLabels {
    /// A table of your own networks and labels, .csv or .parquet: its column `network`, `spec` or `file` names compact
    /// strings or files (.onnx, .json) beside the table.
    #[arg(long, value_name = "TABLE", requires = "label")]
    labels: Option<PathBuf>,
    /// The column of the table's labels.
    #[arg(long, value_name = "COLUMN", requires = "labels")]
    label: Option<String>,
    /// The column of the table's networks, if it has another name.
    #[arg(long, value_name = "COLUMN", requires = "labels")]
    networks: Option<String>,
    /// Less of the label is better: an error, a time.
    #[arg(long, requires = "labels")]
    minimise: bool,
    /// Leaves out rows that are refused, and counts them; otherwise the first of them is an error.
    #[arg(long, requires = "labels")]
    skip_refused: bool,
    /// The origin of the family's labels, if they are in no table; without it the public benchmark where AUTOGO_DATA
    /// holds one, otherwise the project's own.
    #[arg(long, value_name = "ORIGIN", conflicts_with = "labels")]
    origin: Option<LabelOrigin>,
}

/// A labelled family, or a table of one's own, and the numbers of its networks to learn from and to rank.
#[derive(Args, Clone, Debug)]
pub struct LabelSplit {
    /// The labelled family; `mini` is the project's own labels of all families together, by rank within the family.
    #[arg(long, default_value = "nb201", conflicts_with = "labels")]
    family: String,
    #[command(flatten)]
    own: OwnLabels,
    /// Networks to learn from; 400, or without `--test` two thirds of a smaller family.
    #[arg(long)]
    train: Option<usize>,
    /// Networks kept apart, to be ranked by `evaluate`; 200, or without `--train` one third of a smaller family.
    #[arg(long)]
    test: Option<usize>,
    /// Seed of the split, and of the training.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

/// A table of one's own in a file of settings.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LabelSource {
    /// The table.
    table: PathBuf,
    /// The column of labels.
    label: String,
    /// The column of networks, if it is none of the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    networks: Option<String>,
    /// Whether less of the label is better.
    #[serde(default)]
    minimise: bool,
    /// Whether refused rows are left out.
    #[serde(default)]
    skip_refused: bool,
}

impl OwnLabels {
    /// The table that the arguments name. Its path is absolute: a run is taken up from any folder.
    pub fn source(&self) -> Result<Option<LabelSource>, Failure> {
        let Some(given) = self.given() else { return Ok(None) };
        let table = std::path::absolute(&given.table).map_err(|error| Failure::input(&given.table, error))?;
        Ok(Some(LabelSource { table, ..given }))
    }

    /// The origin of a family's labels, if one was asked for.
    pub fn origin(&self) -> Option<LabelOrigin> {
        self.origin
    }

    /// The table as it was given.
    fn given(&self) -> Option<LabelSource> {
        Some(LabelSource {
            table: self.labels.clone()?,
            label: self.label.clone()?,
            networks: self.networks.clone(),
            minimise: self.minimise,
            skip_refused: self.skip_refused,
        })
    }

    /// The networks of the table, or without one those of a family that has labels.
    pub fn or_family(&self, family: &str) -> Result<LabelledFamily, Failure> {
        match self.given() {
            Some(source) => source.read(),
            None => labelled(family, self.origin),
        }
    }
}

impl LabelSplit {
    /// The labelled networks and their two parts: the same for `train` and `evaluate`.
    pub fn read(&self) -> Result<Split, Failure> {
        let family = self.own.or_family(&self.family)?;
        let (train, test) = match (self.train, self.test) {
            (None, None) => family.shares(TRAIN, TEST)?,
            (train, test) => (train.unwrap_or(TRAIN), test.unwrap_or(TEST)),
        };
        let split = family.split(train, test, self.seed)?;
        say!("{train} networks to learn from, {test} to be ranked. {}", family.banner());
        Ok(split)
    }
}

impl LabelSource {
    /// Reads the table and every network in it. Refused rows that are left out are named on standard error.
    pub fn read(&self) -> Result<LabelledFamily, Failure> {
        let table = LabelTable::read(&self.table)?;
        let table = match &self.networks {
            Some(column) => table.networks(column),
            None => table,
        };
        let goal = if self.minimise { Goal::Minimise } else { Goal::Maximise };
        if !self.skip_refused {
            return Ok(table.labelled(&self.label, goal, Progress::Live)?);
        }
        let (family, refused) = table.labelled_skipping(&self.label, goal, Progress::Live)?;
        refused.rows.iter().for_each(|row| eprintln!("{row}"));
        if !refused.rows.is_empty() {
            eprintln!("{refused}");
        }
        Ok(family)
    }
}
