//! `autogo segments`: mining, looking at and using segments.

use crate::Failure;
use autogo::families::FamilyName;
use autogo::graph::{Drawing, Graph, Shape};
use autogo::report::Page;
use autogo::segment::{BpeTrainer, Segment, SegmentDb, SegmentRow, Vocabulary};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

/// Arguments of `autogo segments`.
#[derive(Parser)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Learns a vocabulary from sampled networks and writes it with the distinct segments it cuts them into.
    Mine {
        /// Networks to mine: a family and how many samples of it, such as hiaml=200.
        #[arg(required = true, value_name = "FAMILY=COUNT")]
        families: Vec<String>,
        /// The folder for vocabulary.json and segments.parquet.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The most merges to learn.
        #[arg(long, default_value_t = BpeTrainer::default().merges)]
        merges: usize,
        /// Seed of the samples.
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Lists the segments that were found most often; --html writes their drawings as a page.
    Show {
        /// A folder that `mine` wrote.
        folder: PathBuf,
        /// How many.
        #[arg(long, default_value_t = 20)]
        top: usize,
        /// A page of drawings.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Cuts a network into segments and prints a line for each.
    Encode {
        /// A folder that `mine` wrote.
        folder: PathBuf,
        /// The network, as a compact string.
        network: String,
    },
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    match &args.action {
        Action::Mine { families, out, merges, seed } => mine(families, out, *merges, *seed),
        Action::Show { folder, top, html } => show(folder, *top, html.as_deref()),
        Action::Encode { folder, network } => encode(folder, network),
    }
}

fn vocabulary_of(folder: &Path) -> PathBuf {
    folder.join("vocabulary.json")
}

fn database_of(folder: &Path) -> PathBuf {
    folder.join("segments.parquet")
}

fn mine(families: &[String], out: &Path, merges: usize, seed: u64) -> Result<(), Failure> {
    let mut graphs: Vec<Graph> = Vec::new();
    for text in families {
        let wrong = || {
            let names: Vec<&str> = FamilyName::ALL.iter().map(|family| family.prefix()).collect();
            Failure::Input(format!("`{text}` is no FAMILY=COUNT; accepted families: {}", names.join(", ")))
        };
        let (name, count) = text.split_once('=').ok_or_else(wrong)?;
        let family = FamilyName::ALL.into_iter().find(|family| family.prefix() == name).ok_or_else(wrong)?;
        let count: u64 = count.parse().map_err(|_| wrong())?;
        for index in 0..count {
            graphs.push(autogo::families::graph(&family.sample(seed, index))?);
        }
    }
    let vocabulary = BpeTrainer { merges, ..BpeTrainer::default() }.train(&graphs)?;
    let db = SegmentDb::mine(&graphs, &vocabulary);
    std::fs::create_dir_all(out).map_err(|error| Failure::Input(format!("{}: {error}", out.display())))?;
    vocabulary.save(vocabulary_of(out))?;
    db.save(database_of(out))?;
    let (tokens, learned) = (vocabulary.alphabet().len(), vocabulary.merges().len());
    crate::say(&format!("{} graphs: {tokens} tokens, {learned} merges, {} distinct segments", graphs.len(), db.len()));
    if learned < merges {
        crate::say(&format!("{merges} merges were asked for; no further pair occurs twice within 16 tokens"));
    }
    Ok(())
}

fn show(folder: &Path, top: usize, html: Option<&Path>) -> Result<(), Failure> {
    let db = SegmentDb::load(database_of(folder))?;
    let rows = db.most_frequent(top);
    let Some(path) = html else {
        crate::say(&format!("{:>8} {:>6}  {:<34} ops", "found", "nodes", "from … to"));
        for row in &rows {
            let (nodes, ops) = (row.segment.nodes.len(), row.segment.describe());
            crate::say(&format!("{:>8} {nodes:>6}  {:<34} {ops}", row.count, ends(&row.segment)));
        }
        return Ok(());
    };
    let caption = |row: &SegmentRow| {
        let family = row.example.split(':').next().unwrap_or_default();
        format!("{}; found {} times, first in {family}", ends(&row.segment), row.count)
    };
    let cards: Vec<(String, Drawing)> = rows.iter().map(|row| (caption(row), row.segment.draw())).collect();
    Page::new(&format!("{} of {} segments", rows.len(), db.len())).gallery(&cards).save(path)?;
    Ok(())
}

/// What a segment reads and what is read of it.
fn ends(segment: &Segment) -> String {
    let shapes = |shapes: &[Shape]| shapes.iter().map(Shape::to_string).collect::<Vec<_>>().join(" ");
    format!("{} … {}", shapes(&segment.inputs), shapes(&segment.output_shapes()))
}

fn encode(folder: &Path, network: &str) -> Result<(), Failure> {
    let vocabulary = Vocabulary::load(vocabulary_of(folder))?;
    let graph = autogo::families::graph(network)?;
    for (number, nodes) in vocabulary.groups(&graph, |_| true).iter().enumerate() {
        let names: Vec<&str> = nodes.iter().map(|&node| graph.node(node).op.name()).collect();
        crate::say(&format!("{number:>5}  {:<30} {}", format!("{nodes:?}"), names.join(" ")));
    }
    Ok(())
}
