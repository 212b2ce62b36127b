//! `autogo fit SPEC|FILE`: trains the network itself on pictures.

use crate::failure::Failure;
use crate::inputs::{self, network};
use autogo::Progress;
use autogo::graph::{Graph, Shape};
use autogo::report::{write_dense, write_fit};
use autogo::train::tasks::{DenseFit, DenseName};
use autogo::train::{Classifier, Fit, FitEnd, Mini, MiniForm, NetworkSettings, Pictures, Plan, Ratio, Recipe, Task};
use clap::Parser;
use std::path::{Path, PathBuf};

/// Arguments of `autogo fit`.
#[derive(Parser)]
#[command(
    after_help = "Example:\n  cargo autogo fit nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1 \
                        --mini 16x16:1 --out run"
)]
pub struct Args {
    /// The network: a compact string, or a file (.onnx, .json of `graph --save`).
    network: String,
    /// The task that the network learns. Classes: cifar10 or fashion-mnist of the folder that AUTOGO_DATA names, shapes
    /// (a toy that needs no data), or a folder of class folders with PNG and JPEG files. Pictures, of the folder that
    /// AUTOGO_DATA names: camvid (segmentation), faces (key points), sr2 (super-resolution), denoise25; the network
    /// gets the task's head.
    #[arg(long, default_value = "cifar10", value_name = "NAME|DIR")]
    task: String,
    /// A TOML file of the recipe; what it leaves out is the task's default. Where the loss of a deep, narrow network
    /// stops being finite, `clip = 1` in it bounds the gradient.
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// The folder of checkpoint, weights, log and report.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Goes on from the folder's checkpoint.
    #[arg(long)]
    resume: bool,
    /// Trains the mini form: height, width and the factor of filters, such as 16x16:1/2.
    #[arg(long, value_name = "HxW:FACTOR")]
    mini: Option<Mini>,
    /// Gives the network as many outputs as the task has classes.
    #[arg(long)]
    head: bool,
    /// Begins with the weights of another training's folder, where nodes have the same names and sizes: a parent's.
    #[arg(long, value_name = "DIR")]
    inherit: Option<PathBuf>,
    /// Refuses a network that takes more memory: bytes, or a number with K, M or G.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    memory: Option<u64>,
    /// Takes the first COUNT pictures only, for a quick look.
    #[arg(long, value_name = "COUNT")]
    pictures: Option<usize>,
}

/// The task of this name, in the shape that the network reads.
fn task(name: &str, shape: Shape) -> Result<Pictures, Failure> {
    Ok(match name {
        "cifar10" => Pictures::cifar10((shape.h, shape.w))?,
        "fashion-mnist" => Pictures::fashion_mnist(shape)?,
        "shapes" => Pictures::shapes((shape.h, shape.w), 0)?,
        folder if Path::new(folder).is_dir() => Pictures::from_folder(folder, shape)?,
        other => {
            let dense: Vec<String> = DenseName::ALL.iter().map(DenseName::to_string).collect();
            let classes = "cifar10, fashion-mnist, shapes, or a folder of class folders";
            let accepted = format!("{classes}; for masks, points and pictures {}", dense.join(", "));
            return Err(Failure::Input(format!("task `{other}` is not known; accepted: {accepted}")));
        }
    })
}

/// The network in the form that is trained.
fn form(args: &Args) -> Result<Graph, Failure> {
    let full = network(&args.network)?;
    let Some(mini) = &args.mini else { return Ok(full) };
    let MiniForm { graph, dropped, full, mini } = full.mini(mini).map_err(autogo::Error::from)?;
    dropped.iter().for_each(|line| say!("{line}"));
    say!("full form {full}, mini form {mini}");
    Ok(graph)
}

/// Trains one network on a task whose answer is a mask, points or a picture.
fn run_dense(args: &Args, name: DenseName) -> Result<(), Failure> {
    if args.head || args.inherit.is_some() {
        let reason = format!("--head and --inherit are for classes; accepted: neither with --task {name}");
        return Err(Failure::Input(reason));
    }
    let recipe = inputs::recipe(args.recipe.as_deref(), name.recipe())?;
    let mini = args.mini.unwrap_or(Mini { input: name.picture(), width: Ratio::ONE });
    let MiniForm { graph, dropped, full, mini } = name.form(&network(&args.network)?, &mini)?;
    dropped.iter().for_each(|line| say!("{line}"));
    say!("full form {full}, form of the task {mini}");
    let (batch, portable, memory) = (recipe.batch, recipe.portable, args.memory);
    let settings = NetworkSettings { batch, portable, memory, ..NetworkSettings::default() };
    // Before pictures are read, which takes longer.
    let plan = Plan::new(&graph, settings).map_err(autogo::Error::from)?;
    let task = name.from_env()?.reading(graph.input_shape())?;
    let task = args.pictures.map_or_else(|| task.first(usize::MAX), |count| task.first(count));
    say!("{} weights, {} bytes for batches of {}", plan.weights(), plan.memory(), plan.batch());
    say!("{}", task.record());
    let fit = DenseFit::new(&graph, &*task, &recipe).into_folder(&args.out).resume(args.resume).memory(args.memory);
    let run = fit.run(Progress::Live)?;
    say!("{}", run.log);
    match run.end {
        FitEnd::Done => {
            write_dense(&run, &*task, &args.out)?;
            say!("{}: {} is trained; report.html shows it", args.out.display(), task.name());
        }
        FitEnd::Interrupted => say!("{}: interrupted; --resume goes on", args.out.display()),
    }
    Ok(())
}

/// Trains one network.
pub fn run(args: &Args) -> Result<(), Failure> {
    if let Ok(name) = args.task.parse::<DenseName>() {
        return run_dense(args, name);
    }
    let recipe = inputs::recipe(args.recipe.as_deref(), Recipe::default())?;
    let graph = form(args)?;
    let settings = NetworkSettings {
        batch: recipe.batch,
        portable: recipe.portable,
        memory: args.memory,
        ..NetworkSettings::default()
    };
    let planned = |graph: &Graph| Plan::new(graph, settings).map_err(autogo::Error::from);
    // Before pictures are read, which takes longer.
    planned(&graph)?;
    let mut task = task(&args.task, graph.input_shape())?;
    if let Some(count) = args.pictures {
        task = task.first(count, count);
    }
    let graph = if args.head { graph.with_classes(task.classes() as u32)? } else { graph };
    let plan = planned(&graph)?;
    say!("{} weights, {} bytes for batches of {}", plan.weights(), plan.memory(), plan.batch());
    say!("{}", task.record());
    let parent = args.inherit.as_deref().map(Classifier::open).transpose()?;
    let mut fit = Fit::new(&graph, &task, &recipe).into_folder(&args.out).resume(args.resume).memory(args.memory);
    if let Some(parent) = &parent {
        fit = fit.inherit(parent.network());
    }
    let run = fit.run(Progress::Live)?;
    if let Some(inherited) = run.inherited {
        say!("{inherited}");
    }
    say!("{}", run.log);
    match run.end {
        FitEnd::Done => {
            write_fit(&run, &task, &args.out)?;
            say!("{}: {} is trained; report.html shows it", args.out.display(), task.name());
        }
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
