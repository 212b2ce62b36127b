//! `autogo replay`: makes networks of a run again and compares content ids.

use crate::failure::Failure;
use crate::search::{SEGMENTS, no_run};
use autogo::evolve::RunFolder;
use autogo::segment::Mined;
use clap::Parser;
use std::path::PathBuf;

/// Arguments of `autogo replay`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo replay run 17")]
pub struct Args {
    /// The folder of a run.
    run: PathBuf,
    /// Individuals to make again; without any, all individuals.
    individuals: Vec<usize>,
}

/// Makes individuals again and compares their content ids; of a single one the line of its ancestors is printed.
pub fn run(args: &Args) -> Result<(), Failure> {
    let folder = RunFolder::new(&args.run);
    if !folder.is_begun() {
        return Err(no_run(&args.run));
    }
    let db = Mined::load(args.run.join(SEGMENTS))?.db;
    let run = folder.open(&db)?;
    let asked: Vec<usize> = match args.individuals.as_slice() {
        [] => (0..run.individuals.len()).collect(),
        some => some.to_vec(),
    };
    let mut differ = Vec::new();
    for &id in &asked {
        if !run.replay(id, &db)? {
            differ.push(id);
        }
    }
    if let [id] = asked[..] {
        let graph = run.graph(id, &db)?;
        let line: Vec<String> = run.lineage(id).iter().rev().map(usize::to_string).collect();
        say!("{}: {} nodes, content id {}", line.join(" > "), graph.len(), graph.content_id());
    }
    if differ.is_empty() {
        say!("{} of {} networks come out again under their content ids", asked.len(), asked.len());
        Ok(())
    } else {
        Err(Failure::Work(format!("{} networks come out as others: {differ:?}", differ.len())))
    }
}
