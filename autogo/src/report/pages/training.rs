//! The page of a training: curves, confused classes, the surest mistakes.

use super::super::charts::{Chart, HeatMap};
use super::page::Page;
use super::rows::Rows;
use crate::data::Picture;
use crate::error::Error;
use crate::train::{Confusion, FitEnd, FitLog, FitRun, Measure, Part, Prediction, Task};
use std::path::Path;

/// The most classes of a confusion that is drawn as a map.
const MAPPED: usize = 20;
/// Mistakes that a page shows.
const MISTAKES: usize = 32;
/// Pairs of classes that a page lists.
const PAIRS: usize = 8;
/// Points of the curve of losses.
const POINTS: usize = 120;
/// The longest side of a picture on a page, in pixels; larger pictures are made smaller.
const SHOWN: u32 = 84;

/// The test loss by images seen; trainings side by side, by name. With one training, also the loss of its steps.
///
/// ```
/// use autogo::report::fit_loss_chart;
/// use autogo::train::{FitLog, Measure};
/// let (train_loss, train_accuracy, test_loss, test_accuracy) = (2.0, 0.3, 1.9, 0.4);
/// let one = Measure { images: 100, train_loss, train_accuracy, test_loss, test_accuracy, speed: 0.0 };
/// let log = FitLog { losses: vec![2.3, 1.8], measures: vec![one] };
/// assert!(fit_loss_chart(&[("small", &log)]).svg()?.contains("cross-entropy"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn fit_loss_chart(logs: &[(&str, &FitLog)]) -> Chart {
    let mut chart = Chart::new("Loss", "images seen", "mean cross-entropy").size(560, 380);
    for (name, log) in logs {
        if let [_] = logs {
            chart = chart.background("learning, smoothed labels", &steps(log));
        }
        chart = chart.line(name, &points(log, |one| one.test_loss));
    }
    chart
}

/// The test accuracy by images seen; trainings side by side, by name. With one training, also the accuracy on the
/// pictures that the network learns from.
pub fn fit_accuracy_chart(logs: &[(&str, &FitLog)]) -> Chart {
    let mut chart = Chart::new("Accuracy", "images seen", "part of the pictures whose class is found").size(560, 380);
    for (name, log) in logs {
        chart = chart.line(name, &points(log, |one| one.test_accuracy));
        if let [_] = logs {
            chart = chart.line("learning, pictures changed", &points(log, |one| one.train_accuracy));
        }
    }
    chart
}

fn points(log: &FitLog, value: fn(&Measure) -> f32) -> Vec<(f64, f64)> {
    log.measures.iter().map(|one| (one.images as f64, f64::from(value(one)))).collect()
}

/// Means of as many steps as there are to a point, at the images seen by then.
fn steps(log: &FitLog) -> Vec<(f64, f64)> {
    steps_of(&log.losses, log.last().map_or(0, |last| last.images) as f64)
}

/// Means of the losses of as many steps as there are to a point, at the images seen by then; `images` were seen in all
/// steps.
pub(super) fn steps_of(losses: &[f32], images: f64) -> Vec<(f64, f64)> {
    let count = losses.len().max(1);
    let every = count.div_ceil(POINTS);
    let mean = |(at, some): (usize, &[f32])| {
        let mean = some.iter().map(|&loss| f64::from(loss)).sum::<f64>() / some.len() as f64;
        ((at * every + some.len()) as f64 / count as f64 * images, mean)
    };
    losses.chunks(every).enumerate().map(mean).collect()
}

/// The part of the pictures of every class, a row each, that a network predicts to be of every class, a column each.
pub fn confusion_map(confusion: &Confusion) -> HeatMap {
    let names: Vec<&str> = confusion.classes.iter().map(String::as_str).collect();
    let mut map = HeatMap::new("What the network says about the pictures of each class", "class", "said", &names);
    for (class, name) in names.iter().enumerate() {
        let shares: Vec<f64> = (0..names.len()).map(|said| confusion.share(class, said)).collect();
        map = map.row(name, &shares);
    }
    map
}

/// A page about a training: its curves, the classes that the network confuses, the surest mistakes, and the recipe. The
/// network is asked about all test pictures.
///
/// # Errors
/// Pictures that cannot be read, or a chart without a finite point. O(test pictures · multiply-adds).
pub fn fit_page(run: &FitRun, task: &dyn Task) -> Result<Page, Error> {
    let mut network = run.network.clone();
    let confusion = Confusion::of(&mut network, task, Part::Test)?;
    let subject = &run.subject;
    let mut page = Page::new(&format!("{}: {}", subject.graph, subject.pictures)).text(&summary(run, &confusion));
    if !run.log.measures.is_empty() {
        let log: &[(&str, &FitLog)] = &[("test", &run.log)];
        page = page.charts(&[fit_loss_chart(log), fit_accuracy_chart(log)])?;
    }
    if confusion.classes.len() <= MAPPED {
        page = page.heat_map(&confusion_map(&confusion));
    }
    let pairs: Vec<(usize, usize, u64)> = confusion.pairs().into_iter().take(PAIRS).collect();
    if !pairs.is_empty() {
        let name = |class: usize| confusion.classes[class].as_str();
        let table = Rows::of(&pairs).text("class", |pair| name(pair.0)).text("said", |pair| name(pair.1));
        page = page.table(&table.count("pictures", |pair| pair.2 as usize).table()?.caption("Most often confused"));
        page = page
            .text("The surest mistakes: the class, and what the network says.")
            .pictures(mistakes(&confusion, task)?)?;
    }
    let recipe = toml::to_string(&run.recipe).unwrap_or_else(|error| error.to_string());
    let settings: Vec<(&str, &str)> = recipe.lines().filter_map(|line| line.split_once(" = ")).collect();
    let table = Rows::of(&settings).text("setting", |line| line.0).text("value", |line| line.1).table()?;
    Ok(page.table(&table.caption("The recipe").rows(40)))
}

fn summary(run: &FitRun, confusion: &Confusion) -> String {
    let subject = &run.subject;
    let weights = run.network.plan().weights();
    let mut text = format!(
        "{} ({}), {weights} weights: the class of {:.2} % of {} test pictures is found.",
        subject.graph,
        subject.content_id,
        100.0 * confusion.accuracy(),
        confusion.total()
    );
    if let Some(inherited) = run.inherited {
        text += &format!(" It began with its parent's weights: {inherited}.");
    }
    if run.end == FitEnd::Interrupted {
        text += " The training was interrupted: this is its last state.";
    }
    text
}

/// The surest mistakes as pictures, each with its class, the predicted class and its probability.
fn mistakes(confusion: &Confusion, task: &dyn Task) -> Result<Vec<(String, Picture)>, Error> {
    let Some(preparation) = task.preparation() else { return Ok(Vec::new()) };
    let mut cards = Vec::new();
    for mistake in confusion.mistakes.iter().take(MISTAKES) {
        let mut image = vec![0.0; task.shape().elements() as usize];
        task.batch(Part::Test, &[mistake.picture], &mut image, &mut [0])?;
        let (class, said) = (&confusion.classes[mistake.class], &confusion.classes[mistake.said]);
        let caption = format!("{class}\n{said}: {:.0} %", 100.0 * mistake.probability);
        cards.push((caption, preparation.picture(&image)));
    }
    Ok(cards)
}

/// A page with the first pictures of a task, each with its class.
///
/// ```
/// use autogo::report::task_page;
/// use autogo::train::Pictures;
/// let page = task_page(&Pictures::shapes((16, 16), 0)?, 20)?;
/// assert!(page.html().contains("triangle"));
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// Pictures that cannot be read.
pub fn task_page(task: &dyn Task, pictures: usize) -> Result<Page, Error> {
    let page = Page::new(&task.record());
    let Some(preparation) = task.preparation() else { return Ok(page) };
    let floats = task.shape().elements() as usize;
    let mut cards = Vec::new();
    for picture in 0..pictures.min(task.len(Part::Train)) {
        let (mut image, mut label) = (vec![0.0; floats], [0]);
        task.batch(Part::Train, &[picture], &mut image, &mut label)?;
        cards.push((task.class_name(label[0] as usize), preparation.picture(&image)));
    }
    page.pictures(cards)
}

/// A page of pictures, each with its name and the three classes that a network finds most probable.
///
/// # Errors
/// A picture whose bytes are not those of its shape.
pub fn predictions_page(title: &str, pictures: &[(String, Picture)], said: &[Prediction]) -> Result<Page, Error> {
    let mut cards = Vec::new();
    for ((name, picture), prediction) in pictures.iter().zip(said) {
        let lines: Vec<String> = prediction
            .classes
            .iter()
            .take(3)
            .map(|(class, probability)| format!("{class}: {:.1} %", 100.0 * probability))
            .collect();
        let shape = picture.shape;
        // No larger than a thumbnail: a page must not carry photographs.
        let longest = shape.h.max(shape.w).max(1);
        let size = |side: u32| (side * SHOWN / longest).clamp(1, SHOWN);
        let shown = match longest > SHOWN {
            true => picture.fitted(crate::graph::Shape::new(size(shape.h), size(shape.w), shape.c))?,
            false => picture.clone(),
        };
        cards.push((format!("{name}\n{}", lines.join("\n")), shown));
    }
    Page::new(title).pictures(cards)
}

/// Writes `report.html` into the folder of a training; see [`fit_page`].
///
/// # Errors
/// Those of [`fit_page`], and a file that cannot be written.
pub fn write_fit(run: &FitRun, task: &dyn Task, folder: &Path) -> Result<(), Error> {
    fit_page(run, task)?.save(folder.join("report.html"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Progress;
    use crate::train::{Fit, Pictures, Recipe};

    #[test]
    fn a_page_of_a_training_has_everything_and_no_strange_numbers() {
        let task = Pictures::shapes((8, 8), 0).unwrap().first(256, 100);
        let graph = crate::train::tests::chain(10);
        let recipe = Recipe { batch: 32, images: 512, ..Recipe::default() };
        let run = Fit::new(&graph, &task, &recipe).run(Progress::Silent).unwrap();
        let html = fit_page(&run, &task).unwrap().html();
        let record = task.record();
        for part in [
            "chain",
            record.as_str(),
            "triangle",
            "Most often confused",
            "warm_up",
            "data:image/png;base64,",
            "% of 100 test",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("NaN") && html.len() < 400_000, "{}", html.len());
        assert!(run.html().contains("512 images, test loss"));
        let mut classifier = run.classifier().unwrap();
        let large = Picture { shape: crate::graph::Shape::new(400, 300, 3), bytes: vec![9; 360_000] };
        let said = classifier.predict(std::slice::from_ref(&large)).unwrap();
        let html = predictions_page("Mine", &[("<mine>.jpg".into(), large)], &said).unwrap().html();
        assert!(html.contains("&lt;mine&gt;.jpg") && html.contains(said[0].class()) && html.len() < 20_000);
    }
}
