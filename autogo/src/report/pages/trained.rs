//! Tables of trained networks, as `autogo reproduce` writes them: what a search found beside what it started from.

use super::super::charts::Differences;
use super::table::Table;
use crate::error::Error;
use crate::files::read_parquet;
use crate::formats::from_json;
use crate::graph::{Drawing, Graph};
use crate::stats::{Verdict, detectable};
use polars::prelude::*;
use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;

/// Networks that were evolved for a task and trained on it, beside the networks they came from.
///
/// `NAME.parquet` has a row for each task, input, network and measure: `n` trainings, their `mean` with its 95 %
/// interval (`low`, `high`), the `difference` from the input, paired by seed, with its interval, the p-value of its test
/// (`p`, and `p_holm`, corrected for all tests of the table), the `predicted` score of the search's guide, and costs, as
/// changes from the input's in percent. The first measure of a task is the one that is tested. `NAME_networks.parquet` has
/// the networks.
///
/// ```no_run
/// use autogo::report::TrainedTable;
/// let table = TrainedTable::read("experiments/results", "table4")?;
/// for task in table.tasks()? {
///     table.differences(&task)?.svg();
/// }
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrainedTable {
    rows: DataFrame,
    networks: DataFrame,
}

impl TrainedTable {
    /// The name that the input has among the networks of a table.
    pub const INPUT: &str = "input";
    /// What the names of networks of our own searches begin with.
    pub const OURS: &str = "ours";

    /// Reads a table from the folder of results.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or lacks a column.
    pub fn read(folder: impl AsRef<Path>, name: &str) -> Result<Self, Error> {
        let of = |end: &str, columns: &[&str]| {
            let path = folder.as_ref().join(format!("{name}{end}.parquet"));
            let frame = read_parquet(&path)?;
            match columns.iter().find(|column| frame.get_column_index(column).is_none()) {
                Some(column) => {
                    let reason = format!("has no column `{column}`; accepted: a table of `autogo reproduce`");
                    Err(Error::File { path, reason })
                }
                None => Ok(frame),
            }
        };
        Ok(TrainedTable { rows: of("", &COLUMNS)?, networks: of("_networks", &NETWORKS)? })
    }

    /// All rows.
    pub fn frame(&self) -> DataFrame {
        self.rows.clone()
    }

    /// The tasks, in the order of the table.
    ///
    /// # Errors
    /// A column of another type than the table's.
    pub fn tasks(&self) -> Result<Vec<String>, Error> {
        Ok(self.rows.column("task")?.unique_stable()?.str()?.iter().flatten().map(String::from).collect())
    }

    /// What the table says, in a few sentences: how many networks of our own and of the release are better than their inputs
    /// by more than chance, and what so many seeds and tests can tell apart at all.
    ///
    /// # Errors
    /// Those of [`TrainedTable::differences`].
    pub fn answer(&self) -> Result<String, Error> {
        let tested = self.rows.clone().lazy().filter(col("verdict").is_not_null()).collect()?;
        let (names, words) = (tested.column("network")?.str()?, tested.column("verdict")?.str()?);
        let seeds = tested.column("n")?.u32()?.iter().flatten().min().unwrap_or(0);
        let count = |is_ours: bool, verdict: Verdict| {
            let word = verdict.to_string();
            let rows = names.iter().flatten().zip(words.iter().flatten());
            rows.filter(|(name, own)| name.starts_with(Self::OURS) == is_ours && *own == word).count()
        };
        let mut text = String::new();
        for (is_ours, whose) in [(true, "of our own"), (false, "of the release")] {
            let [better, worse, undecided] = Verdict::ALL.map(|verdict| count(is_ours, verdict));
            if better + worse + undecided > 0 {
                let _ = write!(
                    text,
                    "Of {} networks {whose}: {better} better than their input, {worse} worse, {undecided} not told apart. ",
                    better + worse + undecided
                );
            }
        }
        let tests = tested.height();
        let least = detectable(seeds as usize, tests).map_or("–".into(), |least| format!("{least:.1}"));
        let _ = write!(
            text,
            "With {seeds} seeds and {tests} tests, corrected by Holm, a difference alone is told apart only where it is {least} deviations \
             of the differences over seeds: a table without a verdict says that nothing was shown, and not that nothing is there."
        );
        Ok(text)
    }

    /// The rows of a task by the measure that is tested.
    fn tested(&self, task: &str) -> Result<DataFrame, Error> {
        let of_task = self.rows.clone().lazy().filter(col("task").eq(lit(task))).collect()?;
        let Some(measure) = first_text(&of_task, "measure")? else {
            return Err(Error::setting("task", format!("`{task}` is not in the table"), &self.tasks()?.join(", ")));
        };
        Ok(of_task.lazy().filter(col("measure").eq(lit(measure))).collect()?)
    }

    /// A task's networks by the measure that is tested: numbers of trainings, means, differences, changes of costs.
    ///
    /// # Errors
    /// A task that the table does not have.
    pub fn table(&self, task: &str) -> Result<Table, Error> {
        let rows = self.tested(task)?;
        let title = first_text(&rows, "title")?.unwrap_or_default();
        let shown = rows.lazy().select([
            col("input"),
            col("network"),
            col("n"),
            col("mean").alias(title),
            col("low"),
            col("high"),
            col("difference"),
            col("difference_low").alias("from"),
            col("difference_high").alias("to"),
            col("p_holm").alias("p (Holm)"),
            col("predicted"),
            col("flops_percent").alias("FLOPs, change [%]"),
            col("latency_percent").alias("latency, change [%]"),
            col("power_percent").alias("power, change [%]"),
        ]);
        Ok(Table::of(&shown.collect()?).rows(60))
    }

    /// The differences of a task's networks from their inputs, by the measure that is tested. Intervals are those of one
    /// difference alone, colours the verdicts after the correction for all tests of the table.
    ///
    /// # Errors
    /// A task that the table does not have, a verdict that is none.
    pub fn differences(&self, task: &str) -> Result<Differences, Error> {
        let rows = self.tested(task)?;
        let text = |name: &str| Ok::<_, Error>(rows.column(name)?.str()?.clone());
        let number = |name: &str| Ok::<_, Error>(rows.column(name)?.f64()?.clone());
        let (inputs, networks, verdicts) = (text("input")?, text("network")?, text("verdict")?);
        let (values, low, high) = (number("difference")?, number("difference_low")?, number("difference_high")?);
        let title = first_text(&rows, "title")?.unwrap_or_default();
        let mut chart =
            Differences::new(task, &format!("{title}: difference from the input; 95 % interval of each alone"));
        for at in 0..rows.height() {
            let (Some(value), Some(low), Some(high)) = (values.get(at), low.get(at), high.get(at)) else { continue };
            let name = format!("{}: {}", inputs.get(at).unwrap_or_default(), networks.get(at).unwrap_or_default());
            let word = verdicts.get(at).unwrap_or_default();
            let verdict = Verdict::named(word).ok_or_else(|| {
                let accepted = Verdict::ALL.map(|verdict| verdict.to_string()).join(", ");
                Error::setting("verdict", format!("`{word}` of {name} is none"), &accepted)
            })?;
            chart = chart.row(&name, value, (low, high), verdict);
        }
        Ok(chart)
    }

    /// Input and name of the network of our own searches with the largest mean difference from its input, which may be
    /// negative; networks without a test are passed over. The best of several is flattered by chance.
    ///
    /// # Errors
    /// A task that the table does not have, or has no trained network of a search for.
    pub fn best(&self, task: &str) -> Result<(String, String), Error> {
        let rows = self.tested(task)?;
        let (inputs, networks) = (rows.column("input")?.str()?, rows.column("network")?.str()?);
        let values = rows.column("difference")?.f64()?;
        let ours = (0..rows.height()).filter_map(|at| {
            let name = networks.get(at).filter(|name| name.starts_with(Self::OURS))?;
            Some((inputs.get(at)?, name, values.get(at)?))
        });
        let best = ours.max_by(|a, b| a.2.total_cmp(&b.2));
        let (input, network, _) = best.ok_or_else(|| {
            Error::setting("task", format!("`{task}` has no network of a search"), "a task that has one")
        })?;
        Ok((input.into(), network.into()))
    }

    /// A network of the table: `input`, or a name that its search or the release gave it.
    ///
    /// # Errors
    /// A network that the table does not have, or that no longer reads.
    pub fn network(&self, task: &str, input: &str, network: &str) -> Result<Graph, Error> {
        let is_meant = |name: &str, value: &str| col(name).eq(lit(value));
        let is_asked = is_meant("task", task).and(is_meant("input", input)).and(is_meant("network", network));
        let found = self.networks.clone().lazy().filter(is_asked).collect()?;
        let text = first_text(&found, "graph")?.ok_or_else(|| {
            let reason = format!("`{network}` of {input} for {task} is not in the table");
            Error::setting("network", reason, "a row of the table that is a network")
        })?;
        Ok(from_json(&text)?)
    }

    /// A number of a row of the table, by the measure that is tested: `mean`, `flops_percent`, or another of the table's columns.
    ///
    /// # Errors
    /// A row or a column that the table does not have, a cell without a number.
    pub fn value(&self, task: &str, input: &str, network: &str, column: &str) -> Result<f64, Error> {
        let is_meant = col("input").eq(lit(input)).and(col("network").eq(lit(network)));
        let row = self.tested(task)?.lazy().filter(is_meant).collect()?;
        let cell = row.column(column)?.strict_cast(&DataType::Float64)?;
        cell.f64()?.iter().next().flatten().ok_or_else(|| {
            let reason = format!("`{network}` of {input} for {task} has no `{column}`");
            Error::setting("value", reason, "a row of the table and a column that has a number there")
        })
    }

    /// An input, with the nodes coloured that a network of our own that was evolved from it no longer has, and this
    /// network, with the nodes coloured that are new in it. Nodes are known by their names, which a mutation keeps.
    ///
    /// # Errors
    /// Those of [`TrainedTable::network`]; a network of the release, whose nodes have other names.
    pub fn drawings(&self, task: &str, input: &str, ours: &str) -> Result<[Drawing; 2], Error> {
        if !ours.starts_with(Self::OURS) {
            let accepted = format!("one whose name begins with `{}`", Self::OURS);
            return Err(Error::setting("network", format!("`{ours}` is of no search here"), &accepted));
        }
        let (before, after) = (self.network(task, input, Self::INPUT)?, self.network(task, input, ours)?);
        let (gone, new) = (nodes_without(&before, &after), nodes_without(&after, &before));
        Ok([before.draw().highlight(&gone, "gone"), after.draw().highlight(&new, "new")])
    }
}

/// The first text of a column, if it has one.
fn first_text(frame: &DataFrame, column: &str) -> Result<Option<String>, Error> {
    Ok(frame.column(column)?.str()?.iter().next().flatten().map(String::from))
}

/// Columns of a table that are read here.
const COLUMNS: [&str; 18] = [
    "task",
    "input",
    "network",
    "measure",
    "title",
    "n",
    "mean",
    "low",
    "high",
    "difference",
    "difference_low",
    "difference_high",
    "p_holm",
    "verdict",
    "predicted",
    "flops_percent",
    "latency_percent",
    "power_percent",
];
/// Columns of its networks.
const NETWORKS: [&str; 4] = ["task", "input", "network", "graph"];

/// The nodes of a network whose names another network does not have. A mutation keeps the names of the nodes that it
/// keeps, and gives new ones names that no other node has.
fn nodes_without(graph: &Graph, other: &Graph) -> Vec<usize> {
    let known: HashSet<&str> = other.nodes().map(|node| node.name.as_str()).collect();
    (0..graph.len()).filter(|&at| !known.contains(graph.node(at).name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write_parquet;
    use crate::formats::to_json;

    fn folder(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("autogo-trained-{name}-{}", std::process::id()))
    }

    fn rows() -> DataFrame {
        let numbers = |values: [f64; 3]| values.to_vec();
        let some = |values: [Option<f64>; 3]| values.to_vec();
        df!(
            "task" => ["sr2"; 3], "input" => ["vgg16"; 3], "network" => ["input", "ours 1", "ours 2"],
            "measure" => ["psnr_set5"; 3], "title" => ["psnr set5 [dB]"; 3], "n" => [8u32; 3],
            "mean" => numbers([30.0, 30.5, 29.0]), "low" => numbers([29.9, 30.4, 28.9]),
            "high" => numbers([30.1, 30.6, 29.1]), "difference" => some([None, Some(0.5), Some(-1.0)]),
            "difference_low" => some([None, Some(0.2), Some(-2.0)]),
            "difference_high" => some([None, Some(0.8), Some(0.1)]), "p_holm" => some([None, Some(0.01), Some(0.2)]),
            "verdict" => [None, Some("better"), Some("not told apart")], "predicted" => numbers([50.0, 60.0, 70.0]),
            "flops_percent" => numbers([0.0, -3.0, -9.0]),
            "latency_percent" => numbers([0.0, -2.0, -8.0]), "power_percent" => numbers([0.0, -2.0, -7.0]),
        )
        .unwrap()
    }

    #[test]
    fn a_table_is_read_and_what_is_not_in_it_is_named() {
        let folder = folder("read");
        let graph = crate::families::network("fsrcnn:8x8").unwrap();
        let json = to_json(&graph);
        let mut networks = df!(
            "task" => ["sr2"; 2], "input" => ["vgg16"; 2], "network" => ["input", "ours 1"], "graph" => [&*json, &json],
        )
        .unwrap();
        write_parquet(&mut rows(), &folder.join("t.parquet")).unwrap();
        write_parquet(&mut networks, &folder.join("t_networks.parquet")).unwrap();
        let table = TrainedTable::read(&folder, "t").unwrap();
        assert_eq!((table.tasks().unwrap(), table.frame().height()), (vec!["sr2".to_string()], 3));
        let (html, svg) = (table.table("sr2").unwrap().html(), table.differences("sr2").unwrap().svg());
        assert!(html.contains("psnr set5 [dB]") && html.contains("30.50"), "{html}");
        assert!(svg.contains("vgg16: ours 1") && svg.contains("better") && !svg.contains("vgg16: input"), "{svg}");
        let answer = table.answer().unwrap();
        assert!(
            answer.starts_with("Of 2 networks of our own: 1 better than their input, 0 worse, 1 not told apart. "),
            "{answer}"
        );
        assert!(answer.contains("With 8 seeds and 2 tests"), "{answer}");
        assert_eq!(table.best("sr2").unwrap(), ("vgg16".into(), "ours 1".into()));
        assert_eq!(table.network("sr2", "vgg16", "ours 1").unwrap().content_id(), graph.content_id());
        assert!(table.drawings("sr2", "vgg16", "ours 1").is_ok());
        assert_eq!(table.value("sr2", "vgg16", "ours 1", "flops_percent").unwrap(), -3.0);
        let refused = |error: Error| error.to_string();
        assert_eq!(refused(table.table("x").unwrap_err()), "task: `x` is not in the table; accepted: sr2");
        let unknown = refused(table.network("sr2", "vgg16", "ours 2").unwrap_err());
        assert!(unknown.starts_with("network: `ours 2` of vgg16 for sr2 is not in the table"), "{unknown}");
        let released = refused(table.drawings("sr2", "vgg16", "release: vgg").unwrap_err());
        assert_eq!(
            released,
            "network: `release: vgg` is of no search here; accepted: one whose name begins with `ours`"
        );
        let nothing = refused(table.value("sr2", "vgg16", "input", "difference").unwrap_err());
        assert!(nothing.starts_with("value: `input` of vgg16 for sr2 has no `difference`"), "{nothing}");
        write_parquet(&mut rows().drop("n").unwrap(), &folder.join("t.parquet")).unwrap();
        let lacking = refused(TrainedTable::read(&folder, "t").unwrap_err());
        assert!(
            lacking.ends_with("t.parquet: has no column `n`; accepted: a table of `autogo reproduce`"),
            "{lacking}"
        );
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn nodes_are_told_apart_by_their_names() {
        let before = crate::families::network("fsrcnn:8x8").unwrap();
        let name = format!("\"{}\"", before.node(2).name);
        let after = from_json(&to_json(&before).replace(&name, "\"0/spliced\"")).unwrap();
        assert_eq!((nodes_without(&after, &before), nodes_without(&before, &after)), (vec![2], vec![2]));
        assert!(nodes_without(&before, &before).is_empty());
    }
}
