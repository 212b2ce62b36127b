//! Tables of trained networks, as `autogo reproduce` writes them: what a search found beside what it started from.

use super::super::charts::{Differences, Verdict};
use super::table::Table;
use crate::error::Error;
use crate::files::read_parquet;
use crate::formats::from_json;
use crate::graph::{Drawing, Graph};
use polars::prelude::*;
use std::collections::HashSet;
use std::path::Path;

/// Networks that were evolved for a task and trained on it, beside the networks they came from.
///
/// `NAME.parquet` has a row for each task, input, network and measure: `n` trainings, their `mean` with its 95 %
/// interval (`low`, `high`), the `difference` from the input, paired by seed, with its interval, the p-value of its test
/// (`p`, and `p_holm`, corrected for all tests of the table), and costs, in percent of the input's. The first measure
/// of a task is the one that is tested. `NAME_networks.parquet` has the networks.
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

/// The name that the input has among the networks of a table.
const INPUT: &str = "input";
/// What the names of networks of our own searches begin with.
const OURS: &str = "ours";

impl TrainedTable {
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
        let mut tasks: Vec<String> = Vec::new();
        for task in self.rows.column("task")?.str()?.iter().flatten() {
            if !tasks.iter().any(|known| known == task) {
                tasks.push(task.into());
            }
        }
        Ok(tasks)
    }

    /// The rows of a task by the measure that is tested.
    fn tested(&self, task: &str) -> Result<DataFrame, Error> {
        let of_task = self.rows.clone().lazy().filter(col("task").eq(lit(task))).collect()?;
        let Some(measure) = of_task.column("measure")?.str()?.get(0).map(String::from) else {
            return Err(Error::setting("task", format!("`{task}` is not in the table"), &self.tasks()?.join(", ")));
        };
        Ok(of_task.lazy().filter(col("measure").eq(lit(measure))).collect()?)
    }

    /// A task's networks by the measure that is tested: numbers of trainings, means, differences, costs.
    ///
    /// # Errors
    /// A task that the table does not have.
    pub fn table(&self, task: &str) -> Result<Table, Error> {
        let rows = self.tested(task)?;
        let title = rows.column("title")?.str()?.get(0).unwrap_or("measure").to_string();
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
            col("p_holm").alias("p"),
            col("flops_percent").alias("FLOPs [%]"),
            col("latency_percent").alias("latency [%]"),
            col("power_percent").alias("power [%]"),
        ]);
        Ok(Table::of(&shown.collect()?).rows(60))
    }

    /// The differences of a task's networks from their inputs, by the measure that is tested.
    ///
    /// # Errors
    /// A task that the table does not have.
    pub fn differences(&self, task: &str) -> Result<Differences, Error> {
        let rows = self.tested(task)?;
        let text = |name: &str| Ok::<_, Error>(rows.column(name)?.str()?.clone());
        let number = |name: &str| Ok::<_, Error>(rows.column(name)?.f64()?.clone());
        let (inputs, networks, verdicts) = (text("input")?, text("network")?, text("verdict")?);
        let (values, low, high) = (number("difference")?, number("difference_low")?, number("difference_high")?);
        let title = text("title")?.get(0).unwrap_or_default().to_string();
        let mut chart = Differences::new(task, &format!("{title}: difference from the input, 95 % interval"));
        for at in 0..rows.height() {
            let (Some(value), Some(low), Some(high)) = (values.get(at), low.get(at), high.get(at)) else { continue };
            let name = format!("{}: {}", inputs.get(at).unwrap_or_default(), networks.get(at).unwrap_or_default());
            let verdict = verdicts.get(at).and_then(Verdict::named).unwrap_or(Verdict::Undecided);
            chart = chart.row(&name, value, (low, high), verdict);
        }
        Ok(chart)
    }

    /// Input and name of the network of our own searches that differs most from its input for the better; the mean of
    /// the best of several is flattered by chance.
    ///
    /// # Errors
    /// A task that the table does not have, or has no trained network of a search for.
    pub fn best(&self, task: &str) -> Result<(String, String), Error> {
        let rows = self.tested(task)?;
        let (inputs, networks) = (rows.column("input")?.str()?, rows.column("network")?.str()?);
        let values = rows.column("difference")?.f64()?;
        let ours = (0..rows.height()).filter_map(|at| {
            let name = networks.get(at).filter(|name| name.starts_with(OURS))?;
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
        let text = found.column("graph")?.str()?.get(0).ok_or_else(|| {
            let reason = format!("`{network}` of {input} for {task} is not in the table");
            Error::setting("network", reason, "a row of the table that is a network")
        })?;
        Ok(from_json(text)?)
    }

    /// A network of the table with the nodes coloured that its input does not have; see [`TrainedTable::network`].
    ///
    /// # Errors
    /// Those of [`TrainedTable::network`].
    pub fn drawing(&self, task: &str, input: &str, network: &str) -> Result<Drawing, Error> {
        let (before, after) = (self.network(task, input, INPUT)?, self.network(task, input, network)?);
        Ok(after.draw().rows(40).highlight(&new_nodes(&before, &after), "not in the input"))
    }
}

/// Columns of a table that are read here.
const COLUMNS: [&str; 17] = [
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
    "flops_percent",
    "latency_percent",
    "power_percent",
];
/// Columns of its networks.
const NETWORKS: [&str; 4] = ["task", "input", "network", "graph"];

/// The nodes of a network that the network it was evolved from does not have. A mutation keeps the names of the nodes
/// that it keeps, and gives new ones names that no other node has.
fn new_nodes(before: &Graph, after: &Graph) -> Vec<usize> {
    let known: HashSet<&str> = before.nodes().map(|node| node.name.as_str()).collect();
    (0..after.len()).filter(|&at| !known.contains(after.node(at).name.as_str())).collect()
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
            "verdict" => ["", "better", "not told apart"], "flops_percent" => numbers([0.0, -3.0, -9.0]),
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
        assert_eq!(table.best("sr2").unwrap(), ("vgg16".into(), "ours 1".into()));
        assert_eq!(table.network("sr2", "vgg16", "ours 1").unwrap().content_id(), graph.content_id());
        assert!(table.drawing("sr2", "vgg16", "ours 1").is_ok());
        let refused = |error: Error| error.to_string();
        assert_eq!(refused(table.table("x").unwrap_err()), "task: `x` is not in the table; accepted: sr2");
        let unknown = refused(table.network("sr2", "vgg16", "ours 2").unwrap_err());
        assert!(unknown.starts_with("network: `ours 2` of vgg16 for sr2 is not in the table"), "{unknown}");
        write_parquet(&mut rows().drop("n").unwrap(), &folder.join("t.parquet")).unwrap();
        let lacking = refused(TrainedTable::read(&folder, "t").unwrap_err());
        assert!(
            lacking.ends_with("t.parquet: has no column `n`; accepted: a table of `autogo reproduce`"),
            "{lacking}"
        );
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_an_input_does_not_have_is_new() {
        let before = crate::families::network("nb201:none,none,none,skip_connect,none,none").unwrap();
        assert!(new_nodes(&before, &before).is_empty());
        let after = crate::families::network("vgg16").unwrap();
        assert!(!new_nodes(&before, &after).is_empty());
    }
}
