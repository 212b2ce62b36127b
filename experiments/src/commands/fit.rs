//! `autogo fit SPEC|FILE`: trains the network itself on pictures.

use crate::failure::Failure;
use crate::inputs::{network, toml_file};
use autogo::Progress;
use autogo::train::{Fit, FitEnd, Mini, MiniForm, NetworkSettings, Pictures, Plan, Recipe, Task};
use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// Arguments of `autogo fit`.
#[derive(Parser)]
#[command(
    after_help = "Example:\n  cargo autogo fit nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1 \
                        --mini 16x16:1 --out run"
)]
pub struct Args {
    /// The network: a compact string, or a file (.onnx, .json of `graph --save`).
    network: String,
    /// What the network learns; the pictures are in the folder that AUTOGO_DATA names.
    #[arg(long, default_value = "cifar10")]
    task: TaskName,
    /// A TOML file of the recipe; what it leaves out is the default.
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// The folder of checkpoint, weights and log.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Goes on from the folder's checkpoint.
    #[arg(long)]
    resume: bool,
    /// Trains the mini form: height, width and the factor of filters, such as 16x16:1/2.
    #[arg(long, value_name = "HxW:FACTOR")]
    mini: Option<Mini>,
    /// Refuses a network that takes more memory: bytes, or a number with K, M or G.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    memory: Option<u64>,
    /// Takes the first so many pictures only, for a quick look.
    #[arg(long, value_name = "COUNT")]
    pictures: Option<usize>,
}

/// What a network learns.
#[derive(Clone, Copy, ValueEnum)]
enum TaskName {
    /// CIFAR-10: ten classes of pictures of 32×32, made smaller where the network reads smaller ones.
    Cifar10,
}

/// Trains one network.
pub fn run(args: &Args) -> Result<(), Failure> {
    let full = network(&args.network)?;
    let recipe: Recipe = args.recipe.as_deref().map(toml_file).transpose()?.unwrap_or_default();
    recipe.check()?;
    let form = args.mini.map(|mini| full.mini(&mini)).transpose().map_err(autogo::Error::from)?;
    let graph = form.as_ref().map_or(&full, |form| &form.graph);
    if let Some(MiniForm { dropped, full, mini, .. }) = &form {
        dropped.iter().for_each(|line| say!("{line}"));
        say!("full form {full}, mini form {mini}");
    }
    let settings = NetworkSettings { batch: recipe.batch, portable: recipe.portable, memory: args.memory, threads: 1 };
    let plan = Plan::new(graph, settings).map_err(autogo::Error::from)?;
    say!("{} weights, {} bytes for batches of {}", plan.weights(), plan.memory(), plan.batch());
    let shape = graph.input_shape();
    let mut task = match args.task {
        TaskName::Cifar10 => Pictures::cifar10((shape.h, shape.w))?,
    };
    if let Some(count) = args.pictures {
        task = task.first(count, count);
    }
    say!("{}", task.record());
    let fit = Fit::new(graph, &task, &recipe).into_folder(&args.out).resume(args.resume).memory(args.memory);
    let run = fit.run(Progress::Live)?;
    say!("{}", run.log);
    match run.end {
        FitEnd::Done => say!("{}: {} is trained", args.out.display(), task.name()),
        FitEnd::Interrupted => say!("{}: interrupted; --resume goes on", args.out.display()),
    }
    Ok(())
}

/// `4G`, `512M`, `1000`.
fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.as_bytes().last() {
        Some(b'K') => (&text[..text.len() - 1], 1 << 10),
        Some(b'M') => (&text[..text.len() - 1], 1 << 20),
        Some(b'G') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let whole = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    whole.ok_or_else(|| "accepted: a number of bytes, or one with K, M or G".into())
}
