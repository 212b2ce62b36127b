//! Rows of a trained table: networks beside the one they were evolved from, with what seeds allow to say. The library's
//! `report::TrainedTable` reads what is written here.

use super::measure::{measure, title};
use crate::failure::Failure;
use crate::label::LabelRecord;
use autogo::evolve::{Figures, RunColumn};
use autogo::formats::to_json;
use autogo::graph::Graph;
use autogo::polars::prelude::{DataFrame, df};
use autogo::stats::{PairedTest, Verdict, deviation, holm, mean, mean_interval, paired_t_test};

/// One network, or one baseline, by one measure.
#[derive(Clone, Debug)]
pub struct Row {
    /// The task.
    pub task: String,
    /// The network it was evolved from.
    pub input: String,
    /// Its name: the input itself, one of the release, one of ours, or a baseline.
    pub network: String,
    /// The measure.
    pub measure: String,
    /// The measure of each training: a seed each, of the mutants a network each.
    pub values: Vec<f64>,
    /// The test against the input, paired by seeds.
    pub test: Option<PairedTest>,
    /// The test's p-value, corrected for all tests of the table by its first measure.
    pub p_holm: Option<f64>,
    /// The predictor's score: a rank among mutants, in percent.
    pub predicted: Option<f64>,
    /// Costs of the network and of the input, at the size of the paper.
    pub figures: Option<(Figures, Figures)>,
}

impl Row {
    /// The mean.
    pub fn mean(&self) -> Option<f64> {
        mean(&self.values)
    }

    /// The 95 % interval of the mean, by Student's t.
    pub fn interval(&self) -> Option<(f64, f64)> {
        mean_interval(&self.values)
    }

    /// By how many percent a cost differs from the input's.
    pub fn percent(&self, column: RunColumn) -> Option<f64> {
        let (own, base) = self.figures.as_ref()?;
        Some(100.0 * (own.value(column)? / base.value(column)? - 1.0)).filter(|percent| percent.is_finite())
    }

    /// Whether the network is better than its input by more than chance, at no more FLOPs.
    pub fn wins(&self) -> bool {
        self.verdict() == Some(Verdict::Better) && self.percent(RunColumn::Flops).is_some_and(|percent| percent <= 0.0)
    }

    /// What the test says, where there is one.
    pub fn verdict(&self) -> Option<Verdict> {
        Some(Verdict::of(self.test?.difference, self.p_holm?))
    }
}

/// A measure of trainings, by seed.
pub fn by_seed(records: &[&LabelRecord], name: &str) -> Result<Vec<(u64, f64)>, Failure> {
    records.iter().map(|record| Ok((record.seed, measure(record, name)?))).collect()
}

/// The share of a measure below which a deviation is that of its grain: shares of pictures are counts.
const GRAIN: f64 = 1e-5;

/// The test of trainings against those of the input, on the seeds that both finished. Differences that are all the same
/// are no test: with a handful of seeds that is a coincidence of counts, no certainty.
pub fn test(own: &[(u64, f64)], input: &[(u64, f64)]) -> Option<PairedTest> {
    let pairs = own.iter().filter_map(|(seed, a)| Some((*a, input.iter().find(|(other, _)| other == seed)?.1)));
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    let spread = deviation(&differences)?;
    if spread <= GRAIN * mean(&a)?.abs() { None } else { paired_t_test(&a, &b) }
}

/// Corrects the p-values of the rows that `is_tested` names, for their number.
pub fn correct(rows: &mut [Row], is_tested: impl Fn(&Row) -> bool) {
    let tested: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].test.is_some() && is_tested(&rows[at])).collect();
    let p: Vec<f64> = tested.iter().filter_map(|&at| rows[at].test.map(|test| test.p)).collect();
    for (&at, p) in tested.iter().zip(holm(&p)) {
        rows[at].p_holm = Some(p);
    }
}

/// The rows as a frame.
pub fn frame(rows: &[Row]) -> Result<DataFrame, Failure> {
    fn texts(rows: &[Row], of: impl Fn(&Row) -> &str) -> Vec<String> {
        rows.iter().map(|row| of(row).to_string()).collect()
    }
    fn numbers(rows: &[Row], of: impl Fn(&Row) -> Option<f64>) -> Vec<Option<f64>> {
        rows.iter().map(of).collect()
    }
    let percents = |column: RunColumn| numbers(rows, |row| row.percent(column));
    let own = |column: RunColumn| numbers(rows, |row| row.figures.as_ref().and_then(|(own, _)| own.value(column)));
    let frame = df!(
        "task" => texts(rows, |row| &row.task),
        "input" => texts(rows, |row| &row.input),
        "network" => texts(rows, |row| &row.network),
        "measure" => texts(rows, |row| &row.measure),
        "title" => rows.iter().map(|row| title(&row.measure)).collect::<Vec<String>>(),
        "n" => rows.iter().map(|row| row.values.len() as u32).collect::<Vec<u32>>(),
        "mean" => numbers(rows, Row::mean),
        "deviation" => numbers(rows, |row| deviation(&row.values)),
        "low" => numbers(rows, |row| row.interval().map(|interval| interval.0)),
        "high" => numbers(rows, |row| row.interval().map(|interval| interval.1)),
        "difference" => numbers(rows, |row| row.test.map(|test| test.difference)),
        "difference_low" => numbers(rows, |row| row.test.map(|test| test.low)),
        "difference_high" => numbers(rows, |row| row.test.map(|test| test.high)),
        "p" => numbers(rows, |row| row.test.map(|test| test.p)),
        "p_holm" => numbers(rows, |row| row.p_holm),
        "verdict" => rows.iter().map(|row| row.verdict().map(|verdict| verdict.to_string())).collect::<Vec<Option<String>>>(),
        "predicted" => numbers(rows, |row| row.predicted),
        "flops" => own(RunColumn::Flops),
        "flops_percent" => percents(RunColumn::Flops),
        "params_percent" => percents(RunColumn::Params),
        "milliseconds" => own(RunColumn::Milliseconds),
        "latency_percent" => percents(RunColumn::Milliseconds),
        "power_percent" => percents(RunColumn::Milliwatts),
    );
    frame.map_err(|error| Failure::Work(error.to_string()))
}

/// A network of the table by its task, its input and its name.
pub struct TrainedNetwork {
    /// The task.
    pub task: String,
    /// The network it was evolved from.
    pub input: String,
    /// Its name, as that of its rows.
    pub network: String,
    /// The network.
    pub graph: Graph,
}

/// The networks of a table as a frame.
pub fn networks_frame(networks: &[TrainedNetwork]) -> Result<DataFrame, Failure> {
    let texts = |of: fn(&TrainedNetwork) -> String| networks.iter().map(of).collect::<Vec<String>>();
    let frame = df!(
        "task" => texts(|one| one.task.clone()),
        "input" => texts(|one| one.input.clone()),
        "network" => texts(|one| one.network.clone()),
        "content_id" => texts(|one| one.graph.content_id().to_string()),
        "graph" => texts(|one| to_json(&one.graph)),
    );
    frame.map_err(|error| Failure::Work(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f64], against: &[f64]) -> Row {
        let seeds = |values: &[f64]| -> Vec<(u64, f64)> { (0..).zip(values.iter().copied()).collect() };
        Row {
            task: "sr2".into(),
            input: "edsr".into(),
            network: "ours 1".into(),
            measure: "psnr_set5".into(),
            values: values.into(),
            test: test(&seeds(values), &seeds(against)),
            p_holm: None,
            predicted: None,
            figures: None,
        }
    }

    #[test]
    fn differences_are_paired_and_corrected_for_their_number() {
        let input = [30.0, 31.0, 30.5, 30.2];
        let mut rows = [row(&[30.3, 31.4, 30.8, 30.6], &input), row(&[30.1, 30.9, 30.6, 30.1], &input)];
        // A seed that one of the two lacks is no pair.
        assert_eq!(test(&[(0, 1.0), (7, 2.0), (1, 2.0)], &[(0, 0.5), (1, 1.4)]).unwrap().pairs, 2);
        assert_eq!(test(&[(0, 50.01), (1, 50.21)], &[(0, 50.0), (1, 50.2)]), None);
        correct(&mut rows, |_| true);
        let [better, same] = &rows;
        assert_eq!((better.verdict(), same.verdict()), (Some(Verdict::Better), Some(Verdict::Undecided)));
        assert_eq!(better.p_holm.unwrap(), 2.0 * better.test.unwrap().p);
        // Without costs nothing is said to win.
        assert!(!better.wins());
        assert_eq!(frame(&rows).unwrap().height(), 2);
    }
}
