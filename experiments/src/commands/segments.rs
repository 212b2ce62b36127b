//! `autogo segments`: mining, looking at and using segments.

use crate::failure::Failure;
use crate::inputs::{Sample, corpus, network_with, quirks};
use autogo::graph::Shape;
use autogo::report::{MergeTree, mined_page};
use autogo::segment::{BpeTrainer, Mined, Mining, ModelTrainer, Segment, SegmentDb, Segmenter};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

/// Arguments of `autogo segments`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo segments mine nb201=200 hiaml=200 --out segments")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Learns a segmenter from sampled networks and writes it with the distinct segments it cuts them into.
    Mine(Mine),
    /// Lists the segments that were found most often; --html writes a page with charts, their drawings and a merge
    /// tree.
    Show {
        /// A folder that `mine` wrote.
        folder: PathBuf,
        /// The number of segments that are listed.
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
        /// The network: a compact string such as resnet50, or a file (.onnx, .json, .pkl).
        network: String,
        /// Joins unseen tokens in a row into one segment, as the original release does, and shows a skip_connect of
        /// NAS-Bench-201 as an identity.
        #[arg(long)]
        release: bool,
    },
}

/// Arguments of `autogo segments mine`.
#[derive(Parser)]
struct Mine {
    /// Networks to mine: a family and how many samples of it, such as hiaml=200.
    #[arg(required = true, value_name = "FAMILY=COUNT")]
    families: Vec<String>,
    /// The folder for mining.json, segmenter.json and segments.parquet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The number of merges to learn; more than the networks allow is an error. Without it 813, or as many as they
    /// allow.
    #[arg(long)]
    merges: Option<usize>,
    /// A TOML file with the four stages: order, tokens, trainer, keep.
    #[arg(long, value_name = "FILE", conflicts_with = "merges")]
    stages: Option<PathBuf>,
    /// Seed of the samples.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The segmenter joins unseen tokens in a row into one segment, as the original release does.
    #[arg(long)]
    release: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    match &args.action {
        Action::Mine(mine) => mine.run(),
        Action::Show { folder, top, html: None } => list(folder, *top),
        Action::Show { folder, top, html: Some(path) } => draw(folder, *top, path),
        Action::Encode { folder, network, release } => encode(folder, network, *release),
    }
}

impl Mine {
    fn run(&self) -> Result<(), Failure> {
        let mut samples: Vec<Sample> = Vec::new();
        for text in &self.families {
            samples.push(text.parse()?);
        }
        let graphs = corpus(&samples, self.seed)?;
        let mut mined = self.mining()?.run(&graphs)?;
        if self.release {
            mined.segmenter.unknown = quirks(true).unknown;
        }
        mined.save(&self.out)?;
        let (tokens, pieces) = (mined.segmenter.alphabet().len(), mined.segmenter.longer_pieces());
        let segments = mined.db.len();
        say!("{} graphs: {tokens} tokens, {pieces} longer pieces, {segments} distinct segments", graphs.len());
        Ok(())
    }

    /// The four stages that were asked for.
    fn mining(&self) -> Result<Mining, Failure> {
        Ok(match (&self.stages, self.merges) {
            (Some(path), _) => Mining::from_file(path)?,
            (None, Some(merges)) => {
                let trainer = ModelTrainer::Bpe(BpeTrainer { merges, ..BpeTrainer::default() });
                Mining { trainer, ..Mining::default() }
            }
            // As many as the release's, of a small corpus fewer.
            (None, None) => Mining::bpe(BpeTrainer::default().merges),
        })
    }
}

/// Writes a page of the segments that were found most often.
fn draw(folder: &Path, top: usize, path: &Path) -> Result<(), Failure> {
    let mined = Mined::load(folder)?;
    let mut page = mined_page(&mined, top)?;
    if mined.segmenter.vocabulary().is_some_and(|vocabulary| !vocabulary.merges().is_empty()) {
        let text = "How a long piece was put together: the numbers are the order of learning.";
        page = page.text(text).merge_tree(&MergeTree::longest(&mined.segmenter, 8)?);
    }
    Ok(page.save(path)?)
}

/// Prints the segments that were found most often.
fn list(folder: &Path, top: usize) -> Result<(), Failure> {
    let db = SegmentDb::load(folder.join("segments.parquet"))?;
    say!("{:>8} {:>6}  {:<34} ops", "found", "nodes", "from … to");
    for row in &db.most_frequent(top) {
        let (nodes, ops) = (row.segment.nodes.len(), row.segment.describe());
        say!("{:>8} {nodes:>6}  {:<34} {ops}", row.count, ends(&row.segment));
    }
    Ok(())
}

/// The shapes that a segment reads and makes.
fn ends(segment: &Segment) -> String {
    let shapes = |shapes: &[Shape]| shapes.iter().map(Shape::to_string).collect::<Vec<_>>().join(" ");
    format!("{} … {}", shapes(&segment.inputs), shapes(&segment.output_shapes()))
}

/// Prints the segments of a network.
fn encode(folder: &Path, network: &str, is_release: bool) -> Result<(), Failure> {
    let mut segmenter = Segmenter::load(folder.join("segmenter.json"))?;
    let quirks = quirks(is_release);
    if is_release {
        segmenter.unknown = quirks.unknown;
    }
    let graph = network_with(network, &quirks)?;
    for (number, nodes) in segmenter.groups(&graph).iter().enumerate() {
        let names: Vec<&str> = nodes.iter().map(|&node| graph.node(node).op.name()).collect();
        say!("{number:>5}  {:<30} {}", format!("{nodes:?}"), names.join(" "));
    }
    Ok(())
}
