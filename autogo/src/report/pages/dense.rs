//! The page of a training on masks, points or pictures: curves, scores beside the baseline, pictures before and after.

use super::super::charts::Chart;
use super::page::Page;
use super::rows::Rows;
use super::training::steps_of;
use crate::error::Error;
use crate::graph::Graph;
use crate::progress::Progress;
use crate::train::tasks::{AnySize, DenseFit, DenseLog, DenseName, DenseRun, DenseTask, Metric};
use crate::train::{FitEnd, Recipe};
use std::path::Path;

/// Test pictures that a page shows.
const EXAMPLES: usize = 5;

/// The metrics on the first test set by images seen, a chart a metric; the baseline is a line.
///
/// # Errors
/// A test set that does not exist.
fn metric_charts(log: &DenseLog, task: &dyn DenseTask) -> Result<Vec<Chart>, Error> {
    let (baseline, sets) = (task.baseline(0)?, task.sets());
    let set = sets.first().map_or("", String::as_str);
    let last = log.measures.last().map_or(0, |last| last.images) as f64;
    let chart = |(number, metric): (usize, &Metric)| {
        let points: Vec<(f64, f64)> = log
            .measures
            .iter()
            .filter_map(|one| Some((one.images as f64, f64::from(*one.values.get(number)?))))
            .collect();
        let level = baseline.get(number).copied().unwrap_or_default();
        let unit = if metric.unit.is_empty() { String::new() } else { format!(", {}", metric.unit) };
        let title = format!("{} on {set}{unit}", metric.name);
        Chart::new(&title, "images seen", metric.name)
            .size(560, 380)
            .line("network", &points)
            .line("baseline", &[(0.0, level), (last, level)])
    };
    Ok(task.metrics().iter().enumerate().map(chart).collect())
}

/// A page about a training on a task: its curves, its scores on every test set beside those of an answer that needs no
/// network, test pictures before and after, and the recipe.
///
/// # Errors
/// A chart without a finite point; those of [`DenseTask::examples`]. O(pictures · multiply-adds).
pub fn dense_page(run: &DenseRun, task: &dyn DenseTask) -> Result<Page, Error> {
    let mut network = run.any_size.clone();
    let graph = network.graph();
    let mut page = Page::new(&format!("{}: {}", graph.name(), run.pictures)).text(&summary(run));
    if !run.log.measures.is_empty() {
        let images = run.log.measures.last().map_or(0, |last| last.images);
        let losses = steps_of(&run.log.losses, images as f64);
        let loss = Chart::new("Loss", "images seen", "mean of the steps").size(560, 380).line("learning", &losses);
        let charts: Vec<Chart> = std::iter::once(loss).chain(metric_charts(&run.log, task)?).collect();
        page = page.charts(&charts)?;
    }
    page = scores(page, &run.log)?;
    page = examples(page, task, &mut network)?;
    recipe(page, &run.recipe)
}

fn summary(run: &DenseRun) -> String {
    let graph = run.any_size.graph();
    let mut text = format!("{} ({}), {} weights.", graph.name(), graph.content_id(), run.network.plan().weights());
    if run.end == FitEnd::Interrupted {
        text += " The training was interrupted: this is its last state.";
    }
    text
}

/// The table of scores.
fn scores(page: Page, log: &DenseLog) -> Result<Page, Error> {
    let mut lines: Vec<(String, String, f64, f64)> = Vec::new();
    for one in &log.scores {
        for ((metric, value), baseline) in log.metrics.iter().zip(&one.values).zip(&one.baseline) {
            lines.push((one.set.clone(), metric.clone(), *value, *baseline));
        }
    }
    if lines.is_empty() {
        return Ok(page);
    }
    let table = Rows::of(&lines)
        .text("test set", |line| line.0.as_str())
        .text("metric", |line| line.1.as_str())
        .number("network", |line| line.2)
        .number("baseline", |line| line.3)
        .table()?;
    Ok(page.table(&table.caption("Scores on the test sets").rows(20)))
}

/// Test pictures before and after.
fn examples(mut page: Page, task: &dyn DenseTask, network: &mut AnySize) -> Result<Page, Error> {
    for example in task.examples(network, EXAMPLES)? {
        page = page.pictures(example.pictures)?;
    }
    Ok(page)
}

/// The table of a recipe.
fn recipe(page: Page, recipe: &Recipe) -> Result<Page, Error> {
    let recipe = toml::to_string(recipe).unwrap_or_else(|error| error.to_string());
    let settings: Vec<(&str, &str)> = recipe.lines().filter_map(|line| line.split_once(" = ")).collect();
    let table = Rows::of(&settings).text("setting", |line| line.0).text("value", |line| line.1).table()?;
    Ok(page.table(&table.caption("The recipe").rows(40)))
}

/// Trains a network on a task in a form such as `32x32:1/4`, with the task's recipe but for the number of pictures, and shows
/// it as [`dense_page`] does. Takes the task's pictures, from `$AUTOGO_DATA`.
///
/// ```no_run
/// use autogo::{Progress, families::network, report::trial_page};
/// let page = trial_page(&network("vgg16")?, "camvid", "64x64:1/8", 1_500, Progress::Live)?;
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// A task or a form that there is not, a network that cannot take the task's head, pictures that are not there.
/// O(pictures · multiply-adds).
pub fn trial_page(graph: &Graph, task: &str, form: &str, pictures: u64, progress: Progress) -> Result<Page, Error> {
    let name: DenseName = task.parse()?;
    let small = name.form(graph, &form.parse()?)?.graph;
    let task = name.from_env()?.reading(small.input_shape())?;
    let recipe = Recipe { images: pictures, ..name.recipe() };
    dense_page(&DenseFit::new(&small, &*task, &recipe).run(progress)?, &*task)
}

/// Writes `report.html` into the folder of a training; see [`dense_page`].
///
/// # Errors
/// Those of [`dense_page`], and a file that cannot be written.
pub fn write_dense(run: &DenseRun, task: &dyn DenseTask, folder: &Path) -> Result<(), Error> {
    dense_page(run, task)?.save(folder.join("report.html"))
}
