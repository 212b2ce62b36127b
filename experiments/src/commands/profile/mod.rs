//! `autogo profile SPEC|FILE`: a network's cycles on a machine, kernel by kernel, and its energy; or on a systolic
//! array, layer by layer.

mod array;
mod comparison;
mod kernels;

use crate::failure::Failure;
use crate::host::{Engine, HostReport, measure};
use crate::inputs::{machine, network};
use crate::say::json;
use autogo::graph::Graph;
use autogo::profile::{EnergyReport, EnergyTable, NpuProfile};
use clap::Parser;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `autogo profile`.
#[derive(Parser)]
#[command(after_help = "Examples:\n  cargo autogo profile resnet50 --machine N512 --energy zigzag_tpu\n  \
    cargo autogo profile resnet50 --array 32x32-os")]
pub struct Args {
    /// The network: a compact string such as nb201:OP,OP,OP,OP,OP,OP or resnet50, or a file (.onnx, .json of `autogo
    /// graph --save`, .pkl of the original release).
    network: String,
    /// The machine: N256, N512, N1024, or a TOML file.
    #[arg(long, default_value = "N256")]
    machine: String,
    /// Adds energy by a table: horowitz45, eyeriss65 or zigzag_tpu.
    #[arg(long)]
    energy: Option<String>,
    /// Prints JSON for machines instead of a table.
    #[arg(long)]
    json: bool,
    /// Compares with these networks instead of listing kernels; changes are against NETWORK.
    #[arg(long, num_args = 1.., value_name = "NETWORK", conflicts_with_all = ["json", "host"])]
    compare: Vec<String>,
    /// Times layers on a systolic array with its memories instead: ROWSxCOLUMNS, ROWSxCOLUMNS-DATAFLOW with os, ws or
    /// is, or a TOML file. Stands behind NETWORK.
    #[arg(long, num_args = 0..=1, default_missing_value = "32x32", value_name = "ARRAY")]
    #[arg(conflicts_with_all = ["machine", "energy", "compare", "host"])]
    array: Option<String>,
    /// Runs the network on this machine's processor as well.
    #[arg(long)]
    host: bool,
    /// The engine that runs the network there; rten is there in a build with `--features rten`.
    #[arg(long, requires = "host", value_enum, default_value = "ort")]
    engine: Engine,
    /// ONNX Runtime's library; `$ORT_DYLIB_PATH` or the notebooks' environment when it is not given.
    #[arg(long, requires = "host", value_name = "FILE")]
    library: Option<PathBuf>,
    /// Threads on the processor.
    #[arg(long, requires = "host", default_value_t = 1)]
    threads: usize,
    /// Timed runs on the processor.
    #[arg(long, requires = "host", default_value_t = 20)]
    repeats: usize,
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct Description {
    profile: NpuProfile,
    cycles: u64,
    milliseconds: f64,
    frames_per_second: f64,
    energy: Option<EnergyReport>,
    host: Option<HostReport>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    if let Some(name) = &args.array {
        let array = array::machine(name)?;
        let profile = array::ArrayProfile::new(&network(&args.network)?, &array)?;
        say!("{}", if args.json { json(&profile)? } else { profile.to_string() });
        return Ok(());
    }
    let npu = machine(&args.machine)?;
    let table = args.energy.as_deref().map(EnergyTable::named).transpose()?;
    let graph = network(&args.network)?;
    if !args.compare.is_empty() {
        let mut graphs = vec![(args.network.clone(), graph)];
        for name in &args.compare {
            graphs.push((name.clone(), network(name)?));
        }
        say!("{}", comparison::table(&npu, &graphs, table.as_ref())?);
        return Ok(());
    }
    let profile = npu.profile(&graph)?;
    let description = Description {
        cycles: profile.cycles(),
        milliseconds: profile.milliseconds(),
        frames_per_second: profile.frames_per_second(),
        energy: table.as_ref().map(|table| profile.energy(table)).transpose()?,
        host: args.measure(&graph)?,
        profile,
    };
    say!("{}", if args.json { json(&description)? } else { kernels::listing(&description) });
    Ok(())
}

impl Args {
    /// The measurement of the network on this processor, if it was asked for.
    fn measure(&self, graph: &Graph) -> Result<Option<HostReport>, Failure> {
        match self.host {
            true => measure(graph, self.engine, self.library.as_deref(), self.threads, self.repeats).map(Some),
            false => Ok(None),
        }
    }
}
