//! `autogo segments`: mining, looking at and using segments.

use crate::Failure;
use autogo::families::FamilyName;
use autogo::graph::{Graph, Shape};
use autogo::report::{MergeTree, mined_page};
use autogo::segment::{BpeTrainer, Mined, Mining, ModelTrainer, Segment, SegmentDb, Segmenter};
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
    /// Learns a segmenter from sampled networks and writes it with the distinct segments it cuts them into.
    Mine {
        /// Networks to mine: a family and how many samples of it, such as hiaml=200.
        #[arg(required = true, value_name = "FAMILY=COUNT")]
        families: Vec<String>,
        /// The folder for mining.json, segmenter.json and segments.parquet.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// How many merges to learn; more than the networks allow is an error. Without it 813, or as many as they allow.
        #[arg(long)]
        merges: Option<usize>,
        /// A TOML file with the four stages: order, tokens, trainer, keep.
        #[arg(long, value_name = "FILE", conflicts_with = "merges")]
        stages: Option<PathBuf>,
        /// Seed of the samples.
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Lists the segments that were found most often; --html writes a page with charts, their drawings and a merge tree.
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
        Action::Mine { families, out, merges, stages, seed } => {
            mine(&Order { families, out, merges: *merges, stages: stages.as_deref(), seed: *seed })
        }
        Action::Show { folder, top, html } => show(folder, *top, html.as_deref()),
        Action::Encode { folder, network } => encode(folder, network),
    }
}

/// What `mine` was told.
struct Order<'a> {
    families: &'a [String],
    out: &'a Path,
    merges: Option<usize>,
    stages: Option<&'a Path>,
    seed: u64,
}

fn mine(order: &Order<'_>) -> Result<(), Failure> {
    let mut graphs: Vec<Graph> = Vec::new();
    for text in order.families {
        let wrong = || {
            let names: Vec<&str> = FamilyName::ALL.iter().map(|family| family.prefix()).collect();
            Failure::Input(format!("`{text}` is no FAMILY=COUNT; accepted families: {}", names.join(", ")))
        };
        let (name, count) = text.split_once('=').ok_or_else(wrong)?;
        let family = FamilyName::ALL.into_iter().find(|family| family.prefix() == name).ok_or_else(wrong)?;
        let count: u64 = count.parse().map_err(|_| wrong())?;
        for index in 0..count {
            graphs.push(autogo::families::network(&family.sample(order.seed, index))?);
        }
    }
    let mining = match (order.stages, order.merges) {
        (Some(path), _) => Mining::from_file(path)?,
        (None, Some(merges)) => {
            let trainer = ModelTrainer::Bpe(BpeTrainer { merges, ..BpeTrainer::default() });
            Mining { trainer, ..Mining::default() }
        }
        // As many as the release's, of a small corpus fewer.
        (None, None) => Mining::bpe(BpeTrainer::default().merges),
    };
    let mined = mining.run(&graphs)?;
    mined.save(order.out)?;
    let (tokens, pieces) = (mined.segmenter.alphabet().len(), mined.segmenter.longer_pieces());
    let segments = mined.db.len();
    crate::say(&format!(
        "{} graphs: {tokens} tokens, {pieces} longer pieces, {segments} distinct segments",
        graphs.len()
    ));
    Ok(())
}

fn show(folder: &Path, top: usize, html: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = html {
        let mined = Mined::load(folder)?;
        let mut page = mined_page(&mined, top)?;
        if mined.segmenter.vocabulary().is_some_and(|vocabulary| !vocabulary.merges().is_empty()) {
            let text = "How a long piece was put together: the numbers are the order of learning.";
            page = page.text(text).merge_tree(&MergeTree::longest(&mined.segmenter, 8)?);
        }
        return Ok(page.save(path)?);
    }
    let db = SegmentDb::load(folder.join("segments.parquet"))?;
    crate::say(&format!("{:>8} {:>6}  {:<34} ops", "found", "nodes", "from … to"));
    for row in &db.most_frequent(top) {
        let (nodes, ops) = (row.segment.nodes.len(), row.segment.describe());
        crate::say(&format!("{:>8} {nodes:>6}  {:<34} {ops}", row.count, ends(&row.segment)));
    }
    Ok(())
}

/// What a segment reads and what is read of it.
fn ends(segment: &Segment) -> String {
    let shapes = |shapes: &[Shape]| shapes.iter().map(Shape::to_string).collect::<Vec<_>>().join(" ");
    format!("{} … {}", shapes(&segment.inputs), shapes(&segment.output_shapes()))
}

fn encode(folder: &Path, network: &str) -> Result<(), Failure> {
    let segmenter = Segmenter::load(folder.join("segmenter.json"))?;
    let graph = autogo::families::network(network)?;
    for (number, nodes) in segmenter.groups(&graph).iter().enumerate() {
        let names: Vec<&str> = nodes.iter().map(|&node| graph.node(node).op.name()).collect();
        crate::say(&format!("{number:>5}  {:<30} {}", format!("{nodes:?}"), names.join(" ")));
    }
    Ok(())
}
