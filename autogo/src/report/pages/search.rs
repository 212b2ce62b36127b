//! Searches to look at: the front and how it came to be, the networks on it, a page, and the pictures of a run's
//! folder.

use super::super::charts::Chart;
use super::page::Page;
use super::table::Table;
use crate::error::Error;
use crate::evolve::{ColumnName, EvolutionRun, Individual, Mutator, OwnColumn, RunColumn, RunFolder};
use crate::files::write;
use crate::formats::to_json;
use crate::graph::{Drawing, Graph};
use polars::prelude::{IdxCa, IdxSize};

/// Members of the front that get a picture in a run's folder.
const PICTURES: usize = 20;
/// Nodes around a change that are drawn with it.
const AROUND: usize = 10;

/// All individuals of a run, the front and the input, one figure against another.
///
/// ```
/// use autogo::prelude::*;
/// use autogo::report::front_chart;
/// let graphs = (0..8).map(|at| Nb201::sample(0, at).build()).collect::<Result<Vec<_>, _>>()?;
/// let mutator = Mutator::new(Mining::bpe(40).run(&graphs)?, |graph: &Graph| graph.len() as f64, Npu::n256())?;
/// let run = Evolution { generations: 1, ..Evolution::default() }.run(&graphs[0], &mutator, Progress::Silent)?;
/// assert!(front_chart(&run, RunColumn::Cycles, RunColumn::Score).svg()?.contains("front"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn front_chart(run: &EvolutionRun, x: RunColumn, y: RunColumn) -> Chart {
    let ((x_unit, x_title), (y_unit, y_title)) = (run.settings.axis(x), run.settings.axis(y));
    let point = |one: &Individual| (one.value(x) / x_unit, one.value(y) / y_unit);
    let everybody: Vec<(f64, f64)> = run.individuals.iter().map(point).collect();
    let mut front: Vec<(f64, f64)> = run.front().iter().map(point).collect();
    front.sort_by(|a, b| a.0.total_cmp(&b.0));
    let title = format!("{} networks, {} on the front", everybody.len(), front.len());
    Chart::new(&title, &x_title, &y_title)
        .background("children", &everybody)
        .line("front", &front)
        .star("input", point(run.input()))
}

/// The front of a run after some of its generations, one figure against another.
pub fn fronts_chart(run: &EvolutionRun, x: RunColumn, y: RunColumn) -> Chart {
    let ((x_unit, x_title), (y_unit, y_title)) = (run.settings.axis(x), run.settings.axis(y));
    let point = |one: &Individual| (one.value(x) / x_unit, one.value(y) / y_unit);
    let last = run.iterations.len();
    let mut shown: Vec<usize> =
        [1, last.div_ceil(4), last.div_ceil(2), last].into_iter().filter(|at| *at > 0).collect();
    shown.dedup();
    let chart = Chart::new("The front, generation by generation", &x_title, &y_title);
    let chart = shown.into_iter().fold(chart, |chart, generation| {
        let ids = run.front_after(generation).ids();
        let mut front: Vec<(f64, f64)> = ids.iter().filter_map(|id| run.individuals.get(*id)).map(point).collect();
        front.sort_by(|a, b| a.0.total_cmp(&b.0));
        chart.line(&format!("after {generation}"), &front)
    });
    chart.star("input", point(run.input()))
}

/// The input of a run and its front, best first: what was asked for, and what it costs.
///
/// # Errors
/// None: every column has one entry a row, which polars checks.
pub fn front_table(run: &EvolutionRun) -> Result<Table, Error> {
    let front = run.front().into_iter().map(|one| one.id as IdxSize).filter(|id| *id != 0);
    let order: Vec<IdxSize> = std::iter::once(0).chain(front).collect();
    let front = run.frame()?.take(&IdxCa::from_vec("id".into(), order))?;
    let mut columns = vec!["id", "parent", "generation", "score", "cycles", "params", "flops", "nodes"];
    let own: Vec<ColumnName> = run.settings.columns.iter().map(OwnColumn::name).collect();
    columns.extend(own.iter().map(ColumnName::as_str));
    Ok(Table::of(&front).only(&columns).caption("The input (id 0), and the front"))
}

/// An individual's network with what is new in it coloured, cut down to the change and what stands around it.
///
/// # Errors
/// The run has no such individual, or was made with another database than the mutator's.
pub fn mutant_drawing(run: &EvolutionRun, id: usize, mutator: &Mutator) -> Result<Drawing, Error> {
    let graph = run.graph(id, mutator.db())?;
    let fresh = run.new_nodes(id, mutator.db())?;
    let drawing = graph.draw().rows(40);
    let Some((first, last)) = fresh.first().zip(fresh.last()) else { return Ok(drawing) };
    let around = first.saturating_sub(AROUND)..(last + AROUND + 1).min(graph.len());
    Ok(drawing.nodes(around).highlight(&fresh, "new in this network"))
}

fn segments_drawing(graph: &Graph, mutator: &Mutator) -> Drawing {
    graph.draw().rows(24).groups(&mutator.segmenter().groups(graph))
}

/// A page about a run: what was asked, why it ended, the front as chart and table, the best networks' last changes.
///
/// # Errors
/// The mutator has another database than the run, or a chart has no finite point.
pub fn run_page(run: &EvolutionRun, mutator: &Mutator, networks: usize) -> Result<Page, Error> {
    let objectives: Vec<String> = run
        .settings
        .objectives
        .iter()
        .map(|objective| format!("{:?} {}", objective.goal(), objective.formula()).to_lowercase())
        .collect();
    let stop = run.stop.map_or("it was interrupted".into(), |stop| stop.to_string());
    let made = run.iterations.iter().fold(0usize, |made, one| made.saturating_add(one.children));
    let summary = format!(
        "{}. {made} children were made in {} generations, {} of them new, inside the windows and scored. It ended because {stop}.",
        objectives.join(", "),
        run.iterations.len(),
        run.individuals.len() - 1
    );
    let cost = run.settings.objectives.iter().flat_map(|one| one.formula().columns()).find(|one| !one.is_expensive());
    let cost = cost.unwrap_or(RunColumn::Flops);
    let mut columns = vec!["id", "parent", "generation", "score", "cycles", "flops", "params", "nodes", "repaired"];
    let own: Vec<ColumnName> = run.settings.columns.iter().map(OwnColumn::name).collect();
    columns.extend(own.iter().map(ColumnName::as_str));
    let order: Vec<IdxSize> = run.front().iter().map(|one| one.id as IdxSize).collect();
    let front = run.frame()?.take(&IdxCa::from_vec("id".into(), order))?.select(columns)?;
    let charts = [
        front_chart(run, cost, RunColumn::Score).size(560, 380),
        fronts_chart(run, cost, RunColumn::Score).size(560, 380),
    ];
    let mut page =
        Page::new("A search").text(&summary).charts(&charts)?.table(&Table::of(&front).caption("The front").rows(20));
    let origin = run.input();
    let cards = run.front().into_iter().filter(|one| one.id != 0).take(networks).map(|one| {
        let caption = format!(
            "individual {} of generation {}\nscore {:+.2} %, FLOPs {:+.1} %, cycles {:+.1} %",
            one.id,
            one.generation,
            one.change(RunColumn::Score, origin),
            one.change(RunColumn::Flops, origin),
            one.change(RunColumn::Cycles, origin)
        );
        Ok((caption, mutant_drawing(run, one.id, mutator)?))
    });
    let cards = cards.collect::<Result<Vec<_>, Error>>()?;
    if !cards.is_empty() {
        page = page.text("Its best networks: the last change of each, and what stands around it.").gallery(cards);
    }
    Ok(page)
}

/// Writes what people look at into a run's folder: `graphs/` (`input.json`, `rank_1.json`, …), `pictures/` (`input.svg`
/// and `rank_1.svg`, … coloured by segment, `mutant_1.svg`, … with only the last change coloured) and `report.html`.
/// Ranks are places on the front without the input, at most twenty; files of an earlier, longer front are removed.
///
/// # Errors
/// A file cannot be written, and the errors of [`run_page`].
pub fn write_run(run: &EvolutionRun, mutator: &Mutator, folder: &RunFolder) -> Result<(), Error> {
    let (graphs, pictures) = (folder.path().join("graphs"), folder.path().join("pictures"));
    for made in [&graphs, &pictures] {
        std::fs::create_dir_all(made).map_err(|error| Error::file(made, error))?;
    }
    let input = run.graph(0, mutator.db())?;
    write(&graphs.join("input.json"), to_json(&input).as_bytes())?;
    write(&pictures.join("input.svg"), segments_drawing(&input, mutator).svg().as_bytes())?;
    let front: Vec<_> = run.front().into_iter().filter(|one| one.id != 0).take(PICTURES).collect();
    for rank in front.len() + 1..=PICTURES {
        let names = [format!("rank_{rank}.svg"), format!("mutant_{rank}.svg")].map(|name| pictures.join(name));
        for path in names.into_iter().chain([graphs.join(format!("rank_{rank}.json"))]).filter(|path| path.exists()) {
            std::fs::remove_file(&path).map_err(|error| Error::file(&path, error))?;
        }
    }
    for (at, one) in front.into_iter().enumerate() {
        let (rank, graph) = (at + 1, run.graph(one.id, mutator.db())?);
        write(&graphs.join(format!("rank_{rank}.json")), to_json(&graph).as_bytes())?;
        write(&pictures.join(format!("rank_{rank}.svg")), segments_drawing(&graph, mutator).svg().as_bytes())?;
        let fresh = run.new_nodes(one.id, mutator.db())?;
        let drawing = graph.draw().rows(24).highlight(&fresh, "new in this network");
        write(&pictures.join(format!("mutant_{rank}.svg")), drawing.svg().as_bytes())?;
    }
    run_page(run, mutator, 4)?.save(folder.path().join("report.html"))
}
