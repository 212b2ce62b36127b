//! The means of a table as Markdown, beside what papers report.

use super::gains::gains;
use super::{Few, Published, Table};
use autogo::predict::Ranking;
use autogo::stats::{mean, mean_interval};
use std::fmt::Write;

/// A section for each family: Kendall's tau by contender and number of labels, then the figures of the top and the
/// seconds at the largest number.
pub fn markdown(table: &Table, all: &[Ranking]) -> String {
    let mut text = String::new();
    for few in &table.families {
        let own: Vec<&Ranking> = all.iter().filter(|one| one.family == few.family.prefix()).collect();
        if let Some(first) = own.first() {
            let ranked = first.ranked;
            // A `String` takes whatever is written.
            let _ = writeln!(
                text,
                "## {}: {} ranked by {}, {} seeds\n",
                few.family,
                ranked,
                first.label,
                table.seeds.len()
            );
            correlations(table, few, &own, &mut text);
            gains(table, few, &own, &mut text);
            ends(table, few, &own, &mut text);
        }
    }
    text
}

fn correlations(table: &Table, few: &Few, own: &[&Ranking], text: &mut String) {
    if let Some(column) = &few.learn_from {
        let _ = writeln!(text, "What is learned from is `{column}`.\n");
    }
    let heads: String = few.labels.iter().map(|labels| format!(" {labels} |")).collect();
    let _ = writeln!(
        text,
        "Kendall's τ over all of them, mean over seeds with its 95 % interval, by labels learned from\n"
    );
    let _ = writeln!(text, "| |{heads}\n|---|{}", "---|".repeat(few.labels.len()));
    for contender in &table.contenders {
        let cell = |labels: &usize| {
            format!(" {} |", with_interval(&values(own, &contender.name, *labels, |one| one.kendall_tau), 3))
        };
        let _ = writeln!(text, "| {} |{}", contender.name, few.labels.iter().map(cell).collect::<String>());
    }
    for published in table.published.iter().filter(|published| published.family == few.family) {
        let cell = |labels: &usize| match published.at(*labels) {
            Some(tau) => format!(" {tau:.3} |"),
            None => " – |".into(),
        };
        let cells: String = few.labels.iter().map(cell).collect();
        let _ = writeln!(text, "| {} ({}) |{cells}", published.name, published.source);
    }
    let _ = writeln!(text);
}

fn ends(table: &Table, few: &Few, own: &[&Ranking], text: &mut String) {
    let Some(&most) = few.labels.iter().max() else { return };
    let _ = writeln!(
        text,
        "From {most} labels. *Regret*: a search that may train the hundred networks which are best by score and FLOPs ends so far below \
         the true front of labels and FLOPs, on average over that front, in the label's unit.\n"
    );
    let _ = writeln!(
        text,
        "| | τ, unseen formulas | SRCC | best hundredth found | best rank of ten | regret of a search's front | learning s | ranking s |"
    );
    let _ = writeln!(text, "|---|---|---|---|---|---|---|---|");
    for contender in &table.contenders {
        let value = |of: fn(&Ranking) -> Option<f64>, digits: usize| {
            let values = values(own, &contender.name, most, of);
            mean(&values).map_or("–".into(), |mean| format!("{mean:.digits$}"))
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            contender.name,
            value(|one| one.kendall_tau_unseen, 3),
            value(|one| one.srcc, 3),
            value(|one| one.top_percent_overlap, 3),
            value(|one| one.best_of_10, 0),
            with_interval(&values(own, &contender.name, most, |one| one.front_regret), 2),
            value(|one| Some(one.train_seconds), 1),
            value(|one| Some(one.score_seconds), 1),
        );
    }
    let _ = writeln!(text);
}

/// The mean of some values with its 95 % interval, where there is one.
fn with_interval(values: &[f64], digits: usize) -> String {
    match (mean(values), mean_interval(values)) {
        (Some(mean), Some((low, high))) => format!("{mean:.digits$} ({low:.digits$} to {high:.digits$})"),
        (Some(mean), None) => format!("{mean:.digits$}"),
        (None, _) => "–".into(),
    }
}

/// The values of a contender's runs from so many labels.
fn values(own: &[&Ranking], contender: &str, labels: usize, of: impl Fn(&Ranking) -> Option<f64>) -> Vec<f64> {
    let runs = own.iter().filter(|one| one.contender == contender && one.labels == labels);
    runs.filter_map(|one| of(one)).collect()
}

impl Published {
    /// What the paper reports for so many labels.
    fn at(&self, labels: usize) -> Option<f64> {
        self.labels.iter().zip(&self.kendall_tau).find(|(own, _)| **own == labels).map(|(_, tau)| *tau)
    }
}
