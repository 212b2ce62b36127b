//! `autogo label`: networks get labels by being trained, by as many workers as there are.

use crate::failure::Failure;
use crate::inputs::{self, LabelOrigin, Sample, labelled};
use crate::label::{self, Choice, LabelJob, LabelRecord, LabelTask, Manifest};
use crate::work::{self, Executor, Status, WorkFolder};
use autogo::data::folder_from_env;
use autogo::families::FamilyName;
use autogo::graph::Shape;
use autogo::train::{Mini, Recipe, mini_network};
use clap::{Parser, Subcommand};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments of `autogo label`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo label plan labels --family nb201=40 --family hiaml=40\n  \
                        cargo autogo label run labels --workers 2\n  cargo autogo label collect labels --out labels.parquet")]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand)]
enum Step {
    /// Makes a folder of trainings, or adds trainings to one.
    Plan(Plan),
    /// Starts workers and waits until nothing is left.
    Run(Run),
    /// Is one worker.
    Work(Work),
    /// Says what is done, running, left and failed.
    Status(Folder),
    /// Lets failed trainings be tried again.
    Retry(Folder),
    /// Writes all results as one Parquet table.
    Collect(Collect),
    /// Scores the networks of a table without training them.
    ZeroCost(Scored),
    /// Writes croissant.json beside the tables of a folder: their hashes, sizes and columns.
    Describe(Described),
    /// Compares a table with the public labels of NB-101 and NB-201, which AUTOGO_DATA holds.
    Check(Table),
}

#[derive(Parser)]
struct Folder {
    /// The folder of work.
    folder: PathBuf,
}

#[derive(Parser)]
struct Plan {
    /// The folder of work.
    folder: PathBuf,
    /// COUNT networks of FAMILY, in mini form; several times for several families.
    #[arg(long = "family", value_name = "FAMILY=COUNT", required_unless_present = "networks")]
    sampled: Vec<Sample>,
    /// A network of one's own, trained in the form of `--form`: a compact string, or a file (.onnx, .json); several
    /// times for several networks.
    #[arg(long = "network", value_name = "SPEC|FILE", requires = "form")]
    networks: Vec<String>,
    /// The form in which all networks are trained, instead of the mini benchmark's: 32x32:1/8.
    #[arg(long, value_name = "HxW:FACTOR")]
    form: Option<Mini>,
    /// COUNT networks from the top twentieth of FAMILY, which has public labels.
    #[arg(long, value_name = "FAMILY=COUNT")]
    top: Vec<Sample>,
    /// The task that networks learn: cifar10, camvid (segmentation), faces (key points), sr2 (super-resolution),
    /// denoise25.
    #[arg(long, default_value = "cifar10", value_name = "NAME")]
    task: String,
    /// A TOML file of the recipe; what it leaves out is the task's default.
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Seed of the samples.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Every REPEAT_EVERY-th network of each family is trained under further seeds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    repeat_every: u64,
    /// Seeds of those networks.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// A table of earlier results: what is in it is not trained again.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Seconds after which a lease that is not renewed is dead.
    #[arg(long, default_value_t = 60.0, value_parser = seconds)]
    expiry: f64,
}

#[derive(Parser)]
struct Run {
    /// The folder of work.
    folder: PathBuf,
    /// The number of workers.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    workers: u64,
    /// Slurm starts the workers, with these options of `sbatch`: `partition=NAME,time=1:00:00`.
    #[arg(long, value_name = "OPTIONS", conflicts_with = "hyperqueue")]
    slurm: Option<String>,
    /// The running server of HyperQueue starts the workers; PYTHON has the package `hyperqueue`.
    #[arg(long, value_name = "PYTHON", num_args = 0..=1, default_missing_value = "python3")]
    hyperqueue: Option<String>,
}

#[derive(Parser)]
struct Work {
    /// The folder of work.
    folder: PathBuf,
    /// Ends after LIMIT trainings.
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    limit: usize,
}

#[derive(Parser)]
struct Collect {
    /// The folders of work, all of one job.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// The table. Trainings that are in the table already stay there.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Parser)]
struct Table {
    /// The table of `autogo label collect`.
    table: PathBuf,
}

#[derive(Parser)]
struct Described {
    /// The folder of tables, such as datasets/mini.
    folder: PathBuf,
}

#[derive(Parser)]
struct Scored {
    /// The table of `autogo label collect`.
    table: PathBuf,
    /// The table of scores.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn seconds(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|seconds| (0.5..=86_400.0).contains(seconds));
    number.ok_or_else(|| "accepted: 0.5 to 86400".into())
}

/// Plans, runs, watches or collects.
pub fn run(args: &Args) -> Result<(), Failure> {
    match &args.step {
        Step::Plan(plan) => self::plan(plan),
        Step::Run(args) => start(args),
        Step::Work(args) => worker(args),
        Step::Status(args) => {
            say!("{}", Status::of(&WorkFolder::open(&args.folder)?)?);
            Ok(())
        }
        Step::Retry(args) => {
            say!("{} items are tried again", WorkFolder::open(&args.folder)?.retry()?);
            Ok(())
        }
        Step::Collect(args) => collect(args),
        Step::ZeroCost(args) => zero_cost(args),
        Step::Describe(args) => {
            let tables = label::describe(&args.folder)?;
            say!("{}: {tables} tables", args.folder.join(label::DESCRIPTION).display());
            Ok(())
        }
        Step::Check(args) => check(&args.table),
    }
}

fn plan(args: &Plan) -> Result<(), Failure> {
    let task = LabelTask::named(&args.task)?;
    let usual = task.map_or_else(Recipe::default, |task| task.recipe());
    let recipe = inputs::recipe(args.recipe.as_deref(), usual)?;
    let choice = Choice {
        sampled: args.sampled.clone(),
        top: args.top.clone(),
        seed: args.seed,
        repeat_every: args.repeat_every as usize,
        seeds: args.seeds,
        own: own(args)?,
    };
    let items = label::items(&choice)?;
    // A network that cannot take the form is known before anything is trained, and so are pictures that the task cannot give.
    let mut shapes: Vec<Shape> = Vec::new();
    for item in &items {
        let full = label::listed(&args.folder, &item.spec)?;
        let shape = LabelTask::form(task, &item.spec, &full, args.form.as_ref())?.graph.input_shape();
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    let opened = LabelTask::open(task, args.form.as_ref())?;
    shapes.into_iter().try_for_each(|shape| opened.check(shape))?;
    let lines = items.iter().map(serde_json::to_string).collect::<Result<Vec<String>, _>>();
    let lines = lines.map_err(|error| Failure::Work(error.to_string()))?;
    if let LabelTask::Dense(_, task) = &opened {
        task.check(&recipe)?;
    }
    let manifest = Manifest::new(&opened, args.form, recipe).text()?;
    let folder = WorkFolder::plan(&args.folder, &manifest, &lines, Duration::from_secs_f64(args.expiry))?;
    if let Some(table) = &args.table {
        take(&folder, table)?;
    }
    say!("{}: job {}, {}", args.folder.display(), folder.manifest_id(), Status::of(&folder)?);
    Ok(())
}

/// The networks of one's own, as items name them: those without a compact string are kept in the folder.
fn own(args: &Plan) -> Result<Vec<String>, Failure> {
    let named = |text: &String| match FamilyName::of(text) {
        Some(_) => Ok(text.clone()),
        None => label::keep_network(&args.folder, &inputs::network(text)?),
    };
    args.networks.iter().map(named).collect()
}

/// Takes the results of a table that are results of the folder's items.
fn take(folder: &WorkFolder, table: &Path) -> Result<(), Failure> {
    let records = label::read(table)?;
    let known: HashMap<(&str, u64), &LabelRecord> = records
        .iter()
        .filter(|one| one.job == folder.manifest_id())
        .map(|one| ((one.spec.as_str(), one.seed), one))
        .collect();
    if known.is_empty() && !records.is_empty() {
        let reason = format!("holds results of job {}, the folder is of job {}", records[0].job, folder.manifest_id());
        return Err(Failure::input(table, format!("{reason}; accepted: the recipe that made the table")));
    }
    for item in folder.items() {
        let training = label::training(&item.text).map_err(|error| Failure::input(folder.path(), error))?;
        if let Some(record) = known.get(&(training.spec.as_str(), training.seed)) {
            let line = serde_json::to_string(record).map_err(|error| Failure::Work(error.to_string()))?;
            if !folder.is_done(&item.id) {
                folder.keep(&item.id, &line)?;
            }
        }
    }
    Ok(())
}

fn worker(args: &Work) -> Result<(), Failure> {
    let folder = WorkFolder::open(&args.folder)?;
    let mut job = LabelJob::new(&folder)?;
    let tally = work::work(&folder, &mut job, &name(), args.limit)?;
    say!("{}: {} trained, {} attempts failed", name(), tally.done, tally.failed);
    Ok(())
}

/// The name of this worker: machine and process.
fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", host.trim(), std::process::id())
}

fn start(args: &Run) -> Result<(), Failure> {
    let folder = WorkFolder::open(&args.folder)?;
    let executor = match (&args.slurm, &args.hyperqueue) {
        (Some(options), _) => Executor::Slurm(options.clone()),
        (None, Some(python)) => Executor::HyperQueue(python.clone()),
        (None, None) => Executor::Local,
    };
    work::finish(&folder, &executor, args.workers as usize, "labelling")?;
    say!("{}", Status::of(&folder)?);
    Ok(())
}

fn collect(args: &Collect) -> Result<(), Failure> {
    let mut records: BTreeMap<(String, u64), LabelRecord> = BTreeMap::new();
    let key = |record: &LabelRecord| (record.spec.clone(), record.seed);
    let mut job = None;
    if args.out.exists() {
        for record in label::read(&args.out)? {
            job.get_or_insert_with(|| record.job.clone());
            records.insert(key(&record), record);
        }
    }
    for path in &args.folders {
        let folder = WorkFolder::open(path)?;
        let own = folder.manifest_id().to_string();
        if job.get_or_insert_with(|| own.clone()) != &own {
            let reason = format!("holds job {own}, the table {}", job.unwrap_or_default());
            return Err(Failure::input(
                path,
                format!("{reason}; accepted: folders of one job, and a new table for another"),
            ));
        }
        for (id, line) in results(&folder)? {
            let record: LabelRecord =
                serde_json::from_str(&line).map_err(|error| Failure::work(path.join("results").join(id), error))?;
            records.entry(key(&record)).or_insert(record);
        }
    }
    let records: Vec<LabelRecord> = records.into_values().collect();
    label::write(&args.out, &records)?;
    say!("{}: {} trainings", args.out.display(), records.len());
    Ok(())
}

/// The results of a folder by their items' ids.
fn results(folder: &WorkFolder) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    for item in folder.items() {
        if let Some(line) = folder.result(&item.id)? {
            found.push((item.id.clone(), line));
        }
    }
    Ok(found)
}

fn zero_cost(args: &Scored) -> Result<(), Failure> {
    let records = read_classes(&args.table)?;
    for record in &records {
        if !mini_network(&record.spec).is_ok_and(|form| form.mini.to_string() == record.mini_id) {
            let reason = format!("{} was trained in a form of its own; accepted: the mini benchmark's", record.spec);
            return Err(Failure::input(&args.table, reason));
        }
    }
    let specs: BTreeSet<String> = records.into_iter().map(|record| record.spec).collect();
    let specs: Vec<String> = specs.into_iter().collect();
    label::zero_cost(&specs, &LabelTask::cifar10()?, &args.out)?;
    say!("{}: {} networks", args.out.display(), specs.len());
    Ok(())
}

/// The records of a table of CIFAR-10.
fn read_classes(table: &Path) -> Result<Vec<LabelRecord>, Failure> {
    let records = label::read(table)?;
    if let Some(record) = records.iter().find(|record| !record.task.is_empty()) {
        let reason = format!("holds results of task {}; accepted: a table of cifar10", record.task);
        return Err(Failure::input(table, reason));
    }
    Ok(records)
}

fn check(table: &Path) -> Result<(), Failure> {
    let records = read_classes(table)?;
    let accepted = "AUTOGO_DATA is not set; accepted: a folder with the public benchmarks";
    folder_from_env().ok_or_else(|| Failure::Input(accepted.into()))?;
    for family in ["nb101", "nb201"] {
        say!("{}", label::check(&records, &labelled(family, Some(LabelOrigin::Public))?)?);
    }
    Ok(())
}
